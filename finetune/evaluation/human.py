"""Human scoring, handed out: blind pairs of answers, 0-5 on five dimensions and a preference; the key is kept apart.

Who scores sees 甲 and 乙, whose order is drawn for each pair; which version stands where is only in the key.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import TrainingError
from finetune.evaluation.report import AnswerRecord, EvaluationReport

DIMENSIONS = ("准确性", "专业性", "相关性", "流畅性", "完整性")
GUIDE = {
    "准确性": "数字、口径、期间、银行是否正确", "专业性": "金融术语与分析方法是否用得对", "相关性": "是否回答了所问",
    "流畅性": "语句是否通顺易读", "完整性": "该说的是否都说了",
}  # fmt: skip
SIDES = ("甲", "乙")
PREFERENCES = (*SIDES, "平")
RATER, PREFERENCE, NOTE = "评分人", "更好", "备注"
FORM, PAGE, KEY = "评分表.csv", "评分表.html", "key.json"
HIGHEST = 5
# Spreadsheets run a cell that begins so.
_RISKY = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True, slots=True)
class BlindPair:
    """One question with two answers, blind. record: id of the case."""

    id: str
    record: str
    question: str
    reference: str
    first: str
    second: str


@dataclass(frozen=True)
class Key:
    """What was hidden: the two versions, and for each pair the version that stands as 甲. data: SHA-256 of the questions."""

    versions: tuple[str, str]
    first: dict[str, str]
    data: str
    seed: int

    def version(self, pair: str, side: str) -> str:
        """The version of a pair's side.

        Raises:
            KeyError: the pair is not of this key.
        """
        first = self.first[pair]
        return first if side == SIDES[0] else next(name for name in self.versions if name != first)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"versions": list(self.versions), "first": self.first, "data": self.data, "seed": self.seed}

    @classmethod
    def load(cls, path: Path) -> Key:
        """The key of a file.

        Raises:
            TrainingError: it cannot be read, or is no key.
        """
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            one, other = raw["versions"]
            return cls((one, other), dict(raw["first"]), raw["data"], int(raw["seed"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TrainingError(f"{path} 不是盲评的密钥文件：{type(error).__name__}") from error


def blind_pairs(a: EvaluationReport, b: EvaluationReport, count: int, seed: int = 0) -> tuple[list[BlindPair], Key]:
    """So many questions drawn by seed, kinds mixed as in the data; questions that both answer alike are left out.

    Raises:
        TrainingError: the reports are of different questions or of one version's name, or no answers differ.
    """
    if a.data["sha256"] != b.data["sha256"] or a.model == b.model:
        raise TrainingError("盲评需要两个名称不同的版本在同一套题上的评估结果")
    rng = random.Random(seed)
    differing = [(one, two) for one, two in zip(a.records, b.records, strict=True) if one.text.strip() != two.text.strip()]
    if not differing:
        raise TrainingError("两个版本的回答完全相同，没有可以盲评的题")
    chosen = rng.sample(differing, min(count, len(differing)))
    pairs, first = [], {}
    for number, (one, two) in enumerate(chosen, start=1):
        turned = rng.random() < 0.5
        name = f"P{number:03d}"
        pairs.append(_pair(name, *((two, one) if turned else (one, two))))
        first[name] = b.model if turned else a.model
    return pairs, Key((a.model, b.model), first, str(a.data["sha256"]), seed)


def _pair(name: str, first: AnswerRecord, second: AnswerRecord) -> BlindPair:
    return BlindPair(name, first.id, first.question, first.reference, first.text, second.text)


def columns() -> tuple[str, ...]:
    """The columns of the scoring sheet."""
    scores = tuple(f"{side}_{dimension}" for side in SIDES for dimension in DIMENSIONS)
    return ("编号", "问题", "参考答案", "甲", "乙", *scores, PREFERENCE, RATER, NOTE)


def export_forms(pairs: Sequence[BlindPair], key: Key, folder: Path, key_folder: Path | None = None) -> tuple[Path, Path, Path]:
    """Write the CSV sheet, the HTML form and the key; their paths. key_folder: where the key goes, beside the folder by default.

    Raises:
        TrainingError: the key would lie among the forms.
    """
    from finetune.evaluation.human_page import form_html

    apart = key_folder or folder.with_name(f"{folder.name}_key")
    if apart.resolve() == folder.resolve():
        raise TrainingError("密钥不能与评分表放在同一文件夹")
    folder.mkdir(parents=True, exist_ok=True)
    apart.mkdir(parents=True, exist_ok=True)
    with (folder / FORM).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns())
        blank = [""] * (len(columns()) - 5)
        writer.writerows([*map(_cell, (pair.id, pair.question, pair.reference, pair.first, pair.second)), *blank] for pair in pairs)
    (folder / PAGE).write_text(form_html(pairs), encoding="utf-8")
    (apart / KEY).write_text(json.dumps(key.to_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return folder / FORM, folder / PAGE, apart / KEY


def _cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_RISKY) else text
