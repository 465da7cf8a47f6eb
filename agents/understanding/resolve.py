"""Relative periods become absolute ones: against the conversation, what the ledger holds, and the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from agents.understanding.horizon import Horizon
from data.errors import PeriodError
from data.period_text import PeriodMention, Relative
from data.periods import Part, Period

_TREND_YEARS = 5


@dataclass
class PeriodResolver:
    """Resolves the period mentions of one question; collects the assumptions taken on the way (Chinese, to be shown)."""

    horizon: Horizon
    banks: Sequence[str]
    indicators: Sequence[str]
    scope: str
    carried: list[Period]
    today: date
    assumptions: list[str] = field(default_factory=list)

    def targets(self, mentions: Sequence[PeriodMention]) -> list[Period]:
        """The periods asked about, in the order of the question, without repeats."""
        found: list[Period] = []
        consumed = self._years_of_parts(mentions)
        year_given = next((m.periods[0].year for m in mentions if m.periods), None) or self._relative_year(consumed)
        # "2018到2022年逐年": the years are given, 逐年 only says that each is wanted.
        dated = len({period for mention in mentions for period in mention.periods}) > 1
        for mention in mentions:
            if year_given and mention.relative is Relative.LATEST and mention.text.endswith("期末"):
                continue  # 2019年…期末不良: the end of the year that is named
            if mention in consumed or (dated and mention.relative is Relative.LAST_YEARS and not mention.count):
                continue
            found += mention.periods or self._relative(mention, year_given)
        return list(dict.fromkeys(found))

    def base(self, mention: PeriodMention, target: Period) -> Period:
        """The period a change is measured against, as the question names it, seen from `target`."""
        if mention.periods:
            return mention.periods[0]
        if mention.relative is Relative.PREVIOUS_QUARTER:
            return target.previous_quarter(point=True)
        if mention.relative in (Relative.PRIOR_YEAR_END, Relative.YEAR_START):
            return target.prior_year_end()
        if mention.relative is Relative.YEAR_BEFORE_LAST:
            return target.shift_years(-2)
        if mention.relative is Relative.PART_ONLY and mention.part is not None:
            return Period(target.year, mention.part)
        return target.year_ago()

    def default(self) -> list[Period]:
        """The latest year that the ledger holds, said as an assumption; nothing where it holds none."""
        latest = self.horizon.latest(self.banks, self.indicators, self.scope)
        if latest is None:
            return []
        self.assumptions.append(f"未指明期间，取库中最新的{latest.label(point=False)}")
        return [latest]

    def trend(self) -> list[Period]:
        """The last years that the ledger holds, five at most."""
        return self.horizon.annual(self.banks, self.indicators, self.scope)[-_TREND_YEARS:]

    def course(self, only: Period, *, since: bool) -> list[Period]:
        """The years of a course of which one is named: from it on (2021年以来), else the five up to it; it alone where it is not held."""
        held = self.horizon.annual(self.banks, self.indicators, self.scope)
        if only not in held:
            return [only]
        place = held.index(only)
        return held[place:] if since else held[: place + 1][-_TREND_YEARS:]

    def _years_of_parts(self, mentions: Sequence[PeriodMention]) -> list[PeriodMention]:
        """Year mentions that only give the year to a part beside them (2019年四个季末, 今年三季度)."""
        parts = [m for m in mentions if m.relative in (Relative.PART_ONLY, Relative.QUARTER_ENDS)]
        if not parts:
            return []
        return [m for m in mentions if m.relative in (Relative.THIS_YEAR, Relative.LAST_YEAR, Relative.SAME_YEAR)
                or (len(m.periods) == 1 and m.periods[0].is_annual and not m.point and any(abs(m.end - p.start) <= 2 for p in parts))]

    def _relative_year(self, consumed: Sequence[PeriodMention]) -> int | None:
        """The year that 今年, 去年 or 当年 gives to a part beside it (今年一季度)."""
        relative = next((m for m in consumed if m.relative is not None), None)
        return next((period.year for period in self._relative(relative, None)), None) if relative is not None else None

    @property
    def _anchor(self) -> Period | None:
        return self.carried[-1] if self.carried else None

    def _relative(self, mention: PeriodMention, year_given: int | None) -> list[Period]:
        relative, anchor = mention.relative, self._anchor
        if relative is Relative.LAST_YEARS:
            years = self.horizon.annual(self.banks, self.indicators, self.scope)
            return years[-mention.count:] if mention.count else years[-10:]
        if relative is Relative.LATEST:
            latest = self.horizon.latest(self.banks, self.indicators, self.scope)
            return [latest] if latest else []
        if relative in (Relative.PART_ONLY, Relative.QUARTER_ENDS):
            return self._parts(mention, year_given)
        if relative is Relative.THIS_YEAR:
            return self._said(mention, Period(self.today.year))
        if anchor is None:
            return self._calendar(mention)
        try:
            return self._said(mention, _moved(relative, anchor))
        except PeriodError:
            return []

    def _calendar(self, mention: PeriodMention) -> list[Period]:
        """Relative words with no conversation to lean on: against the calendar year."""
        years_back = {Relative.YEAR_BEFORE_LAST: 2, Relative.ONE_YEAR_EARLIER: 1, Relative.ONE_YEAR_LATER: 0, Relative.SAME_YEAR: 0}
        return self._said(mention, Period(self.today.year - years_back.get(mention.relative or Relative.LAST_YEAR, 1)))

    def _parts(self, mention: PeriodMention, year_given: int | None) -> list[Period]:
        year = year_given or (self._anchor.year if self._anchor else None)
        if year is None:
            latest = self.horizon.latest(self.banks, self.indicators, self.scope)
            year = latest.year if latest else self.today.year
            self.assumptions.append(f"“{mention.text}”未指明年份，取{year}年")
        if mention.relative is Relative.QUARTER_ENDS:
            ends = mention.text.endswith(("末", "底"))
            parts = (Part.Q1, Part.H1, Part.NINE_MONTHS, Part.YEAR) if ends else (Part.Q1, Part.Q2, Part.Q3, Part.Q4)
            return [Period(year, part) for part in parts]
        return [Period(year, mention.part or Part.YEAR)]

    def _said(self, mention: PeriodMention, period: Period) -> list[Period]:
        self.assumptions.append(f"“{mention.text}”理解为{period.label(point=bool(mention.point))}")
        return [period]


def _moved(relative: Relative | None, anchor: Period) -> Period:
    if relative in (Relative.PRIOR_YEAR_END, Relative.YEAR_START):
        return anchor.prior_year_end()
    if relative is Relative.PREVIOUS_QUARTER:
        return anchor.previous_quarter(point=True)
    if relative is Relative.YEAR_BEFORE_LAST:
        return anchor.shift_years(-2)
    if relative is Relative.ONE_YEAR_LATER:
        return anchor.shift_years(1)
    if relative is Relative.SAME_YEAR:
        return Period(anchor.year)
    return anchor.year_ago()
