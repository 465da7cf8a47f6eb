"""The header path of every data column: spans followed, wrapped lines joined, dates made whole, scope and period spread."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.tables.grid import GridRow, Slot
from retrieval.tables.spread import is_stage, spread_parents, stages_in_place
from retrieval.tables.text import bare, frame_parts, is_month_day, is_period, is_scope, is_total, is_year, split_period, tidy, tidy_header
from retrieval.tables.units import unit_in

Path = tuple[str, ...]
_BRACKET = r"[（(][^（）()]{1,8}[)）]"
_TWO_BRACKETS = re.compile(rf"(?P<first>[^（()）]{{1,12}}{_BRACKET})(?P<second>[^（()）]{{1,12}}{_BRACKET})")


@dataclass(frozen=True, slots=True)
class Head:
    """The header of one block of rows: a path per data column, the text over the labels, the unit that fills header cells."""

    paths: tuple[Path, ...]
    stub: str = ""
    unit: str = ""

    def framed(self, parts: Sequence[str]) -> Head:
        """The same header with a scope or a period over every column that has none of its own."""
        return Head(tuple(_framed(path, parts) for path in self.paths), self.stub, self.unit)

    def reframed(self, parts: Sequence[str]) -> Head:
        """The same header with its scope or period replaced, as by a band inside the table."""
        kinds = {is_period(part) for part in parts}
        bare_paths = (tuple(text for text in path if not _is_frame(text, kinds)) for path in self.paths)
        return Head(tuple((*parts, *path) for path in bare_paths), self.stub, self.unit)


def _is_frame(text: str, kinds: set[bool]) -> bool:
    return (is_period(text) and True in kinds) or (is_scope(text) and False in kinds)


def _framed(path: Path, parts: Sequence[str]) -> Path:
    has_period, has_scope = any(is_period(text) for text in path), any(is_scope(text) for text in path)
    wanted = [part for part in parts if not (has_period if is_period(part) else has_scope)]
    return (*wanted, *path)


def read_head(rows: Sequence[GridRow], body: Sequence[GridRow], labels: int, notes: frozenset[int], *, placed: bool = True) -> Head:
    """The header that these rows print over the columns from `labels` on. placed: see spread_parents."""
    if not rows:
        width = len(body[0]) if body else labels
        return Head(tuple(() for _ in range(labels, width)))
    width = len(rows[0])
    stub_texts, frame = _stub(rows, labels)
    lines = [_line(row, labels) for row in rows]
    lines, frame_rows, unit = _without_frames(lines)
    filled = spread_parents(lines, [row[labels:] for row in body], frozenset(column - labels for column in notes), placed=placed)
    filled, aside = stages_in_place(filled)
    stub_texts = [*aside, *stub_texts]
    columns = [[line[column] for line in filled] for column in range(width - labels)]
    paths = _told_apart(_unmerged([_path(column) for column in columns]))
    stub = tidy("".join(stub_texts) if all(text[-1:] > "\x7f" for text in stub_texts[:-1]) else " ".join(stub_texts))
    return Head(tuple(paths), stub, unit).framed([*frame, *frame_rows])


def _stub(rows: Sequence[GridRow], labels: int) -> tuple[list[str], list[str]]:
    texts: list[str] = []
    cells: list[object] = []
    frame: list[str] = []
    for row in rows:
        for slot in row[:labels]:
            if slot and bare(slot.text) != "序号" and not any(slot.cell is cell for cell in cells):
                cells.append(slot.cell)
                texts.append(tidy(slot.text))
                frame.extend(frame_parts(slot.text))
    return texts, frame


Line = list[Slot | None]


def _line(row: GridRow, labels: int) -> Line:
    """The data part of a header row; a label cell that reaches over it belongs to the labels."""
    owned = [slot.cell for slot in row[:labels] if slot]
    return [None if slot and any(slot.cell is cell for cell in owned) else slot for slot in row[labels:]]


def _without_frames(lines: list[Line]) -> tuple[list[Line], list[str], str]:
    """Rows of one text that are a scope, a period or a unit for all columns, and rows of units only, taken out."""
    kept: list[Line] = []
    frame: list[str] = []
    unit = ""
    for line in lines:
        cells = [slot for slot in line if slot and slot.first]
        texts = {tidy(slot.text) for slot in cells}
        units = {unit_in(text) for text in texts}
        if len(units) == 1 and "" not in units and len(lines) > 1:
            unit = unit or units.pop()
        elif len(cells) == 1 and len(line) > 1 and len(lines) > 1 and frame_parts(cells[0].text):
            frame.extend(frame_parts(cells[0].text))
        elif cells:
            kept.append(line)
    return kept or [[None] * len(lines[0])], frame, unit


def _path(column: Sequence[Slot | None]) -> Path:
    """One column's texts from the top, without repeats; dates whole, wrapped words joined."""
    texts: list[str] = []
    single: list[bool] = []
    last: object = None
    for slot in column:
        if slot is None or slot.cell is last:
            continue
        last = slot.cell
        text, narrow = tidy_header(slot.text), slot.cell.column_span == 1
        if texts and (whole := _whole_date(texts[-1], text)):
            texts[-1] = whole
        elif texts and narrow and single[-1] and _wraps(texts[-1], text):
            texts[-1] = texts[-1] + (" " if texts[-1][-1:].isascii() and text[:1].isascii() and text[:1] != "(" else "") + text
        else:
            texts.append(text)
            single.append(narrow)
    return tuple(part for text in texts for part in _parts(text))


def _whole_date(first: str, second: str) -> str:
    if is_year(first) and is_month_day(second):
        return tidy(first + second) if first[-1:] == "年" else f"{first} {second}"
    if is_month_day(first) and is_year(second):
        return f"{first} {second}" if first.isascii() else tidy(second + first)
    return ""


def _wraps(first: str, second: str) -> bool:
    """Whether the lower text of a narrow column is the rest of the upper one, not a header of its own."""
    if is_stage(first) or is_period(first) or is_scope(first) or is_period(second) or is_scope(second) or unit_in(second) or is_total(second):
        return bare(second)[:1] == "(" and not unit_in(second) and is_period(first) and "重述" in second
    return True


def _parts(text: str) -> tuple[str, ...]:
    frame = frame_parts(text)
    if len(frame) == 2:
        return frame
    period, rest = split_period(text)
    return (period, rest) if period and not is_period(text) else (text,)


def _unmerged(paths: list[Path]) -> list[Path]:
    """Two headers read as one over the first of two columns, each with its bracket, put back over both: 美元（折合人民币）港币（折合人民币）."""
    out = list(paths)
    for column, (path, following) in enumerate(pairwise(paths)):
        match = _TWO_BRACKETS.fullmatch(path[-1]) if path and not following else None
        if match:
            out[column], out[column + 1] = (*path[:-1], match["first"]), (*path[:-1], match["second"])
    return out


def _told_apart(paths: list[Path]) -> list[Path]:
    """Equal headers of several columns take the period or the scope of the nearest column on their left that prints one."""
    seen: dict[Path, int] = {}
    for path in paths:
        seen[path] = seen.get(path, 0) + 1
    carried: dict[bool, str] = {}
    out = []
    for path in paths:
        frames = {is_period(text): text for text in path if is_period(text) or is_scope(text)}
        carried.update(frames)
        if path and seen[path] > 1 and not frames and carried:
            path = (*(carried[kind] for kind in (False, True) if kind in carried), *path)
        out.append(path)
    return out
