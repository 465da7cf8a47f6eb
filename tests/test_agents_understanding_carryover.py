"""Turns that lean on the turns before: slots that are kept, replaced, added and corrected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.plan import Carried, Op
from data.refusals import RefusalCode
from tests.small_ledger import Reader, small_reader, told

RATIO = "招商银行2023年不良率是多少？"
BOTH = "招商银行和兴业银行2023年不良率对比"
LOWEST = "哪家银行2023年不良率最低"
ALL = "cib,cmb,icbc,nbcb"

TURNS = [
    # one slot is replaced, the others stay
    (RATIO, "那拨备呢", "cmb; provision_coverage; 2023; VALUE"),
    (RATIO, "2022年呢", "cmb; npl_ratio; 2022; VALUE"),
    (RATIO, "换成2022年", "cmb; npl_ratio; 2022; VALUE"),
    (RATIO, "那2022年的拨备覆盖率呢", "cmb; provision_coverage; 2022; VALUE"),
    (RATIO, "兴业呢", "cib; npl_ratio; 2023; VALUE"),
    (RATIO, "那兴业银行呢", "cib; npl_ratio; 2023; VALUE"),
    (RATIO, "换成本行口径", "cmb; npl_ratio; 2023; VALUE; 本行"),
    (RATIO, "母公司口径呢", "cmb; npl_ratio; 2023; VALUE; 本行"),
    (RATIO, "它的净息差呢", "cmb; net_interest_margin; 2023; VALUE"),
    (RATIO, "该行ROE是多少", "cmb; roe_weighted; 2023; VALUE"),
    (RATIO, "2024年一季度末呢", "cmb; npl_ratio; 2024Q1; VALUE"),
    ("招商银行2024年一季度营业收入", "上半年呢", "cmb; operating_income; 2024H1; VALUE"),
    ("招商银行2024年一季度营业收入", "二季度呢", "cmb; operating_income; 2024Q2; VALUE"),
    ("招商银行2023年怎么样", "兴业呢", "cib; ; 2023; OVERVIEW"),
    ("招商银行2024年ROE杜邦分解", "2023年呢", "cmb; roe_weighted; 2023; DUPONT"),
    ("招商银行2023年不良率达标吗", "资本充足率呢", "cmb; car; 2023; LINE"),
    ("招商银行近三年净利润趋势", "2023年呢", "cmb; net_profit; 2023; TREND"),
    ("招商银行近三年净利润趋势", "2031年的呢", "cmb; net_profit; 2031; TREND"),
    # words for time are read against the conversation
    (RATIO, "上年末呢", "cmb; npl_ratio; 2022; VALUE"),
    (RATIO, "前年呢", "cmb; npl_ratio; 2021; VALUE"),
    (RATIO, "再往前一年呢", "cmb; npl_ratio; 2022; VALUE"),
    ("招商银行2024年上半年营业收入", "去年同期呢", "cmb; operating_income; 2023H1; VALUE"),
    ("招商银行2024年一季度营业收入", "今年一季度呢", "cmb; operating_income; 2025Q1; VALUE"),
    # another operation on the same slots
    (RATIO, "同比呢", "cmb; npl_ratio; 2023; YOY"),
    (RATIO, "较上年变化多少", "cmb; npl_ratio; 2023; DIFFERENCE(from 2022)"),
    (RATIO, "比2021年变化多少", "cmb; npl_ratio; 2023; DIFFERENCE(from 2021)"),
    (RATIO, "下降了多少", "cmb; npl_ratio; 2023; DIFFERENCE"),
    (RATIO, "近三年趋势", "cmb; npl_ratio; 2022,2023,2024; TREND"),
    (RATIO, "为什么变化", "cmb; npl_ratio; 2023; WHY"),
    (RATIO, "达标吗", "cmb; npl_ratio; 2023; LINE"),
    (RATIO, "是怎么算的", "cmb; npl_ratio; ; DEFINITION"),
    (RATIO, "排第几", "cmb,cib,icbc,nbcb; npl_ratio; 2023; RANK(for cmb)"),
    ("招商银行2024年一季度营业收入", "同比增长多少", "cmb; operating_income; 2024Q1; YOY(rate)"),
    ("招商银行近三年净利润", "复合增速是多少", "cmb; net_profit; 2022,2023,2024; CAGR"),
    ("写一份招商银行2024年的报告", "不良率是多少", "cmb; npl_ratio; 2024; VALUE"),
    ("什么是拨备覆盖率", "招商银行2023年是多少", "cmb; provision_coverage; 2023; VALUE"),
    ("招商银行2023年非息收入是多少", "占营业收入的比重呢", "cmb; non_interest_income; 2023; SHARE(of operating_income)"),
    ("招商银行2023年利息净收入是多少", "占比呢", "cmb; net_interest_income; 2023; SHARE(of operating_income)"),
    # other banks
    (RATIO, "和兴业比呢", "cmb,cib; npl_ratio; 2023; COMPARE"),
    (RATIO, "对比兴业银行", "cmb,cib; npl_ratio; 2023; COMPARE"),
    (RATIO, "比兴业高多少", "cmb,cib; npl_ratio; 2023; COMPARE"),
    (RATIO, "跟工行和兴业比怎么样", "cmb,icbc,cib; npl_ratio; 2023; COMPARE"),
    (RATIO, "招行和工行比呢", "cmb,icbc; npl_ratio; 2023; COMPARE"),
    (BOTH, "拨备覆盖率呢", "cmb,cib; provision_coverage; 2023; COMPARE"),
    (BOTH, "2022年呢", "cmb,cib; npl_ratio; 2022; COMPARE"),
    (BOTH, "再加上工商银行", "cmb,cib,icbc; npl_ratio; 2023; COMPARE"),
    (BOTH, "差多少", "cmb,cib; npl_ratio; 2023; COMPARE"),
    (LOWEST, "最高的呢", f"{ALL}; npl_ratio; 2023; RANK(high)"),
    (LOWEST, "2022年呢", f"{ALL}; npl_ratio; 2022; RANK(low)"),
    (LOWEST, "招商银行排第几", "cmb,cib,icbc,nbcb; npl_ratio; 2023; RANK(for cmb)"),
    ("招商银行2023年不良率排第几", "2022年呢", "cmb,cib,icbc,nbcb; npl_ratio; 2022; RANK(for cmb)"),
    ("招商银行2023年不良率排第几", "兴业呢", "cib,cmb,icbc,nbcb; npl_ratio; 2023; RANK(for cib)"),
    # corrections
    (RATIO, "不对，是兴业银行", "cib; npl_ratio; 2023; VALUE"),
    (RATIO, "不是2023年，是2022年", "cmb; npl_ratio; 2022; VALUE"),
    (RATIO, "我问的是拨备覆盖率", "cmb; provision_coverage; 2023; VALUE"),
    (RATIO, "应该是2022年", "cmb; npl_ratio; 2022; VALUE"),
    ("招商银行2023年不良率较上年变化多少", "不对，是兴业银行", "cib; npl_ratio; 2023; DIFFERENCE(from 2022)"),
    ("招商银行2023年营业收入同比增长多少", "改成2024年", "cmb; operating_income; 2024; YOY(rate)"),
    # the answer to a question that was asked back
    ("不良率是多少", "招商银行", "cmb; npl_ratio; 2024; VALUE"),
    ("2023年不良率是多少", "招商银行", "cmb; npl_ratio; 2023; VALUE"),
    ("2023年不良率同比变化多少", "招行", "cmb; npl_ratio; 2023; YOY"),
    ("招商银行2023年利润是多少", "净利润", "cmb; net_profit; 2023; VALUE"),
    ("招商银行2023年利润同比增长多少", "净利润", "cmb; net_profit; 2023; YOY(rate)"),
    ("火星银行2023年不良率", "那招商银行呢", "cmb; npl_ratio; 2023; VALUE"),
    # three turns
    ("招商银行2023年净利润是多少", "2022年呢", "两年相比增长了多少", "cmb; net_profit; 2023; YOY(from 2022 rate)"),
    ("招商银行2023年营业收入是多少", "非息收入呢", "占比呢", "cmb; non_interest_income; 2023; SHARE(of operating_income)"),
    ("招商银行近三年净利润", "复合增速是多少", "兴业呢", "cib; net_profit; 2022,2023,2024; CAGR"),
    ("什么是拨备覆盖率", "招商银行2023年是多少", "达标吗", "cmb; provision_coverage; 2023; LINE"),
    (RATIO, "不对，是2022年", "不对，是兴业", "cib; npl_ratio; 2022; VALUE"),
    (RATIO, "兴业银行2022年拨备覆盖率", "2023年呢", "cib; provision_coverage; 2023; VALUE"),
    # what leaves the conversation as it was
    (RATIO, "谢谢", "2022年呢", "cmb; npl_ratio; 2022; VALUE"),
    (RATIO, "有哪些数据", "2022年呢", "cmb; npl_ratio; 2022; VALUE"),
    (RATIO, "今天天气怎么样", "2022年呢", "cmb; npl_ratio; 2022; VALUE"),
    (RATIO, "？？？", "2022年呢", "cmb; npl_ratio; 2022; VALUE"),
    (RATIO, "1+1", "2022年呢", "cmb; npl_ratio; 2022; VALUE"),
    (RATIO, "流动比率呢", "那拨备覆盖率呢", "cmb; provision_coverage; 2023; VALUE"),
]


@pytest.fixture(scope="module")
def read() -> Iterator[Reader]:
    with small_reader() as reader:
        yield reader


@pytest.mark.parametrize("turns", TURNS, ids=[" ".join(turns[:-1]) for turns in TURNS])
def test_the_last_turn_is_understood_from_the_conversation(read: Reader, turns: tuple[str, ...]) -> None:
    *questions, plan = turns
    assert told(read(*questions)) == plan


@pytest.mark.parametrize("question", ["谢谢", "好的", "嗯", "今天天气怎么样", "有哪些数据"])
def test_small_talk_repeats_no_answer(read: Reader, question: str) -> None:
    assert read(RATIO, question).main in (Op.GENERAL, Op.COVERAGE)


def test_a_definition_needs_no_bank_of_the_conversation(read: Reader) -> None:
    assert told(read(RATIO, "什么是净息差")) == "; net_interest_margin; ; DEFINITION"


def test_who_is_lowest_asks_about_every_bank_again(read: Reader) -> None:
    assert set(read(RATIO, "哪家银行净息差最高").slots.banks) == {"cib", "cmb"}, "the banks that disclose it"


def test_a_question_asked_back_keeps_what_it_said(read: Reader) -> None:
    asked = read("2023年不良率同比变化多少")
    assert asked.refusal is not None and asked.refusal.code is RefusalCode.AMBIGUOUS
    assert asked.carried.pending and asked.carried.slots.indicators == ["npl_ratio"] and asked.carried.slots.periods == ["2023"]


def test_a_refused_question_does_not_replace_the_conversation(read: Reader) -> None:
    refused = read(RATIO, "存货周转率呢")
    assert refused.refusal is not None and refused.carried == read(RATIO).carried


def test_the_turn_before_last_is_remembered_for_two_periods(read: Reader) -> None:
    carried = read("招商银行2023年净利润是多少", "2022年呢").carried
    assert (carried.slots.periods, carried.earlier.periods) == (["2022"], ["2023"])


@pytest.mark.parametrize(("question", "plan"), [("2022年呢", "; ; ; GENERAL"), ("那拨备呢", "!ambiguous"), ("和兴业比呢", "!ambiguous")])
def test_without_a_conversation_there_is_nothing_to_lean_on(read: Reader, question: str, plan: str) -> None:
    assert Carried().slots.is_empty() and told(read(question)) == plan
