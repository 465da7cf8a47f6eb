"""The index over the chunks of one collection: BM25, whole phrases and vectors, each chunk at one position in all of them.

It is kept in a folder beside the stamp of the library's version that it was made from. One that is missing, damaged, or of
another version is made anew from the library, which holds the texts; of the vectors only those of new documents are.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from data.errors import RetrievalError
from retrieval.chunking import Chunk, ChunkKind
from retrieval.search.lexical import K1, B, LexicalIndex

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retrieval.search.dense import DenseIndex
    from retrieval.search.embeddings import Embedder

_LEXICAL, _STAMP, _DENSE = "bm25.npz", "version.json", "dense"
_NEAREST = 400
_MARKS = re.compile(r"^(?:(?:其中|减|加)[:：]|[-－—]+|[(]?[一二三四五六七八九十\d]{1,2}(?:[)、．]|\.(?!\d)))+|(?:[(]\d{1,2}[)])+$|:$")
_BLANK = re.compile(r"[^\S\n]+")


class ChunkIndex:
    """What is searched of some chunks. Read by any number of threads."""

    def __init__(self, chunks: Sequence[Chunk], lexical: LexicalIndex | None = None, dense: DenseIndex | None = None) -> None:
        self.chunks = tuple(chunks)
        self.lexical = lexical or LexicalIndex([chunk.search_text for chunk in self.chunks])
        self.dense = dense
        self._counts: dict[str, dict[int, int]] = {}
        self._compact: dict[int, str] = {}

    def holders(self, wording: str) -> dict[int, int]:
        """The chunks that hold a wording whole, blanks and forms of characters aside: position → how often."""
        found = self._counts.get(wording)
        if found is None:
            wanted = compact(wording)
            places = self.lexical.holders(wording).tolist() if wanted else []
            found = self._counts[wording] = {place: count for place in places if (count := self._text(place).count(wanted))}
        return found

    def rows_called(self, wording: str) -> list[int]:
        """The table rows whose label is this wording, enumeration and footnote marks aside."""
        return self._labels.get(compact(wording), [])

    def saturated(self, places: NDArray[np.int64], counts: NDArray[np.float32]) -> NDArray[np.float32]:
        """BM25's weight of counts in these chunks, without the rarity: from 0 for none to 1 for many in a short chunk."""
        lengths = self._lengths[places] / max(float(self._lengths.mean()), 1.0)
        return (counts / (counts + K1 * (1 - B + B * lengths))).astype("float32")

    def cosines(self, vector: NDArray[np.float32], documents: set[str] | None) -> NDArray[np.float32]:
        """The cosine of every chunk that is among the nearest, 0 for the others and where there are no vectors."""
        import numpy as np

        found = np.zeros(len(self.chunks), dtype=np.float32)
        for name, score in self.dense.search(vector, _NEAREST, documents) if self.dense else ():
            place = self._places.get(name)
            if place is not None:
                found[place] = score
        return found

    def mask(self, documents: set[str]) -> NDArray[np.bool_]:
        """Which chunks are of these documents."""
        import numpy as np

        return np.array([chunk.document in documents for chunk in self.chunks], dtype=np.bool_)

    @cached_property
    def pages(self) -> NDArray[np.int64]:
        """For each chunk the number of its page among all pages of all documents, from 0."""
        import numpy as np

        numbers: dict[tuple[str, int], int] = {}
        return np.array([numbers.setdefault((chunk.document, chunk.page), len(numbers)) for chunk in self.chunks], dtype=np.int64)

    @cached_property
    def is_contents(self) -> NDArray[np.bool_]:
        """Which chunks are of a table of contents."""
        import numpy as np

        return np.array([chunk.kind is ChunkKind.CONTENTS for chunk in self.chunks], dtype=np.bool_)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {_vector_id(chunk): place for place, chunk in enumerate(self.chunks)}

    @cached_property
    def _lengths(self) -> NDArray[np.float32]:
        import numpy as np

        return np.array([len(chunk.search_text) for chunk in self.chunks], dtype=np.float32)

    @cached_property
    def _labels(self) -> dict[str, list[int]]:
        labels: dict[str, list[int]] = {}
        for place, chunk in enumerate(self.chunks):
            if chunk.kind is ChunkKind.ROW:
                label = _MARKS.sub("", compact(chunk.label))
                labels.setdefault(label, []).append(place)
        return labels

    def _text(self, place: int) -> str:
        text = self._compact.get(place)
        if text is None:
            text = self._compact[place] = compact(self.chunks[place].search_text)
        return text

    def save(self, folder: Path, version: str) -> None:
        """Write the index to a folder, the stamp last.

        Raises:
            RetrievalError: the folder cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / _STAMP).unlink(missing_ok=True)
            self.lexical.save(folder / _LEXICAL)
            if self.dense is not None:
                self.dense.save(folder / _DENSE)
            partial = folder / f"{_STAMP}.{os.getpid()}"
            partial.write_text(json.dumps({"version": version, "chunks": len(self.chunks)}), encoding="utf-8")
            partial.replace(folder / _STAMP)
        except OSError as error:
            raise RetrievalError(f"写不进检索索引 {folder}：{error.strerror}；请检查权限和空间") from error


def open_index(folder: Path | None, version: str, chunks: Sequence[Chunk], embedder: Embedder | None) -> ChunkIndex:
    """The index over these chunks: as kept in the folder where it is of this version and whole, else made and kept.

    A folder that cannot be written costs the next process the time to make it again.

    Raises:
        RetrievalError: the embedding model cannot be read.
    """
    kept = _kept_lexical(folder, version, chunks)
    dense, changed = _dense(folder, chunks, embedder)
    index = ChunkIndex(chunks, kept, dense)
    if folder is not None and (kept is None or changed):
        try:
            index.save(folder, version)
        except RetrievalError:
            return index
    return index


def compact(text: str) -> str:
    """Compatible characters, lower case, no blanks; lines stay apart."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", text).lower())


def _kept_lexical(folder: Path | None, version: str, chunks: Sequence[Chunk]) -> LexicalIndex | None:
    if folder is None:
        return None
    try:
        stamp = json.loads((folder / _STAMP).read_bytes())
        lexical = LexicalIndex.load(folder / _LEXICAL) if stamp == {"version": version, "chunks": len(chunks)} else None
    except (OSError, ValueError, RetrievalError):
        return None
    return lexical if lexical is not None and len(lexical) == len(chunks) else None


def _dense(folder: Path | None, chunks: Sequence[Chunk], embedder: Embedder | None) -> tuple[DenseIndex | None, bool]:
    """The vectors of these chunks, and whether they differ from those in the folder."""
    if embedder is None:
        return None, False
    from retrieval.search.dense import DenseIndex

    try:
        if folder is None:
            raise RetrievalError("no folder")
        dense, fresh = DenseIndex.load(folder / _DENSE, embedder.name, embedder.dimension), False
    except RetrievalError:
        dense, fresh = DenseIndex(embedder.dimension, embedder.name), True
    wanted = {_vector_id(chunk): chunk for chunk in chunks}
    held = set(dense.ids)
    removed = dense.remove_ids(held - wanted.keys())
    missing = [name for name in wanted if name not in held]
    dense.add(missing, embedder.encode([wanted[name].search_text for name in missing]), [wanted[name].document for name in missing])
    return dense, bool(fresh or removed or missing)


def _vector_id(chunk: Chunk) -> str:
    """The chunk's id with a checksum of its text: a document that is cut up differently gets new vectors."""
    return f"{chunk.id}-{crc32(chunk.search_text.encode(errors='backslashreplace')):08x}"
