"""data.units: conversions lose nothing, dimensions never mix, floats never get in."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import UnitError
from data.units import Dimension, Quantity, parse_decimal, unit, units

AMOUNT_UNITS = ["元", "千元", "万元", "百万元", "千万元", "亿元", "十亿元", "万亿元"]
_VALUES = st.decimals(min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=4)
_SYMBOLS = sorted(units())


@pytest.mark.parametrize("bad", [1.5, float("nan"), True, None, object(), 2.0])
def test_floats_bools_and_anything_else_are_rejected(bad: object) -> None:
    with pytest.raises(UnitError):
        Quantity.of(bad, "元")  # type: ignore[arg-type]
    with pytest.raises(UnitError):
        Quantity(bad, unit("元"))  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-inf", "sNaN", "", "一百", "1.2.3", "12abc"])
def test_only_finite_numbers_are_values(bad: str) -> None:
    with pytest.raises(UnitError):
        Quantity.of(bad, "元")
    with pytest.raises(UnitError):
        parse_decimal(bad)


def test_not_even_a_decimal_may_be_infinite() -> None:
    for value in ("NaN", "Infinity"):
        with pytest.raises(UnitError, match="有限"):
            Quantity(Decimal(value), unit("元"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5", "1234.5"), ("１，２３４．５", "1234.5"), ("(1,234)", "-1234"), ("（1,234）", "-1234"), ("−5", "-5"), ("–5", "-5"), (" 7 ", "7"), ("+3", "3"), ("0.00", "0"),
        ("(0.5)", "-0.5"),
    ],
)
def test_printed_numbers_are_read(text: str, value: str) -> None:
    assert parse_decimal(text) == Decimal(value)


@pytest.mark.parametrize(
    ("printed", "symbol"),
    [
        ("人民币百万元", "百万元"), ("（人民币百万元）", "百万元"), ("(百万元)", "百万元"), ("RMB million", "百万元"), ("％", "%"), (" 亿元 ", "亿元"), ("亿", "亿元"), ("元每股", "元/股"), ("元/普通股", "元/股"),
        ("bps", "bps"), ("pp", "个百分点"), ("x", "倍"), ("ＢＰ", "BP"), ("人民币元/股", "元/股"), ("万户", "万户"),
    ],
)
def test_units_as_reports_print_them(printed: str, symbol: str) -> None:
    assert unit(printed).symbol == symbol


@pytest.mark.parametrize("symbol", ["斤", "美金百万", "元元", "百分"])
def test_unknown_units_are_refused_with_what_is_known(symbol: str) -> None:
    with pytest.raises(UnitError, match="亿元"):
        unit(symbol)


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("146602", "百万元", "亿元", "1466.02"), ("1", "万亿元", "亿元", "10000"), ("1", "亿元", "元", "100000000"), ("9.5", "‰", "%", "0.95"), ("1", "个百分点", "BP", "100"),
        ("25", "个基点", "个百分点", "0.25"), ("437.7", "%", "倍", "4.377"), ("1.2", "万户", "户", "12000.0"), ("30.5", "千元", "万元", "3.05"),
    ],
)
def test_known_conversions(value: str, source: str, target: str, expected: str) -> None:
    assert str(Quantity.of(value, source).to(target)) == f"{expected}{target}"


@pytest.mark.parametrize(
    ("one", "other"), [("元", "%"), ("%", "个百分点"), ("户", "个"), ("元", "美元"), ("美元", "港元"), ("元/股", "元"), ("倍", "个百分点"), ("股", "元"), ("BP", "%")]
)
def test_dimensions_never_mix(one: str, other: str) -> None:
    left, right = Quantity.of("1", one), Quantity.of("1", other)
    for operate in (lambda: left.to(other), lambda: left + right, lambda: left - right, lambda: left < right):
        with pytest.raises(UnitError):
            operate()
    assert not left.same_as(right)


def test_percentages_differ_in_points_and_points_stay_points() -> None:
    change = Quantity.of("1.50", "%") - Quantity.of("1.70", "%")
    assert str(change) == "-0.20个百分点" and change.unit.dimension is Dimension.POINTS
    assert str(Quantity.of("9.5", "‰") - Quantity.of("0.96", "%")).endswith("个百分点")
    assert (Quantity.of("9.5", "‰") - Quantity.of("0.96", "%")).value == Decimal("-0.01")
    assert str(Quantity.of("1.2", "倍") - Quantity.of("1.1", "倍")) == "0.1倍"
    assert str(change - Quantity.of("10", "BP")) == "-0.30个百分点"
    assert str(Quantity.of("3", "亿元") - Quantity.of("5000", "万元")) == "2.5亿元"


def test_signs_and_order() -> None:
    assert -Quantity.of("1", "元") == Quantity.of("-1", "元") and abs(Quantity.of("-1", "元")) == Quantity.of("1", "元")
    assert Quantity.of("9999", "万元") < Quantity.of("1", "亿元")
    assert min([Quantity.of("2", "亿元"), Quantity.of("3", "百万元")]).unit.symbol == "百万元"


def test_a_bare_number_has_the_empty_unit() -> None:
    assert Quantity.of("3", "").unit.dimension is Dimension.RATIO and str(Quantity.of("3", "")) == "3"


def test_every_unit_is_its_own_name_and_has_a_positive_factor() -> None:
    for symbol in _SYMBOLS:
        assert unit(symbol).symbol == symbol == str(unit(symbol)) and unit(symbol).factor > 0


@settings(max_examples=500, deadline=None)
@given(_VALUES, st.sampled_from(AMOUNT_UNITS), st.sampled_from(AMOUNT_UNITS))
def test_conversion_there_and_back_is_exact(value: Decimal, source: str, target: str) -> None:
    quantity = Quantity.of(value, source)
    assert quantity.to(target).to(source) == quantity
    assert quantity.to(target).same_as(quantity) and quantity.to(target).base == quantity.base


@settings(max_examples=500, deadline=None)
@given(_VALUES, _VALUES, st.sampled_from(AMOUNT_UNITS), st.sampled_from(AMOUNT_UNITS))
def test_adding_and_taking_away_are_inverse_across_units(one: Decimal, other: Decimal, own: str, foreign: str) -> None:
    left, right = Quantity.of(one, own), Quantity.of(other, foreign)
    assert (left + right - right).same_as(left) and (left - right).same_as(-(right - left))
    assert (left + right).same_as(right + left) and (left + right).unit == left.unit
    assert (left < right) == (left.base < right.base)


@settings(max_examples=500, deadline=None)
@given(_VALUES, st.sampled_from(_SYMBOLS), st.sampled_from(_SYMBOLS))
def test_units_convert_exactly_where_dimension_and_noun_agree(value: Decimal, source: str, target: str) -> None:
    one, other = unit(source), unit(target)
    quantity = Quantity(value, one)
    if (one.dimension, one.noun) == (other.dimension, other.noun):
        assert quantity.to(other).same_as(quantity)
    else:
        with pytest.raises(UnitError):
            quantity.to(other)


@settings(max_examples=500, deadline=None)
@given(_VALUES, _VALUES)
def test_a_change_of_ratios_is_never_a_ratio(one: Decimal, other: Decimal) -> None:
    change = Quantity.of(one, "%") - Quantity.of(other, "%")
    assert change.unit.dimension is Dimension.POINTS and change.value == one - other


@settings(max_examples=300, deadline=None)
@given(_VALUES)
def test_printing_with_commas_or_brackets_is_read_back(value: Decimal) -> None:
    assert parse_decimal(f"{value:,}") == value
    assert parse_decimal(f"({abs(value):,})") == -abs(value)
