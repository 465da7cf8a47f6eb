"""Cleaning: one typography, and rows that are unfit put aside with the reason. What a row states is never changed.

Compatible forms are folded only where nothing can be lost: full-width letters, digits and signs, ideographs of the compatibility
blocks, odd blanks. Chinese punctuation stays full width; ①, ², ½ and ㎡ stay, because NFKC would make 1, 2, 1⁄2 and m2 of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from data.errors import TrainingError
from finetune.rows.quality import LIMITS, Limits, fault
from finetune.rows.record import Row

_LOST_IN_NFKC = frozenset("！（），：；？～｡､｢｣")
_BLANKS = frozenset("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\v\f")
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\ufe0f")
_RUN = re.compile(r"(?<=\S) {2,}")
# A word typed with spaces (净 利 润), and blanks beside Chinese punctuation; one blank between two words may part two names.
_SPACED_OUT = re.compile(r"(?<![\u4e00-\u9fff])(?:[\u4e00-\u9fff] ){2,}[\u4e00-\u9fff](?![\u4e00-\u9fff])")
_BESIDE = re.compile(r"(?<=\S) (?=[，。、；：！？（）《》“”])|(?<=[，。、；：！？（）《》“”]) ")
_LINE_END = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_ENOUGH = 500


class Reject(NamedTuple):
    """A row put aside: its id, the rule it breaks, a word for people, and the row itself."""

    id: str
    reason: str
    detail: str
    row: Row


@dataclass(slots=True)
class CleanReport:
    """What came in, how many rows were changed and kept, and how many were put aside by reason, with some of them as examples."""

    seen: int = 0
    kept: int = 0
    changed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """How many rows were put aside."""
        return self.reasons.total()

    def put_aside(self, reject: Reject) -> None:
        """Count a reject; the first five of a reason are named."""
        self.reasons[reject.reason] += 1
        named = self.examples.setdefault(reject.reason, [])
        if len(named) < 5:
            named.append(f"{reject.id or f'第 {self.seen} 条'}：{reject.detail}")


def normalise_text(text: str) -> str:
    """One typography; idempotent. Line breaks are \\n, blank lines at most one, no blanks at line ends."""
    folded = "".join(map(_folded, _LINE_END.sub("\n", text)))
    lines: list[str] = []
    for line in folded.split("\n"):
        spaced = _BESIDE.sub("", _RUN.sub(" ", line.rstrip(" ")))
        tidy = _SPACED_OUT.sub(lambda match: match[0].replace(" ", ""), spaced)
        if tidy or not lines or lines[-1]:
            lines.append(tidy)
    # Composition last: a mark may have come next to its letter only now.
    return unicodedata.normalize("NFC", "\n".join(lines).strip("\n"))


def clean_row(row: Row, limits: Limits = LIMITS) -> Row | Reject:
    """The row in one typography, or the reason why it is unfit. Tool calls and meta stay as they are."""
    messages = [_tidy(dict(message)) for message in row.messages]
    tidy = Row(messages, row.meta, row.tools)
    found = fault(tidy, limits)
    return tidy if found is None else Reject(row.id, *found, row)


def clean(
    rows: Iterable[Row], report: CleanReport | None = None, *, limits: Limits = LIMITS, most_rejects: float = 0.2,
    aside: Callable[[Reject], None] | None = None,
) -> Iterator[Row]:
    """The fit rows, streamed; `report` is filled on the way and `aside` is given every reject.

    Raises:
        TrainingError: more than `most_rejects` of the rows (of 500 or more) are unfit: the source is broken, not a row.
    """
    report = CleanReport() if report is None else report
    for row in rows:
        report.seen += 1
        cleaned = clean_row(row, limits)
        if isinstance(cleaned, Reject):
            report.put_aside(cleaned)
            if aside is not None:
                aside(cleaned)
            if report.seen >= _ENOUGH and report.rejected > most_rejects * report.seen:
                reason, count = report.reasons.most_common(1)[0]
                told = f"{report.seen} 条中有 {report.rejected} 条不合格（最多的是 {reason}：{count} 条）"
                raise TrainingError(f"{told}，超过 {most_rejects:.0%}，已停止")
            continue
        report.kept += 1
        report.changed += cleaned.messages != list(row.messages)
        yield cleaned


def _tidy(message: dict[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    return message | {"content": normalise_text(content)} if isinstance(content, str) else message


@lru_cache(maxsize=16384)
def _folded(char: str) -> str:
    if char == "\n" or "\u4e00" <= char <= "\u9fff":
        return char
    if char in _BLANKS:
        return " "
    if char in _INVISIBLE or unicodedata.category(char) == "Cc":
        return ""
    code = ord(char)
    safe = 0xFF01 <= code <= 0xFF5E or 0xFFE0 <= code <= 0xFFE6 or 0xF900 <= code <= 0xFAFF or 0x2F00 <= code <= 0x2FDF or 0x2E80 <= code <= 0x2EFF
    if not safe or char in _LOST_IN_NFKC:
        return char
    return unicodedata.normalize("NFKC", char)
