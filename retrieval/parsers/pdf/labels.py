"""Labels that run over several lines, told from rows that only head the rows below them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from data.indicators import indicator_catalogue
from retrieval.parsers.pdf.chars import Word
from retrieval.parsers.pdf.grid import GridLine
from retrieval.tables.text import bare, is_period, is_total, tidy

_GOES_ON = re.compile(r"[的及和与或等、，）)％%]|余额|净额|止年度|除外")
_OPEN_END = re.compile(r"(?:[的及和与其之、，或以]|—|-)$")
_STARTS_NEW = re.compile(
    r"[-–—•·]\s*\S|其中[:：]?|[加减][:：]|[(（]?[一二三四五六七八九十]{1,3}[)）、.]|[(（]?\d{1,2}[)）、.](?!\d)|[(（][a-z][)）]|[①-⑳]"
)


class Wording:
    """Which characters follow one another inside the lines of a document: tells a word that a line break cut from two names."""

    def __init__(self, texts: Iterable[str]) -> None:
        """texts: all lines of the document."""
        self._grams = {text[place : place + 4] for text in texts for place in range(len(text) - 3) if text[place] > "\u2e80"}

    def runs_on(self, above: str, below: str) -> float:
        """2 where the break cuts words that stand together elsewhere, 1 where some do, -1 where none do; 0 for too little text."""
        joint, cut = above[-3:] + below[:3], len(above[-3:])
        grams = [joint[start : start + 4] for start in range(max(0, cut - 3), cut) if len(joint) >= start + 4]
        known = sum(1 for gram in grams if gram in self._grams)
        if not grams:
            return 0.0
        return 2.5 if known == len(grams) else 1.0 if known else -1.0


def join_labels(lines: Sequence[GridLine], wording: Wording) -> list[GridLine]:
    """The same rows with each wrapped label in one row, on the line that has the values."""
    measure = _Measure(lines)
    out: list[GridLine] = []
    for line in lines:
        open_row = out[-1] if out else None
        if open_row is not None and not open_row.label and open_row.values and not line.values and _around(open_row, line):
            open_row.label.extend(line.label)
            continue
        if open_row is not None and not open_row.values and _joins(open_row, line, measure, wording):
            out[-1] = GridLine([*open_row.label, *line.label], line.note or open_row.note, line.values)
            continue
        out.append(line)
    return out


def _around(row: GridLine, below: GridLine) -> bool:
    """The lower half of a label whose values are set at half its height."""
    value = row.values[0][1]
    return below.label[0].box[1] < value.box[3] - 0.15 * value.size


class _Measure:
    """How wide the label column is and how far apart its lines are."""

    def __init__(self, lines: Sequence[GridLine]) -> None:
        labels = [line.label[-1] for line in lines if line.label]
        ends = sorted((label.box[2] for label in labels), reverse=True)
        self.em = max((label.size for label in labels), default=1.0)
        self.sure = False
        self.right = ends[0] if ends else 0.0
        for upper, lower in pairwise(ends):
            if upper - lower <= 1.2 * self.em:
                self.right, self.sure = upper, True
                break
        tops = [word.box[3] for line in lines for word in line.label[:1]]
        steps = sorted(after - before for before, after in pairwise(tops) if after > before)
        self.step = steps[len(steps) // 2] if steps else 0.0

    def room(self, word: Word) -> float:
        """The free width after a label, in characters."""
        return (self.right - word.box[2]) / self.em


def _joins(upper: GridLine, lower: GridLine, measure: _Measure, wording: Wording) -> bool:
    if not upper.label:
        return False
    if not lower.label:
        return bool(lower.values)
    if upper.note is not None and lower.note is not None:
        return False
    if lower.label[0].box[0] < upper.label[0].box[0] - 3 * measure.em:
        return False
    return _evidence(upper, lower, measure) + wording.runs_on(upper.text, lower.text) >= 2


def _evidence(upper: GridLine, lower: GridLine, measure: _Measure) -> float:
    above, below = upper.text, lower.text
    score = 0.0
    room = measure.room(upper.label[-1])
    if room <= 0.8:
        score += 2 if measure.sure else 1
    elif room <= 2.4:
        score += 1
    elif room > 3.6:
        score -= 2
    score += 2 * bool(_GOES_ON.match(below)) + 2 * bool(_OPEN_END.search(above)) + 3 * _unclosed(above)
    if above.endswith(("：", ":")) or _STARTS_NEW.match(below) or is_total(below):
        score -= 4
    whole = _is_name(above) or is_total(above)
    score -= 2 * whole + _is_name(below)
    score += 3 * _is_name(above + below)
    if is_period(above) and not _GOES_ON.match(below):
        score -= 2
    pitch = lower.label[0].box[3] - upper.label[-1].box[3]
    if measure.step and pitch < 0.88 * measure.step:
        score += 1
    return score


def _unclosed(text: str) -> bool:
    plain = bare(text)
    return plain.count("(") > plain.count(")") or plain.count("“") > plain.count("”")


def _is_name(text: str) -> bool:
    plain = re.sub(r"^[-–—\s]*(?:其中|[加减])?[:：]?[-–—\s]*|^[(（]?[一二三四五六七八九十\d]{1,3}[)）、.]\s*", "", tidy(text))
    return indicator_catalogue().by_name(plain) is not None
