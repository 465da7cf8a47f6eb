"""The first stage over one collection: which documents may answer, the score of every chunk, and the best of the best pages."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.errors import PeriodError
from data.periods import Period
from data.ports import Passage, PassageFilter
from retrieval.search.expansion import Expansion, QueryExpander
from retrieval.search.fusion import Stages, Weights, fused, lexical_scores, order_of, page_scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retrieval.chunking import Chunk
    from retrieval.library_rows import DocumentRecord
    from retrieval.search.chunk_index import ChunkIndex
    from retrieval.search.embeddings import Embedder

_CONTENTS_FACTOR = 0.4
_OTHER_YEAR_FACTOR = 0.85
_PER_PAGE = 3
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class FirstStage:
    """Scores chunks and gives the best as passages."""

    expander: QueryExpander
    embedder: Embedder | None
    weights: Weights
    stages: Stages

    def search(
        self, index: ChunkIndex, expansion: Expansion, documents: Mapping[str, DocumentRecord], filters: PassageFilter, count: int, pages: int
    ) -> list[Passage]:
        """Passages in order of their score: all of the best `pages` pages, and as many more as `count` asks for."""
        allowed = _allowed(documents.values(), filters, expansion.banks)
        if not index.chunks or not allowed:
            return []
        scores = self.scores(index, expansion, allowed, len(documents))
        scores = scores * _year_factors(index, documents, expansion.query) if len(allowed) > 1 else scores
        of_pages = page_scores(scores, index.pages, self.weights.others)
        taken: dict[int, list[int]] = {}
        held = 0
        for place in order_of(of_pages, len(of_pages)):
            if scores[place] <= 0:
                continue
            page = int(index.pages[place])
            if page not in taken:
                if len(taken) >= pages and held >= count:
                    break
                taken[page] = _best_of_page(index, scores, page, _PER_PAGE if count else 1)
                held += len(taken[page])
        found = [
            as_passage(index.chunks[place], documents, float(of_pages[place] if rank == 0 else scores[place]))
            for places in taken.values() for rank, place in enumerate(places)
        ]
        return sorted(found, key=lambda passage: -passage.score)

    def scores(self, index: ChunkIndex, expansion: Expansion, allowed: Collection[str], documents: int) -> NDArray[np.float32]:
        """The score of every chunk; 0 for those of other documents than the allowed ones."""
        import numpy as np

        scores = lexical_scores(index, expansion, self.weights, self.stages)
        narrowed = len(allowed) < documents
        if narrowed:
            scores = np.where(index.mask(set(allowed)), scores, np.float32(0))
        if self.embedder is not None and index.dense is not None and self.stages.dense:
            said = " ".join(dict.fromkeys((expansion.core, *(group.say[0] for group in expansion.groups))))
            vector = self.embedder.encode([said], query=True)[0]
            scores = fused(scores, index.cosines(vector, set(allowed) if narrowed else None), self.weights.dense)
        found: NDArray[np.float32] = np.where(index.is_contents, scores * np.float32(_CONTENTS_FACTOR), scores)
        return found


def _best_of_page(index: ChunkIndex, scores: NDArray[np.float32], page: int, most: int) -> list[int]:
    import numpy as np

    places = np.flatnonzero(index.pages == page)
    best = places[np.argsort(-scores[places], kind="stable")][:most]
    return [int(place) for place in best if scores[place] > 0]


def _allowed(documents: Collection[DocumentRecord], filters: PassageFilter, banks: Sequence[str]) -> set[str]:
    """The keys of the documents that pass; a bank that only the question names narrows where there is a document of it."""
    kept = list(documents)
    if filters.documents:
        kept = [record for record in kept if {record.key, record.name, record.title} & set(filters.documents)]
    if filters.entity_ids:
        kept = [record for record in kept if record.entity_id in filters.entity_ids]
    elif banks:
        kept = [record for record in kept if record.entity_id in banks] or kept
    years = {period.end.year for period in filters.periods}
    for wanted in (years, {year + 1 for year in years}):
        if reporting := [record for record in kept if _year(record) in wanted]:
            kept = reporting
            break
    return {record.key for record in kept}


def _year(record: DocumentRecord) -> int | None:
    """The year that a document reports on."""
    try:
        return Period.parse(record.period).end.year if record.period else None
    except PeriodError:
        return None


def _year_factors(index: ChunkIndex, documents: Mapping[str, DocumentRecord], query: str) -> NDArray[np.float32]:
    """Where a question names years, reports on other years count less: they carry them as comparatives at most."""
    import numpy as np

    years = {int(year) for year in _YEAR.findall(query)}
    other = {key for key, record in documents.items() if years and _year(record) not in years}
    return np.where(index.mask(other), np.float32(_OTHER_YEAR_FACTOR), np.float32(1)) if other else np.ones(1, dtype=np.float32)


def as_passage(chunk: Chunk, documents: Mapping[str, DocumentRecord], score: float) -> Passage:
    record = documents[chunk.document]
    return Passage(
        id=chunk.id, title=" ".join(dict.fromkeys(part for part in (*chunk.section, chunk.title) if part)), text=chunk.text,
        document=record.title or record.name, page=chunk.page, score=score, source=chunk.document, kind=chunk.kind.value,
        indicators=chunk.indicators,
    )
