"""How a passage matches a question, as numbers: what the learned ranking reads and what the cross-encoder is shown.

A question comes with its terms: the report wordings it may stand for, each with a weight (see retrieval.search.expansion). A passage
matches through its parts - the row label, the caption or heading, the text - and through its page: a page where several
passages match, or where a label is the wanted name to the letter, answers more often than one that mentions it in passing.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from data.ports import Passage
from retrieval.search.match_text import Parts, Question, compact, longest_run, pairs, parts_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEATURES = (
    "score", "score_gap", "reciprocal_rank", "coverage", "coverage_label", "coverage_title", "characters", "run", "run_label",
    "term", "term_label", "term_title",
    "term_is_label", "term_is_title", "groups_hit", "groups_named", "weakest_group", "term_sum", "term_length", "term_pairs", "term_pairs_label",
    "label_share", "title_share", "valued", "early", "year", "scope", "row", "table", "text", "contents", "length", "digits", "numbers",
    "page", "page_passages", "page_score", "page_share", "page_best", "page_coverage", "page_term_is_label", "page_term_title", "page_valued",
    "policy", "segment", "definition", "continued", "indicator", "current", "first_of_title", "title_pages", "page_rows", "page_text",
    "query_length", "query_groups", "query_best_term", "query_breakdown", "query_definition", "query_segment", "query_scope", "query_year",
    "query_value",
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_STOP = frozenset("的了是在有多少怎么样吗呢什如何情况一下年我想看查与和及了哪里些个请问给出")
_POLICY = re.compile(r"会计政策|会计估计|释义|重要提示|编制基础|关键审计事项")
_SEGMENT = re.compile(r"分部|条线|板块|经营分类")
_DEFINITION = re.compile(r"是指|指本|定义|计算公式|口径|÷|除以")
_CONTINUED = re.compile(r"[（(]?续[)）表]")
_ASKS = {
    "query_breakdown": re.compile(r"结构|构成|分布|明细|组成|分类|拆"),
    "query_definition": re.compile(r"怎么算|如何计算|口径|定义|什么意思|计算方法|是指"),
    "query_segment": _SEGMENT,
    "query_value": re.compile(
        r"多少|余额|规模|总量|存量|金额|合计|总额|几|率|占比|比例|比重|增速|增长|数量|多大|水平|"
        r"净额|收入|支出|缺口"
    ),
}
_BANK_SCOPE = re.compile(r"本行口径|母公司|单体|不含子公司|银行口径")
_BANK_COLUMN = re.compile(r"本行|母公司|银行(?=20|\d|：)")


def match_features(question: Question, passages: Sequence[Passage]) -> NDArray[np.float32]:
    """One row of FEATURES per passage, in order; passages come in first-stage order."""
    import numpy as np

    asked = _Asked(question)
    parts = [parts_of(passage) for passage in passages]
    rarity = _rarity(asked.pairs, parts)
    rows = [asked.of(passage, part, rarity) for passage, part in zip(passages, parts, strict=True)]
    _score_features(rows, passages)
    _page_features(rows, passages)
    return np.array([[row.get(name, 0.0) for name in FEATURES] for row in rows], dtype=np.float32).reshape(len(rows), len(FEATURES))


def _rarity(wanted: set[str], parts: Sequence[Parts]) -> dict[str, float]:
    """How rare each pair of the question is among the candidates: one that all of them hold tells nothing."""
    held = Counter(pair for part in parts for pair in wanted if pair in part.text or pair in part.title)
    return {pair: math.log(1 + (len(parts) - held[pair] + 0.5) / (held[pair] + 0.5)) + 0.05 for pair in wanted}


class _Asked:
    """What is the same for every passage of one question."""

    def __init__(self, question: Question) -> None:
        self.text = compact(question.text)
        kept = "".join(char for char in _YEAR.sub("", compact(question.core or question.text)) if char not in _STOP)
        self.core = kept or self.text
        self.pairs = pairs(self.core)
        self.groups = [_wordings(group) for group in question.groups]
        self.terms = [(term, weight, pairs(term)) for term, weight in _wordings([wording for group in question.groups for wording in group]).items()]
        self.years = set(_YEAR.findall(self.text))
        self.indicators = question.indicators
        self.bank = bool(_BANK_SCOPE.search(self.text))
        self.same = {
            "query_length": min(len(self.core), 20) / 20, "query_groups": min(len(self.groups), 4) / 4,
            "query_best_term": max((weight for _, weight, _ in self.terms), default=0.0), "query_year": float(bool(self.years)),
            "query_scope": float(self.bank), **{name: float(bool(asks.search(self.text))) for name, asks in _ASKS.items()},
        }

    def of(self, passage: Passage, part: Parts, rarity: dict[str, float]) -> dict[str, float]:
        """The features that need no other passage."""
        return self.same | self._coverage(part, rarity) | self._terms(part) | self._nature(passage, part)

    def _coverage(self, part: Parts, rarity: dict[str, float]) -> dict[str, float]:
        whole = sum(rarity.values()) or 1.0
        both = part.title + "\n" + part.text
        size = max(len(self.core), 1)
        return {
            "coverage": sum(rarity[pair] for pair in self.pairs if pair in both) / whole,
            "coverage_label": sum(rarity[pair] for pair in self.pairs if pair in part.label) / whole,
            "coverage_title": sum(rarity[pair] for pair in self.pairs if pair in part.title) / whole,
            "characters": sum(char in both for char in self.core) / size,
            "run": longest_run(self.core, both) / size, "run_label": longest_run(self.core, part.label) / size,
        }

    def _terms(self, part: Parts) -> dict[str, float]:
        found = [(term, weight) for term, weight, _ in self.terms if term in part.text or term in part.title]
        in_label = [(term, weight) for term, weight in found if term in part.label]
        in_title = [(term, weight) for term, weight in found if term in part.title]
        best = max(found, key=lambda hit: (hit[1], len(hit[0])), default=("", 0.0))[0]
        place = part.text.find(best) if best else -1
        return {
            "term": max((weight for _, weight in found), default=0.0), "term_label": max((weight for _, weight in in_label), default=0.0),
            "term_title": max((weight for _, weight in in_title), default=0.0),
            "term_is_label": max((weight for term, weight in in_label if len(term) >= len(part.label) - 1), default=0.0),
            "term_is_title": max((weight for term, weight in in_title if term in part.heading and len(term) >= len(part.heading) - 2), default=0.0),
            **self._groups(part), "term_sum": min(sum(weight for _, weight in found), 4.0) / 4,
            "term_length": min(max((len(term) for term, _ in found), default=0), 12) / 12,
            "term_pairs": max((weight * _share(wanted, part.text) for _, weight, wanted in self.terms), default=0.0),
            "term_pairs_label": max((weight * _share(wanted, part.label) for _, weight, wanted in self.terms), default=0.0),
            "label_share": max((len(term) for term, _ in in_label), default=0) / max(len(part.label), 1),
            "title_share": max((len(term) for term, _ in in_title if term in part.heading), default=0) / max(len(part.heading), 1),
            "valued": float(place >= 0 and bool(_NUMBER.search(part.text[place + len(best) : place + len(best) + 14]))),
            "early": 1 - place / max(len(part.text), 1) if place >= 0 else 0.0,
        }

    def _groups(self, part: Parts) -> dict[str, float]:
        best = [max((weight for term, weight in group.items() if term in part.text or term in part.title), default=0.0) for group in self.groups]
        named = [any(term in part.label or term in part.title for term in group) for group in self.groups]
        size = max(len(self.groups), 1)
        return {"groups_hit": sum(map(bool, best)) / size, "groups_named": sum(named) / size, "weakest_group": min(best, default=0.0)}

    def _nature(self, passage: Passage, part: Parts) -> dict[str, float]:
        years = set(_YEAR.findall(part.text))
        numbers = _NUMBER.findall(part.text)
        own = set(_YEAR.findall(passage.document))
        return {
            "year": (1.0 if self.years & years else -1.0) if self.years else 0.0,
            "current": (1.0 if own & years else -1.0) if own and years else 0.0,
            "scope": (1.0 if _BANK_COLUMN.search(part.text) else -1.0) if self.bank else 0.0,
            "row": float(passage.kind == "row"), "table": float(passage.kind == "table"), "text": float(passage.kind in ("text", "note")),
            "contents": float(passage.kind == "contents"), "length": math.log1p(len(part.text)) / 6,
            "digits": sum(map(len, numbers)) / max(len(part.text), 1), "numbers": min(len(numbers), 20) / 20,
            "policy": float(bool(_POLICY.search(part.title + part.text[:60]))), "segment": float(bool(_SEGMENT.search(part.title + part.text[:60]))),
            "definition": float(bool(_DEFINITION.search(part.text))), "continued": float(bool(_CONTINUED.search(part.title))),
            "indicator": float(bool(self.indicators.intersection(passage.indicators))), "page": math.log1p(passage.page or 0) / 6,
        }


def _wordings(group: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for term, weight in group:
        if key := compact(term):
            found[key] = max(weight, found.get(key, 0.0))
    return found


def _share(wanted: set[str], text: str) -> float:
    return sum(pair in text for pair in wanted) / max(len(wanted), 1)


def _score_features(rows: Sequence[dict[str, float]], passages: Sequence[Passage]) -> None:
    top = max((passage.score for passage in passages), default=0.0) or 1.0
    for rank, (row, passage) in enumerate(zip(rows, passages, strict=True)):
        following = passages[rank + 1].score if rank + 1 < len(passages) else 0.0
        row.update(score=passage.score / top, score_gap=(passage.score - following) / top, reciprocal_rank=1 / (rank + 1))


def _page_features(rows: Sequence[dict[str, float]], passages: Sequence[Passage]) -> None:
    """What the candidates of one page have together."""
    pages: defaultdict[tuple[str, int | None], list[dict[str, float]]] = defaultdict(list)
    for row, passage in zip(rows, passages, strict=True):
        pages[passage.document, passage.page].append(row)
    titled: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for passage in passages:
        titled[passage.document, passage.title].add(passage.page or 0)
    for row, passage in zip(rows, passages, strict=True):
        held = titled[passage.document, passage.title]
        row.update(first_of_title=float((passage.page or 0) == min(held)), title_pages=min(len(held), 6) / 6)
    for together in pages.values():
        best = max(row["score"] for row in together)
        shared = {
            "page_passages": min(len(together), 10) / 10, "page_score": sum(row["score"] for row in together) / 5, "page_share": best,
            "page_coverage": max(row["coverage"] for row in together), "page_term_is_label": max(row["term_is_label"] for row in together),
            "page_term_title": max(row["term_title"] for row in together), "page_valued": max(row["valued"] for row in together),
            "page_rows": sum(row["row"] for row in together) / 4, "page_text": sum(row["text"] for row in together) / 4,
        }
        for row in together:
            row.update(shared, page_best=float(row["score"] == best))
