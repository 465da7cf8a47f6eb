"""Runs over runs: records and MLflow, continuing an adapter, the search, reinforcement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from data.errors import TrainingError, UsageError
from finetune.rows.record import Row
from finetune.training.config import TrainConfig, read_config
from finetune.training.grpo import Sampling, run_grpo
from finetune.training.incremental import continue_training, with_replay
from finetune.training.run_record import read_record, recorded
from finetune.training.sweep import Space, sweep
from finetune.training.tracking import EXPERIMENT, store_uri
from finetune.training.training_run import supervised
from tests.training_data import lines_file, reference_rows, small_base


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """A trained adapter (its out) with its data."""
    folder = tmp_path_factory.mktemp("runs")
    data = lines_file(folder / "rows.jsonl", reference_rows(12))
    config = TrainConfig(
        base=str(small_base(folder)), data=str(data), out=str(folder / "financial_llm_lora_v1.0.0"), preset="all-linear", max_steps=3, batch_size=4,
        learning_rate=1e-2, log_steps=1, r=4, alpha=8,
    )  # fmt: skip
    supervised(config)
    return config


def test_a_record_tells_what_was_run_also_when_it_failed(tmp_path: Path) -> None:
    with recorded("ner", {"seed": 7, "epochs": 1}, {"sha256": "ab"}, tmp_path / "good", command="python -m app train ner") as run:
        run.metrics["f1"] = 0.9
        run.log(1, {"loss": 2.0})
    record = read_record(tmp_path / "good")
    assert record is not None and (record["kind"], record["status"], record["seed"], record["metrics"]) == ("ner", "finished", 7, {"f1": 0.9})
    assert record["curve"] == [{"step": 1, "loss": 2.0}] and record["packages"]["torch"] and record["seconds"] >= 0
    with pytest.raises(ZeroDivisionError), recorded("ner", {}, {}, tmp_path / "bad"):
        raise ZeroDivisionError("1/0")
    failed = read_record(tmp_path / "bad")
    assert failed is not None and failed["status"] == "failed" and failed["error"] == "ZeroDivisionError: 1/0"
    assert read_record(tmp_path) is None


def test_a_tracked_run_is_found_again_in_mlflow(tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    for value in (0.5, 0.75):
        with recorded("lora", {"seed": 1, "preset": "qv"}, {"sha256": "cd"}, tmp_path / "out", tmp_path / "mlflow", "train lora") as run:
            run.metrics["eval_recompute"] = value
            run.log(1, {"loss": 2.0})
            run.log(2, {"loss": 1.0})
    client = MlflowClient(store_uri(tmp_path / "mlflow"))
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None and experiment.artifact_location.startswith("file://") and str(tmp_path) in experiment.artifact_location
    runs = client.search_runs([experiment.experiment_id])
    assert sorted(each.data.metrics["eval_recompute"] for each in runs) == [0.5, 0.75]
    assert runs[0].data.params["preset"] == "qv" and runs[0].data.params["data_sha256"] == "cd" and runs[0].info.status == "FINISHED"
    assert [point.value for point in client.get_metric_history(runs[0].info.run_id, "loss")] == [2.0, 1.0]


def test_a_share_of_old_rows_is_replayed_by_seed() -> None:
    new, old = ([Row.of_dict(row) for row in reference_rows(count, first)] for count, first in ((8, 100), (40, 1)))
    mixed = with_replay(new, old, 0.2, 5)
    assert mixed[:8] == new and len(mixed) == 10 and mixed == with_replay(new, old, 0.2, 5) != with_replay(new, old, 0.2, 6)
    assert len(with_replay(new, new, 0.5, 5)) == 8 and len(with_replay(new, old[:1], 0.5, 5)) == 9 and with_replay(new, old, 0.0, 5) == new
    with pytest.raises(UsageError, match="回放"):
        with_replay(new, old, 1.0, 5)


def test_an_adapter_is_continued_in_its_own_shape_beside_the_old_one(start: TrainConfig, tmp_path: Path) -> None:
    adapter = Path(start.out)
    before = (adapter / "adapter_model.safetensors").read_bytes()
    new = lines_file(tmp_path / "new.jsonl", reference_rows(8, 100))
    config = replace(start, data=str(new), out=str(tmp_path / "financial_llm_lora_v1.1.0"), r=64, preset="qv", release="1.1.0")
    continue_training(config, adapter, Path(start.data), replay=0.2)
    shape = json.loads((tmp_path / "financial_llm_lora_v1.1.0" / "adapter_config.json").read_text(encoding="utf-8"))
    record = read_record(tmp_path / "financial_llm_lora_v1.1.0")
    old = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    assert (shape["r"], shape["lora_alpha"], set(shape["target_modules"])) == (4, 8, set(old["target_modules"]))
    assert record is not None and record["kind"] == "incremental"
    assert (record["data"]["parent"], record["data"]["new_rows"], record["data"]["replayed_rows"]) == (adapter.name, 8, 2)
    assert (adapter / "adapter_model.safetensors").read_bytes() == before
    assert (tmp_path / "financial_llm_lora_v1.1.0" / "adapter_model.safetensors").read_bytes() != before
    with pytest.raises(TrainingError, match="不能写回"):
        continue_training(start, adapter)


def test_a_sweep_by_seed_finds_goes_on_and_can_be_read_as_a_configuration(start: TrainConfig, tmp_path: Path) -> None:
    config = replace(start, out=str(tmp_path / "sweep"), validation_share=0.25, max_steps=2, r=None, alpha=None)
    space, said = Space(learning_rate=(1e-4, 1e-2), r=(2, 4), alpha_per_r=(2,)), list[str]()
    first = sweep(config, 2, space, progress=said.append)
    again = sweep(config, 3, space, progress=said.append)
    assert (first.trials, again.trials, len(said)) == (2, 3, 3) and again.value <= first.value
    best = read_config(tmp_path / "sweep" / "best.yaml")
    assert best == again.best and best.r in (2, 4) and best.alpha == 2 * best.r and 1e-4 <= best.learning_rate <= 1e-2
    values = [read_record(folder) for folder in sorted((tmp_path / "sweep").glob("trial-*"))]
    assert min(record["metrics"]["eval_loss"] for record in values if record) == pytest.approx(again.value)
    assert yaml.safe_load((tmp_path / "sweep" / "best.yaml").read_text(encoding="utf-8"))["data"] == config.data


def test_a_sweep_without_validation_is_refused(start: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="验证集"):
        sweep(replace(start, out=str(tmp_path / "sweep")), 1)


def test_reinforcement_takes_two_steps_from_an_adapter(start: TrainConfig, tmp_path: Path) -> None:
    """The random model earns nothing for calculations; a stand-in reward that tells its answers apart moves the adapter."""

    def short(completions: Sequence[Any], **_: Any) -> list[float]:
        return [-float(len(turns[0]["content"])) - 0.01 * (hash(turns[0]["content"]) % 7) for turns in completions]

    config = replace(start, out=str(tmp_path / "grpo"), max_steps=2, batch_size=1, learning_rate=1e-3)
    metrics = run_grpo(config, Path(start.out), Sampling(generations=4, max_new_tokens=8), rewards=[short])
    record = read_record(tmp_path / "grpo")
    assert record is not None and record["kind"] == "grpo" and metrics["steps"] == 2 and "last_short" in metrics
    assert (tmp_path / "grpo" / "adapter_model.safetensors").read_bytes() != (Path(start.out) / "adapter_model.safetensors").read_bytes()


def test_the_verifiable_reward_is_what_reinforcement_uses_by_itself(start: TrainConfig, tmp_path: Path) -> None:
    config = replace(start, out=str(tmp_path / "grpo"), max_steps=1, batch_size=1)
    metrics = run_grpo(config, Path(start.out), Sampling(generations=2, max_new_tokens=4))
    assert {"last_recompute", "last_unit", "last_call", "last_references"} <= set(metrics)


def test_reinforcement_from_nothing_that_never_differs_is_refused(start: TrainConfig, tmp_path: Path) -> None:
    config = replace(start, out=str(tmp_path / "grpo"), max_steps=1, batch_size=1)
    with pytest.raises(TrainingError, match="全为零"):
        run_grpo(config, None, Sampling(generations=2, max_new_tokens=4), rewards=[lambda completions, **_: [0.0] * len(completions)])
