"""data.periods: periods move, order and print as Chinese reports mean them."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import PeriodError
from data.periods import FIRST_YEAR, LAST_YEAR, Part, Period, year_range

_PARTS = [part for part in Part if part is not Part.DAY]
_YEARS = st.integers(min_value=FIRST_YEAR + 2, max_value=LAST_YEAR - 2)
_SPANS = st.builds(Period, _YEARS, st.sampled_from(_PARTS))
_DAYS = st.dates(min_value=date(FIRST_YEAR + 2, 1, 1), max_value=date(LAST_YEAR - 2, 12, 31)).map(Period.on)
_PERIODS = _SPANS | _DAYS


@pytest.mark.parametrize("text", ["2023", "2023H1", "2023H2", "2023Q1", "2023Q2", "2023Q3", "2023Q4", "2023Q1-3", "2023-11-30", "2024-02-29"])
def test_canonical_forms_are_read_and_written_back(text: str) -> None:
    assert str(Period.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "23", "2023年", "2023H3", "2023Q5", "2023-13-01", "2023-02-30", "2023-00-10", "2023-1-1", "1948", "2200", "2023Q1-2", "2023\n", " 2023", "0001-01-01", "2023-11-30\n"]
)
def test_anything_else_is_refused_in_chinese(text: str) -> None:
    with pytest.raises(PeriodError, match="期间|范围|不存在"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("text", "folded"), [("2023-03-31", "2023Q1"), ("2023-06-30", "2023H1"), ("2023-09-30", "2023Q1-3"), ("2023-12-31", "2023"), ("2023-06-29", "2023-06-29")]
)
def test_quarter_ends_fold_into_the_balance_sheet_date(text: str, folded: str) -> None:
    assert str(Period.parse(text)) == folded


@pytest.mark.parametrize(
    ("text", "end", "months", "flow", "point"),
    [
        ("2023", "2023-12-31", 12, "2023年", "2023年末"), ("2023H1", "2023-06-30", 6, "2023年上半年", "2023年6月末"), ("2023H2", "2023-12-31", 6, "2023年下半年", "2023年末"),
        ("2023Q1", "2023-03-31", 3, "2023年一季度", "2023年3月末"), ("2023Q2", "2023-06-30", 3, "2023年二季度", "2023年6月末"), ("2023Q3", "2023-09-30", 3, "2023年三季度", "2023年9月末"),
        ("2023Q4", "2023-12-31", 3, "2023年四季度", "2023年末"), ("2023Q1-3", "2023-09-30", 9, "2023年前三季度", "2023年9月末"),
        ("2023-11-30", "2023-11-30", 0, "2023年11月30日", "2023年11月30日"),
    ],
)
def test_ends_lengths_and_labels(text: str, end: str, months: int, flow: str, point: str) -> None:
    period = Period.parse(text)
    assert (period.end.isoformat(), period.months) == (end, months)
    assert (period.label(point=False), period.label(point=True)) == (flow, point)
    assert period.is_annual is (text == "2023")


@pytest.mark.parametrize(
    ("text", "point", "before"),
    [
        ("2023Q1", False, "2022Q4"), ("2023Q2", False, "2023Q1"), ("2023Q4", False, "2023Q3"), ("2023", True, "2023Q1-3"), ("2023Q1-3", True, "2023H1"), ("2023H1", True, "2023Q1"),
        ("2023Q1", True, "2022"), ("2023Q3", True, "2023H1"), ("2023H2", True, "2023Q1-3"),
    ],
)
def test_the_quarter_before(text: str, point: bool, before: str) -> None:
    assert str(Period.parse(text).previous_quarter(point=point)) == before


@pytest.mark.parametrize(("text", "point"), [("2023", False), ("2023H1", False), ("2023Q1-3", False), ("2023-11-30", True), ("2023-11-30", False)])
def test_a_flow_over_more_than_a_quarter_has_none(text: str, point: bool) -> None:
    with pytest.raises(PeriodError, match="环比"):
        Period.parse(text).previous_quarter(point=point)


def test_leap_days() -> None:
    leap = Period.parse("2024-02-29")
    assert str(leap.year_ago()) == "2023-02-28" and str(leap.shift_years(4)) == "2028-02-29" and leap.shift_years(0) == leap


def test_years_outside_the_range_are_refused() -> None:
    for year in (FIRST_YEAR - 1, LAST_YEAR + 1):
        with pytest.raises(PeriodError, match="范围"):
            Period(year)
    for edge, years in ((Period(FIRST_YEAR), -1), (Period(LAST_YEAR, Part.DAY, 5, 1), 1)):
        with pytest.raises(PeriodError, match="范围"):
            edge.shift_years(years)


def test_ranges_of_years() -> None:
    assert [str(period) for period in year_range(2021, 2023)] == ["2021", "2022", "2023"] and year_range(2023, 2023) == [Period(2023)]
    for first, last in ((2023, 2021), (1990, 2023)):
        with pytest.raises(PeriodError, match="区间"):
            year_range(first, last)


@settings(max_examples=500, deadline=None)
@given(_PERIODS)
def test_text_form_is_lossless(period: Period) -> None:
    assert Period.parse(str(period)) == period


@settings(max_examples=500, deadline=None)
@given(_PERIODS, st.integers(min_value=-2, max_value=2))
def test_shifting_years_keeps_the_part_and_adds_up(period: Period, years: int) -> None:
    moved = period.shift_years(years)
    assert moved.part is period.part and moved.year == period.year + years and moved.months == period.months
    assert period.year_ago() == period.shift_years(-1)
    if (period.month, period.day) != (2, 29):
        assert moved.shift_years(-years) == period


@settings(max_examples=500, deadline=None)
@given(_PERIODS)
def test_a_date_is_its_own_date(period: Period) -> None:
    same = period.same_date()
    assert same.end == period.end and same.same_date() == same
    assert period.prior_year_end().end < period.end and period.prior_year_end().is_annual


@settings(max_examples=300, deadline=None)
@given(_SPANS)
def test_four_quarters_back_is_a_year_ago(period: Period) -> None:
    back = period.same_date()
    for _ in range(4):
        back = back.previous_quarter(point=True)
    assert back == period.same_date().year_ago()


@settings(max_examples=300, deadline=None)
@given(st.lists(_PERIODS, max_size=6))
def test_sorting_follows_the_calendar(periods: list[Period]) -> None:
    ordered = sorted(periods, key=lambda period: period.sort_key)
    assert all(one.end <= other.end for one, other in pairwise(ordered))
    assert Period(2023).sort_key > Period(2023, Part.Q4).sort_key > Period(2023, Part.NINE_MONTHS).sort_key
