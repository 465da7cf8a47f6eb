"""Tables to figures: periods, scopes, units, indicators; and what must not become a figure of the bank."""

from __future__ import annotations

import pytest

from data.figures import Scope
from retrieval.documents import Table
from tests.extraction_documents import Line, extract, report, table, told

DATES = ("2023年12月31日", "2022年12月31日")
GROUP = Scope.GROUP.value


def ids(*tables: Table) -> dict[str, str]:
    """Row and column of each figure → its indicator id, "row" for one of its own."""
    figures = extract(report(*tables)).figures
    return {f"{f.evidence[0].row}|{f.evidence[0].column}": "row" if f.indicator_id.startswith("row:") else f.indicator_id for f in figures}


def test_key_figures_with_evidence() -> None:
    figures = extract(report(table("主要会计数据", ("2023年", "2022年"), [("营业收入(1)", "10,500", "9,800"), ("不良贷款率（%）", "0.95", "0.96")]))).figures
    assert told(figures, "operating_income") == {("2023", GROUP): "10500百万元", ("2022", GROUP): "9800百万元"}
    assert told(figures, "npl_ratio") == {("2023", GROUP): "0.95%", ("2022", GROUP): "0.96%"}
    place = figures[0].evidence[0]
    assert (place.document, place.page, place.printed_page, place.table, place.row, place.column, place.quote, place.source_class, place.box) == (
        "招商银行股份有限公司2023年年度报告", 3, "2", "主要会计数据", "营业收入(1)", "2023年", "10,500", "document", (1.0, 2.0, 3.0, 4.0),
    )  # fmt: skip
    assert (figures[0].entity_id, figures[0].rank, figures[0].collection, place.source) == ("cmb", 0, "c", "k" * 64)


def test_scopes_note_columns_and_negative_costs() -> None:
    headers = ("附注", ("2023年度", "合并"), ("2022年度", "合并"), ("2023年度", "银行"), ("2022年度", "银行"))
    lines = [("利息支出", "八、33", "(148)", "(126)", "(147)", "(125)"), ("业务及管理费", "八、39", "(50)", "(49)", "(48)", "(47)"), ("五、净利润", "", "61", "52", "60", "51")]
    figures = extract(report(table("2023年度合并及银行利润表", headers, lines, unit="人民币百万元", notes=frozenset((0,))))).figures
    assert told(figures, "net_profit") == {
        ("2023", GROUP): "61百万元", ("2022", GROUP): "52百万元", ("2023", "本行"): "60百万元", ("2022", "本行"): "51百万元",
    }  # fmt: skip
    assert told(figures, "interest_expense")["2023", "本行"] == "147百万元"
    assert all("八" not in figure.evidence[0].quote for figure in figures)


def test_changes_and_shares_are_not_the_indicator() -> None:
    found = ids(table("利润表主要项目变动", ("2023年", "2022年", "增减额", "变动(%)"), [("净利润", "61", "52", "9", "17.3")]))
    assert found == {"净利润|2023年": "net_profit", "净利润|2022年": "net_profit", "净利润|增减额": "row", "净利润|变动(%)": "row"}


def test_the_same_row_words_mean_the_topic_of_their_table() -> None:
    regions = [("西部地区", "851", "766")]
    assert ids(table("按地区划分的客户贷款分布情况", DATES, regions))["西部地区|2023年12月31日"] == "western_loans"
    assert ids(table("按地区划分的不良贷款分布情况", DATES, regions))["西部地区|2023年12月31日"] == "western_npl"
    assert ids(table("按地区划分的营业收入", ("2023年", "2022年"), regions))["西部地区|2023年"] == "row"
    classes = [("正常", "4,898", "4,213"), ("损失", "21", "22"), ("不良贷款", "42", "37")]
    assert ids(table("贷款五级分类分布情况", DATES, classes)) == {
        "正常|2023年12月31日": "normal_loans", "正常|2022年12月31日": "normal_loans", "损失|2023年12月31日": "loss_loans", "损失|2022年12月31日": "loss_loans",
        "不良贷款|2023年12月31日": "npl_balance", "不良贷款|2022年12月31日": "npl_balance",
    }  # fmt: skip


def test_parents_tell_whose_deposits() -> None:
    lines: list[Line] = [(("公司存款", "定期"), "357", "386"), (("公司存款", "活期"), "771", "770"), (("个人存款", "定期"), "5,481", "4,852"), ("合计", "9,314", "8,627")]
    found = ids(table("按产品类型和客户类型划分的客户存款分布情况", DATES, lines))
    assert [found[f"{row}|2023年12月31日"] for row in ("公司存款 > 定期", "公司存款 > 活期", "个人存款 > 定期", "合计")] == [
        "corporate_time_deposits", "corporate_demand_deposits", "personal_time_deposits", "total_deposits",
    ]  # fmt: skip


def test_average_balances_are_not_balances() -> None:
    headers = (("2023年", "平均余额"), ("2023年", "利息收入/支出"), ("2023年", "平均收益率/付息率（%）"))
    lines = [("客户贷款总额", "4,655", "224", "4.83"), ("总生息资产", "9,604", "388", "4.04"), ("客户存款", "9,001", "139", "1.55"), ("净利差", "-", "-", "2.45")]
    found = ids(table("生息资产平均收益率与付息负债平均付息率", headers, lines))
    assert [found[f"客户贷款总额|{' '.join(header)}"] for header in headers] == ["loans_average", "interest_income_loans", "loan_yield"]
    assert found["总生息资产|2023年 利息收入/支出"] == "interest_income"
    assert found["客户存款|2023年 平均收益率/付息率（%）"] == "deposit_cost"
    assert found["净利差|2023年 平均收益率/付息率（%）"] == "net_interest_spread"


def test_time_and_demand_rates_keep_their_depositor() -> None:
    found = ids(table("客户存款平均成本", (("2023年", "平均付息率（%）"),), [(("公司存款", "定期"), "2.27"), (("个人存款", "定期"), "2.23")]))
    assert set(found.values()) == {"corporate_time_deposit_cost", "personal_time_deposit_cost"}


@pytest.mark.parametrize(
    ("title", "section"),
    [
        ("经营分部", ("十 分部报告",)), ("与邮政集团的关联交易余额", ()), ("主要子公司情况", ()), ("某村镇银行主要财务数据", ("控股子公司",)), ("2023年合并股东权益变动表", ()),
        ("将净利润调节为经营活动现金流量", ()), ("行业平均指标", ()), ("2024年经营计划", ()),
    ],
)  # fmt: skip
def test_parts_and_others_never_give_the_bank_s_totals(title: str, section: tuple[str, ...]) -> None:
    found = ids(table(title, ("2023年",), [("净利润", "61"), ("营业收入", "270"), ("吸收存款", "300")], section=section))
    assert set(found.values()) == {"row"}


def test_maturity_and_stage_columns_are_rows_of_their_own() -> None:
    found = ids(table("流动性分析 2023年12月31日", ("已逾期", "1个月内", "合计"), [("吸收存款", "5", "100", "900")]))
    assert found["吸收存款|1个月内"] == "row" and found["吸收存款|已逾期"] == "row"
    stages = ids(table("发放贷款和垫款按评估方式列示", (("2023年12月31日", "阶段一"), ("2023年12月31日", "阶段三")), [
        ("以摊余成本计量的发放贷款和垫款总额", "4,405", "43"), ("以摊余成本计量的发放贷款和垫款减值准备", "(114)", "(38)")]))  # fmt: skip
    assert list(stages.values()) == ["stage1_loans", "stage3_loans", "stage1_allowance", "stage3_allowance"]


def test_balances_are_not_read_from_flow_columns() -> None:
    lines = [(("利息收入", "存放中央银行款项"), "17", "19"), (("利息收入", "发放贷款和垫款"), "224", "197"), (("利息支出", "吸收存款"), "(139)", "(117)")]
    found = ids(table("利息净收入", ("2023年度", "2022年度"), lines))
    assert [found[f"{row}|2023年度"] for row in ("利息收入 > 存放中央银行款项", "利息收入 > 发放贷款和垫款", "利息支出 > 吸收存款")] == [
        "interest_income_central_bank", "interest_income_loans", "interest_expense_deposits",
    ]  # fmt: skip
    assert set(ids(table("现金流量", ("2023年度",), [("拆出资金", "12")])).values()) == {"row"}


def test_periods_of_rows_quarters_and_captions() -> None:
    gaps = table("利率风险缺口", ("1个月以内", "1至3个月"), [("2023年12月31日", "280", "(273)"), ("2022年12月31日", "167", "(351)")])
    assert told(extract(report(gaps)).figures, "repricing_gap_1m") == {("2023", GROUP): "280百万元", ("2022", GROUP): "167百万元"}
    quarters = table("分季度财务数据", ("第一季度", "第四季度"), [("营业收入", "68", "66")])
    assert told(extract(report(quarters)).figures, "operating_income") == {("2023Q1", GROUP): "68百万元", ("2023Q4", GROUP): "66百万元"}
    caption = table("2022年12月31日合并资产负债表", ("金额",), [("资产总计", "951")])
    assert told(extract(report(caption)).figures, "total_assets") == {("2022", GROUP): "951百万元"}


def test_a_table_without_a_period_is_read_with_a_note_and_a_worse_rank() -> None:
    figures = extract(report(table("贷款集中度", ("余额",), [("借款人A", "182")]))).figures
    assert [(str(figure.period), figure.rank, bool(figure.note)) for figure in figures] == [("2023", 3, True)]


def test_restated_columns_are_marked_and_the_earlier_ones_are_rows() -> None:
    figures = extract(report(table("主要会计数据", ("2023年", ("2022年", "经重述"), ("2022年", "重述前")), [("营业收入", "10", "9", "8")]))).figures
    assert [(figure.indicator_id, figure.restated) for figure in figures][:2] == [("operating_income", False), ("operating_income", True)]
    assert figures[2].indicator_id.startswith("row:") and "重述前" in figures[2].indicator


def test_nothing_is_dropped_silently() -> None:
    extraction = extract(report(table("主要会计数据", ("2023年", "2022年"), [("营业收入", "－", "不适用"), ("净利润", "见附注", "52")])))
    assert extraction.skipped == {"空值（－）": 1, "不适用": 1, "文字": 1}
    assert len(extraction.figures) == 1
    assert any("空值" in remark for remark in extraction.remarks)


def test_unknown_rows_have_readable_names_and_stable_ids() -> None:
    def one(year: str) -> object:
        return extract(report(table("按地区划分的营业收入", (f"{year}年",), [(("境内", "西部地区"), "12")]), title=f"招商银行{year}年年度报告")).figures[0]

    first, second = one("2023"), one("2022")
    assert first.indicator == "按地区划分的营业收入：境内·西部地区"  # type: ignore[attr-defined]
    assert first.indicator_id == second.indicator_id and first.indicator_id.startswith("row:")  # type: ignore[attr-defined]


def test_units_of_labels_counts_and_per_share_beat_the_caption() -> None:
    lines = [("每股净资产", "5.75"), ("员工人数", "1,744"), ("资本充足率", "13.52"), ("客户数（万户）", "68"), ("资产总额", "102")]
    figures = extract(report(table("主要财务数据", ("2023年12月31日",), lines))).figures
    assert [figure.quantity.unit.symbol for figure in figures] == ["元/股", "人", "%", "万户", "百万元"]


def test_an_implausible_value_stays_a_row() -> None:
    assert set(ids(table("主要财务指标", ("2023年",), [("不良贷款率（%）", "428")])).values()) == {"row"}


def test_a_note_that_disagrees_with_the_statement_is_a_row_of_its_own() -> None:
    statement = table("合并资产负债表", DATES, [("其他资产", "21", "18")])
    note = table("资产主要项目", DATES, [("其他资产", "133", "110")])
    figures = extract(report(statement, note)).figures
    assert told(figures, "other_assets") == {("2023", GROUP): "21百万元", ("2022", GROUP): "18百万元"}
    assert [figure.indicator_id.startswith("row:") for figure in figures] == [False, False, True, True]


def test_two_statements_that_disagree_stay_side_by_side() -> None:
    first, second = (table(title, ("2023年",), [("净利润", value)]) for title, value in (("主要会计数据", "61"), ("合并利润表", "62")))
    figures = extract(report(first, second)).figures
    assert [(figure.indicator_id, str(figure.quantity.value)) for figure in figures] == [("net_profit", "61"), ("net_profit", "62")]


def test_sensitivity_is_a_named_change() -> None:
    figures = extract(report(table("利率敏感性分析", (("2023年12月31日", "利息净收入变动"),), [("上升100个基点", "(1,262)"), ("下降100个基点", "1,262")]))).figures
    assert told(figures, "nii_change_up_100bp") == {("2023", GROUP): "-1262百万元"}
    assert told(figures, "nii_change_down_100bp") == {("2023", GROUP): "1262百万元"}


def test_the_principal_keeps_the_name_of_deposits() -> None:
    statement = table("合并资产负债表", DATES, [("吸收存款", "1,078", "972")])
    note = table("按产品划分的存款", DATES, [("吸收存款本金", "1,058", "953")])
    assert told(extract(report(statement, note)).figures, "total_deposits") == {("2023", GROUP): "1058百万元", ("2022", GROUP): "953百万元"}
