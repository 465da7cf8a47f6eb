"""Calculator marks settled by the host: exact values, units by algebra, named figures, and refusals of nonsense."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import UnknownReferenceError
from data.figures import Figure, FigureKind
from data.periods import Period
from data.units import Quantity
from tools.factsheet import FactSheet
from tools.local_model.settle import computed, settle
from tools.references import fill


def sheet_of(*rows: tuple[str, str, str, str]) -> FactSheet:
    """(indicator id, period, value, unit) each; the name is the id's."""
    names = {"net_profit": "净利润", "npl_balance": "不良贷款余额", "total_loans": "贷款总额", "npl_ratio": "不良贷款率", "staff": "员工人数", "x": "某指标"}
    sheet = FactSheet()
    for key, period, value, symbol in rows:
        sheet.add(Figure("某银行", "", names[key], "" if key == "x" else key, Period.parse(period), Quantity.of(value, symbol)))
    return sheet


PROFITS = sheet_of(("net_profit", "2023", "100", "亿元"), ("net_profit", "2022", "80", "亿元"))
LOANS = sheet_of(("npl_balance", "2023", "50", "亿元"), ("total_loans", "2023", "500000", "百万元"))


def test_a_growth_rate_is_the_calculator_s_own_figure() -> None:
    draft, sheet = settle("{f1.name}同比增长率 = [Calculator((f1-f2)/f2*100)→{f3}]。{f1.period}{f1.name}同比{f3}。", PROFITS)
    assert fill(draft, sheet, {}).text == "净利润同比增长率 = 增长25.00%。2023年净利润同比增长25.00%。"
    assert sheet.get("f3").kind is FigureKind.CHANGE and sheet.answers == ["f3"]


def test_a_ratio_over_mixed_units_is_the_registry_s() -> None:
    figure = computed("f1/f2*100", LOANS)
    assert (figure.indicator, figure.quantity) == ("不良贷款率", Quantity.of("1", "%")) and "÷" in str(figure.formula)


def test_a_result_may_be_used_in_a_later_mark_whatever_id_the_model_gave_it() -> None:
    draft, sheet = settle("[Calculator(f1-f2)→{f8}]，[Calculator(f8/f2*100)→{f9}]即{f9}", PROFITS)
    assert draft == "{f3}，{f4}即{f4}"
    assert sheet.get("f4").quantity == Quantity.of("25", "%")


def test_an_unknown_combination_is_named_by_the_words_before_it() -> None:
    _, sheet = settle("两年合计 = [Calculator(f1+f2)→{f3}]", PROFITS)
    assert (sheet.get("f3").indicator, sheet.get("f3").quantity, sheet.get("f3").formula) == ("两年合计", Quantity.of("180", "亿元"), "两年合计 = 净利润+净利润")


@pytest.mark.parametrize(
    "expression", ["f1+f3", "f1*f2", "f3*f1", "f1-1", "f1/", "100/5", "f1/f9", "f1/(f2-f2)", "__import__(f1)"],
    ids=["money+ratio", "money*money", "percent*money", "money-number", "broken", "no figure", "unknown", "by zero", "call"],
)  # fmt: skip
def test_nonsense_is_an_error_never_a_number(expression: str) -> None:
    sheet = sheet_of(("net_profit", "2023", "100", "亿元"), ("net_profit", "2022", "80", "亿元"), ("npl_ratio", "2023", "0.95", "%"))
    with pytest.raises(UnknownReferenceError):
        settle(f"结果[Calculator({expression})→{{f5}}]", sheet)


def test_percentages_subtract_to_points_and_money_scales_by_a_percentage_over_a_hundred() -> None:
    sheet = sheet_of(("npl_ratio", "2023", "0.95", "%"), ("npl_ratio", "2022", "0.96", "%"), ("total_loans", "2023", "1000", "亿元"))
    assert computed("f1-f2", sheet).quantity == Quantity.of("-0.01", "个百分点")
    assert computed("f3*(f1/100)", sheet).quantity.same_as(Quantity.of("9.5", "亿元"))
    assert computed("(f1+f2)/2", sheet).quantity == Quantity.of("0.955", "%")


def test_compound_growth_counts_the_years_itself() -> None:
    sheet = sheet_of(("net_profit", "2023", "121", "亿元"), ("net_profit", "2021", "100", "亿元"))
    assert computed("((f1/f2)**(1/7)-1)*100", sheet).quantity == Quantity.of("10", "%")


def test_money_per_head_stays_money_and_per_share_becomes_it() -> None:
    sheet = sheet_of(("net_profit", "2023", "100", "亿元"), ("staff", "2023", "50000", "人"))
    assert computed("f1/f2", sheet).quantity.same_as(Quantity.of("200000", "元"))


def test_what_the_sheet_holds_already_is_left_to_the_filler() -> None:
    draft, sheet = settle("{f1}比{f2}", PROFITS)
    assert draft == "{f1}比{f2}" and len(sheet) == 2


@given(st.decimals("0.01", "1e9", places=2), st.decimals("0.01", "1e9", places=2))
def test_growth_is_exact(now: Decimal, before: Decimal) -> None:
    sheet = sheet_of(("net_profit", "2023", str(now), "亿元"), ("net_profit", "2022", str(before), "亿元"))
    value = computed("(f1-f2)/f2*100", sheet).quantity.value
    assert abs(value * before - (now - before) * 100) <= Decimal("1e-20") * before
