"""The A/B test's rows in SQLite: experiments, conversations with their arm, turns, and one outcome for each conversation that counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from data.errors import ReleaseError

_TIMEOUT_S = 10.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS experiment (
    id INTEGER PRIMARY KEY, champion TEXT NOT NULL, challenger TEXT NOT NULL, share REAL NOT NULL, salt TEXT NOT NULL, settings TEXT NOT NULL,
    started REAL NOT NULL, status TEXT NOT NULL, ended REAL, reason TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX IF NOT EXISTS one_open ON experiment ((1)) WHERE status IN ('running', 'won');
CREATE TABLE IF NOT EXISTS conversation (
    experiment INTEGER NOT NULL, thread TEXT NOT NULL, arm TEXT NOT NULL, share REAL NOT NULL, counted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (experiment, thread)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS conversation_open ON conversation (experiment) WHERE NOT counted;
CREATE TABLE IF NOT EXISTS turn (
    experiment INTEGER NOT NULL, id TEXT NOT NULL, thread TEXT NOT NULL, arm TEXT NOT NULL, audit_failed INTEGER NOT NULL, latency_s REAL NOT NULL,
    feedback INTEGER, at REAL NOT NULL, PRIMARY KEY (experiment, id)
);
CREATE INDEX IF NOT EXISTS turn_thread ON turn (experiment, thread);
CREATE TABLE IF NOT EXISTS outcome (
    number INTEGER PRIMARY KEY AUTOINCREMENT, experiment INTEGER NOT NULL, thread TEXT NOT NULL, arm TEXT NOT NULL, share REAL NOT NULL,
    failed INTEGER NOT NULL, good INTEGER NOT NULL, UNIQUE (experiment, thread)
);
"""


class Rows:
    """One SQLite file, shared by the threads of a process and by processes."""

    def __init__(self, path: Path, schema: str = _SCHEMA) -> None:
        """Raises ReleaseError when the file cannot be opened or is something else."""
        self._path, self._lock = path, RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._errors():
            self._connection = sqlite3.connect(path, timeout=_TIMEOUT_S, isolation_level=None, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            # With a write-ahead log a power cut may lose the last turns, never the file.
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(schema)

    def close(self) -> None:
        """Close the file; nothing can be read or written afterwards."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection that alone may write, committed at the end.

        Raises:
            ReleaseError: the database fails.
        """
        with self._lock, self._errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    def read(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query.

        Raises:
            ReleaseError: the database fails.
        """
        with self._lock, self._errors():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ReleaseError(f"试验记录 {self._path} 读写失败：{error}") from error
