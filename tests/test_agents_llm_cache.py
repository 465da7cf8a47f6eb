"""The answer cache: keys, time to live, size, two processes, and a file that was damaged."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.llm.cache import AnswerCache, answer_key
from tests.fakes import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def cache(tmp_path: Path, clock: FixedClock) -> AnswerCache:
    return AnswerCache(tmp_path / "deep" / "answers.sqlite", ttl_s=60, max_entries=3, clock=clock.time)


def test_the_key_ignores_order_and_sees_every_part() -> None:
    parts = {"slots": "招行|不良率|2023", "ledger": "v7", "model": "m@1"}
    key = answer_key(parts)
    assert len(key) == 64
    assert answer_key(dict(reversed(parts.items()))) == key
    for name in parts:
        assert answer_key({**parts, name: parts[name] + "x"}) != key
    with pytest.raises(TypeError, match="must be text"):
        answer_key(cast(Any, {"ledger": 7}))


PARTS = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3)


@settings(max_examples=50)
@given(PARTS, PARTS)
def test_different_parts_have_different_keys(one: dict[str, str], other: dict[str, str]) -> None:
    assert (answer_key(one) == answer_key(other)) == (one == other)


def test_values_come_back_and_can_be_replaced_and_dropped(cache: AnswerCache) -> None:
    assert cache.get("k") is None
    cache.put("k", {"text": "招行", "n": [1, None]})
    assert cache.get("k") == {"text": "招行", "n": [1, None]}
    cache.put("k", {"text": "工行"})
    assert cache.get("k") == {"text": "工行"} and len(cache) == 1
    cache.drop("k")
    assert cache.get("k") is None
    cache.put("a", {})
    cache.clear()
    assert len(cache) == 0


@pytest.mark.parametrize(("value", "error"), [({"cost": Decimal("1")}, TypeError), ({"x": float("nan")}, ValueError)])
def test_only_plain_json_is_taken(cache: AnswerCache, value: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        cache.put("k", value)


def test_answers_expire(cache: AnswerCache, clock: FixedClock) -> None:
    cache.put("k", {"n": 1})
    clock.advance(59)
    assert cache.get("k") == {"n": 1}
    clock.advance(1)
    assert cache.get("k") is None
    cache.put("other", {"n": 2})
    assert len(cache) == 1


def test_the_oldest_go_first(cache: AnswerCache) -> None:
    for key in "abc":
        cache.put(key, {"key": key})
    cache.put("a", {"key": "again"})
    cache.put("d", {"key": "d"})
    assert {key for key in "abcd" if cache.get(key)} == {"a", "c", "d"}


def test_limits_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ttl_s"):
        AnswerCache(tmp_path / "c", ttl_s=0)
    with pytest.raises(ValueError, match="max_entries"):
        AnswerCache(tmp_path / "c", max_entries=0)


def test_nothing_is_opened_before_use(tmp_path: Path) -> None:
    AnswerCache(tmp_path / "sub" / "c.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_in_wal_mode_and_holds_text(cache: AnswerCache) -> None:
    cache.put("k", {"text": "招行"})
    db = sqlite3.connect(cache.path)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("SELECT value FROM answers").fetchone() == ('{"text": "招行"}',)
    db.close()


@pytest.mark.parametrize(
    "damage", [b"not a database at all, whatever its name says" * 40, b"SQLite format 3\x00" + b"\xff" * 4096]
)
def test_a_damaged_file_is_moved_aside(cache: AnswerCache, damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    for number in (1, 2):
        cache.path.parent.mkdir(exist_ok=True)
        for part in cache.path.parent.glob(f"{cache.path.name}-*"):
            part.unlink()
        cache.path.write_bytes(damage)
        assert cache.get("k") is None
        aside = cache.path.with_name(f"{cache.path.name}.corrupt-{number}")
        assert aside.read_bytes() == damage
        cache.put("k", {"n": number})
        assert cache.get("k") == {"n": number}
    assert "moved to answers.sqlite.corrupt-1" in caplog.text


def test_damage_inside_a_good_file_is_found_and_moved_aside(cache: AnswerCache) -> None:
    cache.put("k", {"text": "长" * 9000})
    db = sqlite3.connect(cache.path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    content = cache.path.read_bytes()
    cache.path.write_bytes(content[:4096] + b"\x13" * (len(content) - 4096))
    assert cache.get("k") is None
    cache.put("k", {"n": 1})
    assert cache.get("k") == {"n": 1}
    assert cache.path.with_name("answers.sqlite.corrupt-1").exists()


def test_a_value_that_is_no_json_object_is_dropped(cache: AnswerCache, caplog: pytest.LogCaptureFixture) -> None:
    cache.put("k", {})
    for broken in ("{cut", "[1]"):
        db = sqlite3.connect(cache.path)
        db.execute("INSERT OR REPLACE INTO answers (key, value, created_at) VALUES ('k', ?, 9e12)", (broken,))
        db.commit()
        db.close()
        assert cache.get("k") is None
        assert len(cache) == 0
    assert "is dropped" in caplog.text


def test_an_older_schema_is_replaced(cache: AnswerCache) -> None:
    cache.path.parent.mkdir()
    db = sqlite3.connect(cache.path)
    db.execute("CREATE TABLE answers (question TEXT)")
    db.commit()
    db.close()
    cache.put("k", {"n": 1})
    assert cache.get("k") == {"n": 1}


def test_a_locked_file_is_skipped_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = AnswerCache(tmp_path / "c.sqlite", busy_timeout_s=0.05)
    cache.put("k", {"n": 1})
    db = sqlite3.connect(cache.path, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    cache.put("k", {"n": 2})
    assert cache.get("k") == {"n": 1}
    db.close()
    assert "is skipped: database is locked" in caplog.text
    assert not list(tmp_path.glob("*.corrupt-*"))


def test_a_path_that_cannot_be_a_file_is_a_miss(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "file" / "c.sqlite"):
        cache = AnswerCache(path)
        cache.put("k", {})
        assert cache.get("k") is None and len(cache) == 0
    assert "is skipped" in caplog.text


_WRITER = """
import sys
from pathlib import Path
from agents.llm.cache import AnswerCache
cache = AnswerCache(Path(sys.argv[1]), busy_timeout_s=20)
sys.stdin.readline()
for n in range(60):
    cache.put(f"{sys.argv[2]}-{n}", {"n": n})
    assert cache.get(f"{sys.argv[2]}-{n}") == {"n": n}
"""


@pytest.mark.parametrize("start", ["fresh", "damaged"])
def test_two_processes_write_at_once(tmp_path: Path, start: str) -> None:
    path = tmp_path / "answers.sqlite"
    if start == "damaged":
        path.write_bytes(b"garbage" * 999)
    command = [sys.executable, "-c", _WRITER, str(path)]
    writers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for name in "ab"
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    errors = [writer.communicate(timeout=60)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], errors
    assert "is skipped" not in "".join(errors)
    cache = AnswerCache(path)
    assert len(cache) == 120 and cache.get("b-59") == {"n": 59}
    assert len(list(tmp_path.glob("*.corrupt-1"))) == (start == "damaged")
    assert not list(tmp_path.glob("*.corrupt-2"))


def test_warnings_name_the_file_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "answers.sqlite"
    path.write_bytes(b"garbage" * 999)
    with caplog.at_level(logging.WARNING):
        AnswerCache(path).get("k")
    assert str(tmp_path) not in caplog.text


def test_a_file_that_another_process_has_mended_stays(cache: AnswerCache) -> None:
    cache.put("k", {"n": 1})
    cache._move_aside()
    assert cache.get("k") == {"n": 1}
    assert not list(cache.path.parent.glob("*.corrupt-*"))
