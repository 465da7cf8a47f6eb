"""The tables that lie on one sheet: split at empty rows and columns, with the lines above and below taken off.

Cells keep their place on the sheet. Empty rows or columns that only space a table out do not split it: what follows them
must have a header of its own, or it belongs to the table before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from retrieval.documents import RawCell
from retrieval.parsers.assembly import is_note, one_line
from retrieval.tables.text import is_period, is_value, is_year
from retrieval.tables.units import unit_in

_LONG = 40
Piece = list[RawCell]


@dataclass(slots=True)
class Region:
    """One table of a sheet, or (with no cells) lines of text on their own: before is then what they say."""

    cells: Piece
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


def regions(cells: Sequence[RawCell]) -> list[Region]:
    """The tables of a sheet in reading order, each with its lines above and footnotes below."""
    written = [cell for cell in cells if cell.text.strip()]
    found: list[Region] = []
    lines: list[str] = []
    for piece in _joined_pieces(_split(written)):
        above, body, below = _peeled(piece)
        if not body:
            notes = [line for line in above if is_note(line)]
            if found and found[-1].cells and notes and len(notes) == len(above) and not lines:
                found[-1].after.extend(notes)
            else:
                lines.extend(above)
            continue
        found.append(Region(body, lines + above, below))
        lines = []
    if lines:
        found.append(Region([], lines))
    return found


def rows_of(piece: Sequence[RawCell]) -> list[Piece]:
    """The cells row by row, each from left to right."""
    rows: dict[int, Piece] = {}
    for cell in piece:
        rows.setdefault(cell.row, []).append(cell)
    return [sorted(rows[row], key=lambda cell: cell.column) for row in sorted(rows)]


def _split(cells: Piece) -> list[Piece]:
    """Cut at empty rows, the bands at empty columns, and so on until nothing falls apart."""
    bands = _joined_bands(_cut(cells, by_row=True))
    if len(bands) > 1:
        return [piece for band in bands for piece in _split(band)]
    pieces = _joined_columns(_cut(cells, by_row=False))
    if len(pieces) > 1:
        return [part for piece in pieces for part in _split(piece)]
    return [cells] if cells else []


def _cut(cells: Piece, *, by_row: bool) -> list[Piece]:
    """Runs of cells without an empty row (column) inside; a merged cell fills all that it spans."""
    ordered = sorted(cells, key=lambda cell: (cell.row, cell.column) if by_row else (cell.column, cell.row))
    parts: list[Piece] = []
    end = -1
    for cell in ordered:
        start = cell.row if by_row else cell.column
        if not parts or start > end:
            parts.append([])
        parts[-1].append(cell)
        end = max(end, start + (cell.row_span if by_row else cell.column_span))
    return parts


def _joined_bands(bands: list[Piece]) -> list[Piece]:
    """Bands without a header of their own go on the table above them."""
    out: list[Piece] = []
    above: set[int] = set()
    for band in bands:
        if out and len(above) > 1 and _columns(band) <= above and _continues(out[-1], band):
            out[-1].extend(band)
        else:
            out.append(band)
            above = _columns(band)
    return out


def _continues(upper: Piece, lower: Piece) -> bool:
    return _has_values(lower) and not _has_header(lower) and (_has_values(upper) or _has_header(upper))


def _joined_columns(pieces: list[Piece]) -> list[Piece]:
    """A part right of an empty column that has no labels of its own belongs to the table at its left."""
    out: list[Piece] = []
    for piece in pieces:
        if out and _lacks_labels(piece, out[-1]):
            out[-1] = out[-1] + piece
        else:
            out.append(piece)
    return out


def _lacks_labels(piece: Piece, left: Piece) -> bool:
    rows = {cell.row for cell in left}
    if not {cell.row for cell in piece} <= rows:
        return False
    leading = [row[0] for row in rows_of(piece) if row[0].column == min(_columns(piece))]
    values = [cell for cell in leading if is_value(cell.text) and not is_year(cell.text)]
    return len(values) * 2 >= len(leading) or (len(_columns(piece)) == 1 and len(leading) <= len(rows))


def _joined_pieces(pieces: list[Piece]) -> list[Piece]:
    """Top to bottom, then left to right."""
    return sorted(pieces, key=lambda piece: (min(cell.row for cell in piece), min(cell.column for cell in piece)))


def _columns(piece: Piece) -> set[int]:
    return {column for cell in piece for column in range(cell.column, cell.column + min(cell.column_span, 500))}


def _has_values(piece: Piece) -> bool:
    return any(_is_figure(cell.text) for cell in piece)


def _is_figure(text: str) -> bool:
    return is_value(text) and not is_year(text)


def _has_header(piece: Piece) -> bool:
    """A row of two or more header texts (words, years, dates) over another row and before the first with a figure."""
    for row in rows_of(piece)[:-1]:
        if any(_is_figure(cell.text) for cell in row):
            return False
        if len(row) > 1:
            return True
    return False


def _peeled(piece: Piece) -> tuple[list[str], Piece, list[str]]:
    """The lines above, the table, and the footnotes below; a piece of single texts is all lines."""
    rows = rows_of(piece)
    width = _columns(piece)
    above: list[str] = []
    while rows and _is_line(rows[0], rows[1:], width):
        above.extend(one_line(cell.text) for cell in rows.pop(0))
    below: list[str] = []
    while rows and len(rows[-1]) == 1 and _is_footnote(rows[-1][0].text):
        below.insert(0, one_line(rows.pop()[0].text))
    if len(_columns([cell for row in rows for cell in row])) < 2:
        return above + [one_line(cell.text) for row in rows for cell in row] + below, [], []
    return above, [cell for row in rows for cell in row], below


def _is_line(row: Piece, below: list[Piece], width: set[int]) -> bool:
    """A row over the table that is no header: one text at the left or over all columns, or a title beside a 单位 text."""
    if not below and len(row) > 1:
        return False
    if len(row) == 1:
        cell = row[0]
        whole = cell.column == min(width) or cell.column_span >= len(width) or bool(unit_in(cell.text)) or "表" in cell.text
        return whole and cell.row_span == 1 and not _is_figure(cell.text)
    fuller = max((len(other) for other in below), default=0)
    units = [cell for cell in row if unit_in(cell.text)]
    rest = [cell for cell in row if not unit_in(cell.text)]
    framed = all(is_period(cell.text) or "单位" in cell.text or "：" in cell.text or len(rest) == 1 for cell in rest)
    return len(row) < fuller and bool(units) and len(rest) <= 2 and framed and row[0].row_span == 1


def _is_footnote(text: str) -> bool:
    return not is_value(text) and (is_note(text) or len(text) > _LONG)
