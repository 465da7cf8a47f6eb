"""Where a grid has its labels and where its header ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.tables.grid import GridRow, Slot
from retrieval.tables.text import bare, frame_parts, is_nil, is_note_header, is_note_ref, is_ordinal, is_period, is_sure_note_ref, is_value, is_year
from retrieval.tables.units import unit_in

# A header cell longer than this is a sentence, and the row is data.
MAX_HEADER_CHARS = 40
MAX_HEADER_ROWS = 8


_ANSWERS = frozenset({"是", "否", "有", "无", "不适用", "√", "×"})
_HEADER_WORD = re.compile(r"(?:名称|机构|内容|说明|情况|日期|时间|职务|类型|方式|比例|备注|性质|数量|分行|地址|电话)$")


@dataclass(frozen=True, slots=True)
class Layout:
    """labels: how many leading columns hold the row label. head: how many leading rows are header. notes: reference columns.

    wrapped: each printed line is a row of its own and a box is that of its text, as in unruled columns.
    """

    labels: int
    head: int
    notes: frozenset[int]
    wrapped: bool = False


def layout_of(grid: Sequence[GridRow], *, wrapped: bool = False) -> Layout:
    """The layout of a grid of at least one row."""
    labels = _label_columns(grid)
    head = _header_rows(grid, labels, wrapped)
    return Layout(labels, head, _note_columns(grid, labels, head), wrapped)


def holds_values(row: GridRow, labels: int) -> bool:
    """Whether a row has a value beside its label: a number, a mark for none; years alone are a header."""
    texts = [slot.text for slot in row[labels:] if slot and slot.first]
    values = [text for text in texts if is_value(text)]
    return bool(values) and not all(is_year(text) for text in values) and not all(is_year(text) or not is_value(text) for text in texts)


def is_label_only(row: GridRow, labels: int) -> bool:
    """A row of one text: in the label columns, or one cell over all columns."""
    beside = [slot for slot in row[labels:] if slot]
    return not beside or (all(slot.cell is beside[0].cell for slot in beside) and row[0] is not None and row[0].cell is beside[0].cell)


def label_slots(row: GridRow, labels: int) -> list[Slot]:
    """The distinct label cells of a row, left to right."""
    found: list[Slot] = []
    for slot in row[:labels]:
        if slot and all(slot.cell is not other.cell for other in found):
            found.append(slot)
    return found


def _label_columns(grid: Sequence[GridRow]) -> int:
    width = len(grid[0])
    if _no_labels(grid):
        return 0
    body = [row for row in grid if holds_values(row, 1)] or list(grid[1:])
    if width < 3 or not body:
        return 1
    first, second = _column(body, 0), _column(body, 1)
    if not second or _share(second, _is_words) < 0.7 or _heads_note(grid, 1) or not _any_value(body, 2):
        return 1
    merged = any(row[0] and not row[0].first for row in body)
    numbered = bool(first) and all(is_ordinal(text) for text in first)
    sparse = len(first) < 0.6 * len(body) and len([row for row in body if row[1] or row[0]]) >= 0.9 * len(body)
    return 2 if merged or numbered or sparse or not first else 1


def _no_labels(grid: Sequence[GridRow]) -> bool:
    """The first column too holds values: amounts or marks for none, not the years or codes that name a row."""
    body = [row for row in grid if holds_values(row, 1)]
    texts = [bare(text) for text in _column(body, 0)]
    figures = [text for text in texts if is_value(text) and (re.search(r"[.,%]", text) or is_nil(text))]
    return len(texts) == len(body) > 0 and len(figures) == len(texts) and not all(is_nil(text) for text in texts)


def _column(rows: Sequence[GridRow], column: int) -> list[str]:
    return [slot.text for row in rows if (slot := row[column]) and slot.first]


def _share(texts: Sequence[str], test: object) -> float:
    return sum(1 for text in texts if callable(test) and test(text)) / len(texts)


def _is_words(text: str) -> bool:
    return not is_value(text) and not is_sure_note_ref(text)


def _heads_note(grid: Sequence[GridRow], column: int) -> bool:
    return any((slot := row[column]) is not None and is_note_header(slot.text) for row in grid[:MAX_HEADER_ROWS])


def _any_value(rows: Sequence[GridRow], start: int) -> bool:
    return any(slot and slot.first and is_value(slot.text) for row in rows for slot in row[start:])


def _header_rows(grid: Sequence[GridRow], labels: int, wrapped: bool) -> int:
    first = next((index for index, row in enumerate(grid) if holds_values(row, labels)), None)
    if first is None:
        return _text_header(grid)
    head = 0
    for index, row in enumerate(grid[: min(first, MAX_HEADER_ROWS + 1)]):
        if not _could_head(row, labels):
            break
        if _covered(grid[:index], labels) and _is_body(row, grid[:index], labels, wrapped):
            break
        head = index + 1
    while head and is_label_only(grid[head - 1], labels) and not _frames(grid[head - 1]):
        head -= 1
    return head if wrapped or _fills(grid[:head], labels) else 0


def _fills(rows: Sequence[GridRow], labels: int) -> bool:
    """Whether these rows head most columns, or date or scope what they head; a lone text is the rest of a cell cut by a page break."""
    slots = [slot for row in rows for slot in row[labels:] if slot]
    if slots and all(bare(slot.text) in _ANSWERS for slot in slots):
        return False
    headed = {column for row in rows for column, slot in enumerate(row[labels:]) if slot}
    width = len(rows[0]) - labels if rows else 0
    return len(headed) * 2 >= width or any(is_period(slot.text) or frame_parts(slot.text) or unit_in(slot.text) for slot in slots)


def _is_body(row: GridRow, above: Sequence[GridRow], labels: int, wrapped: bool) -> bool:
    """Whether a row without values under a full header is data: a group heading, or (where lines do not wrap) a row of words."""
    if is_label_only(row, labels):
        periods = {bare(slot.text) for line in above for slot in line[labels:] if slot and is_period(slot.text)}
        return not _frames(row) or (len(periods) > 1 and is_period(next((slot.text for slot in row if slot), "")))
    return not wrapped and not _frames(row) and _is_text_row(row, labels)


def _is_text_row(row: GridRow, labels: int) -> bool:
    """A row of words under a full header: it has a label of its own, and no text that only a header has."""
    own = any(slot and slot.first for slot in row[:labels])
    return own and not any(is_period(slot.text) or frame_parts(slot.text) or unit_in(slot.text) for slot in row[labels:] if slot)


def _frames(row: GridRow) -> bool:
    """A row of one text that is about the whole table: its period, scope or unit."""
    text = next((slot.text for slot in row if slot), "")
    return bool(frame_parts(text)) or bool(unit_in(text))


def _could_head(row: GridRow, labels: int) -> bool:
    return all(len(bare(slot.text)) <= MAX_HEADER_CHARS for slot in row[labels:] if slot)


def _covered(rows: Sequence[GridRow], labels: int) -> bool:
    """Whether every data column has a header text of its own in these rows, not only one that it shares."""
    width = len(rows[0]) if rows else 0
    return bool(rows) and all(any((slot := row[column]) and slot.cell.column_span == 1 for row in rows) for column in range(labels, width))


def _text_header(grid: Sequence[GridRow]) -> int:
    """In a table without numbers the first row is the header when it is short, full and unlike a pair of a word and its value."""
    texts = [slot.text for slot in grid[0] if slot and slot.first]
    if len(grid) < 2 or len(texts) < max(2, len(grid[0]) - 1):
        return 0
    short = all(len(bare(text)) <= 16 and bare(text)[-1:] not in ":;。" for text in texts)
    longer = sum(len(bare(slot.text)) for row in grid[1:] for slot in row if slot) / max(1, sum(1 for row in grid[1:] for slot in row if slot))
    known = {"项目", "序号", "姓名", "名称", "类别", "地区", "指标"} & {bare(text) for text in texts} or _HEADER_WORD.search(bare(texts[-1]))
    return 1 if short and (known or len(grid[0]) > 2 or all(is_period(text) for text in texts[1:]) or longer > 12) else 0


def _note_columns(grid: Sequence[GridRow], labels: int, head: int) -> frozenset[int]:
    """The columns of references to the notes, by their header or their unmistakable texts."""
    found = set()
    for column in range(labels, len(grid[0])):
        titles = [slot.text for row in grid[:head] if (slot := row[column])]
        values = _column(grid[head:], column)
        titled = bool(titles) and is_note_header(titles[-1]) and (not values or _share(values, is_note_ref) >= 0.5)
        if titled or (values and _share(values, is_sure_note_ref) >= 0.8):
            found.add(column)
    return frozenset(found)
