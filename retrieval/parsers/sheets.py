"""One sheet of cells, from a workbook or a CSV file, put into an assembly: its tables, records and lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.documents import RawCell, RawTable
from retrieval.parsers.assembly import Assembly, title_nearest
from retrieval.parsers.records import as_records, keyed_by_bank
from retrieval.parsers.regions import Region, regions
from retrieval.tables.build import build_table


def add_sheet(assembly: Assembly, cells: Sequence[RawCell]) -> None:
    """Every table of the sheet, as records where its headers say so, else as a grid; lines of text as paragraphs."""
    for region in regions(cells):
        for line in region.before:
            assembly.paragraph(line)
        if region.cells:
            _add_region(assembly, region)
        for line in region.after:
            assembly.paragraph(line)


def _add_region(assembly: Assembly, region: Region) -> None:
    page = region.cells[0].page
    raw = RawTable(tuple(region.cells), page, None, title_nearest(region.before), tuple(region.after), assembly.section)
    records = as_records(raw)
    assembly.finished_tables([records] if records else [keyed_by_bank(table) for table in build_table(raw)], region.cells)


def cell_box(row: int, column: int, row_span: int = 1, column_span: int = 1) -> tuple[float, float, float, float]:
    """The place of a cell on its sheet, measured in cells from 0."""
    return (float(column), float(row), float(column + column_span), float(row + row_span))


def cell_address(box: tuple[float, float, float, float]) -> str:
    """The address of the cell whose box this is: (1, 3, 2, 4) → "B4"."""
    column, row = int(box[0]) + 1, int(box[1]) + 1
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"
