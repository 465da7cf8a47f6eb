"""The evidence of a release as files in one folder: what `evaluate`, `train data`, `models parity` and the human scoring wrote.

    report.json       evaluation of the candidate            against.json   of the champion, on the same questions
    certificate.json  contamination certificate of its data  parity.json    parity report
    serving.json      {"p95_s", "memory_mb", "size_mb"}      human.json     scores of people, by version and dimension
A file that is not there is evidence that is missing, and the gate says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data.errors import ReleaseError
from finetune.evaluation.report import EvaluationReport
from finetune.release.gate import Evidence, Measured, Serving
from finetune.release.parity import ParityReport

REPORT, AGAINST, CERTIFICATE, PARITY, SERVING, HUMAN = (
    "report.json", "against.json", "certificate.json", "parity.json", "serving.json", "human.json",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """The evidence of a folder. champion: the accuracy of the champion on the candidate's questions, None where not measured.

    data_hash: the training data's, from the certificate. metrics: figures by name for a version's notes.
    """

    evidence: Evidence
    champion: Measured | None
    data_hash: str
    metrics: Mapping[str, float]


def read_evidence(folder: Path, candidate: str = "") -> Found:
    """Read what lies in a folder. candidate: the version's name in human.json, where it holds several.

    Raises:
        ReleaseError: there is no such folder, or a file in it is damaged or of another kind.
    """
    if not folder.is_dir():
        raise ReleaseError(f"没有证据目录 {folder}")
    report, against = _report(folder / REPORT), _report(folder / AGAINST)
    certificate, parity, serving = _object(folder / CERTIFICATE), _object(folder / PARITY), _object(folder / SERVING)
    evidence = Evidence(
        _measured(report), certificate, None if parity is None else ParityReport.of_dict(parity),
        None if serving is None else _serving(serving, folder / SERVING), _human(_object(folder / HUMAN), candidate),
    )  # fmt: skip
    return Found(evidence, _measured(against), _digest(certificate), _metrics(report, evidence))


def write_parity(folder: Path, report: ParityReport) -> Path:
    """Write parity.json; its path."""
    return _write(folder / PARITY, report.to_dict())


def write_serving(folder: Path, serving: Serving) -> Path:
    """Write serving.json; its path."""
    return _write(folder / SERVING, asdict(serving))


def _write(path: Path, value: Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def _object(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{path} 读不出来：{error}") from error
    if not isinstance(value, dict):
        raise ReleaseError(f"{path} 应是一个 JSON 对象")
    return value


def _report(path: Path) -> EvaluationReport | None:
    value = _object(path)
    if value is None:
        return None
    try:
        return EvaluationReport.of_dict(value)
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"{path} 不是评估报告：{error}") from error


def _measured(report: EvaluationReport | None) -> Measured | None:
    if report is None:
        return None
    accuracy = report.accuracy
    return Measured(accuracy.right, accuracy.total, str(report.data.get("sha256", "")))


def _serving(value: Mapping[str, Any], path: Path) -> Serving:
    try:
        return Serving(float(value["p95_s"]), float(value["memory_mb"]), float(value.get("size_mb", 0.0)))
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"{path} 缺少或写错了字段：{error}") from error


def _human(value: Mapping[str, Any] | None, candidate: str) -> dict[str, float] | None:
    """The candidate's mean by dimension; the later version of the two where it is not named."""
    if value is None:
        return None
    try:
        means = value["means"]
        chosen = means.get(candidate) or means[list(value["versions"])[-1]]
        return {str(dimension): float(mean["mean"]) for dimension, mean in chosen.items()}
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise ReleaseError(f"{HUMAN} 不是人工评分的结果（evaluate human import --out 写出的文件）：{error}") from error


def _digest(certificate: Mapping[str, Any] | None) -> str:
    train = (certificate or {}).get("train")
    return str(train.get("sha256_128", "")) if isinstance(train, dict) else ""


def _metrics(report: EvaluationReport | None, evidence: Evidence) -> dict[str, float]:
    metrics: dict[str, float] = {}
    if report is not None:
        metrics |= {"recompute": report.accuracy.value, **{name: one.score for name, one in report.text.items()}}
    if evidence.serving is not None:
        metrics |= {"p95_s": evidence.serving.p95_s, "memory_mb": evidence.serving.memory_mb}
    return metrics
