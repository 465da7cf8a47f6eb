"""One question without a conversation before it: wording → banks; indicators; periods; operations (see tests.small_ledger.told)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.plan import Op
from tests.small_ledger import Reader, small_reader, told

THE_RATIO = "cmb; npl_ratio; 2023; VALUE"
SAME_QUESTION = [*"""\n招商银行2023年不良率是多少？\n招行2023年末不良贷款率\nCMB2023年不良率是多少\n招商银行股份有限公司2023年末不良贷款率\n招商銀行2023年不良貸款率\n600036 2023年不良率\n600036.SH的2023年不良率\n03968.HK 2023年末的不良贷款率是多少\n招商银行2023年NPL ratio\nWhat is the NPL ratio of China Merchants Bank in 2023\n招商银行２０２３年不良率\n招商银行二〇二三年不良率\n招商银行二零二三年年末不良贷款率\n招商银行23年不良率\n招商银行2023 年 不良率\n招商银行2023年不良率？？？！！！\n招商银行2023年不良率😊\n2023年招商银行的不良贷款率是百分之几\n请问一下，招行2023年的不良率到底是多少呀\n麻烦帮我查询招行2023年末的不良贷款率，谢谢\n我想知道招商银行2023年不良率\n截至2023年末，招商银行的不良率达到多少\n招商银行2023年的不良率，不要本行口径\n""".strip().splitlines(), "  招商银行 2023年 不良率\t "]

QUESTIONS = [
    # banks
    ("工行2023年总资产", "icbc; total_assets; 2023; VALUE"),
    ("中国工商银行股份有限公司2023年末资产总额", "icbc; total_assets; 2023; VALUE"),
    ("宁波银行2023年不良贷款率", "nbcb; npl_ratio; 2023; VALUE"),
    ("宁波2023年不良率", "nbcb; npl_ratio; 2023; VALUE"),
    ("宁波的不良率2023年是多少", "nbcb; npl_ratio; 2023; VALUE"),
    ("兴业的不良率2023年是多少", "cib; npl_ratio; 2023; VALUE"),
    ("平安银行2023年ROE", "pab; roe_weighted; 2023; VALUE"),
    # indicators
    ("招商银行2023年拨备覆盖率", "cmb; provision_coverage; 2023; VALUE"),
    ("招商银行2023年NIM", "cmb; net_interest_margin; 2023; VALUE"),
    ("招商银行2023年净利息收益率", "cmb; net_interest_margin; 2023; VALUE"),
    ("招商银行2023年净利差", "cmb; net_interest_spread; 2023; VALUE"),
    ("招商银行2023年归母净利润", "cmb; net_profit_attributable; 2023; VALUE"),
    ("招商银行2023年CET1", "cmb; cet1_ratio; 2023; VALUE"),
    ("招商银行2023年营收", "cmb; operating_income; 2023; VALUE"),
    ("招商银行2023年净息差和不良率", "cmb; net_interest_margin,npl_ratio; 2023; VALUE"),
    ("招商银行2023年末不良率和拨备覆盖率分别是多少", "cmb; npl_ratio,provision_coverage; 2023; VALUE"),
    ("招商银行2023年不良率、拨备覆盖率、净息差", "cmb; npl_ratio,provision_coverage,net_interest_margin; 2023; VALUE"),
    # periods
    ("招商银行2024年上半年营业收入", "cmb; operating_income; 2024H1; VALUE"),
    ("招商银行2024年中期营业收入", "cmb; operating_income; 2024H1; VALUE"),
    ("招商银行1H24营业收入", "cmb; operating_income; 2024H1; VALUE"),
    ("招商银行2024年前三季度营业收入", "cmb; operating_income; 2024Q1-3; VALUE"),
    ("招商银行2024年第三季度营业收入", "cmb; operating_income; 2024Q3; VALUE"),
    ("招商银行2024年三季度单季营业收入", "cmb; operating_income; 2024Q3; VALUE"),
    ("招商银行2024Q1营业收入", "cmb; operating_income; 2024Q1; VALUE"),
    ("招商银行2024年6月末不良率", "cmb; npl_ratio; 2024H1; VALUE"),
    ("招商银行2024年6月30日不良率", "cmb; npl_ratio; 2024H1; VALUE"),
    ("招商银行2024年9月30日不良率", "cmb; npl_ratio; 2024Q1-3; VALUE"),
    ("招商银行2024年年报不良率", "cmb; npl_ratio; 2024; VALUE"),
    ("招商银行2023年度净利润", "cmb; net_profit; 2023; VALUE"),
    ("招商银行2022年和2023年净利润", "cmb; net_profit; 2022,2023; VALUE"),
    ("招商银行2021年、2024年不良率分别是多少", "cmb; npl_ratio; 2021,2024; VALUE"),
    ("招商银行2022年、2023年、2024年净利润", "cmb; net_profit; 2022,2023,2024; TREND"),
    ("招商银行2021-2023年净利润", "cmb; net_profit; 2021,2022,2023; TREND"),
    ("招商银行2021年至2024年的不良率", "cmb; npl_ratio; 2021,2022,2023,2024; TREND"),
    ("招商银行近三年净利润", "cmb; net_profit; 2022,2023,2024; TREND"),
    ("招商银行最近两年净利润", "cmb; net_profit; 2023,2024; TREND"),
    ("招商银行历年不良率", "cmb; npl_ratio; 2021,2022,2023,2024; TREND"),
    ("招商银行2024年四个季末不良率", "cmb; npl_ratio; 2024Q1,2024H1,2024Q1-3,2024; TREND"),
    ("招商银行去年不良率", "cmb; npl_ratio; 2024; VALUE"),
    ("招商银行前年不良率", "cmb; npl_ratio; 2023; VALUE"),
    ("招商银行去年上半年营业收入", "cmb; operating_income; 2024H1; VALUE"),
    ("招商银行今年一季度营业收入", "cmb; operating_income; 2025Q1; VALUE"),
    ("招商银行最新不良率", "cmb; npl_ratio; 2024; VALUE"),
    ("招商银行报告期末不良率", "cmb; npl_ratio; 2024; VALUE"),
    ("招商银行不良率", "cmb; npl_ratio; 2024; VALUE"),
    ("招商银行2031年不良率", "cmb; npl_ratio; 2031; VALUE"),
    # changes
    ("招商银行2023年不良率较上年变化多少", "cmb; npl_ratio; 2023; DIFFERENCE(from 2022)"),
    ("招商银行2023年不良率是多少？较上年变化多少？", "cmb; npl_ratio; 2023; VALUE DIFFERENCE(from 2022)"),
    ("招商银行2023年营业收入同比增长多少", "cmb; operating_income; 2023; YOY(rate)"),
    ("招商银行2023年营业收入同比", "cmb; operating_income; 2023; YOY"),
    ("招商银行2023年营业收入同比增速是多少", "cmb; operating_income; 2023; YOY(rate)"),
    ("招商银行2024年营业收入增速", "cmb; operating_income; 2024; YOY(rate)"),
    ("招商银行2023年营收和净利润分别同比增长多少", "cmb; operating_income,net_profit; 2023; YOY(rate)"),
    ("招商银行2023年营业收入增加了多少", "cmb; operating_income; 2023; DIFFERENCE"),
    ("招商银行2023年营业收入比上年多多少", "cmb; operating_income; 2023; DIFFERENCE(from 2022)"),
    ("招商银行2024年不良率比2021年变化多少", "cmb; npl_ratio; 2024; DIFFERENCE(from 2021)"),
    ("招商银行2024年不良率与2022年相比变化多少", "cmb; npl_ratio; 2024; DIFFERENCE(from 2022)"),
    ("招商银行不良率与2021年相比", "cmb; npl_ratio; 2024; DIFFERENCE(from 2021)"),
    ("招商银行2024年末不良贷款率较年初变动多少个百分点", "cmb; npl_ratio; 2024; DIFFERENCE(from 2023)"),
    ("招商银行2024年6月末不良率较上年末变化", "cmb; npl_ratio; 2024H1; DIFFERENCE(from 2023)"),
    ("招商银行2024年三季度末不良率较上季末变动多少", "cmb; npl_ratio; 2024Q3; QOQ(from 2024H1)"),
    ("招商银行2024年三季度末不良率环比变化", "cmb; npl_ratio; 2024Q3; QOQ"),
    ("招商银行2024年一季度营业收入比上年同期增长多少", "cmb; operating_income; 2024Q1; YOY(from 2023Q1 rate)"),
    ("招商银行2023年营业收入较2021年增长百分之多少", "cmb; operating_income; 2023; YOY(from 2021 rate)"),
    ("招商银行2022年到2024年净利润增长了多少", "cmb; net_profit; 2024; YOY(from 2022 rate)"),
    ("招商银行2023年不良率下降了几个基点", "cmb; npl_ratio; 2023; DIFFERENCE"),
    ("招商银行2024年不良率上升还是下降", "cmb; npl_ratio; 2024; DIFFERENCE"),
    ("招商银行2023年净息差是升了还是降了", "cmb; net_interest_margin; 2023; DIFFERENCE"),
    # several years
    ("招商银行近三年净利润趋势", "cmb; net_profit; 2022,2023,2024; TREND"),
    ("招商银行不良率走势如何", "cmb; npl_ratio; 2021,2022,2023,2024; TREND"),
    ("招商银行2022年以来净利润怎么变化的", "cmb; net_profit; 2022,2023,2024; TREND"),
    ("招商银行2031年净利润趋势", "cmb; net_profit; 2031; TREND"),
    ("招商银行2021年至2024年净利润的复合增长率", "cmb; net_profit; 2021,2022,2023,2024; CAGR"),
    ("招商银行2021-2024年营业收入CAGR", "cmb; operating_income; 2021,2022,2023,2024; CAGR"),
    ("招商银行2022年到2024年净利润年均复合增速是多少", "cmb; net_profit; 2022,2023,2024; CAGR"),
    ("招商银行2022年、2023年净利润的平均值", "cmb; net_profit; 2022,2023; AVERAGE"),
    ("招商银行2023年总资产均值", "cmb; total_assets; 2023; AVERAGE"),
    ("招商银行2022年至2024年净利润合计", "cmb; net_profit; 2022,2023,2024; TOTAL"),
    # several banks
    ("招商银行和兴业银行2023年不良率对比", "cmb,cib; npl_ratio; 2023; COMPARE"),
    ("招商银行和兴业银行2023年不良率谁更低", "cmb,cib; npl_ratio; 2023; COMPARE"),
    ("招商银行和兴业银行哪个不良率低，2023年", "cmb,cib; npl_ratio; 2023; COMPARE"),
    ("比较招商银行、兴业银行、工商银行2023年末不良率", "cmb,cib,icbc; npl_ratio; 2023; COMPARE"),
    ("招商银行2023年不良率比兴业银行低多少", "cmb,cib; npl_ratio; 2023; COMPARE"),
    ("招商银行2023年不良率比宁波高多少", "cmb,nbcb; npl_ratio; 2023; COMPARE"),
    ("宁波2023年不良率和招行比", "nbcb,cmb; npl_ratio; 2023; COMPARE"),
    ("招行、工行2023年末总资产差多少", "cmb,icbc; total_assets; 2023; COMPARE"),
    ("招商银行、兴业银行2022年和2023年不良率", "cmb,cib; npl_ratio; 2022,2023; COMPARE"),
    ("招商银行、兴业银行近三年不良率走势", "cmb,cib; npl_ratio; 2022,2023,2024; TREND"),
    ("招商银行、兴业银行2023年营业收入合计", "cmb,cib; operating_income; 2023; TOTAL"),
    ("四大行2023年总资产合计", "icbc,abc,boc,ccb; total_assets; 2023; TOTAL"),
    ("哪家银行2023年不良率最低", "cib,cmb,icbc,nbcb; npl_ratio; 2023; RANK(low)"),
    ("2023年不良率最高的银行是谁", "cib,cmb,icbc,nbcb; npl_ratio; 2023; RANK(high)"),
    ("2023年不良率最低的三家银行", "cib,cmb,icbc,nbcb; npl_ratio; 2023; RANK(low top 3)"),
    ("招商银行、兴业银行、工商银行2023年末不良率谁最低", "cmb,cib,icbc; npl_ratio; 2023; RANK(low)"),
    ("六大行2023年不良率排名", "icbc,abc,boc,ccb,bocom,psbc; npl_ratio; 2023; RANK"),
    ("国有大行2023年不良率哪家最高", "icbc,abc,boc,ccb,bocom,psbc; npl_ratio; 2023; RANK(high)"),
    ("招商银行2023年不良率排第几", "cmb,cib,icbc,nbcb; npl_ratio; 2023; RANK(for cmb)"),
    # parts, shares, checks
    ("招商银行2023年非息收入占营业收入的比重", "cmb; non_interest_income; 2023; SHARE(of operating_income)"),
    ("招商银行2023年手续费及佣金净收入占营业收入多少", "cmb; net_fee_income; 2023; SHARE(of operating_income)"),
    ("招商银行2024年营业收入由哪些部分构成", "cmb; operating_income; 2024; PARTS"),
    ("招商银行2024年非息收入的构成", "cmb; non_interest_income; 2024; PARTS"),
    ("招商银行2023年ROE杜邦分析", "cmb; roe_weighted; 2023; DUPONT"),
    ("用杜邦三因素拆解招商银行2023年ROE", "cmb; roe_weighted; 2023; DUPONT"),
    ("招商银行2024年净利润为什么增长", "cmb; net_profit; 2024; WHY"),
    ("招商银行2024年不良率下降的原因是什么", "cmb; npl_ratio; 2024; WHY"),
    ("招商银行2024年净利润增长靠什么驱动", "cmb; net_profit; 2024; WHY"),
    ("招商银行2024年利润表逐步还原", "cmb; ; 2024; WALK"),
    ("招商银行2023年拨备覆盖率达标吗", "cmb; provision_coverage; 2023; LINE"),
    ("招商银行2023年资本充足率是否符合监管要求", "cmb; car; 2023; LINE"),
    ("招商银行2023年不良率复核", "cmb; npl_ratio; 2023; RECOMPUTE"),
    ("用不良余额和贷款总额验算招商银行2023年的不良率", "cmb; npl_ratio; 2023; RECOMPUTE"),
    ("用不良贷款余额除以贷款总额计算招商银行2023年不良贷款率", "cmb; npl_ratio; 2023; RECOMPUTE"),
    # whole banks, reports, definitions, the rest
    ("招商银行2023年怎么样", "cmb; ; 2023; OVERVIEW"),
    ("招商银行2023年经营情况如何", "cmb; ; 2023; OVERVIEW"),
    ("招商银行2023年资产质量怎么样", "cmb; ; 2023; OVERVIEW"),
    ("招商银行", "cmb; ; 2024; OVERVIEW"),
    ("写一份招商银行2024年的分析报告", "cmb; ; 2024; REPORT"),
    ("生成招商银行2024年的业绩点评报告，和兴业银行对比", "cmb,cib; ; 2024; REPORT"),
    ("什么是拨备覆盖率", "; provision_coverage; ; DEFINITION"),
    ("拨备覆盖率是什么意思", "; provision_coverage; ; DEFINITION"),
    ("净息差和净利差有什么区别", "; net_interest_margin,net_interest_spread; ; DEFINITION"),
    ("不良贷款率怎么计算", "; npl_ratio; ; DEFINITION"),
    ("拨备覆盖率的监管要求是多少", "; provision_coverage; ; DEFINITION"),
    ("有哪些数据", "; ; ; COVERAGE"),
    ("你能做什么", "; ; ; COVERAGE"),
    ("招商银行净息差还能稳住吗", "cmb; net_interest_margin; 2024; ANALYSIS"),
    ("招商银行息差压力从哪里来，后面怎么看", "cmb; net_interest_margin; 2024; ANALYSIS"),
    ("(1200-1100)/1100*100", "; ; ; EXPRESSION"),
    ("计算 3,000 * 1.05", "; ; ; EXPRESSION"),
    # scope, GAAP, unit
    ("招商银行2023年本行口径不良率", "cmb; npl_ratio; 2023; VALUE; 本行"),
    ("招商银行2023年母公司口径不良率", "cmb; npl_ratio; 2023; VALUE; 本行"),
    ("招商银行2023年集团口径不良率", "cmb; npl_ratio; 2023; VALUE; 集团"),
    ("招商银行2024年中国准则口径营业收入", "cmb; operating_income; 2024; VALUE; 中国准则"),
    ("招商银行2023年营业收入，用百万元表示", "cmb; operating_income; 2023; VALUE; 百万元"),
    # what is negated does not count
    ("招商银行不是2023年是2024年的不良率", "cmb; npl_ratio; 2024; VALUE"),
    ("不是招商银行，是兴业银行2023年不良率", "cib; npl_ratio; 2023; VALUE"),
    # no question about figures
    ("今天天气怎么样", "; ; ; GENERAL"),
    ("北京的天气怎么样", "; ; ; GENERAL"),
    ("今天北京天气怎么样", "; ; ; GENERAL"),
    ("南京的天气怎么样", "; ; ; GENERAL"),
    ("推荐一只股票", "; ; ; GENERAL"),
    ("比特币价格", "; ; ; GENERAL"),
    ("谢谢！", "; ; ; GENERAL"),
]


@pytest.fixture(scope="module")
def read() -> Iterator[Reader]:
    with small_reader() as reader:
        yield reader


@pytest.mark.parametrize("question", SAME_QUESTION)
def test_one_question_in_many_wordings(read: Reader, question: str) -> None:
    assert told(read(question)) == THE_RATIO


@pytest.mark.parametrize(("question", "plan"), QUESTIONS)
def test_a_question_is_understood(read: Reader, question: str, plan: str) -> None:
    assert told(read(question)) == plan


@pytest.mark.parametrize(("question", "name"), [("招商银行2024年IFRS营业收入", "operating_income_ifrs"), ("招商银行2024年国际准则下的营业收入", "operating_income_ifrs")])
def test_income_under_ifrs_is_its_own_indicator(read: Reader, question: str, name: str) -> None:
    assert read(question).slots.indicators == [name]


@pytest.mark.parametrize(("question", "words"), [
    ("招商银行不良率", "未指明期间，取库中最新的2024年"),
    ("招商银行去年不良率", "“去年”理解为2024年"),
    ("招商银行今年一季度营业收入", "“今年”理解为2025年"),
])
def test_what_is_taken_for_granted_is_said(read: Reader, question: str, words: str) -> None:
    assert words in read(question).assumptions


def test_a_plain_question_takes_nothing_for_granted(read: Reader) -> None:
    plan = read("招商银行2023年不良率是多少？")
    assert plan.assumptions == [] and plan.unexplained == [] and plan.understood_by == "grammar"
    assert plan.resolved == "招商银行 2023年末 不良贷款率（集团口径）"


def test_words_that_mean_nothing_to_the_grammar_are_shown_for_an_open_question(read: Reader) -> None:
    plan = read("招商银行净息差还能稳住吗，考虑到化债")
    assert plan.main is Op.ANALYSIS and any("化债" in word for word in plan.unexplained)


@pytest.mark.parametrize(("question", "resolved"), [
    ("招行、兴业23年不良率比较", "招商银行、兴业银行 2023年末 不良贷款率（集团口径）的比较"),
    ("招行2023年不良率是多少？较上年变化多少？", "招商银行 2023年末 不良贷款率（集团口径），以及变动（对比2022年）"),
    ("招行2023年营收", "招商银行 2023年 营业收入（集团口径）"),
    ("招行2023年本行口径不良率", "招商银行 2023年末 不良贷款率（本行口径）"),
    ("什么是净息差", "净息差的定义与口径"),
    ("(3+4)*2", "计算 (3+4)*2"),
])
def test_the_question_is_said_again_in_full(read: Reader, question: str, resolved: str) -> None:
    assert read(question).resolved == resolved
