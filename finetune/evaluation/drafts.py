"""Scoring an answer in references: run it as the product runs it, compare its program with the reference's, audit its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from data.errors import UnknownReferenceError
from data.figures import Figure, FigureKind
from data.units import Dimension, Quantity
from finetune.evaluation.cases import REFUSAL, Answer, Case, audit_context_of, program_of, slots_of, visible
from finetune.evaluation.naming import bank_right, explains, period_right
from finetune.evaluation.parts import RecomputeScore
from finetune.evaluation.programs import Mark, Program, factor_between, marks_of, plain_values
from tools.audit.check import AuditReport, audit_draft
from tools.audit.match import Aspect
from tools.factsheet import FactSheet
from tools.local_model.settle import settle
from tools.references import UNIT_FIELDS, Filled, fill, references_of

VALUE_FIELDS = frozenset({"", "value", "change", *UNIT_FIELDS.values()})
SIZE_FIELDS = VALUE_FIELDS | {"abs"}
_COMPLAINT = re.compile(r"”的(?P<aspects>[^”：]+)与事实表不符：(?P<id>f\d+) ")


@dataclass(frozen=True)
class Draft:
    """A draft after running: the sheet with what its marks computed, the filled text, the audit; or why it could not be run."""

    raw: str
    marks: tuple[Mark, ...]
    sheet: FactSheet
    settled: str = ""
    filled: Filled | None = None
    audit: AuditReport | None = None
    error: str = ""


def read_draft(output: str, case: Case) -> Draft:
    """Run a draft over what its prompt showed. Nothing raised: a draft that cannot be run says why in `error`."""
    exercise = case.exercise
    assert exercise is not None
    shown, marks = visible(exercise), tuple(marks_of(output))
    try:
        settled, sheet = settle(output.strip(), shown)
        sheet = FactSheet(list(sheet), list(dict.fromkeys([*shown.answers, *(key for key in sheet.answers if key in sheet)])))
        filled = fill(settled, sheet, slots_of(exercise))
    except UnknownReferenceError as error:
        return Draft(output, marks, shown, error=str(error))
    return Draft(output, marks, sheet, settled, filled, audit_draft(settled, filled, sheet, audit_context_of(case)))


def score_draft(case: Case, draft: Draft) -> RecomputeScore:
    """The parts of a draft that has been run (see `read_draft`)."""
    operands, factor = _program_parts(case, draft)
    text = draft.filled.text if draft.filled else draft.raw
    told = [_telling(answer, draft) for answer in case.answers]
    final = _refused(draft) if case.refuses else all(one is True for one in told) if told else draft.filled is not None and explains(case, text)
    aspects = set(_aspects(draft, case))
    if aspects and case.exercise is not None:
        # What the auditor holds against the reference itself is no fault of the answer.
        aspects -= set(_aspects(read_draft(case.exercise.tell, case), case))
    bank, period = bank_right(case, text), period_right(case, text)
    return RecomputeScore(
        operands=operands,
        expression=None if not case.computes else factor is not None,
        arithmetic=None if not draft.marks and not draft.error else not draft.error,
        unit=_unit_right(case, draft, told, factor) and Aspect.SIGN not in aspects if case.answers else None,
        final=final and Aspect.SIGN not in aspects,
        bank=bank and Aspect.BANK not in aspects if bank is not None else None,
        period=period and not {Aspect.PERIOD, Aspect.BASE} & aspects if period is not None else None,
        text=text, problems=tuple(([draft.error] if draft.error else []) + (draft.audit.problems if draft.audit else [])),
    )  # fmt: skip


def _program_parts(case: Case, draft: Draft) -> tuple[bool | None, Decimal | None]:
    """(operands right, factor between the draft's program and the reference's); for a look-up, whether the right figures are told."""
    exercise = case.exercise
    assert exercise is not None
    reference = program_of(exercise)
    if reference is None:
        wanted = {figure.id for figure in exercise.sheet.answer_figures()}
        return wanted <= set(references_of(draft.raw)), Decimal(1)
    steps = {mark.target: mark.expression for mark in draft.marks if mark.target not in visible(exercise)}
    values = {key: value for key, value in plain_values(visible(exercise)).items() if key not in reference.steps}
    programs = [Program(mark.expression, {k: v for k, v in steps.items() if k != mark.target}) for mark in draft.marks]
    if not programs:
        # The prompt showed the computed figure and the draft refers to it: that is the reference's program, already run.
        told = {key for key in references_of(draft.raw) if key in exercise.sheet.answers}
        return (True, Decimal(1)) if told else (False, None)
    factors = [factor_between(program, reference, values) for program in programs]
    best = next((index for index, factor in enumerate(factors) if factor == 1), None)
    if best is None:
        best = next((index for index, factor in reversed(list(enumerate(factors))) if factor is not None), len(programs) - 1)
    return programs[best].operands() == reference.operands(), factors[best]


def _telling(answer: Answer, draft: Draft) -> bool | str | None:
    """True where the draft prints the answer's value, "unit" where it prints its digits at another scale or sign, None else."""
    if draft.filled is None:
        return None
    printed = [draft.sheet.get(binding.figure_id) for binding in draft.filled.bindings if binding.field in SIZE_FIELDS]
    if any(_same(figure.quantity, answer.quantity) for figure in printed):
        return True
    return "unit" if any(_same_digits(figure, answer) for figure in printed) else None


def _same(one: Quantity, other: Quantity) -> bool:
    if one.unit.dimension is not other.unit.dimension or _plain_ratio(one) != _plain_ratio(other):
        return False
    return one.base == other.base or abs(one.base - other.base) <= abs(other.base) * Decimal("1e-20")


def _plain_ratio(quantity: Quantity) -> bool:
    """倍 and 次 are ratios too, but 1.25倍 is not printed as 125%."""
    return quantity.unit.dimension is Dimension.RATIO and quantity.unit.symbol not in ("%", "‰")


def _same_digits(figure: Figure, answer: Answer) -> bool:
    if figure.kind is FigureKind.REPORTED or not figure.quantity.value or not answer.quantity.value:
        return False
    return _significand(figure.quantity.base) == _significand(answer.quantity.base)


def _significand(value: Decimal) -> Decimal:
    return round(abs(value).scaleb(-abs(value).adjusted()), 12)


def _refused(draft: Draft) -> bool:
    """Whether a draft says that something is missing and computes nothing."""
    return draft.filled is not None and not draft.marks and bool(REFUSAL.search(draft.filled.text))


def _unit_right(case: Case, draft: Draft, told: Sequence[bool | str | None], factor: Decimal | None) -> bool:
    """Unit, sign and scale: those of the program where there is one, else whether a figure of the answer's kind is printed at all."""
    if told and all(one is True for one in told):
        return True
    if "unit" in told or draft.filled is None:
        return False
    if case.computes and factor is not None:
        return factor == 1
    printed = {draft.sheet.get(binding.figure_id).quantity.unit.dimension for binding in draft.filled.bindings if binding.field in SIZE_FIELDS}
    return all(answer.quantity.unit.dimension in printed for answer in case.answers)


def _aspects(draft: Draft, case: Case) -> Iterator[Aspect]:
    """What the auditor says disagrees between the words and a given figure, or one that tells an answer; a wrong result is no wrong period."""
    shown = visible(case.exercise) if case.exercise else FactSheet()
    for problem in draft.audit.problems if draft.audit else ():
        found = _COMPLAINT.search(problem)
        if found and (found["id"] in shown or any(_same(draft.sheet.get(found["id"]).quantity, answer.quantity) for answer in case.answers)):
            yield from (aspect for aspect in Aspect if aspect.value in found["aspects"].split("、"))
