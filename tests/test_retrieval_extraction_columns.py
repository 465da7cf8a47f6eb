"""Columns read together: what volume and rate did to a change are amounts, under whichever column the years compared were left."""

from __future__ import annotations

from data.periods import Period
from retrieval.documents import Column
from retrieval.extraction.columns import read_columns


def measures(*headers: tuple[str, ...]) -> list[str]:
    return [column.sense.measure for column in read_columns([Column(header) for header in headers], Period(2023))]


def test_a_rate_beside_volume_is_an_effect() -> None:
    assert measures(("规模",), ("利率",), ("合计",)) == ["规模", "利率因素", "合计"]
    assert measures(("平均余额",), ("利率",)) == ["平均余额", "利率"]


def test_the_years_compared_belong_to_no_single_column() -> None:
    found = read_columns([Column(("规模因素",)), Column(("2023年对比2022年利率因素",)), Column(("净增减",))], Period(2023))
    assert [column.sense.measure for column in found][:2] == ["规模因素", "利率因素"] and not any(column.unclear for column in found)
