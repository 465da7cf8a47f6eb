"""Calculations in references, compared as functions of their figures: the same program may be written in many ways.

Two expressions are one program when they agree for the figures' own values and for values drawn at random (polynomial identity
testing, Schwartz 1980), so that 100*(f1-f2)/f2 is (f1/f2-1)*100, while f1/f2 is not f3/f2 even where f1 and f3 are equal today.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from data.errors import ExpressionError, FormulaError
from data.units import Dimension
from tools.exact import exact
from tools.expressions import evaluate
from tools.factsheet import FactSheet

MARK = re.compile(r"\[Calculator\((?P<expression>[^\[\]→{}]{1,200})\)→\{(?P<id>f\d+)\}\]")
FIGURE_ID = re.compile(r"\bf\d+\b")
_DRAWS = 3
_LIKE = Decimal("1e-18")
_MOST_STEPS = 24


@dataclass(frozen=True, slots=True)
class Mark:
    """One calculator mark of a draft: what is computed, and the id that the result gets."""

    expression: str
    target: str


def marks_of(draft: str) -> list[Mark]:
    """The calculator marks of a draft, in order."""
    return [Mark(match["expression"], match["id"]) for match in MARK.finditer(draft)]


def named_in(expression: str) -> list[str]:
    """The figure ids of an expression, in order, without repeats."""
    return list(dict.fromkeys(FIGURE_ID.findall(expression)))


@dataclass(frozen=True)
class Program:
    """An expression with the expressions of the steps that it builds on, by id; what is not defined is given."""

    expression: str
    steps: Mapping[str, str]

    def operands(self) -> frozenset[str]:
        """Ids of the given figures that the result rests on, through all steps."""
        found: set[str] = set()
        waiting, seen = named_in(self.expression), set[str]()
        while waiting:
            key = waiting.pop()
            if key in seen:
                continue
            seen.add(key)
            if key in self.steps:
                waiting += named_in(self.steps[key])
            else:
                found.add(key)
        return frozenset(found)

    def value(self, given: Mapping[str, Decimal]) -> Decimal | None:
        """The result over given values; None where it cannot be computed (an unknown figure, a zero divisor, a circle)."""
        known = dict(given)
        for key in self.steps:
            known.pop(key, None)
        return self._value(self.expression, known, 0)

    def _value(self, expression: str, known: dict[str, Decimal], depth: int) -> Decimal | None:
        if depth > _MOST_STEPS:
            return None
        for key in named_in(expression):
            if key not in known and key in self.steps:
                step = self._value(self.steps[key], known, depth + 1)
                if step is None:
                    return None
                known[key] = step
        try:
            return evaluate(expression, known)
        except (ExpressionError, FormulaError):
            return None


def plain_values(sheet: FactSheet) -> dict[str, Decimal]:
    """Every figure as a plain decimal: money in 元, the rest as printed (5.2 for 5.2%)."""
    return {
        figure.id: figure.quantity.base if figure.quantity.unit.dimension is Dimension.AMOUNT else figure.quantity.value for figure in sheet
    }


def factor_between(one: Program, other: Program, values: Mapping[str, Decimal], seed: int = 0) -> Decimal | None:
    """The constant c = ±10^k with one = c × other as functions of the given figures, or None where there is none.

    1 means one program; 100 or 0.01 a lost or doubled per cent, -1 a difference taken the wrong way round.
    """
    rng = random.Random(seed)
    factors = set[Decimal]()
    for draw in range(_DRAWS + 1):
        drawn = {key: value if not draw else _another(value, rng) for key, value in sorted(values.items())}
        mine, right = one.value(drawn), other.value(drawn)
        if mine is None or right is None:
            return None
        if not right or not mine:
            if draw or right != mine:
                return None
            continue
        factors.add(_power_of_ten(mine, right))
    return factors.pop() if len(factors) == 1 and Decimal(0) not in factors else None


def _another(value: Decimal, rng: random.Random) -> Decimal:
    """A value of the same order, positive: zeros and signs of today must not hide a difference."""
    with exact():
        return (abs(value) or Decimal(1)) * Decimal(rng.randint(500_001, 1_999_999)) / Decimal(1_000_003)


def _power_of_ten(mine: Decimal, right: Decimal) -> Decimal:
    """±10^k where that is what mine is of right, else 0."""
    with exact():
        quotient = mine / right
        size = Decimal(1).scaleb(round(float(abs(quotient).log10())))
        if abs(abs(quotient) / size - 1) > _LIKE:
            return Decimal(0)
        return size if quotient > 0 else -size
