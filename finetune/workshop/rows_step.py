"""Rows: held-out questions frozen first, then the training set built, split, cleared of the questions, and certified."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import CaizhiError
from finetune.evaluation.cases import case_of_exercise
from finetune.evaluation.frozen import freeze
from finetune.rows.build import BuildOptions, build
from finetune.rows.contamination import Finding, Guard, certificate
from finetune.rows.factory import exercises
from finetune.rows.narration import narrations
from finetune.rows.record import Exercise, Kind, Row
from finetune.rows.renderings import render
from finetune.training.training_rows import read_rows
from finetune.workshop.plan import Place, Plan

LEAKED = "leaked.json"
_LEAKS, _POOL = 3, 3
_SHARES: tuple[tuple[Kind, int], ...] = (("qa", 5), ("calculation", 4), ("method", 1))


@dataclass(frozen=True, slots=True)
class RowsOutcome:
    """built: rows of all splits. rejected: failed the recomputation. repeated: duplicates. cleared: training rows that met a question.

    verdict: of the certificate of both training files against the questions; leaked_verdict: with questions put among them.
    """

    built: int
    rejected: int
    repeated: int
    splits: dict[str, int]
    cleared: int
    first: int
    second: int
    questions: int
    golden: int
    verdict: str
    leaked_verdict: str

    @property
    def line(self) -> str:
        """The step in one sentence."""
        splits = "、".join(f"{name} {count}" for name, count in self.splits.items())
        return (
            f"逐条重算生成 {self.built} 行（{splits}），不合格 {self.rejected}、重复 {self.repeated}、与评测题重叠 {self.cleared} 已剔除；"
            f"首版用 {self.first} 行，次版再用 {self.second} 行；留出 {self.questions} 题，"
            f"污染证书 {self.verdict}（混入 {_LEAKS} 题则为 {self.leaked_verdict}）"
        )

    @property
    def problems(self) -> list[str]:
        """A certificate that is not clean, or that does not see a leak."""
        found = [] if self.verdict == "clean" else [f"污染证书 {self.verdict}"]
        return found + ([] if self.leaked_verdict == "contaminated" else ["混入评测题的数据没有被查出"])


def make_rows(plan: Plan, place: Place) -> RowsOutcome:
    """Write the questions, the golden prompts, the rows, the two training files and their certificate.

    Raises:
        TrainingError: the factory cannot make what is asked, or rejects too much.
    """
    questions = held_out(plan)
    freeze(questions, place.questions)
    golden = _usable(_mixed(plan.seed + 1, _POOL * plan.golden, held=False), _POOL * plan.golden)
    freeze(golden, place.golden)
    options = BuildOptions(
        size=plan.rows, narration=plan.narrations, seed=plan.seed, rendering="references", workers=plan.workers, shard=max(100, plan.rows // 4),
        held_out=max(8, plan.questions // 4),
    )  # fmt: skip
    report = build(place.rows, options)
    asked = [render(question, "references", f"question-{number:04d}") for number, question in enumerate(questions)]
    dropped: list[Finding] = []
    kept = list(Guard(asked).screen(read_rows(place.rows / "train.jsonl"), dropped))
    random.Random(plan.seed).shuffle(kept)
    cut = max(1, round(plan.first_share * len(kept)))
    first, second = kept[:cut], kept[cut:]
    _write(place.training / "first.jsonl", first)
    _write(place.training / "second.jsonl", second)
    proof = certificate(kept, asked, name="工坊评测题")
    proof.write(place.training)
    leaked = certificate([*kept, *asked[:_LEAKS]], asked, name="工坊评测题（混入后）")
    leaked.write(place.training, LEAKED.removesuffix(".json"))
    return RowsOutcome(
        built=sum(report.rows.values()), rejected=sum(report.rejects.values()), repeated=report.exact_duplicates + report.near_duplicates,
        splits=dict(report.rows), cleared=report.contaminated + len({finding.train for finding in dropped}), first=len(first), second=len(second),
        questions=len(questions), golden=len(golden), verdict=proof.verdict, leaked_verdict=leaked.verdict,
    )  # fmt: skip


def held_out(plan: Plan) -> list[Exercise]:
    """The questions: of wordings, banks, pairs of formula and wording, and sizes that no training row has; no prompt twice."""
    calculated = _usable(_mixed(plan.seed, plan.questions, held=True), plan.questions)
    return calculated + _usable(narrations(plan.seed, 4 * plan.told_questions, held=True), plan.told_questions)


def _mixed(seed: int, count: int, *, held: bool) -> Iterator[Exercise]:
    """More than enough of each kind, in the shares of the training rows; held: what training may not see."""
    return exercises(seed, {kind: max(2, 4 * count * share // 10) for kind, share in _SHARES}, held=held)


def _usable(drawn: Iterable[Exercise], count: int) -> list[Exercise]:
    """The first ones whose answers fill, each with a prompt of its own."""
    found: dict[str, Exercise] = {}
    for exercise in drawn:
        if len(found) >= count:
            break
        try:
            found.setdefault(case_of_exercise(exercise).prompt, exercise)
        except CaizhiError:
            continue
    return list(found.values())


def _write(path: Path, rows: Sequence[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row.to_dict(), ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
