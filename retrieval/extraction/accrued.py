"""Deposits and loans with and without accrued interest: one meaning to a name in one document.

A balance sheet's 吸收存款 has included accrued interest since 2018, while most reports tell 存款总额 as principal. Where a document
shows both, the principal keeps the catalogue's name and the statement's line is a row of its own, in every scope and period.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from data.figures import Figure
from retrieval.extraction.labels import clean_label
from retrieval.extraction.making import row_id
from retrieval.extraction.narrowing import same

_NAMES = {"total_deposits": "吸收存款（含应计利息）", "total_loans": "贷款总额（含应计利息）"}
_STATEMENT = re.compile(r"资产负债表|财务状况表")
_WITH = re.compile(r"含应计利息|应计利息后")
_NOTE = "资产负债表列示数，含应计利息；本金见“{name}”"


def split_accrued(figures: Sequence[Figure]) -> list[Figure]:
    """The figures with balances that include accrued interest under names of their own, where the document tells the principal too."""
    split = list(figures)
    for indicator_id, name in _NAMES.items():
        places = [index for index, figure in enumerate(figures) if figure.indicator_id == indicator_id]
        principal = [figures[index] for index in places if not _listed(figures[index])]
        principal = [figure for figure in principal if "本金" in _label(figure)] or [figure for figure in principal if figure.rank < 3]
        for index in places:
            if figures[index] not in principal and _includes(figures[index], principal, [figures[place] for place in places]):
                split[index] = _renamed(figures[index], name)
    return split


def _includes(figure: Figure, principal: Sequence[Figure], all_of_it: Sequence[Figure]) -> bool:
    """Whether a statement's figure, or one that says so, is more than the principal - its own or, without one, that of the other scope."""
    if _WITH.search(_label(figure)):
        return True
    if not _listed(figure):
        return False
    own = [one for one in principal if one.key == figure.key]
    if own:
        return not any(same(one.quantity, figure.quantity) for one in own) and figure.quantity.base > own[0].quantity.base
    listed = [one for one in all_of_it if _listed(one) and one.scope is not figure.scope and one.period.end == figure.period.end]
    return any(_includes(one, [other for other in principal if other.scope is one.scope], ()) for one in listed)


def _listed(figure: Figure) -> bool:
    return bool(_STATEMENT.search(figure.evidence[0].table)) and "本金" not in _label(figure)


def _label(figure: Figure) -> str:
    return clean_label(figure.evidence[0].row.split(" > ")[-1])


def _renamed(figure: Figure, name: str) -> Figure:
    note = _NOTE.format(name=figure.indicator)
    return replace(figure, indicator=name, indicator_id=row_id(name), note="；".join(filter(None, (figure.note, note))))
