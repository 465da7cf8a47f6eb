"""Printing quantities: what is printed is the value at its places, never a zero for what is not zero, never the wrong verb."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import UnitError
from data.units import Dimension, Quantity, unit
from tools.formatting import (
    change_word,
    display_quantity,
    format_change,
    format_in,
    format_number,
    format_quantity,
    least_places,
    places_apart,
    rounded,
)  # fmt: skip

VALUES = st.decimals(min_value=Decimal("-1e13"), max_value=Decimal("1e13"), places=6, allow_nan=False, allow_infinity=False)
MEASURES = st.sampled_from(["元", "万元", "百万元", "亿元", "%", "‰", "个百分点", "BP", "倍", "元/股", "户", "万户"])
SMALL = settings(deadline=None, max_examples=150)


def _read(shown: str, symbol: str) -> Decimal:
    return Decimal(shown.removesuffix(symbol).replace(",", ""))


@SMALL
@given(VALUES, MEASURES)
def test_the_printed_number_is_the_value_at_its_places(value: Decimal, symbol: str) -> None:
    quantity = Quantity.of(value, symbol)
    shown = display_quantity(quantity)
    places = least_places(quantity)
    assert _read(format_quantity(quantity), shown.unit.symbol) == rounded(shown.value, places)
    assert shown.same_as(quantity)


@SMALL
@given(VALUES, MEASURES)
def test_what_is_not_zero_never_prints_as_zero(value: Decimal, symbol: str) -> None:
    quantity = Quantity.of(value, symbol)
    assert bool(_read(format_quantity(quantity), display_quantity(quantity).unit.symbol)) == bool(value)


@SMALL
@given(VALUES, st.sampled_from(["元", "千元", "万元", "百万元", "亿元", "万亿元"]))
def test_an_amount_in_a_unit_asked_for_keeps_its_sign_and_is_not_zero(value: Decimal, symbol: str) -> None:
    printed = _read(format_in(Quantity.of(value, "百万元"), symbol), symbol)
    assert (printed > 0) == (value > 0) and (printed < 0) == (value < 0)


@SMALL
@given(st.lists(VALUES, min_size=2, max_size=6), st.sampled_from(["%", "个百分点", "亿元"]))
def test_values_that_differ_look_different(values: list[Decimal], symbol: str) -> None:
    quantities = [Quantity.of(value, symbol) for value in values]
    places = places_apart(quantities)
    in_one_unit = [q for q in quantities if display_quantity(q).unit == display_quantity(quantities[0]).unit]
    assert len({format_quantity(q, places) for q in in_one_unit}) == len({rounded(display_quantity(q).value, 6) for q in in_one_unit})


@SMALL
@given(VALUES, st.booleans(), st.booleans())
def test_the_verb_of_a_change_follows_its_sign(value: Decimal, amount: bool, versus: bool) -> None:
    word = change_word(Quantity.of(value, "亿元" if amount else "个百分点"), amount=amount, versus=versus)
    rising = {"增加", "上升", "增长", "高", "多"}
    assert (word == "持平") == (value == 0)
    assert (word in rising) == (value > 0)


@pytest.mark.parametrize(
    ("value", "symbol", "printed"),
    [
        ("146602", "百万元", "1,466.02亿元"), ("0.95", "%", "0.95%"), ("1.4", "%", "1.40%"), ("-1", "BP", "-0.01个百分点"), ("5.26", "元/股", "5.26元/股"),
        ("7918", "个", "7,918个"), ("99999999", "元", "10,000.00万元"), ("0.0004", "%", "0.0004%"), ("1234.5", "元", "1,234.50元"), ("0", "百万元", "0.00亿元"),
    ],
)  # fmt: skip
def test_usual_forms(value: str, symbol: str, printed: str) -> None:
    assert format_quantity(Quantity.of(value, symbol)) == printed


def test_changes_in_words() -> None:
    assert format_change(Quantity.of("-0.01", "个百分点"), amount=False) == "下降0.01个百分点"
    assert format_change(Quantity.of("6.22", "%"), amount=False) == "增长6.22%"
    assert format_change(Quantity.of("-1262", "百万元"), amount=True) == "减少12.62亿元"
    assert format_change(Quantity.of("0", "%"), amount=False) == "持平"
    assert format_change(Quantity.of("-0.41", "个百分点"), amount=False, versus=True) == "低0.41个百分点"
    assert format_change(Quantity.of("12", "亿元"), amount=True, versus=True) == "多12.00亿元"


def test_halves_round_away_from_zero_and_long_values_are_accepted() -> None:
    assert rounded(Decimal("0.945"), 2) == Decimal("0.95")
    assert rounded(Decimal("-0.945"), 2) == Decimal("-0.95")
    assert format_number(Decimal("123456789012345678901234567890.5"), 2).endswith("890.50")


def test_a_unit_of_another_dimension_is_refused() -> None:
    with pytest.raises(UnitError):
        format_in(Quantity.of("0.95", "%"), "亿元")
    assert unit("BP").dimension is Dimension.POINTS
