"""The order in which the lines of a page are read: top to bottom, or column by column where text is set in two columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.parsers.pdf.chars import Line, Word, cells_of, line_of, lines_of

# So many lines of prose must end at the gutter, and start behind it.
MIN_LINES = 3
_TEXT_CHARS = 4


@dataclass(frozen=True, slots=True)
class Gutter:
    """The blank strip between two columns: where the left one ends and the right one starts."""

    left: float
    right: float

    def crossed(self, line: Line) -> bool:
        """Whether a word of the line stands in the strip."""
        return any(word.box[0] < self.right - 1 and word.box[2] > self.left + 1 for word in line.words)


def in_reading_order(lines: Sequence[Line], width: float) -> tuple[list[Line], Gutter | None]:
    """The lines as they are read, and the strip between the columns where the page has two."""
    gutter = _gutter(lines, width)
    if gutter is None:
        return list(lines), None
    out: list[Line] = []
    band: list[Word] = []
    for line in lines:
        if gutter.crossed(line):
            out += [*_both(band, gutter), line]
            band = []
        else:
            band.extend(line.words)
    return out + _both(band, gutter), gutter


def _both(words: Sequence[Word], gutter: Gutter) -> list[Line]:
    left = [word for word in words if word.box[2] <= gutter.left + 1]
    right = [word for word in words if word.box[2] > gutter.left + 1]
    return lines_of(left) + lines_of(right)


def _gutter(lines: Sequence[Line], width: float) -> Gutter | None:
    """The strip near the centre that lines of prose end at and start behind, where hardly a line crosses it."""
    parts = [part for line in lines for part in _parts(line)]
    starts = [part.box[0] for part in parts if 0.4 * width < part.box[0] < 0.65 * width and _is_prose(part)]
    for start in sorted(set(starts), key=lambda place: (-_near(starts, place), place)):
        if _near(starts, start) < MIN_LINES:
            break
        em = parts[0].size
        ends = [part.box[2] for part in parts if start - 4 * em < part.box[2] < start - 0.5 * em and _is_prose(part) and part.box[0] < 0.35 * width]
        if not ends:
            continue
        gutter = Gutter(max(ends), start)
        reach = sum(1 for end in ends if end > gutter.left - 1.6 * em)
        crossing = sum(1 for line in lines if gutter.crossed(line))
        if reach >= MIN_LINES and crossing * 2 <= reach + _near(starts, start):
            return gutter
    return None


def _parts(line: Line) -> list[Line]:
    """The pieces of a line between wide gaps."""
    return [line_of([cell]) for cell in cells_of(line)]


def _near(starts: Sequence[float], place: float) -> int:
    return sum(1 for start in starts if abs(start - place) < 2)


def _is_prose(part: Line) -> bool:
    return sum(1 for char in part.text if char > "\u2e80") >= _TEXT_CHARS
