"""What each stage of search adds: BM25 on pages, on chunks, + aliases, + vectors, + reranker (hit@k, MRR@10, milliseconds).

    python -m tests.benchmarks.retrieval_bench [--gold FILE --pdf FILE] [--misses STAGE] [--models FOLDER …]

A gold file has a line per question: {"id", "query", "pages": [page, …]} (or "relevant_pages"); the document is any file that
ingestion reads. By default the questions on the fictional report of tests/golden, which nothing was tuned on.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.ports import Reranker
from retrieval.chunking import chunk_document
from retrieval.documents import Document
from retrieval.engine import RetrievalEngine
from retrieval.library import Library
from retrieval.search.embeddings import embedder
from retrieval.search.fusion import Stages, order_of
from retrieval.search.lexical import LexicalIndex
from retrieval.search.metrics import first_right, ranking_scores

GOLDEN = Path(__file__).parents[1] / "golden"
COLLECTION = "bench"
Search = Callable[[str], list[int]]


@dataclass(frozen=True)
class Question:
    """A question and the pages that answer it."""

    query: str
    pages: frozenset[int]


def questions(path: Path) -> list[Question]:
    """The questions of a gold file."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Question(row["query"], frozenset(row.get("pages") or row["relevant_pages"])) for row in rows]


def pages_search(document: Document) -> Search:
    """Plain BM25 over whole pages: what the rest is measured against."""
    index = LexicalIndex([page.text for page in document.pages])
    return lambda query: [document.pages[place].number for place in order_of(index.array(query), 10)]


def stages(document: Document, library: Library, rerankers: Sequence[tuple[str, Reranker]]) -> Iterable[tuple[str, Search]]:
    """Every configuration by name, in the order of the table."""
    def through(engine: RetrievalEngine, *, rerank: bool) -> Search:
        return lambda query: [hit.page or 0 for hit in engine.search(query, 10, [COLLECTION], rerank=rerank)]

    vectors = embedder()
    yield "BM25 on pages", pages_search(document)
    yield "BM25 on chunks", through(RetrievalEngine(library=library, stages=Stages(expansion=False, dense=False)), rerank=False)
    yield "+ aliases", through(RetrievalEngine(library=library, stages=Stages(dense=False)), rerank=False)
    if vectors is not None:
        yield "+ dense", through(RetrievalEngine(library=library, embedder=vectors), rerank=False)
    for name, reranker in rerankers:
        yield name, through(RetrievalEngine(library=library, embedder=vectors, reranker=reranker), rerank=True)


def shelve(document: Document) -> Library:
    """A library in memory that holds the document."""
    library = Library.open("sqlite://")
    library.begin(COLLECTION, document, pipeline="bench")
    library.add_chunks(COLLECTION, document.key, chunk_document(document))
    library.finish(COLLECTION, document.key, {})
    return library


def measure(name: str, search: Search, asked: Sequence[Question], *, misses: bool) -> None:
    """Print one row of the table; and what was not first, where asked for."""
    search(asked[0].query)
    started = time.perf_counter()
    found = [search(question.query) for question in asked]
    took = (time.perf_counter() - started) / len(asked) * 1000
    scores = ranking_scores(found, [question.pages for question in asked])
    print(f"{name:18}" + "".join(f"{scores.hits[k]:8.3f}" for k in (1, 3, 10)) + f"{scores.mrr:9.3f}{took:10.1f}")
    for question, pages in zip(asked, found, strict=True):
        rank = first_right(pages, question.pages)
        if misses and rank != 1:
            print(f"    {rank or '-':>3} {question.query}  want {sorted(question.pages)[:8]}  have {pages[:5]}")


def main() -> None:
    """Read, index, ask, print."""
    from retrieval.bert_reranker import reranker
    from retrieval.parsers.reading import read_document

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--gold", type=Path, default=GOLDEN / "retrieval.jsonl")
    parser.add_argument("--pdf", type=Path, default=GOLDEN / "report.pdf")
    parser.add_argument("--models", type=Path, nargs="*", default=[], help="further folders of caizhi-reranker and caizhi-ranking to compare")
    parser.add_argument("--misses", default="", help="list what this stage did not rank first")
    given: Any = parser.parse_args()
    document, asked = read_document(given.pdf), questions(given.gold)
    print(f"{len(document.pages)} pages, {len(asked)} questions\n{'':18}{'hit@1':>8}{'hit@3':>8}{'hit@10':>8}{'MRR@10':>9}{'ms':>10}")
    rerankers = [("+ reranker", reranker()), *((f"+ {folder.name}", reranker(models=folder)) for folder in given.models)]
    with shelve(document) as library:
        for name, search in stages(document, library, [(name, model) for name, model in rerankers if model is not None]):
            measure(name, search, asked, misses=given.misses == name)


if __name__ == "__main__":
    main()
