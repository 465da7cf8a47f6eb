"""A question that claims a value is answered with the disclosed one, and the claim is contradicted where it is wrong."""

from __future__ import annotations

import pytest

from app.assistant import Assistant

WRONG = "提问中所说的数值与披露数不符"


@pytest.mark.parametrize(
    ("question", "wrong"),
    [
        ("招商银行2023年不良率是9.99%吗", True),
        ("招商银行2023年不良率是0.95%吗", False),
        ("招行2023年净利润1480亿元对吗", False),
        ("招行2023年净利润是1580亿元，对不对？", True),
        ("招商银行2023年不良率是多少？", False),
    ],
)
def test_a_claim_is_held_against_the_figure(assistant: Assistant, question: str, wrong: bool) -> None:
    reply = assistant.ask(question)
    assert reply["answers"] and reply["refusal"] is None
    assert any(WRONG in caveat for caveat in reply["caveats"]) is wrong
    assert (WRONG in reply["answer"]) is wrong
