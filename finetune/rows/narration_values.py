"""Values of a made-up bank that agree with each other: ratios are quotients of its own balances, profits follow from its income."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from data.catalogue_files import read_yaml_list
from data.indicators import Indicator, Kind, indicator_catalogue
from data.periods import Period
from data.units import Dimension, Quantity

CONFIGS = Path(__file__).parents[1] / "configs" / "rows"
_ROOT = "total_assets"
_HUNDRED, _YEAR = Decimal(100), Decimal(12)
_PLACES = {Dimension.RATIO: 2, Dimension.PER_SHARE: 2}
# Shares of a base for what has no rule of its own, in %: a balance of 资产总额, a flow of 营业收入.
_STOCK_SHARE, _FLOW_SHARE, _PART_SHARE = (Decimal("0.05"), Decimal(14)), (Decimal("0.2"), Decimal(22)), (Decimal("0.8"), Decimal(34))
_AMOUNT_DRIFT, _OTHER_DRIFT = Decimal(9), Decimal(7)
_FLAT_ODDS = 0.02


@dataclass(frozen=True, slots=True)
class Rule:
    """How one indicator's value arises: `limits` are in % of the base `of`, without one in the indicator's unit; drift in % a year."""

    of: str = ""
    over: tuple[str, str] | None = None
    less: tuple[str, ...] = ()
    limits: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
    drift: Decimal = Decimal(0)
    flow: bool = False
    annual: bool = False


class Book:
    """The accounts of one bank: `quantity` of any indicator and period, the same one whenever it is asked for again."""

    def __init__(self, chance: random.Random, size: Decimal) -> None:
        """size: 资产总额 in 百万元 in the period that is asked for first."""
        self._chance = chance
        self._size = size
        self._courses: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
        self._known: dict[tuple[str, Period], Decimal] = {}
        self._anchor: Period | None = None

    def quantity(self, indicator: Indicator, period: Period) -> Quantity:
        """The value in the indicator's unit, at the places that reports print."""
        places = _PLACES.get(indicator.unit.dimension, 2 if indicator.unit.symbol.startswith(("万", "亿")) else 0)
        value = self.value(indicator.id, period)
        return Quantity(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP), indicator.unit)

    def value(self, name: str, period: Period) -> Decimal:
        """The value of an indicator id at full precision, in its unit."""
        period = period.same_date() if indicator_catalogue().get(name).point else period
        key = name, period
        if key not in self._known:
            self._anchor = self._anchor or period
            self._known[key] = self._computed(name, rules().get(name) or _guessed(name), period)
        return self._known[key]

    def _computed(self, name: str, rule: Rule, period: Period) -> Decimal:
        if rule.less:
            return self.value(rule.less[0], period) - sum((self.value(part, period) for part in rule.less[1:]), Decimal(0))
        if rule.over:
            top, bottom = (self.value(part, period) for part in rule.over)
            return top / bottom * _HUNDRED * (_YEAR / (period.months or 12) if rule.annual else 1)
        if name == _ROOT:
            return self._size * self._moved(name, rule, period)
        level, low, high = self._course(name, rule)[0], *rule.limits
        drawn = (low + (high - low) * level) * self._moved(name, rule, period)
        if not rule.of:
            return drawn
        spread = Decimal(period.months or 12) / _YEAR if rule.flow and not _is_flow(rule.of) else 1
        return self.value(rule.of, period) * drawn / _HUNDRED * spread

    def _moved(self, name: str, rule: Rule, period: Period) -> Decimal:
        """The factor of a period against the first one asked for: a steady course of the indicator, and a little of the period's own."""
        _, course, most = self._course(name, rule)
        if self._anchor is None or period == self._anchor:
            return Decimal(1)
        years = Decimal((period.end - self._anchor.end).days) / 365
        return max(Decimal("0.2"), 1 + (course * years + most * self._signed() / 3) / _HUNDRED)

    def _course(self, name: str, rule: Rule) -> tuple[Decimal, Decimal, Decimal]:
        """Where in its limits an indicator stands (0 to 1), how much it moves a year and how unsteadily, in %."""
        if name not in self._courses:
            drift = Decimal(0) if self._chance.random() < _FLAT_ODDS else rule.drift
            self._courses[name] = (self._signed() + 1) / 2, self._signed() * drift, drift
        return self._courses[name]

    def _signed(self) -> Decimal:
        return Decimal(self._chance.randint(-10_000, 10_000)) / 10_000


@lru_cache(maxsize=1)
def rules() -> dict[str, Rule]:
    """The rules of configs/rows/narration_values.yaml by indicator id."""
    return {_ROOT: Rule(drift=_AMOUNT_DRIFT)} | {str(entry["id"]): _rule(entry) for entry in read_yaml_list(CONFIGS / "narration_values.yaml")}


def _rule(entry: dict[str, Any]) -> Rule:
    low, high = (Decimal(str(bound)) for bound in entry.get("range") or entry.get("draw") or (0, 0))
    over = (str(entry["over"][0]), str(entry["over"][1])) if "over" in entry else None
    return Rule(
        of=str(entry.get("of", "")), over=over, less=tuple(str(name) for name in entry.get("less", ())), limits=(low, high),
        drift=Decimal(str(entry.get("drift", 0))), flow=bool(entry.get("flow")), annual=bool(entry.get("annual")),
    )


@lru_cache(maxsize=1024)
def _guessed(name: str) -> Rule:
    """A rule for what has none of its own: amounts as a share of a base, anything else inside its plausible range."""
    indicator = indicator_catalogue().get(name)
    if indicator.unit.dimension is Dimension.AMOUNT and indicator.kind is not Kind.RATIO:
        flow = indicator.kind is Kind.FLOW
        whole = next((parent for parent in indicator.parents if parent in rules() and _is_flow(parent) is flow), None)
        base, usual = ("operating_income", _FLOW_SHARE) if flow else (_ROOT, _STOCK_SHARE)
        return Rule(of=whole or base, limits=_PART_SHARE if whole else usual, drift=_AMOUNT_DRIFT, flow=flow)
    low, high = indicator.low if indicator.low is not None else Decimal(0), indicator.high if indicator.high is not None else Decimal(20_000)
    low, high = (Decimal("0.3"), Decimal(9)) if "不良贷款率" in indicator.name else (max(low, Decimal(0)), high)
    return Rule(limits=(low + (high - low) / 40, low + (high - low) * 2 / 5), drift=_OTHER_DRIFT)


@lru_cache(maxsize=1024)
def _is_flow(name: str) -> bool:
    return indicator_catalogue().get(name).kind is Kind.FLOW and name != "interest_earning_assets_average"
