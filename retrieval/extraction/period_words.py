"""Periods in headers, captions and row labels, absolute or relative to the period that the document reports on."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from data.errors import PeriodError
from data.periods import Part, Period


@dataclass(frozen=True, slots=True)
class PeriodReading:
    """A period with its place in the text. point: True a date, False a span, None as 2019年 (either). absolute: with a year."""

    period: Period
    point: bool | None
    start: int
    end: int
    absolute: bool = True


_Y = r"(?P<y>(?:19|20)\d{2})"
_MD = r"(?P<m>1[0-2]|0?[1-9])月(?P<d>3[01]|[12]\d|0?[1-9])日?"
_SPANS: tuple[tuple[str, Part], ...] = (
    (r"1[-—–~至到]+12月|全年", Part.YEAR), (r"1[-—–~至到]+9月|前三季度?|前9个月|九个月", Part.NINE_MONTHS),
    (r"1[-—–~至到]+6月|上半年|半年度|中期|前6个月|六个月", Part.H1), (r"7[-—–~至到]+12月|下半年", Part.H2),
    (r"1[-—–~至到]+3月|第?[一1]季度|三个月", Part.Q1), (r"4[-—–~至到]+6月|第?[二2]季度", Part.Q2),
    (r"7[-—–~至到]+9月|第?[三3]季度", Part.Q3), (r"10[-—–~至到]+12月|第?[四4]季度", Part.Q4),
)  # fmt: skip
_SPAN_WORD = "|".join(f"(?P<s{index}>{words})" for index, (words, _) in enumerate(_SPANS))
_MONTHS = {name: index for index, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}
_ENDED = re.compile(
    rf"(?:截至|截止)?{_Y}年{_MD}(?:止|终了)(?:的)?(?P<span>年度|会计年度|全年|六个月|6个月|九个月|9个月|三个月|3个月|十二个月|12个月|半年度?|期间)"
)
_ENDED_PARTS = {"六个月": Part.H1, "6个月": Part.H1, "半年": Part.H1, "半年度": Part.H1, "九个月": Part.NINE_MONTHS, "9个月": Part.NINE_MONTHS,
                "三个月": Part.Q1, "3个月": Part.Q1}  # fmt: skip
_DATE = re.compile(rf"{_Y}年{_MD}|(?P<y2>(?:19|20)\d{{2}})[-/.](?P<m2>1[0-2]|0?[1-9])[-/.](?P<d2>3[01]|[12]\d|0?[1-9])(?!\d)")
_ENGLISH_DATE = re.compile(
    r"(?:(?P<d>\d{1,2})\s?(?P<m>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s?(?P<y>(?:19|20)\d{2})"
    r"|(?P<m2>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s?(?P<d2>\d{1,2}),?\s?(?P<y2>(?:19|20)\d{2}))",
    re.IGNORECASE,
)
_ENGLISH_PART = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<lead>FY|[1-4]Q|[12]H|9M)'?(?P<y>20\d{2})|(?P<y2>20\d{2})(?P<tail>H[12]|Q[1-4])(?!-))", re.IGNORECASE
)
_ENGLISH_PARTS = {"fy": Part.YEAR, "1h": Part.H1, "2h": Part.H2, "9m": Part.NINE_MONTHS, "h1": Part.H1, "h2": Part.H2} | {
    f"{n}q": Part(f"Q{n}") for n in range(1, 5)} | {f"q{n}": Part(f"Q{n}") for n in range(1, 5)}  # fmt: skip
_YEAR_SPAN = re.compile(rf"{_Y}年(?:度)?(?:的)?(?:{_SPAN_WORD})(?!末|底)")
_MONTH_END = re.compile(rf"{_Y}年(?P<m>1[0-2]|0?[1-9])月(?:末|底|份)?(?!\d)")
_YEAR_END = re.compile(rf"{_Y}年(?:年)?(?:度)?(?:末|底|终)")
_YEAR = re.compile(rf"{_Y}(?:年(?P<full>度)?|财年)")
_BARE_YEAR = re.compile(r"^(?P<y>(?:19|20)\d{2})$")
_NO_YEAR_DATE = re.compile(rf"(?<![\d年]){_MD}|(?P<q>[一二三四1234])季度?(?:末|底)|(?P<mm>1[0-2]|[1-9])月(?:末|底)")
_NO_YEAR_SPAN = re.compile(_SPAN_WORD)
_QUARTER_MONTH = {"一": 3, "二": 6, "三": 9, "四": 12, "1": 3, "2": 6, "3": 9, "4": 12}
# Relative words: which period, whether a point. Longer words first.
_AMOUNT = "(?:数|金额|发生额)?"
_RELATIVE: tuple[tuple[re.Pattern[str], Callable[[Period], Period], bool | None], ...] = tuple(
    (re.compile(words), shift, point)
    for words, shift, point in (
        (r"上年同期末?|上期同期|去年同期", Period.year_ago, None),
        (r"前年末?(?!度)", lambda report: report.shift_years(-2), None),
        (r"上年度?末|上年年[末底]|去年末|上期期?末|年初(?:余额|数)?|期初(?:余额|数|金额)?", Period.prior_year_end, True),
        (rf"上年度?(?:累计)?{_AMOUNT}|上期{_AMOUNT}|去年|上一年度", Period.year_ago, False),
        (r"本?报告期末|本期期?末|本年度?末|期末|年末|截至报告期末|报告日", lambda report: report, True),
        (rf"本?报告期(?!末)内?|本期(?!末){_AMOUNT}|本年(?!末)度?(?:累计)?{_AMOUNT}|年初至(?:报告)?期末|今年", lambda report: report, False),
    )
)


def find_header_periods(text: str, report: Period | None, *, relative: bool = True) -> list[PeriodReading]:
    """Every period of a header (blanks and footnote marks already out), left to right, none overlapping.

    A date without a year takes the year that stands beside it in the same text, else the report's year.
    """
    taken: list[PeriodReading] = []
    for reading in _absolute(text):
        _take(taken, reading)
    if report is not None:
        years = {reading.period.year for reading in taken}
        year = years.pop() if len(years) == 1 else report.year
        if not taken:
            for reading in _without_year(text, year):
                _take(taken, reading)
        if relative and not taken:
            for reading in _relative(text, report):
                _take(taken, reading)
    return sorted(taken, key=lambda reading: reading.start)


def _take(taken: list[PeriodReading], reading: PeriodReading) -> None:
    if all(reading.end <= other.start or other.end <= reading.start for other in taken):
        taken.append(reading)


def _absolute(text: str) -> list[PeriodReading]:
    found: list[PeriodReading] = []
    for match in _ENDED.finditer(text):
        part = _ENDED_PARTS.get(match["span"])
        period = _dated(match["y"], match["m"], match["d"]) if part is None else _spanned(match["y"], part)
        _add(found, period, False, match)
    for match in _DATE.finditer(text):
        _add(found, _dated(match["y"] or match["y2"], match["m"] or match["m2"], match["d"] or match["d2"]), True, match)
    for match in _ENGLISH_DATE.finditer(text):
        month = _MONTHS[(match["m"] or match["m2"]).lower()]
        ended = "ended" in text[: match.start()].lower()
        _add(found, _dated(match["y"] or match["y2"], str(month), match["d"] or match["d2"]), not ended, match)
    for match in _ENGLISH_PART.finditer(text):
        _add(found, _spanned(match["y"] or match["y2"], _ENGLISH_PARTS[(match["lead"] or match["tail"]).lower()]), None, match)
    for match in _YEAR_SPAN.finditer(text):
        _add(found, _spanned(match["y"], _span(match)), False, match)
    for match in _MONTH_END.finditer(text):
        year, month = int(match["y"]), int(match["m"])
        _add(found, _dated(match["y"], match["m"], str(monthrange(year, month)[1])), True, match)
    for match in _YEAR_END.finditer(text):
        _add(found, _spanned(match["y"], Part.YEAR), True, match)
    for match in [*_YEAR.finditer(text), *_BARE_YEAR.finditer(text)]:
        full = match.groupdict().get("full")
        _add(found, _spanned(match["y"], Part.YEAR), False if full else None, match)
    return found


def _without_year(text: str, year: int) -> list[PeriodReading]:
    found: list[PeriodReading] = []
    for match in _NO_YEAR_DATE.finditer(text):
        month = int(match["m"] or match["mm"] or _QUARTER_MONTH[match["q"]])
        day = int(match["d"]) if match["d"] else monthrange(year, month)[1]
        _add(found, _dated(str(year), str(month), str(day)), True, match, absolute=False)
    for match in _NO_YEAR_SPAN.finditer(text):
        if not re.match(r"[末底内以]|至", text[match.end() :]):
            _add(found, _spanned(str(year), _span(match)), False, match, absolute=False)
    return found


def _relative(text: str, report: Period) -> list[PeriodReading]:
    found: list[PeriodReading] = []
    for pattern, shift, point in _RELATIVE:
        for match in pattern.finditer(text):
            _add(found, shift(report), point, match, absolute=False)
    return found


def _add(found: list[PeriodReading], period: Period | None, point: bool | None, match: re.Match[str], *, absolute: bool = True) -> None:
    if period is not None and all(match.end() <= other.start or other.end <= match.start() for other in found):
        found.append(PeriodReading(period, point, match.start(), match.end(), absolute))


def _span(match: re.Match[str]) -> Part:
    return next(part for index, (_, part) in enumerate(_SPANS) if match[f"s{index}"])


def _dated(year: str, month: str, day: str) -> Period | None:
    try:
        return Period.on(date(int(year), int(month), int(day)))
    except (ValueError, PeriodError):
        return None


def _spanned(year: str, part: Part) -> Period | None:
    try:
        return Period(int(year), part)
    except PeriodError:
        return None
