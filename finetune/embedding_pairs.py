"""Pairs for the embedding: what means the same, and which passage answers which question, with one that looks like it and does not.

From generated reports: a question, a passage that answers it, one of another page that shares its words. From the vocabulary:
two names of an indicator, a name and its definition, a word of analysts and what reports say, a question on a topic and a
sentence of it. Knowledge entries give a title and its text.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from data.indicators import indicator_catalogue
from data.knowledge_base import knowledge_entries
from finetune.generated_reports import generate_report
from finetune.report_words import analyst_name, filled, report_name, reworded, topics
from finetune.retrieval_data import Case, cases
from retrieval.chunking import Chunk, ChunkKind, chunk_document
from retrieval.search.expansion import read_words


@dataclass(frozen=True, slots=True)
class Triple:
    """A text, one that belongs to it, and one that does not."""

    anchor: str
    positive: str
    negative: str


def report_triples(seeds: Iterable[int], per_report: int) -> Iterator[Triple]:
    """Questions with passages of generated reports."""
    for seed in seeds:
        report, rng = generate_report(seed), random.Random(seed)
        chunks = [chunk for chunk in chunk_document(report.document) if chunk.kind is not ChunkKind.CONTENTS]
        for case in cases(report, per_report, seed + 2):
            held = [chunk for chunk in chunks if chunk.page in case.pages and case.printed in chunk.search_text]
            held = held or [chunk for chunk in chunks if chunk.page in case.pages]
            if held:
                yield Triple(case.query, rng.choice(held).search_text, _near_miss(case, chunks, rng).search_text)


def _near_miss(case: Case, chunks: list[Chunk], rng: random.Random) -> Chunk:
    """A passage of a page that does not answer, if possible one that shares two characters with the question or the printed name."""
    others = [chunk for chunk in rng.sample(chunks, min(len(chunks), 300)) if chunk.page not in case.pages] or chunks
    word = case.printed or case.query
    at = rng.randrange(max(len(word) - 1, 1))
    return next((chunk for chunk in others if word[at : at + 2] in chunk.search_text), others[0])


def vocabulary_triples(seed: int, rounds: int) -> list[Triple]:
    """What means the same without any report; `rounds` times every indicator, word and topic, in random order."""
    rng = random.Random(seed)
    pairs = [pair for _ in range(rounds) for pair in _same(rng)]
    rng.shuffle(pairs)
    return [Triple(one, other, pairs[place - 1][1]) for place, (one, other) in enumerate(pairs)]


def _same(rng: random.Random) -> Iterator[tuple[str, str]]:
    for indicator in indicator_catalogue():
        printed = report_name(indicator, rng)
        yield analyst_name(indicator, printed, rng), printed
        yield reworded(rng.choice([indicator.name, *indicator.aliases]), rng, 0.9), indicator.name
        yield rng.choice([printed, *indicator.aliases]), indicator.caliber
    for entry in read_words():
        for key in rng.sample(entry["keys"], min(len(entry["keys"]), 4)):
            yield key, " ".join(rng.sample(entry["say"], rng.randint(1, len(entry["say"]))))
    for topic in topics():
        for query in topic.queries:
            sentence = filled(rng.choice(topic.text), "本行", rng.randint(2015, 2025), rng)
            yield query, rng.choice((sentence, rng.choice(topic.headings) + "\n" + sentence, rng.choice(topic.headings)))
    for knowledge in knowledge_entries():
        yield rng.choice([knowledge.title, *knowledge.aliases]), knowledge.body
