"""One thing to ask a model in an evaluation: the prompt, the reference answer, and what a right answer must hold.

A case comes from an exercise (its sheet is known: drafts in references are run, and everything is checked against figures) or
from a row of a data file alone (the answer, its unit and the reference text are known).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from data.errors import ExpressionError, FormulaError, PeriodError
from data.figures import Figure, FigureKind
from data.periods import Period
from data.units import Quantity, parse_decimal, unit
from finetune.evaluation.programs import Program, marks_of, plain_values
from finetune.evaluation.times import names_period, years_in
from finetune.evaluation.written import read
from finetune.rows.held_out import held_slice
from finetune.rows.narration import held_slice as narration_held
from finetune.rows.printing import printed_question, visible_sheet
from finetune.rows.record import Exercise, Row
from finetune.rows.renderings import render
from tools.audit.check import AuditContext
from tools.audit.match import bank_id
from tools.audit.numbers import NumberToken
from tools.expressions import evaluate
from tools.factsheet import FactSheet
from tools.local_model.prompt import compact_prompt
from tools.name_scanner import NameKind, name_scanner
from tools.references import fill

Generator = Callable[[Sequence[str]], Sequence[str]]
Prompter = Callable[[FactSheet, str], str]
Slices = Mapping[str, str]
REFUSAL = re.compile(r"无法|不能|缺少|缺乏|没有(?!变)|未(?:给出|提供|披露|找到|列示)|不足以|算不出|查不到|请补充|不含|无从")
SEEN = "in_training"
_SLOT = re.compile(r"\{(bank|period|scope|name)\}")
_VALUE = re.compile(r"\{(?P<id>f\d+)\}")


@dataclass(frozen=True, slots=True)
class Answer:
    """One value that an answer must tell. places: at which the reference prints it. change: it has a direction in words."""

    quantity: Quantity
    places: int
    change: bool = False


@dataclass(frozen=True)
class Case:
    """One question. reference: the right answer in words and digits. slices: axis → where the case stands on it.

    needed_*: what the answer has to name because the reference does; known_*: what it may name. refuses: something that the question
    needs is missing, and the right answer says so and computes nothing. worked: the right answer with its calculation in digits, which text
    scores take for an answer in digits; "" where it is the reference.
    """

    id: str
    prompt: str
    reference: str
    question: str
    answers: tuple[Answer, ...]
    operands: tuple[Quantity, ...] = ()
    result: Decimal | None = None
    needed_banks: frozenset[str] = frozenset()
    known_banks: frozenset[str] = frozenset()
    needed_periods: frozenset[Period] = frozenset()
    known_years: frozenset[int] = frozenset()
    slices: Slices = field(default_factory=dict)
    exercise: Exercise | None = None
    refuses: bool = False
    worked: str = ""

    @property
    def computes(self) -> bool:
        """Whether the answer is calculated rather than looked up."""
        return self.result is not None or (self.exercise is not None and bool(self.exercise.program))


def case_of_exercise(exercise: Exercise, prompter: Prompter = compact_prompt, number: int = 0, slices: Slices | None = None) -> Case:
    """The case of an exercise; the prompt shows the sheet without what the answer computes.

    Raises:
        UnknownReferenceError: the exercise's own drafts do not fill.
    """
    sheet, slots = exercise.sheet, slots_of(exercise)
    question, reference = question_of(exercise), fill(exercise.tell, sheet, slots).text
    refuses = not sheet.answers and bool(REFUSAL.search(reference))
    told = [] if refuses else [match["id"] for match in _VALUE.finditer(exercise.tell)]
    answers = sheet.answer_figures() or [sheet.get(key) for key in told[-1:]]
    given = {figure.id: figure for figure in sheet}
    program = program_of(exercise)
    named = banks_in(reference, sheet)
    return Case(
        id=f"{exercise.template}#{number}", prompt=prompter(visible(exercise), question), reference=reference, question=question,
        answers=tuple(_answer(figure, sheet) for figure in answers),
        operands=tuple(given[key].quantity for key in sorted(program.operands()) if key in given) if program else (),
        result=program.value(plain_values(sheet)) if program else None,
        needed_banks=named, known_banks=named | banks_in(question, sheet) | {bank_id(figure.entity) for figure in sheet},
        needed_periods=frozenset(figure.period for figure in answers if _names_period(reference, figure)),
        known_years=frozenset(_years_of_sheet(sheet) | years_in(question) | years_in(reference)),
        slices=slices_of(exercise) | dict(slices or {}), exercise=exercise, refuses=refuses, worked=_worked(exercise),
    )


def case_of_row(row: Row, number: int = 0, slices: Slices | None = None) -> Case:
    """The case of a row without its exercise: the reference is its completion, meta.answer with meta.unit the value to tell.

    Raises:
        UnitError: meta.answer is no number, or meta.unit no unit.
    """
    reference, question = row.completion, row.prompt
    answer = str(row.meta.get("answer") or "")
    parts = [part for part in answer.split("|") if part]
    answers = tuple(_written_answer(part, str(row.meta.get("unit") or ""), reference, first=not number) for number, part in enumerate(parts))
    banks = banks_in(reference)
    program = str(row.meta.get("program") or "")
    held = {"held_out": str(row.meta["slice"]) or SEEN} if "slice" in row.meta else {}
    axes = {axis: str(row.meta[axis]) for axis in ("kind", "family", "template", "bank", "digits", "formula") if row.meta.get(axis)}
    return Case(
        id=row.id or f"row#{number}", prompt=question, reference=reference, question=question, answers=answers,
        result=_result(program), needed_banks=banks, known_banks=banks | banks_in(question),
        needed_periods=frozenset(_period(row.meta.get("as_of"), reference)), known_years=frozenset(years_in(question) | years_in(reference)),
        slices=axes | held | dict(slices or {}), refuses=not answers and bool(REFUSAL.search(reference)),
    )


def cases_of(
    exercises: Iterable[Exercise | Row], prompter: Prompter = compact_prompt, axes: Callable[[Exercise | Row], Slices] | None = None
) -> list[Case]:
    """Cases of exercises or rows in order. axes: further slices of each one (unseen template, bank, digits …)."""
    found = []
    for number, item in enumerate(exercises):
        more = axes(item) if axes else {}
        found.append(case_of_exercise(item, prompter, number, more) if isinstance(item, Exercise) else case_of_row(item, number, more))
    return found


def slices_of(exercise: Exercise) -> dict[str, str]:
    """Where an exercise stands on every axis of the report; axes that do not apply are left out."""
    axes = {
        "kind": exercise.kind, "family": exercise.family, "template": exercise.template, "bank": exercise.bank, "digits": exercise.digits,
        "formula": exercise.formula, "held_out": _held_out(exercise),
        "formula×template": f"{exercise.formula}×{exercise.template}" if exercise.formula else "",
    }
    return {axis: value for axis, value in axes.items() if value}


def question_of(exercise: Exercise) -> str:
    """The question with its numbers as they are given, exact."""
    return printed_question(_without_slots(exercise))


def _without_slots(exercise: Exercise) -> Exercise:
    """The exercise with {bank}, {period}, {scope} and {name} said in words."""
    slots = slots_of(exercise)
    ask, tell = (_SLOT.sub(lambda match: slots.get(match[1], match[0]), draft) for draft in (exercise.ask, exercise.tell))
    return replace(exercise, ask=ask, tell=tell)


def visible(exercise: Exercise) -> FactSheet:
    """The sheet as the prompt shows it: without the figures that the answer's own calculator marks make."""
    return visible_sheet(exercise)


def program_of(exercise: Exercise) -> Program | None:
    """The reference program with its steps; None where nothing is computed."""
    steps = {mark.target: mark.expression for mark in marks_of(exercise.tell)}
    return Program(exercise.program, steps) if exercise.program else None


def slots_of(exercise: Exercise) -> dict[str, str]:
    """The words of {bank}, {period}, {scope} and {name}, each where the exercise has exactly one."""
    given = [figure for figure in exercise.sheet if figure.kind is FigureKind.REPORTED] or list(exercise.sheet)
    answers = exercise.sheet.answer_figures() or given
    latest = [figure for figure in (*answers, *given) if str(figure.period) == exercise.as_of]
    words = {
        "bank": {exercise.bank} if exercise.bank else {figure.entity for figure in given},
        "period": {figure.period_label for figure in latest[:1]} or ({_label(exercise.as_of)} if exercise.as_of else set()),
        "scope": {figure.scope.value for figure in given}, "name": {figure.indicator for figure in answers},
    }
    return {slot: next(iter(found)) for slot, found in words.items() if len(found) == 1}


def audit_context_of(case: Case) -> AuditContext:
    """What the auditor may take as said by the question of a case."""
    exercise = case.exercise
    periods = (Period.parse(exercise.as_of),) if exercise and exercise.as_of else ()
    return AuditContext(banks=(exercise.bank,) if exercise and exercise.bank else (), periods=periods, question=case.question)


def banks_in(text: str, sheet: FactSheet | None = None) -> frozenset[str]:
    """Ids of the banks that a text names: those of the registry, and entities of the sheet by their own names."""
    found = {span.ref for span in name_scanner().scan(text) if span.kind is NameKind.BANK}
    return frozenset(found | {bank_id(name) for name in {figure.entity for figure in sheet or ()} if name in text})


def _worked(exercise: Exercise) -> str:
    """The specification's form of the answer; "" where nothing is computed."""
    return render(_without_slots(exercise), "plain", "").completion if exercise.program else ""


def _names_period(reference: str, figure: Figure) -> bool:
    return names_period(reference, figure.period)


def _held_out(exercise: Exercise) -> str:
    held = narration_held(exercise) if exercise.kind == "narration" else held_slice(exercise)
    return held or SEEN


def _answer(figure: Figure, sheet: FactSheet) -> Answer:
    return Answer(figure.quantity, sheet.places(figure), figure.kind is FigureKind.CHANGE)


def _years_of_sheet(sheet: FactSheet) -> set[int]:
    return {period.year for figure in sheet for period in (figure.period, figure.base_period) if period is not None}


def _written_answer(value: str, symbol: str, reference: str, *, first: bool) -> Answer:
    """An answer of a row: meta.unit is the unit of the first one, the others have the unit that the reference prints them in."""
    number = parse_decimal(value)
    printed = read(reference).numbers
    tokens = [token for token in printed if abs(token.value) == abs(number)]
    if not first:
        symbol = next((token.unit.symbol for token in tokens if token.unit is not None), "")
    quantity = Quantity(number, unit(symbol))
    shown = [token for token in printed if _same_number(token, quantity)]
    places = max((-int(token.quantum.as_tuple().exponent) for token in shown), default=2)
    return Answer(quantity, places, symbol in ("个百分点", "BP") or number < 0)


def _same_number(token: NumberToken, quantity: Quantity) -> bool:
    if token.unit is None or token.unit.dimension is not quantity.unit.dimension:
        return False
    return abs(token.value * token.factor - abs(quantity.base)) <= token.quantum * token.factor


def _result(program: str) -> Decimal | None:
    """What a program in digits gives; None for none, or one over figures that are not here."""
    try:
        return evaluate(program, {}) if program else None
    except (ExpressionError, FormulaError):
        return None


def _period(as_of: object, reference: str) -> list[Period]:
    try:
        period = Period.parse(str(as_of or ""))
    except PeriodError:
        return []
    return [period] if names_period(reference, period) else []


def _label(as_of: str) -> str:
    return Period.parse(as_of).label(point=False)
