"""Grids written as rows of texts, and short views of the tables made from them."""

from __future__ import annotations

from retrieval.documents import RawCell, RawTable, Table
from retrieval.tables.build import build_table

Place = tuple[str, int, int]


def grid(
    rows: list[list[str | Place]], *, page: int = 1, before: tuple[str, ...] = (), section: tuple[str, ...] = (), indents: dict[int, float] | None = None
) -> RawTable:
    """A raw table from rows of texts; (text, rows, columns) is a merged cell, and the places that it covers are left out."""
    cells: list[RawCell] = []
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(rows):
        column = 0
        for entry in row:
            while (number, column) in taken:
                column += 1
            text, height, width = (entry, 1, 1) if isinstance(entry, str) else entry
            taken |= {(number + down, column + right) for down in range(height) for right in range(width)}
            cells.append(RawCell(text, number, column, height, width, page, indent=(indents or {}).get(number, 0.0) if column == 0 else 0.0))
            column += width
    return RawTable(tuple(cells), page, before=before, section=section)


def only(raw: RawTable) -> Table:
    """The one table of a grid."""
    (table,) = build_table(raw)
    return table


def headers(table: Table) -> list[tuple[str, ...]]:
    return [column.headers for column in table.columns]


def texts(table: Table) -> dict[str, list[str | None]]:
    return {row.label: [cell.text if cell else None for cell in row.cells] for row in table.rows}


def parents(table: Table) -> dict[str, tuple[str, ...]]:
    return {row.label: row.parents for row in table.rows}
