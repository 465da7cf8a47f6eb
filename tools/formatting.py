"""How a quantity is printed for an analyst: 亿元, %, 个百分点, BP; rounding never changes what a sentence states.

Amounts of 100 million yuan and more are printed in 亿元 with two places, which is exact for figures reported in 百万元.
A value that is not zero is never printed as zero, and two values that differ are never printed alike (see `places_apart`).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from data.units import Dimension, Quantity, unit
from tools.exact import exact

_MOST_PLACES = 6
_MOST_PLACES_NOT_ZERO = 12
_YI = Decimal(10) ** 8
_WAN = Decimal(10) ** 4


def rounded(value: Decimal, places: int) -> Decimal:
    """A value at so many places, halves away from zero, as published statements round."""
    with exact():
        return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def display_quantity(quantity: Quantity) -> Quantity:
    """The quantity in the unit that it is printed in."""
    if quantity.unit.dimension is Dimension.AMOUNT:
        size = abs(quantity.base)
        return quantity.to("亿元" if size >= _YI else "万元" if size >= _WAN else "元") if size else quantity.to("亿元")
    if quantity.unit.dimension is Dimension.POINTS:
        return quantity.to("个百分点")
    if quantity.unit.symbol == "‰":
        return quantity
    return quantity


def least_places(quantity: Quantity) -> int:
    """Places that the printed form needs at least: two for ratios and amounts, none for whole counts."""
    shown = display_quantity(quantity)
    if shown.unit.dimension is Dimension.COUNT and not shown.unit.symbol.startswith(("万", "亿", "百万", "千万")):
        return 0 if shown.value == shown.value.to_integral_value() else _not_zero(shown.value, 2)
    return _not_zero(shown.value, 2)


def _not_zero(value: Decimal, places: int) -> int:
    """At least so many places, and more where a value that is not zero would print as zero."""
    while places < _MOST_PLACES_NOT_ZERO and value and not rounded(value, places):
        places += 1
    return places


def places_apart(quantities: Iterable[Quantity]) -> int:
    """Places at which quantities of one kind that differ also look different (2 to 6)."""
    shown = [display_quantity(quantity) for quantity in quantities]
    by_unit: dict[str, set[Decimal]] = {}
    for quantity in shown:
        by_unit.setdefault(quantity.unit.symbol, set()).add(quantity.value)
    places = max((least_places(quantity) for quantity in shown), default=2)
    while places < _MOST_PLACES and any(len({rounded(v, places) for v in values}) < len(values) for values in by_unit.values()):
        places += 1
    return places


def format_number(value: Decimal, places: int) -> str:
    """Digits with thousands separators at so many places; a minus sign for negatives."""
    return f"{rounded(value, places):,}"


def format_quantity(quantity: Quantity, places: int | None = None) -> str:
    """A printed quantity: 1,466.02亿元, 0.95%, 0.01个百分点, 5.26元/股, 7,918个."""
    shown = display_quantity(quantity)
    wanted = max(least_places(quantity), places or 0)
    if shown.unit.dimension is Dimension.COUNT and least_places(quantity) == 0:
        wanted = 0
    return f"{format_number(shown.value, wanted)}{shown.unit.symbol}"


def format_in(quantity: Quantity, symbol: str, places: int = 2) -> str:
    """A quantity in a unit that the user asked for (百万元, BP …); raises UnitError across dimensions."""
    target = unit(symbol)
    value = quantity.to(target).value
    return f"{format_number(value, _not_zero(value, places))}{target.symbol}"


def change_word(quantity: Quantity, *, amount: bool, versus: bool = False) -> str:
    """The verb of a change: 增长/增加/上升, 下降/减少, or 持平. `amount`: the change of a money amount or a count.

    `versus`: the distance from another bank, which stands 高 or 低 (an amount: 多 or 少) and has not moved.
    """
    if not quantity.value:
        return "持平"
    if versus:
        above, below = ("多", "少") if amount else ("高", "低")
        return above if quantity.value > 0 else below
    growth = quantity.unit.dimension is Dimension.RATIO
    if quantity.value > 0:
        return "增长" if growth else "增加" if amount else "上升"
    return "下降" if growth or not amount else "减少"


def format_change(quantity: Quantity, *, amount: bool, places: int | None = None, versus: bool = False) -> str:
    """A change in words: 下降0.01个百分点, 增长6.22%, 减少12.62亿元, 持平; between banks 低0.41个百分点."""
    word = change_word(quantity, amount=amount, versus=versus)
    return word if word == "持平" else f"{word}{format_quantity(abs(quantity), places)}"
