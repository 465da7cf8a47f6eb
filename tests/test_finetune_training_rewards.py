"""The verifiable reward: each part falls for its own fault and for no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.rows.record import Row
from finetune.training.rewards import WEIGHTS, call_well_formed, figures_of, parts, recompute_right, references_valid, reward_functions, unit_right
from tests.training_data import reference_rows

GIVEN = ["f1", "f2"]
RATIO = "{bank}不良贷款率为[Calculator(f1/f2*100)→{f3}]。"
GROWTH = "同比{f3}，[Calculator((f1-f2)/f2*100)→{f3}]"
TWO_STEPS = "[Calculator(f1+f2)→{f3}][Calculator(f1/f3*100)→{f4}]"


@pytest.mark.parametrize(
    "answer, reference, recompute, unit",
    [
        (RATIO, RATIO, 1, 1), ("[Calculator(100*f1/f2)→{f9}]", RATIO, 1, 1), ("[Calculator(f1/f2)→{f3}]", RATIO, 1, 0), ("[Calculator(f2/f1*100)→{f3}]", RATIO, 0, 0),
        ("[Calculator((f1/f2-1)*100)→{f3}]", GROWTH, 1, 1), ("[Calculator((f2-f1)/f2*100)→{f3}]", GROWTH, 1, 0), ("[Calculator((f1-f2)/f1*100)→{f3}]", GROWTH, 0, 0),
        ("[Calculator(f1/(f1+f2)*100)→{f3}]", TWO_STEPS, 1, 1), (TWO_STEPS, TWO_STEPS, 1, 1), ("2%", RATIO, 0, 0), ("[Calculator(f1/f7*100)→{f3}]", RATIO, 0, 0),
        ("不良率为{f1}", "不良率为{f1}。", 1, 1), ("不良率为{f2}", "不良率为{f1}。", 0, 0), ("[Calculator(f1*1)→{f3}]{f1}", "不良率为{f1}。", 0, 0),
    ],
)  # fmt: skip
def test_calculations_are_compared_as_functions(answer: str, reference: str, recompute: float, unit: float) -> None:
    assert (recompute_right(answer, reference, GIVEN), unit_right(answer, reference, GIVEN)) == (recompute, unit)


def test_calls_are_well_formed_or_not() -> None:
    assert call_well_formed(RATIO, RATIO) == 1 and call_well_formed("[Calculator(f1/f2→f3]", RATIO) == 0
    assert call_well_formed(RATIO + "[Calculator(", RATIO) == 0.5 and call_well_formed("2%", RATIO) == 0
    assert call_well_formed("{f1}", "{f1}") == 1 and call_well_formed(RATIO, "{f1}") == 0


def test_references_are_of_the_sheet_or_of_results() -> None:
    assert references_valid("{f1.name}为{f1}，{bank}", RATIO, GIVEN) == 1 and references_valid(RATIO, RATIO, GIVEN) == 1
    assert references_valid("{f1}与{f8}", RATIO, GIVEN) == 0.5 and references_valid("{f1", RATIO, GIVEN) == 0
    assert references_valid("2%", RATIO, GIVEN) == 0 and references_valid("没有数字", "没有引用", GIVEN) == 1 and references_valid("{F1}", RATIO, GIVEN) == 0


@given(answer=st.text(alphabet="f123{}[]()/*+-→.Calculator 0年", max_size=80))
def test_any_text_gets_a_reward_between_nothing_and_one(answer: str) -> None:
    values = parts(Row.of_dict(reference_rows(1)[0]), answer)
    assert values.keys() == WEIGHTS.keys() and all(0 <= value <= 1 for value in values.values())


def test_an_answer_in_digits_is_recomputed() -> None:
    turns = [{"role": "user", "content": "不良贷款余额100亿元，贷款总额5000亿元，不良率是多少？"}, {"role": "assistant", "content": "不良率 = 100 / 5000 = 2%"}]
    row = Row(turns, {"answer": "2", "unit": "%", "program": "100/5000*100"})
    right, wrong = parts(row, "不良率 = 100 / 5000 = 2%"), parts(row, "不良率 = 100 / 5000 = 3%")
    assert (right["recompute"], right["unit"], wrong["recompute"]) == (1, 1, 0)


def test_the_functions_are_called_as_the_library_calls_them() -> None:
    rows = [Row.of_dict(row) for row in reference_rows(2)]
    assert figures_of(rows[0].prompt) == ["f1", "f2"]
    functions = reward_functions(rows)
    turns = [[{"role": "assistant", "content": RATIO}], [{"role": "assistant", "content": "2%"}]]
    assert [function.__name__ for function in functions] == list(WEIGHTS)
    assert [function(completions=turns, prompts=["", ""], place=[0, 1], trainer_state=None) for function in functions] == [[1, 0]] * 4
    assert abs(sum(WEIGHTS.values()) - 1) < 1e-9
