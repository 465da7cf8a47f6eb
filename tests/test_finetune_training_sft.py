"""Supervised runs of the tiny model: they learn, choose, stop, resume and refuse."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from data.errors import TrainingError
from finetune.rows.record import Row
from finetune.training.adapter_check import check_trained
from finetune.training.base_models import load_base, load_tokenizer
from finetune.training.config import TrainConfig
from finetune.training.evaluation_hook import Generate, Progress
from finetune.training.hardware import precision
from finetune.training.recompute_evaluation import recompute_evaluation
from finetune.training.rendering import TrainingSet, training_set
from finetune.training.sft import fine_tune, prepare
from finetune.training.training_run import run_training, supervised
from tests.training_data import lines_file, reference_rows, small_base


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_base(tmp_path_factory.mktemp("sft"))


@pytest.fixture
def config(base: Path, tmp_path: Path) -> TrainConfig:
    return TrainConfig(base=str(base), out=str(tmp_path / "out"), preset="all-linear", batch_size=4, learning_rate=1e-2, max_steps=4, log_steps=1, warmup=0)


def encoded(base: Path, count: int = 16, first: int = 1) -> TrainingSet:
    return training_set(load_tokenizer(str(base)), [Row.of_dict(row) for row in reference_rows(count, first)], 256, "rows.jsonl")


def run(config: TrainConfig, **more: Any) -> tuple[Any, Any]:
    """(what fine_tune gave, the weights that were trained)."""
    model = prepare(load_base(config.base, precision("fp32")), config)
    trained = fine_tune(config, model, load_tokenizer(config.base), encoded(Path(config.base)), **more)
    return trained, {name: weight.detach().clone() for name, weight in trained.model.named_parameters() if weight.requires_grad}


def test_the_validation_loss_falls_and_the_base_stays_frozen(config: TrainConfig, base: Path) -> None:
    model = prepare(load_base(config.base, precision("fp32")), config)
    frozen = {name: weight.clone() for name, weight in model.named_parameters() if not weight.requires_grad}
    seen: list[Progress] = []
    longer = replace(config, max_steps=12, eval_steps=6)
    fine_tune(longer, model, load_tokenizer(config.base), encoded(base), encoded(base, 4, 90), progress=seen.append)
    losses = [step.values["eval_loss"] for step in seen if "eval_loss" in step.values]
    assert len(losses) == 2 and losses[1] < losses[0] < 5.6
    assert all(torch.equal(weight, dict(model.named_parameters())[name]) for name, weight in frozen.items())
    assert not (Path(config.out) / "checkpoints").exists()


def test_one_seed_gives_one_adapter_and_another_seed_another(config: TrainConfig) -> None:
    first, second, other = (run(replace(config, seed=seed))[1] for seed in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first) and not all(torch.equal(first[name], other[name]) for name in first)


def test_the_best_checkpoint_by_an_evaluation_of_one_s_own_is_kept_and_training_stops(config: TrainConfig, base: Path) -> None:
    """The measure rises once and then falls: the second checkpoint is kept, and patience ends the run."""
    points, answers = iter([0.1, 0.9, 0.3, 0.2, 0.1, 0.0]), list[str]()

    def evaluate(generate: Generate) -> Mapping[str, float]:
        answers.extend(generate(["不良贷款率？"]))
        return {"quality": next(points)}

    chosen = replace(config, max_steps=12, eval_steps=2, metric="eval_quality", patience=2)
    trained, weights = run(chosen, validation=encoded(base, 4, 90), evaluation=evaluate)
    assert (trained.best_step, trained.metrics["steps"], trained.stopped_early) == (4, 8, True) and trained.metrics["eval_quality"] == 0.9
    assert len(answers) == 4
    # The weights are those of step 4: of a run under the same schedule that is cut there.
    stop = iter([0.1, 0.9])
    with pytest.raises(StopIteration):
        run(replace(chosen, out=config.out + "2", keep_checkpoints=True), validation=encoded(base, 4, 90), evaluation=lambda _: {"quality": next(stop)})
    at_four = load_file(Path(config.out + "2") / "checkpoints" / "checkpoint-4" / "adapter_model.safetensors")
    for name, weight in weights.items():
        torch.testing.assert_close(weight, at_four[name.replace(".default", "")])


def test_a_run_that_was_broken_off_resumes_to_the_same_weights(config: TrainConfig, base: Path) -> None:
    whole = replace(config, max_steps=6, eval_steps=2, keep_checkpoints=True)
    _, wanted = run(whole, validation=encoded(base, 4, 90))

    def power_cut(step: Progress) -> None:
        if step.step == 5:
            raise KeyboardInterrupt

    cut = replace(whole, out=config.out + "-cut")
    with pytest.raises(KeyboardInterrupt):
        run(cut, validation=encoded(base, 4, 90), progress=power_cut)
    resumed, found = run(replace(cut, resume="last"), validation=encoded(base, 4, 90))
    assert resumed.metrics["steps"] == 6
    for name in wanted:
        torch.testing.assert_close(found[name], wanted[name])


def test_resuming_from_nothing_is_an_error(config: TrainConfig) -> None:
    with pytest.raises(TrainingError, match="检查点"):
        run(replace(config, resume="last"))


def test_a_metric_that_nothing_measures_is_refused_before_training(config: TrainConfig) -> None:
    with pytest.raises(TrainingError, match="没有验证集"):
        run(replace(config, metric="eval_recompute"))


def test_a_loss_that_is_no_number_ends_the_run_and_writes_no_adapter(config: TrainConfig, base: Path) -> None:
    model = load_base(config.base, precision("fp32"))
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight[0, 0] = float("inf")
    with pytest.raises(TrainingError, match="不是有限数"):
        run_training(config, model, load_tokenizer(config.base), encoded(base))
    record = json.loads((Path(config.out) / "run_record.json").read_text(encoding="utf-8"))
    assert record["status"] == "failed" and "不是有限数" in record["error"]
    assert not (Path(config.out) / "adapter_model.safetensors").exists()


def test_an_adapter_that_stayed_zero_and_one_with_nan_are_found(config: TrainConfig) -> None:
    model = prepare(load_base(config.base, precision("fp32")), config)
    with pytest.raises(TrainingError, match="全为零"):
        check_trained(model)
    halves = [weight for name, weight in model.named_parameters() if ".lora_B." in name]
    with torch.no_grad():
        halves[0].fill_(0.1)
        assert check_trained(model)["idle_modules"] == len(halves) - 1
        halves[0][0, 0] = float("nan")
    with pytest.raises(TrainingError, match="NaN"):
        check_trained(model)


def test_layers_that_the_base_lacks_are_one_clear_error(config: TrainConfig) -> None:
    with pytest.raises(TrainingError, match="不适合这个基座"):
        prepare(load_base(config.base, precision("fp32")), replace(config, modules=("c_attn",)))


@pytest.mark.parametrize("preset", ["qv", "rslora", "dora", "full"])
def test_every_preset_of_a_processor_trains_from_files_to_a_folder(config: TrainConfig, tmp_path: Path, preset: str) -> None:
    data = lines_file(tmp_path / "rows.jsonl", reference_rows(12))
    (tmp_path / "certificate.json").write_text("{}", encoding="utf-8")
    chosen = replace(config, preset=preset, data=str(data), max_steps=2, validation_share=0.25, recompute_rows=2, metric="eval_recompute_references")
    metrics = supervised(chosen)
    record = json.loads((Path(config.out) / "run_record.json").read_text(encoding="utf-8"))
    assert record["kind"] == ("full" if preset == "full" else "lora") and 0 <= metrics["eval_recompute"] <= 1
    assert record["data"]["validation_rows"] == 3 and len(record["data"]["certificate_sha256"]) == 64
    weights = "model.safetensors" if preset == "full" else "adapter_model.safetensors"
    assert (Path(config.out) / weights).is_file() and (Path(config.out) / "CARD.md").is_file()


def test_recompute_accuracy_is_measured_on_answers_given(base: Path) -> None:
    rows = [Row.of_dict(row) for row in reference_rows(6)]

    def right(chats: Sequence[Any]) -> list[str]:
        assert all(chat[-1]["role"] == "user" for chat in chats)
        return ["[Calculator(100*f1/f2)→{f3}]" for _ in chats]

    def upside_down(chats: Sequence[Any]) -> list[str]:
        return ["[Calculator(f2/f1*100)→{f3}]" for _ in chats]

    evaluation = recompute_evaluation(rows, 4, 0)
    assert evaluation(right)["recompute"] == 1.0
    wrong = evaluation(upside_down)
    assert (wrong["recompute"], wrong["recompute_recompute"], wrong["recompute_call"]) == (0.0, 0.0, 1.0)
