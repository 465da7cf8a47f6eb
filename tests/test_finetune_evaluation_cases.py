"""Cases from exercises and from rows of a data file."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finetune.evaluation.cases import case_of_exercise, case_of_row, cases_of, slots_of, visible
from finetune.rows.record import Row
from finetune.rows.renderings import render
from tests.evaluation_exercises import all_exercises, dupont_exercise, growth_exercise, lookup_exercise


def test_a_case_shows_what_was_given_and_hides_what_is_computed() -> None:
    exercise = growth_exercise()
    case = case_of_exercise(exercise)
    assert [figure.id for figure in visible(exercise)] == ["f1", "f2"] and "f3" not in case.prompt and "125" not in case.prompt
    assert case.reference == "招商银行2023年净利润较2022年增长25.00%。" and "125亿元" in case.question
    assert case.result == 25 and {quantity.value for quantity in case.operands} == {Decimal(125), Decimal(100)}
    assert case.answers[0].change and case.computes and case.slices["formula×template"] == "growth×growth-1"


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda exercise: exercise.family)
def test_the_prompt_is_the_one_that_training_shows(exercise) -> None:  # type: ignore[no-untyped-def]
    if "{bank}" not in exercise.ask:
        assert case_of_exercise(exercise).prompt == render(exercise, "references", "r").prompt
    assert slots_of(exercise)["bank"] == exercise.bank


def test_a_row_brings_its_answers_with_their_units() -> None:
    row = Row(
        [{"role": "user", "content": "做杜邦分析"}, {"role": "assistant", "content": "净利率为30%，权益乘数为10倍，ROE为150%。"}],
        {"id": "r1", "answer": "150|30|10", "unit": "%", "program": "30/100*0.5*10*100", "slice": "bank", "family": "dupont", "as_of": "2023"},
    )
    case = case_of_row(row)
    assert [str(answer.quantity) for answer in case.answers] == ["150%", "30%", "10倍"] and case.result == 150
    assert case.slices["held_out"] == "bank" and case.id == "r1" and case.exercise is None


def test_a_missing_number_is_a_case_of_its_own() -> None:
    row = Row([{"role": "user", "content": "招商银行2023年净利润100亿元，同比增长多少？"}, {"role": "assistant", "content": "缺少2022年的净利润，无法计算。"}], {})
    assert case_of_row(row).refuses and not case_of_exercise(lookup_exercise()).refuses
    assert cases_of([row, dupont_exercise()], axes=lambda item: {"round": "1"})[1].slices["round"] == "1"
