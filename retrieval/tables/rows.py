"""The rows of a table: label, cells, and the rows that each stands under."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.documents import Row
from retrieval.tables.grid import union
from retrieval.tables.lines import Line, closes, joined
from retrieval.tables.sums import sum_ends, total_of
from retrieval.tables.text import bare, is_dashed, is_total, rank

# Indents closer than this, in points, are one level.
INDENT_STEP = 3.0
# More levels than that are centred labels, not indents.
_MAX_LEVELS = 6
_OF_WHICH = re.compile("[-－–—]?其中[:：]?")
_GRAND = frozenset({"合计", "总计", "总额"})
_BALANCE = re.compile(r"(?:[一二三四五六七八]、)?(?:\d{4}年\d{1,2}月\d{1,2}日|[本上]?[年期][初末])(?:$|的?.{0,6}(?:余额|准备|价值|数$))")


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


def with_parents(lines: Sequence[Line], opening: str = "") -> tuple[Row, ...]:
    """The rows with the labels of the rows that each stands under, outermost first. opening: a heading printed in the header."""
    lines = _grouped(lines)
    lines = joined(lines)
    ends = sum_ends(lines)
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


def _opening(label: str, lines: Sequence[Line]) -> _Open:
    margin = lines[0].indent
    return _Open(label, margin, rank(label), True, False, total_of(label, lines, 0), margin, balanced=is_balance(lines[0].label))


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


def _close_group(stack: list[_Open]) -> None:
    """After a total, its group is over: up to the innermost heading."""
    while stack and not stack[-1].heading:
        stack.pop()
    if stack:
        stack.pop()
