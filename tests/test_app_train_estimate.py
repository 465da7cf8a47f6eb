"""`train estimate` and `train config convert` as they are called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from app.commands import train_estimate
from app.commands.train_estimate import config, estimate
from data.errors import UsageError
from finetune.estimate.calibrate import Calibration, Outcome, Step
from tests.conftest import ROOT

CONFIGS = ROOT / "finetune" / "configs" / "training"
cli = typer.Typer()
cli.command("estimate")(estimate)
cli.add_typer(config, name="config")


def run(*words: str) -> str:
    result = CliRunner().invoke(cli, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def record(*words: str) -> Any:
    return json.loads(run("estimate", *words, "--json"))


def test_the_specifications_job_by_default() -> None:
    text = run("estimate")
    for expected in ("7,864,320", "0.114%", "13.8 GB", "2.0 GB", "微批 4 × 2048：放得下", "合计\t19.6", "6.6–15.5 小时", "请用 --price"):
        assert expected in text


def test_the_claims_table() -> None:
    lines = [line.split("\t") for line in run("estimate", "--claims").splitlines()]
    assert lines[0] == ["说明书", "所述", "核算", "结论"] and len(lines) == 17
    assert ["8.2", "节省 95-180 万", "120−60 至 240−25 = 60 至 215 万", "不成立"] in lines
    assert len(json.loads(run("estimate", "--claims", "--json"))) == 16


def test_json_has_the_parts_of_memory_and_the_money() -> None:
    found = record("--base", "deepseek-67b", "--cards", "64", "--method", "lora-fsdp", "--batch", "1", "--whole-loss", "--price", "9.9")
    plan = found["plan"]
    parts = {name: size for name, size in plan["memory"].items() if name != "total"}
    assert round(plan["memory"]["total"] / 1e9, 1) == 12.0 and sum(parts.values()) == pytest.approx(plan["memory"]["total"])
    assert plan["fits"] and plan["gpu"] == "RTX 4090" and len(plan["cost"]) == 2
    assert found["best"][0]["cost"] is not None and found["trained"] == 38_912_000


def test_padding_costs_what_the_rows_lack() -> None:
    packed, padded = record()["plan"]["hours"], record("--padded")["plan"]["hours"]
    assert padded[1] / 24 == pytest.approx(2.5, abs=0.05) and 3.7 < padded[0] / packed[0] < 4


def test_a_configuration_is_estimated_and_flags_win() -> None:
    path = str(CONFIGS / "gpu8_7b_lora.yaml")
    assert record("--config", path)["plan"]["batch"] == 4
    assert record("--config", path, "--batch", "2", "--whole-loss")["plan"]["memory"]["total"] == pytest.approx(21.06e9, rel=1e-3)
    assert record("--config", path, "--keep-activations")["plan"]["fits"] is False
    assert record("--preset", "qlora")["plan"]["method"] == "qlora"


def test_any_config_json(tmp_path: Path) -> None:
    sizes = {"num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4, "vocab_size": 100}
    (tmp_path / "config.json").write_text(json.dumps(sizes), encoding="utf-8")
    assert record("--base", str(tmp_path / "config.json"))["parameters"] == record("--base", str(tmp_path))["parameters"] > 0


def test_all_cards_are_ranked_by_price() -> None:
    found = record("--gpu", "all", "--price", "RTX 4090=2.5", "--price", "H100=30", "--within", "30")
    assert found["plan"] is None and found["best"][0]["gpu"] == "RTX 4090" and all(plan["hours"][1] <= 30 for plan in found["best"])
    assert "没有可行的方案" in run("estimate", "--base", "deepseek-67b", "--within", "0.1")


@pytest.mark.parametrize(("words", "message"), [
    (("--price", "dear"), "数字"), (("--price", "-1"), "不小于 0"), (("--price", "nan"), "不小于 0"), (("--gpu", "all", "--price", "3"), "哪种显卡"),
    (("--gpu", "TPU"), "显卡表"), (("--method", "zero1"), "zero1"), (("--base", "gpt-4"), "gpt-4"), (("--preset", "full", "--method", "qlora"), "全量"),
])  # fmt: skip
def test_wrong_words_are_told(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run("estimate", *words)


def test_calibration_prints_predicted_beside_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from finetune.estimate import calibrate

    asked: list[str] = []

    def measured(base: str, shape: Any, way: Any) -> Outcome:
        asked.append(base)
        return Outcome(Step(8, 256), Calibration(30e9, 0.002), 1.1, 1.0, 50e6, 40e6)

    monkeypatch.setattr(calibrate, "measured_here", measured)
    text = run("estimate", "--calibrate", "--base", "deepseek-7b")
    assert "30.0 GFLOP/s" in text and "1100.0\t1000.0\t+10.0%" in text and "50.0\t40.0\t+25.0%" in text
    assert json.loads(run("estimate", "--calibrate", "--base", "deepseek-7b", "--json"))["error"] == pytest.approx(0.1)
    assert asked == ["deepseek-7b", "deepseek-7b"]


@pytest.mark.parametrize(("to", "key"), [("llamafactory", "model_name_or_path"), ("ms-swift", "model"), ("axolotl", "base_model")])
def test_convert_writes_the_file_and_names_what_is_left(tmp_path: Path, to: str, key: str) -> None:
    out = tmp_path / "made" / "other.yaml"
    text = run("config", "convert", str(CONFIGS / "gpu8_7b_lora.yaml"), "--to", to, "-o", str(out))
    written = out.read_text(encoding="utf-8")
    assert yaml.safe_load(written)[key] == "deepseek-ai/deepseek-llm-7b-chat"
    for name in ("threads", "certificate", "release", "recompute_rows"):
        assert f"  {name}：" in text and f"#   {name}：" in written
    assert (tmp_path / "made" / "dataset_info.json").exists() == (to == "llamafactory")
    assert str(out) in text and "运行：" in text


def test_the_typer_group_is_what_the_lead_mounts() -> None:
    assert isinstance(train_estimate.config, typer.Typer) and callable(train_estimate.estimate)
