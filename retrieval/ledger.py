"""The ledger of figures: SQLite by default, PostgreSQL by address, one way to read and write both.

Every write is one transaction: it is there whole or not at all, also after a kill. Each collection keeps a change counter,
chained with a hash of what changed, so that `version()` is one small read and also tells two stores apart that have
changed equally often. SQLAlchemy is imported when a ledger is opened: it costs a quarter of a second that
`caizhi --help` need not pay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Self

from data.errors import LedgerError
from data.figures import Figure
from data.periods import Period
from data.ports import CollectionSummary, FigureQuery, RowRecord

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.engine import Connection, Engine

_CHANGES = "changes:"
_STAMP = "stamp:"
_NEVER_CHANGED = "0"
_CHUNK = 500
_SCHEMA_LOCK = 0x6361697A  # any number that other users of the same PostgreSQL are unlikely to lock on


class Ledger:
    """A store of figures (see data.ports.FigureStore). Threads may share one; each process opens its own."""

    def __init__(self, engine: Engine, place: str, tenant: str = "") -> None:
        from retrieval.ledger_engine import for_writing

        self._engine = engine
        self._writer = for_writing(engine)
        self._place = place
        self._tenant = tenant

    @classmethod
    def open(cls, url: str, tenant: str = "") -> Self:
        """The ledger at an address ("sqlite:///var/ledger.db", "postgresql://…"), created if it is not there.

        Raises:
            LedgerError: the address is malformed, its driver is missing, or the store is damaged, locked or of another version.
        """
        from retrieval.ledger_engine import connect

        ledger = cls(*connect(url), tenant)
        try:
            ledger._prepare()
        except LedgerError:
            ledger.close()
            raise
        return ledger

    def close(self) -> None:
        """Release the connections; the ledger is not used after that."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def find(self, query: FigureQuery) -> list[Figure]:
        """Figures that match, by entity, indicator, period end, rank, and originally reported before restated."""
        from retrieval import ledger_rows as rows

        values = rows.parameters(query, self._tenant)
        return [rows.row_figure(row) for row in self._read(rows.select_figures(rows.filters_of(values)), values)]

    def periods_of(self, query: FigureQuery) -> list[Period]:
        """Distinct periods of the matching figures, oldest first."""
        from retrieval.ledger_rows import period_order

        return period_order(self._distinct("period", query))

    def entities_of(self, query: FigureQuery) -> list[str]:
        """Distinct registry ids of the matching figures; banks outside the registry have none."""
        return self._distinct("entity_id", query)

    def indicators_of(self, query: FigureQuery) -> list[str]:
        """Distinct catalogue ids of the matching figures; rows that the catalogue does not know have none."""
        return self._distinct("indicator_id", query)

    def add(self, figures: Iterable[Figure]) -> int:
        """Store figures that are not there yet, all or none of them; how many were new.

        Raises:
            LedgerError: the store cannot be written.
        """
        rows = self._rows(figures)
        if not rows:
            return 0
        with self._writing() as connection:
            return self._insert(connection, rows)

    def replace_collection(self, name: str, figures: Iterable[Figure], stamp: str) -> int | None:
        """Make a collection hold exactly these figures and bear this stamp; how many it then holds.

        None when it bears the stamp already: of two processes that replace at once, the second one does nothing.
        """
        rows = self._rows(replace(figure, collection=name) for figure in figures)
        with self._writing() as connection:
            self._lock(connection, [name])
            if self._meta(connection, [_STAMP + name]).get(_STAMP + name) == stamp:
                return None
            self._delete(connection, name)
            added = self._insert(connection, rows)
            self._set_meta(connection, _STAMP + name, stamp)
            return added

    def stamp(self, collection: str) -> str:
        """The stamp that `replace_collection` left, or ""."""
        with self._reading() as connection:
            return self._meta(connection, [_STAMP + collection]).get(_STAMP + collection, "")

    def remove_document(self, collection: str, document_key: str) -> int:
        """Remove one document's figures (see retrieval.ledger_rows.document_key); how many there were."""
        with self._writing() as connection:
            self._lock(connection, [collection])
            return self._delete(connection, collection, document_key)

    def remove_collection(self, name: str) -> int:
        """Remove a collection with its stamp; how many figures there were."""
        from retrieval.ledger_rows import META

        with self._writing() as connection:
            self._lock(connection, [name])
            connection.execute(META.delete().where(META.c.tenant == self._tenant, META.c.key == _STAMP + name))
            return self._delete(connection, name)

    def version(self, collections: Sequence[str] = ()) -> str:
        """A short text that changes whenever the figures of these collections (all, if none are named) change."""
        with self._reading() as connection:
            changes = self._meta(connection, [_CHANGES + name for name in collections], prefix=_CHANGES)
        told = sorted((key, value) for key, value in changes.items() if value != _NEVER_CHANGED)
        return sha256(repr(told).encode()).hexdigest()[:16]

    def collections(self) -> list[CollectionSummary]:
        """What the ledger holds, by name of collection."""
        from sqlalchemy import func, select

        from retrieval.ledger_rows import FIGURES

        column = FIGURES.c
        held = (column.collection, column.document_key, column.entity_id, column.period)
        # One statement, so that a writer in between cannot make the parts disagree.
        statement = select(*held, func.count()).where(column.tenant == self._tenant).group_by(*held).order_by(column.collection)
        rows = self._read(statement, {})
        return [_summary(name, list(group)) for name, group in groupby(rows, key=itemgetter(0))]

    def rows(self, collections: Sequence[str] = ()) -> list[RowRecord]:
        """Every distinct row of these collections (all, if none are named), in the order of their pages."""
        from retrieval.ledger_rows import row_records, select_rows

        return row_records(self._read(select_rows(bool(collections)), {"tenant": self._tenant, "collections": list(collections)}))

    def _read(self, statement: Select[Any], values: Mapping[str, object]) -> Sequence[Any]:
        with self._reading() as connection:
            return connection.execute(statement, values).all()

    def _distinct(self, column: str, query: FigureQuery) -> list[str]:
        from retrieval.ledger_rows import filters_of, parameters, select_distinct

        values = parameters(query, self._tenant)
        return [row[0] for row in self._read(select_distinct(column, filters_of(values)), values)]

    def _rows(self, figures: Iterable[Figure]) -> dict[str, dict[str, object]]:
        """Rows by identity, the first of equals kept; made before the write lock is taken, so that it is held briefly."""
        from retrieval.ledger_rows import figure_row

        rows: dict[str, dict[str, object]] = {}
        for figure in figures:
            row = figure_row(figure, self._tenant)
            rows.setdefault(str(row["identity"]), row)
        return rows

    def _insert(self, connection: Connection, rows: Mapping[str, dict[str, object]]) -> int:
        from retrieval.ledger_rows import FIGURES

        names = sorted({str(row["collection"]) for row in rows.values()})
        self._lock(connection, names)
        known = self._known(connection, list(rows))
        fresh = [row for identity, row in rows.items() if identity not in known]
        for start in range(0, len(fresh), _CHUNK):
            connection.execute(FIGURES.insert(), fresh[start : start + _CHUNK])
        for name in names:
            self._changed(connection, name, [str(row["identity"]) for row in fresh if row["collection"] == name])
        return len(fresh)

    def _known(self, connection: Connection, identities: list[str]) -> set[str]:
        from sqlalchemy import select

        from retrieval.ledger_rows import FIGURES

        known: set[str] = set()
        for start in range(0, len(identities), _CHUNK):
            chunk = identities[start : start + _CHUNK]
            known.update(connection.execute(select(FIGURES.c.identity).where(FIGURES.c.identity.in_(chunk))).scalars())
        return known

    def _delete(self, connection: Connection, collection: str, document_key: str | None = None) -> int:
        from retrieval.ledger_rows import FIGURES

        column = FIGURES.c
        statement = FIGURES.delete().where(column.tenant == self._tenant, column.collection == collection)
        if document_key is not None:
            statement = statement.where(column.document_key == document_key)
        removed = connection.execute(statement).rowcount
        self._changed(connection, collection, [f"-{document_key or ''}"] if removed else [])
        return removed

    def _lock(self, connection: Connection, collections: Sequence[str]) -> None:
        """Hold the collections' change counters until the transaction ends; SQLite's writer holds the whole file anyway."""
        from sqlalchemy import select

        from retrieval.ledger_rows import META

        for name in sorted(collections):
            _put(connection, {"tenant": self._tenant, "key": _CHANGES + name, "value": _NEVER_CHANGED}, overwrite=False)
            connection.execute(select(META.c.value).where(META.c.tenant == self._tenant, META.c.key == _CHANGES + name).with_for_update())

    def _changed(self, connection: Connection, collection: str, what: list[str]) -> None:
        """Count a change and chain it to the ones before; nothing when nothing changed. The counter must be locked."""
        if not what:
            return
        before = self._meta(connection, [_CHANGES + collection])[_CHANGES + collection]
        chained = sha256("\n".join([before, *sorted(what)]).encode()).hexdigest()
        self._set_meta(connection, _CHANGES + collection, f"{int(before.partition(' ')[0]) + 1} {chained}")

    def _meta(self, connection: Connection, keys: Sequence[str], prefix: str = "") -> dict[str, str]:
        """The values of these keys; of every key with the prefix when there are none."""
        from sqlalchemy import select

        from retrieval.ledger_rows import META

        wanted = META.c.key.in_(keys) if keys else META.c.key.startswith(prefix, autoescape=True)
        rows = connection.execute(select(META.c.key, META.c.value).where(META.c.tenant == self._tenant, wanted))
        return {row.key: row.value for row in rows}

    def _set_meta(self, connection: Connection, key: str, value: str) -> None:
        _put(connection, {"tenant": self._tenant, "key": key, "value": value}, overwrite=True)

    def _prepare(self) -> None:
        """Create the tables where there are none; two processes may do so at once."""
        from sqlalchemy import func, inspect, select

        from retrieval.ledger_engine import OTHER_VERSION
        from retrieval.ledger_rows import META, METADATA, SCHEMA_VERSION

        at_schema = select(META.c.value).where(META.c.tenant == "", META.c.key == "schema")
        with self._reading() as connection:
            found = connection.execute(at_schema).scalar() if inspect(connection).has_table(META.name) else None
        if found not in (None, SCHEMA_VERSION):
            raise LedgerError(OTHER_VERSION.format(place=self._place))
        if found:
            return
        with self._writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
            METADATA.create_all(connection)
            _put(connection, {"tenant": "", "key": "schema", "value": SCHEMA_VERSION}, overwrite=False)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        from retrieval.ledger_engine import explained

        with explained(self._place), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction; SQLite's write lock is held from its start."""
        from retrieval.ledger_engine import explained

        with explained(self._place), self._writer.begin() as connection:
            yield connection


def _summary(name: str, rows: Sequence[Any]) -> CollectionSummary:
    """One collection from its (collection, document, entity, period, count) rows."""
    from retrieval.ledger_rows import period_order

    periods = period_order({period for _, _, _, period, _ in rows})
    documents = {document for _, document, _, _, _ in rows}
    entities = tuple(sorted({entity for _, _, entity, _, _ in rows if entity}))
    return CollectionSummary(name, len(documents), sum(count for *_, count in rows), entities, periods[0], periods[-1])


def _put(connection: Connection, row: Mapping[str, str], *, overwrite: bool) -> None:
    """Write a row of META; where its key is there already, overwrite the value or leave it."""
    from sqlalchemy.dialects import postgresql, sqlite

    from retrieval.ledger_rows import META

    statement = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(META).values(row)
    if overwrite:
        connection.execute(statement.on_conflict_do_update(index_elements=["tenant", "key"], set_={"value": row["value"]}))
    else:
        connection.execute(statement.on_conflict_do_nothing())
