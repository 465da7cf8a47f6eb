"""Four renderings of one exercise print the same numbers, in the forms that are documented."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from data.errors import TrainingError, UnknownReferenceError
from data.figures import Figure
from data.periods import Period
from data.units import Quantity
from finetune.rows.printing import Printer
from finetune.rows.record import Exercise, Row
from finetune.rows.renderings import CALCULATOR_TOOL, printed_question, render, visible_sheet
from tools.calculator import growth, total
from tools.factsheet import FactSheet

TELL = "{f1.name}同比增长率 = (本期 - 上期) / 上期 × 100% = [Calculator((f1-f2)/f2*100)→{f3}]。因此，{f1.bank}{f1.period}{f1.name}同比{f3}。"


def _figure(value: str, year: int, unit: str = "亿元") -> Figure:
    return Figure("某银行", "", "净利润", "net_profit", Period(year), Quantity.of(value, unit))


def _exercise(digits: str = "small", now: str = "100", base: str = "80", unit: str = "亿元", base_unit: str = "亿元") -> Exercise:
    sheet = FactSheet()
    one, two = sheet.add(_figure(now, 2023, unit)), sheet.add(_figure(base, 2022, base_unit))
    sheet.add(growth(one, two), answer=True)
    ask = "{f1.bank}{f1.period}{f1.name}{f1}，{f2.period}{f2.name}{f2}，同比增长多少？"
    return Exercise("qa", "growth", sheet, ask, TELL, "分析以下财报数据，回答问题", "growth.q00.t0", "某银行", "2023", "", "(f1-f2)/f2*100", digits)


def _said(row: Row) -> list[Any]:
    return [message["content"] for message in row.messages]


def test_plain_is_the_form_of_the_specification() -> None:
    row = render(_exercise(), "plain", "r1")
    assert _said(row) == [
        "分析以下财报数据，回答问题\n某银行2023年净利润100亿元，2022年净利润80亿元，同比增长多少？",
        "净利润同比增长率 = (本期 - 上期) / 上期 × 100% = (100 - 80) / 80 × 100% = 25%。因此，某银行2023年净利润同比增长25%。",
    ]
    assert row.meta["answer"] == "25" and row.meta["unit"] == "%" and row.meta["program"] == "(100-80)/80*100"
    assert row.meta["group"] == "某银行|2023|growth.q00.t0" and row.meta["split"] == "" and row.meta["license"] == "CC0"


def test_the_inline_calculator_carries_its_result() -> None:
    assert "[Calculator((100-80)/80*100)→25]%。因此，某银行2023年净利润同比增长25%" in render(_exercise(), "calculator", "r1").completion


def test_tool_calls_call_the_calculator_and_then_answer() -> None:
    row = render(_exercise(), "tool_calls", "r1")
    assert [message["role"] for message in row.messages] == ["user", "assistant", "tool", "assistant"]
    call = row.messages[1]["tool_calls"][0]
    assert call["function"] == {"name": "calculator", "arguments": {"expression": "(100-80)/80*100"}}
    assert row.messages[2]["content"] == "25" and row.messages[2]["tool_call_id"] == call["id"]
    assert row.tools == [CALCULATOR_TOOL] and row.completion.endswith("净利润同比增长25%。")


def test_references_show_no_value_bank_or_year_and_not_the_result() -> None:
    row = render(_exercise(), "references", "r1")
    assert row.messages[0]["content"] == "f1 b1 t0 净利润 额\nf2 b1 t1 净利润 额\n?b1t0净利润f1，t1净利润f2，同比增长多少\n="
    assert row.completion == TELL
    assert [figure.id for figure in visible_sheet(_exercise())] == ["f1", "f2"]


def test_signs_and_thousands() -> None:
    row = render(_exercise("usual", "1234.56", "4321"), "plain", "r1")
    assert "净利润1,234.56亿元" in row.prompt and "(1234.56 - 4321) / 4321 × 100% = -71.43%" in row.completion
    assert row.completion.endswith("同比下降71.43%。") and row.meta["answer"] == "-71.43"


def test_mixed_units_are_made_one_before_calculating() -> None:
    row = render(_exercise("small", "100", "8000", "亿元", "百万元"), "plain", "r1")
    assert "净利润8000百万元" in row.prompt
    assert row.completion.startswith("单位统一：8000百万元 = 80亿元。") and "(100 - 80) / 80" in row.completion


def test_computed_money_is_told_in_the_unit_of_its_calculation() -> None:
    exercise = _exercise("small", "100", "8000", "亿元", "百万元")
    sheet = FactSheet(exercise.sheet.figures[:2])
    sheet.add(total(sheet.figures), answer=True)
    told = Exercise("qa", "sum", sheet, exercise.ask, "合计 = [Calculator(f2+f1)→{f3}]，共{f3}。", "求和", "sum.q0.t0", "某银行", "2023", "", "f2+f1", "small")
    row = render(told, "plain", "r1")
    assert "8000 + 10000 = 18000百万元，共18000百万元。" in row.completion and row.meta["unit"] == "百万元"


def test_a_question_prints_given_numbers_exactly_where_fill_would_round_them() -> None:
    assert "净利润123,456.7万元" in printed_question(_exercise("large", "123456.7", "98765", "万元", "万元"))


def test_a_percent_in_a_product_takes_its_own_hundredth() -> None:
    sheet = FactSheet()
    for number, (value, unit) in enumerate((("30", "%"), ("2.5", "%"), ("12", "倍")), start=1):
        sheet.add(Figure("某银行", "", f"因素{'甲乙丙'[number - 1]}", "", Period(2023), Quantity.of(value, unit)))
    sheet.add(Figure("某银行", "", "净资产收益率", "", Period(2023), Quantity(Decimal(9), sheet.figures[0].quantity.unit)), answer=True)
    exercise = Exercise("method", "dupont", sheet, "{f1}{f2}{f3}", "[Calculator(f1/100*f2*f3)→{f4}]", "", "d.q0.t0", "某银行", "2023", digits="small")
    assert render(exercise, "plain", "r").completion == "30% × 2.5% × 12 = 9%"
    assert Printer(exercise).typed("f1/100*f2*f3") == "30/100*2.5*12"


def test_unknown_renderings_and_references_are_refused() -> None:
    with pytest.raises(TrainingError, match="没有这种写法"):
        render(_exercise(), "poem", "r1")  # type: ignore[arg-type]
    broken = Exercise("qa", "growth", _exercise().sheet, "{f9}", "{f1}", "", "t", "", "2023")
    with pytest.raises(UnknownReferenceError, match="f9"):
        render(broken, "plain", "r1")
