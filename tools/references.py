"""Drafts in references: a writer names figures, the host prints them. No digit of an answer is ever typed by a writer.

    {f1}            the value with its unit            {f3}             a change with its verb: 下降0.01个百分点
    {f1.name}       the indicator's name               {f3.abs}         the size of a change, without its verb
    {f1.bank}       the bank    {f1.scope}  the scope   {f3.word}        its verb alone
    {f1.period}     2023年末 or 2023年                  {f3.base}        the period compared with
    {f1.yi} {f1.wan} {f1.mn} {f1.qian} {f1.wanyi}  the amount in 亿元, 万元, 百万元, 千元, 万亿元
    {f1.mark}       source marks [1][2]                {f1.formula}     the formula's definition
    {bank} {period} {scope} {name}                     the slots of the question, when there is exactly one of each
    [Calculator((f1-f2)/f2*100)→{f9}]                  computed by the host in Decimal, checked against f9 if the sheet has it

Everything else is literal text, which may hold no digit of its own (years of the slots, list numbers and quotations from
evidence are let through by the auditor, not here).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from data.errors import ExpressionError, FormulaError, UnknownReferenceError
from data.figures import Figure, FigureKind
from data.units import Dimension, Unit
from tools.expressions import evaluate
from tools.factsheet import FactSheet, is_amount_change
from tools.formatting import change_word, format_in, format_quantity, rounded

_REFERENCE = re.compile(r"\{(?P<id>f\d+)(?:\.(?P<field>[a-z]+))?\}|\{(?P<slot>[a-z]+)\}")
_FIGURE_ID = re.compile(r"\bf\d+\b")
_CALCULATOR = re.compile(r"\[Calculator\((?P<expression>[^\[\]→{}]{1,200})\)→\{(?P<id>f\d+)\}\]")


@dataclass(frozen=True)
class Binding:
    """Where in the filled text a figure stands: text[start:end] prints figure `figure_id` (field "" is its value)."""

    start: int
    end: int
    figure_id: str
    field: str = ""


@dataclass(frozen=True)
class Filled:
    """A draft after filling: the text, and where each figure stands in it."""

    text: str
    bindings: list[Binding] = field(default_factory=list)


def fill(draft: str, sheet: FactSheet, slots: Mapping[str, str]) -> Filled:
    """The draft with every reference printed.

    Raises:
        UnknownReferenceError: a reference names a figure, field or slot that is not there, braces are left over, or a
            calculator mark cannot be computed or disagrees with the figure it claims to give.
    """
    text, position, bindings = "", 0, []
    prepared = _CALCULATOR.sub(lambda match: _calculated(match, sheet), draft)
    for match in _REFERENCE.finditer(prepared):
        text += prepared[position : match.start()]
        printed = _printed(match, sheet, slots)
        if match["id"]:
            bindings.append(Binding(len(text), len(text) + len(printed), match["id"], match["field"] or ""))
        text += printed
        position = match.end()
    text += prepared[position:]
    if "{" in text or "}" in text:
        raise UnknownReferenceError("草稿里有写错的引用；引用应写作 {f1}、{f1.period}、{bank}")
    return Filled(text, bindings)


def references_of(draft: str) -> list[str]:
    """Ids of the figures that a draft refers to, in order, without repeats."""
    return list(dict.fromkeys(match["id"] for match in _REFERENCE.finditer(draft) if match["id"]))


def literal_text(draft: str) -> str:
    """The draft without its references: what the writer typed himself."""
    return _REFERENCE.sub("", _CALCULATOR.sub("", draft))


def _printed(match: re.Match[str], sheet: FactSheet, slots: Mapping[str, str]) -> str:
    if match["slot"]:
        if match["slot"] not in slots:
            raise UnknownReferenceError(f"没有 {{{match['slot']}}}：本问题的{'、'.join(slots) or '槽位'}不含它，或不止一个")
        return slots[match["slot"]]
    figure = sheet.get(match["id"])
    printer = _FIELDS.get(match["field"] or "")
    if printer is None:
        raise UnknownReferenceError(f"{{{match['id']}.{match['field']}}} 不认识；可用字段：{'、'.join(filter(None, _FIELDS))}")
    return printer(sheet, figure)


def _mark(sheet: FactSheet, figure: Figure) -> str:
    return "".join(f"[{number}]" for number in sheet.marks(figure))


def _base(_: FactSheet, figure: Figure) -> str:
    if figure.base_period is None:
        raise UnknownReferenceError(f"{figure.id} 不是变动，没有对比期")
    return figure.base_period.label(point=figure.point)


def _word(_: FactSheet, figure: Figure) -> str:
    return change_word(figure.quantity, amount=is_amount_change(figure), versus=bool(figure.counterpart))


def _abs(sheet: FactSheet, figure: Figure) -> str:
    return format_quantity(abs(figure.quantity), sheet.places(figure))


UNIT_FIELDS: Mapping[str, str] = {"亿元": "yi", "万元": "wan", "百万元": "mn", "千元": "qian", "万亿元": "wanyi"}


def _in_unit(symbol: str) -> Callable[[FactSheet, Figure], str]:
    """A printer of amounts in one unit; places enough that nothing is rounded to zero."""

    def printed(_: FactSheet, figure: Figure) -> str:
        if figure.quantity.unit.dimension is not Dimension.AMOUNT:
            raise UnknownReferenceError(f"{figure.id} 不是金额，不能用{symbol}表示")
        return format_in(figure.quantity, symbol)

    return printed


_FIELDS: Mapping[str, Callable[[FactSheet, Figure], str]] = {
    "": lambda sheet, figure: sheet.show(figure),
    "value": lambda sheet, figure: format_quantity(figure.quantity, sheet.places(figure)),
    "change": lambda sheet, figure: sheet.show(figure),
    "abs": _abs,
    "word": _word,
    "base": _base,
    "name": lambda _, figure: figure.indicator,
    "bank": lambda _, figure: figure.entity,
    "scope": lambda _, figure: figure.scope.value,
    "period": lambda _, figure: figure.period_label,
    "formula": lambda _, figure: figure.formula or "",
    "mark": _mark,
    **{field: _in_unit(symbol) for symbol, field in UNIT_FIELDS.items()},
}


def operand_values(expression: str, sheet: FactSheet) -> tuple[dict[str, Decimal], Unit | None]:
    """The figures that an expression names, as plain decimals: money in the unit of its first amount (also returned), the rest as printed."""
    named = [sheet.get(key) for key in dict.fromkeys(_FIGURE_ID.findall(expression)) if key in sheet]
    money = next((figure.quantity.unit for figure in named if figure.quantity.unit.dimension is Dimension.AMOUNT), None)
    values = {}
    for figure in named:
        alike = money is not None and figure.quantity.unit.dimension is Dimension.AMOUNT
        values[figure.id] = figure.quantity.to(money).value if money is not None and alike else figure.quantity.value
    return values, money


def _calculated(match: re.Match[str], sheet: FactSheet) -> str:
    """Run one calculator mark over the sheet's values; its claim must be the figure's own value at the printed places."""
    figure = sheet.get(match["id"])
    values, money = operand_values(match["expression"], sheet)
    try:
        result = evaluate(match["expression"], values)
    except (ExpressionError, FormulaError) as error:
        raise UnknownReferenceError(f"算式 {match['expression']} 不能计算：{error}") from error
    places = sheet.places(figure)
    claimed = figure.quantity.to(money) if money and figure.quantity.unit.dimension is Dimension.AMOUNT else figure.quantity
    if figure.kind is FigureKind.REPORTED or rounded(result, places) != rounded(claimed.value, places):
        raise UnknownReferenceError(f"算式 {match['expression']} 的结果不是 {figure.id}")
    return f"{{{figure.id}}}"
