"""The promotion gate: each check fails for what it is there for, and missing evidence is no evidence."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from data.errors import ReleaseError
from finetune.evaluation.parts import PARTS
from finetune.evaluation.report import AnswerRecord, EvaluationReport
from finetune.release.evidence import read_evidence, write_parity, write_serving
from finetune.release.gate import Evidence, GateReport, Measured, Rules, Serving, gate
from finetune.release.parity import Difference, PairReport, ParityReport, Tolerance
from finetune.rows.certificate import Certificate, Count

NEW, OLD = "financial_llm_lora_v1.1.0", "financial_llm_lora_v1.0.0"
CLEAN = Certificate(1000, 200, "a" * 32, "b" * 32, {"near": 0.8}, ("exact",), {"exact": Count(0, 0)})
PAIR = PairReport("adapter", "merged", 10, 10, 0, (), 1e-6, 1e-7, Tolerance())
PARITY = ParityReport(10, (PAIR,))
GOOD = Evidence(Measured(190, 200, "set"), CLEAN, PARITY, Serving(1.2, 300.0, 20.0))


THEIRS = Measured(188, 200, "set")


def judged(evidence: Evidence = GOOD, champion: str = OLD, theirs: Measured | None = THEIRS, rules: Rules | None = None) -> GateReport:
    return gate(NEW, champion, evidence, theirs, rules)


def failed(report: GateReport) -> list[str]:
    return [check.name for check in report.checks if not check.passed]


def test_a_good_candidate_passes_with_what_was_seen() -> None:
    report = judged()
    assert report.passed and not report.reasons and len(report.checks) == 4
    assert report.to_dict()["passed"] is True and "95.0%（190/200" in report.checks[0].detail


@pytest.mark.parametrize("right, passes", [(190, True), (182, True), (181, True), (175, False), (120, False)])
def test_accuracy_may_be_below_the_champion_s_only_within_its_interval(right: int, passes: bool) -> None:
    # 188 of 200 has the Wilson interval 89.8 % - 96.5 %.
    report = judged(replace(GOOD, accuracy=Measured(right, 200, "set")))
    assert (failed(report) == []) is passes


def test_accuracy_on_other_questions_too_few_or_without_the_champion_s_does_not_count() -> None:
    assert "不是同一套" in judged(theirs=Measured(188, 200, "other")).reasons[0]
    assert "没有 champion" in judged(theirs=None).reasons[0]
    assert "少于 30" in judged(replace(GOOD, accuracy=Measured(29, 29, "set"))).reasons[0]
    assert "低于下限" in judged(rules=Rules(least_accuracy=0.96)).reasons[0]
    assert judged(champion="", theirs=None).passed


def test_contaminated_empty_and_forged_certificates_fail() -> None:
    dirty = replace(CLEAN, counts={"exact": Count(3, 2)})
    assert "exact 3 行" in judged(replace(GOOD, certificate=dirty)).reasons[0]
    assert failed(judged(replace(GOOD, certificate=replace(CLEAN, evaluation_rows=0)))) == ["数据污染"]
    assert "自相矛盾" in judged(replace(GOOD, certificate=dirty.to_dict() | {"verdict": "clean"})).reasons[0]
    assert judged(replace(GOOD, certificate=CLEAN.to_dict())).passed
    assert "只查了 100 道" in judged(replace(GOOD, certificate=replace(CLEAN, evaluation_rows=100))).reasons[0]


def test_forms_that_differ_fail_with_the_pair() -> None:
    pair = replace(PAIR, other="int8", same_text=6, differing=(Difference("p", "x", "y"),) * 4)
    report = judged(replace(GOOD, parity=ParityReport(10, (PAIR, pair))))
    assert failed(report) == ["各形式一致"] and "adapter 与 int8" in report.reasons[0] and "不同 4" in report.reasons[0]


@pytest.mark.parametrize("serving", [Serving(5.1, 300.0), Serving(1.0, 3000.0), Serving(float("nan"), 300.0)])
def test_a_slow_or_large_version_is_over_budget(serving: Serving) -> None:
    assert failed(judged(replace(GOOD, serving=serving))) == ["时延与内存"]


def test_the_size_counts_where_a_limit_is_set() -> None:
    assert judged(rules=Rules(size_mb=40)).passed and not judged(rules=Rules(size_mb=10)).passed


def test_people_are_asked_where_that_is_required() -> None:
    rules = Rules(human_scores={"准确性": 4.5, "流畅性": 4.0})
    assert "还没有" in judged(rules=rules).reasons[0]
    assert "准确性 4.4（要求 4.5）" in judged(replace(GOOD, human={"准确性": 4.4, "流畅性": 4.2}), rules=rules).reasons[0]
    assert failed(judged(replace(GOOD, human={"准确性": 4.6}), rules=rules)) == ["人工评分"]
    assert judged(replace(GOOD, human={"准确性": 4.6, "流畅性": 4.0}), rules=rules).passed


def test_a_version_that_was_not_measured_fails_everything() -> None:
    report = judged(Evidence())
    assert failed(report) == ["复算准确率", "数据污染", "各形式一致", "时延与内存"] and not GateReport(NEW, OLD, ()).passed


def record(number: int, *, right: bool) -> AnswerRecord:
    return AnswerRecord(f"q{number}", "问", "答", "答", "答", {}, dict.fromkeys(PARTS, right), True)


def test_evidence_is_read_from_the_files_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="没有证据目录"):
        read_evidence(tmp_path / "nowhere")
    assert read_evidence(tmp_path).evidence == Evidence()
    for name, right in (("report.json", 45), ("against.json", 40)):
        report = EvaluationReport("m", {"name": "d", "sha256": "abc", "count": 50}, [record(number, right=number < right) for number in range(50)], {})
        (tmp_path / name).write_text(json.dumps(report.to_dict(), ensure_ascii=False), encoding="utf-8")
    (tmp_path / "certificate.json").write_text(json.dumps(CLEAN.to_dict()), encoding="utf-8")
    write_parity(tmp_path, PARITY)
    write_serving(tmp_path, Serving(1.0, 200.0, 3.0))
    means = {OLD: {"准确性": {"mean": 4.0}}, NEW: {"准确性": {"mean": 4.7}}}
    (tmp_path / "human.json").write_text(json.dumps({"versions": [OLD, NEW], "means": means}), encoding="utf-8")
    found = read_evidence(tmp_path, OLD)
    assert found.evidence.human == {"准确性": 4.0} and read_evidence(tmp_path).evidence.human == {"准确性": 4.7}
    assert found.evidence.accuracy == Measured(45, 50, "abc") and found.champion == Measured(40, 50, "abc")
    assert found.data_hash == "a" * 32 and found.metrics["recompute"] == 0.9 and found.metrics["p95_s"] == 1.0
    assert gate(NEW, OLD, found.evidence, found.champion).passed


@pytest.mark.parametrize("name", ["report.json", "parity.json", "serving.json", "human.json"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}", encoding="utf-8")
    with pytest.raises(ReleaseError):
        read_evidence(tmp_path)
    (tmp_path / name).write_text("[", encoding="utf-8")
    with pytest.raises(ReleaseError, match=name):
        read_evidence(tmp_path)
    (tmp_path / name).write_text(json.dumps([asdict(Serving(1, 1))]), encoding="utf-8")
    with pytest.raises(ReleaseError, match="JSON 对象"):
        read_evidence(tmp_path)
