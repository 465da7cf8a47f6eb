"""What the agents need from storage and search, as protocols: the tools take these, retrieval provides them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from data.figures import Figure, Gaap, Scope
from data.periods import Period


@dataclass(frozen=True)
class FigureQuery:
    """Which figures are wanted; an empty sequence or None means "any". Times as points: 2023 is the year or its end."""

    entity_ids: Sequence[str] = ()
    indicator_ids: Sequence[str] = ()
    periods: Sequence[Period] = ()
    scope: Scope | None = None
    gaap: Gaap | None = None
    collections: Sequence[str] = ()


@dataclass(frozen=True)
class Passage:
    """One ranked passage: where it stands and what it says. `page` counts from 1; None where there are no pages."""

    id: str
    title: str
    text: str
    document: str
    page: int | None
    score: float
    source: str = ""
    kind: str = ""
    indicators: tuple[str, ...] = ()


@dataclass(frozen=True)
class CollectionSummary:
    """One collection of the ledger: its documents, banks and the span of its figures."""

    name: str
    documents: int
    figures: int
    entity_ids: tuple[str, ...]
    first: Period | None
    last: Period | None


class FigureStore(Protocol):
    """A ledger of figures. Within one key the best source (lowest rank) comes first; nothing is averaged or dropped."""

    def find(self, query: FigureQuery) -> list[Figure]:
        """Figures that match, ordered by entity, indicator, period and rank."""

    def periods_of(self, query: FigureQuery) -> list[Period]:
        """Distinct periods of the matching figures, oldest first."""

    def entities_of(self, query: FigureQuery) -> list[str]:
        """Distinct entity ids of the matching figures."""

    def indicators_of(self, query: FigureQuery) -> list[str]:
        """Distinct indicator ids of the matching figures."""

    def add(self, figures: Iterable[Figure]) -> int:
        """Store figures that are not there yet; how many were new."""

    def version(self, collections: Sequence[str] = ()) -> str:
        """A short text that changes whenever the figures of these collections change."""

    def collections(self) -> list[CollectionSummary]:
        """What the ledger holds, by collection."""


class Searcher(Protocol):
    """Ranked passages for a query."""

    def search(self, query: str, top_k: int = 5, collections: Sequence[str] = ()) -> list[Passage]:
        """The best passages, best first."""

    def version(self) -> str:
        """A short text that changes whenever the index changes."""
