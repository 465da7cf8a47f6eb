"""A small library of made-up reports, and an embedder whose vectors can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from retrieval.chunking import chunk_document
from retrieval.documents import Block, BlockKind, Cell, Column, Document, Page, Row, Table
from retrieval.library import Library

COLLECTION = "reports"


class LetterEmbedder:
    """Counts characters by their code modulo the dimension: equal texts get equal vectors."""

    dimension = 64

    def __init__(self, name: str = "letters") -> None:
        self.name = name
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        self.encoded += texts
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for char in text:
                found[row, ord(char) % self.dimension] += 1
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        unit: NDArray[np.float32] = (found / np.maximum(lengths, 1e-9)).astype(np.float32)
        return unit


def table(page: int, title: str, rows: Sequence[tuple[str, Sequence[str]]], columns: Sequence[str] = ("2023年", "2022年"), unit: str = "百万元") -> Table:
    """A table with one value per column."""
    made = tuple(Row(label, tuple(Cell(text, page) if text else None for text in values), page=page) for label, values in rows)
    return Table(page, tuple(Column((name,)) for name in columns), made, title=title, unit=unit)


def document(name: str, pages: Sequence[tuple[str, Sequence[str | Table]]]) -> Document:
    """A document of pages: (heading, paragraphs and tables)."""
    blocks: list[Block] = []
    tables: list[Table] = []
    texts = []
    for number, (heading, parts) in enumerate(pages, start=1):
        if heading:
            blocks.append(Block(BlockKind.HEADING, heading, number, (heading,), 1))
        for part in parts:
            section = (heading,) if heading else ()
            if isinstance(part, Table):
                tables.append(part)
                blocks.append(Block(BlockKind.TABLE, part.title, number, section, table=len(tables) - 1))
            else:
                blocks.append(Block(BlockKind.PARAGRAPH, part, number, section))
        texts.append("\n".join([heading, *(part if isinstance(part, str) else part.title for part in parts)]))
    made = tuple(Page(number, text) for number, text in enumerate(texts, start=1))
    return Document(sha256(name.encode()).hexdigest(), f"{name}.pdf", name, "pdf", made, tuple(blocks), tuple(tables))


def bank_report(name: str, ratio: str = "1.05") -> Document:
    """Five pages: contents, asset quality, capital, branches, accounting policies."""
    quality = table(2, "资产质量指标", [("不良贷款率", (ratio, "1.10")), ("拨备覆盖率", ("230.5", "221.0"))], unit="%")
    capital = table(3, "资本充足率情况", [("核心一级资本充足率", ("9.8", "9.6")), ("风险加权资产", ("3,456,789", "3,210,000"))])
    contents = "\n".join(f"第{number}节 不良贷款率 资本充足率 营业网点 …………… {number}" for number in range(1, 10))
    return document(name, [
        ("", [contents]),
        ("资产质量", [quality, "报告期末，不良贷款余额为一百二十亿元，较上年末有所下降。"]),
        ("资本管理", [capital, "本集团持续加强资本管理。"]),
        ("渠道建设", ["截至报告期末，全行共有营业网点一千二百个，其中自营网点八百个。"]),
        ("会计政策", ["贷款发生信用减值时，确认预期信用损失。", "不良贷款的认定依据监管规定。"]),
    ])


def shelve(library: Library, report: Document, collection: str = COLLECTION, *, entity_id: str = "", period: str = "") -> None:
    """Take a document in."""
    library.begin(collection, report, pipeline="1", entity_id=entity_id, period=period)
    library.add_chunks(collection, report.key, chunk_document(report))
    library.finish(collection, report.key, {"period": period})
