"""Which rows of a printed column add up to its total: the rows are folded as a reader folds them, subtotal by subtotal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from data.figures import Figure

_LEAST = 2
_TAKEN_OFF = re.compile(r"^[(（]?减[:：]|^减去|扣除项|扣减项")
_OF_WHICH = re.compile(r"^其中")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a column. value: as printed, negative where the row is taken off. children: indices of the rows it is the head of."""

    value: Decimal
    step: Decimal = Decimal(1)
    children: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """The rows that belong to a total. first, last: their range, both inside. top: those that add up to it. rest: total less their sum.

    folded: the subtotals among them, which other rows of the range add up to.
    """

    first: int
    last: int
    top: tuple[int, ...]
    rest: Decimal
    folded: tuple[int, ...] = ()


def block_above(rows: Sequence[Row], at: int) -> Block | None:
    """The rows above the total at this index that add up to it within rounding; None where none do."""
    below = {child for row in rows[:at] for child in row.children}
    stack: list[tuple[int, int]] = []
    subtotals = [index for index, row in enumerate(rows) if row.children]
    for index in range(at):
        if index in below:
            continue
        folded = _suffix(rows, stack, index)
        start = stack[-folded][0] if folded else index
        subtotals += [index] if folded else []
        del stack[len(stack) - folded :]
        stack.append((start, index))
    folded = _suffix(rows, stack, at)
    return _block(rows, stack[len(stack) - folded :], at, subtotals) if folded else None


def block_below(rows: Sequence[Row], at: int) -> Block | None:
    """The rows right below the total at this index that add up to it within rounding (a head row with its parts); None where none do."""
    below = {child for index, row in enumerate(rows) if index != at for child in row.children}
    taken: list[tuple[int, int]] = []
    for index in range(at + 1, len(rows)):
        if index in below:
            continue
        taken.append((index, index))
        if len(taken) >= _LEAST and _adds_up(rows, taken, at):
            return _block(rows, taken, at, [index for index, row in enumerate(rows) if row.children])
    return None


def _suffix(rows: Sequence[Row], stack: Sequence[tuple[int, int]], at: int) -> int:
    """How many rows at the end of the stack add up to the row at this index, the most where several do; 0 where none do."""
    if not rows[at].value:
        return 0
    return max((size for size in range(_LEAST, len(stack) + 1) if _adds_up(rows, stack[-size:], at)), default=0)


def _adds_up(rows: Sequence[Row], spans: Sequence[tuple[int, int]], at: int) -> bool:
    parts = [rows[index] for _, index in spans]
    return bool(rows[at].value) and abs(sum((part.value for part in parts), Decimal()) - rows[at].value) <= _slack(parts, rows[at])


def _slack(parts: Sequence[Row], total: Row) -> Decimal:
    """What rounding alone may leave: half a step for each figure; nothing where two small ones would add up by chance."""
    step = max(part.step for part in [*parts, total])
    return step * (len(parts) + 1) / 2 if len(parts) > _LEAST or abs(total.value) > 1000 * step else Decimal()


def _block(rows: Sequence[Row], spans: Sequence[tuple[int, int]], at: int, subtotals: Sequence[int]) -> Block:
    top = tuple(index for _, index in spans)
    inside = [child for index in top for child in rows[index].children]
    first, last = min(*[start for start, _ in spans], *inside, *top), max([*top, *inside])
    folded = tuple(sorted({index for index in subtotals if first <= index <= last and index != at}))
    return Block(first, last, top, rows[at].value - sum((rows[index].value for index in top), Decimal()), folded)


def rows_of(figures: Sequence[Figure]) -> list[Row]:
    """Figures of one column as rows: taken off where the label or the note says so, heads with the rows below them in the path."""
    paths = [figure.evidence[0].row if figure.evidence else "" for figure in figures]
    factor = figures[0].quantity.unit.factor if figures else Decimal(1)
    rows = []
    for index, figure in enumerate(figures):
        scaled = figure.quantity.value * figure.quantity.unit.factor / factor
        exponent = figure.quantity.value.as_tuple().exponent
        step = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0) * figure.quantity.unit.factor / factor
        taken_off = "按正数记" in figure.note or (scaled > 0 and bool(_TAKEN_OFF.search(paths[index].rsplit(" > ", 1)[-1])))
        rows.append(Row(-scaled if taken_off else scaled, step, tuple(_below(paths, index))))
    return rows


def _below(paths: Sequence[str], head: int) -> list[int]:
    """The rows right after a row whose path leads through it, and those that only say 其中."""
    found = []
    for index in range(head + 1, len(paths)):
        if not paths[head] or not (paths[index].startswith(paths[head] + " > ") or _OF_WHICH.match(paths[index].rsplit(" > ", 1)[-1])):
            break
        found.append(index)
    return found
