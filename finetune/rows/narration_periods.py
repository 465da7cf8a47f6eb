"""Which periods an exercise is about, and how an analyst types them: without a digit but in the year."""

from __future__ import annotations

import random
from collections.abc import Sequence

from data.periods import Part, Period

_PARTS = (
    (Part.YEAR, 56), (Part.H1, 15), (Part.NINE_MONTHS, 10), (Part.Q1, 8), (Part.Q2, 3), (Part.Q3, 4), (Part.Q4, 2), (Part.H2, 2),
)
_FIRST, _LAST = 2012, 2025
_FLOWS = {
    Part.YEAR: ("{y}年", "{y}年", "{y}年度", "{y}年全年", "{s}年"), Part.H1: ("{y}年上半年", "{y}年半年度", "{s}年上半年", "{y}年中期"),
    Part.H2: ("{y}年下半年", "{s}年下半年"), Part.NINE_MONTHS: ("{y}年前三季度", "{s}年前三季度", "{y}年前三季"),
    Part.Q1: ("{y}年一季度", "{y}年第一季度", "{s}年一季度"), Part.Q2: ("{y}年二季度", "{y}年第二季度", "{s}年二季度单季"),
    Part.Q3: ("{y}年三季度", "{y}年第三季度", "{s}年三季度单季"), Part.Q4: ("{y}年四季度", "{y}年第四季度"),
}
_POINTS = {
    Part.YEAR: ("{y}年末", "{y}年末", "{y}年底", "{y}年", "{s}年末", "{s}年底"),
    Part.H1: ("{y}年六月末", "{y}年上半年末", "{y}年上半年", "{s}年六月末"),
    Part.NINE_MONTHS: ("{y}年九月末", "{y}年三季度末", "{y}年前三季度末", "{s}年三季度末"),
    Part.Q1: ("{y}年三月末", "{y}年一季度末", "{s}年一季度末", "{y}年一季度"),
}
_PARTS_POINT = (Part.YEAR, Part.H1, Part.NINE_MONTHS, Part.Q1)


def draw_period(chance: random.Random, *, earlier: int = 1, annual: bool = False) -> Period:
    """A period with at least `earlier` years before it in the range; whole years only where `annual`."""
    year = min(_LAST, max(_FIRST + earlier, chance.randint(_FIRST + 3, _LAST)))
    part = Part.YEAR if annual else chance.choices([part for part, _ in _PARTS], [weight for _, weight in _PARTS])[0]
    return Period(year, part)


def run_up_to(chance: random.Random, last: Period, count: int, *, point: bool) -> list[Period]:
    """`count` periods that end with `last`, oldest first: the same part of the years before, or the quarters before it."""
    if chance.random() < 0.25 and (point or last.months == 3):
        return _quarters(last, count, point=point)
    return [last.shift_years(-back) for back in range(count - 1, -1, -1)]


def _quarters(last: Period, count: int, *, point: bool) -> list[Period]:
    found = [last.same_date() if point else last]
    while len(found) < count:
        found.append(found[-1].previous_quarter(point=point))
    return found[::-1]


def spoken_period(chance: random.Random, period: Period, *, point: bool) -> str:
    """The period as typed: 2023年末, 23年, 2023年上半年."""
    table = _POINTS if point and period.part in _POINTS else _FLOWS
    form = chance.choice(table[period.part])
    return form.format(y=period.year, s=f"{period.year % 100:02d}")


def spoken_run(chance: random.Random, periods: Sequence[Period], *, point: bool) -> str:
    """Several periods as typed: 2021-2023年, 2021年到2023年, 2021、2022和2023年, or one by one."""
    years = [period.year for period in periods]
    whole = all(period.is_annual for period in periods) and years == list(range(years[0], years[-1] + 1))
    if whole and chance.random() < 0.8:
        end = "末" if point and chance.random() < 0.4 else ""
        forms = ("{a}-{b}年{e}", "{a}年至{b}年{e}", "{a}到{b}年{e}", "{a}年{e}到{b}年{e}")
        return chance.choice(forms).format(a=years[0], b=years[-1], e=end)
    names = [spoken_period(chance, period, point=point) for period in periods]
    if len(names) > 3:
        return f"{names[0]}{chance.choice(('至', '到'))}{names[-1]}"
    return "、".join(names[:-1]) + chance.choice(("和", "、", "与")) + names[-1]
