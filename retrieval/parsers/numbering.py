"""Levels of headings that are known to be headings, by their numbering; and the table of contents that says which lines are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from retrieval.parsers.headings import numbered_level
from retrieval.tables.text import bare

LEADERS = re.compile(r"[.．·…]{6,}")
_DOTTED = re.compile(r"(?P<dots>\d{1,2}(?:\.\d{1,2}){0,4})[.、]?\s*[^\d\s.%]")
_CHAPTER = re.compile(r"第[一二三四五六七八九十]+[章节]|[一二三四五六七八九十]+、|附录")
# Fewer lines with leaders are a form to fill in, not a table of contents.
_MIN_ENTRIES = 5


def chapter_level(text: str) -> int:
    """The level of a heading: 1 for 第三节, 7. or 七、, 2 for 7.2, 3 for 7.2.1; 4 without numbering."""
    if _CHAPTER.match(text):
        return 1
    if match := _DOTTED.match(text):
        return min(6, match["dots"].count(".") + 1)
    return 4


def contents_of(lines: Iterable[str]) -> frozenset[str]:
    """The entries of the table of contents as keys (without blanks); empty where there is none."""
    found = [bare(LEADERS.split(line)[0]) for line in lines if LEADERS.search(line)]
    entries = frozenset(entry for entry in found if entry)
    return entries if len(entries) >= _MIN_ENTRIES else frozenset()


def line_level(line: str, contents: frozenset[str]) -> int:
    """The level of a plain line as a heading, 0 for text. Beside a table of contents, numbering outside it ranks below its entries."""
    if LEADERS.search(line):
        return 0
    if bare(line) in contents:
        return chapter_level(line)
    level = numbered_level(line)
    if not contents or not level:
        return level
    match = _DOTTED.match(line)
    dots = match["dots"].count(".") if match else 0
    return dots + 1 if dots else min(6, level + 1)
