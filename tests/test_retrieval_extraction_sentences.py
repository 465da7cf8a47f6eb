"""Sentences to figures: levels, lists, shares, two periods, other companies; changes never as levels."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from data.figures import Figure
from data.periods import Period
from retrieval.extraction.clauses import read_statements, split_list
from retrieval.extraction.labels import squeeze
from tests.extraction_documents import extract, report, table, told

GROUP = "集团"


def statements(sentence: str) -> list[tuple[str, str, str, str | None]]:
    return [(s.subject, s.measure, str(s.quantity), str(s.period) if s.period else None) for s in read_statements(squeeze(sentence), Period(2023))]


def read(*text: str, section: tuple[str, ...] = ()) -> list[Figure]:
    return extract(report(text=text, section=section)).figures


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("净利润610.36亿元，同比增长16.52%", [("净利润", "", "610.36亿元", None), ("净利润", "同比增速", "16.52%", None)]),
        ("截至报告期末，本行托管规模 3.98万亿元。", [("托管规模", "", "3.98万亿元", "2023")]),
        ("本行共有网点39,638个，其中直营网点7,918个，占比19.98%", [("网点", "", "39638个", None), ("直营网点", "", "7918个", None), ("直营网点", "占比", "19.98%", None)]),
        ("科技投入从上年的71.97亿元，提升至本年的81.80亿元", [("科技投入", "", "71.97亿元", "2022"), ("科技投入", "", "81.80亿元", "2023")]),
        ("于2023年12月31日，重组贷款余额为人民币4.91亿元(2022年12月31日：人民币10.63亿元)。", [("重组贷款余额", "", "4.91亿元", "2023"), ("重组贷款余额", "", "10.63亿元", "2022")]),
        ("净利息收益率和净利差分别为2.50%和2.45%，较上年分别下降17个基点和19个基点",
         [("净利息收益率", "", "2.50%", None), ("净利差", "", "2.45%", None), ("净利息收益率", "较上年变动", "-17BP", None), ("净利差", "较上年变动", "-19BP", None)]),
        ("不良贷款率较上年末下降0.05个百分点至0.91%", [("不良贷款率", "较上年末变动", "-0.05个百分点", None), ("不良贷款率", "", "0.91%", None)]),
        ("公司贷款不良贷款余额155亿元，不良贷款率0.89%", [("公司贷款不良贷款余额", "", "155亿元", None), ("公司贷款不良贷款率", "", "0.89%", None)]),
        ("2022年末，核心一级资本充足率、一级资本充足率及资本充足率分别为9.90%、10.87%及13.52%",
         [("核心一级资本充足率", "", "9.90%", "2022"), ("一级资本充足率", "", "10.87%", "2022"), ("资本充足率", "", "13.52%", "2022")]),
        ("涉农贷款余额1.26万亿。", [("涉农贷款余额", "", "1.26万亿元", None)]), ("客户突破6亿，", []),
        ("流动性覆盖率不得低于100%", []), ("计划发行不超过800亿元", []), ("成立于2015年", []),
    ],
)  # fmt: skip
def test_statements(sentence: str, expected: list[tuple[str, str, str, str | None]]) -> None:
    assert statements(sentence) == expected


def test_known_indicators_and_rows_of_their_own() -> None:
    figures = read("截至报告期末，本行手机银行客户数达到2.60亿户，助老驿站客户数1.2万户。")
    assert told(figures, "mobile_bank_customers") == {("2023", GROUP): "2.60亿户"}
    rows = [figure for figure in figures if figure.indicator_id.startswith("row:")]
    assert [(figure.indicator, str(figure.quantity)) for figure in rows] == [("助老驿站客户数", "1.2万户")]
    assert figures[0].evidence[0].quote == "截至报告期末,本行手机银行客户数达到2.60亿户,助老驿站客户数1.2万户。"
    assert (figures[0].evidence[0].page, figures[0].evidence[0].printed_page, figures[0].rank) == (2, "1", 3)


def test_growth_is_never_a_level() -> None:
    figures = read("本集团净利润同比增长16.52%，资产总额增加86.52亿元，不良贷款率下降0.05个百分点。")
    assert figures and all(figure.indicator_id.startswith("row:") for figure in figures)
    assert any(str(figure.quantity.value) == "-0.05" for figure in figures)


@pytest.mark.parametrize(
    "sentence",
    [
        "2023年末，蓝湖消费金融有限公司总资产306.54亿元，净资产34.34亿元，净利润3.49亿元。", "如果利率上升100个基点，利息净收入将减少12亿元。", "广东分行不良贷款率1.10%。",
    ],
)  # fmt: skip
def test_others_figures_are_rows(sentence: str) -> None:
    assert all(figure.indicator_id.startswith("row:") for figure in read(sentence))


def test_averages_of_the_industry_have_their_own_scope() -> None:
    figures = read("本行不良贷款率0.95%，同期商业银行行业平均不良贷款率为1.59%。")
    assert told(figures, "npl_ratio") == {("2023", GROUP): "0.95%", ("2023", "行业"): "1.59%"}
    assert [figure.entity_id for figure in figures] == ["cmb", "industry"]


def test_a_general_rate_belongs_to_the_loans_just_spoken_of() -> None:
    figures = read("普惠型小微企业贷款余额1,093.87亿元；当年新发放贷款平均利率4.41%；不良贷款率1.34%。")
    assert told(figures, "inclusive_npl_ratio") == {("2023", GROUP): "1.34%"}
    assert told(figures, "npl_ratio") == told(figures, "new_loan_rate") == {}


def test_proposed_dividends() -> None:
    figures = read("经董事会审议，2023年度利润分配方案为：向全体普通股股东每10股派发现金股利人民币2.40元（含税），合计人民币26.03亿元。")
    assert told(figures, "dividend_per_ten_shares") == {("2023", GROUP): "2.40元"}
    assert told(figures, "dividend_total") == {("2023", GROUP): "26.03亿元"}


def test_group_and_bank_in_one_sentence() -> None:
    figures = read("本集团设有营业网点436个，其中本行网点425个。")
    assert told(figures, "outlets") == {("2023", GROUP): "436个", ("2023", "本行"): "425个"}


def test_another_company_s_row_bears_its_name() -> None:
    figures = read("蓝湖消费金融有限公司总资产306.54亿元，全年实现净利润3.49亿元。")
    assert [figure.indicator for figure in figures] == ["蓝湖消费金融有限公司：总资产", "蓝湖消费金融有限公司：净利润"]


def test_sections_about_others_are_closed() -> None:
    assert all(figure.indicator_id.startswith("row:") for figure in read("净利润3.49亿元。", section=("控股子公司",)))
    assert told(read("净利润3.49亿元。", section=("利润表分析",)), "net_profit") == {("2023", GROUP): "3.49亿元"}


def test_a_sentence_that_disagrees_with_the_tables_is_a_row() -> None:
    figures = extract(report(table("主要会计数据", ("2023年",), [("净利润", "61,036")]), text=["净利润610.36亿元。", "个贷业务实现净利润250亿元。"])).figures
    assert [str(figure.quantity) for figure in figures if figure.indicator_id == "net_profit"] == ["61036百万元", "610.36亿元"]


def test_lists_split_only_where_the_count_tells_how() -> None:
    assert split_list("手续费及佣金净收入和利息净收入", 2) == ["手续费及佣金净收入", "利息净收入"]
    assert split_list("公司贷款、个人贷款及票据贴现", 3) == ["公司贷款", "个人贷款", "票据贴现"]
    assert split_list("公司贷款", 2) == []


@dataclass(frozen=True)
class _Fact:
    bank: str | None
    period: str | None
    indicator: str | None
    value: Decimal | None
    unit: str
    start: int = 0
    end: int = 0


def test_an_injected_reader_adds_what_the_clauses_did_not_tell() -> None:
    def reader(text: str) -> list[_Fact]:
        return [_Fact("本行", "2022年", "成本收入比", Decimal("33.1"), "%"), _Fact("工商银行", None, "净利润", Decimal(1), "亿元"), _Fact(None, None, None, Decimal(2), "%")]

    figures = extract(report(text=["（33.1%）为2022年数，仅供参考。"]), reader).figures
    assert told(figures, "cost_income_ratio") == {("2022", GROUP): "33.1%"}
    assert told(figures, "net_profit") == {}
