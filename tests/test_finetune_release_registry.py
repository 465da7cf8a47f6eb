"""The registry on a local MLflow store: versions, notes, aliases, promotion behind the gate, rollback, files that are checked."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.errors import ReleaseError
from finetune.release.gate import Check, GateReport
from finetune.release.registry import Registry
from finetune.release.release_record import Notes
from tests.conftest import ROOT

NAME = "financial_llm_lora"


class Clock:
    """A minute a look."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow takes seconds to make its tables: once for this file."""
    folder = tmp_path_factory.mktemp("store")
    assert Registry(folder).releases() == []
    return folder


@pytest.fixture
def registry(empty_store: Path, tmp_path: Path) -> Iterator[Registry]:
    yield Registry(shutil.copytree(empty_store, tmp_path / "中 文"), Clock())


def model(folder: Path, content: str = "weights") -> Path:
    (folder / "sub").mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_text(content, encoding="utf-8")
    (folder / "sub" / "adapter_config.json").write_text("{}", encoding="utf-8")
    return folder


def gate(version: str, *, passed: bool = True) -> GateReport:
    return GateReport(f"{NAME}_v{version}", "", (Check("复算准确率", passed, "95%" if passed else "低于 champion"),))


def with_versions(registry: Registry, tmp_path: Path, *versions: str) -> None:
    for version in versions:
        registry.register(model(tmp_path / f"v{version}", version), version)


def test_notes_and_files_of_a_version_survive_the_process(registry: Registry, tmp_path: Path) -> None:
    notes = Notes("abc123", {"learning_rate": 2e-4, "preset": "all-linear"}, {"recompute": 0.97}, "第一版", "caizhi-lm-base", {"verdict": "clean"})
    registered = registry.register(model(tmp_path / "a"), "1.0.0", NAME, notes)
    assert registered.full_name == "financial_llm_lora_v1.0.0"
    registry.promote("1.0.0", gate("1.0.0"), reason="首次上线")
    code = f"""
import json
from pathlib import Path
from finetune.release.registry import Registry
release = Registry(Path({str(tmp_path / "中 文")!r})).get("champion")
print(json.dumps([release.full_name, release.notes.data_hash, dict(release.notes.parameters), dict(release.notes.metrics), release.notes.text,
                  release.notes.origin, dict(release.notes.certificate), sorted(release.files), release.size, list(release.aliases)]))
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert json.loads(run.stdout) == [
        "financial_llm_lora_v1.0.0", "abc123", {"learning_rate": 2e-4, "preset": "all-linear"}, {"recompute": 0.97}, "第一版", "caizhi-lm-base",
        {"verdict": "clean"}, ["adapter_model.safetensors", "sub/adapter_config.json"], 9, ["champion"],
    ]  # fmt: skip


def test_a_version_is_registered_once_and_upwards(registry: Registry, tmp_path: Path) -> None:
    with_versions(registry, tmp_path, "1.0.0", "1.10.0")
    with pytest.raises(ReleaseError, match=r"financial_llm_lora_v1\.10\.0 已经登记过"):
        registry.register(tmp_path / "v1.0.0", "v1.10.0")
    with pytest.raises(ReleaseError, match=r"版本 1\.9\.0 低于已登记的最新版本 1\.10\.0"):
        registry.register(tmp_path / "v1.0.0", "1.9.0")
    assert registry.register(tmp_path / "v1.0.0", "0.1.0", "another_model").full_name == "another_model_v0.1.0"
    assert [release.full_name for release in registry.releases()] == ["another_model_v0.1.0", "financial_llm_lora_v1.0.0", "financial_llm_lora_v1.10.0"]
    assert [str(release.version) for release in registry.releases(NAME)] == ["1.0.0", "1.10.0"]


@pytest.mark.parametrize("name, version, word", [("Bad Name", "1.0.0", "不可用"), (NAME, "one", "三段数字"), (f"{NAME}_v1", "1.0.0", "不可用")])
def test_names_and_versions_are_checked(registry: Registry, tmp_path: Path, name: str, version: str, word: str) -> None:
    with pytest.raises(ReleaseError, match=word):
        registry.register(model(tmp_path / "a"), version, name)
    assert registry.releases() == []


def test_an_empty_folder_and_notes_that_are_no_json_are_refused(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "empty", tmp_path / "nowhere"):
        with pytest.raises(ReleaseError, match="不能登记"):
            registry.register(source, "1.0.0")
    with pytest.raises(ReleaseError, match="JSON"):
        registry.register(model(tmp_path / "a"), "1.0.0", notes=Notes(metrics={"recompute": float("nan")}))
    assert registry.releases() == []


def test_promotion_rollback_and_the_history_of_both(registry: Registry, tmp_path: Path) -> None:
    with_versions(registry, tmp_path, "1.0.0", "1.1.0", "1.2.0")
    with pytest.raises(ReleaseError, match="没有 别名 champion 指向的版本"):
        registry.get("champion")
    with pytest.raises(ReleaseError, match="无处可回"):
        registry.rollback()
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        assert registry.promote(version, gate(version)).aliases == ("champion",)
    assert str(registry.rollback(reason="审核失败增多").version) == "1.1.0"
    assert str(registry.rollback().version) == "1.0.0"
    with pytest.raises(ReleaseError, match="无处可回"):
        registry.rollback()
    registry.promote("1.2.0", gate("1.2.0"))
    assert str(registry.rollback().version) == "1.0.0" == str(registry.get("champion").version)
    moves = [(event.kind, event.version, event.previous, event.reason) for event in registry.history() if event.alias == "champion"]
    assert moves == [
        ("promote", "1.0.0", "", ""), ("promote", "1.1.0", "1.0.0", ""), ("promote", "1.2.0", "1.1.0", ""),
        ("rollback", "1.1.0", "1.2.0", "审核失败增多"), ("rollback", "1.0.0", "1.1.0", ""), ("promote", "1.2.0", "1.0.0", ""),
        ("rollback", "1.0.0", "1.2.0", ""),
    ]  # fmt: skip
    assert [event.at for event in registry.history()] == sorted(event.at for event in registry.history())


def test_a_failed_gate_refuses_with_its_reasons_unless_forced_with_one(registry: Registry, tmp_path: Path) -> None:
    with_versions(registry, tmp_path, "1.0.0")
    failed = gate("1.0.0", passed=False)
    with pytest.raises(ReleaseError, match="没有通过上线关口：复算准确率：低于 champion"):
        registry.promote("1.0.0", failed)
    with pytest.raises(ReleaseError, match="必须写明理由"):
        registry.promote("1.0.0", failed, force=True, reason="  ")
    assert registry.aliased("champion") is None
    registry.promote("1.0.0", failed, force=True, reason="演示")
    last = registry.history()[-1]
    assert last.forced and last.reason == "演示" and list(last.gate_reasons) == ["复算准确率：低于 champion"]


def test_the_gate_s_report_must_be_of_the_version(registry: Registry, tmp_path: Path) -> None:
    with_versions(registry, tmp_path, "1.0.0", "1.1.0")
    with pytest.raises(ReleaseError, match=r"不是 financial_llm_lora_v1\.1\.0"):
        registry.promote("1.1.0", gate("1.0.0"))
    registry.promote("1.1.0", gate("1.1.0"))
    with pytest.raises(ReleaseError, match="已经是 champion"):
        registry.promote("1.1.0", gate("1.1.0"))


def test_the_challenger_stops_being_one_when_it_is_promoted(registry: Registry, tmp_path: Path) -> None:
    with_versions(registry, tmp_path, "1.0.0", "1.1.0")
    registry.promote("1.0.0", gate("1.0.0"))
    assert registry.set_alias("challenger", "1.1.0").aliases == ("challenger",)
    assert registry.promote("challenger", gate("1.1.0")).aliases == ("champion",)
    assert registry.aliased("challenger") is None
    with pytest.raises(ReleaseError, match="只由 models promote"):
        registry.set_alias("champion", "1.0.0")


def test_a_version_is_downloaded_whole_and_only_into_an_empty_folder(registry: Registry, tmp_path: Path) -> None:
    with_versions(registry, tmp_path, "1.0.0")
    out = registry.download("financial_llm_lora_v1.0.0", tmp_path / "out")
    assert (out / "adapter_model.safetensors").read_text(encoding="utf-8") == "1.0.0" and (out / "sub" / "adapter_config.json").is_file()
    with pytest.raises(ReleaseError, match="不是空目录"):
        registry.download("1.0.0", out)


def test_files_changed_in_the_store_are_found_before_they_are_served(registry: Registry, tmp_path: Path) -> None:
    with_versions(registry, tmp_path, "1.0.0")
    release = registry.get("1.0.0")
    (release.folder / "adapter_model.safetensors").write_text("other", encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"与登记时不同：adapter_model\.safetensors"):
        registry.download("1.0.0", tmp_path / "out")
    with pytest.raises(ReleaseError, match="与登记时不同"):
        registry.promote("1.0.0", gate("1.0.0"))


def test_a_store_that_was_moved_goes_on(registry: Registry, tmp_path: Path) -> None:
    with_versions(registry, tmp_path, "1.0.0")
    shutil.move(tmp_path / "中 文", tmp_path / "moved")
    moved = Registry(tmp_path / "moved", Clock())
    assert moved.download("1.0.0", tmp_path / "out").is_dir()
    moved.register(tmp_path / "v1.0.0", "1.1.0")
    assert [str(release.version) for release in moved.releases()] == ["1.0.0", "1.1.0"] and not (tmp_path / "中 文").exists()
    moved.verify(moved.get("1.1.0"))


def test_a_store_that_is_no_store_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database", encoding="utf-8")
    with pytest.raises(ReleaseError, match="登记库.*打不开"):
        Registry(tmp_path).releases()


def test_the_registry_is_imported_without_mlflow() -> None:
    code = "import sys, finetune.release.registry; print('mlflow' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.strip() == "False"
