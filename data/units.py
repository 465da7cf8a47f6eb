"""Units and quantities. A value is a Decimal with a unit, never a float and never a bare number.

A ratio changes in 个百分点 or BP, an amount in its own unit or in %: the dimension POINTS keeps the two apart, so
that "下降0.2个百分点" can never be printed as "下降0.2%".
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation, localcontext
from enum import StrEnum
from functools import lru_cache
from typing import Self

from data.errors import UnitError


class Dimension(StrEnum):
    """What a unit measures; only quantities of one dimension can be compared or added."""

    AMOUNT = "amount"
    RATIO = "ratio"
    POINTS = "points"
    PER_SHARE = "per_share"
    COUNT = "count"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Unit:
    """A unit: its printed symbol, its dimension and the factor to the dimension's base unit.

    Bases: 元, 1 (ratio), 个百分点, 元/股, 1 (count). Counted things keep their classifier (户, 个, 人) in `noun`;
    counts of different nouns do not convert into each other.
    """

    symbol: str
    dimension: Dimension
    factor: Decimal
    noun: str = ""

    def __str__(self) -> str:
        return self.symbol


# 28 digits are too few for 万亿元 added to fractions of a 元.
_EXACT = Context(prec=50)
_SCALES = {"": 0, "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8, "十亿": 9, "万亿": 12}
_NOUNS = ("户", "个", "人", "笔", "张", "家", "台", "项", "股", "天", "平方米")
_CURRENCIES = ("美元", "港元", "欧元", "英镑", "日元")
_RATIOS = {"": "1", "%": "0.01", "‰": "0.001", "倍": "1", "次": "1"}
_POINTS = {"个百分点": "1", "百分点": "1", "BP": "0.01", "bp": "0.01", "bps": "0.01", "个BP": "0.01", "基点": "0.01", "个基点": "0.01"}
_ENGLISH = {
    "RMB million": "百万元", "RMB mn": "百万元", "CNY million": "百万元", "RMB billion": "十亿元", "RMB thousand": "千元",
    "million": "百万元", "pp": "个百分点", "x": "倍", "RMB": "元", "CNY": "元", "万": "万元", "亿": "亿元", "万亿": "万亿元",
}


def _table() -> dict[str, Unit]:
    table: dict[str, Unit] = {}
    for scale, power in _SCALES.items():
        factor = Decimal(10) ** power
        table[f"{scale}元"] = Unit(f"{scale}元", Dimension.AMOUNT, factor)
        for noun in _NOUNS:
            table[f"{scale}{noun}"] = Unit(f"{scale}{noun}", Dimension.COUNT, factor, noun)
        for currency in _CURRENCIES:
            table[f"{scale}{currency}"] = Unit(f"{scale}{currency}", Dimension.FOREIGN, factor, currency)
    table |= {symbol: Unit(symbol, Dimension.RATIO, Decimal(factor)) for symbol, factor in _RATIOS.items()}
    table |= {symbol: Unit(symbol, Dimension.POINTS, Decimal(factor)) for symbol, factor in _POINTS.items()}
    table["元/股"] = Unit("元/股", Dimension.PER_SHARE, Decimal(1))
    return table


@lru_cache(maxsize=1)
def units() -> dict[str, Unit]:
    """Every known unit by its symbol."""
    return _table()


@lru_cache(maxsize=512)
def unit(symbol: str) -> Unit:
    """The unit of a printed symbol (full width, 人民币 prefixes and English forms accepted).

    Raises:
        UnitError: the symbol names no known unit.
    """
    table = units()
    clean = unicodedata.normalize("NFKC", symbol).strip()
    clean = clean.removeprefix("(").removesuffix(")").strip().removeprefix("人民币").strip()
    clean = _ENGLISH.get(clean, clean)
    if clean in table:
        return table[clean]
    if clean.startswith("元/") or clean in ("元每股", "每股元"):
        return table["元/股"]
    raise UnitError(f"不认识的单位“{symbol}”；可用：元、千元、万元、百万元、亿元、万亿元、%、‰、个百分点、BP、倍、元/股、户、个、人等")


@dataclass(frozen=True)
class Quantity:
    """A Decimal with a unit.

    Raises:
        UnitError: the value is a float, a bool or not finite.
    """

    value: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        if not isinstance(self.value, Decimal):
            raise UnitError(f"数值必须是 Decimal，收到 {type(self.value).__name__}；请用 Quantity.of(\"{self.value}\", 单位)")
        if not self.value.is_finite():
            raise UnitError(f"数值必须有限，收到 {self.value}")

    @classmethod
    def of(cls, value: str | int | Decimal, symbol: str) -> Self:
        """A quantity from text, an int or a Decimal, and a unit symbol; floats are rejected."""
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise UnitError(f"数值必须是文本、整数或 Decimal，收到 {type(value).__name__}")
        return cls(parse_decimal(value) if isinstance(value, str) else Decimal(value), unit(symbol))

    @property
    def base(self) -> Decimal:
        """The value in the base unit of its dimension."""
        with localcontext(_EXACT):
            return self.value * self.unit.factor

    def to(self, target: Unit | str) -> Quantity:
        """The same quantity in another unit of its dimension; raises UnitError for any other dimension."""
        wanted = unit(target) if isinstance(target, str) else target
        self._check(wanted)
        with localcontext(_EXACT):
            return Quantity(self.base / wanted.factor, wanted)

    def __add__(self, other: Quantity) -> Quantity:
        self._check(other.unit)
        with localcontext(_EXACT):
            return Quantity((self.base + other.base) / self.unit.factor, self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        """The difference: of two ratios in 个百分点 (倍 stays 倍), else in this quantity's unit."""
        self._check(other.unit)
        with localcontext(_EXACT):
            difference = self.base - other.base
            if self.unit.dimension is Dimension.RATIO and self.unit.symbol in ("%", "‰"):
                return Quantity(difference / Decimal("0.01"), unit("个百分点"))
            return Quantity(difference / self.unit.factor, self.unit)

    def __neg__(self) -> Quantity:
        return Quantity(-self.value, self.unit)

    def __abs__(self) -> Quantity:
        return Quantity(abs(self.value), self.unit)

    def __lt__(self, other: Quantity) -> bool:
        self._check(other.unit)
        return self.base < other.base

    def same_as(self, other: Quantity) -> bool:
        """Whether both name the same amount, whatever units they are written in."""
        return self._comparable(other.unit) and self.base == other.base

    def _comparable(self, other: Unit) -> bool:
        return (self.unit.dimension, self.unit.noun) == (other.dimension, other.noun)

    def _check(self, other: Unit) -> None:
        if not self._comparable(other):
            raise UnitError(f"{self.unit} 与 {other} 不是同一类单位，不能换算或加减")

    def __str__(self) -> str:
        return f"{self.value:f}{self.unit}"


def parse_decimal(text: str) -> Decimal:
    """A Decimal from printed text: full width, thousands commas, （1,234） as negative.

    Raises:
        UnitError: the text is not a number.
    """
    clean = unicodedata.normalize("NFKC", text).replace(",", "").replace("−", "-").replace("–", "-").strip()
    negative = clean.startswith("(") and clean.endswith(")")
    if negative:
        clean = clean[1:-1]
    try:
        value = Decimal(clean)
    except InvalidOperation:
        raise UnitError(f"“{text}”不是数字") from None
    if not value.is_finite():
        raise UnitError(f"“{text}”不是有限的数字")
    return -value if negative else value
