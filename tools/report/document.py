"""The document model of a report: headings, paragraphs, bullets and tables, parsed from an audited answer.

The text that comes in has passed the audit; nothing here adds, drops or changes a character of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Paragraph:
    """Running text; may hold source marks such as [1]."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """An unordered list."""

    items: list[str]


@dataclass(frozen=True)
class Table:
    """A table: the header and rows of cells, all of one width."""

    header: list[str]
    rows: list[list[str]]


Block = Paragraph | Bullets | Table


@dataclass(frozen=True)
class Section:
    """A heading ("" before the first one) and its blocks."""

    title: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Document:
    """A report: title, sections, the notes for the reader and the sources in the order of their marks."""

    title: str
    sections: list[Section]
    notes: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    generated: str = ""


def parse_answer(title: str, text: str, generated: str = "") -> Document:
    """The document of an audited answer (Markdown as the writer lays it out, 说明 and 来源 at its foot)."""
    sections, notes, sources = [Section("")], list[str](), list[str]()
    lines, at = text.splitlines(), 0
    while at < len(lines):
        line = lines[at].strip()
        if line in ("说明：", "来源："):
            at = _foot(lines, at + 1, notes if line == "说明：" else sources)
            continue
        if line.startswith("## "):
            sections.append(Section(line.removeprefix("## ")))
        elif line.startswith("|"):
            at = _table(lines, at, sections[-1].blocks)
            continue
        elif line.startswith("- "):
            at = _bullets(lines, at, sections[-1].blocks)
            continue
        elif line:
            sections[-1].blocks.append(Paragraph(line))
        at += 1
    return Document(title, [section for section in sections if section.title or section.blocks], notes, sources, generated)


def _table(lines: list[str], at: int, blocks: list[Block]) -> int:
    rows = []
    while at < len(lines) and lines[at].strip().startswith("|"):
        rows.append([cell.strip() for cell in lines[at].strip().strip("|").split("|")])
        at += 1
    body = [row for row in rows[1:] if not all(set(cell) <= {"-", ":"} for cell in row)]
    blocks.append(Table(rows[0], body))
    return at


def _bullets(lines: list[str], at: int, blocks: list[Block]) -> int:
    items = []
    while at < len(lines) and lines[at].strip().startswith("- "):
        items.append(lines[at].strip().removeprefix("- "))
        at += 1
    blocks.append(Bullets(items))
    return at


def _foot(lines: list[str], at: int, into: list[str]) -> int:
    while at < len(lines) and lines[at].strip() and not lines[at].strip().startswith("## ") and lines[at].strip() not in ("说明：", "来源："):
        into.append(lines[at].strip().removeprefix("- "))
        at += 1
    return at
