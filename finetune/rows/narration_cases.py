"""The fact sheet of one made-up question, as the calculator of the graph would lay it down, with the part that each figure plays."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from data.errors import FormulaError
from data.evidence import Evidence
from data.figures import Figure, FigureKind, Scope
from data.indicators import Indicator, Kind, indicator_catalogue
from data.periods import Period
from data.units import Dimension
from finetune.rows.narration_banks import Issuer, asset_size, draw_issuers, report_evidence, spoken_name
from finetune.rows.narration_periods import spoken_period
from finetune.rows.narration_values import Book, rules
from tools.calculator import difference, growth
from tools.derivation import is_amount
from tools.factsheet import FactSheet
from tools.formulas import FORMULAS, Formula, apply, gather

_NOISY_SHARE, _OWN_SCOPE_SHARE, _KNOWN_SHARE, _ALIAS_SHARE, _COMPUTED_SHARE = 0.3, 0.07, 0.6, 0.4, 0.12
_LAST_PAGE = 380


@dataclass
class Case:
    """One question with its sheet. roles: part → figure id; groups: several of one part; slots: the words of the question.

    tags: what the wording of question and draft may depend on (yoy, point, amount …).
    """

    family: str
    sheet: FactSheet
    issuers: list[Issuer]
    periods: list[Period]
    roles: dict[str, str] = field(default_factory=dict)
    groups: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    slots: dict[str, str] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    formula: str = ""

    def list_of(self, name: str, members: Sequence[dict[str, str]]) -> None:
        """A group under its name, and without its first and its last member (name_rest, name_lead)."""
        self.groups |= {name: list(members), f"{name}_rest": list(members[1:]), f"{name}_lead": list(members[:-1])}


class Desk:
    """Draws banks, periods, indicators and values for one case, and puts figures on its sheet; some sheets hold more than is asked."""

    def __init__(self, chance: random.Random, held: bool | None) -> None:
        """held: banks kept from training (True), not kept (False), any (None)."""
        self.chance = chance
        self.held = held
        self.sheet = FactSheet()
        self.scope = Scope.BANK if chance.random() < _OWN_SCOPE_SHARE else Scope.GROUP
        self.computing = chance.random() < _COMPUTED_SHARE
        self._noisy = chance.random() < _NOISY_SHARE
        self._noises = 0
        self._books: dict[str, Book] = {}
        self._pages: dict[str, int] = {}

    def issuers(self, count: int = 1) -> list[Issuer]:
        """Different banks."""
        return draw_issuers(self.chance, count, self.held)

    def reported(self, issuer: Issuer, indicator: Indicator, period: Period, *, answer: bool = False) -> Figure:
        """A disclosed figure, or while `computing` a ratio by its formula; on the sheet, in a noisy one now and then after what nobody asked for.

        Raises:
            FormulaError: the drawn value is outside the indicator's plausible range.
        """
        if self._noisy and self.chance.random() < (0.5 if not self._noises else 0.15):
            self._noise(issuer, indicator, period)
        if self.computing and (rule := rule_of(indicator.id)) is not None:
            return self.sheet.add(self.computed(issuer, rule, period), answer=answer)
        return self.sheet.add(self._figure(issuer, indicator, period), answer=answer)

    def computed(self, issuer: Issuer, rule: Formula, period: Period) -> Figure:
        """The ratio of a formula over disclosed figures, which are then on the sheet; itself not yet."""
        inputs, _ = gather(rule.id, period, lambda ids, when: self.sheet.add(self._figure(issuer, indicator(ids[0]), when)))
        return apply(rule.id, inputs)

    def finish(self, issuer: Issuer, indicator: Indicator, period: Period) -> None:
        """A noisy sheet without any noise yet gets it at its end."""
        if self._noisy and not self._noises:
            self._noise(issuer, indicator, period)

    def change(self, now: Figure, base: Figure, operation: str | None = None) -> tuple[Figure, Figure | None]:
        """The change, and the growth rate of an amount (None where the base is not positive); on the sheet, no answers yet."""
        moved = self.sheet.add(difference(now, base, operation))
        if not is_amount(now.quantity.unit) or base.quantity.value <= 0:
            return moved, None
        return moved, self.sheet.add(growth(now, base, operation))

    def answer(self, *figures: Figure | None) -> None:
        """Mark figures as answers, in this order."""
        for figure in figures:
            if figure is not None and figure.id not in self.sheet.answers:
                self.sheet.answers.append(figure.id)

    def case(self, family: str, issuers: Sequence[Issuer], periods: Sequence[Period], indicators: Sequence[Indicator]) -> Case:
        """A case about these, with the words that its question may use."""
        point = indicators[0].point
        made = Case(family, self.sheet, list(issuers), list(periods))
        made.slots = {
            "b": spoken_name(self.chance, issuers[0]), "p": spoken_period(self.chance, periods[0], point=point),
            "i": spoken_indicator(self.chance, indicators[0]),
        }
        made.tags |= {"point" if point else "span", "amount" if is_amount(indicators[0].unit) else "ratio"}
        made.tags |= ({"annual"} if periods[0].is_annual else set()) | ({"own"} if self.scope is Scope.BANK else set())
        made.tags.add("computed" if any(figure.kind is FigureKind.COMPUTED for figure in self.sheet) else "reported")
        if len(indicators) > 1:
            names = [spoken_indicator(self.chance, indicator) for indicator in indicators]
            made.slots |= {"j": names[1], "is": "、".join(names[:-1]) + self.chance.choice(("和", "、", "与", "以及")) + names[-1]}
        return made

    def _figure(self, issuer: Issuer, indicator: Indicator, period: Period) -> Figure:
        when = period.same_date() if indicator.point else period
        quantity = self._book(issuer).quantity(indicator, when)
        if not indicator.plausible(quantity.value):
            raise FormulaError(f"{indicator.name}的取值 {quantity} 超出合理范围")
        return Figure(
            entity=issuer.name, entity_id=issuer.id, indicator=indicator.name, indicator_id=indicator.id, period=when, quantity=quantity,
            scope=self.scope, point=indicator.point, evidence=[self._evidence(issuer, when)],
        )

    def _noise(self, issuer: Issuer, indicator: Indicator, period: Period) -> None:
        """One or two figures beside the point: another indicator, another year, sometimes another bank."""
        self._noises += 1
        for _ in range(self.chance.choice((1, 1, 2))):
            kind = self.chance.random()
            whose = self.issuers()[0] if kind > 0.85 else issuer
            what = draw_indicator(self.chance) if kind < 0.65 else indicator
            when = period.shift_years(-self.chance.choice((2, 3))) if 0.55 < kind <= 0.85 else period
            figure = self._figure(whose, what, when)
            if not any(other.key == figure.key for other in self.sheet):
                self.sheet.add(figure)

    def _book(self, issuer: Issuer) -> Book:
        if issuer.name not in self._books:
            self._books[issuer.name] = Book(self.chance, asset_size(self.chance, issuer))
        return self._books[issuer.name]

    def _evidence(self, issuer: Issuer, period: Period) -> Evidence:
        """Figures of one report often stand on one page, and so share their mark."""
        found = report_evidence(self.chance, issuer, period, 0).document
        page = self._pages.get(found)
        if page is None or self.chance.random() < 0.6:
            page = self._pages[found] = self.chance.randint(8, _LAST_PAGE)
        return report_evidence(self.chance, issuer, period, page)


def draw_indicator(chance: random.Random, *, point: bool | None = None, amount: bool | None = None) -> Indicator:
    """An indicator; the usual ones more often. point: only of balances (True) or flows; amount: only amounts (True) or ratios."""
    usual, rest = _indicators(point, amount)
    return chance.choice(usual if chance.random() < _KNOWN_SHARE else rest)


def draw_indicators(chance: random.Random, count: int, *, point: bool | None = None) -> list[Indicator]:
    """Different indicators."""
    found: dict[str, Indicator] = {}
    while len(found) < count:
        drawn = draw_indicator(chance, point=point)
        found.setdefault(drawn.id, drawn)
    return list(found.values())


@lru_cache(maxsize=16)
def _indicators(point: bool | None, amount: bool | None) -> tuple[list[Indicator], list[Indicator]]:
    fitting = [
        indicator for indicator in indicator_catalogue()
        if point in (None, indicator.point) and amount in (None, is_amount(indicator.unit) and indicator.kind is not Kind.RATIO)
        and not has_digit(indicator.name) and indicator.unit.dimension is not Dimension.FOREIGN
    ]
    return [indicator for indicator in fitting if indicator.id in rules()], [indicator for indicator in fitting if indicator.id not in rules()]


def indicator(name: str) -> Indicator:
    """The indicator of an id."""
    return indicator_catalogue().get(name)


@lru_cache(maxsize=1024)
def rule_of(name: str) -> Formula | None:
    """The first formula of an indicator if it needs nothing but amounts of the period itself, named without digits; None without one."""
    rule = next((rule for rule in FORMULAS.values() if (rule.indicator_id or rule.id) == name), None)
    if rule is None or not all(item.when == "current" and item.measure is Dimension.AMOUNT for item in rule.inputs):
        return None
    known = [item.ids[0] for item in rule.inputs if item.ids[0] in indicator_catalogue()]
    return rule if len(known) == len(rule.inputs) and not any(has_digit(indicator(each).name) for each in known) else None


def has_digit(words: str) -> bool:
    """Whether a name has a digit of its own (逾期90天以上贷款): questions and drafts of exercises have none."""
    return any(char.isdigit() for char in words)


def spoken_indicator(chance: random.Random, what: Indicator) -> str:
    """The indicator as typed: its name, or one of its first aliases."""
    aliases = [alias for alias in what.aliases[:5] if not has_digit(alias) and len(alias) < 14]
    return chance.choice(aliases) if aliases and chance.random() < _ALIAS_SHARE else what.name


def digits_of(sheet: FactSheet) -> str:
    """Whether the amounts of a sheet are of small, usual or large banks."""
    most = max((abs(figure.quantity.base) for figure in sheet if figure.quantity.unit.dimension is Dimension.AMOUNT), default=Decimal(10) ** 11)
    return "small" if most < Decimal(10) ** 10 else "large" if most > Decimal(10) ** 13 else "usual"
