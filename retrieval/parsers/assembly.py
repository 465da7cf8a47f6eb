"""Putting a document together from what a format yields in reading order: headings, paragraphs, notes, tables, page turns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data.text import normalise
from retrieval.documents import Block, BlockKind, Document, Page, RawCell, RawTable, Table
from retrieval.parsers.archives import file_key
from retrieval.tables.build import build_table, join_continued

# The lines above a table that may be its title, 单位 line and introduction.
LINES_BEFORE = 3
LINES_AFTER = 12
_NOTE = re.compile(
    r"\s*(?:注[:：\d一二三四五六七八九十(（]|[(（]注|附?注释?[:：]|(?:数据|资料)来源|来源[:：于]|说明[:：]|备注[:：]"
    r"|(?i:notes?|sources?)\s*[:：\d]|[*＊#†※]|[(（]\d{1,2}[)）]\s*\S|[①-⑳])"
)


def is_note(line: str) -> bool:
    """A line under a table that belongs to it: 注：…, 资料来源：…, (1) …, * …, Note: …"""
    return bool(_NOTE.match(line))


_CHINESE_BREAK = re.compile(r"(?<=[^\x00-\x7f])[ \t]*\n\s*|\s*\n\s*(?=[^\x00-\x7f])")
_FORM = re.compile(r"\s*(?:编制单位|编制机构|填报单位|填报机构|报送单位|公司名称|编制日期|填报日期|制表人?|审核人?|页码)\s*[:：]")


def title_nearest(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines above a table with those of a form (编制单位：…, 填报日期：…) first, since the nearest line is read as the title."""
    return tuple(sorted(lines, key=lambda line: not _FORM.match(line)))


@dataclass(slots=True)
class _Pending:
    """A table before its footnotes are known."""

    tables: list[Table] | None
    raw: RawTable | None
    after: list[str] = field(default_factory=list)


class Assembly:
    """Collects one document. Every call adds to the current page, under the headings that are open; `finish` makes the Document."""

    def __init__(self, path: Path, kind: str) -> None:
        """kind: the document's format ("docx", "xlsx", …).

        Raises:
            DocumentError: the file cannot be read, is empty or too large.
        """
        self._path, self._kind, self._key = path, kind, file_key(path)
        self._items: list[Block | _Pending] = []
        self._texts: dict[int, list[str]] = {}
        self._pages: dict[int, Page] = {}
        self._open: list[tuple[int, str]] = []
        self._warnings: list[str] = []
        self.page = 1
        self.title = ""

    @property
    def section(self) -> tuple[str, ...]:
        """The headings that are open, outermost first."""
        return tuple(text for _, text in self._open)

    def warn(self, text: str) -> None:
        """A warning about the whole document."""
        if text not in self._warnings:
            self._warnings.append(text)

    def describe(self, page: Page) -> None:
        """Size, printed number and warnings of a page; its text is what is collected for it."""
        self._pages[page.number] = page

    def heading(self, text: str, level: int) -> None:
        """A heading; it closes the open ones of its level and deeper."""
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        self._open.append((level, text))
        self._items.append(Block(BlockKind.HEADING, text, self.page, self.section, level))
        self._write(text)

    def paragraph(self, text: str, kind: BlockKind = BlockKind.PARAGRAPH) -> None:
        """A paragraph, caption or note. Notes right under a table are its footnotes."""
        pending = self._under()
        if pending and (kind is BlockKind.NOTE or is_note(text)) and len(pending.after) < LINES_AFTER:
            pending.after.append(text)
            kind = BlockKind.NOTE
        self._items.append(Block(kind, text, self.page, self.section))
        self._write(text)

    def table(self, cells: Sequence[RawCell], *, before: Sequence[str] | None = None, after: Sequence[str] = (), ruled: bool = True) -> None:
        """A grid of cells. before: the lines above it where the caller knows them, else the paragraphs collected last."""
        if not any(cell.text.strip() for cell in cells):
            return
        lines = title_nearest(self._above() if before is None else before)
        page = min(cell.page for cell in cells)
        raw = RawTable(tuple(cells), page, None, lines, (), self.section, ruled)
        self._items.append(_Pending(None, raw, list(after)))
        self._write_cells(cells)

    def finished_tables(self, tables: Sequence[Table], cells: Sequence[RawCell]) -> None:
        """Tables that are already read from one grid; cells: what it says, for the text of the page."""
        self._items.append(_Pending(list(tables), None))
        self._write_cells(cells)

    def finish(self) -> Document:
        """The document: tables built and joined over page breaks, one block for each."""
        built = [(item, _built(item)) for item in self._items]
        tables = join_continued([table for _, found in built for table in found])
        blocks: list[Block] = []
        place = 0
        for item, found in built:
            if isinstance(item, Block):
                blocks.append(item)
                continue
            for _ in found:
                table = tables[place]
                blocks.append(Block(BlockKind.TABLE, table.title, table.page, table.section, box=table.box, table=place))
                place += 1
        title = self.title or self._path.stem
        return Document(self._key, self._path.name, title, self._kind, self._all_pages(), tuple(blocks), tuple(tables), (), tuple(self._warnings))

    def _all_pages(self) -> tuple[Page, ...]:
        last = max([self.page, *self._texts, *self._pages])
        pages = []
        for number in range(1, last + 1):
            known = self._pages.get(number) or Page(number, "")
            text = "\n".join(self._texts.get(number, ()))
            pages.append(Page(number, text, known.printed, known.width, known.height, known.warnings))
        return tuple(pages)

    def _under(self) -> _Pending | None:
        """The table right above, where only its notes stand between."""
        for item in reversed(self._items):
            if isinstance(item, _Pending):
                return item
            if item.kind is not BlockKind.NOTE:
                return None
        return None

    def _above(self) -> tuple[str, ...]:
        """The paragraphs right above, nearest last; a heading or another table ends them."""
        lines: list[str] = []
        for item in reversed(self._items[-LINES_BEFORE:]):
            if isinstance(item, _Pending) or item.kind is not BlockKind.PARAGRAPH:
                break
            lines.append(item.text)
        return tuple(reversed(lines))

    def _write(self, text: str, page: int | None = None) -> None:
        self._texts.setdefault(page or self.page, []).append(text)

    def _write_cells(self, cells: Sequence[RawCell]) -> None:
        rows: dict[tuple[int, int], list[RawCell]] = {}
        for cell in cells:
            if cell.text.strip():
                rows.setdefault((cell.row, cell.page), []).append(cell)
        for (_, page), row in sorted(rows.items()):
            line = "\t".join(" ".join(cell.text.split()) for cell in sorted(row, key=lambda cell: cell.column))
            self._write(line, page)


def _built(item: Block | _Pending) -> list[Table]:
    if isinstance(item, Block):
        return []
    if item.tables is not None:
        return item.tables
    if item.raw is None:
        return []
    raw = item.raw
    return build_table(RawTable(raw.cells, raw.page, raw.box, raw.before, tuple(item.after), raw.section, raw.ruled))


def one_line(text: str) -> str:
    """A text in one line, with single blanks."""
    return " ".join(text.split())


def unwrapped(text: str) -> str:
    """A text on one line: a line break beside a Chinese character falls away, any other becomes a blank."""
    return one_line(_CHINESE_BREAK.sub("", text))


def flat(text: str) -> str:
    """A text in compatible forms, lower case, without blanks: how headers are compared."""
    return "".join(normalise(text).lower().split())
