"""Digit-flip evaluation: one digit, unit, period or bank of a right answer is changed; the scorer and the auditor must both see it.

It measures the measuring: a checker that lets a flipped answer pass would also let a model's slip pass. Only changes that make the answer
false are counted - a flip to something the sheet also supports is left out.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from data.banks import bank_registry
from finetune.evaluation.cases import Case, audit_context_of, banks_in
from finetune.evaluation.recompute import score
from finetune.evaluation.statistics import Rate, rate_of
from finetune.evaluation.times import period_mentions
from tools.audit.check import AuditReport, audit_text
from tools.audit.numbers import plain_text
from tools.factsheet import FactSheet
from tools.name_scanner import NameKind, find_names

KINDS = ("digit", "unit", "period", "bank")
KIND_NAMES = {"digit": "数字", "unit": "单位", "period": "期间", "bank": "银行"}
_UNITS = {"亿元": "万元", "万元": "亿元", "百万元": "亿元", "万亿元": "亿元", "千元": "亿元", "个百分点": "%", "%": "个百分点", "倍": "%"}
_UNIT = re.compile("|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True)))
_YEAR = re.compile(r"(?:19|20|21)\d{2}")


@dataclass(frozen=True, slots=True)
class Flip:
    """One changed answer."""

    kind: str
    text: str
    original: str


@dataclass(frozen=True)
class FlipReport:
    """caught: kind → rate at which a flip was seen by the auditor or the scorer; auditor, scorer: by each alone. alarms: right answers stopped."""

    caught: dict[str, Rate]
    auditor: dict[str, Rate]
    scorer: dict[str, Rate]
    alarms: Rate
    missed: list[Flip] = field(default_factory=list)

    @property
    def overall(self) -> Rate:
        """All kinds together."""
        from finetune.evaluation.statistics import wilson

        return wilson(sum(rate.right for rate in self.caught.values()), sum(rate.total for rate in self.caught.values()))

    def to_dict(self) -> dict[str, object]:
        """Plain values; the first twenty missed flips."""
        return {
            "caught": {kind: rate.to_dict() for kind, rate in self.caught.items()}, "overall": self.overall.to_dict(),
            "auditor": {kind: rate.to_dict() for kind, rate in self.auditor.items()},
            "scorer": {kind: rate.to_dict() for kind, rate in self.scorer.items()},
            "alarms": self.alarms.to_dict(), "missed": [{"kind": one.kind, "text": one.text, "original": one.original} for one in self.missed[:20]],
        }  # fmt: skip


def evaluate_flips(cases: Sequence[Case], texts: Sequence[str] | None = None, *, seed: int = 0) -> FlipReport:
    """Flip right answers and see whether each flip is caught.

    texts: finished answers in the order of the cases; without them the references are taken. Answers that are not right are left out.
    """
    rng = random.Random(seed)
    seen: dict[str, list[tuple[bool, bool]]] = {kind: [] for kind in KINDS}
    missed: list[Flip] = []
    alarms: list[bool] = []
    for case, text in zip(cases, texts if texts is not None else [case.reference for case in cases], strict=True):
        if case.exercise is None or not score(case, text).final:
            continue
        report = audit_text(text, case.exercise.sheet, audit_context_of(case))
        alarms.append(not report.ok)
        for flip in flips(text, report, case.exercise.sheet, rng):
            # Where the right answer itself was stopped, only what is new counts as seen.
            by_auditor = bool(set(audit_text(flip.text, case.exercise.sheet, audit_context_of(case)).problems) - set(report.problems))
            by_scorer = not score(case, flip.text).right
            seen[flip.kind].append((by_auditor, by_scorer))
            if not (by_auditor or by_scorer):
                missed.append(flip)
    return FlipReport(
        {kind: rate_of([one or other for one, other in found]) for kind, found in seen.items()},
        {kind: rate_of([one for one, _ in found]) for kind, found in seen.items()},
        {kind: rate_of([other for _, other in found]) for kind, found in seen.items()},
        rate_of(alarms), missed,
    )  # fmt: skip


def flips(text: str, report: AuditReport, sheet: FactSheet, rng: random.Random) -> Iterator[Flip]:
    """At most one flip of each kind. report: the audit of the text, which tells where its figures stand."""
    bound = [verdict for verdict in report.verdicts if verdict.figure_id is not None]
    makers = (
        ("digit", [flipped for verdict in bound if (flipped := _other_digit(text, verdict.start, verdict.end, rng))]),
        ("unit", [flipped for verdict in bound if (flipped := _other_unit(text, verdict.start, verdict.end))]),
        ("period", list(_other_years(text, sheet, rng))),
        ("bank", list(_other_banks(text, sheet, rng))),
    )
    for kind, made in makers:
        if made:
            yield Flip(kind, rng.choice(made), text)


def _other_digit(text: str, start: int, end: int, rng: random.Random) -> str | None:
    """Another digit in place of one of a number's; not a leading zero."""
    places = [index for index in range(start, end) if text[index].isdigit()]
    if not places:
        return None
    place = rng.choice(places)
    digits = [digit for digit in "0123456789" if digit != text[place] and (digit != "0" or place != places[0])]
    return text[:place] + rng.choice(digits) + text[place + 1 :]


def _other_unit(text: str, start: int, end: int) -> str | None:
    found = _UNIT.search(text, start, min(len(text), end + 5))
    if found is None or not re.fullmatch(r"[-\d.,\s]*", text[start : found.start()]):
        return None
    return text[: found.start()] + _UNITS[found[0]] + text[found.end() :]


def _other_years(text: str, sheet: FactSheet, rng: random.Random) -> Iterator[str]:
    """Another year in a period of the text; a period in which the sheet has the same is no falsehood, so a year apart is taken."""
    for mention in period_mentions(plain_text(text)):
        year = _YEAR.search(text, mention.start, mention.end)
        if year:
            other = int(year[0]) + rng.choice((-3, -2, -1, 1, 2, 3))
            if not any(figure.period.year == other for figure in sheet):
                yield text[: year.start()] + str(other) + text[year.end() :]


def _other_banks(text: str, sheet: FactSheet, rng: random.Random) -> Iterator[str]:
    """Another listed bank's name in place of one of the text's."""
    own = banks_in(text, sheet)
    others = sorted(bank.name for bank in bank_registry() if bank.listed and bank.id not in own)
    for span in find_names(text):
        if span.kind is NameKind.BANK:
            yield text[: span.start] + rng.choice(others) + text[span.end :]
    for name in {figure.entity for figure in sheet}:
        if name in text and bank_registry().by_name(name) is None:
            yield text.replace(name, rng.choice(others), 1)
