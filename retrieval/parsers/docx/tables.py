"""The grid of one Word table: gridSpan and vMerge resolved, the page of every row, nested tables set aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from retrieval.documents import RawCell
from retrieval.parsers.assembly import one_line
from retrieval.parsers.docx.pages import PageCounter
from retrieval.parsers.docx.text import paragraph_text, tag

MAX_COLUMNS = 1000
_TWIPS = 20.0
_HUNDREDTHS = 10.0


@dataclass(slots=True)
class Grid:
    """A table as cells. nested: tables inside its cells. notes: footnotes marked in it, as (part, id)."""

    cells: list[RawCell] = field(default_factory=list)
    nested: list[Any] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_frame(self) -> bool:
        """A single column (or cell): a box around text, or around another table."""
        return max((cell.column for cell in self.cells), default=0) == 0

    def lines(self) -> Iterator[str]:
        """The text of a frame, line by line."""
        for cell in self.cells:
            yield from (one_line(line) for line in cell.text.splitlines() if line.strip())


def read_grid(table: Any, pages: PageCounter) -> Grid:
    """The cells of a w:tbl; the page counter turns with the breaks inside it."""
    grid = Grid()
    open_spans: dict[int, int] = {}
    for number, row in enumerate(_rows(table)):
        column = _skipped(row, "gridBefore")
        turns, after_text = _turns(row)
        if turns and not after_text:
            _turn(pages, turns)
            turns = 0
        page, wrote = pages.page, False
        for node in _cells(row):
            span = _span(node)
            merge = node.find(f"{tag('tcPr')}/{tag('vMerge')}")
            if merge is not None and merge.get(tag("val")) != "restart" and column in open_spans:
                index = open_spans[column]
                grid.cells[index] = replace(grid.cells[index], row_span=number - grid.cells[index].row + 1)
            else:
                cell = _cell(node, number, column, span, page, grid)
                wrote = wrote or bool(cell.text.strip())
                open_spans.pop(column, None)
                if merge is not None:
                    open_spans[column] = len(grid.cells)
                grid.cells.append(cell)
            column += span
        if wrote:
            pages.wrote()
        _turn(pages, turns)
    return grid


def _cell(node: Any, row: int, column: int, span: int, page: int, grid: Grid) -> RawCell:
    lines = []
    indent = 0.0
    for child in _content(node):
        if child.tag == tag("tbl"):
            grid.nested.append(child)
            continue
        found = paragraph_text(child)
        grid.notes.extend(found.notes)
        if found.text.strip():
            indent = indent or _indent(child)
            lines.append(found.text.rstrip())
    return RawCell("\n".join(lines), row, column, 1, span, page, None, indent)


def _content(node: Any) -> Iterator[Any]:
    for child in node:
        if child.tag in (tag("p"), tag("tbl")):
            yield child
        elif child.tag in (tag("sdt"), tag("sdtContent"), tag("ins"), tag("customXml")):
            yield from _content(child)


def _rows(table: Any) -> Iterator[Any]:
    """The rows, those inside content controls included and deleted ones left out."""
    for child in table:
        if child.tag == tag("tr"):
            if child.find(f"{tag('trPr')}/{tag('del')}") is None:
                yield child
        elif child.tag in (tag("sdt"), tag("sdtContent"), tag("ins"), tag("customXml")):
            yield from _rows(child)


def _cells(row: Any) -> Iterator[Any]:
    for child in row:
        if child.tag == tag("tc"):
            yield child
        elif child.tag in (tag("sdt"), tag("sdtContent"), tag("customXml")):
            yield from _cells(child)


def _span(node: Any) -> int:
    mark = node.find(f"{tag('tcPr')}/{tag('gridSpan')}")
    return _count(mark)


def _skipped(row: Any, name: str) -> int:
    mark = row.find(f"{tag('trPr')}/{tag(name)}")
    return _count(mark) if mark is not None else 0


def _count(mark: Any) -> int:
    value = mark.get(tag("val"), "") if mark is not None else ""
    return min(max(int(value), 1), MAX_COLUMNS) if value.isdigit() else 1


def _turns(row: Any) -> tuple[int, bool]:
    """Page turns in a row (the most that one cell has, since cells lie beside each other), and whether text stood before the first."""
    most, after_text = 0, False
    for node in _cells(row):
        breaks = 0
        text = False
        for child in _content(node):
            if child.tag == tag("p"):
                found = paragraph_text(child)
                if found.breaks:
                    after_text = after_text or text or found.breaks[0][1]
                breaks += sum(1 for kind, _ in found.breaks if kind == "saved")
                text = text or bool(found.text.strip())
        most = max(most, breaks)
    return most, after_text


def _turn(pages: PageCounter, turns: int) -> None:
    for _ in range(turns):
        pages.turn("saved")


def _indent(paragraph: Any) -> float:
    """The left indent of a paragraph in points: given in twentieths, or in hundredths of a character of some 10 points."""
    mark = paragraph.find(f"{tag('pPr')}/{tag('ind')}")
    if mark is None:
        return 0.0
    for name in ("leftChars", "startChars", "left", "start", "firstLineChars", "firstLine"):
        value = mark.get(tag(name), "")
        if value.isdigit() and int(value):
            return int(value) / (_HUNDREDTHS if name.endswith("Chars") else _TWIPS)
    return 0.0
