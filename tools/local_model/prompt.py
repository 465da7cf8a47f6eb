"""The prompt of our own language model: a fact sheet without values, and the question with codes for what the sheet numbers.

    f1 b1 t0 净利润 额          figure, bank, period (years before the latest, then the part of the year), indicator, measure
    f2 b1 t1 净利润 额
    f3 b1 t0 净利润 变率 t1 *    a change against t1; * marks what answers the question
    ?b1t0净利润f1，t1f2，同比增长多少
    =

The model answers in references (tools.references) and never sees or writes a digit of a value, a bank's name or a year: what is
printed right does not depend on digits, names and years that it has met in training.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from data.figures import Figure, FigureKind, Scope
from data.period_text import find_periods
from data.periods import Part, Period
from data.units import Dimension
from tools.audit.numbers import NumberToken, find_numbers, plain_text
from tools.factsheet import FactSheet
from tools.name_scanner import NameKind, name_scanner

MOST_FIGURES, MOST_BANKS, MOST_YEARS = 40, 12, 12
QUESTION, ANSWER = "?", "="
# One sign for each part of a year, so that a period stays two or three tokens.
_PARTS: Mapping[Part, str] = {
    Part.YEAR: "", Part.H1: "h", Part.H2: "z", Part.Q1: "q", Part.Q2: "w", Part.Q3: "v", Part.Q4: "x", Part.NINE_MONTHS: "n", Part.DAY: "d",
}
_MEASURES: Mapping[Dimension, str] = {
    Dimension.AMOUNT: "额", Dimension.RATIO: "率", Dimension.POINTS: "点", Dimension.PER_SHARE: "股", Dimension.COUNT: "数", Dimension.FOREIGN: "外",
}
_KINDS: Mapping[FigureKind, str] = {FigureKind.REPORTED: "", FigureKind.COMPUTED: "算", FigureKind.CHANGE: "变"}
_YEARS = re.compile(r"\(\d{4}-\d{4}年\)")
_SPACE = re.compile(r"\s+")
_SPOKEN_END = re.compile(r"[。？?！!]+$")


@dataclass(frozen=True, slots=True)
class _Piece:
    """text[start:end] is said as `code`."""

    start: int
    end: int
    code: str


def compact_prompt(sheet: FactSheet, question: str) -> str:
    """The prompt for a sheet and a question in plain words; ends with the sign after which the model answers."""
    return f"{sheet_text(sheet)}\n{QUESTION}{coded(question, sheet)}\n{ANSWER}"


def sheet_text(sheet: FactSheet) -> str:
    """The sheet's lines, the first MOST_FIGURES of them."""
    banks = _bank_codes(sheet)
    latest = _latest(sheet)
    return "\n".join(_line(figure, sheet, banks, latest) for figure in list(sheet)[:MOST_FIGURES])


def coded(text: str, sheet: FactSheet) -> str:
    """A plain text with its banks, periods, values and indicators said as the sheet's lines say them; the rest stays as typed."""
    plain = plain_text(text)
    taken = bytearray(len(plain))
    pieces: list[_Piece] = []
    for piece in (*_banks(plain, sheet), *_periods(plain, sheet), *_names(plain, sheet), *_values(plain, sheet)):
        if not any(taken[piece.start : piece.end]):
            taken[piece.start : piece.end] = b"\x01" * (piece.end - piece.start)
            pieces.append(piece)
    told, at = "", 0
    for piece in sorted(pieces, key=lambda item: item.start):
        told += plain[at : piece.start] + piece.code
        at = piece.end
    return _SPOKEN_END.sub("", _SPACE.sub("", told + plain[at:]))


def _line(figure: Figure, sheet: FactSheet, banks: Mapping[str, str], latest: int) -> str:
    """One figure: id, bank, period, name, what it measures, the period or bank compared with, whether it answers."""
    scope = "本" if figure.scope is Scope.BANK else ""
    measure = _KINDS[figure.kind] + (_MEASURES[figure.quantity.unit.dimension] if figure.quantity.unit.symbol not in ("倍", "次") else "倍")
    base = banks.get(figure.counterpart, "") or (period_code(figure.base_period, latest) if figure.base_period else "")
    mark = "*" if figure.id in sheet.answers else ""
    name = scope + _YEARS.sub("", figure.indicator)
    words = (figure.id, banks.get(figure.entity, ""), period_code(figure.period, latest), name, measure, base, mark)
    return " ".join(word for word in words if word)


def said_of(sheet: FactSheet) -> dict[str, dict[str, str]]:
    """For each figure's id, how its bank, period, base, name, formula and source marks are said in codes."""
    banks, latest = _bank_codes(sheet), _latest(sheet)
    return {
        figure.id: {
            "bank": banks.get(figure.entity, figure.entity), "period": period_code(figure.period, latest), "name": figure.indicator,
            "base": period_code(figure.base_period, latest) if figure.base_period else "", "formula": figure.formula or "",
            "scope": figure.scope.value, "mark": "",
        }
        for figure in sheet
    }


def period_code(period: Period, latest: int) -> str:
    """t0 for the latest year of a sheet, t1 for the year before …, with a letter for a part of the year."""
    return f"t{min(max(latest - period.year, 0), MOST_YEARS)}{_PARTS[period.part]}"


def _latest(sheet: FactSheet) -> int:
    return max((figure.period.year for figure in sheet), default=0)


def _bank_codes(sheet: FactSheet) -> dict[str, str]:
    """b1, b2 … by name, in the order of the sheet."""
    names = dict.fromkeys(figure.entity for figure in sheet)
    return {name: f"b{number}" for number, name in enumerate(list(names)[:MOST_BANKS], start=1)}


def _banks(plain: str, sheet: FactSheet) -> Iterator[_Piece]:
    codes = _bank_codes(sheet)
    for name in sorted(codes, key=len, reverse=True):
        for match in re.finditer(re.escape(plain_text(name)), plain) if name else ():
            yield _Piece(*match.span(), codes[name])
    by_id = {figure.entity_id: codes.get(figure.entity, "") for figure in sheet if figure.entity_id}
    for span in name_scanner().scan(plain):
        if span.kind is NameKind.BANK and by_id.get(span.ref):
            yield _Piece(span.start, span.end, by_id[span.ref])


def _periods(plain: str, sheet: FactSheet) -> Iterator[_Piece]:
    """Periods by their years; relative words (去年, 上年末) stay words. A range (2021-2023年) is its two ends."""
    latest = _latest(sheet)
    for mention in find_periods(plain):
        if mention.periods and mention.relative is None:
            ends = (mention.periods[0], mention.periods[-1]) if mention.is_range else mention.periods[:1]
            yield _Piece(mention.start, mention.end, "至".join(dict.fromkeys(period_code(period, latest) for period in ends)))


def _names(plain: str, sheet: FactSheet) -> Iterator[_Piece]:
    """Indicators under the sheet's own name, whatever alias was typed."""
    own: dict[str, str] = {}
    for figure in sorted(sheet, key=lambda item: item.kind is not FigureKind.REPORTED):  # a change keeps its indicator's id
        own.setdefault(figure.indicator_id, figure.indicator)
    for name in sorted({figure.indicator for figure in sheet}, key=len, reverse=True):
        for match in re.finditer(re.escape(plain_text(name)), plain):
            yield _Piece(*match.span(), name)
    for span in name_scanner().scan(plain):
        if span.kind is NameKind.INDICATOR and span.ref and span.ref in own:
            yield _Piece(span.start, span.end, own[span.ref])


def _values(plain: str, sheet: FactSheet) -> Iterator[_Piece]:
    """Numbers that a figure of the sheet holds, under its id; of equal ones each in its turn."""
    turns: dict[tuple[str, str], list[str]] = {}
    for figure in sheet:
        if figure.kind is FigureKind.REPORTED:
            turns.setdefault(_value_key(figure), []).append(figure.id)
    for token in find_numbers(plain):
        for key in _token_keys(token):
            if ids := turns.get(key):
                yield _Piece(token.start, token.end, ids.pop(0) if len(ids) > 1 else ids[0])
                break


def _value_key(figure: Figure) -> tuple[str, str]:
    quantity = figure.quantity
    return quantity.unit.dimension.value, str((quantity.value * quantity.unit.factor).normalize())


def _token_keys(token: NumberToken) -> Sequence[tuple[str, str]]:
    """What a printed number may stand for: its own unit; a bare one, a plain ratio, a multiple or a count."""
    size = str((token.value * token.factor).normalize())
    if token.unit is not None and not token.loose:
        return ((token.unit.dimension.value, size),)
    return tuple((dimension.value, size) for dimension in (Dimension.AMOUNT, Dimension.RATIO, Dimension.COUNT, Dimension.PER_SHARE))


@lru_cache(maxsize=1)
def vocabulary_of_codes() -> tuple[str, ...]:
    """Every code and piece of the reference notation that the tokenizer keeps whole."""
    fields = ("value", "change", "abs", "word", "base", "name", "bank", "scope", "period", "formula", "mark", "yi", "wan", "mn", "qian", "wanyi")
    parts = [part for part in _PARTS.values() if part]
    return (
        *(f"f{number}" for number in range(1, MOST_FIGURES + 21)),
        *(f"b{number}" for number in range(1, MOST_BANKS + 1)),
        *(f"t{years}{part}" for years in range(MOST_YEARS + 1) for part in ("", *parts)),
        *(f".{field}}}" for field in fields),
        "{bank}", "{period}", "{scope}", "{name}", "[Calculator(", ")→{", "}]", "{", "}", "*100", "/100",
    )  # fmt: skip
