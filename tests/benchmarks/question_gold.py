"""The right answers of the question benchmark, from the facts table alone: its own selection, its own units, its own arithmetic.

Nothing of the product's lookup or calculator is used, so that an error there cannot hide in the expected value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from data.facts_table import load_facts
from data.figures import Figure, Gaap, Scope

HUNDRED = Decimal(100)
# Unit symbol → (dimension, factor to its base: 元, percent, percentage points).
UNITS: Mapping[str, tuple[str, Decimal]] = {
    "元": ("amount", Decimal(1)), "千元": ("amount", Decimal(10) ** 3), "万元": ("amount", Decimal(10) ** 4),
    "百万元": ("amount", Decimal(10) ** 6), "亿元": ("amount", Decimal(10) ** 8), "十亿元": ("amount", Decimal(10) ** 9),
    "万亿元": ("amount", Decimal(10) ** 12), "%": ("percent", Decimal(1)), "‰": ("percent", Decimal("0.1")),
    "倍": ("percent", HUNDRED), "个百分点": ("points", Decimal(1)), "百分点": ("points", Decimal(1)),
    "BP": ("points", Decimal("0.01")), "基点": ("points", Decimal("0.01")),
}  # fmt: skip
# What each ratio or sum is made of: where a bank states all parts of a year, the figure could be computed and is no gap.
PARTS: Mapping[str, tuple[frozenset[str], ...]] = {
    "npl_ratio": (frozenset({"npl_balance", "total_loans"}),),
    "npl_balance": (frozenset({"npl_ratio", "total_loans"}),),
    "provision_coverage": (frozenset({"loan_allowance", "npl_balance"}), frozenset({"loan_provision_ratio", "npl_ratio"})),
    "loan_provision_ratio": (frozenset({"loan_allowance", "total_loans"}), frozenset({"provision_coverage", "npl_ratio"})),
    "cost_income_ratio": (frozenset({"operating_expenses", "operating_income"}),),
    "non_interest_income": (frozenset({"operating_income", "net_interest_income"}),),
    "net_interest_income": (frozenset({"operating_income", "non_interest_income"}),),
    "roa": (frozenset({"net_profit"}), frozenset({"net_profit_attributable"})),
    "roe_weighted": (frozenset({"net_profit_attributable", "equity_attributable"}),),
    "credit_cost": (frozenset({"credit_impairment_loss", "total_loans"}),),
}


@dataclass(frozen=True, slots=True)
class Key:
    """What a value is of: display name of the bank, catalogue id, canonical period, scope."""

    bank: str
    indicator: str
    period: str
    scope: str = "集团"

    @property
    def year(self) -> int:
        return int(self.period[:4])

    def at(self, year: int) -> Key:
        """The same bank and indicator in another year."""
        return Key(self.bank, self.indicator, str(year), self.scope)


@dataclass(frozen=True, slots=True)
class Value:
    """A value in the base of its dimension (元 or percent), and under which standard it was stated."""

    value: Decimal
    dimension: str
    gaap: Gaap
    restated: bool
    indicator_name: str


@dataclass(frozen=True, slots=True)
class Expected:
    """One figure of a right answer. tolerance: None is the rounding of what was printed. indicator: "" where it is derived."""

    bank: str
    period: str
    value: Decimal
    dimension: str
    indicator: str = ""
    base_period: str = ""
    scope: str = "集团"
    tolerance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Gold:
    """A refusal code, or alternatives, each a list of figures. `every`: all of one alternative must be among the answers;
    otherwise the first answer alone counts."""

    code: str = ""
    alternatives: tuple[tuple[Expected, ...], ...] = ()
    every: bool = False


@dataclass(frozen=True)
class FactIndex:
    """The one value of each key; keys whose sources disagree are known to exist but have none."""

    values: Mapping[Key, Value]
    disputed: frozenset[Key] = field(default_factory=frozenset)

    @classmethod
    def load(cls) -> FactIndex:
        groups: dict[Key, list[Figure]] = defaultdict(list)
        for figure in load_facts().figures:
            if figure.scope is not Scope.INDUSTRY:
                groups[Key(figure.entity, figure.indicator_id, str(figure.period), figure.scope.value)].append(figure)
        chosen = {key: _choose(figures) for key, figures in groups.items()}
        return cls({key: value for key, value in chosen.items() if value}, frozenset(key for key, value in chosen.items() if not value))

    @cached_property
    def banks(self) -> frozenset[str]:
        return frozenset(key.bank for key in self.values) | frozenset(key.bank for key in self.disputed)

    @cached_property
    def years_of(self) -> Mapping[str, frozenset[int]]:
        """Every year for which a bank has any fact."""
        years: dict[str, set[int]] = defaultdict(set)
        for key in (*self.values, *self.disputed):
            years[key.bank].add(key.year)
        return {bank: frozenset(found) for bank, found in years.items()}

    def annual(self, scope: str = "集团") -> list[Key]:
        """Keys of whole years, in a stable order."""
        return sorted((key for key in self.values if key.scope == scope and key.period.isdigit()), key=lambda key: (key.bank, key.indicator, key.period))

    def comparable(self, keys: Iterable[Key]) -> bool:
        """Whether all keys have an originally stated value under one standard."""
        found = [self.values.get(key) for key in keys]
        return all(value is not None and not value.restated for value in found) and len({value.gaap for value in found if value}) == 1

    def computable(self, key: Key) -> bool:
        """Whether the bank states in that year what the indicator could be computed from."""
        stated = {other.indicator for other in (*self.values, *self.disputed) if (other.bank, other.period) == (key.bank, key.period)}
        return any(parts <= stated for parts in PARTS.get(key.indicator, ()))

    def expected(self, key: Key) -> Expected:
        """The stated value of a key."""
        value = self.values[key]
        return Expected(key.bank, key.period, value.value, value.dimension, value.indicator_name, scope=key.scope)

    def difference(self, key: Key, base: Key) -> Expected:
        """Later minus earlier: percentage points of a percentage, 元 of an amount."""
        value, before = self.values[key], self.values[base]
        dimension = "points" if value.dimension == "percent" else "amount"
        return Expected(key.bank, key.period, value.value - before.value, dimension, base_period=base.period)

    def growth(self, key: Key, base: Key) -> Expected:
        """Growth in percent over a positive base."""
        before = self.values[base].value
        return Expected(key.bank, key.period, (self.values[key].value - before) / before * HUNDRED, "percent", base_period=base.period)

    def cagr(self, last: Key, first: Key) -> Expected:
        """Compound annual growth in percent."""
        ratio = self.values[last].value / self.values[first].value
        rate = ratio ** (Decimal(1) / Decimal(last.year - first.year)) - 1
        return Expected(last.bank, last.period, rate * HUNDRED, "percent", base_period=first.period)

    def quotient(self, part: Key, whole: Key) -> Expected:
        """Part over whole in percent, right within half of the second decimal."""
        value = self.values[part].value / self.values[whole].value * HUNDRED
        return Expected(part.bank, part.period, value, "percent", tolerance=Decimal("0.005"))


def _choose(figures: list[Figure]) -> Value | None:
    """Best source rank first, then 中国准则, then as originally stated; None where the choice would be arbitrary."""

    def order(figure: Figure) -> tuple[int, bool, bool]:
        return figure.rank, figure.gaap is Gaap.IFRS, figure.restated

    best = min(figures, key=order)
    by_standard = min(figures, key=lambda figure: (figure.gaap is Gaap.IFRS, figure.rank, figure.restated))
    same_rank = {_base(figure) for figure in figures if figure.rank == best.rank and figure.restated == best.restated}
    if len(same_rank) > 1 or _base(best) != _base(by_standard):
        return None
    value, dimension = _base(best)
    return Value(value, dimension, best.gaap, best.restated, best.indicator)


def _base(figure: Figure) -> tuple[Decimal, str]:
    dimension, factor = UNITS[figure.quantity.unit.symbol]
    return figure.quantity.value * factor, dimension
