"""A question with its wordings, and a passage in its parts: what matching compares."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from data.ports import Passage
from retrieval.search.expansion import WEIGHT, Expansion, query_expander

_SPACE = re.compile(r"\s+")
_LABEL_LEAD = re.compile(r"^(?:其中|减|加|附注|[（(]?[一二三四五六七八九十\d]+[)）、.．])[:：]?")


@dataclass(frozen=True, slots=True)
class Parts:
    """A passage's parts in compatible lower-case characters without spaces. label: of a row, its own; else empty.

    title: the headings over it; heading: the nearest of them.
    """

    label: str
    title: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its expansion. core: without words of asking. groups: per name found, wordings that mean the same, (text, weight 0..1).

    indicators: catalogue ids that it may mean.
    """

    text: str
    core: str = ""
    groups: tuple[tuple[tuple[str, float], ...], ...] = ()
    indicators: frozenset[str] = field(default_factory=frozenset)


def question_of(query: str) -> Question:
    """A question as the packaged expansion understands it."""
    return as_question(query_expander().expand(query))


def as_question(expansion: Expansion) -> Question:
    """An expansion in the form that is matched: the name asked with, then the wordings of reports, the commonest heaviest."""
    groups = tuple(
        ((group.name, 0.5 if group.slang else 1.0), *((wording, WEIGHT * max(0.5, 1 - 0.1 * place)) for place, wording in enumerate(group.say)))
        for group in expansion.groups
    )
    return Question(expansion.query, expansion.core, groups, expansion.indicators)


def compact(text: str) -> str:
    """Compatible characters, lower case, no spaces."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).lower()


def parts_of(passage: Passage) -> Parts:
    """The parts of a passage; a row reads "caption | parent > label：values"."""
    text = compact(passage.text)
    label = ""
    if passage.kind == "row":
        path = text.rsplit("|", 1)[-1].split(":", 1)
        whole = text.rsplit("|", 1)[-1] if path[0] in ("其中", "减", "加") else path[0]
        label = _LABEL_LEAD.sub("", whole).split(":", 1)[0].rsplit(">", 1)[-1]
        label = _LABEL_LEAD.sub("", label)
    return Parts(label, compact(passage.title), compact(passage.title.rsplit(" ", 1)[-1]), text)


def pairs(text: str) -> set[str]:
    """The pairs of neighbouring characters; of one character, itself."""
    return {text[i : i + 2] for i in range(len(text) - 1)} or set(text)


def longest_run(needle: str, text: str) -> int:
    """The length of the longest piece of `needle` that stands in `text`."""
    best = 0
    for start in range(len(needle)):
        while start + best < len(needle) and needle[start : start + best + 1] in text:
            best += 1
    return best
