"""The ledger: the shared checks on real databases, and what SQLite must withstand (two processes, a kill, damage)."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE
from threading import Timer

import pytest
from sqlalchemy.dialects import sqlite

from data.errors import LedgerError
from data.evidence import Evidence
from data.periods import Period
from data.ports import FigureQuery, FigureStore
from retrieval import ledger_engine, ledger_rows
from retrieval.ledger import Ledger
from tests.store_conformance import ANY, CHECKS, figure, many, values

ROOT = Path(__file__).parents[1]
POSTGRES = "CAIZHI_TEST_POSTGRES_URL"

# Stops after the third chunk of rows is written and before the transaction ends, says so, and waits to be killed.
ADD_AND_STOP_HALF_WAY = """
import sys, time
from sqlalchemy import event
from sqlalchemy.engine import Engine
from retrieval.ledger import Ledger
from tests.store_conformance import many
chunks = []
def after(connection, cursor, statement, *rest):
    if statement.startswith("INSERT INTO figures"):
        chunks.append(cursor.rowcount)
        if len(chunks) == 3:
            print(sum(chunks), flush=True)
            time.sleep(60)
event.listen(Engine, "after_cursor_execute", after)
Ledger.open(sys.argv[1]).add(many(5000))
"""
ADD_WHEN_TOLD = """
import sys
from retrieval.ledger import Ledger
from tests.store_conformance import many
figures = many(1500, first=int(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
with Ledger.open(sys.argv[1]) as ledger:
    print(sum(ledger.add(figures[start:start + 100]) for start in range(0, 1500, 100)), flush=True)
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "账本" / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{path}") as opened:
        yield opened


@pytest.fixture(params=["sqlite", "memory", "postgresql"])
def store(request: pytest.FixtureRequest, path: Path) -> Iterator[Ledger]:
    """An empty store in each database; PostgreSQL's tests keep apart by tenant, and clean up."""
    if request.param == "postgresql" and not os.environ.get(POSTGRES):
        pytest.skip(f"no PostgreSQL to test with: {POSTGRES} is not set")
    urls = {"sqlite": f"sqlite:///{path}", "memory": "sqlite://", "postgresql": os.environ.get(POSTGRES, "")}
    with Ledger.open(urls[request.param], tenant=f"test-{uuid.uuid4()}") as opened:
        yield opened
        for summary in opened.collections():
            opened.remove_collection(summary.name)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conformance(check: Callable[[FigureStore], None], store: Ledger) -> None:
    check(store)


def test_sqlite_settings(path: Path) -> None:
    engine, place = ledger_engine.connect(f"sqlite:///{path}")
    with engine.connect() as connection:
        names = ("journal_mode", "busy_timeout", "foreign_keys")
        settings = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}
    engine.dispose()
    assert settings == {"journal_mode": "wal", "busy_timeout": 10_000, "foreign_keys": 1}
    assert place == str(path)


def test_a_ledger_is_still_there_when_opened_again(path: Path) -> None:
    with Ledger.open(f"sqlite:///{path}") as first:
        first.add([figure()])
        version = first.version()
    with Ledger.open(f"sqlite:///{path}") as second:
        assert second.find(ANY) == [figure()]
        assert second.version() == version


def test_equally_often_changed_ledgers_with_other_figures_have_other_versions(tmp_path: Path) -> None:
    versions = set()
    for value in ("0.95", "0.96"):
        with Ledger.open(f"sqlite:///{tmp_path / value}.db") as ledger:
            ledger.add([figure(value)])
            versions.add(ledger.version())
    assert len(versions) == 2


def test_tenants_do_not_see_each_other(path: Path) -> None:
    with Ledger.open(f"sqlite:///{path}", tenant="a") as a, Ledger.open(f"sqlite:///{path}", tenant="b") as b:
        assert a.add([figure()]) == b.add([figure()]) == 1
        before = b.version()
        assert a.remove_collection("reports") == 1
        assert a.find(ANY) == [] and a.collections() == []
        assert b.find(ANY) == [figure()] and b.version() == before


def test_remove_document(ledger: Ledger) -> None:
    kept = figure("2", source="sha-b")
    ledger.add([figure("1", source="sha-a"), figure("3", source="sha-a", page=14), kept, figure("4", source="sha-a", collection="other")])
    before, other = ledger.version(["reports"]), ledger.version(["other"])
    assert ledger.remove_document("reports", "sha-a") == 2
    assert ledger.find(FigureQuery(collections=["reports"])) == [kept]
    assert ledger.version(["reports"]) != before and ledger.version(["other"]) == other
    after = ledger.version()
    assert ledger.remove_document("reports", "sha-a") == ledger.remove_document("none", "sha-b") == 0
    assert ledger.version() == after
    assert ledger.add([figure("1", source="sha-a")]) == 1


def test_a_document_without_hash_or_address_is_named_by_its_title(ledger: Ledger) -> None:
    ledger.add([replace(figure(), evidence=[Evidence("手工录入")]), replace(figure("2"), evidence=[])])
    assert ledger.remove_document("reports", "手工录入") == 1
    assert ledger.remove_document("reports", "") == 1


def test_removing_and_adding_again_never_brings_an_old_version_back(ledger: Ledger) -> None:
    versions = []
    for _ in range(3):
        ledger.add([figure()])
        versions.append(ledger.version())
        ledger.remove_collection("reports")
        versions.append(ledger.version())
    assert len(set(versions)) == 6


def test_replace_collection(ledger: Ledger) -> None:
    ledger.add([figure("1", collection="bundled"), figure("1", collection="mine")])
    assert ledger.stamp("bundled") == ""
    assert ledger.replace_collection("bundled", [figure("2"), figure("3")], "digest-1") == 2
    assert ledger.stamp("bundled") == "digest-1"
    version = ledger.version()
    assert ledger.replace_collection("bundled", [figure("9")], "digest-1") is None
    assert ledger.version() == version
    assert values(ledger.find(FigureQuery(collections=["bundled"]))) == ["2", "3"]
    assert values(ledger.find(FigureQuery(collections=["mine"]))) == ["1"]
    ledger.remove_collection("bundled")
    assert ledger.stamp("bundled") == ""


def test_names_of_collections_are_not_patterns(ledger: Ledger) -> None:
    ledger.add([figure(collection="a%b_c'"), figure(collection="axbxcx"), figure(collection="")])
    assert ledger.remove_collection("a%b_c'") == 1
    assert [summary.name for summary in ledger.collections()] == ["", "axbxcx"]


def test_the_indexes_serve_the_queries(ledger: Ledger) -> None:
    ledger.add(many(300))
    plans = {
        "ix_figures_entity": FigureQuery(["b1"], ["i1"], [Period(2001)]),
        "ix_figures_collection": FigureQuery(["b1"], ["i1"], collections=["many"]),
        "ix_figures_indicator": FigureQuery((), ["i1"], [Period(2001)]),
    }
    for index, query in plans.items():
        given = ledger_rows.parameters(query, "")
        statement = ledger_rows.select_figures(ledger_rows.filters_of(given)).params(given)
        text = str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
        plan = _plan(ledger, text)
        assert f"{index} (tenant=? AND" in plan and "indicator_id=?" in plan, plan


def _plan(ledger: Ledger, statement: str) -> str:
    with ledger._engine.connect() as connection:
        return " ".join(str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}".replace("%", "%%")))


def test_two_processes_that_add_at_once(path: Path) -> None:
    """They share 500 figures and a file that does not exist yet; each figure is counted as new once."""
    children = [start(ADD_WHEN_TOLD, f"sqlite:///{path}", first) for first in ("0", "1000")]
    for child in children:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    outcomes = [child.communicate(timeout=60) for child in children]
    assert [child.returncode for child in children] == [0, 0], outcomes
    assert sum(int(out) for out, _ in outcomes) == 2500
    with Ledger.open(f"sqlite:///{path}") as ledger:
        assert len(ledger.find(ANY)) == 2500


def test_a_killed_add_leaves_nothing(path: Path) -> None:
    with Ledger.open(f"sqlite:///{path}") as ledger:
        ledger.add([figure()])
        version = ledger.version()
        child = start(ADD_AND_STOP_HALF_WAY, f"sqlite:///{path}")
        assert child.stdout is not None
        written = child.stdout.readline()
        assert written == "1500\n", child.communicate()
        assert ledger.find(ANY) == [figure()], "a reader neither waits nor sees the half"
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert child.returncode == -signal.SIGKILL
        assert ledger.find(ANY) == [figure()]
        assert ledger.version() == version
    with Ledger.open(f"sqlite:///{path}") as reopened:
        assert reopened.find(ANY) == [figure()]
        assert reopened.add(many(5000)) == 5000
        assert len(reopened.find(ANY)) == 5001


def test_threads_share_a_ledger(store: Ledger) -> None:
    def add_and_read(number: int) -> int:
        store.add(many(100, first=number * 100))
        return len(store.find(FigureQuery(collections=["many"])))

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(add_and_read, range(8)))
    assert max(counts) == 800 and all(count % 100 == 0 for count in counts)


@pytest.mark.parametrize("content", [b"not a database, " * 100, b"\x00" * 4096], ids=["text", "zeros"])
def test_a_file_that_is_no_database(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(LedgerError) as caught:
        Ledger.open(f"sqlite:///{path}")
    assert str(path) in str(caught.value) and "已损坏" in str(caught.value) and "备份" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


def test_damage_inside_the_file(path: Path) -> None:
    with Ledger.open(f"sqlite:///{path}") as ledger:
        ledger.add(many(3000))
    content = bytearray(path.read_bytes())
    content[20 * 4096 :] = random.Random(1).randbytes(len(content) - 20 * 4096)
    path.write_bytes(bytes(content))
    with pytest.raises(LedgerError, match="已损坏") as caught:
        _read_everything(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == bytes(content)


def _read_everything(path: Path) -> None:
    with Ledger.open(f"sqlite:///{path}") as ledger:
        ledger.find(ANY)


def test_a_row_that_no_figure_can_hold(path: Path, ledger: Ledger) -> None:
    ledger.add([figure()])
    for column, value in (("value", "很多"), ("unit", "斗"), ("scope", "全球"), ("evidence", "{"), ("period", "去年")):
        connection = sqlite3.connect(path)
        good = connection.execute(f"SELECT {column} FROM figures").fetchone()[0]
        connection.execute(f"UPDATE figures SET {column} = ?", (value,))
        connection.commit()
        with pytest.raises(LedgerError, match="reports"):
            ledger.find(ANY)
        connection.execute(f"UPDATE figures SET {column} = ?", (good,))
        connection.commit()
        connection.close()
    assert ledger.find(ANY) == [figure()]


def test_a_database_of_another_program(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE meta (name TEXT)")
    connection.close()
    with pytest.raises(LedgerError, match="不是本程序的账本"):
        Ledger.open(f"sqlite:///{path}")


def test_a_ledger_of_another_version(path: Path) -> None:
    Ledger.open(f"sqlite:///{path}").close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    connection.commit()
    connection.close()
    with pytest.raises(LedgerError, match="不同版本"):
        Ledger.open(f"sqlite:///{path}")


def test_a_ledger_held_by_another_writer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_engine, "BUSY_SECONDS", 0)
    with Ledger.open(f"sqlite:///{path}") as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="占用"):
            ledger.add([figure()])
        assert ledger.find(ANY) == []
        other.execute("ROLLBACK")
        other.close()
        assert ledger.add([figure()]) == 1


def test_a_new_file_that_another_process_is_writing_is_waited_for(path: Path) -> None:
    """SQLite itself does not wait here, when it switches to write-ahead logging."""
    path.parent.mkdir()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = Timer(0.3, other.execute, ["ROLLBACK"])
    release.start()
    with Ledger.open(f"sqlite:///{path}") as ledger:
        assert ledger.add([figure()]) == 1
    release.join()
    other.close()


def test_addresses_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for url, words in {
        "ledger.db": "写法不对", "mysql://u:geheim@host/db": "写法不对", "postgresql+nodriver://u:geheim@host/db": "写法不对",
        f"sqlite:///{tmp_path}": "打不开", f"sqlite:///{tmp_path}/file/ledger.db": "文件夹",
    }.items():
        with pytest.raises(LedgerError, match=words) as caught:
            Ledger.open(url)
        assert "geheim" not in str(caught.value) and "\n" not in str(caught.value)


def test_importing_the_ledger_imports_no_framework() -> None:
    names = {"sqlalchemy", "langchain_core", "bm25s", "numpy"}
    code = f"import sys, retrieval.ledger, retrieval.seed; print(sorted({names} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
