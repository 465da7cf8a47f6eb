"""Other numbers in an exercise: drawn near the old ones, and every computed figure computed again by the program that gave it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from data.errors import ExpressionError, FormulaError, UnitError
from data.figures import Figure, FigureKind
from data.indicators import indicator_catalogue
from data.units import Dimension, Quantity
from finetune.rows.record import Exercise
from tools.exact import exact
from tools.expressions import evaluate
from tools.factsheet import FactSheet

# Families whose words say nothing of the numbers but what references print.
FAMILIES = frozenset((
    "growth", "difference", "percentage_points", "share", "sum", "average", "average_of_banks", "multiple", "cagr", "ratio", "comparison", "trend",
))  # fmt: skip
_MARK = re.compile(r"\[Calculator\(([^\[\]→{}]{1,200})\)→\{(f\d+)\}\]")
_ID = re.compile(r"f\d+")
_TRIES = 12
_CLOSE = Decimal("1e-12")


def renumbered_values(exercise: Exercise, rng: Random) -> FactSheet | None:
    """The sheet with other values; None where a computed figure has no program, or no draw keeps what the words claim.

    Kept: the size of the numbers (places and digits), the order among the given figures of one indicator, the sign of every result and
    its plausible range.
    """
    if exercise.family not in FAMILIES or unproved(exercise):
        return None
    programs = _stated(exercise)
    for _ in range(_TRIES):
        sheet = _drawn(exercise.sheet, programs, rng)
        if sheet is not None and _same_claims(exercise.sheet, sheet):
            return sheet
    return None


def unproved(exercise: Exercise) -> set[str]:
    """Ids of the computed figures that no program of the exercise gives: it has none for them, or it gives another value."""
    programs, known = _stated(exercise), {figure.id: figure for figure in exercise.sheet}
    wrong = set()
    for figure in exercise.sheet:
        if figure.kind is FigureKind.REPORTED:
            continue
        try:
            value = _computed(programs[figure.id], known)
        except (KeyError, ExpressionError, FormulaError, UnitError):
            wrong.add(figure.id)
            continue
        if abs(value - figure.quantity.value) > abs(figure.quantity.value) * _CLOSE:
            wrong.add(figure.id)
    return wrong


def _stated(exercise: Exercise) -> dict[str, str]:
    """The expression of every computed figure that has one, by its id: those of the answer's marks, and the exercise's program."""
    programs = {match[2]: match[1] for match in _MARK.finditer(exercise.tell)}
    if exercise.program and len(exercise.sheet.answers) == 1:
        programs.setdefault(exercise.sheet.answers[0], exercise.program)
    return programs


def _drawn(sheet: FactSheet, programs: Mapping[str, str], rng: Random) -> FactSheet | None:
    common = {dimension: Decimal(str(round(rng.uniform(0.6, 1.7), 4))) for dimension in Dimension}
    common[Dimension.RATIO] = Decimal(str(round(rng.uniform(0.85, 1.2), 4)))
    figures: dict[str, Figure] = {}
    for figure in sheet:
        own = figure.quantity
        if figure.kind is FigureKind.REPORTED:
            jitter = Decimal(str(round(rng.uniform(0.96, 1.04), 4)))
            value = _like(own.value * common[own.unit.dimension] * jitter, own.value)
        else:
            try:
                value = _computed(programs[figure.id], figures)
            except (KeyError, ExpressionError, FormulaError, UnitError):
                return None
        figures[figure.id] = replace(figure, quantity=Quantity(value, own.unit))
    return FactSheet(list(figures.values()), list(sheet.answers))


def _computed(expression: str, figures: Mapping[str, Figure]) -> Decimal:
    """An expression over figures, money in the unit of its first amount, as rows print it."""
    used = {key: figures[key] for key in dict.fromkeys(_ID.findall(expression))}
    money = next((figure.quantity.unit for figure in used.values() if figure.quantity.unit.dimension is Dimension.AMOUNT), None)
    values: dict[str, Decimal] = {
        key: figure.quantity.to(money).value if money and figure.quantity.unit.dimension is Dimension.AMOUNT else figure.quantity.value
        for key, figure in used.items()
    }  # fmt: skip
    return evaluate(expression, values)


def _like(value: Decimal, old: Decimal) -> Decimal:
    """The value at the places of the old one; a round number (5000) stays round, at two leading digits or as many as it had."""
    with exact():
        plain = old.normalize()
        places = plain.as_tuple().exponent
        exponent = old.as_tuple().exponent
        if not isinstance(places, int) or not isinstance(exponent, int):
            return old
        step = min(places, plain.adjusted() - 1) if exponent >= 0 else exponent
        return value.quantize(Decimal(1).scaleb(step), rounding=ROUND_HALF_UP).quantize(Decimal(1).scaleb(min(exponent, 0)))


def _same_claims(before: FactSheet, after: FactSheet) -> bool:
    pairs = list(zip(before, after, strict=True))
    if any(_sign(old.quantity.value) != _sign(new.quantity.value) for old, new in pairs):
        return False
    if all(old.quantity == new.quantity for old, new in pairs) or not all(_plausible(old, new) for old, new in pairs):
        return False
    given = [(old, new) for old, new in pairs if old.kind is FigureKind.REPORTED]
    return all(
        _sign(one[0].quantity.base - other[0].quantity.base) == _sign(one[1].quantity.base - other[1].quantity.base)
        for one, other in _alike(given)
    )  # fmt: skip


def _alike(given: list[tuple[Figure, Figure]]) -> Iterable[tuple[tuple[Figure, Figure], tuple[Figure, Figure]]]:
    """Pairs of given figures that one could compare: of one dimension."""
    for at, one in enumerate(given):
        for other in given[at + 1 :]:
            if one[0].quantity.unit.dimension is other[0].quantity.unit.dimension:
                yield one, other


def _plausible(old: Figure, new: Figure) -> bool:
    """Whether a value is no odder than the one it replaces."""
    catalogue = indicator_catalogue()
    if new.kind is FigureKind.CHANGE or new.indicator_id not in catalogue:
        return True
    indicator = catalogue.get(new.indicator_id)
    try:
        was, now = (indicator.plausible(figure.quantity.to(indicator.unit).value) for figure in (old, new))
    except UnitError:
        return True
    return now or not was


def _sign(value: Decimal) -> int:
    return (value > 0) - (value < 0)
