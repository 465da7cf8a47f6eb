"""The book of figures: what the fictional bank can print, by name, period and scope, exact and with its unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

GROUP, BANK, INDUSTRY = "集团", "本行", "行业"
AMOUNTS = {"元": Decimal(1), "千元": Decimal(10) ** 3, "万元": Decimal(10) ** 4, "百万元": Decimal(10) ** 6, "亿元": Decimal(10) ** 8,
           "万亿元": Decimal(10) ** 12}  # fmt: skip
QUARTER_ENDS = {"Q1": "03-31", "Q2": "06-30", "Q3": "09-30", "Q4": "12-31"}
_WHEN = re.compile(r"^(\d\d)(Q[1-4])?$")


class UnknownFigure(KeyError):
    """A page asks for a figure that the model does not have."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Which figure: name, canonical period (2023, 2023-12-31, 2023Q1), scope."""

    key: str
    period: str
    scope: str = GROUP


@dataclass(frozen=True, slots=True)
class Value:
    """A value as the model holds it."""

    number: Decimal
    unit: str


def rounded(number: Decimal, places: int) -> Decimal:
    """Half up, as reports round."""
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


class Book:
    """All figures. A name is either read at a date (stock) or over a span (flow); `when` is a short form: 23, 22, 23Q1."""

    def __init__(self) -> None:
        self._values: dict[Ref, Value] = {}
        self._stocks: set[str] = set()

    def put(self, key: str, when: str, number: Decimal | int | str, unit: str = "百万元", *, stock: bool = False, scope: str = GROUP) -> None:
        """Enter a figure; entering it again with another value is an error."""
        if stock:
            self._stocks.add(key)
        ref, value = self.ref(key, when, scope), Value(Decimal(number), unit)
        if self._values.setdefault(ref, value) != value:
            raise ValueError(f"two values of {ref}: {self._values[ref]} and {value}")

    def ref(self, key: str, when: str, scope: str = GROUP) -> Ref:
        """The reference of a name at a short period."""
        match = _WHEN.match(when)
        if match is None:
            return Ref(key, when, scope)
        year = f"20{match[1]}"
        if key in self._stocks:
            return Ref(key, f"{year}-{QUARTER_ENDS[match[2] or 'Q4']}", scope)
        return Ref(key, year + (match[2] or ""), scope)

    def find(self, ref: Ref) -> Value | None:
        """The value of a reference, or None."""
        return self._values.get(ref)

    def value(self, key: str, when: str, scope: str = GROUP) -> Value:
        """The value of a name; raises UnknownFigure."""
        ref = self.ref(key, when, scope)
        if ref not in self._values:
            raise UnknownFigure(f"{ref.key} {ref.period} {ref.scope}")
        return self._values[ref]

    def number(self, key: str, when: str, scope: str = GROUP) -> Decimal:
        """The bare number of a name, in the unit it was entered in."""
        return self.value(key, when, scope).number

    def is_stock(self, key: str) -> bool:
        """Whether a name is read at a date."""
        return key in self._stocks

    def refs(self) -> tuple[Ref, ...]:
        """Every figure, in the order of entry."""
        return tuple(self._values)

    def share(self, key: str, of: str, when: str, scope: str = GROUP, places: int = 2) -> Decimal:
        """One name as a percentage of another, rounded."""
        return rounded(self.number(key, when, scope) / self.number(of, when, scope) * 100, places)


def convert(value: Value, unit: str) -> Decimal:
    """The number in another unit of amount; ratios and counts only in their own."""
    if value.unit == unit:
        return value.number
    return value.number * AMOUNTS[value.unit] / AMOUNTS[unit]
