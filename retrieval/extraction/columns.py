"""The columns of a table read together: periods that a merged header spreads, twins that cannot be told apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from data.figures import Scope
from data.periods import Period
from retrieval.documents import Column, Table
from retrieval.extraction.cells import read_cell
from retrieval.extraction.headers import ColumnSense, read_column
from retrieval.extraction.labels import without_marks
from retrieval.extraction.period_words import PeriodReading, find_header_periods

_FOREIGN = re.compile(r"\(?(?:美元|港[元币]|外币|欧元|其他(?:货币|币种|外币)?)(?:项目)?(?:\(?折.*)?\)?$")
_PRICE = re.compile(r"(?:利率|价格)(?:因素|变[动化])?$")
_COMPARED = re.compile(r"\d{4}年度?(?:与|对比?|比|较)\d{4}年度?(?:相比|比较|之比)?")
_VOLUME = re.compile(r"(?:规模|体量|业务量|数量)(?:因素|变[动化])?$")


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column's sense.

    twin: another column reads the same, so that neither may be trusted with a name. unclear: its headers name several periods.
    """

    sense: ColumnSense
    twin: bool = False
    unclear: bool = False


def read_columns(columns: Sequence[Column], report: Period | None) -> tuple[ReadColumn, ...]:
    """The senses of all columns of a table."""
    columns = _without_comparison(_without_stray_change(columns, report))
    senses, unclear = _spread(columns, [read_column(column, report) for column in columns])
    senses = _by_effect(_by_currency(columns, _completed(_inherited(senses))))
    keys = [_key(sense) for sense, column in zip(senses, columns, strict=True) if not column.note]
    counts = Counter(keys)
    return tuple(
        ReadColumn(sense, not column.note and counts[_key(sense)] > 1, index in unclear)
        for index, (sense, column) in enumerate(zip(senses, columns, strict=True))
    )


def _by_currency(columns: Sequence[Column], senses: Sequence[ColumnSense]) -> list[ColumnSense]:
    """人民币 beside 美元 is a part of the whole, not a unit."""
    if not any(_FOREIGN.match(without_marks(header)) for column in columns for header in column.headers):
        return list(senses)
    domestic = [any(without_marks(header) in ("人民币", "本币", "人民币项目") for header in column.headers) for column in columns]
    return [replace(sense, measure="人民币") if own and not sense.measure else sense for sense, own in zip(senses, domestic, strict=True)]


def _without_comparison(columns: Sequence[Column]) -> Sequence[Column]:
    """Over 规模 and 利率 a 2023年对比2022年 spans all columns, on whichever of them a parser left it."""
    headers = ["".join(without_marks(header) for header in column.headers) for column in columns]
    if not any(_VOLUME.search(header) for header in headers) or not any(_PRICE.search(header) for header in headers):
        return columns
    return [replace(column, headers=tuple(_COMPARED.sub("", header) for header in column.headers)) for column in columns]


def _by_effect(senses: Sequence[ColumnSense]) -> list[ColumnSense]:
    """利率 beside 规模 is the amount that the rate did to a change, no rate."""
    if not any(_VOLUME.search(sense.measure) for sense in senses):
        return list(senses)
    return [replace(sense, measure=f"{sense.measure}因素") if sense.measure in ("利率", "价格") else sense for sense in senses]


def odd_columns(table: Table) -> frozenset[int]:
    """Columns of small numbers with decimals among columns of whole amounts: shares or rates, whatever a misread header says."""
    profiles: dict[int, list[bool]] = {}
    for row in table.rows:
        for column, cell in enumerate(row.cells):
            value = read_cell(cell.text).value if cell is not None else None
            if value is not None and value != 0:
                exponent = value.as_tuple().exponent
                profiles.setdefault(column, []).append(isinstance(exponent, int) and exponent < 0 and abs(value) < 1000)
    small = {column for column, marks in profiles.items() if len(marks) > 2 and all(marks)}
    return frozenset(small) if any(len(marks) > 2 and not any(marks) for marks in profiles.values()) else frozenset()


def _without_stray_change(columns: Sequence[Column], report: Period | None) -> Sequence[Column]:
    """A 同比变动 that a parser spread over every column, periods included, is taken off those that have a period of their own."""
    outer = {column.headers[0] if column.headers else "" for column in columns if not column.note}
    if len(outer) != 1 or len(columns) < 3 or not read_column(Column((*outer,)), report).change:
        return columns
    return [replace(column, headers=column.headers[1:]) if len(column.headers) > 1 else column for column in columns]


def _key(sense: ColumnSense) -> tuple[object, ...]:
    return sense.period, sense.point, sense.scopes, sense.measure, sense.restated, sense.unit


def _periods(column: Column) -> list[PeriodReading]:
    found = find_header_periods("".join(without_marks(header) for header in column.headers), None)
    return found if len({reading.period for reading in found}) == len(found) else []


def _spread(columns: Sequence[Column], senses: Sequence[ColumnSense]) -> tuple[list[ColumnSense], set[int]]:
    """A header of several dates over several columns belongs to them in order: two dates over four columns, two each.

    Only where it lists whole dates, the latest first as reports do; else (dates torn apart and mixed up) the columns come back as unclear.
    """
    spread, unclear = list(senses), set[int]()
    several = [_periods(column) if not sense.change else [] for column, sense in zip(columns, senses, strict=True)]
    keys = [(tuple(reading.period for reading in many), senses[index].scopes) for index, many in enumerate(several)]
    for _, group in groupby(range(len(columns)), key=keys.__getitem__):
        indexes = list(group)
        many = several[indexes[0]]
        if len(many) < 2:
            continue
        falling = all(left.period.end > right.period.end for left, right in pairwise(many))
        if len(indexes) % len(many) or not falling or len({(reading.point, reading.end - reading.start) for reading in many}) > 1:
            unclear |= set(indexes)
            continue
        for place, index in enumerate(indexes):
            reading = several[index][place * len(many) // len(indexes)]
            measure = senses[index].measure
            for period in several[index]:
                measure = measure.replace(_printed(columns[index], period), "")
            spread[index] = replace(senses[index], period=reading.period, point=reading.point, measure=measure, absolute=True)
    return spread, unclear


def _printed(column: Column, reading: PeriodReading) -> str:
    return "".join(without_marks(header) for header in column.headers)[reading.start : reading.end]


def _inherited(senses: Sequence[ColumnSense]) -> list[ColumnSense]:
    """Columns without a period take it from the column to their left, as 占比 does after 金额; scopes likewise."""
    read: list[ColumnSense] = []
    first = next((sense for sense in senses if sense.period is not None), None)
    for sense in senses:
        left = next((other for other in reversed(read) if other.period is not None and not other.change), None)
        source = first if sense.change else left
        if sense.period is None and source is not None:
            sense = replace(sense, period=source.period, point=source.point, scopes=sense.scopes or source.scopes)
        read.append(sense)
    return read


def _completed(senses: Sequence[ColumnSense]) -> list[ColumnSense]:
    """Dates times scopes with one pair twice and one missing: the twin beside its own date takes the missing pair."""
    completed = list(senses)
    pairs = [(sense.period, sense.scopes) for sense in senses]
    periods, scopes = list(dict.fromkeys(period for period, _ in pairs)), list(dict.fromkeys(scope for _, scope in pairs))
    wanted: list[tuple[Period | None, tuple[Scope, ...]]] = [(period, scope) for period in periods for scope in scopes]
    missing = [pair for pair in wanted if pair not in pairs]
    if len(pairs) != len(wanted) or len(missing) != 1 or len(scopes) < 2 or len(periods) < 2 or any(sense.measure for sense in senses):
        return completed
    twins = [index for index, pair in enumerate(pairs) if pairs.count(pair) > 1 and pair[1] == missing[0][1]]
    for index in twins:
        if index and pairs[index - 1][0] == missing[0][0]:
            source = senses[index - 1]
            completed[index] = replace(senses[index], period=source.period, point=source.point)
            break
    return completed
