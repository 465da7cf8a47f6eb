"""The one door to search: ranked passages for a question, wherever they are kept."""

from __future__ import annotations

from collections.abc import Sequence

from data.ports import Passage, Searcher
from retrieval.knowledge_search import KnowledgeSearch


class RetrievalEngine:
    """Search over the bundled knowledge (see data.ports.Searcher). Nothing is read or built before the first search."""

    def __init__(self, knowledge: Searcher | None = None) -> None:
        self._knowledge = knowledge or KnowledgeSearch()

    def search(self, query: str, top_k: int = 5, collections: Sequence[str] = ()) -> list[Passage]:
        """The best passages, best first, from these collections (all, if none are named); none for an empty query."""
        return self._knowledge.search(query.strip(), top_k, collections) if query.strip() else []

    def version(self) -> str:
        """A short text that changes whenever the index changes."""
        return self._knowledge.version()
