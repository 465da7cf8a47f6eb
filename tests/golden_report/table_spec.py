"""A table of the report as its chapter states it: columns with header paths, rows with keys, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.golden_report.book import GROUP, Book, Ref, convert, rounded
from tests.golden_report.wording import PLACES, bracketed, growth

Style = Literal["ruled", "open", "banded"]
Continued = Literal["keep", "repeat", "header", "bare"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A printed cell; ref: the figure it states, unit: the unit it is printed in."""

    text: str
    ref: Ref | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its label as printed, the key of its figures, how deep it is, the number of its note, explicit cells if it has them.

    cells: given here, they take the place of what the columns would print. sign: -1 prints its amounts as deductions. unit and places: of this row where they differ from the table's.
    mark: a footnote mark after the label, printed but no part of the name.
    """

    label: str
    key: str = ""
    level: int = 0
    bold: bool = False
    note: str = ""
    sign: int = 1
    unit: str = ""
    places: int = -1
    mark: str = ""
    cells: tuple[str | Cell, ...] | None = None
    group: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header texts, outermost first, its width in points and what it prints for a row."""

    headers: tuple[str, ...]
    width: float
    cell: Callable[[Book, Row, str], Cell]
    note: bool = False
    align: Literal["left", "right", "center"] = "right"


@dataclass(frozen=True, slots=True)
class Table:
    """A table. unit: of its amounts; unit_line: as printed above it; path: what its figures belong to (in the truth).

    break_after: rows after which it goes on on the next page, room or not; 0 breaks only where the page ends.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    unit: str = "百万元"
    unit_line: str = ""
    stub: str = "项目"
    style: Style = "ruled"
    continued: Continued = "keep"
    notes: tuple[str, ...] = ()
    path: str = ""
    size: float = 9.0
    golden: bool = False
    stub_align: Literal["left", "center"] = "left"
    indents: bool = True
    shaded: bool = False
    break_after: int = 0
    topics: tuple[str, ...] = field(default=())


def _format(number_unit: str, row: Row) -> int:
    return row.places if row.places >= 0 else PLACES.get(number_unit, 0)


def value(headers: Sequence[str], when: str, width: float = 62, *, scope: str = GROUP, suffix: str = "", nil: str = "-", sign: int = 1) -> Column:
    """A column of values: the row's key (plus a suffix) at a period; `nil` where the bank has none."""

    def cell(book: Book, row: Row, unit: str) -> Cell:
        if not row.key:
            return Cell("")
        ref = book.ref(row.key + suffix, when, scope)
        found = book.find(ref)
        if found is None:
            return Cell(nil)
        shown = found.unit if found.unit not in ("元", "千元", "百万元", "亿元") else (row.unit or unit)
        text = bracketed(convert(found, shown) * row.sign * sign, _format(shown, row), nil)
        return Cell(text, ref if text != nil else None, shown)

    return Column(tuple(headers), width, cell)


def share(headers: Sequence[str], when: str, of: str, width: float = 48, *, scope: str = GROUP, suffix: str = "", name: str = "占比") -> Column:
    """A column of percentages of a total, two places."""

    def cell(book: Book, row: Row, unit: str) -> Cell:
        if not row.key or book.find(book.ref(row.key + suffix, when, scope)) is None:
            return Cell("-" if row.key else "")
        number = book.share(row.key + suffix, of, when, scope)
        key = f"{row.key}{suffix}{name}"
        if number != 100:
            book.put(key, when, number, "%", scope=scope, stock=book.is_stock(of))
        return Cell(bracketed(number, 2), book.ref(key, when, scope) if number != 100 else None, "%")

    return Column(tuple(headers), width, cell)


def change(headers: Sequence[str], new: str, old: str, kind: Literal["amount", "rate", "points"], width: float = 55, *,
           scope: str = GROUP, suffix: str = "") -> Column:  # fmt: skip
    """A column of changes between two periods: in the table's unit, in percent, or by what suits the row (百分点 for ratios)."""

    def cell(book: Book, row: Row, unit: str) -> Cell:
        if not row.key:
            return Cell("")
        pair = [book.find(book.ref(row.key + suffix, when, scope)) for when in (new, old)]
        if pair[0] is None or pair[1] is None:
            return Cell("不适用")
        if pair[0].unit == "%" and kind == "points":
            return Cell(bracketed(pair[0].number - pair[1].number, 2))
        if kind == "amount":
            first, second = (convert(found, row.unit or unit) for found in pair if found is not None)
            return Cell(bracketed(rounded(first - second, 8), _format(row.unit or unit, row)))
        if pair[1].number == 0 or pair[1].number * pair[0].number < 0:
            return Cell("不适用")
        return Cell(bracketed(growth(pair[0].number, pair[1].number), 2))

    return Column(tuple(headers), width, cell)


def notes(width: float = 40, header: str = "附注") -> Column:
    """The column of note numbers."""
    return Column((header,), width, lambda _book, row, _unit: Cell(row.note), note=True, align="center")


def words(headers: Sequence[str], width: float, align: Literal["left", "right", "center"] = "left") -> Column:
    """A column whose cells the rows give themselves."""
    return Column(tuple(headers), width, lambda _book, _row, _unit: Cell(""), align=align)
