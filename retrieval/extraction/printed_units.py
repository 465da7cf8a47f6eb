"""Units as captions, headers and row labels print them: （人民币百万元，百分比除外）, （%）, 客户数（万户）."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from data.errors import UnitError
from data.units import Unit, unit
from retrieval.extraction.labels import squeeze

_SCALE = r"(?:万亿|百万|千万|十亿|亿|千|万)?"
_MONEY = re.compile(rf"(?:人民币)?({_SCALE}(?:美元|港元|欧元|英镑|日元|元))(?P<share>/股)?")
_ENGLISH = re.compile(r"(?:rmb|cny|renminbi)?(?:in)?(million|billion|thousand)s?(?:ofrmb|rmb)?", re.IGNORECASE)
_ENGLISH_UNITS = {"million": "百万元", "billion": "十亿元", "thousand": "千元"}
_COUNT = re.compile(rf"^({_SCALE}(?:户|个|人|笔|张|家|台|项|股|天|平方米))$")
_BRACKET = re.compile(r"\(([^()]*)\)")
_EXCEPTED = re.compile(r"除外|另有(?:标注|说明|注明)|除特别|except", re.IGNORECASE)
_PER_SHARE = re.compile(r"每股(?!东)")
# 除特别注明外，金额单位均为人民币百万元: said once for all that follows. A plain 单位 line binds the table under it only.
_DECLARED = re.compile(rf"除(?:特别|另有|非|特殊)[^。;；]{{0,12}}?(?:外|否则)?,?[^。;；]{{0,16}}?人民币({_SCALE}元)")
_RUNNING = re.compile(rf"^.{{0,80}}?\(?(?:金额)?单位(?:均)?(?:为|:)(?:人民币)?({_SCALE}元)")
# A row that counts things says so in its name; its table's 百万元 is not meant for it.
_COUNTED = (
    (re.compile(r"(?:员工|人员|职工|董事|监事)(?:总)?(?:人?数|数量|总数)?$|人数$"), "人"),
    (re.compile(r"(?:客户|户|股东|商户)(?:总)?(?:数|数量)$|户数$"), "户"),
    (re.compile(r"网点(?:总)?(?:数|数量)?$|(?:机构|支行|分行)(?:总)?(?:数|数量)$|个数$"), "个"),
    (re.compile(r"股份?(?:总)?(?:数|数量)$|总股本$"), "股"), (re.compile(r"笔数$"), "笔"), (re.compile(r"家数$"), "家"), (re.compile(r"张数$"), "张"),
)  # fmt: skip
# Numbers that no unit of money counts, whatever the page declares.
_NO_MONEY = re.compile(
    r"^(?:年龄|序号|编号|排名|名次|位次|任期|期限|年限|届次|评级|得分|出生年月|工龄|票数|议案)|次数$|天数$|年数$|得分$|倍数$|系数$|代码$|电话"
)


@dataclass(frozen=True, slots=True)
class PrintedUnit:
    """A unit from a caption. excepting: the caption says that some rows (百分比, 每股) have their own."""

    unit: Unit | None
    excepting: bool = False


@lru_cache(maxsize=4096)
def caption_unit(text: str) -> PrintedUnit:
    """The unit of a 单位 line or a stub; no unit where the text names none."""
    plain = squeeze(text)
    excepting = bool(_EXCEPTED.search(plain))
    head = re.sub(r"(?:百分比|比率|另有).*$", "", plain) or plain
    if match := _MONEY.search(head):
        return PrintedUnit(_known("元/股" if match["share"] else match[1]), excepting)
    if match := _ENGLISH.search(head.replace(" ", "")):
        return PrintedUnit(_known(_ENGLISH_UNITS[match[1].lower()]), excepting)
    bare = re.sub(r"^单位[:为]?", "", head).strip("(),:;")
    if bare in ("%", "百分比", "‰") or re.fullmatch(r".*\(%\)", plain):
        return PrintedUnit(_known("‰" if bare == "‰" else "%"), excepting)
    if match := _COUNT.match(bare):
        return PrintedUnit(_known(match[1]), excepting)
    return PrintedUnit(None, excepting)


@lru_cache(maxsize=16384)
def bracket_unit(text: str) -> Unit | None:
    """The unit in a bracket of a label or header: 杠杆率（%）, 每股收益（元）, 客户数（万户）; None where there is none."""
    plain = squeeze(text)
    for inner in (part for bracket in _BRACKET.findall(plain) for part in re.split("[,、;]", bracket)):
        inner = re.sub(r"^(?:人民币|单位:|单位为|折|约|按)", "", inner)
        if inner in ("%", "百分比", "百分点"):
            return _known("%")
        if inner == "元/股" or (inner in ("元", "人民币元") and _PER_SHARE.search(plain)):
            return _known("元/股")
        if found := _known(inner) if re.fullmatch(rf"{_SCALE}(?:\S*元|户|个|人|笔|张|家|台|项|股|天|平方米|倍|‰)|个百分点|基点|BP", inner) else None:
            return found
    return _known("%") if plain.endswith("%") else None


def counted_unit(label: str) -> Unit | None:
    """The unit of a row that counts people, customers, branches or shares by its name."""
    scale = re.search(r"\((千|万|百万|千万|亿)\)$", label)
    plain = label[: scale.start()] if scale else label
    return next((_known(f"{scale[1] if scale else ''}{symbol}") for pattern, symbol in _COUNTED if pattern.search(plain)), None)


def counts_no_money(name: str) -> bool:
    """Whether a row or column holds ages, ranks, terms, times: numbers for which a general unit of money is not meant."""
    return _NO_MONEY.search(name) is not None


def declared_unit(text: str) -> Unit | None:
    """The unit that a page declares for itself and all pages after it (除特别注明外，金额单位均为人民币百万元)."""
    found = _DECLARED.findall(squeeze(text))
    return _known(found[-1]) if found else None


def running_unit(text: str) -> Unit | None:
    """The unit in the running head of a page, which binds that page."""
    match = _RUNNING.match(squeeze(text[:160]))
    return _known(match[1]) if match else None


def strip_unit(text: str) -> str:
    """A label without the brackets that only hold a unit."""
    plain = squeeze(text)
    for inner in _BRACKET.findall(plain):
        if bracket_unit(f"({inner})") is not None or caption_unit(inner).unit is not None:
            plain = plain.replace(f"({inner})", "")
    return plain.removesuffix("%") or squeeze(text)


def _known(symbol: str) -> Unit | None:
    try:
        return unit(symbol) if symbol else None
    except UnitError:
        return None
