"""Documents and chunks in the database: begun, filled, finished, replaced, removed; tenants and versions."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from data.errors import LedgerError
from retrieval.chunking import chunk_document
from retrieval.ledger import Ledger
from retrieval.library import Library
from tests.small_library import COLLECTION, bank_report, shelve

REPORT = bank_report("甲银行2023年年度报告")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(f"sqlite:///{tmp_path / 'a.db'}") as opened:
        yield opened


def test_chunks_come_back_as_they_were(library: Library) -> None:
    shelve(library, REPORT, entity_id="cmb", period="2023")
    chunks = chunk_document(REPORT)
    boxed = [replace(chunk, box=(1.0, 2.5, 3.0, 4.0), indicators=("roe", "npl_ratio")) for chunk in chunks]
    assert library.chunks(COLLECTION) == chunks
    library.add_chunks(COLLECTION, REPORT.key, boxed)
    assert library.chunks(COLLECTION) == boxed
    assert {chunk.page for chunk in library.chunks(COLLECTION, pages=[2, 4])} == {2, 4}
    assert library.chunks(COLLECTION, keys=["other"]) == [] and library.chunks("other") == []


def test_the_steps_of_a_document(library: Library) -> None:
    assert library.status(COLLECTION, REPORT.key) is None and library.report(COLLECTION, REPORT.key) == {}
    library.begin(COLLECTION, REPORT, pipeline="7", entity="甲银行", entity_id="bank:甲银行", ingested_at="2025-06-30T12:00:00+00:00")
    assert library.status(COLLECTION, REPORT.key) == "begun:7"
    empty = library.version([COLLECTION])
    library.add_chunks(COLLECTION, REPORT.key, chunk_document(REPORT))
    assert library.version([COLLECTION]) == empty, "nothing is searched before it is finished"
    library.finish(COLLECTION, REPORT.key, {"period": "2023", "figures": 12})
    (record,) = library.documents()
    assert (record.done, record.status, record.period, record.report["figures"]) == (True, "done:7", "2023", 12)
    assert (record.entity, record.entity_id, record.pages, record.chunks, record.title) == ("甲银行", "bank:甲银行", 5, len(chunk_document(REPORT)), REPORT.title)
    assert record.ingested_at == "2025-06-30T12:00:00+00:00" and library.version([COLLECTION]) != empty


def test_taking_in_again_replaces(library: Library) -> None:
    shelve(library, REPORT)
    shelve(library, REPORT)
    assert len(library.documents()) == 1 and library.chunks(COLLECTION) == chunk_document(REPORT)
    library.begin(COLLECTION, REPORT, pipeline="2")
    assert library.chunks(COLLECTION) == [] and library.status(COLLECTION, REPORT.key) == "begun:2"


def test_removing(library: Library) -> None:
    other = bank_report("乙银行2023年年度报告")
    shelve(library, REPORT)
    shelve(library, other)
    shelve(library, REPORT, "elsewhere")
    assert library.remove(COLLECTION, REPORT.key) == len(chunk_document(REPORT)) and library.remove(COLLECTION, REPORT.key) == 0
    assert [(held.name, held.documents) for held in library.collections()] == [("elsewhere", 1), (COLLECTION, 1)]
    assert library.remove_collection("elsewhere") == 1 and library.remove_collection("elsewhere") == 0
    assert {chunk.document for chunk in library.chunks(COLLECTION)} == {other.key} and library.chunks("elsewhere") == []


def test_the_version_follows_each_collection(library: Library) -> None:
    shelve(library, REPORT)
    before, elsewhere = library.version([COLLECTION]), library.version(["elsewhere"])
    shelve(library, REPORT, "elsewhere")
    assert library.version([COLLECTION]) == before and library.version(["elsewhere"]) != elsewhere
    library.add_chunks(COLLECTION, REPORT.key, chunk_document(REPORT)[:-1])
    assert library.version([COLLECTION]) != before


def test_tenants_see_only_their_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with Library.open(url, "a") as first, Library.open(url, "b") as second:
        shelve(first, REPORT)
        assert second.documents() == [] and second.chunks(COLLECTION) == [] and second.remove(COLLECTION, REPORT.key) == 0
        assert len(first.documents()) == 1


def test_mistakes_are_told(library: Library) -> None:
    with pytest.raises(LedgerError, match="没有开始导入"):
        library.add_chunks(COLLECTION, REPORT.key, chunk_document(REPORT))
    assert library.chunks(COLLECTION) == [], "a refused write leaves nothing"
    with pytest.raises(LedgerError, match="没有开始导入"):
        library.finish(COLLECTION, REPORT.key, {})
    library.begin(COLLECTION, REPORT, pipeline="1")
    with pytest.raises(ValueError, match="another document"):
        library.add_chunks(COLLECTION, REPORT.key, chunk_document(bank_report("乙")))


def test_it_shares_a_database_with_the_ledger(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with Library.open(url) as library, Ledger.open(url) as ledger:
        shelve(library, REPORT)
        assert ledger.collections() == [] and len(library.documents()) == 1


def test_processes_may_open_and_write_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"

    def take_in(number: int) -> None:
        with Library.open(url) as library:
            shelve(library, bank_report(f"银行{number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(take_in, range(8)))
    with Library.open(url) as library:
        assert len(library.documents([COLLECTION])) == 8


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"no database at all" * 100)
    with Library.open(f"sqlite:///{tmp_path / 'a.db'}") as library, pytest.raises(LedgerError, match="损坏"):
        library.documents()
