"""The loop: every step once, timed, told, and kept in the report; what went wrong is in the report too."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from data.errors import CaizhiError
from finetune.release.registry import Registry
from finetune.workshop.evaluation_step import compare_versions, evaluate_versions
from finetune.workshop.plan import Place, Plan, prepared
from finetune.workshop.release_step import check_parity, promote_first, quantise_versions, register_versions
from finetune.workshop.report import Outcome, Step, WorkshopReport
from finetune.workshop.rows_step import make_rows
from finetune.workshop.service import open_service
from finetune.workshop.serving_step import serve
from finetune.workshop.swap_step import Swaps
from finetune.workshop.training_step import train_versions
from finetune.workshop.trial_step import try_versions

Tell = Callable[[Step], None]
STEPS = {
    "rows": "数据", "train": "训练", "evaluate": "评估", "compare": "对比", "quantise": "量化", "parity": "一致性", "register": "登记",
    "promote": "上线关口", "serve": "服务", "ab": "A/B 试验", "swap": "热切换", "rollback": "回滚",
}  # fmt: skip
_Kind = TypeVar("_Kind", bound=Outcome)


class _Steps:
    """Runs steps and keeps what they come to."""

    def __init__(self, tell: Tell, clock: Callable[[], float]) -> None:
        self._tell, self._clock = tell, clock
        self.done: list[Step] = []

    def run(self, name: str, make: Callable[[], _Kind]) -> _Kind:
        """One step by name; its outcome."""
        began = self._clock()
        outcome = make()
        self.done.append(Step(name, STEPS[name], self._clock() - began, outcome))
        self._tell(self.done[-1])
        return outcome


def run_workshop(
    out: Path, plan: Plan | None = None, tell: Tell = lambda step: None, clock: Callable[[], float] = time.monotonic
) -> WorkshopReport:
    """Go the whole way once under a folder: empty, or left by an earlier run (which is then removed). tell: called after each step.

    The report is written as workshop.json and workshop.md, also where a step fails.

    Raises:
        TrainingError: the folder holds something else.
        CaizhiError: a step failed; the report has the steps before it.
    """
    plan = plan or Plan()
    place = prepared(out)
    steps = _Steps(tell, clock)
    try:
        _all(plan, place, steps)
    except CaizhiError as error:
        WorkshopReport(plan, tuple(steps.done), f"{_next(steps)}没有完成：{error}").write(place.root)
        raise
    report = WorkshopReport(plan, tuple(steps.done))
    report.write(place.root)
    return report


def _all(plan: Plan, place: Place, steps: _Steps) -> None:
    steps.run("rows", lambda: make_rows(plan, place))
    steps.run("train", lambda: train_versions(plan, place))
    with ExitStack() as stack:
        engine = stack.enter_context(open_service(plan.base))
        reports = {}

        def measured() -> Outcome:
            outcome, found = evaluate_versions(plan, place, engine)
            reports.update(found)
            return outcome

        steps.run("evaluate", measured)
        steps.run("compare", lambda: compare_versions(plan, place, reports))
        steps.run("quantise", lambda: quantise_versions(place))
        steps.run("parity", lambda: check_parity(plan, place, engine))
        registry = Registry(place.registry)
        steps.run("register", lambda: register_versions(place, registry))
        steps.run("promote", lambda: promote_first(plan, place, registry))
        steps.run("serve", lambda: serve(plan, registry, engine))
        steps.run("ab", lambda: try_versions(plan, place, engine))
        swaps = Swaps(plan, place, registry, engine)
        steps.run("swap", swaps.forward)
        steps.run("rollback", swaps.back)


def _next(steps: _Steps) -> str:
    """The title of the step that did not end."""
    return list(STEPS.values())[len(steps.done)]
