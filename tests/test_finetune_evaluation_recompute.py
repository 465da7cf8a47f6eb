"""Recompute accuracy: each part of an answer told apart, in references and in digits."""

from __future__ import annotations

import pytest

from data.errors import TrainingError
from finetune.evaluation.cases import cases_of
from finetune.evaluation.recompute import evaluate_recompute, score
from finetune.rows.factory import exercises
from finetune.rows.record import Exercise, Rendering
from finetune.rows.renderings import render
from tests.evaluation_exercises import all_exercises, dupont_exercise, growth_exercise, lookup_exercise, points_exercise, ratio_exercise

LEAD = "{bank}{f1.period}净利润较{f2.period}"


def wrong(exercise: Exercise, output: str) -> list[str]:
    found = score(exercise, output)
    return [part for part in ("operands", "expression", "arithmetic", "unit", "final", "bank", "period") if found.part(part) is False]


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda exercise: exercise.family)
def test_the_reference_is_right_in_every_rendering(exercise: Exercise) -> None:
    assert wrong(exercise, exercise.tell) == []
    assert wrong(exercise, cases_of([exercise])[0].reference) == [] or exercise.family == "dupont"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (LEAD + "[Calculator((f1-f2)/f2*100)→{f9}]。", []),
        (LEAD + "[Calculator((f1-f2)/f1*100)→{f3}]。", ["expression", "final"]),
        (LEAD + "[Calculator((f2-f1)/f2*100)→{f3}]。", ["unit", "final"]),
        (LEAD + "的比[Calculator((f1-f2)/f2)→{f3}]。", ["unit", "final"]),
        (LEAD + "[Calculator((f1-f1)/f1*100)→{f3}]。", ["operands", "expression", "final"]),
        ("工商银行{f1.period}净利润较{f2.period}[Calculator((f1-f2)/f2*100)→{f3}]。", ["bank"]),
        ("{bank}2019年净利润[Calculator((f1-f2)/f2*100)→{f3}]。", ["period"]),
        ("{f7}", ["operands", "expression", "arithmetic", "unit", "final", "bank", "period"]),
        ("", ["operands", "expression", "unit", "final", "bank", "period"]),
    ],
)  # fmt: skip
def test_a_draft_in_references(output: str, expected: list[str]) -> None:
    assert wrong(growth_exercise(), output) == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("增长率 = (125 - 100) / 100 × 100% = 25%。因此，招商银行2023年净利润同比增长25%。", []),
        ("招商银行2023年净利润同比增长25.00%。", []),
        ("增长率 = (125 - 100) / 125 × 100% = 20%。招商银行2023年净利润同比增长20%。", ["expression", "final"]),
        ("增长率 = (125 - 100) / 100 × 100% = 24%。招商银行2023年净利润同比增长24%。", ["arithmetic", "final"]),
        ("招商银行2023年净利润同比增长26%。", ["operands", "expression", "final"]),
        ("招商银行2023年净利润125亿元，2022年100亿元，同比下降25%。", ["expression", "unit", "final"]),
        ("招商银行2023年净利润125亿元，2022年100亿元，同比增长25个百分点。", ["expression", "unit", "final"]),
        ("招商银行2023年净利润125亿元，2022年100亿元，同比增长0.25%。", ["expression", "unit", "final"]),
        ("招商银行2021年净利润同比增长25%。", ["period"]), ("工商银行2023年净利润同比增长25%。", ["bank"]), ("25%", ["bank", "period"]),
    ],
)  # fmt: skip
def test_an_answer_in_digits(output: str, expected: list[str]) -> None:
    assert wrong(growth_exercise(), output) == expected


def test_a_fall_keeps_its_sign_and_precision() -> None:
    assert wrong(points_exercise(), "招商银行2023年末不良贷款率较2022年末下降0.01个百分点。") == []
    assert wrong(points_exercise(), "招商银行2023年末不良贷款率变动-0.01个百分点（0.95% - 0.96%）。") == []
    assert "final" in wrong(points_exercise(), "招商银行2023年末不良贷款率较2022年末上升0.01个百分点。")
    third = growth_exercise("400", "300")
    assert wrong(third, "招商银行2023年净利润同比增长33.33%。") == [] == wrong(third, "招商银行2023年净利润同比增长33.3333%。")
    assert "final" in wrong(third, "招商银行2023年净利润同比增长33%。")


def test_steps_may_be_taken_in_another_order() -> None:
    direct = "{bank}{period}净资产收益率 = [Calculator(f1*f2*f3)→{f4}]。"
    assert wrong(dupont_exercise(), direct) == []
    assert "expression" in wrong(dupont_exercise(), "{bank}{period}净资产收益率 = [Calculator(f1*f3)→{f4}]。")


def test_a_lookup_takes_the_right_row() -> None:
    assert wrong(lookup_exercise(), "{bank}{f1.period}拨备覆盖率为{f2}。")[:2] == ["operands", "final"] or "final" in wrong(lookup_exercise(), "{bank}{f1.period}拨备覆盖率为{f2}。")
    assert wrong(lookup_exercise(), "招商银行2023年末拨备覆盖率为437.7%。") == []


def test_a_refusal_says_what_is_missing_and_computes_nothing() -> None:
    refusal = next(item for item in exercises(3, {"qa": 400}) if item.family == "refusal" and not item.sheet.answers)
    assert score(refusal, refusal.tell).right
    given = refusal.sheet.figures[0].id
    assert not score(refusal, "[Calculator(" + given + "*2)→{f9}]").final and not score(refusal, "缺少数据，估计为12,345亿元。").final


def test_rows_of_the_factory_are_right_as_they_are_printed() -> None:
    """The scorer and the factory were written apart: what one prints, the other must recompute."""
    made = [item for item in exercises(11, {"qa": 40, "calculation": 40, "method": 20}) if "员工人数" not in item.ask]
    for exercise in made:
        for rendering in ("plain", "calculator", "tool_calls"):
            form: Rendering = rendering
            row = render(exercise, form, "r")
            assert score(exercise, row.completion).right, (exercise.family, row.completion)
            assert score(row, row.completion).right, (exercise.family, row.completion)


def test_a_report_counts_parts_and_slices() -> None:
    items = [growth_exercise(str(101 + step)) for step in range(6)] + [ratio_exercise()]
    tells = {case.prompt: case.exercise.tell for case in cases_of(items) if case.exercise}
    seen: list[tuple[int, int]] = []
    report = evaluate_recompute(
        items, lambda prompts: [tells[prompt] if "不良" in prompt else "{f1}" for prompt in prompts], batch_size=1, progress=lambda *at: seen.append(at)
    )
    assert (report.accuracy.right, report.accuracy.total) == (1, 7) and seen == [(1, 2), (2, 2)]
    assert report.slices["family"]["ratio"]["right"].value == 1 and report.slices["family"]["growth"]["right"].value == 0
    assert report.parts["bank"].right == 1 and len(report.scores) == 7 and report.to_dict()["parts"]
    with pytest.raises(TrainingError, match="返回了 0 个"):
        evaluate_recompute(items, lambda prompts: [])
