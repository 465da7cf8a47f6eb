"""Calculations written in digits: the numbers of a text, its equations, and whether each equation holds as printed.

`(100 - 80) / 80 × 100% = 25%` has two sides that are arithmetic; a side with words in it says nothing that can be recomputed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from data.errors import ExpressionError, FormulaError
from data.units import Dimension
from finetune.evaluation.times import period_mentions
from tools.audit.numbers import NumberToken, find_numbers, plain_text
from tools.exact import exact
from tools.expressions import evaluate

_INLINE = re.compile(r"\[Calculator\((?P<expression>[^\[\]→{}]{1,200})\)→(?P<result>[-+]?[\d,.]+)\]")
_RUN = re.compile(r"[\s0-9.,()（）+\-*/×÷^=≈N]*[=≈][\s0-9.,()（）+\-*/×÷^=≈N]*")
_OPERATOR = re.compile(r"[×÷*/+^]|(?<=[N)\s])-\s*[N(]")
_FACTORS = {Dimension.POINTS: Decimal("0.01")}


@dataclass(frozen=True, slots=True)
class Equation:
    """Two neighbouring sides. text: as printed. holds: whether they agree at the printed precision.

    value: of the left side, exact, with units as factors; bare: without units. numbers: those of the left side; inside: of both.
    """

    text: str
    holds: bool
    value: Decimal
    bare: Decimal
    numbers: tuple[NumberToken, ...]
    inside: tuple[NumberToken, ...] = ()


@dataclass(frozen=True)
class Written:
    """What a text in digits says: its numbers in order (years and dates apart) and the equations that can be recomputed."""

    text: str
    numbers: tuple[NumberToken, ...]
    equations: tuple[Equation, ...]


def read(text: str, given: Collection[Decimal] = ()) -> Written:
    """Read a text; inline calculator marks count as equations. given: values known to be exact (those of the question)."""
    inline = list(_inline_equations(text))
    plain = plain_text(_INLINE.sub(lambda match: match["result"], text))
    periods = [(found.start, found.end) for found in period_mentions(plain)]
    numbers = tuple(find_numbers(plain, periods))
    return Written(plain, numbers, (*inline, *_equations(plain, numbers, frozenset(given))))


def _inline_equations(text: str) -> Iterator[Equation]:
    for match in _INLINE.finditer(text):
        result = Decimal(match["result"].replace(",", ""))
        try:
            value = evaluate(match["expression"], {})
        except (ExpressionError, FormulaError):
            yield Equation(match[0], False, Decimal(0), Decimal(0), ())
            continue
        yield Equation(match[0], _close(value, result, _half_place(result)), value, value, tuple(find_numbers(plain_text(match["expression"]))))


def _half_place(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    return Decimal(5).scaleb((exponent if isinstance(exponent, int) else 0) - 1)


def _close(one: Decimal, other: Decimal, slack: Decimal) -> bool:
    with exact():
        return abs(one - other) <= slack


def _equations(text: str, numbers: tuple[NumberToken, ...], given: frozenset[Decimal]) -> Iterator[Equation]:
    """Runs of numbers, operators and = with nothing else between; each pair of neighbouring sides is one equation."""
    masked = list(text)
    for token in numbers:
        masked[token.start : token.end] = "N" * (token.end - token.start)
    for run in _RUN.finditer("".join(masked)):
        cuts = [run.start(), *(index for index in range(*run.span()) if text[index] in "=≈" and masked[index] != "N"), run.end()]
        spans = [(start + (index > 0), end) for index, (start, end) in enumerate(pairwise(cuts))]
        for left, right in pairwise(spans):
            if (equation := _equation(text, numbers, left, right, given)) is not None:
                yield equation


@dataclass(frozen=True, slots=True)
class _Side:
    value: Decimal
    bare: Decimal
    numbers: tuple[NumberToken, ...]
    operation: bool


def _equation(
    text: str, numbers: tuple[NumberToken, ...], left: tuple[int, int], right: tuple[int, int], given: frozenset[Decimal]
) -> Equation | None:
    one, two = _side(text, numbers, *left), _side(text, numbers, *right)
    if one is None or two is None or not one.operation:
        return None
    with exact():
        slack = _slack(two, given) + _slack(one, given)
        readings = [(one.value, two.value, _printed(two, units=True))]
        if _one_scale(one, two):
            # Units left out of the calculation, or a result in % of a calculation times 100.
            readings += [(one.bare, two.bare, _printed(two, units=False)), (one.value, two.bare, _printed(two, units=False))]
        elif not any(_is_scaled(token) for token in two.numbers):
            readings.append((one.value, two.bare, _printed(two, units=False)))
        holds = any(_close(x, y, place + abs(x) * slack) for x, y, place in readings)
    return Equation(text[left[0] : right[1]].strip(), holds, one.value, one.bare, one.numbers, one.numbers + two.numbers)


def _is_scaled(token: NumberToken) -> bool:
    """Whether a number is of money or a count, whose units differ by powers of ten."""
    return token.unit is not None and token.unit.dimension in (Dimension.AMOUNT, Dimension.COUNT, Dimension.FOREIGN)


def _one_scale(*sides: _Side) -> bool:
    """Whether all money and counts of an equation are in one unit, so that it may be read without units."""
    return len({token.factor for side in sides for token in side.numbers if _is_scaled(token)}) <= 1


def _printed(side: _Side, *, units: bool) -> Decimal:
    """Half a unit of the last printed place of a side that is one number; nothing for a side that is a calculation."""
    if len(side.numbers) != 1 or side.operation:
        return Decimal(0)
    token = side.numbers[0]
    return token.quantum / 2 * (_factor(token) if units else 1)


def _slack(side: _Side, given: frozenset[Decimal]) -> Decimal:
    """The relative rounding of a calculation's own rounded operands; whole bare numbers and given values are exact."""
    if not side.operation:
        return Decimal(0)
    rounded = [token for token in side.numbers if token.value and not (token.unit is None and token.quantum == 1) and abs(token.value) not in given]
    return sum((token.quantum / 2 / abs(token.value) for token in rounded), Decimal(0)) if given else Decimal(0)


def _side(text: str, numbers: tuple[NumberToken, ...], start: int, end: int) -> _Side | None:
    """One side as arithmetic, with units as factors and without them; None where it is none."""
    inside = tuple(token for token in numbers if start <= token.start and token.end <= end)
    with_units, bare, masked, at = "", "", "", start
    for token in inside:
        between = text[at : token.start]
        with exact():
            with_units += between + _literal(token.value * _factor(token))
        bare += between + _literal(token.value)
        masked += between + "N"
        at = token.end
    tail = text[at:end]
    if not inside:
        return None
    try:
        value, plain = evaluate(with_units + tail, {}), evaluate(bare + tail, {})
    except (ExpressionError, FormulaError):
        return None
    return _Side(value, plain, inside, len(inside) > 1 or bool(_OPERATOR.search(masked + tail)))


def _literal(value: Decimal) -> str:
    return f"({value:f})" if value < 0 else f"{value:f}"


def _factor(token: NumberToken) -> Decimal:
    return _FACTORS.get(token.unit.dimension, token.factor) if token.unit is not None else Decimal(1)
