"""JSON lines: one object per line, as converters of annual reports write it.

Two forms, told apart line by line: {"page", "allrow", "type", "inside"} with the types text, excel (one table row), 页眉 and 页脚;
and {"page", "text"} or {"page", "table": [[…], …]}, with "section" or "heading" where the converter knows them.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data.errors import DocumentError
from retrieval.documents import Document, Page, RawCell
from retrieval.parsers.assembly import Assembly, is_note
from retrieval.parsers.numbering import contents_of, line_level
from retrieval.parsers.text_files import read_text
from retrieval.tables.text import frame_parts, tidy
from retrieval.tables.units import unit_in

_TABLE_TYPES = frozenset({"excel", "table", "表格"})
_HEADER_TYPES = frozenset({"页眉", "header"})
_FOOTER_TYPES = frozenset({"页脚", "footer"})
_PRINTED = re.compile(r"[-–—\s]*(?:第)?\s*(\d{1,4}|[ivxIVX]{1,6})\s*(?:页)?(?:\s*/\s*\d+)?[-–—\s]*")
# The number of a heading on a line of its own.
_BARE_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}")
# A page number past this is a damaged file, not a report.
MAX_PAGES = 20_000
MAX_LINE_CHARS = 5_000_000
# A line this long without a full stop was cut by the page's width.
_FULL_LINE = 30
_STOPS = "。！？；：!?;:"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the file: text, or the rows of a table."""

    page: int
    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def read_json_lines(path: Path) -> Document:
    """A JSON-lines file as a document, with the pages that its lines name.

    Raises:
        DocumentError: the file cannot be read, a line is no object of a known form (the message names the line), or it holds no text.
    """
    assembly, entries = Assembly(path, "jsonl"), list(_entries(path))
    reader = _Reader(assembly, contents_of(entry.text for entry in entries))
    for entry in entries:
        reader.take(entry)
    reader.end_table()
    reader.end_paragraph()
    document = reader.assembly.finish()
    if not any(page.text.strip() for page in document.pages):
        raise DocumentError(f"“{path.name}”里没有文字：请检查转换是否完整")
    return document


@dataclass(slots=True)
class _Reader:
    """Collects table rows until the table ends and the lines of a paragraph, and keeps the running heads apart."""

    assembly: Assembly
    contents: frozenset[str] = frozenset()
    number: str = ""
    rows: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def take(self, entry: _Entry) -> None:
        """One entry, in the order of the file."""
        if self.rows and (entry.page != self.assembly.page or (not entry.rows and (entry.text.strip() or entry.kind != "text"))):
            self.end_table()
        if entry.rows and self.rows and len(entry.rows[0]) != len(self.rows[-1][1]):
            self.end_table()
        if entry.page != self.assembly.page:
            self.end_paragraph()
            self.assembly.page = entry.page
            self.assembly.describe(Page(entry.page, ""))
        if entry.kind in _TABLE_TYPES:
            self.end_paragraph()
            self.rows.extend((entry.page, row) for row in entry.rows)
        elif entry.kind in _FOOTER_TYPES:
            if printed := _PRINTED.fullmatch(entry.text.strip()):
                self.assembly.describe(Page(entry.page, "", printed[1]))
        elif entry.kind not in _HEADER_TYPES:
            self.text(entry)

    def text(self, entry: _Entry) -> None:
        """A line of text: heading where its numbering or its kind says so, else a paragraph or note."""
        line = tidy(entry.text)
        if not line:
            return
        if _BARE_NUMBER.fullmatch(line):
            self.number = line
            return
        line, self.number = self.number + line, ""
        level = 1 if entry.kind == "heading" else line_level(line, self.contents)
        apart = level > 0 or is_note(line) or bool(unit_in(line)) or bool(frame_parts(line))
        if apart or not self._goes_on():
            self.end_paragraph()
        if level:
            self.assembly.heading(line, level)
        else:
            self.lines.append(line)

    def _goes_on(self) -> bool:
        return bool(self.lines) and len(self.lines[-1]) >= _FULL_LINE and self.lines[-1][-1] not in _STOPS

    def end_paragraph(self) -> None:
        """Hand the collected lines over as one paragraph."""
        lines, self.lines = self.lines, []
        if lines:
            self.assembly.paragraph(tidy("\n".join(lines)))

    def end_table(self) -> None:
        """Hand the collected rows over as one table."""
        rows, self.rows = self.rows, []
        cells = [
            RawCell(text, number, column, page=page)
            for number, (page, row) in enumerate(rows)
            for column, text in enumerate(row)
        ]
        if cells:
            self.assembly.table(cells)


def _entries(path: Path) -> Iterator[_Entry]:
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        if len(line) > MAX_LINE_CHARS:
            raise DocumentError(f"“{path.name}”第 {number} 行过长（{len(line)} 字）：请检查是否每行一个 JSON 对象")
        try:
            entry = _entry(json.loads(line))
        except (ValueError, RecursionError, _FormError) as error:
            advice = '请按每行 {"page": 页码, "text": 文字} 的格式修正'
            raise DocumentError(f"“{path.name}”第 {number} 行不是可识别的 JSON 对象（{_reason(error)}）：{advice}") from error
        yield entry


class _FormError(Exception):
    """A line of a form that no converter writes; its text says what is off."""


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"第 {error.colno} 个字符处语法有误"
    return str(error) if isinstance(error, _FormError) else "无法解析"


def _entry(value: object) -> _Entry:
    if not isinstance(value, dict):
        raise _FormError("应为对象")
    page = _page(value.get("page", value.get("page_number", 1)))
    kind = str(value.get("type", "text"))
    if "inside" in value:
        text = _string(value["inside"], "inside")
        return _Entry(page, kind, rows=(_row(text),) if text.strip() else ()) if kind in _TABLE_TYPES else _Entry(page, kind, text)
    if "table" in value:
        return _Entry(page, "table", rows=_table(value["table"]))
    for key in ("text", "content", "heading"):
        if key in value:
            return _Entry(page, "heading" if key == "heading" else kind, _string(value[key], key))
    raise _FormError("缺少 text、table 或 inside")


def _page(value: object) -> int:
    if isinstance(value, str) and value.strip().isdecimal() and len(value.strip()) < 7:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_PAGES:
        raise _FormError(f"page 应为 1 至 {MAX_PAGES} 的整数")
    return value


def _string(value: object, key: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _FormError(f"{key} 应为文本")
    return value


def _row(text: str) -> tuple[str, ...]:
    """A table row written as a list literal, or as plain text split at tabs and bars."""
    if text.lstrip().startswith("["):
        try:
            cells = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
            raise _FormError("inside 不是列表") from error
        return _texts(cells)
    return tuple(part.strip() for part in re.split(r"[\t|]", text))


def _table(value: object) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise _FormError("table 应为由行组成的列表")
    return tuple(_texts(row) for row in value)


def _texts(cells: object) -> tuple[str, ...]:
    if not isinstance(cells, Sequence) or isinstance(cells, str | bytes):
        raise _FormError("表格的一行应为列表")
    return tuple("" if cell is None else str(cell) for cell in cells)
