"""From a value with its place to a figure of the ledger: its unit settled, its indicator or its own row, its evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha1

from data.errors import UnitError
from data.evidence import Evidence
from data.facts_table import INDUSTRY, INDUSTRY_ID
from data.figures import Figure, Gaap, Scope
from data.indicators import Indicator
from data.periods import Period
from data.units import Dimension, Quantity, Unit, unit
from retrieval.documents import Box, Document
from retrieval.extraction.context import Subject
from retrieval.extraction.labels import name_key

SOURCE_CLASS = "document"
ROW_PREFIX = "row:"
_RATIO_NAME = re.compile(r"(?:率|比例|占比|比重|百分比)$")


@dataclass(frozen=True, slots=True)
class Reading:
    """One value as read, before it is a figure. indicator: None for a row of its own, which `name` then names in full.

    maybe: an indicator whose name the row bears though its place leaves it open. entity: name and registry id where the row is not of
    the document's subject; gaap: where the row says it.
    """

    value: Decimal
    unit: Unit
    period: Period
    scope: Scope
    indicator: Indicator | None
    name: str
    point: bool
    rank: int
    evidence: Evidence
    restated: bool = False
    audited: bool = True
    note: str = ""
    entity: tuple[str, str] | None = None
    gaap: Gaap | None = None
    maybe: Indicator | None = None


class FigureMaker:
    """Makes the figures of one document."""

    def __init__(self, document: Document, subject: Subject, collection: str) -> None:
        self._document = document
        self._subject = subject
        self._collection = collection
        self._printed = {page.number: page.printed for page in document.pages}

    def evidence(self, page: int, quote: str, *, table: str = "", row: str = "", column: str = "", box: Box | None = None) -> Evidence:
        """The place of a value on a page."""
        return Evidence(
            document=self._subject.title, page=page, table=table, row=row, column=column, quote=quote, source=self._document.key,
            source_class=SOURCE_CLASS, printed_page=self._printed.get(page, ""), box=box,
        )  # fmt: skip

    def figure(self, reading: Reading) -> Figure:
        """The figure of a reading: under its indicator, else under the row's own name."""
        indicator, subject = reading.indicator, self._subject
        entity, entity_id = reading.entity or (subject.entity, subject.entity_id)
        if reading.scope is Scope.INDUSTRY:
            entity, entity_id = INDUSTRY, INDUSTRY_ID
        return Figure(
            entity=entity, entity_id=entity_id, indicator=indicator.name if indicator else reading.name,
            indicator_id=indicator.id if indicator else row_id(reading.name), period=_period(reading), scope=reading.scope,
            quantity=Quantity(reading.value, reading.unit), gaap=reading.gaap or subject.gaap, point=reading.point, audited=reading.audited,
            restated=reading.restated, rank=reading.rank, note=reading.note, evidence=[reading.evidence], collection=self._collection,
        )  # fmt: skip


def row_id(name: str) -> str:
    """The id of a row that the catalogue does not know: the same words give the same id in every year and document."""
    return ROW_PREFIX + sha1(name_key(name).encode(), usedforsecurity=False).hexdigest()[:12]


def row_name(topic: str, path: Sequence[str], measure: str) -> str:
    """按地区划分的不良贷款：西部地区·占比."""
    parts = [*path, *([measure] if measure else [])]
    row = "·".join(dict.fromkeys(part for part in parts if part))
    return f"{topic}：{row}" if topic and row and topic != row else row or topic


def settle_unit(printed: Unit | None, general: Unit | None, excepting: bool, indicator: Indicator | None, label: str) -> Unit | None:
    """The unit of a value.

    printed: beside the value, in its header or its label. general: the caption's, which does not bind rows that have their own
    by nature (rates, per share, counts). None where nothing tells the unit.
    """
    if printed is not None:
        return printed
    if indicator is not None and indicator.unit.dimension is not Dimension.AMOUNT:
        if general is not None and general.dimension is indicator.unit.dimension and general.noun == indicator.unit.noun:
            return general
        return indicator.unit if indicator.unit.dimension in (Dimension.RATIO, Dimension.PER_SHARE) else None
    if indicator is None and _RATIO_NAME.search(label) and (general is None or general.dimension is Dimension.AMOUNT):
        return unit("%")
    if indicator is None and label.startswith("每股") and (excepting or (general is not None and general.symbol == "元")):
        return unit("元/股")
    return general


def agrees(indicator: Indicator, value: Decimal, of: Unit) -> bool:
    """Whether a value with a unit can be this indicator: same dimension, inside the plausible range."""
    try:
        return indicator.plausible(Quantity(value, of).to(indicator.unit).value)
    except UnitError:
        return False


def _period(reading: Reading) -> Period:
    return reading.period.same_date() if reading.point else reading.period
