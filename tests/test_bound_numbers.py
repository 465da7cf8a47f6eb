"""The tests' own judge of numbers can tell a bound one from an invented one."""

from __future__ import annotations

import pytest

from tests.bound_numbers import unbound_numbers

FIGURES = [{"value": "0.95", "unit": "%"}, {"value": "330000", "unit": "百万元"}, {"value": "6.451613", "unit": "%"}, {"value": "-0.05", "unit": "个百分点"}]


@pytest.mark.parametrize(("text", "unbound"), [
    ("不良率0.95%，营业收入3,300.00亿元，增长6.45%，下降0.05个百分点[1]。", []),
    ("不良率0.96%。", ["0.96%"]),
    ("营业收入3,301.00亿元。", ["3,301.00亿元"]),
    ("营业收入3300亿元，即0.33万亿元。", []),
    ("增长6.46%。", ["6.46%"]),
    ("2023年末第1名，监管要求不低于5%。", []),
    ("约为1.5。", ["1.5"]),
    ("不良率0.95%。\n\n来源：\n[1] 甲 9.99%", []),
])
def test_what_is_bound_and_what_is_not(text: str, unbound: list[str]) -> None:
    assert unbound_numbers({"intent": "lookup", "answer": text, "figures": FIGURES, "question": "招商银行"}) == unbound


def test_the_questions_own_numbers_are_not_invented() -> None:
    assert unbound_numbers({"intent": "lookup", "answer": "按1,200.5亿元计", "figures": [], "question": "如果是1200.5亿元呢"}) == []
