"""The dense index: flat and graph alike, filters before similarity, deletion, files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import RetrievalError
from retrieval.search import dense
from retrieval.search.dense import DenseIndex

N, D = 600, 16


def vectors(count: int = N, seed: int = 0) -> NDArray[np.float32]:
    found = np.random.default_rng(seed).normal(size=(count, D)).astype(np.float32)
    unit: NDArray[np.float32] = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


def filled(flat_limit: int) -> DenseIndex:
    index = DenseIndex(D, "m", flat_limit)
    given = vectors()
    for start in range(0, N, 100):
        index.add([f"c{n}" for n in range(start, start + 100)], given[start : start + 100], [f"d{n % 6}" for n in range(start, start + 100)])
    return index


@pytest.fixture(params=[10_000, 250], ids=["flat", "graph"])
def index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> DenseIndex:
    monkeypatch.setattr(dense, "_EXACT_BELOW", 20)
    made = filled(request.param)
    assert made.is_graph == (request.param < N)
    return made


def exact(vector: NDArray[np.float32], allowed: set[int], k: int) -> list[str]:
    scores = vectors() @ vector
    return [f"c{n}" for n in sorted(allowed, key=lambda n: -scores[n])[:k]]


def test_the_nearest_come_first(index: DenseIndex) -> None:
    right = 0
    for question in vectors(30, seed=1):
        found = index.search(question, 10)
        scores = [score for _, score in found]
        assert scores == sorted(scores, reverse=True) and len(found) == 10
        right += len({name for name, _ in found} & set(exact(question, set(range(N)), 10)))
    assert right >= 285, "a graph may miss a few of 300"


def test_a_filter_comes_before_the_similarity(index: DenseIndex) -> None:
    for question in vectors(20, seed=2):
        found = [name for name, _ in index.search(question, 10, {"d3"})]
        assert len(found) == 10 and all(int(name[1:]) % 6 == 3 for name in found)
        assert len(set(found) & set(exact(question, set(range(3, N, 6)), 10))) >= 8
    assert index.search(vectors(1)[0], 10, {"absent"}) == [] and index.search(vectors(1)[0], 0) == []


def test_what_is_removed_is_not_found(index: DenseIndex) -> None:
    own = vectors()[9]
    assert index.search(own, 1)[0][0] == "c9"
    assert index.remove_owners({"d3"}) == 100 and index.remove_owners({"d3"}) == 0
    assert len(index) == 500 and index.owners == {"d0", "d1", "d2", "d4", "d5"}
    assert all(int(name[1:]) % 6 != 3 for name, _ in index.search(own, 400))
    assert index.remove_ids({"c0", "c1", "absent"}) == 2 and "c0" not in index.ids
    index.remove_ids(set(index.ids))
    assert len(index) == 0 and index.search(own, 5) == []


def test_an_id_added_again_is_replaced(index: DenseIndex) -> None:
    fresh = vectors(1, seed=9)
    index.add(["c5"], fresh, ["d9"])
    assert len(index) == N and index.search(fresh[0], 1)[0][0] == "c5" and "d9" in index.owners


def test_it_comes_back_from_its_files(index: DenseIndex, tmp_path: Path) -> None:
    index.remove_owners({"d1"})
    index.save(tmp_path)
    loaded = DenseIndex.load(tmp_path, "m", D, 250 if index.is_graph else 10_000)
    assert loaded.ids == index.ids and loaded.is_graph == index.is_graph
    question = vectors(1, seed=4)[0]
    assert [name for name, _ in loaded.search(question, 5)] == [name for name, _ in index.search(question, 5)]
    loaded.add(["new"], vectors(1, seed=5), ["d7"])
    loaded.save(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2 and "new" in DenseIndex.load(tmp_path, "m", D).ids


def test_damage_and_other_models_are_noticed(tmp_path: Path) -> None:
    filled(10_000).save(tmp_path)
    with pytest.raises(RetrievalError, match="另一个模型"):
        DenseIndex.load(tmp_path, "another", D)
    with pytest.raises(RetrievalError, match="另一个模型"):
        DenseIndex.load(tmp_path, "m", D + 1)
    (content,) = tmp_path.glob("*.faiss")
    whole = content.read_bytes()
    content.write_bytes(whole[:-9] + b"\0" * 9)
    with pytest.raises(RetrievalError, match="损坏"):
        DenseIndex.load(tmp_path, "m", D)
    content.unlink()
    with pytest.raises(RetrievalError, match="读不出来"):
        DenseIndex.load(tmp_path, "m", D)
    (tmp_path / "vectors.json").write_text("{")
    with pytest.raises(RetrievalError, match="读不出来"):
        DenseIndex.load(tmp_path, "m", D)


def test_a_list_that_does_not_fit_its_vectors_is_noticed(tmp_path: Path) -> None:
    filled(10_000).save(tmp_path)
    entries = json.loads((tmp_path / "vectors.json").read_text())
    entries["ids"].pop()
    (tmp_path / "vectors.json").write_text(json.dumps(entries))
    with pytest.raises(RetrievalError, match="不符"):
        DenseIndex.load(tmp_path, "m", D)


def test_vectors_of_another_length_are_refused() -> None:
    with pytest.raises(RetrievalError, match="向量是"):
        DenseIndex(D, "m").add(["a"], np.zeros((1, D + 1), dtype=np.float32), ["d"])


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RetrievalError, match="写不进"):
        filled(10_000).save(tmp_path / "file" / "deeper")
