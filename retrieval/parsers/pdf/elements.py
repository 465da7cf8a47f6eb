"""The elements of a page in reading order: paragraphs, and tables with the lines above and the footnotes below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from retrieval.documents import Box, RawCell
from retrieval.parsers.assembly import is_note
from retrieval.parsers.pdf.blocks import Margins, Paragraph, paragraphs
from retrieval.parsers.pdf.folio import number_beside, printed_number, running_lines
from retrieval.parsers.pdf.labels import Wording
from retrieval.parsers.pdf.lines import TextRow, is_frame, is_sentence
from retrieval.parsers.pdf.pages import PageLayer
from retrieval.parsers.pdf.unruled import unruled_grids
from retrieval.tables.units import unit_in

LINES_BEFORE = 4
NOTES_AFTER = 12


@dataclass(slots=True)
class TableElement:
    """A grid, the lines above it (nearest last) and the footnotes under it."""

    cells: tuple[RawCell, ...]
    box: Box | None
    ruled: bool
    before: tuple[str, ...] = ()
    after: list[str] = field(default_factory=list)


@dataclass(slots=True)
class TextElement:
    """A paragraph; note: a footnote of the table above it; caption: only a unit, scope or period for the table below it."""

    paragraph: Paragraph
    note: bool = False
    caption: bool = False


Element = TableElement | TextElement


@dataclass(frozen=True, slots=True)
class PageElements:
    """A page's elements and the number printed on it."""

    elements: list[Element]
    printed: str


def page_elements(layer: PageLayer, keys: frozenset[str], wording: Wording) -> PageElements:
    """The elements of a page. keys: of the lines that recur on many pages (see pdf_folio)."""
    folio, printed = printed_number(layer.rows, layer.height)
    running = running_lines(layer.rows, layer.height, keys)
    frame = tuple(layer.rows[index].text for index in running)
    printed = printed or next((number for index in running if (number := number_beside(layer.rows[index]))), "")
    rows = [row for index, row in enumerate(layer.rows) if index != folio and index not in running]
    elements: list[Element] = []
    for piece, grid in _pieces(rows, layer):
        elements.extend(_flow(piece, layer, wording))
        if grid is not None:
            elements.append(grid)
    _attach(elements, tuple(text for text in frame if unit_in(text)))
    return PageElements(elements, printed)


def _pieces(rows: Sequence[TextRow], layer: PageLayer) -> list[tuple[list[TextRow], TableElement | None]]:
    """The lines above each ruled table with the table, then the lines under the last."""
    out: list[tuple[list[TextRow], TableElement | None]] = []
    left = list(rows)
    for grid in sorted(layer.grids, key=lambda grid: (grid.box[1], grid.box[0])):
        cut = next((place for place, row in enumerate(left) if row.line.box[1] >= grid.box[1]), len(left))
        out.append((left[:cut], TableElement(grid.cells, grid.box, True)))
        left = left[cut:]
    out.append((left, None))
    return out


def _flow(rows: Sequence[TextRow], layer: PageLayer, wording: Wording) -> list[Element]:
    """Lines without ruled tables: the unruled tables among them and the paragraphs between."""
    elements: list[Element] = []
    place = 0
    for grid in unruled_grids(rows, layer.number, wording, layer.rules):
        start = max(grid.start, place)
        elements.extend(TextElement(text) for text in paragraphs(rows[place:start], Margins(layer.left, layer.right, layer.gutter)))
        elements.append(TableElement(grid.cells, grid.box, False, grid.before))
        place = grid.end
    elements.extend(TextElement(text) for text in paragraphs(rows[place:], Margins(layer.left, layer.right, layer.gutter)))
    return elements


def _attach(elements: Sequence[Element], frame: tuple[str, ...]) -> None:
    """Give every table its lines above and its footnotes."""
    for index, element in enumerate(elements):
        if isinstance(element, TableElement):
            element.before = (*frame, *_before(elements, index), *element.before)
            _take_notes(elements, index, element)


def _before(elements: Sequence[Element], index: int) -> list[str]:
    lines: list[str] = []
    for element in reversed(elements[max(0, index - LINES_BEFORE) : index]):
        if isinstance(element, TableElement) or element.note:
            break
        text = element.paragraph.text
        element.caption = bool(unit_in(text)) or is_frame(text)
        lines.insert(0, text)
        if is_sentence(text) or element.paragraph.lines > 2:
            break
    return lines


def _take_notes(elements: Sequence[Element], index: int, table: TableElement) -> None:
    """Footnotes: paragraphs right under the table that start like one; a numbered line without an end is the next title."""
    for element in elements[index + 1 : index + 1 + NOTES_AFTER]:
        if isinstance(element, TableElement):
            return
        text = element.paragraph.text
        marked = is_note(text) and not (re.match(r"[(（]", text) and not is_sentence(text) and element.paragraph.lines < 2)
        if not marked:
            return
        element.note = True
        table.after.append(text)
