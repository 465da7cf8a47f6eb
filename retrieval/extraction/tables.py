"""Figures of one table: every numeric cell that has a period and a unit, under its indicator or under its own row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from data.figures import Figure, Scope
from data.indicators import Indicator, Kind
from data.periods import Period
from data.units import Dimension, Unit
from retrieval.documents import Cell, Row, Table
from retrieval.extraction.borne_out import borne_out
from retrieval.extraction.cells import CellKind, CellReading, read_cell
from retrieval.extraction.columns import ReadColumn, odd_columns, read_columns
from retrieval.extraction.context import Subject
from retrieval.extraction.distinct import row_marks
from retrieval.extraction.equity import STATEMENT, equity_balance
from retrieval.extraction.headers import ColumnSense, read_scopes
from retrieval.extraction.labels import TOTALS, clean_label, squeeze, without_marks
from retrieval.extraction.lines import Line, read_line, when
from retrieval.extraction.making import FigureMaker, Reading, agrees, row_name, settle_unit
from retrieval.extraction.movements import movement_spans, restarts_of
from retrieval.extraction.name_index import NameIndex
from retrieval.extraction.narrowing import Confirmed
from retrieval.extraction.page_heads import statement_of, statement_scope
from retrieval.extraction.period_words import PeriodReading, find_header_periods
from retrieval.extraction.places import CellPlace
from retrieval.extraction.printed_units import PrintedUnit, bracket_unit, caption_unit, counted_unit, counts_no_money, strip_unit
from retrieval.extraction.resolve import resolve
from retrieval.extraction.signs import EXPENSES, expenses_positive
from retrieval.extraction.topics import Place, Topic, read_topic
from retrieval.extraction.totals import total_owners
from retrieval.extraction.twins import one_row_each

RANKS = {Place.KEY: 0, Place.ANALYSIS: 1, Place.NOTE: 2}
_RATE = re.compile(r"(?:收益|成本|付息|不良|不良贷款|覆盖|拨备|充足|杠杆|减值|逾期|周转)率$|^(?:平均)?利率$")
_UNIT_ENDING = re.compile(r"人民币(?:百万|千|万|亿)?元$")
_ASSUMED = "表中没有写明期间，按报告期理解"
_ABOVE = "表中没有写明期间，取同页上表的期间"


@dataclass(slots=True)
class TableFigures:
    """The figures of a table and how many cells gave none, by reason."""

    figures: list[Figure] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


class TableReader:
    """Reads the tables of one document."""

    def __init__(
        self, maker: FigureMaker, subject: Subject, names: NameIndex, page_units: dict[int, Unit], heads: dict[int, tuple[str, ...]],
        scopes: Mapping[int, tuple[Scope, ...]], restarts: frozenset[int],
    ) -> None:  # fmt: skip
        self._maker = maker
        self._subject = subject
        self._names = names
        self._page_units = page_units
        self._heads = heads
        self._scopes = scopes
        self._restarts = restarts
        self._told = Confirmed()
        self._last: tuple[int, tuple[str, ...], PeriodReading | None] = (0, (), None)

    def read(self, table: Table, beside: frozenset[str] = frozenset()) -> TableFigures:
        """The figures of a table. beside: labels of its parts on other pages."""
        result = TableFigures()
        frame = _Frame.of(table, self._subject.period, self._heads.get(table.page, ()), beside)
        lines = [read_line(row, self._subject.period, frame.owners.get(index)) for index, row in enumerate(table.rows)]
        frame = replace(
            frame, spans=movement_spans(lines), marks=row_marks(table, lines), restarts=self._restarts | restarts_of(lines),
            above=None if frame.dated or any(line.period for line in lines) else self._above(table),
        )  # fmt: skip
        self._remember(table, frame)
        readings = [reading for index, line in enumerate(lines) for reading in self._row(table, index, line, frame, result.skipped)]
        readings = borne_out(one_row_each(readings), self._told)
        result.figures = [self._maker.figure(reading) for reading in expenses_positive(readings)]
        for figure in result.figures:
            self._told.add(figure)
        return result

    def _above(self, table: Table) -> PeriodReading | None:
        """The period of the table right above on the page, for one that names none; None where that has several."""
        page, section, period = self._last
        return period if (page, section) == (table.page, table.section) else None

    def _remember(self, table: Table, frame: _Frame) -> None:
        dates = {column.sense.period: column.sense for column in frame.columns if column.sense.period is not None}
        sole = next(iter(dates.values())) if len(dates) == 1 else None
        period = PeriodReading(sole.period, sole.point, 0, 0) if sole is not None and sole.period is not None else frame.above
        self._last = (max((row.page for row in table.rows), default=table.page), table.section, period)

    def _row(self, table: Table, index: int, line: Line, frame: _Frame, skipped: Counter[str]) -> Iterator[Reading]:
        row = table.rows[index]
        for column, cell in enumerate(row.cells[: len(table.columns)]):
            if cell is None or table.columns[column].note:
                continue
            value = read_cell(cell.text)
            if value.kind is CellKind.NUMBER:
                yield from self._cell(table, index, line, frame, column, cell, value, skipped)
            elif value.kind is not CellKind.EMPTY:
                skipped[_REASONS[value.kind]] += 1

    def _cell(
        self, table: Table, row_index: int, line: Line, frame: _Frame, column: int, cell: Cell, value: CellReading, skipped: Counter[str]
    ) -> Iterator[Reading]:
        assert value.value is not None
        sense, twin = frame.columns[column].sense, frame.columns[column].twin
        if frame.columns[column].unclear:
            skipped["期间不明"] += 1
            return
        around = frame.period or frame.above
        period, point, assumed = when(line, sense, around, frame.spans.get(row_index), self._subject.period, frame.restarts)
        assumed = assumed or frame.above is not None
        if period is None:
            skipped["没有期间"] += 1
            return
        measure = "" if frame.sums and sense.measure in TOTALS else sense.measure
        path = line.path or ((measure,) if measure else (frame.topic.noun,))
        if not line.path:
            measure = ""
        if not any(path):
            skipped["没有行名"] += 1
            return
        place = CellPlace(path, frame.topic, measure, point, sense.share, frame.rows)
        indicator = None if sense.change or twin or frame.owners.get(row_index, ()) is None else resolve(place, self._names)
        if STATEMENT.search(frame.topic.title):
            indicator = equity_balance(table.columns[column], line, self._names)
        if indicator is not None and column in frame.odd and indicator.unit.dimension is Dimension.AMOUNT:
            indicator = None
        general = PrintedUnit(None) if column in frame.odd else self._general_unit(table, frame, table.rows[row_index])
        of = self._unit(value, sense, line, place, general, indicator)
        if of is None and indicator is not None:
            indicator = None
            of = self._unit(value, sense, line, place, general, None)
        if of is None:
            skipped["单位不明"] += 1
            return
        if indicator is not None and not agrees(indicator, abs(value.value) if indicator.id in EXPENSES else value.value, of):
            indicator = None
            of = self._unit(value, sense, line, place, general, None) or of
        rank = RANKS[frame.topic.place] + (1 if frame.sums and sense.measure in TOTALS else 0) + (2 if assumed else 0)
        label, again = table.columns[column].label, f"(第{column + 1}列)" if twin else ""
        evidence = self._maker.evidence(
            cell.page, cell.text.strip(), table=squeeze(table.title), row=line.printed, column=" ".join(label.split()), box=cell.box
        )
        reading = Reading(
            value=value.value, unit=of, period=period, scope=Scope.GROUP, indicator=indicator,
            name=row_name(frame.subject, _marked(path, frame.marks.get(row_index, "")), "".join((sense.measure if line.path else "", again))),
            point=indicator.point if indicator else bool(point), rank=rank, evidence=evidence, restated=sense.restated,
            audited=sense.audited is not False, maybe=None if indicator else self._maybe(place, sense, frame, twin),
            note="" if not assumed else _ABOVE if frame.above else _ASSUMED,
        )  # fmt: skip
        for scope in sense.scopes or line.scopes or frame.scopes or self._scopes.get(cell.page, (Scope.GROUP,)):
            yield replace(reading, scope=scope)

    def _maybe(self, place: CellPlace, sense: ColumnSense, frame: _Frame, twin: bool) -> Indicator | None:
        """The indicator that a plain balance's label names, whatever speaks against it around; of a 小计, that of what it sums up."""
        if sense.change or sense.share or place.measure or twin or frame.topic.closed or place.point is False:
            return None
        label = place.path[-2] if place.label in TOTALS and len(place.path) > 1 else place.label
        found = self._names.find_label(strip_unit(label))
        return found if found is not None and found.kind is Kind.STOCK else None

    def _general_unit(self, table: Table, frame: _Frame, row: Row) -> PrintedUnit:
        if frame.unit.unit is not None:
            return frame.unit
        return PrintedUnit(self._page_units.get(row.page) or self._page_units.get(table.page), True)

    def _unit(
        self, value: CellReading, sense: ColumnSense, line: Line, place: CellPlace, general: PrintedUnit, indicator: Indicator | None
    ) -> Unit | None:
        printed = value.unit or sense.unit or line.unit or counted_unit(sense.measure) or counted_unit(place.label)
        if printed is None and (counts_no_money(sense.measure) or counts_no_money(place.label)):
            general = PrintedUnit(None)
        if printed is None and not sense.change and (sense.share or _RATE.search(sense.measure)):
            printed = bracket_unit("(%)")
        if printed is not None and indicator is not None and printed.symbol == "元" and indicator.unit.symbol == "元/股":
            printed = indicator.unit
        return settle_unit(printed, general.unit, general.excepting, indicator, place.label)


_REASONS = {CellKind.NIL: "空值（－）", CellKind.NOT_APPLICABLE: "不适用", CellKind.TEXT: "文字"}


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a whole table says for its cells."""

    topic: Topic
    subject: str
    columns: tuple[ReadColumn, ...]
    scopes: tuple[Scope, ...]
    period: PeriodReading | None
    unit: PrintedUnit
    owners: dict[int, tuple[str, ...] | None]
    rows: frozenset[str]
    odd: frozenset[int]
    sums: bool
    spans: Mapping[int, Period] = field(default_factory=dict)
    marks: Mapping[int, str] = field(default_factory=dict)
    restarts: frozenset[int] = frozenset()
    above: PeriodReading | None = None

    @property
    def dated(self) -> bool:
        """Whether its headers or captions name a period."""
        return self.period is not None or any(column.sense.period is not None for column in self.columns)

    @classmethod
    def of(cls, table: Table, report: Period | None, head: tuple[str, ...], beside: frozenset[str]) -> _Frame:
        title = (statement_of(head) if table.continued or not table.title else "") or table.title
        topic = read_topic(title, table.stub, table.section, head)
        columns = read_columns(table.columns, report)
        captions = (title, table.stub, *reversed(table.section[-1:]))
        found = (find_header_periods(without_marks(text), report, relative=False) for text in captions)
        period = next((readings[0] for readings in found if len(readings) == 1 and readings[0].absolute), None)
        unit = caption_unit(table.unit) if table.unit else caption_unit(table.stub)
        if unit.unit is None:
            unit = PrintedUnit(caption_unit(table.stub).unit, unit.excepting) if table.unit else unit
        if unit.unit is None and (ending := _UNIT_ENDING.search(squeeze(table.title))):
            unit = caption_unit(ending[0])
        measures = {column.sense.measure for column in columns if not column.sense.change and not column.sense.share}
        return cls(
            topic=topic, subject=_subject(topic, title), columns=columns, period=period, unit=unit,
            scopes=statement_scope(title) or next((scopes for text in captions if (scopes := read_scopes(text))), ()),
            owners=total_owners(table), rows=beside | {clean_label(row.label) for row in table.rows}, odd=odd_columns(table),
            sums=bool(measures & TOTALS) and len(measures - TOTALS - {""}) > 0,
        )  # fmt: skip


def _subject(topic: Topic, printed: str) -> str:
    title = clean_label(squeeze(printed)) or topic.title
    return title.removesuffix("情况").removesuffix("分布").removesuffix("如下") or title


def _marked(path: tuple[str, ...], mark: str) -> tuple[str, ...]:
    return (*path[:-1], f"{path[-1]}{mark}") if mark else path
