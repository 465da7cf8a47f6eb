"""Unruled tables of a page: header, labels and values by where the characters stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.documents import Box, RawCell
from retrieval.parsers.pdf.chars import Word, tidy_join
from retrieval.parsers.pdf.grid import Body, GridLine, read_body
from retrieval.parsers.pdf.headers import HeaderLines, read_header
from retrieval.parsers.pdf.labels import Wording, join_labels
from retrieval.parsers.pdf.lines import TextRow, header_tokens
from retrieval.parsers.pdf.regions import Region, find_regions
from retrieval.parsers.pdf.sides import halves, side_by_side
from retrieval.tables.grid import union
from retrieval.tables.text import is_note_header


@dataclass(frozen=True, slots=True)
class UnruledGrid:
    """The cells of one table and the lines of the page that it takes: [start, end). before: titles among these lines."""

    cells: tuple[RawCell, ...]
    start: int
    end: int
    box: Box | None
    before: tuple[str, ...] = ()


def unruled_grids(rows: Sequence[TextRow], page: int, wording: Wording, rules: Sequence[Box] = ()) -> list[UnruledGrid]:
    """The unruled tables among the lines of a page (those of ruled tables left out), top to bottom. rules: lines drawn across."""
    found: list[UnruledGrid] = []
    place = 0
    for start, end, gutter in side_by_side(rows):
        found.extend(_shifted(_plain(rows[place:start], page, wording, rules), place))
        for half in halves(rows[start:end], gutter):
            found.extend(_half(half, start, end, page, wording, rules))
        place = end
    return [*found, *_shifted(_plain(rows[place:], page, wording, rules), place)]


def _plain(rows: Sequence[TextRow], page: int, wording: Wording, rules: Sequence[Box]) -> list[UnruledGrid]:
    return [_grid(rows, region, page, wording, rules) for region in find_regions(rows)]


def _shifted(grids: Sequence[UnruledGrid], by: int) -> list[UnruledGrid]:
    return [replace(grid, start=grid.start + by, end=grid.end + by) for grid in grids]


def _half(rows: Sequence[TextRow], start: int, end: int, page: int, wording: Wording, rules: Sequence[Box]) -> list[UnruledGrid]:
    """The tables of one half; the lines between them are their titles."""
    out: list[UnruledGrid] = []
    place = 0
    for grid in _plain(rows, page, wording, rules):
        before = tuple(row.text for row in rows[place : grid.start])
        out.append(replace(grid, start=start, end=end, before=before))
        place = grid.end
    return out


def _grid(rows: Sequence[TextRow], region: Region, page: int, wording: Wording, rules: Sequence[Box]) -> UnruledGrid:
    zone = rows[region.zone : region.first]
    heads_note = any(is_note_header(token.text) for row in zone for token in header_tokens(row.line))
    body = read_body(rows[region.first : region.end], heads_note)
    left = min(row.line.box[0] for row in rows[region.first : region.end])
    header = read_header(zone, body.columns, left, rules)
    lead = _lead(rows, region, header, wording)
    if lead < region.first:
        body = read_body(rows[lead : region.end], heads_note)
    start = region.zone + header.start if header.end > header.start else lead
    cells = _cells(header, join_labels(body.lines, wording), body, page)
    box = union(cell.box for cell in cells)
    return UnruledGrid(tuple(cells), start, region.end, box)


def _lead(rows: Sequence[TextRow], region: Region, header: HeaderLines, wording: Wording) -> int:
    """Where the rows start: label lines under the header belong to them; without a header, those that run on into the first row."""
    if header.end > header.start:
        return region.zone + header.end
    lead = region.first
    while lead > region.zone + header.end:
        body = read_body(rows[lead - 1 : region.first + 1], False)
        if len(join_labels(body.lines, wording)) > 1:
            break
        lead -= 1
    return lead


def _cells(header: HeaderLines, lines: Sequence[GridLine], body: Body, page: int) -> list[RawCell]:
    base = 2 if body.noted else 1
    cells: list[RawCell] = []
    depth = len(header.rows)
    if header.stubs or (header.note and body.noted):
        depth = max(depth, 1)
    if header.stubs:
        cells.append(_text(header.stubs, depth - 1, 0, page))
    if header.note and body.noted:
        cells.append(_text([header.note], depth - 1, 1, page))
    for row, heads in enumerate(header.rows):
        cells.extend(RawCell(head.text, row, base + head.column, 1, head.span, page, head.box) for head in heads)
    margin = min((line.label[0].box[0] for line in lines if line.label), default=0.0)
    for row, line in enumerate(lines, start=depth):
        if line.label:
            cells.append(_text(line.label, row, 0, page, round(line.label[0].box[0] - margin, 1)))
        if line.note:
            cells.append(_text([line.note], row, 1, page))
        cells.extend(RawCell(word.text, row, base + column, 1, 1, page, word.box) for column, word in line.values)
    return cells


def _text(words: Sequence[Word], row: int, column: int, page: int, indent: float = 0.0) -> RawCell:
    return RawCell(tidy_join(word.text for word in words), row, column, 1, 1, page, union(word.box for word in words), indent)
