"""Characters of a PDF page into words and lines, as a reader sees them: boxes from the top left corner, the page upright."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage

from retrieval.documents import Box
from retrieval.tables.text import is_value

# Gaps in widths of a character: wider ones part words, and cells.
WORD_GAP = 0.22
CELL_GAP = 0.9
# A reference to a note, as between a label and its amounts: 八、43 · 七.
_REFERENCE = re.compile(r"[一二三四五六七八九十]{1,3}(?:、\d{1,2}(?:[(（]\w{1,3}[)）])*)?")


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a gap between them."""

    text: str
    box: Box

    @property
    def size(self) -> float:
        """The height of the characters in points."""
        return self.box[3] - self.box[1]


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one height, left to right."""

    words: tuple[Word, ...]
    box: Box

    @property
    def size(self) -> float:
        """The height of the line in points."""
        return self.box[3] - self.box[1]

    @property
    def text(self) -> str:
        """The words with one blank between."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Frame:
    """How user space lies on the shown page: its corner, its size as shown, the quarter turns clockwise."""

    left: float
    bottom: float
    width: float
    height: float
    turns: int

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """A box of user space on the shown page."""
        x0, x1, y0, y1 = left - self.left, right - self.left, bottom - self.bottom, top - self.bottom
        if self.turns == 1:
            return (y0, x0, y1, x1)
        if self.turns == 2:
            return (self.width - x1, y0, self.width - x0, y1)
        if self.turns == 3:
            return (self.width - y1, self.height - x1, self.width - y0, self.height - x0)
        return (x0, self.height - y1, x1, self.height - y0)


def frame_of(page: PdfPage) -> Frame:
    """The frame of a page."""
    left, bottom, _, _ = page.get_cropbox()
    width, height = page.get_size()
    return Frame(left, bottom, width, height, page.get_rotation() // 90 % 4)


def page_words(page: PdfPage, frame: Frame) -> list[Word]:
    """The words of a page in the order of the file."""
    textpage = page.get_textpage()
    try:
        return list(_words(_characters(textpage.raw, textpage.count_chars(), frame)))
    finally:
        textpage.close()


Character = tuple[str, float, float, float, float]


def _characters(raw: object, count: int, frame: Frame) -> Iterable[Character | None]:
    """Each character with its box; None where a blank or a break parts words."""
    rect = pdfium.FS_RECTF()
    place = ctypes.byref(rect)
    unicode_of, box_of = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox
    upright, base = frame.turns == 0, frame.height + frame.bottom
    for index in range(count):
        code = unicode_of(raw, index)
        if code <= 32 or code in (0xA0, 0x3000, 0xFEFF, 0x200B):
            yield None if code != 2 else _hyphen(raw, index, rect, frame)
            continue
        box_of(raw, index, place)
        char = chr(code) if code < 0x110000 else "\ufffd"
        if upright:
            yield (char, rect.left - frame.left, base - rect.top, rect.right - frame.left, base - rect.bottom)
        else:
            yield (char, *frame.box(rect.left, rect.bottom, rect.right, rect.top))


def _hyphen(raw: object, index: int, rect: pdfium.FS_RECTF, frame: Frame) -> Character:
    """The mark that stands for a hyphen at the end of a line."""
    pdfium.FPDFText_GetLooseCharBox(raw, index, ctypes.byref(rect))
    return ("-", *frame.box(rect.left, rect.bottom, rect.right, rect.top))


def _words(characters: Iterable[Character | None]) -> Iterable[Word]:
    text: list[str] = []
    x0 = y0 = x1 = y1 = 0.0
    for char in characters:
        if char is None:
            if text:
                yield Word("".join(text), (x0, y0, x1, y1))
                text = []
            continue
        symbol, left, top, right, bottom = char
        if text:
            em = max(y1 - y0, bottom - top)
            if abs(bottom - y1) > 0.5 * em or left - x1 > WORD_GAP * em or left < x1 - em:
                yield Word("".join(text), (x0, y0, x1, y1))
                text = []
            elif symbol == text[-1] and abs(right - x1) < 0.15 * em and left < x1 - 0.1 * em:
                continue  # the same character drawn twice to look bold
        if text:
            text.append(symbol)
            y0, x1, y1 = min(y0, top), max(x1, right), max(y1, bottom)
        else:
            text, x0, y0, x1, y1 = [symbol], left, top, right, bottom
    if text:
        yield Word("".join(text), (x0, y0, x1, y1))


def lines_of(words: Iterable[Word]) -> list[Line]:
    """Words grouped by height, top to bottom, each line left to right."""
    rows: list[tuple[float, float, list[Word]]] = []
    for word in sorted(words, key=lambda word: (word.box[1] + word.box[3], word.box[0])):
        top, bottom = word.box[1], word.box[3]
        for place in range(len(rows) - 1, max(-1, len(rows) - 4), -1):
            row_top, row_bottom, members = rows[place]
            shared = min(bottom, row_bottom) - max(top, row_top)
            if shared >= 0.55 * min(bottom - top, row_bottom - row_top):
                members.append(word)
                if bottom - top > row_bottom - row_top:
                    rows[place] = (top, bottom, members)
                break
        else:
            rows.append((top, bottom, [word]))
    lines = [line_of(members) for _, _, members in rows]
    return sorted(lines, key=lambda line: (line.box[3], line.box[0]))


def line_of(words: Iterable[Word]) -> Line:
    """One line of at least one word."""
    row = sorted(words, key=lambda word: (word.box[0], word.box[2]))
    boxes = [word.box for word in row]
    return Line(tuple(row), (boxes[0][0], min(box[1] for box in boxes), max(box[2] for box in boxes), max(box[3] for box in boxes)))


@lru_cache(maxsize=65536)
def _is_amount(text: str) -> bool:
    return is_value(text)


def cells_of(line: Line) -> list[Word]:
    """The words of a line joined to cells: parted by a wide gap, between two amounts, and before a run of amounts that ends the line."""
    cells: list[list[Word]] = []
    run = _amounts_from(line.words)
    for index, word in enumerate(line.words):
        if cells:
            last = cells[-1][-1]
            gap = (word.box[0] - last.box[2]) / max(word.size, 1.0)
            parted = index == run or (index == run - 1 and _REFERENCE.fullmatch(word.text)) or (_is_amount(word.text) and _is_amount(last.text))
            if gap < CELL_GAP and not parted:
                cells[-1].append(word)
                continue
        cells.append([word])
    return [joined(cell) for cell in cells]


def _amounts_from(words: Sequence[Word]) -> int:
    """Where the run of at least two amounts that ends a line starts; -1 where it ends otherwise."""
    start = len(words)
    while start and _is_amount(words[start - 1].text):
        start -= 1
    return start if len(words) - start > 1 else -1


def joined(words: Sequence[Word]) -> Word:
    """Words of one line as one, blanks kept only where they part letters or digits."""
    if len(words) == 1:
        return words[0]
    box = (words[0].box[0], min(w.box[1] for w in words), max(w.box[2] for w in words), max(w.box[3] for w in words))
    return Word(tidy_join(word.text for word in words), box)


_LATIN = re.compile(r"[\x21-\x7e]")


def tidy_join(texts: Iterable[str]) -> str:
    """Texts joined, with a blank only between two that end and start in ASCII."""
    out = ""
    for text in texts:
        blank = out and _LATIN.match(out[-1]) and text and _LATIN.match(text[0])
        out += (" " if blank else "") + text
    return out
