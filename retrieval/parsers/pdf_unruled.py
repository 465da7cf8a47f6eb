"""Unruled tables of a page: header, labels and values by where the characters stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.documents import Box, RawCell
from retrieval.parsers.pdf_chars import Word, tidy_join
from retrieval.parsers.pdf_grid import Body, GridLine, read_body
from retrieval.parsers.pdf_headers import HeaderLines, read_header
from retrieval.parsers.pdf_labels import Wording, join_labels
from retrieval.parsers.pdf_lines import TextRow, header_tokens
from retrieval.parsers.pdf_regions import Region, find_regions
from retrieval.table_grid import union
from retrieval.table_text import is_note_header


@dataclass(frozen=True, slots=True)
class UnruledGrid:
    """The cells of one table and the lines of the page that it takes: [start, end)."""

    cells: tuple[RawCell, ...]
    start: int
    end: int
    box: Box | None


def unruled_grids(rows: Sequence[TextRow], page: int, wording: Wording) -> list[UnruledGrid]:
    """The unruled tables among the lines of a page (those of ruled tables left out), top to bottom."""
    return [_grid(rows, region, page, wording) for region in find_regions(rows)]


def _grid(rows: Sequence[TextRow], region: Region, page: int, wording: Wording) -> UnruledGrid:
    zone = rows[region.zone : region.first]
    heads_note = any(is_note_header(token.text) for row in zone for token in header_tokens(row.line))
    body = read_body(rows[region.first : region.end], heads_note)
    left = min(row.line.box[0] for row in rows[region.first : region.end])
    header = read_header(zone, body.columns, left)
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
