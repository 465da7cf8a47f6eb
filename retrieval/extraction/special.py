"""Tables with a shape of their own: interest sensitivity, repricing and liquidity gaps, shares of a whole."""

from __future__ import annotations

import re

from data.indicators import Indicator
from retrieval.extraction.labels import TOTALS
from retrieval.extraction.name_index import NameIndex
from retrieval.extraction.places import CellPlace
from retrieval.extraction.printed_units import strip_unit

CLASSES = ("正常", "关注", "次级", "可疑", "损失")
_SENSITIVE = re.compile(r"(?:利率|收益率曲线|各收益率曲线)?(?:基点)?(?:向?[上下]平移|上升|下降|上移|下移|\+|-)(\d+)(?:个)?(?:基点|BP)", re.IGNORECASE)
_BANDS = re.compile(r"个月|年(?:以[内上]|至)|已?逾期|即时偿还|无期限|非计息|不计息")
_GAP = re.compile(r"(?:利率风险|利率敏感性|重定价|利率)缺口|流动性(?:净额|缺口|敞口|净头寸)")
_EXPOSURES = re.compile(r"外汇(?:净)?敞口|货币集中度|外币敞口|货币敞口|汇率风险敞口")
_NET = re.compile(r"净额|净敞口|净头寸|净[长多](?:/\(?[短空]\)?)?头寸|资产负债净头寸")
_SHARE_TOPICS = re.compile(r"五级|客户贷款|贷款(?:和|及)垫款|贷款$|客户存款|吸收存款|存款$")
_NOT_SHARE_TOPICS = re.compile(r"不良|逾期|利息|减值|收益|重组|平均|集中|最大|十大|前十|公司贷款$|个人贷款$|公司类贷款$|零售贷款$")


def sensitivity(place: CellPlace, label: str, names: NameIndex) -> Indicator | None:
    """上升100个基点 under 利息净收入变动."""
    match = _SENSITIVE.search(label) or _SENSITIVE.search(place.measure)
    if match is None:
        return None
    word = "下降" if re.search(r"下|-", match[0]) else "上升"
    around = " ".join((place.measure, *place.path, place.topic.title))
    if re.search(r"权益|综合收益|净利润|税前|利润总额|经济价值", f"{place.measure}{label}"):
        target = next((what for what in ("权益", "净利润") if what in f"{place.measure}{label}"), None)
        return names.find(f"利率{word}{match[1]}个基点{target}变动") if target else None
    return names.find(f"利率{word}{match[1]}个基点利息净收入变动") if re.search(r"利息净收入|净利息收入", around) else None


def gap(place: CellPlace, label: str, names: NameIndex) -> Indicator | None:
    """利率风险缺口 under 1个月以内, also where the rows are dates and only the title says what is told."""
    measure = {"逾期": "已逾期", "实时偿还": "即时偿还"}.get(place.measure, place.measure)
    band = measure if _BANDS.search(measure) or measure in TOTALS else ""
    if not band and _BANDS.search(label) and _GAP.search(place.topic.noun):
        band, label = label, ""
    what = label if _GAP.search(label) else place.topic.noun if _GAP.search(place.topic.noun) and not label else ""
    if not what or not band or "未折现" in place.topic.text:
        return None
    if band in TOTALS:
        return names.find(f"{what}合计")
    return names.find(f"{band}{what}") or names.find(f"{re.sub(r'个月(?=[至-])', '', band)}{what}")


def exposure(place: CellPlace, label: str, names: NameIndex) -> Indicator | None:
    """Foreign currency positions: 美元 under 净额, or 净长头寸 under 美元."""
    if not _EXPOSURES.search(place.topic.title):
        return None
    if _NET.fullmatch(place.measure) and (label in TOTALS or re.fullmatch(r"美元|港[元币]|其他(?:货币|币种)?", label)):
        return names.find("外汇净敞口" if label in TOTALS else f"{_currency(label)}净敞口")
    if _NET.fullmatch(label) and re.fullmatch(r"美元|港[元币]|其他(?:货币|币种)?", re.sub(r"\(?折.*", "", place.measure)):
        return names.find(f"{_currency(re.sub(r'[(]?折.*', '', place.measure))}净敞口")
    return None


def _currency(label: str) -> str:
    return "其他货币" if label.startswith("其他") else "港元" if label.startswith("港") else label


def share(place: CellPlace, names: NameIndex) -> Indicator | None:
    """占比 of a row, where the whole is the bank's loans or deposits."""
    noun, label = place.topic.noun, strip_unit(place.label)
    if label in TOTALS and re.search(r"^占(?:客户)?贷款总额", place.measure) and len(place.path) == 1:
        return names.find(f"{noun}{place.measure}")
    if not _SHARE_TOPICS.search(noun) or _NOT_SHARE_TOPICS.search(noun) or label in TOTALS:
        return None
    if len(place.path) > 1:
        return _deposit_share(place, label, names)
    if "五级" in place.topic.title:
        if label == "不良贷款":
            return names.find("不良贷款率")
        return names.find(f"{label.removesuffix('类')}类贷款占比") if label.removesuffix("类") in CLASSES else None
    found = names.find(f"{label}占比")
    wanted = ("_share", "_ratio") if re.search(r"逾期|关注", label) else ("_share",)
    return found if found is not None and found.id.endswith(wanted) else None


def _deposit_share(place: CellPlace, label: str, names: NameIndex) -> Indicator | None:
    """公司存款 > 活期 of a split of all deposits."""
    term = label.removesuffix("存款")
    owner = "公司" if re.search(r"公司|企业|对公|单位", place.path[-2]) else "个人" if re.search(r"个人|储蓄|零售", place.path[-2]) else ""
    if term not in ("活期", "定期") or not owner or "存款" not in place.path[-2]:
        return None
    found = names.find(f"{owner}{term}存款占比")
    return found if found is not None and found.id.endswith("_share") else None
