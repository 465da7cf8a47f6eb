"""What the tagger sees of a text, one row a character: the character, the grammar's tag, and the kind of known word it lies in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tools.entities.indicators import Link, vocabulary
from tools.entities.spans import EntitySpan, EntityType
from tools.traditional import lower

TYPES = tuple(EntityType)
LABELS = ("O", *(f"{edge}-{kind.value}" for kind in TYPES for edge in "BI"))
_WORDS = {link: number + 1 for number, link in enumerate(Link)}
WORD_KINDS = 2 * len(Link) + 1  # None, and each kind at the head of a word and inside it.


@dataclass(frozen=True, slots=True)
class Features:
    """Three numbers for each character of a text, in parallel lists."""

    characters: list[int]
    tags: list[int]
    words: list[int]


def label_row(length: int, spans: Iterable[EntitySpan]) -> list[int]:
    """Spans as one label number a character, by `LABELS`."""
    row = [0] * length
    for start, end, kind in spans:
        inside = 2 * TYPES.index(kind) + 2
        row[start:end] = [inside - 1] + [inside] * (end - start - 1)
    return row


def features(plain: str, spans: Iterable[EntitySpan], characters: dict[str, int]) -> Features:
    """The features of a prepared text that the grammar has read; characters outside the vocabulary are 1, 0 is padding."""
    return Features([characters.get(char, 1) for char in plain], label_row(len(plain), spans), _word_row(plain))


def _word_row(plain: str) -> list[int]:
    """The kind of the longest known word at each place, the strongest kind where a word may be several."""
    row = [0] * len(plain)
    for start, end, links in vocabulary().spans(lower(plain)):
        kind = 2 * max(_WORDS[link] for link in links) - 1
        row[start:end] = [kind] + [kind + 1] * (end - start - 1)
    return row
