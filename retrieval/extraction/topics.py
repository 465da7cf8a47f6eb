"""What a table is about, as far as it decides how its rows may be read: a statement, a split of loans, a segment, another company."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from retrieval.extraction.labels import clean_label, squeeze


class Place(StrEnum):
    """How authoritative a table is for the totals it states."""

    KEY = "key"
    ANALYSIS = "analysis"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Topic:
    """noun: what the title is about, stripped of 按…划分的 and 情况 (不良贷款, 其他非利息净收入). text: everything that was read.

    balance: 存款 or 贷款 in a note on deposits or loans, whatever its parts are called.
    closed: rows of the table must not be read as figures of the bank as a whole (segments, related parties, other companies).
    """

    title: str
    noun: str
    text: str
    place: Place
    closed: bool
    balance: str = ""

    def about(self, pattern: str) -> bool:
        """Whether the title speaks of something (a regular expression)."""
        return re.search(pattern, self.title) is not None


_KEY = re.compile(
    r"主要(?:会计|财务|经营|监管)?(?:数据|指标)|财务(?:概要|摘要|指标)|^(?:主要)?财务数据|会计数据|补充财务(?:数据|指标)|监管指标|规模指标|资本充足(?:率)?情况"
    r"|^.{0,24}?(?:资产负债表|利润表|损益表|综合收益表|现金流量表)(?:主要项目(?:变动)?(?:情况)?|主要数据|\(续\)|续)?$"
    r"|financial highlights|key (?:financial )?(?:data|indicators)|^.{0,24}balance sheet$|^.{0,24}income statement$",
    re.IGNORECASE,
)
_ANNEX = re.compile(r"附注")
_CLOSED = re.compile(
    r"分部|地区分布信息|关[联连](?:方|交易|人士|法人)|子公司|附属(?:公司|机构)|联营|合营|结构化主体|被投资|参股|控股股东|实际控制人|持股|前十[名大]"
    r"|股东情况|股东数|限售|董事|监事|高级管理人员|薪酬|股权激励|权益变动表|母公司财务(?:概要|数据|摘要)|邮政集团|现金流量表(?:附注|补充)|调节为|补充资料"
    r"|预测|预计(?!负债)|经营计划|经营目标|预算|行业平均|同业平均|可比同业|募集资金|诉讼|会计政策变更|首次执行|新金融工具准则|新租赁准则"
    r"|准则.{0,6}影响|公允价值层次|金融资产转移|抵销|segment|subsidiar|associate|related part",
    re.IGNORECASE,
)
_CLOSED_PAGE = re.compile(r"分部报告|分部信息|关联方(?:关系|交易)|权益变动表|结构化主体|母公司财务")
_BALANCES = (
    ("存款", re.compile(r"(?:吸收|客户|各项)存款(?:总额|余额)?|存款")), ("贷款", re.compile(r"(?:发放|客户)?贷款(?:[和及与]垫款)?(?:总额|净额)?")),
)  # fmt: skip
_SPLIT = re.compile(r"^.*?按(?:照)?.*?(?:划分|分类|分布|列示|分析|披露|区分|分)(?:的)?(?:境内)?")
_TAIL = re.compile(
    r"(?:的)?(?:主要)?(?:项目)?(?:的)?(?:构成|结构|组成|分布|明细|变动|变化|分析|分类|列示|概要|概况|总体|基本|集中度|质量|增减|金额|余额)*"
    r"(?:情况|如下|所示|表|状况|信息)*(?:如下|列示如下|所示|分析如下)*[:：。]?$"
)
_LEAD = re.compile(
    r"^(?:下表(?:列示|列出|载列|显示)(?:了|出)?|报告期内?|截至.{0,14}?[,，]|于?20\d\d年\d+月\d+日[,，]?|20\d\d年?(?:度|末)?|本集团|本行|本公司|公司(?!类|贷|存|业|客)|集团|全行)(?:的)?"
)


@lru_cache(maxsize=4096)
def read_topic(title: str, stub: str, section: tuple[str, ...], head: tuple[str, ...] = ()) -> Topic:
    """The topic of a table from its caption, the header over its labels, the headings over it and the head of its page."""
    plain = clean_label(title)
    headings = tuple(clean_label(heading) for heading in section)
    near = plain or (headings[-1] if headings else "")
    text = " ".join((*headings, plain, squeeze(stub)))
    notes = any(_ANNEX.search(heading) for heading in (*headings, *head))
    if _KEY.search(near) or (not plain and any(_KEY.search(heading) for heading in headings[-2:])):
        place = Place.KEY
    else:
        place = Place.NOTE if notes else Place.ANALYSIS
    closed = any(_CLOSED.search(heading) for heading in (near, *headings[-2:])) or any(_CLOSED_PAGE.search(line) for line in head)
    noun = title_noun(near)
    balance = next((name for name, pattern in _BALANCES if any(pattern.fullmatch(one) for one in (noun, near, *headings[-2:]))), "")
    return Topic(near, noun, text, place, closed, balance)


@lru_cache(maxsize=4096)
def title_noun(title: str) -> str:
    """按产品类型划分的不良贷款分布情况 → 不良贷款; 信贷承诺构成 → 信贷承诺; 下表列示本集团的利息净收入 → 利息净收入."""
    noun = re.sub(r"\(续\)|\(.*?除外\)|\(.*?百万元.*?\)", "", squeeze(title))
    before = None
    while before != noun:
        before = noun
        noun = _LEAD.sub("", noun)
    match = re.match(r"^(.{2,12}?)按.*?(?:划分|分类|分布|列示|分析|披露|区分|分).*$", noun)
    noun = match[1] if match else _SPLIT.sub("", noun)
    return _TAIL.sub("", noun) or noun
