"""The library: which documents were taken in, and their chunks, in the same database as the ledger.

A document is begun, given its chunks, and finished; each step is one transaction, and only what was finished is searched, so
that a run that was killed leaves nothing half-known. A document belongs to a tenant and a collection; the same file may stand
in several.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

from data.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Table
    from sqlalchemy.engine import Connection, Engine

    from retrieval.chunking import Chunk
    from retrieval.documents import Document
    from retrieval.library_rows import DocumentRecord

_BATCH = 500
_SCHEMA_LOCK = 0x6361697B


@dataclass(frozen=True, slots=True)
class LibraryCollection:
    """One collection: how many documents, pages and chunks it holds."""

    name: str
    documents: int
    pages: int
    chunks: int


class Library:
    """Documents and their chunks. Threads may share one; each process opens its own."""

    def __init__(self, engine: Engine, place: str, tenant: str = "") -> None:
        from retrieval.ledger_engine import for_writing

        self._engine = engine
        self._writer = for_writing(engine)
        self._place = place
        self.tenant = tenant
        self._prepared = False

    @classmethod
    def open(cls, url: str, tenant: str = "") -> Self:
        """The library at an address (see Ledger.open); its tables are made at the first use.

        Raises:
            LedgerError: the address is malformed or its driver is missing.
        """
        from retrieval.ledger_engine import connect

        return cls(*connect(url), tenant)

    def close(self) -> None:
        """Release the connections; the library is not used after that."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(
        self, collection: str, document: Document, *, pipeline: str, entity: str = "", entity_id: str = "", period: str = "", ingested_at: str = ""
    ) -> None:
        """Store that a document is being taken in, in place of what the collection held under its key.

        Raises:
            LedgerError: the store cannot be written.
        """
        from retrieval.library_rows import BEGUN, DOCUMENTS, DocumentRecord, document_row

        record = DocumentRecord(
            collection, document.key, document.name, document.title, document.format, len(document.pages), entity_id, entity, period,
            BEGUN + pipeline, ingested_at, document.warnings,
        )
        with self._writing() as connection:
            self._delete(connection, collection, document.key)
            connection.execute(DOCUMENTS.insert(), document_row(record, self.tenant))

    def add_chunks(self, collection: str, key: str, chunks: Sequence[Chunk]) -> None:
        """Store the chunks of a document that was begun, in place of any it had, all or none of them.

        Raises:
            LedgerError: the document was not begun, or the store cannot be written.
            ValueError: a chunk is of another document.
        """
        from retrieval.library_rows import CHUNKS, chunk_row, revision

        if any(chunk.document != key for chunk in chunks):
            raise ValueError(f"chunks of another document than {key}")
        rows = [chunk_row(chunk, collection, self.tenant) for chunk in chunks]
        with self._writing() as connection:
            connection.execute(CHUNKS.delete().where(*self._of(CHUNKS, collection, document_key=key)))
            for start in range(0, len(rows), _BATCH):
                connection.execute(CHUNKS.insert(), rows[start : start + _BATCH])
            self._set(connection, collection, key, {"chunks": len(rows), "revision": revision(chunks)})

    def finish(self, collection: str, key: str, report: Mapping[str, Any]) -> None:
        """Mark a document that was begun as whole: from now on it is searched. report: JSON; its "period" is kept if none was given.

        Raises:
            LedgerError: the document was not begun, or the store cannot be written.
        """
        from retrieval.library_rows import BEGUN, DONE, dump

        held = self.document(collection, key)
        status = held.status.replace(BEGUN, DONE, 1) if held else ""
        period = (held.period if held else "") or str(report.get("period") or "")
        with self._writing() as connection:
            self._set(connection, collection, key, {"status": status, "period": period, "report": dump(report)})

    def status(self, collection: str, key: str) -> str | None:
        """"begun:" or "done:" and the version of the pipeline; None where there is no such document."""
        held = self.document(collection, key)
        return held.status if held else None

    def report(self, collection: str, key: str) -> dict[str, Any]:
        """What `finish` was given; empty before that."""
        held = self.document(collection, key)
        return dict(held.report) if held else {}

    def remove(self, collection: str, key: str) -> int:
        """Remove a document with its chunks; how many chunks there were (0 also when it was not there)."""
        with self._writing() as connection:
            return self._delete(connection, collection, key)

    def remove_collection(self, collection: str) -> int:
        """Remove every document of a collection with its chunks; how many documents there were."""
        from retrieval.library_rows import CHUNKS, DOCUMENTS

        with self._writing() as connection:
            connection.execute(CHUNKS.delete().where(*self._of(CHUNKS, collection)))
            return connection.execute(DOCUMENTS.delete().where(*self._of(DOCUMENTS, collection))).rowcount

    def documents(self, collections: Sequence[str] = ()) -> list[DocumentRecord]:
        """The documents of these collections (all, if none are named), by collection, name and key."""
        from sqlalchemy import select

        from retrieval.library_rows import DOCUMENT_COLUMNS, DOCUMENTS, row_document

        column = DOCUMENTS.c
        statement = select(*DOCUMENT_COLUMNS).where(column.tenant == self.tenant)
        if collections:
            statement = statement.where(column.collection.in_(list(collections)))
        with self._reading() as connection:
            found = connection.execute(statement.order_by(column.collection, column.name, column.key)).mappings().all()
        return [row_document(dict(row)) for row in found]

    def document(self, collection: str, key: str) -> DocumentRecord | None:
        """One document, or None."""
        return next((record for record in self.documents([collection]) if record.key == key), None)

    def chunks(self, collection: str, keys: Iterable[str] = (), pages: Iterable[int] = ()) -> list[Chunk]:
        """Chunks of a collection by document and place; only of these documents and pages, where any are named."""
        from sqlalchemy import select

        from retrieval.library_rows import CHUNK_COLUMNS, CHUNKS, row_chunk

        column = CHUNKS.c
        statement = select(*CHUNK_COLUMNS).where(column.tenant == self.tenant, column.collection == collection)
        for wanted, values in ((column.document_key, list(keys)), (column.page, list(pages))):
            if values:
                statement = statement.where(wanted.in_(values))
        with self._reading() as connection:
            rows = connection.execute(statement.order_by(column.document_key, column.ordinal)).all()
        return [row_chunk(row) for row in rows]

    def collections(self) -> list[LibraryCollection]:
        """What the library holds, by name of collection."""
        totals: dict[str, list[int]] = {}
        for record in self.documents():
            held = totals.setdefault(record.collection, [0, 0, 0])
            for place, count in enumerate((1, record.pages, record.chunks)):
                held[place] += count
        return [LibraryCollection(name, *counts) for name, counts in totals.items()]

    def version(self, collections: Sequence[str] = ()) -> str:
        """A short text that changes whenever what is searched of these collections (all, if none are named) changes."""
        told = [(record.collection, record.key, record.title, record.revision) for record in self.documents(collections) if record.done]
        return sha256(repr(told).encode()).hexdigest()[:16]

    def _of(self, table: Table, collection: str, **values: str) -> list[ColumnElement[bool]]:
        wanted = {"tenant": self.tenant, "collection": collection, **values}
        return [table.c[name] == value for name, value in wanted.items()]

    def _set(self, connection: Connection, collection: str, key: str, values: Mapping[str, object]) -> None:
        from retrieval.library_rows import DOCUMENTS

        changed = connection.execute(DOCUMENTS.update().where(*self._of(DOCUMENTS, collection, key=key)).values(values))
        if changed.rowcount != 1:
            raise LedgerError(f"资料集“{collection}”中没有开始导入的文件 {key[:16]}")

    def _delete(self, connection: Connection, collection: str, key: str) -> int:
        from retrieval.library_rows import CHUNKS, DOCUMENTS

        removed = connection.execute(CHUNKS.delete().where(*self._of(CHUNKS, collection, document_key=key))).rowcount
        connection.execute(DOCUMENTS.delete().where(*self._of(DOCUMENTS, collection, key=key)))
        return removed

    def _prepare(self) -> None:
        """Create the tables where there are none; two processes may do so at once."""
        from sqlalchemy import func, inspect, select

        from retrieval.ledger_engine import explained
        from retrieval.library_rows import CHUNKS, METADATA

        if self._prepared:
            return
        with explained(self._place):
            with self._engine.connect() as connection:
                there = inspect(connection).has_table(CHUNKS.name)
            if not there:
                with self._writer.begin() as connection:
                    if connection.dialect.name == "postgresql":
                        connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
                    METADATA.create_all(connection)
        self._prepared = True

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        from retrieval.ledger_engine import explained

        self._prepare()
        with explained(self._place), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction; SQLite's write lock is held from its start."""
        from retrieval.ledger_engine import explained

        self._prepare()
        with explained(self._place), self._writer.begin() as connection:
            yield connection
