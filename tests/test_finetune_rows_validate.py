"""The validator passes what is right and names what is wrong, in our own rows and in anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from data.errors import ExpressionError
from finetune.rows.arithmetic import agrees, value_of
from finetune.rows.claims import claims_in
from finetune.rows.factory import exercises
from finetune.rows.record import RENDERINGS, Rendering, Row
from finetune.rows.renderings import render
from finetune.rows.validate import CODES, check_row

GROWTH = "净利润100亿元，去年80亿元，同比增长多少？"


def _row(asked: str, told: str, **meta: Any) -> Row:
    return Row([{"role": "user", "content": asked}, {"role": "assistant", "content": told}], meta)


def _codes(asked: str, told: str, **meta: Any) -> list[str]:
    return [problem.code for problem in check_row(_row(asked, told, **meta))]


SPECIFICATION: Mapping[str, tuple[str, str]] = {
    "2.4": ("某银行2023年不良贷款余额100亿元，各项贷款总额5000亿元", "不良率 = 不良贷款余额 / 各项贷款总额 = 100 / 5000 = 2%"),
    "6.1": (
        "某银行2023年净利润100亿元，2022年净利润80亿元，同比增长多少？",
        "净利润同比增长率 = (2023年净利润 - 2022年净利润) / 2022年净利润 × 100% = (100 - 80) / 80 × 100% = 25%。因此，该银行2023年净利润同比增长25%。",
    ),
    "6.2": (
        "某银行不良贷款余额50亿元，各项贷款总额5000亿元，计算不良率",
        "不良率 = 不良贷款余额 / 各项贷款总额 × 100% = 50 / 5000 × 100% = 1%。该银行不良率为1%。",
    ),
}


@pytest.mark.parametrize("example", SPECIFICATION)
def test_the_specifications_examples_pass(example: str) -> None:
    assert _codes(*SPECIFICATION[example]) == []


def test_the_equity_multiplier_of_one_is_implausible_and_its_arithmetic_right() -> None:
    asked = "使用杜邦分析法分析ROE\n某银行ROE为15%，净利率为30%，资产周转率为0.5，权益乘数为1.0"
    told = "根据杜邦分析法：ROE = 净利率 × 资产周转率 × 权益乘数 = 30% × 0.5 × 1.0 = 15%。该银行ROE主要由净利率和资产周转率驱动，权益乘数较低。"
    problems = check_row(_row(asked, told))
    assert {problem.code for problem in problems} == {"implausible"}
    assert any("权益乘数1.0" in problem.message and "负债" in problem.message for problem in problems)


WRONG: Mapping[str, tuple[str, str, str]] = {
    "result": ("wrong_result", GROWTH, "增长率 = (100 - 80) / 80 × 100% = 20%"),
    "result of a mark": ("wrong_result", GROWTH, "增长率为[Calculator((100-80)/80*100)→26]%"),
    "sign": ("wrong_result", GROWTH, "增长率为[Calculator((100-80)/80*100)→-25]%"),
    "last place": ("rounding", "a=2，b=3", "a/b = 2 / 3 = 0.66"),
    "operand": ("operand_missing", GROWTH, "增长率 = (100 - 90) / 90 × 100% = 11.11%"),
    "scale": ("scale", GROWTH, "增长率 = (100 - 80) / 80 × 100% = 250%"),
    "units": ("mixed_units", "不良贷款余额5000万元，贷款总额100亿元", "不良贷款率 = 5000 / 100 × 100% = 5000%"),
    "points told as percent": ("points_as_percent", "不良率1.5%，去年1.7%", "不良率下降了0.2%"),
    "difference of percentages": ("points_as_percent", "不良率1.5%，去年1.7%", "变动 = 1.7% - 1.5% = 0.2%"),
    "no number": ("not_arithmetic", "10000元，利率3%", "利息为[Calculator(10000*0.03)→x]元"),
    "no arithmetic": ("not_arithmetic", "10元", "[Calculator(10//)→1]"),
    "fraction for percent": ("implausible", "某银行不良率为35%", "不良率为35%，偏高。"),
    "nothing said": ("empty", GROWTH, " "),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name: str) -> None:
    code, asked, told = WRONG[name]
    assert code in _codes(asked, told) and code in CODES


def test_tool_results_are_recomputed() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "calculator", "arguments": '{"expression": "(100-80)/80*100"}'}}
    messages: list[dict[str, object]] = [
        {"role": "user", "content": GROWTH}, {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "24"}, {"role": "assistant", "content": "同比增长24%。"},
    ]
    assert [problem.code for problem in check_row(Row(messages))] == ["wrong_result"]


def test_conversions_and_money_with_units_pass() -> None:
    assert _codes("利润8000百万元，去年100亿元", "单位统一：8000百万元 = 80亿元。80 - 100 = -20亿元") == []
    assert _codes("净利润100亿元，去年80亿元", "增加额 = 100亿元 - 80亿元 = 20亿元") == []
    assert _codes("贷款500亿元，不良率1.5%", "不良 = 500 × 1.5% = 7.5亿元") == []


def test_rounded_intermediate_results_are_allowed_for() -> None:
    asked = "净利润1100亿元，营业收入2400亿元，平均资产85000亿元，平均净资产7500亿元"
    told = "净利率 = 1100 / 2400 × 100% = 45.83%，周转率 = 2400 / 85000 × 100% = 2.82%，乘数 = 85000 / 7500 = 11.33，ROE = 45.83% × 2.82% × 11.33 = 14.67%"
    assert _codes(asked, told) == []


def test_a_meta_answer_must_be_told_in_its_unit() -> None:
    assert _codes(GROWTH, "增长很快。", answer="25", unit="%") == ["answer_missing"]
    assert _codes("不良率1.5%，去年1.9%", "不良率变动0.4%", answer="-0.4", unit="个百分点").count("points_as_percent") == 2
    assert _codes(GROWTH, "同比增长25个百分点", answer="25", unit="%") == ["percent_as_points"]


def test_references_may_only_name_what_the_prompt_shows() -> None:
    asked = "f1 b1 t0 净利润 额\nf2 b1 t1 净利润 额\n?同比\n="
    assert _codes(asked, "同比[Calculator((f1-f2)/f2*100)→{f3}]，即{f3}。") == []
    assert _codes(asked, "同比[Calculator((f1-f5)/f5*100)→{f3}]。") == ["unknown_reference"]
    assert _codes(asked, "{f1}，去年{f4}。") == ["unknown_reference"]
    assert _codes(asked, "{f1}，同比25%。") == ["digits_typed"]


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_rows_of_the_factory_pass(rendering: Rendering) -> None:
    for number, exercise in enumerate(exercises(8, {"qa": 120, "calculation": 120, "method": 60})):
        row = render(exercise, rendering, f"r{number}")
        assert check_row(row) == [], row.to_dict()


def test_one_changed_digit_in_a_result_is_caught() -> None:
    caught = total = 0
    for number, exercise in enumerate(exercises(8, {"qa": 60, "calculation": 60})):
        row = render(exercise, "plain", f"r{number}")
        answer = str(row.meta["answer"]).split("|")[0].lstrip("-")
        if not exercise.program or not answer:
            continue
        flipped = f"{Decimal(answer) + 1:f}"
        broken = Row([row.messages[0], {"role": "assistant", "content": row.completion.replace(answer, flipped)}], row.meta)
        total += 1
        caught += bool(check_row(broken))
    assert total > 80 and caught == total


def test_arithmetic_beyond_four_operations() -> None:
    assert value_of("12//4") == 3 and value_of("1,200.5×2") == 2401 and value_of("[(10 - 11)^2 + 3] / 4") == 1
    assert abs(value_of("sin(π/2)") - 1) < Decimal("1e-30") and abs(value_of("math.log(exp(2))") - 2) < Decimal("1e-40")
    assert value_of("200%*3") == 6 and agrees("0.67", value_of("2/3")) and not agrees("0.66", value_of("2/3"))
    for bad in ("", "1/0", "__import__('os')", "2**9999", "x+1", "(1"):
        with pytest.raises(ExpressionError):
            value_of(bad)


def test_equations_are_found_and_words_are_not() -> None:
    found = list(claims_in("2023年 - 2022年，(100 - 80) / 80 × 100% = 25%，净利率 × 乘数 = 30% × 12 = 360%，共3项 = 5"))
    assert [(claim.left, claim.right, claim.unit) for claim in found] == [("(100 - 80) / 80 × 100%", "25", "%"), ("30% × 12", "360", "%")]
