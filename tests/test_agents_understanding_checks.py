"""Refusals that the words alone decide: what is asked back, what does not apply, what is never widened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.small_ledger import Reader, small_reader, told

REFUSED = [
    ("不良率是多少", "ambiguous", "哪家银行"),
    ("息差压力从哪里来，后面怎么看", "ambiguous", "哪家银行"),
    ("招商银行2023年同比增长多少", "ambiguous", "哪个指标"),
    ("那个比例是多少呢", "ambiguous", "指代"),
    ("它的净息差呢", "ambiguous", "哪家银行"),
    ("", "ambiguous", "没有看到问题"),
    ("？？？", "ambiguous", "没有看到问题"),
    ("……！！", "ambiguous", "没有看到问题"),
    ("招商银行2023年利润", "ambiguous", "净利润"),
    ("招商银行2023年收入是多少", "ambiguous", "营业收入"),
    ("招商银行2023年准备金", "ambiguous", "贷款损失准备"),
    ("招商银行2023年流动比率", "not_applicable", "流动比率"),
    ("招商银行2023年速动比率", "not_applicable", "速动比率"),
    ("招商银行2023年存货周转率", "not_applicable", "存货"),
    ("招商银行毛利率", "not_applicable", "毛利率"),
    ("招商银行2023年应收账款周转率", "not_applicable", "应收账款"),
    ("火星银行2023年不良率", "missing_document", "火星银行"),
    ("招商银行和火星银行2023年不良率对比", "missing_document", "火星银行"),
    ("招商银行深圳分行2023年不良率", "not_disclosed", "深圳分行"),
    ("招商银行信用卡业务条线2023年净利润", "not_disclosed", ""),
    ("招商银行股价", "not_disclosed", "股价"),
    ("招商银行2023年不良率折算得分", "not_disclosed", "得分"),
    ("招商银行2023年13月不良率", "missing_period", "期间"),
    ("招商银行2023年2月30日不良率", "missing_period", "期间"),
    ("1/0", "not_applicable", "除数为零"),
    ("9**9**9", "not_applicable", "乘方"),
]


@pytest.fixture(scope="module")
def read() -> Iterator[Reader]:
    with small_reader() as reader:
        yield reader


@pytest.mark.parametrize(("question", "code", "words"), REFUSED)
def test_refused_with_a_code_a_reason_and_what_would_help(read: Reader, question: str, code: str, words: str) -> None:
    refusal = read(question).refusal
    assert refusal is not None and refusal.code.value == code
    assert words in refusal.message and refusal.suggestion
    assert refusal.message.endswith(("。", "？")) and "\n" not in refusal.message


def test_a_question_of_two_thousand_characters_is_the_longest(read: Reader) -> None:
    assert told(read("招商银行2023年不良率是多少" + "？" * 1900)) == "cmb; npl_ratio; 2023; VALUE"
    assert told(read("招商银行2023年不良率是多少" * 200)) == "!out_of_scope"


def test_the_wrong_metric_is_named_with_those_that_fit(read: Reader) -> None:
    refusal = read("招商银行2023年流动比率").refusal
    assert refusal is not None and "流动性覆盖率" in refusal.suggestion


def test_an_unknown_bank_is_told_which_there_are(read: Reader) -> None:
    refusal = read("火星银行2023年不良率").refusal
    assert refusal is not None and all(name in refusal.suggestion for name in ("招商银行", "兴业银行", "工商银行", "宁波银行"))


@pytest.mark.parametrize("question", ["招商银行深圳分行2023年不良率", "招商银行2023年对公房地产业不良率", "招商银行2023年长三角地区不良率"])
def test_a_narrower_question_is_never_answered_with_the_whole(read: Reader, question: str) -> None:
    """Either the catalogue knows the narrower indicator itself, or the question is refused."""
    plan = read(question)
    assert plan.refusal is not None or plan.slots.indicators != ["npl_ratio"]


def test_the_same_words_in_a_conversation_are_refused_too(read: Reader) -> None:
    assert told(read("招商银行2023年不良率", "深圳分行呢")) == "!not_disclosed"
    assert told(read("招商银行2023年不良率", "流动比率呢")) == "!not_applicable"
