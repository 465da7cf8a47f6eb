"""Files into the stores: once for the same bytes, whole after a kill, several at once, and away again without a trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.ingesting import identity_checks, open_ingestor
from app.settings import Settings
from data.banks import bank_registry
from data.errors import DocumentError
from data.figures import Figure
from data.indicators import indicator_catalogue
from data.ports import FigureQuery
from retrieval.engine import RetrievalEngine
from retrieval.ingest import PIPELINE, Check, Ingestor, IngestReport, Options, Reader
from retrieval.ledger import Ledger
from retrieval.library import Library
from tests.conftest import ROOT
from tests.small_files import report_file, workbook

MINE = "mine"
READER = Reader(indicator_catalogue, bank_registry)


class Stores:
    """A ledger and a library in one SQLite file, a search over them, and an ingestor without models."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        self.url = f"sqlite:///{home / 'caizhi.db'}"
        self.ledger, self.library = Ledger.open(self.url), Library.open(self.url)
        self.engine = RetrievalEngine(library=self.library, folder=home / "index")

    def ingestor(self, checker: Callable[..., list[Check]] = identity_checks) -> Ingestor:
        return Ingestor(self.ledger, self.library, self.engine, READER, checker, lambda: "2025-06-30T12:00:00+00:00")

    def ingest(self, *paths: Path, collection: str = MINE, **options: object) -> list[IngestReport]:
        return list(self.ingestor().ingest(paths, collection, Options(**options)))  # type: ignore[arg-type]

    def figures(self, collection: str = MINE) -> list[Figure]:
        return self.ledger.find(FigureQuery(collections=[collection]))

    def counts(self, collection: str = MINE) -> tuple[int, int, int, int]:
        """Figures, documents that are done, passages, and passages that can be found."""
        done = [record for record in self.library.documents([collection]) if record.done]
        return len(self.figures(collection)), len(done), len(self.library.chunks(collection)), len(self.engine.containing(["银行", "入", "地区"], [collection]))

    def close(self) -> None:
        self.library.close()
        self.ledger.close()


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = Stores(tmp_path / "home")
    yield opened
    opened.close()


def values(figures: list[Figure]) -> dict[tuple[str, str], str]:
    return {(figure.indicator_id, str(figure.period)): str(figure.quantity.value) for figure in figures}


# Once


def test_a_report_says_what_came_in(stores: Stores, tmp_path: Path) -> None:
    (report,) = stores.ingest(report_file(tmp_path / "a.md"))
    (record,) = stores.library.documents([MINE])
    assert (report.status, report.bank, report.period, report.title) == ("added", "青禾银行", "2023", "青禾银行股份有限公司2023年年度报告")
    assert (report.figures, report.passages) == (len(stores.figures()), record.chunks) and 10 <= report.named <= report.figures
    assert report.pages == 1 and report.tables == 2 and report.passed > 0 and report.failed == []
    assert record.status == f"done:{PIPELINE}" and record.report == report.to_dict() and record.ingested_at.startswith("2025-06-30")
    held = values(stores.figures())
    assert held["operating_income", "2023"] == "12345" and held["total_assets", "2022"] == "850000"
    assert all(figure.evidence[0].page == 1 and figure.evidence[0].source == report.key for figure in stores.figures())


def test_the_same_bytes_are_not_read_again(stores: Stores, tmp_path: Path) -> None:
    (first,) = stores.ingest(report_file(tmp_path / "a.md"))
    before, version = stores.counts(), stores.ledger.version([MINE])
    (again,) = stores.ingest(tmp_path / "a.md")
    assert (again.status, again.key, again.figures, again.title, again.seconds) == ("unchanged", first.key, first.figures, first.title, 0.0)
    assert stores.counts() == before and stores.ledger.version([MINE]) == version
    (renamed,) = stores.ingest((tmp_path / "a.md").rename(tmp_path / "b.md"))
    assert renamed.status == "unchanged" and renamed.path.endswith("b.md")


def test_two_names_of_the_same_bytes_are_one_document(stores: Stores, tmp_path: Path) -> None:
    one, other = report_file(tmp_path / "a.md"), report_file(tmp_path / "b.md")
    assert [report.status for report in stores.ingest(one, other, workers=2)] == ["added", "unchanged"]
    assert stores.counts()[1] == 1


def test_force_reads_again_and_doubles_nothing(stores: Stores, tmp_path: Path) -> None:
    stores.ingest(report_file(tmp_path / "a.md"))
    before = stores.counts()
    (again,) = stores.ingest(tmp_path / "a.md", force=True)
    assert again.status == "added" and stores.counts() == before


def test_an_older_pipelines_document_is_read_again(stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stores.ingest(report_file(tmp_path / "a.md"))
    before = stores.counts()
    monkeypatch.setattr("retrieval.ingest.PIPELINE", "next")
    monkeypatch.setattr("retrieval.ingest._DONE", "done:next")
    assert [report.status for report in stores.ingest(tmp_path / "a.md")] == ["added"]
    assert stores.counts() == before
    assert [report.status for report in stores.ingest(tmp_path / "a.md")] == ["unchanged"]


def test_changed_bytes_are_another_document(stores: Stores, tmp_path: Path) -> None:
    stores.ingest(report_file(tmp_path / "a.md"))
    (changed,) = stores.ingest(report_file(tmp_path / "a.md", income="12,999"))
    assert changed.status == "added" and stores.counts()[1] == 2


def test_a_collection_of_its_own_for_the_same_file(stores: Stores, tmp_path: Path) -> None:
    file = report_file(tmp_path / "a.md")
    assert [stores.ingest(file, collection=name)[0].status for name in ("one", "two", "one")] == ["added", "added", "unchanged"]
    assert stores.counts("one") == stores.counts("two")


# After a kill


def test_what_a_kill_left_behind_is_done_again(stores: Stores, tmp_path: Path) -> None:
    file = report_file(tmp_path / "a.md")
    stores.ingest(file)
    whole, figures = stores.counts(), stores.figures()
    key = stores.library.documents([MINE])[0].key
    stores.ingestor().remove(MINE, key)
    prepared = READER(file, MINE, Options())
    stores.library.begin(MINE, prepared.document, pipeline=PIPELINE)
    stores.ledger.add(prepared.extraction.figures[:7])
    stores.library.add_chunks(MINE, key, prepared.chunks[:2])
    assert stores.counts()[1] == 0 and stores.counts()[3] == 0, "nothing of it is searched"
    assert [report.status for report in stores.ingest(file)] == ["added"]
    assert stores.counts() == whole and values(stores.figures()) == values(figures)


@pytest.mark.parametrize("step", ["begin", "add", "add_chunks", "finish"])
@pytest.mark.parametrize("force", [False, True])
def test_wherever_it_stops_the_next_run_makes_it_whole(stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, force: bool) -> None:
    """Force: a document that was whole is read again, and that run stops; it must not pass for done."""
    file = report_file(tmp_path / "a.md")
    stores.ingest(file)
    whole = stores.counts()
    if not force:
        stores.ingestor().remove_collection(MINE)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(stores.ledger if step == "add" else stores.library, step, stop)
        stores.ingest(file, force=force)
    stores.ingest(file)
    assert stores.counts() == whole


def test_a_process_that_is_killed_leaves_nothing_doubled(stores: Stores, tmp_path: Path) -> None:
    files = [report_file(tmp_path / f"{number}.md", income=f"12,{number}") for number in range(100, 250)]
    command = [sys.executable, "-m", "app", "ingest", str(tmp_path / "in"), "--collection", MINE, "--workers", "1"]
    (tmp_path / "in").mkdir()
    for file in files:
        file.rename(tmp_path / "in" / file.name)
    files = sorted((tmp_path / "in").iterdir())
    environment = {**os.environ, "CAIZHI_HOME": str(stores.home), "CAIZHI_EMBEDDING": "none", "CAIZHI_RERANKER": "none"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + 30
        while not stores.library.documents([MINE]) and time.monotonic() < deadline:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL, "it was still at work"
    held = {record.name: record.done for record in stores.library.documents([MINE])}
    assert 0 < len(held) < len(files)
    part = files[: len(held) + 1]
    statuses = [report.status for report in stores.ingest(*part)]
    assert statuses.count("unchanged") == sum(held.values()) and statuses.count("added") == len(part) - sum(held.values())
    each = len(values(stores.figures()))
    assert stores.counts()[1] == len(part) and each > 10
    per_document = {record.key: sum(figure.evidence[0].source == record.key for figure in stores.figures()) for record in stores.library.documents([MINE])}
    assert len(set(per_document.values())) == 1, "no document has more or less than another"


# Several


def test_several_files_are_read_by_a_pool(stores: Stores, tmp_path: Path) -> None:
    files = [report_file(tmp_path / "a.md"), report_file(tmp_path / "b.csv", "白桦银行"), report_file(tmp_path / "c.html", "云杉银行"), workbook(tmp_path / "d.xlsx", "红松银行")]
    stages: list[tuple[str, int, int]] = []
    reports = list(stores.ingestor().ingest(files, MINE, Options(workers=2), lambda *told: stages.append(told)))
    assert [(report.status, Path(report.path).name, report.bank) for report in reports] == [
        ("added", "a.md", "青禾银行"), ("added", "b.csv", "白桦银行"), ("added", "c.html", "云杉银行"), ("added", "d.xlsx", "红松银行"),
    ]  # fmt: skip
    assert {figure.entity_id for figure in stores.figures()} == {"bank:青禾银行", "bank:白桦银行", "bank:云杉银行", "bank:红松银行"}
    assert all(values([f for f in stores.figures() if f.entity == report.bank])["operating_income", "2023"] == "12345" for report in reports)
    assert ("读取", 4, 4) in stages and stages[-1] == ("索引", 1, 1)


def test_a_pool_stores_what_one_process_stores(tmp_path: Path) -> None:
    files = [report_file(tmp_path / f"{bank}.md", bank) for bank in ("青禾银行", "白桦银行")]
    held = []
    for workers in (1, 2):
        opened = Stores(tmp_path / f"home{workers}")
        opened.ingest(*files, workers=workers)
        held.append(([replace_id(figure) for figure in opened.figures()], opened.library.chunks(MINE)))
        opened.close()
    assert held[0] == held[1]


def replace_id(figure: Figure) -> tuple[object, ...]:
    return (*figure.key, figure.quantity, figure.evidence, figure.note, figure.rank)


# Away again


def test_a_document_leaves_without_a_trace(stores: Stores, tmp_path: Path) -> None:
    kept, gone = stores.ingest(report_file(tmp_path / "a.md"), report_file(tmp_path / "b.md", "白桦银行"))
    assert stores.ingestor().remove(MINE, gone.key) == gone.figures
    assert stores.counts()[:3] == (kept.figures, 1, kept.passages)
    assert {figure.entity for figure in stores.figures()} == {"青禾银行"} and stores.engine.containing(["白桦银行"], [MINE]) == []
    assert stores.ingestor().remove(MINE, gone.key) == 0


def test_a_collection_leaves_without_a_trace(stores: Stores, tmp_path: Path) -> None:
    reports = stores.ingest(report_file(tmp_path / "a.md"), report_file(tmp_path / "b.md", "白桦银行"))
    stores.ingest(report_file(tmp_path / "c.md", "云杉银行"), collection="other")
    assert stores.ingestor().remove_collection(MINE) == sum(report.figures for report in reports)
    assert stores.counts() == (0, 0, 0, 0) and stores.library.documents([MINE]) == []
    assert stores.ledger.rows([MINE]) == [] and [each.name for each in stores.ledger.collections()] == ["other"]
    stores.ingestor().remove_collection("other")
    assert list((stores.home / "index").glob("*")) == [], "no index is left either"


def test_what_was_removed_can_come_back(stores: Stores, tmp_path: Path) -> None:
    file = report_file(tmp_path / "a.md")
    stores.ingest(file)
    whole = stores.counts()
    stores.ingestor().remove_collection(MINE)
    assert [report.status for report in stores.ingest(file)] == ["added"] and stores.counts() == whole


# Checks


def test_a_failed_identity_is_reported_and_noted_and_drops_nothing(stores: Stores, tmp_path: Path) -> None:
    (right,) = stores.ingest(report_file(tmp_path / "a.md"), collection="right")
    (wrong,) = stores.ingest(report_file(tmp_path / "b.md", liabilities="840,000"))
    assert right.failed == [] and wrong.figures == right.figures and wrong.passed == right.passed - 1
    (message,) = wrong.failed
    assert "总资产 = 总负债 + 股东权益" in message and message.startswith("2023")
    noted = {(figure.indicator_id, str(figure.period)) for figure in stores.figures() if "勾稽不符：总资产 = 总负债 + 股东权益" in figure.note}
    assert noted == {("total_assets", "2023"), ("total_liabilities", "2023"), ("total_equity", "2023")}
    assert not any("勾稽不符" in figure.note for figure in stores.figures("right"))


def test_two_failures_of_one_figure_are_both_noted(stores: Stores, tmp_path: Path) -> None:
    def checker(figures: list[Figure]) -> list[Check]:
        first = figures[0]
        return [Check("甲", False, "甲不符", (first,)), Check("乙", False, "乙不符", (first,)), Check("丙", True, "丙", (first,)), Check("丁", None, "丁", (first,))]

    (report,) = stores.ingestor(checker).ingest([report_file(tmp_path / "a.md")], MINE)
    assert (report.failed, report.passed) == (["甲不符", "乙不符"], 1)
    assert [figure.note for figure in stores.figures() if "勾稽" in figure.note] == ["勾稽不符：甲；勾稽不符：乙"]


# Bad files


def bad_files(folder: Path) -> dict[str, Path]:
    (folder / "empty.md").write_bytes(b"")
    (folder / "blank.md").write_bytes(b"  \n \n")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4\nno pages at all")
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04" + bytes(40))
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    (folder / "some.bin").write_bytes(bytes(range(256)) * 9)
    return {name: folder / name for name in ("empty.md", "blank.md", "broken.pdf", "broken.xlsx", "picture.png", "some.bin", "missing.md")}


@pytest.mark.parametrize(("name", "workers"), [
    *[(name, 1) for name in ("empty.md", "blank.md", "broken.pdf", "broken.xlsx", "picture.png", "some.bin", "missing.md")],
    ("broken.pdf", 2), ("missing.md", 2),
])  # fmt: skip
def test_a_bad_file_is_told_and_those_before_it_stay(stores: Stores, tmp_path: Path, name: str, workers: int) -> None:
    bad, before, after = bad_files(tmp_path)[name], report_file(tmp_path / "a.md"), report_file(tmp_path / "z.md", "白桦银行")
    reports = []
    with pytest.raises(DocumentError, match=name) as raised:
        for report in stores.ingestor().ingest([before, bad, after], MINE, Options(workers=workers)):
            reports.append(report.bank)
    assert "\n" not in str(raised.value).strip()
    assert reports == ["青禾银行"] and {figure.entity for figure in stores.figures()} == {"青禾银行"}
    assert stores.counts()[1] == 1 and stores.engine.containing(["青禾银行"], [MINE])


def test_no_files_are_no_work(stores: Stores) -> None:
    assert stores.ingest() == [] and stores.counts() == (0, 0, 0, 0)


def test_a_restart_reads_what_is_stored(tmp_path: Path) -> None:
    settings = Settings.load({}, home=tmp_path / "home", embedding="none", reranker="none")
    with open_ingestor(settings) as ingestor:
        (first,) = ingestor.ingest([report_file(tmp_path / "a.md")], MINE)
    with open_ingestor(settings) as ingestor:
        (again,) = ingestor.ingest([tmp_path / "a.md"], MINE)
    assert (again.status, again.figures, again.warnings) == ("unchanged", first.figures, first.warnings)
