"""What the headers of a table of records say: the role of a column, and the parts of a header that is a topic of its own.

A header may carry everything that the caption of a printed table does: "不良贷款率↵[报告期] 2023年报↵[单位] %",
"招商银行:不良贷款率:季", "拨备覆盖率(%)".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from data.banks import bank_registry
from retrieval.documents import Column
from retrieval.parsers.assembly import flat
from retrieval.tables.text import is_period, is_scope
from retrieval.tables.units import unit_in, unit_within, without_unit


class Role(StrEnum):
    """What a column of a table of records says."""

    CODE = "code"
    ENTITY = "entity"
    INDICATOR = "indicator"
    PERIOD = "period"
    VALUE = "value"
    UNIT = "unit"
    SCOPE = "scope"
    GAAP = "gaap"
    SOURCE = "source"
    NOTE = "note"


_NAMES: Mapping[Role, str] = {
    Role.CODE: "证券代码 股票代码 代码 银行代码 公司代码 机构代码 code ticker symbol bankcode stockcode windcode thscode secucode",
    Role.ENTITY: "银行 银行名称 银行简称 机构 机构名称 公司 公司名称 公司简称 证券简称 证券名称 股票简称 股票名称 简称 主体 发行人 对象 "
    "bank bankname company companyname entity issuer institution securityname shortname secname",
    Role.INDICATOR: "指标 指标名称 指标代码 科目 科目名称 项目 项目名称 指标项 indicator indicatorname metric item account measure variable",
    Role.PERIOD: "报告期 期间 时期 日期 时间 年度 年份 会计期间 报告日期 截止日期 报告期末 季度 数据日期 统计时间 "
    "period date year reportdate reportingperiod asof fiscalyear enddate quarter",
    Role.VALUE: "数值 值 指标值 数据 金额 数额 本期值 value amount figure datavalue",
    Role.UNIT: "单位 计量单位 货币单位 unit units",
    Role.SCOPE: "口径 范围 合并口径 报表类型 报表口径 合并类型 scope statementtype consolidation",
    Role.GAAP: "会计准则 准则 gaap accountingstandard standard",
    Role.SOURCE: "来源 数据来源 出处 资料来源 文件 source sources document",
    Role.NOTE: "备注 说明 注 注释 附注 note notes remark remarks comment",
}
_ROLES: Mapping[str, Role] = {name: role for role, names in _NAMES.items() for name in names.split()}
_ATTRIBUTE = re.compile(r"^[\[【]\s*(?P<key>[^\]】]{1,12})\s*[\]】]\s*[:：]?\s*(?P<value>.*)$")
_PERIOD_KEYS = frozenset("报告期 日期 交易日期 截止日期 年度 报告期间 时间 截止日 期间 年份 report date period year".split())
_PERIOD_LINE = re.compile(r"(?:19|20)\d{2}(?:年?(?:年报|一季报?|中报|三季报?|半年报|[一二三四]季|Q[1-4]|H[12]|A|E)|[-/.]?\d{2}[-/.]?\d{2})?")
_FREQUENCIES = frozenset("日 周 旬 月 季 半年 年 日度 周度 月度 季度 半年度 年度".split())


@dataclass(slots=True)
class Topic:
    """What the header of a value column (or the lines over the table) says."""

    names: list[str] = field(default_factory=list)
    entity: str = ""
    period: str = ""
    unit: str = ""
    scope: str = ""


def column_roles(columns: Sequence[Column]) -> dict[Role, int]:
    """The column of each role, by its header; a role that no header names is left out, of two the first counts."""
    roles: dict[Role, int] = {}
    for index, column in enumerate(columns):
        role = _ROLES.get(header_key(column.headers[0])) if column.headers else None
        if role is not None and role not in roles:
            roles[role] = index
    return roles


def read_topic(headers: Sequence[str]) -> Topic:
    """A header taken apart: its attributes ([报告期] 2023年报, 单位：%), and the parts between colons that are a bank or a period."""
    topic = Topic()
    for line in headers:
        attribute = _ATTRIBUTE.match(line)
        key, value = (flat(attribute["key"]), attribute["value"]) if attribute else ("", line)
        if key in _PERIOD_KEYS:
            topic.period = value
        elif key == "单位":
            topic.unit = value
        elif key in ("报表类型", "口径", "合并口径"):
            topic.scope = value
        elif unit := unit_in(value):
            topic.unit = unit
        elif not attribute:
            _read_parts(value, topic)
    return topic


def _read_parts(line: str, topic: Topic) -> None:
    topic.unit = topic.unit or unit_within(line)
    for part in re.split(r"[:：|]", without_unit(line)):
        part = part.strip()
        if is_period_text(part):
            topic.period = topic.period or part
        elif is_scope(part):
            topic.scope = topic.scope or part
        elif is_bank(part) and not topic.entity:
            topic.entity = part
        elif part and part not in _FREQUENCIES:
            topic.names.append(part)


def is_period_text(text: str) -> bool:
    return is_period(text) or bool(_PERIOD_LINE.fullmatch(flat(text).upper()))


def is_bank(text: str) -> bool:
    return bank_registry().by_name(text) is not None


def header_key(text: str) -> str:
    return re.sub(r"[（(].*[)）]$|[_\s*:：]", "", flat(text))
