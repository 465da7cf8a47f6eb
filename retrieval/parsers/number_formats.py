"""A number as its cell shows it: the part of the spreadsheet number formats that financial tables use (ECMA-376 §18.8.30)."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]'
    r"|(?P<mask>[0#?][0#?.,]*|\.[0#?]+)|(?P<rest>.)",
    re.DOTALL,
)
_SECTION = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])*', re.DOTALL)
_UNREADABLE = re.compile(r"[eE][+-]|/|\[[<>=]")


class _Section(NamedTuple):
    """One section of a format: what stands before and after the number, its scale and its decimals."""

    prefix: str
    suffix: str
    number: bool
    thousands: bool
    scale: int
    least: int
    most: int
    zero: bool


def displayed(value: object, number_format: str) -> str:
    """What a cell shows for a value under a number format; "" for None.

    A number is rounded to the decimals shown (half away from zero), with % and thousands separators where the format has them;
    an unknown format shows up to 15 significant digits. A date is ISO, or 年月日 where the format is written so.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float | Decimal):
        return _number(plain_decimal(value), number_format)
    if isinstance(value, datetime | date):
        return _day(value, number_format)
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, timedelta):
        return str(value)
    return str(value).replace("_x000D_", "").strip()


def plain_decimal(value: int | float | Decimal) -> Decimal:
    """The number in 15 significant digits, which is what a sheet holds; the noise of binary fractions falls away."""
    return Decimal(format(value, ".15g")) if isinstance(value, float) else Decimal(value)


def _number(value: Decimal, number_format: str) -> str:
    if not value.is_finite():
        return str(value)
    section, negative = _section(number_format, value)
    if section is None:
        return _plain(value)
    if not section.number:
        return (section.prefix + section.suffix).strip()
    shown = abs(value).scaleb(section.scale).quantize(Decimal(1).scaleb(-section.most), ROUND_HALF_UP)
    text = format(shown, ",f" if section.thousands else "f")
    if section.most > section.least:
        whole, _, fraction = text.partition(".")
        fraction = fraction[: section.least] + fraction[section.least :].rstrip("0")
        text = f"{whole}.{fraction}" if fraction else whole
    if not shown and not section.zero:
        text = ""  # "??" and "#" show nothing for nought: the "-" beside them is what stands in the cell
    sign = "-" if negative and shown else ""
    return f"{sign}{section.prefix}{text}{section.suffix}".strip()


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _section(number_format: str, value: Decimal) -> tuple[_Section | None, bool]:
    """The section of the format for the value's sign, and whether the minus sign is to be written."""
    sections = _sections(number_format)
    if not sections:
        return None, False
    if value < 0 and len(sections) > 1:
        return sections[1], False
    if value == 0 and len(sections) > 2:
        return sections[2], False
    return sections[0], value < 0


@lru_cache(maxsize=512)
def _sections(number_format: str) -> tuple[_Section, ...]:
    """The sections of a format; () for General and for what is not read here (exponents, fractions, conditions)."""
    bare = re.sub(r'"[^"]*"|\\.', "", number_format)
    if "general" in bare.lower() or "@" in bare.split(";")[0] or _UNREADABLE.search(bare):
        return ()
    return tuple(_parse(part) for part in _SECTION.findall(number_format) if part)[:3]


def _parse(section: str) -> _Section:
    prefix = suffix = mask = ""
    percents = 0
    for token in _TOKEN.finditer(section):
        if token["mask"] and not mask:
            mask = token["mask"]
            continue
        text = token["quoted"] or token["escaped"] or token["currency"] or token["mask"] or token["rest"] or ""
        percents += text == "%" and bool(token["rest"])
        prefix, suffix = (prefix, suffix + text) if mask else (prefix + text, suffix)
    whole, _, fraction = mask.partition(".")
    stripped = whole.rstrip(",")
    scaled = len(whole) - len(stripped) + len(fraction) - len(fraction.rstrip(","))
    fraction = fraction.rstrip(",")
    return _Section(prefix, suffix, bool(mask), "," in stripped, 2 * percents - 3 * scaled, fraction.count("0"), len(fraction), "0" in mask)


def _day(value: datetime | date, number_format: str) -> str:
    shape = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", number_format).lower()
    if "y" in shape and "d" not in shape:
        return f"{value.year}年{value.month}月" if "m" in shape else f"{value.year}年"
    if "年" in number_format:
        return f"{value.year}年{value.month}月{value.day}日"
    clock = value.time() if isinstance(value, datetime) else time()
    day = f"{value.year:04}-{value.month:02}-{value.day:02}"
    return f"{day} {clock.isoformat('minutes')}" if clock != time() else day
