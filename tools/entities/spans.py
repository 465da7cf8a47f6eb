"""What the parts of the entity grammar share: spans, the text they read, the words they know."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from data.catalogue_files import FOLDER, read_yaml_list
from data.errors import CatalogueError
from tools.entities.misreadings import mended
from tools.traditional import fold

FILE = "entity_words.yaml"


class EntityType(StrEnum):
    """The four entity types of the specification, and the fifth that is reported apart from them."""

    COMPANY = "公司"
    TIME = "时间"
    INDICATOR = "指标"
    VALUE = "数值"
    CHANGE = "变动"


_BLOTS = {kind: chr(number) for number, kind in enumerate(EntityType)}
BLOT = f"[{_BLOTS[EntityType.COMPANY]}-{_BLOTS[EntityType.CHANGE]}]"
INDICATOR_BLOT = _BLOTS[EntityType.INDICATOR]


class EntitySpan(NamedTuple):
    """text[start:end] is an entity of a type; offsets are those of the text as given."""

    start: int
    end: int
    type: EntityType


@dataclass(frozen=True, slots=True)
class EntityWords:
    """The packaged word lists, by use."""

    modifiers: frozenset[str]
    accounts: frozenset[str]
    heads: frozenset[str]
    weak_heads: frozenset[str]
    suffixes: frozenset[str]
    not_before: frozenset[str]
    companies: frozenset[str]
    company_prefixes: frozenset[str]
    company_lines: frozenset[str]
    company_stops: frozenset[str]


def prepare(text: str) -> str:
    """The text as the grammar reads it: compatible forms, simplified, common misreadings mended; the same length."""
    return mended(fold(text))


def mask(text: str, spans: Iterable[EntitySpan]) -> str:
    """The text with each span blotted out by the character of its type, which no rule takes for a word."""
    parts, at = list[str](), 0
    for start, end, kind in sorted(spans):
        parts += (text[at:start], _BLOTS[kind] * (end - max(start, at)))
        at = max(at, end)
    return "".join(parts) + text[at:]


@lru_cache(maxsize=1)
def entity_words() -> EntityWords:
    """The packaged word lists, read once.

    Raises:
        CatalogueError: an entry has an unknown use or no words.
    """
    lists: dict[str, set[str]] = {use: set() for use in _USES}
    for entry in read_yaml_list(FOLDER / FILE):
        use, words = entry.get("use"), entry.get("words")
        if use not in lists or not isinstance(words, str):
            raise CatalogueError(f"{FILE} 的条目 {use} 有误")
        lists[use].update(words.split())
    return EntityWords(*(frozenset(lists[use]) for use in _USES))


_USES = (
    "modifier", "account", "head", "weak_head", "suffix", "not_before", "company", "company_prefix", "company_line", "company_stop",
)  # fmt: skip


@lru_cache(maxsize=512)
def word_at(alternatives: frozenset[str]) -> re.Pattern[str]:
    """A pattern for any of the words, the longest first."""
    return re.compile("|".join(re.escape(word) for word in sorted(alternatives, key=lambda word: (-len(word), word))))
