"""The rows of one column of a document's table at one period, and which of them a total is made of."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from agents.understanding.horizon import Horizon
from data.figures import Figure, Scope
from data.indicators import IndicatorCatalogue
from data.periods import Period
from data.ports import FigureQuery
from tools.row_index import ROW_PREFIX
from tools.row_tables import TOTAL, RowTable, TableCell, measure_of
from tools.table_sums import Block, block_above, block_below, rows_of


@dataclass(frozen=True)
class Asked:
    """For whom, when and under which scope a question asks. periods: canonical; empty for the latest there is."""

    horizon: Horizon
    catalogue: IndicatorCatalogue
    banks: tuple[str, ...]
    periods: tuple[str, ...]
    scope: Scope


@dataclass(frozen=True)
class Parts:
    """Rows of a table in order. total: the row they belong to, "" without one. sums: whether they add up to it; top: how many do.

    leaves: the rows without their subtotals.
    """

    table: RowTable
    rows: list[TableCell]
    total: str
    sums: bool
    top: int
    leaves: list[TableCell]

    def told(self, *, leaves: bool) -> list[str]:
        """The ids of the rows (or of those without subtotals) and of their printed shares, amounts before shares."""
        cells = self.leaves if leaves else self.rows
        return [*_ids(cells), *_shares(self.table, cells)]


def parts_in(table: RowTable, cells: Sequence[TableCell], total: Collection[str], asked: Asked, *, whole: bool) -> Parts | None:
    """The rows of a column that belong to one of these totals; `whole`: of all its rows where no sum tells which. None where nothing fits."""
    held = _held(table, cells, total, asked)
    at = next((index for index, (cell, _) in enumerate(held) if is_total_of(cell, total, asked.catalogue, table.title)), None)
    if at is None and whole:
        at = next((index for index in range(len(held) - 1, 0, -1) if held[index][0].is_total), None)
    if at is not None:
        rows = rows_of([figure for _, figure in held])
        block = block_above(rows, at) or block_below(rows, at)
        if block is not None:
            return _parts(table, held, block, at)
    if not whole:
        return None
    inside = [cell for cell, _ in held if not cell.is_total and cell.record.indicator_id not in total]
    own = held[at][0].record.indicator_id if at is not None and at == len(held) - 1 else ""
    return Parts(table, inside, own, False, len(inside), inside) if len(inside) > 1 else None


def parts_like(table: RowTable, cells: Sequence[TableCell], like: re.Pattern[str], asked: Asked) -> Parts | None:
    """The rows of one label pattern that add up to a row of the column (债券 by issuer among other investments); None where none do."""
    held = _held(table, cells, (), asked)
    rows = rows_of([figure for _, figure in held])
    for at in range(len(held)):
        block = block_above(rows, at) or block_below(rows, at)
        if block is not None and all(like.search(held[index][0].label) for index in range(block.first, block.last + 1) if index != at):
            return _parts(table, held, block, at)
    return None


def _parts(table: RowTable, held: Sequence[tuple[TableCell, Figure]], block: Block, at: int) -> Parts:
    inside = [index for index in range(block.first, block.last + 1) if index != at]
    leaves = [held[index][0] for index in inside if index not in block.folded]
    return Parts(table, [held[index][0] for index in inside], held[at][0].record.indicator_id, True, len(block.top), leaves)


def is_total_of(cell: TableCell, total: Collection[str], catalogue: IndicatorCatalogue, title: str) -> bool:
    """Whether a row is one of these indicators, or its label with 合计, or the title over a bare 合计, names one."""
    if cell.record.indicator_id in total or not cell.record.indicator_id.startswith(ROW_PREFIX):
        return cell.record.indicator_id in total
    named = TOTAL.sub("", cell.label)
    if named == cell.label or cell.measure:
        return False
    found = catalogue.by_name(named) if named else catalogue.by_name(title.removesuffix("情况").removesuffix("构成").removesuffix("明细"))
    return found is not None and found.id in total


def period_of(cells: Sequence[TableCell], asked: Asked) -> Period | None:
    """The period asked for; without one the latest that the rows hold."""
    texts = asked.periods[:1] or tuple({period for cell in cells for period in cell.record.periods})
    return max((Period.parse(text) for text in texts), key=lambda period: period.sort_key, default=None)


def _held(table: RowTable, cells: Sequence[TableCell], total: Collection[str], asked: Asked) -> list[tuple[TableCell, Figure]]:
    """The cells that hold a figure of the table at the period and scope asked for, in order."""
    period = period_of(cells, asked)
    if period is None:
        return []
    ids = tuple(dict.fromkeys(cell.record.indicator_id for cell in cells))
    query = FigureQuery(asked.banks, ids, (period, period.same_date()), asked.scope, None, asked.horizon.collections)
    found: dict[tuple[str, str, str], Figure] = {}
    for figure in asked.horizon.store.find(query):
        place = figure.evidence[0] if figure.evidence else None
        if place is not None and (place.table, place.page) in table.parts:
            found.setdefault((figure.indicator_id, place.row, measure_of(place.column)), figure)
    keyed = ((cell, found.get((cell.record.indicator_id, cell.record.row, cell.measure))) for cell in cells)
    return [(cell, figure) for cell, figure in keyed if figure is not None]


def _ids(cells: Sequence[TableCell]) -> list[str]:
    return list(dict.fromkeys(cell.record.indicator_id for cell in cells))


def _shares(table: RowTable, cells: Sequence[TableCell]) -> list[str]:
    """The printed shares of these rows."""
    rows = {cell.record.row for cell in cells}
    return _ids([cell for cell in table.shares_of(cells[0].measure) if cell.record.row in rows]) if cells else []
