"""From sentences to training rows: generated ones perturbed, and plain prose of the knowledge base as the grammar reads it."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from finetune.ner_data import Sentence, sentences
from finetune.ner_noise import perturbed
from tools.entities.features import Features, features, label_row
from tools.entities.grammar import read_entities
from tools.entities.spans import EntitySpan, EntityType, prepare

LONGEST = 160
_KNOWLEDGE = Path(__file__).parents[1] / "data" / "knowledge"
_RARE = 3  # A character seen less often is unknown to the vocabulary.


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence as the network reads it, and its labels."""

    text: str
    seen: Features
    labels: list[int]
    grammar: tuple[EntitySpan, ...]


def corpus(count: int, seed: int, prose: bool = True) -> list[tuple[str, list[int]]]:
    """(text, labels) of `count` perturbed sentences, and with `prose` of the knowledge base's sentences too; deterministic."""
    chance = random.Random(seed)
    made = [_labelled(perturbed(sentence, chance)) for sentence in sentences(count, seed)]
    plain = [_labelled(perturbed(sentence, chance)) for sentence in _prose()] if prose else []
    rows = [row for row in (*made, *plain) if 0 < len(row[0]) <= LONGEST]
    chance.shuffle(rows)
    return rows


def vocabulary(texts: Iterable[str]) -> dict[str, int]:
    """Character → number from 2 on, the commonest first: 0 is padding, 1 any other character."""
    counts = Counter(char for text in texts for char in prepare(text))
    common = sorted((char for char, count in counts.items() if count >= _RARE), key=lambda char: (-counts[char], char))
    return {char: number for number, char in enumerate(common, 2)}


def rows(pairs: Iterable[tuple[str, list[int]]], characters: dict[str, int]) -> Iterator[Row]:
    """Training rows: each sentence read by the grammar first."""
    for text, labels in pairs:
        found = read_entities(text).entities
        yield Row(text, features(prepare(text), found, characters), labels, found)


def forgetful(row: Row, chance: random.Random) -> Row:
    """A row with a whole name masked, or with a span that the grammar is said not to have found: names must be read from what is around them.

    Masking whole spans rather than single characters is SpanBERT's idea.
    """
    draw = chance.random()
    if draw < 0.12 and (names := [span for span in _spans(row.labels) if row.labels[span[0]] in _NAMES]):
        start, end = chance.choice(names)
        characters, words = list(row.seen.characters), list(row.seen.words)
        characters[start:end], words[start:end] = [1] * (end - start), [0] * (end - start)
        row = replace(row, seen=Features(characters, row.seen.tags, words))
    if draw < 0.24 and row.grammar:
        lost = chance.randrange(len(row.grammar))
        tags = label_row(len(row.text), [span for at, span in enumerate(row.grammar) if at != lost])
        row = replace(row, seen=Features(row.seen.characters, tags, row.seen.words))
    return row


_NAMES = {label_row(1, [EntitySpan(0, 1, kind)])[0] for kind in (EntityType.COMPANY, EntityType.INDICATOR)}


def _spans(labels: list[int]) -> Iterator[tuple[int, int]]:
    start = None
    for at, label in enumerate([*labels, 0]):
        if start is not None and (label == 0 or label % 2 == 1):
            yield start, at
            start = None
        if label % 2 == 1:
            start = at


def digest(pairs: Iterable[tuple[str, list[int]]]) -> str:
    """A hash of texts and labels: the same corpus has the same."""
    total = sha256()
    for text, labels in pairs:
        total.update(f"{text}\t{labels}\n".encode())
    return total.hexdigest()


def _labelled(sentence: Sentence) -> tuple[str, list[int]]:
    spans, start = list[EntitySpan](), 0
    for at, (tag, following) in enumerate(zip(sentence.tags, [*sentence.tags[1:], None], strict=True)):
        if tag is None:
            continue
        start = at if tag[0] == "B" else start
        if following is None or following[0] == "B":
            spans.append(EntitySpan(start, at + 1, tag[1]))
    return sentence.text, label_row(len(sentence.text), spans)


def _prose() -> Iterator[Sentence]:
    """Sentences of the knowledge base, with the grammar's entities for labels: mostly what is *not* an entity."""
    for path in sorted(_KNOWLEDGE.glob("*.md")):
        for text in re.split(r"(?<=[。；！？])|\n", path.read_text(encoding="utf-8")):
            text = text.strip(" #*|-")
            if 8 <= len(text) <= LONGEST:
                made, at = Sentence(), 0
                for span in read_entities(text).entities:
                    made.add(text[at : span.start], None)
                    made.add(text[span.start : span.end], span.type)
                    at = span.end
                made.add(text[at:], None)
                yield made
