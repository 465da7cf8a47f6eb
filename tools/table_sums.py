"""Which rows of a printed column add up to its total: the rows are folded as a reader folds them, subtotal by subtotal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

_LEAST = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a column. value: as printed, negative where the row is taken off. children: indices of the rows it is the head of."""

    value: Decimal
    step: Decimal = Decimal(1)
    children: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """The rows that belong to a total. first, last: their range, both inside. top: those that add up to it. rest: total less their sum."""

    first: int
    last: int
    top: tuple[int, ...]
    rest: Decimal


def block_above(rows: Sequence[Row], at: int) -> Block | None:
    """The rows above the total at this index that add up to it within rounding; None where none do."""
    below = {child for row in rows[:at] for child in row.children}
    stack: list[tuple[int, int]] = []
    for index in range(at):
        if index in below:
            continue
        folded = _suffix(rows, stack, index)
        start = stack[-folded][0] if folded else index
        del stack[len(stack) - folded :]
        stack.append((start, index))
    folded = _suffix(rows, stack, at)
    return _block(rows, stack[len(stack) - folded :], at) if folded else None


def block_below(rows: Sequence[Row], at: int) -> Block | None:
    """The rows right below the total at this index that add up to it within rounding (a head row with its parts); None where none do."""
    below = {child for index, row in enumerate(rows) if index != at for child in row.children}
    taken: list[tuple[int, int]] = []
    for index in range(at + 1, len(rows)):
        if index in below:
            continue
        taken.append((index, index))
        if len(taken) >= _LEAST and _adds_up(rows, taken, at):
            return _block(rows, taken, at)
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
    """What rounding alone may leave: half a step for each figure, none where there are only two."""
    return max(part.step for part in [*parts, total]) * (len(parts) + 1) / 2 if len(parts) > _LEAST else Decimal()


def _block(rows: Sequence[Row], spans: Sequence[tuple[int, int]], at: int) -> Block:
    top = tuple(index for _, index in spans)
    inside = [child for index in top for child in rows[index].children]
    first = min(*[start for start, _ in spans], *inside, *top)
    return Block(first, max([*top, *inside]), top, rows[at].value - sum((rows[index].value for index in top), Decimal()))
