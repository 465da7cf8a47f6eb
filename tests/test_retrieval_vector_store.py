"""LangChain's vector store and retriever over our own indexes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore

from data.errors import RetrievalError
from retrieval.engine import RetrievalEngine
from retrieval.library import Library
from retrieval.search.vector_store import EmbedderEmbeddings, FaissVectorStore, HybridRetriever
from tests.small_library import COLLECTION, LetterEmbedder, bank_report, shelve

TEXTS = ["净息差", "不良贷款率", "资本充足率", "营业网点", "不良贷款余额"]
METADATA = [{"tenant": "a", "document": f"d{place % 2}", "collection": "x" if place < 3 else "y"} for place in range(5)]


@pytest.fixture
def store() -> FaissVectorStore:
    made = FaissVectorStore(LetterEmbedder())
    made.add_texts(TEXTS, METADATA, ids=[f"i{place}" for place in range(5)])
    return made


def contents(documents: list[Document]) -> list[str]:
    return [document.page_content for document in documents]


def test_it_ranks_as_the_reference_store_does(store: FaissVectorStore) -> None:
    reference = InMemoryVectorStore(EmbedderEmbeddings(LetterEmbedder()))
    reference.add_texts(TEXTS)
    for query in ("不良", "资本充足", "网点营业", "息差"):
        mine = store.similarity_search_with_score(query, 3)
        theirs = reference.similarity_search_with_score(query, 3)
        assert [score for _, score in mine] == pytest.approx([score for _, score in theirs], abs=1e-5)
        assert contents(store.similarity_search(query, 1)) == [theirs[0][0].page_content]


def test_filters_hold_before_the_similarity(store: FaissVectorStore) -> None:
    assert contents(store.similarity_search("不良贷款率", 1, {"collection": "y"})) == ["不良贷款余额"]
    assert contents(store.similarity_search("净息差", 5, {"document": ["d1"], "tenant": "a"})) != [] and store.similarity_search("净息差", 5, {"tenant": "b"}) == []
    found = store.as_retriever(search_kwargs={"k": 1, "filter": {"collection": "x"}}).invoke("网点")
    assert found[0].metadata["collection"] == "x"


def test_adding_and_deleting(store: FaissVectorStore) -> None:
    store.add_texts(["核心一级资本"], ids=["i0"])
    assert store.get_by_ids(["i0", "absent"])[0].page_content == "核心一级资本" and "净息差" not in contents(store.similarity_search("净息差", 9))
    assert store.delete_where({"document": "d1"}) == 2 and store.delete_where({"document": "d1"}) == 0
    assert len(store.similarity_search("率", 9)) == 3
    assert store.delete(["i2"]) is True and store.delete(["i2"]) is False and store.delete() is True
    assert store.similarity_search("率", 9) == []


def test_it_comes_back_from_a_folder(store: FaissVectorStore, tmp_path: Path) -> None:
    store.save(tmp_path)
    loaded = FaissVectorStore.load(tmp_path, LetterEmbedder())
    assert loaded.similarity_search_with_score("不良", 3) == store.similarity_search_with_score("不良", 3)
    with pytest.raises(RetrievalError, match="另一个模型"):
        FaissVectorStore.load(tmp_path, LetterEmbedder("other"))
    texts = json.loads((tmp_path / "texts.json").read_text())
    texts.pop("i0")
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    with pytest.raises(RetrievalError, match="不符"):
        FaissVectorStore.load(tmp_path, LetterEmbedder())
    assert not list(tmp_path.glob("*.pkl"))


def test_langchain_s_own_doors(store: FaissVectorStore) -> None:
    made = FaissVectorStore.from_documents([Document(page_content="净息差", metadata={"a": 1})], EmbedderEmbeddings(LetterEmbedder()))
    assert isinstance(made, VectorStore) and made.similarity_search("净息差")[0].metadata == {"a": 1}
    assert made.embeddings.embed_query("净") == pytest.approx(made.embeddings.embed_documents(["净"])[0])
    ((_, relevance),) = made.similarity_search_with_relevance_scores("净息差", 1)
    assert relevance == pytest.approx(1)
    vector = made.embeddings.embed_query("不良贷款率")
    assert contents(store.similarity_search_by_vector(vector, 1)) == ["不良贷款率"]
    with pytest.raises(TypeError):
        FaissVectorStore.from_texts(["a"], DeterministicFakeEmbedding(size=3))
    with pytest.raises(ValueError, match="metadata"):
        store.add_texts(["a"], [{}, {}])


def test_the_engine_as_a_retriever() -> None:
    with Library.open("sqlite://") as library:
        shelve(library, bank_report("甲银行年报"))
        retriever = HybridRetriever(engine=RetrievalEngine(library=library), collections=[COLLECTION], k=3)
        found = retriever.invoke("坏账率")
        assert (found[0].metadata["page"], found[0].metadata["document"]) == (2, "甲银行年报") and found[0].metadata["score"] > 0
        assert contents(asyncio.run(retriever.ainvoke("坏账率"))) == contents(found)
