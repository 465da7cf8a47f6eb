"""The lines of a page between its tables, as paragraphs; lines of one sentence are joined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.documents import Box
from retrieval.parsers.pdf.chars import tidy_join
from retrieval.parsers.pdf.lines import Kind, TextRow, is_numbered, is_sentence
from retrieval.parsers.pdf.order import Gutter
from retrieval.parsers.pdf.outline import could_head, is_numbered_heading
from retrieval.tables.grid import union

_BULLET = re.compile(r"[•·●○▪■◆※*—–-]\s*\S|注[:：\d(（]|附?注释?[:：]|(?:资料|数据)来源")
_ENDS = ("。", "！", "？", "；", "：", ":", "”", "…")
_NUMBER_ALONE = re.compile(r"\d{1,2}(?:\.\d{1,2})+")
# A line this long that breaks off goes on in the next.
_LONG = 20


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together. lines: how many; full: whether the last one reaches the margin."""

    text: str
    box: Box | None
    size: float
    lines: int
    full: bool

    @property
    def open(self) -> bool:
        """Whether the sentence goes on after the last line."""
        return not self.text.endswith(_ENDS) and (self.full or self.lines > 1 or len(self.text) >= _LONG)


@dataclass(frozen=True, slots=True)
class Margins:
    """Where the text of a page starts and ends; with a gutter, that of each of its two columns."""

    left: float
    right: float
    gutter: Gutter | None = None

    def of(self, row: TextRow) -> tuple[float, float]:
        """Where the column that a line stands in starts and ends."""
        if self.gutter is None or self.gutter.crossed(row.line):
            return self.left, self.right
        return (self.gutter.right, self.right) if row.line.box[0] >= self.gutter.right - 1 else (self.left, self.gutter.left)


def paragraphs(rows: Sequence[TextRow], margins: Margins) -> list[Paragraph]:
    """The paragraphs of consecutive lines in reading order."""
    groups: list[list[TextRow]] = []
    pitch = _pitch(rows)
    for row in rows:
        if groups and _goes_on(groups[-1], row, margins, pitch):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [_paragraph(group, margins.of(group[-1])[1]) for group in groups]


def _pitch(rows: Sequence[TextRow]) -> float:
    steps = sorted(lower.line.box[3] - upper.line.box[3] for upper, lower in pairwise(rows))
    return steps[len(steps) // 3] if steps else 0.0


def _goes_on(group: Sequence[TextRow], row: TextRow, margins: Margins, pitch: float) -> bool:
    last, text = group[-1], "".join(part.text for part in group)
    em = last.line.size
    if _NUMBER_ALONE.fullmatch(text):
        return could_head(row.text)
    if is_numbered(row.text) or _BULLET.match(row.text) or row.kind is Kind.HEAD or last.kind is Kind.HEAD:
        return False
    step = row.line.box[3] - last.line.box[3]
    turned = margins.of(row)[0] > margins.of(last)[0] and step < 0
    if abs(row.line.size - em) > 0.2 * em or not (0 < step < 2.4 * em or turned):
        return False
    ended = last.text.endswith(_ENDS)
    left, right = margins.of(row)[0], margins.of(last)[1]
    if row.line.box[0] > left + 1.4 * em and (row.line.box[0] > last.line.box[0] + 1.4 * em or turned) and ended:
        return False
    if last.line.box[2] >= right - 2.2 * em:
        return not (ended and (step > 1.08 * pitch or row.line.box[0] > left + 1.4 * em))
    return not ended and len(last.text) >= _LONG and not is_numbered_heading(text) and not could_head(row.text)


def _paragraph(group: Sequence[TextRow], right: float) -> Paragraph:
    text = tidy_join(word.text for row in group for word in row.line.words)
    if len(group) > 1 and _NUMBER_ALONE.fullmatch(group[0].text):
        text = f"{group[0].text} {tidy_join(word.text for row in group[1:] for word in row.line.words)}"
    elif is_numbered(group[0].text) and len(group) == 1:
        text = " ".join(group[0].text.split())
    last = group[-1].line
    return Paragraph(text, union(row.line.box for row in group), group[0].line.size, len(group), last.box[2] >= right - 2.2 * last.size)


def is_title(paragraph: Paragraph, body_size: float) -> bool:
    """A paragraph that is a heading by its numbering or its size."""
    if paragraph.lines > 2 or is_sentence(paragraph.text):
        return False
    larger = paragraph.size > 1.15 * body_size and len(paragraph.text) <= 40 and could_head(paragraph.text[:18])
    return is_numbered_heading(paragraph.text) or bool(_NUMBER_ALONE.match(paragraph.text) and paragraph.lines == 2) or larger
