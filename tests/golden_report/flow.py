"""Sets the report: headings, paragraphs and tables flow down the pages, and everything printed is noted with its page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.golden_report.book import Book, Ref
from tests.golden_report.marks import Line, Outline, Sheet, Text
from tests.golden_report.metrics import width, wrap
from tests.golden_report.wording import sentence

LEFT, RIGHT, TOP, BOTTOM = 56.0, 539.0, 78.0, 778.0


@dataclass(frozen=True, slots=True)
class FigureNote:
    """A figure printed on a page. row: its path in words; column: the header over it; text: as printed."""

    page: int
    ref: Ref
    row: str
    column: str
    text: str
    unit: str


@dataclass(frozen=True, slots=True)
class CellNote:
    """A cell of a table as it was drawn."""

    page: int
    table: str
    index: int
    row: str
    parents: tuple[str, ...]
    headers: tuple[str, ...]
    text: str
    note: bool
    golden: bool


@dataclass(slots=True)
class Numbering:
    """The number printed at the foot: `pattern` with a running number; restarts with each part of the report."""

    pattern: str
    next: int = 1

    def take(self) -> str:
        """The next printed number."""
        self.next += 1
        return self.pattern.format(self.next - 1)


@dataclass(slots=True)
class Flow:
    """The pages so far and where the next line goes."""

    book: Book
    header: tuple[str, str] = ("", "")
    numbering: Numbering = field(default_factory=lambda: Numbering("{}"))
    postscript: bool = False
    sheets: list[Sheet] = field(default_factory=list)
    outlines: list[Outline] = field(default_factory=list)
    figures: list[FigureNote] = field(default_factory=list)
    cells: list[CellNote] = field(default_factory=list)
    topics: list[tuple[str, int]] = field(default_factory=list)
    y: float = 1e9
    tables: int = 0
    columns: tuple[tuple[float, float], ...] = ((LEFT, RIGHT),)
    column: int = 0

    @property
    def sheet(self) -> Sheet:
        """The page being filled."""
        return self.sheets[-1]

    @property
    def left(self) -> float:
        """Left edge of the text column."""
        return self.columns[self.column][0]

    @property
    def right(self) -> float:
        """Right edge of the text column; on a wide page, of the page."""
        return self.columns[self.column][1] if self.sheet.width < 600 else self.sheet.width - LEFT

    @property
    def bottom(self) -> float:
        """Where the page ends for text."""
        return self.sheet.height - (842.0 - BOTTOM)

    def new_page(self, *, wide: bool = False) -> Sheet:
        """Start a page, lying on its side if `wide`."""
        size = (842.0, 595.0) if wide else (595.0, 842.0)
        sheet = Sheet(len(self.sheets) + 1, self.numbering.take(), *size, postscript=self.postscript)
        self.sheets.append(sheet)
        self.y, self.column = TOP, 0
        if any(self.header):
            sheet.texts.append(Text(LEFT, 48, self.header[0], 8))
            right = sheet.width - LEFT
            sheet.texts.append(Text(right - width(self.header[1], 8), 48, self.header[1], 8))
            sheet.lines.append(Line(LEFT, 54, right, 54, 0.4))
        if sheet.printed:
            sheet.texts.append(Text((sheet.width - width(sheet.printed, 8)) / 2, sheet.height - 34, sheet.printed, 8))
        return sheet

    def part(self, pattern: str, header: tuple[str, str]) -> None:
        """Begin a part with its own page numbers and running header, on a new page."""
        self.numbering, self.header = Numbering(pattern), header
        self.new_page()

    def chapter(self, title: str, *, header: str = "") -> None:
        """A chapter heading on a new page."""
        self.header = (self.header[0], header or title)
        self.new_page()
        self.heading(title, 1)

    def room(self, height: float) -> bool:
        """Whether a height still fits."""
        return self.y + height <= self.bottom

    def need(self, height: float) -> None:
        """Go to the next column or page unless a height still fits."""
        if self.sheets and self.room(height):
            return
        if self.sheets and self.column + 1 < len(self.columns):
            self.column, self.y = self.column + 1, TOP
            return
        self.new_page()

    def put(self, x: float, text: str, size: float, *, bold: bool = False, y: float | None = None) -> None:
        """One piece of text with its baseline at y."""
        if text:
            self.sheet.texts.append(Text(round(x, 2), round(self.y if y is None else y, 2), text, size, bold))

    def gap(self, height: float) -> None:
        """White space."""
        self.y += height

    def heading(self, text: str, level: int = 2, *, bookmark: bool = True, keep: float = 60) -> None:
        """A heading, with a bookmark."""
        size = {1: 16.0, 2: 12.5, 3: 10.5}.get(level, 9.5)
        self.need(size * 1.6 + keep)
        if bookmark and level <= 3:
            self.outlines.append(Outline(text, self.sheet.number, level, self.y - 6))
        for _, line in wrap(text, size, self.right - self.left, True):
            self.y += size * 1.35
            self.put(self.left, line, size, bold=True)
        self.y += size * 0.55

    def say(self, *templates: str, topics: Iterable[str] = (), size: float = 10.5, indent: bool = True, bold: bool = False) -> None:
        """Paragraphs with figures in them; `topics` name the themes that they answer."""
        topics = tuple(topics)
        for template in templates:
            self._paragraph(template, topics, size, indent, bold)

    def _paragraph(self, template: str, topics: tuple[str, ...], size: float, indent: bool, bold: bool) -> None:
        text, printed = sentence(template, self.book)
        step, shift = size * 1.7, size * 2 if indent else 0.0
        lines = wrap(text, size, self.right - self.left, bold, shift)
        if len(lines) > 1 and not self.room(step * 2):
            self.need(step * 2)
        pending = list(printed)
        for place, (offset, line) in enumerate(lines):
            self.need(step)
            self.y += step
            self.put(self.left + (shift if place == 0 else 0), line, size, bold=bold)
            end = lines[place + 1][0] if place + 1 < len(lines) else len(text) + 1
            for figure in [p for p in pending if offset <= p.offset < end]:
                self.figures.append(FigureNote(self.sheet.number, figure.ref, text, "", figure.text, figure.unit))
                pending.remove(figure)
            self.topics.extend((topic, self.sheet.number) for topic in topics)
        self.y += size * 0.5

    def mention(self, *topics: str) -> None:
        """Note that the current page answers these themes."""
        self.topics.extend((topic, self.sheet.number) for topic in topics)
