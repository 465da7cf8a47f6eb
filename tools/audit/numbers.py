"""The numbers of a text with their units, as printed: Arabic and Chinese numerals, signs, accounting brackets, hedges.

Digits that state no measurement are left out: list numbers, ordinals, source marks, pages, addresses, share codes,
digits of names (IFRS 9, CET1) and whatever the caller masks (periods, titles).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from data.text import normalise
from data.units import Dimension, Unit, unit, units

_TIMES = re.compile(r"(?<=[\d)）%])(?<!\*)\*(?=[\d(（])|(?<=[\d)）%] )\*(?= [\d(（])")
_FULL_WIDTH = frozenset("０１２３４５６７８９")
_EXTRA_UNITS = {
    "pct": "个百分点", "个pct": "个百分点", "pps": "个百分点", "pp": "个百分点", "ppts": "个百分点", "个bp": "BP", "个bps": "BP",
    "Bp": "BP", "Bps": "BP", "BPs": "BP", "个BPs": "BP", "bps": "BP", "个点": "个百分点",
    "元每股": "元/股", "元/每股": "元/股", "x": "倍",
}  # fmt: skip
_SCALES = {"亿": 8, "万亿": 12, "万": 4, "百万": 6, "千万": 7, "千亿": 11, "百亿": 10}
_ENGLISH = {"trillion": 12, "billion": 9, "million": 6, "bn": 9, "mn": 6}
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
_PLACES = {"十": 1, "百": 2, "千": 3}
_CHINESE = "零〇○一二两三四五六七八九十百千万亿点"
_NOUN = re.compile(r"\s?(个百分|家|年|个?月|个?季度|季|期|类|级|位|名|条|档|方面|步|个|项|次|天|日|大|点|行|张|篇|章|节|组|轮|岁|套)")

# What looks like a number and states none.
_SKIPPED = re.compile(
    r"https?://[^\s)\]>，。；）]+|\]\((?:https?:|[/#.])[^)\s]*\)"
    r"|\[\^?\d{1,3}(?:\s?[,，、\-–]\s?\d{1,3})*\]|【\d{1,3}】"
    r"|(?m:^[ \t]*(?:#{1,6}[ \t]*)?(?:[-•·][ \t]+)?\(?\d{1,2}(?:\.\d{1,2}){0,2}(?:[、)](?!\d)|\.(?=\s|[^\d\s])))"
    r"|(?m:^[ \t]*#{1,6}[ \t]*\d{1,2}(?:\.\d{1,2}){0,2}[ \t]+)"
    r"|\(\d{1,2}\)(?=[^\d\s%‰亿万元个家倍|])"
    r"|第\s?\d{1,4}(?:\s?[-–~至]\s?\d{1,4})?\s?(?:页|名|位|大|次|期|章|条|部分|支柱|层|步|类|季|个|家|号|轮|节|项|款|表)?"
    r"|(?<![A-Za-z])[pP]{1,2}\.?\s?\d{1,4}(?![\d.%])"
    r"|(?<![\w.])\d{5,6}\.(?:SH|SZ|HK|SS)\b"
    r"|(?<![A-Za-z])(?:(?:IFRS|IAS|CAS|HKFRS|GAAP|Basel|BASEL|Tier|TIER|TOP|Top|top|No|NO)[ \-.]?\d+|(?!RMB|CNY|USD|HKD)[A-Za-z]{1,12}\d+)"
    r"(?:\.\d+)?(?![\d,.]*\s?(?:%|‰|亿|万|元|个百分点|BP|bp|倍))"
    r"|(?:准则|协议|版本|附注|附表|表|图)\s?(?:第\s?)?\d{1,3}(?:[.\-]\d{1,3})*(?:号)?(?![\d.,%亿万元])"
    r"|前\s?\d{1,2}(?=大|名|位|家|强|，|。)|\d{1,2}(?=级分类|支柱)"
)  # fmt: skip
_UNIT_WORDS = sorted({*units(), *_EXTRA_UNITS, *_SCALES, *_ENGLISH} - {""}, key=lambda word: -len(word))
_UNIT = "|".join(map(re.escape, _UNIT_WORDS))
_NUMBER = re.compile(
    r"(?<![\d.])(?P<money>(?:RMB|CNY|¥|￥)\s?)?(?P<sign>[-+−–]\s?)?(?P<open>\(\s?)?(?P<money2>(?:RMB|CNY|¥|￥)\s?)?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    rf"(?P<close>\s?\))?(?P<more>[多余来])?\s{{0,3}}(?P<unit>{_UNIT})?(?P<share>\s?(?:/|每)\s?股)?"
)  # fmt: skip
_WRITTEN = re.compile(
    rf"(?P<part>[百千万])分之(?P<of>[{_CHINESE}]+)"
    rf"|(?P<value>[{_CHINESE}]*[一二两三四五六七八九][{_CHINESE}]*|十)(?P<unit>元|美元|港元|个?百分点|个?基点|倍|成(?![为交本立员果功长效都分型品绩因不]))"
    rf"|(?P<large>[一二两三四五六七八九][{_CHINESE}]*[万亿])(?![{_CHINESE}家户人个元名张笔台项股能美港])"
)  # fmt: skip
_ABOUT = re.compile(r"(?:大约|约为|约合|约|左近|大概)\s?$")
_UNDER = re.compile(r"(?:将近|接近|近|不足|不到|未到)\s?$")
_OVER = re.compile(r"(?:超过|突破|超|逾|多达|至少)\s?$")
_AFTER_ABOUT, _AFTER_OVER = re.compile(r"\s?(?:左右|上下)"), re.compile(r"\s?(?:以上|多(?![于家])|余)")
_SHARES_UNIT = re.compile(
    r"^(?=.)\s{0,2}(?:[-~～–—至到、和与及/]|以及|,\s|，)?\s{0,2}"
    r"(?:上升|下降|增长|减少|增加|提升|提高|降低|回落|回升|收窄|扩大|[降升增减变])?(?:至|到|为)?\s{0,2}$"
)
_RANGE_SIGN = re.compile(r"[\d%‰元点PpBb倍)]\s?$")


@dataclass(frozen=True, slots=True)
class NumberToken:
    """One printed number, text[start:end] with its unit.

    value: as written, negative only by its own sign or accounting brackets. quantum: the last written place, in `unit`.
    unit: None for a bare number. loose: a scale alone (3,391亿), money or a count. explicit: a sign is written.
    hedge: "about", "over" or "under" where words make it approximate. noun: what a bare or counted number counts.
    """

    start: int
    end: int
    text: str
    value: Decimal
    quantum: Decimal
    unit: Unit | None = None
    loose: bool = False
    explicit: bool = False
    hedge: str = ""
    noun: str = ""
    written: bool = False

    @property
    def factor(self) -> Decimal:
        """What turns `value` into the base unit of its dimension."""
        return self.unit.factor if self.unit else Decimal(1)

    @property
    def is_count(self) -> bool:
        """Whether it counts things or time (3家, 5年, 7,918个) rather than measures money or a ratio."""
        if self.unit is None:
            return bool(self.noun)
        return self.unit.dimension is Dimension.COUNT or (self.unit.symbol == "次" and self.quantum == 1)


def plain_text(text: str) -> str:
    """Text in compatible forms with the offsets of the input; marks of emphasis become blanks, a * between numbers ×.

    A full-width comma stays one (it ends a clause), unless full-width digits stand on both sides (３，３９１).
    """
    kept = list(normalise(text))
    times = {match.start() for match in _TIMES.finditer(text)}
    for index, char in enumerate(text):
        if char == "，":
            inside = text[index - 1 : index] in _FULL_WIDTH and text[index + 1 : index + 2] in _FULL_WIDTH
            kept[index] = "," if inside else "，"
        elif char in "−–":
            kept[index] = "-"
        elif char in "*`_":
            kept[index] = "×" if index in times else " "
    return "".join(kept)


def find_numbers(text: str, masked: Iterable[tuple[int, int]] = ()) -> list[NumberToken]:
    """Every measured number of a plain text (see `plain_text`), left to right, outside the masked spans."""
    hidden = bytearray(len(text))
    for start, end in (*masked, *(match.span() for match in _SKIPPED.finditer(text))):
        hidden[start:end] = b"\x01" * (end - start)
    found: list[NumberToken] = []
    for match in _NUMBER.finditer(text):
        if not any(hidden[match.start("digits") : match.end("digits")]):
            found.append(_arabic(text, match, found[-1].end if found else -1))
    for match in _WRITTEN.finditer(text):
        if not any(hidden[match.start() : match.end()]) and (token := _chinese(text, match)) is not None:
            found.append(token)
    found.sort(key=lambda token: token.start)
    return _with_shared_units(text, _apart(found))


def unit_of(words: str) -> Unit | None:
    """The unit that a table header, caption or cell names in words (亿元, 单位：百万元, %), or None."""
    match = _HEADER_UNIT.search(words)
    return _unit(match[1])[0] if match else None


_HEADER_UNIT = re.compile(rf"(?:[(\[/:]\s?|单位\s?[:为]?\s?|^\s*)(?:人民币)?({_UNIT})\s?(?:[)\],，;]|$|\s)")


@lru_cache(maxsize=256)
def _unit(symbol: str) -> tuple[Unit | None, bool]:
    """The unit of a printed symbol, and whether it is a scale without a noun (亿)."""
    if symbol in _SCALES:
        return Unit(symbol + "元", Dimension.AMOUNT, Decimal(10) ** _SCALES[symbol]), True
    if symbol in _ENGLISH:
        return Unit(symbol, Dimension.AMOUNT, Decimal(10) ** _ENGLISH[symbol]), True
    return unit(_EXTRA_UNITS.get(symbol, symbol)), False


def _arabic(text: str, match: re.Match[str], previous_end: int) -> NumberToken:
    digits = match["digits"].replace(",", "")
    symbol = match["unit"] or ""
    end = match.end("unit") if symbol else match.end("digits")
    measured, loose = _unit(symbol) if symbol else (None, False)
    if symbol == "元" and match["share"]:
        measured, end = unit("元/股"), match.end("share")
    start, negative, explicit = match.start("digits"), False, False
    sign = (match["sign"] or "").strip()
    if sign and not _RANGE_SIGN.search(text[: match.start("sign")][-3:]) and match.start("sign") > previous_end - 1:
        start, negative, explicit = match.start("sign"), sign == "-", True
    if match["open"] and match["close"]:
        bracketed = bool(symbol) or _in_cell(text, match) or "," in match["digits"]
        if bracketed and not explicit:
            start, negative, explicit = match.start("open"), True, True
            end = max(end, match.end("close"))
    elif match["close"] and symbol:
        # A bracket that opened earlier closes before what looks like a unit: the unit belongs to other words.
        symbol, measured, loose, end = "", None, False, match.end("digits")
    value = Decimal(digits)
    return NumberToken(
        start, end, text[start:end].strip(), -value if negative else value, _last_place(digits), measured, loose, explicit,
        _hedge(text, match.start("digits"), end, match["more"]), _noun(text, end) if measured is None else "",
    )  # fmt: skip


def _in_cell(text: str, match: re.Match[str]) -> bool:
    before, after = text[: match.start("open")].rstrip(" ")[-1:], text[match.end("close") :].lstrip(" ")[:1]
    return before in ("|", "") and after in ("|", "\n", "")


def _last_place(digits: str) -> Decimal:
    return Decimal(1).scaleb(-len(digits.partition(".")[2]))


def _noun(text: str, end: int) -> str:
    match = _NOUN.match(text, end)
    return match[1] if match else ""


def _hedge(text: str, start: int, end: int, more: str | None) -> str:
    before = text[max(0, start - 6) : start].rstrip("-+ ")
    if more or _OVER.search(before) or _AFTER_OVER.match(text, end):
        return "over"
    if _UNDER.search(before):
        return "under"
    return "about" if _ABOUT.search(before) or _AFTER_ABOUT.match(text, end) else ""


def _chinese(text: str, match: re.Match[str]) -> NumberToken | None:
    if match["of"]:
        symbol, words = {"百": "%", "千": "‰", "万": "万分之"}[match["part"]], match["of"]
    elif match["large"]:
        symbol, words = "元", match["large"]
    else:
        symbol, words = match["unit"], match["value"]
        if words == "一" and symbol == "元":
            return None
    parsed = _spoken(words)
    if parsed is None:
        return None
    value, quantum = parsed
    if symbol == "成":
        value, quantum, symbol = value * 10, Decimal(10), "%"
    if symbol == "万分之":
        value, quantum, symbol = value / 100, quantum / 100, "%"
    start, end = match.span()
    explicit = text[max(0, start - 1) : start] == "负"
    hedge = _hedge(text, start, end, None) or ("about" if match["unit"] == "成" else "")
    return NumberToken(start, end, match[0], -value if explicit else value, quantum, unit(symbol), bool(match["large"]), explicit, hedge, "", True)


def _spoken(words: str) -> tuple[Decimal, Decimal] | None:
    """The value and last spoken place of Chinese numerals (零点九五, 三千三百九十一亿), or None for none."""
    whole, point, decimals = words.partition("点")
    if point and (not decimals or any(char not in _DIGITS for char in decimals)):
        return None
    total, section, digit, low = 0, 0, -1, 0
    for char in whole:
        if char in _DIGITS:
            digit = _DIGITS[char] if digit < 0 else digit * 10 + _DIGITS[char]
            low = 0
        elif char in _PLACES:
            section += (1 if digit < 0 else digit) * 10 ** _PLACES[char]
            digit, low = -1, _PLACES[char]
        else:
            size = 4 if char == "万" else 8
            total = (total + section + max(digit, 0)) * 10**size
            section, digit, low = 0, -1, low + size
    value = Decimal(total + section + max(digit, 0))
    if decimals:
        return value + Decimal("0." + "".join(str(_DIGITS[char]) for char in decimals)), Decimal(1).scaleb(-len(decimals))
    return value, Decimal(10) ** low


def _apart(tokens: list[NumberToken]) -> list[NumberToken]:
    kept: list[NumberToken] = []
    for token in tokens:
        if not kept or token.start >= kept[-1].end:
            kept.append(token)
    return kept


def _with_shared_units(text: str, tokens: list[NumberToken]) -> list[NumberToken]:
    """A bare number before a joined one takes its unit: 由0.96降至0.95%, 0.91、0.96和0.95%."""
    for index in range(len(tokens) - 2, -1, -1):
        here, after = tokens[index], tokens[index + 1]
        if here.unit is None and not here.noun and after.unit is not None and _SHARES_UNIT.match(text[here.end : after.start]):
            tokens[index] = replace(here, unit=after.unit, loose=after.loose)
    return tokens
