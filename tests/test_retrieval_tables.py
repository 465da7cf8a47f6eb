"""Grids become tables: header paths, units, titles, label columns, parents, recurring headers, continued tables."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.documents import RawCell, RawTable
from retrieval.tables.build import build_table, join_continued
from retrieval.tables.units import unit_within
from tests.table_grids import Place, grid, headers, only, parents, texts


def test_two_header_rows_with_spans_give_paths() -> None:
    table = only(
        grid(
            [
                [("项目", 2, 1), ("2023年12月31日", 1, 2), ("2022年12月31日", 1, 2)],
                ["金额", "占比（%）", "金额", "占比（%）"],
                ["公司贷款", "1,200", "60.00", "1,000", "55.00"],
                ["合计", "2,000", "100.00", "1,800", "100.00"],
            ],
            before=("贷款结构", "人民币百万元，百分比除外"),
        )
    )
    assert headers(table) == [
        ("2023年12月31日", "金额"),
        ("2023年12月31日", "占比（%）"),
        ("2022年12月31日", "金额"),
        ("2022年12月31日", "占比（%）"),
    ]
    assert (table.title, table.unit, table.stub) == ("贷款结构", "人民币百万元", "项目")
    assert texts(table)["公司贷款"] == ["1,200", "60.00", "1,000", "55.00"]


def test_three_header_rows() -> None:
    table = only(
        grid(
            [
                [("项目", 3, 1), ("2023年与2022年比较", 1, 3)],
                [("增长/（减少）", 1, 2), ("合计", 2, 1)],
                ["规模", "利率"],
                ["客户贷款", "300", "(20)", "280"],
            ]
        )
    )
    assert headers(table) == [("2023年与2022年比较", "增长/（减少）", "规模"), ("2023年与2022年比较", "增长/（减少）", "利率"), ("2023年与2022年比较", "合计")]


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("2023年", "12月31日", "2023年12月31日"),
        ("2023 年 12", "月31日", "2023年12月31日"),
        ("2023 年(4) 12 月 31 日", "", "2023年12月31日"),
        ("12月31日", "2023年", "2023年12月31日"),
        ("December 31,", "2023", "December 31, 2023"),
    ],
)
def test_a_date_over_two_lines_is_one(first: str, second: str, whole: str) -> None:
    rows: list[list[str | Place]] = [["项目", first, "x"], ["", second, "y"], ["资产", "10", "20"]]
    assert headers(only(grid(rows)))[0] == (whole,)


def test_a_header_that_starts_with_a_period_is_split_and_its_neighbours_take_the_period() -> None:
    table = only(
        grid(
            [
                ["项目", "2023年平均余额", "利息收入", "平均收益率（%）", "2022年平均余额", "利息收入", "平均收益率（%）"],
                ["客户贷款", "4,655", "224", "4.83", "3,990", "197", "4.96"],
            ]
        )
    )
    assert headers(table)[0] == ("2023年", "平均余额")
    assert headers(table)[1] == ("2023年", "利息收入")
    assert headers(table)[3:] == [("2022年", "平均余额"), ("2022年", "利息收入"), ("2022年", "平均收益率（%）")]


def test_group_and_bank_columns_with_notes() -> None:
    table = only(
        grid(
            [
                ["", "附注", "2023年度", "2022年度", "2023年度", "2022年度"],
                ["", "", "合并", "合并", "银行", "银行"],
                ["利息收入", "八、33", "388", "360", "383", "357"],
                ["利息支出", "八、33", "(148)", "(126)", "(147)", "(125)"],
            ],
            before=("2023年度合并及银行利润表", "(除特别注明外，金额单位均为人民币百万元)"),
        )
    )
    assert [column.note for column in table.columns] == [True, False, False, False, False]
    assert headers(table)[1:] == [("2023年度", "合并"), ("2022年度", "合并"), ("2023年度", "银行"), ("2022年度", "银行")]
    assert table.unit == "人民币百万元"
    assert table.title == "2023年度合并及银行利润表"


def test_small_numbers_are_notes_only_under_a_header_that_says_so() -> None:
    noted = only(grid([["项目", "附注", "2023年"], ["税费", "33", "1,234"], ["其他", "(1)(a)", "55"]]))
    plain = only(grid([["项目", "户数", "2023年"], ["税费", "33", "1,234"], ["其他", "12", "55"]]))
    assert noted.columns[0].note and not plain.columns[0].note


def test_scope_and_period_over_the_labels_hold_for_all_columns() -> None:
    table = only(grid([["合并 2023年度", "第1阶段", "第2阶段"], ["贷款", "100", "20"]]))
    assert headers(table) == [("合并", "2023年度", "第1阶段"), ("合并", "2023年度", "第2阶段")]
    above = only(grid([["项目", "美元", "合计"], ["资产", "1", "2"]], before=("汇率风险", "本集团", "2023年12月31日")))
    assert headers(above)[0] == ("本集团", "2023年12月31日", "美元")
    assert above.title == "汇率风险"


def test_a_band_with_the_period_inside_splits_the_table() -> None:
    blocks = build_table(
        grid(
            [
                ["项目", "第1阶段", "第2阶段"],
                [("2023年12月31日", 1, 3)],
                ["公司贷款", "100", "20"],
                [("2022年12月31日", 1, 3)],
                ["公司贷款", "90", "10"],
            ]
        )
    )
    assert [headers(table) for table in blocks] == [
        [("2023年12月31日", "第1阶段"), ("2023年12月31日", "第2阶段")],
        [("2022年12月31日", "第1阶段"), ("2022年12月31日", "第2阶段")],
    ]
    assert [texts(table)["公司贷款"] for table in blocks] == [["100", "20"], ["90", "10"]]


def test_a_header_row_that_recurs_splits_the_table() -> None:
    blocks = build_table(
        grid(
            [
                ["项目", "2023年", "2022年"],
                ["不良贷款率（%）", "0.86", "0.88"],
                ["项目", "2023年12月31日", "2022年12月31日"],
                ["资产总额", "10,216", "9,516"],
            ]
        )
    )
    assert [headers(table)[0] for table in blocks] == [("2023年",), ("2023年12月31日",)]
    assert list(texts(blocks[1])) == ["资产总额"]


def test_columns_that_differ_by_period_are_not_split_by_a_dated_label() -> None:
    (table,) = build_table(grid([["项目", "2023年", "2022年"], ["2023年1月1日", "", ""], ["余额", "5", "6"]]))
    assert parents(table)["余额"] == ("2023年1月1日",)


def test_label_columns() -> None:
    numbered = only(grid([["序号", "项目", "2023年"], ["1", "表内资产", "10"], ["2", "表外资产", "20"], ["2a", "衍生产品", "5"]]))
    assert list(texts(numbered)) == ["表内资产", "表外资产", "衍生产品"]
    assert numbered.stub == "项目"
    grouped = only(grid([["地区", "项目", "2023年"], [("华东", 2, 1), "贷款", "10"], ["存款", "20"], ["华北", "贷款", "7"]]))
    assert [(row.parents, row.label) for row in grouped.rows] == [(("华东",), "贷款"), (("华东",), "存款"), (("华北",), "贷款")]
    worded = only(grid([["借款人", "行业", "金额"], ["甲", "制造业", "10"], ["乙", "采矿业", "20"]]))
    assert texts(worded)["甲"] == ["制造业", "10"]


def test_a_merged_value_stands_once_and_a_merged_label_in_every_row() -> None:
    table = only(grid([["项目", "2023年", "2022年"], ["甲", ("5", 2, 1), "1"], ["乙", "2"]]))
    assert texts(table) == {"甲": ["5", "1"], "乙": [None, "2"]}


def test_columns_split_by_the_grid_are_put_together() -> None:
    table = only(grid([["项目", ("2023年", 1, 2), ("2022年", 1, 2)], ["甲", "1", "", "2", ""], ["乙", "", "3", "", "4"]]))
    assert headers(table) == [("2023年",), ("2022年",)]
    assert texts(table) == {"甲": ["1", "2"], "乙": ["3", "4"]}


def test_currency_signs_in_cells_of_their_own_join_their_numbers() -> None:
    table = only(grid([["Item", ("2023", 1, 3), ("2022", 1, 3)], ["Loans", "$", "1,234", "", "$", "(56", ")"], ["Ratio", "", "7.8", "%", "", "9.0", "%"]]))
    assert texts(table) == {"Loans": ["$1,234", "$(56)"], "Ratio": ["7.8%", "9.0%"]}


def test_headings_numbering_and_totals_make_parents() -> None:
    table = only(
        grid(
            [
                ["", "2023年度"],
                ["一、营业收入", ""],
                ["利息收入", "388"],
                ["利息支出", "(148)"],
                ["小计", "240"],
                ["二、营业支出", ""],
                ["税金及附加", "(2)"],
                ["小计", "(2)"],
                ["三、营业利润", "238"],
                ["加：营业外收入", "3"],
            ]
        )
    )
    assert [(row.label, row.parents) for row in table.rows if row.label == "小计"] == [("小计", ("一、营业收入",)), ("小计", ("二、营业支出",))]
    assert parents(table)["三、营业利润"] == ()
    assert parents(table)["加：营业外收入"] == ()


def test_parts_that_add_up_stand_under_their_sum() -> None:
    table = only(
        grid(
            [
                ["项目", "2023年", "2022年"],
                ["公司存款", "1,128,965", "1,157,780"],
                ["定期", "357,931", "386,863"],
                ["活期", "771,034", "770,917"],
                ["个人存款", "8,183,314", "7,467,911"],
                ["定期", "5,481,000", "4,852,000"],
                ["活期", "2,702,314", "2,615,911"],
                ["其他存款", "1,787", "1,749"],
                ["合计", "9,314,066", "8,627,440"],
            ]
        )
    )
    assert [(row.parents, row.label) for row in table.rows[1:3]] == [(("公司存款",), "定期"), (("公司存款",), "活期")]
    assert [(row.parents, row.label) for row in table.rows[4:7]] == [(("个人存款",), "定期"), (("个人存款",), "活期"), ((), "其他存款")]


def test_gross_allowance_and_net_are_siblings() -> None:
    table = only(grid([["项目", "2023年", "2022年"], ["贷款总额", "5,000", "4,000"], ["减值准备", "200", "100"], ["贷款净额", "4,800", "3,900"]]))
    assert set(parents(table).values()) == {()}


def test_indents_make_parents() -> None:
    raw = grid(
        [["项目", "2023年"], ["金融投资", ""], ["债权投资", "10"], ["国债", "4"], ["其他资产", "5"]],
        indents={2: 10.0, 3: 20.0},
    )
    assert parents(only(raw)) == {"金融投资": (), "债权投资": ("金融投资",), "国债": ("金融投资", "债权投资"), "其他资产": ()}


def test_dashes_and_of_which_stand_under_the_row_above() -> None:
    table = only(
        grid(
            [
                ["项目", "2023年"],
                ["净利润", "61"],
                ["-归属于股东的净利润", "60"],
                ["-少数股东损益", "1"],
                ["投资收益", "13"],
                ["其中：处置收益", "2"],
                ["汇兑损益", "4"],
            ]
        )
    )
    found = parents(table)
    assert found["-少数股东损益"] == ("净利润",)
    assert found["其中：处置收益"] == ("投资收益",)
    assert found["汇兑损益"] == ()


def test_a_heading_with_a_total_of_its_name_holds_the_headings_inside() -> None:
    rows: list[list[str | Place]] = [["项目", "2023年"], ["资产", ""], ["现金", "1"], ["金融投资", ""], ["债权投资", "2"], ["资产总计", "3"], ["负债", ""], ["存款", "2"]]
    found = parents(only(grid(rows)))
    assert found["债权投资"] == ("资产", "金融投资")
    assert found["资产总计"] == ("资产",)
    assert found["存款"] == ("负债",)


def test_the_balances_of_a_movement_stand_outside_its_groups() -> None:
    moved = only(grid([["", "2023年度"], ["2023年1月1日的减值准备", "5"], ["转移：", ""], ["转移至第1阶段", "1"], ["2023年12月31日的减值准备", "6"]]))
    assert parents(moved)["2023年12月31日的减值准备"] == ()
    blocks = only(grid([["", "房屋"], ["原值", ""], ["年初余额", "5"], ["本年增加", "1"], ["年末余额", "6"], ["累计折旧", ""], ["年初余额", "1"]]))
    whole = only(grid([["个人贷款：", "2023年度"], ["年初余额", "5"], ["转移：", ""], ["转移至第1阶段", "1"], ["年末余额", "6"]]))
    assert parents(whole) == {"年初余额": ("个人贷款：",), "转移：": ("个人贷款：",), "转移至第1阶段": ("个人贷款：", "转移："), "年末余额": ("个人贷款：",)}
    assert [row.parents for row in blocks.rows if row.label in ("年初余额", "年末余额")] == [("原值",), ("原值",), ("累计折旧",)]


def test_loss_stages_stand_over_their_columns() -> None:
    cells = [RawCell("第1阶段", 0, 1), RawCell("第2阶段", 0, 2, 1, 2), RawCell("第3阶段", 0, 4), RawCell("个人贷款", 1, 0)]
    cells += [RawCell(text, 1, column) for column, text in enumerate(("12个月", "整个存续期", "整个存续期", "总计"), start=1)]
    cells += [RawCell("余额", 2, 0)] + [RawCell(str(column), 2, column) for column in range(1, 5)]
    table = only(RawTable(tuple(cells), 1, ruled=False))
    assert headers(table) == [("第1阶段", "12个月"), ("第2阶段", "整个存续期"), ("第3阶段", "整个存续期"), ("总计",)]
    assert parents(table)["余额"] == ("个人贷款",)


def test_a_grand_total_after_groups_without_subtotals_stands_alone() -> None:
    table = only(grid([["项目", "2023年"], ["公司贷款：", ""], ["短期", "1"], ["长期", "3"], ["个人贷款：", ""], ["住房", "5"], ["合计", "9"]]))
    assert parents(table)["住房"] == ("个人贷款：",)
    assert parents(table)["合计"] == ()


def test_the_total_of_a_heading_closes_it() -> None:
    table = only(grid([["项目", "2023年"], ["负债", ""], ["存款", "9"], ["负债总额", "9"], ["利息净收入", "2"]]))
    assert parents(table) == {"负债": (), "存款": ("负债",), "负债总额": ("负债",), "利息净收入": ()}


def test_a_heading_in_the_header_is_a_parent() -> None:
    table = only(grid([["核心一级资本：", "数额"], ["实收资本", "86"], ["留存收益", "309"]]))
    assert parents(table)["实收资本"] == ("核心一级资本：",)


def test_a_first_row_over_all_columns_is_the_title() -> None:
    table = only(grid([[("前十名股东持股情况", 1, 3)], ["股东名称", "数量", "比例(%)"], ["甲公司", "10", "1.00"]], section=("股东",)))
    assert table.title == "前十名股东持股情况"
    assert headers(table) == [("数量",), ("比例(%)",)]


def test_rows_of_words_are_data_under_a_full_header() -> None:
    table = only(grid([["项目", "2023年", "2022年"], ["标准普尔", "A（稳定）", "A（稳定）"], ["中诚信", "AAA", "-"]]))
    assert texts(table)["标准普尔"] == ["A（稳定）", "A（稳定）"]


def test_a_table_without_labels() -> None:
    table = only(grid([[("2023年", 1, 2), ("2022年", 1, 2)], ["股息率（%）", "派息总额", "股息率（%）", "派息总额"], ["4.5", "2,501", "4.5", "2,391"]]))
    assert headers(table)[0] == ("2023年", "股息率（%）")
    assert [cell.text if cell else None for cell in table.rows[0].cells] == ["4.5", "2,501", "4.5", "2,391"]


def test_what_is_no_table_gives_none() -> None:
    assert build_table(RawTable((), 1)) == []
    assert build_table(grid([["只有一栏"], ["文字"]])) == []
    assert build_table(grid([["", ""], ["", " "]])) == []


def test_the_unit_nearest_to_the_numbers_wins() -> None:
    assert only(grid([["项目", "2023年", "2022年"], ["", "百万元", "百万元"], ["资产", "1", "2"]], before=("人民币千元",))).unit == "百万元"
    assert only(grid([["人民币千元", "2023年"], ["资产", "1"]])).unit == "人民币千元"
    assert unit_within("占比（%）") == "%"


cell_texts = st.sampled_from(["", "项目", "2023年", "2022年12月31日", "合并", "1,234", "(5)", "-", "合计", "其中：甲", "附注", "八、1", "12月31日", "人民币百万元", "2023年余额"])


@given(st.lists(st.lists(cell_texts, min_size=1, max_size=5), min_size=0, max_size=7), st.lists(cell_texts, max_size=3))
def test_any_grid_keeps_every_number_once(rows: list[list[str]], before: list[str]) -> None:
    raw = grid([list(row) for row in rows], before=tuple(before))
    tables = build_table(raw)
    assert all(len(row.cells) == len(table.columns) for table in tables for row in table.rows)
    printed = [cell.text for table in tables for row in table.rows for cell in row.cells if cell]
    labels = [text for table in tables for row in table.rows for text in (row.label, *row.parents)]
    heads = [text for table in tables for column in table.columns for text in column.headers] + [table.stub + table.title for table in tables]
    everything = "".join(printed + labels + heads)
    if tables:
        assert all(text in everything for row in rows for text in row if text in ("1,234", "(5)"))
    joined = join_continued([*tables, *tables])
    assert [table.rows and len(table.rows) for table in joined] == [table.rows and len(table.rows) for table in [*tables, *tables]]


def test_two_headers_read_as_one_are_put_back_over_both_columns() -> None:
    rows: list[list[str | Place]] = [
        ["项目", "2023年12月31日美元（折合人民币）港币（折合人民币）", "", "合计"], ["即期资产", "572", "68", "640"],
        ["项目", "2022年12月31日美元（折合人民币）港币（折合人民币）", "", "合计"], ["即期资产", "698", "84", "782"],
    ]  # fmt: skip
    first, second = build_table(grid(rows))
    assert [column.headers for column in first.columns][:2] == [("2023年12月31日", "美元（折合人民币）"), ("2023年12月31日", "港币（折合人民币）")]
    assert [column.headers for column in second.columns][:2] == [("2022年12月31日", "美元（折合人民币）"), ("2022年12月31日", "港币（折合人民币）")]


def test_a_label_whose_last_character_wrapped_is_whole() -> None:
    table = only(grid([["项目", "股本", "合计"], ["一、2023年1月1日余", "", ""], ["额", "810", "900"], ["本年增加", "1", "2"]]))
    assert [row.label for row in table.rows] == ["一、2023年1月1日余额", "本年增加"]


def test_long_sheets_are_summed_in_bounded_time() -> None:
    lines: list[list[str | Place]] = [[f"行{index}", *(str(1000 + index * column) for column in range(1, 9))] for index in range(1500)]
    started = process_time()
    table = only(grid([["项目", *(f"{2015 + column}年" for column in range(8))], *lines]))
    assert len(table.rows) == 1500 and process_time() - started < 20


def test_a_title_ends_where_its_explanation_begins() -> None:
    rows: list[list[str | Place]] = [["项目", "2023年", "2022年"], ["金融资产", "53", "49"]]
    line = "下表按层级列示以公允价值计量的金融资产：第一层级为活跃市场报价，第三层级为不可观察的输入值。"
    assert only(grid(rows, before=(line,))).title.endswith("以公允价值计量的金融资产")


def test_a_heading_that_only_says_go_on_is_no_title() -> None:
    table = only(grid([["项目", "2023年", "2022年"], ["总行", "53", "49"]], section=("（四）按地区划分的贷款", "续表")))
    assert (table.title, table.continued) == ("按地区划分的贷款", True)


def test_the_same_table_for_another_period_shares_its_title() -> None:
    section = ("7. 金融投资", "公允价值层级")
    made = [
        only(grid([["项目", f"{year}年第一层级", f"{year}年合计"], ["金融资产", value, value]], before=before, section=section))
        for year, value, before in (("2023", "53", ("持续以公允价值计量的金融资产",)), ("2022", "49", ()))
    ]
    assert [table.title for table in join_continued(made)] == ["持续以公允价值计量的金融资产"] * 2
