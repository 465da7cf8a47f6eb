"""Which columns the texts of one header row stand over, where they are fewer than the columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.documents import Box
from retrieval.parsers.pdf.chars import Word
from retrieval.parsers.pdf.lines import is_header_word
from retrieval.tables.text import frame_parts, is_period, is_scope

# From where to where the values of a column reach across the page.
Extent = tuple[float, float]
_TOTALS = ("合计", "总计", "总额", "小计")


@dataclass(frozen=True, slots=True)
class HeadCell:
    """A header text over `span` columns from `column` on."""

    text: str
    column: int
    span: int = 1
    box: Box | None = None


Heads = list[HeadCell]


def spread(tokens: Sequence[Word], below: Sequence[Heads], columns: Sequence[Extent]) -> list[Heads]:
    """The texts of one line as header rows, top first. below: [the row under it] or []; its cells take the texts that complete them.

    What there is one of, a scope beside periods or a period beside a scope, holds for all columns and is a row of its own.
    """
    width = len(columns)
    parts = [Word(part, token.box) for token in tokens for part in (frame_parts(token.text) or (token.text,))]
    if len(parts) == width:
        return [_in_order(parts)]
    scopes = [part for part in parts if is_scope(part.text)]
    periods = [part for part in parts if is_period(part.text)]
    rest = [part for part in parts if part not in scopes and part not in periods]
    rows: list[Heads] = []
    if len(scopes) == 1 and (periods or not rest):
        rows.append([HeadCell(scopes[0].text, 0, width, scopes[0].box)])
        parts = [part for part in parts if part not in scopes]
    if len(periods) == 1 and not rest:
        rows.append([HeadCell(periods[0].text, 0, width, periods[0].box)])
        parts = [part for part in parts if part not in periods]
    if not parts:
        return rows
    under = below[0] if below and len(below[0]) == width else []
    if under and len(parts) == width - 1 and under[-1].text in _TOTALS:
        rows.append(_in_order(parts))
    elif places := _recurring(under, len(parts)):
        for column, part in zip(places, parts, strict=True):
            under[column] = HeadCell(part.text + under[column].text, column, 1, part.box)
    else:
        rows.append(_shared(parts, columns))
    return [row for row in rows if row]


def _in_order(parts: Sequence[Word]) -> Heads:
    return [HeadCell(part.text, column, 1, part.box) for column, part in enumerate(parts)]


def _recurring(under: Sequence[HeadCell], count: int) -> list[int]:
    """The columns of the one text that recurs in the row below, where it does so as often as there are texts above (美元 其他货币)."""
    texts = [cell.text for cell in under]
    again = {text for text in texts if texts.count(text) > 1}
    places = [column for column, text in enumerate(texts) if text in again]
    return places if len(again) == 1 and len(places) == count < len(texts) else []


def _shared(parts: Sequence[Word], columns: Sequence[Extent]) -> Heads:
    """Equal shares where they come out even, else by place."""
    share, left = divmod(len(columns), len(parts))
    if left == 0 and share and _fits(parts, columns, share):
        return [HeadCell(part.text, place * share, share, part.box) for place, part in enumerate(parts)]
    return _by_place(parts, columns)


def _fits(parts: Sequence[Word], columns: Sequence[Extent], share: int) -> bool:
    """Equal shares are right unless a text stands clear of its columns; texts that head columns anywhere need no place."""
    for place, part in enumerate(parts):
        start, stop = columns[place * share][0], columns[(place + 1) * share - 1][1]
        if part.box[2] < start - part.size or part.box[0] > stop + part.size:
            return len(parts) == 1 or any(is_header_word(other.text) for other in parts)
    return True


def _by_place(parts: Sequence[Word], columns: Sequence[Extent]) -> Heads:
    """Each column goes to the text that it lies under, or to the nearest within half a column."""
    cells: Heads = []
    pitch = (columns[-1][1] - columns[0][0]) / len(columns)
    for column, (start, stop) in enumerate(columns):
        near = min(parts, key=lambda part: (_distance(part, start, stop), abs(part.box[0] + part.box[2] - start - stop)))
        if _distance(near, start, stop) > 0.5 * pitch:
            continue
        if cells and cells[-1].box == near.box and cells[-1].column + cells[-1].span == column:
            cells[-1] = HeadCell(near.text, cells[-1].column, cells[-1].span + 1, near.box)
        else:
            cells.append(HeadCell(near.text, column, 1, near.box))
    return cells


def _distance(part: Word, start: float, stop: float) -> float:
    return max(0.0, part.box[0] - stop, start - part.box[2])
