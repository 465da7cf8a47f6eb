"""Whether a ratio beside an indicator's name is believable for a bank."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from data.figures import Figure
from data.indicators import Kind, indicator_catalogue
from data.units import Dimension
from finetune.rows.claims import NUMBER
from finetune.rows.configuration import configured

_JOIN = re.compile(r"(?:\s|为|是|达到|达|约|：|:|=|（[^（）]{1,14}）|\(\d{4}[^()]{0,10}\)|的|仅|升至|降至)*$")
# What a number is when the text goes on like this: an operand; a year or a count.
_OPERAND, _ELSE = re.compile(r"\s*[-−+*/×÷^]"), re.compile(r"\s*(?:[年月日个家户人项]|\d)")
_OPERATOR = re.compile(r"[-−+*/×÷^]\s*$")
_LONGEST = 16


@dataclass(frozen=True, slots=True)
class _Range:
    name: str
    unit: str
    low: Decimal | None
    high: Decimal | None
    why: str

    def excludes(self, value: Decimal) -> bool:
        """Whether a value lies outside."""
        return (self.low is not None and value < self.low) or (self.high is not None and value > self.high)


def implausible(text: str) -> Iterator[str]:
    """A sentence for every ratio of a text that no bank has."""
    names = _ranges_by_name()
    for match in NUMBER.finditer(text):
        if _OPERAND.match(text, match.end()) or (not match["unit"] and _ELSE.match(text, match.end())):
            continue
        found = names.get(_name_before(text, match.start(), names))
        if found is None:
            continue
        value = _in_unit(Decimal(match["digits"].replace(",", "")), match["unit"] or "", found.unit)
        if value is not None and found.excludes(value):
            why = f"：{found.why}" if found.why else ""
            yield f"{found.name}{match[0].strip()}对银行不可信（通常在 {found.low} 与 {found.high} {found.unit}之间）{why}"


def implausible_figure(figure: Figure) -> bool:
    """Whether a figure is a ratio that no bank has."""
    found = _ranges_by_id().get(figure.indicator_id)
    if found is None or figure.quantity.unit.dimension is not Dimension.RATIO:
        return False
    value = _in_unit(figure.quantity.value, figure.quantity.unit.symbol, found.unit)
    return value is not None and found.excludes(value)


def _name_before(text: str, at: int, names: Mapping[str, _Range]) -> str:
    before = text[max(0, at - _LONGEST - 20) : at]
    before = before[: _start_of_join(before)]
    name = next((before[-length:] for length in range(min(_LONGEST, len(before)), 1, -1) if before[-length:] in names), "")
    return "" if _OPERATOR.search(before.removesuffix(name)) else name


def _start_of_join(before: str) -> int:
    match = _JOIN.search(before)
    return match.start() if match else len(before)


def _in_unit(value: Decimal, written: str, wanted: str) -> Decimal | None:
    """The value in the indicator's unit; a bare number of a % indicator may be a fraction (资产周转率为0.5)."""
    if written == wanted or (wanted == "倍" and written in ("", "次")):
        return value
    if wanted == "%" and written in ("", "次", "倍"):
        return value * 100
    return value / 10 if wanted == "%" and written == "‰" else None


@lru_cache(maxsize=1)
def _ranges_by_id() -> Mapping[str, _Range]:
    tighter, found = configured("plausible"), {}
    for item in indicator_catalogue():
        if item.kind is Kind.RATIO and item.unit.symbol in ("%", "倍") and (item.low is not None or item.high is not None or item.id in tighter):
            own = tighter.get(item.id, {})
            low = Decimal(str(own["low"])) if "low" in own else item.low
            high = Decimal(str(own["high"])) if "high" in own else item.high
            found[item.id] = _Range(item.name, item.unit.symbol, low, high, own.get("why", ""))
    return found


@lru_cache(maxsize=1)
def _ranges_by_name() -> Mapping[str, _Range]:
    catalogue, ranges = indicator_catalogue(), _ranges_by_id()
    names = ((name, item.id) for item in catalogue if item.id in ranges for name in (item.name, *item.aliases))
    return {name: ranges[key] for name, key in names if name not in catalogue.ambiguous}
