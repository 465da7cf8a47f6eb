"""Headings: which lines are, and how deep each is. A kind of numbering stands under the kinds above it in _KINDS."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.parsers.pdf.lines import is_frame, is_numbered, is_sentence
from retrieval.tables.text import bare, is_value
from retrieval.tables.units import unit_in

MAX_NUMBERED = 48
MAX_PLAIN = 18
# A heading is set this much larger than the text, or is told by its words.
LARGER = 1.15
_AGAIN = re.compile(r"\s*[（(]续\d?[)）]\s*[:：]?\s*$")
_KINDS = (
    ("chapter", re.compile(r"第[一二三四五六七八九十百]{1,4}[章部]")),
    ("section", re.compile(r"第[一二三四五六七八九十百]{1,4}[节]")),
    ("han", re.compile(r"[一二三四五六七八九十]{1,3}(?:、|\s)")),
    ("han-bracket", re.compile(r"[(（][一二三四五六七八九十]{1,3}[)）]")),
    ("dotted-3", re.compile(r"\d{1,2}\.\d{1,2}\.\d{1,2}")),
    ("dotted-2", re.compile(r"\d{1,2}\.\d{1,2}")),
    ("number", re.compile(r"\d{1,2}(?:[、.．]|\s)")),
    ("bracket", re.compile(r"[(（]\d{1,2}[)）]|\d{1,2}[)）]")),
    ("letter", re.compile(r"[(（](?:[a-zA-Z]|[ivx]{1,4})[)）]|[①-⑳]")),
)
_ORDER = "chapter section han han-bracket number dotted-2 dotted-3 inner bracket letter plain".split()
_RANKS = {kind: rank for rank, kind in enumerate(_ORDER)}
_PUNCTUATION = re.compile(r"[，。；：:！？、,;!?]")


@dataclass(frozen=True, slots=True)
class Entry:
    """An open heading."""

    text: str
    kind: str
    size: float


def without_again(text: str) -> str:
    """A heading without its (续)."""
    line = " ".join(text.split())
    return _AGAIN.sub("", line).rstrip("：: ")


def numbering(text: str) -> str:
    """The kind of numbering that a heading starts with; "" without one."""
    return next((kind for kind, pattern in _KINDS if pattern.match(text)), "")


def is_numbered_heading(text: str) -> bool:
    """A numbered line that is a title: short, no sentence; it may end in 如下：."""
    if not is_numbered(text) or len(text) > MAX_NUMBERED or is_sentence(text) or text.endswith(("，", "；", "、", ",", ";")):
        return False
    return numbering(text) not in ("bracket", "letter") or not re.search(r"[，；,]", text)


def could_head(text: str) -> bool:
    """A short line of words that may be a title by its place."""
    plain = bare(text)
    if not 2 <= len(plain) <= MAX_PLAIN or _PUNCTUATION.search(text) or is_value(text) or is_frame(text) or unit_in(text):
        return False
    words = sum(1 for char in plain if char > "\u2e80")
    whole = plain.count("(") == plain.count(")") and not plain.startswith(("注", "-", "—", "•", "“"))
    return whole and words >= 2 and words * 2 >= len(plain) and not re.search(r"\d{4}年\d{1,2}月\d{1,2}日$", plain)


class Outline:
    """The headings that are open at a place of the document."""

    def __init__(self) -> None:
        self._open: list[Entry] = []

    @property
    def section(self) -> tuple[str, ...]:
        """Their texts, outermost first."""
        return tuple(entry.text for entry in self._open)

    def add(self, text: str, size: float, level: int = 0) -> int:
        """Open a heading and return its level; 0 where it only repeats an open one on a new page. level: of a bookmark, else 0."""
        again, title = bool(_AGAIN.search(text)), without_again(text)
        for depth, entry in enumerate(self._open):
            if bare(entry.text) == bare(title):
                del self._open[depth + 1 :]
                return 0
        kind = f"mark-{level}" if level else self._kind(title)
        if level:
            self._close_marks(level)
        else:
            self._close(kind, size)
        self._open.append(Entry(title, kind, size))
        return 0 if again else len(self._open)

    def _kind(self, title: str) -> str:
        """The numbering of a title; a list that starts again from 1 inside 7.2 is a list of that section."""
        kind = numbering(title) or "plain"
        if kind == "number":
            inside = [int(entry.text.split(".")[0]) for entry in self._open if entry.kind in ("dotted-2", "dotted-3")]
            match = re.match(r"\d+", title)
            if inside and match and int(match[0]) <= inside[-1]:
                return "inner"
        return kind

    def _close_marks(self, level: int) -> None:
        deeper = [place for place, entry in enumerate(self._open) if entry.kind.startswith("mark-") and int(entry.kind[5:]) >= level]
        del self._open[deeper[0] if deeper else self._after_marks() :]

    def _after_marks(self) -> int:
        marks = [place for place, entry in enumerate(self._open) if entry.kind.startswith("mark-")]
        return marks[-1] + 1 if marks else 0

    def _close(self, kind: str, size: float) -> None:
        """Close what the heading does not stand under: its own kind and all inside it, plain ones, smaller ones."""
        while self._open and not self._open[-1].kind.startswith("mark-"):
            top = self._open[-1]
            if _RANKS[top.kind] < _RANKS[kind] and size <= LARGER * top.size:
                break
            self._open.pop()
