"""One thing changed in a right answer must be seen."""

from __future__ import annotations

import random

from finetune.evaluation.cases import audit_context_of, cases_of
from finetune.evaluation.digit_flip import KINDS, evaluate_flips, flips
from finetune.rows.factory import exercises
from tests.evaluation_exercises import all_exercises, growth_exercise
from tools.audit.check import audit_text


def test_flips_change_one_thing_each() -> None:
    case = cases_of([growth_exercise()])[0]
    assert case.exercise is not None
    report = audit_text(case.reference, case.exercise.sheet, audit_context_of(case))
    made = {flip.kind: flip.text for flip in flips(case.reference, report, case.exercise.sheet, random.Random(1))}
    assert set(made) == set(KINDS)
    assert "25.00%" in made["period"] and "25.00%" in made["bank"] and "招商银行" not in made["bank"] and "个百分点" in made["unit"]
    assert sum(one != other for one, other in zip(made["digit"], case.reference, strict=True)) == 1


def test_every_kind_is_caught_on_right_answers() -> None:
    report = evaluate_flips(cases_of([*all_exercises(), *(growth_exercise(str(200 + step), "170") for step in range(20))]), seed=2)
    assert all(rate.total >= 20 for rate in report.caught.values())
    assert report.overall.value == 1, report.missed
    assert report.to_dict()["overall"] and report.alarms.value <= 0.1


def test_on_generated_exercises_the_rate_is_high_and_repeatable() -> None:
    cases = cases_of(exercises(9, {"qa": 40, "calculation": 20}))
    report = evaluate_flips(cases, seed=1)
    assert report.overall.total >= 80 and report.overall.value >= 0.97, report.missed[:3]
    assert report.to_dict() == evaluate_flips(cases, seed=1).to_dict()


def test_answers_that_are_not_right_are_left_out() -> None:
    report = evaluate_flips(cases_of([growth_exercise()]), ["招商银行2023年净利润增长99%。"])
    assert report.overall.total == 0 and report.alarms.total == 0
