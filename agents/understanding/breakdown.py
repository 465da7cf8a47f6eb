"""A question about a whole table: "按担保方式看不良", "贷款的行业分布", "哪个地区不良最多" - its rows are the indicators."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.understanding.horizon import Horizon
from agents.understanding.mentions import Mentions
from data.ports import RowRecord
from data.units import Dimension, unit
from tools.row_index import leaf_of

_KINDS = (
    r"地区|地域|区域|大区|行业|产品类型|产品|业务类型|业务种类|客户类型|客户|担保方式|担保类型|担保|期限|剩余期限|到期日|逾期期限|五级分类|分类|类别|品种|"
    r"币种|机构|发行主体|发行人|评级|用途|分部|阶段|层次|岗位|职能|学历|年龄|性别|类型|结构"
)
_BY = re.compile(
    rf"按(?:照|不同)?(?P<by>{_KINDS})(?:划分|来看|来分|分类|分布|统计|看|分|拆)?|(?:各|分|不同|哪一?个?|哪类)(?P<each>{_KINDS})|"
    rf"(?P<of>{_KINDS})(?:的)?(?:分布|结构|构成|集中度)|(?:主要)?(?:集中|分布)(?:在|于)哪"
)
_ASIDE = re.compile(
    r"按(?:照|不同)?|划分|来看|来分|分布|构成|结构|统计|主要|集中(?:度|在|于)?|哪(?:一?[类个些]|里|家)?|各|最[多少大小高低]|分别|情况|如何|怎么样|"
    r"是多少|多少|占比|余额|规模|给出数值|[一二两三四五六七八九十几]类|谁|的|是|看|在|有|呢|[?？，,。]"
)
_TOTAL = re.compile(r"合计|小计|总计|总额|总数")
_MOST, _LEAST = re.compile(r"最[多大高]|集中"), re.compile(r"最[少小低]")
_LEAST_ROWS = 2


@dataclass(frozen=True)
class Breakdown:
    """The rows of the table that answers, amounts before shares. highest: whether the largest (or smallest) is asked for."""

    indicators: list[str]
    highest: bool | None


def breakdown_of(mentions: Mentions, horizon: Horizon, candidates: Callable[[str], Sequence[str]]) -> Breakdown | None:
    """The table that a question asks for as a whole, or None. candidates: the indicators that an ambiguous word may mean."""
    match = _BY.search(mentions.text)
    if match is None or horizon.rows is None or not len(horizon.rows):
        return None
    highest = True if _MOST.search(mentions.text) else False if _LEAST.search(mentions.text) else None
    held = [name for word in mentions.ambiguous for name in candidates(word.ref) if horizon.periods((), (name,))]
    if len(held) >= _LEAST_ROWS and not mentions.indicators:
        return Breakdown(held, highest)  # 哪个地区不良率最高: the catalogue knows each region's
    for records in horizon.rows.tables(_subject(mentions)):
        names = _rows(records)
        if len(names) >= _LEAST_ROWS:
            return Breakdown(names, highest)
    return None


def _subject(mentions: Mentions) -> list[str]:
    """What the table must be about: the question without times, banks and the words that ask for a distribution."""
    masked = list(mentions.text)
    spans = [(m.start, m.end) for m in [*mentions.periods, *mentions.base_periods, *mentions.banks]] + mentions.settings
    for start, end in spans:
        masked[start:end] = " " * (end - start)
    return [word for word in _ASIDE.sub(" ", "".join(masked)).split() if word]


def _rows(records: list[RowRecord]) -> list[str]:
    """The indicator ids of a table's own rows, without totals: amounts first, then printed shares."""
    kept = [record for record in records if not _TOTAL.search(leaf_of(record.row))]
    shares = [record for record in kept if unit(record.unit).dimension is Dimension.RATIO and "占比" in record.indicator]
    amounts = [record for record in kept if unit(record.unit).dimension is Dimension.AMOUNT and "·" not in record.indicator.rsplit("：", 1)[-1]]
    return list(dict.fromkeys(record.indicator_id for record in [*amounts, *shares]))
