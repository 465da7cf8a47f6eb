"""Grades batch answers against truth files: retrieved pages, extracted figures, questions. Pure functions over JSON records.

Strict: a figure is right within its absolute tolerance after conversion of units, of the right dimension (个百分点 are not %),
year and scope; of several answers the first counts. A refusal is right only where the truth is a refusal. Whether the page was
cited and which refusal code was given are counted apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from data.errors import UnitError
from data.units import Dimension, unit

Record = Mapping[str, Any]
FALLING = re.compile("下降|减少|降低|回落|收窄|下滑|下跌|负|-|−")
HITS = (1, 3, 5, 10)


class Verdict(StrEnum):
    """What an answer is worth."""

    RIGHT = "right"
    HALF = "half"
    REFUSED = "refused"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class RetrievalScore:
    """hits: share of queries with a relevant page among the first k. mrr: mean reciprocal rank within ten."""

    queries: int
    hits: Mapping[int, float]
    mrr: float
    missed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtractionScore:
    """pages: share of right figures that name a page where they stand."""

    figures: int
    precision: float
    recall: float
    f1: float
    pages: float
    wrong: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionScore:
    """accuracy counts a half as half. cited: of the figures given right. coded: of the questions that must be refused."""

    questions: int
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    kinds: Mapping[str, Counter[Verdict]] = field(default_factory=dict)
    cited: float = 0.0
    coded: float = 0.0

    def share(self, verdict: Verdict) -> float:
        """The share of one verdict."""
        return sum(counts[verdict] for counts in self.kinds.values()) / self.questions if self.questions else 0.0

    @property
    def accuracy(self) -> float:
        """Right plus half of the halves."""
        return self.share(Verdict.RIGHT) + self.share(Verdict.HALF) / 2


def grade_retrieval(items: Iterable[Record], hits: Mapping[str, Sequence[int]]) -> RetrievalScore:
    """items: {"id", "relevant_pages"}; hits: per id the pages found, best first."""
    ranks: dict[str, int] = {}
    for item in items:
        found = hits.get(item["id"], ())
        ranks[item["id"]] = next((rank for rank, page in enumerate(found, 1) if page in item["relevant_pages"]), 0)
    count = len(ranks)
    within = {k: _ratio(sum(0 < rank <= k for rank in ranks.values()), count) for k in HITS}
    reciprocal = sum(1 / rank for rank in ranks.values() if 0 < rank <= HITS[-1])
    return RetrievalScore(count, within, _ratio(reciprocal, count), tuple(key for key, rank in ranks.items() if not 0 < rank <= HITS[-1]))


def grade_extraction(items: Iterable[Record], figures: Mapping[str, Record | None]) -> ExtractionScore:
    """items: {"id", "value", "unit", "abs_tol", "period", "scope", "pages"}; figures: per id what was extracted, or None."""
    right, wrong, absent, paged, count = 0, [], [], 0, 0
    for item in items:
        count += 1
        figure = figures.get(item["id"])
        if figure is None:
            absent.append(item["id"])
        elif same_value(figure, item) and same_place(figure, item):
            right += 1
            paged += bool(evidence_pages(figure, {}) & set(item["pages"]))
        else:
            wrong.append(item["id"])
    precision, recall = _ratio(right, right + len(wrong)), _ratio(right, count)
    f1 = _ratio(2 * precision * recall, precision + recall)
    return ExtractionScore(count, precision, recall, f1, _ratio(paged, right), tuple(wrong), tuple(absent))


def grade_questions(items: Iterable[Record], results: Mapping[str, Record]) -> QuestionScore:
    """items: {"id", "kind", "gold"}; results: per id the answer to the last turn (`answer`, `figures`, `answers`, `refusal`)."""
    verdicts: dict[str, Verdict] = {}
    kinds: dict[str, Counter[Verdict]] = {}
    cited = citable = coded = refusals = 0
    for item in items:
        gold, result = item["gold"], results.get(item["id"], {})
        verdict = judge(gold, result)
        verdicts[item["id"]] = verdict
        kinds.setdefault(item["kind"], Counter())[verdict] += 1
        if gold.get("refuse"):
            refusals += 1
            coded += (result.get("refusal") or {}).get("code") == gold["code"]
        elif verdict in (Verdict.RIGHT, Verdict.HALF) and "must_include" not in gold and gold.get("pages"):
            citable += 1
            figures = _figures(result)
            cited += any(evidence_pages(figures[key], figures) & set(gold["pages"]) for key in result.get("answers") or () if key in figures)
    return QuestionScore(len(verdicts), verdicts, kinds, _ratio(cited, citable), _ratio(coded, refusals))


def judge(gold: Record, result: Record) -> Verdict:
    """One answer against its gold."""
    text = _plain(str(result.get("answer") or ""))
    refusal, figures = result.get("refusal"), _figures(result)
    answers = [figures[key] for key in result.get("answers") or () if key in figures]
    if gold.get("refuse"):
        asked_back = gold["code"] == "ambiguous" and bool(result.get("caveats")) and len(answers) != 1
        return Verdict.RIGHT if refusal or asked_back else Verdict.WRONG
    if refusal:
        return Verdict.REFUSED
    if "values" in gold:
        return _many(gold["values"], answers, text)
    if "value" in gold:
        wanted = [gold, *({**gold, **other} for other in gold.get("accept_also", ()))]
        return Verdict.RIGHT if answers and any(same_value(answers[0], want, text) and same_place(answers[0], want) for want in wanted) else Verdict.WRONG
    some = gold.get("any_of")
    said = all(_plain(word) in text for word in gold.get("must_include", ())) and (not some or any(_plain(word) in text for word in some))
    return Verdict.RIGHT if said else Verdict.WRONG


def _many(wanted: Sequence[Record], answers: list[Record], text: str) -> Verdict:
    left, met = list(answers), 0
    for want in wanted:
        match = next((place for place, figure in enumerate(left) if same_value(figure, want, text)), None)
        if match is not None:
            del left[match]
            met += 1
    return Verdict.RIGHT if met == len(wanted) else Verdict.HALF if met >= 0.8 * len(wanted) else Verdict.WRONG


def same_value(figure: Record, gold: Record, text: str = "") -> bool:
    """Whether a figure states the gold's value, within its tolerance, in whatever unit of the same dimension.

    gold["sign"]: "abs" ignores the sign; "direction" too, but a fall must be negative or be called a fall in `text`.
    """
    have, want = _number(figure.get("value")), _number(gold["value"])
    if have is None or want is None:
        return False
    converted = _convert(have, str(figure.get("unit") or ""), str(gold["unit"]))
    if converted is None:
        return False
    sign, tolerance = gold.get("sign"), Decimal(str(gold.get("abs_tol", 0)))
    if sign is None:
        return abs(converted - want) <= tolerance
    if abs(abs(converted) - abs(want)) > tolerance:
        return False
    if sign == "direction" and gold.get("direction") == "down" and converted > 0:
        return bool(FALLING.search(text))
    return not (sign == "direction" and gold.get("direction") == "up" and converted < 0)


def same_place(figure: Record, gold: Record) -> bool:
    """Whether a figure is of the gold's year and, where it names one, of its scope."""
    year = str(gold.get("period", ""))[:4]
    scope = gold.get("scope")
    return year in str(figure.get("period", "")) and (not scope or (figure.get("scope") or scope) == scope)


def evidence_pages(figure: Record, figures: Mapping[str, Record]) -> set[int]:
    """Pages that a figure cites, with those of the figures that it was computed from."""
    pages: set[int] = set()
    todo, seen = [figure], set()
    while todo:
        current = todo.pop()
        pages |= {evidence["page"] for evidence in current.get("evidence") or () if evidence.get("page")}
        for key in current.get("inputs") or ():
            if key in figures and key not in seen:
                seen.add(key)
                todo.append(figures[key])
    return pages


def _convert(value: Decimal, symbol: str, target: str) -> Decimal | None:
    try:
        have, want = unit(symbol), unit(target)
    except UnitError:
        return value if _plain(symbol) == _plain(target) else None
    alike = have.dimension is want.dimension and (have.noun == want.noun or have.dimension is not Dimension.FOREIGN)
    return value * have.factor / want.factor if alike else None


def _number(value: object) -> Decimal | None:
    try:
        return Decimal(unicodedata.normalize("NFKC", str(value)).replace(",", "").replace("−", "-").strip())
    except InvalidOperation:
        return None


def _figures(result: Record) -> dict[str, Record]:
    return {figure["id"]: figure for figure in result.get("figures") or ()}


def _plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
