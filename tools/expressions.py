"""Free arithmetic, bounded: + - * / and powers over numbers and named figures, in 50-digit decimals, never through eval.

Accepted as analysts type it: × ÷ （ ） ％ and ^, a percent literal (100% is 1), and sum, avg, min, max, abs, round or their
Chinese names (合计, 平均, 最小, 最大, 绝对值, 四舍五入).
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from fractions import Fraction

from data.errors import ExpressionError, FormulaError
from tools.exact import PRECISION, exact

MAX_LENGTH = 500
MAX_DEPTH = 40
MAX_NODES = 300
MAX_EXPONENT = 40
MAX_MAGNITUDE = Decimal(10) ** 40
MIN_MAGNITUDE = Decimal(10) ** -100

_SYMBOLS = str.maketrans({"×": "*", "÷": "/", "−": "-", "–": "-", "—": "-", "＾": "^", "∗": "*", "∕": "/", "⁄": "/", "·": "*", "【": "(", "】": ")"})
_TOKEN = re.compile(r"(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?![\w.]))(?P<percent>\s*%)?|(?P<name>[^\W\d_]\w*)|(?P<sign>\*\*|[-+*/(),^])|(?P<space>\s+)")
_NUMBER_NAME = "_n"


def evaluate(text: str, values: Mapping[str, Decimal]) -> Decimal:
    """The value of an arithmetic expression over numbers and the named values, at 50 digits.

    Raises:
        ExpressionError: the text is not plain arithmetic, names an unknown value, or exceeds the bounds.
        FormulaError: a division by zero, or a root of a negative number.
    """
    tree, numbers = _parse(text)
    for name, value in values.items():
        if not isinstance(value, Decimal) or not value.is_finite():
            raise ExpressionError(f"{name} 的值必须是有限的 Decimal")
    with exact() as context:
        return _Walker({**values, **numbers}, context).value(tree)


def free_expression(text: str) -> tuple[str, Decimal] | None:
    """The expression and its value when a user text is a pure arithmetic question, else None.

    Thousands commas are dropped first. A bare date or range of years (2021-2023) is no arithmetic unless 等于 or = asks for it.

    Raises:
        ExpressionError, FormulaError: it is arithmetic, but past the bounds or with a zero divisor.
    """
    clean = _normalise(text).strip()
    if len(clean) > MAX_LENGTH:
        return None
    found = [match for match in _ARITHMETIC.finditer(clean) if _OPERATION.search(match[0])]
    if len(found) != 1:
        return None
    words = clean[: found[0].start()] + " " + clean[found[0].end() :]
    expression = _tidy(found[0][0])
    if _ASKING.sub("", words).strip() or (_DATE_LIKE.fullmatch(expression) and not re.search(r"等于|得多少|=", words)):
        return None
    try:
        _parse(expression)
    except ExpressionError:
        return None
    return expression, evaluate(expression, {})


_FUNCTION_WORDS = "sum|avg|min|max|abs|round|合计|平均|最小|最大|绝对值|四舍五入"
_ARITHMETIC = re.compile(rf"(?:[-+(]\s*)*(?:\d|\.\d|(?:{_FUNCTION_WORDS})\s*\()(?:[\d\s.,+\-*/^()%]|(?:{_FUNCTION_WORDS})(?=\s*\())*")
_OPERATION = re.compile(rf"[\d)%]\s*(?:\*\*|[-+*/^])\s*[-+(\d.a-z]|(?:{_FUNCTION_WORDS})\s*\(")
_ASKING = re.compile(
    r"请问|请|麻烦|帮我|帮忙|给我|替我|我想知道|计算器?|算出来|算出|算算|算一算|算一下|算下|算|求|一下|下面|这个|式子|算式|表达式|的?结果|的?值|等于几|等于多少|等于|"
    r"是多少|得多少|多少|得几|是几|为|是|得|呢|吗|啊|吧|谢谢|calculate|compute|what is|what's|[=?!。,;:、的\s\"'“”‘’]"
)
_DATE_LIKE = re.compile(r"(?:19|20|21)\d{2}\s*[-/.]\s*\d{1,4}(?:\s*[-/.]\s*\d{1,2})?")


def _normalise(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(_SYMBOLS)).translate(_SYMBOLS).replace("**", "^")


def _tidy(expression: str) -> str:
    """Without thousands commas (unless a function needs its commas), trailing separators and unpaired outer brackets."""
    tidy = expression.strip().strip(",").rstrip("+-*/^.").strip()
    if not re.search(_FUNCTION_WORDS, tidy):
        tidy = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", tidy)
    return tidy.replace("^", "**")


def _parse(text: str) -> tuple[ast.expr, dict[str, Decimal]]:
    """The syntax tree, and the numbers of the text under made-up names: Python would read 0.1 as a float."""
    clean = _normalise(text).strip()
    if not clean or len(text) > MAX_LENGTH or len(clean) > MAX_LENGTH:
        raise ExpressionError(f"算式为空或超过 {MAX_LENGTH} 个字符")
    numbers: dict[str, Decimal] = {}
    source, position = "", 0
    while position < len(clean):
        match = _TOKEN.match(clean, position)
        if match is None:
            raise ExpressionError(f"算式只能有数字、引用、+ - × ÷ 与括号，不认识“{clean[position]}”（数字不写千分位逗号）")
        position = match.end()
        source += _python_token(match, numbers)
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"“{text.strip()[:60]}”不是完整的算式") from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES * 3:
        raise ExpressionError(f"算式太长，最多 {MAX_NODES} 项")
    return tree, numbers


def _python_token(match: re.Match[str], numbers: dict[str, Decimal]) -> str:
    if match["number"]:
        value = Decimal(match["number"])
        name = f"{_NUMBER_NAME}{len(numbers)}"
        numbers[name] = value.scaleb(-2, Context(prec=MAX_LENGTH)) if match["percent"] else value
        return f" {name} "
    return " ** " if match["sign"] == "^" else f" {match[0]} "


class _Walker:
    """Evaluates a syntax tree node by node; whatever is not listed here is refused."""

    def __init__(self, values: Mapping[str, Decimal], context: Context) -> None:
        self._values = values
        self._context = context
        self._depth = 0

    def value(self, node: ast.expr) -> Decimal:
        """The value of a node, inside the bounds."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"算式嵌套超过 {MAX_DEPTH} 层")
        try:
            result = self._plain(node)
        except (DivisionByZero, InvalidOperation):
            raise FormulaError("除数为零，无法计算") from None
        except Overflow:
            raise ExpressionError("算式的数值过大") from None
        if abs(result) > MAX_MAGNITUDE:
            raise ExpressionError("算式的数值过大（绝对值超过 10 的 40 次方）")
        if result and abs(result) < MIN_MAGNITUDE:
            raise ExpressionError("算式的数值过小（绝对值低于 10 的 -100 次方）")
        self._depth -= 1
        return result

    def _plain(self, node: ast.expr) -> Decimal:
        match node:
            case ast.Name(id=name) if name in self._values:
                return +self._values[name]
            case ast.Name(id=name):
                raise ExpressionError(f"算式引用了不存在的“{name}”")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.value(operand)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return _power(self.value(left), self._exponent(right))
            case ast.BinOp(op=op) if type(op) in _BINARY:
                return self._chain(node)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if args and name in _FUNCTIONS:
                return _FUNCTIONS[name]([self.value(arg) for arg in args])
        raise ExpressionError("算式只支持加、减、乘、除、乘方、括号与 sum、avg、min、max、abs、round")

    def _chain(self, node: ast.expr) -> Decimal:
        """A run such as 1+2-3, whose tree leans left, in a loop: only brackets count as depth."""
        steps: list[tuple[type[ast.operator], ast.expr]] = []
        while isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            steps.append((type(node.op), node.right))
            node = node.left
        result = self.value(node)
        for operator, right in reversed(steps):
            result = _BINARY[operator](result, self.value(right))
        return result

    def _exponent(self, node: ast.expr) -> Fraction:
        """An exponent as an exact fraction, so that 1/3 stays a third."""
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._exponent(operand)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                divisor = Fraction(self.value(right))
                if not divisor:
                    raise FormulaError("除数为零，无法计算")
                return Fraction(self.value(left)) / divisor
        return Fraction(self.value(node))


def _power(base: Decimal, exponent: Fraction) -> Decimal:
    top, bottom = exponent.numerator, exponent.denominator
    if abs(top) > MAX_EXPONENT or bottom > MAX_EXPONENT or (bottom > 1 and abs(top) != 1):
        raise ExpressionError(f"乘方只支持 {MAX_EXPONENT} 以内的整数次，或 1/n 次开方")
    if bottom > 1 and base < 0:
        raise FormulaError("负数不能开方")
    if not base and top <= 0:
        raise FormulaError("零不能作零次或负数次乘方")
    if bottom == 1:
        return base ** Decimal(top)
    with exact(PRECISION + 15):
        root = base ** (Decimal(top) / Decimal(bottom)) if base else base
    return +root


def _round(arguments: Sequence[Decimal]) -> Decimal:
    places = arguments[1] if len(arguments) == 2 else Decimal(0)
    if len(arguments) > 2 or places != places.to_integral_value() or not 0 <= places <= 9:
        raise ExpressionError("round 的位数应为 0 到 9 的整数")
    return arguments[0].quantize(Decimal(1).scaleb(-int(places)), rounding=ROUND_HALF_UP)


def _absolute(arguments: Sequence[Decimal]) -> Decimal:
    if len(arguments) != 1:
        raise ExpressionError("abs 只接受一个数")
    return abs(arguments[0])


def _total(arguments: Sequence[Decimal]) -> Decimal:
    return sum(arguments, Decimal(0))


def _average(arguments: Sequence[Decimal]) -> Decimal:
    return _total(arguments) / len(arguments)


_BINARY: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: lambda one, other: one + other,
    ast.Sub: lambda one, other: one - other,
    ast.Mult: lambda one, other: one * other,
    ast.Div: lambda one, other: one / other,
}
_FUNCTIONS: Mapping[str, Callable[[Sequence[Decimal]], Decimal]] = {
    "sum": _total, "合计": _total, "avg": _average, "平均": _average, "min": min, "最小": min, "max": max, "最大": max,
    "abs": _absolute, "绝对值": _absolute, "round": _round, "四舍五入": _round,
}
