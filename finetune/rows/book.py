"""The books of a generated bank: any indicator at any period, consistent with each other (不良 < 贷款 < 资产), in whole 元.

Shares of a parent drift from year to year; a balance inside a year lies between the year ends, a flow is its part of the year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from random import Random
from typing import Any

from data.errors import TrainingError
from data.indicators import IndicatorCatalogue, indicator_catalogue
from data.periods import Part, Period
from data.units import Dimension
from finetune.rows.configuration import configured
from tools.formulas import FORMULAS, Formula, Input, formulas_for, opening_of

MILLION = 1_000_000
_CENT = Decimal("0.01")
_NOISE = 25_000


@dataclass(frozen=True, slots=True)
class _Share:
    """A share of a parent in parts per million, and how far it drifts in a year."""

    of: str
    low: int
    high: int
    drift: int


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of a book, by indicator id."""

    shares: Mapping[str, _Share]
    rests: Mapping[str, tuple[str, ...]]
    means: Mapping[str, str]
    counts: Mapping[str, tuple[str, int, int]]
    ratios: Mapping[str, tuple[int, int, int]]


@lru_cache(maxsize=1)
def book_rules() -> _Rules:
    """The rules of finetune/configs/rows/book.yaml, with the catalogue's further rows as shares of their category's parent."""
    raw = configured("book")
    shares = {key: _Share(rule[0], *rule[1:]) for key, rule in raw["amounts"].items() if isinstance(rule, list)}
    rests = {key: tuple(rule["less"]) for key, rule in raw["amounts"].items() if isinstance(rule, dict)}
    known = {*shares, *rests, *raw["means"], *raw["counts"], *FORMULAS, "total_assets"}
    for indicator in indicator_catalogue():
        rule = raw["tail"].get(indicator.category)
        if rule and indicator.unit.symbol == "百万元" and indicator.id not in known and not any(letter.isdigit() for letter in indicator.name):
            shares[indicator.id] = _Share(rule[0], *rule[1:])
    return _Rules(shares, rests, raw["means"], {key: tuple(rule) for key, rule in raw["counts"].items()}, _tuples(raw["ratios"]))


def _tuples(raw: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {key: (rule[0], rule[1], rule[2]) for key, rule in raw.items()}


@lru_cache(maxsize=1)
def tail_indicators() -> tuple[str, ...]:
    """Amounts of the catalogue beyond those that the book names itself."""
    return tuple(key for key in book_rules().shares if key not in configured("book")["amounts"])


class Book:
    """One bank's figures, drawn as they are asked for and then kept. assets: total assets of `year` in 元."""

    def __init__(self, rng: Random, assets: int, year: int) -> None:
        self._rng = rng
        self._year = year
        self._assets = assets
        self._drawn: dict[tuple[str, int], int] = {}
        self._flows: dict[tuple[str, str], int] = {}
        self._rules = book_rules()
        self._catalogue: IndicatorCatalogue = indicator_catalogue()

    def amount(self, indicator_id: str, period: Period) -> int:
        """An amount in 元, or a count, at the end of a period or over it."""
        if (parent := self._rules.means.get(indicator_id)) is not None:
            return (self.amount(parent, period.same_date()) + self.amount(parent, opening_of(period))) // 2
        full = self._annual(indicator_id, period.year)
        if self._catalogue.get(indicator_id).point:
            if period.end.month == 12:
                return full
            opening = self._annual(indicator_id, period.year - 1)
            return opening + (full - opening) * period.end.month // 12
        if period.part is Part.YEAR or indicator_id in ("interest_earning_assets_average", "weighted_average_shares"):
            return full
        return self._part_of_year(indicator_id, period, full)

    def ratio(self, indicator_id: str, period: Period) -> Decimal:
        """A ratio in %, at two places: computed from the amounts, or drawn."""
        if indicator_id in self._rules.ratios:
            return Decimal(self._walk(indicator_id, period)).scaleb(-2)
        rules = [rule for rule in formulas_for(indicator_id) if all(self._drawn_or_amount(item) for item in rule.inputs)]
        if not rules:
            raise TrainingError(f"生成的银行没有指标 {indicator_id}")
        return (self._computed(rules[0], period) * 100).quantize(_CENT, rounding=ROUND_HALF_UP)

    def _drawn_or_amount(self, item: Input) -> bool:
        return item.measure is not Dimension.RATIO or item.ids[0] in self._rules.ratios

    def _computed(self, rule: Formula, period: Period) -> Decimal:
        value = rule.compute({item.name: self._input(item, period) for item in rule.inputs})
        return value * 12 / period.months if rule.flow and period.months not in (0, 12) else value

    def _input(self, item: Input, period: Period) -> Decimal:
        key = item.ids[0]
        if item.measure is Dimension.RATIO:
            return self.ratio(key, period) / 100
        if item.when == "opening":
            return Decimal(self.amount(key, opening_of(period)))
        at = period.same_date() if item.stock else period
        if item.when == "average":
            return Decimal(self.amount(key, at) + self.amount(key, opening_of(period))) / 2
        return Decimal(self.amount(key, at))

    def _annual(self, key: str, year: int) -> int:
        if (known := self._drawn.get((key, year))) is not None:
            return known
        value = self._fresh(key, year)
        self._drawn[key, year] = value
        return value

    def _fresh(self, key: str, year: int) -> int:
        rules = self._rules
        if key == "total_assets":
            return self._assets if year == self._year else self._grown(year)
        if (rest := rules.rests.get(key)) is not None:
            return self._annual(rest[0], year) - sum(self._annual(other, year) for other in rest[1:])
        if (count := rules.counts.get(key)) is not None:
            size = self._share("#" + key, count[1] * 1000, count[2] * 1000, count[1] * 20, year)
            return max(3, self._annual(count[0], year) * 1000 // size)
        if (share := rules.shares.get(key)) is None:
            raise TrainingError(f"生成的银行没有指标 {key}")
        return self._annual(share.of, year) * self._share(key, share.low, share.high, share.drift, year) // MILLION

    def _grown(self, year: int) -> int:
        """Assets of another year: most grow by some percent, some shrink."""
        step = self._rng.randint(-30, 160)
        if year < self._year:
            return self._annual("total_assets", year + 1) * 1000 // (1000 + step)
        return self._annual("total_assets", year - 1) * (1000 + step) // 1000

    def _share(self, key: str, low: int, high: int, drift: int, year: int) -> int:
        """The share of a year: drawn for the book's own year, walked from there."""
        mark = ("%" + key, year)
        if (known := self._drawn.get(mark)) is None:
            if year == self._year:
                known = self._rng.randint(low, high)
            else:
                near = self._share(key, low, high, drift, year + (1 if year < self._year else -1))
                known = min(max(near + self._rng.randint(-2 * drift, 2 * drift), low - low // 10), high + high // 10)
            self._drawn[mark] = known
        return known

    def _part_of_year(self, key: str, period: Period, full: int) -> int:
        """A flow of part of a year, near its share of the months; quarters keep their own noise."""
        mark = (key, str(period))
        if (known := self._flows.get(mark)) is None:
            scaled = full * period.months // 12
            known = scaled + scaled * self._rng.randint(-_NOISE, _NOISE) // MILLION
            self._flows[mark] = known
        return known

    def _walk(self, key: str, period: Period) -> int:
        mark = ("=" + key, str(period))
        if (known := self._flows.get(mark)) is None:
            low, high, step = self._rules.ratios[key]
            base = self._share("=" + key, low, high, step, period.year)
            known = base if period.end.month == 12 else base + self._rng.randint(-step, step) // 2
            self._flows[mark] = max(known, 1)
        return max(known, 1)
