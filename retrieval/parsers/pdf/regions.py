"""Where unruled tables lie among the lines of a page: runs of value rows with their labels, and the lines above that may head them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.parsers.pdf.lines import Kind, TextRow, header_tokens, is_numbered
from retrieval.tables.text import is_value
from retrieval.tables.units import unit_in

# More label lines than this between two value rows are no part of a table.
MAX_BRIDGE = 9
MAX_ZONE = 24
# Lines further apart than this many heights are not one table.
MAX_GAP = 4.5
_TITLE = re.compile(r"[:：]\s*$|[(（]续[)）][:：]?$|表$|(?:如下|列示|情况|分析)$")


@dataclass(frozen=True, slots=True)
class Region:
    """Line numbers: its header zone [zone, first), its rows [first, end). first is a value row or a label line above one."""

    zone: int
    first: int
    end: int


def find_regions(rows: Sequence[TextRow]) -> list[Region]:
    """The unruled tables of a page, top to bottom."""
    data = [index for index, row in enumerate(rows) if row.kind is Kind.DATA]
    runs: list[list[int]] = []
    for index in data:
        if runs and _same_table(rows, runs[-1], index):
            runs[-1].append(index)
        else:
            runs.append([index])
    regions = []
    floor = 0
    for run in runs:
        if not _is_table(rows, run):
            continue
        first = run[0]
        zone = _zone(rows, floor, first)
        end = _tail(rows, run[-1] + 1)
        regions.append(Region(zone, first, end))
        floor = end
    return regions


def _same_table(rows: Sequence[TextRow], run: Sequence[int], index: int) -> bool:
    last = run[-1]
    between = rows[last + 1 : index]
    if len(between) > MAX_BRIDGE or any(row.kind is Kind.PROSE for row in between):
        return False
    if any(_gap(rows[place], rows[place + 1]) > MAX_GAP for place in range(last, index)):
        return False
    heads = [place for place in range(last + 1, index) if rows[place].kind is Kind.HEAD]
    if len(heads) > 1 or (heads and not _is_band(rows, heads[0], rows[last])):
        return False
    if any(unit_in(row.text) for row in between):
        return False
    before, after = _count(rows[last]), _count(rows[index])
    return not (before != after and min(before, after) < max(_count(rows[place]) for place in run) and any(is_numbered(row.text) for row in between))


def _gap(upper: TextRow, lower: TextRow) -> float:
    return (lower.line.box[1] - upper.line.box[3]) / max(1.0, upper.line.size)


def _count(row: TextRow) -> int:
    return len(row.cells) - row.values


def _is_band(rows: Sequence[TextRow], index: int, above: TextRow) -> bool:
    """One header word at the left margin, right above a row or its label: a band or a parent row inside the table."""
    row = rows[index]
    flush = row.line.box[0] < above.cells[above.values].box[0] - row.line.size if above.values < len(above.cells) else True
    return len(row.cells) == 1 and len(header_tokens(row.line)) == 1 and flush and rows[index + 1].kind in (Kind.DATA, Kind.LABEL)


def _is_table(rows: Sequence[TextRow], run: Sequence[int]) -> bool:
    """Leaves out tables of contents and single amounts that stand alone on a page."""
    values = [rows[index].cells[rows[index].values :] for index in run]
    if any(re.search(r"[.…·]{4,}", rows[index].text) for index in run):
        return False
    if max(len(row) for row in values) > 1:
        return True
    plain = [row[0].text for row in values]
    if all(text.isdigit() for text in plain):
        pages = [int(text) for text in plain]
        if len(pages) > 2 and pages == sorted(pages) and pages[-1] < 2000:
            return False
        return len(pages) > 1
    return bool(rows[run[0]].values)


def _zone(rows: Sequence[TextRow], floor: int, first: int) -> int:
    """The first line that may head the table: below the last prose, 单位 line, numbered title or other table."""
    start = first
    while start > floor and first - start < MAX_ZONE:
        row = rows[start - 1]
        if row.kind is Kind.PROSE or row.kind is Kind.DATA or _gap(row, rows[start]) > MAX_GAP:
            break
        parent = start - 2 >= floor and rows[start - 2].kind is Kind.HEAD
        if row.kind is Kind.LABEL and (unit_in(row.text) or (_is_title(row) and not parent)):
            break
        start -= 1
    return start


def _is_title(row: TextRow) -> bool:
    text = row.text
    return (is_numbered(text) or (bool(_TITLE.search(text)) and len(text) > 6)) and not is_value(text)


def _tail(rows: Sequence[TextRow], end: int) -> int:
    """The end of the rows: one label line more where it is the lower half of a label set around its values."""
    if end < len(rows) and rows[end].kind is Kind.LABEL and not rows[end - 1].values:
        upper, lower = rows[end - 1].line, rows[end].line
        if lower.box[1] - upper.box[3] < -0.15 * upper.size:
            return end + 1
    return end
