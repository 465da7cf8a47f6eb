"""Which indicator of the catalogue a cell states: from the row's path, the table's topic and the column's measure.

A wrong indicator is worse than none, so every reading is exact: a name is composed of the row's words and the topic's words
and must be a name of the catalogue. What is left open stays a row of its own.
"""

from __future__ import annotations

import re
from functools import lru_cache

from data.indicators import Indicator, Kind
from data.units import Dimension
from retrieval.extraction.compose import MINIMUM, composed, splits_loans
from retrieval.extraction.labels import TOTALS, name_key
from retrieval.extraction.measures import measured
from retrieval.extraction.name_index import NameIndex, says_too_little
from retrieval.extraction.places import CellPlace
from retrieval.extraction.printed_units import strip_unit
from retrieval.extraction.special import exposure, gap, sensitivity, share
from retrieval.extraction.topics import Topic, title_noun

# Tables that cut a balance up, or show some other side of it, print its name over a part.
_CUTS = re.compile(
    r"(?<!以)公允价值|平均|担保物|抵质?押|质押|受限|到期|流动性|利率|汇率|币种|外汇|货币|风险敞口|信用风险|评级|递延|所得税|准备金"
    r"|现金流量|现金等价物"
)


@lru_cache(maxsize=4096)
def resolve(place: CellPlace, names: NameIndex) -> Indicator | None:
    """The indicator that a cell states, or None where the place does not say it beyond doubt."""
    if place.topic.closed or not place.path:
        return None
    found = _read(place, names)
    return found if found is not None and _fits(found, place) else None


def _read(place: CellPlace, names: NameIndex) -> Indicator | None:
    if place.share:
        return share(place, names)
    label = strip_unit(place.label)
    if found := sensitivity(place, label, names) or gap(place, label, names) or exposure(place, label, names):
        return found
    if place.measure:
        return measured(place, label, names)
    found = next((found for name in composed(place, label) if (found := names.find(name))), None)
    return found or _plain(place, label, names)


def _plain(place: CellPlace, label: str, names: NameIndex) -> Indicator | None:
    """The row's own name; of a total, the name of what it sums up."""
    topic, parents = place.topic, place.path[:-1]
    if label in TOTALS:
        return _total(place, names)
    found = names.find_label(place.label)
    if label == "核心一级资本" and found is not None:
        # Beside its deductions it is what they are taken from; alone it is anybody's guess.
        if any("监管调整前的核心一级资本" in row for row in place.rows):
            return names.find("核心一级资本净额")
        adjusted = any(re.search(r"扣除|扣减|监管调整", row) for row in place.rows)
        return names.catalogue.get("cet1_capital_gross") if adjusted else None
    if found is None and name_key(label) == "其他综合收益":
        found = names.catalogue.get("oci_balance" if place.point else "other_comprehensive_income")
    if found is None and says_too_little(label):
        found = _with_topic(label, topic, names)
    if found is None:
        return None
    context = " ".join((*parents, topic.noun))
    if MINIMUM.search(context) and found.kind is Kind.RATIO and "要求" not in found.name:
        return None
    if re.search(r"优先股|永续债", topic.title) and re.search(r"dividend|dps|shares", found.id):
        return None
    if re.search(r"以摊余成本|以公允价值", topic.noun) and found.category == "loans" and not re.search(r"以摊余成本|以公允价值", label):
        return None
    # Inside a split of interest, fees, bad or overdue loans a row's name means its part of that, not the whole.
    if re.search(r"利息收入|利息支出|利息净收入", context) and found.kind is Kind.STOCK:
        return None
    if re.search(r"手续费", context) and not re.search(r"手续费|净收入|收入$", found.name):
        return None
    if re.search(r"不良|逾期|减值|重组", topic.noun) and found.category in ("loans", "deposits", "balance_sheet"):
        return None
    if found.kind is Kind.STOCK and found.category in ("balance_sheet", "loans", "deposits") and _CUTS.search(topic.noun):
        return None
    return found


def _total(place: CellPlace, names: NameIndex) -> Indicator | None:
    parents, topic = place.path[:-1], place.topic
    if parents:
        above = CellPlace(parents, topic, place.measure, place.point, place.share)
        return _read(above, names)
    noun = topic.noun
    if topic.balance and any(row.startswith("应计利息") for row in place.rows):
        return None  # the sum of principal and accrued interest
    if re.search(r"五级|不良", noun):
        noun = "不良贷款余额" if re.fullmatch(r"不良贷款(?:余额)?", noun) else "贷款总额" if "五级" in noun else f"{noun}"
    if re.fullmatch(r"(?:发放)?(?:客户)?贷款(?:[和及]垫款)?", noun):
        if any(re.search(r"以摊余成本|以公允价值|减值准备|损失准备|净额|账面价值", row) for row in place.rows):
            return None  # what the parts are net of, the sum is net of too
        return names.find("贷款总额") if splits_loans(topic) else None
    found = names.find_label(title_noun(noun))
    return found if found is not None and found.unit.dimension in (Dimension.AMOUNT, Dimension.COUNT) else None


def _with_topic(label: str, topic: Topic, names: NameIndex) -> Indicator | None:
    """Short labels that one kind of table makes plain: 信用贷款 among loans by security, 核销 in an allowance's movement."""
    title = topic.title
    if re.search(r"贷款", label) and re.search(r"贷款|垫款", topic.noun) and not re.search(r"不良|逾期|减值|重组|利息|平均|收益", title):
        return names.find(label)
    if re.search(r"减值准备|损失准备", title) and re.search(r"贷款|垫款", title):
        found = names.find(label)
        return found if found is not None and found.id.startswith("allowance_") else None
    if re.search(r"投资", topic.noun) and re.search(r"债券|存单|基金", label) and not re.search(r"减值|收益|平均|信用", title):
        return names.find(f"{label}投资") or names.find(label)
    if re.search(r"存款", topic.noun) and label == "其他存款":
        return names.find(label)
    return None


def _fits(indicator: Indicator, place: CellPlace) -> bool:
    """A balance is not read from a column of spans, nor an income from a column of dates (but in a key table)."""
    if indicator.id.startswith("allowance_") and "以公允价值" in place.topic.title:
        return False  # the movement that is told as the loans' is that of the allowance at amortised cost
    if indicator.kind is Kind.RATIO or "change" in indicator.id or indicator.category == "rates":
        return True
    if indicator.kind is Kind.STOCK:
        return place.point is not False or (place.topic.place == "key" and not re.search(r"利润表|现金流量表", place.topic.title))
    if place.point is True:
        return (place.topic.place == "key" and not re.search(r"资产负债表", place.topic.title)) or indicator.id.startswith("allowance_")
    return True
