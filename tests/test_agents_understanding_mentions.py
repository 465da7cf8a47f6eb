"""Reading one question: names, periods, scopes and cues with their spans, and what is left over."""

from __future__ import annotations

import pytest

from agents.plan import Op
from agents.understanding.cues import find_cues
from agents.understanding.mentions import Mentions, QuestionReader
from data.banks import bank_registry
from data.figures import Gaap, Scope
from data.indicators import indicator_catalogue
from tools.name_scanner import name_scanner


@pytest.fixture(scope="module")
def reader() -> QuestionReader:
    return QuestionReader(name_scanner(), bank_registry(), indicator_catalogue())


def banks(mentions: Mentions) -> list[tuple[str, str]]:
    return [(mentions.text[span.start : span.end], span.ref) for span in mentions.banks]


@pytest.mark.parametrize(("question", "found"), [
    ("招商银行和中国工商银行", [("招商银行", "cmb"), ("中国工商银行", "icbc")]),
    ("600036与601398.SH", [("600036", "cmb"), ("601398.SH", "icbc")]),
    ("宁波和江苏2023年ROE", [("宁波", "nbcb"), ("江苏", "jsb")]),
    ("和兴业比呢", [("兴业", "cib")]),
    ("宁波的不良率", [("宁波", "nbcb")]),
    ("不是招商银行，是兴业银行", [("兴业银行", "cib")]),
    ("北京的天气", []),
    ("兴业发展得怎么样", []),
    ("平安北京是什么", []),
    ("其中行业不良率", []),
    ("净利润600036百万元", []),
])
def test_banks_by_name_code_and_place(reader: QuestionReader, question: str, found: list[tuple[str, str]]) -> None:
    assert banks(reader.read(question)) == found


@pytest.mark.parametrize(("question", "unknown"), [
    ("火星银行2023年不良率", ["火星银行"]),
    ("请问招商银行和火星银行2023年不良率", ["火星银行"]),
    ("火星农商行的拨备", ["火星农商行"]),
    ("哪家银行最高", []),
    ("这家银行怎么样", []),
    ("六大国有银行的不良率", []),
    ("手机银行有多少用户", []),
    ("不是招商银行，是兴业银行", []),
])
def test_names_of_banks_that_stand_in_no_registry(reader: QuestionReader, question: str, unknown: list[str]) -> None:
    assert reader.read(question).unknown_banks == unknown


@pytest.mark.parametrize(("question", "group"), [("六大行不良率", "六大行"), ("股份制银行净息差", "股份制银行"), ("四大行总资产", "四大行"), ("城商行ROE", "城商行")])
def test_groups_of_banks(reader: QuestionReader, question: str, group: str) -> None:
    assert reader.read(question).groups == [group]


@pytest.mark.parametrize(("question", "target", "base"), [
    ("2024年不良率比2021年变化多少", ["2024年"], ["2021年"]),
    ("2024年不良率与2022年相比变化多少", ["2024年"], ["2022年"]),
    ("较上年末变动", [], ["上年末"]),
    ("2022年和2023年不良率", ["2022年", "2023年"], []),
    ("与兴业银行相比2023年不良率如何", ["2023年"], []),
    ("不是2023年，是2022年", ["2022年"], []),
])
def test_periods_asked_about_and_compared_with(reader: QuestionReader, question: str, target: list[str], base: list[str]) -> None:
    mentions = reader.read(question)
    assert [mention.text.removesuffix("的") for mention in mentions.periods] == target
    assert [mention.text for mention in mentions.base_periods] == base


@pytest.mark.parametrize(("question", "scope", "gaap"), [
    ("本行口径不良率", Scope.BANK, None),
    ("母公司口径不良率", Scope.BANK, None),
    ("换成本行口径", Scope.BANK, None),
    ("集团口径", Scope.GROUP, None),
    ("合并口径", Scope.GROUP, None),
    ("归属于本行股东的净利润", None, None),
    ("归属于母公司股东的净利润", None, None),
    ("不要本行口径", None, None),
    ("换成IFRS口径", None, Gaap.IFRS),
    ("中国准则口径营业利润", None, Gaap.PRC),
])
def test_scope_and_gaap(reader: QuestionReader, question: str, scope: Scope | None, gaap: Gaap | None) -> None:
    mentions = reader.read(question)
    assert (mentions.scope, mentions.gaap) == (scope, gaap)


def test_a_scope_is_no_ambiguous_word(reader: QuestionReader) -> None:
    """换成本行口径 holds 成本, which is one."""
    assert reader.read("换成本行口径").ambiguous == [] and reader.read("成本呢").ambiguous


@pytest.mark.parametrize(("question", "left"), [
    ("请问一下，招行2023年的净利润到底是多少呀", []),
    ("麻烦帮我看看招商银行2023年末的拨备覆盖率", []),
    ("招商银行深圳分行2023年不良率", ["深圳分行"]),
    ("两年相比增长了多少", []),
    ("不良率下降0.2个百分点", []),
    ("Please show me the NPL ratio of CMB", []),
])
def test_what_is_left_over(reader: QuestionReader, question: str, left: list[str]) -> None:
    mentions = reader.read(question)
    assert mentions.words(mentions.unexplained) == left


def test_spans_are_places_in_the_normalised_question(reader: QuestionReader) -> None:
    mentions = reader.read("招商银行２０２３年不良率，和兴业比")
    assert mentions.text == "招商银行2023年不良率,和兴业比"
    spans = [(span.start, span.end) for span in [*mentions.banks, *mentions.indicators]] + [(mention.start, mention.end) for mention in mentions.periods]
    assert all(0 <= start < end <= len(mentions.text) for start, end in spans)
    assert [mentions.text[span.start : span.end] for span in mentions.indicators] == ["不良率"]


@pytest.mark.parametrize(("text", "op"), [
    ("同比增长多少", Op.YOY), ("较上年末增加多少", Op.DIFFERENCE), ("环比", Op.QOQ), ("年均复合增长率", Op.CAGR), ("走势如何", Op.TREND),
    ("占比", Op.SHARE), ("谁更高", Op.COMPARE), ("哪家最低", Op.RANK), ("平均值", Op.AVERAGE), ("加起来", Op.TOTAL), ("验算", Op.RECOMPUTE),
    ("杜邦分析", Op.DUPONT), ("利润形成过程", Op.WALK), ("由哪些部分构成", Op.PARTS), ("为什么", Op.WHY), ("达标吗", Op.LINE), ("怎么样", Op.OVERVIEW),
    ("写一份报告", Op.REPORT), ("什么意思", Op.DEFINITION), ("有哪些数据", Op.COVERAGE), ("后面怎么看", Op.ANALYSIS),
])
def test_words_that_ask_for_an_operation(text: str, op: Op) -> None:
    assert [hit.cue.op for hit in find_cues(text, [], [])][:1] == [op]


def test_a_cue_inside_a_name_asks_for_nothing() -> None:
    text = "同比增速"
    assert find_cues(text, [], []) and not find_cues(text, [(0, len(text))], [])
