"""The `evaluate` command group."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.commands.evaluate import evaluate
from data.errors import UsageError
from finetune.evaluation import generators
from finetune.evaluation.cases import Generator
from finetune.evaluation.frozen import freeze
from finetune.evaluation.human import DIMENSIONS, PREFERENCE, RATER, SIDES, columns
from tests.test_finetune_evaluation_evaluate import ITEMS, scripted


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def load(name: str, **_: Any) -> Generator:
        return scripted() if name == "adapter" else lambda prompts: ["{f1}"] * len(prompts)

    monkeypatch.setattr(generators, "load_generator", load)
    path = tmp_path / "held_out.jsonl"
    freeze(ITEMS, path)
    return path


def call(*words: str | Path) -> Any:
    return CliRunner().invoke(evaluate, [str(word) for word in words], standalone_mode=False)


def test_a_model_is_measured_against_another_and_written(data: Path, tmp_path: Path) -> None:
    result = call("adapter", "--data", data, "--against", "base", "--out", tmp_path / "out", "--encoder", "none", "--no-regression")
    assert result.return_value == 0, result.output
    assert "# 评估报告：adapter" in result.output and "base → adapter" in result.output and "| 财报分析专业度 | 待人工评分 |" in result.output
    assert json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["recompute"]["right"]["rate"] == 1
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"report.json", "report.md", "against.json", "comparison.html"}


def test_a_limit_and_a_missing_file(data: Path, tmp_path: Path) -> None:
    result = call("adapter", "--data", data, "--limit", "3", "--encoder", "none", "--no-regression")
    assert result.return_value == 0 and "3 题" in result.output
    assert isinstance(call("adapter", "--data", tmp_path / "none.jsonl").exception, UsageError)


def test_sheets_go_out_and_come_back(data: Path, tmp_path: Path) -> None:
    call("adapter", "--data", data, "--against", "base", "--out", tmp_path / "out", "--encoder", "none", "--no-regression")
    out = tmp_path / "out"
    result = call("human", "export", out / "against.json", out / "report.json", "--out", tmp_path / "forms", "--count", "5")
    assert result.return_value == 0 and "5 题" in result.output
    fill(tmp_path / "forms" / "评分表.csv", ["张", "张", "张", "张", ""])
    result = call("human", "import", tmp_path / "forms" / "评分表.csv", "--key", tmp_path / "forms_key" / "key.json", "--out", tmp_path / "human.json")
    assert result.return_value == 1 and "没有填评分人" in result.stderr and "4 题" in result.output
    assert json.loads((tmp_path / "human.json").read_text(encoding="utf-8"))["pairs"] == 4
    assert isinstance(call("human", "export", data, data, "--out", tmp_path / "forms").exception, UsageError)


def fill(path: Path, raters: Sequence[str]) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, rater in zip(rows, raters, strict=True):
        row.update({f"{side}_{dimension}": "4" for side in SIDES for dimension in DIMENSIONS} | {PREFERENCE: "平", RATER: rater})
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns())
        writer.writeheader()
        writer.writerows(rows)
