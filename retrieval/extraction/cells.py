"""What a table cell says: a number with the unit printed beside it, nothing (a dash), 不适用, or words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from data.errors import UnitError
from data.units import Unit, parse_decimal, unit
from retrieval.extraction.labels import squeeze


class CellKind(StrEnum):
    """What kind of thing stands in a cell."""

    NUMBER = "number"
    NIL = "nil"
    NOT_APPLICABLE = "not_applicable"
    TEXT = "text"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class CellReading:
    """A cell's kind, and for a number its value and the unit printed in the cell (None where it has none)."""

    kind: CellKind
    value: Decimal | None = None
    unit: Unit | None = None


_DASHES = frozenset("-－—–―─‐‑−·")
_NOT_APPLICABLE = frozenset(("不适用", "n/a", "na", "n.a.", "notapplicable", "无", "nil", "未披露", "/"))
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_CELL = re.compile(
    rf"(?P<currency>人民币|rmb|¥|￥)?(?P<open>\()?(?P<sign>[-+−–－])?(?P<number>{_NUMBER})(?P<percent>%)?(?P<close>\))?"
    r"(?P<unit>%|‰|个百分点|个基点|基点|bps?|倍|(?:万亿|百万|千万|十亿|亿|千|万)?(?:元/股|美元|港元|元|户|个|人|笔|张|家|台|项|股|天|平方米)?)"
    r"(?P<marks>(?:\(注?\d{1,2}\)|\[\d{1,2}\]|注\d{1,2}|[*#†‡⁰¹²³⁴-⁹①-⑳])*)",
    re.IGNORECASE,
)
_MOVED = re.compile(rf"(?P<word>上升|提高|增加|增长|下降|降低|减少|回落)了?(?P<number>{_NUMBER})(?P<unit>%|个百分点|个基点|基点|bps?)")
_DOWN = frozenset(("下降", "降低", "减少", "回落"))


@lru_cache(maxsize=32768)
def read_cell(text: str) -> CellReading:
    """The reading of a cell's text.

    (1,234) is negative; 1,234(1) bears a footnote mark; a lone dash is nil, which is not zero. 下降0.2个百分点 is −0.2.
    """
    plain = squeeze(text).lower().replace(" ", "")
    if not plain:
        return CellReading(CellKind.EMPTY)
    if all(char in _DASHES for char in plain):
        return CellReading(CellKind.NIL)
    if plain in _NOT_APPLICABLE:
        return CellReading(CellKind.NOT_APPLICABLE)
    if match := _CELL.fullmatch(plain):
        return _number(match)
    if match := _MOVED.fullmatch(plain):
        value = Decimal(match["number"].replace(",", ""))
        return CellReading(CellKind.NUMBER, -value if match["word"] in _DOWN else value, _unit(match["unit"]))
    return CellReading(CellKind.TEXT)


def _number(match: re.Match[str]) -> CellReading:
    if bool(match["open"]) != bool(match["close"]):
        return CellReading(CellKind.TEXT)
    try:
        value = parse_decimal(match["number"])
    except UnitError:
        return CellReading(CellKind.TEXT)
    negative = bool(match["open"]) or match["sign"] in ("-", "−", "–", "－")
    symbol = match["percent"] or match["unit"]
    if not symbol and match["currency"]:
        symbol = "元"
    return CellReading(CellKind.NUMBER, -value if negative else value, _unit(symbol) if symbol else None)


def _unit(symbol: str) -> Unit | None:
    try:
        return unit("BP" if symbol in ("bp", "bps", "基点", "个基点") else symbol)
    except UnitError:
        return None
