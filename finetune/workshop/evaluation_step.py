"""Evaluation and comparison: base, both versions and the untrained adapter on the same held-out questions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.evaluation.compare import Contestant, compare_reports
from finetune.evaluation.comparison_page import comparison_html
from finetune.evaluation.evaluate import Plan as Measures
from finetune.evaluation.evaluate import evaluate
from finetune.evaluation.frozen import read_items
from finetune.evaluation.report import EvaluationReport
from finetune.evaluation.statistics import Rate
from finetune.evaluation.words import VERDICTS
from finetune.release.versions import full_name
from finetune.workshop.plan import FIRST, MODEL, SECOND, UNTRAINED, Place, Plan
from finetune.workshop.service import BATCH, generator, name_of

if TYPE_CHECKING:
    from tools.local_model.engine import LocalEngine

BASE_NAME = "base"
HTML, JSON = "comparison.html", "comparison.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """One model: recompute accuracy with its 95 % interval; parts: of each part; audited: narrations that pass; seconds: of generating."""

    model: str
    right: int
    total: int
    rate: float
    low: float
    high: float
    parts: dict[str, float]
    narration: float
    bleu: float
    rouge_l: float
    seconds: float

    @property
    def line(self) -> str:
        """In words."""
        return f"{self.model} {self.rate:.1%}（{self.low:.1%}–{self.high:.1%}，{self.right}/{self.total}）"


@dataclass(frozen=True, slots=True)
class EvaluationOutcome:
    """models: base, both versions, the untrained one, in this order. same_as_base: answers of the untrained one that are the base's."""

    models: tuple[Measured, ...]
    same_as_base: int

    @property
    def line(self) -> str:
        """The step in one sentence."""
        return f"留出题复算准确率（95% 区间）：{'；'.join(one.line for one in self.models)}"

    @property
    def problems(self) -> list[str]:
        """An untrained adapter that changes the base."""
        total = self.models[0].total
        return [] if self.same_as_base == total else [f"未训练的适配器有 {total - self.same_as_base} 题与基座回答不同"]


def evaluate_versions(plan: Plan, place: Place, engine: LocalEngine) -> tuple[EvaluationOutcome, dict[str, EvaluationReport]]:
    """The outcome, and the reports by model; each version's is written into its evidence.

    Raises:
        ModelUnavailableError: an adapter does not fit the base.
    """
    for version in (FIRST, SECOND, UNTRAINED):
        engine.load_adapter(name_of(version), place.adapter(version))
    items = read_items(place.questions)
    measures = Measures(regression=(), batch_size=BATCH, seed=plan.seed)
    reports: dict[str, EvaluationReport] = {}
    for name in (BASE_NAME, *(name_of(version) for version in (FIRST, SECOND, UNTRAINED))):
        one = Contestant(name, generator(engine, "" if name == BASE_NAME else name, plan.most_tokens))
        reports[name] = evaluate(one.name, items, one.generate, measures, data_name=place.questions.name)
    for version in (FIRST, SECOND, UNTRAINED):
        write_json(place.evidence(version) / "report.json", reports[name_of(version)].to_dict())
        if version != FIRST:
            write_json(place.evidence(version) / "against.json", reports[name_of(FIRST)].to_dict())
    pairs = zip(reports[BASE_NAME].records, reports[name_of(UNTRAINED)].records, strict=True)
    return EvaluationOutcome(tuple(map(_measured, reports.values())), sum(one.output == two.output for one, two in pairs)), reports


def _measured(report: EvaluationReport) -> Measured:
    accuracy: Rate = report.accuracy
    parts = {part: round(report.part(part).value, 4) for part in ("operands", "expression", "unit", "final", "bank", "period")}
    return Measured(
        report.model, accuracy.right, accuracy.total, accuracy.value, accuracy.low, accuracy.high, parts, report.narration().value,
        report.text["BLEU"].score, report.text["ROUGE-L"].score, report.seconds,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ComparisonOutcome:
    """gained: wrong by the base, right by the second version; lost: the other way. p: McNemar. page: the HTML report."""

    a: str
    b: str
    a_rate: float
    b_rate: float
    gained: int
    lost: int
    p: float
    verdict: str
    page: str
    must_gain: bool

    @property
    def line(self) -> str:
        """The step in one sentence."""
        return (
            f"{self.a} {self.a_rate:.1%} → {self.b} {self.b_rate:.1%}：由错变对 {self.gained} 题，由对变错 {self.lost} 题，"
            f"p={self.p:.2g}，{VERDICTS[self.verdict]}；报告 {self.page}"
        )

    @property
    def problems(self) -> list[str]:
        """A training that did not make things clearly better."""
        if self.verdict == "worse":
            return ["训练后变差"]
        return ["训练后没有显著变好"] if self.must_gain and self.verdict != "better" else []


def compare_versions(plan: Plan, place: Place, reports: Mapping[str, EvaluationReport]) -> ComparisonOutcome:
    """Base against the second version: written as HTML and JSON.

    Raises:
        TrainingError: there are no questions.
    """
    result = compare_reports(reports[BASE_NAME], reports[name_of(SECOND)])
    place.comparison.mkdir(parents=True, exist_ok=True)
    title = f"基座与 {full_name(MODEL, SECOND)}"
    (place.comparison / HTML).write_text(comparison_html(result, title), encoding="utf-8")
    write_json(place.comparison / JSON, result.to_dict())
    return ComparisonOutcome(
        result.a.model, result.b.model, result.a.accuracy.value, result.b.accuracy.value, result.paired.gained, result.paired.lost, result.paired.p,
        result.verdict, str((place.comparison / HTML).relative_to(place.root)), plan.must_learn,
    )  # fmt: skip


def write_json(path: Path, value: Mapping[str, object] | Sequence[object]) -> None:
    """Write a JSON file, its folder made if missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
