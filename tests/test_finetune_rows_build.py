"""The build: the same rows whatever the workers, resumed after a kill, split by group, nothing leaking, stopped by too many rejects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.errors import TrainingError
from finetune.rows import shards as shards_module
from finetune.rows.build import SHARES, SIZES, BuildOptions, BuildReport, build
from finetune.rows.contamination import certificate
from finetune.rows.record import Row
from finetune.rows.shards import Shard, make_shard, shard_seed
from finetune.rows.validate import Problem, check_row

OPTIONS = BuildOptions(size=170, workers=1, seed=3, shard=90, held_out=42)
FILES = ("train.jsonl", "validation.jsonl", "test.jsonl", "heldout.jsonl")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildReport]:
    out = tmp_path_factory.mktemp("built")
    return out, build(out, OPTIONS)


def _rows(out: Path, name: str) -> list[Row]:
    return [Row.of_dict(json.loads(line)) for line in (out / name).read_text(encoding="utf-8").splitlines()]


def test_the_rows_are_as_many_as_asked_for_and_all_hold(built: tuple[Path, BuildReport]) -> None:
    out, report = built
    rows = [row for name in FILES[:3] for row in _rows(out, name)]
    assert len(rows) == 170 and report.kinds == {"qa": 100, "calculation": 50, "method": 20}
    assert all(not check_row(row) for row in [*rows, *_rows(out, "heldout.jsonl")])
    assert len({row.id for row in rows}) == 170 and not (out / "shards").exists()


def test_rows_about_one_topic_stand_together(built: tuple[Path, BuildReport]) -> None:
    out, _ = built
    texts = [row for name in FILES[:3] for row in _rows(out, name) if row.meta["family"] == "method"]
    assert all(row.meta["group"] == f"method|{row.meta['formula']}" for row in texts)


def test_groups_stand_on_one_side_and_the_split_is_eight_one_one(built: tuple[Path, BuildReport]) -> None:
    out, report = built
    sides: dict[str, set[str]] = {}
    for name in FILES[:3]:
        for row in _rows(out, name):
            assert row.meta["split"] == name.removesuffix(".jsonl")
            sides.setdefault(row.meta["group"], set()).add(row.meta["split"])
    assert all(len(split) == 1 for split in sides.values())
    assert 0.7 < report.rows["train"] / 170 < 0.9 and report.rows["test"] >= 10


def test_held_out_rows_are_of_slices_that_training_never_sees(built: tuple[Path, BuildReport]) -> None:
    out, report = built
    held = _rows(out, "heldout.jsonl")
    assert held and all(row.meta["slice"] for row in held) and all(not row.meta["slice"] for row in _rows(out, "train.jsonl"))
    assert sum(report.slices.values()) == len(held)


def test_manifest_certificate_and_card_are_written(built: tuple[Path, BuildReport]) -> None:
    out, report = built
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["certificate"] == "clean" == json.loads((out / "certificate.json").read_text(encoding="utf-8"))["verdict"]
    assert manifest["hashes"] == report.hashes and set(report.hashes) == {"train", "validation", "test", "heldout"}
    proof = certificate(_rows(out, "train.jsonl"), [*_rows(out, "test.jsonl"), *_rows(out, "heldout.jsonl")], name="test + heldout")
    stated = json.loads((out / "certificate.json").read_text(encoding="utf-8"))
    assert {**stated, "evaluation": 0} == {**proof.to_dict(), "evaluation": 0}
    assert manifest["options"]["seed"] == 3 and sum(manifest["families"].values()) == 170
    assert "caizhi-rows" in (out / "data_card.md").read_text(encoding="utf-8")


def test_two_workers_and_a_kill_in_between_give_the_same_files(built: tuple[Path, BuildReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def dying(folder: Path, shard: Shard) -> Any:
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(shard.number)
        return make_shard(folder, shard)

    with monkeypatch.context() as patch:
        patch.setattr("finetune.rows.build.make_shard", dying)
        with pytest.raises(KeyboardInterrupt):
            build(tmp_path, OPTIONS)
    finished = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "shards").glob("*.json")}
    assert len(finished) == 2
    report = build(tmp_path, BuildOptions(size=170, workers=2, seed=3, shard=90, held_out=42))
    assert report.hashes == built[1].hashes


def test_another_build_does_not_mix_into_a_half_finished_one(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "plan.txt").write_text("another", encoding="utf-8")
    with pytest.raises(TrainingError, match="另一组参数"):
        build(tmp_path, OPTIONS)


def test_a_bad_row_is_kept_aside_with_its_reason_and_too_many_stop_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shards_module.checked_rows

    def half_bad(shard: Shard) -> Iterator[tuple[Row, list[Problem]]]:
        for number, (row, problems) in enumerate(whole(shard)):
            yield row, problems if number % 2 else [Problem("wrong_result", "坏的")]

    monkeypatch.setattr(shards_module, "checked_rows", half_bad)
    with pytest.raises(TrainingError, match="被拒绝的行太多.*wrong_result"):
        build(tmp_path, OPTIONS)
    aside = [json.loads(line) for path in (tmp_path / "shards").glob("rejects-*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
    assert aside and aside[0]["problems"] == [["wrong_result", "坏的"]] and aside[0]["messages"]


def test_sizes_shares_and_seeds() -> None:
    assert BuildOptions().counts == {"qa": 100_000, "calculation": 50_000, "method": 20_000} and sum(SHARES.values()) == 170
    assert sum(BuildOptions(size=1001).counts.values()) == 1001 and BuildOptions(size=170, narration=7).counts["narration"] == 7
    assert SIZES["full"] == 170_000
    assert shard_seed(1, "shard", 0) != shard_seed(1, "shard", 1) != shard_seed(2, "shard", 1)
    assert BuildOptions(workers=1).fingerprint() == BuildOptions(workers=8).fingerprint() != BuildOptions(seed=2).fingerprint()
    with pytest.raises(TrainingError, match="没有这种写法"):
        BuildOptions(rendering="poem")
    with pytest.raises(TrainingError, match="应为正数"):
        BuildOptions(size=0)


def test_narrations_come_in_references_whatever_the_rendering(tmp_path: Path) -> None:
    shard = Shard(0, "shard", 5, {"qa": 6, "narration": 4}, "plain", held=False)
    rows = [row for row, problems in shards_module.checked_rows(shard) if not problems]
    assert {row.meta["rendering"] for row in rows if row.meta["kind"] == "narration"} == {"references"}
    assert {row.meta["rendering"] for row in rows if row.meta["kind"] == "qa"} == {"plain"}
