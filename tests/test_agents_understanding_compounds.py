"""Names that a question spreads out, repeats in a formula, or holds inside another name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.small_document import DocumentReader, document_reader
from tests.small_ledger import Reader, small_reader


@pytest.fixture(scope="module")
def read() -> Iterator[DocumentReader]:
    with document_reader() as reader:
        yield reader


@pytest.fixture(scope="module")
def read_bundled() -> Iterator[Reader]:
    with small_reader() as reader:
        yield reader


@pytest.mark.parametrize("question", [
    "公司贷款和个人贷款谁的不良率高，2023年末",
    "公司贷款、个人贷款2023年末的不良率分别是多少",
    "2023年末对公贷款与零售贷款哪个不良率低",
])  # fmt: skip
def test_parts_share_the_measure_after_them(read: DocumentReader, question: str) -> None:
    assert read(question).slots.indicators == ["corporate_npl_ratio", "personal_npl_ratio"]


@pytest.mark.parametrize(("question", "indicators"), [
    ("招商银行2023年公司贷款、个人贷款", ["corporate_loans", "personal_loans"]),
    ("招商银行2023年净利润和不良率", ["net_profit", "npl_ratio"]),
    ("招商银行2023年不良率、拨备覆盖率、净息差", ["npl_ratio", "provision_coverage", "net_interest_margin"]),
    ("招商银行2023年营业收入、净利润、不良率", ["operating_income", "net_profit", "npl_ratio"]),
])  # fmt: skip
def test_a_list_of_figures_stays_a_list(read_bundled: Reader, question: str, indicators: list[str]) -> None:
    """净利润 has no 不良率: a measure is shared only by parts that have it."""
    assert read_bundled(question).slots.indicators == indicators


def test_a_change_that_belongs_to_a_name_is_no_operation(read: DocumentReader) -> None:
    plan = read("2023年利率上升100个基点的利息净收入变动多少")
    assert plan.slots.indicators == ["nii_change_up_100bp"] and [item.op.name for item in plan.operations] == ["VALUE"]


def test_a_change_of_anything_else_is_one(read: DocumentReader) -> None:
    plan = read("2023年营业收入变动多少")
    assert plan.slots.indicators == ["operating_income"] and [item.op.name for item in plan.operations] == ["DIFFERENCE"]


@pytest.mark.parametrize(("question", "told"), [
    ("招商银行2023年成本收入比（业务及管理费÷营业收入）", "cost_income_ratio"),
    ("招商银行2023年不良率=不良贷款/贷款总额", "npl_ratio"),
])  # fmt: skip
def test_a_formula_in_the_question_asks_for_one_figure(read_bundled: Reader, question: str, told: str) -> None:
    plan = read_bundled(question)
    assert plan.refusal is None and plan.slots.periods == ["2023"] and len(plan.operations) == 1
    assert told in (*plan.slots.indicators, plan.operations[0].against)
