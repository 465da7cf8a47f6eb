"""Header lines that overlap in height: cells of one header row, set at half height beside taller ones, each read by where it stands."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.documents import Box
from retrieval.parsers.pdf.chars import Word, tidy_join
from retrieval.parsers.pdf.spans import Extent, HeadCell, Heads
from retrieval.tables.grid import union

# A rule under a text is this near, in heights of the text.
RULE_GAP = 1.0


def overlap(upper: Box, lower: Box) -> bool:
    """Whether two lines share height, as lines of a paragraph or of separate rows do not."""
    return upper[3] - lower[1] > -0.08 * min(upper[3] - upper[1], lower[3] - lower[1])


def ruled_span(word: Word, columns: Sequence[Extent], rules: Sequence[Box]) -> tuple[int, int] | None:
    """The columns [first, last] over the rule drawn under a text; None without one, or where it runs under all columns."""
    under = [rule for rule in rules if -0.2 * word.size <= rule[1] - word.box[3] <= RULE_GAP * word.size and _covers(rule, word)]
    if not under:
        return None
    rule = min(under, key=lambda box: (box[1], box[2] - box[0]))
    held = [index for index, (start, stop) in enumerate(columns) if rule[0] - 1 <= (start + stop) / 2 <= rule[2] + 1]
    return (held[0], held[-1]) if held and len(held) < len(columns) else None


def _covers(rule: Box, word: Word) -> bool:
    return rule[0] <= word.box[0] + 2 and rule[2] >= word.box[2] - 2


def placed_rows(words: Sequence[Word], columns: Sequence[Extent], rules: Sequence[Box]) -> list[Heads]:
    """The words of overlapping lines as header rows, top first: texts over several columns, then one text per column, its lines joined."""
    single: dict[int, list[Word]] = {}
    wide: Heads = []
    for word in sorted(words, key=lambda word: (word.box[1], word.box[0])):
        first, last = ruled_span(word, columns, rules) or _span(word, columns)
        if first == last:
            single.setdefault(first, []).append(word)
        else:
            wide.append(HeadCell(word.text, first, last - first + 1, word.box))
    narrow = [HeadCell(tidy_join(part.text for part in parts), column, 1, union(part.box for part in parts)) for column, parts in single.items()]
    tops = [_level(wide, level) for level in sorted({round(cell.box[1]) for cell in wide if cell.box})]
    return [*tops, sorted(narrow, key=lambda cell: cell.column)] if narrow else tops


def _level(cells: Heads, top: int) -> Heads:
    return sorted((cell for cell in cells if cell.box and round(cell.box[1]) == top), key=lambda cell: cell.column)


def _span(word: Word, columns: Sequence[Extent]) -> tuple[int, int]:
    """The columns that a text reaches over; between two columns both, elsewhere the nearest."""
    middle = (word.box[0] + word.box[2]) / 2
    held = [index for index, (start, stop) in enumerate(columns) if word.box[0] <= (start + stop) / 2 <= word.box[2]]
    if held:
        return held[0], held[-1]
    touched = [index for index, (start, stop) in enumerate(columns) if word.box[0] < stop and start < word.box[2]]
    if touched:
        return touched[0], touched[-1]
    before = [index for index, (_, stop) in enumerate(columns) if stop <= word.box[0]]
    after = [index for index, (start, _) in enumerate(columns) if start >= word.box[2]]
    if before and after:
        left, right = columns[before[-1]], columns[after[0]]
        share = (middle - left[1]) / max(1.0, right[0] - left[1])
        if 0.35 < share < 0.65:
            return before[-1], after[0]
        return (before[-1],) * 2 if share <= 0.35 else (after[0],) * 2
    return (before[-1],) * 2 if before else (after[0],) * 2
