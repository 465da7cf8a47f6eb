"""Rows of one name that are not one row: told apart by their note, their heading, their page, so that no id has two values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from data.figures import Figure
from retrieval.documents import Table
from retrieval.extraction.cells import CellKind, read_cell
from retrieval.extraction.labels import clean_label, heading_text, squeeze
from retrieval.extraction.lines import Line
from retrieval.extraction.making import ROW_PREFIX, row_id
from retrieval.extraction.narrowing import same
from retrieval.extraction.printed_units import caption_unit


def row_marks(table: Table, lines: Sequence[Line]) -> dict[int, str]:
    """Index of each row whose label another row of the table bears too → what tells it apart: its note (ii), else its place."""
    filled = [index for index, row in enumerate(table.rows) if any(cell and read_cell(cell.text).kind is CellKind.NUMBER for cell in row.cells)]
    groups: dict[object, list[int]] = defaultdict(list)
    for index in filled:
        line = lines[index]
        groups[(line.path, line.period.period if line.period else None, line.scopes)].append(index)
    marks: dict[int, str] = {}
    for indexes in groups.values():
        if len(indexes) > 1:
            notes = [_note(table, index) for index in indexes]
            unique = all(notes) and len(set(notes)) == len(notes)
            marks |= {index: notes[place] if unique else f"(第{place + 1}行)" for place, index in enumerate(indexes)}
    return marks


def tell_apart(figures: Sequence[Figure], headings: Mapping[int, str]) -> list[Figure]:
    """The figures; rows of one name from different tables that disagree get the heading over their table, or their page, in the name.

    headings: identity of a figure's evidence → `over(table)` of its table.
    """
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, figure in enumerate(figures):
        if figure.indicator_id.startswith(ROW_PREFIX):
            groups[figure.key].append(index)
    clashing = {figures[indexes[0]].indicator_id for indexes in groups.values() if _clash(figures, indexes)}
    told = list(figures)
    for index, figure in enumerate(figures):
        if figure.indicator_id in clashing:
            told[index] = _renamed(figure, headings)
    return _numbered(told, clashing)


def over(table: Table) -> str:
    """What stands over a table's labels, or the heading over it that its title does not repeat; "" for none."""
    title, stub = squeeze(table.title), clean_label(table.stub)
    if len(stub) >= 6 and caption_unit(stub).unit is None and stub not in title:
        return stub
    above = (heading_text(text) for text in reversed(table.section))
    return next((text for text in above if text not in title and title not in text), "")


def _renamed(figure: Figure, headings: Mapping[int, str]) -> Figure:
    heading = headings.get(id(figure.evidence[0]), "")
    name = f"{heading}：{figure.indicator}" if heading and heading not in figure.indicator else figure.indicator
    return replace(figure, indicator=name, indicator_id=row_id(name))


def _numbered(figures: list[Figure], clashing: set[str]) -> list[Figure]:
    """What still clashes, by page; what stands on one page, by its place there."""
    for mark in ("第{page}页", "第{place}处") if clashing else ():
        groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
        pages: dict[str, set[int]] = defaultdict(set)
        for index, figure in enumerate(figures):
            if figure.indicator_id.startswith(ROW_PREFIX):
                groups[figure.key].append(index)
                pages[figure.indicator_id].add(figure.evidence[0].page or 1)
        renamed = {figures[indexes[0]].indicator_id for indexes in groups.values() if _clash(figures, indexes)}
        places: Counter[tuple[str, ...]] = Counter()
        for index, figure in enumerate(figures):
            if figure.indicator_id in renamed and ("place" in mark or len(pages[figure.indicator_id]) > 1):
                places[figure.key] += 1
                name = f"{figure.indicator}({mark.format(page=figure.evidence[0].page or 1, place=places[figure.key])})"
                figures[index] = replace(figure, indicator=name, indicator_id=row_id(name))
    return figures


def _clash(figures: Sequence[Figure], indexes: Sequence[int]) -> bool:
    return any(not same(figures[indexes[0]].quantity, figures[index].quantity) for index in indexes[1:])


def _note(table: Table, index: int) -> str:
    row = table.rows[index]
    texts = [squeeze(cell.text) for cell, column in zip(row.cells, table.columns, strict=False) if column.note and cell is not None]
    return texts[0] if texts and len(texts[0]) <= 6 else ""
