"""A table that goes on over a page break takes headers, title, unit and open parents; another table does not."""

from __future__ import annotations

import pytest

from retrieval.documents import Table
from retrieval.tables.build import build_table, join_continued
from tests.table_grids import Place, grid, headers, parents


def continued_pair(second: list[list[str | Place]], before: tuple[str, ...] = ()) -> list[Table]:
    first = grid([["项目", "2023年", "2022年"], ["负债", "", ""], ["存款", "9", "8"]], before=("负债情况", "人民币百万元"))
    return join_continued([*build_table(first), *build_table(grid(second, page=2, before=before))])


def test_a_table_without_header_on_the_next_page_goes_on() -> None:
    first, second = continued_pair([["债券", "3", "2"], ["负债总额", "12", "10"], ["其他", "1", "1"]])
    assert not first.continued and second.continued
    assert headers(second) == headers(first)
    assert (second.title, second.unit, second.page) == ("负债情况", "人民币百万元", 2)
    assert parents(second) == {"债券": ("负债",), "负债总额": ("负债",), "其他": ()}
    assert {cell.page for row in second.rows for cell in row.cells if cell} == {2}


def test_a_continued_table_with_its_own_header() -> None:
    _, second = continued_pair([["项目", "2023年", "2022年"], ["债券", "3", "2"]], before=("负债情况(续)",))
    assert second.continued and second.title == "负债情况" and second.unit == "人民币百万元"
    assert parents(second)["债券"] == ("负债",)


@pytest.mark.parametrize(
    ("rows", "before"),
    [
        ([["项目", "2023年", "2022年"], ["债券", "3", "2"]], ("资产情况",)),
        ([["债券", "3", "2", "1"], ["其他", "3", "2", "1"]], ()),
        ([["债券", "3", "2"], ["其他", "3", "2"]], ("2023年度现金流量表",)),
    ],
)
def test_another_table_on_the_next_page_is_not_continued(rows: list[list[str | Place]], before: tuple[str, ...]) -> None:
    assert not continued_pair(rows, before)[1].continued
