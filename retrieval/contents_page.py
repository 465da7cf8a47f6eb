"""Telling a table of contents from other pages: it names everything a report holds, and says nothing about it."""

from __future__ import annotations

import re

_LEADER = re.compile(r"[.…·．]{4,}|(?:\. ){4,}")
_CONTENTS_ENTRY = re.compile(r".*\D\s*\d{1,3}\s*$")
_CONTENTS_LINES = 8


def is_contents(text: str) -> bool:
    """Whether a page is a table of contents: most of its lines end in a page number, or are dotted up to one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    dotted = sum(bool(_LEADER.search(line)) for line in lines)
    if dotted >= _CONTENTS_LINES:
        return True
    named = any(re.sub(r"\s", "", line) in ("目录", "目錄", "Contents", "CONTENTS") for line in lines[:6])
    return named and sum(bool(_CONTENTS_ENTRY.fullmatch(line)) for line in lines) * 2 > len(lines)
