"""How a passage matches a question, feature by feature, and the order that learned trees make of it."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from data.ports import Passage
from retrieval.search.match_features import FEATURES, match_features
from retrieval.search.match_text import Question, as_question, longest_run, parts_of, question_of

ROW = Passage(
    "d-1", "风险管理 贷款五级分类", "贷款五级分类（人民币百万元） | 其中：不良贷款：2023年12月31日 1,234；2022年12月31日 1,111", "某行2023年年度报告", 30, 10.0, kind="row",
    indicators=("npl_balance",),
)
TEXT = Passage("d-2", "公司治理", "董事会听取了关于不良贷款的报告。", "某行2023年年度报告", 70, 8.0, kind="text")
POLICY = Passage("d-3", "重要会计政策和会计估计", "不良贷款是指次级、可疑、损失三类贷款。", "某行2023年年度报告", 90, 7.0, kind="text")
ASKED = Question("坏账有多少", "坏账", ((("坏账", 0.5), ("不良贷款", 0.7), ("不良贷款余额", 0.63)),), frozenset({"npl_balance"}))


def of(question: Question, *passages: Passage) -> list[dict[str, float]]:
    return [dict(zip(FEATURES, map(float, row), strict=True)) for row in match_features(question, passages)]


def test_label_of_a_row_is_read_without_its_lead_and_parents() -> None:
    assert parts_of(ROW).label == "不良贷款"
    nested = replace(ROW, text="贷款 | 公司贷款 > 1.制造业：2023年 5；2022年 4")
    assert parts_of(nested).label == "制造业"
    assert parts_of(replace(ROW, text="不良贷款：1,234")).label == "不良贷款"
    assert parts_of(TEXT).label == ""


def test_a_row_of_that_name_matches_better_than_a_mention() -> None:
    row, text, policy = of(ASKED, ROW, TEXT, POLICY)
    assert row["term_is_label"] == pytest.approx(0.7) and text["term_is_label"] == 0
    assert row["valued"] == 1 and text["valued"] == 0
    assert row["indicator"] == 1 and text["indicator"] == 0
    assert policy["policy"] == 1 and policy["definition"] == 1 and row["policy"] == 0
    assert row["score"] == 1 and text["score"] == pytest.approx(0.8)
    assert row["query_value"] == 1 and row["row"] == 1 and text["text"] == 1


def test_every_name_of_a_question_counts() -> None:
    two = Question("对公与零售坏账对比", "对公与零售坏账对比", ((("对公", 0.5), ("公司贷款", 0.7)), (("坏账", 0.5), ("不良贷款", 0.7))))
    both = replace(TEXT, text="公司贷款的不良贷款为12亿元。")
    only, whole = of(two, TEXT, both)
    assert only["groups_hit"] == 0.5 and whole["groups_hit"] == 1
    assert only["weakest_group"] == 0 and whole["weakest_group"] == pytest.approx(0.7)


def test_years_and_scope_speak_for_and_against() -> None:
    asked = Question("2022年母公司口径坏账", "2022年母公司口径坏账", ASKED.groups)
    bank = replace(ROW, text="不良贷款：本行 2022年 5")
    other, fits = of(asked, replace(ROW, text="不良贷款：2021年 5"), bank)
    assert (other["year"], fits["year"]) == (-1, 1)
    assert (other["scope"], fits["scope"]) == (-1, 1)
    assert of(ASKED, bank)[0]["current"] == -1 and of(ASKED, ROW)[0]["current"] == 1


def test_passages_of_a_page_speak_for_each_other() -> None:
    beside = replace(TEXT, id="d-9", page=30)
    row, mate, lone = of(ASKED, ROW, beside, TEXT)
    assert mate["page_term_is_label"] == row["term_is_label"] > lone["page_term_is_label"]
    assert row["page_best"] == 1 and mate["page_best"] == 0 and lone["page_best"] == 1
    assert mate["page_passages"] == pytest.approx(0.2)


def test_the_first_page_under_a_heading_is_told_from_the_next() -> None:
    first, second = of(ASKED, ROW, replace(ROW, page=31))
    assert (first["first_of_title"], second["first_of_title"]) == (1, 0)


def test_longest_run() -> None:
    assert longest_run("不良贷款率", "其不良贷款余额") == 4
    assert longest_run("abc", "") == 0


def test_no_passage_gives_no_row_and_nothing_is_nan() -> None:
    assert match_features(ASKED, []).shape == (0, len(FEATURES))
    assert np.isfinite(match_features(Question("？"), [ROW, replace(TEXT, text="", title="", page=None, score=0.0)])).all()


def test_packaged_expansion_gives_wordings_and_indicators() -> None:
    question = question_of("坏账率是多少")
    assert any(text == "不良贷款率" for group in question.groups for text, _ in group)
    assert "npl_ratio" in question.indicators
    assert as_question.__doc__


def test_fifty_candidates_take_milliseconds() -> None:
    passages = [replace(ROW, id=str(place), page=place // 3, text=ROW.text + "，其他说明" * 40) for place in range(50)]
    began = time.process_time()
    for _ in range(5):
        match_features(ASKED, passages)
    assert (time.process_time() - began) / 5 < 0.1
