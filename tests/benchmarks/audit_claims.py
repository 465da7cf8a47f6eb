"""Answers as pieces with structured claims, so that the truth of a changed answer is known without the auditor.

A piece is a stretch of text with a meaning (a bank, a period, a number, a word of direction) or plain words. A claim points
at the pieces that it rests on; changing one piece changes every claim that rests on it, and each claim is recomputed from
the reported levels of the sheet.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from data.banks import bank_registry
from data.figures import Figure, FigureKind
from data.periods import Period
from data.units import Dimension, Quantity, Unit, unit
from tools.calculator import difference, growth, versus
from tools.exact import exact
from tools.factsheet import FactSheet
from tools.formatting import display_quantity, rounded

OPPOSITES = {
    "下降": "上升", "上升": "下降", "减少": "增加", "增加": "减少", "增长": "下降", "收窄": "扩大", "扩大": "收窄", "回落": "回升", "回升": "回落",
    "降低": "提高", "提高": "降低", "提升": "下降", "降": "升", "升": "降", "低": "高", "高": "低", "低于": "高于", "高于": "低于", "增": "降", "下滑": "上升",
    "降幅为": "增幅为", "增幅为": "降幅为", "增速为": "降幅为", "微降": "微升", "微升": "微降", "多": "少", "少": "多", "降至": "升至", "升至": "降至",
    "下降至": "上升至", "上升至": "下降至", "增至": "减至", "减至": "增至", "回落至": "回升至", "回升至": "回落至", "-": "+", "+": "-", "↓": "↑", "↑": "↓",
    "高出": "低出", "低出": "高出", "下行": "上行", "上行": "下行", "净增": "净减少",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """text with its meaning: kind "" (plain), bank, period, number or sign."""

    text: str
    kind: str = ""
    bank: str = ""
    period: Period | None = None
    value: Decimal = Decimal(0)
    unit: Unit | None = None
    places: int = 0
    sign: int = 0


@dataclass(frozen=True)
class Claim:
    """One statement: indexes of the pieces it rests on (-1: fixed by `fixed_*`), and what it is of.

    kind: level, change, growth, versus, move. base: index of a period piece, or a rule (yoy, ytd). back: years before the
    period piece that the claim is of (上年为…).
    """

    kind: str
    indicator: str
    bank: int = -1
    period: int = -1
    number: int = -1
    sign: int = -1
    base: int | str = ""
    other: int = -1
    back: int = 0
    figure: Figure | None = None


@dataclass
class Answer:
    """A right answer: its pieces and claims, the sheet that supports it, and what the question fixed."""

    template: str
    pieces: list[Piece]
    claims: list[Claim]
    sheet: FactSheet
    banks: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    question: str = ""

    @property
    def text(self) -> str:
        """The answer as printed."""
        return "".join(piece.text for piece in self.pieces)

    def with_piece(self, index: int, piece: Piece) -> Answer:
        """The same answer with one piece changed."""
        return replace(self, pieces=[*self.pieces[:index], piece, *self.pieces[index + 1 :]])

    def holds(self) -> bool:
        """Whether every claim is true of the sheet's reported levels."""
        return all(_true(claim, self) for claim in self.claims)


class Writer:
    """Builds an answer piece by piece over a sheet."""

    def __init__(self, template: str, sheet: FactSheet, rng: random.Random) -> None:
        self.answer = Answer(template, [], [], sheet)
        self.sheet, self.rng = sheet, rng

    def say(self, *words: str) -> Writer:
        """Plain words; several are alternatives."""
        self.answer.pieces.append(Piece(self.rng.choice(words)))
        return self

    def bank(self, figure: Figure, *, short: bool | None = None) -> int:
        """The figure's bank by one of its names."""
        known = bank_registry().get(figure.entity_id)
        names = [figure.entity] if known is None or short is False else [known.name, known.name, *(n for n in known.short_names if len(n) == 2)]
        return self._add(Piece(self.rng.choice(names), "bank", bank=figure.entity_id))

    def period(self, period: Period, *, point: bool, style: str = "") -> int:
        """A period as reports word it."""
        return self._add(Piece(self._period_text(period, point, style), "period", period=period))

    def level(self, figure: Figure, bank: int, period: int, *, style: str = "", back: int = 0) -> int:
        """A level of a figure, `back` years before the period piece."""
        number = self._number(figure.quantity, style)
        self.answer.claims.append(Claim("level", _key(figure), bank, period, number, back=back, figure=figure))
        return number

    def change(self, now: Figure, before: Figure, bank: int, period: int, base: int | str, *, word: str = "", style: str = "") -> int:
        """A change with its word of direction; in 个百分点 for ratios, in % for amounts (style "amount": in 亿元)."""
        ratio = now.quantity.unit.dimension is Dimension.RATIO
        figure = self.sheet.add(difference(now, before) if ratio or style == "amount" else growth(now, before))
        kind = "change" if ratio or style == "amount" else "growth"
        sign = self._sign(figure, word, kind)
        number = self._number(abs(figure.quantity), style if style == "BP" else "", least=self.sheet.places(figure))
        self.answer.claims.append(Claim(kind, now.indicator_id, bank, period, number, sign, base, figure=figure))
        return number

    def signed(self, now: Figure, before: Figure, bank: int, period: int, base: int | str) -> int:
        """A change as a table prints it: +6.22%, -0.01个百分点."""
        ratio = now.quantity.unit.dimension is Dimension.RATIO
        figure = self.sheet.add(difference(now, before) if ratio else growth(now, before))
        sign = self._add(Piece("-" if figure.quantity.value < 0 else "+", "sign", sign=-1 if figure.quantity.value < 0 else 1))
        number = self._number(abs(figure.quantity), "", least=self.sheet.places(figure))
        self.answer.claims.append(Claim("change" if ratio else "growth", now.indicator_id, bank, period, number, sign, base, figure=figure))
        return number

    def gap(self, one: Figure, other: Figure, bank: int, rival: int, period: int, *, word: str = "", between: str = "") -> int:
        """How far one bank stands from another: 低0.41个百分点."""
        figure = self.sheet.add(versus(one, other))
        low = figure.quantity.value < 0
        sign = self._add(Piece(word or ("低" if low else "高"), "sign", sign=-1 if low else 1))
        if between:
            self.say(between)
        number = self._number(abs(figure.quantity), "", least=self.sheet.places(figure))
        self.answer.claims.append(Claim("versus", one.indicator_id, bank, period, number, sign, other=rival, figure=figure))
        return number

    def move(self, now: Figure, before: Figure, bank: int, period: int, base: int | str, *, up: str = "升至", down: str = "降至") -> int:
        """The word between two levels: 降至."""
        step = now.quantity.base - before.quantity.base
        sign = self._add(Piece(down if step < 0 else up, "sign", sign=-1 if step < 0 else 1))
        self.answer.claims.append(Claim("move", now.indicator_id, bank, period, -1, sign, base))
        return sign

    def side(self, one: Figure, other: Figure, bank: int, rival: int, period: int, *, above: str = "高于", below: str = "低于") -> int:
        """The word between two banks' levels: 低于. The rival's piece may follow; give its index."""
        low = one.quantity.base < other.quantity.base
        sign = self._add(Piece(below if low else above, "sign", sign=-1 if low else 1))
        self.answer.claims.append(Claim("versus", one.indicator_id, bank, period, -1, sign, other=rival))
        return sign

    def done(self, *, banks: tuple[str, ...] = (), periods: tuple[Period, ...] = (), question: str = "") -> Answer:
        """The finished answer."""
        self.answer.banks, self.answer.periods, self.answer.question = banks, periods, question
        return self.answer

    @property
    def next(self) -> int:
        """The index that the next piece will have."""
        return len(self.answer.pieces)

    def _add(self, piece: Piece) -> int:
        self.answer.pieces.append(piece)
        return len(self.answer.pieces) - 1

    def _sign(self, figure: Figure, word: str, kind: str) -> int:
        low = figure.quantity.value < 0
        if not word:
            up, down = {"growth": ("增长", "下降"), "change": ("上升", "下降")}[kind]
            if figure.quantity.unit.dimension is Dimension.AMOUNT:
                up, down = "增加", "减少"
            word = down if low else up
        else:
            up, down = word.split("/")
            word = down if low else up
        return self._add(Piece(word, "sign", sign=-1 if low else 1))

    def _number(self, quantity: Quantity, style: str, least: int = 2) -> int:
        shown = display_quantity(quantity)
        if style == "BP":
            shown, least = quantity.to("BP"), 0
            if rounded(shown.value, 0) != shown.value:
                shown, least = display_quantity(quantity), max(2, least)
        elif style in ("百万元", "万亿元", "亿元", "万元") and quantity.unit.dimension is Dimension.AMOUNT:
            shown = quantity.to(style)
        places = least if shown.unit.symbol != "百万元" else 0
        while places < 6 and shown.value and not rounded(shown.value, places):
            places += 1
        value = rounded(shown.value, places)
        digits = f"{value:,}" if style != "plain" else f"{value}"
        if style == "wide":
            digits = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in digits)
        symbol = "个BP" if shown.unit.symbol == "BP" and self.rng.random() < 0.5 else shown.unit.symbol
        return self._add(Piece(digits + symbol, "number", value=value, unit=shown.unit, places=places))

    def _period_text(self, period: Period, point: bool, style: str) -> str:
        if style == "year":
            return f"{period.year}年"
        if style == "bare":
            return f"{period.year}"
        if style == "date" and point and period.is_annual:
            return f"{period.year}年12月31日"
        if style == "full" and not point and period.is_annual:
            return self.rng.choice((f"{period.year}年度", f"{period.year}年全年", f"{period.year}年"))
        return period.label(point=point)


def _key(figure: Figure) -> str:
    return figure.indicator_id or f"={figure.indicator}"


def _levels(answer: Answer, bank: str, indicator: str, period: Period) -> list[Figure]:
    """Levels of the sheet for one key; balances by their date."""
    return [
        figure for figure in answer.sheet
        if figure.kind is not FigureKind.CHANGE and figure.entity_id == bank and _key(figure) == indicator
        and (figure.period == period or (figure.point and figure.period.same_date() == period.same_date()))
    ]  # fmt: skip


def _true(claim: Claim, answer: Answer) -> bool:
    pieces = answer.pieces
    bank, period = pieces[claim.bank].bank, pieces[claim.period].period
    if period is None:
        return False
    period = period.shift_years(-claim.back)
    now = _levels(answer, bank, claim.indicator, period)
    number = pieces[claim.number] if claim.number >= 0 else None
    if claim.kind == "level":
        return number is not None and any(_prints(figure.quantity.base, figure.quantity.unit, number) for figure in now)
    sign = pieces[claim.sign].sign
    return any(_step_true(claim, number, sign, one, two) for one in now for two in _others(claim, answer, bank, period))


def _others(claim: Claim, answer: Answer, bank: str, period: Period) -> Iterator[Figure]:
    if claim.kind == "versus" or claim.other >= 0:
        yield from _levels(answer, answer.pieces[claim.other].bank, claim.indicator, period)
        return
    if isinstance(claim.base, int):
        base = answer.pieces[claim.base].period
    else:
        base = period.year_ago() if claim.base == "yoy" else period.prior_year_end()
    if base is not None:
        yield from _levels(answer, bank, claim.indicator, base)


def _step_true(claim: Claim, number: Piece | None, sign: int, now: Figure, before: Figure) -> bool:
    with exact():
        step = now.quantity.base - before.quantity.base
        if (step > 0) - (step < 0) != sign:
            return False
        if number is None:
            return True
        own = now.quantity.unit
        if claim.kind == "growth":
            return before.quantity.base > 0 and _prints(abs(step) / before.quantity.base, unit("%"), number)
        if own.dimension is Dimension.RATIO:
            return _prints(abs(step) * 100, unit("个百分点"), number)
        return _prints(abs(step), own, number)


def _prints(base: Decimal, own: Unit, number: Piece) -> bool:
    """Whether a value in base units is the printed number, in its unit and at its places."""
    if number.unit is None or (number.unit.dimension, number.unit.noun) != (own.dimension, own.noun):
        return False
    with exact():
        return (base / number.unit.factor).quantize(Decimal(1).scaleb(-number.places), rounding=ROUND_HALF_UP) == number.value
