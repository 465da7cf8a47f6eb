"""Whether an answer speaks the language of the field: the indicators it names are those asked of, and units are worded right.

Three things are checked on the finished text, none of which needs the numbers to be right:
asked - every indicator that answers is called by its catalogue name or an alias; foreign - no indicator is named that neither the
question, the sheet, the reference nor the formula knows, and no metric that does not apply to banks; units - a change of a ratio is said
in 个百分点 or BP and not in %, and an indicator of money is not said in %.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from data.errors import CatalogueError
from data.figures import FigureKind
from data.indicators import indicator_catalogue
from data.units import Dimension
from finetune.evaluation.cases import Case
from finetune.evaluation.statistics import Rate, rate_of
from tools.audit.numbers import NumberToken, find_numbers, plain_text
from tools.formulas import FORMULAS
from tools.name_scanner import NameKind, find_names

_MOVED = re.compile(r"(?:上升|下降|提高|提升|降低|回落|收窄|扩大|变动|升|降)了?约?$")
_LEVEL = re.compile(r"(?:至|到|为)$")
_CLAUSE = re.compile(r"[，,。；;！!？?\n]")


@dataclass(frozen=True, slots=True)
class TermVerdict:
    """One answer's terms; None where the check has nothing to look at."""

    asked: bool | None
    foreign: bool
    units: bool | None

    @property
    def right(self) -> bool:
        """The asked indicator is named, no other one is, and units are worded right."""
        return self.asked is not False and not self.foreign and self.units is not False


@dataclass(frozen=True)
class TermReport:
    """Rates over all answers: everything right, the asked name used, no foreign name, units worded right."""

    right: Rate
    asked: Rate
    clean: Rate
    units: Rate
    verdicts: tuple[TermVerdict, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Plain values."""
        return {"right": self.right.to_dict(), "asked": self.asked.to_dict(), "clean": self.clean.to_dict(), "units": self.units.to_dict()}


def judge_terms(case: Case, text: str) -> TermVerdict:
    """The verdict on a finished text (references filled in)."""
    named = {(span.kind, span.ref) for span in find_names(text) if span.kind in (NameKind.INDICATOR, NameKind.NOT_APPLICABLE)}
    known = _known(case)
    foreign = any(kind is NameKind.NOT_APPLICABLE or ref not in known for kind, ref in named if (kind, ref) not in _named_in(case))
    return TermVerdict(_asked(case, text, {ref for _, ref in named}), foreign, _units(text))


def evaluate_terms(cases: Sequence[Case], texts: Sequence[str]) -> TermReport:
    """The report over finished texts, in the order of the cases."""
    verdicts = tuple(judge_terms(case, text) for case, text in zip(cases, texts, strict=True))
    return TermReport(
        rate_of([v.right for v in verdicts]), rate_of([v.asked for v in verdicts]), rate_of([not v.foreign for v in verdicts]),
        rate_of([v.units for v in verdicts]), verdicts,
    )  # fmt: skip


def _asked(case: Case, text: str, named: set[str]) -> bool | None:
    """Whether every indicator of an answer is named: itself, or for a change or a share what it is of."""
    if case.exercise is None:
        wanted = {span.ref for span in find_names(case.reference) if span.kind is NameKind.INDICATOR}
        return bool(wanted & named) if wanted else None
    verdicts = []
    for figure in case.exercise.sheet.answer_figures():
        inputs = [case.exercise.sheet.get(key) for key in figure.inputs if key in case.exercise.sheet]
        alike = [figure, *(inputs if figure.kind is FigureKind.CHANGE or not figure.indicator_id else [])]
        verdicts.append(any(item.indicator_id in named or item.indicator in text for item in alike))
    return all(verdicts) if verdicts else None


def _known(case: Case) -> set[str]:
    """Ids that the sheet, the reference and the formula of the case bring with them."""
    exercise = case.exercise
    known = {span.ref for span in find_names(case.reference)}
    if exercise is None:
        return known
    known |= {figure.indicator_id for figure in exercise.sheet if figure.indicator_id}
    rule = FORMULAS.get(exercise.formula)
    if rule is not None:
        known |= {rule.indicator_id or rule.id} | {key for item in rule.inputs for key in (*item.ids, *item.average_ids)}
    return known


def _named_in(case: Case) -> set[tuple[NameKind, str]]:
    return {(span.kind, span.ref) for span in find_names(case.question)}


def _units(text: str) -> bool | None:
    """Whether each number's unit fits the indicator named before it in its clause; None without a number beside a name."""
    plain = plain_text(text)
    names = [span for span in find_names(plain) if span.kind is NameKind.INDICATOR]
    verdicts = []
    for token in find_numbers(plain):
        start = max((match.end() for match in _CLAUSE.finditer(plain, 0, token.start)), default=0)
        near = [span for span in names if start <= span.start and span.end <= token.start]
        if near and token.unit is not None and "=" not in plain[start : token.start]:
            verdicts.append(_fits(near[-1].ref, plain[near[-1].end : token.start], token))
    return all(verdicts) if verdicts else None


def _fits(indicator_id: str, between: str, token: NumberToken) -> bool:
    """Whether a ratio that moved is said to move in points, and an amount's level is no percentage."""
    assert token.unit is not None
    try:
        own = indicator_catalogue().get(indicator_id).unit.dimension
    except CatalogueError:
        return True
    moved = bool(_MOVED.search(between.rstrip())) and not _LEVEL.search(between.rstrip())
    said = token.unit.dimension
    if own is Dimension.RATIO and moved:
        return said is not Dimension.RATIO or token.unit.symbol in ("倍", "次")
    if own is Dimension.AMOUNT and not between.strip().strip("为是约:："):
        return said in (Dimension.AMOUNT, Dimension.FOREIGN)
    return True
