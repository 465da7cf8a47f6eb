"""Balances of 1 January: what the last report closed with, or, after a change of accounting standards, a row of its own.

The first day of a year is no reporting period: a known indicator is told for the end of the year before where both agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from data.figures import Figure
from data.periods import Part, Period
from retrieval.extraction.making import ROW_PREFIX, row_id
from retrieval.extraction.narrowing import Confirmed, same

_NOTE = "年初数，与上年末一致"


def settle_openings(figures: Sequence[Figure]) -> list[Figure]:
    """The figures with no known indicator at a first of January."""
    confirmed = Confirmed(figure for figure in figures if not _opens(figure))
    return [_settled(figure, confirmed) if _opens(figure) and not figure.indicator_id.startswith(ROW_PREFIX) else figure for figure in figures]


def _opens(figure: Figure) -> bool:
    period = figure.period
    return period.part is Part.DAY and (period.month, period.day) == (1, 1)


def _settled(figure: Figure, confirmed: Confirmed) -> Figure:
    closing = Period(figure.period.year - 1)
    told = confirmed.told(figure.indicator_id, closing, figure.scope)
    if any(same(figure.quantity, other) for other in told):
        return replace(figure, period=closing, rank=figure.rank + 1, note="；".join(filter(None, (figure.note, _NOTE))))
    name = f"{figure.indicator}（{figure.period.year}年1月1日）"
    return replace(figure, indicator=name, indicator_id=row_id(name))
