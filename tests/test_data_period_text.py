"""data.period_text: every way that analysts and reports write a period is found where it stands, and nothing else is."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import PeriodError
from data.period_text import Relative, find_periods, parse_period
from data.periods import Part, Period
from data.text import normalise

_CHINESE_DIGITS = "〇一二三四五六七八九"


@pytest.mark.parametrize(
    ("text", "period", "point"),
    [
        ("2023年", "2023", None), ("2023年末", "2023", True), ("23年末", "2023", True), ("2023年底", "2023", True), ("2023年年末", "2023", True), ("2023 年 末", "2023", True),
        ("２０２３年", "2023", None), ("二〇二三年", "2023", None), ("二零二三年末", "2023", True), ("二○二三年", "2023", None), ("2023年度", "2023", None), ("2023财年", "2023", None),
        ("2023年年报", "2023", None), ("2023年全年", "2023", None), ("98年末", "1998", True), ("13年末", "2013", True), ("FY23", "2023", None), ("2023", "2023", None),
        ("2023年上半年", "2023H1", None), ("2023上半年", "2023H1", None), ("23年上半年", "2023H1", None), ("2023H1", "2023H1", None), ("23H1", "2023H1", None), ("1H23", "2023H1", None),
        ("1H2023", "2023H1", None), ("H1 2023", "2023H1", None), ("2023年中期", "2023H1", None), ("2023半年报", "2023H1", None), ("2023年1-6月", "2023H1", None),
        ("2023年下半年", "2023H2", None), ("2023年前三季度", "2023Q1-3", None), ("2023年前九个月", "2023Q1-3", None), ("2023年1-9月", "2023Q1-3", None), ("2023Q1-3", "2023Q1-3", None),
        ("2023年三季报", "2023Q1-3", None), ("2023年三季度累计", "2023Q1-3", None), ("9M23", "2023Q1-3", None), ("2023年三季度", "2023Q3", None), ("2023年第三季度", "2023Q3", None),
        ("2023年Q3单季", "2023Q3", None), ("2023Q3", "2023Q3", None), ("3Q23", "2023Q3", None), ("2023年一季度", "2023Q1", None), ("2023年第1季度", "2023Q1", None),
        ("2023年四季度", "2023Q4", None), ("2023年三季度末", "2023Q3", True), ("2023年6月30日", "2023H1", True), ("2023年06月30日", "2023H1", True), ("2023.06.30", "2023H1", True),
        ("2023/12/31", "2023", True), ("2023-6-30", "2023H1", True), ("2023年9月30日", "2023Q1-3", True), ("2023年3月31日", "2023Q1", True), ("2023年11月30日", "2023-11-30", True),
        ("二〇二三年六月三十日", "2023H1", True), ("二〇二三年十二月三十一日", "2023", True), ("2023年6月末", "2023H1", True), ("二〇二三年六月末", "2023H1", True),
        ("2023年12月末", "2023", True), ("2023年5月末", "2023-05-31", True), ("2023-06", "2023H1", True), ("2024年2月29日", "2024-02-29", True),
    ],
)
def test_absolute_forms(text: str, period: str, point: bool | None) -> None:
    (mention,) = find_periods(normalise(text))
    assert ([str(found) for found in mention.periods], mention.point, mention.relative) == ([period], point, None)
    assert mention.text == normalise(text)[mention.start : mention.end]
    assert str(parse_period(normalise(text))) == period


@pytest.mark.parametrize(
    ("text", "first", "last", "point"),
    [
        ("2021-2023年", 2021, 2023, None), ("2021年至2023年", 2021, 2023, None), ("2021到2023年末", 2021, 2023, True), ("2020—2022年", 2020, 2022, None), ("2020~2022", 2020, 2022, None),
        ("2022-23年", 2022, 2023, None), ("2010-12", 2010, 2012, None), ("2021年末至2023年末", 2021, 2023, True), ("２０２１－２０２３年", 2021, 2023, None),
    ],
)
def test_ranges_of_years(text: str, first: int, last: int, point: bool | None) -> None:
    (mention,) = find_periods(normalise(text))
    assert [period.year for period in mention.periods] == list(range(first, last + 1)) and mention.is_range and mention.point is point
    with pytest.raises(PeriodError):
        parse_period(normalise(text))


@pytest.mark.parametrize(
    ("text", "relative", "count"),
    [
        ("上年同期", Relative.YEAR_AGO, 0), ("去年同期", Relative.YEAR_AGO, 0), ("上年末", Relative.PRIOR_YEAR_END, 0), ("去年", Relative.LAST_YEAR, 0), ("今年", Relative.THIS_YEAR, 0),
        ("前年", Relative.YEAR_BEFORE_LAST, 0), ("再往前一年", Relative.ONE_YEAR_EARLIER, 0), ("次年", Relative.ONE_YEAR_LATER, 0), ("近三年", Relative.LAST_YEARS, 3),
        ("最近5年", Relative.LAST_YEARS, 5), ("近10年", Relative.LAST_YEARS, 10), ("过去十年", Relative.LAST_YEARS, 10), ("近两年", Relative.LAST_YEARS, 2), ("连续三年", Relative.LAST_YEARS, 3),
        ("最近三个会计年度", Relative.LAST_YEARS, 3), ("历年", Relative.LAST_YEARS, 0), ("报告期末", Relative.LATEST, 0), ("最新", Relative.LATEST, 0), ("年初", Relative.YEAR_START, 0),
        ("上季度", Relative.PREVIOUS_QUARTER, 0), ("四个季度末", Relative.QUARTER_ENDS, 0), ("同年", Relative.SAME_YEAR, 0),
    ],
)
def test_relative_words_are_left_to_the_conversation(text: str, relative: Relative, count: int) -> None:
    (mention,) = find_periods(text)
    assert (mention.relative, mention.count, mention.periods, mention.text) == (relative, count, (), text)
    with pytest.raises(PeriodError, match="唯一"):
        parse_period(text)


@pytest.mark.parametrize(
    ("text", "part", "point"),
    [
        ("前三季度", Part.NINE_MONTHS, None), ("三季报", Part.NINE_MONTHS, None), ("上半年", Part.H1, None), ("半年报", Part.H1, None), ("三季度", Part.Q3, None), ("一季度末", Part.Q1, True),
        ("6月末", Part.H1, True), ("年末", Part.YEAR, True), ("Q2", Part.Q2, None), ("H2", Part.H2, None), ("下半年", Part.H2, None),
    ],
)
def test_a_part_without_a_year(text: str, part: Part, point: bool | None) -> None:
    (mention,) = find_periods(text)
    assert (mention.relative, mention.part, mention.point) == (Relative.PART_ONLY, part, point)


@pytest.mark.parametrize(
    "text",
    ["", "招商银行不良贷款率", "2023亿元", "12,023", "1.2023", "600036", "2023户", "2023百万元", "0023年", "1800年", "10年期国债", "第10年", "20231231", "H3", "不良率1.5%", "2023%"],
)
def test_numbers_that_are_no_periods(text: str) -> None:
    assert find_periods(normalise(text)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2023年比2022年", ["2023", "2022"]), ("2019、2020和2021年", ["2019", "2020", "2021"]), ("2023年末和2022年末", ["2023", "2022"]), ("2022年、2023年上半年", ["2022", "2023H1"]),
        ("招商银行2023不良率", ["2023"]), ("2023人均净利润", ["2023"]), ("2023年6月30日至2023年12月31日", ["2023H1", "2023"]), ("2023-净利润", ["2023"]),
    ],
)
def test_several_in_one_sentence(text: str, found: list[str]) -> None:
    assert [str(period) for mention in find_periods(normalise(text)) for period in mention.periods] == found


def test_a_named_year_with_a_part_and_words_around() -> None:
    mentions = find_periods("今年上半年与去年三季度相比")
    assert [(mention.relative, mention.part) for mention in mentions] == [
        (Relative.THIS_YEAR, None), (Relative.PART_ONLY, Part.H1), (Relative.LAST_YEAR, None), (Relative.PART_ONLY, Part.Q3),
    ]


_YEARS = st.integers(min_value=1950, max_value=2149)
_FLOWS = st.builds(Period, _YEARS, st.sampled_from([part for part in Part if part is not Part.DAY]))
_AROUND = st.sampled_from(["", "招商银行", "请问", "的不良贷款率是多少", "，", "净利润"])


@settings(max_examples=500, deadline=None)
@given(_FLOWS, _AROUND, _AROUND)
def test_what_is_printed_is_read_back(period: Period, before: str, after: str) -> None:
    assert parse_period(before + period.label(point=False) + after) == period
    assert parse_period(before + period.label(point=True) + after).end == period.end


@settings(max_examples=500, deadline=None)
@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2149, 12, 31)), _AROUND)
def test_any_date_is_read(day: date, before: str) -> None:
    for text in (f"{day.year}年{day.month}月{day.day}日", f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}", f"{day:%Y.%m.%d}", f"{day:%Y年%m月%d日}"):
        assert parse_period(before + text) == Period.on(day)


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=1950, max_value=2099), st.integers(min_value=1, max_value=20))
def test_years_in_chinese_digits_and_ranges(year: int, length: int) -> None:
    assert parse_period("".join(_CHINESE_DIGITS[int(digit)] for digit in str(year)) + "年") == Period(year)
    (mention,) = find_periods(f"{year}-{year + length}年")
    assert len(mention.periods) == length + 1 and mention.is_range


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="0123456789年月日末底上下半季度一二三四前近去今同期-/.至HQhq银行 ", max_size=40))
def test_mentions_never_overlap_and_point_into_the_text(text: str) -> None:
    mentions = find_periods(text)
    assert all(one.end <= other.start for one, other in pairwise(mentions))
    assert all(text[mention.start : mention.end] == mention.text and (mention.periods or mention.relative) for mention in mentions)
