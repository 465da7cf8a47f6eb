"""Finding periods in Chinese (and plain) text: absolute ones, ranges, and words relative to another period.

Absolute: 2023年 · 23年末 · 2023H1 · 2023年上半年 · 二〇二三年三季度 · 前三季度 · 2023年6月30日 · 2023Q1-3 · 2021-2023年.
Relative: 上年同期 · 上年末 · 去年 · 今年 · 前年 · 近三年 · 再往前一年 · 报告期末 · 最新. Those are returned unresolved, because what
they mean depends on the conversation and on what the ledger holds.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from enum import StrEnum

from data.errors import PeriodError
from data.periods import Part, Period, year_range


class Relative(StrEnum):
    """A period word whose meaning depends on a reference period."""

    YEAR_AGO = "year_ago"
    PRIOR_YEAR_END = "prior_year_end"
    PREVIOUS_QUARTER = "previous_quarter"
    LAST_YEAR = "last_year"
    THIS_YEAR = "this_year"
    YEAR_BEFORE_LAST = "year_before_last"
    ONE_YEAR_EARLIER = "one_year_earlier"
    ONE_YEAR_LATER = "one_year_later"
    LATEST = "latest"
    YEAR_START = "year_start"
    SAME_YEAR = "same_year"
    LAST_YEARS = "last_years"
    QUARTER_ENDS = "quarter_ends"
    PART_ONLY = "part_only"


@dataclass(frozen=True)
class PeriodMention:
    """One mention: its span in the (normalised) text and either periods, or a relative word with its count or part."""

    start: int
    end: int
    text: str
    periods: tuple[Period, ...] = ()
    relative: Relative | None = None
    count: int = 0
    part: Part | None = None
    point: bool | None = None
    is_range: bool = False


_DIGITS = {char: str(index) for index, char in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0", "两": "2"}
_Y = r"(?:(?P<y>(?:19|20|21)\d{2})|(?P<cy>[一二][〇零○一二三四五六七八九]{3})|(?<![\d近去续前这后满每第])(?P<sy>\d{2})(?=\s*(?:年(?![期来间内以])|[Hh][12]|[Qq][1-4])))"
_M = r"(?P<m>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_D = r"(?P<d>3[01]|[12]\d|0?[1-9]|三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|[一二三四五六七八九])"
_MONTH_DAY = re.compile(_Y + rf"\s*(?:年|[-/.])\s*{_M}\s*(?:月|(?<=\d)[-/.])\s*{_D}\s*(?:[日号]|(?![\d月年]))")
_MONTH_END = re.compile(_Y + rf"(?:\s*年\s*{_M}\s*月\s*(?:末|底|份)?|[-/](?P<iso>0[1-9]|1[0-2])(?![\d/-]))")
_ENGLISH = re.compile(r"(?<![0-9A-Za-z])(?P<part>1[Hh]|2[Hh]|[1-4][Qq]|9[Mm]|FY|(?P<lead>[Hh][12]|[Qq][1-4]))\s?'?(?P<y>20\d{2}|(?(lead)(?!)|\d{2}))(?![0-9])")
_ENGLISH_PARTS = {"1H": Part.H1, "2H": Part.H2, "9M": Part.NINE_MONTHS, "FY": Part.YEAR} | {
    f"{n}Q": Part(f"Q{n}") for n in range(1, 5)
} | {name: Part(name) for name in ("H1", "H2", "Q1", "Q2", "Q3", "Q4")}
_PART_WORDS = (
    (Part.NINE_MONTHS, r"前三季度|前三季|前3季度|前9个?月|前九个?月|1\s*[-—至~到]\s*9月|[Qq]1\s*-\s*(?:[Qq])?3|9[Mm]|三季报"),
    (Part.H1, r"上半年|前两季度|半年度|中期|中报|半年报|1\s*[-—至~到]\s*6月|[Hh]1|1[Hh]|半年"),
    (Part.H2, r"下半年|[Hh]2|2[Hh]"),
    (Part.Q1, r"第?一季度?报?|首季|[Qq]1|1[Qq]|第?1季度?|1\s*[-—至~到]\s*3月"),
    (Part.Q2, r"第?二季度?|[Qq]2|2[Qq]|第?2季度?"),
    (Part.Q3, r"第?三季度?|[Qq]3|3[Qq]|第?3季度?"),
    (Part.Q4, r"第?四季度?|[Qq]4|4[Qq]|第?4季度?|末季"),
    (Part.YEAR, r"全年|年度|年报|全年度|FY|年"),
)
_PART_RE = "|".join(f"(?P<p{index}>{words})" for index, (_, words) in enumerate(_PART_WORDS))
_YEAR_PART = re.compile(_Y + r"\s*(?:年度?|财年)?(?:\s*[-－]?\s*(?P<part>" + _PART_RE + r"))?(?:(?<=年)报告?|(?<=年度)报告?|度报告?)?\s*(?P<single>单季(?:度)?|累计)?(?:的)?(?P<point>末|底|期末)?")
_RANGE = re.compile(_Y + r"\s*年?(?:末|底)?(?:以来|开始|起)?\s*(?:一直)?(?:至|到|[-—~～－]{1,2})\s*(?P<y2>(?:19|20|21)?\d{2})\s*年?(?P<point2>末|底)?(?!\s*月|\d|\s*[-/.]\s*\d)")
_SHORT_RANGE = re.compile(r"(?<![\d.前近第])(?P<y1>\d{2})\s*(?:至|到|[-—~～－]{1,2})\s*(?P<y2>\d{2})\s*年(?P<point2>末|底)?(?![期来间内以])")
_BARE_PART = re.compile(
    r"(?P<p>前三季度?|前3季度|前9个?月|前九个月|三季报|半年报|半年度|上半年|下半年|第?[一二三四1-4]季度?|[QqHh][1-4](?![0-9A-Za-z])|中期|中报|年中|年末|年底|全年|6月末|6月底|9月末|9月底|3月末|3月底|12月末|12月底)(?P<point>末|底)?"
)
_BARE = {
    "前三季度": (Part.NINE_MONTHS, False), "前三季": (Part.NINE_MONTHS, False), "前3季度": (Part.NINE_MONTHS, False), "前9个月": (Part.NINE_MONTHS, False),
    "前9月": (Part.NINE_MONTHS, False), "前九个月": (Part.NINE_MONTHS, False), "三季报": (Part.NINE_MONTHS, False), "半年报": (Part.H1, False), "半年度": (Part.H1, False),
    "上半年": (Part.H1, False), "下半年": (Part.H2, False), "中期": (Part.H1, False), "中报": (Part.H1, False),
    "年中": (Part.H1, True), "年末": (Part.YEAR, True), "年底": (Part.YEAR, True), "全年": (Part.YEAR, False), "6月末": (Part.H1, True), "6月底": (Part.H1, True),
    "9月末": (Part.NINE_MONTHS, True), "9月底": (Part.NINE_MONTHS, True), "3月末": (Part.Q1, True), "3月底": (Part.Q1, True),
    "12月末": (Part.YEAR, True), "12月底": (Part.YEAR, True),
}
_COUNT = r"(?P<n>\d{1,2}|[一二两三四五六七八九十])"
_RELATIVES: tuple[tuple[Relative, re.Pattern[str]], ...] = tuple(
    (relative, re.compile(pattern))
    for relative, pattern in (
        (Relative.YEAR_AGO, r"(?:上年|去年|上一年|前一年)(?:度)?同期"),
        (Relative.YEAR_BEFORE_LAST, r"(?<!\d)前年(?:末|底)?"),
        (Relative.ONE_YEAR_EARLIER, r"(?:再?往[前回]|[退倒]回)(?:推|一|再|数|倒|看)*一?年|再往前(?:推|看|数)?(?=$|[呢的?,。])|(?:更|再)?早一年|再前一年|前一年(?:末|底)?|上一年(?:度)?(?:末|底)?|更早一年|再早一年|[前上]一个?年度"),
        (Relative.ONE_YEAR_LATER, r"(?:再)?(?:往后|后)(?:推|数)?一年|再往后(?:推|看|数)?(?=$|[呢的?,。])|晚一年|来年|翌年|次年|下一年(?:度)?|第二年|后一年"),
        (Relative.LAST_YEARS, rf"(?:最近|近|过去|这|前|连续){_COUNT}个?(?:年|个?会计年度|个?完整年度)(?:度|来|间|以来)?|(?P<m>\d{{1,2}}|[两三四五六七八九十])年(?:(?:以)?来|(?=的?(?:变化|走势|趋势|变动|情况)))|(?:历年|各年|这几年|近几年|最近几年|逐年|历年来|历史)"),
        (Relative.QUARTER_ENDS, r"(?:分|按)季度?(?!末|报)|(?:四|各|每|4)个?季度?(?:末|底)|(?:四|4)个季度|各季度?(?:末)?|逐季|每个?季度"),
        (Relative.PRIOR_YEAR_END, r"上年(?:年)?(?:末|底)|去年(?:年)?(?:末|底)|上年度末"),
        (Relative.YEAR_START, r"年初|期初|本年初"),
        (Relative.LAST_YEAR, r"去年|上年度?"),
        (Relative.PREVIOUS_QUARTER, r"上(?:一|个)?季度?(?:末|底)?|前一季度?"),
        (Relative.LATEST, r"最新(?:一期|数据|的)?|最近(?:一期|一年|一个年度)|目前|当前|现在|眼下|如今|报告期末?|本报告期末?|本期末?|期末|截至目前"),
        (Relative.SAME_YEAR, r"当年(?:末|底)?|同年(?:末|底)?|那年|那一年|该年(?:末|底)?|同期"),
        (Relative.THIS_YEAR, r"今年(?:以来)?|本年度?(?:末|底)?"),
    )
)
_CHINESE_COUNT = {char: value for value, char in enumerate("一二三四五六七八九十", start=1)} | {"两": 2}


def find_periods(text: str) -> list[PeriodMention]:
    """Every period mention of a normalised text (NFKC), left to right, longest first, none overlapping."""
    taken: list[PeriodMention] = []
    for finder in _FINDERS:
        for mention in finder(text):
            if all(mention.end <= other.start or other.end <= mention.start for other in taken):
                taken.append(mention)
    return sorted(taken, key=lambda mention: mention.start)


def parse_period(text: str) -> Period:
    """The single absolute period that a text names.

    Raises:
        PeriodError: the text names none, or several.
    """
    found = {period for mention in find_periods(text) for period in mention.periods}
    if len(found) != 1:
        raise PeriodError(f"“{text}”没有指明唯一的期间；写法：2023年、2023年末、2023年上半年、2023年三季度、2023年6月30日")
    return found.pop()


def _year(match: re.Match[str]) -> int:
    if match["y"]:
        return int(match["y"])
    if match["cy"]:
        return int("".join(_DIGITS[char] for char in match["cy"]))
    return (2000 if int(match["sy"]) < 50 else 1900) + int(match["sy"])


def _number(text: str) -> int:
    """6, 06, 六, 十二, 三十一 as a number."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (_CHINESE_COUNT.get(tens, 1) * 10 if ten else 0) + _CHINESE_COUNT.get(ones, 0)


def _days(text: str) -> list[PeriodMention]:
    found = []
    for match in _MONTH_DAY.finditer(text):
        if period := _safe(_year(match), Part.DAY, _number(match["m"]), _number(match["d"])):
            found.append(PeriodMention(*match.span(), match[0], (period.same_date(),), point=True))
    return found


def _month_ends(text: str) -> list[PeriodMention]:
    """A month as the date that it ends on: 2023年6月末 is 2023H1, 2023年5月末 is 2023-05-31 and never the whole year."""
    found = []
    for match in _MONTH_END.finditer(text):
        year, month = _year(match), _number(match["m"] or match["iso"])
        if period := _safe(year, Part.DAY, month, monthrange(year, month)[1]):
            found.append(PeriodMention(*match.span(), match[0], (period.same_date(),), point=True))
    return found


def _english(text: str) -> list[PeriodMention]:
    """As brokers write it: 1H23, 3Q2023, 9M23, FY2023, H1 2023."""
    found = []
    for match in _ENGLISH.finditer(text):
        year, part = int(match["y"]), _ENGLISH_PARTS[match["part"].upper()]
        if period := _safe(year if year > 99 else 2000 + year, part):
            found.append(PeriodMention(*match.span(), match[0], (period,)))
    return found


def _ranges(text: str) -> list[PeriodMention]:
    found = []
    for match in [*_RANGE.finditer(text), *_SHORT_RANGE.finditer(text)]:
        first, last = 2000 + int(match["y1"]) if "y1" in match.re.groupindex else _year(match), int(match["y2"])
        if last < 100:
            last += first // 100 * 100
        if 0 < last - first <= 30:
            found.append(PeriodMention(*match.span(), match[0], tuple(year_range(first, last)), point=bool(match["point2"]) or None, is_range=True))
    return found


def _year_parts(text: str) -> list[PeriodMention]:
    found = []
    for match in _YEAR_PART.finditer(text):
        bare_year = match["y"] and match[0].strip() == match["y"]
        if bare_year and not _stands_alone(text, match):
            continue
        part = next((_PART_WORDS[index][0] for index in range(len(_PART_WORDS)) if match[f"p{index}"]), Part.YEAR)
        if period := _safe(_year(match), _cumulative(part, match["single"])):
            found.append(PeriodMention(match.start(), match.end(), match[0], (period,), point=True if match["point"] else None))
    return found


def _cumulative(part: Part, mark: str | None) -> Part:
    folded = {Part.Q2: Part.H1, Part.Q3: Part.NINE_MONTHS, Part.Q4: Part.YEAR}
    return folded.get(part, part) if mark == "累计" else part


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    """Whether a bare 2023 is a year: not part of a longer number, a decimal or an amount."""
    before, after = text[: match.start()][-1:], text[match.end():].lstrip()[:1]
    rest = text[match.end() :].lstrip()
    listed = (after in ("", ",") and not rest[1:2].isdigit()) or bool(re.match(r",\s*(?:19|20)\d{2}(?!\d)", rest))  # 招行,2023,不良率
    counted = after.isdigit() or (after in tuple(".,%‰亿万千百元个倍股") and not listed) or (after in tuple("户人笔张台") and rest[1:2] != "均")
    joined = before in tuple(".,-") and (before != "," or text[: match.start() - 1][-1:].isdigit())
    return not (before.isdigit() or joined) and not counted


def _bare_parts(text: str) -> list[PeriodMention]:
    found = []
    quarters = {"一": Part.Q1, "1": Part.Q1, "二": Part.Q2, "2": Part.Q2, "三": Part.Q3, "3": Part.Q3, "四": Part.Q4, "4": Part.Q4}
    for match in _BARE_PART.finditer(text):
        word = match["p"]
        if word in _BARE:
            part, point = _BARE[word]
        elif word[0] in "Hh":
            part, point = (Part.H1 if word[1] == "1" else Part.H2), False
        else:
            part, point = next(quarters[char] for char in word if char in quarters), False
        if word[0] in "Hh" and word[1] not in "12":
            continue
        found.append(PeriodMention(*match.span(), match[0], relative=Relative.PART_ONLY, part=part, point=point or bool(match["point"]) or None))
    return found


def _relatives(text: str) -> list[PeriodMention]:
    found = []
    for relative, pattern in _RELATIVES:
        for match in pattern.finditer(text):
            number = match.groupdict().get("n") or match.groupdict().get("m")
            count = 0 if not number else int(number) if number.isdigit() else _CHINESE_COUNT[number]
            point = True if match[0].endswith(("末", "底")) else None
            found.append(PeriodMention(*match.span(), match[0], relative=relative, count=count, point=point))
    return found


def _safe(year: int, part: Part, month: int = 0, day: int = 0) -> Period | None:
    """A period, or None where the digits name no existing one (2023年2月30日)."""
    try:
        return Period(year, part, month, day)
    except PeriodError:
        return None


_FINDERS = (_days, _english, _ranges, _month_ends, _year_parts, _relatives, _bare_parts)
