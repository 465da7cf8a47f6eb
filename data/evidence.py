"""Where a figure was read: a page and cell of a document, a quoted sentence, or a public address."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """The place of one reported figure.

    document: title of the report or page ("招商银行2024年年度报告"). page: page of the file, counted from 1 (None for a
    web page). table/row/column: labels of the cell. quote: the raw cell text or the sentence. source: file hash or public
    address. source_class: how close to the issuer (see data.facts.SOURCE_CLASSES). box: cell box in points, if known.
    """

    document: str
    page: int | None = None
    table: str = ""
    row: str = ""
    column: str = ""
    quote: str = ""
    source: str = ""
    source_class: str = ""
    printed_page: str = ""
    box: tuple[float, float, float, float] | None = None

    def to_dict(self) -> dict[str, object]:
        """The shape of the command-line contract."""
        record: dict[str, object] = {
            "document": self.document, "page": self.page, "table": self.table, "row": self.row, "column": self.column,
            "quote": self.quote, "source": self.source, "source_class": self.source_class,
        }
        if self.printed_page:
            record["printed_page"] = self.printed_page
        if self.box:
            record["box"] = list(self.box)
        return record

    def place(self) -> str:
        """One line for people: document, page, cell; the address where there is no page."""
        page = f"第{self.page}页" if self.page else ""
        parts = [part for part in (self.document, page, self.table, self.row) if part]
        return "，".join(parts) or self.source
