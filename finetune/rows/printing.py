"""How an exercise's figures are printed in digits: as a question states them, and as the steps of a calculation.

A given figure is printed exactly, in its own unit (100亿元); a computed one at the places at which it is told, without idle zeros
(25%, not 25.00%). Thousands get commas in prose, unless the numbers are small.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from data.errors import UnknownReferenceError
from data.figures import Figure, FigureKind
from data.units import Dimension, Quantity, Unit
from finetune.rows.record import Exercise
from tools.exact import trimmed
from tools.factsheet import FactSheet, is_amount_change
from tools.formatting import change_word, rounded

REFERENCE = re.compile(r"\{(f\d+)(?:\.([a-z]+))?\}")
CALCULATOR = re.compile(r"\[Calculator\(([^\[\]→{}]{1,200})\)→\{(f\d+)\}\]")
_TOKEN = re.compile(r"f\d+|\d+(?:\.\d+)?|\*\*|[-+*/()]")
_SIGNS = {"+": " + ", "-": " - ", "*": " × ", "/": " / ", "**": "^"}
_FINE = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One calculator mark of an answer: its expression over ids, its figure, and how both are printed.

    worked: as an analyst writes it ((100 - 80) / 80 × 100%); typed: as a calculator takes it; value: the result, rounded as told.
    """

    expression: str
    figure: Figure
    worked: str
    typed: str
    value: Decimal

    @property
    def unit(self) -> str:
        """The unit of the result."""
        return self.figure.quantity.unit.symbol


@dataclass(slots=True)
class Printer:
    """Prints one exercise. Raises UnknownReferenceError for a reference that the sheet does not hold."""

    exercise: Exercise
    steps: list[Step] = field(default_factory=list)
    _figures: dict[str, Figure] = field(default_factory=dict)
    _values: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._figures = {figure.id: figure for figure in self.exercise.sheet}
        marks = CALCULATOR.findall(self.exercise.tell)
        for expression, target in marks:
            self._figures[self._figure(target).id] = self._in_money_of(expression, self._figure(target))
        operands = {key for expression, _ in marks for key in _TOKEN.findall(expression)}
        self._values = {key: self._printed_value(figure, fine=key in operands) for key, figure in self._figures.items()}
        seen: dict[str, Step] = {}
        for match in CALCULATOR.finditer(self.exercise.tell):
            step = seen.get(match[0]) or self._step(match[1], self._figure(match[2]))
            seen[match[0]] = step
            self.steps.append(step)

    def question(self) -> str:
        """The question with its numbers as given."""
        return self.text(self.exercise.ask)

    def text(self, draft: str) -> str:
        """A draft without calculator marks, printed."""
        return REFERENCE.sub(lambda match: self._reference(self._figure(match[1]), match[2] or ""), draft)

    def answer(self, show: Callable[[Step, str], str]) -> str:
        """The answer with every calculator mark as `show(step, the text before it)` prints it."""
        draft, told, at = self.exercise.tell, "", 0
        for step, match in zip(self.steps, CALCULATOR.finditer(draft), strict=True):
            told += self.text(draft[at : match.start()])
            told += show(step, told)
            at = match.end()
        return self.units_made_one() + told + self.text(draft[at:])

    def typed(self, expression: str) -> str:
        """An expression over ids with plain numbers, money in one unit."""
        values = self._operands(expression)[0]
        return re.sub(r"f\d+", lambda match: f"{values[match[0]]:f}", expression)

    def plain_answer(self, figure_id: str) -> str:
        """The printed value of a figure as decimal text."""
        return f"{self._values[figure_id]:f}"

    def shown(self, figure: Figure) -> str:
        """A figure in prose; a change with its verb."""
        value, symbol = self._values[figure.id], figure.quantity.unit.symbol
        if figure.kind is not FigureKind.CHANGE:
            return self._number(value) + symbol
        word = change_word(figure.quantity, amount=is_amount_change(figure), versus=bool(figure.counterpart))
        return word if word == "持平" else f"{word}{self._number(abs(value))}{symbol}"

    def units_made_one(self) -> str:
        """A first sentence that converts money to one unit, where a calculation mixes units."""
        told = []
        for step in self.steps:
            values, money = self._operands(step.expression)
            for key, value in values.items():
                figure = self._figures[key]
                if money is not None and figure.quantity.unit.dimension is Dimension.AMOUNT and figure.quantity.unit != money:
                    told.append(f"{self._number(self._values[key])}{figure.quantity.unit.symbol} = {self._number(value)}{money.symbol}")
        return f"单位统一：{'，'.join(dict.fromkeys(told))}。" if told else ""

    def _figure(self, figure_id: str) -> Figure:
        if figure_id not in self._figures:
            raise UnknownReferenceError(f"事实表中没有 {figure_id}")
        return self._figures[figure_id]

    def _reference(self, figure: Figure, name: str) -> str:
        printer = _FIELDS.get(name)
        if printer is not None:
            return printer(figure)
        match name:
            case "" | "value" | "change":
                return self.shown(figure)
            case "abs":
                return self._number(abs(self._values[figure.id])) + figure.quantity.unit.symbol
        raise UnknownReferenceError(f"{{{figure.id}.{name}}} 不认识")

    def _number(self, value: Decimal) -> str:
        return f"{value:f}" if self.exercise.digits == "small" else f"{value:,f}"

    def _printed_value(self, figure: Figure, *, fine: bool) -> Decimal:
        """The value as it is told: exact where given; a computed one that is calculated with further keeps four places."""
        quantity = figure.quantity
        if figure.kind is FigureKind.REPORTED:
            return trimmed(quantity.value)
        if quantity.unit.dimension is Dimension.AMOUNT:
            return trimmed(_not_zero(quantity.value, max(2, self._places_of_inputs(figure))))
        return trimmed(_not_zero(quantity.value, _FINE if fine else min(self.exercise.sheet.places(figure), _FINE)))

    def _in_money_of(self, expression: str, figure: Figure) -> Figure:
        """Computed money in the unit that its calculation is written in."""
        money = self._money_of(expression)
        if money is None or figure.quantity.unit.dimension is not Dimension.AMOUNT:
            return figure
        return replace(figure, quantity=figure.quantity.to(money))

    def _money_of(self, expression: str) -> Unit | None:
        """The unit of the first amount of an expression."""
        units = (self._figure(key).quantity.unit for key in _TOKEN.findall(expression) if key[0] == "f")
        return next((own for own in units if own.dimension is Dimension.AMOUNT), None)

    def figure(self, figure_id: str) -> Figure:
        """A figure of the sheet as it is printed here."""
        return self._figure(figure_id)

    def _places_of_inputs(self, figure: Figure) -> int:
        exponents = [self._figures[key].quantity.value.as_tuple().exponent for key in figure.inputs if key in self._figures]
        return max((-exponent for exponent in exponents if isinstance(exponent, int)), default=0)

    def _operands(self, expression: str) -> tuple[dict[str, Decimal], Unit | None]:
        """The printed values that an expression takes, money in the unit of its first amount."""
        keys = [key for key in dict.fromkeys(_TOKEN.findall(expression)) if key[0] == "f"]
        money = self._money_of(expression)
        return {key: self._in(self._figures[key], money) for key in keys}, money

    def _in(self, figure: Figure, money: Unit | None) -> Decimal:
        own = figure.quantity.unit
        if money is None or own.dimension is not Dimension.AMOUNT or own == money:
            return self._values[figure.id]
        return trimmed(Quantity(self._values[figure.id], own).to(money).value)

    def _step(self, expression: str, figure: Figure) -> Step:
        values = self._operands(expression)[0]
        return Step(expression, figure, self._worked(expression, values, figure.quantity.unit), self.typed(expression), self._values[figure.id])

    def _worked(self, expression: str, values: Mapping[str, Decimal], result: Unit) -> str:
        """The expression as an analyst writes it: % beside ratios, which take their own hundredth with them."""
        words, tokens, at = "", _TOKEN.findall(expression), 0
        while at < len(tokens):
            token = tokens[at]
            if token[0] == "f":
                percent = self._figures[token].quantity.unit.symbol == "%"
                words += f"{values[token]:f}" + ("%" if percent else "")
                if percent and tokens[at + 1 : at + 3] == ["/", "100"]:
                    at += 2
            elif token == "100" and result.symbol in ("%", "个百分点") and at == len(tokens) - 1:
                words += "100%"
            else:
                words += _SIGNS.get(token, token)
            at += 1
        return re.sub(r"\((\d[\d.]*%?)\)", r"\1", words).replace("^(1 / ", "^(1/")


def printed_question(exercise: Exercise) -> str:
    """The question as a user types it, every given number exact in its own unit."""
    return Printer(replace(exercise, tell="")).question()


def visible_sheet(exercise: Exercise) -> FactSheet:
    """The sheet as a prompt shows it: a narration's whole, else without what the answer's own marks compute and without answer marks."""
    if exercise.kind == "narration":
        return exercise.sheet
    hidden = {match[2] for match in CALCULATOR.finditer(exercise.tell)}
    return FactSheet([figure for figure in exercise.sheet if figure.id not in hidden])


def _not_zero(value: Decimal, places: int) -> Decimal:
    while places < 12 and value and not rounded(value, places):
        places += 1
    return rounded(value, places)


_FIELDS: Mapping[str, Callable[[Figure], str]] = {
    "name": lambda figure: figure.indicator,
    "bank": lambda figure: figure.entity,
    "scope": lambda figure: figure.scope.value,
    "period": lambda figure: figure.period_label,
    "formula": lambda figure: figure.formula or "",
    "base": lambda figure: figure.base_period.label(point=figure.point) if figure.base_period else "",
    "word": lambda figure: change_word(figure.quantity, amount=is_amount_change(figure), versus=bool(figure.counterpart)),
    "mark": lambda _: "",
}
