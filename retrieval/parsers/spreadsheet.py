"""Workbooks (.xlsx, .xlsm): one page per sheet, cells as they are displayed.

A sheet is measured in cells: Page.width and height count columns and rows, a box is (column, row, column + 1, row + 1) from 0,
and sheets.cell_address gives its name ("B4").
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from data.errors import DocumentError
from retrieval.documents import Document, Page, RawCell
from retrieval.parsers.archives import check_archive
from retrieval.parsers.assembly import Assembly
from retrieval.parsers.csv_file import read_csv
from retrieval.parsers.number_formats import displayed, plain_decimal
from retrieval.parsers.sheets import add_sheet, cell_box

__all__ = ["read_csv", "read_xlsx"]

MAX_CELLS = 2_000_000
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_CONTROL = re.compile(r"_x000[dD]_|[\x00-\x08\x0b-\x1f]")


def read_xlsx(path: Path) -> Document:
    """A workbook as a document: numbers under their number format, dates, merged cells, formulas by their saved results.

    Raises:
        DocumentError: an old .xls, a password, a damaged file, a zip bomb, or too many cells.
    """
    assembly = Assembly(path, "xlsx")
    check_archive(path, "xlsx")
    formulas = _has_formulas(path)
    book = _load(path, values=True)
    written = _load(path, values=False) if formulas else None
    if not book.worksheets:
        raise DocumentError(f"“{path.name}”里没有工作表（只有图表）：请把数据放进工作表后再导入")
    for number, sheet in enumerate(book.worksheets, start=1):
        assembly.page = number
        _read_sheet(assembly, sheet, written[sheet.title] if written else None)
    book.close()
    return assembly.finish()


def _load(path: Path, *, values: bool) -> Any:
    """openpyxl's workbook. Its warnings are about what it does not keep on saving (styles, validation), which nobody reads here."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(file, data_only=values, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OSError) as error:
        raise DocumentError(f"“{path.name}”不是完好的 Excel 工作簿：请用 Excel 或 WPS 打开，另存为 .xlsx 后再导入") from error


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        return any(_FORMULA.search(archive.read(name)) for name in names)


def _read_sheet(assembly: Assembly, sheet: Any, written: Any) -> None:
    number = assembly.page
    cells = list(_cells(sheet, number))
    notes = [*_sheet_notes(sheet), *_missing(sheet, written), *_coarse(sheet)]
    width = max((cell.column + cell.column_span for cell in cells), default=0)
    height = max((cell.row + cell.row_span for cell in cells), default=0)
    assembly.describe(Page(number, "", "", float(width), float(height), tuple(notes)))
    for note in notes:
        assembly.warn(f"工作表“{sheet.title}”：{note}")
    assembly.heading(sheet.title, 1)
    add_sheet(assembly, cells)


def _cells(sheet: Any, page: int) -> Iterator[RawCell]:
    """The written cells. Only those in the file are looked at: a format that reaches to row 1048576 costs nothing."""
    if len(sheet._cells) > MAX_CELLS:
        raise DocumentError(f"工作表“{sheet.title}”有 {len(sheet._cells)} 个单元格，超过 {MAX_CELLS} 的上限：请拆分后再导入")
    spans = {(area.min_row, area.min_col): (area.max_row - area.min_row + 1, area.max_col - area.min_col + 1) for area in sheet.merged_cells.ranges}
    for (row, column), cell in sorted(sheet._cells.items()):
        text = _text(cell)
        if text:
            rows, columns = spans.get((row, column), (1, 1))
            box = cell_box(row - 1, column - 1, rows, columns)
            yield RawCell(text, row - 1, column - 1, rows, columns, page, box, _indent(cell))


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        return "N/A"
    return _CONTROL.sub("", displayed(value, cell.number_format or "General")).rstrip()


def _indent(cell: Any) -> float:
    """The indentation of the alignment in points; blanks before the text stay in the text."""
    return 10.0 * float(cell.alignment.indent or 0) if cell.has_style else 0.0


def _sheet_notes(sheet: Any) -> list[str]:
    notes = []
    if sheet.sheet_state != "visible":
        notes.append("是隐藏工作表，内容已读取")
    rows = sum(1 for row in sheet.row_dimensions.values() if row.hidden)
    columns = sum(1 for column in sheet.column_dimensions.values() if column.hidden)
    if rows or columns:
        notes.append(f"有隐藏的行 {rows} 处、列 {columns} 处，内容已读取")
    errors = [cell.coordinate for cell in sheet._cells.values() if cell.data_type == "e" and cell.value != "#N/A"]
    if errors:
        notes.append(f"{len(errors)} 个单元格是错误值（如 {errors[0]}），按无数据处理")
    return notes


def _missing(sheet: Any, written: Any) -> list[str]:
    """Formulas whose result was not saved: they have no value until a program has calculated the file."""
    if written is None:
        return []
    lost = [cell.coordinate for place, cell in written._cells.items() if cell.data_type == "f" and _value_at(sheet, place) is None]
    return [f"{len(lost)} 个公式没有保存计算结果（如 {lost[0]}），未读取：请用 Excel 打开并保存一次再导入"] if lost else []


def _value_at(sheet: Any, place: tuple[int, int]) -> object:
    cell = sheet._cells.get(place)
    return cell.value if cell is not None else None


def _coarse(sheet: Any) -> list[str]:
    """Numbers of which the format hides more than one part in two hundred."""
    found = [cell.coordinate for cell in sheet._cells.values() if _hides(cell)]
    return [f"{len(found)} 个数字的显示格式舍去了较多小数（如 {found[0]}），按显示值读取"] if found else []


def _hides(cell: Any) -> bool:
    if not isinstance(cell.value, int | float) or isinstance(cell.value, bool) or cell.number_format in ("General", None):
        return False
    exact, shown = plain_decimal(cell.value), displayed(cell.value, cell.number_format)
    if not exact.is_finite() or not exact:
        return False
    digits = re.sub(r"[^\d.]", "", shown)
    percent = "%" in shown and "%" in re.sub(r'"[^"]*"', "", cell.number_format)
    if not re.fullmatch(r"\d+(?:\.\d+)?", digits) or "," in re.sub(r"#,##|0,0", "", cell.number_format):
        return False
    value = Decimal(digits) / (100 if percent else 1)
    return abs(value - abs(exact)) * 200 > abs(exact)
