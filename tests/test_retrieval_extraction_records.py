"""Tables of records, merged headers, totals: what needs the whole table to be read right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from data.figures import Gaap, Scope
from retrieval.documents import Column, Table, TableLayout
from retrieval.extraction.columns import odd_columns, read_columns
from retrieval.extraction.totals import total_owners
from tests.extraction_documents import Line, extract, report, table, told

GROUP = Scope.GROUP.value
DATES = ("2023年12月31日", "2022年12月31日")


def records(headers: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> Table:
    """A sheet whose first column is data too."""
    made = table("", headers, [("", *line) for line in lines], unit="", stub="")
    return replace(made, layout=TableLayout.RECORDS)


def test_tidy_rows_say_bank_indicator_period_unit_and_scope() -> None:
    sheet = records(
        ("银行", "指标", "期间", "数值", "单位", "口径", "会计准则"),
        [
            ("招商银行", "不良贷款率", "2023", "0.95", "%", "集团", ""), ("600036.SH", "net_profit", "2022-12-31", "1,380.12", "亿元", "本行", "IFRS"),
            ("蓝湖银行", "净息差", "2023年上半年", "1.80", "%", "", ""), ("招商银行", "自创指标", "2023", "7", "家", "", ""), ("招商银行", "净利润", "待定", "7", "亿元", "", ""),
        ],
    )  # fmt: skip
    extraction = extract(report(sheet, title="指标导出"))
    figures = extraction.figures
    assert [(f.entity, f.entity_id, f.indicator_id.split(":")[0], str(f.period), f.scope.value, str(f.quantity)) for f in figures] == [
        ("招商银行", "cmb", "npl_ratio", "2023", "集团", "0.95%"), ("招商银行", "cmb", "net_profit", "2022", "本行", "1380.12亿元"),
        ("蓝湖银行", "", "net_interest_margin", "2023H1", "集团", "1.80%"), ("招商银行", "cmb", "row", "2023", "集团", "7家"),
    ]  # fmt: skip
    assert figures[1].gaap is Gaap.IFRS
    assert extraction.skipped == {"没有期间": 1}


def test_a_panel_has_its_indicators_in_the_header() -> None:
    figures = extract(report(records(("证券简称", "报告期", "不良贷款率(%)", "拨备覆盖率(%)"), [("招商银行", "2023年报", "0.95", "437.70")]), title="面板")).figures
    assert told(figures, "npl_ratio") == {("2023", GROUP): "0.95%"}
    assert told(figures, "provision_coverage") == {("2023", GROUP): "437.70%"}


def test_a_merged_header_of_two_dates_is_spread_in_order() -> None:
    columns = [Column(("2023年12月31日2022年12月31日", measure)) for measure in ("金额", "占比", "金额", "占比")]
    read = read_columns(columns, None)
    assert [str(column.sense.period) for column in read] == ["2023", "2023", "2022", "2022"]
    assert not any(column.unclear for column in read)


def test_torn_dates_are_unclear_and_give_no_figure() -> None:
    headers = [("本集团", "2022年 2023年12月31日 12月31日")] * 2
    extraction = extract(report(table("合并资产负债表", headers, [("资产总计", "951", "901")])))
    assert extraction.figures == []
    assert extraction.skipped == {"期间不明": 2}


def test_columns_that_read_alike_are_not_trusted_with_a_name() -> None:
    figures = extract(report(table("表外项目", ["2023年12月31日"] * 3, [("贷款承诺", "118", "278", "434")]))).figures
    assert all(figure.indicator_id.startswith("row:") for figure in figures)
    assert len({figure.indicator for figure in figures}) == 3


def test_the_missing_pair_of_dates_and_scopes_is_completed() -> None:
    headers = [("2023年12月31日", "本集团"), ("2022年12月31日", "本行"), ("2022年12月31日", "本集团"), ("2022年12月31日", "本行")]
    figures = extract(report(table("资本充足情况", headers, [("资本净额", "671", "660", "593", "590")]))).figures
    assert told(figures, "capital_net") == {
        ("2023", GROUP): "671百万元", ("2023", "本行"): "660百万元", ("2022", GROUP): "593百万元", ("2022", "本行"): "590百万元",
    }  # fmt: skip


def test_a_change_header_over_every_column_is_taken_off_the_dated_ones() -> None:
    headers = [("同比变动", "2023年"), ("同比变动", "2022年"), ("同比变动",)]
    figures = extract(report(table("主要财务指标", headers, [("净息差", "1.86", "2.05", "(0.19)")], unit="%"))).figures
    assert told(figures, "net_interest_margin") == {("2023", GROUP): "1.86%", ("2022", GROUP): "2.05%"}


def test_small_decimals_under_a_misread_header_are_no_amounts() -> None:
    lines: list[Line] = [(region, amount, rate) for region, amount, rate in (("西部地区", "677", "0.62"), ("中部地区", "1,105", "1.47"), ("总行", "930", "1.86"))]
    sheet = table("按地区划分的不良贷款", (("2023年12月31日", "不良贷款余额"), ("2023年12月31日", "金额")), lines)
    assert odd_columns(sheet) == {1}
    figures = extract(report(sheet)).figures
    assert [str(figure.quantity) for figure in figures if figure.indicator_id == "western_npl"] == ["677百万元"]


def test_subtotals_belong_to_the_rows_that_add_up_to_them() -> None:
    lines: list[Line] = [
        (("公司贷款", "流动资金贷款"), "11"), (("公司贷款", "小计"), "11"), (("个人贷款", "个人消费贷款", "个人住房贷款"), "6"), (("个人贷款", "个人消费贷款", "个人小额贷款"), "14"),
        (("个人贷款", "个人消费贷款", "小计"), "20"), (("个人贷款", "合计"), "31"),
    ]  # fmt: skip
    sheet = table("按产品类型划分的不良贷款分布情况", (("2023年12月31日", "不良贷款余额"),), lines)
    assert total_owners(sheet)[4] == ("个人贷款",)
    assert total_owners(sheet)[5] == ()
    figures = extract(report(sheet)).figures
    assert told(figures, "personal_npl") == {("2023", GROUP): "20百万元"}
    assert told(figures, "npl_balance") == {("2023", GROUP): "31百万元"}


def test_a_lone_subtotal_names_nothing() -> None:
    figures = extract(report(table("员工情况", ("2023年12月31日", ), [("本行", "5"), ("附属机构", "3"), ("小计", "9")], unit="人"))).figures
    assert all(figure.indicator_id.startswith("row:") for figure in figures)


def test_rival_rows_of_a_table_leave_the_name_to_the_one_that_bears_it() -> None:
    rivals = table("按产品划分的投资", DATES[:1], [("资产管理计划", "48"), ("信托投资计划", "98")])
    assert all(figure.indicator_id.startswith("row:") for figure in extract(report(rivals)).figures)
    named = table("主要会计数据", DATES[:1], [("核心一级资本净额", "94"), ("核心一级资本", "96"), ("核心一级资本扣除项", "2")])
    assert told(extract(report(named)).figures, "cet1_capital_net") == {("2023", GROUP): "94百万元"}
    assert told(extract(report(named)).figures, "cet1_capital_gross") == {("2023", GROUP): "96百万元"}


def test_the_running_head_names_statements_units_and_segments() -> None:
    sheet = table("", ("2023年度", "2022年度"), [("净利润", "61", "52")], unit="", page=3)
    document = report(sheet)
    pages = (*document.pages[:2], replace(document.pages[2], text="某银行股份有限公司\n2023年度合并利润表\n（除特别注明外，金额单位均为人民币千元）\n净利润 61 52"))
    figures = extract(replace(document, pages=pages)).figures
    assert told(figures, "net_profit") == {("2023", GROUP): "61千元", ("2022", GROUP): "52千元"}
    segments = (*document.pages[:2], replace(document.pages[2], text="财务报表附注\n（除特别注明外，金额单位均为人民币千元）\n十 分部报告(续)"))
    assert all(figure.indicator_id.startswith("row:") for figure in extract(replace(document, pages=segments)).figures)


def test_whose_report_it_is() -> None:
    cases = {
        "招商银行股份有限公司2023年年度报告": ("招商银行", "cmb", "2023"), "云上银行股份有限公司2024年半年度报告": ("云上银行", "", "2024H1"),
        "某某农村商业银行股份有限公司 二〇二三年第三季度报告": ("某某农村商业银行", "", "2023Q1-3"),
    }  # fmt: skip
    for title, expected in cases.items():
        subject = extract(report(title=title)).subject
        assert (subject.entity, subject.entity_id, str(subject.period)) == expected
    nobody = extract(report(title="会议记录"))
    assert (nobody.subject.entity, nobody.subject.period) == ("", None)
    assert len(nobody.remarks) == 3


def quarters(*texts: str, indicator: str = "净利润") -> list[str]:
    lines = [("招商银行", indicator, text, str(number), "亿元") for number, text in enumerate(texts, start=1)]
    figures = extract(report(records(("银行", "指标", "期间", "数值", "单位"), lines), title="导出")).figures
    return [str(figure.period) for figure in sorted(figures, key=lambda figure: figure.quantity.value)]


def test_canonical_periods_are_read_as_such_and_reports_since_january() -> None:
    assert quarters("2023Q3", "2023Q1-3", "2023年三季度", "2023年三季度(单季)") == ["2023Q3", "2023Q1-3", "2023Q3", "2023Q3"]
    assert quarters("2023年三季报", "2023-09-30", "20230930", "202309", "2023.9") == ["2023Q1-3"] * 5
    assert quarters("2023年中报", "2023年一季报", "2023年报", "2023A", "2023年第三季度报告") == ["2023H1", "2023Q1", "2023", "2023", "2023Q1-3"]


def test_a_name_that_says_single_quarter_makes_it_one() -> None:
    assert quarters("2023-09-30", "2023H1", "2023", indicator="净利润(单季)") == ["2023Q3", "2023Q2", "2023Q4"]


def test_a_sheet_of_several_banks_is_of_none() -> None:
    headers = ("银行", "指标", "期间", "数值", "单位")
    lines = [("招商银行", "不良贷款率", "2023年报", "0.95", "%"), ("工商银行", "不良贷款率", "2023年报", "1.36", "%")]
    sheet = replace(report(records(headers, lines), title="同业对比"), format="xlsx")
    pages = (replace(sheet.pages[0], text="\n".join("\t".join(line) for line in lines)), *sheet.pages[1:])
    extraction = extract(replace(sheet, pages=pages))
    assert (extraction.subject.entity, extraction.subject.period) == ("", None)
    assert [figure.entity_id for figure in extraction.figures] == ["cmb", "icbc"]
    assert extract(replace(sheet, pages=pages, title="招商银行同业对比")).subject.entity == "招商银行"
