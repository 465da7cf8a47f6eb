"""What the documents of a collection add to the vocabulary: rows as indicators, banks under their own name, kept until they change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from agents.understanding.grammar import Understanding
from app.collection_view import CollectionView, CollectionViews
from data.banks import bank_registry
from data.evidence import Evidence
from data.facts_table import COLLECTION, INDUSTRY_ID
from data.figures import Figure
from data.indicators import Kind, indicator_catalogue
from data.periods import Period
from data.units import Quantity
from retrieval.ledger import Ledger
from tools.name_scanner import name_scanner

MINE, THEIRS = "mine", "theirs"


def cell(name: str, value: str, unit: str, *, id: str = "", bank: str = "青禾银行", point: bool = True, collection: str = MINE, row: str = "", bank_id: str | None = None) -> Figure:
    """A figure of a document; without an id, one that only the document names."""
    return Figure(
        entity=bank, entity_id=f"bank:{bank}" if bank_id is None else bank_id, indicator=name, indicator_id=id or f"row:{name}", period=Period.parse("2023"),
        quantity=Quantity.of(value, unit), point=point, evidence=[Evidence(f"{bank}年报", 3, "分地区", row or name, source="sha")], collection=collection,
    )


FIGURES = [
    cell("总资产", "900000", "百万元", id="total_assets"),
    cell("分地区：珠三角", "800", "百万元"),
    cell("分地区：珠三角·占比", "8.1", "%", row="分地区：珠三角"),
    cell("新发放贷款", "300", "百万元", point=False),
    cell("客户经理", "1200", "人"),
]
BASE = CollectionView(None, indicator_catalogue(), bank_registry(), name_scanner(), Understanding.build(name_scanner(), bank_registry(), indicator_catalogue()))


@pytest.fixture
def store() -> Iterator[Ledger]:
    with Ledger.open("sqlite://") as ledger:
        ledger.add(FIGURES)
        yield ledger


@pytest.fixture
def views(store: Ledger) -> CollectionViews:
    return CollectionViews(store, BASE)


def test_without_documents_the_vocabulary_is_the_packaged_one() -> None:
    with Ledger.open("sqlite://") as ledger:
        views = CollectionViews(ledger, BASE)
        assert views.of([]) is BASE and views.of([COLLECTION]) is BASE
        ledger.add([cell("总资产", "1", "百万元", id="total_assets", collection=COLLECTION)])
        assert views.of([]) is BASE and views.of([COLLECTION]) is BASE


def test_rows_of_a_collection(views: CollectionViews) -> None:
    view = views.of([MINE])
    assert view.rows is not None and len(view.rows) == len(FIGURES)
    assert view.rows.match(["珠三角", "占比"])[0].record.indicator == "分地区：珠三角·占比"


@pytest.mark.parametrize(("name", "kind", "point", "unit"), [
    ("分地区：珠三角", Kind.STOCK, True, "百万元"),
    ("分地区：珠三角·占比", Kind.RATIO, True, "%"),
    ("新发放贷款", Kind.FLOW, False, "百万元"),
    ("客户经理", Kind.STOCK, True, "人"),
])  # fmt: skip
def test_a_row_that_only_the_document_names_is_an_indicator(views: CollectionViews, name: str, kind: Kind, point: bool, unit: str) -> None:
    made = views.of([MINE]).catalogue.get(f"row:{name}")
    assert (made.name, made.kind, made.point, made.unit.symbol) == (name, kind, point, unit)
    assert "报告" in made.caliber and "分地区" in made.caliber


def test_what_the_catalogue_knows_stays_as_it_is(views: CollectionViews) -> None:
    view = views.of([MINE])
    assert view.catalogue.get("total_assets") == BASE.catalogue.get("total_assets")
    assert f"row:{FIGURES[1].indicator}" not in BASE.catalogue, "the packaged catalogue is not touched"


def test_a_bank_that_the_registry_does_not_know(views: CollectionViews) -> None:
    view = views.of([MINE])
    bank = view.banks.by_name("青禾银行")
    assert bank is not None and bank.id == "bank:青禾银行" and not bank.listed
    assert [span.ref for span in view.scanner.scan("青禾银行2023年总资产") if span.ref.startswith("bank:")] == ["bank:青禾银行"]
    assert bank_registry().by_name("青禾银行") is None


@pytest.mark.parametrize("bank_id", ["cmb", INDUSTRY_ID, ""])
def test_no_bank_is_made_of_what_is_known_or_is_none(bank_id: str) -> None:
    with Ledger.open("sqlite://") as ledger:
        ledger.add([cell("总资产", "1", "百万元", id="total_assets", bank="招商银行", bank_id=bank_id)])
        assert CollectionViews(ledger, BASE).of([MINE]).banks.names() == bank_registry().names()


def test_a_view_is_kept_until_its_collection_changes(store: Ledger, views: CollectionViews) -> None:
    before = views.of([MINE])
    store.add([cell("总资产", "7", "百万元", id="total_assets", collection=THEIRS, bank="白桦银行")])
    assert views.of([MINE]) is before
    store.add([cell("柜员", "50", "人")])
    after = views.of([MINE])
    assert after is not before and after.rows is not None and len(after.rows) == len(FIGURES) + 1 and "row:柜员" in after.catalogue
    store.remove_collection(MINE)
    assert len(views.of([MINE]).rows or ()) == 0


def test_collections_do_not_see_each_other(store: Ledger, views: CollectionViews) -> None:
    store.add([cell("柜员", "50", "人", collection=THEIRS, bank="白桦银行")])
    mine, theirs, all_of_them = views.of([MINE]), views.of([THEIRS]), views.of([])
    assert mine.banks.by_name("白桦银行") is None and theirs.banks.by_name("青禾银行") is None
    assert "row:柜员" not in mine.catalogue and "row:柜员" in theirs.catalogue and "row:柜员" in all_of_them.catalogue
    assert all_of_them.banks.by_name("白桦银行") and all_of_them.banks.by_name("青禾银行")


def test_the_catalogues_names_find_a_row_that_is_printed_otherwise(store: Ledger) -> None:
    store.add([replace(cell("成本收入比", "31", "%", id="cost_income_ratio"), evidence=[Evidence("青禾银行年报", 4, "指标", "业务费用率", source="sha")])])
    rows = CollectionViews(store, BASE).of([MINE]).rows
    assert rows is not None
    found = rows.match(["成本收入比"])[0]
    assert (found.record.indicator_id, found.covered) == ("cost_income_ratio", 1)
