"""tools.calculator: changes keep their type (% or 个百分点), name their formula and inputs, and are exact."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import FormulaError, UnitError
from data.figures import FigureKind, Gaap, Scope
from data.indicators import Direction
from tests.figure_factory import figure
from tools.calculator import average, cagr, difference, growth, operation_between, rank, ratio, share, total, versus
from tools.factsheet import FactSheet

NOW = figure("146602", id="f1", period="2023")
BASE = figure("138012", id="f2", period="2022")
NPL_NOW = figure("0.95", "%", id="f3", indicator="不良贷款率", indicator_id="npl_ratio", point=True)
NPL_BASE = figure("0.96", "%", id="f4", indicator="不良贷款率", indicator_id="npl_ratio", period="2022", point=True)


def test_growth_is_a_change_in_percent_that_keeps_its_indicator() -> None:
    result = growth(NOW, BASE)
    assert result.kind is FigureKind.CHANGE
    assert (result.indicator, result.indicator_id, result.operation) == ("净利润同比增速", "net_profit", "yoy")
    assert result.formula == "同比增速 = (本期 − 上年同期) ÷ |上年同期| × 100%"
    assert result.inputs == ["f1", "f2"] and result.id == "" and result.evidence == []
    assert (str(result.period), str(result.base_period)) == ("2023", "2022")
    assert result.quantity.unit.symbol == "%"
    assert f"{result.quantity.value:.4f}" == "6.2241"


@pytest.mark.parametrize(
    ("operation", "name"), [("yoy", "净利润同比增速"), ("qoq", "净利润环比增速"), ("ytd", "净利润较上年末增速"), ("between", "净利润增速"), ("versus", "净利润相对差距")]
)
def test_growth_is_named_after_the_comparison_asked_for(operation: str, name: str) -> None:
    result = growth(NOW, BASE, operation)
    assert (result.indicator, result.operation) == (name, operation)


@pytest.mark.parametrize("base", ["0", "-5", "-0.001"])
def test_growth_from_zero_or_below_is_refused_and_the_amount_still_given(base: str) -> None:
    with pytest.raises(FormulaError, match="上期为零或负，增速无意义"):
        growth(NOW, figure(base, id="f2", period="2022"))
    assert difference(NOW, figure(base, id="f2", period="2022")).quantity.value == Decimal(146602) - Decimal(base)


def test_growth_of_a_ratio_is_refused_because_it_changes_in_points() -> None:
    with pytest.raises(FormulaError, match="百分点"):
        growth(NPL_NOW, NPL_BASE)


def test_a_ratio_differs_in_points_and_an_amount_in_its_unit() -> None:
    points = difference(NPL_NOW, NPL_BASE)
    assert (points.quantity.value, points.quantity.unit.symbol) == (Decimal("-0.01"), "个百分点")
    assert (points.indicator, points.indicator_id, points.kind, points.operation) == ("不良贷款率变动", "npl_ratio", FigureKind.CHANGE, "yoy")
    amount = difference(NOW, BASE)
    assert (amount.quantity.value, amount.quantity.unit.symbol) == (Decimal(8590), "百万元")
    times = difference(figure("1.20", "倍"), figure("1.15", "倍", id="f2", period="2022"))
    assert (times.quantity.value, times.quantity.unit.symbol) == (Decimal("0.05"), "倍")


def test_units_are_reconciled_before_anything_is_compared() -> None:
    billions = figure("1380.12", "亿元", id="f2", period="2022")
    assert growth(NOW, billions).quantity.value == growth(NOW, BASE).quantity.value
    assert difference(NOW, billions).quantity.value == Decimal(8590)
    assert difference(NPL_NOW, figure("9.6", "‰", id="f4", period="2022")).quantity.value == Decimal("-0.01")
    for operate in (growth, difference, share):
        with pytest.raises(UnitError):
            operate(NOW, NPL_BASE)


def test_an_input_without_id_cannot_be_traced_and_is_refused() -> None:
    with pytest.raises(FormulaError, match="编号"):
        growth(NOW, figure("1", id="", period="2022"))


def test_mixed_scopes_standards_entities_and_restatements_are_said() -> None:
    other = figure("138012", id="f2", period="2022", scope=Scope.BANK, gaap=Gaap.IFRS, restated=True, audited=False)
    note = growth(NOW, other).note
    assert "口径不一致（集团与本行）" in note and "会计准则不一致（中国准则与IFRS）" in note and "2022年为重述数" in note and "未经审计" in note
    assert growth(NOW, BASE).note == ""
    foreign = figure("1", id="f2", period="2022", entity="平安银行")
    assert "不同主体" in growth(NOW, foreign, "yoy").note and "不同主体" not in growth(NOW, foreign).note
    assert "不同指标" in difference(NOW, figure("1", id="f2", period="2022", indicator="营业收入", indicator_id="operating_income")).note


def test_versus_names_the_counterpart() -> None:
    peer = figure("1.06", "%", id="f9", indicator="不良贷款率", indicator_id="npl_ratio", entity="平安银行", point=True)
    result = versus(NPL_NOW, peer)
    assert (result.operation, result.counterpart, result.indicator) == ("versus", "平安银行", "不良贷款率差距")
    assert result.quantity.value == Decimal("-0.11") and result.formula == "差距 = 招商银行 − 平安银行"


@pytest.mark.parametrize(
    ("now", "base", "point", "expected"),
    [
        ("2023", "2022", False, "yoy"), ("2023H1", "2022H1", True, "yoy"), ("2023H1", "2022", True, "ytd"), ("2023Q2", "2023Q1", False, "qoq"),
        ("2023Q1", "2022Q4", False, "qoq"), ("2023H1", "2023Q1", True, "qoq"), ("2023Q1-3", "2023H1", False, "between"), ("2023", "2020", False, "between"),
        ("2023Q1", "2022", True, "ytd"),
    ],
)
def test_the_comparison_is_read_off_the_periods(now: str, base: str, point: bool, expected: str) -> None:
    assert operation_between(figure("1", period=now, point=point), figure("1", period=base, point=point)) == expected


def test_an_unknown_comparison_is_refused() -> None:
    with pytest.raises(FormulaError, match="yoy"):
        growth(NOW, BASE, "monthly")


def test_cagr() -> None:
    result = cagr(figure("100", id="f1", period="2017"), figure("144", id="f2", period="2019"))
    assert result.quantity.value == Decimal(20) and result.quantity.unit.symbol == "%"
    assert (result.indicator, result.indicator_id, result.operation) == ("净利润复合增速(2017-2019年)", "", "cagr")
    assert (str(result.period), str(result.base_period), result.inputs) == ("2019", "2017", ["f2", "f1"])


@pytest.mark.parametrize(
    ("first", "last"),
    [(("1", "2019"), ("2", "2019")), (("1", "2020"), ("2", "2019")), (("1", "2017H1"), ("2", "2019")), (("0", "2017"), ("2", "2019")), (("1", "2017"), ("-2", "2019"))],
)
def test_cagr_needs_positive_ends_whole_years_apart(first: tuple[str, str], last: tuple[str, str]) -> None:
    with pytest.raises(FormulaError):
        cagr(figure(first[0], period=first[1]), figure(last[0], period=last[1], id="f2"))


def test_cagr_of_a_ratio_is_refused() -> None:
    with pytest.raises(FormulaError, match="比率"):
        cagr(NPL_BASE, NPL_NOW)


def test_share_of_a_whole() -> None:
    part = figure("5", "万亿元", id="f1", indicator="信用风险加权资产", indicator_id="credit_rwa", point=True)
    whole = figure("62500", "亿元", id="f2", indicator="风险加权资产", indicator_id="risk_weighted_assets", point=True)
    result = share(part, whole)
    assert (result.indicator, result.indicator_id, result.kind) == ("信用风险加权资产占风险加权资产比重", "", FigureKind.COMPUTED)
    assert result.quantity.value == Decimal(80) and result.formula == "占比 = 信用风险加权资产 ÷ 风险加权资产 × 100%" and result.note == ""
    assert "部分大于整体" in share(whole, part).note
    with pytest.raises(FormulaError, match="零或负"):
        share(part, figure("0", id="f2"))
    assert "期间不一致" in share(part, figure("62500", "亿元", id="f2", period="2022")).note


def test_ratio_in_percent_or_times() -> None:
    loans, deposits = figure("90", indicator="贷款"), figure("120", id="f2", indicator="存款")
    assert ratio(loans, deposits).quantity.value == Decimal(75)
    assert str(ratio(loans, deposits, "倍").quantity) == "0.75倍"
    with pytest.raises(FormulaError, match="分母"):
        ratio(loans, figure("0", id="f2"))


def test_average_balance() -> None:
    result = average([figure("100", id="f2", indicator="总资产", period="2022", point=True), figure("110", id="f1", indicator="总资产", period="2023", point=True)])
    assert result.quantity.value == Decimal(105) and result.indicator == "平均总资产" and result.inputs == ["f1", "f2"]
    assert str(result.period) == "2023" and result.formula == "平均余额 = (期初 + 期末) ÷ 2"
    banks = average([figure("1", "%", entity="甲"), figure("2", "%", id="f2", entity="乙"), figure("6", "%", id="f3", entity="丙")])
    assert banks.quantity.value == Decimal(3) and banks.indicator == "净利润平均值" and "不同主体" not in banks.note
    with pytest.raises(FormulaError):
        average([])


def test_total_adds_amounts_only() -> None:
    quarters = [figure("1", id="f1", period="2023Q1"), figure("0.02", "亿元", id="f2", period="2023Q2")]
    result = total(quarters)
    assert result.quantity.value == Decimal("0.03") and result.formula == "合计 = 2023年一季度 + 2023年二季度"
    assert total([figure("1", indicator="甲"), figure("2", id="f2", indicator="乙")]).indicator == "甲与乙合计"
    with pytest.raises(FormulaError, match="比率"):
        total([NPL_NOW, NPL_BASE])


def test_rank_with_ties_in_the_better_direction() -> None:
    figures = [figure(value, "%", id=f"f{index}", entity=name) for index, (name, value) in enumerate([("甲", "1.00"), ("乙", "0.9"), ("丙", "0.90"), ("丁", "1.2")], start=1)]
    lower = rank(figures, Direction.LOWER)
    assert [(place.position, place.figure.entity) for place in lower] == [(1, "乙"), (1, "丙"), (3, "甲"), (4, "丁")]
    assert [place.figure.entity for place in rank(figures, "higher")] == ["丁", "甲", "乙", "丙"]
    assert rank([], "higher") == []
    mixed = rank([figure("1", "亿元", entity="甲"), figure("200", "百万元", entity="乙")])
    assert [place.figure.entity for place in mixed] == ["乙", "甲"]
    with pytest.raises(UnitError):
        rank([NOW, NPL_NOW])


def test_results_go_onto_a_fact_sheet_and_lead_back_to_their_inputs() -> None:
    sheet = FactSheet()
    now, base = sheet.extend([figure("100", id=""), figure("80", id="", period="2022")])
    result = sheet.add(growth(now, base))
    assert sheet.show(result) == "增长25.00%"
    assert [leaf.id for leaf in sheet.leaves(result)] == [now.id, base.id]


_AMOUNTS = st.decimals(min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=4)


@settings(max_examples=300, deadline=None)
@given(_AMOUNTS, _AMOUNTS)
def test_differences_are_exact_and_antisymmetric(one: Decimal, other: Decimal) -> None:
    now, base = figure(str(one)), figure(str(other), id="f2", period="2022")
    there, back = difference(now, base).quantity.value, difference(base, now).quantity.value
    assert there == one - other == -back


@settings(max_examples=300, deadline=None)
@given(st.decimals(min_value=Decimal("0.01"), max_value=Decimal("1e9"), places=2), st.decimals(min_value=Decimal("-1e9"), max_value=Decimal("1e9"), places=2))
def test_growth_leads_back_from_the_base_to_the_present(base: Decimal, now: Decimal) -> None:
    rate = growth(figure(str(now)), figure(str(base), id="f2", period="2022")).quantity.value
    assert abs(base * (1 + rate / 100) - now) <= Decimal("1e-12")
    assert (rate > 0) == (now > base)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.decimals(min_value=0, max_value=Decimal("1e6"), places=2), min_size=1, max_size=8))
def test_shares_of_all_parts_make_a_hundred(values: list[Decimal]) -> None:
    parts = [figure(str(value), id=f"f{index}", period="2023") for index, value in enumerate(values)]
    whole = total(parts).numbered("f99")
    if whole.quantity.value > 0:
        assert abs(sum((share(part, whole).quantity.value for part in parts), Decimal(-100))) < Decimal("1e-20")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(min_value=-5, max_value=5), max_size=8))
def test_ranks_count_those_who_are_strictly_better(values: list[int]) -> None:
    placed = rank([figure(value, id=f"f{index}") for index, value in enumerate(values)], Direction.HIGHER)
    for place in placed:
        assert place.position == 1 + sum(1 for value in values if value > place.figure.quantity.value)
