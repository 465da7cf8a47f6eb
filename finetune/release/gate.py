"""The promotion gate: what a candidate must show before it may be champion. Every check says what it saw; none is waved through.

A check without evidence fails: a version that was not measured is not better for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data.errors import TrainingError
from finetune.evaluation.statistics import Rate, wilson
from finetune.release.parity import ParityReport
from finetune.rows.certificate import Certificate

DIMENSIONS = ("准确性", "专业性", "相关性", "流畅性", "完整性")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one version showed on one evaluation set. right, total: recompute accuracy's counts; evaluation_hash: of the set."""

    right: int
    total: int
    evaluation_hash: str

    @property
    def rate(self) -> Rate:
        """The share with its 95 % Wilson interval."""
        return wilson(self.right, self.total)


@dataclass(frozen=True, slots=True)
class Serving:
    """How a version serves. p95_s: seconds an answer, 95th percentile. memory_mb: of the process. size_mb: of its files."""

    p95_s: float
    memory_mb: float
    size_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured of the candidate; None where it was not."""

    accuracy: Measured | None = None
    certificate: Certificate | Mapping[str, Any] | None = None
    parity: ParityReport | None = None
    serving: Serving | None = None
    human: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The bar. Seconds, megabytes and scores (0-5) by dimension; human_scores empty: none are asked for.

    least_accuracy: floor without a champion. least_rows: an accuracy of fewer rows proves nothing.
    """

    p95_s: float = 5.0
    memory_mb: float = 2048.0
    size_mb: float = 0.0
    least_accuracy: float = 0.0
    least_rows: int = 30
    human_scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """One check and what it saw, in the user's words."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class GateReport:
    """candidate, champion: full names of versions, champion "" for none."""

    candidate: str
    champion: str
    checks: Sequence[Check]

    @property
    def passed(self) -> bool:
        """Whether every check passed; a gate without checks is no gate."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def reasons(self) -> list[str]:
        """What failed, one line a check."""
        return [f"{check.name}：{check.detail}" for check in self.checks if not check.passed]

    def to_dict(self) -> dict[str, Any]:
        """JSON types."""
        checks = [{"name": check.name, "passed": check.passed, "detail": check.detail} for check in self.checks]
        return {"candidate": self.candidate, "champion": self.champion, "passed": self.passed, "checks": checks}


def gate(candidate: str, champion: str, evidence: Evidence, champion_accuracy: Measured | None = None, rules: Rules | None = None) -> GateReport:
    """Judge a candidate. champion: full name of the present champion, "" for none; champion_accuracy: its result on the same set."""
    rules = rules or Rules()
    checks = [
        _accuracy(evidence.accuracy, champion, champion_accuracy, rules), _contamination(evidence.certificate, evidence.accuracy),
        _parity(evidence.parity), _serving(evidence.serving, rules),
    ]  # fmt: skip
    if rules.human_scores:
        checks.append(_human(evidence.human, rules.human_scores))
    return GateReport(candidate, champion, tuple(checks))


def _accuracy(measured: Measured | None, champion: str, theirs: Measured | None, rules: Rules) -> Check:
    name = "复算准确率"
    if measured is None:
        return Check(name, False, "没有评测结果")
    ours = measured.rate
    told = f"{ours.value:.1%}（{ours.right}/{ours.total}，95% 区间 {ours.low:.1%}–{ours.high:.1%}）"
    if measured.total < rules.least_rows:
        return Check(name, False, f"{told}，评测题少于 {rules.least_rows} 道")
    if ours.value < rules.least_accuracy:
        return Check(name, False, f"{told}，低于下限 {rules.least_accuracy:.1%}")
    if not champion:
        return Check(name, True, f"{told}，还没有 champion 可比")
    if theirs is None:
        return Check(name, False, f"{told}，但没有 champion {champion} 的结果可比")
    if theirs.evaluation_hash != measured.evaluation_hash:
        return Check(name, False, f"{told}，与 champion 不是同一套评测题")
    low = theirs.rate.low
    relation = "低于" if ours.value < low else "不低于"
    return Check(name, ours.value >= low, f"{told}，{relation} champion {theirs.rate.value:.1%} 的区间下限 {low:.1%}")


def _contamination(given: Certificate | Mapping[str, Any] | None, measured: Measured | None) -> Check:
    name = "数据污染"
    if given is None:
        return Check(name, False, "没有污染检查证书")
    try:
        certificate = given if isinstance(given, Certificate) else Certificate.of_dict(given)
    except TrainingError as error:
        return Check(name, False, str(error))
    if not certificate.clean:
        found = "、".join(f"{test} {certificate.counts[test].train} 行" for test in certificate.blocking if certificate.counts[test].train)
        return Check(name, False, f"证书结论 {certificate.verdict}{f'：{found}' if found else ''}")
    if measured is not None and measured.total > certificate.evaluation_rows:
        return Check(name, False, f"证书只查了 {certificate.evaluation_rows} 道评测题，这次评测用了 {measured.total} 道")
    return Check(name, True, f"{certificate.train_rows} 行训练数据与 {certificate.evaluation_rows} 道评测题无重叠")


def _parity(report: ParityReport | None) -> Check:
    name = "各形式一致"
    if report is None:
        return Check(name, False, "没有一致性报告")
    failed = [pair.sentence() for pair in report.pairs if not pair.passed]
    return Check(name, report.passed, "；".join(failed) or f"{len(report.pairs)} 对形式在 {report.prompts} 个提示上一致")


def _serving(serving: Serving | None, rules: Rules) -> Check:
    name = "时延与内存"
    if serving is None:
        return Check(name, False, "没有测过")
    limits = [
        ("P95 时延", serving.p95_s, rules.p95_s, "秒"),
        ("内存", serving.memory_mb, rules.memory_mb, "MB"),
        ("文件", serving.size_mb, rules.size_mb, "MB"),
    ]
    told = [f"{what} {value:.1f} {unit}（上限 {most:g}）" for what, value, most, unit in limits if most > 0]
    # A NaN is above every limit.
    return Check(name, all(value <= most for _, value, most, _ in limits if most > 0), "，".join(told))


def _human(scores: Mapping[str, float] | None, wanted: Mapping[str, float]) -> Check:
    name = "人工评分"
    if scores is None:
        return Check(name, False, "需要人工评分，还没有")
    short = [f"{what} {scores.get(what, 0):.1f}（要求 {least:.1f}）" for what, least in wanted.items() if not scores.get(what, 0) >= least]
    return Check(name, not short, "，".join(short) or "，".join(f"{what} {scores[what]:.1f}" for what in wanted))
