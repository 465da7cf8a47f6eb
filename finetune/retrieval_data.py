"""Questions about generated reports with the pages that answer them, ranked groups for learning to rank, and pairs for embeddings.

A case is one question on one report. Its wording is an analyst's: an alias, a colloquial rewording, a topic asked in other
words, with or without year, bank, scope. Negatives need no mining: they are what the first stage ranks high on the wrong page -
the same row for a segment, a sibling indicator, a policy that names it, the total where the part was asked.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from data.indicators import Indicator, indicator_catalogue
from data.ports import ANY_DOCUMENT, Passage
from finetune.generated_reports import GeneratedReport, Role, generate_report
from finetune.report_words import analyst_name, topics, wordings
from retrieval.chunking import Chunk, ChunkKind, chunk_document
from retrieval.library_rows import DocumentRecord
from retrieval.search.chunk_index import open_index
from retrieval.search.embeddings import Embedder
from retrieval.search.expansion import Expansion, query_expander
from retrieval.search.first_stage import FirstStage
from retrieval.search.fusion import Stages, Weights
from retrieval.search.match_text import Question, as_question, compact

_TOPIC_SHARE = 0.3
_TOPIC_FRAMES = ("{q}", "{q}", "{q}", "{year}年{q}", "{bank}{q}", "看下{q}")
_KINDS = (("plain", 70), ("breakdown", 8), ("scope", 6), ("definition", 6), ("segment", 5))
_ROLE = {"plain": Role.STATED, "breakdown": Role.BROKEN_DOWN, "scope": Role.BANK_ONLY, "definition": Role.DEFINED, "segment": Role.SEGMENT}


@dataclass(frozen=True, slots=True)
class Case:
    """One question, the pages that answer it, and the wording that the report prints for what it asks ("" for a topic)."""

    query: str
    pages: frozenset[int]
    kind: str
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The first stage's candidates for one case, best first, and for each whether its page answers (2: and it holds the printed name)."""

    question: Question
    case: Case
    passages: tuple[Passage, ...]
    grades: tuple[int, ...]


class Searchable:
    """A generated report behind the first stage that serves users, with an expansion that forgets now and then."""

    def __init__(self, report: GeneratedReport, embedder: Embedder | None = None) -> None:
        chunks = chunk_document(report.document)
        self._index = open_index(None, "", [replace(chunk, indicators=_indicators(chunk, report)) for chunk in chunks], embedder)
        document = report.document
        self._records = {document.key: DocumentRecord("", document.key, document.name, document.title, document.format, len(document.pages))}
        self._stage = FirstStage(query_expander(), embedder, Weights(), Stages())

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """The report's chunks."""
        return self._index.chunks

    def search(self, expansion: Expansion, candidates: int) -> list[Passage]:
        """The first stage's candidates, best first."""
        return self._stage.search(self._index, expansion, self._records, ANY_DOCUMENT, candidates, 10)


def _indicators(chunk: Chunk, report: GeneratedReport) -> tuple[str, ...]:
    """The indicator that reading the row would give: known to the catalogue by its label, and stated there for the whole bank."""
    if chunk.kind is not ChunkKind.ROW:
        return ()
    named = indicator_catalogue().by_name(chunk.terms.split("\n", 1)[0].removeprefix("其中："))
    return (named.id,) if named and chunk.page in report.pages.get((Role.STATED, named.id), ()) else ()


def cases(report: GeneratedReport, count: int, seed: int) -> Iterator[Case]:
    """Questions on a report; the same for the same seed."""
    rng = random.Random(seed)
    asked = {topic.name: topic.queries for topic in topics() if topic.queries and topic.name in report.topics}
    for _ in range(count):
        if rng.random() < _TOPIC_SHARE and asked:
            name = rng.choice(sorted(asked))
            query = rng.choice(_TOPIC_FRAMES).format(q=rng.choice(asked[name]), year=report.year, bank=report.bank)
            yield Case(query, frozenset(report.topics[name]), "topic")
        elif (case := _indicator_case(report, rng)) is not None:
            yield case


def _indicator_case(report: GeneratedReport, rng: random.Random) -> Case | None:
    kind = rng.choices([name for name, _ in _KINDS], [weight for _, weight in _KINDS])[0]
    able = sorted(identity for role, identity in report.pages if role is _ROLE[kind])
    if not able:
        return None
    indicator: Indicator = indicator_catalogue().get(rng.choice(able))
    words = wordings()
    frames = {
        "plain": words.frames, "breakdown": words.breakdowns, "scope": words.scopes, "definition": words.definitions, "segment": words.segments,
    }[kind]
    year = report.year - (kind == "plain" and rng.random() < 0.2)
    name = analyst_name(indicator, report.printed[indicator.id], rng)
    query = rng.choice(frames).format(q=name, year=year, bank=report.bank)
    pages = set(report.pages[_ROLE[kind], indicator.id])
    if str(report.year - 1) in query:
        pages |= set(report.pages.get((Role.LAST_YEAR, indicator.id), ()))
    return Case(query, frozenset(pages), kind, report.printed[indicator.id])


def forgetful(expansion: Expansion, rng: random.Random, chance: float) -> Expansion:
    """An expansion with wordings or whole names missing: no dictionary knows every word."""
    if rng.random() < chance / 2:
        return replace(expansion, groups=())
    kept = [replace(group, say=tuple(say for say in group.say if rng.random() > chance)) for group in expansion.groups if rng.random() > chance / 3]
    return replace(expansion, groups=tuple(group for group in kept if group.say))


def groups(
    seeds: Iterable[int], per_report: int, *, candidates: int = 50, forget: float = 0.3, richness: float = 0.6, embedder: Embedder | None = None,
) -> Iterator[Group]:
    """Ranked groups over the reports of these seeds; a group without any answering candidate, or with nothing else, is left out."""
    for seed in seeds:
        report, rng = generate_report(seed, richness), random.Random(seed + 1)
        searchable = Searchable(report, embedder)
        for case in cases(report, per_report, seed + 2):
            expansion = forgetful(query_expander().expand(case.query), rng, forget)
            passages = tuple(searchable.search(expansion, candidates))
            grades = tuple(_grade(case, passage) for passage in passages)
            if any(grades) and not all(grades):
                yield Group(as_question(expansion), case, passages, grades)


def _grade(case: Case, passage: Passage) -> int:
    if passage.page not in case.pages:
        return 0
    return 2 if not case.printed or compact(case.printed) in compact(passage.title + passage.text) else 1


def data_hash(parts: Sequence[str]) -> str:
    """The sha256 of generated texts, for a model's manifest."""
    digest = sha256()
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()
