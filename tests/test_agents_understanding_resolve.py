"""Relative periods become absolute: against the conversation, the ledger and the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from agents.understanding.horizon import Horizon
from agents.understanding.resolve import PeriodResolver
from data.period_text import find_periods
from data.periods import Period
from retrieval.ledger import Ledger
from tests.small_ledger import TODAY, ledger


@pytest.fixture(scope="module")
def horizon() -> Iterator[Horizon]:
    with ledger() as store:
        yield Horizon(store)


def resolver(horizon: Horizon, *carried: str, banks: tuple[str, ...] = ("cmb",), indicator: str = "npl_ratio", scope: str = "", today: date = TODAY) -> PeriodResolver:
    return PeriodResolver(horizon, list(banks), [indicator], scope, [Period.parse(text) for text in carried], today)


def resolved(made: PeriodResolver, text: str) -> list[str]:
    return [str(period) for period in made.targets(find_periods(text))]


@pytest.mark.parametrize(("text", "carried", "periods"), [
    ("2023年", (), ["2023"]),
    ("2021-2023年", (), ["2021", "2022", "2023"]),
    ("2023年、2023年末", (), ["2023"]),
    ("去年", (), ["2024"]),
    ("前年", (), ["2023"]),
    ("今年", (), ["2025"]),
    ("上年末", (), ["2024"]),
    ("去年", ("2022",), ["2021"]),
    ("上年同期", ("2024H1",), ["2023H1"]),
    ("上年末", ("2024H1",), ["2023"]),
    ("上季度末", ("2024Q1",), ["2023"]),
    ("再往前一年", ("2022",), ["2021"]),
    ("次年", ("2022",), ["2023"]),
    ("当年", ("2024Q1",), ["2024"]),
    ("一季度末", (), ["2024Q1"]),
    ("一季度末", ("2023",), ["2023Q1"]),
    ("2023年一季度", (), ["2023Q1"]),
    ("今年一季度", (), ["2025Q1"]),
    ("去年上半年", (), ["2024H1"]),
    ("2023年四个季末", (), ["2023Q1", "2023H1", "2023Q1-3", "2023"]),
    ("近三年", (), ["2022", "2023", "2024"]),
    ("最近两年", (), ["2023", "2024"]),
    ("最新一期", (), ["2024"]),
])
def test_periods_in_words(horizon: Horizon, text: str, carried: tuple[str, ...], periods: list[str]) -> None:
    assert resolved(resolver(horizon, *carried), text) == periods


@pytest.mark.parametrize(("text", "target", "base"), [
    ("上年同期", "2024H1", "2023H1"), ("上年末", "2024H1", "2023"), ("年初", "2024", "2023"), ("上季度末", "2024Q1", "2023"), ("前年", "2024", "2022"),
    ("2021年", "2024", "2021"), ("去年", "2024", "2023"),
])
def test_what_a_change_is_measured_against(horizon: Horizon, text: str, target: str, base: str) -> None:
    mention = find_periods(text)[0]
    assert str(resolver(horizon).base(mention, Period.parse(target))) == base


def test_an_assumption_is_said_once_for_each_word(horizon: Horizon) -> None:
    made = resolver(horizon)
    resolved(made, "去年和前年")
    assert made.assumptions == ["“去年”理解为2024年", "“前年”理解为2023年"]


def test_before_the_first_year_there_is_nothing(horizon: Horizon) -> None:
    assert resolved(resolver(horizon, "1949"), "再往前一年") == []
    assert resolved(resolver(horizon, "1949"), "去年一季度") == ["1949Q1"], "a year that does not exist gives no year to the quarter"


def test_the_default_is_the_latest_year_held_and_is_said(horizon: Horizon) -> None:
    made = resolver(horizon)
    assert [str(period) for period in made.default()] == ["2024"] and made.assumptions == ["未指明期间，取库中最新的2024年"]
    assert [str(period) for period in resolver(horizon, scope="本行").default()] == ["2024"]


def test_several_banks_share_the_years_that_all_of_them_hold(horizon: Horizon) -> None:
    assert [str(period) for period in resolver(horizon, banks=("cmb", "icbc")).trend()] == ["2022", "2023", "2024"]
    assert [str(period) for period in resolver(horizon, banks=("cmb", "nbcb")).trend()] == ["2023", "2024"]


def test_a_course_of_which_one_year_is_named(horizon: Horizon) -> None:
    made = resolver(horizon)
    assert [str(period) for period in made.course(Period(2022), since=True)] == ["2022", "2023", "2024"]
    assert [str(period) for period in made.course(Period(2022), since=False)] == ["2021", "2022"]
    assert made.course(Period(2031), since=True) == [Period(2031)], "what is not held is not swapped for what is"


def test_an_empty_ledger_has_no_latest_year() -> None:
    with Ledger.open("sqlite://") as empty:
        horizon = Horizon(empty)
        made = resolver(horizon)
        assert made.default() == [] and made.trend() == [] and horizon.banks() == [] and horizon.only_bank() is None
        assert resolved(made, "近三年") == [] and resolved(made, "最新一期") == []
        assert resolved(made, "一季度") == ["2025Q1"], "the calendar's year, where the ledger has none"
