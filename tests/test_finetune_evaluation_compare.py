"""Two versions on one frozen set."""

from __future__ import annotations

import re

import pytest

from data.errors import TrainingError
from finetune.evaluation.before_after import NEEDS_HUMANS, NO_ROWS, before_after
from finetune.evaluation.compare import Comparison, Contestant, compare, compare_reports
from finetune.evaluation.comparison_page import comparison_html
from finetune.evaluation.evaluate import Plan, evaluate
from finetune.evaluation.regression import regression_tasks
from finetune.evaluation.statistics import Mean
from tests.test_finetune_evaluation_evaluate import ITEMS, scripted

PLAN = Plan(regression=regression_tasks()[:3], flips=False)
BASE, ADAPTER = Contestant("caizhi-lm-base", scripted(lambda number: number != 3)), Contestant("financial_llm_lora_v1.0.0", scripted(lambda number: number == 3))


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(BASE, ADAPTER, ITEMS, PLAN, data_name="<held>.jsonl")


def test_the_paired_test_counts_what_flipped(comparison: Comparison) -> None:
    paired = comparison.paired
    assert (paired.both, paired.gained, paired.lost, paired.neither) == (0, 15, 1, 0) and paired.p < 0.001
    assert comparison.verdict == "better" and len(comparison.gained) == 15 and [two.id for _, two in comparison.lost] == ["lookup-1#3"]
    assert comparison.scores["BLEU"].value > 0.5 and comparison.scores["BLEU"].low > 0
    assert compare(ADAPTER, BASE, ITEMS, PLAN).verdict == "worse" and compare(BASE, BASE, ITEMS, PLAN).verdict == "alike"


def test_slices_stand_side_by_side(comparison: Comparison) -> None:
    line = next(line for line in comparison.slices if (line.axis, line.value) == ("family", "growth"))
    assert line.a.value == 0 and line.b.value == 1 and line.p < 0.05
    assert comparison.to_dict()["verdict"] == "better" and comparison.to_dict()["parts"]["right"]["gained"] == 15


def test_the_specifications_table_is_filled_from_measurements(comparison: Comparison) -> None:
    rows = {row.scenario: row for row in comparison.table}
    assert list(rows) == ["财务术语理解", "指标计算准确率", "财报分析专业度", "金融领域问答"]
    assert rows["指标计算准确率"].before.startswith("0.0%") and rows["指标计算准确率"].after.startswith("100.0%") and rows["指标计算准确率"].gain == "+100.0 个百分点"
    assert rows["金融领域问答"].gain == "-100.0 个百分点" and rows["财报分析专业度"].before == NEEDS_HUMANS and rows["财报分析专业度"].human
    assert "叙述" in rows["财报分析专业度"].measured_by and rows["财务术语理解"].claimed == "70% → 95%"
    human = (Mean(2.5, 2.2, 2.8, 30), Mean(4.0, 3.7, 4.2, 30))
    scored = before_after(comparison.a, comparison.b, human)[2]
    assert scored.before.startswith("2.50/5") and scored.gain == "+1.50"


def test_a_set_without_such_rows_says_so() -> None:
    only = [item for item in ITEMS if item.kind == "calculation"]
    rows = {row.scenario: row for row in compare(BASE, ADAPTER, only, PLAN).table}
    assert rows["金融领域问答"].before == "—" and NO_ROWS in rows["金融领域问答"].measured_by


def test_other_questions_cannot_be_compared(comparison: Comparison) -> None:
    other = evaluate("other", ITEMS[:5], scripted(), PLAN)
    with pytest.raises(TrainingError, match="不是同一套题"):
        compare_reports(comparison.a, other)


def test_the_page_is_one_file_in_chinese_and_escapes_what_models_say(comparison: Comparison) -> None:
    page = comparison_html(comparison)
    assert page.startswith("<!doctype html>") and 'lang="zh-CN"' in page and "&lt;held&gt;.jsonl" in page and "<held>" not in page
    assert not re.search(r"""(?:src|href)=|url\(|@import|https?://""", page)
    assert "由错变对（15 题）" in page and "由对变错（1 题）" in page and "待人工评分" in page and "None" not in page
    assert page.count("<table>") >= 6 and "McNemar 精确检验 p = 0.000" in page
    evil = compare(Contestant("<script>", lambda prompts: ["<script>alert(1)</script>"] * len(prompts)), ADAPTER, ITEMS, Plan(regression=(), flips=False))
    assert "<script" not in comparison_html(evil) and "本次没有运行回归集" in comparison_html(evil)
