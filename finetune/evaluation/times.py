"""The periods that a text names by their years; a bare number of a calculation (2150 / 6715) is none."""

from __future__ import annotations

from functools import lru_cache

from data.period_text import PeriodMention, find_periods
from data.periods import Period
from tools.audit.numbers import plain_text

_OPERATORS = frozenset("+-*/×÷^=≈()[]→%")


def period_mentions(text: str) -> list[PeriodMention]:
    """The mentions of a plain text (see `plain_text`) that stand for periods, left to right."""
    return [mention for mention in find_periods(text) if mention.periods and not _calculates(text, mention)]


def periods_in(text: str) -> frozenset[Period]:
    """Every period that a text names by its year."""
    return _periods(text)


def years_in(text: str) -> frozenset[int]:
    """The years of those periods."""
    return frozenset(period.year for period in _periods(text))


def names_period(text: str, period: Period) -> bool:
    """Whether a text names a period, or a point in time that is the same date (2023年6月末 for 2023H1)."""
    return any(found == period or found.same_date() == period.same_date() for found in _periods(text))


@lru_cache(maxsize=4096)
def _periods(text: str) -> frozenset[Period]:
    return frozenset(period for mention in period_mentions(plain_text(text)) for period in mention.periods)


def _calculates(text: str, mention: PeriodMention) -> bool:
    """Whether a bare four-digit number stands beside an operator."""
    if not mention.text.strip().isdigit():
        return False
    before, after = text[: mention.start].rstrip()[-1:], text[mention.end :].lstrip()[:1]
    return bool({before, after} & _OPERATORS)
