"""Rows that a note prints under a name which its place leaves open, known by their values: who agrees for the group is meant for the bank.

以摊余成本计量的贷款 > 个人住房贷款 may be a part of that name's balance. Where its group column is the balance that the report tells
elsewhere, for every period that it tells, the row is that balance - in the bank's own column too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from data.figures import Scope
from data.indicators import Indicator
from data.units import Quantity
from retrieval.extraction.making import Reading, agrees
from retrieval.extraction.narrowing import Confirmed, same

# Smaller numbers agree by chance.
_LEAST = Decimal(1000)
_NOTE = "按集团口径与报告其他位置一致认定"


def borne_out(readings: Sequence[Reading], told: Confirmed) -> list[Reading]:
    """The readings of one table, rows whose possible name their group values bear out under that name."""
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, reading in enumerate(readings):
        if reading.indicator is None and reading.maybe is not None:
            rows[(reading.evidence.row, reading.maybe.id)].append(index)
    out = list(readings)
    for indexes in rows.values():
        members = [readings[index] for index in indexes]
        meant = members[0].maybe
        if meant is not None and {reading.scope for reading in members} >= {Scope.GROUP, Scope.BANK} and _agree(members, meant, told):
            for index in indexes:
                if agrees(meant, readings[index].value, readings[index].unit):
                    out[index] = replace(readings[index], indicator=meant, point=meant.point, note=readings[index].note or _NOTE)
    return out


def _agree(members: Sequence[Reading], meant: Indicator, told: Confirmed) -> bool:
    """Whether every group value that the report tells elsewhere is told so here, at least one of them."""
    checked = 0
    for reading in members:
        known = told.told(meant.id, reading.period, reading.scope)
        if reading.scope is Scope.GROUP and known:
            if abs(reading.value) < _LEAST or not any(same(Quantity(reading.value, reading.unit), other) for other in known):
                return False
            checked += 1
    return checked > 0
