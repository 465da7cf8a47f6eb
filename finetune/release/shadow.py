"""Shadow mode: the challenger answers too, after the champion and out of sight; what differs is stored for people to read.

The user's answer never waits for the challenger and never depends on it: it is computed first, and the challenger runs on a thread
of its own with a short queue. When the queue is full the turn is left out and counted, so that a slow challenger costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from types import TracebackType
from typing import Self

from finetune.release.ab_store import Rows

Answer = Callable[[str], str]
Audit = Callable[[str, str], bool]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS shadow (
    number INTEGER PRIMARY KEY, thread TEXT NOT NULL, prompt TEXT NOT NULL, shown TEXT NOT NULL, hidden TEXT NOT NULL, same INTEGER NOT NULL,
    shown_passes INTEGER, hidden_passes INTEGER, shown_s REAL NOT NULL, hidden_s REAL NOT NULL, error TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS skipped (at REAL NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """One turn of both. passes: the audit's verdict, None without an audit. error: why the challenger gave no answer."""

    thread: str
    prompt: str
    shown: str
    hidden: str
    same: bool
    shown_passes: bool | None
    hidden_passes: bool | None
    shown_s: float
    hidden_s: float
    error: str


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """turns: compared. same: equal texts. better, worse: only the challenger passes the audit, only the champion does. skipped: queue was full."""

    turns: int
    same: int
    better: int
    worse: int
    errors: int
    skipped: int

    @property
    def sentence(self) -> str:
        """One line in the user's words."""
        return (
            f"影子对比 {self.turns} 轮：相同 {self.same}，仅候选通过审核 {self.better}，仅现役通过审核 {self.worse}，"
            f"候选出错 {self.errors}，队列满而略过 {self.skipped}"
        )


class Shadow:
    """Runs a challenger beside the champion. Close it (or use it as a context manager) to let the queue run dry."""

    def __init__(
        self, path: Path, champion: Answer, challenger: Answer, audit: Audit | None = None, *, queue: int = 16, clock: Callable[[], float] = time.time
    ) -> None:
        """audit: (prompt, answer) → whether it passes. queue: turns that may wait. Raises ReleaseError when the file cannot be opened."""
        self._rows, self._clock, self._audit = Rows(path, _SCHEMA), clock, audit
        self._champion, self._challenger = champion, challenger
        self._room, self._worker = BoundedSemaphore(queue), ThreadPoolExecutor(1, "shadow")

    def answer(self, thread: str, prompt: str) -> str:
        """The champion's answer; errors of the champion pass through, those of the challenger are only stored."""
        began = time.perf_counter()
        shown = self._champion(prompt)
        seconds = time.perf_counter() - began
        if self._room.acquire(blocking=False):
            self._worker.submit(self._compare, thread, prompt, shown, seconds).add_done_callback(self._done)
        else:
            with self._rows.writing() as connection:
                connection.execute("INSERT INTO skipped VALUES (?)", (self._clock(),))
        return shown

    def report(self) -> ShadowReport:
        """What was compared so far.

        Raises:
            ReleaseError: the store fails.
        """
        counts = self._rows.read(
            "SELECT COUNT(*), COALESCE(SUM(same), 0), COALESCE(SUM(hidden_passes AND NOT shown_passes), 0), "
            "COALESCE(SUM(shown_passes AND NOT hidden_passes), 0), COALESCE(SUM(error <> ''), 0), (SELECT COUNT(*) FROM skipped) FROM shadow"
        )[0]
        return ShadowReport(*counts)

    def differences(self, limit: int = 100) -> list[Compared]:
        """The latest turns whose answers differ, the newest first."""
        rows = self._rows.read("SELECT * FROM shadow WHERE NOT same ORDER BY number DESC LIMIT ?", (limit,))
        return [
            Compared(
                row["thread"], row["prompt"], row["shown"], row["hidden"], bool(row["same"]), _verdict(row["shown_passes"]),
                _verdict(row["hidden_passes"]), row["shown_s"], row["hidden_s"], row["error"],
            )
            for row in rows
        ]  # fmt: skip

    def close(self) -> None:
        """Wait for the turns in the queue, then close the store."""
        self._worker.shutdown(wait=True)
        self._rows.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _compare(self, thread: str, prompt: str, shown: str, shown_s: float) -> None:
        # The future holds whatever the challenger raises: it becomes a word in the record.
        asked: Future[str] = Future()
        began = time.perf_counter()
        with ThreadPoolExecutor(1, "shadow-challenger") as own:
            asked = own.submit(self._challenger, prompt)
        hidden_s, failure = time.perf_counter() - began, asked.exception()
        hidden = "" if failure else asked.result()
        verdicts = [self._passes(prompt, shown), None if failure else self._passes(prompt, hidden)]
        error = f"{type(failure).__name__}: {failure}"[:500] if failure else ""
        with self._rows.writing() as connection:
            connection.execute(
                "INSERT INTO shadow (thread, prompt, shown, hidden, same, shown_passes, hidden_passes, shown_s, hidden_s, error, at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (thread, prompt, shown, hidden, int(not failure and hidden == shown), *verdicts, shown_s, hidden_s, error, self._clock()),
            )

    def _passes(self, prompt: str, answer: str) -> bool | None:
        return None if self._audit is None else bool(self._audit(prompt, answer))

    def _done(self, _: Future[None]) -> None:
        self._room.release()


def _verdict(stored: int | None) -> bool | None:
    return None if stored is None else bool(stored)
