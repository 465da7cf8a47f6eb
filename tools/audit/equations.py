"""Calculations written out in an answer: what stands left and right of each = must be equal at the printed precision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from data.errors import ExpressionError, FormulaError
from tools.audit.layout import Layout
from tools.audit.lines import Line
from tools.audit.numbers import NumberToken
from tools.audit.sources import Complaint
from tools.exact import exact
from tools.expressions import evaluate

_EQUALS = re.compile(r"[=≈]")
_ARITHMETIC = re.compile(r"^[\s0-9.()×÷+\-/^]*$")
_OPERATION = re.compile(r"[×÷+/^]|\)\s*-|\d\s*-|-\s*\(")


def equation_problems(layout: Layout, raw: str) -> list[Complaint]:
    """Every pair of neighbouring sides that are numbers and operations alone, and do not agree."""
    lines = {reading.line.start: reading.line for reading in layout.readings}
    return [complaint for line in lines.values() for complaint in _wrong_sides(line, raw)]


def _wrong_sides(line: Line, raw: str) -> Iterator[Complaint]:
    for start in sorted({line.clause_start(number.start) for number in line.numbers if line.is_equation(number.start)}):
        end = line.clause_end(start)
        cuts = [match.start() for match in _EQUALS.finditer(line.text, start, end)]
        sides = zip([start, *(cut + 1 for cut in cuts)], [*cuts, end], strict=True)
        for one, two in pairwise(sides):
            if not _agree(line, one, two):
                yield Complaint(one[0], two[1], f"算式“{raw[one[0] : two[1]].strip()}”两边不相等")


def _agree(line: Line, one: tuple[int, int], two: tuple[int, int]) -> bool:
    """Whether two sides agree within the rounding of their numbers; True where either is not arithmetic alone."""
    left, right = _value(line, *one), _value(line, *two)
    if left is None or right is None or not (left[2] or right[2]):
        return True
    with exact():
        return abs(left[0] - right[0]) <= left[1] + right[1]


def _value(line: Line, start: int, end: int) -> tuple[Decimal, Decimal, bool] | None:
    """(value in base units, its uncertainty by rounding, whether it is an operation) of one side, or None where words stand in it."""
    numbers = [number for number in line.numbers if start <= number.start and number.end <= end]
    words, position, slack = "", start, Decimal(0)
    with exact():
        for number in numbers:
            base = number.value * number.factor
            words += _bare(line, position, number.start) + (f"({base:f})" if base < 0 else f"{base:f}")
            position = number.end
            slack += _relative(number)
    words += _bare(line, position, end)
    if not numbers or not _ARITHMETIC.match(words):
        return None
    operation = len(numbers) > 1 or bool(_OPERATION.search(words))
    try:
        value = evaluate(words, {})
    except (ExpressionError, FormulaError):
        return None
    with exact():
        return value, abs(value) * slack, operation


def _relative(number: NumberToken) -> Decimal:
    """Half a unit of the last printed place, against the number; constants of a calculation are exact."""
    constant = number.unit is None or (number.unit.symbol == "%" and number.value == 100)
    if constant and number.quantum == 1:
        return Decimal(0)
    return number.quantum / 2 / abs(number.value) if number.value else Decimal(0)


def _bare(line: Line, start: int, end: int) -> str:
    """The text between two numbers without the names and source marks in it."""
    spans = [(group.start, group.end) for group in line.groups if start <= group.start and group.end <= end]
    text, position = "", start
    for first, last in sorted(spans):
        text += line.text[position:first] if first >= position else ""
        position = max(position, last)
    return re.sub(r"\[\d{1,3}\]", "", text + line.text[position:end])
