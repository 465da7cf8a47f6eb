"""Numbers, times and changes as reports print them, for generated sentences: each maker draws one from a source of chance."""

from __future__ import annotations

import random
from collections.abc import Callable

_AMOUNTS = ("亿元", "亿元", "亿元", "亿元", "亿", "万亿元", "万亿", "万元", "百万元", "亿美元", "亿港元", "元")
_POINTS = ("个百分点", "个百分点", "个百分点", "个基点", "个BP", "bp", "BP", "pct", "个bp", "bps")
_YEARS = (
    "年 年末 年 年度 年上半年 年第一季度 年前三季度 年三季度 年一季度 年6月末 年9月30日 年12月31日 年底 年1-9月 年第四季度 年初 年下半年 年6月30日"
).split()
_DIGITS = "零一二三四五六七八九"


def _amount(chance: random.Random) -> str:
    unit = chance.choice(_AMOUNTS)
    if unit.startswith("万亿"):
        return f"{chance.uniform(1, 50):.{chance.choice((1, 2, 2))}f}{unit}"
    number = chance.lognormvariate(4.5, 2.2)
    text = f"{number:,.2f}" if chance.random() < 0.75 else f"{number:,.1f}" if chance.random() < 0.5 else f"{number:,.0f}"
    text = text.replace(",", "") if chance.random() < 0.4 else text
    if text.strip("0.,") == "":
        text = "1.2"
    sign = "-" if chance.random() < 0.03 else ""
    gap = " " if chance.random() < 0.05 else ""
    return f"{sign}{text}{gap}{'余' if chance.random() < 0.02 else ''}{unit}"


def _percent(chance: random.Random) -> str:
    number = chance.choice((chance.uniform(0.1, 3), chance.uniform(3, 30), chance.uniform(30, 100), chance.uniform(100, 600)))
    return f"{number:.{chance.choice((1, 2, 2, 2))}f}%" if chance.random() < 0.93 else f"{number:.0f}%"


def _time(chance: random.Random) -> str:
    year = chance.randrange(2012, 2028)
    draw = chance.random()
    if draw < 0.8:
        return f"{year}{chance.choice(_YEARS)}"
    if draw < 0.86:
        return chance.choice((f"{year}年至{year + 2}年", f"{year}-{year + 2}年", f"{year}年1月至{chance.randrange(2, 12)}月"))
    if draw < 0.9:
        return "二〇" + "".join(_DIGITS[int(digit)] for digit in str(year)[2:]) + "年"
    if draw < 0.95:
        return chance.choice(("一季度", "第三季度", "前三季度", "上半年", "二季度", "四季度末", "首季", "上半年末"))
    short = year % 100
    quarter = chance.randrange(1, 5)
    return chance.choice((f"{short}Q3", f"1H{short}", f"{quarter}Q{short}", f"{short}H1", f"Q{quarter}", f"{year}Q{quarter}"))


def _day(chance: random.Random) -> str:
    year, month, day = chance.randrange(2015, 2027), chance.randrange(1, 13), chance.randrange(1, 29)
    return chance.choice((f"{month}月{day}日", f"{year}年{month}月{day}日", f"{month}月{day}日", f"{year}年{month}月"))


def _change_amount(chance: random.Random) -> str:
    return _amount(chance).lstrip("-").replace("元/股", "亿元")


def _points(chance: random.Random) -> str:
    unit = chance.choice(_POINTS)
    number = f"{chance.uniform(0.01, 4):.2f}" if unit in ("个百分点", "pct") else str(chance.randrange(1, 90))
    return f"{number}{unit}"


def _cell(chance: random.Random) -> str:
    text = f"{chance.randrange(100, 9_999_999):,}" if chance.random() < 0.75 else f"{chance.uniform(1, 9999):,.2f}"
    return f"({text})" if chance.random() < 0.08 else f"-{text}" if chance.random() < 0.05 else text


def _cell_percent(chance: random.Random) -> str:
    text = f"{chance.uniform(0.1, 300):.2f}"
    return f"{text}%" if chance.random() < 0.5 else text


def _range(chance: random.Random) -> str:
    low = chance.uniform(0.5, 20)
    high = low + chance.uniform(0.1, 5)
    return chance.choice((f"{low:.1f}%-{high:.1f}%", f"{low:.2f}%至{high:.2f}%", f"{low:.0f}%~{high + 1:.0f}%", f"{low:.1f}%—{high:.1f}%"))


NUMBERS: dict[str, Callable[[random.Random], str]] = {
    "amount": _amount, "percent": _percent, "time": _time, "day": _day, "xp": _percent, "xa": _change_amount, "xb": _points,
    "pershare": lambda chance: f"{chance.uniform(0.01, 40):.{chance.choice((2, 2, 3, 4))}f}{chance.choice(('元', '元', '元/股', '港元'))}",
    "cell": _cell, "cellp": _cell_percent, "range": _range,
    "xsigned": lambda chance: f"{chance.choice('+-')}{chance.uniform(0.1, 40):.{chance.choice((1, 2))}f}{chance.choice(('%', '%', 'pct'))}",
    "small": lambda chance: f"{chance.uniform(0.01, 3):.2f}",
    "number": lambda chance: f"{chance.randrange(999, 99999):,}" if chance.random() < 0.2 else f"{chance.uniform(1, 900):.{chance.randrange(3)}f}",
}  # fmt: skip
