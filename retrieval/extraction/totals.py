"""What a 小计 or 合计 sums up: the whole table, or the rows right above it that add up to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from retrieval.documents import Row, Table
from retrieval.extraction.cells import read_cell
from retrieval.extraction.labels import TOTALS, clean_label

_PARTIAL = frozenset(("小计",))


def total_owners(table: Table) -> dict[int, tuple[str, ...] | None]:
    """Row index of each total → the labels of what it sums up: () for the whole table, None where that cannot be told."""
    labels = [clean_label(row.label) for row in table.rows]
    if not any(label in TOTALS for label in labels):
        return {}
    numbers = [_numbers(row) for row in table.rows]
    totals = [index for index, label in enumerate(labels) if label in TOTALS and numbers[index]]
    last = max((index for index, found in enumerate(numbers) if found), default=-1)
    sums = _Sums(table.rows, numbers, frozenset(totals))
    owners: dict[int, tuple[str, ...] | None] = {}
    for index in totals:
        if index == last and labels[index] not in _PARTIAL:
            owners[index] = ()
        else:
            owners[index] = sums.owner(index)
    return owners


@dataclass(frozen=True, slots=True)
class _Sums:
    """The rows of a table with their numbers by column, and which of them are totals."""

    rows: Sequence[Row]
    numbers: Sequence[dict[int, Decimal]]
    totals: frozenset[int]

    def owner(self, index: int) -> tuple[str, ...] | None:
        """The labels of what a total sums up; None where that cannot be told."""
        row = self.rows[index]
        start = self._first_addend(index)
        if start is None:
            second = any(other < index and self.rows[other].parents == row.parents for other in self.totals)
            return row.parents if len(row.parents) == 1 and not second else None
        shared = _shared([other.parents for other in self.rows[start:index]])
        # The group is the outermost heading that holds these rows and no others; of several rows under one heading, the innermost.
        inside = frozenset(range(start, index))
        whole = (shared[: depth + 1] for depth in range(len(shared)) if self._addends(shared[: depth + 1]) <= inside)
        return next(whole, shared) or row.parents or None

    def _addends(self, path: tuple[str, ...]) -> frozenset[int]:
        """The rows with numbers that stand under a heading, totals left out."""
        under = (place for place, row in enumerate(self.rows) if row.parents[: len(path)] == path)
        return frozenset(place for place in under if place not in self.totals and self.numbers[place])

    def _first_addend(self, index: int) -> int | None:
        """Where the run of rows begins that adds up to the total; None where no run does."""
        wanted = self.numbers[index]
        column = next(iter(wanted))
        added = Decimal(0)
        for start in range(index - 1, -1, -1):
            if start in self.totals:
                return None
            value = self.numbers[start].get(column)
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
