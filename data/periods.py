"""Reporting periods: years, halves, quarters (single and cumulative), dates; and how one leads to another.

A period is written canonically as 2023, 2023H1, 2023H2, 2023Q1 … 2023Q4 (single quarters), 2023Q1-3 (cumulative first
three quarters) or 2023-11-30 (another balance-sheet date). A stock indicator reads a period as its last day (2023 →
31 December 2023), a flow indicator as the whole span. 2023Q1 is both the first quarter and the cumulative span.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from data.errors import PeriodError


class Part(StrEnum):
    """The part of a year that a period covers."""

    YEAR = ""
    H1 = "H1"
    H2 = "H2"
    Q1 = "Q1"
    Q2 = "Q2"
    Q3 = "Q3"
    Q4 = "Q4"
    NINE_MONTHS = "Q1-3"
    DAY = "day"


_SPANS: dict[Part, tuple[int, int]] = {
    Part.YEAR: (1, 12), Part.H1: (1, 6), Part.H2: (7, 12), Part.NINE_MONTHS: (1, 9),
    Part.Q1: (1, 3), Part.Q2: (4, 6), Part.Q3: (7, 9), Part.Q4: (10, 12),
}
_FLOW_NAMES: dict[Part, str] = {
    Part.YEAR: "年", Part.H1: "年上半年", Part.H2: "年下半年", Part.NINE_MONTHS: "年前三季度",
    Part.Q1: "年一季度", Part.Q2: "年二季度", Part.Q3: "年三季度", Part.Q4: "年四季度",
}
_POINT_NAMES: dict[Part, str] = {
    Part.YEAR: "年末", Part.H1: "年6月末", Part.H2: "年末", Part.NINE_MONTHS: "年9月末",
    Part.Q1: "年3月末", Part.Q2: "年6月末", Part.Q3: "年9月末", Part.Q4: "年末",
}
_QUARTERS = (Part.Q1, Part.Q2, Part.Q3, Part.Q4)
_CANONICAL = re.compile(r"^(\d{4})(H1|H2|Q1-3|Q1|Q2|Q3|Q4)?$")
_DAY = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
FIRST_YEAR, LAST_YEAR = 1949, 2199


@dataclass(frozen=True)
class Period:
    """One reporting period; `month` and `day` are set only for another balance-sheet date (Part.DAY).

    Raises:
        PeriodError: the year is outside 1949-2199, or the date does not exist.
    """

    year: int
    part: Part = Part.YEAR
    month: int = 0
    day: int = 0

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise PeriodError(f"年份 {self.year} 超出可用范围（{FIRST_YEAR}-{LAST_YEAR}）")
        if self.part is Part.DAY and not (1 <= self.month <= 12 and 1 <= self.day <= monthrange(self.year, self.month)[1]):
            raise PeriodError(f"日期 {self.year}-{self.month}-{self.day} 不存在")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A period from its canonical form (see data.period_text for Chinese forms).

        Raises:
            PeriodError: the text is not canonical.
        """
        if match := _CANONICAL.fullmatch(text):
            return cls(int(match[1]), Part(match[2] or ""))
        if match := _DAY.fullmatch(text):
            year, month, day = (int(part) for part in match.groups())
            return cls.on(cls(year, Part.DAY, month, day).end)
        raise PeriodError(f"“{text}”不是期间；写法：2023、2023H1、2023Q3、2023Q1-3、2023-06-30")

    @classmethod
    def on(cls, day: date) -> Self:
        """The period that ends on a date as a balance sheet names it: quarter ends fold into Q1, H1, Q1-3 and the year."""
        folded = {(3, 31): Part.Q1, (6, 30): Part.H1, (9, 30): Part.NINE_MONTHS, (12, 31): Part.YEAR}
        part = folded.get((day.month, day.day))
        return cls(day.year, part) if part is not None else cls(day.year, Part.DAY, day.month, day.day)

    def __str__(self) -> str:
        if self.part is Part.DAY:
            return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"
        return f"{self.year}{self.part.value}"

    @property
    def is_annual(self) -> bool:
        """Whether the period is a whole year."""
        return self.part is Part.YEAR

    @property
    def end(self) -> date:
        """Its last day."""
        if self.part is Part.DAY:
            return date(self.year, self.month, self.day)
        month = _SPANS[self.part][1]
        return date(self.year, month, monthrange(self.year, month)[1])

    @property
    def months(self) -> int:
        """Its length in months; 0 for a single date."""
        if self.part is Part.DAY:
            return 0
        first, last = _SPANS[self.part]
        return last - first + 1

    @property
    def sort_key(self) -> tuple[date, int]:
        """Orders by last day, then shorter spans first."""
        return self.end, self.months

    def same_date(self) -> Period:
        """As a point in time: single quarters fold into the balance-sheet date they end on (2023Q3 → 2023Q1-3)."""
        return Period.on(self.end)

    def year_ago(self) -> Period:
        """上年同期."""
        return self.shift_years(-1)

    def shift_years(self, years: int) -> Period:
        """The same part of another year; 29 February becomes the 28th where there is none."""
        if self.part is not Part.DAY:
            return Period(self.year + years, self.part)
        year = self.year + years
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise PeriodError(f"年份 {year} 超出可用范围（{FIRST_YEAR}-{LAST_YEAR}）")
        return Period(year, Part.DAY, self.month, min(self.day, monthrange(year, self.month)[1]))

    def previous_quarter(self, *, point: bool) -> Period:
        """环比: the quarter before. A point goes to the quarter end before; a flow must be a single quarter.

        Raises:
            PeriodError: a flow over more than one quarter has no previous quarter.
        """
        if point:
            end = self.end
            if self.part is Part.DAY:
                raise PeriodError(f"{self} 不是季末，没有环比")
            month = end.month - 3
            return Period.on(date(end.year, month, monthrange(end.year, month)[1]) if month > 0 else date(end.year - 1, 12, 31))
        if self.part not in _QUARTERS:
            raise PeriodError(f"{self} 不是单季度，没有环比；请改问单季度或同比")
        index = _QUARTERS.index(self.part)
        return Period(self.year, _QUARTERS[index - 1]) if index else Period(self.year - 1, Part.Q4)

    def prior_year_end(self) -> Period:
        """上年末."""
        return Period(self.year - 1)

    def label(self, *, point: bool) -> str:
        """How Chinese reports name it: 2023年末 for a point, 2023年 for a flow or a ratio over the period."""
        if self.part is Part.DAY:
            return f"{self.year}年{self.month}月{self.day}日"
        return f"{self.year}{(_POINT_NAMES if point else _FLOW_NAMES)[self.part]}"


def year_range(first: int, last: int) -> list[Period]:
    """Whole years, both ends included, oldest first.

    Raises:
        PeriodError: the range is empty or longer than 30 years.
    """
    if not 0 <= last - first <= 30:
        raise PeriodError(f"{first}-{last} 不是可用的年份区间（最长 30 年）")
    return [Period(year) for year in range(first, last + 1)]
