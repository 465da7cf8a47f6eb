"""Period words that lean on another period: 上年末, 同比, 近三年, and the bases that changes are measured against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from data.errors import PeriodError
from data.period_text import Relative
from data.periods import Part, Period
from tools.audit.lines import Group
from tools.audit.mentions import Mention


@dataclass(frozen=True, slots=True)
class Base:
    """What a change is compared with: a period, or a relative word (同比, 上年末, 6月末) read from the figure's own period."""

    period: Period | None = None
    relative: Relative | None = None
    part: Part | None = None


YEAR_AGO, LAST_YEAR, QUARTER_BEFORE = (Base(relative=word) for word in (Relative.YEAR_AGO, Relative.LAST_YEAR, Relative.PREVIOUS_QUARTER))
_STEPS: Mapping[Relative | None, tuple[Callable[[Period], Period], ...]] = {
    Relative.YEAR_AGO: (Period.year_ago,),
    Relative.LAST_YEAR: (Period.year_ago, Period.prior_year_end),
    Relative.ONE_YEAR_EARLIER: (Period.year_ago, Period.prior_year_end),
    Relative.PRIOR_YEAR_END: (Period.prior_year_end,),
    Relative.YEAR_START: (Period.prior_year_end,),
    Relative.YEAR_BEFORE_LAST: (lambda period: period.shift_years(-2),),
    Relative.ONE_YEAR_LATER: (lambda period: period.shift_years(1),),
    Relative.PREVIOUS_QUARTER: (lambda period: period.previous_quarter(point=True), lambda period: period.previous_quarter(point=False)),
}


def resolve(mention: Mention, anchor: Period | None) -> tuple[Period, ...]:
    """The periods that a relative mention may mean, seen from an anchor; none without one."""
    if anchor is None:
        return ()
    if mention.part is not None:
        return (Period(anchor.year, mention.part),)
    if mention.relative is Relative.LAST_YEARS:
        return years_between(_years_away(anchor, 1 - mention.count) or anchor, anchor)
    return base_periods(Base(relative=mention.relative), anchor)


def base_periods(base: Base, period: Period) -> tuple[Period, ...]:
    """The periods that a comparison may start from, seen from the period of the change; none where the words leave it open."""
    if base.period is not None:
        return (base.period,)
    if base.part is not None:
        years = [year for year in (period, _years_away(period, -1)) if year is not None]
        return tuple(Period(year.year, base.part) for year in years)
    found = [reached for step in _STEPS.get(base.relative, ()) if (reached := _reached(step, period)) is not None]
    return tuple(dict.fromkeys(found))


def bases_of(group: Group) -> tuple[Base, ...]:
    """What a comparing group compares with."""
    absolute = [Base(period=period) for member in group.members for period in member.periods]
    relative = [Base(relative=member.relative, part=member.part) for member in group.members if member.relative is not None]
    return (*absolute, *relative)


def years_between(first: Period, last: Period) -> tuple[Period, ...]:
    """The same part of every year from the first to the last."""
    found = [_years_away(first, step) for step in range(last.year - first.year + 1)]
    return tuple(period for period in found if period is not None)


def _years_away(period: Period, years: int) -> Period | None:
    return _reached(lambda start: start.shift_years(years), period)


def _reached(step: Callable[[Period], Period], period: Period) -> Period | None:
    """The period that a step leads to; None past the ends of the calendar, or where there is no such step."""
    try:
        return step(period)
    except PeriodError:
        return None
