"""The decimal context of every calculation: 50 digits, floats trapped, the global context never touched."""

from __future__ import annotations

from contextlib import AbstractContextManager
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, FloatOperation, InvalidOperation, Overflow, localcontext

PRECISION = 50


def exact(digits: int = PRECISION) -> AbstractContextManager[Context]:
    """A local context of so many digits for a with-block; a fresh one each time, so that threads cannot disturb each other."""
    traps = [InvalidOperation, DivisionByZero, Overflow, FloatOperation]
    return localcontext(Context(prec=digits, rounding=ROUND_HALF_EVEN, traps=traps))


def last_place(value: Decimal) -> Decimal:
    """One unit of the last written digit: 0.95 → 0.01, 61,036 → 1."""
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) and exponent < 0 else Decimal(1)


def trimmed(value: Decimal) -> Decimal:
    """The same value without trailing zeros behind the point, never in exponent form: 8712.000 → 8712, 0.10 → 0.1."""
    if not value:
        return Decimal(0)
    with exact():
        short = value.normalize()
        exponent = short.as_tuple().exponent
        return short.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 and short.adjusted() < PRECISION else short
