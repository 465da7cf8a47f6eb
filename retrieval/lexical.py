"""Lexical search: Okapi BM25 over Chinese characters, pairs of neighbouring characters, and lower-case latin words.

Pairs carry the words without a dictionary that could miss 拨贷比 or 净利差; single characters let a word match that differs
in one. The scores are those of bm25s (method "lucene"; Kamphuis et al. 2020, "Which BM25 Do You Mean?"). Tokens are counted
here with array operations and handed to bm25s as its finished matrix: its own loops take five times as long over a
vocabulary of pairs, and an index is built in front of a waiting user. bm25s is imported when an index is built, LangChain
when BM25Retriever is asked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.retrievers import BaseRetriever
    from numpy.typing import NDArray

K1, B = 1.5, 0.75
_FIRST_HAN, _LAST_HAN = 0x3400, 0x9FFF
# Token numbers: a character is its code point, a pair is two of them side by side, words count on from here.
_PAIR_BITS = 16
_FIRST_WORD = 1 << 32
_WORD = re.compile(r"[a-z]+\d*|\d+(?:\.\d+)?")
_BREAK = "\0"


class LexicalIndex:
    """BM25 over texts; built at once, read by any number of threads."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s

        words: defaultdict[str, int] = defaultdict(lambda: _FIRST_WORD + len(words))
        tokens, owners = _tokens(texts, words.__getitem__)
        self._size = len(texts)
        self._words = dict(words)
        self._bm25 = bm25s.BM25(k1=K1, b=B, method="lucene")
        self._bm25.nonoccurrence_array = None
        self._vocabulary, self._bm25.scores = _matrix(tokens, owners, max(self._size, 1))

    def scores(self, query: str) -> list[float]:
        """The score of every text, in their order; 0 where nothing matches."""
        tokens, _ = _tokens([query], self._words.get)
        columns = self._vocabulary.searchsorted(tokens)
        known = columns[self._vocabulary.take(columns, mode="clip") == tokens].tolist() if self._vocabulary.size else []
        if not known:
            return [0.0] * self._size
        found: list[float] = self._bm25.get_scores(known).tolist()
        return found

    def search(self, query: str, top_k: int) -> list[tuple[int, float]]:
        """The best texts that match at all, as (position, score), best first; equals in the texts' order."""
        scores = self.scores(query)
        ranked = sorted((position for position in range(self._size) if scores[position] > 0), key=lambda position: -scores[position])
        return [(position, scores[position]) for position in ranked[:top_k]]


def _tokens(texts: Sequence[str], number: Callable[[str], int | None]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers of all tokens, and which text each is from: two arrays of one length. `number` numbers a latin word."""
    import numpy as np

    joined = unicodedata.normalize("NFKC", _BREAK.join(text.replace(_BREAK, " ") for text in texts)).lower()
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    owner = np.cumsum(points == ord(_BREAK))
    han = (points >= _FIRST_HAN) & (points <= _LAST_HAN)
    pair = np.flatnonzero(han[:-1] & han[1:])
    words = [(found, match.start()) for match in _WORD.finditer(joined) if (found := number(match[0])) is not None]
    numbers = np.array([found for found, _ in words], dtype=np.int64)
    starts = np.array([start for _, start in words], dtype=np.int64)
    tokens = np.concatenate((points[han], points[pair] << _PAIR_BITS | points[pair + 1], numbers))
    return tokens, np.concatenate((owner[han], owner[pair], owner[starts]))


def _matrix(tokens: NDArray[np.int64], owners: NDArray[np.int64], texts: int) -> tuple[NDArray[np.int64], dict[str, Any]]:
    """The vocabulary, sorted, and its scores as bm25s keeps them: a sparse matrix, one column per token, one row per text."""
    import numpy as np

    cells, counts = np.unique(tokens * texts + owners, return_counts=True)
    rows = cells % texts
    vocabulary, holders = np.unique(cells // texts, return_counts=True)
    lengths = np.bincount(owners, minlength=texts)
    rarity = np.log(1 + (texts - holders + 0.5) / (holders + 0.5))
    saturated = counts / (counts + K1 * (1 - B + B * lengths[rows] / lengths.mean()))
    return vocabulary, {
        "data": (np.repeat(rarity, holders) * saturated).astype(np.float32), "indices": rows.astype(np.int32),
        "indptr": np.concatenate(([0], np.cumsum(holders))), "num_docs": texts,
    }


@lru_cache(maxsize=1)
def _retriever_class() -> type[BaseRetriever]:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from pydantic import PrivateAttr

    class BM25Retriever(BaseRetriever):
        """A LangChain retriever over documents; `k` is how many it returns. Each comes with its `score` in the metadata."""

        documents: list[Document]
        k: int = 5
        _index: LexicalIndex = PrivateAttr()

        def model_post_init(self, _: object, /) -> None:
            self._index = LexicalIndex([document.page_content for document in self.documents])

        def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
            hits = self._index.search(query, self.k)
            return [_scored(self.documents[position], score) for position, score in hits]

    def _scored(document: Document, score: float) -> Document:
        return Document(page_content=document.page_content, metadata={**document.metadata, "score": score}, id=document.id)

    return BM25Retriever


def __getattr__(name: str) -> Any:
    """BM25Retriever, made at first use: its base class takes LangChain most of a second to import."""
    if name == "BM25Retriever":
        return _retriever_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
