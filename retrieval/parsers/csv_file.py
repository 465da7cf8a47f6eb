"""CSV and other separated text: encoding and separator found by trying, then read like a sheet."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

from data.errors import DocumentError
from retrieval.documents import Document, Page, RawCell
from retrieval.parsers.assembly import Assembly
from retrieval.parsers.sheets import add_sheet, cell_box
from retrieval.parsers.text_files import read_text

MAX_CELLS = 2_000_000
_SEPARATORS = (",", "\t", ";", "|")
_SAMPLE_LINES = 60
_GUARDED = re.compile(r'^="(.*)"$')


def read_csv(path: Path) -> Document:
    """A separated text file as a document of one page; UTF-8, UTF-16 and GB18030; comma, tab, semicolon or bar.

    Raises:
        DocumentError: the encoding is none of these, a quote is never closed, or there are too many cells.
    """
    assembly = Assembly(path, "csv")
    text = read_text(path)
    rows = _rows(text, separator_of(text), path)
    cells = [
        RawCell(value, row, column, box=cell_box(row, column))
        for row, values in enumerate(rows)
        for column, written in enumerate(values)
        if (value := _GUARDED.sub(r"\1", written.rstrip())).strip()
    ]
    assembly.describe(Page(1, "", "", float(max(map(len, rows), default=0)), float(len(rows))))
    add_sheet(assembly, cells)
    return assembly.finish()


def separator_of(text: str) -> str:
    """The separator with which most lines fall into the same number of two or more fields; a comma where none does."""
    sample = "\n".join(text.splitlines()[:_SAMPLE_LINES])
    scores = []
    for separator in _SEPARATORS:
        widths = Counter(len(row) for row in _sampled(sample, separator) if row)
        width, count = max(((width, count) for width, count in widths.items() if width > 1), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        scores.append((count, width, -_SEPARATORS.index(separator), separator))
    return max(scores)[-1]


def _sampled(sample: str, separator: str) -> list[list[str]]:
    """The sample's rows; a quoted field that the sample cuts off ends them early."""
    try:
        return list(csv.reader(io.StringIO(sample), delimiter=separator))
    except csv.Error:
        return []


def _rows(text: str, separator: str, path: Path) -> list[list[str]]:
    rows: list[list[str]] = []
    count = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            rows.append(row)
            count += len(row)
            if count > MAX_CELLS:
                raise DocumentError(f"“{path.name}”的单元格超过 {MAX_CELLS} 个：请拆分后再导入")
    except csv.Error as error:
        where = f"第 {len(rows) + 1} 行起：引号未成对或字段过长"
        raise DocumentError(f"“{path.name}”不是规整的 CSV（{where}）：请用 Excel 另存为 CSV UTF-8 后再导入") from error
    return rows
