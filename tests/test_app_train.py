"""`train`: the commands are thin, say in Chinese what is wrong, and leave a record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.commands.train import train
from data.errors import CaizhiError, UsageError
from tests.training_data import lines_file, reference_rows, small_base


def caizhi(*words: str | Path) -> Any:
    """Run `train WORDS`; errors come through as they would reach the command line's edge."""
    import typer

    cli = typer.Typer()
    cli.callback()(lambda: None)
    cli.add_typer(train, name="train")
    return cli(args=["train", *map(str, words)], standalone_mode=False)


def test_lora_reads_the_file_and_lets_flags_win(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = lines_file(tmp_path / "rows.jsonl", reference_rows(12))
    config = tmp_path / "train.yaml"
    config.write_text(f"base: {small_base(tmp_path)}\npreset: all-linear\nmax_steps: 50\nbatch_size: 4\nlearning_rate: 1e-2\nlog_steps: 1\n", encoding="utf-8")
    words = ("lora", "--config", config, "--data", data, "--out", tmp_path / "out", "--max-steps", "2", "--set", "r=4", "--set", "max_length=128")
    assert caizhi(*words) == 0
    record = json.loads((tmp_path / "out" / "run_record.json").read_text(encoding="utf-8"))
    assert (record["config"]["max_steps"], record["config"]["r"], record["config"]["max_length"], record["metrics"]["steps"]) == (2, 4, 128, 2)
    printed = capsys.readouterr().out
    assert "第 1/2 步" in printed and f"已写入 {tmp_path / 'out'}" in printed


@pytest.mark.parametrize(
    "words, said",
    [
        (("lora",), "没有训练数据"), (("lora", "--set", "r"), "名称=值"), (("lora", "--set", "rank=4"), "不认识的项"), (("lora", "--preset", "full"), "train full"),
        (("lora", "--preset", "lora"), "预设"), (("grpo",), "没有训练数据"), (("sweep",), "没有训练数据"), (("full", "--epochs", "0"), "大于 0"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_said_at_once(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        caizhi(*words)


def test_a_missing_data_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CaizhiError, match="读不了"):
        caizhi("lora", "--data", tmp_path / "none.jsonl", "--base", small_base(tmp_path), "--out", tmp_path / "out")


@pytest.mark.filterwarnings("ignore")  # the exporter, of its own parts
def test_a_helper_model_leaves_the_same_record(tmp_path: Path) -> None:
    assert caizhi("ner", "--out", tmp_path / "ner", "--sentences", "40", "--epochs", "1", "--minutes", "0.05", "--threads", "1") == 0
    record = json.loads((tmp_path / "ner" / "run_record.json").read_text(encoding="utf-8"))
    assert record["kind"] == "ner" and record["config"]["sentences"] == 40 and record["seed"] == 20
    assert len(record["data"]["sha256"]) == 64 and "aside_tagger_f1" in record["metrics"]
