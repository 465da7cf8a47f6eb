"""Balances of 1 January: what the last report closed with, or, after a change of accounting standards, a row of its own.

The first day of a year is no reporting period: a known indicator is told for the end of the year before where both agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from data.figures import Figure, Scope
from data.periods import Part, Period
from data.units import Quantity
from retrieval.extraction.making import ROW_PREFIX, row_id
from retrieval.extraction.narrowing import same

_NOTE = "年初数，与上年末一致"


def settle_openings(figures: Sequence[Figure]) -> list[Figure]:
    """The figures with no known indicator at a first of January; other rows only where the closing balance is told as well."""
    closings: dict[tuple[str, int, Scope], list[Quantity]] = defaultdict(list)
    for figure in figures:
        if not _opens(figure) and (figure.period.end.month, figure.period.end.day) == (12, 31):
            closings[(figure.indicator_id, figure.period.year, figure.scope)].append(figure.quantity)
    return [_settled(figure, closings) if _opens(figure) else figure for figure in figures]


def _opens(figure: Figure) -> bool:
    period = figure.period
    return period.part is Part.DAY and (period.month, period.day) == (1, 1)


def _settled(figure: Figure, closings: Mapping[tuple[str, int, Scope], Sequence[Quantity]]) -> Figure:
    year = figure.period.year - 1
    if any(same(figure.quantity, other) for other in closings.get((figure.indicator_id, year, figure.scope), ())):
        return replace(figure, period=Period(year), rank=figure.rank + 1, note="；".join(filter(None, (figure.note, _NOTE))))
    if figure.indicator_id.startswith(ROW_PREFIX):
        return figure
    name = f"{figure.indicator}（{figure.period.year}年1月1日）"
    return replace(figure, indicator=name, indicator_id=row_id(name))
