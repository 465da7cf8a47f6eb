"""One page of a PDF taken apart: its text, its lines, its ruled tables, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pypdfium2 import PdfPage

from retrieval.documents import Box
from retrieval.parsers.pdf.chars import Line, Word, frame_of, lines_of, page_words
from retrieval.parsers.pdf.lines import TextRow, classify
from retrieval.parsers.pdf.order import Gutter, in_reading_order
from retrieval.parsers.pdf.quality import page_warnings
from retrieval.parsers.pdf.ruled import RuledGrid, page_edges, ruled_grids


@dataclass(frozen=True, slots=True)
class PageLayer:
    """number: from 1. rows: the lines outside ruled tables in reading order. rules: lines drawn across the page outside ruled tables.

    left, right: where the text of the page starts and ends. gutter: between its two columns, where it has them.
    """

    number: int
    width: float
    height: float
    text: str
    rows: tuple[TextRow, ...]
    grids: tuple[RuledGrid, ...]
    left: float
    right: float
    gutter: Gutter | None
    rules: tuple[Box, ...]
    warnings: tuple[str, ...]


def read_page(page: PdfPage, number: int) -> PageLayer:
    """Everything that one page gives by itself."""
    frame = frame_of(page)
    words = page_words(page, frame)
    edges = page_edges(page, frame)
    grids = ruled_grids(edges, words, number)
    rules = tuple(box for box in edges if box[2] - box[0] > 3 * (box[3] - box[1]) + 8 and not any(_inside(box, grid.box) for grid in grids))
    lines = lines_of(words)
    free = lines_of(word for word in words if not _in_table(word, grids)) if grids else lines
    ordered, gutter = in_reading_order(free, frame.width)
    whole = in_reading_order(lines, frame.width)[0] if gutter else lines
    left = min((line.box[0] for line in lines), default=0.0)
    right = max((line.box[2] for line in lines), default=frame.width)
    rows = tuple(classify(line, left, right) for line in ordered)
    text = "\n".join(line.text for line in whole)
    warnings = page_warnings(page, words, gutter is not None)
    return PageLayer(number, frame.width, frame.height, text, rows, tuple(grids), left, right, gutter, rules, warnings)


def empty_page(number: int, warning: str) -> PageLayer:
    """A page of which nothing could be read."""
    return PageLayer(number, 0.0, 0.0, "", (), (), 0.0, 0.0, None, (), (warning,))


def _in_table(word: Word, grids: Sequence[RuledGrid]) -> bool:
    return any(_inside(word.box, grid.box) for grid in grids)


def _inside(box: Box, outer: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def body_size(lines: Sequence[Line]) -> float:
    """The height of most lines, by their length."""
    sizes = sorted((line.size, len(line.text)) for line in lines)
    half = sum(count for _, count in sizes) / 2
    for size, count in sizes:
        half -= count
        if half <= 0:
            return size
    return 0.0
