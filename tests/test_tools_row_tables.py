"""Tables put together again from rows: columns by measure, shares behind what they are shares of, pieces on following pages."""

from __future__ import annotations

import pytest

from data.ports import RowPlace, RowRecord
from tools.row_index import RowIndex
from tools.row_tables import RowTable, is_share, measure_of, row_tables


def row(label: str, column: str, order: int, *, table: str = "员工分布", page: int = 3, unit: str = "人", cell: bool = True) -> RowRecord:
    key = f"row:{table}{label}{column}"
    return RowRecord("甲银行", "bank:甲", key, key, table, label, unit, False, 1, page, ("2023",), ("集团",), (RowPlace(page, order, column, cell),))


def tables(*records: RowRecord) -> tuple[RowTable, ...]:
    return row_tables(RowIndex(records))


@pytest.mark.parametrize(("column", "measure"), [
    ("2023年12月31日 金额", ""), ("合并 2023年度", ""), ("2023年12月31日 占比（%）", "占比"), ("2023年12月31日 不良贷款余额", "不良贷款余额"),
    ("2023年末 占贷款总额百分比(%)", "占贷款总额百分比"), ("利率(2)", "利率"), ("2022年", ""),
])  # fmt: skip
def test_what_a_heading_tells_besides_period_and_scope(column: str, measure: str) -> None:
    assert measure_of(column) == measure


def test_shares_stand_behind_what_they_are_shares_of() -> None:
    [table] = tables(
        row("总行", "机构数", 0, unit="个"), row("总行", "占比(第2列)", 1, unit="%"), row("总行", "员工数", 2), row("总行", "占比(第4列)", 3, unit="%"),
        row("中部", "机构数", 4, unit="个"), row("中部", "占比(第2列)", 5, unit="%"), row("中部", "员工数", 6), row("中部", "占比(第4列)", 7, unit="%"),
    )  # fmt: skip
    assert list(table.columns()) == ["机构数", "机构数占比", "员工数", "员工数占比"]
    assert [cell.order for cell in table.shares_of("员工数")] == [3, 7] and all(is_share(cell) for cell in table.shares_of("员工数"))
    assert not table.shares_of("网点数")


def test_sentences_and_changes_are_no_columns() -> None:
    [table] = tables(row("费用", "2023年", 0), row("费用", "增（减）额", 1), row("费用", "变动（%）", 2, unit="%"), row("费用多了", "", 3, cell=False))
    assert list(table.columns()) == [""] and len(table.columns()[""]) == 1


def test_rows_keep_the_order_of_print() -> None:
    [table] = tables(row("丙", "2023年", 9), row("甲", "2023年", 4), row("乙", "2023年", 6))
    assert [cell.label for cell in table.cells] == ["甲", "乙", "丙"]


def test_a_table_on_two_pages_is_one_and_its_pieces_are_fragments() -> None:
    first, second, whole = tables(row("甲", "2023年", 0), row("乙", "2023年", 1, table="续表", page=4))
    assert (first.fragment, second.fragment, whole.fragment) == (True, True, False)
    assert whole.title == "员工分布" and whole.pages == (3, 4) and whole.parts == (("员工分布", 3), ("续表", 4))


def test_other_tables_do_not_run_on() -> None:
    found = tables(row("甲", "2023年", 0), row("乙", "2023年", 1, page=5), row("丙", "2023年", 2, table="网点分布", page=4), row("丁", "2023年 占比", 3, page=4))
    assert all(len(table.pages) == 1 and not table.fragment for table in found)
