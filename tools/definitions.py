"""Sentences of a document that define a term: 口径 as the report has it, quoted and never reworded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data.ports import Passage
from data.text import normalise

_SENTENCE = re.compile(r"[^。；;\n]+[。；;]?")
_DEFINES = r"[”\"』」]?(?:[（(][^（）()]{0,30}[)）])?[”\"』」]?\s*(?:[（(]\d{1,2}[)）])?\s*(?:=|＝|等于|是指|指的是|系指|指|即|为(?!人民币|\d)|[:：])"
_COMPUTED = re.compile(r"除以|占.{0,30}(?:比例|比重|百分比|比率)|之比|计算(?:所得|得出|而成)?|差额|加上|减去|按照|平均值|是指|[=＝÷/]")
_LONGEST = 260
_OWN_WORDS = 3
_TABULAR = ("row", "table", "contents")


@dataclass(frozen=True, slots=True)
class Definition:
    """A defining sentence, the passage it stands in and how surely it defines the term (higher is surer)."""

    term: str
    text: str
    passage: Passage
    weight: int


def definitions_in(terms: Sequence[str], passages: Sequence[Passage]) -> list[Definition]:
    """Sentences of the passages that define one of the terms, the surest first; passages' order breaks ties.

    terms: the question's own words first. A sentence that holds more of those is preferred.
    """
    found = [found for term in dict.fromkeys(terms) if len(term) > 1 for passage in passages for found in _in_passage(term, passage)]
    asked = [normalise(term) for term in dict.fromkeys(terms[:_OWN_WORDS])]
    return sorted(found, key=lambda item: -item.weight - 2 * sum(term in normalise(item.text) for term in asked))


def _in_passage(term: str, passage: Passage) -> list[Definition]:
    if passage.kind in _TABULAR:
        return []
    folded = normalise(term)
    if passage.kind == "note" and _same(passage.title, folded):
        return [Definition(term, passage.text, passage, 6)]
    if folded not in normalise(passage.text):
        return []
    strong = re.compile(rf"[“\"『「]?{re.escape(folded)}{_DEFINES}")
    found = []
    for match in _SENTENCE.finditer(passage.text):
        # Read in compatible forms, quoted as printed.
        quote = match[0].strip()
        sentence = normalise(quote)
        if folded not in sentence or len(sentence) > _LONGEST:
            continue
        at = strong.search(sentence)
        weight = (4 if at and at.start() == 0 else 3 if at else 0) + (2 if _COMPUTED.search(sentence) else 0)
        if weight >= 3:
            following = passage.text[match.end() : match.end() + 120]
            quote += following.split("。")[0] + "。" if quote.endswith((";", "；")) and following else ""
            found.append(Definition(term, quote, replace(passage), weight))
    return found


def _same(title: str, term: str) -> bool:
    return "".join(normalise(title).split()) == "".join(term.split())
