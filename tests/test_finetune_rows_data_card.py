"""The data card: contents, licences, limits and certificates, and what it must say when one is lacking."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import TrainingError
from finetune.rows.contamination import certificate
from finetune.rows.data_card import data_card, write_card
from finetune.rows.split import split_report
from finetune.rows.stats import stats_of
from tests.test_finetune_rows_stats import row


def card(**more: object) -> str:
    rows = [row(0), row(1, split="test", license="unknown-1"), row(2, license="internal-documents", internal=True)]
    plain = {"name": "小样", "version": "v1", "made": "python -m app train data build --seed 1"}
    return data_card(stats_of(rows), **(plain | more))  # type: ignore[arg-type]


def test_a_card_tells_what_it_holds_and_what_it_may_not() -> None:
    rows = [row(0), row(1, split="test")]
    paper = certificate([rows[0]], [rows[1]], name="留出集")
    text = card(
        files={"train.jsonl": "ab" * 32}, rejects={"empty": 2, "truncated": 5}, duplicates={"exact_duplicate": 0}, split=split_report(rows),
        certificates=[paper],
    )  # fmt: skip
    for part in (
        "# 数据卡：小样 v1", "`" + "ab" * 32 + "`", "python -m app train data build --seed 1", "| qa | 3 | 100.0% |", "| 全部 | 1（50.0%） | 0（0.0%） | 1（50.0%） |",
        "**不得对外分发**", "- CC0，1 行：由程序生成", "unknown-1，1 行：**含义未知，使用前请确认**", paper.evaluation_digest, "已知的局限", "没有。",
    ):  # fmt: skip
        assert part in text, part
    assert text.index("| truncated | 5 |") < text.index("| empty | 2 |")
    assert f"| 留出集 | {'通过' if paper.clean else '**不通过**'} |" in text


def test_a_card_without_a_certificate_says_so() -> None:
    assert "**没有做过污染检查**" in card()


def test_a_card_is_written_or_the_reason_told(tmp_path: Path) -> None:
    write_card(tmp_path / "a" / "card.md", "卡")
    assert (tmp_path / "a" / "card.md").read_text(encoding="utf-8") == "卡"
    with pytest.raises(TrainingError, match="无法写入数据卡"):
        write_card(tmp_path / "a" / "card.md" / "x.md", "卡")
