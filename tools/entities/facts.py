"""From entities to facts: whose figure a number is, of what, when - and how it changed.

The reading is shallow and honest: a number goes to the nearest bank, time and indicator before it (or to the indicator
right behind it: 12亿元净利润); lists of the same length pair off in order (甲、乙净息差分别为…); a change goes to the figure
of its indicator. What is only compared with (较上年末) or divided by (占营业收入的) is no period and no indicator of a fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import zip_longest

from data.banks import bank_registry
from data.errors import UnitError
from data.indicators import indicator_catalogue
from data.units import parse_decimal
from tools.entities.grammar import Reading
from tools.entities.numbers import Direction, Number
from tools.entities.spans import EntitySpan, EntityType, prepare


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure as a sentence states it.

    `bank`: the registry's name, else the words of the text (本行); `period`: the words of the text; `indicator`: the
    catalogue's name, None where it knows no such one; `surface`: the indicator's words. `value` and `change` are as
    printed, the change without sign: `direction` tells it. `start` and `end` span the figure in the text.
    """

    bank: str | None
    period: str | None
    indicator: str | None
    surface: str
    value: Decimal | None
    unit: str
    change: Decimal | None
    change_unit: str
    direction: Direction | None
    start: int
    end: int


_SELF = re.compile(r"[本该我贵]行|本?集团|本?公司|该公司|该集团|全行")
_SENTENCE = re.compile(r"[。！？!?\n]")
_LIST = re.compile(r"\s?(?:[、，,/;；和及与]|以及|\s)?\s?")
_COMPARED = re.compile(r"(?:较|比|与|同)$")
_DIVIDED = re.compile(r"占(?:[本该全]?行|公司|集团)?(?:的)?$")
_FROM = re.compile(r"[由从]$")
_ARRIVES = re.compile(r"[^，,。；;]{0,6}[至到为于达]")
_OWNED = re.compile(r"\s?的?\s?")
_DIGIT = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}


@dataclass(slots=True)
class _Subject:
    """What the sentence speaks of at the place reached."""

    banks: list[str] = field(default_factory=list)
    named: str | None = None
    period: str | None = None
    indicators: list[str] = field(default_factory=list)


def read_facts(text: str, reading: Reading) -> list[Fact]:
    """The facts of a text that the grammar has read, in text order."""
    return list(_FactReader(text, reading).facts())


class _FactReader:
    """One walk over the entities of a text."""

    def __init__(self, text: str, reading: Reading) -> None:
        self._text = text
        self._plain = prepare(text)
        self._numbers = {(number.start, number.end): number for number in reading.numbers}
        self._groups = list(_groups(self._plain, reading.entities))
        self._subject = _Subject()
        self._facts: list[Fact] = []
        self._open: list[int] = []  # The facts that a change or an arrival (至…) may still complete.
        self._stated: list[int] = []  # The facts with a value that this sentence has stated.

    def facts(self) -> Iterable[Fact]:
        end = 0
        for index, group in enumerate(self._groups):
            if _SENTENCE.search(self._text, end, group[0].start):
                self._subject = replace(self._subject, indicators=[], period=None)
                self._open, self._stated = [], []
            self._take(index, group)
            end = group[-1].end
        return self._facts

    def _take(self, index: int, group: list[EntitySpan]) -> None:
        before = self._plain[: group[0].start]
        words = [self._text[span.start : span.end] for span in group]
        match group[0].type:
            case EntityType.COMPANY:
                self._companies(words)
            case EntityType.TIME:
                if not _COMPARED.search(before):
                    self._subject.period = words[0] if len(words) == 1 else self._subject.period
            case EntityType.INDICATOR:
                if not _DIVIDED.search(before):
                    self._subject.indicators = words
                    self._open = []
            case EntityType.VALUE:
                self._values(index, [self._numbers[span.start, span.end] for span in group])
            case EntityType.CHANGE:
                self._changes([self._numbers[span.start, span.end] for span in group])

    def _companies(self, words: list[str]) -> None:
        banks = [self._bank(word) for word in words if not re.search(r"\d{4}", word)]
        if not banks:
            return
        self._subject.banks, self._open = banks, []
        self._subject.named = next((bank for bank in reversed(banks) if bank_registry().by_name(bank)), self._subject.named)

    def _bank(self, word: str) -> str:
        bank = bank_registry().by_name(prepare(word))
        if bank is not None:
            return bank.name
        return self._subject.named if self._subject.named and _SELF.fullmatch(prepare(word)) else word

    def _values(self, index: int, numbers: list[Number]) -> None:
        first = numbers[0]
        before, subject = self._plain[: first.start], self._subject
        if _FROM.search(before) or self._divided(index):
            return
        indicators = self._behind(index, numbers) or subject.indicators
        if len(numbers) == 1 and self._completes(before):
            self._facts[self._open[-1]] = replace(self._facts[self._open[-1]], value=_decimal(first), unit=_unit(first), start=first.start, end=first.end)
            return
        self._open = []
        for place, number in enumerate(numbers):
            bank = _pick(subject.banks, place, len(numbers))
            surface = _pick(indicators, place, len(numbers))
            if surface is not None and (value := _decimal(number)) is not None:
                self._open.append(len(self._facts))
                self._stated.append(len(self._facts))
                self._facts.append(Fact(bank, subject.period, _canonical(surface), surface, value, _unit(number), None, "", None, number.start, number.end))

    def _divided(self, index: int) -> bool:
        """Whether the group before is an indicator that the value is a share of (占营业收入的2.96%)."""
        last = self._groups[index - 1] if index else None
        return last is not None and last[0].type is EntityType.INDICATOR and _DIVIDED.search(self._plain[: last[0].start]) is not None

    def _behind(self, index: int, numbers: list[Number]) -> list[str]:
        """The indicator right behind a single value (318.43亿元归母净利润), which it then belongs to."""
        following = self._groups[index + 1] if index + 1 < len(self._groups) else None
        if following is None or following[0].type is not EntityType.INDICATOR or len(numbers) > 1:
            return []
        if not _OWNED.fullmatch(self._plain, numbers[0].end, following[0].start):
            return []
        return [self._text[following[0].start : following[0].end]]

    def _completes(self, before: str) -> bool:
        """Whether a value only says where the last change arrived (下降0.07个百分点至1.29%)."""
        if not self._open:
            return False
        last = self._facts[self._open[-1]]
        return last.value is None and _ARRIVES.fullmatch(before, last.end) is not None

    def _changes(self, numbers: list[Number]) -> None:
        free = [at for at in self._open if self._facts[at].change is None]
        if len(numbers) > 1 and len(free) < len(numbers):
            free = [at for at in self._stated[-len(numbers) :] if self._facts[at].change is None]
        if len(free) == len(numbers):
            for at, number in zip_longest(free, numbers):
                self._facts[at] = replace(self._facts[at], change=_decimal(number), change_unit=_unit(number), direction=number.direction)
            return
        subject = self._subject
        for place, number in enumerate(numbers):
            bank, surface = _pick(subject.banks, place, len(numbers)), _pick(subject.indicators, place, len(numbers))
            if surface is not None and (change := _decimal(number)) is not None:
                self._open.append(len(self._facts))
                fact = Fact(bank, subject.period, _canonical(surface), surface, None, "", change, _unit(number), number.direction, number.start, number.end)
                self._facts.append(fact)


def _groups(text: str, spans: Iterable[EntitySpan]) -> Iterator[list[EntitySpan]]:
    """Neighbours of one type with nothing but a list mark between them; times never form a list."""
    group: list[EntitySpan] = []
    for span in spans:
        if group and (span.type is not group[0].type or span.type is EntityType.TIME or not _LIST.fullmatch(text, group[-1].end, span.start)):
            yield group
            group = []
        group.append(span)
    if group:
        yield group


def _pick(items: list[str], place: int, total: int) -> str | None:
    """The item of a list that pairs with the number at a place; the last one where the lists do not pair off."""
    if not items:
        return None
    return items[place] if len(items) == total else items[-1]


def _canonical(surface: str) -> str | None:
    """The catalogue's name of an indicator as printed, with or without its bracket, or None."""
    plain = prepare(surface)
    found = indicator_catalogue().by_name(plain) or indicator_catalogue().by_name(re.sub(r"\s?\([^()]*\)$", "", plain))
    return found.name if found else None


def _decimal(number: Number) -> Decimal | None:
    """The number's magnitude as a Decimal: sign kept for levels, dropped for changes; None where it was misread."""
    digits = number.digits.strip("+")
    try:
        value = parse_decimal(digits) if re.search(r"\d", digits) else _chinese(digits.removeprefix("百分之"))
    except UnitError:
        return None
    return abs(value) if number.type is EntityType.CHANGE else value


def _chinese(digits: str) -> Decimal:
    """一百二十 → 120, 三点五 → 3.5, 一万三千 → 13000; tenths are per cent: 三成半 → 35."""
    if "成" in digits:
        tenths, _, half = digits.partition("成")
        return Decimal(_DIGIT[tenths] * 10 + (5 if half else 0))
    if "万" in digits:
        high, _, low = digits.partition("万")
        return _chinese(high) * 10_000 + (_chinese(low) if low else 0)
    whole, _, part = digits.partition("点")
    total, digit = 0, 0
    for char in whole:
        if char in _DIGIT:
            digit = _DIGIT[char]
        else:
            total, digit = total + (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char], 0
    fraction = "".join(str(_DIGIT[char]) for char in part)
    return Decimal(f"{total + digit}.{fraction or '0'}") if fraction else Decimal(total + digit)


def _unit(number: Number) -> str:
    """The unit in its usual form: 亿 → 亿元, 个基点 and bp → BP, pct → 个百分点."""
    unit = re.sub(r"\s|余|多", "", number.unit)
    unit = re.sub(r"(?<=元)人民币$", "", unit)
    if unit.lower() in ("bp", "bps", "基点", "个基点", "个bp", "点子"):
        return "BP"
    if unit.lower() in ("pct", "pcts", "pp", "pps", "ppt", "ppts", "百分点"):
        return "个百分点"
    return f"{unit.removesuffix('人民币')}元" if re.fullmatch(r"[万亿千百十]+(?:人民币)?", unit) else unit
