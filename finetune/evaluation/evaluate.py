"""Evaluate a model: every metric over one data set, recompute accuracy first."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from finetune.evaluation.cases import Case, Generator, Prompter, Slices, cases_of
from finetune.evaluation.digit_flip import evaluate_flips
from finetune.evaluation.frozen import identity
from finetune.evaluation.narration import is_narration, judge, reason
from finetune.evaluation.parts import PARTS
from finetune.evaluation.recompute import BATCH, Progress, answers_of, is_draft, report_of, score
from finetune.evaluation.regression import RegressionTask, evaluate_regression
from finetune.evaluation.report import AnswerRecord, EvaluationReport, TextSummary
from finetune.evaluation.terms import judge_terms
from finetune.evaluation.text_scores import TextScore, text_scores
from finetune.evaluation.token_vectors import TokenEncoder
from finetune.rows.record import Exercise, Row
from tools.local_model.prompt import compact_prompt

Turns = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Plan:
    """How to evaluate. encoder: of BERTScore, None for none. regression: tasks, () for none. flips: whether flips are tried on right answers.

    axes: further slices of an exercise or row. seed: of flips and bootstraps.
    """

    prompter: Prompter = compact_prompt
    encoder: TokenEncoder | None = None
    regression: Sequence[RegressionTask] | None = None
    flips: bool = True
    axes: Callable[[Exercise | Row], Slices] | None = None
    batch_size: int = BATCH
    seed: int = 0


def evaluate(
    model: str, items: Sequence[Exercise | Row], generate: Generator, plan: Plan | None = None, *, data_name: str = "",
    progress: Progress | None = None, clock: Callable[[], float] = time.perf_counter,
) -> EvaluationReport:
    """Ask a model everything and measure its answers; of cases with one prompt the first counts. model: the name that the report carries.

    Raises:
        TrainingError: the model returned another number of outputs than prompts.
        UnknownReferenceError: an exercise's own drafts do not fill.
    """
    chosen = plan or Plan()
    every = cases_of(items, chosen.prompter, chosen.axes)
    # Intervals and tests count independent answers: a prompt that stands twice is one question.
    cases = list({case.prompt: case for case in reversed(every)}.values())[::-1]
    began = clock()
    outputs = answers_of(cases, generate, batch_size=chosen.batch_size, progress=progress)
    seconds = clock() - began
    regression = evaluate_regression(generate, chosen.regression, chosen.prompter) if chosen.regression is None or chosen.regression else None
    records, scores, reasons = judged(cases, outputs, chosen.encoder)
    flips = evaluate_flips(cases, [record.text for record in records], seed=chosen.seed).to_dict() if chosen.flips else {}
    text = {name: TextSummary(one.corpus, one.signature, one.mean) for name, one in scores.items()}
    data = {"name": data_name, "sha256": identity(items), "count": len(cases), "repeated": len(every) - len(cases)}
    return EvaluationReport(model, data, records, text, regression, flips, reasons, seconds)


def judged(
    cases: Sequence[Case], outputs: Sequence[str], encoder: TokenEncoder | None
) -> tuple[list[AnswerRecord], dict[str, TextScore], dict[str, int]]:
    """The answer records of outputs, the text scores over all of them, and why narrations failed."""
    marks = [score(case, output) for case, output in zip(cases, outputs, strict=True)]
    references = [case.reference if is_draft(output) or not case.worked else case.worked for case, output in zip(cases, outputs, strict=True)]
    scores = text_scores([mark.text for mark in marks], references, encoder)
    records, reasons = [], Counter[str]()
    for number, (case, output, mark) in enumerate(zip(cases, outputs, marks, strict=True)):
        told = judge(case, output) if is_narration(case) else None
        if told is not None:
            reasons.update(reason(problem) for problem in told.problems[:1])
        records.append(AnswerRecord(
            id=case.id, question=case.question, reference=case.reference, output=output, text=mark.text, slices=dict(case.slices),
            parts={name: mark.part(name) for name in PARTS}, terms=judge_terms(case, mark.text).right, served=told.served if told else None,
            scores={name: round(one.items[number], 5) for name, one in scores.items()}, problems=list(mark.problems),
        ))  # fmt: skip
    return records, scores, dict(reasons.most_common(20))


def training_measures(
    items: Sequence[Exercise | Row], prompter: Prompter = compact_prompt
) -> Callable[[Callable[[Sequence[Turns]], list[str]]], dict[str, float]]:
    """A measure for use during training: given what answers conversations, recompute accuracy, final and per family, 0-1.

    The exercises are made cases once; each call only generates and scores.
    """
    cases = cases_of(items, prompter)

    def measure(answer: Callable[[Sequence[Turns]], list[str]]) -> dict[str, float]:
        outputs = answer([[{"role": "user", "content": case.prompt}] for case in cases])
        report = report_of(cases, outputs, ("family",))
        found = {"recompute": report.parts["right"].value, "recompute_final": report.parts["final"].value}
        return found | {f"recompute_{family}": rates["right"].value for family, rates in report.slices.get("family", {}).items()}

    return measure
