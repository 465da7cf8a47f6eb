"""The grid of an unruled table: which value stands in which column, and which lines make up one label."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from retrieval.parsers.pdf.chars import Word, tidy_join
from retrieval.parsers.pdf.lines import Kind, TextRow
from retrieval.parsers.pdf.spans import Extent
from retrieval.tables.text import is_note_ref, is_sure_note_ref, is_value

_MARK = re.compile(r"[(（](?:\d{1,2}|[ivx]{1,5}|[a-z])[)）](?:[(（]\w{1,4}[)）])*")
_REF = re.compile(r"[一二三四五六七八九十]{1,3}(?:[、.,，]?\s*\d{1,2})?(?:[(（]\w{1,4}[)）])*")


@dataclass(slots=True)
class GridLine:
    """One row: the lines of its label, its note reference, its value cells with the column of each."""

    label: list[Word] = field(default_factory=list)
    note: Word | None = None
    values: list[tuple[int, Word]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The label in one line."""
        return tidy_join(word.text for word in self.label)


@dataclass(frozen=True, slots=True)
class Body:
    """Rows and where each column's values reach from and to; noted: whether there is a column of note references."""

    lines: list[GridLine]
    columns: list[Extent]
    noted: bool


def read_body(rows: Sequence[TextRow], heads_note: bool) -> Body:
    """The rows of one unruled table as they are printed, labels not yet joined. heads_note: a header text says 附注 or 注释."""
    parsed = [_parse(row) for row in rows]
    _take_marks(parsed, heads_note)
    parsed = _folded(parsed)
    _take_texts(parsed)
    values = [row.cells for row in parsed if row.cells]
    columns, places = _columns(values)
    lines = []
    if not heads_note and all(row.note is None or _MARK.fullmatch(row.note.text) for row in parsed):
        for row in parsed:
            row.label.extend([row.note] if row.note else [])
            row.note = None
    taken = iter(places)
    for row in parsed:
        placed = next(taken) if row.cells else []
        surplus = [word for column, word in zip(placed, row.cells, strict=True) if column < 0]
        kept = [(column, word) for column, word in zip(placed, row.cells, strict=True) if column >= 0]
        lines.append(GridLine([*row.label, *surplus], row.note, kept))
    return Body(lines, columns, any(row.note for row in parsed))


@dataclass(slots=True)
class _Parsed:
    label: list[Word]
    note: Word | None
    cells: list[Word]


def _parse(row: TextRow) -> _Parsed:
    if row.kind is not Kind.DATA:
        last = row.cells[-1]
        if len(row.cells) > 1 and (is_sure_note_ref(last.text) or _MARK.fullmatch(last.text)):
            return _Parsed(list(row.cells[:-1]), last, [])
        return _Parsed(list(row.cells), None, [])
    label, cells = list(row.cells[: row.values]), list(row.cells[row.values :])
    note = None
    if label and _is_note(label[-1].text, len(label) > 1):
        note = label.pop()
    elif len(cells) > 1 and not label and not is_value(cells[0].text) and _is_note(cells[0].text, False):
        note = cells.pop(0)
    return _Parsed(label, note, cells)


def _take_texts(rows: Sequence[_Parsed]) -> None:
    """Texts between the label and the values (发行日期, 币种) are columns where most rows have one there."""
    data = [row for row in rows if row.cells]
    extra = [word for row in data for word in row.label[1:]]
    clusters = _clusters(extra)
    need = max(2.0, 0.6 * len(data))
    kept = [extent for extent in clusters if sum(1 for word in extra if _cluster([extent], word) == 0) >= need]
    for row in data:
        texts = [word for word in row.label[1:] if any(_cluster([extent], word) == 0 for extent in kept)]
        row.cells[:0] = texts
        row.label = [word for word in row.label if word not in texts]


def _is_note(text: str, labelled: bool) -> bool:
    """A reference at the end of a label, or in place of one (labelled: a label stands before it); not the rest of a bracket."""
    if text.count(")") > text.count("("):
        return False
    if is_sure_note_ref(text) or (labelled and (_MARK.fullmatch(text) or _REF.fullmatch(text))):
        return True
    return bool(_MARK.fullmatch(text)) and not text[1].isdigit()


def _folded(rows: Sequence[_Parsed]) -> list[_Parsed]:
    """Rows set on two lines each, the second without a label (本集团 above 本行), as one row with the values of both."""
    data = [row for row in rows if row.cells]
    uppers, lowers = data[::2], data[1::2]
    paired = len(lowers) >= 3 and len(uppers) == len(lowers) and all(row.label for row in uppers) and not any(row.label for row in lowers)
    if not paired or any(len(row.cells) != len(data[0].cells) for row in data):
        return list(rows)
    for upper, lower in zip(uppers, lowers, strict=True):
        upper.cells.extend(lower.cells)
    dropped = {id(row) for row in lowers}
    return [row for row in rows if id(row) not in dropped]


def _take_marks(rows: Sequence[_Parsed], heads_note: bool) -> None:
    """A first value like (1), or under 附注 like 12, is a note reference where the row would have one value too many."""
    counts = Counter(len(row.cells) for row in rows if row.cells and not _may_mark(row, heads_note))
    marked = Counter(len(row.cells) for row in rows if row.cells and _may_mark(row, heads_note))
    if not marked:
        return
    if counts:
        width = counts.most_common(1)[0][0]
    elif heads_note:
        width = marked.most_common(1)[0][0] - 1
    else:
        return
    if width < 1:
        return
    for row in rows:
        if row.note is None and len(row.cells) == width + 1 and _may_mark(row, heads_note):
            row.note = row.cells.pop(0)


def _may_mark(row: _Parsed, heads_note: bool) -> bool:
    if row.note is not None or len(row.cells) < 2:
        return False
    text = row.cells[0].text
    return bool(_MARK.fullmatch(text)) or (heads_note and is_note_ref(text) and not re.search(r"[,%]", text))


def _columns(rows: Sequence[Sequence[Word]]) -> tuple[list[Extent], list[list[int]]]:
    """The columns, left to right, and for every value of every row its column (-1: none is left for it)."""
    clusters = _clusters([word for row in rows for word in row])
    places = [[_cluster(clusters, word) for word in row] for row in rows]
    widest = max((len(row) for row in rows), default=0)
    clean = all(len(set(row)) == len(row) for row in places)
    support = Counter(column for row in places for column in row)
    if clean and (len(clusters) == widest or (len(clusters) <= widest + 2 and len(rows) > 3 and min(support.values()) > 1)):
        return clusters, places
    return _by_count(rows)


def _clusters(words: Sequence[Word]) -> list[Extent]:
    """Runs of words that overlap across the page."""
    found: list[Extent] = []
    for left, right in sorted((word.box[0], word.box[2]) for word in words):
        if found and left < found[-1][1] - 0.5:
            found[-1] = (found[-1][0], max(found[-1][1], right))
        else:
            found.append((left, right))
    return found


def _cluster(clusters: Sequence[Extent], word: Word) -> int:
    middle = (word.box[0] + word.box[2]) / 2
    return next((index for index, (left, right) in enumerate(clusters) if left <= middle <= right), -1)


def _by_count(rows: Sequence[Sequence[Word]]) -> tuple[list[Extent], list[list[int]]]:
    """For rows that are not set on one grid: those with all values in order, others by the nearest full row."""
    counts = Counter(len(row) for row in rows)
    need = max(2, 0.15 * len(rows)) if len(rows) > 3 else 1
    width = max((count for count, times in counts.items() if times >= need), default=max(counts))
    full = [index for index, row in enumerate(rows) if len(row) == width]
    places = []
    for index, row in enumerate(rows):
        if len(row) == width:
            places.append(list(range(width)))
        elif len(row) > width:
            places.append([-1] * (len(row) - width) + list(range(width)))
        else:
            near = min(full, key=lambda place: (abs(place - index), place))
            places.append(_nearest(row, [(word.box[0], word.box[2]) for word in rows[near]]))
    extents = []
    for column in range(width):
        boxes = [rows[index][column].box for index in full]
        extents.append((min(box[0] for box in boxes), max(box[2] for box in boxes)))
    return extents, places


def _nearest(row: Sequence[Word], columns: Sequence[Extent]) -> list[int]:
    """Columns in order whose right edges are nearest to the values'."""
    places: list[int] = []
    limit = len(columns) - 1
    for left_over, word in zip(range(len(row) - 1, -1, -1), reversed(row), strict=True):
        choices = range(left_over, limit + 1)
        best = min(choices, key=lambda column: (min(abs(columns[column][1] - word.box[2]), abs(columns[column][0] - word.box[0])), -column))
        places.insert(0, best)
        limit = best - 1
    return places
