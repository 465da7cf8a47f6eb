"""The title, the unit and the scope that the lines above a table give."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from data.text import normalise
from retrieval.tables.text import bare, frame_parts, tidy
from retrieval.tables.units import unit_in, unit_within, without_unit

# A longer line is a paragraph; it names the table only in its clause that points to it.
MAX_TITLE_CHARS = 60
_CONTINUED = re.compile(
    r"[(（【]\s*(?:续表|续上表|接上表|续|continued)\s*\d?\s*[)）】]\s*[:：]?\s*$|(?:续表|续上表|接上表)\s*[:：]?$|^\s*(?:续表|接上表|[(（]续[)）])\s*[:：]?",
    re.IGNORECASE,
)
_NUMBERING = re.compile(
    r"^(?:表\s*[\d.\-一二三四五六七八九十]+\s*[:：.]?|(?:\d{1,2}\.)+\d{0,2}(?=[\s(\u3400-\u9fff])|\d{1,2}[、.](?!\d)"
    r"|[(]\w{1,3}[)]|[一二三四五六七八九十]{1,3}[、.])\s*"
)
# "33 利息净收入", "八 附注": a number that only its blank parts from the words.
_SPACED_NUMBER = re.compile(r"^(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s+(?=[\u3400-\u9fff])(?!\d+\s+[月日年家个])")
_LISTS = re.compile(
    r"(?:下表|下列|以下|上表|下述)(?:所示)?(?:表格)?(?:分别)?(?:列示|列出|列载|载列|概述|显示|反映|展示|说明|汇总|列明|呈列|按[^，。]{1,20}列示)?了?"
    r"|(?:(?:截至|于)?(?:所示|各(?:相关)?|有关|报告)(?:日期|期间|期末|期))内?[，,]?的?|(?:本集团|本行|本公司|我行)(?:的|于|在|截至)?"
)
_ENDS = re.compile(r"(?:分别)?的?(?:列示|如下|列示如下|如下表|如下表所示|载列如下|列示于下表|载于下表|见下表)(?:所示|列示)?\s*[:：。.]*\s*$")
_POINTS = re.compile(r"如下|下表|以下|列示|所示|下列")
_FOLIO = re.compile(r"[-–—]?\s*\d{1,4}\s*[-–—]?|[^\s]{4,40}(?:有限公司|年度报告|财务报表附注)")


@dataclass(frozen=True, slots=True)
class Caption:
    """title: "" where no line names the table. frame: scope and period for all columns. continued: a 续表 by its own words."""

    title: str = ""
    unit: str = ""
    frame: tuple[str, ...] = ()
    continued: bool = False


def read_caption(before: Sequence[str]) -> Caption:
    """What the lines above say, the nearest one first; it stops at the first line that names the table."""
    unit, continued = "", False
    frame: list[str] = []
    for line in reversed(before):
        plain = line.strip()
        if not plain or _FOLIO.fullmatch(bare(plain)):
            continue
        if found := unit_in(plain):
            unit = unit or found
        elif parts := frame_parts(plain):
            frame[:0] = [part for part in parts if part not in frame]
        elif only_continues(plain):
            continued = True
        elif title := title_of(plain):
            inner = unit_within(plain) if without_unit(plain) != plain else ""
            return Caption(title, unit or inner or _unit_above(before), tuple(frame), continued or is_continued(plain))
        else:
            break
    return Caption("", unit or _unit_above(before), tuple(frame), continued)


def _unit_above(before: Sequence[str]) -> str:
    """A unit line further up, above the title."""
    return next((found for line in reversed(before) if (found := unit_in(line))), "")


def only_continues(line: str) -> bool:
    """A line that says nothing but that a table goes on: 续表, (续)."""
    return bare(line).strip("():") in ("续表", "续", "续上表", "接上表")


def is_continued(text: str) -> bool:
    """A title that says that its table goes on: 利润表(续)."""
    return bool(_CONTINUED.search(normalise(text).strip()))


def title_of(line: str) -> str:
    """The meaningful core of a line above a table; "" for a paragraph that does not point to the table."""
    text = without_unit(_unnumbered(_uncontinued(_SPACED_NUMBER.sub("", line.strip()))))
    tail = text.rpartition("。")[2]
    text = tail or text
    if not _is_sentence(text):
        return text.rstrip("：: ") if 1 < len(bare(text)) <= MAX_TITLE_CHARS else ""
    clauses = [clause for clause in re.split(r"[。；;]", text) if clause.strip()]
    pointing = next((clause for clause in reversed(clauses) if _POINTS.search(clause)), "")
    # 下表列示按公允价值计量的金融资产：第一层级为…: what follows the colon explains the title.
    head = re.split(r"[：:](?=.{6})", pointing)[0]
    pointing = head if _POINTS.search(head) else pointing
    return _core(pointing) if pointing else ""


def _uncontinued(line: str) -> str:
    text = tidy(line)
    while (cut := _CONTINUED.sub("", text).strip()) != text:
        text = cut
    return text


def _unnumbered(text: str) -> str:
    flat = normalise(text)
    while match := _NUMBERING.match(flat):
        text, flat = text[match.end() :], flat[match.end() :]
    return text.strip()


def _is_sentence(text: str) -> bool:
    return text.endswith(("。", "；", "，", ";")) or bool(_POINTS.search(text)) or len(bare(text)) > MAX_TITLE_CHARS


def _core(clause: str) -> str:
    """下表列示了截至所示日期本行按地区划分的贷款分布情况 → 按地区划分的贷款分布情况."""
    text = _ENDS.sub("", clause.strip())
    text = _LISTS.sub("", text).strip("，,：:。 的于")
    if len(bare(text)) > 30 and re.search("[，,]", text):
        text = re.split("[，,]", text)[-1]
    return text if 1 < len(bare(text)) <= MAX_TITLE_CHARS else ""
