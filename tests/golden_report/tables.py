"""Draws tables: merged headers, wrapped labels, ruled, banded or bare, breaking over pages in the ways that reports do."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from tests.golden_report.flow import CellNote, FigureNote, Flow
from tests.golden_report.marks import Line, Shade
from tests.golden_report.metrics import width, wrap
from tests.golden_report.table_spec import Cell, Column, Row, Table

PAD = 3.0


@dataclass(frozen=True, slots=True)
class _Line:
    """A row ready to be drawn."""

    row: Row
    parents: tuple[str, ...]
    label: list[str]
    cells: tuple[Cell, ...]
    wrapped: tuple[list[str], ...]
    height: float


class TableSetter:
    """Sets one table into a flow."""

    def __init__(self, flow: Flow, table: Table) -> None:
        self.flow, self.table = flow, table
        self.step, self.headed = table.size * 1.5, True
        total = flow.right - flow.left
        self.stub = total - sum(column.width for column in table.columns)
        self.edges = [flow.left, flow.left + self.stub]
        for column in table.columns:
            self.edges.append(self.edges[-1] + column.width)
        named = table.stub or any(header for column in table.columns for header in column.headers)
        self.depth = max((len(column.headers) for column in table.columns), default=0) if named else 0

    def draw(self) -> None:
        """The whole table, with title, unit line, header, rows and footnotes."""
        flow, table = self.flow, self.table
        lines = self._lines()
        body = sum(line.height for line in lines)
        lead = sum(line.height for line in lines[: table.break_after or 3])
        if table.continued == "keep":
            flow.need(self._caption_height() + self._header_height() + body + 6)
        else:
            flow.need(self._caption_height() + self._header_height() + lead)
        self._caption("")
        top, self.headed = self._header(), True
        for place, line in enumerate(lines):
            if (place and place == table.break_after) or not flow.room(line.height + (2 if table.style != "open" else 0)):
                self._close(top)
                flow.need(1e6)
                top, self.headed = self._resume(), table.continued != "bare"
            self._row(line)
        self._close(top)
        flow.tables += 1
        for topic in table.topics:
            flow.mention(topic)
        for note in table.notes:
            flow.say(note, size=7.5, indent=False)
        flow.gap(8)

    def _resume(self) -> float:
        if self.table.continued == "bare":
            if self.table.style == "ruled":
                self.flow.sheet.lines.append(Line(self.edges[0], self.flow.y, self.edges[-1], self.flow.y))
            return self.flow.y
        if self.table.continued == "repeat":
            self._caption("（续）" if self.table.title else "续表")
        return self._header()

    def _lines(self) -> list[_Line]:
        parents: list[tuple[int, str]] = []
        lines = []
        for row in self.table.rows:
            while parents and parents[-1][0] >= row.level:
                parents.pop()
            lines.append(self._line(row, tuple(label for _, label in parents)))
            parents.append((row.level, row.label))
        return lines

    def _line(self, row: Row, parents: tuple[str, ...]) -> _Line:
        table = self.table
        if row.cells is None:
            cells = tuple(column.cell(self.flow.book, row, table.unit) for column in table.columns)
        else:
            cells = tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row.cells)
        indent = row.level * 9 if table.indents else 0
        label = [text for _, text in wrap(row.label + row.mark, table.size, self.stub - 2 * PAD - indent, row.bold)]
        wrapped = tuple(
            [text for _, text in wrap(cell.text, table.size, column.width - 2 * PAD, row.bold)] if column.align == "left" or "\n" in cell.text else [cell.text]
            for cell, column in zip(cells, table.columns, strict=True)
        )
        high = max([len(label), *(len(texts) for texts in wrapped)])
        return _Line(row, parents, label, cells, wrapped, high * self.step + (5 if table.style != "open" else 2.5))

    def _caption_height(self) -> float:
        return (self.table.size * 2 if self.table.title else 0) + (self.table.size * 1.7 if self.table.unit_line else 0)

    def _caption(self, suffix: str) -> None:
        flow, table = self.flow, self.table
        if table.title or suffix:
            flow.y += table.size * 1.6
            flow.put(flow.left, table.title + suffix, table.size + 0.8, bold=True)
            flow.y += table.size * 0.4
        if table.unit_line:
            flow.y += table.size * 1.2
            flow.put(flow.right - width(table.unit_line, table.size - 0.5), table.unit_line, table.size - 0.5)
            flow.y += table.size * 0.5

    def _header_rows(self) -> list[list[tuple[int, int, int, str]]]:
        """Per header row: (first column, last column, rows spanned, text); equal neighbours under one parent are merged."""
        rows: list[list[tuple[int, int, int, str]]] = []
        columns = self.table.columns
        for level in range(self.depth):
            cells: list[tuple[int, int, int, str]] = []
            place = 0
            while place < len(columns):
                path = columns[place].headers
                if level >= len(path):
                    place += 1
                    continue
                end = place
                while end + 1 < len(columns) and len(path) > level + 1 and _same(columns[end + 1], path, level):
                    end += 1
                cells.append((place, end, 1 if level < len(path) - 1 else self.depth - level, path[level]))
                place = end + 1
            rows.append(cells)
        return rows

    def _level_heights(self) -> list[float]:
        heights = [self.step + 4.0] * self.depth
        for level, cells in enumerate(self._header_rows()):
            for first, last, span, text in cells:
                need = len(self._header_text(first, last, text)) * self.step + 4
                if span == 1:
                    heights[level] = max(heights[level], need)
                elif need > sum(heights[level : level + span]):
                    heights[-1] += need - sum(heights[level : level + span])
        return heights

    def _header_text(self, first: int, last: int, text: str) -> list[str]:
        room = self.edges[last + 2] - self.edges[first + 1] - 2 * PAD
        return [line for _, line in wrap(text, self.table.size, room, True)]

    def _header_height(self) -> float:
        return sum(self._level_heights())

    def _header(self) -> float:
        flow, table = self.flow, self.table
        top, heights = flow.y, self._level_heights()
        bottom = top + sum(heights)
        if table.shaded:
            flow.sheet.shades.append(Shade(flow.left, top, flow.right - flow.left, bottom - top))
        if table.stub:
            lines = [text for _, text in wrap(table.stub, table.size, self.stub - 2 * PAD, True)]
            self._stack(lines, self.edges[0], self.edges[1], top, bottom, table.stub_align)
        for level, cells in enumerate(self._header_rows()):
            y = top + sum(heights[:level])
            for first, last, span, text in cells:
                low = y + sum(heights[level : level + span])
                column = table.columns[first]
                align = "center" if first != last or table.style == "ruled" or column.align == "center" else column.align
                self._stack(self._header_text(first, last, text), self.edges[first + 1], self.edges[last + 2], y, low, align)
                self._header_rules(first, last, y, low, bottom)
        if table.style == "ruled":
            flow.sheet.lines.append(Line(self.edges[0], top, self.edges[-1], top))
            flow.sheet.lines.append(Line(self.edges[0], bottom, self.edges[-1], bottom))
        elif table.style == "banded":
            flow.sheet.lines.extend(Line(self.edges[0], y, self.edges[-1], y, 1.0) for y in (top, bottom))
        flow.y = bottom
        return top

    def _header_rules(self, first: int, last: int, y: float, low: float, bottom: float) -> None:
        lines = self.flow.sheet.lines
        if self.table.style == "ruled":
            lines.append(Line(self.edges[first + 1], y, self.edges[first + 1], low))
            if low < bottom:
                lines.append(Line(self.edges[first + 1], low, self.edges[last + 2], low))
        elif low < bottom or self.table.style == "open":
            lines.append(Line(self.edges[first + 1] + 4, low - 1, self.edges[last + 2] - 1, low - 1, 0.4))

    def _stack(self, lines: list[str], left: float, right: float, top: float, bottom: float, align: str) -> None:
        size = self.table.size
        y = top + (bottom - top - len(lines) * self.step) / 2 + size * 1.08
        for line in lines:
            self.flow.put(_x(line, size, left, right, align, True), line, size, bold=True, y=y)
            y += self.step

    def _row(self, line: _Line) -> None:
        flow, table = self.flow, self.table
        top = flow.y
        indent = line.row.level * 9 if table.indents else 0
        base = top + (2.5 if table.style != "open" else 1.2) + table.size * 0.98
        for place, text in enumerate(line.label):
            flow.put(self.edges[0] + PAD + indent, text, table.size, bold=line.row.bold, y=base + place * self.step)
        down = (len(line.label) - 1) * self.step if table.style == "open" else (len(line.label) - 1) * self.step / 2
        for place, (column, texts) in enumerate(zip(table.columns, line.wrapped, strict=True)):
            for step, text in enumerate(texts):
                x = _x(text, table.size, self.edges[place + 1], self.edges[place + 2], column.align, line.row.bold)
                y = base + step * self.step + (down if len(texts) == 1 else 0)
                flow.put(x, text, table.size, bold=line.row.bold, y=y)
        flow.y = top + line.height
        if table.style == "ruled":
            flow.sheet.lines.append(Line(self.edges[0], flow.y, self.edges[-1], flow.y))
        elif table.style == "open" and line.row.bold:
            flow.sheet.lines.append(Line(self.edges[1] + 4, top, self.edges[-1] - 1, top, 0.4))
        self._note(line)

    def _close(self, top: float) -> None:
        flow = self.flow
        if self.table.style == "ruled" and flow.y > top:
            flow.sheet.lines.extend(Line(edge, top, edge, flow.y) for edge in (self.edges[0], self.edges[1], self.edges[-1]))
            body = top + self._header_height() if self.headed else top
            flow.sheet.lines.extend(Line(edge, body, edge, flow.y) for edge in self.edges[2:-1])
        elif self.table.style == "banded":
            flow.sheet.lines.append(Line(self.edges[0], flow.y, self.edges[-1], flow.y, 1.0))

    def _note(self, line: _Line) -> None:
        flow, table, page = self.flow, self.table, self.flow.sheet.number
        path = " / ".join(part for part in (table.path or table.title, *line.parents, line.row.label) if part)
        for column, cell in zip(table.columns, line.cells, strict=True):
            if cell.text:
                headers = column.headers
                flow.cells.append(CellNote(page, table.title, flow.tables, line.row.label + line.row.mark, line.parents, headers, cell.text, column.note, table.golden))
            if cell.ref is not None:
                flow.figures.append(FigureNote(page, cell.ref, path, " ".join(column.headers), cell.text, cell.unit))


def _same(column: Column, path: tuple[str, ...], level: int) -> bool:
    return len(column.headers) > level + 1 and column.headers[: level + 1] == path[: level + 1]


def _x(text: str, size: float, left: float, right: float, align: str, bold: bool) -> float:
    if align == "left":
        return left + PAD
    room = right - left - width(text, size, bold)
    return left + room / 2 if align == "center" else left + room - PAD


def tables_side_by_side(flow: Flow, first: Table, second: Table) -> None:
    """Two narrow tables beside each other, the second starting level with the first."""
    middle = (flow.left + flow.right) / 2
    start, page = flow.y, flow.sheet.number
    whole = flow.columns
    lows = []
    for table, span in zip((first, second), pairwise((flow.left, middle + 6, flow.right)), strict=True):
        flow.columns = ((span[0], span[1] - (12 if span[1] < flow.sheet.width - 60 else 0)),)
        flow.y = start
        TableSetter(flow, table).draw()
        lows.append(flow.y)
        if flow.sheet.number != page:
            raise ValueError("side-by-side tables must fit on the page")
    flow.columns, flow.y = whole, max(lows)
