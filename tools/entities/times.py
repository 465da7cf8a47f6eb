"""Times in a sentence: years, quarters, halves, months, days, ranges of them, and words relative to the report.

Comparisons (同比, 环比, 同期) and lengths of time (三年, 90天) are no times. A document's year is one (2024年年度报告 → 2024年).
"""

from __future__ import annotations

import re

from tools.entities.spans import EntitySpan, EntityType

_ = r"\s?"
_YEAR = rf"(?:(?<!\d)(?:19|20)\d{{2}}{_}|(?<!\d)\d{{2}}(?=年(?:[末底初]|[一二三四1-4]季|[上下]?半年|前三|度?(?:营|归|净)))|[一二][〇零○oO一二三四五六七八九]{{3}})年(?:[一二三四五六七八九十]{{1,2}}月[一二三四五六七八九十]{{1,3}}日)?"
_SHORT = r"[0-3]\d"
_NUMBER = r"[一二三四1-4]"
_QUARTER = rf"(?:第{_}{_NUMBER}(?:{_}[-—–~至到]{_}{_NUMBER})?{_}季度?|{_NUMBER}{_}季度|{_NUMBER}季(?=[报末初])|[上下]半年|前{_}[二三23]个?季度?|前[一二三四五六七八九十\d]{{1,2}}个?月|首[二三两]?季度?|末季|半年度?|中期)"
_MONTH = rf"(?<!\d)(?<!\d[.,])(?:1[0-2]|0?[1-9]){_}月"
_DAY = rf"(?:3[01]|[12]\d|0?[1-9]){_}[日号]"
_EDGE = r"(?:[末底初]|份|[上中下]旬)"
_DATE = rf"{_YEAR}{_}{_MONTH}(?:{_}{_DAY}|{_EDGE})?|{_MONTH}(?:{_}{_DAY}|{_EDGE})?"
_FULL_YEAR = rf"{_YEAR}(?:{_}(?:{_QUARTER}|全年|年[末底初中]|财年)(?:[末底初])?|度(?!假)|[末底初中](?!国|央|信|石|铁)|内(?![地部外控需]))?"
_TO = rf"{_}(?:至|到|[-—–~～－─]{{1,2}}){_}"
_MONTHS = rf"(?:{_YEAR}{_})?(?<!\d)(?<!\d[.,])(?:1[0-2]|0?[1-9]){_}月?{_TO}(?:1[0-2]|[1-9]){_}月(?:{_DAY})?"
_LATIN = (
    r"(?<![A-Za-z\d.])(?:Q[1-3][-~—–](?:Q?[2-4])|[1-3]Q[-~—–][2-4]Q)(?![A-Za-z\d.%])(?:年?[末底])?|(?<![A-Za-z\d.])(?:(?:20)?\d{2}年?)?(?:[1-4]Q|Q[1-4](?:-[2-4])?|[12]H|H[12]|9M|FY)(?:(?:20)?\d{2})?(?![A-Za-z\d.%])(?:年?[末底])?"
    r"|(?<![\d.,/-])(?:19|20)\d{2}([-/.])(?:1[0-2]|0?[1-9])\1(?:3[01]|[12]\d|0?[1-9])(?![\d%])"
)
_RELATIVE = (
    r"上一季度末?|本?报告期(?:[末内初]|期末)?|(?:上年|去年|上一年|前一年|上一)度?(?:同期|年?[末底初]|全年)?|前年(?:[末底])?|今年|明年|本年度?(?:[末初内])?|(?<!成)年初|(?<![成一二三四五六七八九十两几数近\d])年内|当年(?:末|底)?|同年|"
    r"(?<![多整来])全年|上季度?(?:末)?|上个?季度(?:末)?|本季度(?:末)?|上月末?|本月末?|上期(?:末)?|本期(?:末)?(?!债|票据|优先股|发行|永续)|期[末初]|年[末底](?!余额)|年中|次年|翌年|季[末初]|月末|期内(?!部)"
)
_AFTER_RELATIVE = rf"{_}(?:{_MONTHS}|{_QUARTER}(?:末)?|{_DATE})"
_PATTERN = re.compile(
    "|".join((
        rf"(?:{_DATE}){_TO}(?:{_DATE})",
        _MONTHS,
        rf"(?:{_FULL_YEAR}|(?<!\d)(?<!\d[.,])(?:19|20)\d{{2}}){_TO}(?:{_FULL_YEAR})",
        rf"{_YEAR}{_}{_MONTH}(?:{_}{_DAY}|{_EDGE})?",
        rf"{_YEAR}{_}(?:Q[1-4]|[1-4]Q|H[12]|[12]H)(?![A-Za-z\d.%])(?:[末底])?",
        rf"(?<![\d.,]){_SHORT}[-—~至]{_SHORT}年(?!期)",
        r"(?<!\d)(?:19|20)\d{2}(?=(?:\s?[/、及和与]\s?(?:19|20)\d{2}){1,4}\s?年)",
        _FULL_YEAR,
        rf"{_MONTH}(?:{_}{_DAY}|{_EDGE})?",
        rf"(?:{_RELATIVE})(?:{_AFTER_RELATIVE})?",
        rf"(?<![一-鿿]){_QUARTER}(?:[末初])?|{_QUARTER.replace('|半年度?|中期', '')}(?:[末初])?",
        _LATIN,
    )),
)  # fmt: skip
# 中期 and 半年度 are times only behind a year; 前一年 is a length as often as a year.
_NOT_TIME = re.compile(r"上一$|^前一年$|^中期$|^半年度?$")


def find_times(text: str) -> list[EntitySpan]:
    """Every time of a prepared text, left to right, none overlapping."""
    found = []
    for match in _PATTERN.finditer(text):
        words = match[0].rstrip()
        if not _NOT_TIME.search(words):
            found.append(EntitySpan(match.start(), match.start() + len(words), EntityType.TIME))
    return found
