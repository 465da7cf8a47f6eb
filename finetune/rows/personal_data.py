"""Personal data in a text: identity numbers, bank cards, mobile numbers, e-mail addresses. Amounts of money are none of these.

Identity numbers: GB 11643-1999 (checksum of ISO 7064 MOD 11-2). Cards: ISO/IEC 7812-1 (Luhn).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

_UNIT = r"(?!\s?(?:[百千]?[万亿]|[元股户人个笔张家份倍次%％]|基点|个百分点|BP))"
_IDENTITY = re.compile(r"(?<![\dA-Za-z.])[1-9]\d{16}[\dXx](?![\dA-Za-z])")
_GROUPED = r"62\d{2}(?:(?: \d{4}){3,4}|(?:-\d{4}){3,4})(?: \d{1,3}|-\d{1,3})?"
_CARD = re.compile(rf"(?<![\d.,])(?:(?:62|4|5[1-5])\d{{14,17}}|{_GROUPED})(?![\d.,]\d|\d){_UNIT}")
_MOBILE = re.compile(
    rf"(?<![\dA-Za-z.,])(?:\+?86[- ]?)?1[3-9]\d(?:\d{{8}}|-\d{{4}}-\d{{4}}| \d{{4}} \d{{4}})(?![\d.,]\d|\d|[A-Za-z]){_UNIT}"
)
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


class Personal(NamedTuple):
    """One find: what it is (identity_number, bank_card, mobile, e-mail) and where it stands; never the digits themselves."""

    kind: str
    start: int
    end: int


def personal_data(text: str) -> list[Personal]:
    """Every find of a text, in text order."""
    found = [
        Personal(kind, match.start(), match.end())
        for kind, pattern, holds in _KINDS for match in pattern.finditer(text) if holds(match[0])
    ]  # fmt: skip
    return sorted(found, key=lambda item: item.start)


def is_identity_number(text: str) -> bool:
    """Whether 18 characters are a resident identity number: a real day of birth and the right check digit."""
    if not re.fullmatch(r"\d{17}[\dXx]", text):
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False))
    return 1900 <= born.year <= 2100 and _CHECKS[total % 11] == text[17].upper()


def is_card_number(text: str) -> bool:
    """Whether digits (blanks and hyphens aside) pass the Luhn test with 16 to 19 of them."""
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [digit if place % 2 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(reversed(digits), start=1)]
    return 16 <= len(digits) <= 19 and sum(doubled) % 10 == 0


def _any(_: str) -> bool:
    return True


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("identity_number", _IDENTITY, is_identity_number), ("bank_card", _CARD, is_card_number), ("mobile", _MOBILE, _any), ("e-mail", _MAIL, _any),
)  # fmt: skip
