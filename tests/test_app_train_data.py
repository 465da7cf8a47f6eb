"""`train data`: build, validate, import, annotate, stats and certificate from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.commands.train_data import train_data

RIGHT = {"instruction": "计算财务指标", "input": "某银行不良贷款余额50亿元，各项贷款总额5000亿元，计算不良率", "output": "不良率 = 50 / 5000 × 100% = 1%。该银行不良率为1%。"}
WRONG = RIGHT | {"output": "不良率 = 50 / 5000 × 100% = 2%。该银行不良率为2%。"}


def _run(*arguments: str, typed: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(train_data, list(arguments), input=typed, standalone_mode=False)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return (result.return_value or 0), result.stdout


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in (RIGHT, WRONG)), encoding="utf-8")
    return path


def test_build_validate_stats_certificate(tmp_path: Path) -> None:
    code, told = _run("build", "--out", str(tmp_path / "b"), "--size", "40", "--workers", "1", "--held-out", "20")
    assert code == 0 and "污染检查：clean" in told
    assert _run("validate", str(tmp_path / "b" / "train.jsonl"))[0] == 0
    counted = json.loads(_run("stats", str(tmp_path / "b" / "train.jsonl"), "--json")[1])
    assert counted["rows"] == len((tmp_path / "b" / "train.jsonl").read_text(encoding="utf-8").splitlines())
    code, told = _run("certificate", str(tmp_path / "b" / "train.jsonl"), str(tmp_path / "b" / "train.jsonl"))
    assert code == 1 and "不通过" in told


def test_validate_names_the_wrong_row_and_writes_it_aside(rows: Path, tmp_path: Path) -> None:
    code, told = _run("validate", str(rows), "--form", "alpaca", "--rejects", str(tmp_path / "bad.jsonl"))
    assert code == 1 and "第 2 条" in told and "[wrong_result]" in told and "2 条，有问题 1 条" in told
    assert json.loads((tmp_path / "bad.jsonl").read_text(encoding="utf-8"))["problems"][0][0] == "wrong_result"


def test_import_keeps_what_holds(rows: Path, tmp_path: Path) -> None:
    code, told = _run("import", str(rows), "--form", "alpaca", "--out", str(tmp_path / "in.jsonl"))
    kept = [json.loads(line) for line in (tmp_path / "in.jsonl").read_text(encoding="utf-8").splitlines()]
    assert code == 0 and "读入 2 条，写出 1 条" in told and kept[0]["meta"]["id"] == "rows-000001"
    _run("import", str(rows), "--out", str(tmp_path / "all.jsonl"), "--keep-wrong")
    assert "problems" in (tmp_path / "all.jsonl").read_text(encoding="utf-8")


def test_annotations_go_out_and_come_back(rows: Path, tmp_path: Path) -> None:
    taken, out = tmp_path / "in.jsonl", tmp_path / "tasks.jsonl"
    _run("import", str(rows), "--out", str(taken))
    assert "1 条写到" in _run("annotate", "export", str(taken), "--out", str(out), "--tool", "doccano")[1]
    code, told = _run("annotate", "import", str(taken), str(out), "--out", str(tmp_path / "back.jsonl"), "--tool", "doccano")
    assert code == 0 and "写出 1 条" in told
    assert _run("annotate", "export", str(taken), "--out", str(tmp_path / "tasks.json"))[0] == 0 and (tmp_path / "tasks.config.xml").exists()


def test_review_in_the_terminal(rows: Path, tmp_path: Path) -> None:
    taken = tmp_path / "in.jsonl"
    _run("import", str(rows), "--out", str(taken))
    code, told = _run("annotate", "review", str(taken), "--out", str(tmp_path / "reviewed.jsonl"), typed="a\n")
    assert code == 0 and "写出 1 条" in told
