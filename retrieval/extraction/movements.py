"""Movements between two balances: a row between 2019年1月1日 and 2019年12月31日 tells of 2019, whatever year the caption names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from data.errors import PeriodError
from data.periods import Part, Period
from retrieval.documents import Document
from retrieval.extraction.labels import squeeze
from retrieval.extraction.lines import Line

_RESTART = re.compile(r"((?:19|20)\d{2})年1月1日(?:起|开始)?[^。；;]{0,12}?(?:首次)?(?:执行|采用|采纳|适用|实施|施行)")


def movement_spans(lines: Sequence[Line]) -> dict[int, Period]:
    """Index of each undated row between dated balances → the period that they bound."""
    spans: dict[int, Period] = {}
    dated = [index for index, line in enumerate(lines) if line.balance and line.period is not None]
    for index, line in enumerate(lines):
        if line.period is not None or not dated:
            continue
        before = next((lines[place] for place in reversed(dated) if place < index), None)
        after = next((lines[place] for place in dated if place > index), None)
        if (span := _span(before, after)) is not None:
            spans[index] = span
    return spans


def restarts_of(lines: Sequence[Line]) -> frozenset[int]:
    """The years whose opening balance a table tells beside the closing balance of the day before."""
    dates = {line.period.period for line in lines if line.balance and line.period is not None}
    return frozenset(day.year for day in dates if day.part is Part.DAY and Period(day.year - 1) in dates)


def restarts(document: Document) -> frozenset[int]:
    """The years at whose first day the document applies a new accounting standard."""
    texts = (page.text for page in document.pages if "准则" in page.text and re.search(r"1\s*月\s*1\s*日", page.text))
    return frozenset(int(match[1]) for text in texts for match in _RESTART.finditer(squeeze(text)))


def _span(before: Line | None, after: Line | None) -> Period | None:
    start = before.period.period if before is not None and before.period is not None else None
    end = after.period.period if after is not None and after.period is not None else None
    if start is not None and end is not None:
        first = start.end if before is not None and before.opens else start.end + timedelta(days=1)
        if (first.month, first.day) != (1, 1) or first.year != end.end.year:
            return None
        return end if (end.end - first).days > 1 else None
    try:
        if end is not None:
            return end if end.part is not Part.DAY else None
        return Period(start.year) if start is not None and before is not None and before.opens else None
    except PeriodError:
        return None
