"""The cells of a raw table laid out on a grid: spans filled, empty rows and columns left out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from retrieval.documents import Box, RawCell, RawTable
from retrieval.tables.text import bare, is_year

# More rows or columns than any printed table has: a hostile span cannot fill the memory.
MAX_SPAN = 2000
_OPENING = re.compile(r"[¥$€£(]|RMB|US\$|HK\$|\(\$|\$\(")
_STARTED = re.compile(r"\(?\d")
_CLOSING = re.compile(r"\)|%|\)%|%\)|‰")


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of the grid: the cell that covers it, and whether its value belongs here (the first place of a merged cell)."""

    cell: RawCell
    first: bool

    @property
    def text(self) -> str:
        """The text of the cell, on whichever place of it."""
        return self.cell.text


GridRow = tuple[Slot | None, ...]


def lay_out(raw: RawTable) -> list[GridRow]:
    """The rows of the grid, each as wide as the table; a place without text is None."""
    covered: dict[tuple[int, int], RawCell] = {}
    for cell in sorted(_glued(raw.cells), key=lambda cell: (cell.row, cell.column)):
        for row in range(cell.row, cell.row + min(cell.row_span, MAX_SPAN)):
            for column in range(cell.column, cell.column + min(cell.column_span, MAX_SPAN)):
                covered.setdefault((row, column), cell)
    written = [cell for cell in covered.values() if cell.text.strip()]
    rows = sorted({cell.row for cell in written})
    columns = sorted({cell.column for cell in written})
    seen: set[int] = set()
    grid = []
    for row in rows:
        grid.append(tuple(_slot(covered.get((row, column)), seen) for column in columns))
    return grid


def _slot(cell: RawCell | None, seen: set[int]) -> Slot | None:
    if cell is None or not cell.text.strip():
        return None
    first = id(cell) not in seen
    seen.add(id(cell))
    return Slot(cell, first)


def _glued(cells: Iterable[RawCell]) -> list[RawCell]:
    """Currency signs and closing brackets that stand in cells of their own, put back to their numbers."""
    rows: dict[int, list[RawCell]] = {}
    for cell in cells:
        rows.setdefault(cell.row, []).append(cell)
    glued: list[RawCell] = []
    for row in rows.values():
        row.sort(key=lambda cell: cell.column)
        glued.extend(_glued_row(row))
    return glued


def _glued_row(row: list[RawCell]) -> list[RawCell]:
    out: list[RawCell] = []
    for place, cell in enumerate(row):
        text = bare(cell.text)
        following = bare(row[place + 1].text) if place + 1 < len(row) else ""
        before = bare(out[-1].text) if out else ""
        if cell.column > 0 and _OPENING.fullmatch(text) and _STARTED.match(following) and not is_year(following):
            row[place + 1] = replace(row[place + 1], text=text + row[place + 1].text.strip())
        elif _CLOSING.fullmatch(text) and before[-1:].isdigit() and not is_year(before):
            out[-1] = replace(out[-1], text=out[-1].text.strip() + text)
        else:
            out.append(cell)
    return out


def union(boxes: Iterable[Box | None]) -> Box | None:
    """The smallest box around all that are given; None where none is."""
    given = [box for box in boxes if box is not None]
    if not given:
        return None
    return (min(b[0] for b in given), min(b[1] for b in given), max(b[2] for b in given), max(b[3] for b in given))
