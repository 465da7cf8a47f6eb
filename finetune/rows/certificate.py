"""The contamination certificate: a value that is written as JSON for programs and as Markdown for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

from data.errors import TrainingError

_FORM = "caizhi-contamination-certificate/1"
_SHOWN = 20
_TITLES = {
    "exact": "精确重复（问题或问答归一化后相同）",
    "near": "近似重复（数字与引用相同，5 字片段重合）",
    "ngram": "13 字片段重合（且数字全部出现）",
    "ngram_masked": "13 字片段重合（数字掩去后）",
    "template": "问法模板相同（数字掩去后）",
}


class Count(NamedTuple):
    """How many training rows a test marked, and how many evaluation rows they touch."""

    train: int
    evaluation: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was compared (by hash), how (thresholds, blocking tests), and what was found (counts by test, offending pairs)."""

    train_rows: int
    evaluation_rows: int
    train_digest: str
    evaluation_digest: str
    thresholds: Mapping[str, float]
    blocking: Sequence[str]
    counts: Mapping[str, Count]
    offenders: Sequence[Mapping[str, Any]] = field(default_factory=list)
    name: str = ""

    @property
    def clean(self) -> bool:
        """Whether no blocking test found anything. An empty evaluation set proves nothing and is not clean."""
        return self.evaluation_rows > 0 and not any(self.counts[test].train for test in self.blocking)

    @property
    def verdict(self) -> str:
        """clean or contaminated; empty where there was nothing to compare with."""
        return "empty" if not self.evaluation_rows else "clean" if self.clean else "contaminated"

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the certificate."""
        return {
            "form": _FORM, "name": self.name, "verdict": self.verdict,
            "train": {"rows": self.train_rows, "sha256_128": self.train_digest},
            "evaluation": {"rows": self.evaluation_rows, "sha256_128": self.evaluation_digest},
            "thresholds": dict(self.thresholds), "blocking": list(self.blocking),
            "counts": {test: {"train": count.train, "evaluation": count.evaluation} for test, count in self.counts.items()},
            "offenders": [dict(offender) for offender in self.offenders],
        }  # fmt: skip

    @classmethod
    def of_dict(cls, record: Mapping[str, Any]) -> Self:
        """The certificate of a JSON object of `to_dict`'s shape.

        Raises:
            TrainingError: it is no certificate, or its verdict is not the one that its counts give.
        """
        try:
            read = cls(
                name=record["name"], train_rows=record["train"]["rows"], evaluation_rows=record["evaluation"]["rows"],
                train_digest=record["train"]["sha256_128"], evaluation_digest=record["evaluation"]["sha256_128"],
                thresholds=record["thresholds"], blocking=tuple(record["blocking"]),
                counts={test: Count(count["train"], count["evaluation"]) for test, count in record["counts"].items()},
                offenders=list(record["offenders"]),
            )  # fmt: skip
            stated, counted = record["verdict"], read.verdict
        except (KeyError, TypeError, AttributeError) as error:
            raise TrainingError(f"不是污染检查证书：缺少或错误的字段 {error}") from error
        if stated != counted:
            raise TrainingError(f"证书自相矛盾：结论写作 {stated}，按计数应为 {counted}")
        return read

    def markdown(self) -> str:
        """The certificate for people."""
        verdict = {"clean": "**通过**：没有发现会泄漏答案的重叠", "contaminated": "**不通过**：训练数据含有评测题", "empty": "**无效**：评测集为空"}
        lines = [
            f"# 污染检查证书{f'：{self.name}' if self.name else ''}", "", verdict[self.verdict], "",
            "| | 行数 | 数据指纹 |", "|---|---:|---|",
            f"| 训练 | {self.train_rows} | `{self.train_digest}` |", f"| 评测 | {self.evaluation_rows} | `{self.evaluation_digest}` |", "",
            "| 检查 | 阻断 | 训练行 | 触及评测行 |", "|---|---|---:|---:|",
            *(self._count_line(test, count) for test, count in self.counts.items()),
            "", "阈值：" + "，".join(f"{key} {value}" for key, value in self.thresholds.items()),
        ]  # fmt: skip
        if self.offenders:
            lines += ["", f"阻断的重叠（前 {min(_SHOWN, len(self.offenders))} 条，其余见 JSON）：", ""]
            lines += ["| 检查 | 训练行 | 评测行 | 重合度 |", "|---|---|---|---:|"]
            lines += [f"| {item['test']} | {item['train']} | {item['evaluation']} | {item['measure']:.2f} |" for item in self.offenders[:_SHOWN]]
        return "\n".join(lines) + "\n"

    def _count_line(self, test: str, count: Count) -> str:
        blocks = "是" if test in self.blocking else "否"
        return f"| {_TITLES.get(test, test)} | {blocks} | {count.train} | {count.evaluation} |"

    def write(self, folder: Path, stem: str = "certificate") -> tuple[Path, Path]:
        """Write <stem>.json and <stem>.md into a folder, made if it is not there; the two paths."""
        folder.mkdir(parents=True, exist_ok=True)
        machine, people = folder / f"{stem}.json", folder / f"{stem}.md"
        machine.write_text(json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        people.write_text(self.markdown(), encoding="utf-8")
        return machine, people


def read_certificate(path: Path) -> Certificate:
    """The certificate of a JSON file.

    Raises:
        TrainingError: the file cannot be read, or is no certificate.
    """
    try:
        return Certificate.of_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise TrainingError(f"无法读取证书 {path.name}：{error}") from error
