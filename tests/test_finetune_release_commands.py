"""`caizhi models …` over a tiny model: from an adapter to a champion, an A/B test and back, as a user types it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from app.commands.invocation import Invocation
from app.commands.models import models as group
from data.errors import CaizhiError, ReleaseError
from finetune.evaluation.frozen import freeze
from finetune.evaluation.parts import PARTS
from finetune.evaluation.report import AnswerRecord, EvaluationReport
from finetune.release.ab_test import ABTest
from finetune.rows.certificate import Certificate, Count
from tests.evaluation_exercises import growth_exercise, points_exercise, ratio_exercise
from tests.local_models import make_adapter, make_lively_lm

root = typer.Typer()
root.add_typer(group, name="models")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """base, adapter, questions and an empty registry (its tables take seconds)."""
    folder = tmp_path_factory.mktemp("made")
    make_lively_lm(folder / "base")
    make_adapter(folder / "base", folder / "adapter")
    freeze([growth_exercise(), points_exercise(), ratio_exercise()], folder / "questions.jsonl")
    from finetune.release.registry import Registry

    Registry(folder / "registry").releases()
    return folder


@pytest.fixture(autouse=True)
def registry(made: Path, home: Path) -> None:
    shutil.copytree(made / "registry", home / "registry")


def typed(*words: object) -> Result:
    return CliRunner().invoke(root, ["models", *map(str, words)], obj=Invocation(), catch_exceptions=True)


def said(*words: object) -> str:
    result = typed(*words)
    assert result.exception is None, result.output
    return result.output


def refused(*words: object) -> str:
    result = typed(*words)
    assert isinstance(result.exception, CaizhiError), (result.output, result.exception)
    return str(result.exception)


def evidence(folder: Path, right: int, champion: int = -1) -> Path:
    """Files as the other commands write them; champion: how many it had right on the same questions."""
    folder.mkdir()
    for name, count in (("report.json", right), ("against.json", champion)):
        if count >= 0:
            records = [AnswerRecord(f"q{number}", "问", "答", "答", "答", {}, dict.fromkeys(PARTS, number < count), True) for number in range(60)]
            report = EvaluationReport("m", {"name": "d", "sha256": "abc", "count": 60}, records, {})
            (folder / name).write_text(json.dumps(report.to_dict(), ensure_ascii=False), encoding="utf-8")
    Certificate(10, 60, "a", "b", {}, ("exact",), {"exact": Count(0, 0)}).write(folder)
    pair = {"one": "adapter", "other": "merged", "passed": True, "same_text": 3, "same_answer": 0, "differing": 0, "distance": 0.0, "mean_distance": 0.0, "examples": [], "tolerance": {"differing": 0.0, "distance": 0.001}}
    (folder / "parity.json").write_text(json.dumps({"passed": True, "prompts": 3, "pairs": [pair]}), encoding="utf-8")
    (folder / "serving.json").write_text(json.dumps({"p95_s": 0.4, "memory_mb": 200, "size_mb": 12}), encoding="utf-8")
    return folder


def test_from_an_adapter_to_a_champion_an_ab_test_and_back(made: Path, tmp_path: Path, home: Path) -> None:
    first, second = evidence(tmp_path / "e1", 50), evidence(tmp_path / "e2", 55, champion=50)
    assert "还没有登记" in said("list")
    assert "已登记 financial_llm_lora_v1.0.0" in said("register", made / "adapter", "1.0.0", "--evidence", first, "--text", "第一版")
    assert "没有通过上线关口" in refused("promote", "1.0.0")
    assert "已是 champion" in said("promote", "1.0.0", "--evidence", first)
    said("register", made / "adapter", "1.1.0", "--evidence", second, "--challenger")
    listed = json.loads(said("list", "--json"))
    assert [(each["full_name"], each["aliases"]) for each in listed] == [
        ("financial_llm_lora_v1.0.0", ["champion"]), ("financial_llm_lora_v1.1.0", ["challenger"]),
    ]  # fmt: skip
    assert "已开始" in said("ab", "start", "challenger", "--share", "0.5")
    trial = ABTest(home / "ab.db")
    given = trial.assign("t1")
    assert given is not None and given.version.endswith(("v1.0.0", "v1.1.0"))
    trial.record(given, "t1", "1", audit_failed=False, latency_s=0.2)
    trial.close()
    assert "进行中" in said("ab", "status") and json.loads(said("ab", "status", "--json"))["status"] == "running"
    assert "已手动停止" in said("ab", "stop", "--reason", "够了")
    assert "不通过" not in said("gate", "challenger", "--evidence", second)
    said("promote", "challenger", "--evidence", second)
    assert "champion 已退回 financial_llm_lora_v1.0.0" in said("rollback", "--reason", "客户反映")
    shown = said("show", "champion")
    assert "第一版" in shown and "客户反映" in shown and "数据指纹：a" in shown
    assert "1.1.0 → 1.0.0" in shown
    assert "83.3%" in said("list")
    assert (Path(said("download", "champion", tmp_path / "out").split(maxsplit=1)[1].strip()) / "adapter_config.json").is_file()


def test_a_worse_version_is_refused_in_words_and_forced_only_with_a_reason(made: Path, tmp_path: Path) -> None:
    good, bad = evidence(tmp_path / "good", 55), evidence(tmp_path / "bad", 30, champion=55)
    said("register", made / "adapter", "1.0.0")
    said("promote", "1.0.0", "--evidence", good)
    said("register", made / "adapter", "1.1.0")
    assert "低于 champion" in refused("promote", "1.1.0", "--evidence", bad)
    assert typed("gate", "1.1.0", "--evidence", bad, "--human", "4").output.count("不通过") == 2
    assert "必须写明理由" in refused("promote", "1.1.0", "--evidence", bad, "--force")
    assert "强制上线" in said("promote", "1.1.0", "--evidence", bad, "--force", "--reason", "演示")
    assert "强制，关口未过：复算准确率" in said("show", "1.1.0")


def test_export_quantise_and_parity_as_typed(made: Path, tmp_path: Path) -> None:
    assert "已导出" in said("export", made / "adapter", "--to", "merged", "--out", tmp_path / "merged")
    assert "MB →" in said("quantise", tmp_path / "merged", "--out", tmp_path / "int8")
    assert "已导出" in said("export", made / "adapter", "--to", "adapter", "--out", tmp_path / "copy", "--release", "1.0.0")
    assert "没有导出形式" in refused("export", made / "adapter", "--to", "exe", "--out", tmp_path / "x")
    assert "合并后的完整模型" in refused("quantise", made / "adapter", "--out", tmp_path / "y")
    result = typed("parity", made / "adapter", "--data", made / "questions.jsonl", "--merged", tmp_path / "merged", "--int8", tmp_path / "int8", "--out", tmp_path / "e")
    assert "adapter 与 merged：3 个提示，文字相同 3" in result.output and "served-int8" in result.output, result.output
    parity = json.loads((tmp_path / "e" / "parity.json").read_text(encoding="utf-8"))
    assert parity["pairs"][0]["passed"] is True and json.loads((tmp_path / "e" / "serving.json").read_text(encoding="utf-8"))["p95_s"] > 0


def test_two_versions_are_compared_on_the_same_questions(made: Path, tmp_path: Path) -> None:
    said("register", made / "adapter", "1.0.0")
    told = said("compare", made / "base", "1.0.0", "--data", made / "questions.jsonl", "--out", tmp_path / "out", "--no-regression")
    assert "没有显著差别" in told and (tmp_path / "out" / "comparison.html").is_file() and (tmp_path / "out" / "against.json").is_file()


@pytest.mark.parametrize("words", [("show", "9.9.9"), ("register", "nowhere", "1.0.0"), ("rollback",), ("ab", "status"), ("ab", "stop"), ("ab", "start"), ("alias", "champion", "1.0.0")])
def test_what_cannot_be_done_is_one_line(words: tuple[str, ...]) -> None:
    assert isinstance(typed(*words).exception, ReleaseError)


def test_the_group_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    from tests.conftest import ROOT

    code = "import sys, app.commands.models; print([name for name in ('mlflow', 'torch', 'transformers', 'numpy', 'rich') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.strip() == "[]"
