"""Recomputing what a row claims: arithmetic of any origin in 50-digit decimals, and whether a printed result is its value.

Wider than tools.expressions (which bounds what a user may type): roots, logarithms, exponentials, sine and cosine, whole division and
any power, as published calculator rows use them. Never through eval.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow

from data.errors import ExpressionError
from tools.exact import exact

_LONGEST, _LARGEST_POWER, _DIGITS = 600, 400, 40
_SYMBOLS = str.maketrans({"×": "*", "÷": "/", "−": "-", "–": "-", "·": "*", "[": "(", "]": ")", "【": "(", "】": ")", "^": "⌃", "π": "π"})
_NUMBER = re.compile(r"(?<![\w.])(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?")
_PERCENT = re.compile(r"(\d+(?:\.\d*)?)\s*%")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PI = Decimal("3.14159265358979323846264338327950288419716939937511")
_CLOSE = Decimal("1e-14")  # what a result printed from a binary float may be off by


def value_of(text: str) -> Decimal:
    """The value of an arithmetic expression, at 50 digits.

    Raises:
        ExpressionError: it is not arithmetic, divides by zero, or is out of bounds.
    """
    source, numbers = _named(text)
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"“{text[:60]}”不是完整的算式") from None
    with exact() as context:
        try:
            return _value(tree, numbers, context)
        except (DivisionByZero, InvalidOperation, Overflow, RecursionError):
            raise ExpressionError(f"“{text[:60]}”不能计算（除数为零、负数开方或数值过大）") from None


def agrees(claimed: str, value: Decimal, slack: Decimal = Decimal(0)) -> bool:
    """Whether a printed result is a value at its printed precision. slack: how far the value may be off because its operands were rounded."""
    printed = Decimal(claimed)
    exponent = printed.as_tuple().exponent
    half = Decimal(5).scaleb(exponent - 1) if isinstance(exponent, int) else Decimal(0)
    with exact():
        return abs(printed - value) <= half + abs(value) * _CLOSE + slack


def _named(text: str) -> tuple[str, dict[str, Decimal]]:
    """The text with every number under a made-up name: Python would read 0.1 as a float."""
    clean = unicodedata.normalize("NFKC", _THOUSANDS.sub("", text)).translate(_SYMBOLS).replace("math.", "").replace("⌃", "**").strip()
    if not clean or len(clean) > _LONGEST:
        raise ExpressionError("算式为空或太长")
    clean = _PERCENT.sub(r"(\1/100)", clean)
    numbers: dict[str, Decimal] = {}

    def name(match: re.Match[str]) -> str:
        numbers[f"_{len(numbers)}"] = Decimal(match[0])
        return f"_{len(numbers) - 1}"

    return _NUMBER.sub(name, clean), numbers


def _value(node: ast.expr, numbers: Mapping[str, Decimal], context: Context) -> Decimal:
    match node:
        case ast.Name(id=name) if name in numbers:
            return numbers[name]
        case ast.Name(id="π" | "pi"):
            return _PI
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, numbers, context)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, numbers, context)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left, numbers, context), _value(right, numbers, context))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_value(argument, numbers, context), context)
    raise ExpressionError("算式里有不认识的成分")


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if abs(exponent) > _LARGEST_POWER:
        raise ExpressionError("乘方过大")
    return base**exponent


def _sine(angle: Decimal, _: Context) -> Decimal:
    """Taylor series around the nearest multiple of 2π; exact to some 40 digits for angles of use."""
    rest = angle % (2 * _PI)
    term = total = rest
    for order in range(1, _DIGITS):
        term = -term * rest * rest / ((2 * order) * (2 * order + 1))
        total += term
    return total


_BINARY: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: lambda one, other: one + other, ast.Sub: lambda one, other: one - other, ast.Mult: lambda one, other: one * other,
    ast.Div: lambda one, other: one / other, ast.FloorDiv: lambda one, other: one // other, ast.Mod: lambda one, other: one % other, ast.Pow: _power,
}
_FUNCTIONS: Mapping[str, Callable[[Decimal, Context], Decimal]] = {
    "log": lambda value, context: value.ln(context), "ln": lambda value, context: value.ln(context),
    "log10": lambda value, context: value.log10(context), "exp": lambda value, context: value.exp(context),
    "sqrt": lambda value, context: value.sqrt(context), "abs": lambda value, _: abs(value),
    "sin": _sine, "cos": lambda value, context: _sine(value + _PI / 2, context),
}
