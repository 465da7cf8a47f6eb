"""Small invented reports, as a parser would hand them over, for the tests of extraction."""

from __future__ import annotations

from collections.abc import Sequence

from data.banks import bank_registry
from data.figures import Figure
from data.indicators import indicator_catalogue
from retrieval.documents import Block, BlockKind, Cell, Column, Document, Page, Row, Table
from retrieval.extraction.extract import Extraction, extract_figures
from retrieval.extraction.sentences import SentenceReader

Headers = Sequence[str | tuple[str, ...]]
Line = Sequence[str | tuple[str, ...]]


def table(title: str, headers: Headers, lines: Sequence[Line], *, unit: str = "人民币百万元，百分比除外", stub: str = "项目", page: int = 3,
          section: tuple[str, ...] = (), notes: frozenset[int] = frozenset()) -> Table:  # fmt: skip
    """A table; a line is its label (or the parents and the label) and the cells' texts, "" for an empty cell."""
    columns = tuple(Column((header,) if isinstance(header, str) else tuple(header), index in notes) for index, header in enumerate(headers))
    return Table(page=page, columns=columns, rows=tuple(_row(line, page) for line in lines), title=title, stub=stub, unit=unit, section=section)


def _row(line: Line, page: int) -> Row:
    path = (line[0],) if isinstance(line[0], str) else line[0]
    cells = tuple(Cell(str(text), page, (1.0, 2.0, 3.0, 4.0)) if text else None for text in line[1:])
    return Row(label=path[-1], cells=cells, parents=tuple(path[:-1]), page=page)


def report(*tables: Table, text: Sequence[str] = (), title: str = "招商银行股份有限公司2023年年度报告", section: tuple[str, ...] = ()) -> Document:
    """A report of an invented year of a bank that exists; its paragraphs stand on page 2."""
    pages = (Page(1, f"{title}\n"), Page(2, "\n".join(text), printed="1"), Page(3, "", printed="2"))
    blocks = tuple(Block(BlockKind.PARAGRAPH, paragraph, 2, section) for paragraph in text)
    return Document(key="k" * 64, name="report.pdf", title=title, format="pdf", pages=pages, blocks=blocks, tables=tables)


def extract(document: Document, sentences: SentenceReader | None = None) -> Extraction:
    """The extraction with the packaged catalogue and banks."""
    return extract_figures(document, catalogue=indicator_catalogue(), banks=bank_registry(), collection="c", sentences=sentences)


def told(figures: Sequence[Figure], indicator_id: str) -> dict[tuple[str, str], str]:
    """Period and scope → value with unit, of one indicator; the best figure of several."""
    found: dict[tuple[str, str], str] = {}
    for figure in sorted(figures, key=lambda one: one.rank):
        if figure.indicator_id == indicator_id:
            found.setdefault((str(figure.period), figure.scope.value), str(figure.quantity))
    return found
