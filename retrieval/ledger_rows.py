"""How a figure lies in the ledger: the two tables, the row of a figure and back, and the statements that read rows.

Values are decimal text, so that no digit is lost on the way; evidence is JSON text without its empty fields. `identity` is
a hash of what the figure is of, what it says and where it was read: the same cell read twice is one row, two cells that
say the same are two. Importing this module imports SQLAlchemy; retrieval.ledger does so only when a ledger is opened.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
)

from data.errors import CaizhiError, LedgerError
from data.evidence import Evidence
from data.figures import Figure, FigureKind, Gaap, Scope
from data.periods import Part, Period
from data.ports import FigureQuery, RowPlace, RowRecord
from data.units import Quantity, unit

SCHEMA_VERSION = "1"
METADATA = MetaData()
# Byte order in every database, so that SQLite and PostgreSQL sort alike.
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
_EVIDENCE_DEFAULTS = {item.name: item.default for item in fields(Evidence)}


def _text(name: str) -> Column[str]:
    return Column(name, _TEXT, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


FIGURES = Table(
    "figures", METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _text("tenant"), _text("collection"), _text("document_key"),
    _text("entity"), _text("entity_id"), _text("indicator"), _text("indicator_id"), _text("row_path"),
    _text("period"), _text("period_end"), Column("months", Integer, nullable=False), _text("scope"), _text("gaap"),
    _text("value"), _text("unit"), _text("kind"), _flag("point"), _flag("audited"), _flag("restated"),
    Column("rank", Integer, nullable=False), _text("note"), _text("evidence"), _text("derivation"),
    Column("identity", _TEXT, nullable=False, unique=True),
    Index("ix_figures_entity", "tenant", "entity_id", "indicator_id", "period_end"),
    Index("ix_figures_collection", "tenant", "collection", "entity_id", "indicator_id", "period_end"),
    Index("ix_figures_indicator", "tenant", "indicator_id", "period_end"),
    Index("ix_figures_document", "tenant", "collection", "document_key"),
)
META = Table("meta", METADATA, Column("tenant", _TEXT, primary_key=True), Column("key", _TEXT, primary_key=True), _text("value"))

_C = FIGURES.c
_READ = (
    _C.collection, _C.entity, _C.entity_id, _C.indicator, _C.indicator_id, _C.period, _C.scope, _C.gaap, _C.value, _C.unit, _C.kind,
    _C.point, _C.audited, _C.restated, _C.rank, _C.note, _C.evidence, _C.derivation,
)
# Sources agree on the order within one period end: best source first, original before restated, then shorter spans first.
# The entity as an expression: else SQLite walks a whole index to save a small sort, instead of the one that finds the rows.
_ORDER = (_C.entity_id.op("||")(literal_column("''")), _C.indicator_id, _C.period_end, _C.rank, _C.restated, _C.months, _C.id)
# A cell quotes a number, with its unit at most; a sentence quotes the words around it.
_SENTENCE = re.compile(r"[\u4e00-\u9fff](?:[^\u4e00-\u9fff]*[\u4e00-\u9fff]){7}")
_IDENTIFYING = (
    "tenant", "collection", "document_key", "row_path", "period", "scope", "gaap", "kind", "point", "audited", "restated",
    "unit", "derivation",
)
_FILTERS: dict[str, ColumnElement[bool]] = {
    "entity_ids": _C.entity_id.in_(bindparam("entity_ids", expanding=True)),
    "indicator_ids": _C.indicator_id.in_(bindparam("indicator_ids", expanding=True)),
    "collections": _C.collection.in_(bindparam("collections", expanding=True)),
    # A point matches by its date alone; a period's text implies its end, so the index can serve both.
    "periods": and_(
        _C.period_end.in_(bindparam("period_ends", expanding=True)),
        or_(_C.point.is_(True), _C.period.in_(bindparam("periods", expanding=True))),
    ),
    "scope": _C.scope == bindparam("scope"),
    "gaap": _C.gaap == bindparam("gaap"),
}


def document_key(figure: Figure) -> str:
    """What names the figure's document: the file hash or address it was read from, else the document's title."""
    first = figure.evidence[0] if figure.evidence else None
    return (first.source or first.document) if first else ""


def figure_row(figure: Figure, tenant: str = "") -> dict[str, object]:
    """The row of a figure, without the row number; its id in a fact sheet is not kept."""
    first = figure.evidence[0] if figure.evidence else None
    row: dict[str, object] = {
        "tenant": tenant, "collection": figure.collection, "document_key": document_key(figure), "entity": figure.entity,
        "entity_id": figure.entity_id, "indicator": figure.indicator, "indicator_id": figure.indicator_id,
        "row_path": first.row if first else "", "period": canonical(figure.period), "period_end": figure.period.end.isoformat(),
        "months": figure.period.months, "scope": figure.scope.value, "gaap": figure.gaap.value, "value": str(figure.quantity.value),
        "unit": figure.quantity.unit.symbol, "kind": figure.kind.value, "point": figure.point, "audited": figure.audited,
        "restated": figure.restated, "rank": figure.rank, "note": figure.note,
        "evidence": _dump([_evidence_record(item) for item in figure.evidence]), "derivation": _derivation(figure),
    }
    row["identity"] = _identity(row, figure)
    return row


def row_figure(row: Sequence[Any]) -> Figure:
    """The figure of a row read by `select_figures`.

    Raises:
        LedgerError: the row holds what no figure can hold, so the store was damaged or written by something else.
    """
    (collection, entity, entity_id, indicator, indicator_id, period, scope, gaap, value, symbol, kind,
     point, audited, restated, rank, note, evidence, derivation) = row
    try:
        return Figure(
            entity=entity, entity_id=entity_id, indicator=indicator, indicator_id=indicator_id, period=_period(period),
            quantity=Quantity(Decimal(value), unit(symbol)), scope=Scope(scope), kind=FigureKind(kind), gaap=Gaap(gaap), point=point,
            audited=audited, restated=restated, rank=rank, note=note, evidence=[_evidence(item) for item in json.loads(evidence)],
            collection=collection, **(_derived(derivation) if derivation else {}),
        )
    except (CaizhiError, ArithmeticError, ValueError, TypeError, KeyError) as error:
        what = f"{entity} {indicator} {period}"
        raise LedgerError(f"账本中有一条记录读不出来（{what}）：{error}；请移除并重新导入集合“{collection}”") from error


def canonical(period: Period) -> str:
    """A period's text as stored and matched: a date that is a quarter end is written as that quarter end's period."""
    return str(period.same_date() if period.part is Part.DAY else period)


@lru_cache(maxsize=128)
def select_figures(filters: frozenset[str]) -> Select[Any]:
    """Whole rows under these filters, in the ledger's order."""
    return select(*_READ).where(*_conditions(filters)).order_by(*_ORDER)


@lru_cache(maxsize=128)
def select_distinct(column: str, filters: frozenset[str]) -> Select[Any]:
    """The distinct, non-empty values of one column under these filters, in byte order."""
    wanted = _C[column]
    return select(wanted).where(*_conditions(filters), wanted != "").distinct().order_by(wanted)


@lru_cache(maxsize=2)
def select_rows(named: bool) -> Select[Any]:
    """What `row_records` reads: every figure of a tenant, or of the collections named."""
    wanted = (_C.entity, _C.entity_id, _C.indicator, _C.indicator_id, _C.unit, _C.point, _C.rank, _C.period, _C.scope, _C.evidence)
    return select(*wanted).where(*_conditions(frozenset({"collections"} if named else ()))).order_by(_C.id)


def row_records(rows: Iterable[Sequence[Any]]) -> list[RowRecord]:
    """Figures grouped by entity, indicator, table and row path; by page, best rank first kept."""
    groups: dict[tuple[str, ...], RowRecord] = {}
    spans: dict[tuple[str, ...], tuple[dict[str, None], dict[str, None], dict[tuple[int, str], RowPlace]]] = {}
    for order, (entity, entity_id, indicator, indicator_id, symbol, point, rank, period, scope, evidence) in enumerate(rows):
        first: dict[str, Any] = next(iter(json.loads(evidence)), {})
        key = (entity_id or entity, indicator_id or indicator, first.get("table", ""), first.get("row", ""))
        if key not in groups:
            groups[key] = RowRecord(entity, entity_id, indicator, indicator_id, key[2], key[3], symbol, point, rank, first.get("page") or 0)
            spans[key] = ({}, {}, {})
        spans[key][0][period] = None
        spans[key][1][scope] = None
        place = RowPlace(first.get("page") or 0, order, first.get("column") or "", cell=not _SENTENCE.search(first.get("quote") or ""))
        spans[key][2].setdefault((place.page, place.column), place)
    found = [
        replace(record, periods=tuple(spans[key][0]), scopes=tuple(spans[key][1]), places=tuple(spans[key][2].values()))
        for key, record in groups.items()
    ]
    return sorted(found, key=lambda record: record.page)


def parameters(query: FigureQuery, tenant: str) -> dict[str, object]:
    """The values of a query's filters; the names present (see `filters_of`) say which filters it has."""
    lists = {"entity_ids": query.entity_ids, "indicator_ids": query.indicator_ids, "collections": query.collections}
    values: dict[str, object] = {name: list(wanted) for name, wanted in lists.items() if wanted}
    if query.periods:
        values["periods"] = sorted({canonical(period) for period in query.periods})
        values["period_ends"] = sorted({period.end.isoformat() for period in query.periods})
    if query.scope is not None:
        values["scope"] = query.scope.value
    if query.gaap is not None:
        values["gaap"] = query.gaap.value
    return values | {"tenant": tenant}


def filters_of(values: dict[str, object]) -> frozenset[str]:
    """The filters that `parameters` gave values for."""
    return frozenset(_FILTERS.keys() & values.keys())


def _conditions(filters: frozenset[str]) -> list[ColumnElement[bool]]:
    return [_C.tenant == bindparam("tenant"), *(_FILTERS[name] for name in sorted(filters))]


def _identity(row: dict[str, object], figure: Figure) -> str:
    """What makes two figures the same: all but display names, rank, note and quoted text."""
    value = f"{figure.quantity.value:f}"
    digits = (value.rstrip("0").rstrip(".") if "." in value else value) if figure.quantity.value else "0"
    parts = [row[name] for name in _IDENTIFYING]
    places = [[item.document, item.source, item.page, item.table, item.row, item.column] for item in figure.evidence]
    identity = _dump([*parts, figure.entity_id or figure.entity, figure.indicator_id or figure.indicator, digits, places])
    return sha256(identity.encode()).hexdigest()


def _evidence_record(item: Evidence) -> dict[str, object]:
    return {name: value for name, default in _EVIDENCE_DEFAULTS.items() if (value := getattr(item, name)) != default}


def _evidence(record: dict[str, Any]) -> Evidence:
    if box := record.get("box"):
        left, top, right, bottom = box
        record["box"] = (left, top, right, bottom)
    return Evidence(**record)


def _derivation(figure: Figure) -> str:
    """How a computed figure or a change came to be, as JSON; "" for a figure that was only read."""
    record = {
        "formula": figure.formula, "inputs": figure.inputs, "operation": figure.operation, "counterpart": figure.counterpart,
        "base_period": str(figure.base_period) if figure.base_period else None,
    }
    kept = {name: value for name, value in record.items() if value}
    return _dump(kept) if kept else ""


def _derived(text: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(text)
    if base := record.get("base_period"):
        record["base_period"] = _period(base)
    return record


@lru_cache(maxsize=1024)
def _period(text: str) -> Period:
    return Period.parse(text)


def period_order(texts: Iterable[str]) -> list[Period]:
    """Stored period texts as periods, oldest first, shorter spans first."""
    return sorted((_period(text) for text in texts), key=_sort_key)


def _sort_key(period: Period) -> tuple[date, int]:
    return period.sort_key


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
