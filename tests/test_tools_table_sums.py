"""Which rows add up to a total: subtotals folded, rows taken off, heads with their parts, rounding."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.evidence import Evidence
from data.figures import Figure
from tests.figure_factory import figure
from tools.table_sums import Row, block_above, block_below, rows_of


def rows(*values: str) -> list[Row]:
    return [Row(Decimal(value), Decimal(1).scaleb(Decimal(value).as_tuple().exponent)) for value in values]  # type: ignore[arg-type]


def at(value: str, path: str, *, note: str = "") -> Figure:
    return replace(figure(value), evidence=[Evidence("报告", 1, "表", path)], note=note)


def test_the_rows_above_a_total_add_up_to_it() -> None:
    block = block_above(rows("30", "20", "50"), 2)
    assert block is not None and block.top == (0, 1) and block.rest == 0
    later = block_above(rows("5", "30", "20", "50"), 3)
    assert later is not None and later.first == 1  # what stands above them is no part of it


@pytest.mark.parametrize(("values", "total", "top", "folded"), [
    (("30", "20", "50", "7", "57"), 4, (2, 3), (2,)),
    (("10", "20", "30", "40", "25", "65", "95"), 6, (2, 5), (2, 5)),
    (("900", "11", "12", "23", "1"), 3, (1, 2), ()),
])  # fmt: skip
def test_subtotals_are_counted_once(values: tuple[str, ...], total: int, top: tuple[int, ...], folded: tuple[int, ...]) -> None:
    block = block_above(rows(*values), total)
    assert block is not None and block.top == top and block.folded == folded


def test_no_rows_are_made_to_fit() -> None:
    assert block_above(rows("30", "21", "50"), 2) is None
    assert block_above(rows("50", "50"), 1) is None  # one row is no sum
    assert block_above(rows("0", "0", "0"), 2) is None


def test_rounding_is_allowed_by_the_number_of_rows() -> None:
    rounded = block_above(rows("33.3", "33.3", "33.3", "100.0"), 3)
    assert rounded is not None and rounded.rest == Decimal("0.1")
    assert block_above(rows("33.3", "33.3", "33.0", "100.0"), 3) is None


def test_a_head_row_with_its_parts_below() -> None:
    block = block_below(rows("60", "25", "35", "99"), 0)
    assert block is not None and block.top == (1, 2) and (block.first, block.last) == (1, 2)
    assert block_below(rows("60", "25", "36"), 0) is None


def test_rows_below_a_head_belong_to_it_and_are_not_added() -> None:
    made = rows_of([at("70", "对公"), at("30", "对公 > 活期"), at("40", "对公 > 定期"), at("20", "其他"), at("90", "合计")])
    assert made[0].children == (1, 2)
    block = block_above(made, 4)
    assert block is not None and block.top == (0, 3) and (block.first, block.last) == (0, 3) and block.folded == (0,)


def test_rows_taken_off_by_label_or_note() -> None:
    made = rows_of([at("500", "收入"), at("120", "减:支出"), at("380", "净收入")])
    assert made[1].value == -120 and block_above(made, 2) is not None
    noted = rows_of([at("500", "资本"), at("20", "扣除项目", note="原表以括号（负数）列示的支出，按正数记"), at("480", "净额")])
    assert noted[1].value == -20 and block_above(noted, 2) is not None
    assert rows_of([at("-120", "减:支出")])[0].value == -120  # printed as a negative already


def test_units_are_brought_together() -> None:
    mixed = [replace(at("2", "甲"), quantity=figure("2", "亿元").quantity), at("100", "乙"), at("300", "合计")]
    assert [row.value for row in rows_of(mixed)] == [Decimal(2), Decimal(1), Decimal(3)]


@given(st.lists(st.integers(1001, 9_999_999), min_size=2, max_size=12))
def test_any_list_above_its_own_sum_is_found(parts: list[int]) -> None:
    values = [str(value) for value in [*parts, sum(parts)]]
    block = block_above(rows(*values), len(parts))
    assert block is not None and sum(Decimal(values[index]) for index in block.top) + block.rest == sum(parts)
