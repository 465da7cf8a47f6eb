"""The prompt of our own model: no value, name or year of the sheet reaches it, and what the question says is found in the lines."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.figures import Figure
from data.periods import Period
from data.units import Quantity
from tools.calculator import growth, versus
from tools.factsheet import FactSheet
from tools.local_model.prompt import coded, compact_prompt, period_code, vocabulary_of_codes


def sheet_of(*rows: tuple[str, str, str, str, str]) -> FactSheet:
    """(bank, indicator, period, value, unit) each."""
    sheet = FactSheet()
    for bank, name, period, value, symbol in rows:
        ids = {"净利润": "net_profit", "不良贷款率": "npl_ratio", "贷款总额": "total_loans"}
        sheet.add(Figure(bank, {"招商银行": "cmb"}.get(bank, ""), name, ids.get(name, ""), Period.parse(period), Quantity.of(value, symbol)))
    return sheet


TWO_YEARS = sheet_of(("某银行", "净利润", "2023", "100", "亿元"), ("某银行", "净利润", "2022", "80", "亿元"))


def test_the_specification_s_question() -> None:
    prompt = compact_prompt(TWO_YEARS, "某银行2023年净利润100亿元，2022年净利润80亿元，同比增长多少？")
    assert prompt.splitlines() == ["f1 b1 t0 净利润 额", "f2 b1 t1 净利润 额", "?b1t0净利润f1，t1净利润f2，同比增长多少", "="]


def test_a_change_names_what_it_compares_with_and_whether_it_answers() -> None:
    sheet = sheet_of(("某银行", "净利润", "2023", "100", "亿元"), ("甲银行", "净利润", "2023", "80", "亿元"), ("某银行", "净利润", "2022", "90", "亿元"))
    sheet.add(growth(sheet.get("f1"), sheet.get("f3")), answer=True)
    sheet.add(versus(sheet.get("f1"), sheet.get("f2")))
    lines = compact_prompt(sheet, "多少").splitlines()
    assert lines[3] == "f4 b1 t0 净利润同比增速 变率 t1 *"
    assert lines[4] == "f5 b1 t0 净利润差距 变额 b2"


def test_an_alias_is_said_as_the_sheet_says_it_and_never_as_its_change() -> None:
    sheet = sheet_of(("招商银行", "不良贷款率", "2023", "0.95", "%"), ("招商银行", "不良贷款率", "2022", "0.96", "%"))
    from tools.calculator import difference

    sheet.add(difference(sheet.get("f1"), sheet.get("f2")), answer=True)
    assert coded("招行2023年不良率较上年变化多少", sheet) == "b1t0不良贷款率较上年变化多少"


def test_equal_values_take_turns() -> None:
    sheet = sheet_of(("某银行", "净利润", "2023", "80", "亿元"), ("某银行", "净利润", "2022", "80", "亿元"))
    assert coded("净利润2023年80亿元，2022年80亿元", sheet) == "净利润t0f1，t1f2"


@pytest.mark.parametrize(("text", "code"), [("2023", "t0"), ("2022", "t1"), ("2022H1", "t1h"), ("2021Q1-3", "t2n"), ("2001", "t12")])
def test_periods_are_years_before_the_latest(text: str, code: str) -> None:
    assert period_code(Period.parse(text), 2023) == code


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(1990, 2040))
def test_no_digit_of_a_value_or_year_is_left(now: int, before: int, year: int) -> None:
    sheet = sheet_of(("某银行", "净利润", str(year), str(now), "亿元"), ("某银行", "净利润", str(year - 1), str(before), "亿元"))
    prompt = compact_prompt(sheet, f"某银行{year}年净利润{now}亿元，{year - 1}年{before}亿元，增长多少？")
    plain = re.sub("|".join(sorted(map(re.escape, vocabulary_of_codes()), key=len, reverse=True)), "", prompt)
    assert not re.search(r"\d", plain), prompt


def test_codes_are_distinct() -> None:
    codes = vocabulary_of_codes()
    assert len(codes) == len(set(codes))
