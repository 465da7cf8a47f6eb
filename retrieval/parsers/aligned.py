"""Tables that only the position of their texts shows: plain text set with blanks, and the lines of a scan.

Numbers of one column overlap from line to line, so the columns are the ranges that the figures cover; header texts go to the
columns under them, and what stands left of the first column is the label.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.documents import Box, RawCell
from retrieval.tables.grid import union
from retrieval.tables.text import is_period, is_value, is_year
from retrieval.tables.units import unit_in

MIN_FIGURE_LINES = 2
_MAX_LABEL = 40
_MAX_HEAD = 4
_TAB = 40.0
_APART = re.compile(r"\S+(?:[ \u00a0]\S+)*")
_SENTENCE_END = "。；，,;！？"


@dataclass(frozen=True, slots=True)
class Token:
    """A text of one line with its range, in any unit that is the same for all lines."""

    text: str
    left: float
    right: float
    box: Box | None = None


def text_tokens(line: str) -> list[Token]:
    """The texts of a line that stand apart (two blanks), measured in half-width characters; tabs are columns of their own."""
    line = line.replace("\u3000", "  ").rstrip()
    if "\t" in line.strip():
        parts = [(index, part.strip()) for index, part in enumerate(line.split("\t"))]
        return [Token(part, index * _TAB, index * _TAB + min(_width(part), _TAB - 1)) for index, part in parts if part]
    tokens = []
    for part in _APART.finditer(line):
        left = float(_width(line[: part.start()]))
        tokens.append(Token(part[0], left, left + _width(part[0])))
    return tokens


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def runs(lines: Sequence[Sequence[Token]]) -> list[tuple[int, int]]:
    """The runs of lines (start, end) that are tables: at least two lines of figures, their headers and label lines with them."""
    kinds = [_kind(line) for line in lines]
    found: list[tuple[int, int]] = []
    start = 0
    while start < len(lines):
        end = _run_end(kinds, start)
        if kinds[start] in "FH" and kinds[start:end].count("F") >= MIN_FIGURE_LINES:
            found.append((start, end))
            start = end
        else:
            start += 1
    return found


def _run_end(kinds: list[str], start: int) -> int:
    """Past the last line with figures that is reached over headers, label lines and single empty lines."""
    end = start
    for index in range(start, len(kinds)):
        figures_next = kinds[index + 1 : index + 2] == ["F"]
        if kinds[index] == "F":
            end = index + 1
        elif kinds[index] == "X" or (kinds[index] == " " and not figures_next) or index - end > _MAX_HEAD:
            break
    return end


def _kind(line: Sequence[Token]) -> str:
    """F: figures beside a label. H: several texts without a figure. L: one short label. X: a sentence. " ": empty."""
    if not line:
        return " "
    if any(_figure(token) for token in line[1:]):
        return "F"
    if len(line) > 1 and all(len(token.text) <= _MAX_LABEL for token in line):
        return "H"
    return "L" if len(line) == 1 and len(line[0].text) <= _MAX_LABEL and line[0].text[-1] not in _SENTENCE_END else "X"


def _figure(token: Token) -> bool:
    return is_value(token.text) and not is_year(token.text)


def caption_lines(lines: Sequence[Sequence[Token]]) -> int:
    """How many leading lines of a run are no header but a title beside a 单位 text."""
    count = 0
    while count < len(lines) and any(unit_in(token.text) for token in lines[count]) and not any(is_period(token.text) for token in lines[count]):
        count += 1
    return count


def aligned_cells(lines: Sequence[Sequence[Token]], page: int) -> list[RawCell]:
    """The cells of one run of lines; column 0 holds the labels."""
    columns = _columns(lines)
    cells: list[RawCell] = []
    for row, line in enumerate(lines):
        places: dict[tuple[int, int], list[Token]] = {}
        for token in line:
            places.setdefault(_place(token, columns, first=token is line[0]), []).append(token)
        for (first, last), tokens in places.items():
            text = " ".join(token.text for token in tokens)
            indent = tokens[0].left if first == 0 else 0.0
            cells.append(RawCell(text, row, first, 1, last - first + 1, page, union(token.box for token in tokens), indent))
    return cells


def _columns(lines: Sequence[Sequence[Token]]) -> list[tuple[float, float]]:
    """The ranges that the figures cover, from left to right; ranges that overlap are one."""
    ranges = sorted((token.left, token.right) for line in lines for token in line[1:] if _figure(token))
    columns: list[tuple[float, float]] = []
    for left, right in ranges:
        if columns and left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    return columns


def _place(token: Token, columns: Sequence[tuple[float, float]], *, first: bool) -> tuple[int, int]:
    """First and last column of a token, counted from 1; (0, 0) is the label."""
    if not columns or (token.right <= columns[0][0] and (first or token.right < columns[0][0] - (columns[0][1] - columns[0][0]))):
        return 0, 0
    under = [index for index, (left, right) in enumerate(columns, start=1) if token.left < right and left < token.right]
    if under and not (first and token.left < columns[0][0] and under == [1] and not _figure(token)):
        return under[0], under[-1]
    if first and token.left < columns[0][0]:
        return 0, 0
    middle = (token.left + token.right) / 2
    nearest = min(range(len(columns)), key=lambda index: abs((columns[index][0] + columns[index][1]) / 2 - middle)) + 1
    return nearest, nearest
