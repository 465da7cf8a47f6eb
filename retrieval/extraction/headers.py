"""What a column holds, read from its headers: period, scope, measure, unit, restated, and whether it is a change or a share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from data.figures import Scope
from data.periods import Period
from data.units import Unit
from retrieval.documents import Column
from retrieval.extraction.labels import without_marks
from retrieval.extraction.period_words import PeriodReading, find_header_periods
from retrieval.extraction.printed_units import bracket_unit, caption_unit, strip_unit


@dataclass(frozen=True, slots=True)
class ColumnSense:
    """The reading of one column.

    period: None where the headers name none. point: True for a date, False for a span, None for either (2019年).
    scopes: empty where the headers name none; both where one column stands for both (合并及银行). measure: what is left of the
    headers (平均余额, 阶段三, 占比), "" for a plain amount. change, share: the column tells a movement, or a part of a whole.
    relative: the period word had no year (年末), so the caption may still say which.
    """

    period: Period | None = None
    point: bool | None = None
    scopes: tuple[Scope, ...] = ()
    measure: str = ""
    unit: Unit | None = None
    restated: bool = False
    audited: bool | None = None
    change: bool = False
    share: bool = False
    absolute: bool = False


_BOTH = re.compile(r"(?:合并|本?集团)[及和与、](?:本?银行|本行|母公司|本公司|公司)")
_GROUP = re.compile(r"(?:本集团|集团口径|集团|合并口径|合并)(?!财务|报表|利润|资产|现金|及|结构|范围|日)")
_BANK = re.compile(r"(?<![一-鿿])(?:本行|银行|母公司|本公司|公司)(?:口径)?(?=$|[(:,]|20\d\d|\d{1,2}月)|(?:本行|母公司|银行|法人)口径")
_RESTATED = re.compile(r"\(?(?:经)?重述后?\)?|\(?重列\)?|\(?已重述\)?|\(?调整后\)?|restated", re.IGNORECASE)
_NOT_RESTATED = re.compile(r"\(?(?:重述前|调整前|未重述|追溯调整前)\)?")
_AUDITED = re.compile(r"\(?(未经?审[计核阅]|未审计|经审[计核]|unaudited|audited)\)?", re.IGNORECASE)
_NAMED_CHANGE = re.compile(r"(?:利息净收入|净利润|权益|综合收益|经济价值|公允价值|税前利润|利润总额)的?(?:变动|变化|影响)(?!\(?%|率|幅)")
_CHANGE = re.compile(
    r"增减|变动(?!损益|表|计入)|变化|同比|环比|增长率?|增幅|降幅|涨幅|[比较与](?:上年|上期|年初|期初|去年)|差异|差额|增[(/]减|增加[(/]|减少[(/]|升[(/]降|增速"
    r"|(?:20\d\d年?)(?:比|较|与)20\d\d|change|increase|decrease",
    re.IGNORECASE,
)
_SHARE = re.compile(r"占比|比重|构成比|占.{0,16}(?:百分比|比例|比率|%)|^百分比$|^比例$|百分比\(?%\)?$|%oftotal|percentage", re.IGNORECASE)
_CURRENCY = re.compile(r"折合?人民币|折人民币|等值人民币|^\(?(?:美元|港[元币]|欧元|英镑|日元)(?:项目)?\)?$")
_PERIOD_WORDS = re.compile(r"^(?:本?报告期|本期|上年同期|上期|上年度?|本年度?|年初至(?:报告)?期末|报告期末?|上年末|年末|期末|年初|期初)")
_PLAIN = re.compile(
    r"^(?:金额|余额|数额|数值|账面余额|期末余额|年末余额|期末数|年末数|余额数|本期数|合计数|发生额|发生数|数|人民币|数据|指标值|数量|本外币|时点余额"
    r"|项目|amount|balance|rmb)$",
    re.IGNORECASE,
)


@lru_cache(maxsize=8192)
def _read(headers: tuple[str, ...], report: Period | None) -> ColumnSense:
    parts = [re.sub(r"^第[一二三四五六七八九十]+[章节]", "", without_marks(header)) for header in headers]
    text = "".join(parts)
    changed = bool(_CHANGE.search(_NAMED_CHANGE.sub("", text)))
    readings = find_header_periods(text, report, relative=not changed)
    unit = next((found for part in reversed(parts) if (found := _unit(part))), None)
    rest = text if changed else _without(text, readings)
    audit = _AUDITED.search(rest)
    rest = _AUDITED.sub("", _RESTATED.sub("", _NOT_RESTATED.sub("", rest)))
    scopes, rest = _scopes(parts, rest)
    rest = f"{rest}重述前" if _NOT_RESTATED.search(text) else rest
    measure = re.sub(r"^[\s/、,:;()\-的]+|[\s/、,:;\-的]+$|^\(|\(\)", "", strip_unit(rest)).strip()
    reading = readings[0] if readings and not (changed and len(readings) > 1) else None
    return ColumnSense(
        period=reading.period if reading else None, point=reading.point if reading else None, scopes=scopes,
        measure="" if _PLAIN.match(measure) or (_only_unit(measure) and not _CURRENCY.search(measure)) else measure, unit=unit,
        restated=bool(_RESTATED.search(text)) and not _NOT_RESTATED.search(text),
        audited=None if audit is None else "未" not in audit[1] and not audit[1].lower().startswith("un"),
        change=changed, share=not changed and bool(_SHARE.search(text)), absolute=bool(reading and reading.absolute),
    )  # fmt: skip


def read_column(column: Column, report: Period | None) -> ColumnSense:
    """The sense of a column of a document that reports on a period (None where that is not known)."""
    return _read(column.headers, report)


def read_scopes(text: str) -> tuple[Scope, ...]:
    """The scopes that a caption or a line of its own names (合并, 本行：, 合并及银行), none for prose."""
    plain = without_marks(text)
    return _scopes([plain], plain)[0] if len(plain) <= 24 else ()


def _unit(part: str) -> Unit | None:
    """The unit that a header names. A bare currency names what the position is in, told in the table's own unit (美元折合人民币)."""
    if _CURRENCY.search(part):
        return None
    return bracket_unit(part) or caption_unit(part).unit


def _without(text: str, readings: list[PeriodReading]) -> str:
    if not readings:
        return text
    for reading in reversed(readings):
        text = text[: reading.start] + " " + text[reading.end :]
    rest = re.sub(r"^\s*(?:截至|于|在)?\s*|止(?:年度|期间)?\s*$", "", text).replace(" ", "")
    return _PERIOD_WORDS.sub("", rest.lstrip("/、或及和的于在"))


def _scopes(parts: list[str], rest: str) -> tuple[tuple[Scope, ...], str]:
    """The scopes named, and the text without their words."""
    if _BOTH.search(rest):
        return (Scope.GROUP, Scope.BANK), _BOTH.sub("", rest)
    if _BANK.search(rest):
        return (Scope.BANK,), _BANK.sub("", rest)
    for part in parts:
        if _BANK.search(re.sub(r"^.*?日", "", part)):
            return (Scope.BANK,), re.sub(r"本行|银行|母公司", "", rest)
    if _GROUP.search(rest):
        return (Scope.GROUP,), _GROUP.sub("", rest)
    return (), rest


def _only_unit(measure: str) -> bool:
    return caption_unit(measure).unit is not None and len(measure) <= 8 and not re.search(r"每|率|比", measure)
