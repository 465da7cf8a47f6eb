"""The rows of a grid as lines: label, group, indent and cells, before it is known what each stands under."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.documents import Cell
from retrieval.tables.grid import GridRow, Slot
from retrieval.tables.layout import is_label_only, label_slots
from retrieval.tables.text import bare, is_ordinal, tidy

_BLANKS = re.compile(r"^[\s\u3000]*")
_TAIL = re.compile(r"[额金利款值产债权益入出润备息股]")


@dataclass(frozen=True, slots=True)
class Line:
    """A data row before its parents are known."""

    label: str
    group: str
    indent: float
    cells: tuple[Cell | None, ...]
    heading: bool
    page: int
    row: GridRow


def read_line(row: GridRow, labels: int) -> Line:
    """One grid row as a line."""
    slots = label_slots(row, labels)
    texts = [slot.text for slot in slots]
    heading = labels > 0 and (is_label_only(row, labels) or not holds_anything(row, labels))
    group = ""
    if len(slots) > 1:
        if is_ordinal(texts[0]):
            texts = texts[1:] if re.fullmatch(r"\d+[a-z]?", bare(texts[0])) else ["".join(texts)]
        else:
            group, texts = tidy(texts[0]), texts[1:]
    elif not slots and labels:
        texts = [slot.text for slot in row[:1] if slot]
    cells = tuple(None if heading else _cell(slot) for slot in row[labels:])
    page = next((slot.cell.page for slot in row if slot), 1)
    return Line(tidy(" ".join(texts)), group, _indent(row, labels), cells, heading, page, row)


def holds_anything(row: GridRow, labels: int) -> bool:
    """Whether a row has any text of its own beside the label."""
    return any(slot and slot.first for slot in row[labels:])


def _cell(slot: Slot | None) -> Cell | None:
    if slot is None or not slot.first:
        return None
    return Cell(tidy(slot.text), slot.cell.page, slot.cell.box)


def _indent(row: GridRow, labels: int) -> float:
    """The indent of a label in points: as given, by blanks before it, or by the column that it stands in."""
    for column, slot in enumerate(row[:labels]):
        if slot is not None:
            match = _BLANKS.match(slot.text.strip("\r\n"))
            blanks = match[0] if match else ""
            return slot.cell.indent + 5.0 * sum(2 if char == "\u3000" else 1 for char in blanks) + 20.0 * column * (not slot.cell.indent)
    return 0.0


def joined(lines: Sequence[Line]) -> list[Line]:
    """A label whose last character wrapped onto the line of its cells (一、2019年1月1日余 / 额) made whole."""
    out: list[Line] = []
    for line in lines:
        above = out[-1] if out else None
        wrapped = above is not None and above.heading and not line.heading and not bare(above.label).endswith((":", "。"))
        if above is not None and wrapped and _TAIL.fullmatch(bare(line.label)):
            out[-1] = replace(line, label=tidy(above.label + line.label), indent=above.indent)
        else:
            out.append(line)
    return out


def closes(heading: str, label: str) -> bool:
    """负债 … 负债总额: the total of a heading names it."""
    name = heading.rstrip("：: ")
    return bool(name) and len(label) > len(name) and label.startswith(name) and label.endswith(("总额", "合计", "总计", "小计"))
