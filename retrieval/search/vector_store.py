"""LangChain's doors to search: a vector store over faiss (DenseIndex) and a retriever over the whole engine.

The store keeps texts and metadata as JSON beside the vectors; nothing is pickled. Its filter is a mapping that a document's
metadata must hold ({"tenant": "a", "collection": ["x", "y"]}), and is applied before the similarity. Importing this module
imports LangChain, which takes most of a second; search itself does without.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import numpy as np
from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore
from pydantic import ConfigDict

from data.errors import RetrievalError
from data.ports import ANY_DOCUMENT, Passage, PassageFilter
from retrieval.engine import RetrievalEngine
from retrieval.search.dense import FLAT_LIMIT, DenseIndex
from retrieval.search.embeddings import Embedder

_TEXTS = "texts.json"


class EmbedderEmbeddings(Embeddings):
    """An embedder of ours in LangChain's form."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector per text."""
        found: list[list[float]] = self.embedder.encode(texts).tolist()
        return found

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        found: list[float] = self.embedder.encode([text], query=True)[0].tolist()
        return found


class FaissVectorStore(VectorStore):
    """Documents by vector: flat while few, a graph when many (see DenseIndex). Scores are cosines."""

    def __init__(
        self, embedder: Embedder, index: DenseIndex | None = None, documents: Mapping[str, Document] | None = None, flat_limit: int = FLAT_LIMIT
    ) -> None:
        self._embedder = embedder
        self._index = index or DenseIndex(embedder.dimension, embedder.name, flat_limit)
        self._documents = dict(documents or {})

    @property
    def embeddings(self) -> Embeddings:
        """The embedding model."""
        return EmbedderEmbeddings(self._embedder)

    def add_texts(
        self, texts: Iterable[str], metadatas: list[dict[str, Any]] | None = None, *, ids: Sequence[str | None] | None = None, **_: Any
    ) -> list[str]:
        """Add texts; one whose id is there replaces it. The ids.

        Raises:
            ValueError: there are not as many ids or metadata as texts.
        """
        given = list(texts)
        names = [name or str(uuid4()) for name in (ids or [None] * len(given))]
        kept = metadatas or [{} for _ in given]
        if len(names) != len(given) or len(kept) != len(given):
            raise ValueError(f"{len(given)} texts, {len(names)} ids, {len(kept)} metadata")
        self._index.add(names, self._embedder.encode(given), names)
        for name, text, metadata in zip(names, given, kept, strict=True):
            self._documents[name] = Document(page_content=text, metadata=dict(metadata), id=name)
        return names

    def delete(self, ids: list[str] | None = None, **_: Any) -> bool:
        """Remove documents by id, all where none are given; whether any was there."""
        gone = set(self._documents if ids is None else ids)
        for name in gone:
            self._documents.pop(name, None)
        return self._index.remove_ids(gone) > 0

    def delete_where(self, wanted: Mapping[str, Any]) -> int:
        """Remove the documents whose metadata hold these values, as those of one file; how many there were."""
        gone = [name for name, document in self._documents.items() if _holds(document.metadata, wanted)]
        if gone:
            self.delete(gone)
        return len(gone)

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents of these ids that are there."""
        return [self._documents[name] for name in ids if name in self._documents]

    def similarity_search(self, query: str, k: int = 4, filter: Mapping[str, Any] | None = None, **_: Any) -> list[Document]:
        """The nearest documents, best first."""
        return [document for document, _ in self.similarity_search_with_score(query, k, filter)]

    def similarity_search_with_score(self, query: str, k: int = 4, filter: Mapping[str, Any] | None = None, **_: Any) -> list[tuple[Document, float]]:
        """The nearest documents with their cosines, best first."""
        return self._nearest(self._embedder.encode([query], query=True)[0], k, filter)

    def similarity_search_by_vector(self, embedding: list[float], k: int = 4, filter: Mapping[str, Any] | None = None, **_: Any) -> list[Document]:
        """The documents nearest to a vector."""
        return [document for document, _ in self._nearest(np.asarray(embedding, dtype=np.float32), k, filter)]

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda cosine: (1 + cosine) / 2

    def _nearest(self, vector: Any, k: int, wanted: Mapping[str, Any] | None) -> list[tuple[Document, float]]:
        allowed: Collection[str] | None = None
        if wanted:
            allowed = {name for name, document in self._documents.items() if _holds(document.metadata, wanted)}
        return [(self._documents[name], score) for name, score in self._index.search(vector, k, allowed)]

    @classmethod
    def from_texts(
        cls, texts: list[str], embedding: Embeddings, metadatas: list[dict[str, Any]] | None = None, *, ids: list[str] | None = None, **_: Any
    ) -> Self:
        """A store of these texts.

        Raises:
            TypeError: the embeddings are not EmbedderEmbeddings: vectors of a model without a name cannot be told apart later.
        """
        if not isinstance(embedding, EmbedderEmbeddings):
            raise TypeError("FaissVectorStore needs EmbedderEmbeddings")
        store = cls(embedding.embedder)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    def save(self, folder: Path) -> None:
        """Write the store to a folder.

        Raises:
            RetrievalError: the folder cannot be written.
        """
        self._index.save(folder)
        rows = {name: [document.page_content, document.metadata] for name, document in self._documents.items()}
        partial = folder / f"{_TEXTS}.{os.getpid()}"
        try:
            partial.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
            partial.replace(folder / _TEXTS)
        except OSError as error:
            raise RetrievalError(f"写不进向量索引 {folder}：{error.strerror}") from error

    @classmethod
    def load(cls, folder: Path, embedder: Embedder) -> Self:
        """The store that `save` wrote.

        Raises:
            RetrievalError: it is not there, is damaged, or was made with another model.
        """
        index = DenseIndex.load(folder, embedder.name, embedder.dimension)
        try:
            rows = json.loads((folder / _TEXTS).read_bytes())
            documents = {name: Document(page_content=text, metadata=metadata, id=name) for name, (text, metadata) in rows.items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise RetrievalError(f"向量索引 {folder} 的文本读不出来：{error}") from error
        if set(index.ids) != set(documents):
            raise RetrievalError(f"向量索引 {folder} 的文本与向量不符")
        return cls(embedder, index, documents)


class HybridRetriever(BaseRetriever):
    """The engine's whole search as a LangChain retriever; where a passage stands and its score are in the metadata."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    engine: RetrievalEngine
    collections: Sequence[str] = ()
    k: int = 5
    filters: PassageFilter = ANY_DOCUMENT

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [_document(passage) for passage in self.engine.search(query, self.k, self.collections, filters=self.filters)]

    async def _aget_relevant_documents(self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun) -> list[Document]:
        return [_document(passage) for passage in await self.engine.asearch(query, self.k, self.collections, filters=self.filters)]


def _document(passage: Passage) -> Document:
    place = {"document": passage.document, "page": passage.page, "title": passage.title, "kind": passage.kind, "source": passage.source}
    return Document(page_content=passage.text, metadata={**place, "score": passage.score}, id=passage.id)


def _holds(metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether metadata have each wanted value, or one of them where a list is wanted."""
    return all(metadata.get(name) in (value if isinstance(value, (list, tuple, set, frozenset)) else [value]) for name, value in wanted.items())
