"""Two versions on one frozen held-out set: paired tests, the examples that flipped either way, and the before/after table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from data.errors import TrainingError
from finetune.evaluation.before_after import TableRow, before_after
from finetune.evaluation.cases import Generator
from finetune.evaluation.evaluate import Plan, evaluate
from finetune.evaluation.recompute import Progress
from finetune.evaluation.report import AXES, AnswerRecord, EvaluationReport
from finetune.evaluation.statistics import Difference, Mean, Rate, mcnemar_exact, paired_bootstrap
from finetune.rows.record import Exercise, Row

SIGNIFICANT = 0.05


class Contestant(NamedTuple):
    """One version: the name that the report carries, and what answers."""

    name: str
    generate: Generator


@dataclass(frozen=True, slots=True)
class Paired:
    """Right and wrong over the same questions. gained: wrong under a, right under b; lost: the other way. p: McNemar, exact, two-sided."""

    both: int
    gained: int
    lost: int
    neither: int
    p: float

    def to_dict(self) -> dict[str, float | int]:
        """Plain values."""
        return {"both": self.both, "gained": self.gained, "lost": self.lost, "neither": self.neither, "p": round(self.p, 6)}


@dataclass(frozen=True, slots=True)
class SliceLine:
    """One slice of both versions."""

    axis: str
    value: str
    a: Rate
    b: Rate
    p: float


@dataclass(frozen=True)
class Comparison:
    """a before, b after. parts: a part of the recompute score → its paired counts. scores: mean difference b - a of each text score.

    gained, lost: pairs of records that flipped. table: the specification's before/after table.
    """

    a: EvaluationReport
    b: EvaluationReport
    parts: dict[str, Paired]
    scores: dict[str, Difference]
    slices: list[SliceLine]
    gained: list[tuple[AnswerRecord, AnswerRecord]]
    lost: list[tuple[AnswerRecord, AnswerRecord]]
    table: list[TableRow]

    @property
    def paired(self) -> Paired:
        """The counts for recompute accuracy, all parts together."""
        return self.parts["right"]

    @property
    def verdict(self) -> str:
        """What the paired test says: "better", "worse" or "alike"."""
        if self.paired.p >= SIGNIFICANT:
            return "alike"
        return "better" if self.paired.gained > self.paired.lost else "worse"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, both reports left out but for their names and accuracies."""
        return {
            "a": {"model": self.a.model, "accuracy": self.a.accuracy.to_dict()}, "b": {"model": self.b.model, "accuracy": self.b.accuracy.to_dict()},
            "data": dict(self.a.data), "verdict": self.verdict, "parts": {part: paired.to_dict() for part, paired in self.parts.items()},
            "scores": {name: difference.to_dict() for name, difference in self.scores.items()},
            "slices": [{"axis": s.axis, "value": s.value, "a": s.a.to_dict(), "b": s.b.to_dict(), "p": round(s.p, 6)} for s in self.slices],
            "gained": [two.id for _, two in self.gained], "lost": [two.id for _, two in self.lost],
            "table": [row.cells() for row in self.table],
        }  # fmt: skip


def compare(
    a: Contestant, b: Contestant, items: Sequence[Exercise | Row], plan: Plan | None = None, *, data_name: str = "",
    human: tuple[Mean, Mean] | None = None, progress: Progress | None = None,
) -> Comparison:
    """Evaluate both versions on the same items and compare them. human: see before_after.

    Raises:
        TrainingError: a model returned another number of outputs than prompts.
    """
    reports = [evaluate(one.name, items, one.generate, plan, data_name=data_name, progress=progress) for one in (a, b)]
    return compare_reports(reports[0], reports[1], human=human)


def compare_reports(a: EvaluationReport, b: EvaluationReport, *, human: tuple[Mean, Mean] | None = None) -> Comparison:
    """Compare two evaluations of one data set.

    Raises:
        TrainingError: they are not of the same questions, or of none.
    """
    if a.data["sha256"] != b.data["sha256"] or [r.id for r in a.records] != [r.id for r in b.records] or not a.records:
        raise TrainingError(f"{a.model} 与 {b.model} 评估的不是同一套题，不能比较；请在同一份数据上重新评估")
    pairs = list(zip(a.records, b.records, strict=True))
    parts = {part: _paired([(one.parts[part], two.parts[part]) for one, two in pairs]) for part in a.records[0].parts}
    names = [name for name in a.text if name in b.text]
    scores = {name: paired_bootstrap([one.scores[name] for one, _ in pairs], [two.scores[name] for _, two in pairs]) for name in names}
    return Comparison(
        a, b, parts, scores, _slices(a, b, pairs), [(one, two) for one, two in pairs if two.right and not one.right],
        [(one, two) for one, two in pairs if one.right and not two.right], before_after(a, b, human),
    )  # fmt: skip


def _paired(verdicts: Sequence[tuple[bool | None, bool | None]]) -> Paired:
    """Counts over the questions to which the part applies on both sides."""
    given = [(one, two) for one, two in verdicts if one is not None and two is not None]
    gained, lost = sum(two and not one for one, two in given), sum(one and not two for one, two in given)
    both = sum(one and two for one, two in given)
    return Paired(both, gained, lost, len(given) - both - gained - lost, mcnemar_exact(lost, gained))


def _slices(a: EvaluationReport, b: EvaluationReport, pairs: Sequence[tuple[AnswerRecord, AnswerRecord]]) -> list[SliceLine]:
    """The axes of the report, the finest ones only where they have few values."""
    lines = []
    other = b.slices(AXES)
    for axis, values in a.slices(AXES).items():
        if len(values) > 16:
            continue
        for value, rate in values.items():
            counts = _paired([(one.right, two.right) for one, two in pairs if one.slices.get(axis) == value])
            lines.append(SliceLine(axis, value, rate, other[axis][value], counts.p))
    return lines
