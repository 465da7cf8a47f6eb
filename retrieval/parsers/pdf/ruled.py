"""Tables drawn with lines: the lines by pypdfium2, the cells that they enclose by pdfplumber's line strategy."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage

from retrieval.documents import Box, RawCell
from retrieval.parsers.pdf.chars import Frame, Line, Word, cells_of, lines_of, tidy_join
from retrieval.tables.text import is_value

# With fewer path objects a page has rules under its headers at most.
MIN_PATHS = 4
# A page with more is a drawing (a map, a chart).
MAX_PATHS = 6000
SNAP = 3.0
_THIN = 2.5
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class RuledGrid:
    """The cells of one ruled table and its outline."""

    cells: tuple[RawCell, ...]
    box: Box


def page_edges(page: PdfPage, frame: Frame) -> list[Box]:
    """Straight lines of a page as thin boxes; the sides of drawn rectangles are lines too."""
    edges: list[Box] = []
    for path, matrix in _paths(page):
        _add_edges(path, matrix, frame, edges)
        if len(edges) > MAX_PATHS:
            return []
    return edges


Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def _paths(page: PdfPage) -> Iterable[tuple[Any, Matrix]]:
    yield from _children(page.raw, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, _IDENTITY, 0)


def _children(parent: Any, count: Any, get: Any, matrix: Matrix, depth: int) -> Iterable[tuple[Any, Matrix]]:
    for index in range(count(parent)):
        child = get(parent, index)
        kind = pdfium.FPDFPageObj_GetType(child)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            yield child, _times(_matrix(child), matrix)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _MAX_DEPTH:
            inner = _times(_matrix(child), matrix)
            yield from _children(child, pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, inner, depth + 1)


def _matrix(item: Any) -> Matrix:
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, ctypes.byref(found)):
        return _IDENTITY
    return (found.a, found.b, found.c, found.d, found.e, found.f)


def _times(first: Matrix, second: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _add_edges(path: Any, matrix: Matrix, frame: Frame, edges: list[Box]) -> None:
    """The straight pieces of a path; a thin filled rectangle is one line."""
    points = _points(path, matrix)
    if not points:
        return
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    left, bottom, right, top = min(xs), min(ys), max(xs), max(ys)
    if right - left <= _THIN or top - bottom <= _THIN:
        edges.append(frame.box(left, bottom, right, top))
        return
    for (x0, y0, _), (x1, y1, move) in pairwise(points):
        if not move and (abs(x0 - x1) < 0.5 or abs(y0 - y1) < 0.5):
            edges.append(frame.box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))


def _points(path: Any, matrix: Matrix) -> list[tuple[float, float, bool]]:
    """The corners of a path of straight pieces, each with whether the pen moved there; [] for one with curves."""
    a, b, c, d, e, f = matrix
    x, y = ctypes.c_float(), ctypes.c_float()
    out: list[tuple[float, float, bool]] = []
    start: tuple[float, float] | None = None
    for index in range(pdfium.FPDFPath_CountSegments(path)):
        segment = pdfium.FPDFPath_GetPathSegment(path, index)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_BEZIERTO:
            return []
        pdfium.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        point = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        move = kind == pdfium.FPDF_SEGMENT_MOVETO
        start = point if move or start is None else start
        out.append((*point, move))
        if pdfium.FPDFPathSegment_GetClose(segment):
            out.append((*start, False))
    return out


def ruled_grids(edges: Sequence[Box], words: Sequence[Word], page: int) -> list[RuledGrid]:
    """The ruled tables of a page, top to bottom: those of at least two columns and two rows that hold text."""
    if len(edges) < MIN_PATHS:
        return []
    grids = []
    for cells in _tables(edges):
        lefts = {cell[0] for cell in cells}
        tops = {cell[1] for cell in cells}
        if len(lefts) < 2 or len(tops) < 2:
            continue
        box = (min(c[0] for c in cells), min(c[1] for c in cells), max(c[2] for c in cells), max(c[3] for c in cells))
        inside = [word for word in words if _holds(box, word)]
        filled = _fill(cells, inside, page)
        if len({cell.column for cell in filled}) >= 2 and len({cell.row for cell in filled}) >= 2:
            grids.append(RuledGrid(tuple(filled), box))
    return grids


def _tables(edges: Sequence[Box]) -> list[list[Box]]:
    """The cells that lines enclose, table by table."""
    from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges

    drawn = [_edge(box) for box in edges]
    merged = merge_edges(drawn, SNAP, SNAP, SNAP, SNAP)
    long = [edge for edge in merged if max(edge["x1"] - edge["x0"], edge["bottom"] - edge["top"]) >= SNAP]
    cells = intersections_to_cells(edges_to_intersections(long, SNAP, SNAP))
    return [[(float(c[0]), float(c[1]), float(c[2]), float(c[3])) for c in table] for table in cells_to_tables(cells)]


def _edge(box: Box) -> dict[str, Any]:
    left, top, right, bottom = box
    lying = right - left >= bottom - top
    if lying:
        top = bottom = (top + bottom) / 2
    else:
        left = right = (left + right) / 2
    size = {"width": right - left, "height": bottom - top, "orientation": "h" if lying else "v"}
    return {"x0": left, "x1": right, "top": top, "bottom": bottom, "object_type": "line", **size}


def _holds(box: Box, word: Word) -> bool:
    x, y = (word.box[0] + word.box[2]) / 2, (word.box[1] + word.box[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _fill(cells: Sequence[Box], words: Sequence[Word], page: int) -> list[RawCell]:
    """Every drawn cell with the words in it; rows and columns from the corners of all cells."""
    lefts = sorted({cell[0] for cell in cells})
    tops = sorted({cell[1] for cell in cells})
    out: list[tuple[Box, list[Line], int, int]] = []
    for cell in sorted(cells, key=lambda cell: (cell[1], cell[0])):
        inside = [word for word in words if _holds(cell, word)]
        out.append((cell, lines_of(inside), tops.index(cell[1]), lefts.index(cell[0])))
    split = _split_rows([entry for entry in out if entry[1]])
    made: list[RawCell] = []
    shift = 0
    for row in sorted({entry[2] for entry in out}):
        members = [entry for entry in out if entry[2] == row]
        parts = split.get(row, 1)
        for cell, lines, _, column in members:
            span = sum(1 for left in lefts if cell[0] <= left < cell[2] - SNAP)
            height = sum(split.get(place, 1) for place, top in enumerate(tops) if cell[1] <= top < cell[3] - SNAP)
            if parts > 1 and len(lines) == parts:
                made.extend(_cell([line], row + shift + place, column, 1, span, page, cell) for place, line in enumerate(lines))
            elif lines:
                made.append(_cell(lines, row + shift, column, max(1, height), max(1, span), page, cell))
        shift += parts - 1
    return made


def _split_rows(cells: Sequence[tuple[Box, list[Line], int, int]]) -> dict[int, int]:
    """Drawn rows that hold several printed rows: each cell has the same number of lines, those with amounts one amount a line."""
    found: dict[int, int] = {}
    for row in {cell[2] for cell in cells}:
        members = [cell for cell in cells if cell[2] == row]
        counts = {len(cell[1]) for cell in members}
        amounts = [cell for cell in members if all(len(words := cells_of(line)) == 1 and is_value(words[0].text) for line in cell[1])]
        if len(counts) == 1 and counts != {1} and len(amounts) >= max(1, len(members) - 1) and len(members) >= 2:
            found[row] = counts.pop()
    return found


def _cell(lines: Sequence[Line], row: int, column: int, row_span: int, column_span: int, page: int, drawn: Box) -> RawCell:
    text = tidy_join(word.text for line in lines for word in cells_of(line))
    indent = lines[0].box[0] - drawn[0]
    return RawCell(text, row, column, row_span, column_span, page, drawn, round(indent, 1))
