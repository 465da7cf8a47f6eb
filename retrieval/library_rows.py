"""How documents and chunks lie in the database: two tables, and a row of each and back.

Texts that are lists or boxes are JSON. A document's `revision` is a hash of its chunks, so that the revisions of a collection
tell whether an index over it is still right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from retrieval.chunking import Chunk, ChunkKind

METADATA = MetaData()
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def _key(name: str) -> Column[str]:
    return Column(name, _TEXT, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, _TEXT, nullable=False)


DOCUMENTS = Table(
    "documents", METADATA,
    _key("tenant"), _key("collection"), _key("key"),
    _text("name"), _text("title"), _text("format"), Column("pages", Integer, nullable=False),
    _text("entity_id"), _text("entity"), _text("period"), _text("status"), _text("ingested_at"), _text("warnings"), _text("report"),
    Column("chunks", Integer, nullable=False), _text("revision"),
)
CHUNKS = Table(
    "chunks", METADATA,
    _key("tenant"), _key("collection"), _key("document_key"), Column("ordinal", Integer, primary_key=True),
    Column("page", Integer, nullable=False), _text("kind"), _text("section"), _text("title"), _text("text"), _text("terms"),
    _text("box"), _text("indicators"),
    Index("ix_chunks_page", "tenant", "collection", "document_key", "page"),
)
CHUNK_COLUMNS = [column for column in CHUNKS.columns if column.name not in ("tenant", "collection")]
DOCUMENT_COLUMNS = [column for column in DOCUMENTS.columns if column.name != "tenant"]


BEGUN, DONE = "begun:", "done:"


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document that was taken in.

    key: sha256 of the file. title: as a reader cites it. pages, chunks: how many. entity_id: registry id of the bank it is of,
    "" if unknown. period: what it reports on, as given ("2019"). status: "begun:" or "done:" and the version of the pipeline.
    ingested_at: time as given. report: what the ingestion found, any JSON.
    """

    collection: str
    key: str
    name: str
    title: str
    format: str
    pages: int
    entity_id: str = ""
    entity: str = ""
    period: str = ""
    status: str = BEGUN
    ingested_at: str = ""
    warnings: tuple[str, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    chunks: int = 0
    revision: str = ""

    @property
    def done(self) -> bool:
        """Whether all of it is stored; only then is it searched."""
        return self.status.startswith(DONE)


def document_row(record: DocumentRecord, tenant: str) -> dict[str, object]:
    """The row of a document."""
    values = {column.name: getattr(record, column.name) for column in DOCUMENT_COLUMNS}
    return {**values, "tenant": tenant, "warnings": dump(record.warnings), "report": dump(record.report)}


def row_document(row: Mapping[str, Any]) -> DocumentRecord:
    """A document from its row without the tenant."""
    return DocumentRecord(**{**row, "warnings": tuple(json.loads(row["warnings"])), "report": json.loads(row["report"])})


def chunk_row(chunk: Chunk, collection: str, tenant: str) -> dict[str, object]:
    """The row of a chunk."""
    return {
        "tenant": tenant, "collection": collection, "document_key": chunk.document, "ordinal": chunk.ordinal, "page": chunk.page,
        "kind": chunk.kind.value, "section": dump(chunk.section), "title": chunk.title, "text": chunk.text, "terms": chunk.terms,
        "box": dump(chunk.box) if chunk.box else "", "indicators": " ".join(chunk.indicators),
    }


def row_chunk(row: Sequence[Any]) -> Chunk:
    """A chunk from its row, in the order of CHUNK_COLUMNS."""
    document, ordinal, page, kind, section, title, text, terms, box, indicators = row
    return Chunk(
        document, ordinal, page, ChunkKind(kind), text, tuple(json.loads(section)), title, terms,
        _box(box), tuple(indicators.split()),
    )


def revision(chunks: Iterable[Chunk]) -> str:
    """A hash of what is searched of these chunks, and where it stands."""
    digest = sha256()
    for chunk in chunks:
        digest.update(f"{chunk.ordinal} {chunk.page} {chunk.kind} {chunk.search_text}\n".encode(errors="backslashreplace"))
    return digest.hexdigest()[:16]


def dump(value: object) -> str:
    """JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _box(text: str) -> tuple[float, float, float, float] | None:
    if not text:
        return None
    left, top, right, bottom = json.loads(text)
    return left, top, right, bottom
