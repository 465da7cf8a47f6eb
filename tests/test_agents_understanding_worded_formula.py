"""Questions that state their own formula: what is read, what is computed, what is refused, what is left to other operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agents.plan import Carried, Op
from agents.understanding.grammar import Understanding
from agents.understanding.horizon import Horizon
from app.assistant import Assistant
from data.banks import bank_registry
from data.figures import Figure
from data.indicators import indicator_catalogue
from data.ports import RowRecord
from data.refusals import RefusalCode
from tests.bound_numbers import unbound_numbers
from tests.small_ledger import TODAY, Reader, ledger, made, small_assistant, small_reader, worked
from tools.name_scanner import name_scanner
from tools.row_index import ROW_PREFIX, RowIndex

EXTRA = [
    made("cmb", "staff", "2023", "100000"), made("cmb", "staff", "2024", "110000"), made("cmb", "total_equity", "2022", "910000"),
    made("cmb", "total_equity", "2023", "1110000"), made("cmb", "loan_allowance_fvoci", "2023", "1750"), made("cmb", "roa", "2023", "1.56"),
    made("cmb", "overdue_loans", "2023", "80000"), made("cmb", "overdue_1_90_loans", "2023", "30600"), made("cmb", "lcr", "2023", "150"),
    made("cmb", "loan_allowance_amortised_cost", "2023", "268250"), made("cmb", "provision_coverage", "2024", "450"),
]


@pytest.fixture(scope="module")
def read() -> Iterator[Reader]:
    with small_reader() as reader:
        yield reader


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with small_assistant(tmp_path_factory.mktemp("home"), extra=EXTRA) as assistant:
        yield assistant


def first(opened: Assistant, *turns: str) -> Figure:
    """The first answer to the last of these turns."""
    state = partial(worked, opened)(*turns)
    return next(figure for figure in state.figures if figure.id == state.answers[0])


@pytest.mark.parametrize(("question", "formula"), [
    ("招商银行2023年资产回报：净利润除以资产总额的期初期末均值", "净利润 ÷ 平均资产总额"),
    ("招商银行2023年净利润除以期初和期末平均的贷款总额", "净利润 ÷ 平均贷款总额"),
    ("招商银行2023年（利息净收入+手续费及佣金净收入）÷营业收入", "(利息净收入 + 手续费及佣金净收入) ÷ 营业收入"),
    ("招商银行2023年利息净收入、手续费及佣金净收入之和占营业收入的比重", "(利息净收入 + 手续费及佣金净收入) ÷ 营业收入"),
    ("招商银行2023年利息净收入加手续费及佣金净收入除以营业收入是多少", "(利息净收入 + 手续费及佣金净收入) ÷ 营业收入"),
    ("招商银行2023年末存款总额与贷款总额之差多少亿元", "存款总额 − 贷款总额"),
    ("招商银行2023年末存款总额减去贷款总额再除以资产总额", "(存款总额 − 贷款总额) ÷ 资产总额"),
    ("招商银行2023年末不良贷款减期初不良贷款，再除以期初贷款总额", "(不良贷款余额 − 期初不良贷款余额) ÷ 期初贷款总额"),
    ("招商银行2023年（期末不良贷款余额-期初不良贷款余额）/期初贷款总额", "(不良贷款余额 − 期初不良贷款余额) ÷ 期初贷款总额"),
    ("招商银行2023年总资产的期初期末平均", "平均资产总额"),
    ("招商银行2023年净利润÷(营业收入-业务及管理费)", "净利润 ÷ (营业收入 − 业务及管理费)"),
    ("招商银行2023年净利润乘以4除以营业收入", "净利润 × 4 ÷ 营业收入"),
    ("招商银行2023年末贷款总额减2022年末存款总额", "2023年贷款总额 − 2022年存款总额"),
])
def test_the_formula_is_read_as_it_stands(read: Reader, question: str, formula: str) -> None:
    assert read(question).operations[0].expression == formula


@pytest.mark.parametrize(("question", "main"), [
    ("招商银行2023年净利润除以营业收入", Op.RATIO),
    ("招商银行2023年利息净收入占营业收入的比重", Op.SHARE),
    ("用不良贷款余额除以贷款总额验算招商银行2023年不良贷款率", Op.RECOMPUTE),
    ("招商银行2023年不良率加上拨备覆盖率都给我", Op.VALUE),
    ("招商银行、兴业银行2023年营业收入合计", Op.TOTAL),
    ("招行/工行2023年总资产", Op.COMPARE),
    ("招商银行2023年净资产收益率（加权）", Op.VALUE),
    ("拨备覆盖率是什么意思，是贷款损失准备除以不良贷款吗", Op.DEFINITION),
    ("(1200-1100)/1100*100", Op.EXPRESSION),
])
def test_what_another_operation_tells_is_left_to_it(read: Reader, question: str, main: Op) -> None:
    assert read(question).main is main


@pytest.mark.parametrize(("question", "name", "shown"), [
    ("招商银行2023年员工创利（净利润/员工人数）多少万元", "员工创利", "148万元"),
    ("招商银行2023年末权益倍数：总资产除以股东权益合计", "权益倍数", "9.009009倍"),
    ("招商银行2023年ROE＝净利润÷股东权益合计的期初期末平均", "ROE", "14.653465%"),
    ("招商银行2023年末不良贷款对员工人数的比率", "不良贷款余额 ÷ 员工人数", "61.75万元"),
    ("招商银行2023年末存款总额减去贷款总额的差额多少亿元", "存款总额 − 贷款总额", "15000亿元"),
    ("招商银行2023年末贷款损失准备除以贷款总额（仅取摊余成本的那部分准备）", "以摊余成本计量的贷款减值准备 ÷ 贷款总额", "4.126923%"),
    ("复核招商银行2023年末拨备覆盖率（计入FVOCI贷款减值准备）", "拨备覆盖率", "440.080972%"),
    ("招商银行2023年末90天以上逾期贷款占不良贷款余额的份额", "逾期90天以上贷款占不良贷款余额比重", "80.00%"),
    ("招商银行2023年人均营业收入多少万元？用员工人数", "人均营业收入", "310万元"),
    ("招商银行2023年（净利润+所得税费用）占营业收入的比例", "(净利润 + 所得税) ÷ 营业收入", "54.193548%"),
])
def test_the_result_is_exact_and_in_the_unit_asked_for(opened: Assistant, question: str, name: str, shown: str) -> None:
    figure = first(opened, question)
    assert f"{figure.to_dict()['value']}{figure.quantity.unit}" == shown and figure.indicator.replace("所得税费用", "所得税") == name
    assert len(figure.inputs) >= 2


def test_the_stated_formula_goes_before_the_disclosed_figure_of_that_name(opened: Assistant) -> None:
    state = worked(opened, "招商银行2023年ROA：净利润除以期初期末平均总资产")
    result, disclosed = (next(f for f in state.figures if f.id == key) for key in state.answers)
    assert result.quantity.value.quantize(Decimal("0.0001")) == Decimal("1.5579") and disclosed.indicator_id == "roa"
    assert [f.period.year for f in state.figures if f.id in result.inputs] == [2023, 2023, 2022]


def test_a_result_that_differs_from_the_disclosed_one_is_said_to_differ(opened: Assistant) -> None:
    state = worked(opened, "招商银行2023年ROA：净利润除以总资产")
    assert next(f for f in state.figures if f.id == state.answers[0]).indicator_id == ""
    assert any("披露的" in caveat and "不同" in caveat for caveat in state.caveats)


def test_the_formula_is_carried_to_another_year_and_given_up_for_another_figure(opened: Assistant) -> None:
    asked = "招商银行2023年利息净收入与手续费及佣金净收入之和占营业收入的比例"
    assert first(opened, asked, "2024年呢").quantity.value.quantize(Decimal("0.01")) == Decimal("78.79")
    assert first(opened, asked, "那净利润呢").indicator_id == "net_profit"


def test_the_change_of_a_stated_ratio(opened: Assistant) -> None:
    figure = first(opened, "招商银行2023年末存贷资金差率（存款总额-贷款总额）/存款总额，比上年末变动多少")
    assert f"{figure.to_dict()['value']}{figure.quantity.unit}" == "-1.25个百分点"


@pytest.mark.parametrize(("question", "missing"), [
    ("招商银行2023年净利润除以火星分行数", "火星分行数"),
    ("招商银行2023年客均利润（净利润/月球客户数）", "月球客户数"),
])
def test_an_operand_that_nothing_names_is_refused_by_name(read: Reader, question: str, missing: str) -> None:
    refusal = read(question).refusal
    assert refusal is not None and refusal.code is RefusalCode.NOT_DISCLOSED and missing in refusal.message


def test_units_that_do_not_add_up_are_refused(opened: Assistant, tmp_path: Path) -> None:
    answer = opened.ask("招商银行2023年净利润加上员工人数之和除以营业收入")
    assert answer["refusal"]["code"] == "not_disclosed" and "不同类" in answer["refusal"]["message"] and not answer["answers"]


def test_an_operand_may_be_a_row_of_a_document() -> None:
    row = f"{ROW_PREFIX}cards"
    record = RowRecord("招商银行", "cmb", "信用卡分期手续费", row, "收入明细", "信用卡分期手续费", "百万元", False, 0, 5, ("2023",), ("集团",))
    catalogue = indicator_catalogue().extended([replace(indicator_catalogue().get("net_fee_income"), id=row, name="信用卡分期手续费", aliases=())])
    with ledger() as store:
        understanding = Understanding.build(name_scanner(), bank_registry(), catalogue)
        plan = understanding.plan("招商银行2023年信用卡分期手续费除以营业收入", Carried(), Horizon(store, rows=RowIndex([record])), TODAY)
    term = plan.operations[0].term
    assert plan.main is Op.FORMULA and term is not None and [leaf.indicator for leaf in term.leaves()] == [row, "operating_income"]


def test_the_whole_way_from_question_to_audited_answer(opened: Assistant) -> None:
    answer: dict[str, Any] = opened.ask("招商银行2023年每位员工分摊的费用（业务及管理费÷员工人数）折合多少万元")
    assert answer["refusal"] is None and unbound_numbers(answer) == []
    assert "= 业务及管理费 ÷ 员工人数" in answer["answer"] and "100.00万元" in answer["answer"]
    result = next(figure for figure in answer["figures"] if figure["id"] == answer["answers"][0])
    inputs = [figure for figure in answer["figures"] if figure["id"] in result["inputs"]]
    assert {figure["indicator"] for figure in inputs} == {"业务及管理费", "员工人数"} and all(figure["evidence"] for figure in inputs)
