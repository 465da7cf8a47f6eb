"""Questions that bring their own numbers, from plain words to an audited answer; the model is a scripted writer of drafts."""

from __future__ import annotations

import pytest

from data.indicators import indicator_catalogue
from tools.local_model.answer import answer, given_sheet_of

GROWTH = "{f1.name}同比增长率 = [Calculator((f1-f2)/f2*100)→{f3}]。因此，{f1.bank}{f1.period}{f1.name}同比{f3}。"
RATIO = "{f3.name} = {f1.name} / {f2.name} × 100% = [Calculator(f1/f2*100)→{f3}]。{f3.bank}{f3.period}{f3.name}为{f3}。"


def test_the_specification_s_growth_question() -> None:
    found = answer("某银行2023年净利润100亿元，2022年净利润80亿元，同比增长多少？", lambda prompt: GROWTH)
    assert found.text == "净利润同比增长率 = 增长25.00%。因此，某银行2023年净利润同比增长25.00%。"
    assert found.sheet.get("f3").inputs == ["f1", "f2"] and not found.problem


def test_a_period_that_was_not_said_is_not_printed() -> None:
    found = answer("某银行不良贷款余额50亿元，各项贷款总额5000亿元，计算不良率", lambda prompt: RATIO)
    assert found.text == "不良贷款率 = 不良贷款余额 / 贷款总额 × 100% = 1.00%。某银行不良贷款率为1.00%。"


def test_the_year_before_is_read_from_the_one_named() -> None:
    given = given_sheet_of("招商银行2023年净利润100亿元，去年80亿元", indicator_catalogue())
    assert [str(figure.period) for figure in given.sheet] == ["2023", "2022"]
    assert {figure.entity_id for figure in given.sheet} == {"cmb"}


@pytest.mark.parametrize(
    ("draft", "problem"),
    [("净利润同比增长25%。", "25"), ("{f7}", "f7"), ("[Calculator(f1+f9)→{f3}]", "f9"), ("{f1", "引用")],
    ids=["digits of its own", "unknown figure", "unknown operand", "broken reference"],
)
def test_a_draft_that_is_wrong_is_no_answer(draft: str, problem: str) -> None:
    found = answer("某银行2023年净利润100亿元，2022年净利润90亿元，同比增长多少？", lambda prompt: draft)
    assert found.text == "" and problem in found.problem


def test_a_question_without_numbers_asks_for_them() -> None:
    found = answer("你好", lambda prompt: pytest.fail("the model is not asked"))
    assert found.text == "" and "数值" in found.problem
