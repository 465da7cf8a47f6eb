"""The header of an unruled table: the lines above its first row, as texts over its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from retrieval.documents import Box
from retrieval.parsers.pdf.bands import overlap, placed_rows, ruled_span
from retrieval.parsers.pdf.chars import Word
from retrieval.parsers.pdf.lines import STUBS, Kind, TextRow, header_tokens, is_frame
from retrieval.parsers.pdf.spans import Extent, HeadCell, spread
from retrieval.parsers.pdf.stacked import is_known, stacked
from retrieval.tables.text import frame_parts, is_month_day, is_note_header, is_period, is_scope


@dataclass(slots=True)
class HeaderLines:
    """The header rows top to bottom, the texts over the labels, and which lines of the zone it takes: [start, end)."""

    start: int
    end: int
    rows: list[list[HeadCell]] = field(default_factory=list)
    stubs: list[Word] = field(default_factory=list)
    note: Word | None = None


def read_header(zone: Sequence[TextRow], columns: Sequence[Extent], left: float, rules: Sequence[Box] = ()) -> HeaderLines:
    """The header in the lines above a table.

    columns: from where to where each column's values reach. left: where its labels start. rules: lines drawn across the page.
    """
    reader = _Reader(zone, columns, left, rules)
    end = reader.end()
    found = HeaderLines(end, end)
    reader.climb(found)
    return found


class _Reader:
    """Climbs from the lowest header line up, one row of the header at a time."""

    def __init__(self, zone: Sequence[TextRow], columns: Sequence[Extent], left: float, rules: Sequence[Box]) -> None:
        self.zone = zone
        self.rules = rules
        self.columns = columns
        self.width = len(columns)
        self.left = left
        self.edge = min(start for start, _ in columns)
        self.tokens = [self._tokens(row) for row in zone]
        self.placed = [self._is_placed(index) for index in range(len(zone))]

    def _tokens(self, row: TextRow) -> list[Word]:
        """The texts of a header line; word by word where that makes one for each column (AAA AA A A以下)."""
        tokens, words = header_tokens(row.line), row.line.words
        return list(words) if len(tokens) < len(words) == self.width and all(len(word.text) <= 12 for word in words) else tokens

    def _is_placed(self, index: int) -> bool:
        """Whether the words of a line stand over their columns, not one after another from the margin."""
        row = self.zone[index]
        return row.line.box[0] > self.left + 4 * row.line.size or (len(row.cells) > 1 and row.line.box[2] > self.edge)

    def end(self) -> int:
        """The end of the header: behind its last sure line, or further where the words below come out as known titles."""
        last = max((index for index, row in enumerate(self.zone) if row.kind is Kind.HEAD), default=-1) + 1
        while last and last < len(self.zone) and self.zone[last].line.box[0] > self.edge - self.zone[last].line.size:
            last += 1
        if 1 < last + 1 <= len(self.zone) and len(self._loose(last)) == self.width > 1 and all(len(token.text) <= 10 for token in self._loose(last)):
            return last + 1
        if last and self.placed[last - 1] and len(self._loose(last - 1)) >= self.width:
            return last
        best, most = last, -1
        for end in range(last, len(self.zone) + 1):
            lines = [line for index in range(end) if (line := self._loose(index))]
            found = stacked(lines, self.width) if lines else None
            if found and found.known >= most and (end == last or found.known * 2 >= self.width):
                best, most = end, found.known + (end == last)
        return best

    def _loose(self, index: int) -> list[Word]:
        return [token for token in self.tokens[index] if not is_note_header(token.text)]

    def climb(self, found: HeaderLines) -> None:
        """Read rows upwards until a line is no header."""
        index = found.end
        while index:
            taken = self._row(index, found)
            if not taken:
                break
            index -= taken
            found.start = index
        found.rows.reverse()

    def _row(self, end: int, found: HeaderLines) -> int:
        """Read the row that ends before `end`; how many lines it takes, 0 for no header line."""
        if taken := self._band(end, found):
            return taken
        row, tokens = self.zone[end - 1], self.tokens[end - 1]
        notes = [token for token in tokens if is_note_header(token.text)]
        found.note = notes[0] if notes else found.note
        tokens = [token for token in tokens if not is_note_header(token.text)]
        if not tokens:
            return 1
        if self.placed[end - 1]:
            own = len(tokens) == self.width and tokens[0].box[0] > self.left + 4 * tokens[0].size
            stubs = [token for token in tokens if self._over_labels(token) and not own]
            data = [token for token in tokens if token not in stubs]
            if data and len(data) != self.width and not all(is_frame(token.text) for token in data) and (taken := self._stack(end, found)):
                return taken
            found.stubs[:0] = stubs
            if data:
                found.rows.extend(reversed(spread(data, found.rows[-1:], self.columns)))
            return 1
        return self._flush_row(end, row, tokens, found)

    def _band(self, end: int, found: HeaderLines) -> int:
        """Read lines that overlap in height, or one with rules under its texts, by place; 0 where the line is neither."""
        start = end - 1
        while start and overlap(self.zone[start - 1].line.box, self.zone[start].line.box):
            start -= 1
        tokens = [token for index in range(start, end) for token in self._loose(index)]
        data = [token for token in tokens if not self._over_labels(token)]
        if not data or (end - start == 1 and not any(ruled_span(token, self.columns, self.rules) for token in data)):
            return 0
        found.note = next((token for index in range(start, end) for token in self.tokens[index] if is_note_header(token.text)), found.note)
        found.stubs[:0] = [token for token in tokens if token not in data]
        found.rows.extend(reversed(placed_rows(data, self.columns, self.rules)))
        return end - start

    def _flush_row(self, end: int, row: TextRow, tokens: list[Word], found: HeaderLines) -> int:
        if len(tokens) == 1 and tokens[0].text in STUBS:
            found.stubs[:0] = tokens
            return 1
        whole = all(_is_whole(token.text) for token in tokens)
        if not all(is_frame(token.text) and not is_month_day(token.text) for token in tokens) and (taken := self._stack(end, found)):
            return taken
        if len(tokens) == self.width + 1 and not is_frame(tokens[0].text):
            found.stubs.insert(0, tokens.pop(0))
        if len(tokens) == self.width and (self.width > 1 or whole):
            found.rows.append([HeadCell(token.text, column, 1, token.box) for column, token in enumerate(tokens)])
            return 1
        if taken := self._gathered(end, found):
            return taken
        if whole:
            found.rows.extend(reversed(spread(tokens, found.rows[-1:], self.columns)))
            return 1
        if 1 < len(tokens) < self.width and row.kind is Kind.HEAD and not any(is_frame(token.text) for token in tokens):
            found.rows.append([HeadCell(token.text, column) for column, token in enumerate(tokens)])
            return 1
        if row.kind is Kind.HEAD and any(is_frame(token.text) for token in tokens):
            found.rows.extend(reversed(spread([token for token in tokens if is_frame(token.text)], found.rows[-1:], self.columns)))
            return 1
        above = any(other.kind is Kind.HEAD for other in self.zone[: end - 1])
        if above or (row.kind is Kind.HEAD and len(tokens) == 1):
            found.stubs[:0] = tokens
            return 1
        return 0

    def _gathered(self, end: int, found: HeaderLines) -> int:
        """Periods one under another at the margin, one for each column."""
        periods: list[Word] = []
        index = end
        while index and not self.placed[index - 1] and len(periods) < self.width:
            here = [token for token in self._loose(index - 1) if is_period(token.text)]
            if not here or (len(periods) + len(here) < self.width and len(here) != len(self._loose(index - 1))):
                break
            periods[:0] = here
            index -= 1
        if len(periods) != self.width or end - index < 2:
            return 0
        found.rows.append([HeadCell(token.text, column) for column, token in enumerate(periods)])
        found.stubs[:0] = [token for token in self._loose(index) if not is_period(token.text)]
        found.note = next((token for line in self.tokens[index:end] for token in line if is_note_header(token.text)), found.note)
        return end - index

    def _stack(self, end: int, found: HeaderLines) -> int:
        lines: list[list[Word]] = []
        for index in range(end - 1, -1, -1):
            if self.placed[index] and not self._in_stack(index, end):
                break
            lines.insert(0, [token for token in self._loose(index) if not (self.placed[index] and self._over_labels(token))])
        drop = any(not line for line in lines)
        kept = [(place, line) for place, line in enumerate(lines) if line]
        stack = stacked([line for _, line in kept], self.width)
        if stack is None:
            return 0
        if (stack.taken == 1 and not stack.known) or (found.rows and stack.known * 2 < self.width):
            return 0
        first = kept[len(kept) - stack.taken][0] if stack.taken < len(kept) or not drop else 0
        found.rows.append([HeadCell(text, column) for column, text in enumerate(stack.texts)])
        found.stubs[:0] = [word for index in stack.rest for word in kept[index][1]]
        for index in range(end - (len(lines) - first), end):
            found.note = next((token for token in self.tokens[index] if is_note_header(token.text)), found.note)
        return len(lines) - first

    def _in_stack(self, index: int, end: int) -> bool:
        """Whether a line whose words stand in place may still be one of stacked halves: among others, or a scope beside them."""
        words = self._loose(index)
        if len(words) == 1 and is_scope(words[0].text) and index < end - 1:
            return True
        frames = all(is_frame(word.text) for word in words)
        alone = index == 0 or self.placed[index - 1]
        return not frames and len(words) < self.width and (not alone or index < end - 2)

    def _over_labels(self, token: Word) -> bool:
        return token.box[0] < self.left + token.size or token.box[2] < self.edge - 0.5 * token.size


def _is_whole(text: str) -> bool:
    """A title that needs no other half: a scope, a full period, a known name."""
    return is_scope(text) or bool(frame_parts(text)) or is_known(text)
