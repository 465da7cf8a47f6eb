"""Parity of the tiny model's forms, and that a form which is another model is caught with the prompts on which it differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from data.errors import ReleaseError
from finetune.evaluation.cases import case_of_exercise
from finetune.release.export import export_merged
from finetune.release.forms import EngineForm, TorchForm, golden_of, torch_forms
from finetune.release.loading import load_tokenizer, load_with_adapter
from finetune.release.parity import Golden, Logits, ParityReport, Tolerance, both_right, parity, tolerance_of
from finetune.release.quantise import write_int8
from finetune.release.serving import measure_serving
from tests.evaluation_exercises import growth_exercise, points_exercise, ratio_exercise
from tests.local_models import make_adapter, make_lively_lm
from tools.local_model.engine import LocalEngine
from tools.local_model.numpy_backend import NumpyBackend

EXERCISES = [growth_exercise(), points_exercise(), ratio_exercise(), growth_exercise("90", "100")]


@dataclass
class Said:
    """A form that says what it is told."""

    name: str
    said: dict[str, str]
    numbers: Logits | None = field(default=None)

    def answers(self, prompts: Sequence[str]) -> Sequence[str]:
        return [self.said[prompt] for prompt in prompts if prompt in self.said]

    def logits(self, prompt: str, answer: str) -> Logits | None:
        return self.numbers


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_lively_lm(folder / "base")
    make_adapter(folder / "base", folder / "adapter")
    make_adapter(folder / "base", folder / "other", seed=9)
    export_merged(folder / "adapter", folder / "merged", folder / "base")
    write_int8(folder / "merged", folder / "int8")
    return folder


def test_adapter_merged_and_served_are_one_and_int8_is_within_its_bound(models: Path) -> None:
    with LocalEngine(NumpyBackend.load(models / "base")) as engine:
        engine.load_adapter("a", models / "adapter")
        engine.use_adapter("a")
        forms = [*torch_forms(models / "adapter", models / "merged", models / "int8", models / "base"), EngineForm("served", engine, 24)]
        for form in forms[:3]:
            assert isinstance(form, TorchForm)
            form._most = 24
        report = parity(forms, golden_of(EXERCISES))
    pairs = {(pair.one, pair.other): pair for pair in report.pairs}
    assert set(pairs) == {("adapter", "merged"), ("adapter", "int8"), ("adapter", "served"), ("merged", "int8"), ("int8", "served")}
    assert pairs["adapter", "merged"].passed and pairs["adapter", "merged"].same_text == 4
    assert pairs["adapter", "served"].passed and pairs["adapter", "served"].distance is None
    assert (pairs["adapter", "merged"].distance or 1) < 1e-5 < (pairs["merged", "int8"].distance or 0) < 0.25
    assert ParityReport.of_dict(report.to_dict()).passed == report.passed


def test_the_served_int8_folder_says_what_torch_says_of_it(models: Path) -> None:
    tokenizer = load_tokenizer(models / "int8")
    from finetune.release.quantise import load_int8

    with LocalEngine(NumpyBackend.load(models / "int8")) as engine:
        report = parity([TorchForm("int8", load_int8(models / "int8"), tokenizer, 24), EngineForm("served-int8", engine, 24)], golden_of(EXERCISES))
    assert report.passed and report.pairs[0].same_text == 4 and report.pairs[0].tolerance == Tolerance()


def test_another_adapter_is_caught_with_its_prompts(models: Path) -> None:
    tokenizer = load_tokenizer(models / "base")
    forms = [TorchForm(name, load_with_adapter(models / name, models / "base"), tokenizer, 12) for name in ("adapter", "other")]
    report = parity(forms, golden_of(EXERCISES))
    assert not report.passed and len(report.pairs[0].differing) == 4 and (report.pairs[0].distance or 0) > 0.01
    told = report.to_dict()["pairs"][0]["examples"][0]
    assert told["prompt"].endswith("=") and told["adapter"] != told["other"]


def test_other_words_of_the_same_right_answer_are_one_answer() -> None:
    exercise = growth_exercise()
    case = case_of_exercise(exercise)
    longer = exercise.tell.replace("较", "比")
    assert both_right(case, exercise.tell, longer) and not both_right(case, exercise.tell, exercise.tell.replace("f1-f2", "f2-f1"))
    golden = [Golden(case.prompt, case)]
    same = parity([Said("a", {case.prompt: exercise.tell}), Said("b", {case.prompt: longer})], golden)
    assert same.passed and same.pairs[0].same_answer == 1 and same.pairs[0].same_text == 0
    assert not parity([Said("a", {case.prompt: exercise.tell}), Said("b", {case.prompt: longer})], [Golden(case.prompt)]).passed


def test_two_answers_that_are_wrong_alike_are_not_equal() -> None:
    case = case_of_exercise(growth_exercise())
    report = parity([Said("a", {case.prompt: "不知道"}), Said("b", {case.prompt: "不清楚"})], [Golden(case.prompt, case)])
    assert not report.passed and report.pairs[0].differing[0].one == "不知道"


def test_int8_may_differ_on_a_fiftieth_and_the_others_not_at_all() -> None:
    prompts = [f"p{number}" for number in range(100)]
    one = Said("merged", dict.fromkeys(prompts, "x"))

    def against(name: str, wrong: int) -> bool:
        said = {prompt: "y" if number < wrong else "x" for number, prompt in enumerate(prompts)}
        return parity([one, Said(name, said)], [Golden(prompt) for prompt in prompts]).passed

    assert against("int8", 2) and not against("int8", 3) and against("served", 0) and not against("served", 1)
    assert tolerance_of("int8", "served-int8") == Tolerance() and tolerance_of("adapter", "int4").differing == 0.05


def test_a_tolerance_of_one_s_own_is_written_down_with_the_report() -> None:
    one, other = Said("merged", {"p": "x", "q": "x"}), Said("served", {"p": "x", "q": "y"})
    golden = [Golden("p"), Golden("q")]
    report = parity([one, other], golden, tolerance=lambda *_: Tolerance(0.5))
    assert report.passed and ParityReport.of_dict(report.to_dict()) == report and not parity([one, other], golden).passed


def test_logits_that_are_far_fail_though_the_texts_are_equal() -> None:
    near, far = np.zeros((3, 5), dtype=np.float32), np.zeros((3, 5), dtype=np.float32)
    near[0, 0], far[0, 0], far[2, 2] = 10, 10, 0.5
    golden = [Golden("p")]
    assert parity([Said("a", {"p": "x"}, near), Said("b", {"p": "x"}, near)], golden).passed
    report = parity([Said("a", {"p": "x"}, near), Said("b", {"p": "x"}, far)], golden)
    assert not report.passed and report.pairs[0].distance == pytest.approx(0.05)
    assert not parity([Said("a", {"p": "x"}, near), Said("b", {"p": "x"}, near[:2])], golden).passed


def test_nothing_to_compare_is_no_parity() -> None:
    said = Said("a", {"p": "x"})
    for forms, golden in (([said], [Golden("p")]), ([said, said], [])):
        with pytest.raises(ReleaseError, match="至少"):
            parity(forms, golden)
    with pytest.raises(ReleaseError, match="返回了 1 个结果"):
        parity([said, said], [Golden("p"), Golden("q")])
    assert not ParityReport(0).passed
    with pytest.raises(ReleaseError, match="自相矛盾"):
        ParityReport.of_dict({"passed": True, "prompts": 0, "pairs": []})


def test_serving_is_measured_in_a_process_without_torch(models: Path) -> None:
    case = case_of_exercise(growth_exercise())
    serving = measure_serving(models / "base", [case.prompt] * 3, models / "adapter", 16)
    assert 0 < serving.p95_s < 30 and 20 < serving.memory_mb < 350 and 0 < serving.size_mb < 1
    with pytest.raises(ReleaseError, match="测时延失败"):
        measure_serving(models / "nowhere", ["x"])
    with pytest.raises(ReleaseError, match="至少一个提示"):
        measure_serving(models / "base", [])
