"""What recurs at the head and foot of pages: the printed page number, the running title, the 单位 line of all statements."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from data.text import normalise
from retrieval.parsers.pdf.lines import Kind, TextRow, is_header_word, is_numbered
from retrieval.tables.text import bare

HEAD_LINES = 3
FOOT_LINES = 2
# The parts of a page that its head and foot lie in.
_HEAD, _FOOT = 0.2, 0.86
_FOLIO = re.compile(
    r"[-–—−─·~\s]*(?:\d{1,4}|[ivxlcIVXLC]{1,6})[-–—·~\s]*|第\s*\d{1,4}\s*页(?:\s*[,，/]?\s*共\s*\d{1,4}\s*页)?"
    r"|\d{1,4}\s*/\s*\d{1,4}|[Pp]age\s+\d{1,4}(?:\s+of\s+\d{1,4})?"
)


def printed_number(rows: Sequence[TextRow], height: float) -> tuple[int, str]:
    """The line that is the page's printed number, and the number as printed; (-1, "") without one."""
    for index in _ends(rows):
        row = rows[index]
        if _at_end(row, height) and _FOLIO.fullmatch(normalise(row.text)):
            return index, "".join(row.text.split())
    return -1, ""


def _ends(rows: Sequence[TextRow]) -> list[int]:
    last = len(rows) - 1
    return [index for index in (last, 0, last - 1, 1) if 0 <= index <= last]


def _at_end(row: TextRow, height: float) -> bool:
    return not height or row.line.box[1] < _HEAD * height or row.line.box[3] > _FOOT * height


def running_keys(pages: Sequence[tuple[Sequence[TextRow], float]]) -> frozenset[str]:
    """The keys of lines that stand at the head or foot of many pages. pages: the lines of each and its height."""
    counts: Counter[str] = Counter()
    for rows, height in pages:
        counts.update({key for index in _candidates(rows, height) for key in running_key_parts(rows[index])})
    need = max(4, len(pages) // 40)
    return frozenset(key for key, count in counts.items() if count >= need and key)


def running_lines(rows: Sequence[TextRow], height: float, keys: frozenset[str]) -> list[int]:
    """The lines of a page that are running heads or feet."""
    return [index for index in _candidates(rows, height) if keys.intersection(running_key_parts(rows[index]))]


def _candidates(rows: Sequence[TextRow], height: float) -> list[int]:
    ends = [*range(min(HEAD_LINES, len(rows))), *range(max(HEAD_LINES, len(rows) - FOOT_LINES), len(rows))]
    return [index for index in ends if _at_end(rows[index], height) and _may_run(rows[index])]


def _may_run(row: TextRow) -> bool:
    return row.kind not in (Kind.DATA, Kind.PROSE) and not is_numbered(row.text)


def running_key_parts(row: TextRow) -> list[str]:
    """What may be the same on every page: the line, and each long text on it, without numbers."""
    keys = [re.sub(r"\d+", "#", bare(text)) for text in (row.text, *(cell.text for cell in row.cells if not is_header_word(cell.text)))]
    return [key for key in keys if len(key) >= 6 or key == keys[0]]


def number_beside(row: TextRow) -> str:
    """The page number in a running line: 年度报告 13 → 13; "" without one."""
    match = re.fullmatch(r"(?:.*\D\s)?(\d{1,4})|(\d{1,4})\s+\D.*", row.text)
    return (match[1] or match[2]) if match else ""
