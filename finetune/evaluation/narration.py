"""Narrations: how many pass the audit as they were written, with no fallback to the deterministic writer, and tell what was asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from finetune.evaluation.cases import Case, audit_context_of
from finetune.evaluation.drafts import SIZE_FIELDS, read_draft
from finetune.evaluation.statistics import Rate, rate_of
from tools.audit.check import audit_text

NARRATED = "narration"


@dataclass(frozen=True, slots=True)
class NarrationVerdict:
    """One narration: whether it passed the audit, whether every asked figure is told, what was wrong."""

    passed: bool
    told: bool
    problems: tuple[str, ...] = ()

    @property
    def served(self) -> bool:
        """Whether the product would have sent it out as it is: the audit passes and nothing asked is missing."""
        return self.passed and self.told


@dataclass(frozen=True)
class NarrationReport:
    """passed: through the audit. told: with all asked figures. served: both. slices: axis → value → rate of served. reasons: counted."""

    passed: Rate
    told: Rate
    served: Rate
    slices: dict[str, dict[str, Rate]] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Plain values."""
        return {
            "passed": self.passed.to_dict(), "told": self.told.to_dict(), "served": self.served.to_dict(),
            "slices": {axis: {value: rate.to_dict() for value, rate in values.items()} for axis, values in self.slices.items()},
            "reasons": self.reasons,
        }  # fmt: skip


def judge(case: Case, output: str) -> NarrationVerdict:
    """Audit one narration over the case's sheet; a text in digits is audited number by number.

    Raises:
        ValueError: the case has no fact sheet to audit against.
    """
    if case.exercise is None:
        raise ValueError(f"{case.id} has no fact sheet")
    sheet = case.exercise.sheet
    asked = set(sheet.answers)
    if not output.strip():
        return NarrationVerdict(False, False, ("草稿为空",))
    if "{" not in output:
        report = audit_text(output, sheet, audit_context_of(case))
        told = asked <= {verdict.figure_id for verdict in report.verdicts}
        return NarrationVerdict(report.ok, told, tuple(report.problems))
    draft = read_draft(output, case)
    if draft.filled is None or draft.audit is None:
        return NarrationVerdict(False, False, (draft.error,))
    told_ids = {binding.figure_id for binding in draft.filled.bindings if binding.field in SIZE_FIELDS}
    return NarrationVerdict(draft.audit.ok, asked <= told_ids, tuple(draft.audit.problems))


def evaluate_narration(cases: Sequence[Case], outputs: Sequence[str], axes: Sequence[str] = ("family", "template", "held_out")) -> NarrationReport:
    """The report over the narrations among the cases; outputs stand in the order of the cases."""
    pairs = [(case, judge(case, output)) for case, output in zip(cases, outputs, strict=True) if is_narration(case)]
    slices: dict[str, dict[str, Rate]] = {}
    for axis in axes:
        for value in sorted({case.slices[axis] for case, _ in pairs if axis in case.slices}):
            slices.setdefault(axis, {})[value] = rate_of([verdict.served for case, verdict in pairs if case.slices.get(axis) == value])
    reasons = Counter(reason(problem) for _, verdict in pairs for problem in verdict.problems[:1])
    return NarrationReport(
        rate_of([verdict.passed for _, verdict in pairs]), rate_of([verdict.told for _, verdict in pairs]),
        rate_of([verdict.served for _, verdict in pairs]), slices, dict(reasons.most_common()),
    )  # fmt: skip


def is_narration(case: Case) -> bool:
    """Whether a case asks for a narration of a fact sheet."""
    return case.exercise is not None and case.exercise.kind == NARRATED


def reason(problem: str) -> str:
    """A problem without its numbers and names, so that alike ones count together."""
    return re.sub(r"“[^”]*”|f\d+|[\d.,]+[%亿万元个百分点]*|：.*$", "…", problem)[:60]
