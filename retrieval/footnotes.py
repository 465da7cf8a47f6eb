"""Footnotes joined to the rows they explain: "成本收入比(5)" in a table, "注(5)：以业务及管理费除以营业收入计算。" below or on the next page.

Reports define their indicators this way, and neither half says anything alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.chunking import Chunk, ChunkKind
from retrieval.documents import BlockKind, Document, Table

_MARKED = re.compile(r"^(?P<label>.*?\S)\s*(?P<marks>(?:[（(](?:注释?)?\s*\d{1,2}[)）]|[①-⑳]|\[\d{1,2}\]|注\s?\d{1,2}|[*＊†]+)+)\s*[:：]?$")
_MARK = re.compile(r"[（(](?:注释?)?\s*(\d{1,2})[)）]|([①-⑳])|\[(\d{1,2})\]|注\s?(\d{1,2})|([*＊†]+)")
_NOTE = re.compile(
    r"(?:^|(?<=[。；;\n]))\s*(?:注释?\s*[:：]?\s*)?"
    r"(?:[（(]\s*(?P<a>\d{1,2})\s*[)）]|(?P<b>[①-⑳])|\[(?P<c>\d{1,2})\]|注\s?(?P<d>\d{1,2})|(?P<f>\d{1,2})[.、](?!\d)|(?P<e>[*＊†]+))"
    r"\s*[:：、.]?\s*(?=\S)"
)
_LONGEST = 400
_PAGES_ON = 1


@dataclass(frozen=True, slots=True)
class Footnote:
    """What a report says about a row's label: the label without its mark, the note's text, and the page the note stands on."""

    label: str
    text: str
    page: int


def footnotes(document: Document) -> list[Footnote]:
    """Every footnote with the row labels that bear its mark, in reading order; a note that no row bears is left out."""
    found: list[Footnote] = []
    for table in document.tables:
        labels = list(_marked_labels(table))
        if labels:
            notes = dict(reversed(list(_notes_after(document, table))))
            found += [Footnote(label, *notes[mark]) for label, mark in labels if mark in notes]
    return list(dict.fromkeys(found))


def with_footnotes(document: Document, chunks: Sequence[Chunk]) -> list[Chunk]:
    """The chunks, and one more for each footnote under the label that it explains."""
    first = max((chunk.ordinal for chunk in chunks), default=-1) + 1
    notes = [
        Chunk(document.key, first + number, note.page, ChunkKind.NOTE, f"{note.label}：{note.text}", title=note.label)
        for number, note in enumerate(footnotes(document))
    ]
    return [*chunks, *notes]


def _marked_labels(table: Table) -> Iterator[tuple[str, str]]:
    """(label, mark) of the rows whose label bears a mark."""
    for row in table.rows:
        match = _MARKED.match("".join(row.label.split()))
        if match:
            for mark in _marks(match["marks"]):
                yield match["label"], mark


def _marks(text: str) -> Iterator[str]:
    for match in _MARK.finditer(text):
        yield next(group for group in match.groups() if group)


def _notes_after(document: Document, table: Table) -> Iterator[tuple[str, tuple[str, int]]]:
    """(mark, (text, page)) of the notes below a table: its own, and those of the page's rest and the next page up to another table."""
    for text in table.notes:
        yield from ((mark, (note, table.page)) for mark, note in _split(text))
    index = next((at for at, block in enumerate(document.blocks) if block.table is not None and document.tables[block.table] is table), None)
    if index is None:
        return
    for block in document.blocks[index + 1 :]:
        if block.page > table.page + _PAGES_ON:
            return
        if block.kind is BlockKind.TABLE:
            if block.table is not None and any(_marked_labels(document.tables[block.table])) and block.page > table.page:
                return
            continue
        yield from ((mark, (note, block.page)) for mark, note in _split(block.text))


def _split(text: str) -> Iterator[tuple[str, str]]:
    """The notes of a text, each with its mark."""
    starts = list(_NOTE.finditer(text))
    ends = [match.start() for match in starts[1:]] + [len(text)]
    for match, end in zip(starts, ends, strict=False):
        note = text[match.end() : end].strip()
        if 4 <= len(note) <= _LONGEST:
            yield next(group for group in match.groups() if group), note
