"""Cutting a document into the passages that search ranks: paragraphs, table rows, and whole tables by their labels.

Every chunk lies on one page and knows the headings over it. Paragraphs are merged and split at sentence ends to a few
hundred characters. A table row is written out with its caption, headers and unit, so that it can be found and read alone;
a table as a whole is its caption and labels, for questions that name no row. What is searched may be less than what is
shown: the values of a row would only make it look longer than it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from data.figures import Figure
from data.text import normalise_name
from retrieval.contents_page import is_contents
from retrieval.documents import Block, BlockKind, Box, Document, Row, Table

TARGET, LIMIT = 260, 400
_TABLE_LIMIT = 600
_SENTENCE = re.compile(r"[^。；！？!?]*[。；！？!?]+[”’」）)]*|[^。；！？!?]+$")
_CLAUSE = re.compile(r"[^，,、：:]*[，,、：:]|[^，,、：:]+$")
_KEY_LENGTH = 16
_PATH = " > "
# Blanks that a layout puts between the characters of a word.
_GAP = re.compile(r"(?<=[\u3400-\u9fff])[^\S\n]+(?=[\u3400-\u9fff])")


class ChunkKind(StrEnum):
    """What a chunk was made from. CONTENTS: a line of a table of contents, which names everything and says nothing."""

    TEXT = "text"
    NOTE = "note"
    ROW = "row"
    TABLE = "table"
    CONTENTS = "contents"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One passage of a document.

    id: unique in the document and the same at every parsing. document: the document's key. ordinal: place in reading order.
    section: headings over it, outermost first. title: the nearest of them, or the table's caption. terms: what is searched
    in place of the text, where that differs. indicators: catalogue ids of the figures read there.
    """

    document: str
    ordinal: int
    page: int
    kind: ChunkKind
    text: str
    section: tuple[str, ...] = ()
    title: str = ""
    terms: str = ""
    box: Box | None = None
    indicators: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Document and place: "3f6c…-00012"."""
        return f"{self.document[:_KEY_LENGTH]}-{self.ordinal:05d}"

    @property
    def label(self) -> str:
        """Of a row, its own label without those of its parents; "" of anything else."""
        return self.terms.split("\n", 1)[0].rsplit(_PATH, 1)[-1] if self.kind is ChunkKind.ROW else ""

    @property
    def search_text(self) -> str:
        """What an index reads: the headings over it, the caption, and the terms or the text."""
        heads = dict.fromkeys(part for part in (*self.section, self.title) if part)
        return _GAP.sub("", "\n".join([*heads, self.terms or self.text]))


def chunk_document(document: Document, figures: Sequence[Figure] = ()) -> list[Chunk]:
    """The chunks of a document in reading order; `figures`, those read from it, tell which indicators a chunk is about."""
    contents = {page.number for page in document.pages if is_contents(page.text)}
    drafts = [chunk for chunk in _drafts(document) if chunk.text.strip()]
    rows, quotes = _read_at(figures)
    chunks = []
    for ordinal, chunk in enumerate(drafts):
        kind = ChunkKind.CONTENTS if chunk.page in contents else chunk.kind
        chunks.append(replace(chunk, ordinal=ordinal, kind=kind, indicators=_indicators(chunk, rows, quotes)))
    return chunks


def _drafts(document: Document) -> Iterator[Chunk]:
    """Chunks without their final number: runs of paragraphs of one page and section, and tables where they stand."""
    placed: set[int] = set()
    run: list[Block] = []
    for block in document.blocks or _page_blocks(document):
        if run and not _together(run[-1], block):
            yield from _paragraphs(document.key, run)
            run = []
        if block.kind is BlockKind.TABLE:
            if block.table is not None and block.table not in placed:
                placed.add(block.table)
                yield from _table(document.key, document.tables[block.table], block.section)
        elif block.kind is not BlockKind.HEADING:
            run.append(block)
    yield from _paragraphs(document.key, run)
    for position, table in enumerate(document.tables):
        if position not in placed:
            yield from _table(document.key, table, ())


def _together(before: Block, block: Block) -> bool:
    same = (before.page, before.kind, before.section) == (block.page, block.kind, block.section)
    return same and block.kind is not BlockKind.TABLE


def _page_blocks(document: Document) -> Iterator[Block]:
    """For a format that knows no blocks: the lines of each page."""
    for page in document.pages:
        for line in page.text.splitlines():
            if line.strip():
                yield Block(BlockKind.PARAGRAPH, line.strip(), page.number)


def _paragraphs(key: str, run: Sequence[Block]) -> Iterator[Chunk]:
    """Paragraphs of one page and section, merged up to TARGET characters and cut where one is past LIMIT."""
    held: list[tuple[str, Block]] = []
    for block in run:
        for piece in _pieces(block.text.strip()):
            if held and sum(len(text) for text, _ in held) + len(piece) > TARGET:
                yield _text_chunk(key, held)
                held = []
            held.append((piece, block))
    if held:
        yield _text_chunk(key, held)


def _pieces(text: str) -> Iterator[str]:
    """A paragraph in pieces of at most LIMIT characters: whole sentences, or clauses of one that is longer."""
    if len(text) <= LIMIT:
        yield text
        return
    held = ""
    for sentence in _SENTENCE.findall(text):
        parts = [sentence] if len(sentence) <= LIMIT else _clauses(sentence)
        for part in parts:
            if held and len(held) + len(part) > TARGET:
                yield held
                held = ""
            held += part
    if held:
        yield held


def _clauses(sentence: str) -> list[str]:
    return [clause[start : start + LIMIT] for clause in _CLAUSE.findall(sentence) for start in range(0, len(clause), LIMIT)]


def _text_chunk(key: str, held: Sequence[tuple[str, Block]]) -> Chunk:
    first = held[0][1]
    kind = ChunkKind.NOTE if first.kind is BlockKind.NOTE else ChunkKind.TEXT
    text = "\n".join(text for text, _ in held)
    boxes = [block.box for _, block in held if block.box]
    return Chunk(key, 0, first.page, kind, text, first.section, first.section[-1] if first.section else "", box=_around(boxes))


def _around(boxes: Sequence[Box]) -> Box | None:
    if not boxes:
        return None
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _table(key: str, table: Table, section: tuple[str, ...]) -> Iterator[Chunk]:
    """A table: per page one chunk of its labels, then one chunk per row that holds a value or a text."""
    section = table.section or section
    title = table.title or (section[-1] if section else "")
    pages: dict[int, list[Row]] = defaultdict(list)
    for row in table.rows:
        pages[row.page].append(row)
    for page, rows in sorted(pages.items()):
        yield from _whole(key, table, section, title, page, rows)
        for row in rows:
            if row.label and any(row.cells):
                yield _row(key, table, section, title, row)


def _whole(key: str, table: Table, section: tuple[str, ...], title: str, page: int, rows: Sequence[Row]) -> Iterator[Chunk]:
    head = "；".join(dict.fromkeys(part for part in (table.stub, *_headers(table)) if part))
    labels = dict.fromkeys(part for row in rows for part in (*row.parents, row.label) if part)
    box = table.box if page == table.page else _around([row.box for row in rows if row.box])
    lines, held = [], ""
    for label in labels:
        if held and len(held) + len(label) > _TABLE_LIMIT:
            lines.append(held)
            held = ""
        held += ("；" if held else "") + label
    for line in [*lines, held]:
        text = "\n".join(part for part in (_caption(title, table.unit), head, line) if part)
        yield Chunk(key, 0, page, ChunkKind.TABLE, text, section, title, f"{head}\n{line}", box)


def _row(key: str, table: Table, section: tuple[str, ...], title: str, row: Row) -> Chunk:
    """本金融资产情况（百万元）｜ 个人贷款 > 住房贷款：2023年末 1,234；2022年末 1,111."""
    path = _PATH.join((*row.parents, row.label))
    cells = [
        f"{column.label} {cell.text}".strip()
        for column, cell in zip(table.columns, row.cells, strict=False) if cell and cell.text and not column.note
    ]
    caption = _caption(title, table.unit)
    text = f"{caption} | {path}：{'；'.join(cells)}" if caption else f"{path}：{'；'.join(cells)}"
    words = [cell.text for cell in row.cells if cell and not re.search(r"\d", cell.text)]
    terms = "\n".join([path, *dict.fromkeys(_headers(table)), *words])
    return Chunk(key, 0, row.page, ChunkKind.ROW, text, section, title, terms, row.box)


def _caption(title: str, unit: str) -> str:
    return f"{title}（{unit}）" if unit and unit not in title else title


def _headers(table: Table) -> list[str]:
    return [column.label for column in table.columns if not column.note]


def _read_at(figures: Iterable[Figure]) -> tuple[dict[tuple[int | None, str], set[str]], dict[int | None, list[tuple[str, str]]]]:
    """Where figures were read: indicators by page and row label, and (quoted text, indicator) by page."""
    rows: dict[tuple[int | None, str], set[str]] = defaultdict(set)
    quotes: dict[int | None, list[tuple[str, str]]] = defaultdict(list)
    for figure in figures:
        for item in figure.evidence if figure.indicator_id else ():
            if item.row:
                rows[item.page, normalise_name(item.row)].add(figure.indicator_id)
            elif item.quote:
                quotes[item.page].append((normalise_name(item.quote), figure.indicator_id))
    return rows, quotes


def _indicators(
    chunk: Chunk, rows: dict[tuple[int | None, str], set[str]], quotes: dict[int | None, list[tuple[str, str]]]
) -> tuple[str, ...]:
    if chunk.kind is ChunkKind.ROW:
        path = chunk.terms.split("\n", 1)[0]
        labels = (normalise_name(path), normalise_name(chunk.label))
        return tuple(sorted(rows.get((chunk.page, labels[0]), set()) | rows.get((chunk.page, labels[1]), set())))
    text = normalise_name(chunk.text) if quotes.get(chunk.page) else ""
    return tuple(sorted({indicator for quote, indicator in quotes.get(chunk.page, ()) if quote in text}))
