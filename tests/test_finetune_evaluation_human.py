"""Human scoring: out blind, back checked, counted."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from data.errors import TrainingError
from finetune.evaluation.evaluate import Plan, evaluate
from finetune.evaluation.human import DIMENSIONS, FORM, PREFERENCE, RATER, SIDES, Key, blind_pairs, columns, export_forms
from finetune.evaluation.human_scores import RatedPair, human_report, krippendorff_alpha, read_scores
from finetune.evaluation.report import EvaluationReport
from tests.test_finetune_evaluation_evaluate import ITEMS, scripted

PLAN = Plan(regression=(), flips=False)
Fill = Callable[[dict[str, str]], dict[str, str]]


@pytest.fixture(scope="module")
def reports() -> tuple[EvaluationReport, EvaluationReport]:
    return evaluate("base", ITEMS, scripted(lambda number: True), PLAN), evaluate("adapter", ITEMS, scripted(), PLAN)


def filled(form: Path, target: Path, fill: Fill) -> Path:
    """The sheet with every row changed by `fill`."""
    with form.open(encoding="utf-8-sig", newline="") as file:
        rows = [fill(row) for row in csv.DictReader(file)]
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns())
        writer.writeheader()
        writer.writerows(rows)
    return target


def scores(better: str, rater: str, high: str = "4.5", low: str = "2") -> dict[str, str]:
    other = SIDES[1 - SIDES.index(better)]
    return {f"{better}_{d}": high for d in DIMENSIONS} | {f"{other}_{d}": low for d in DIMENSIONS} | {PREFERENCE: better, RATER: rater}


def test_pairs_are_blind_drawn_by_seed_and_the_key_lies_apart(reports: tuple[EvaluationReport, EvaluationReport], tmp_path: Path) -> None:
    pairs, key = blind_pairs(*reports, count=10, seed=3)
    again = blind_pairs(*reports, count=10, seed=3)
    assert (pairs, key) == again and blind_pairs(*reports, count=10, seed=4)[0] != pairs
    assert set(key.first.values()) == {"base", "adapter"} and len(pairs) == 10 and key.version("P001", "甲") != key.version("P001", "乙")
    form, page, secret = export_forms(pairs, key, tmp_path / "forms")
    assert secret.parent != form.parent and Key.load(secret) == key
    for path in (form, page):
        assert "adapter" not in path.read_text(encoding="utf-8-sig") and "base" not in path.read_text(encoding="utf-8-sig").replace("data-set", "")
    assert "https://" not in page.read_text(encoding="utf-8") and page.read_text(encoding="utf-8").count("<fieldset") == 10 * 11
    with pytest.raises(TrainingError, match="密钥不能"):
        export_forms(pairs, key, tmp_path / "forms", tmp_path / "forms")
    with pytest.raises(TrainingError):
        blind_pairs(reports[0], reports[0], 3)
    with pytest.raises(TrainingError, match="不是盲评的密钥"):
        Key.load(form)


def test_scores_come_back_and_are_counted(reports: tuple[EvaluationReport, EvaluationReport], tmp_path: Path) -> None:
    pairs, key = blind_pairs(*reports, count=12, seed=1)
    form, _, _ = export_forms(pairs, key, tmp_path / "forms")

    def side_of_adapter(row: dict[str, str]) -> str:
        return next(side for side in SIDES if key.version(row["编号"], side) == "adapter")

    sheets = [
        filled(form, tmp_path / "a.csv", lambda row: row | scores(side_of_adapter(row), "张")),
        filled(form, tmp_path / "b.csv", lambda row: row | scores(side_of_adapter(row), "李", high="5", low="1.5")),
    ]
    read = read_scores(sheets, key)
    report = human_report(read.rated, key)
    assert not read.problems and (report.wins, report.losses, report.ties, report.raters, report.pairs) == (12, 0, 0, 2, 12)
    assert report.means["adapter"]["专业性"].value == 4.75 and report.means["base"]["准确性"].value == 1.75 and report.p < 0.001
    assert report.professional()[1].value == 4.75 and report.win_rate.value == 1
    assert all(value is not None and 0.4 < value < 1 for value in report.alpha.values())
    text = report.to_markdown()
    assert "胜 12" in text and "| 流畅性 |" in text and report.to_dict()["raters"] == 2


def test_each_bad_row_is_told_and_left_out(reports: tuple[EvaluationReport, EvaluationReport], tmp_path: Path) -> None:
    pairs, key = blind_pairs(*reports, count=6, seed=1)
    form, _, _ = export_forms(pairs, key, tmp_path / "forms")
    faults = iter(({}, {"编号": "P999"}, {RATER: " "}, {"甲_准确性": "6"}, {"乙_流畅性": "好"}, {PREFERENCE: "丙"}))
    sheet = filled(form, tmp_path / "a.csv", lambda row: row | scores("甲", "张") | next(faults))
    read = read_scores([sheet, sheet], key)
    assert len(read.rated) == 1 and len(read.problems) == 11
    assert [line.split("：")[0] for line in read.problems[:5]] == [f"a.csv 第 {line} 行" for line in range(3, 8)]
    assert "P999" in read.problems[0] and "没有填评分人" in read.problems[1] and "已经评过" in read.problems[5]
    with pytest.raises(TrainingError, match="没有一行有效"):
        human_report([], key)
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(TrainingError, match="缺少列"):
        read_scores([other], key)
    with pytest.raises(TrainingError):
        read_scores([tmp_path / "none.csv"], key)


def test_alpha_is_one_for_agreement_and_falls_with_disorder() -> None:
    def rated(pair: int, rater: str, value: float) -> RatedPair:
        return RatedPair(f"P{pair}", rater, {(side, d): value for side in SIDES for d in DIMENSIONS}, "平")

    same = [rated(pair, rater, float(pair % 5)) for pair in range(8) for rater in "ab"]
    opposed = [rated(pair, rater, float(pair % 5 if rater == "a" else 4 - pair % 5)) for pair in range(8) for rater in "ab"]
    alpha = krippendorff_alpha(same, "准确性")
    assert alpha == 1.0 and (krippendorff_alpha(opposed, "准确性") or 0) < 0
    assert krippendorff_alpha(same[:1], "准确性") is None and krippendorff_alpha([rated(1, "a", 3), rated(1, "b", 3)], "准确性") is None


def test_a_cell_that_a_spreadsheet_would_run_is_quoted(reports: tuple[EvaluationReport, EvaluationReport], tmp_path: Path) -> None:
    risky = evaluate("risky", ITEMS, lambda prompts: ["=1+1"] * len(prompts), PLAN)
    pairs, key = blind_pairs(reports[0], risky, 4)
    form, _, _ = export_forms(pairs, key, tmp_path / "forms")
    assert form.name == FORM and "'=1+1" in form.read_text(encoding="utf-8-sig") and ",=1" not in form.read_text(encoding="utf-8-sig")
