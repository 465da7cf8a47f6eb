"""What a document is about: whose report it is, which period it reports on, and by which accounting standard."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from data.banks import Bank, BankRegistry, stands_as_name
from data.errors import PeriodError
from data.figures import Gaap
from data.periods import Part, Period
from data.text import normalise
from retrieval.documents import Document, TableLayout
from retrieval.extraction.labels import squeeze


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose figures a document states.

    entity: display name; entity_id: registry id, "" for a bank outside it. period: what the document reports on, None where
    it does not say. title: as an answer cites it. gaap: the standard that it states to follow. names: what the bank is called.
    """

    entity: str
    entity_id: str
    period: Period | None
    title: str
    gaap: Gaap = Gaap.PRC
    names: tuple[str, ...] = ()


_COVER_PAGES = 6
_SHEETS = ("xlsx", "csv")
_REPORT = re.compile(
    r"((?:19|20)\d{2}|[二][〇零○一二三四五六七八九]{3})年?(?:度)?\s*(第?[一三]季度?|半年度?|中期|年度|年)?(?:业绩)?(?:报告|年报|季报|快报|公告|财务报表|摘要|社会责任|资本充足率)"
)
_ENGLISH_REPORT = re.compile(r"(20\d{2})\s*(annual|interim)\s*report|(annual|interim)\s*report\s*(?:for\s*)?(20\d{2})", re.IGNORECASE)
_LEGAL_NAME = re.compile(r"(?:^|[\s“\"(:,。])?((?:[一-鿿]{2,14}?)(?:银行|信用合作?联社|信用社)(?:股份|有限责任)?(?:有限)?公司)")
_PARTS = {"一": Part.Q1, "三": Part.NINE_MONTHS, "半": Part.H1, "中": Part.H1}
_DIGITS = {char: str(index) for index, char in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}
_IFRS = re.compile(r"(?:按照?|根据|依据)《?国际财务报告(?:会计)?准则》?.{0,12}编制")
_PRC = re.compile(r"(?:按照?|根据|依据)《?(?:中国)?企?业?会计准则》?.{0,12}编制|中国会计准则编制")


def read_subject(document: Document, banks: BankRegistry) -> Subject:
    """The subject of a document, from its title, its name and its first pages; the entity is "" where nothing names a bank."""
    opening = "\n".join(page.text for page in document.pages[:_COVER_PAGES])
    records = bool(document.tables) and all(table.layout is TableLayout.RECORDS for table in document.tables)
    named = f"{document.title}\n{document.name}"
    headings = named if document.format in _SHEETS else f"{named}\n{opening[:400]}"
    # Rows that say their own bank and period say nothing of the sheet as a whole; nor does a sheet of several banks.
    several = document.format in _SHEETS and len({bank.id for bank in _mentions(opening, banks)}) > 1
    entity, entity_id = _entity(headings, "" if several else opening, banks)
    if several and len({bank.id for bank in _mentions(named, banks)}) != 1:
        entity, entity_id = "", ""
    period = _period(headings) or _period("" if records or several else opening)
    bank = banks.get(entity_id) if entity_id else None
    names = (bank.name, *bank.strong_names) if bank is not None else (entity,) if entity else ()
    return Subject(entity, entity_id, period, _title(document, entity, period), _gaap(document), tuple(dict.fromkeys(names)))


def _title(document: Document, entity: str, period: Period | None) -> str:
    """The document's own title; where that is only its file name, one made of bank and period."""
    title = document.title or document.name
    if not entity or period is None or not (re.search(r"__|\.\w{3,4}$", title) or (entity not in title and not re.search(r"[一-鿿]", title))):
        return title
    kinds = {Part.YEAR: "年年度报告", Part.H1: "年半年度报告", Part.Q1: "年第一季度报告", Part.NINE_MONTHS: "年第三季度报告"}
    return f"{entity}{period.year}{kinds.get(period.part, '年报告')}"


def _entity(headings: str, opening: str, banks: BankRegistry) -> tuple[str, str]:
    for text in (headings, opening):
        named = _LEGAL_NAME.findall(normalise(text))
        counts = Counter(bank.id for bank in _mentions(text, banks))
        if counts:
            best = banks.get(counts.most_common(1)[0][0])
            if best is not None and not (named and text is headings and all(banks.by_name(name) is None for name in named)):
                return best.name, best.id
        if named:
            return _short(Counter(named).most_common(1)[0][0]), ""
    return "", ""


def _mentions(text: str, banks: BankRegistry) -> list[Bank]:
    """Every strong name in a text, longest first, none inside another."""
    plain, found, taken = normalise(text), [], [False] * len(text)
    for name in sorted(banks.names(), key=len, reverse=True):
        start = plain.find(name)
        while start >= 0:
            end = start + len(name)
            if not any(taken[start:end]) and stands_as_name(plain, start, end) and not (name.isascii() and plain[end : end + 1].isalpha()):
                taken[start:end] = [True] * len(name)
                found.append(banks.names()[name])
            start = plain.find(name, end)
    return found


def _short(legal: str) -> str:
    """The everyday name of a bank outside the registry: 某某银行股份有限公司 → 某某银行."""
    return re.sub(r"(?:股份|有限责任)?(?:有限)?公司$", "", legal)


def _period(text: str) -> Period | None:
    plain = squeeze(text)
    if match := _REPORT.search(plain):
        year = match[1] if match[1].isdecimal() else "".join(_DIGITS[char] for char in match[1])
        part = next((part for word, part in _PARTS.items() if word in (match[2] or "")), Part.YEAR)
        return _safe(int(year), part)
    if match := _ENGLISH_REPORT.search(text):
        return _safe(int(match[1] or match[4]), Part.H1 if (match[2] or match[3]).lower() == "interim" else Part.YEAR)
    return None


def _safe(year: int, part: Part) -> Period | None:
    try:
        return Period(year, part)
    except PeriodError:
        return None


def _gaap(document: Document) -> Gaap:
    """IFRS only where the document says so more often than it names the Chinese standards."""
    text = "".join(squeeze(page.text) for page in document.pages[:40])
    return Gaap.IFRS if len(_IFRS.findall(text)) > 2 * len(_PRC.findall(text)) else Gaap.PRC
