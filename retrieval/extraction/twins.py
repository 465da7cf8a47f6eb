"""Two rows of one table that both claim an indicator: the one that bears its very name keeps it, else neither does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from retrieval.extraction.labels import TOTALS, clean_label, name_key
from retrieval.extraction.making import Reading


def one_row_each(readings: Sequence[Reading]) -> list[Reading]:
    """The readings of one table with rival claims to an indicator settled."""
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for index, reading in enumerate(readings):
        if reading.indicator is not None:
            groups[(reading.indicator.id, reading.period, reading.scope, reading.restated)].append(index)
    settled = list(readings)
    for indexes in groups.values():
        if len({readings[index].value for index in indexes}) > 1:
            kept = _keeper([readings[index] for index in indexes])
            for index in indexes:
                if readings[index].value != kept:
                    settled[index] = replace(readings[index], indicator=None, point=readings[index].point)
    return settled


def _keeper(readings: Sequence[Reading]) -> object:
    """The value of the row that is named exactly so, or of the one 合计 among parts; None where no row stands out."""
    for stands_out in (_named, _sums):
        values = {reading.value for reading in readings if stands_out(reading)}
        if len(values) == 1:
            return values.pop()
    return None


def _label(reading: Reading) -> str:
    return clean_label(reading.evidence.row.split(" > ")[-1])


def _named(reading: Reading) -> bool:
    indicator = reading.indicator
    return indicator is not None and name_key(_label(reading)) == name_key(indicator.name)


def _sums(reading: Reading) -> bool:
    return _label(reading) in TOTALS and _label(reading) != "小计"
