"""Programs as functions of their figures."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.evaluation.programs import Program, factor_between, marks_of, plain_values
from tests.evaluation_exercises import growth_exercise, ratio_exercise

VALUES = {"f1": Decimal(125), "f2": Decimal(100), "f3": Decimal(125), "f4": Decimal(0)}


def factor(one: str, other: str) -> Decimal | None:
    return factor_between(Program(one, {}), Program(other, {}), VALUES)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("(f1-f2)/f2*100", "100*(f1/f2-1)", 1), ("(f1-f2)/f2*100", "(f2-f1)/f2*100", -1), ("(f1-f2)/f2", "(f1-f2)/f2*100", Decimal("0.01")),
        ("(f1-f2)/f1*100", "(f1-f2)/f2*100", None), ("f1/f2", "f3/f2", None), ("f1/f4", "f1/f4", None), ("f1/f9", "f1/f2", None), ("f1-f2", "f1-f2+f4", None),
    ],
)  # fmt: skip
def test_expressions_are_compared_as_functions(one: str, other: str, expected: Decimal | int | None) -> None:
    assert factor(one, other) == expected


@given(st.integers(-12, 12), st.sampled_from(["f1/f2", "(f1+f2)*f3", "f1-f2-f3"]))
def test_a_power_of_ten_is_told_whatever_the_function(power: int, expression: str) -> None:
    assert factor(f"({expression})*{Decimal(10) ** power:f}", expression) == Decimal(10) ** power


def test_steps_are_followed_to_the_given_figures() -> None:
    steps = Program("f5*f3", {"f5": "f1/f2"})
    assert steps.operands() == {"f1", "f2", "f3"} and steps.value(VALUES) == Decimal("156.25")
    assert factor_between(steps, Program("f1*f3/f2", {}), VALUES) == 1
    circle = Program("f5", {"f5": "f6", "f6": "f5"})
    assert circle.value(VALUES) is None and circle.operands() == frozenset()


def test_marks_and_plain_values_of_an_exercise() -> None:
    assert [(mark.expression, mark.target) for mark in marks_of(growth_exercise().tell)] == [("(f1-f2)/f2*100", "f3")]
    values = plain_values(ratio_exercise().sheet)
    assert values["f1"] == 50 * Decimal(10) ** 8 and values["f3"] == 1
