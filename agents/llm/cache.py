"""Answer cache: JSON values in one SQLite file, with a time to live, shared by processes, never in the way.

Whatever happens to the file, a caller sees at worst a miss: a corrupted file is moved aside and begun anew,
a locked or full one is logged and skipped.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

logger = logging.getLogger(__name__)
T = TypeVar("T")

_SCHEMA_VERSION = 1
_SCHEMA = (
    "DROP TABLE IF EXISTS answers",
    "CREATE TABLE answers (seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE,"
    " value TEXT NOT NULL, created_at REAL NOT NULL)",
    "CREATE INDEX answers_by_age ON answers (created_at)",
    f"PRAGMA user_version = {_SCHEMA_VERSION}",
)
_TRIM = "DELETE FROM answers WHERE seq <= (SELECT seq FROM answers ORDER BY seq DESC LIMIT 1 OFFSET ?)"
_BROKEN_FILE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def answer_key(parts: Mapping[str, str]) -> str:
    """SHA-256 of the parts as canonical JSON: resolved slots, ledger/index version, model version, prompt hash.

    Never the bare question alone: the same words mean another answer in another thread. Raises TypeError
    on a part that is not text, so that no two values share one spelling.
    """
    for name, part in parts.items():
        if not isinstance(name, str) or not isinstance(part, str):
            raise TypeError(f"part {name!r} of an answer key must be text")
    canonical = json.dumps(dict(parts), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


class AnswerCache:
    """Keys to JSON objects. One short connection per operation: safe over threads, forks and processes.

    ttl_s: seconds an answer stays valid. max_entries: the oldest go first. `clock` is wall time in seconds,
    since other processes read the stamps. The file is created on first use.
    """

    def __init__(
        self,
        path: Path,
        *,
        ttl_s: float = 7 * 86_400.0,
        max_entries: int = 10_000,
        busy_timeout_s: float = 2.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if ttl_s <= 0 or max_entries < 1:
            raise ValueError("a cache needs ttl_s > 0 and max_entries >= 1")
        self.path = path
        self._ttl_s = ttl_s
        self._max_entries = max_entries
        self._busy_timeout_s = busy_timeout_s
        self._clock = clock

    def get(self, key: str) -> dict[str, Any] | None:
        """The stored object, or None: unknown, expired, or unreadable."""
        row = self._attempt(lambda db: self._select(db, key), None)
        if row is None:
            return None
        try:
            value = json.loads(row)
        except ValueError:
            value = None
        if isinstance(value, dict):
            return value
        logger.warning("cached value under %s is not a JSON object and is dropped", key[:12])
        self.drop(key)
        return None

    def put(self, key: str, value: Mapping[str, Any]) -> None:
        """Stores a JSON object, replacing an older one. TypeError or ValueError on a value that is not plain JSON."""
        text = json.dumps(dict(value), ensure_ascii=False, allow_nan=False)
        self._attempt(lambda db: self._insert(db, key, text), None)

    def drop(self, key: str) -> None:
        """Forgets one key."""
        self._attempt(lambda db: _write(db, [("DELETE FROM answers WHERE key = ?", (key,))]), None)

    def clear(self) -> None:
        """Forgets everything."""
        self._attempt(lambda db: _write(db, [("DELETE FROM answers", ())]), None)

    def __len__(self) -> int:
        return self._attempt(lambda db: int(db.execute("SELECT count(*) FROM answers").fetchone()[0]), 0)

    def _select(self, db: sqlite3.Connection, key: str) -> str | None:
        oldest = self._clock() - self._ttl_s
        row = db.execute("SELECT value FROM answers WHERE key = ? AND created_at > ?", (key, oldest)).fetchone()
        return None if row is None else str(row[0])

    def _insert(self, db: sqlite3.Connection, key: str, text: str) -> None:
        now = self._clock()
        _write(
            db,
            [
                ("INSERT OR REPLACE INTO answers (key, value, created_at) VALUES (?, ?, ?)", (key, text, now)),
                ("DELETE FROM answers WHERE created_at <= ?", (now - self._ttl_s,)),
                (_TRIM, (self._max_entries,)),
            ],
        )

    def _attempt(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Runs the work; a corrupted file is moved aside and the work repeated; other trouble gives `otherwise`."""
        try:
            try:
                return self._run(work)
            except sqlite3.DatabaseError as error:
                if not _is_broken(error):
                    raise
                self._move_aside()
                return self._run(work)
        except (sqlite3.Error, OSError) as error:
            logger.warning("answer cache %s is skipped: %s", self.path.name, error)
            return otherwise

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(self._connect(self.path)) as db:
            if _version(db) != _SCHEMA_VERSION:
                self._create(db)
            return work(db)

    def _connect(self, path: Path) -> sqlite3.Connection:
        path.parent.mkdir(parents=True, exist_ok=True)
        return sqlite3.connect(path, timeout=self._busy_timeout_s, isolation_level=None)

    def _create(self, db: sqlite3.Connection) -> None:
        # Switching to WAL does not wait for other connections, so that only one process at a time may try.
        with self._alone():
            if _version(db) != _SCHEMA_VERSION:
                db.execute("PRAGMA journal_mode = WAL")
                _write(db, [(statement, ()) for statement in _SCHEMA])

    def _move_aside(self) -> None:
        """Renames the file unless another process has replaced it by now."""
        with self._alone():
            if self._is_sound():
                return
            number = next(n for n in count(1) if not self._sibling(f".corrupt-{n}").exists())
            for suffix in ("-wal", "-shm", ""):
                part = self._sibling(suffix)
                if part.exists():
                    part.rename(self._sibling(f".corrupt-{number}{suffix}"))
            aside = self._sibling(f".corrupt-{number}").name
            logger.warning("answer cache %s was corrupted; moved to %s and begun anew", self.path.name, aside)

    def _is_sound(self) -> bool:
        try:
            with closing(self._connect(self.path)) as db:
                return bool(db.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise
            return False

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A lock across processes that a crash cannot leave behind: an exclusive transaction on an empty file."""
        with closing(self._connect(self._sibling(".lock"))) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            yield

    def _sibling(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)


def _write(db: sqlite3.Connection, statements: Sequence[tuple[str, tuple[object, ...]]]) -> None:
    """All statements in one transaction; closing the connection after an error undoes it."""
    db.execute("BEGIN IMMEDIATE")
    for statement, values in statements:
        db.execute(statement, values)
    db.execute("COMMIT")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _BROKEN_FILE
