"""What a parser reads out of one file: pages, blocks and tables, in one shape for PDF, HTML, office files and text.

Boxes are (left, top, right, bottom) in points from the top left corner of the page. Pages count from 1, as a viewer shows
them; the number printed on the page is kept beside it. Formats without pages (HTML, a spreadsheet) have one page per file or
sheet.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

Box = tuple[float, float, float, float]


class BlockKind(StrEnum):
    """What a block of a page is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    TABLE = "table"
    NOTE = "note"


class TableLayout(StrEnum):
    """How to read a table's cells.

    GRID: a row label meets a column header. RECORDS: every row is one figure (or one per value column), whose bank, indicator,
    period, unit and scope stand in cells of that row, under the headers that say so (see parsers.records.read_records).
    """

    GRID = "grid"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class RawCell:
    """One cell as it lies on the page or in the file, before anybody says what is a header. Row and column count from 0."""

    text: str
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    page: int = 1
    box: Box | None = None
    indent: float = 0.0


@dataclass(frozen=True, slots=True)
class RawTable:
    """A grid with the lines around it.

    before: the lines just above (title, 单位 line), nearest last. after: footnotes just below. ruled: drawn with lines.
    """

    cells: tuple[RawCell, ...]
    page: int
    box: Box | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    ruled: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """A data cell with its place."""

    text: str
    page: int
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A data column: its header texts, outermost first (("2019年12月31日", "金额")). note: a 附注 reference column, not data."""

    headers: tuple[str, ...]
    note: bool = False

    @property
    def label(self) -> str:
        """The headers as one line."""
        return " ".join(self.headers)


@dataclass(frozen=True, slots=True)
class Row:
    """A data row: its label as printed, the labels of its parent rows (outermost first), and one cell (or None) per column."""

    label: str
    cells: tuple[Cell | None, ...]
    parents: tuple[str, ...] = ()
    page: int = 1
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose headers, row labels and unit are known.

    title: caption or the line that introduces it. stub: the header over the row labels ("项目", "人民币百万元，百分比除外").
    unit: 单位 as printed ("人民币百万元", "%", "" where none is given). notes: footnotes below. continued: 续表 of the one before.
    section: headings that it stands under, outermost first.
    """

    page: int
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    title: str = ""
    stub: str = ""
    unit: str = ""
    section: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    box: Box | None = None
    continued: bool = False
    ruled: bool = True
    layout: TableLayout = TableLayout.GRID


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, footnote or table of a page, in reading order.

    level: of a heading, 1 is the outermost; 0 otherwise. table: index into the document's tables, for a table block.
    """

    kind: BlockKind
    text: str
    page: int
    section: tuple[str, ...] = ()
    level: int = 0
    box: Box | None = None
    table: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its number in the file, the number printed on it, its text in reading order, and what is wrong with it."""

    number: int
    text: str
    printed: str = ""
    width: float = 0.0
    height: float = 0.0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the file's outline; level 1 is the outermost."""

    title: str
    page: int
    level: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file. key: sha256 of its bytes. name: its file name. title: as a reader would cite it."""

    key: str
    name: str
    title: str
    format: str
    pages: tuple[Page, ...]
    blocks: tuple[Block, ...] = ()
    tables: tuple[Table, ...] = ()
    bookmarks: tuple[Bookmark, ...] = field(default=())
    warnings: tuple[str, ...] = ()

    def titled(self, title: str) -> Document:
        """The same document under another title."""
        return replace(self, title=title)
