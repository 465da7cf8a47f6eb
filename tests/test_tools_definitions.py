"""Sentences that define a term are quoted as they stand, the surest first; sentences that only use it are not."""

from __future__ import annotations

import pytest

from data.ports import Passage
from tools.definitions import definitions_in


def passage(text: str, *, kind: str = "paragraph", title: str = "", page: int = 3) -> Passage:
    return Passage(f"p{page}", title, text, "甲银行2023年年度报告", page, 1.0, kind=kind)


def texts(term: str, *passages: Passage) -> list[str]:
    return [found.text for found in definitions_in([term], passages)]


@pytest.mark.parametrize(("term", "sentence"), [
    ("成本收入比", "成本收入比是指业务及管理费除以营业收入。"),
    ("成本收入比", "成本收入比指业务及管理费除以营业收入的比率。"),
    ("成本收入比", "成本收入比=业务及管理费/营业收入。"),
    ("成本收入比", "成本收入比＝业务及管理费÷营业收入。"),
    ("成本收入比", "成本收入比等于业务及管理费除以营业收入。"),
    ("成本收入比", "成本收入比(5)：业务及管理费除以营业收入。"),
    ("净利差", "净利差为生息资产平均收益率与付息负债平均成本率之差额。"),
    ("净息差", "“净息差”是指利息净收入与生息资产平均余额的比率。"),
    ("不良贷款率", "不良贷款率（含贴现）指不良贷款余额占贷款总额的比例。"),
    ("三农", "“三农”是指农业、农村和农民。"),
    ("集团", "集团指甲银行及其子公司。"),
])  # fmt: skip
def test_a_defining_sentence_is_quoted_as_it_stands(term: str, sentence: str) -> None:
    assert texts(term, passage(f"报告期内经营稳健。{sentence}其后再无说明。")) == [sentence]


@pytest.mark.parametrize(("term", "text"), [
    ("成本收入比", "报告期内，成本收入比保持稳定。"),
    ("成本收入比", "成本收入比为31.52%，较上年下降0.74个百分点。"),
    ("营业收入", "营业收入为人民币123亿元。"),
    ("净利润", "本行净利润增长较快。"),
    ("不良贷款率", "加强管理，控制风险。"),
    ("比", "比是指比率，除以营业收入计算。"),
    ("成本收入比", "成本收入比是指" + "业务及管理费" * 50 + "。"),
])  # fmt: skip
def test_a_sentence_that_only_uses_the_term_is_not(term: str, text: str) -> None:
    assert texts(term, passage(text)) == []


@pytest.mark.parametrize("kind", ["row", "table", "contents"])
def test_a_row_of_a_table_defines_nothing(kind: str) -> None:
    text = "成本收入比是指业务及管理费除以营业收入。"
    assert texts("成本收入比", passage(text, kind=kind)) == [] != texts("成本收入比", passage(text))


def test_the_footnote_of_the_very_label_comes_first() -> None:
    note = passage("成本收入比：业务及管理费除以营业收入计算。", kind="note", title="成本收入比", page=9)
    found = definitions_in(["成本收入比"], [passage("成本收入比指费用与收入的关系。"), note])
    assert [(item.passage.page, item.text) for item in found] == [(9, note.text), (3, "成本收入比指费用与收入的关系。")]
    assert found[0].weight > found[1].weight and {item.term for item in found} == {"成本收入比"}


def test_a_footnote_of_another_label_is_read_as_text() -> None:
    other = passage("存贷比：贷款除以存款。", kind="note", title="存贷比")
    assert texts("成本收入比", other) == [] and texts("存贷比", other) == [other.text]


def test_the_surest_comes_first_and_ties_keep_their_order() -> None:
    plain = [passage(f"生息资产指第{number}类资产。", page=number) for number in (1, 2)]
    computed = passage("生息资产是指产生利息收入的资产，按照日均余额计算。", page=5)
    found = definitions_in(["生息资产"], [*plain, computed])
    assert [item.passage.page for item in found] == [5, 1, 2]
    assert found[0].weight > found[1].weight == found[2].weight


def test_the_questions_own_words_come_before_the_aliases() -> None:
    aliased = passage("净利息收益率是指利息净收入除以生息资产平均余额。", page=1)
    own = passage("净息差是指利息净收入除以生息资产平均余额。", page=2)
    assert [item.passage.page for item in definitions_in(["净息差", "某某", "另一个", "净利息收益率"], [aliased, own])] == [2, 1]
    assert {item.term for item in definitions_in(["净息差", "净利息收益率"], [aliased, own])} == {"净息差", "净利息收益率"}


def test_a_sentence_cut_at_a_semicolon_goes_on() -> None:
    text = "流动性覆盖率是指合格优质流动性资产除以未来30天现金净流出量；按照监管规定计算。其他。"
    assert texts("流动性覆盖率", passage(text)) == ["流动性覆盖率是指合格优质流动性资产除以未来30天现金净流出量；按照监管规定计算。"]


def test_nothing_to_read_and_nothing_to_look_for() -> None:
    assert definitions_in([], [passage("甲是指乙。")]) == [] == definitions_in(["成本收入比"], [])


def test_a_term_is_found_in_any_width() -> None:
    assert texts("ＲＯＥ", passage("ROE是指净利润除以净资产。")) == ["ROE是指净利润除以净资产。"]
