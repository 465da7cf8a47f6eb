"""Recompute accuracy, the first metric: is what the answer says what the figures give? Scored part by part.

An answer in references is run as the product runs it (its calculator marks computed in Decimal, its references filled in), and its
program is compared with the reference program as a function of the figures. An answer in digits is read number by number: its
equations are recomputed, and what it tells is compared with the exact result at the printed precision and unit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from data.errors import TrainingError
from finetune.evaluation.cases import Case, Generator, Prompter, case_of_exercise, case_of_row
from finetune.evaluation.drafts import read_draft, score_draft
from finetune.evaluation.numerals import score_written
from finetune.evaluation.parts import PARTS, RecomputeScore
from finetune.evaluation.statistics import Rate, rate_of
from finetune.rows.record import Exercise, Row
from tools.local_model.prompt import compact_prompt

Progress = Callable[[int, int], None]
AXES = ("kind", "family", "digits", "held_out")
BATCH = 16


@dataclass(frozen=True)
class RecomputeReport:
    """parts: each part's rate, overall; slices: axis → value → rates of right and final. scores: one for each case, in order."""

    parts: dict[str, Rate]
    slices: dict[str, dict[str, dict[str, Rate]]]
    scores: list[RecomputeScore] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)

    @property
    def accuracy(self) -> Rate:
        """Every part that applies is right: operands, expression, arithmetic, unit, final, bank and period."""
        return self.parts["right"]

    def to_dict(self) -> dict[str, object]:
        """Rates with their intervals, without the scores of single cases."""
        return {
            "parts": {part: rate.to_dict() for part, rate in self.parts.items()},
            "slices": {
                axis: {value: {part: rate.to_dict() for part, rate in rates.items()} for value, rates in values.items()}
                for axis, values in self.slices.items()
            },
        }


def score(item: Exercise | Row | Case, output: str) -> RecomputeScore:
    """The parts of one answer. A Case is scored as it is; an exercise or row is made one first.

    Raises:
        UnknownReferenceError: the exercise's own drafts do not fill.
    """
    case = item if isinstance(item, Case) else case_of_exercise(item) if isinstance(item, Exercise) else case_of_row(item)
    if case.exercise is not None and is_draft(output):
        return score_draft(case, read_draft(output, case))
    return score_written(case, output)


def is_draft(output: str) -> bool:
    """Whether a text is a draft in references rather than one in digits."""
    return "{" in output or "→{" in output


def evaluate_recompute(
    exercises: Sequence[Exercise | Row | Case], generate: Generator, *, prompter: Prompter = compact_prompt, batch_size: int = BATCH,
    axes: Sequence[str] = AXES, progress: Progress | None = None,
) -> RecomputeReport:
    """Ask a model every exercise and score its answers.

    generate: prompts to outputs, as many as prompts. axes: the slices to report. progress: called with (done, total).

    Raises:
        TrainingError: the model returned another number of outputs than prompts.
    """
    cases = [_case(item, number, prompter) for number, item in enumerate(exercises)]
    outputs = answers_of(cases, generate, batch_size=batch_size, progress=progress)
    return report_of(cases, outputs, axes)


def answers_of(cases: Sequence[Case], generate: Generator, *, batch_size: int = BATCH, progress: Progress | None = None) -> list[str]:
    """The model's outputs for the cases' prompts, batch by batch; a prompt that several cases share is asked once.

    Prompts in references carry no values, so that many exercises look alike to the model. progress: over the different prompts.

    Raises:
        TrainingError: the model returned another number of outputs than prompts.
    """
    prompts = list(dict.fromkeys(case.prompt for case in cases))
    outputs: dict[str, str] = {}
    for start in range(0, len(prompts), batch_size):
        batch = prompts[start : start + batch_size]
        given = list(generate(batch))
        if len(given) != len(batch):
            raise TrainingError(f"模型对 {len(batch)} 个提示返回了 {len(given)} 个结果")
        outputs |= zip(batch, given, strict=True)
        if progress:
            progress(len(outputs), len(prompts))
    return [outputs[case.prompt] for case in cases]


def report_of(cases: Sequence[Case], outputs: Sequence[str], axes: Sequence[str] = AXES) -> RecomputeReport:
    """The report of outputs that are already there."""
    scores = [score(case, output) for case, output in zip(cases, outputs, strict=True)]
    parts = {part: rate_of([one.part(part) for one in scores]) for part in PARTS}
    slices: dict[str, dict[str, dict[str, Rate]]] = {}
    for axis in axes:
        for value in sorted({case.slices[axis] for case in cases if axis in case.slices}):
            inside = [one for case, one in zip(cases, scores, strict=True) if case.slices.get(axis) == value]
            slices.setdefault(axis, {})[value] = {part: rate_of([one.part(part) for one in inside]) for part in ("right", "final")}
    return RecomputeReport(parts, slices, scores, list(outputs))


def _case(item: Exercise | Row | Case, number: int, prompter: Prompter) -> Case:
    if isinstance(item, Case):
        return item
    return case_of_exercise(item, prompter, number) if isinstance(item, Exercise) else case_of_row(item, number)
