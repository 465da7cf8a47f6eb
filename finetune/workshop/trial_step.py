"""A/B: simulated conversations drawn to arms by hash, judged by the audit, watched by a sequential test; a bad arm is stopped by itself."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from finetune.evaluation.cases import Case, Generator
from finetune.release.ab_report import OPEN, ABReport
from finetune.release.ab_test import ABTest, Assignment, Rules
from finetune.release.versions import Version, full_name
from finetune.workshop.plan import FIRST, MODEL, SECOND, UNTRAINED, Place, Plan
from finetune.workshop.service import Judge, generator, name_of, questions_of

if TYPE_CHECKING:
    from tools.local_model.engine import LocalEngine

_BEGAN = 1_700_000_000.0
_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Trial:
    """One test. moved: conversations whose arm changed under way. stopped_at: conversation at which it ended by itself, 0 for none.

    after: conversations that began after that; after_a: those of them that champion answered.
    """

    a: str
    b: str
    status: str
    conversations: tuple[int, int]
    failed: tuple[float, float]
    good: tuple[float, float]
    guard_p: float
    win_p: float
    loss_p: float
    moved: int
    stopped_at: int
    after: int
    after_a: int
    verdict: str

    @property
    def line(self) -> str:
        """In words."""
        counted = f"{self.conversations[0]}/{self.conversations[1]} 个会话"
        return f"{self.a} 对 {self.b}：{counted}，审核失败 {self.failed[0]:.0%}/{self.failed[1]:.0%}，{self.verdict}（{self._evidence}）"

    @property
    def _evidence(self) -> str:
        return f"B 失败更多 p={self.guard_p:.3f}，B 更好 p={self.win_p:.3f}" + (f"，第 {self.stopped_at} 个会话时停止" if self.stopped_at else "")


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """real: champion against challenger. guarded: champion against the adapter that was never trained."""

    real: Trial
    guarded: Trial

    @property
    def line(self) -> str:
        """The step in one sentence."""
        return f"{self.real.line}；护栏演练，{self.guarded.line}"

    @property
    def problems(self) -> list[str]:
        """Arms that did not stick, traffic that did not go back."""
        found = [f"{trial.b} 试验中有 {trial.moved} 个会话换了组" for trial in (self.real, self.guarded) if trial.moved]
        return found + [f"{trial.b} 试验停止后仍有会话用 B" for trial in (self.real, self.guarded) if trial.after != trial.after_a]


def try_versions(plan: Plan, place: Place, engine: LocalEngine) -> TrialOutcome:
    """Both tests, on simulated conversations over the held-out questions; answers come from the engine as in service.

    Raises:
        ReleaseError: the store fails.
    """
    ticks = count()
    trials = ABTest(place.trials, clock=lambda: _BEGAN + next(ticks))
    cases, judge = questions_of(place), Judge()
    try:
        both = [_trial(plan, trials, engine, cases, judge, challenger) for challenger in (SECOND, UNTRAINED)]
    finally:
        trials.close()
    return TrialOutcome(*both)


def _trial(plan: Plan, trials: ABTest, engine: LocalEngine, cases: Sequence[Case], judge: Judge, challenger: Version) -> Trial:
    rules = Rules(share=_SHARE, horizon=plan.turns, most=plan.conversations)
    trials.start(full_name(MODEL, FIRST), full_name(MODEL, challenger), rules, salt=f"{plan.seed}-{challenger}")
    models = {full_name(MODEL, version): generator(engine, name_of(version), plan.most_tokens) for version in (FIRST, challenger)}
    moved = stopped_at = after = after_a = 0
    for number in range(1, plan.conversations + 1):
        arms = list(_conversation(plan, trials, models.__getitem__, cases, judge, f"{challenger}-{number}"))
        moved += len({arm for arm, _ in arms}) > 1 and all(still for _, still in arms)
        if stopped_at:
            after, after_a = after + 1, after_a + all(arm == "A" for arm, _ in arms)
        elif not arms[-1][1]:
            stopped_at = number
    report = trials.report()
    if report.status in OPEN:
        trials.stop("工坊演练结束")
    return _told(report, moved, stopped_at, after, after_a)


def _conversation(
    plan: Plan, trials: ABTest, model: Callable[[str], Generator], cases: Sequence[Case], judge: Judge, thread: str
) -> Sequence[tuple[str, bool]]:
    """One conversation: for each turn its arm, and whether the test was still open after it. A user complains of half the wrong answers."""
    drawn = random.Random(f"{plan.seed}:{thread}")
    seen: list[tuple[str, bool]] = []
    for turn in range(plan.turns):
        case, assignment = drawn.choice(cases), trials.assign(thread)
        assert assignment is not None
        still = _turn(trials, model(assignment.version), case, judge, assignment, f"{thread}-{turn}", complains=drawn.random() < 0.5)
        seen.append((assignment.arm, still))
    return seen


def _turn(trials: ABTest, generate: Generator, case: Case, judge: Judge, assignment: Assignment, turn: str, *, complains: bool) -> bool:
    """Answer, judge and write down one turn; whether the test is open after it."""
    began = time.perf_counter()
    text = generate([case.prompt])[0]
    verdict = judge(case, text)
    status = trials.record(assignment, turn.rpartition("-")[0], turn, audit_failed=not verdict.audited, latency_s=time.perf_counter() - began)
    if status in OPEN and complains and not verdict.right:
        status = trials.feedback(turn, liked=False)
    return status in OPEN


def _told(report: ABReport, moved: int, stopped_at: int, after: int, after_a: int) -> Trial:
    a, b = report.arms
    return Trial(
        a.version, b.version, report.status, (a.conversations, b.conversations), (a.failed.value, b.failed.value), (a.good.value, b.good.value),
        report.guard_p, report.win_p, report.loss_p, moved, stopped_at, after, after_a, report.verdict,
    )  # fmt: skip
