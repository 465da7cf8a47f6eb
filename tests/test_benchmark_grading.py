"""The grader of batch answers: what counts as right, half, refused, wrong, cited and coded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.benchmarks.grading import Verdict, evidence_pages, grade_extraction, grade_questions, grade_retrieval, judge, same_value

GOLD: dict[str, Any] = {"value": "10382", "unit": "百万元", "abs_tol": 0.5, "period": "2023", "scope": "集团", "pages": [7, 13]}


def figure(value: str, unit: str = "亿元", period: str = "2023", scope: str = "集团", **more: object) -> dict[str, Any]:
    return {"id": "f1", "value": value, "unit": unit, "period": period, "scope": scope, "evidence": [{"page": 7}], **more}


def answer(*figures: dict[str, Any], text: str = "", **more: object) -> dict[str, Any]:
    return {"answer": text, "figures": list(figures), "answers": [entry["id"] for entry in figures], **more}


@pytest.mark.parametrize(
    ("given", "right"),
    [
        (figure("103.82"), True),
        (figure("103.83"), False),
        (figure("10,382", "百万元"), True),
        (figure("10382000", "千元"), True),
        (figure("103.82", "百万元"), False),
        (figure("10382", "万户"), False),
        (figure("103.82", period="2022"), False),
        (figure("103.82", scope="本行"), False),
        (figure("103.82", scope=""), True),
        (figure("没有"), False),
    ],
)
def test_first_figure_must_be_the_one_asked_for(given: dict[str, Any], right: bool) -> None:
    assert judge(GOLD, answer(given)) == (Verdict.RIGHT if right else Verdict.WRONG)


def test_points_are_not_percent_but_basis_points_are_points() -> None:
    gold = {"value": "-0.19", "unit": "个百分点", "abs_tol": 0.005}
    assert same_value({"value": "-19", "unit": "BP"}, gold)
    assert not same_value({"value": "-0.19", "unit": "%"}, gold)


def test_only_the_first_of_several_answers_counts() -> None:
    second = {**figure("103.82"), "id": "f2"}
    assert judge(GOLD, answer(figure("105.47"), second)) is Verdict.WRONG
    assert judge({**GOLD, "accept_also": [{"value": "10547"}]}, answer(figure("105.47"), second)) is Verdict.RIGHT


def test_a_fall_may_be_told_by_a_word() -> None:
    gold = {"value": "-1.56", "unit": "%", "abs_tol": 0.02, "sign": "direction", "direction": "down"}
    assert same_value({"value": "-1.56", "unit": "%"}, gold)
    assert same_value({"value": "1.56", "unit": "%"}, gold, "同比下降1.56%")
    assert not same_value({"value": "1.56", "unit": "%"}, gold, "同比增长1.56%")
    assert not same_value({"value": "-1.56", "unit": "%"}, {**gold, "value": "1.56", "direction": "up"})
    assert same_value({"value": "-363", "unit": "百万元"}, {"value": "363", "unit": "百万元", "abs_tol": 0.5, "sign": "abs"})


def test_refusals_are_right_only_where_nothing_answers() -> None:
    refused = {"refusal": {"code": "not_disclosed"}}
    assert judge(GOLD, refused) is Verdict.REFUSED
    assert judge({"refuse": True, "code": "missing_document"}, refused) is Verdict.RIGHT
    assert judge({"refuse": True, "code": "not_disclosed"}, answer(figure("1"))) is Verdict.WRONG
    asked_back = answer(figure("1"), {**figure("2"), "id": "f2"}, caveats=["请问指哪一个？"])
    assert judge({"refuse": True, "code": "ambiguous"}, asked_back) is Verdict.RIGHT
    assert judge({"refuse": True, "code": "ambiguous"}, answer(figure("1"), caveats=["按贷款损失准备"])) is Verdict.WRONG


def test_lists_are_half_right_from_four_fifths() -> None:
    wanted = [{"value": str(number), "unit": "%", "abs_tol": 0.005} for number in range(1, 6)]
    given = [{**figure(str(number), "%"), "id": f"f{number}"} for number in range(1, 6)]
    assert judge({"values": wanted}, answer(*reversed(given))) is Verdict.RIGHT
    assert judge({"values": wanted}, answer(*given[:4])) is Verdict.HALF
    assert judge({"values": wanted}, answer(*given[:3])) is Verdict.WRONG
    assert judge({"values": [wanted[0], wanted[0]]}, answer(given[0])) is Verdict.WRONG


def test_definitions_need_their_words() -> None:
    gold = {"must_include": ["业务及管理费", "营业收入"], "any_of": ["除以", "÷"]}
    assert judge(gold, answer(text="成本收入比＝业务及管理费 ÷ 营业 收入")) is Verdict.RIGHT
    assert judge(gold, answer(text="业务及管理费与营业收入之比")) is Verdict.WRONG


def test_pages_are_cited_through_the_inputs() -> None:
    parts: Mapping[str, dict[str, Any]] = {"a": figure("1"), "b": {**figure("2"), "evidence": [{"page": 9}], "inputs": ["a", "b"]}}
    assert evidence_pages({"evidence": [{"page": None}], "inputs": ["b"]}, parts) == {7, 9}


def test_question_score() -> None:
    items = [
        {"id": "1", "kind": "lookup", "gold": GOLD}, {"id": "2", "kind": "lookup", "gold": {**GOLD, "pages": [99]}}, {"id": "3", "kind": "lookup", "gold": GOLD},
        {"id": "4", "kind": "refusal", "gold": {"refuse": True, "code": "not_disclosed"}},
    ]  # fmt: skip
    results = {"1": answer(figure("103.82")), "2": answer(figure("103.82")), "4": {"refusal": {"code": "missing_period"}}}
    score = grade_questions(items, results)
    assert (score.questions, score.accuracy, score.share(Verdict.WRONG), score.cited, score.coded) == (4, 0.75, 0.25, 0.5, 0.0)
    assert score.verdicts["3"] is Verdict.WRONG
    assert score.kinds["lookup"][Verdict.RIGHT] == 2
    assert grade_questions([], {}).accuracy == 0.0


def test_retrieval_score() -> None:
    items = [{"id": name, "relevant_pages": [5, 6]} for name in "abcd"]
    score = grade_retrieval(items, {"a": [5], "b": [1, 2, 6], "c": [*range(10, 20), 5]})
    assert score.hits == {1: 0.25, 3: 0.5, 5: 0.5, 10: 0.5}
    assert score.mrr == pytest.approx((1 + 1 / 3) / 4)
    assert score.missed == ("c", "d")


def test_extraction_score() -> None:
    items = [{"id": name, **GOLD} for name in "abcd"]
    score = grade_extraction(items, {"a": figure("103.82"), "b": figure("103.82", evidence=[{"page": 8}]), "c": figure("1.04"), "d": None})
    assert score.precision == pytest.approx(2 / 3)
    assert (score.recall, score.pages) == (0.5, 0.5)
    assert score.f1 == pytest.approx(4 / 7)
    assert (score.wrong, score.absent) == (("c",), ("d",))
