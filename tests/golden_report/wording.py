"""Numbers as a report prints them, and sentences with figures in them.

A sentence holds marks: {净利润.23|亿元} the value in a unit, {净利润.23.本行|亿元} another scope, {净利润.23^22|增长} growth in words,
{净利润.23^22|增加} the difference in 亿元 in words, {不良贷款率.23^22|百分点} the difference of two ratios in words, {x.23|%} a ratio.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from tests.golden_report.book import GROUP, Book, Ref, convert, rounded

_MARK = re.compile(r"\{([^|{}]+)\|([^{}]+)\}")
PLACES = {"千元": 0, "百万元": 0, "万元": 2, "亿元": 2, "万亿元": 2, "%": 2, "元/股": 2, "元": 2, "倍": 2, "个百分点": 2, "万户": 2, "万张": 2, "万": 2, "亿美元": 2}


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure printed in a sentence: where it starts in the text, what it is, how it was written."""

    offset: int
    ref: Ref
    text: str
    unit: str


def plain(number: Decimal, places: int) -> str:
    """1234567.8 → 1,234,567.80."""
    return f"{rounded(number, places):,}"


def bracketed(number: Decimal, places: int, nil: str = "-") -> str:
    """A number of a table: negative in brackets, zero as `nil`."""
    shown = rounded(number, places)
    if shown == 0 and number == 0:
        return nil
    return f"({abs(shown):,})" if shown < 0 else f"{shown:,}"


def growth(new: Decimal, old: Decimal) -> Decimal:
    """Percentage change, two places."""
    return rounded((new - old) / old * 100, 2)


def sentence(template: str, book: Book) -> tuple[str, list[Printed]]:
    """The text of a template and the figures in it."""
    text, printed, last = "", [], 0
    for match in _MARK.finditer(template):
        text += template[last : match.start()]
        last = match.end()
        words, found = _mark(match[1], match[2], book)
        if found is not None:
            printed.append(Printed(len(text), found, words, match[2]))
        text += words
    return text + template[last:], printed


def _mark(name: str, form: str, book: Book) -> tuple[str, Ref | None]:
    key, when, *rest = name.rsplit(".", 2) if name.endswith((".集团", ".本行", ".行业")) else name.rsplit(".", 1)
    scope = rest[0] if rest else GROUP
    if "^" in when:
        new, old = (book.number(key, part, scope) for part in when.split("^"))
        return _change(new, old, form), None
    value = book.value(key, when, scope)
    if form.startswith("绝对"):
        unit = form.removeprefix("绝对")
        return plain(abs(convert(value, unit)), PLACES[unit]) + unit, book.ref(key, when, scope)
    places = PLACES.get(form, 0) if value.unit in ("百万元", "千元", "亿元", "元", "%") or form in PLACES else 0
    return plain(convert(value, form), places) + form, book.ref(key, when, scope)


def _change(new: Decimal, old: Decimal, form: str) -> str:
    if form == "增长":
        rate = growth(new, old)
        return f"{'增长' if rate >= 0 else '下降'}{abs(rate)}%"
    if form == "增加":
        return f"{'增加' if new >= old else '减少'}{plain(abs(new - old) / 100, 2)}亿元"
    if form == "多":
        return f"{'增加' if new >= old else '减少'}{plain(abs(new - old), 0)}"
    points = rounded(new - old, 2)
    if points == 0:
        return "与上年持平"
    return f"{'上升' if points > 0 else '下降'}{abs(points)}个百分点"
