"""Two processes take the steps of one: DDP and FSDP2 over gloo, on the processor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from data.errors import UsageError
from finetune.training.config import TrainConfig
from finetune.training.distributed import run
from tests.conftest import ROOT
from tests.training_data import lines_file, reference_rows, small_base


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """The run of one process; its out holds the result."""
    folder = tmp_path_factory.mktemp("distributed")
    data = lines_file(folder / "rows.jsonl", reference_rows(12))
    config = TrainConfig(
        base=str(small_base(folder)), data=str(data), out=str(folder / "single"), preset="all-linear", dropout=0.0, batch_size=4, max_steps=3,
        learning_rate=1e-2,
    )  # fmt: skip
    run(config, "single")
    return config


def torchrun(config: TrainConfig, mode: str, **changes: str) -> subprocess.CompletedProcess[str]:
    names = ("base", "data", "preset", "dropout", "batch_size", "max_steps", "learning_rate")
    values = {name: str(getattr(config, name)) for name in names} | {"out": str(Path(config.out).with_name(mode))} | changes
    words = [word for name, value in values.items() for word in (f"--{name.replace('_', '-')}", value)]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "finetune.training.distributed"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    return subprocess.run([*command, "--mode", mode, *words], capture_output=True, encoding="utf-8", cwd=ROOT, env=environment, timeout=600, check=False)


@pytest.mark.parametrize("mode", ["ddp", "fsdp2"])
def test_two_processes_end_where_one_does(single: TrainConfig, mode: str) -> None:
    """Both ranks' weights are compared inside the run, which fails where they differ; here, with those of one process."""
    ended = torchrun(single, mode)
    assert ended.returncode == 0, ended.stderr[-2000:]
    alone, together = (json.loads((Path(single.out).with_name(name) / "distributed.json").read_text(encoding="utf-8")) for name in ("single", mode))
    assert together["world"] == 2 and len(alone["losses"]) == 3 and alone["losses"][2] < alone["losses"][0]
    assert together["losses"] == pytest.approx(alone["losses"], abs=1e-4)
    one, two = (load_file(Path(single.out).with_name(name) / "adapter_model.safetensors") for name in ("single", mode))
    assert one.keys() == two.keys()
    assert max(float((one[name] - two[name]).abs().max()) for name in one) < 2e-3


def test_the_command_line_trains_in_two_processes_and_writes_once(single: TrainConfig) -> None:
    """`torchrun -m app train lora`: the trainer's own DDP, one adapter and one record."""
    out = Path(single.out).with_name("command")
    words = ["-m", "app", "train", "lora", "--base", single.base, "--data", single.data, "--out", str(out), "--preset", "all-linear"]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *words, "--batch-size", "2", "--max-steps", "2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, env=environment, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert ended.stdout.count(f"已写入 {out}") == 1
    record = json.loads((out / "run_record.json").read_text(encoding="utf-8"))
    assert (record["status"], record["metrics"]["steps"]) == ("finished", 2) and (out / "adapter_model.safetensors").is_file()


def test_a_batch_that_cannot_be_shared_is_refused(single: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finetune.training.distributed._join", lambda mode: (0, 3))
    with pytest.raises(UsageError, match="倍数"):
        run(single, "single")
