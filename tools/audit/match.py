"""Whether a printed number is a figure of the sheet: value at the printed precision, unit, direction, and the words around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

from data.banks import bank_registry
from data.figures import Figure, FigureKind, Scope
from data.periods import Period
from data.units import Dimension, Unit
from tools.audit.numbers import NumberToken
from tools.audit.periods import YEAR_AGO, Base, base_periods
from tools.audit.setting import Setting
from tools.exact import exact
from tools.factsheet import FactSheet
from tools.formatting import display_quantity

_CHANGE_NAME = re.compile(r"(?:增速|增长率|增幅|降幅)(?:\(.*\)|（.*）)?$|同比|环比|贡献$")
_GATES = {
    "average": re.compile(r"平均|均值|日均"), "sum": re.compile(r"合计|共|总|之和|加总"), "cagr": re.compile(r"复合|年均|CAGR|年化"),
    "share": re.compile(r"占|比重|份额|比例"), "ratio": re.compile(r"比|倍|相当于|÷|/"),
}  # fmt: skip
_NEGATIVE_WORDS = re.compile(r"亏损|净流出|为负|净支出|负值|净损失")
_FINEST = Decimal("1e-12")
_ACROSS = re.compile(r"平均|均值|合计|总和|共|中位|整体|加总")
_ALIKE = {Dimension.PER_SHARE: (Dimension.AMOUNT, Dimension.PER_SHARE), Dimension.COUNT: (Dimension.COUNT,), Dimension.FOREIGN: (Dimension.FOREIGN,)}


class Aspect(StrEnum):
    """What may disagree between a number and a figure."""

    UNIT = "单位"
    KIND = "水平与变动"
    SIGN = "方向"
    BANK = "银行"
    INDICATOR = "指标"
    PERIOD = "期间"
    BASE = "对比期"
    SCOPE = "口径"


@dataclass(frozen=True)
class Candidate:
    """A figure with what is asked of it for every number: its names, its size, whether it is a change."""

    figure: Figure
    banks: frozenset[str]
    counterpart: str
    names: frozenset[str]
    loose_names: frozenset[str]
    change: bool
    inputs: frozenset[str]
    size: Decimal
    negative: bool

    @property
    def dimension(self) -> Dimension:
        """What the figure's unit measures."""
        return self.figure.quantity.unit.dimension


class Candidates:
    """The figures of a sheet, prepared for matching."""

    def __init__(self, sheet: FactSheet) -> None:
        by_id = {figure.id: figure for figure in sheet}
        self.all = [_candidate(figure, by_id) for figure in sheet]
        self._tables: dict[tuple[Unit, bool, Decimal], dict[Decimal, list[Candidate]]] = {}

    def of_value(self, token: NumberToken, unit: Unit | None, *, bare: bool = False) -> list[Candidate]:
        """Figures whose value, in the printed unit and at the printed precision, is the number's.

        `bare`: a number without a unit may be in the figure's own.
        """
        measured = token.unit or unit
        if measured is None:
            return [item for item in self.all if (bare or not item.figure.quantity.unit.symbol) and self._prints_bare(item, token)]
        if token.hedge:
            alike = [item for item in self.all if _same_measure(item.figure.quantity.unit, measured, loose=token.loose)]
            return [item for item in alike if self._fits(item, token, measured)]
        key = measured, token.loose, token.quantum
        if key not in self._tables:
            self._tables[key] = self._table(measured, token)
        return self._tables[key].get(abs(token.value), [])

    def _table(self, measured: Unit, token: NumberToken) -> dict[Decimal, list[Candidate]]:
        """What each figure prints as in a unit at a precision; a figure that is not zero never prints as zero."""
        table: dict[Decimal, list[Candidate]] = {}
        if token.quantum < _FINEST:
            return table
        with exact():
            for item in self.all:
                if _same_measure(item.figure.quantity.unit, measured, loose=token.loose):
                    shown = _round(item.size / measured.factor, token.quantum)
                    if shown or not item.size:
                        table.setdefault(shown, []).append(item)
        return table

    def _prints_bare(self, item: Candidate, token: NumberToken) -> bool:
        return any(self._fits(item, token, own) for own in (item.figure.quantity.unit, display_quantity(item.figure.quantity).unit))

    def with_digits(self, token: NumberToken) -> list[Candidate]:
        """Figures that would print these digits in some other unit."""
        return [item for item in self.all if self._prints_bare(item, token)]

    def _fits(self, item: Candidate, token: NumberToken, measured: Unit) -> bool:
        if token.quantum < _FINEST:
            return False
        with exact():
            value, size = abs(token.value), item.size / measured.factor
            if not value and size:
                return False
            return _round(size, token.quantum) == value or (bool(token.hedge) and _hedged(size, value, token.quantum, token.hedge))


def disagreements(item: Candidate, token: NumberToken, setting: Setting) -> list[Aspect]:
    """Where a figure of the right value does not agree with the number's words; none means that it is the figure."""
    found = []
    if not _kind_agrees(item, setting):
        found.append(Aspect.KIND)
    if not _banks_agree(item, setting):
        found.append(Aspect.BANK)
    if not _sign_agrees(item, token, setting):
        found.append(Aspect.SIGN)
    if not _indicator_agrees(item, setting):
        found.append(Aspect.INDICATOR)
    if setting.scopes and item.figure.scope is not Scope.INDUSTRY and item.figure.scope.value not in setting.scopes:
        found.append(Aspect.SCOPE)
    found += _periods_disagree(item, setting)
    return found


def same_time(one: Period, other: Period, figure: Figure) -> bool:
    """Whether two periods are one for a figure: balances fold to their date (2023Q3末 and 前三季度末)."""
    return one == other or (figure.point and one.same_date() == other.same_date())


def bank_id(name: str) -> str:
    """The id that mentions of a bank carry: the registry's, else the name itself."""
    bank = bank_registry().by_name(name)
    return bank.id if bank is not None else name


def _candidate(figure: Figure, by_id: dict[str, Figure]) -> Candidate:
    inputs = [by_id[key] for key in figure.inputs if key in by_id]
    across = figure.kind is FigureKind.COMPUTED and len({item.entity for item in inputs}) > 1
    banks = {figure.entity_id or figure.entity} | ({item.entity_id or item.entity for item in inputs} if across else set())
    loose = {key for item in inputs for key in (item.indicator_id, f"={item.indicator}") if key} if figure.kind is FigureKind.COMPUTED else set()
    names = {f"={figure.indicator}"} | ({figure.indicator_id} if figure.indicator_id else set())
    if figure.kind is FigureKind.CHANGE:
        names |= {f"={item.indicator}" for item in inputs[:1]}
    rival = next((item.entity_id for item in inputs if item.entity == figure.counterpart and item.entity_id), "")
    return Candidate(
        figure=figure, banks=frozenset(banks), names=frozenset(names), loose_names=frozenset(loose - names),
        counterpart=rival or (bank_id(figure.counterpart) if figure.counterpart else ""),
        change=figure.kind is FigureKind.CHANGE or figure.base_period is not None or bool(_CHANGE_NAME.search(figure.indicator)),
        inputs=frozenset(_closure(figure, by_id)), size=abs(figure.quantity.base), negative=figure.quantity.value < 0,
    )  # fmt: skip


def _closure(figure: Figure, by_id: dict[str, Figure]) -> set[str]:
    """Ids of everything that a figure was computed from."""
    found: set[str] = set()
    waiting = list(figure.inputs)
    while waiting:
        key = waiting.pop()
        if key not in found and key in by_id:
            found.add(key)
            waiting += by_id[key].inputs
    return found


def _same_measure(own: Unit, printed: Unit, *, loose: bool) -> bool:
    if loose and own.dimension in (Dimension.AMOUNT, Dimension.COUNT, Dimension.FOREIGN):
        return True
    if own.dimension is Dimension.COUNT or own.dimension is Dimension.FOREIGN:
        return printed.dimension is own.dimension and printed.noun == own.noun
    return printed.dimension in _ALIKE.get(own.dimension, (own.dimension,))


def _round(size: Decimal, quantum: Decimal, rounding: str = ROUND_HALF_UP) -> Decimal:
    return (size / quantum).quantize(Decimal(1), rounding=rounding) * quantum


def _hedged(size: Decimal, value: Decimal, quantum: Decimal, hedge: str) -> bool:
    """约3,400亿元, 超3,300亿元, 近3,400亿元: at the last digit that is not zero; written decimals are all meant."""
    if not value:
        return False
    places = value.normalize().as_tuple().exponent
    step = quantum if quantum < 1 or not isinstance(places, int) else Decimal(1).scaleb(places)
    return _round(size, step, {"over": ROUND_FLOOR, "under": ROUND_CEILING}.get(hedge, ROUND_HALF_UP)) == value


_MOVES = re.compile(r"变动|变化|增减|增加|减少|净增|净减|上升|下降")


def _kind_agrees(item: Candidate, setting: Setting) -> bool:
    if item.figure.kind is FigureKind.REPORTED and f"={item.figure.indicator}" in setting.indicators and _MOVES.search(item.figure.indicator):
        return True  # a row that is a change by its own name: 利率上升100个基点的利息净收入变动为…
    if setting.direction.change is None:
        return not item.change or setting.direction.signalled or bool(item.names & set(setting.indicators) & {f"={item.figure.indicator}"})
    return item.change is setting.direction.change


def _banks_agree(item: Candidate, setting: Setting) -> bool:
    named = {*setting.banks, *setting.against.rivals}
    if item.counterpart:
        if setting.against.bases and not setting.against.rivals:
            return False
        ends = item.banks | {item.counterpart}
        return ends <= named if setting.against.rivals or len(named) > 1 else bool(ends & named) or not named
    if item.change and setting.against.rivals and not setting.against.bases and set(setting.against.rivals).isdisjoint(item.banks):
        return False
    if len(item.banks) > 1 and _ACROSS.search(setting.clause):
        return True
    return not setting.banks or not item.banks.isdisjoint(setting.banks)


def _sign_agrees(item: Candidate, token: NumberToken, setting: Setting) -> bool:
    negative = item.negative
    if item.counterpart and setting.banks and setting.banks[0] == item.counterpart and not item.banks & set(setting.banks[:1]):
        negative = not negative
    if not item.size:
        return True
    if not item.change:
        return (token.value < 0) is item.negative or (item.negative and bool(_NEGATIVE_WORDS.search(setting.clause)))
    if setting.direction.sign == 0 or (setting.direction.sign is None and setting.direction.loose == 0):
        return True
    if setting.direction.sign is not None:
        return (setting.direction.sign < 0) is negative
    if setting.direction.loose is not None:
        return (setting.direction.loose < 0) is negative
    return (token.value < 0) is negative


def _indicator_agrees(item: Candidate, setting: Setting) -> bool:
    if not setting.indicators:
        return True
    named = set(setting.indicators)
    if named & item.names:
        return True
    gate = _GATES.get(item.figure.operation)
    return bool(named & item.loose_names) and (gate is None or bool(gate.search(setting.clause)))


def _periods_disagree(item: Candidate, setting: Setting) -> list[Aspect]:
    figure = item.figure
    inside = not setting.times.periods or _among(figure.period, setting.times.periods, figure)
    if not item.change or item.counterpart:
        return [] if inside else [Aspect.PERIOD]
    base = figure.base_period
    named = _among(figure.period, setting.times.named, figure)
    if setting.against.bases and (setting.against.bound or not setting.times.periods):
        if not any(_base_agrees(entry, figure) for entry in setting.against.bases):
            return [Aspect.BASE]
        return [] if inside or named else [Aspect.PERIOD]
    if setting.times.ends is not None and base is not None:
        return [] if same_time(figure.period, setting.times.ends[1], figure) and same_time(base, setting.times.ends[0], figure) else [Aspect.PERIOD]
    if setting.times.ends is not None and len(setting.times.periods) > 1 and figure.operation == "cagr":
        return [] if same_time(figure.period, setting.times.ends[1], figure) else [Aspect.PERIOD]
    known = named or _among(figure.period, setting.times.carried, figure)
    return [] if inside or (known and base is not None and _among(base, setting.times.spent, figure)) else [Aspect.PERIOD]


def _base_agrees(entry: Base, figure: Figure) -> bool:
    base = figure.base_period
    if base is None:
        return entry.period is None or _among(entry.period, base_periods(YEAR_AGO, figure.period), figure)
    expected: Sequence[Period] = base_periods(entry, figure.period)
    return not expected or _among(base, expected, figure)


def _among(period: Period, periods: Iterable[Period], figure: Figure) -> bool:
    return any(same_time(period, other, figure) for other in periods)
