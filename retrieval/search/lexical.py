"""Lexical search: Okapi BM25 over Chinese characters, pairs of neighbouring characters, and lower-case latin words.

Pairs carry the words without a dictionary that could miss 拨贷比 or 净利差; single characters let a word match that differs
in one. The scores are those of bm25s (method "lucene"; Kamphuis et al. 2020, "Which BM25 Do You Mean?"). Tokens are counted
here with array operations and handed to bm25s as its finished matrix: its own loops take five times as long over a
vocabulary of pairs, and an index is built in front of a waiting user. bm25s is imported when an index is built, LangChain
when BM25Retriever is asked for.

An index over a collection is kept in a file of plain arrays (no pickle) and loaded again in some hundredths of a second; a
collection that changed is indexed anew, which takes about a second for the chunks of ten annual reports.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from zipfile import BadZipFile

from data.errors import RetrievalError

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.retrievers import BaseRetriever
    from numpy.typing import NDArray

K1, B = 1.5, 0.75
FORM = 1  # of the file; another number when the tokens or the file change
_FIRST_HAN, _LAST_HAN = 0x3400, 0x9FFF
# Token numbers: a character is its code point, a pair is two of them side by side, words count on from here.
_PAIR_BITS = 16
_FIRST_WORD = 1 << 32
_WORD = re.compile(r"[a-z]+\d*|\d+(?:\.\d+)?")
_BREAK = "\0"


class LexicalIndex:
    """BM25 over texts; built at once, read by any number of threads."""

    def __init__(self, texts: Sequence[str]) -> None:
        words: defaultdict[str, int] = defaultdict(lambda: _FIRST_WORD + len(words))
        tokens, owners = _tokens(texts, words.__getitem__)
        self._set(len(texts), dict(words), *_matrix(tokens, owners, max(len(texts), 1)))

    def _set(self, size: int, words: dict[str, int], vocabulary: NDArray[np.int64], scores: dict[str, Any]) -> None:
        import bm25s

        self._size, self._words, self._vocabulary = size, words, vocabulary
        self._bm25 = bm25s.BM25(k1=K1, b=B, method="lucene")
        self._bm25.nonoccurrence_array = None
        self._bm25.scores = scores

    def __len__(self) -> int:
        return self._size

    def scores(self, query: str) -> list[float]:
        """The score of every text, in their order; 0 where nothing matches."""
        found: list[float] = self.array(query).tolist()
        return found

    def array(self, query: str) -> NDArray[np.float32]:
        """The scores of every text as an array of the length of the index."""
        import numpy as np

        columns, missing = self._columns(query)
        known = columns[~missing].tolist()
        found: NDArray[np.float32] = self._bm25.get_scores(known) if known else np.zeros(self._size, np.float32)
        return found

    def holders(self, phrase: str) -> NDArray[np.int32]:
        """Positions of the texts that hold every token of the phrase, ascending: the only ones that can hold it whole."""
        import numpy as np

        columns, missing = self._columns(phrase)
        starts, rows = self._bm25.scores["indptr"], self._bm25.scores["indices"]
        if missing.any() or not columns.size:
            return np.zeros(0, np.int32)
        rarest, *rest = sorted(set(columns.tolist()), key=lambda column: int(starts[column + 1] - starts[column]))
        found: NDArray[np.int32] = rows[starts[rarest] : starts[rarest + 1]]
        for column in rest:
            found = found[np.isin(found, rows[starts[column] : starts[column + 1]], assume_unique=True)]
        return found

    def save(self, path: Path) -> None:
        """Write the index to a file, in one step: a reader finds the old one or the new one."""
        import numpy as np

        kept = self._bm25.scores
        words = np.frombuffer("\n".join(self._words).encode(), dtype=np.uint8)
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        with partial.open("wb") as file:
            np.savez(
                file, form=np.array([FORM, self._size]), words=words, vocabulary=self._vocabulary, data=kept["data"],
                indices=kept["indices"], indptr=kept["indptr"],
            )
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The index that `save` wrote.

        Raises:
            RetrievalError: the file is missing, damaged, or of another version of this program.
        """
        import numpy as np

        try:
            # Opened here, since np.load leaves a damaged file open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                form, size = kept["form"].tolist()
                words = kept["words"].tobytes().decode()
                matrix = {"data": kept["data"], "indices": kept["indices"], "indptr": kept["indptr"], "num_docs": max(size, 1)}
                vocabulary = kept["vocabulary"]
        except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, BadZipFile) as error:
            raise RetrievalError(f"检索索引 {path} 读不出来：{error}；重新导入资料即可重建") from error
        if form != FORM or len(matrix["indptr"]) != len(vocabulary) + 1:
            raise RetrievalError(f"检索索引 {path} 由不同版本创建；重新导入资料即可重建")
        index = cls.__new__(cls)
        numbered = enumerate(words.split("\n") if words else (), start=_FIRST_WORD)
        index._set(size, {word: number for number, word in numbered}, vocabulary, matrix)
        return index

    def _columns(self, query: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The matrix columns of a query's tokens, and which of them are not in the vocabulary."""
        import numpy as np

        tokens, _ = _tokens([query], lambda word: self._words.get(word, -1))
        columns = self._vocabulary.searchsorted(tokens)
        if not self._vocabulary.size:
            return columns, np.ones(len(tokens), np.bool_)
        return columns, self._vocabulary.take(columns, mode="clip") != tokens

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
