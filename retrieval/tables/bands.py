"""Blocks inside one grid: a header row that recurs, or a band with the period or the scope of the rows below."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from retrieval.tables.grid import GridRow
from retrieval.tables.headers import Head, read_head
from retrieval.tables.layout import Layout, holds_values, is_label_only
from retrieval.tables.text import bare, frame_parts, is_period, tidy, undated
from retrieval.tables.units import unit_in

_STUBS = ("项目", "指标", "科目", "类别", "地区", "序号", "名称", "行业")


def blocks_of(body: Sequence[GridRow], head: Head, layout: Layout) -> list[tuple[Head, list[GridRow]]]:
    """The rows in runs, each with the header that holds for it; at least one run."""
    blocks: list[tuple[Head, list[GridRow]]] = [(head, [])]
    index = 0
    scopes = sum(1 for row in body if is_label_only(row, layout.labels) and _band(row) and not any(map(is_period, _band(row))))
    while index < len(body):
        row = body[index]
        end = _recurring(body, index, head, layout)
        parts = _band(row) if is_label_only(row, layout.labels) else ()
        if end > index:
            blocks.append((_next_head(body[index:end], body[end:], head, layout), []))
            head, index = blocks[-1][0], end
            continue
        if parts and ((any(map(is_period, parts)) and not _dated(head, blocks)) or (scopes >= 2 and not any(map(is_period, parts)))):
            blocks.append((blocks[-1][0].reframed(parts), []))
        else:
            blocks[-1][1].append(row)
        index += 1
    return [block for block in blocks if block[1]] or blocks[:1]


def _band(row: GridRow) -> tuple[str, ...]:
    text = next((slot.text for slot in row if slot), "")
    return frame_parts(text)


def _dated(head: Head, blocks: Sequence[tuple[Head, list[GridRow]]]) -> bool:
    """Whether the columns differ by period, so that a band cannot date them all."""
    periods = {tuple(text for text in path if is_period(text)) for path in head.paths}
    return len(periods - {()}) > 1 and len(blocks) >= 1


def _recurring(body: Sequence[GridRow], start: int, head: Head, layout: Layout) -> int:
    """The end of the header rows that start here, or `start` where none do."""
    end = start
    while end < len(body) and end - start < 4 and _is_header(body[end], head, layout, end > start):
        end += 1
    return end if end < len(body) else start


def _is_header(row: GridRow, head: Head, layout: Layout, inside: bool) -> bool:
    slots = [(column, slot) for column, slot in enumerate(row[layout.labels :]) if slot and slot.first]
    if not slots or holds_values(row, layout.labels) or is_label_only(row, layout.labels):
        return False
    label = next((slot.text for slot in row[: layout.labels] if slot), "")
    if label and bare(label) not in (bare(head.stub), *_STUBS) and not frame_parts(label) and not unit_in(label):
        return False
    last = [path[-1] if path else "" for path in head.paths]
    known = {undated(text) for path in head.paths for text in path} | {undated(left + right) for left, right in pairwise(last)}
    like = [slot for _, slot in slots if is_period(slot.text) or undated(slot.text) in known or frame_parts(slot.text)]
    return len(like) == len(slots) or (inside and len(like) * 2 >= len(slots))


def _next_head(rows: Sequence[GridRow], rest: Sequence[GridRow], head: Head, layout: Layout) -> Head:
    """The new header; where it prints only scope or period, the other levels stay."""
    found = read_head(rows, rest, layout.labels, layout.notes, placed=layout.wrapped)
    stub = found.stub or head.stub
    if not all(is_period(text) or frame_parts(text) for path in found.paths for text in path):
        return Head(found.paths, stub, found.unit or head.unit)
    paths = []
    for old, new in zip(head.paths, found.paths, strict=True):
        kept = Head((old,)).reframed(new).paths[0] if new else old
        paths.append(tuple(dict.fromkeys(tidy(text) for text in kept)))
    return Head(tuple(paths), stub, head.unit)
