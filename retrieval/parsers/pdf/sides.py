"""Two unruled tables side by side: labels and numbers, then labels and numbers again, on the same lines."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.parsers.pdf.chars import Word, line_of
from retrieval.parsers.pdf.lines import Kind, TextRow, classify
from retrieval.tables.text import is_value

# So many lines must have labels in the middle, at one left edge.
MIN_ROWS = 4
_EDGE = 4.0


def side_by_side(rows: Sequence[TextRow]) -> list[tuple[int, int, float]]:
    """Runs of lines [start, end) that hold two tables, each with where the right one starts across the page."""
    found: list[tuple[int, int, float]] = []
    index = 0
    while index < len(rows):
        edge = _right_label(rows[index])
        if edge is None:
            index += 1
            continue
        end, count = index, 0
        while end < len(rows) and _fits(rows[end], edge):
            count += _right_label(rows[end]) is not None
            end += 1
        if count >= MIN_ROWS:
            start = index
            floor = found[-1][1] if found else 0
            while start > floor and rows[start - 1].kind in (Kind.HEAD, Kind.DATA) and _free(rows[start - 1], edge):
                start -= 1
            found.append((start, end, edge))
        index = max(end, index + 1)
    return found


def halves(rows: Sequence[TextRow], edge: float) -> list[list[TextRow]]:
    """The lines of the left table and those of the right one."""
    out: list[list[TextRow]] = []
    for words in ([[word for word in row.line.words if word.box[2] < edge] for row in rows], [_right(row, edge) for row in rows]):
        lines = [line_of(part) for part in words if part]
        left, right = min(line.box[0] for line in lines), max(line.box[2] for line in lines)
        out.append([classify(line, left, right) for line in lines])
    return out


def _right(row: TextRow, edge: float) -> list[Word]:
    return [word for word in row.line.words if word.box[2] >= edge]


def _right_label(row: TextRow) -> float | None:
    """Where the label in the middle of a line starts: words after numbers and before numbers."""
    cells = row.cells
    for index in range(2, len(cells) - 1):
        words = not is_value(cells[index].text) and cells[index].text[:1] > "\u2e80"
        if words and is_value(cells[index - 1].text) and all(is_value(cell.text) for cell in cells[index + 1 :]):
            return cells[index].box[0] - _EDGE / 2
    return None


def _fits(row: TextRow, edge: float) -> bool:
    """A line of the run: its label in the middle stands at the edge, or it keeps to one side."""
    here = _right_label(row)
    if here is not None:
        return -_EDGE <= here - edge <= 6 * _EDGE
    return row.kind is Kind.DATA and _free(row, edge)


def _free(row: TextRow, edge: float) -> bool:
    return not any(word.box[0] < edge < word.box[2] for word in row.line.words)
