"""A dense index: vectors in faiss, ids and owners beside them, written to files that hold no code.

Small collections are searched exactly (a flat index); from FLAT_LIMIT vectors on a graph (HNSW) is searched instead, except
where a filter leaves few, which are then compared one by one. A filter is applied before the similarity, never after it. The
vectors file (as faiss.write_index writes it) carries a digest of its bytes in its name, and the list of ids that names it is
replaced in one step: a reader sees the old index or the new one, and a damaged file is noticed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from data.errors import RetrievalError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FLAT_LIMIT = 50_000
_FORM = 1
_EXACT_BELOW = 5_000  # candidates that a filter leaves are compared one by one up to this many
_DEAD_SHARE = 0.2
_NEIGHBOURS, _BUILD_EFFORT, _SEARCH_EFFORT = 32, 80, 128
_ENTRIES = "vectors.json"


class DenseIndex:
    """Unit vectors by id; each id has an owner (its document), by which vectors are removed and filtered."""

    def __init__(self, dimension: int, model: str, flat_limit: int = FLAT_LIMIT) -> None:
        self.dimension = dimension
        self.model = model
        self._flat_limit = flat_limit
        self._ids: list[str] = []
        self._owners: list[str] = []
        self._dead: set[int] = set()
        self._index = _new_index(dimension, 0, flat_limit)

    def __len__(self) -> int:
        return len(self._ids) - len(self._dead)

    @property
    def is_graph(self) -> bool:
        """Whether an HNSW graph is searched."""
        return hasattr(self._index, "hnsw")

    @property
    def ids(self) -> list[str]:
        """The ids held, in the order they were added."""
        return [name for place, name in enumerate(self._ids) if place not in self._dead]

    @property
    def owners(self) -> set[str]:
        """The owners of the ids held."""
        return {owner for place, owner in enumerate(self._owners) if place not in self._dead}

    def add(self, ids: Sequence[str], vectors: NDArray[np.float32], owners: Sequence[str]) -> None:
        """Add vectors [n, dimension]; an id that is there already is replaced.

        Raises:
            RetrievalError: the vectors have another length than the index.
        """
        import numpy as np

        if vectors.shape != (len(ids), self.dimension):
            raise RetrievalError(f"向量是 {vectors.shape}，索引需要 ({len(ids)}, {self.dimension})")
        self.remove_ids(set(ids))
        grown = np.ascontiguousarray(vectors, dtype=np.float32)
        if not self.is_graph and self._index.ntotal + len(ids) > self._flat_limit:
            self._rebuild(range(len(self._ids)), growing=len(ids))
        self._index.add(grown)
        self._ids += ids
        self._owners += owners

    def remove_owners(self, owners: Collection[str]) -> int:
        """Remove every vector of these owners; how many there were."""
        gone = [place for place, _ in self._placed() if self._owners[place] in owners]
        self._remove(gone)
        return len(gone)

    def remove_ids(self, ids: Collection[str]) -> int:
        """Remove vectors by id; how many there were."""
        gone = [place for place, name in self._placed() if name in ids]
        self._remove(gone)
        return len(gone)

    def search(self, vector: NDArray[np.float32], top_k: int, owners: Collection[str] | None = None) -> list[tuple[str, float]]:
        """The nearest vectors as (id, cosine), best first; only of these owners, where given."""
        import numpy as np

        places = [place for place, _ in self._placed() if owners is None or self._owners[place] in owners]
        if not places or top_k < 1:
            return []
        question = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        if self.is_graph and len(places) > _EXACT_BELOW:
            found = self._graph_search(question, top_k, places)
        else:
            scores = self._vectors(places) @ question[0]
            best = np.argsort(-scores, kind="stable")[:top_k]
            found = [(places[place], float(scores[place])) for place in best]
        return [(self._ids[place], score) for place, score in found]

    def save(self, folder: Path) -> None:
        """Write the index to a folder; the files of the state before are removed after it.

        Raises:
            RetrievalError: the folder cannot be written.
        """
        import faiss

        if self._dead:
            self._rebuild([place for place, _ in self._placed()])
        content = faiss.serialize_index(self._index).tobytes()
        name = f"vectors-{sha256(content).hexdigest()[:16]}.faiss"
        entries = {
            "form": _FORM, "model": self.model, "dimension": self.dimension, "vectors": name, "bytes": len(content), "ids": self._ids,
            "owners": self._owners,
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / name, content)
            _write(folder / _ENTRIES, json.dumps(entries, ensure_ascii=False).encode())
            for older in folder.glob("vectors-*.faiss"):
                if older.name != name:
                    older.unlink(missing_ok=True)
        except OSError as error:
            raise RetrievalError(f"写不进向量索引 {folder}：{error.strerror}") from error

    @classmethod
    def load(cls, folder: Path, model: str, dimension: int, flat_limit: int = FLAT_LIMIT) -> Self:
        """The index that `save` wrote.

        Raises:
            RetrievalError: it is not there, is damaged, or was made with another model or another version of this program.
        """
        import faiss
        import numpy as np

        entries, content = _read(folder)
        made_with = (entries.get("form"), entries.get("model"), entries.get("dimension"))
        if made_with != (_FORM, model, dimension):
            raise RetrievalError(f"向量索引 {folder} 由另一个模型（{made_with[1]}，{made_with[2]} 维）建立；重新导入资料即可重建")
        loaded = cls(dimension, model, flat_limit)
        try:
            loaded._index = faiss.deserialize_index(np.frombuffer(content, dtype=np.uint8))
        except RuntimeError as error:
            raise RetrievalError(f"向量索引 {folder} 已损坏：{error}") from error
        loaded._ids, loaded._owners = list(entries["ids"]), list(entries["owners"])
        if not (loaded._index.ntotal == len(loaded._ids) == len(loaded._owners) and loaded._index.d == dimension):
            raise RetrievalError(f"向量索引 {folder} 的条目与向量不符")
        return loaded

    def _placed(self) -> list[tuple[int, str]]:
        return [(place, name) for place, name in enumerate(self._ids) if place not in self._dead]

    def _remove(self, places: Sequence[int]) -> None:
        """A graph only marks what is gone, until a fifth of it is; a flat index is made anew, which costs nothing."""
        self._dead.update(places)
        if self._dead and (not self.is_graph or len(self._dead) > _DEAD_SHARE * len(self._ids)):
            self._rebuild([place for place, _ in self._placed()])

    def _rebuild(self, places: Sequence[int], growing: int = 0) -> None:
        kept = self._vectors(places)
        self._ids, self._owners = [self._ids[place] for place in places], [self._owners[place] for place in places]
        self._dead = set()
        self._index = _new_index(self.dimension, len(places) + growing, self._flat_limit)
        self._index.add(kept)

    def _vectors(self, places: Sequence[int]) -> NDArray[np.float32]:
        import numpy as np

        if not self._ids:
            return np.zeros((0, self.dimension), dtype=np.float32)
        every: NDArray[np.float32] = self._index.reconstruct_n(0, self._index.ntotal)
        return every if len(places) == len(every) else every[np.asarray(places, dtype=np.int64)]

    def _graph_search(self, question: NDArray[np.float32], top_k: int, places: Sequence[int]) -> list[tuple[int, float]]:
        import faiss
        import numpy as np

        chosen = None if len(places) == len(self._ids) else faiss.IDSelectorBatch(np.asarray(places, dtype=np.int64))
        effort = faiss.SearchParametersHNSW(efSearch=max(_SEARCH_EFFORT, 2 * top_k), sel=chosen)  # type: ignore[attr-defined]
        scores, found = self._index.search(question, top_k, params=effort)
        return [(int(place), float(score)) for place, score in zip(found[0], scores[0], strict=True) if place >= 0]


def _new_index(dimension: int, size: int, flat_limit: int) -> Any:
    import faiss

    if size <= flat_limit:
        return faiss.IndexFlatIP(dimension)
    graph = faiss.IndexHNSWFlat(dimension, _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = _BUILD_EFFORT
    return graph


def _read(folder: Path) -> tuple[dict[str, Any], bytes]:
    """The entries and the bytes of the vectors that they name."""
    try:
        entries = json.loads((folder / _ENTRIES).read_bytes())
        name = entries["vectors"]
        content = (folder / Path(name).name).read_bytes()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RetrievalError(f"向量索引 {folder} 读不出来：{error}") from error
    if name != f"vectors-{sha256(content).hexdigest()[:16]}.faiss":
        raise RetrievalError(f"向量索引 {folder} 已损坏：内容与登记的摘要不符")
    return entries, content


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)
