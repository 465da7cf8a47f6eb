"""Lexical search and search in the bundled knowledge."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bm25s
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.knowledge_base import KnowledgeEntry, KnowledgeKind, knowledge_entries
from data.ports import Passage, Searcher
from retrieval.engine import RetrievalEngine
from retrieval.search.knowledge_search import COLLECTION, KnowledgeSearch
from retrieval.search.lexical import K1, B, LexicalIndex

ROOT = Path(__file__).parents[1]
ENGINE = RetrievalEngine()
CHARACTERS = "净息差利率不良ab1 ，Ａ."


def entry(
    title: str, body: str, *aliases: str, kind: KnowledgeKind = KnowledgeKind.DEFINITION, formula: str | None = None
) -> KnowledgeEntry:
    return KnowledgeEntry(
        id=title, title=title, kind=kind, aliases=aliases, indicators=("nim",), formula=formula, source="某办法", body=body,
        file="a.md", line=1,
    )


def titles(passages: list[Passage]) -> list[str]:
    return [passage.title for passage in passages]


def plain_tokens(text: str) -> list[str]:
    """What the index should count, written the long way: characters, pairs, and runs of latin letters or digits."""
    found = []
    for run in re.findall(r"[a-z]+[0-9]*|[0-9]+(?:\.[0-9]+)?|[\u3400-\u9fff]+", unicodedata.normalize("NFKC", text).lower()):
        found += [run] if run[0] < "\u3400" else [*run, *(run[at : at + 2] for at in range(len(run) - 1))]
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(CHARACTERS, max_size=20), min_size=1, max_size=8), st.text(CHARACTERS, min_size=1, max_size=10))
def test_scores_are_those_of_bm25s(texts: list[str], query: str) -> None:
    corpus = [plain_tokens(text) for text in texts]
    found = LexicalIndex(texts).scores(query)
    if not any(corpus):
        assert found == [0.0] * len(texts)
        return
    reference = bm25s.BM25(k1=K1, b=B, method="lucene")
    reference.index(corpus, show_progress=False)
    known = [token for token in plain_tokens(query) if token in reference.vocab_dict]
    expected = reference.get_scores(known).tolist() if known else [0.0] * len(texts)
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_characters_pairs_and_words_are_matched() -> None:
    index = LexicalIndex(["净息差收窄", "NIM 为 1.98%", "拨备覆盖率", "息差"])
    assert index.search("息差", 5)[0][0] == 3
    assert [position for position, _ in index.search("nim", 5)] == [1]
    assert [position for position, _ in index.search("ＮＩＭ", 5)] == [1]
    assert [position for position, _ in index.search("1.98", 5)] == [1]
    assert index.search("ni", 5) == index.search("98", 5) == index.search("minimum", 5) == []
    assert [position for position, _ in index.search("净利差", 5)] == [0, 3]


def test_ranking_is_stable_and_cut() -> None:
    index = LexicalIndex(["净息差", "净息差", "流动性", "净息差"])
    assert [position for position, _ in index.search("净息差", 5)] == [0, 1, 3]
    assert [position for position, _ in index.search("净息差", 2)] == [0, 1]
    assert index.search("净息差", 0) == []


@pytest.mark.parametrize("texts", [[], [""], ["", " \0\n"]], ids=["none", "empty", "blank"])
def test_an_index_over_nothing_finds_nothing(texts: list[str]) -> None:
    index = LexicalIndex(texts)
    assert index.search("净息差", 5) == index.search("", 5) == []


def test_a_break_in_a_text_does_not_shift_the_others() -> None:
    assert [position for position, _ in LexicalIndex(["息\0差", "净\ud800", "拨备"]).search("拨备", 5)] == [2]


@pytest.mark.parametrize(("question", "title"), [
    ("什么是拨备覆盖率", "拨备覆盖率"),
    ("净息差和净利差有什么区别", "净息差与净利差混用"),
    ("净利差跟净息差有什么不同", "净息差与净利差混用"),
    ("杜邦分析怎么做", "杜邦三因素分析"),
    ("资本充足率监管要求", "资本充足率最低要求"),
    ("资本充足率最低要达到多少？", "资本充足率最低要求"),
    ("拨贷比和拨备覆盖率的区别", "拨备覆盖率与拨贷比混用"),
    ("请解释一下 NIM", "净息差"),
    ("不良贷款生成率怎么算", "不良贷款生成率"),
    ("毛利率能用来看银行吗", "毛利率不适用于银行"),
    ("如何看待息差收窄", "净息差下降不等于利息净收入下降"),
])
def test_the_right_entry_comes_first(question: str, title: str) -> None:
    assert titles(ENGINE.search(question))[0] == title


def test_every_name_of_every_entry_finds_it() -> None:
    forms = ("什么是{}", "{}是什么意思？")
    asked = [(form.format(name), item.title) for item in knowledge_entries() for name in item.names for form in forms]
    missed = [(question, title) for question, title in asked if titles(ENGINE.search(question, 1)) != [title]]
    assert missed == []


def test_names_are_whole_and_the_longest_counts() -> None:
    search = KnowledgeSearch([
        entry("净息差", "甲"), entry("净利差", "乙"), entry("混用", "丙", "净息差与净利差"), entry("经济资本", "丁", "EC"),
        entry("元", "戊"), entry("拨备", "己"), entry("拨备覆盖率", "庚"),
    ])
    assert titles(search.search("净利差"))[0] == "净利差"
    assert titles(search.search("净息差和净利差"))[0] == "混用"
    assert titles(search.search("净利差、拨备覆盖率"))[:2] == ["拨备覆盖率", "净利差"]
    assert titles(search.search("净利差与净息差"))[0] == "混用", "an alias that holds both, in the other order"
    assert titles(search.search("ec"))[0] == "经济资本" and search.search("sector") == []
    assert titles(search.search("拨备覆盖率是多少亿元"))[0] == "拨备覆盖率"
    assert titles(search.search("元是什么"))[0] == "元"


def test_requirements_come_before_definitions_only_when_asked_for() -> None:
    search = KnowledgeSearch([
        entry("杠杆率", "资本与敞口之比"), entry("杠杆率的规定", "不低于百分之四", "杠杆率最低标准", kind=KnowledgeKind.REGULATION),
    ])
    assert titles(search.search("杠杆率怎么算"))[0] == "杠杆率"
    assert titles(search.search("银行的杠杆率，监管要求多少"))[0] == "杠杆率的规定"


def test_scores_fall_and_passages_say_where_they_are_from() -> None:
    found = ENGINE.search("拨贷比和拨备覆盖率的区别", 8)
    scores = [passage.score for passage in found]
    assert len(found) == 8 and scores == sorted(scores, reverse=True) and scores[-1] > 0
    (shown,) = KnowledgeSearch([entry("净息差", "正文", formula="甲 ÷ 乙")]).search("净息差")
    assert (shown.id, shown.text, shown.document, shown.page) == ("净息差", "正文\n\n公式：甲 ÷ 乙", "知识库 a.md", None)
    assert (shown.source, shown.kind, shown.indicators) == ("某办法", "definition", ("nim",))


@pytest.mark.parametrize("query", ["", "  ", "什么是", "？", "xyzzy", "🙂"])
def test_a_query_about_nothing_finds_nothing(query: str) -> None:
    assert ENGINE.search(query) == []


def test_collections_limit_the_search() -> None:
    assert ENGINE.search("净息差", collections=["my-reports"]) == []
    assert titles(ENGINE.search("净息差", 1, collections=["my-reports", COLLECTION])) == ["净息差"]
    assert ENGINE.search("净息差", top_k=0) == []


def test_the_version_follows_the_entries() -> None:
    searcher: Searcher = ENGINE
    assert searcher.version() == RetrievalEngine().version()
    versions = {KnowledgeSearch([entry("净息差", body)]).version() for body in ("甲", "乙")}
    assert len(versions) == 2


def test_threads_may_ask_first_at_once() -> None:
    search = KnowledgeSearch()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: titles(search.search("什么是净息差", 3)), range(8)))
    assert found == [found[0]] * 8 and found[0][0] == "净息差"


def test_the_langchain_retriever() -> None:
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever

    from retrieval.search.lexical import BM25Retriever

    documents = [Document("净息差收窄", metadata={"page": 3}, id="a"), Document("不良率下降"), Document("净息差与净利差")]
    retriever = BM25Retriever(documents=documents, k=2)
    assert isinstance(retriever, BaseRetriever)
    found = retriever.invoke("净息差收窄了吗")
    assert [document.page_content for document in found] == ["净息差收窄", "净息差与净利差"]
    assert found[0].metadata["page"] == 3 and found[0].metadata["score"] > found[1].metadata["score"] and found[0].id == "a"
    assert "score" not in documents[0].metadata
    assert retriever.invoke("天气") == []


def test_an_unknown_name_of_the_module_is_an_attribute_error() -> None:
    import retrieval.search.lexical

    with pytest.raises(AttributeError, match="BM26"):
        _ = retrieval.search.lexical.BM26


def test_importing_search_imports_no_framework() -> None:
    code = (
        "import sys, retrieval.engine, retrieval.search.lexical; names = {'bm25s', 'numpy', 'langchain_core', 'sqlalchemy'};"
        "print(sorted(names & set(sys.modules))); retrieval.engine.RetrievalEngine().search('净息差');"
        "print(sorted(names & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "['bm25s', 'numpy']"]
