"""Markdown and plain text: headings, pipe tables, tables set with blanks, notes and paragraphs.

A form feed turns the page, as in the text of a PDF. Plain text has no heading marks: lines numbered the Chinese way are headings
there.
"""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

from retrieval.documents import BlockKind, Document, RawCell
from retrieval.parsers.aligned import aligned_cells, caption_lines, runs, text_tokens
from retrieval.parsers.assembly import Assembly, is_note, one_line, unwrapped
from retrieval.parsers.headings import numbered_level
from retrieval.parsers.markdown_inline import inline, split_row
from retrieval.parsers.text_files import read_text
from retrieval.tables.units import unit_in

_ATX = re.compile(r"^ {0,3}(#{1,6})(?:\s+(.*?))?\s*#*\s*$")
_SETEXT = re.compile(r"^ {0,3}(=+|-{3,})\s*$")
_DELIMITER = re.compile(r"^\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_FENCE = re.compile(r"^\s*(?:```+|~~~+)")
_RULE = re.compile(r"^\s*(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,}|={3,})$")
_ITEM = re.compile(r"^\s*(?:[-*+•]\s+|>\s?)+")
_NOTE = re.compile(r"^\s*\[\^[^\]]+\]:\s*(.*)$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FRONT = re.compile(r"\A---\n(?P<body>.*?)\n---\n", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title\s*:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)
# Lines nearly as wide as the widest usual line were broken by the setting and go on; past this width nobody breaks lines.
_WRAPPED, _WIDEST = 0.85, 160.0
_SENTENCE_END = ("。", "！", "？", "；", "：")


def read_markdown(path: Path) -> Document:
    """A Markdown or plain text file as a document; UTF-8, UTF-16 or GB18030.

    Raises:
        DocumentError: it cannot be read, is too large, or is no text.
    """
    text = _COMMENT.sub("", read_text(path))
    marked = is_markdown(text)
    assembly = Assembly(path, "markdown" if marked else "text")
    if front := _FRONT.match(text):
        title = _FRONT_TITLE.search(front["body"])
        assembly.title = title[1] if title else ""
        text = text[front.end() :]
    add_text(assembly, text)
    return assembly.finish()


def is_markdown(text: str) -> bool:
    """Whether a text has marks of Markdown: # headings, or the line of dashes under the head of a pipe table."""
    lines = text.splitlines()
    return any(_ATX.match(line) or ("|" in line and "-" in line and _DELIMITER.match(line)) for line in lines)


def add_text(assembly: Assembly, text: str) -> None:
    """Puts a text into an assembly, from its current page on; each form feed turns the page."""
    marked = is_markdown(text)
    styled = any(_ATX.match(line) for line in text.splitlines())
    for index, page in enumerate(text.removesuffix("\f").split("\f")):
        assembly.page += index > 0
        _Page(assembly, page.split("\n"), marked, styled).read()


class _Page:
    """The lines of one page on their way into an assembly."""

    def __init__(self, assembly: Assembly, lines: list[str], marked: bool, styled: bool) -> None:
        self._assembly, self._lines, self._marked, self._styled = assembly, lines, marked, styled
        self._tokens = [text_tokens(line) if "|" not in line else [] for line in lines]
        self._runs = dict(runs(self._tokens))
        self._paragraph: list[str] = []
        widths = sorted(tokens[-1].right for tokens in self._tokens if tokens)
        self._full = widths[int(len(widths) * 0.9)] * _WRAPPED if widths else 0.0

    def read(self) -> None:
        """Every line, in order."""
        index = 0
        while index < len(self._lines):
            index = self._step(index)
        self._flush()

    def _step(self, index: int) -> int:
        """Reads what starts at a line; the index of the next line."""
        line = self._lines[index]
        following = self._lines[index + 1] if index + 1 < len(self._lines) else ""
        if not line.strip() or _FENCE.match(line) or (_RULE.match(line) and not self._paragraph):
            self._flush()
            return index + 1
        if "|" in line and "|" in following and _DELIMITER.match(following):
            return self._pipe_table(index)
        if index in self._runs:
            return self._aligned_table(index)
        if heading := _ATX.match(line):
            self._heading(inline(heading[2] or ""), len(heading[1]))
            return index + 1
        if self._marked and (under := _SETEXT.match(following)) and not self._paragraph and not _ITEM.match(line):
            self._heading(inline(line), 1 if under[1][0] == "=" else 2)
            return index + 2
        self._text(index)
        return index + 1

    def _heading(self, text: str, level: int) -> None:
        self._flush()
        if text:
            self._assembly.heading(one_line(text), level)

    def _pipe_table(self, start: int) -> int:
        self._flush()
        end = start + 2
        while end < len(self._lines) and "|" in self._lines[end]:
            end += 1
        lines = [self._lines[start], *self._lines[start + 2 : end]]
        page = self._assembly.page
        rows = [split_row(line) for line in lines]
        self._assembly.table([RawCell(text, row, column, page=page) for row, texts in enumerate(rows) for column, text in enumerate(texts)])
        return end

    def _aligned_table(self, start: int) -> int:
        self._flush()
        end = self._runs[start]
        lines = self._tokens[start:end]
        captions = caption_lines(lines)
        for token in chain.from_iterable(lines[:captions]):
            self._assembly.paragraph(token.text)
        self._assembly.table(aligned_cells(lines[captions:], self._assembly.page), ruled=False)
        return end

    def _text(self, index: int) -> None:
        line = self._lines[index]
        if note := _NOTE.match(line):
            self._flush()
            self._assembly.paragraph(one_line(inline(note[1])), BlockKind.NOTE)
            return
        text = inline(_ITEM.sub("", line)) if self._marked else line.strip()
        level = 0 if self._styled else numbered_level(text)
        if level and (not self._paragraph or not self._goes_on(index - 1)):
            self._heading(text, level)
            return
        if _ITEM.match(line) or is_note(text) or unit_in(text) or (self._paragraph and not self._goes_on(index - 1)):
            self._flush()
        self._paragraph.append(text)
        if unit_in(text):
            self._flush()

    def _goes_on(self, index: int) -> bool:
        """Whether the paragraph of a line is continued by the next: always in Markdown, in plain text where the line is full."""
        if self._marked:
            return True
        tokens = self._tokens[index]
        ended = self._lines[index].rstrip()[-1:] in _SENTENCE_END
        return bool(tokens) and not ended and self._full <= tokens[-1].right and self._full <= _WIDEST * _WRAPPED

    def _flush(self) -> None:
        if text := unwrapped("\n".join(self._paragraph)):
            self._assembly.paragraph(text)
        self._paragraph = []
