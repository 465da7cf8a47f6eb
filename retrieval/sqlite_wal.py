"""Write-ahead logging for a SQLite file that several processes open at once: the ledger's and the threads'."""

from __future__ import annotations

import sqlite3
import time


def use_wal(connection: sqlite3.Connection, patience_s: float) -> None:
    """Switch to write-ahead logging. SQLite does not always wait for a lock here, so processes that start at once retry.

    Raises:
        sqlite3.OperationalError: the file stays locked for `patience_s` seconds, or cannot be written.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
