"""The rows of a table told: from that table, with the total and whether they add up to it, shares last, and what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from agents.calculations.breakdowns import breakdown
from agents.calculations.decompositions import parts
from agents.calculations.desk import Desk
from agents.findings import FindingKind
from agents.plan import Op, Operation, QueryPlan, Slots
from agents.writing.paragraphs import breakdown as told
from data.figures import Figure
from data.units import Quantity
from retrieval.ledger import Ledger
from tests.small_document import BANK_ID, COLLECTION, DocumentReader
from tests.table_document import document_store
from tools.factsheet import FactSheet
from tools.lookup import FigureFinder

TABLE, REGIONS = "业务及管理费", "不良贷款按地区划分"
COSTS = ["row:业务及管理费：职工薪酬", "depreciation_amortisation", "row:业务及管理费：其他办公支出"]
BAD = [f"row:{REGIONS}：{name}" for name in ("长江三角洲", "珠江三角洲", "中部地区")]
LOANS = ["manufacturing_loans", "mining_loans", "construction_loans"]
SHARES = [f"row:按行业划分的公司贷款：{name}·占比" for name in ("制造业", "采矿业", "建筑业")]


@pytest.fixture
def store() -> Iterator[Ledger]:
    with document_store() as opened:
        yield opened


def desk_over(store: Ledger, names: list[str], operation: Operation, *, period: str = "2023", scope: str = "") -> Desk:
    understanding = DocumentReader(store).understanding
    plan = QueryPlan("", "", "decomposition", Slots([BANK_ID], names, [period], scope), [operation])
    finder = FigureFinder(store, understanding.catalogue, understanding.banks, FactSheet(), (COLLECTION,))
    return Desk(plan, finder, understanding.catalogue, understanding.banks)


def run(store: Ledger, names: list[str], *, period: str = "2023", scope: str = "", **details: object) -> Desk:
    operation = replace(Operation(Op.BREAKDOWN), **details)  # type: ignore[arg-type]
    desk = desk_over(store, names, operation, period=period, scope=scope)
    breakdown(desk, operation)
    return desk


def values(desk: Desk) -> list[str]:
    return [str(figure.quantity.value) for figure in desk.sheet.answer_figures()]


def test_all_parts_then_the_total_and_that_they_add_up(store: Ledger) -> None:
    desk = run(store, COSTS, against="operating_expenses", table=TABLE, page=12)
    assert values(desk) == ["400", "100", "50", "550"] and not desk.caveats
    [finding] = desk.findings
    assert finding.kind is FindingKind.BREAKDOWN and finding.words["sums"] == "exact" and finding.ids["total"] == [desk.sheet.answers[-1]]
    assert any("各项相加与合计一致" in line for line in told(desk.sheet, finding))


def test_amounts_come_before_printed_shares(store: Ledger) -> None:
    desk = run(store, [*LOANS, *SHARES], against="corporate_loans", table="按行业划分的公司贷款", page=15)
    assert values(desk) == ["70000", "50000", "80000", "200000", "35.00", "25.00", "40.00"]


@pytest.mark.parametrize(("highest", "first"), [(True, "80000"), (False, "50000"), (None, "70000")])
def test_the_order_asked_for(store: Ledger, highest: bool | None, first: str) -> None:
    assert values(run(store, LOANS, against="corporate_loans", highest=highest))[0] == first


def test_rows_that_do_not_add_up_are_said_not_to(store: Ledger) -> None:
    desk = run(store, BAD, against="npl_balance", table=REGIONS, page=9)
    [finding] = desk.findings
    assert finding.words["sums"] == "off" and str(desk.sheet.get(finding.ids["sum"][0]).quantity.value) == "4500"
    assert finding.ids["sum"][0] not in desk.sheet.answers
    assert any("与合计不一致" in line for line in told(desk.sheet, finding))


def test_a_row_without_a_figure_is_named(store: Ledger) -> None:
    desk = run(store, [*COSTS, *LOANS[:1]], against="operating_expenses", scope="本行")
    assert values(desk)[:3] == ["400", "100", "50"]
    assert any("未列示" in text and "制造业贷款" in text for text in desk.caveats)


def test_nothing_at_the_period_is_a_gap(store: Ledger) -> None:
    desk = run(store, COSTS, period="2020", against="operating_expenses")
    assert not desk.findings and len(desk.gaps) == 1


def test_the_figure_is_taken_from_the_table_asked_of(store: Ledger) -> None:
    elsewhere = [rival(figure) for figure in store_figures(store, "depreciation_amortisation")]
    store.add(elsewhere)
    assert values(run(store, COSTS, against="operating_expenses", table=TABLE, page=12))[1] == "100"
    assert values(run(store, COSTS, against="operating_expenses"))[1] == "93"


def test_ratios_are_not_added(store: Ledger) -> None:
    desk = run(store, SHARES[:2], against="npl_ratio")
    assert "sum" not in desk.findings[0].ids and desk.findings[0].words["sums"] == ""


def test_parts_of_the_catalogue_that_do_not_cover_a_total_are_said_not_to(store: Ledger) -> None:
    desk = desk_over(store, ["operating_expenses"], Operation(Op.PARTS))
    parts(desk, Operation(Op.PARTS))
    assert values(desk)[-1] == "550" and any("不是全部构成" in text for text in desk.caveats)


def store_figures(store: Ledger, name: str) -> list[Figure]:
    from data.ports import FigureQuery

    return store.find(FigureQuery((BANK_ID,), (name,), collections=(COLLECTION,)))


def rival(figure: Figure) -> Figure:
    """The same figure a little lower in a table of a better rank."""
    place = replace(figure.evidence[0], table="主要财务数据", page=2)
    return replace(figure, quantity=Quantity.of(figure.quantity.value - 7, "百万元"), evidence=[place], rank=-1)
