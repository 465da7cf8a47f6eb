"""Exact changes, shares, growth rates and ranks over figures. Every result is a figure that names its formula and its inputs.

A ratio changes in 个百分点 and an amount in its unit or in %; growth from a base of zero or below is refused, because the
percentage would mislead. Values keep 50 digits; rounding belongs to printing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from data.errors import FormulaError, UnitError
from data.figures import Figure, FigureKind
from data.indicators import Direction
from data.units import Dimension, Quantity, unit
from tools.derivation import change_unit, derived, is_amount, value_in
from tools.exact import PRECISION, exact, trimmed


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """How one kind of comparison is worded: the name of its growth rate, of the current side and of the base side."""

    growth: str
    current: str
    base: str


CHANGES: dict[str, ChangeWords] = {
    "yoy": ChangeWords("同比增速", "本期", "上年同期"),
    "qoq": ChangeWords("环比增速", "本期", "上一季度"),
    "ytd": ChangeWords("较上年末增速", "期末", "上年末"),
    "between": ChangeWords("增速", "报告期", "基期"),
    "versus": ChangeWords("相对差距", "本方", "对方"),
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A place in a ranking, counted from 1; equal values share a place and the next ones are skipped (1, 1, 3)."""

    position: int
    figure: Figure


def operation_between(now: Figure, base: Figure) -> str:
    """The kind of comparison that two figures make, where the question does not say: yoy, qoq, ytd, between or versus."""
    if (now.entity_id or now.entity) != (base.entity_id or base.entity):
        return "versus"
    if base.period == now.period.year_ago():
        return "yoy"
    if now.point and base.period.end == now.period.prior_year_end().end:
        return "ytd"
    months = (now.period.end.year - base.period.end.year) * 12 + now.period.end.month - base.period.end.month
    return "qoq" if months == 3 and (now.point or now.period.months == base.period.months == 3) else "between"


def growth(now: Figure, base: Figure, operation: str | None = None) -> Figure:
    """The growth of an amount in %, as a CHANGE that keeps the indicator's id.

    Raises:
        FormulaError: the base is zero or negative (state the `difference` instead), the figures are ratios, or one has no id.
        UnitError: the two are not of one dimension.
    """
    words, kind = _words(now, base, operation)
    if not is_amount(now.quantity.unit):
        raise FormulaError(f"{now.indicator}是比率，变动应以百分点表示，不计算增速")
    first, last = value_in(base, now.quantity.unit), now.quantity.value
    if first <= 0:
        raise FormulaError(f"上期为零或负，增速无意义：{base.period_label}{base.indicator}为 {base.quantity}，请改看变动额")
    formula = f"{words.growth} = ({words.current} − {words.base}) ÷ |{words.base}| × 100%"
    with exact():
        rate = Quantity((last - first) / first * 100, unit("%"))
    return _change(now, base, rate, f"{now.indicator}{words.growth}", formula, kind)


def difference(now: Figure, base: Figure, operation: str | None = None) -> Figure:
    """The change from `base` to `now` as a CHANGE: 个百分点 for ratios in %, else the unit of `now`.

    Raises:
        FormulaError: an input has no id.
        UnitError: the two are not of one dimension.
    """
    words, kind = _words(now, base, operation)
    name = f"{now.indicator}{'差距' if kind == 'versus' else '变动'}"
    current, other = (now.entity, base.entity) if kind == "versus" else (words.current, words.base)
    formula = f"{'差距' if kind == 'versus' else '变动'} = {current} − {other}"
    return _change(now, base, change_quantity(now, base), name, formula, kind)


def versus(one: Figure, other: Figure) -> Figure:
    """How far one bank stands from another (or from a peer average): `one` − `other`, as a CHANGE with the counterpart named."""
    return difference(one, other, "versus")


def change_quantity(now: Figure, base: Figure) -> Quantity:
    """`now` − `base` at full precision, in 个百分点 for ratios in %."""
    own = now.quantity.unit
    target = change_unit(own)
    with exact():
        gap = now.quantity.value - value_in(base, own)
        return Quantity(gap * own.factor / Decimal("0.01") if target != own else gap, target)


def cagr(first: Figure, last: Figure) -> Figure:
    """Compound annual growth in % between the same part of two years.

    Raises:
        FormulaError: not whole years apart, a value is not positive, the figures are ratios, or one has no id.
    """
    years = last.period.year - first.period.year
    if years < 1 or first.period.shift_years(years) != last.period:
        raise FormulaError(f"复合增速要求首末为不同年份的同一期间，收到 {first.period} 与 {last.period}")
    if not is_amount(last.quantity.unit):
        raise FormulaError(f"{last.indicator}是比率，不计算复合增速")
    start, end = value_in(first, last.quantity.unit), last.quantity.value
    if start <= 0 or end <= 0:
        raise FormulaError("首期或末期为零或负，复合增速无意义，请改看变动额")
    with exact(PRECISION + 15):
        raised = (end / start) ** (Decimal(1) / years)
    with exact():
        rate = Quantity(trimmed((raised - 1) * 100), unit("%"))
    span = f"({first.period.year}-{last.period.year}年)"
    formula = f"复合增速 = (末期 ÷ 首期)^(1/{years}) − 1"
    result = derived([last, first], rate, indicator=f"{last.indicator}复合增速{span}", formula=formula, operation="cagr")
    return replace(result, base_period=first.period)


def share(part: Figure, whole: Figure) -> Figure:
    """What part of a whole an amount is, in %.

    Raises:
        FormulaError: the whole is zero or negative, or an input has no id.
        UnitError: the two are not of one dimension.
    """
    total = value_in(whole, part.quantity.unit)
    if total <= 0:
        raise FormulaError(f"{whole.period_label}{whole.indicator}为零或负，占比无意义")
    notes = ["部分大于整体，请核对口径"] if part.quantity.value > total else ["部分为负数"] if part.quantity.value < 0 else []
    if part.period.same_date() != whole.period.same_date():
        notes.append(f"期间不一致（{part.period_label}与{whole.period_label}）")
    with exact():
        percent = Quantity(part.quantity.value / total * 100, unit("%"))
    name = f"{part.indicator}占{whole.indicator}比重"
    formula = f"占比 = {part.indicator} ÷ {whole.indicator} × 100%"
    return derived([part, whole], percent, indicator=name, formula=formula, operation="share", notes=notes)


def ratio(numerator: Figure, denominator: Figure, unit_symbol: str = "%") -> Figure:
    """The quotient of two figures of one dimension, in % or 倍.

    Raises:
        FormulaError: the denominator is zero, or an input has no id.
        UnitError: the two are not of one dimension, or the unit is not a ratio's.
    """
    divisor = value_in(denominator, numerator.quantity.unit)
    if not divisor:
        raise FormulaError(f"{denominator.period_label}{denominator.indicator}为零，不能作分母")
    target = unit(unit_symbol)
    with exact():
        value = numerator.quantity.value / divisor / target.factor
    name = f"{numerator.indicator}与{denominator.indicator}之比"
    formula = f"比率 = {numerator.indicator} ÷ {denominator.indicator}" + (" × 100%" if target.symbol == "%" else "")
    return derived([numerator, denominator], Quantity(value, target), indicator=name, formula=formula, operation="ratio")


def per_unit(amount: Figure, count: Figure) -> Figure:
    """An amount for each of what is counted (存款 ÷ 网点数), in the amount's unit.

    Raises:
        FormulaError: the count is zero, or an input has no id.
        UnitError: the first is no amount, or the second counts nothing.
    """
    if not is_amount(amount.quantity.unit) or count.quantity.unit.dimension is not Dimension.COUNT:
        raise UnitError(f"{amount.indicator}（{amount.quantity.unit}）不能按{count.indicator}（{count.quantity.unit}）平均")
    if not count.quantity.value:
        raise FormulaError(f"{count.period_label}{count.indicator}为零，不能作分母")
    with exact():
        value = amount.quantity.value / count.quantity.base
    name, formula = f"平均每{count.quantity.unit.noun}{count.indicator}的{amount.indicator}", f"{amount.indicator} ÷ {count.indicator}"
    return derived([amount, count], Quantity(value, amount.quantity.unit), indicator=name, formula=formula, operation="ratio")


def average(figures: Sequence[Figure]) -> Figure:
    """The plain mean; of an opening and a closing balance it is the 平均余额 that ROA and ROE use. Dated at the latest figure.

    Raises:
        FormulaError: no figures, or one without an id.
        UnitError: they are not of one dimension.
    """
    ordered = _latest_first(figures)
    own = ordered[0].quantity.unit
    with exact():
        mean = sum((value_in(figure, own) for figure in ordered), Decimal(0)) / len(ordered)
    pair = len(ordered) == 2 and ordered[0].entity == ordered[1].entity
    formula = "平均余额 = (期初 + 期末) ÷ 2" if pair else f"平均值 = {len(ordered)} 个数之和 ÷ {len(ordered)}"
    across = len({figure.entity for figure in ordered}) > 1
    name = f"平均{ordered[0].indicator}" if pair else f"{ordered[0].indicator}平均值"
    return derived(ordered, Quantity(mean, own), indicator=name, formula=formula, operation="average", across=across)


def total(figures: Sequence[Figure]) -> Figure:
    """The sum, in the unit of the latest figure.

    Raises:
        FormulaError: no figures, ratios (which do not add up), or one without an id.
        UnitError: they are not of one dimension.
    """
    ordered = _latest_first(figures)
    own = ordered[0].quantity.unit
    if not is_amount(own):
        raise FormulaError(f"{ordered[0].indicator}是比率，不能相加")
    with exact():
        value = sum((value_in(figure, own) for figure in ordered), Decimal(0))
    names = list(dict.fromkeys(figure.indicator for figure in figures))
    across = len({figure.entity for figure in ordered}) > 1
    formula = f"合计 = {' + '.join(_terms(figures))}"
    return derived(ordered, Quantity(value, own), indicator=f"{'与'.join(names)}合计", formula=formula, operation="sum", across=across)


def rank(figures: Iterable[Figure], direction: Direction | str = Direction.HIGHER) -> list[Ranked]:
    """Figures from best to worst: largest first, unless lower is better. Ties share a place; their order is kept.

    Raises:
        UnitError: the figures are not of one dimension.
    """
    listed = list(figures)
    if not listed:
        return []
    own = listed[0].quantity.unit
    lower = Direction(direction) is Direction.LOWER
    keyed = sorted(((value_in(figure, own), figure) for figure in listed), key=lambda pair: pair[0] if lower else -pair[0])
    values = [value for value, _ in keyed]
    return [Ranked(values.index(value) + 1, figure) for value, figure in keyed]


def _words(now: Figure, base: Figure, operation: str | None) -> tuple[ChangeWords, str]:
    kind = operation or operation_between(now, base)
    if kind not in CHANGES:
        raise FormulaError(f"不认识的比较方式 {kind}；可用：{'、'.join(CHANGES)}")
    return CHANGES[kind], kind


def _change(now: Figure, base: Figure, quantity: Quantity, name: str, formula: str, kind: str) -> Figure:
    alike = (now.indicator_id or now.indicator) == (base.indicator_id or base.indicator)
    notes = [] if alike else [f"比较的是不同指标（{now.indicator}与{base.indicator}）"]
    result = derived(
        [now, base], quantity, indicator=name, formula=formula, operation=kind, kind=FigureKind.CHANGE, indicator_id=now.indicator_id,
        notes=notes, across=kind == "versus",
    )
    return replace(result, base_period=base.period, counterpart=base.entity if kind == "versus" else "")


def _latest_first(figures: Sequence[Figure]) -> list[Figure]:
    if not figures:
        raise FormulaError("没有可计算的数字")
    return sorted(figures, key=lambda figure: figure.period.sort_key, reverse=True)


def _terms(figures: Sequence[Figure]) -> list[str]:
    """The words that tell the terms of a sum apart: the indicators, else the banks, else the periods."""
    for words in ([f.indicator for f in figures], [f.entity for f in figures], [f.period_label for f in figures]):
        if len(set(words)) == len(words):
            return words
    return [f"{figure.entity}{figure.period_label}{figure.indicator}" for figure in figures]
