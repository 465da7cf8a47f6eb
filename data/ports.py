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


@dataclass(frozen=True, slots=True)
class PassageFilter:
    """Which documents are searched; an empty sequence means "any".

    entity_ids: of these banks. periods: reports on these periods - where there are none, those on the year after, which carry
    them as comparatives. documents: by key, file name or title.
    """

    entity_ids: Sequence[str] = ()
    periods: Sequence[Period] = ()
    documents: Sequence[str] = ()


ANY_DOCUMENT = PassageFilter()


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where a row prints a figure. order: its place in the ledger, which is that of the page. column: the heading over it.

    cell: whether it stands in a table; False for a sentence, which has its section's title.
    """

    page: int
    order: int
    column: str
    cell: bool = True


@dataclass(frozen=True, slots=True)
class RowRecord:
    """One row of a document, as its figures name it: what a question about a deep table is matched against.

    table: title of the table, "" for a sentence. row: path of row labels as printed. periods, scopes: canonical texts held. places: one for
    each page and column.
    """

    entity: str
    entity_id: str
    indicator: str
    indicator_id: str
    table: str
    row: str
    unit: str
    point: bool
    rank: int
    page: int
    periods: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    places: tuple[RowPlace, ...] = ()


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

    def rows(self, collections: Sequence[str] = ()) -> list[RowRecord]:
        """Every distinct row (entity, indicator, table, row path) of these collections' documents, in the order of their pages."""


class Searcher(Protocol):
    """Ranked passages for a query."""

    def search(
        self, query: str, top_k: int = 5, collections: Sequence[str] = (), *, rerank: bool = True, filters: PassageFilter = ANY_DOCUMENT
    ) -> list[Passage]:
        """The best passages, best first, at most one of a page. rerank: whether the second stage may reorder the first one's."""

    def containing(self, words: Sequence[str], collections: Sequence[str], limit: int = 200) -> list[Passage]:
        """Every passage that holds one of the words as it stands, in reading order."""

    def collections(self) -> list[str]:
        """The collections that hold documents; built-in knowledge is none."""

    def version(self) -> str:
        """A short text that changes whenever the index changes."""


class Reranker(Protocol):
    """A second stage: the first stage's passages, reordered by a closer look at each."""

    def rerank(self, query: str, results: Sequence[Passage], top_k: int) -> list[Passage]:
        """The best of these passages, best first, with scores of its own."""
