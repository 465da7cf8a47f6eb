"""A/B by conversation: the champion (A) against a challenger (B) on live traffic, with a stop that needs nobody watching.

A conversation's arm is drawn by hash, written down at its first turn, and kept. It counts once: at its first audit failure, its
first complaint, its `horizon`-th turn, or after it has been idle - so that turns of one conversation, which resemble each other,
are not taken for independent evidence. Failures therefore show sooner than successes, in both arms alike. The guard is the audit:
when B fails it more often, all traffic goes back to A at once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from sqlite3 import Connection, IntegrityError, Row
from typing import cast

from data.errors import ReleaseError
from finetune.release.ab_report import OPEN, ABReport, Status, arm_report
from finetune.release.ab_store import Rows
from finetune.release.sequential import A, B, SequentialTest

_KEPT = "SELECT arm FROM conversation WHERE experiment = ? AND thread = ?"
_OPEN = f"status IN ({', '.join(repr(status) for status in OPEN)})"


@dataclass(frozen=True, slots=True)
class Rules:
    """share: of conversations that go to B. alpha: of the claims "better" and "worse"; guard_alpha: of the guard.

    horizon: turns after which a conversation counts. idle_s: seconds without a turn after which it does. most: conversations after
    which the test ends undecided.
    """

    share: float = 0.1
    alpha: float = 0.05
    guard_alpha: float = 0.05
    horizon: int = 3
    idle_s: float = 1800.0
    most: int = 5000


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who answers a conversation: arm "A" or "B", and the version behind it. experiment: 0 where none is open."""

    arm: str
    version: str
    experiment: int


def arm_of(thread: str, share: float, salt: str) -> str:
    """The arm of a conversation: the same for the same id and salt, B for `share` of all ids. Raising the share moves nobody back to A."""
    drawn = int.from_bytes(sha256(f"{salt}\0{thread}".encode()).digest()[:8], "big") / 2**64
    return B if drawn < share else A


class ABTest:
    """The experiments of one file. At most one is open at a time."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """clock: seconds since 1970. Raises ReleaseError when the file cannot be opened."""
        self._rows, self._clock = Rows(path), clock
        self._judged: dict[int, _Judged] = {}

    def close(self) -> None:
        """Close the file."""
        self._rows.close()

    def start(self, champion: str, challenger: str, rules: Rules | None = None, salt: str = "") -> int:
        """Open an experiment between two versions; its number. salt: another one draws other conversations.

        Raises:
            ReleaseError: one is open already, both versions are the same, or a rule is out of range.
        """
        rules = rules or Rules()
        _check(champion, challenger, rules)
        try:
            with self._writing() as connection:
                number = connection.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM experiment").fetchone()[0]
                connection.execute(
                    "INSERT INTO experiment (id, champion, challenger, share, salt, settings, started, status) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, 'running')",
                    (number, champion, challenger, rules.share, salt or f"ab-{number}", json.dumps(asdict(rules)), self._clock()),
                )
        except ReleaseError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise ReleaseError("已有一个 A/B 试验在进行；先运行 models ab stop") from error
            raise
        return int(number)

    def assign(self, thread: str) -> Assignment | None:
        """Who answers this conversation, the same at every turn; None where no experiment was ever started.

        After an automatic or manual stop everything goes to A.
        """
        experiment = self._latest()
        if experiment is None:
            return None
        number, version = int(experiment["id"]), {A: str(experiment["champion"]), B: str(experiment["challenger"])}
        if experiment["status"] not in OPEN:
            return Assignment(A, version[A], 0)
        kept = self._rows.read(_KEPT, (number, thread)) or self._drawn(experiment, thread)
        arm = str(kept[0]["arm"])
        return Assignment(arm, version[arm], number)

    def _drawn(self, experiment: Row, thread: str) -> list[Row]:
        """Draw and write down a conversation's arm; of two writers at once the first one's stands."""
        number, share = experiment["id"], experiment["share"]
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO conversation (experiment, thread, arm, share) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (number, thread, arm_of(thread, share, experiment["salt"]), share),
            )
            return connection.execute(_KEPT, (number, thread)).fetchall()

    def set_share(self, share: float) -> None:
        """Change the share of the open experiment for conversations to come; those under way keep their arm.

        Raises:
            ReleaseError: none is open, or the share is out of range.
        """
        experiment = self._open()
        _check(experiment["champion"], experiment["challenger"], Rules(share=share))
        with self._writing() as connection:
            connection.execute("UPDATE experiment SET share = ? WHERE id = ?", (share, experiment["id"]))

    def record(self, assignment: Assignment, thread: str, turn: str, *, audit_failed: bool, latency_s: float) -> Status | None:
        """Write down one turn that was served under an assignment; the status after it, None for a turn outside an experiment.

        A turn that is written twice counts once. Turns of an experiment that has ended are kept and decide nothing.

        Raises:
            ReleaseError: the latency is negative or no number, or the database fails.
        """
        if not assignment.experiment:
            return None
        if not 0 <= latency_s < float("inf"):
            raise ReleaseError(f"时延 {latency_s} 不是非负的秒数")
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO turn (experiment, id, thread, arm, audit_failed, latency_s, at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (assignment.experiment, turn, thread, assignment.arm, int(audit_failed), latency_s, self._clock()),
            )
            return self._checked(connection, assignment.experiment)

    def feedback(self, turn: str, *, liked: bool) -> Status:
        """Write down what the user said of a turn.

        Raises:
            ReleaseError: no such turn is in the latest experiment.
        """
        experiment = self._latest()
        with self._writing() as connection:
            number = int(experiment["id"]) if experiment else 0
            changed = connection.execute("UPDATE turn SET feedback = ? WHERE experiment = ? AND id = ?", (1 if liked else -1, number, turn)).rowcount
            if not changed:
                raise ReleaseError(f"试验里没有回合 {turn}")
            return self._checked(connection, number)

    def stop(self, reason: str = "") -> ABReport:
        """End the open experiment: all traffic goes to A.

        Raises:
            ReleaseError: none is open.
        """
        experiment = self._open()
        with self._writing() as connection:
            self._end(connection, experiment["id"], "stopped", reason)
        return self.report()

    def report(self) -> ABReport:
        """The latest experiment, after counting the conversations that have been idle.

        Raises:
            ReleaseError: there was never one.
        """
        latest = self._latest()
        if latest is None:
            raise ReleaseError("还没有 A/B 试验；用 models ab start 开始")
        number = int(latest["id"])
        with self._writing() as connection:
            self._checked(connection, number)
            experiment = connection.execute("SELECT * FROM experiment WHERE id = ?", (number,)).fetchone()
            outcomes = connection.execute("SELECT * FROM outcome WHERE experiment = ? ORDER BY number", (number,)).fetchall()
            turns = connection.execute("SELECT arm, latency_s, feedback FROM turn WHERE experiment = ?", (number,)).fetchall()
            judged = self._judge(connection, number, _rules(experiment))
        arms = arm_report(A, experiment["champion"], outcomes, turns), arm_report(B, experiment["challenger"], outcomes, turns)
        tests = judged.guard.p_value, judged.win.p_value, judged.loss.p_value
        return ABReport(number, cast(Status, experiment["status"]), experiment["share"], arms, *tests, experiment["reason"])

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A connection to write with; what was judged in work that is undone is forgotten with it."""
        try:
            with self._rows.writing() as connection:
                yield connection
        except ReleaseError:
            self._judged.clear()
            raise

    def _latest(self) -> Row | None:
        found = self._rows.read("SELECT * FROM experiment ORDER BY id DESC LIMIT 1")
        return found[0] if found else None

    def _open(self) -> Row:
        latest = self._latest()
        if latest is None or latest["status"] not in OPEN:
            raise ReleaseError("没有进行中的 A/B 试验")
        return latest

    def _checked(self, connection: Connection, number: int) -> Status:
        """Count what can be counted, then stop or declare a win if the tests say so; the status."""
        experiment = connection.execute("SELECT * FROM experiment WHERE id = ?", (number,)).fetchone()
        if experiment["status"] not in OPEN:
            return cast(Status, experiment["status"])
        rules = _rules(experiment)
        values = {"experiment": number, "horizon": rules.horizon, "idle": self._clock() - rules.idle_s}
        if connection.execute(_COUNT, values).rowcount:
            connection.execute(_COUNTED, values)
        status = self._judge(connection, number, rules).status(rules)
        if status not in OPEN:
            self._end(connection, number, status, "")
        elif status != experiment["status"]:
            connection.execute("UPDATE experiment SET status = ? WHERE id = ?", (status, number))
        return status

    def _judge(self, connection: Connection, number: int, rules: Rules) -> _Judged:
        """The tests after all outcomes; those that this process has seen before are not read again."""
        judged = self._judged.get(number)
        if judged is None:
            judged = self._judged.setdefault(number, _Judged.before(rules))
        for outcome in connection.execute("SELECT * FROM outcome WHERE experiment = ? AND number > ? ORDER BY number", (number, judged.last)):
            judged.add(outcome)
        return judged

    def _end(self, connection: Connection, number: int, status: Status, reason: str) -> None:
        connection.execute(
            f"UPDATE experiment SET status = ?, ended = ?, reason = ? WHERE id = ? AND {_OPEN}", (status, self._clock(), reason[:1000], number)
        )


# Conversations that count from now on, the one whose last turn is oldest first; the order is blind to the arm.
_COUNT = """
INSERT INTO outcome (experiment, thread, arm, share, failed, good)
SELECT experiment, thread, arm, share, failed, 1 - MAX(failed, disliked)
FROM (
    SELECT conversation.experiment, conversation.thread, conversation.arm, share, MAX(audit_failed) AS failed,
        MAX(COALESCE(feedback < 0, 0)) AS disliked, COUNT(*) AS turns, MAX(at) AS last
    FROM conversation JOIN turn ON turn.experiment = conversation.experiment AND turn.thread = conversation.thread
    WHERE conversation.experiment = :experiment AND NOT counted GROUP BY conversation.thread
)
WHERE failed OR disliked OR turns >= :horizon OR last <= :idle ORDER BY last, thread
"""
_COUNTED = """
UPDATE conversation SET counted = 1 WHERE experiment = :experiment AND NOT counted
    AND EXISTS (SELECT 1 FROM outcome WHERE outcome.experiment = conversation.experiment AND outcome.thread = conversation.thread)
"""


@dataclass(slots=True)
class _Judged:
    """The three tests after the outcomes up to number `last`."""

    guard: SequentialTest
    win: SequentialTest
    loss: SequentialTest
    counted: int = 0
    last: int = 0

    @classmethod
    def before(cls, rules: Rules) -> _Judged:
        """The tests before the first outcome."""
        return cls(SequentialTest(rules.guard_alpha), SequentialTest(rules.alpha), SequentialTest(rules.alpha))

    def add(self, outcome: Row) -> None:
        """One more outcome."""
        self.guard.add(outcome["arm"], float(outcome["failed"]), outcome["share"])
        self.win.add(outcome["arm"], float(outcome["good"]), outcome["share"])
        self.loss.add(outcome["arm"], 1.0 - outcome["good"], outcome["share"])
        self.counted, self.last = self.counted + 1, outcome["number"]

    def status(self, rules: Rules) -> Status:
        """The guard goes before everything: a B that pleases and fails the audit is stopped."""
        if self.guard.decided:
            return "guarded"
        if self.loss.decided:
            return "lost"
        if self.win.decided:
            return "won"
        return "inconclusive" if self.counted >= rules.most else "running"


def _rules(experiment: Row) -> Rules:
    return Rules(**json.loads(experiment["settings"]))


def _check(champion: str, challenger: str, rules: Rules) -> None:
    if not champion or not challenger or champion == challenger:
        raise ReleaseError(f"A/B 试验要两个不同的版本，收到“{champion}”和“{challenger}”")
    if not 0 < rules.share < 1:
        raise ReleaseError(f"B 的流量比例应在 0 与 1 之间，收到 {rules.share}")
    if not (0 < rules.alpha < 1 and 0 < rules.guard_alpha < 1 and rules.horizon >= 1 and rules.idle_s > 0 and rules.most >= 1):
        raise ReleaseError("A/B 试验的 alpha 应在 0 与 1 之间，horizon、idle_s 和 most 应为正")
