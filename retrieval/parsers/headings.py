"""Headings that no style marks: lines numbered the Chinese way (第一章, 一、, （一）, 1.1)."""

from __future__ import annotations

import re

from data.text import normalise

MAX_HEADING_CHARS = 40
_LEVELS = tuple(
    (re.compile(pattern), level)
    for pattern, level in (
        (r"第[一二三四五六七八九十百]{1,4}(?:部分|[章篇])[\s、.:]*\S?", 1),
        (r"第[一二三四五六七八九十百]{1,4}节[\s、.:]*\S?", 2),
        (r"[一二三四五六七八九十]{1,3}\s*、\s*\S", 3),
        (r"\([一二三四五六七八九十]{1,3}\)\s*\S", 4),
        (r"\d{1,2}\.\d{1,2}\.\d{1,2}(?:\.\d{1,2})?\.?\s*[^\d\s.%,]", 6),
        (r"\d{1,2}\.\d{1,2}\.?\s*[^\d\s.%,亿万元个倍]", 5),
        (r"\d{1,2}\s*[、.]\s*[^\d\s.%,]", 5),
    )
)
_SENTENCE = re.compile(r"[。；;，,！？!?：:]\s*$|。")
_DATA = re.compile(r"\d[\d,]*\.?\d*\s*(?:%|亿|百万|万元|千元|个百分点)|\s{2,}[\d(-]|\s{3,}|\t")


def numbered_level(line: str) -> int:
    """The level of a numbered heading, 1 the outermost; 0 for a line that is none: a sentence, an item with figures, too long."""
    plain = normalise(line).strip()
    if not plain or len(plain) > MAX_HEADING_CHARS or _SENTENCE.search(plain) or _DATA.search(plain):
        return 0
    return next((level for pattern, level in _LEVELS if pattern.match(plain)), 0)
