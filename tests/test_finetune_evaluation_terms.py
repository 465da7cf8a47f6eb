"""Terms and unit words."""

from __future__ import annotations

import pytest

from finetune.evaluation.cases import cases_of
from finetune.evaluation.terms import evaluate_terms, judge_terms
from tests.evaluation_exercises import all_exercises, growth_exercise, points_exercise

POINTS, GROWTH = cases_of([points_exercise(), growth_exercise()])


def test_references_speak_the_language_of_the_field() -> None:
    cases = cases_of(all_exercises())
    report = evaluate_terms(cases, [case.reference for case in cases])
    assert report.right.value == 1 and len(report.verdicts) == len(cases) and report.to_dict()["units"]


@pytest.mark.parametrize(
    ("text", "asked", "foreign", "units"),
    [
        ("招商银行2023年末不良率较2022年末下降0.01个百分点。", True, False, True),
        ("招商银行2023年末不良率较2022年末下降0.01%。", True, False, False),
        ("招商银行2023年末不良贷款率下降1BP。", True, False, True),
        ("招商银行2023年末不良贷款率降至0.95%。", True, False, True),
        ("招商银行2023年末拨备覆盖率下降0.01个百分点。", False, True, True),
        ("招商银行2023年末毛利率下降0.01个百分点。", False, True, None),
        ("下降0.01个百分点。", False, False, None),
    ],
)
def test_names_and_unit_words_of_a_ratio(text: str, asked: bool, foreign: bool, units: bool | None) -> None:
    verdict = judge_terms(POINTS, text)
    assert (verdict.asked, verdict.foreign, verdict.units) == (asked, foreign, units)


def test_money_is_no_percentage() -> None:
    assert judge_terms(GROWTH, "招商银行净利润125亿元，同比增长25%。").right
    assert not judge_terms(GROWTH, "招商银行净利润为125%，同比增长25%。").right
