"""Numbers that need no figure: typed by the user, quoted from a passage, counts, constants of a calculation; and known years."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

from data.period_text import find_periods
from data.periods import Period
from data.units import Dimension
from tools.audit.lines import Line
from tools.audit.mentions import Slot
from tools.audit.numbers import NumberToken, find_numbers, plain_text
from tools.audit.setting import Setting
from tools.factsheet import FactSheet

_QUOTE = re.compile(r"「([^」]{6,400})」|“([^”]{6,400})”|『([^』]{6,400})』|\"([^\"\n]{6,400})\"")
# Words that speak of a number as a line, a question or an assumption, not as a fact about a bank.
_NOT_A_FACT = re.compile(
    r"监管|要求|标准|红线|底线|下限|上限|门槛|阈值|最低|不低于|不高于|不得|不超过|以上|以下|≥|≤|>|<|假设|假定|如果|若|您|你|问题|所问|提到|所说|所述|给出的?|输入|并非|不是|而非|不等于|目标|规定|达标|高于|低于|超过|警戒"
)
_CONSTANTS = frozenset(map(Decimal, (1, 2, 3, 4, 5, 6, 9, 10, 12, 100, 360, 365, 366)))
_LARGEST_COUNT = 60
_LETTERS = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff.%]")


@dataclass(frozen=True)
class Allowances:
    """What may stand in a text without a figure, given the sheet, the quotable passages, the question and its periods."""

    sheet: FactSheet
    quotable: tuple[str, ...]
    question: str
    periods: tuple[Period, ...]

    def admits(self, token: NumberToken, line: Line, settings: list[Setting], contradicted: bool) -> bool:
        """Whether a number that is no figure may stand; `contradicted`: the sheet has another value for what the words say."""
        clause = line.text[line.clause_start(token.start) : line.clause_end(token.end)]
        if contradicted and not _NOT_A_FACT.search(clause):
            return False
        if token.is_count and not token.written and token.quantum == 1 and abs(token.value) <= _LARGEST_COUNT and not contradicted:
            return True
        if _same_number(token, self._asked):
            return True
        return any(_same_number(token, _numbers(passage)) and _shares_name(passage, settings, line, token) for passage in self.quotable)

    def is_constant(self, token: NumberToken) -> bool:
        """Whether a number of a calculation is a constant: × 100%, ÷ 2, × 4."""
        bare = token.unit is None or token.unit.symbol == "%"
        return bare and token.value in _CONSTANTS and (token.unit is None or token.value == 100)

    def quotations(self, raw: str) -> list[tuple[int, int]]:
        """Spans of quotation marks whose words stand in an evidence quote or a quotable passage."""
        return [match.span() for match in _QUOTE.finditer(raw) if self._is_quoted(next(filter(None, match.groups())))]

    def knows_year(self, year: int) -> bool:
        """Whether a year is of a figure, a base, a document, the question or a passage."""
        return year in self._years or any(year in _years_of(passage) for passage in self.quotable)

    def knows_day(self, day: Period) -> bool:
        """Whether a date is a figure's own, or stands in the question or a passage."""
        own = {figure.period for figure in self.sheet} | set(self.periods)
        return day in own or any(day in _days_of(passage) for passage in (self.question, *self.quotable))

    @cached_property
    def _asked(self) -> tuple[NumberToken, ...]:
        return _numbers(self.question) if self.question else ()

    @cached_property
    def _years(self) -> frozenset[int]:
        periods = [p for figure in self.sheet for p in (figure.period, figure.base_period) if p is not None]
        titles = [item.document for figure in self.sheet for item in figure.evidence]
        texts = (self.question, *dict.fromkeys(titles))
        return frozenset({p.year for p in (*periods, *self.periods)} | {year for words in texts if words for year in _years_of(words)})

    @cached_property
    def _corpus(self) -> str:
        quotes = [item.quote for figure in self.sheet for item in figure.evidence if len(item.quote) >= 6]
        return "\n".join(_LETTERS.sub("", plain_text(words)) for words in (*dict.fromkeys(quotes), *self.quotable))

    def _is_quoted(self, words: str) -> bool:
        packed = _LETTERS.sub("", plain_text(words))
        return len(packed) >= 6 and bool(re.search(r"[\u4e00-\u9fff]{2}", packed)) and packed in self._corpus


def _same_number(token: NumberToken, known: tuple[NumberToken, ...]) -> bool:
    return any(other.value == token.value and _measure(other) == _measure(token) for other in known)


def _measure(token: NumberToken) -> tuple[Dimension | str, Decimal]:
    return (token.unit.dimension, token.factor) if token.unit else (token.noun, Decimal(1))


def _shares_name(passage: str, settings: list[Setting], line: Line, token: NumberToken) -> bool:
    """Whether the passage speaks of what the clause names: one of the clause's own indicator words stands in it."""
    start = line.clause_start(token.start)
    end = line.clause_end(token.end)
    words = [line.text[g.start : g.end] for g in line.groups if g.slot is Slot.INDICATOR and start <= g.start and g.end <= end]
    return not words or not settings or any(word in plain_text(passage) for word in words)


@lru_cache(maxsize=256)
def _numbers(passage: str) -> tuple[NumberToken, ...]:
    text = plain_text(passage)
    periods = [(found.start, found.end) for found in find_periods(text) if found.periods]
    return tuple(find_numbers(text, periods))


@lru_cache(maxsize=512)
def _years_of(words: str) -> frozenset[int]:
    return frozenset(period.year for found in find_periods(plain_text(words)) for period in found.periods)


@lru_cache(maxsize=512)
def _days_of(words: str) -> frozenset[Period]:
    return frozenset(period for found in find_periods(plain_text(words)) for period in found.periods)
