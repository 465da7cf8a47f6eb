"""Amounts in running text: the number with its unit, and whether the words before it make it a level, a change or a share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from data.errors import UnitError
from data.units import Quantity, Unit, unit


class Role(StrEnum):
    """What a number in a sentence tells."""

    LEVEL = "level"
    CHANGE = "change"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its place in the text. lead: the text between the mark or amount before it and the number."""

    quantity: Quantity
    role: Role
    start: int
    end: int
    lead: str
    about: bool = False
    basis: str = ""


_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SCALE = r"(?:万亿|百万|千万|十亿|亿|千|万)?"
_AMOUNT = re.compile(
    rf"(?P<about>将近|近|约|超过?|逾|大约|接近|突破|不足)?(?:人民币|RMB)?(?<![\d.,第])(?P<sign>[-−－+])?(?P<number>{_NUMBER})(?P<more>余|多)?"
    rf"(?P<unit>%|‰|个百分点|百分点|个基点|基点|BPs?|bps?|倍|{_SCALE}(?:元/股|美元|港元|元|户|个(?!月|百分|基点|工作|季|交易日|自然日|会计|行业|方面)|人(?!民|次)|名|笔|张|家|台|项|股|平方米)|(?:万亿|亿)(?=[,，。;；、)]|$))",
)
_UP = "增长|增加|上升|提升|提高|增幅|增速|增|多增|上涨|扩大|上浮|新增"
_DOWN = "下降|减少|降低|回落|降幅|收窄|下滑|下跌|缩减|压降|减"
_CHANGED = re.compile(
    r"(?P<basis>同比|环比|[较比与](?:上年同期|上年末|上年|年初|上季末|去年同期|去年末|去年|期初|\d{4}年末?|同期))?"
    rf"(?:分别|平均|净|仅|略|大幅|累计|合计)?(?:(?P<up>{_UP})|(?P<down>{_DOWN}))(?:了|幅度)?(?:为|达|到?达|约)?(?:人民币)?$"
)
_ARRIVED = re.compile(r"(?:至|到|达|为)(?:人民币|本年的?|上年的?|约)?$")
_SHARE = re.compile(r"占(?:比|[^,，。;；]{0,24}?(?:比例|比重|比率|比|的))?(?:分别)?(?:为|达到?|约|合计)?$")
_MONEY_NOUN = re.compile(r"贷款|存款|余额|资产|收入|利润|规模|金额|投放|负债|融资")
_POINT_UNITS = frozenset(("个百分点", "百分点", "个基点", "基点", "BP", "BPs", "bp", "bps"))
_BREAK = re.compile(r"[,，。;；:：()（）!?！？]")
_BRACKETED = re.compile(r"(?<=[一-鿿\d])\([^()\d]*\)(?=[一-鿿])")
# What limits, plans or requires is nobody's figure.
_NOT_STATED = re.compile(
    r"不低于|不高于|不超过|不少于|不得|至少|最高|上限|下限|目标|计划|预计|拟|规定|要求|应当|须|每年|假设|如果|若|以内$|面值|每10股|每股"
    r"|年利率|票面|期限"
)


def find_amounts(text: str) -> list[Amount]:
    """Every amount with a unit in a squeezed sentence, left to right; limits, plans and requirements are left out."""
    found: list[Amount] = []
    previous = 0
    for match in _AMOUNT.finditer(text):
        # 绿色贷款(节能环保项目贷款)余额: what a bracket explains, it does not part.
        stretch = _BRACKETED.sub("", text[previous : match.start()])
        lead = stretch[max((mark.end() for mark in _BREAK.finditer(stretch)), default=0) :]
        previous = match.end()
        quantity = _quantity(match)
        if match["unit"] in ("亿", "万亿") and not _MONEY_NOUN.search(lead):
            continue
        if quantity is None or _NOT_STATED.search(lead) or text[match.end() : match.end() + 2] in ("以上", "以下", "以内", "左右"):
            continue
        amount = _amount(text, match, lead, quantity)
        found.append(amount)
    return found


def _amount(text: str, match: re.Match[str], lead: str, quantity: Quantity) -> Amount:
    about = bool(match["about"] or match["more"])
    changed = _CHANGED.search(lead)
    if match["unit"] in _POINT_UNITS or (changed and not _ARRIVED.search(lead)):
        # 利率敏感性 scenarios (上升100个基点) are conditions, the caller sees them as changes without a subject.
        down = bool(changed and changed["down"])
        value = -abs(quantity.value) if down else quantity.value
        return Amount(Quantity(value, quantity.unit), Role.CHANGE, match.start(), match.end(), lead, about, (changed and changed["basis"]) or "")
    role = Role.SHARE if quantity.unit.symbol == "%" and _SHARE.search(lead) else Role.LEVEL
    return Amount(quantity, role, match.start(), match.end(), lead, about)


def _quantity(match: re.Match[str]) -> Quantity | None:
    found = _unit(match["unit"])
    if found is None:
        return None
    value = Decimal(match["number"].replace(",", ""))
    return Quantity(-value if match["sign"] in ("-", "−", "－") else value, found)


def _unit(symbol: str) -> Unit | None:
    symbol = "个百分点" if symbol == "百分点" else "BP" if symbol in _POINT_UNITS - {"个百分点"} else symbol
    try:
        return unit(f"{symbol[:-1]}人" if symbol.endswith("名") else symbol)
    except UnitError:
        return None


def change_words(lead: str) -> re.Match[str] | None:
    """The words of a change that a text ends with."""
    return _CHANGED.search(lead)


def share_words(lead: str) -> re.Match[str] | None:
    """The words of a share that a text ends with (占比, 占营业收入比例为)."""
    return _SHARE.search(lead)
