"""What lies on a page: pieces of text, lines and shaded boxes, in points from the top left corner; y of a text is its baseline."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text on one line."""

    x: float
    y: float
    text: str
    size: float
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float = 0.5


@dataclass(frozen=True, slots=True)
class Shade:
    """A grey box behind text."""

    x: float
    y: float
    width: float
    height: float


@dataclass(slots=True)
class Sheet:
    """One page of the file. postscript: its text is set in the font's PostScript outlines, as some printers do."""

    number: int
    printed: str
    width: float = 595.0
    height: float = 842.0
    postscript: bool = False
    texts: list[Text] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    shades: list[Shade] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outline:
    """A bookmark: level 1 is the outermost, y is where its heading stands."""

    title: str
    page: int
    level: int
    y: float
