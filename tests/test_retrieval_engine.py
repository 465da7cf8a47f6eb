"""The one door to search, over documents: filters, stages, pages, reranking, kept indexes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from data.periods import Period
from data.ports import Passage, PassageFilter, Searcher
from retrieval.engine import RetrievalEngine
from retrieval.library import Library
from retrieval.search.fusion import Stages
from tests.small_library import COLLECTION, LetterEmbedder, bank_report, shelve

ROOT = Path(__file__).parents[1]
CMB_2023, CMB_2022 = bank_report("招商银行2023年年度报告"), bank_report("招商银行2022年年度报告", "0.96")
CITIC = bank_report("中信银行2023年年度报告", "1.18")


class Reversing:
    """A reranker that turns the order around, and notes what it was given."""

    def __init__(self) -> None:
        self.given: list[Passage] = []

    def rerank(self, query: str, results: Sequence[Passage], top_k: int) -> list[Passage]:
        self.given = list(results)
        ranked = [replace(passage, score=float(rank)) for rank, passage in enumerate(results)]
        return ranked[::-1][:top_k]


@pytest.fixture
def library() -> Iterator[Library]:
    with Library.open("sqlite://") as opened:
        shelve(opened, CMB_2023, entity_id="cmb", period="2023")
        shelve(opened, CMB_2022, entity_id="cmb", period="2022")
        shelve(opened, CITIC, entity_id="citic", period="2023")
        yield opened


@pytest.fixture
def engine(library: Library) -> RetrievalEngine:
    return RetrievalEngine(library=library)


def places(passages: Sequence[Passage]) -> list[tuple[str, int | None]]:
    return [(passage.document[:2], passage.page) for passage in passages]


def test_pages_come_once_best_first(engine: RetrievalEngine) -> None:
    found = engine.search("坏账率", 20, [COLLECTION])
    assert set(places(found[:3])) == {("招商", 2), ("中信", 2)} and len({(p.source, p.page) for p in found}) == len(found)
    assert [passage.score for passage in found] == sorted((passage.score for passage in found), reverse=True)
    best = found[0]
    assert best.kind == "row" and best.text.startswith("资产质量指标（%） | 不良贷款率") and best.title == "资产质量 资产质量指标"
    assert best.source in (CMB_2023.key, CMB_2022.key, CITIC.key) and len(engine.search("坏账率", 2, [COLLECTION])) == 2


def test_contents_pages_come_last(engine: RetrievalEngine) -> None:
    assert places(engine.search("营业网点", 3, [COLLECTION], filters=PassageFilter(documents=[CITIC.key])))[0] == ("中信", 4)


@pytest.mark.parametrize(("filters", "documents"), [
    (PassageFilter(entity_ids=["citic"]), {CITIC.key}),
    (PassageFilter(entity_ids=["icbc"]), set()),
    (PassageFilter(periods=[Period.parse("2022")]), {CMB_2022.key}),
    (PassageFilter(periods=[Period.parse("2021")]), {CMB_2022.key}),
    (PassageFilter(entity_ids=["cmb"], periods=[Period.parse("2023Q3")]), {CMB_2023.key}),
    (PassageFilter(documents=["中信银行2023年年度报告.pdf"]), {CITIC.key}),
    (PassageFilter(documents=["中信银行2023年年度报告"], entity_ids=["cmb"]), set()),
    (PassageFilter(periods=[Period.parse("2010")]), {CMB_2022.key, CMB_2023.key, CITIC.key}),
])
@pytest.mark.parametrize("embedder", [None, LetterEmbedder()], ids=["words", "vectors"])
def test_filters(library: Library, filters: PassageFilter, documents: set[str], embedder: LetterEmbedder | None) -> None:
    engine = RetrievalEngine(library=library, embedder=embedder)
    assert {passage.source for passage in engine.search("不良贷款率", 50, [COLLECTION], filters=filters)} == documents


def test_a_bank_in_the_question_narrows_where_it_has_documents(engine: RetrievalEngine) -> None:
    assert {passage.source for passage in engine.search("中信银行的坏账率", 9, [COLLECTION])} == {CITIC.key}
    assert len({passage.source for passage in engine.search("工商银行的坏账率", 9, [COLLECTION])}) == 3
    assert engine.search("招行2022年坏账率", 1, [COLLECTION])[0].source == CMB_2022.key


def test_collections_and_tenants_are_kept_apart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with Library.open(url, "a") as first, Library.open(url, "b") as second:
        shelve(first, CITIC)
        shelve(second, CMB_2023, "mine")
        folder = tmp_path / "index"
        assert [hit.source for hit in RetrievalEngine(library=first, folder=folder).search("坏账率", 1, [COLLECTION])] == [CITIC.key]
        other = RetrievalEngine(library=second, folder=folder)
        assert other.search("坏账率", 1, [COLLECTION]) == [] and len(other.search("坏账率", 1, ["mine", COLLECTION])) == 1


def test_without_documents_the_knowledge_answers(engine: RetrievalEngine) -> None:
    plain = RetrievalEngine()
    for collections in ((), ("bundled",), ("knowledge",)):
        assert engine.search("净息差", 2, collections) == plain.search("净息差", 2, ["knowledge"]) != []
    both = engine.search("坏账率", 50, [COLLECTION, "knowledge"])
    assert both[0].page == 2 and both[-1].page is None and both[-1].document.startswith("知识库")
    assert plain.search("坏账率", 3, [COLLECTION]) == [] and plain.index(COLLECTION) == 0 and plain.collections() == []


@pytest.mark.parametrize(("query", "top_k"), [("", 5), ("  ", 5), ("坏账率", 0), ("🙂", 5), ("\ud800", 5)])
def test_nothing_to_find(engine: RetrievalEngine, query: str, top_k: int) -> None:
    assert engine.search(query, top_k, [COLLECTION]) == []


def test_the_reranker_has_the_last_word(library: Library) -> None:
    reranker = Reversing()
    engine = RetrievalEngine(library=library, reranker=reranker)
    first = engine.search("坏账率", 50, [COLLECTION], rerank=False)
    assert not reranker.given
    second = engine.search("坏账率", 50, [COLLECTION])
    assert reranker.given == engine.candidates("坏账率", 100, [COLLECTION]) and len(reranker.given) > len(first)
    assert second[0].source == reranker.given[-1].source and {(p.source, p.page) for p in second} <= {(p.source, p.page) for p in reranker.given}
    assert [passage.score for passage in second] == sorted((passage.score for passage in second), reverse=True)
    assert asyncio.run(engine.asearch("坏账率", 50, [COLLECTION])) == second
    assert asyncio.run(engine.asearch("坏账率", 50, [COLLECTION], rerank=False)) == first
    assert asyncio.run(engine._rerank("坏账率", first, 2)) == Reversing().rerank("坏账率", first, 2)
    assert asyncio.run(RetrievalEngine()._rerank("坏账率", first, 2)) == first[:2]


def test_candidates_are_the_best_passages_of_the_best_pages(engine: RetrievalEngine) -> None:
    found = engine.candidates("坏账率", 10, [COLLECTION])
    assert len(found) >= 10 and [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    best: dict[tuple[str, int | None], float] = {}
    for hit in found:
        best.setdefault((hit.source, hit.page), hit.score)
    pages = {(hit.source, hit.page): hit.score for hit in engine.search("坏账率", 50, [COLLECTION])}
    assert all(pages[place] == score for place, score in best.items())


def test_each_stage_can_be_left_out(library: Library) -> None:
    plain = RetrievalEngine(library=library, stages=Stages(expansion=False, dense=False), embedder=LetterEmbedder())
    assert plain.search("烂账", 5, [COLLECTION]) == [] != RetrievalEngine(library=library).search("烂账", 5, [COLLECTION])
    assert RetrievalEngine(library=library, stages=Stages(expansion=False), embedder=LetterEmbedder()).search("烂账", 5, [COLLECTION]) != []


def test_the_index_follows_the_library(engine: RetrievalEngine, library: Library) -> None:
    before = engine.version()
    library.remove(COLLECTION, CITIC.key)
    assert CITIC.key not in {hit.source for hit in engine.search("坏账率", 50, [COLLECTION])} and engine.version() != before
    library.begin(COLLECTION, CITIC, pipeline="1")
    assert CITIC.key not in {hit.source for hit in engine.search("坏账率", 50, [COLLECTION])}, "not before it is finished"
    shelve(library, CITIC)
    assert CITIC.key in {hit.source for hit in engine.search("坏账率", 50, [COLLECTION])} and engine.collections() == [COLLECTION]


def test_a_kept_index_is_read_again_and_only_new_vectors_are_made(library: Library, tmp_path: Path) -> None:
    first, second, third = LetterEmbedder(), LetterEmbedder(), LetterEmbedder()
    count = RetrievalEngine(library=library, folder=tmp_path, embedder=first).index(COLLECTION)
    assert len(first.encoded) == count == len(library.chunks(COLLECTION))
    again = RetrievalEngine(library=library, folder=tmp_path, embedder=second)
    assert again.search("坏账率", 5, [COLLECTION]) and len(second.encoded) == 1, "the question alone"
    library.remove(COLLECTION, CITIC.key)
    shelve(library, bank_report("平安银行2023年年度报告"))
    RetrievalEngine(library=library, folder=tmp_path, embedder=third).index(COLLECTION)
    assert len(third.encoded) == len(library.chunks(COLLECTION)) // 3


def test_a_damaged_index_is_made_again(library: Library, tmp_path: Path) -> None:
    expected = RetrievalEngine(library=library, folder=tmp_path, embedder=LetterEmbedder()).search("坏账率", 5, [COLLECTION])
    for spoilt in [path for path in tmp_path.rglob("*") if path.is_file()]:
        whole = spoilt.read_bytes()
        spoilt.write_bytes(whole[: len(whole) // 2])
        assert RetrievalEngine(library=library, folder=tmp_path, embedder=LetterEmbedder()).search("坏账率", 5, [COLLECTION]) == expected
    other = LetterEmbedder("another model")
    assert RetrievalEngine(library=library, folder=tmp_path, embedder=other).search("坏账率", 5, [COLLECTION]) and len(other.encoded) > 1


def test_a_folder_that_cannot_be_written_costs_only_time(library: Library, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    engine = RetrievalEngine(library=library, folder=tmp_path / "file")
    assert engine.search("坏账率", 1, [COLLECTION])[0].page == 2 and engine.index(COLLECTION) > 0


def test_an_emptied_collection_leaves_no_files(library: Library, tmp_path: Path) -> None:
    engine = RetrievalEngine(library=library, folder=tmp_path)
    engine.index(COLLECTION)
    assert list(tmp_path.iterdir())
    library.remove_collection(COLLECTION)
    assert engine.index(COLLECTION) == 0 and not list(tmp_path.iterdir()) and engine.search("坏账率", 5, [COLLECTION]) == []


def test_it_is_a_searcher_and_loads_little(tmp_path: Path) -> None:
    searcher: Searcher = RetrievalEngine()
    assert searcher.version() == RetrievalEngine().version()
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with Library.open(url) as library:
        shelve(library, CITIC)
    code = (
        "import sys; from pathlib import Path; from retrieval.library import Library; from retrieval.engine import RetrievalEngine;"
        "e = RetrievalEngine(library=Library.open(sys.argv[1]), folder=Path(sys.argv[2])); assert e.search('坏账率', 1, ['reports']);"
        "print({'torch', 'transformers', 'langchain_core', 'faiss', 'tokenizers'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code, url, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ran.stdout.strip() == "set()"
