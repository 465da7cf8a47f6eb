"""What a 小计 or 合计 sums up: the whole table, or the rows right above it that add up to it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from retrieval.documents import Row, Table
from retrieval.extraction.cells import read_cell
from retrieval.extraction.labels import TOTALS, clean_label

_PARTIAL = frozenset(("小计",))


def total_owners(table: Table) -> dict[int, tuple[str, ...] | None]:
    """Row index of each total → the labels of what it sums up: () for the whole table, None where that cannot be told."""
    labels = [clean_label(row.label) for row in table.rows]
    totals = [index for index, label in enumerate(labels) if label in TOTALS and _numbers(table.rows[index])]
    if not totals:
        return {}
    last = max((index for index, row in enumerate(table.rows) if _numbers(row)), default=-1)
    owners: dict[int, tuple[str, ...] | None] = {}
    for index in totals:
        if index == last and labels[index] not in _PARTIAL:
            owners[index] = ()
        else:
            owners[index] = _owner(table, index, totals)
    return owners


def _owner(table: Table, index: int, totals: Sequence[int]) -> tuple[str, ...] | None:
    row = table.rows[index]
    start = _first_addend(table, index, totals)
    if start is None:
        second = any(other < index and table.rows[other].parents == row.parents for other in totals)
        return row.parents if len(row.parents) == 1 and not second else None
    shared = _shared([other.parents for other in table.rows[start:index]])
    # The group is the outermost heading that holds these rows and no others; of several rows under one heading, the innermost.
    inside = frozenset(range(start, index))
    whole = (shared[: depth + 1] for depth in range(len(shared)) if _addends(table, shared[: depth + 1], totals) <= inside)
    return next(whole, shared) or row.parents or None


def _addends(table: Table, path: tuple[str, ...], totals: Sequence[int]) -> frozenset[int]:
    """The rows with numbers that stand under a heading, totals left out."""
    under = (place for place, row in enumerate(table.rows) if row.parents[: len(path)] == path)
    return frozenset(place for place in under if place not in totals and _numbers(table.rows[place]))


def _first_addend(table: Table, index: int, totals: Sequence[int]) -> int | None:
    """Where the run of rows begins that adds up to the total; None where no run does."""
    wanted = _numbers(table.rows[index])
    column = next(iter(wanted))
    added = Decimal(0)
    for start in range(index - 1, -1, -1):
        if start in totals:
            return None
        value = _numbers(table.rows[start]).get(column)
        if value is None:
            continue
        added += value
        if start < index - 1 and abs(added - wanted[column]) <= Decimal(2):
            return start
    return None


def _shared(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    shared: list[str] = []
    for labels in zip(*paths, strict=False):
        if len(set(labels)) > 1:
            break
        shared.append(labels[0])
    return tuple(shared)


def _numbers(row: Row) -> dict[int, Decimal]:
    readings = ((column, read_cell(cell.text)) for column, cell in enumerate(row.cells) if cell is not None)
    return {column: reading.value for column, reading in readings if reading.value is not None}
