"""The order in which the lines of a page are read: top to bottom, or column by column where text is set in two columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from retrieval.parsers.pdf_chars import Line, line_of

# So many lines with text on both sides of one gutter make two columns.
MIN_LINES = 8
_SIDE_CHARS = 8


def in_reading_order(lines: Sequence[Line], width: float) -> tuple[list[Line], bool]:
    """The lines as they are read, and whether the page is set in two columns."""
    gutter = _gutter(lines, width)
    if gutter is None:
        return list(lines), False
    out: list[Line] = []
    left: list[Line] = []
    right: list[Line] = []
    for line in lines:
        before = [word for word in line.words if word.box[2] <= gutter]
        after = [word for word in line.words if word.box[0] >= gutter]
        if len(before) + len(after) < len(line.words):
            out += left + right + [line]
            left, right = [], []
            continue
        if before:
            left.append(line_of(before))
        if after:
            right.append(line_of(after))
    return out + left + right, True


def _gutter(lines: Sequence[Line], width: float) -> float | None:
    """The middle of a blank strip near the centre that most lines of text leave free; None where the page is one column."""
    wide = [line for line in lines if _widest_gap(line) >= 0.9 * line.size]
    if len(wide) < MIN_LINES or not width:
        return None
    best, best_count = None, 0
    for step in range(35, 66, 2):
        place = width * step / 100
        crossed = sum(1 for line in lines if any(word.box[0] < place < word.box[2] for word in line.words))
        both = sum(1 for line in wide if _is_text(line, place))
        if both >= MIN_LINES and both >= 3 * crossed and both > best_count:
            best, best_count = place, both
    return best


def _widest_gap(line: Line) -> float:
    return max((after.box[0] - before.box[2] for before, after in pairwise(line.words)), default=0.0)


def _is_text(line: Line, place: float) -> bool:
    """Words of prose on both sides, a gap of at least a character between."""
    before = [word for word in line.words if word.box[2] <= place]
    after = [word for word in line.words if word.box[0] >= place]
    if not before or not after or after[0].box[0] - before[-1].box[2] < 0.9 * line.size:
        return False
    return all(sum(1 for word in side for char in word.text if char > "\u2e80") >= _SIDE_CHARS for side in (before, after))
