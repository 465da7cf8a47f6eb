"""Columns that the grid of a file splits although the reader sees one: one header over both, and never both filled in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from retrieval.tables.grid import GridRow, Slot
from retrieval.tables.headers import Head
from retrieval.tables.layout import Layout


def merge_columns(head: Head, body: Sequence[GridRow], layout: Layout) -> tuple[Head, list[GridRow], frozenset[int]]:
    """The header, the rows and the reference columns with such neighbours put together."""
    labels = layout.labels
    groups: list[list[int]] = []
    for column, path in enumerate(head.paths):
        last = groups[-1][-1] if groups else -1
        if last >= 0 and path and path == head.paths[last] and all(_apart(row, [*groups[-1], column], labels) for row in body):
            groups[-1].append(column)
        else:
            groups.append([column])
    rows = [(*row[:labels], *(_filled(row, group, labels) for group in groups)) for row in body]
    notes = frozenset(place + labels for place, group in enumerate(groups) if group[0] + labels in layout.notes)
    return replace(head, paths=tuple(head.paths[group[0]] for group in groups)), rows, notes


def _apart(row: GridRow, group: Sequence[int], labels: int) -> bool:
    return sum(1 for column in group if (slot := row[column + labels]) and slot.first) < 2


def _filled(row: GridRow, group: Sequence[int], labels: int) -> Slot | None:
    slots = [slot for column in group if (slot := row[column + labels])]
    return next((slot for slot in slots if slot.first), slots[0] if slots else None)
