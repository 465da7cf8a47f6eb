"""The one door to search: ranked passages for a question, wherever they are kept.

Documents: filter by slots → BM25 over chunks, for the question and for the wordings of reports that it may mean → vectors →
one score → pages → the reranker's closer look at the best. Without documents the bundled knowledge is searched.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from data.facts_table import COLLECTION as BUNDLED
from data.ports import ANY_DOCUMENT, Passage, PassageFilter, Reranker, Searcher
from retrieval.search.knowledge_search import COLLECTION as KNOWLEDGE
from retrieval.search.knowledge_search import KnowledgeSearch

if TYPE_CHECKING:
    from retrieval.library import Library
    from retrieval.search.chunk_index import ChunkIndex
    from retrieval.search.embeddings import Embedder
    from retrieval.search.expansion import QueryExpander
    from retrieval.search.first_stage import FirstStage
    from retrieval.search.fusion import Stages, Weights

_CANDIDATES = 50
_WITHOUT_DOCUMENTS = ("", BUNDLED, KNOWLEDGE)


class RetrievalEngine:
    """Search over documents and the bundled knowledge (see data.ports.Searcher). Nothing is read before the first search.

    library: the documents; folder: where their indexes are kept (in memory only, if none). embedder, reranker: optional.
    """

    def __init__(
        self, knowledge: Searcher | None = None, *, library: Library | None = None, folder: Path | None = None,
        embedder: Embedder | None = None, reranker: Reranker | None = None, expander: QueryExpander | None = None,
        weights: Weights | None = None, stages: Stages | None = None,
    ) -> None:
        self._knowledge = knowledge or KnowledgeSearch()
        self._library = library
        self._folder = folder
        self._embedder = embedder
        self._reranker = reranker
        self._expander = expander
        self._weights = weights
        self._stages = stages
        self._open: dict[str, tuple[str, ChunkIndex]] = {}
        self._lock = RLock()

    def search(
        self, query: str, top_k: int = 5, collections: Sequence[str] = (), *, rerank: bool = True, filters: PassageFilter = ANY_DOCUMENT
    ) -> list[Passage]:
        """The best passages of these collections, best first, one of a page; of the bundled knowledge, if no documents are named.

        Where both documents and the knowledge are named, entries of the knowledge follow the passages of documents.

        Raises:
            LedgerError: the library cannot be read.
            RetrievalError: the embedding model cannot be read.
        """
        query, named = query.strip(), _of_documents(collections)
        if not query or top_k < 1:
            return []
        reranker = self._reranker if rerank else None
        found = self.candidates(query, max(_CANDIDATES, 2 * top_k) if reranker else 0, named, filters=filters, pages=top_k)
        if reranker is not None and found:
            found = reranker.rerank(query, found, len(found))
        return _one_of_a_page([*found, *self._entries(query, top_k, collections)])[:top_k]

    async def asearch(
        self, query: str, top_k: int = 5, collections: Sequence[str] = (), *, rerank: bool = True, filters: PassageFilter = ANY_DOCUMENT
    ) -> list[Passage]:
        """`search` without blocking the event loop."""
        query, named = query.strip(), _of_documents(collections)
        if not (rerank and self._reranker and query and named and top_k > 0):
            return await asyncio.to_thread(self.search, query, top_k, collections, rerank=False, filters=filters)
        found = await asyncio.to_thread(self.candidates, query, max(_CANDIDATES, 2 * top_k), named, filters=filters)
        reranked = await self._rerank(query, found, len(found))
        return _one_of_a_page([*reranked, *self._entries(query, top_k, collections)])[:top_k]

    async def _rerank(self, query: str, results: Sequence[Passage], top_k: int) -> list[Passage]:
        """The best of these results by the reranker, in a thread of its own; as they are where there is none."""
        if self._reranker is None or not results:
            return list(results[:top_k])
        return await asyncio.to_thread(self._reranker.rerank, query, results, top_k)

    def candidates(
        self, query: str, count: int, collections: Sequence[str], *, filters: PassageFilter = ANY_DOCUMENT, pages: int = 0
    ) -> list[Passage]:
        """The first stage: at least this many passages where so many match, and at least the best ones of so many pages.

        Passages of one page may be several. Best first; the best of a page has the score of its page.
        """
        if self._library is None or not collections:
            return []
        stage = self._stage()
        expansion = stage.expander.expand(query)
        found: list[Passage] = []
        for name in collections:
            records = [record for record in self._library.documents([name]) if record.done]
            index = self._index(name)
            found += stage.search(index, expansion, {record.key: record for record in records}, filters, count, pages)
        return sorted(found, key=lambda passage: -passage.score)

    def containing(self, words: Sequence[str], collections: Sequence[str], limit: int = 200) -> list[Passage]:
        """Every passage of these collections that holds one of the words as it stands, in reading order: for quotations, not ranking."""
        from retrieval.search.first_stage import as_passage

        wanted = [word for word in dict.fromkeys(words) if word]
        found: list[Passage] = []
        for name in _of_documents(collections) if self._library is not None else ():
            records = {record.key: record for record in self._library.documents([name]) if record.done} if self._library else {}
            chunks = (chunk for chunk in self._index(name).chunks if any(word in chunk.text or word in chunk.title for word in wanted))
            found += [as_passage(chunk, records, 0.0) for chunk in islice(chunks, limit)]
        return found[:limit]

    def index(self, collection: str) -> int:
        """Bring the kept index of a collection up to date with the library; how many passages it holds.

        Raises:
            LedgerError: the library cannot be read.
            RetrievalError: the embedding model cannot be read.
        """
        index = self._index(collection)
        if not index.chunks and (folder := self._folder_of(collection)):
            shutil.rmtree(folder, ignore_errors=True)
        return len(index.chunks)

    def collections(self) -> list[str]:
        """The collections that hold documents."""
        return sorted({record.collection for record in self._library.documents() if record.done}) if self._library else []

    def version(self) -> str:
        """A short text that changes whenever the index changes."""
        library = self._library.version() if self._library else ""
        return sha256(f"{self._knowledge.version()} {library}".encode()).hexdigest()[:16] if library else self._knowledge.version()

    def _entries(self, query: str, top_k: int, collections: Sequence[str]) -> list[Passage]:
        """Entries of the bundled knowledge, where it is named or no documents are."""
        if KNOWLEDGE not in collections and _of_documents(collections):
            return []
        return self._knowledge.search(query, top_k)

    def _index(self, collection: str) -> ChunkIndex:
        """The index of a collection as the library is now."""
        from retrieval.search.chunk_index import ChunkIndex, open_index

        if self._library is None:
            return ChunkIndex(())
        with self._lock:
            version = self._library.version([collection])
            held = self._open.get(collection)
            if held is None or held[0] != version:
                keys = [record.key for record in self._library.documents([collection]) if record.done]
                chunks = self._library.chunks(collection, keys) if keys else []
                folder = self._folder_of(collection)
                index = open_index(folder, version, chunks, self._embedder) if chunks else ChunkIndex(())
                held = self._open[collection] = (version, index)
            return held[1]

    def _folder_of(self, collection: str) -> Path | None:
        """A folder by a hash of the name, since a collection may be called anything."""
        tenant = self._library.tenant if self._library else ""
        name = sha256(f"{tenant}\n{collection}".encode(errors="backslashreplace")).hexdigest()[:16]
        return self._folder / name if self._folder else None

    def _stage(self) -> FirstStage:
        from retrieval.search.expansion import query_expander
        from retrieval.search.first_stage import FirstStage
        from retrieval.search.fusion import Stages, Weights

        return FirstStage(self._expander or query_expander(), self._embedder, self._weights or Weights(), self._stages or Stages())


def _of_documents(collections: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(collections) if name not in _WITHOUT_DOCUMENTS]


def _one_of_a_page(passages: Sequence[Passage]) -> list[Passage]:
    """The first passage of each page, and everything that has no page, with scores that do not rise."""
    first: dict[tuple[str, int | str], Passage] = {}
    for passage in passages:
        first.setdefault((passage.source, passage.page) if passage.page else ("", passage.id), passage)
    found: list[Passage] = []
    for passage in first.values():
        lowest = found[-1].score if found else passage.score
        found.append(passage if passage.score <= lowest else replace(passage, score=lowest))
    return found
