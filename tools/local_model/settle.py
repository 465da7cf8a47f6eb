"""Calculator marks of a model's draft, settled by the host: computed in Decimal, given a unit by the algebra of their units.

    [Calculator((f1-f2)/f2*100)→{f9}]   f9 unknown so far: computed, named and added to the sheet, with its inputs

A growth rate, a difference or a comparison of two banks becomes the figure that the calculator itself makes (with its verb and
its period compared with); anything else is a computed figure of its own. A mark whose units make no sense is an error, never a
number: money plus a ratio, a percentage times money without its hundred.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

from data.errors import ExpressionError, FormulaError, UnitError, UnknownReferenceError
from data.figures import Figure, FigureKind
from data.periods import Period
from data.units import Dimension, Quantity, Unit, unit
from tools.calculator import cagr, difference, growth
from tools.derivation import derived
from tools.expressions import evaluate
from tools.factsheet import FactSheet
from tools.formulas import FORMULAS, apply, gather
from tools.references import operand_values

_MARK = re.compile(r"\[Calculator\((?P<expression>[^\[\]→{}]{1,200})\)→\{(?P<id>f\d+)\}\]")
_NAMED = re.compile(r"([^\s，,。；;：:=（）()\[\]{}]{2,16})\s*[=＝]")


_NEAR = Decimal("1e-20")


class Sort(StrEnum):
    """What an expression's value measures."""

    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    POINTS = "points"
    TIMES = "times"
    PER_SHARE = "per_share"
    COUNT = "count"
    SHARES = "shares"


_SORTS: Mapping[Dimension, Sort] = {
    Dimension.AMOUNT: Sort.MONEY, Dimension.POINTS: Sort.POINTS, Dimension.PER_SHARE: Sort.PER_SHARE, Dimension.COUNT: Sort.COUNT,
}
_UNITS: Mapping[Sort, str] = {
    Sort.NUMBER: "倍", Sort.TIMES: "倍", Sort.PERCENT: "%", Sort.POINTS: "个百分点", Sort.PER_SHARE: "元/股", Sort.COUNT: "个",
}


def settle(draft: str, sheet: FactSheet) -> tuple[str, FactSheet]:
    """The draft with its calculator marks replaced by references, and the sheet with the figures that they computed.

    Raises:
        UnknownReferenceError: a mark cannot be computed, its units make no sense, or it disagrees with the figure it claims.
    """
    own = sheet.copy()
    renamed: dict[str, str] = {}
    for match in list(_MARK.finditer(draft)):
        expression = re.sub(r"\bf\d+\b", lambda found: renamed.get(found[0], found[0]), match["expression"])
        if match["id"] in sheet:
            continue
        figure = own.add(computed(expression, own, _name_before(draft, match.start())), answer=True)
        renamed[match["id"]] = figure.id
    settled = _MARK.sub(lambda found: found[0] if found["id"] not in renamed else f"{{{renamed[found['id']]}}}", draft)
    return re.sub(r"\{(f\d+)(?=[.}])", lambda found: "{" + renamed.get(found[1], found[1]), settled), own


def computed(expression: str, sheet: FactSheet, name: str = "") -> Figure:
    """The figure that an expression over a sheet's ids computes. name: what to call it where it is no growth or difference.

    Raises:
        UnknownReferenceError: it cannot be computed, or its units make no sense.
    """
    tree = _parsed(expression)
    inputs = [sheet.get(key) for key in dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))]
    if not inputs:
        raise UnknownReferenceError(f"算式 {expression} 没有引用任何数字")
    try:
        if (pair := _growth_of(tree)) is not None:
            return growth(sheet.get(pair[0]), sheet.get(pair[1]))
        if (pair := _compound_of(tree)) is not None:
            return cagr(sheet.get(pair[1]), sheet.get(pair[0]))
        if (pair := _difference_of(tree)) is not None and _alike(sheet.get(pair[0]), sheet.get(pair[1])):
            return difference(sheet.get(pair[0]), sheet.get(pair[1]))
        values, money = operand_values(expression, sheet)
        sort = _sort(tree, {figure.id: _sort_of(figure) for figure in inputs})
        result = evaluate(expression, values)
    except (ExpressionError, FormulaError, UnitError) as error:
        raise UnknownReferenceError(f"算式 {expression} 不能计算：{error}") from error
    if (named := _by_formula(inputs, sort, result)) is not None:
        return named
    worded = re.sub(r"\bf\d+\b", lambda found: sheet.get(found[0]).indicator, expression)
    quantity = Quantity(result, _unit(sort, money, inputs))
    figure = derived(inputs, quantity, indicator=name or "计算结果", formula=f"{name or '结果'} = {worded}", operation="expression", across=True)
    return replace(figure, kind=FigureKind.COMPUTED)


def _by_formula(inputs: list[Figure], sort: Sort, result: Decimal) -> Figure | None:
    """The registry's own figure where one of its formulas takes just these inputs and comes to this very result."""
    period = max((figure.period for figure in inputs), key=lambda item: item.sort_key)

    def find(ids: tuple[str, ...], when: Period) -> Figure | None:
        return next((figure for figure in inputs if figure.indicator_id in ids and figure.period.end == when.end), None)

    for rule in FORMULAS.values():
        if (_UNITS.get(sort, "") or rule.unit) != rule.unit and rule.unit:
            continue
        found, missing = gather(rule.id, period, find)
        if any(not need.optional for need in missing) or {figure.id for figure in found.values()} != {figure.id for figure in inputs}:
            continue
        try:
            figure = apply(rule.id, found)
        except (FormulaError, UnitError):
            continue
        if abs(figure.quantity.value - result) <= abs(result) * _NEAR:
            return figure
    return None


def _parsed(expression: str) -> ast.expr:
    try:
        return ast.parse(expression, mode="eval").body
    except SyntaxError as error:
        raise UnknownReferenceError(f"算式 {expression} 写错了") from error


def _growth_of(tree: ast.expr) -> tuple[str, str] | None:
    """(x, y) of (x-y)/y*100."""
    match tree:
        case ast.BinOp(
            ast.BinOp(ast.BinOp(ast.Name(now), ast.Sub(), ast.Name(base)), ast.Div(), ast.Name(under)), ast.Mult(), ast.Constant(100)
        ) if base == under:
            return now, base
    return None


def _compound_of(tree: ast.expr) -> tuple[str, str] | None:
    """(x, y) of ((x/y)**(1/n)-1)*100; the years between the two are counted, not taken from the model."""
    match tree:
        case ast.BinOp(
            ast.BinOp(ast.BinOp(ast.BinOp(ast.Name(last), ast.Div(), ast.Name(first)), ast.Pow(), _), ast.Sub(), ast.Constant(1)),
            ast.Mult(), ast.Constant(100),
        ):
            return last, first
    return None


def _difference_of(tree: ast.expr) -> tuple[str, str] | None:
    match tree:
        case ast.BinOp(ast.Name(now), ast.Sub(), ast.Name(base)):
            return now, base
    return None


def _alike(one: Figure, other: Figure) -> bool:
    return (one.indicator_id or one.indicator) == (other.indicator_id or other.indicator)


def _sort_of(figure: Figure) -> Sort:
    own = figure.quantity.unit
    if own.dimension is Dimension.RATIO:
        return Sort.TIMES if own.symbol in ("倍", "次", "") else Sort.PERCENT
    if own.dimension is Dimension.COUNT and own.noun == "股":
        return Sort.SHARES
    return _SORTS.get(own.dimension, Sort.MONEY)


def _sort(node: ast.expr, sorts: Mapping[str, Sort]) -> Sort:
    """What a subexpression measures; raises UnitError where its units make no sense."""
    match node:
        case ast.Name(name):
            return sorts[name]
        case ast.Constant():
            return Sort.NUMBER
        case ast.UnaryOp(_, operand):
            return _sort(operand, sorts)
        case ast.BinOp(left, op, right):
            one, two = _sort(left, sorts), _sort(right, sorts)
            hundred = isinstance(right, ast.Constant) and right.value == 100
            return _combined(one, op, two, hundred=hundred, by_constant=isinstance(right, ast.Constant))
        case ast.Call(_, args) if args:
            kinds = {_sort(arg, sorts) for arg in args}
            if len(kinds) == 1:
                return kinds.pop()
    raise UnitError("算式里的单位不能这样合并")


def _combined(one: Sort, op: ast.operator, two: Sort, *, hundred: bool, by_constant: bool) -> Sort:
    match op:
        case ast.Add() if one is two:
            return one
        case ast.Sub() if one is two:
            return Sort.POINTS if one is Sort.PERCENT else one
        case ast.Sub() | ast.Add() if Sort.NUMBER in (one, two) and Sort.TIMES in (one, two):
            return Sort.TIMES
        case ast.Mult() if hundred and one in (Sort.NUMBER, Sort.TIMES):
            return Sort.PERCENT
        case ast.Div() if hundred and one is Sort.PERCENT:
            return Sort.NUMBER
        case ast.Mult() | ast.Div() if by_constant:
            return one
        case ast.Div() if one is two or {one, two} == {Sort.PERCENT, Sort.POINTS}:
            return Sort.NUMBER
        case ast.Div() if one is Sort.MONEY and two in (Sort.SHARES, Sort.COUNT):
            return Sort.PER_SHARE if two is Sort.SHARES else Sort.MONEY
        case ast.Div() if one in (Sort.MONEY, Sort.PERCENT, Sort.POINTS) and two in (Sort.NUMBER, Sort.TIMES):
            return one
        case ast.Mult() if Sort.NUMBER in (one, two) or Sort.TIMES in (one, two):
            other = two if one in (Sort.NUMBER, Sort.TIMES) else one
            return Sort.NUMBER if other in (Sort.NUMBER, Sort.TIMES) else other
    raise UnitError("算式里的单位不能这样合并")


def _unit(sort: Sort, money: Unit | None, inputs: list[Figure]) -> Unit:
    if sort is Sort.MONEY and money is not None:
        return money
    if sort in (Sort.COUNT, Sort.SHARES):
        return next(figure.quantity.unit for figure in inputs if figure.quantity.unit.dimension is Dimension.COUNT)
    return unit(_UNITS[sort])


def _name_before(draft: str, at: int) -> str:
    """What the draft calls the result: the words before the first = of the clause."""
    clause = re.split(r"[。；;，\n]", draft[:at])[-1]
    found = _NAMED.search(clause)
    return found[1] if found else ""
