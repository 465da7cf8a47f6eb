"""The blocks and tables of a document in order, under their headings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.documents import Block, BlockKind, Bookmark, RawTable, Table
from retrieval.parsers.pdf.blocks import Paragraph, is_title
from retrieval.parsers.pdf.elements import Element, TableElement, TextElement
from retrieval.parsers.pdf.lines import is_numbered
from retrieval.parsers.pdf.outline import Outline, could_head, without_again
from retrieval.tables.build import build_table, join_continued
from retrieval.tables.text import bare

# Short lines in a row that are a list or a cover, no headings.
MAX_PLAIN_RUN = 2


@dataclass(slots=True)
class _Pending:
    """A block whose table is known by its place in the list of all tables."""

    block: Block
    table: Table | None = None


class Sections:
    """Takes the pages in order; `finish` gives blocks and tables."""

    def __init__(self, bookmarks: Sequence[Bookmark], body_size: float) -> None:
        self._marks = {(mark.page, bare(mark.title)): mark.level for mark in bookmarks}
        self._body = body_size
        self._outline = Outline()
        self._items: list[_Pending] = []
        self._open: Paragraph | None = None

    def add_page(self, number: int, elements: Sequence[Element]) -> None:
        """The elements of the next page."""
        first = True
        for index, element in enumerate(elements):
            if isinstance(element, TableElement):
                self._add_table(element, number)
                first = False
            else:
                first = self._add_text(element, elements, index, number, first)
        last = elements[-1] if elements else None
        self._open = last.paragraph if isinstance(last, TextElement) and not last.note else None

    def _add_text(self, element: TextElement, elements: Sequence[Element], index: int, number: int, first: bool) -> bool:
        """Add a paragraph or heading; returns whether nothing of the page counts yet for a sentence from the page before."""
        paragraph = element.paragraph
        level = self._marks.get((number, bare(paragraph.text)), 0)
        if level or (not element.note and (is_title(paragraph, self._body) or _plain_title(elements, index))):
            depth = self._outline.add(paragraph.text, paragraph.size, level)
            if depth:
                title = without_again(paragraph.text)
                self._items.append(_Pending(Block(BlockKind.HEADING, title, number, self._outline.section, depth, paragraph.box)))
            return first and not depth
        if element.caption:
            return False
        if first and self._open is not None and self._open.open and self._continue(paragraph):
            return False
        kind = BlockKind.NOTE if element.note else BlockKind.PARAGRAPH
        self._items.append(_Pending(Block(kind, paragraph.text, number, self._outline.section, box=paragraph.box)))
        return False

    def _continue(self, paragraph: Paragraph) -> bool:
        """Put the rest of a sentence on the page before, where that is sure."""
        last = self._items[-1].block if self._items else None
        if last is None or last.kind is not BlockKind.PARAGRAPH or is_numbered(paragraph.text) or could_head(paragraph.text):
            return False
        self._items[-1].block = replace(last, text=last.text + paragraph.text)
        return True

    def _add_table(self, element: TableElement, number: int) -> None:
        raw = RawTable(element.cells, number, element.box, element.before, tuple(element.after), self._outline.section, element.ruled)
        for table in build_table(raw):
            self._items.append(_Pending(Block(BlockKind.TABLE, "", number, self._outline.section, box=table.box), table))

    def finish(self) -> tuple[tuple[Block, ...], tuple[Table, ...]]:
        """All blocks and tables; tables that go on over a page break are joined to their headers."""
        tables = join_continued([item.table for item in self._items if item.table is not None])
        blocks: list[Block] = []
        place = 0
        for item in self._items:
            if item.table is None:
                blocks.append(item.block)
                continue
            table = tables[place]
            blocks.append(replace(item.block, text=table.title, section=table.section, box=table.box, table=place))
            place += 1
        return tuple(blocks), tuple(tables)


def _plain_title(elements: Sequence[Element], index: int) -> bool:
    """An unnumbered short line that more follows, not one of several in a row and not the rest of a sentence."""
    if not _could(elements[index]) or index + 1 >= len(elements):
        return False
    before = elements[index - 1] if index else None
    if isinstance(before, TextElement) and before.paragraph.open and not could_head(before.paragraph.text):
        return False
    start, end = index, index
    while start > 0 and _could(elements[start - 1]):
        start -= 1
    while end + 1 < len(elements) and _could(elements[end + 1]):
        end += 1
    return end - start < MAX_PLAIN_RUN


def _could(element: Element) -> bool:
    if not isinstance(element, TextElement) or element.note or element.paragraph.lines > 1:
        return False
    return could_head(element.paragraph.text) and not is_numbered(element.paragraph.text)
