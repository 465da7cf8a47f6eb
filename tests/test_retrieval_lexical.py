"""The BM25 index on disk: what comes back, and what is refused. Its scores are tested in test_retrieval_search."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import RetrievalError
from retrieval.search.lexical import LexicalIndex

TEXTS = ["净息差2.5%", "不良贷款率 NPL ratio", "", "资本充足率 13.52", "净利差与净息差"]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    LexicalIndex(TEXTS).save(tmp_path / "bm25.npz")
    return tmp_path / "bm25.npz"


@pytest.mark.parametrize("query", ["净息差", "npl", "13.52", "没有的词", "", "ratio 净利差"])
def test_a_loaded_index_scores_alike(kept: Path, query: str) -> None:
    assert LexicalIndex.load(kept).scores(query) == LexicalIndex(TEXTS).scores(query)
    assert len(LexicalIndex.load(kept)) == len(TEXTS)


def test_an_empty_index_too(tmp_path: Path) -> None:
    LexicalIndex([]).save(tmp_path / "a.npz")
    assert LexicalIndex.load(tmp_path / "a.npz").scores("净息差") == []


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text("净息差利率ab1 ", max_size=12), max_size=8), st.text("净息差利率ab1", min_size=1, max_size=4))
def test_holders_are_all_that_can_hold_a_phrase(texts: list[str], phrase: str) -> None:
    holders = LexicalIndex(texts).holders(phrase).tolist()
    chinese = all(char > "z" for char in phrase)
    assert holders == sorted(set(holders))
    if chinese:
        assert {place for place, text in enumerate(texts) if phrase in text} <= set(holders)


def test_holders_of_unknown_and_nothing() -> None:
    assert LexicalIndex(TEXTS).holders("资产").tolist() == [] and LexicalIndex(TEXTS).holders("！").tolist() == []
    assert LexicalIndex(TEXTS).holders("净息差").tolist() == [0, 4]


def test_damaged_files_are_told(kept: Path) -> None:
    whole = kept.read_bytes()
    for content in (b"", b"nothing", whole[: len(whole) // 2]):
        kept.write_bytes(content)
        with pytest.raises(RetrievalError, match="读不出来"):
            LexicalIndex.load(kept)
    with pytest.raises(RetrievalError):
        LexicalIndex.load(kept.with_name("absent.npz"))


def test_pickled_arrays_are_never_loaded(kept: Path) -> None:
    with kept.open("wb") as file:
        np.savez(file, form=np.array([{"a": 1}], dtype=object))
    with pytest.raises(RetrievalError):
        LexicalIndex.load(kept)


def test_saving_leaves_no_partial_file(kept: Path) -> None:
    LexicalIndex(TEXTS[:2]).save(kept)
    assert [path.name for path in kept.parent.iterdir()] == ["bm25.npz"] and len(LexicalIndex.load(kept)) == 2
