"""Figures that a question brings along ("净利润100亿元，去年80亿元"): read by the entity grammar, kept apart from the ledger.

They answer like any figures, by the same formulas in exact decimals, and are said to be the user's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from data.errors import CaizhiError
from data.evidence import Evidence
from data.figures import Figure, Scope
from data.indicators import IndicatorCatalogue
from data.period_text import parse_period
from data.periods import Period
from data.ports import CollectionSummary, FigureQuery, RowRecord
from data.units import Quantity

GIVEN_ID = "given"
GIVEN = "题设"
GIVEN_UNDATED = "题设数据"
_AMOUNT = re.compile(r"\d\s*(?:%|‰|亿|万|千元|百万|元|倍|个百分点)|[=为是]\s*\d")


def brings_numbers(text: str) -> bool:
    """Whether a text holds two quantities or more, so that reading it with the entity grammar may pay."""
    return len(_AMOUNT.findall(text)) >= 2


def given_figures(text: str, catalogue: IndicatorCatalogue, undated: Period) -> list[Figure]:
    """The figures that a text states; those without a period are dated `undated` and belong to 题设数据."""
    from tools.financial_ner import FinancialNER

    figures = []
    for fact in FinancialNER("rules").extract_facts(text):
        indicator = catalogue.by_name(fact.indicator or fact.surface)
        if indicator is None or fact.value is None:
            continue
        try:
            quantity = Quantity.of(fact.value, fact.unit or indicator.unit.symbol)
            period = parse_period(fact.period) if fact.period else undated
        except CaizhiError:
            continue
        evidence = Evidence(document="提问中给出的数字", quote=text[max(0, fact.start - 12) : fact.end])
        figures.append(Figure(
            entity=GIVEN if fact.period else GIVEN_UNDATED, entity_id=GIVEN_ID, indicator=indicator.name, indicator_id=indicator.id,
            period=period, quantity=quantity, point=indicator.point, evidence=[evidence],
        ))
    return figures


class GivenStore:
    """The figures of one question as a FigureStore (see data.ports)."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        self._figures = list(figures)

    def find(self, query: FigureQuery) -> list[Figure]:
        """Figures that match."""
        return [figure for figure in self._figures if _matches(figure, query)]

    def periods_of(self, query: FigureQuery) -> list[Period]:
        """Distinct periods of the matching figures, oldest first."""
        return sorted({figure.period for figure in self.find(query)}, key=lambda period: period.sort_key)

    def entities_of(self, query: FigureQuery) -> list[str]:
        """The one entity there is, if anything matches."""
        return list(dict.fromkeys(figure.entity_id for figure in self.find(query)))

    def indicators_of(self, query: FigureQuery) -> list[str]:
        """Distinct indicator ids of the matching figures."""
        return list(dict.fromkeys(figure.indicator_id for figure in self.find(query)))

    def add(self, figures: Iterable[Figure]) -> int:
        """Hold further figures."""
        fresh = [figure for figure in figures if figure not in self._figures]
        self._figures += fresh
        return len(fresh)

    def version(self, collections: Sequence[str] = ()) -> str:
        """Changes with the figures."""
        return str(hash(tuple((*figure.key, str(figure.quantity)) for figure in self._figures)))

    def collections(self) -> list[CollectionSummary]:
        """None: these figures belong to no collection."""
        return []

    def rows(self, collections: Sequence[str] = ()) -> list[RowRecord]:
        """None: these figures were read in no document."""
        return []


def _matches(figure: Figure, query: FigureQuery) -> bool:
    return (
        (not query.entity_ids or figure.entity_id in query.entity_ids)
        and (not query.indicator_ids or figure.indicator_id in query.indicator_ids)
        and (not query.periods or any(figure.period == period or (figure.point and figure.period.end == period.end) for period in query.periods))
        and (query.scope in (None, Scope.GROUP) or figure.scope is query.scope)
    )
