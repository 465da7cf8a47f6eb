"""The rows of a table: label, cells, and the rows that each stands under."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from retrieval.documents import Cell, Row
from retrieval.table_grid import GridRow, Slot, union
from retrieval.table_layout import is_label_only, label_slots
from retrieval.table_text import bare, is_dashed, is_nil, is_ordinal, is_total, rank, tidy

# Indents closer than this, in points, are one level.
INDENT_STEP = 3.0
# More levels than that are centred labels, not indents.
_MAX_LEVELS = 6
# No printed row has more parts; the bound keeps long sheets from being summed from every row to the end.
_MAX_PARTS = 60
# A printed sum may be off by the rounding of its parts.
_ROUNDING = Decimal("0.5")
_BLANKS = re.compile(r"^[\s\u3000]*")
_OF_WHICH = re.compile("[-－–—]?其中[:：]?")
_GRAND = frozenset({"合计", "总计", "总额"})
_BALANCE = re.compile(r"(?:[一二三四五六七八]、)?(?:\d{4}年\d{1,2}月\d{1,2}日|[本上]?[年期][初末])(?:$|的?.{0,6}(?:余额|准备|价值|数$))")
_TAIL = re.compile(r"[额金利款值产债权益入出润备息股]")
# Gross less allowance is net: such rows add up without being parts.
_NO_PART = re.compile(r"^[加减][:：]|(?:净额|净值|净敞口)(?:\(|$)")


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


@dataclass(frozen=True, slots=True)
class _Open:
    """A row that later rows may stand under.

    until: its last row by the sum of its parts, where that is known. inner: the indent of the row below. follows: a heading that
    came right where another one of its level ended, without a total. balanced: its first row is an opening balance.
    """

    label: str
    indent: float
    rank: int
    heading: bool
    dashed: bool
    until: int = -1
    inner: float = 0.0
    follows: bool = False
    balanced: bool = False


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


def with_parents(lines: Sequence[Line], opening: str = "") -> tuple[Row, ...]:
    """The rows with the labels of the rows that each stands under, outermost first. opening: a heading printed in the header."""
    lines = _grouped(lines)
    lines = _joined(lines)
    ends = _sums(lines)
    indented = 1 < len({round(line.indent / INDENT_STEP) for line in lines}) <= _MAX_LEVELS
    stack: list[_Open] = [_opening(opening, lines)] if opening and lines else []
    rows: list[Row] = []
    for index, line in enumerate(lines):
        below = lines[min(index + 1, len(lines) - 1)]
        balanced = below is not line and is_balance(below.label)
        this = _Open(line.label, line.indent, rank(line.label), line.heading, is_dashed(line.label), ends[index], below.indent, balanced=balanced)
        before = list(stack)
        _close(stack, this, index, rows, indented)
        follows = line.heading and any(entry.heading for entry in before[len(stack) :])
        this = replace(this, follows=follows)
        parents = tuple(entry.label for entry in stack)
        if line.group and line.group not in parents:
            parents = (*parents, line.group)
        rows.append(_row(line, parents))
        innermost = next((entry.label for entry in reversed(stack) if entry.heading), "")
        if not line.heading and (is_total(line.label) or (innermost and closes(innermost, line.label))):
            _close_group(stack)
        elif line.label:
            stack.append(this)
    return tuple(rows)


def _grouped(lines: Sequence[Line]) -> list[Line]:
    """The lines, those whose first label cell is blank under one that names a group belonging to it (贷款迁徙率: 正常类, 关注类, …)."""
    found: list[Line] = []
    group = ""
    for line in lines:
        blank = bool(line.row) and (line.row[0] is None or not line.row[0].text.strip())
        group = line.group or (group if blank and line.label and not line.heading else "")
        found.append(replace(line, group=group) if group and not line.group else line)
    return found


def _joined(lines: Sequence[Line]) -> list[Line]:
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


def _opening(label: str, lines: Sequence[Line]) -> _Open:
    margin = lines[0].indent
    return _Open(label, margin, rank(label), True, False, _total_of(label, lines, 0), margin, balanced=is_balance(lines[0].label))


def _total_of(heading: str, lines: Sequence[Line], start: int) -> int:
    """The index of the row that gives the total of a heading by its name (资产 … 资产总计), -1 without one."""
    return next((index for index in range(start, len(lines)) if not lines[index].heading and closes(heading, lines[index].label)), -1)


def _row(line: Line, parents: tuple[str, ...]) -> Row:
    return Row(line.label, line.cells, parents, line.page, union(slot.cell.box for slot in line.row if slot and slot.first))


def _close(stack: list[_Open], this: _Open, index: int, rows: Sequence[Row], indented: bool) -> None:
    """Take from the stack what the row does not stand under."""
    named = next((place for place, entry in enumerate(stack) if entry.heading and not this.heading and closes(entry.label, this.label)), None)
    if named is not None:
        del stack[named + 1 :]
        return
    while stack:
        top = stack[-1]
        if _holds(top, this, index, indented, rows[-1] if rows else None):
            return
        stack.pop()


def _holds(top: _Open, this: _Open, index: int, indented: bool, above: Row | None) -> bool:
    directly = above is not None and above.label == top.label
    if this.rank and top.rank:
        return this.rank > top.rank
    if index <= top.until:
        return True
    if indented and abs(this.indent - top.indent) > INDENT_STEP:
        return this.indent > top.indent
    if this.rank == 2 or (this.rank and not top.rank and top.heading and this.rank <= 3):
        return False
    if this.dashed != top.dashed:
        return this.dashed
    if top.heading and not top.balanced and is_balance(this.label):
        return False
    if top.balanced and top.heading and this.heading and not this.balanced:
        return True
    if top.heading and (closes(top.label, this.label) or bare(this.label) == "小计"):
        return True
    if top.heading and this.heading and indented and this.inner > this.indent + INDENT_STEP >= top.inner - top.indent + this.indent:
        return True
    if top.heading and ((indented and top.inner > top.indent + INDENT_STEP) or (top.follows and bare(this.label) in _GRAND)):
        return False
    if top.heading:
        return not this.heading or directly or bool(top.rank)
    if not _OF_WHICH.match(this.label) or _OF_WHICH.match(top.label):
        return False
    return directly or (above is not None and top.label in above.parents and bool(_OF_WHICH.match(above.label)))


def is_balance(label: str) -> bool:
    """A row of a movement that gives where it starts or ends: 2019年1月1日的账面余额, 年末余额, 期初数."""
    return bool(_BALANCE.match(bare(label)))


def closes(heading: str, label: str) -> bool:
    """负债 … 负债总额: the total of a heading names it."""
    name = heading.rstrip("：: ")
    return bool(name) and len(label) > len(name) and label.startswith(name) and label.endswith(("总额", "合计", "总计", "小计"))


def _close_group(stack: list[_Open]) -> None:
    """After a total, its group is over: up to the innermost heading."""
    while stack and not stack[-1].heading:
        stack.pop()
    if stack:
        stack.pop()


def _sums(lines: Sequence[Line]) -> list[int]:
    """For every row the index of the last of the rows below that add up to it in every column (of a heading: its total), or -1."""
    numbers = [_numbers(line) for line in lines]
    ends = [-1] * len(lines)
    for start in range(len(lines) - 1, -1, -1):
        if lines[start].heading:
            ends[start] = _total_of(lines[start].label, lines, start + 1)
        elif not is_total(lines[start].label) and sum(1 for value in numbers[start] if value) >= 1:
            ends[start] = _sum_end(lines, numbers, ends, start)
    return ends


def _sum_end(lines: Sequence[Line], numbers: Sequence[Sequence[Decimal | None]], ends: Sequence[int], start: int) -> int:
    target, parts, index = numbers[start], list[int](), start + 1
    column = next(place for place, value in enumerate(target) if value)
    wanted, have = target[column] or Decimal(0), Decimal(0)
    step = Decimal(1).scaleb(int(wanted.as_tuple().exponent))
    while index < len(lines) and len(parts) < _MAX_PARTS:
        line = lines[index]
        if line.heading or is_total(line.label) or rank(line.label) == 2 or _NO_PART.search(bare(line.label)):
            return -1
        have += (numbers[index][column] if column < len(numbers[index]) else None) or 0
        parts.append(index)
        index = max(index, ends[index]) + 1
        # One column first: all of them are added up only where that one agrees.
        if len(parts) >= 2 and abs(wanted - have) <= _ROUNDING * len(parts) * step and _equal(target, _added(numbers, parts), len(parts)):
            return index - 1
    return -1


def _added(numbers: Sequence[Sequence[Decimal | None]], parts: Sequence[int]) -> list[Decimal]:
    return [sum((value or Decimal(0) for value in column), start=Decimal(0)) for column in zip(*(numbers[part] for part in parts), strict=False)]


def _equal(target: Sequence[Decimal | None], total: Sequence[Decimal], parts: int) -> bool:
    """Every column that the row fills adds up, at least two of them or one large one (small whole numbers agree by chance)."""
    given = [(value, have) for value, have in zip(target, total, strict=False) if value]
    exact = all(abs(value - have) <= _ROUNDING * parts * Decimal(1).scaleb(int(value.as_tuple().exponent)) for value, have in given)
    return exact and (len(given) >= 2 or any(abs(value) >= 1000 for value, _ in given))


def _numbers(line: Line) -> list[Decimal | None]:
    return [None if cell is None or is_nil(cell.text) else _number(cell.text) for cell in line.cells]


def _number(text: str) -> Decimal | None:
    plain = bare(text).rstrip("%‰")
    negative = plain.startswith("(") and plain.endswith(")")
    try:
        value = Decimal(plain.strip("()").replace(",", "").replace("−", "-"))
    except InvalidOperation:
        return None
    return (-value if negative else value) if value.is_finite() else None
