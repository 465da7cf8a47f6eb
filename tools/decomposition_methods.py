"""The arithmetic of exact attribution: LMDI and Shapley over the factors of a product, and the closing of the last digit.

Sources: Ang (2004), "Decomposition analysis for policymaking in energy" (LMDI-I, additive); Shapley (1953), "A value for n-person
games", applied to factors by averaging over every order in which they can change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import permutations
from math import factorial

from tools.exact import PRECISION, exact, trimmed

MOST_PLACES = 12
_DIGITS = 27
_GUARD = PRECISION * 2


def places_for(values: Sequence[Decimal]) -> int:
    """Places at which the values are kept: twelve, fewer only where 28 digits, the usual decimal context, would not hold their sum."""
    size = max((value.adjusted() + 1 for value in values if value), default=0)
    return max(0, min(MOST_PLACES, _DIGITS - size))


def quantum(value: Decimal, places: int = MOST_PLACES) -> Decimal:
    """A value at so many places: far below any printed digit, yet parts of it add up exactly in every decimal context."""
    with exact():
        return value.quantize(Decimal(1).scaleb(-places))


def close(total: Decimal, raw: Sequence[Decimal], names: Sequence[str]) -> tuple[Decimal, list[Decimal]]:
    """The total and its parts at common places, adding up exactly: the residual of the last digit goes to the largest part.

    Of equally large parts the one whose name sorts first takes it, so that the order of the parts does not matter.
    """
    places = places_for([total, *raw])
    whole, parts = quantum(total, places), [quantum(value, places) for value in raw]
    with exact():
        residual = whole - sum(parts, Decimal(0))
        if residual and parts:
            largest = min(range(len(parts)), key=lambda index: (-abs(parts[index]), names[index]))
            parts[largest] += residual
    return trimmed(whole), [trimmed(part) for part in parts]


def product(factors: Sequence[Decimal]) -> Decimal:
    """The product of the factors at the precision of the context."""
    result = Decimal(1)
    for factor in factors:
        result *= factor
    return result


def lmdi_applies(now: Sequence[Decimal], base: Sequence[Decimal]) -> bool:
    """Whether every factor is positive on both sides, as logarithms need."""
    return all(factor > 0 for factor in (*now, *base))


def lmdi(now: Sequence[Decimal], base: Sequence[Decimal]) -> list[Decimal]:
    """Additive LMDI-I of a product: L(V1, V0) × ln(x1 / x0) for each factor, L the logarithmic mean.

    Raises:
        ValueError: a factor is zero or negative.
    """
    if not lmdi_applies(now, base):
        raise ValueError("LMDI needs positive factors")
    with exact(_GUARD):
        last, first = product(now), product(base)
        logarithm = last.ln() - first.ln()
        mean = (last - first) / logarithm if logarithm else last
        return [mean * (new.ln() - old.ln()) for new, old in zip(now, base, strict=True)]


def shapley(now: Sequence[Decimal], base: Sequence[Decimal], value: Callable[[Sequence[Decimal]], Decimal] = product) -> list[Decimal]:
    """Each factor's marginal effect on `value`, averaged over every order in which the factors move from base to now."""
    count = len(now)
    effects = [Decimal(0)] * count
    with exact(_GUARD):
        for order in permutations(range(count)):
            state = list(base)
            before = value(state)
            for index in order:
                state[index] = now[index]
                after = value(state)
                effects[index] += after - before
                before = after
        return [effect / factorial(count) for effect in effects]
