"""The whole loop with a tiny model: what must hold of the chain, whatever the model has learnt."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.commands.workshop import workshop
from data.errors import ReleaseError, TrainingError, UsageError
from finetune.evaluation.frozen import read_items
from finetune.release.parity import ParityReport
from finetune.release.registry import Registry
from finetune.rows.certificate import read_certificate
from finetune.rows.contamination import certificate
from finetune.rows.record import Exercise
from finetune.rows.renderings import render
from finetune.training.run_record import read_record
from finetune.training.training_rows import read_rows
from finetune.workshop.evaluation_step import ComparisonOutcome, EvaluationOutcome
from finetune.workshop.loop import STEPS, run_workshop
from finetune.workshop.plan import FIRST, MODEL, SECOND, UNTRAINED, Place, Plan, prepared
from finetune.workshop.release_step import ParityOutcome, PromoteOutcome, QuantiseOutcome, RegisterOutcome
from finetune.workshop.report import Step, WorkshopReport
from finetune.workshop.rows_step import RowsOutcome
from finetune.workshop.serving_step import QUESTIONS, ServeOutcome
from finetune.workshop.swap_step import SwapOutcome
from finetune.workshop.training_step import TrainingOutcome
from finetune.workshop.trial_step import TrialOutcome
from tests.conftest import ROOT
from tests.training_data import small_base

TINY = Plan(
    rows=100, narrations=10, questions=8, told_questions=2, golden=3, most_tokens=12, conversations=40, turns=2, least_rows=5, least_accuracy=0.0,
    must_learn=False, threads=1, workers=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[WorkshopReport, Place, list[Step]]:
    """One run of the loop, where it lies, and what it told."""
    folder = tmp_path_factory.mktemp("workshop")
    told: list[Step] = []
    report = run_workshop(folder / "out", replace(TINY, base=str(small_base(folder))), told.append)
    return report, Place(folder / "out"), told


def test_every_step_ends_well_and_is_told_and_written(run: tuple[WorkshopReport, Place, list[Step]]) -> None:
    report, place, told = run
    assert report.problems == []
    assert [step.name for step in report.steps] == list(STEPS) and told == list(report.steps)
    written = json.loads((place.root / "workshop.json").read_text(encoding="utf-8"))
    assert written["ok"] is True and [step["name"] for step in written["steps"]] == list(STEPS)
    assert written["steps"][-1]["figures"]["champion"] == f"{MODEL}_v{FIRST}"
    page = (place.root / "workshop.md").read_text(encoding="utf-8")
    assert all(f"| {title} |" in page for title in STEPS.values()) and all("\n" not in step.outcome.line for step in told)


def test_the_training_rows_hold_no_question_and_the_certificate_says_so(run: tuple[WorkshopReport, Place, list[Step]]) -> None:
    report, place, _ = run
    outcome = report.outcome("rows")
    assert isinstance(outcome, RowsOutcome)
    rows = [*read_rows(place.training / "first.jsonl"), *read_rows(place.training / "second.jsonl")]
    questions = [item for item in read_items(place.questions) if isinstance(item, Exercise)]
    assert len(rows) == outcome.first + outcome.second and len(questions) == outcome.questions == 10
    again = certificate(rows, [render(question, "references", f"q{number}") for number, question in enumerate(questions)])
    proof = read_certificate(place.training / "certificate.json")
    assert again.clean and proof.clean and (proof.train_digest, proof.evaluation_rows) == (again.train_digest, 10)
    assert read_certificate(place.training / "leaked.json").verdict == "contaminated"
    assert {str(row.meta["split"]) for row in rows} == {"train"} and {str(row.meta["slice"]) for row in rows} == {""}


def test_the_second_version_continues_the_first(run: tuple[WorkshopReport, Place, list[Step]]) -> None:
    report, place, _ = run
    outcome, rows = report.outcome("train"), report.outcome("rows")
    assert isinstance(outcome, TrainingOutcome) and isinstance(rows, RowsOutcome)
    assert outcome.first.rows == rows.first and outcome.second.rows > rows.second and "没有训练过" in outcome.untrained
    record = read_record(place.adapter(SECOND))
    assert record is not None and record["kind"] == "incremental" and record["data"]["parent"] == f"{MODEL}_v{FIRST}"
    assert record["data"]["replayed_rows"] > 0 and len(record["data"]["certificate_sha256"]) == 64


def test_an_untrained_adapter_answers_as_the_base_and_is_compared_on_the_same_questions(run: tuple[WorkshopReport, Place, list[Step]]) -> None:
    report, place, _ = run
    outcome, compared = report.outcome("evaluate"), report.outcome("compare")
    assert isinstance(outcome, EvaluationOutcome) and isinstance(compared, ComparisonOutcome)
    assert [one.model for one in outcome.models] == ["base", f"v{FIRST}", f"v{SECOND}", f"v{UNTRAINED}"]
    assert outcome.same_as_base == 10 and all(one.total == 10 for one in outcome.models)
    assert "<html" in (place.root / compared.page).read_text(encoding="utf-8")
    hashes = {json.loads((place.evidence(version) / "report.json").read_text(encoding="utf-8"))["data"]["sha256"] for version in (FIRST, SECOND, UNTRAINED)}
    assert len(hashes) == 1


def test_served_text_is_the_adapters_and_int8_is_smaller(run: tuple[WorkshopReport, Place, list[Step]]) -> None:
    report, place, _ = run
    sizes, parity = report.outcome("quantise"), report.outcome("parity")
    assert isinstance(sizes, QuantiseOutcome) and isinstance(parity, ParityOutcome)
    assert sizes.int8_mb < sizes.merged_mb and "没有训练过" in sizes.untrained
    for version in (FIRST, SECOND):
        told = ParityReport.of_dict(json.loads((place.evidence(version) / "parity.json").read_text(encoding="utf-8")))
        served = next(pair for pair in told.pairs if (pair.one, pair.other) == ("adapter", "served"))
        assert told.passed and served.same_text == told.prompts == 3
    assert parity.served_same == 3 and not (place.evidence(UNTRAINED) / "parity.json").exists()


def test_bad_candidates_are_refused_for_the_right_reasons(run: tuple[WorkshopReport, Place, list[Step]]) -> None:
    report, _, _ = run
    registered, promoted = report.outcome("register"), report.outcome("promote")
    assert isinstance(registered, RegisterOutcome) and isinstance(promoted, PromoteOutcome)
    assert registered.challenger == f"{MODEL}_v{SECOND}" and promoted.champion == f"{MODEL}_v{FIRST}"
    untrained, leaked = promoted.refused
    assert untrained.candidate == f"{MODEL}_v{UNTRAINED}" and {"各形式一致", "时延与内存"} <= set(untrained.failed)
    assert leaked.candidate == f"{MODEL}_v{SECOND}" and leaked.failed == ["数据污染"] and "contaminated" in leaked.reasons[0]
    assert "没有通过上线关口" in untrained.message and "没有通过上线关口" in leaked.message


def test_the_service_refuses_what_it_cannot_prove(run: tuple[WorkshopReport, Place, list[Step]]) -> None:
    outcome = run[0].outcome("serve")
    assert isinstance(outcome, ServeOutcome)
    assert [one.question for one in outcome.answers] == list(QUESTIONS) and outcome.champion == f"{MODEL}_v{FIRST}"
    assert all(one.audited or one.text.startswith("没有得出可靠的答案") for one in outcome.answers)


def test_conversations_keep_their_arm(run: tuple[WorkshopReport, Place, list[Step]]) -> None:
    outcome = run[0].outcome("ab")
    assert isinstance(outcome, TrialOutcome)
    for trial in (outcome.real, outcome.guarded):
        assert trial.moved == 0 and sum(trial.conversations) <= 40 and min(trial.conversations) > 0 and trial.after == trial.after_a


def test_no_turn_is_dropped_and_the_registry_remembers(run: tuple[WorkshopReport, Place, list[Step]]) -> None:
    report, place, _ = run
    forward, back = report.outcome("swap"), report.outcome("rollback")
    assert isinstance(forward, SwapOutcome) and isinstance(back, SwapOutcome)
    for outcome, served, before in ((forward, SECOND, FIRST), (back, FIRST, SECOND)):
        assert (outcome.previous, outcome.served, outcome.champion) == (f"v{before}", f"v{served}", f"{MODEL}_v{served}")
        assert outcome.asked == outcome.answered >= 18 and not outcome.failed and not outcome.wrong
        assert set(outcome.by) == {f"v{FIRST}", f"v{SECOND}"}
    registry = Registry(place.registry)
    champion = registry.aliased("champion", MODEL)
    assert champion is not None and champion.version == FIRST and registry.aliased("challenger", MODEL) is None
    assert [(event.kind, event.version) for event in registry.history(MODEL)] == [
        ("register", "0.0.1"), ("register", "0.0.2"), ("register", "0.0.3"), ("alias", "0.0.2"), ("promote", "0.0.1"), ("promote", "0.0.2"),
        ("rollback", "0.0.1"),
    ]  # fmt: skip
    with pytest.raises(ReleaseError, match="没有更早的 champion"):
        registry.rollback(MODEL)


def test_a_run_over_an_earlier_one_comes_to_the_same(run: tuple[WorkshopReport, Place, list[Step]], tmp_path: Path) -> None:
    report, place, _ = run
    folder = tmp_path / "again"
    shutil.copytree(place.root, folder)
    again = run_workshop(folder, report.plan)
    for name in ("rows", "register", "serve"):
        assert again.outcome(name) == report.outcome(name)
    assert _without_times(again.outcome("promote")) == _without_times(report.outcome("promote"))
    first, second = report.outcome("evaluate"), again.outcome("evaluate")
    assert isinstance(first, EvaluationOutcome) and isinstance(second, EvaluationOutcome)
    assert [replace(one, seconds=0.0) for one in first.models] == [replace(one, seconds=0.0) for one in second.models]
    assert [path.name for path in folder.glob("registry*")] == ["registry-2"] and len(Registry(folder / "registry-2").releases(MODEL)) == 3


def test_an_existing_run_is_cleared_and_the_next_one_has_a_store_of_its_own(tmp_path: Path) -> None:
    first = prepared(tmp_path / "out")
    (first.registry / "deep").mkdir(parents=True)
    (first.root / "workshop.json").write_text("{", encoding="utf-8")
    second = prepared(tmp_path / "out")
    assert second.registry != first.registry and [path.name for path in second.root.iterdir()] == [".workshop"]


def _without_times(outcome: object) -> str:
    """What is said of an outcome, but for seconds and megabytes: those are this moment's."""
    return re.sub(r"\d+(\.\d+)? (MB|秒)", "", str(outcome))


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_text("季报", encoding="utf-8")
    with pytest.raises(TrainingError, match="请换一个 --out"):
        prepared(tmp_path)
    assert (tmp_path / "report.docx").read_text(encoding="utf-8") == "季报"


def test_the_command_leaves_it_alone_too_and_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_text("季报", encoding="utf-8")
    line = typer.Typer()
    line.command()(workshop)
    refused = CliRunner().invoke(line, ["--out", str(tmp_path)])
    assert isinstance(refused.exception, TrainingError) and "请换一个 --out" in str(refused.exception)
    code = "import sys, app.commands.workshop; print([name for name in ('mlflow', 'torch', 'transformers', 'numpy') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.strip() == "[]"


def test_a_step_that_fails_is_in_the_report(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="不是已有的文件夹"):
        run_workshop(tmp_path / "out", replace(TINY, base="./nowhere", questions=2, told_questions=0, golden=1, narrations=0))
    written = json.loads((tmp_path / "out" / "workshop.json").read_text(encoding="utf-8"))
    assert written["ok"] is False and [step["name"] for step in written["steps"]] == ["rows"] and "训练没有完成" in written["problems"][0]


@pytest.mark.parametrize("change", [{"rows": 0}, {"turns": 0}, {"first_share": 1.0}, {"narrations": -1}])
def test_a_plan_of_nothing_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        replace(TINY, **change)  # type: ignore[arg-type]
