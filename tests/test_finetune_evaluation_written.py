"""Calculations written in digits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finetune.evaluation.written import read


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("(100 - 80) / 80 × 100% = 25%", [True]), ("50 / 5000 × 100% = 1%", [True]), ("30% × 0.5 × 1.0 = 15%", [True]), ("30% × 0.5 × 1.0 = 16%", [False]),
        ("1.62% - 1.35% = 0.27个百分点", [True]), ("50亿元 + 300百万元 = 53亿元", [True]), ("50亿元 + 300百万元 = 350亿元", [False]),
        ("[Calculator(100/5000*100)→2]%", [True]), ("[Calculator(100/5000*100)→3]%", [False]), ("[Calculator(1/0)→3]", [False]),
        ("(3,391.23-3,194.56)÷3,194.56×100=6.16%", [True]), ("2150 / 6715 × 100% = 32.02%", [True]), ("-0.2% - 0.3% = -0.5个百分点", [True]),
        ("不良率 = 不良贷款余额 / 各项贷款总额 × 100% = 2%", []), ("净利润为125亿元。", []), ("3 = 3", []), ("10 / 4 = 5 / 2 = 2.5", [True, True]),
        ("1,234百万元 / 5亿元 × 100 = 246.8%", [True]),
    ],
)  # fmt: skip
def test_equations_are_recomputed(text: str, holds: list[bool]) -> None:
    assert [equation.holds for equation in read(text).equations] == holds


def test_rounded_steps_are_forgiven_only_beside_given_numbers() -> None:
    text = "42.4534% × 2.3888% × 12.5624 = 12.74%"
    assert not read("2.5 × 2.5 = 6.3").equations[0].holds or read("2.5 × 2.5 = 6.3").equations[0].value == Decimal("6.25")
    assert [e.holds for e in read(text, {Decimal(194345)}).equations] == [True]
    assert [e.holds for e in read("100.4 / 50.2 = 2.01", {Decimal("100.4"), Decimal("50.2")}).equations] == [False]


def test_years_are_no_numbers_and_numbers_no_years() -> None:
    assert [token.text for token in read("2023年净利润125亿元，2050 / 100 = 20.5").numbers] == ["125亿元", "2050", "100", "20.5"]
