"""Measures the two domain classifiers on the committed questions: `python -m tests.benchmarks.domain_bench`.

The split is by hash of the question, and the lexicon was tuned on the tune split alone. Still, its author had
written all questions marked `before`, so their test half flatters. Those marked `after` were written when the
lexicon was final and changed nothing in it: their rows are the ones to believe.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agents.llm.routing import FinancialDomainClassifier, is_financial_domain

QUESTIONS = Path(__file__).with_name("domain_questions.jsonl")
# A few names as the catalogue gives them, so that the measurement does not move when the catalogue grows.
TERMS = (
    "招商银行", "招行", "工商银行", "工行", "建设银行", "建行", "农业银行", "农行", "中国银行", "中行", "交通银行",
    "交行", "邮储银行", "兴业银行", "浦发银行", "浦发", "中信银行", "民生银行", "光大银行", "平安银行", "华夏银行",
    "宁波银行", "北京银行", "南京银行", "江苏银行", "不良贷款率", "不良率", "拨备覆盖率", "拨贷比", "净息差",
    "净利差", "净利息收益率", "成本收入比", "资本充足率", "一级资本充足率", "核心一级资本充足率", "杠杆率",
    "流动性覆盖率", "净稳定资金比例", "存贷比", "净利润", "归母净利润", "营业收入", "利息净收入",
    "手续费及佣金净收入", "总资产", "每股收益", "信用成本", "加权平均净资产收益率", "ROE", "ROA", "NIM", "LCR",
    "NSFR",
)  # fmt: skip
Split = Literal["tune", "test"]


@dataclass(frozen=True, slots=True)
class Question:
    """One committed question; `financial` is the right answer."""

    id: str
    question: str
    financial: bool
    written: Literal["before", "after"]

    @property
    def split(self) -> Split:
        digest = hashlib.sha256(self.question.encode()).digest()
        return "test" if digest[0] % 2 else "tune"


@dataclass(frozen=True, slots=True)
class Score:
    """Accuracy, precision and recall in 0..1 over `questions` questions, and what went wrong."""

    questions: int
    accuracy: float
    precision: float
    recall: float
    wrong: tuple[str, ...]


def load() -> list[Question]:
    """The committed questions in file order."""
    return [Question(**json.loads(line)) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]


def score(judge: Callable[[str], bool], questions: Iterable[Question]) -> Score:
    """Compares a judge with the labels."""
    rows = [(q, judge(q.question)) for q in questions]
    hits = sum(said and q.financial for q, said in rows)
    wrong = tuple(q.question for q, said in rows if said != q.financial)
    return Score(
        len(rows),
        1 - len(wrong) / len(rows),
        hits / max(1, sum(said for _, said in rows)),
        hits / max(1, sum(q.financial for q, _ in rows)),
        wrong,
    )


def report() -> str:
    """A table of both judges on the test split, whole and by when the questions were written."""
    classifier = FinancialDomainClassifier(TERMS)
    test = [question for question in load() if question.split == "test"]
    lines = ["questions           judge       n  accuracy  precision  recall"]
    for label, rows in (
        ("test", test),
        ("test, written before", [q for q in test if q.written == "before"]),
        ("test, written after", [q for q in test if q.written == "after"]),
    ):
        for name, judge in (("baseline", is_financial_domain), ("classifier", classifier.is_financial)):
            s = score(judge, rows)
            lines.append(
                f"{label:<21}{name:<10} {s.questions:>3}  {s.accuracy:8.3f}  {s.precision:9.3f}  {s.recall:6.3f}"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
