"""Narrations under the audit."""

from __future__ import annotations

import pytest

from finetune.evaluation.cases import case_of_row, cases_of
from finetune.evaluation.narration import evaluate_narration, is_narration, judge
from finetune.rows.narration import narrations
from finetune.rows.record import Row
from tests.evaluation_exercises import growth_exercise, narration_exercise

CASE = cases_of([narration_exercise()])[0]


def test_a_narration_goes_out_when_it_passes_and_tells_all() -> None:
    assert judge(CASE, narration_exercise().tell).served
    assert judge(CASE, CASE.reference).served
    partial = judge(CASE, "{bank}{f1.period}不良贷款率为{f1}。")
    assert partial.passed and not partial.told and not partial.served


@pytest.mark.parametrize(
    "output",
    ["", "{bank}{f9}", "{bank}{f1.period}不良贷款率为0.95%，拨备覆盖率为{f3}。", "{bank}{f1.period}不良贷款率为{f3}，拨备覆盖率为{f1}。", "工商银行{f1.period}不良贷款率为{f1}，拨备覆盖率为{f3}。"],
)
def test_what_the_auditor_stops_is_not_served(output: str) -> None:
    verdict = judge(CASE, output)
    assert not verdict.passed and verdict.problems


def test_the_report_counts_narrations_alone_by_slice_and_reason() -> None:
    cases = cases_of([narration_exercise(), growth_exercise(), narration_exercise()])
    assert [is_narration(case) for case in cases] == [True, False, True]
    report = evaluate_narration(cases, [narration_exercise().tell, "whatever", "{bank}不良贷款率为0.95%"])
    assert (report.served.right, report.served.total) == (1, 2) and report.slices["family"]["quality"].total == 2
    assert sum(report.reasons.values()) == 1 and report.to_dict()["served"]


def test_generated_narrations_pass_as_their_builder_says() -> None:
    cases = cases_of(narrations(5, 30))
    report = evaluate_narration(cases, [case.exercise.tell for case in cases if case.exercise])
    assert report.served.value >= 0.95, report.reasons


def test_a_row_alone_cannot_be_audited() -> None:
    with pytest.raises(ValueError):
        judge(case_of_row(Row([{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}])), "答")
