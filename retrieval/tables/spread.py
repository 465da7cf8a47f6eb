"""Spreading a header over the columns that it stands above, where the file gives no spans (unruled columns of a PDF)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from retrieval.documents import Box
from retrieval.tables.grid import GridRow, Slot
from retrieval.tables.text import bare, is_total

Line = list[Slot | None]
_STAGE = re.compile(r"第?[1-3一二三]阶段|阶段[1-3一二三]")
# What leaving a column without a parent costs, in column widths.
_SKIP_COST = 0.3


def spread_parents(lines: list[Line], body: Sequence[GridRow], notes: frozenset[int], *, placed: bool = True) -> list[Line]:
    """The header lines with every line but the last filled sideways, unless the file gives spans.

    placed: a box is that of the text; otherwise it is the drawn cell, which says nothing about the columns that the text heads.
    """
    if len(lines) < 2 or any(slot and slot.cell.column_span > 1 for line in lines for slot in line):
        return lines
    free = [column for column in range(len(lines[0])) if column not in notes]
    centres = _centres(lines, body) if placed else [None] * len(lines[0])
    out = []
    for index, line in enumerate(lines):
        below = max(sum(1 for slot in lower if slot) for lower in lines[index:])
        out.append(_spread(line, free, centres) if sum(1 for slot in line if slot) < below and index < len(lines) - 1 else line)
    return out


def is_stage(text: str) -> bool:
    """A stage of expected losses: 第1阶段, 阶段二."""
    return bool(_STAGE.fullmatch(bare(text)))


def stages_in_place(lines: list[Line]) -> tuple[list[Line], list[str]]:
    """Loss stages 1 to 3 over the first three of four columns, the last of which is the total, wherever the file put their texts.

    Also the texts that stood among them although they belong to the labels.
    """
    leaves = lines[-1] if lines else []
    if len(leaves) != 4 or leaves[3] is None or not is_total(leaves[3].text):
        return lines, []
    out: list[Line] = []
    aside: list[str] = []
    for line in lines:
        cells = [slot for index, slot in enumerate(line) if slot and all(slot.cell is not other.cell for other in line[:index] if other)]
        stages = [slot for slot in cells if is_stage(slot.text)]
        if len(stages) != 3 or line is leaves:
            out.append(line)
            continue
        aside.extend(slot.text for slot in cells if slot not in stages)
        out.append([*stages, None])
    return out, aside


def _centres(lines: Sequence[Line], body: Sequence[GridRow]) -> list[float | None]:
    out: list[float | None] = []
    for column in range(len(lines[0])):
        boxes = [slot.cell.box for row in body if len(row) > column and (slot := row[column]) and slot.cell.box]
        boxes = boxes or [slot.cell.box for line in lines if (slot := line[column]) and slot.cell.box]
        out.append(sum(_centre(box) for box in boxes) / len(boxes) if boxes else None)
    return out


def _centre(box: Box) -> float:
    return (box[0] + box[2]) / 2


def _spread(line: Line, free: Sequence[int], centres: Sequence[float | None]) -> Line:
    parents = [(column, line[column]) for column in free if line[column]]
    if not parents or len(parents) == len(free):
        return line
    places = [centres[column] for column in free]
    boxes = [slot.cell.box for _, slot in parents if slot]
    if None not in places and all(boxes):
        owners = _by_place([place for place in places if place is not None], [_centre(box) for box in boxes if box])
    else:
        owners = _by_order([free.index(column) for column, _ in parents], len(free))
    out: Line = list(line)
    for index, owner in zip(free, owners, strict=True):
        out[index] = None if owner is None else parents[owner][1]
    return out


def _by_order(starts: Sequence[int], width: int) -> list[int | None]:
    """Without places: equal shares where that fits what is printed, else each header up to the next one."""
    share, left = divmod(width, len(starts))
    if left == 0 and all(index * share <= start < (index + 1) * share for index, start in enumerate(starts)):
        return [column // share for column in range(width)]
    return [max((index for index, start in enumerate(starts) if start <= column), default=None) for column in range(width)]


def _by_place(columns: Sequence[float], parents: Sequence[float]) -> list[int | None]:
    """The runs of columns whose middles lie nearest to the parents, in order; a column far from all stays without."""
    pitch = (columns[-1] - columns[0]) / max(1, len(columns) - 1) or 1.0
    bounds = [*columns, columns[-1] + pitch]

    @cache
    def best(column: int, parent: int) -> tuple[float, tuple[int | None, ...]]:
        if column == len(columns):
            return (0.0 if parent == len(parents) else 1e9, ())
        cost, rest = best(column + 1, parent)
        options = [(cost + _SKIP_COST, (None, *rest))]
        if parent < len(parents):
            for end in range(column + 1, len(columns) + 1):
                cost, rest = best(end, parent + 1)
                middle = (columns[column] + bounds[end - 1]) / 2
                options.append((cost + abs(middle - parents[parent]) / pitch, (*([parent] * (end - column)), *rest)))
        return min(options, key=lambda option: option[0])

    return list(best(0, 0)[1])
