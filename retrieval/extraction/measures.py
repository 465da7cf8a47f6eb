"""Cells under a measure (平均余额, 收益率, 不良贷款率, 阶段三): only a name made of row and measure counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.indicators import Indicator
from retrieval.extraction.labels import TOTALS
from retrieval.extraction.name_index import NameIndex
from retrieval.extraction.places import CellPlace

_AVERAGE = re.compile(r"^(?:平均|日均)余额$|^日均$|^averagebalance$", re.IGNORECASE)
_YIELD = re.compile(r"收益率|成本率|付息率|平均利率|^利率$|平均成本|averagerate|yield", re.IGNORECASE)
_INTEREST = re.compile(r"^利息(?:收入|支出|收支|净?收入/支出|支出/收入|收入/\(?支出\)?)?$|^利息收入或支出$")
_NPL = re.compile(r"^不良(?:贷款)?(?:余额|额|总额|金额)?$")
_NPL_RATIO = re.compile(r"^(?:不良贷款率|不良率|不良贷款比率|不良贷款比例)$")
_LOANS = re.compile(r"^(?:贷款|贷款和垫款|发放贷款和垫款|客户贷款)(?:余额|金额|总额|本金)?$")
STAGE = re.compile(r"^(?:第?([一二三123])阶段|阶段([一二三123])|stage([123]))", re.IGNORECASE)
_STAGE_NAMES = {"1": "一", "2": "二", "3": "三"}
_WHOLE = frozenset(("", "不良贷款", "贷款", "客户贷款", "客户贷款总额", "贷款总额", "发放贷款和垫款", "发放贷款和垫款总额"))
_TERM = re.compile(r"^(活期|定期)(?:存款)?$")
_OWNERS = (("公司", "公司"), ("企业", "公司"), ("对公", "公司"), ("单位", "公司"), ("个人", "个人"), ("储蓄", "个人"), ("零售", "个人"))


def measured(place: CellPlace, label: str, names: NameIndex) -> Indicator | None:
    """The indicator of a cell whose column has a measure of its own."""
    measure = place.measure
    for subject in _subjects(place, label):
        for word, pattern in _MEASURES:
            if pattern.search(measure):
                if found := next((found for name in word(subject) if (found := names.find(name))), None):
                    return found
                break
        else:
            return _other_measure(place, label, subject, names)
    return _own_measure(label, measure, names)


def stage_of(text: str) -> str:
    """一, 二 or 三 for a text that begins with a stage, else ""."""
    match = STAGE.match(text)
    stage = next((group for group in match.groups() if group), "") if match else ""
    return _STAGE_NAMES.get(stage, stage)


def _other_measure(place: CellPlace, label: str, subject: str, names: NameIndex) -> Indicator | None:
    side = re.match(r"^(?:账面余额|账面总额|总额|减值准备|损失准备|预期信用损失)", place.measure)
    if stage := stage_of(place.measure[side.end() :] if side else place.measure):
        return _staged(f"{subject}{side[0]}" if side else subject, stage, names)
    if label in TOTALS or re.fullmatch(r"合并|本?集团|本行|银行|合计数?", label):
        return names.find_label(place.measure)
    return names.find(f"{label}{place.measure}") if len(place.measure) >= 2 and len(place.path) == 1 else None


def _subjects(place: CellPlace, label: str) -> Iterator[str]:
    """What a row is of, in words that names are made with: 公司存款 > 定期 is 公司定期存款, a 小计 is its parent."""
    if label in TOTALS:
        yield place.path[-2] if len(place.path) > 1 else _whole(place)
        return
    if match := _TERM.match(label):
        around = (*reversed(place.path[:-1]), place.topic.noun)
        owner = next((name for text in around for word, name in _OWNERS if word in text and "存款" in text), "")
        yield f"{owner}{match[1]}存款"
        return
    yield label
    if (shorter := re.sub(r"(?:总额|总计|合计)$", "", label)) not in ("", label):
        yield shorter


def _whole(place: CellPlace) -> str:
    noun = place.topic.noun
    return "" if re.fullmatch(r"(?:发放|客户)?(?:不良)?贷款(?:[和及]垫款)?(?:[和及与]不良(?:贷款)?)?", noun) else noun


def _own_measure(label: str, measure: str, names: NameIndex) -> Indicator | None:
    """净利差 stands under 平均收益率, 利息净收入 under 利息收入/支出: rows that are measures themselves."""
    found = names.find_label(label)
    if found is None or _AVERAGE.search(measure):
        return None
    if _YIELD.search(measure):
        return found if found.id in ("net_interest_spread", "net_interest_margin") else None
    wanted = ("net_interest_income", "interest_income", "interest_expense")
    return found if _INTEREST.search(measure) and found.id in wanted else None


def _averages(label: str) -> Iterator[str]:
    yield f"{label}平均余额"
    yield f"平均{label}"


def _yields(label: str) -> Iterator[str]:
    for tail in ("平均收益率", "收益率", "平均成本率", "成本率", "平均付息率", "付息率", "平均利率"):
        yield f"{label}{tail}"


def _interests(label: str) -> Iterator[str]:
    if re.search(r"总?生息资产(?:合计|总额)?$", label):
        yield "利息收入"
    elif re.search(r"总?[计付]息负债(?:合计|总额)?$", label):
        yield "利息支出"
    else:
        yield f"{label}利息收入"
        yield f"{label}利息支出"


def _npls(label: str) -> Iterator[str]:
    yield from ("不良贷款余额",) if label in _WHOLE else (f"{label}不良贷款余额", f"{label}贷款不良贷款余额")


def _npl_ratios(label: str) -> Iterator[str]:
    yield from ("不良贷款率",) if label in _WHOLE else (f"{label}不良贷款率", f"{label}贷款不良贷款率")


def _loans(label: str) -> Iterator[str]:
    yield from ("贷款总额",) if label in _WHOLE else (label,) if "贷款" in label else (f"{label}贷款", label)


_MEASURES = ((_averages, _AVERAGE), (_yields, _YIELD), (_interests, _INTEREST), (_npl_ratios, _NPL_RATIO), (_npls, _NPL), (_loans, _LOANS))


def _staged(subject: str, stage: str, names: NameIndex) -> Indicator | None:
    """A column of one stage: loans at amortised cost and their allowance are told by stage; nothing else is."""
    loans = r"(?:以摊余成本计量的)?(?:发放)?(?:客户)?贷款(?:[和及]垫款)?"
    if re.fullmatch(rf"{loans}(?:总额|账面余额|余额)", subject):
        return names.find(f"第{stage}阶段贷款")
    if re.fullmatch(rf"{loans}的?(?:减值准备|损失准备|预期信用损失(?:准备)?)", subject):
        return names.find(f"第{stage}阶段贷款减值准备")
    return None
