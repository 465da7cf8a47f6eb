"""Numbers in a sentence, and whether each is a level (数值) or a change (变动).

个百分点 and BP are always changes. Of the rest the words before decide: 增长, 下降, 增幅 … make a change; 至, 到, 为 after
them a level again (下降至1.26%), but not after a noun of change (增幅为8.20%). In a list the later numbers follow the
first, and one printed without its unit has the unit of the next (0.13及0.14个百分点). Counts (户, 笔, 股 …) are neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from tools.entities.spans import BLOT, INDICATOR_BLOT, EntityType

Direction = Literal["up", "down"]

_DIGITS = (
    r"\d{1,3}(?:,\d{3})+[^\d\s,.%元亿万]\d{2}\.\d+"  # one misread comma or digit in a grouped number
    r"|0\s?[、℃·:;。]\s?\d{1,2}(?=\s?(?:%|个?百分点))"  # one misread decimal point
    r"|\d{1,3}(?:。|·|\.\s)\d{1,2}(?=\s?(?:%|个?百分点))"  # the same further on, and a point that broke off
    r"|\d+(?:(?:,(?=\d{3})|\.(?=\d))\d+)*"
)
_CHINESE = (
    r"[一二两三四五六七八九十百千]+(?:点[零一二三四五六七八九]+)?(?=(?:万亿|亿)(?!户|人(?!民币)|笔|张|股))|[一二两三四五六七八九十百千]+万[一二三四五六七八九百千]+(?=亿元)"
    r"|百分之[零一二三四五六七八九十百点]+|(?<=[超近逾约达过足到至的长增降跌滑减升少出比个水])[一二两三四五六七八九]成半?(?![功立为分员本品熟果长交效])"
)
_MONEY = r"(?:万亿\s?(?=元)|万亿|[千百十]亿|亿\s?(?=元)|亿|[千百十]万|万|千)?(?:余|多)?(?:元/股|元每股|元/平方米|元|人民币|美元|港元|港币|欧元|英镑|日元|澳元|新加坡元|[港美]?仙|分(?=[,。;()]|$))(?:人民币)?|万亿|[千百十]?亿|[千百]?万(?!分)"
_POINTS = r"(?:个\s?)?(?:百分点|基点|点子|[Bb][Pp][Ss]?)|[Pp][Cc][Tt][Ss]?|ppts?|pps?(?![a-z])"
_NUMBER = re.compile(
    rf"(?:(?<![A-Za-z\d.第])|(?<=[yY]o[yY])|(?<=[qQ]o[qQ]))(?P<sign>(?<![\d%元亿万])[-+−](?=\d))?(?P<number>{_DIGITS}|{_CHINESE})(?:余|多(?=[万亿]))?"
    rf"(?:\s?(?:(?P<points>{_POINTS})|(?P<percent>[%‰])|(?P<times>倍)|(?P<money>{_MONEY})))?"
)
_TABLE_NUMBER = re.compile(r"(?<![^\s\x00-\x04])(?:\(\d[\d,]*(?:\.\d+)?%?\)|[-−]?\d[\d,]*(?:\.\d+)?%?|-)(?!\S)(?!\s(?:[万亿千百元%‰倍]|个?百分点|[Bb][Pp]))")
_COUNTED = re.compile(
    r"\s?余?(?:户|名|人(?!民币)|个|笔|股(?![息利东])|家|天|张|台|件|辆|项|次|位|条|只|份|平方|公里|公顷|吨|桶|千瓦|岁|所|场|期|页|座|套|亩|头|卡|支|部|款|年|月|日|小时|分钟|倍速|城|国)"
)
_RANGE = re.compile(r"\s?(?:[-—–~～]{1,2}|[至到])\s?")
_FROM = re.compile(r"[由从自][^,。;]{0,12}$")
_SEPARATOR = re.compile(r"\s?(?:[、,/和及与或]|以及|\s)\s?(?:约|近|超|逾|超过)?\s?")
_CUT = re.compile(rf"[,;。!?]|{BLOT}")

_UP = "增长|上升|增加|提升|提高|上涨|上扬|上行|上浮|上调|抬升|抬高|回升|反弹|走阔|走高|扩大|扩张|净增|多(?:[增赚提投收发派计放降]|处置|计提|核销|投放|收回|发放)|微增|微升|大增|劲增|递增|新增|增厚|高出|增(?![资信值持发])|涨(?!停)|升(?!级)"
_DOWN = "负增长|减亏|下降|减少|降低|回落|下滑|下跌|下行|下浮|下调|走低|收窄|缩窄|缩减|缩小|缩水|压降|压缩|净减|少(?:[增赚提投收发派计降]|处置|计提|核销|投放)|微降|略降|骤降|递减|减(?![按值免持])|降(?![准本])|跌(?!停)"
_TRIGGER = re.compile(
    r"(?P<noun>增速|增幅|增长率|降幅|跌幅|涨幅|升幅|增量|增加额|减少额|变动率|变动幅度|变化幅度|变动额)|(?P<level>至(?!今)|到|占|[突跌升]破|为|是)"
    rf"|(?P<down>{_DOWN})|(?P<up>{_UP})|(?P<side>(?:同比|环比|按年|按季|较[^,]{{0,6}}|[yY]o[yY]|[qQ]o[qQ])(?:变动|变化)?[:为约]?\s?[(]?$)"
)
# What may stand between a verb of change and its number; anything else belongs to another statement.
_FILLER = re.compile(r"(?:[了约近超逾达为于是在共均仅且再又也的有之到就过多大少高略微各以提:\s(]|分别|人民币|同比|环比|按年|幅度|合计|不足|不到|接近|将近|高于|低于|大约|左右|等额|净额|趋势|\d)*")
_NOUN_DOWN = ("降幅", "跌幅", "减少额")
_AFTER = re.compile(
    r"\s?(?:左右|以上|以内)?的(?:同比|环比)?(?:正|负|高|较高|较快|快速|稳定|平稳|高速)?(?:增长|增速|增幅|降幅|涨幅|跌幅|升幅|下降|下滑|降低|提升|微增|微降|收窄)"
    r"|(?:左右|以上)?(?:的?同比|环比)?(?:正|负|高)?(?:增长|增速|降幅|涨幅|跌幅)(?!\s?[约近超至到]?\s?[\d+\-])"
    rf"|的{INDICATOR_BLOT}++(?:同比|环比)?(?:增速|增幅|增长率|降幅|跌幅|涨幅)"
)
# A number that belongs to the indicator behind it (513.64%的拨备覆盖率), unless that goes on (14.53%的净利润增速).
_ITS_VALUE = re.compile(rf"的?{INDICATOR_BLOT}++(?!\s?(?:同比|环比)?(?:增|降幅|涨幅|跌幅|正增|负增|下降|下滑))")
# A noun of change that an earlier clause sets as the topic, no other indicator since (增速方面,甲银行以5.2%领先).
_TOPIC = re.compile(rf"(?:增速|增幅|降幅|涨幅|跌幅|[正负]增长)[^。;{INDICATOR_BLOT}\d]*(?:[(\d][^。;{INDICATOR_BLOT}]*%[^。;{INDICATOR_BLOT}]*)?$")
_DIRECTLY = re.compile(rf"{INDICATOR_BLOT}[为约达至是:=\s]{{0,3}}$")


@dataclass(frozen=True, slots=True)
class Number:
    """One number at text[start:end]; `digits` and `unit` as printed, `type` None where it is neither level nor change."""

    start: int
    end: int
    digits: str
    unit: str
    type: EntityType | None
    direction: Direction | None = None


def find_numbers(text: str) -> list[Number]:
    """The levels and changes of a prepared text whose other entities are masked, left to right, none overlapping."""
    table = _table_row(text)
    numbers = _with_list_units(text, _classified(text, list(_read(text))))
    numbers = [_bare_value(text, number) for number in numbers]
    free = (number for number in _merged_ranges(text, numbers) if all(number.end <= cell.start or number.start >= cell.end for cell in table))
    return sorted((*table, *(number for number in free if number.type is not None)), key=lambda number: number.start)


def _read(text: str) -> Iterator[tuple[re.Match[str], bool]]:
    """Every number with its unit, and whether it is one that could be an entity (no count, no factor of a formula)."""
    for match in _NUMBER.finditer(text):
        scale_only = match["money"] is None or not match["money"].endswith(("元", "币", "股", "镑", "仙", "分"))
        counted = match["percent"] is None and match["points"] is None and match["times"] is None and scale_only and _COUNTED.match(text, match.end())
        formula = match["percent"] and text[: match.start()].rstrip()[-1:] in tuple("x×*X")
        yield match, not counted and not formula


def _classified(text: str, matches: list[tuple[re.Match[str], bool]]) -> list[Number]:
    """Every number judged, those without a unit too: a list may lend them one."""
    numbers: list[Number] = []
    for match, possible in matches:
        unit = match["points"] or match["percent"] or match["times"] or match["money"] or ""
        if (not unit and match["number"].startswith("百分之")) or match["number"].endswith(("成", "成半")):
            unit = "%"
        kind, direction = _judge(text, match, unit, numbers[-1] if numbers else None) if possible else (None, None)
        numbers.append(Number(match.start(), match.end(), (match["sign"] or "") + match["number"], unit, kind, direction))
    return numbers


def _judge(text: str, match: re.Match[str], unit: str, before: Number | None) -> tuple[EntityType, Direction | None]:
    """Level or change, and which way, from the words before the number and right behind it."""
    low = max((cut.end() for cut in _CUT.finditer(text, 0, match.start()) if not _inside_number(text, cut.start())), default=0)
    gap = text[max(low, before.end if before else 0) : match.start()]
    alike = before is not None and (before.unit == unit or not before.unit) and match["sign"] != "+"
    if before is not None and before.type and alike and _SEPARATOR.fullmatch(text, before.end, match.start()):
        return (EntityType.CHANGE if match["points"] else before.type), before.direction
    moved, direction = _trigger(gap)
    after = _AFTER.match(text, match.end())
    if moved is None and _ITS_VALUE.match(text, match.end()):
        return (EntityType.CHANGE if match["points"] else EntityType.VALUE), None
    signed = match["sign"] == "+" or (match["sign"] is not None and gap.endswith("(") and before is not None and match.start() - before.end <= 2)
    if after and not moved:
        direction = "down" if re.search(_DOWN, after[0]) else "up"
    topic = match["percent"] is not None and moved is None and _TOPIC.search(text, 0, match.start()) is not None
    change = match["points"] is not None or moved or signed or after is not None or topic
    return (EntityType.CHANGE if change else EntityType.VALUE), direction


def _inside_number(text: str, at: int) -> bool:
    return text[at] == "," and text[at - 1 : at].isdigit() and text[at + 1 : at + 4].isdigit()


def _trigger(gap: str) -> tuple[bool | None, Direction | None]:
    """Whether the words before a number make it a change (None: they do not say), and the direction they tell."""
    state = ""
    direction: Direction | None = None
    last: re.Match[str] | None = None
    for match in _TRIGGER.finditer(gap):
        last, word = match, match.lastgroup
        if word in ("up", "down"):
            direction, state = ("up" if word == "up" else "down"), state if state == "noun" else "move"
        elif word == "noun":
            direction, state = ("down" if match[0] in _NOUN_DOWN else direction), "noun"
        elif word == "level":
            state = state if state == "noun" else "level"
        else:
            state = state or "side"
    if last is not None and state == "move" and not _FILLER.fullmatch(gap, last.end()):
        return None, None
    return (None if not state else state != "level"), direction if state != "side" else None


def _with_list_units(text: str, numbers: list[Number]) -> list[Number]:
    """A number without a unit that a list joins to the next one has that one's; without such a list it is none."""
    found = list(numbers)
    for index in range(len(found) - 1, -1, -1):
        this, following = found[index], found[index + 1] if index + 1 < len(found) else None
        if this.unit or this.type is None:
            continue
        if following and following.type and following.unit and _listed(text, this, following):
            found[index] = replace(this, type=following.type, unit=following.unit)
        elif following and following.type and following.unit and _RANGE.fullmatch(text, this.end, following.start):
            found[index] = replace(this, type=following.type)
        else:
            found[index] = replace(this, type=None)
    return found


def _listed(text: str, this: Number, following: Number) -> bool:
    return _SEPARATOR.fullmatch(text, this.end, following.start) is not None and not _COUNTED.match(text, this.end)


def _bare_value(text: str, number: Number) -> Number:
    """A decimal or grouped number right behind an indicator is its value, unit or not (每股收益1.52)."""
    if number.type is not None or number.unit or not set(number.digits) & set(".,") or _COUNTED.match(text, number.end):
        return number
    return replace(number, type=EntityType.VALUE) if _DIRECTLY.search(text, max(0, number.start - 6), number.start) else number


def _merged_ranges(text: str, numbers: list[Number]) -> list[Number]:
    """1%-2% and 5至10亿元 are one number; 由5%至10% are two."""
    merged: list[Number] = []
    for number in numbers:
        last = merged[-1] if merged else None
        if last and number.type and last.unit in ("", number.unit) and _spans_range(text, last, number):
            merged[-1] = replace(number, start=last.start, digits=last.digits, type=last.type or number.type, direction=last.direction or number.direction)
        else:
            merged.append(number)
    return merged


def _spans_range(text: str, first: Number, last: Number) -> bool:
    dash = _RANGE.fullmatch(text, first.end, last.start)
    return dash is not None and not (dash[0].strip() in ("至", "到") and _FROM.search(text, 0, first.start))


def _table_row(text: str) -> list[Number]:
    """The figures of a table row: a label, then bare numbers set apart by blanks, an empty cell being a dash."""
    if re.search(r"[。;!?,](?!\d)", text):
        return []
    cells = [match for match in _TABLE_NUMBER.finditer(text) if re.search(r"[.,%()]|\d{3}|^-$", match[0])]
    labelled = cells and re.search(rf"{INDICATOR_BLOT}(?:\s?\([^()]*\))?\s*$", text[: cells[0].start()])
    if len(cells) < (1 if labelled else 2) or re.search(rf"[一-鿿]|{BLOT}", text[cells[0].end() : cells[-1].start()]):
        return []
    return [Number(*cell.span(), cell[0], "%" if cell[0].endswith("%") else "", EntityType.VALUE) for cell in cells if cell[0] != "-"]
