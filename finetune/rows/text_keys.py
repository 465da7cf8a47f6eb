"""What two rows are compared by: canonical text, number-masked text, the facts a text states, and stable digests of them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from finetune.rows.record import Row

# Punctuation that carries no meaning; decimal points, signs, brackets of formulas and % stay.
_IDLE = re.compile(r"\s+|[，。、；：？！“”‘’\"'《》「」…—,;:?!]|(?<!\d)\.|\.(?!\d)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_YEAR_PART = re.compile(r"(?<![A-Za-z\d])\d{4}(?:h[12]|q1-3|q[1-4])(?!\d)", re.IGNORECASE)
# A number after a letter is part of a name (f12, CET1), not a quantity.
_NUMBER = re.compile(r"(?<![A-Za-z\d.])\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_HAN_YEAR = re.compile(r"[〇零一二三四五六七八九]{4}(?=年)")
_HAN_DIGITS = {char: str(value) for value, char in enumerate("零一二三四五六七八九")} | {"〇": "0"}
# References, calculator marks, and names with a number (f2, t1, q3): which is which must not be lost in likeness.
_REFERENCE = re.compile(r"\{[^{}]{1,40}\}|\[calculator\([^\[\]]*\)|[a-z]+\d+(?:[a-z](?![a-z\d]))?", re.IGNORECASE)
MASK = "#"


class Facts(NamedTuple):
    """What must be equal before two texts can say the same: the numbers (a sorted bag), and references and codes in their order."""

    numbers: tuple[str, ...]
    references: tuple[str, ...]


def canonical(text: str) -> str:
    """Compatible forms, lower case, without blanks and idle punctuation: texts that differ only in these are one text."""
    return _IDLE.sub("", _folded(text))


def masked(text: str) -> str:
    """The canonical text with every number as #: what remains of a template once it has been filled in."""
    return _IDLE.sub("", _NUMBER.sub(MASK, _YEAR_PART.sub(MASK, _folded(text))))


def facts_of(text: str) -> Facts:
    """The numbers and references of a text; 1,200.50 and 1200.5 are the same number."""
    folded = _folded(text)
    references = tuple(found.replace(" ", "") for found in _REFERENCE.findall(folded))
    numbers = sorted(_plain(found) for found in _NUMBER.findall(_REFERENCE.sub(" ", folded)))
    return Facts(tuple(numbers), references)


def digest(*parts: str) -> str:
    """A stable 128-bit hash of texts in hexadecimal; the borders between the parts count."""
    total = sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        total.update(str(len(data)).encode() + b":" + data)
    return total.hexdigest()[:32]


def row_text(row: Row) -> str:
    """Everything a row teaches, turn by turn: contents and calls, without the system prompt that all rows share."""
    return "\n".join(_turns(row, ("user", "assistant", "tool")))


def question_text(row: Row) -> str:
    """What a row asks: the user's turns before the first answer."""
    asked = []
    for message in row.messages:
        if message["role"] == "assistant":
            break
        if message["role"] == "user":
            asked.append(str(message.get("content") or ""))
    return "\n".join(asked)


def rows_digest(rows: Iterable[Row]) -> str:
    """A hash of rows in their order; it names the data that a certificate or a card speaks of."""
    total = sha256()
    for row in rows:
        total.update(row_digest(row).encode())
    return total.hexdigest()[:32]


def row_digest(row: Row) -> str:
    """A hash of one row as it is written to a file."""
    return digest(json.dumps(row.to_dict(), ensure_ascii=False, sort_keys=True, default=str))


@lru_cache(maxsize=64)
def _folded(text: str) -> str:
    """Compatible forms, lower case, years in digits, no thousands commas; a row's texts are asked for several times in turn."""
    return _THOUSANDS.sub("", _HAN_YEAR.sub(_arabic_year, unicodedata.normalize("NFKC", text).casefold()))


def _turns(row: Row, roles: tuple[str, ...]) -> list[str]:
    texts = []
    for message in row.messages:
        if message["role"] in roles:
            texts.append(str(message.get("content") or ""))
            texts += [json.dumps(call, ensure_ascii=False, sort_keys=True) for call in message.get("tool_calls") or ()]
    return texts


def _arabic_year(match: re.Match[str]) -> str:
    return "".join(_HAN_DIGITS[char] for char in match[0])


def _plain(number: str) -> str:
    value = Decimal(number)
    return f"{value.normalize():f}" if abs(value.adjusted()) < 60 else number
