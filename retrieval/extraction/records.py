"""Figures of tables of records: rows that say themselves which bank, indicator and period their value is of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from data.banks import BankRegistry
from data.errors import PeriodError, UnitError
from data.figures import Figure, Gaap, Scope
from data.indicators import Indicator
from data.period_text import parse_period
from data.periods import Part, Period
from data.text import normalise
from data.units import Unit, unit
from retrieval.documents import Table
from retrieval.extraction.cells import CellKind, read_cell
from retrieval.extraction.context import Subject
from retrieval.extraction.labels import clean_label, squeeze
from retrieval.extraction.making import FigureMaker, Reading, agrees, row_name
from retrieval.extraction.name_index import NameIndex
from retrieval.extraction.period_words import find_header_periods
from retrieval.extraction.printed_units import bracket_unit, caption_unit, counted_unit, strip_unit
from retrieval.parsers.records import Record, read_records

_RANK = 1
_SCOPES = {
    "集团": Scope.GROUP, "本集团": Scope.GROUP, "合并": Scope.GROUP, "本行": Scope.BANK, "银行": Scope.BANK, "母公司": Scope.BANK,
    "法人": Scope.BANK, "行业": Scope.INDUSTRY,
}  # fmt: skip
_COMPACT_DATE = re.compile(r"((?:19|20)\d{2})(?:[./]?(0[1-9]|1[0-2])|[./]([1-9]))(?:[./]?(0[1-9]|[12]\d|3[01]))?")
_SINGLE = re.compile(r"[(（]?(?:单季度?|当季度?|本季度?|季度单季)[)）]?")
_THIRD_REPORT = re.compile(r"季度?报")


class RecordReader:
    """Reads the tables of records of one document."""

    def __init__(self, maker: FigureMaker, subject: Subject, names: NameIndex, banks: BankRegistry) -> None:
        self._maker = maker
        self._subject = subject
        self._names = names
        self._banks = banks

    def read(self, table: Table, skipped: Counter[str]) -> Iterator[Figure]:
        """The figures of a table; what gives none is counted by reason."""
        for record in read_records(table):
            reading = self._reading(table, record, skipped)
            if reading is not None:
                yield self._maker.figure(reading)

    def _reading(self, table: Table, record: Record, skipped: Counter[str]) -> Reading | None:
        value = read_cell(record.value)
        if value.kind is not CellKind.NUMBER or value.value is None:
            skipped["空值（－）" if value.kind is CellKind.NIL else "文字"] += 1
            return None
        period = self._period(record.period, f"{record.indicator}{record.measure}")
        if period is None:
            skipped["没有期间"] += 1
            return None
        entity, entity_id = self._entity(record)
        if not entity:
            skipped["没有主体"] += 1
            return None
        indicator = self._indicator(record.indicator) if not record.measure else None
        own = indicator.unit if indicator else counted_unit(clean_label(record.indicator))
        of = value.unit or _unit(record.unit) or bracket_unit(record.indicator) or own
        if of is None:
            skipped["单位不明"] += 1
            return None
        if indicator is not None and not agrees(indicator, value.value, of):
            indicator = None
        cell = table.rows[record.row].cells[record.column]
        page = cell.page if cell else table.page
        label = squeeze(record.indicator) or table.rows[record.row].label
        evidence = self._maker.evidence(
            page, record.value.strip(), table=squeeze(table.title), row=f"{entity} > {label}",
            column=" ".join(table.columns[record.column].label.split()), box=cell.box if cell else None,
        )  # fmt: skip
        return Reading(
            value=value.value, unit=of, period=period, scope=_SCOPES.get(squeeze(record.scope), Scope.GROUP), indicator=indicator,
            name=row_name(clean_label(table.title), (strip_unit(label),), clean_label(record.measure)),
            point=bool(indicator and indicator.point), rank=_RANK,
            evidence=evidence, note=record.note, entity=(entity, entity_id), gaap=_gaap(record.gaap),
        )  # fmt: skip

    def _entity(self, record: Record) -> tuple[str, str]:
        bank = next((found for text in (record.entity, record.code) if text and (found := self._banks.by_name(text))), None)
        if bank is not None:
            return bank.name, bank.id
        return (record.entity, "") if record.entity else (self._subject.entity, self._subject.entity_id)

    def _indicator(self, name: str) -> Indicator | None:
        """In a record the name stands by itself and means what it says: any name of the catalogue counts, ids too."""
        label, name = clean_label(_SINGLE.sub("", name)), _SINGLE.sub("", name)
        return self._names.catalogue.by_name(name.strip()) or self._names.find(label) or self._names.find_label(label)

    def _period(self, text: str, name: str) -> Period | None:
        """The period of a row. Canonical codes are read as such (2023Q3 is the quarter alone); 三季报 and 9月30日 are since January.

        name: of the indicator; where that says 单季, the quarter that the period ends with is meant.
        """
        period = self._named_period(squeeze(text)) if text else self._subject.period
        return _quarter(period) if period is not None and _SINGLE.search(name) else period

    def _named_period(self, text: str) -> Period | None:
        if match := _COMPACT_DATE.fullmatch(text):
            text = "-".join(group.zfill(2) for group in match.groups() if group)
        for read in (Period.parse, parse_period):
            try:
                period = read(normalise(text))
            except PeriodError:
                continue
            return Period(period.year, Part.NINE_MONTHS) if period.part is Part.Q3 and _THIRD_REPORT.search(text) else period
        found = find_header_periods(text, self._subject.period)
        return found[0].period if len(found) == 1 else None


def _quarter(period: Period) -> Period:
    """The single quarter that a period ends with."""
    return Period(period.year, (Part.Q1, Part.Q2, Part.Q3, Part.Q4)[(period.end.month - 1) // 3])


def _unit(text: str) -> Unit | None:
    if not text.strip():
        return None
    try:
        return unit(text)
    except UnitError:
        return caption_unit(text).unit


def _gaap(text: str) -> Gaap | None:
    plain = squeeze(text)
    if not plain:
        return None
    return Gaap.IFRS if re.search(r"ifrs|国际", plain, re.IGNORECASE) else Gaap.REGULATORY if "监管" in plain else Gaap.PRC
