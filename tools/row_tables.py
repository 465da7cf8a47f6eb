"""The tables of documents as their rows record them: which cells stand in one column, in the order of print."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from data.ports import RowRecord
from data.units import Dimension, unit
from tools.row_index import RowIndex, leaf_of

TOTAL = re.compile(r"合计|小计|总计|总额$|总数$")
_SHARE = re.compile(r"占比|比重|比例|百分比|占.{1,8}比")
_CHANGE = re.compile(r"增[(（]?减|增减|变动|变化|增长|增速|增幅|同比|较上年|较年初")
_PERIOD = re.compile(
    r"(?:19|20)\d{2}[年/.-](?:度|末|初)?(?:\d{1,2}[月/.-](?:\d{1,2}日?)?)?(?:止(?:年度|期间)?)?|\d{1,2}月\d{1,2}日|截至|本年度?|上年度?|本期|上期|"
    r"合并及(?:银行|母公司|本行)|合并|本集团|母公司|(?<!商业)银行(?!承兑|卡|存|间)|本行|[(（][^)）]*[)）]|\s"
)
_GOES_ON = re.compile(r"[（(]?续[表上页]*[）)]?$")
_PLAIN = re.compile(r"^(?:金额|数额|余额)$")


@dataclass(frozen=True, slots=True)
class TableCell:
    """A row in one column. order: its place among the figures of the table. measure: the column's words without periods and scopes.

    change: whether the column tells a change on another period.
    """

    record: RowRecord
    order: int
    measure: str
    change: bool = False

    @property
    def label(self) -> str:
        """The row's own label, without numbering and notes."""
        return re.sub(r"[(（][^)）]*[)）]", "", leaf_of(self.record.row))

    @property
    def is_total(self) -> bool:
        """Whether the row sums up others by its label."""
        return bool(TOTAL.search(self.label))


@dataclass(frozen=True, slots=True)
class RowTable:
    """The cells of one table on one page (or several, where it runs on), in order.

    parts: title and page of each piece, as its figures cite it. fragment: it runs on from or to another page.
    """

    title: str
    pages: tuple[int, ...]
    cells: tuple[TableCell, ...]
    parts: tuple[tuple[str, int], ...]
    fragment: bool = False

    def columns(self) -> dict[str, list[TableCell]]:
        """Cells by measure, from left to right, columns of changes left out; a share bears the measure that it stands behind (员工数量占比)."""
        found: dict[str, list[TableCell]] = {}
        before: dict[str, str] = {}
        for cell in self.cells:
            if cell.change:
                continue
            shares = is_share(cell)
            found.setdefault(before.get(cell.record.row, "") + cell.measure if shares else cell.measure, []).append(cell)
            if not shares:
                before[cell.record.row] = cell.measure
        return found

    def shares_of(self, measure: str) -> list[TableCell]:
        """The column of printed shares that stands behind a column; empty where there is none."""
        columns = self.columns().items()
        return next((cells for name, cells in columns if is_share(cells[0]) and name == measure + cells[0].measure and name != measure), [])


def is_share(cell: TableCell) -> bool:
    """Whether a cell tells a part of a whole."""
    return unit(cell.record.unit).dimension is Dimension.RATIO and bool(_SHARE.search(cell.measure or cell.record.indicator))


@lru_cache(maxsize=4)
def row_tables(rows: RowIndex) -> tuple[RowTable, ...]:
    """Every table of an index, page by page in order, then those that run over several pages as one."""
    pages: dict[tuple[str, int], list[TableCell]] = {}
    for record in rows.records:
        for place in record.places:
            if record.table and place.cell:
                cell = TableCell(record, place.order, measure_of(place.column), change=bool(_CHANGE.search(place.column)))
                pages.setdefault((record.table, place.page), []).append(cell)
    single = [RowTable(title, (page,), _ordered(cells), ((title, page),)) for (title, page), cells in pages.items()]
    single.sort(key=lambda table: (table.pages, table.cells[0].order))
    runs = _runs(single)
    pieces = {part for run in runs if len(run) > 1 for table in run for part in table.parts}
    alone = [replace(table, fragment=table.parts[0] in pieces or not _named(table.title)) for table in single]
    return (*alone, *[_joined(run) for run in runs if len(run) > 1])


def measure_of(column: str) -> str:
    """The words of a column's heading that say what it tells, "" for an amount at a date."""
    return _PLAIN.sub("", _PERIOD.sub("", column))


def _ordered(cells: Sequence[TableCell]) -> tuple[TableCell, ...]:
    """Cells in order, one for each row and measure."""
    first: dict[tuple[str, str, str], TableCell] = {}
    for cell in sorted(cells, key=lambda cell: cell.order):
        first.setdefault((cell.record.indicator_id, cell.record.row, cell.measure), cell)
    return tuple(first.values())


def _runs(single: Sequence[RowTable]) -> list[list[RowTable]]:
    """Tables with what runs on from them on the next page: under the same title or a mere 续表, with a column in common."""
    runs: list[list[RowTable]] = []
    for table in single:
        title, columns = _named(table.title), table.columns().keys()
        near = [run for run in runs if run[-1].pages[-1] + 1 == table.pages[0] and columns & run[-1].columns().keys()]
        before = next((run for run in reversed(near) if not title or title == _named(run[0].title)), None)
        if before is not None:
            before.append(table)
        else:
            runs.append([table])
    return runs


def _named(title: str) -> str:
    """A title without 续, "" where it says nothing else."""
    return _GOES_ON.sub("", title).strip()


def _joined(run: Sequence[RowTable]) -> RowTable:
    cells = tuple(cell for table in run for cell in table.cells)
    return RowTable(run[0].title, tuple(page for table in run for page in table.pages), cells, tuple(part for table in run for part in table.parts))
