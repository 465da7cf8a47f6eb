"""Readings of one indicator that disagree: the better place keeps the name, the other becomes a row of its own.

A note's row that bears an indicator's name but another value means something narrower; two primary places that disagree are a
conflict, which stays visible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from data.figures import Figure
from retrieval.extraction.labels import clean_label, name_key
from retrieval.extraction.making import ROW_PREFIX, row_id, row_name
from retrieval.extraction.narrowing import same

_MINOR = 2
_DISAGREES = "与报告其他位置的同名数值不一致，按表内行记"


def settle(figures: Sequence[Figure]) -> list[Figure]:
    """The figures with disagreeing minor readings put under their own rows; the order is kept.

    Of primary places that disagree both stay, the one that fewer places confirm a rank behind.
    """
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, figure in enumerate(figures):
        if not figure.indicator_id.startswith(ROW_PREFIX):
            groups[figure.key].append(index)
    settled = list(figures)
    for indexes in groups.values():
        members = [figures[index] for index in indexes]
        best, outvoted = _winner(members)
        for index in indexes:
            figure = figures[index]
            if same(figure.quantity, best.quantity):
                continue
            if "本金" in best.evidence[0].row or figure.rank > best.rank or (outvoted and figure.rank > 0) or _narrower(figure, best):
                settled[index] = _own_row(figure)
            elif outvoted:
                settled[index] = replace(figure, rank=figure.rank + 1)
    return settled


def _winner(figures: Sequence[Figure]) -> tuple[Figure, bool]:
    """The best place first; among equals the value that most places state, then the first one; whether it has most votes."""
    # 吸收存款本金 and a balance sheet's 吸收存款 with accrued interest share a name; the principal is what the name means.
    principal = [figure for figure in figures if "本金" in figure.evidence[0].row]
    top = min(figure.rank for figure in principal or figures)
    candidates = [figure for figure in principal or figures if figure.rank == top]
    votes = [sum(1 for other in figures if same(figure.quantity, other.quantity)) for figure in candidates]
    named = [name_key(_label(figure)) == name_key(figure.indicator) for figure in candidates]
    best = max(zip(votes, named, range(0, -len(votes), -1), candidates, strict=True), key=lambda one: one[:3])[3]
    others = [vote for figure, vote in zip(candidates, votes, strict=True) if not same(figure.quantity, best.quantity)]
    return best, bool(others) and max(votes) > max(others)


def _narrower(figure: Figure, best: Figure) -> bool:
    """Whether a note or a sentence words it otherwise than the best place: 抵债资产账面价值 beside 抵债资产."""
    return figure.rank >= _MINOR and _label(figure) != _label(best)


def _label(figure: Figure) -> str:
    return clean_label(figure.evidence[0].row.split(" > ")[-1])


def _own_row(figure: Figure) -> Figure:
    place = figure.evidence[0]
    name = row_name(place.table, tuple(place.row.split(" > ")), "" if not place.table else place.column)
    return replace(figure, indicator=name, indicator_id=row_id(name), note=_DISAGREES)
