"""Sources in an answer: the source section, marks [1], pages and addresses must be those of the sheet's evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.evidence import Evidence
from tools.audit.numbers import plain_text
from tools.factsheet import FactSheet

_MARK = re.compile(r"\[(\d{1,3}(?:\s?[,，、]\s?\d{1,3})*)\]")
_PAGE = re.compile(r"第\s?(\d{1,4})(?:\s?[-~至]\s?(\d{1,4}))?\s?页|(?<![A-Za-z])[pP]{1,2}\.?\s?(\d{1,4})(?![\d.%])")
_URL = re.compile(r"https?://[^\s)\]>，。；）]+")
_LEAD = re.compile(r"^\s*(?:[-*•>]\s*)?(?:\[(\d{1,3})\]|(\d{1,3})[.、)](?!\d))?\s*(?:(?:数据|资料|引用|信息)?(?:来源|出处)\s*:)?\s*")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong at text[start:end], in a sentence for the writer."""

    start: int
    end: int
    problem: str


def check_sources(text: str, lines: Sequence[tuple[int, int]], sheet: FactSheet) -> list[Complaint]:
    """The source section: every entry names the document and page of the evidence it stands for."""
    sources = sheet.sources()
    found: list[Complaint] = []
    for start, end in lines:
        words = text[start:end]
        lead = _LEAD.match(words)
        number = (lead[1] or lead[2]) if lead else None
        rest = words[lead.end() :] if lead else words
        if number is not None and lead is not None and (lead[1] is not None or int(number) <= len(sources)):
            found += [Complaint(start, end, problem) for problem in _entry(int(number), rest, sources)]
        else:
            found += [Complaint(start, end, problem) for part in re.split(r"[;；]", rest) for problem in _unnumbered(part, sources)]
    return found


def check_citations(
    text: str, skipped: Sequence[tuple[int, int]], sheet: FactSheet, marks_by_line: Mapping[int, set[int]], known: str
) -> list[Complaint]:
    """Marks, pages and addresses in the running text. marks_by_line: line start → marks of the figures printed on it."""
    sources = sheet.sources()
    pages = {str(item.page) for item in sources if item.page} | {item.printed_page for item in sources if item.printed_page}
    found: list[Complaint] = []
    for match in _MARK.finditer(text):
        if not _within(match.start(), skipped):
            line = text.rfind("\n", 0, match.start()) + 1
            found += [Complaint(*match.span(), problem) for problem in _mark(match[1], len(sources), marks_by_line.get(line))]
    for match in _PAGE.finditer(text):
        if not _within(match.start(), skipped) and not {page for page in match.groups() if page} <= pages and match[0] not in known:
            found.append(Complaint(*match.span(), f"“{match[0]}”不是任何证据的页码，请改用来源标记"))
    for match in _URL.finditer(text):
        if not _within(match.start(), skipped) and match[0] not in known and not any(match[0] in plain_text(item.source) for item in sources):
            found.append(Complaint(*match.span(), "正文里的链接不在来源中，请删除"))
    return found


def _entry(number: int, words: str, sources: Sequence[Evidence]) -> list[str]:
    if not 1 <= number <= len(sources):
        return [f"来源[{number}]不存在：证据只有 {len(sources)} 处"]
    expected = sources[number - 1]
    if expected.document and plain_text(expected.document) not in words:
        return [f"来源[{number}]应为“{expected.document}”"]
    return _details(f"来源[{number}]", words, expected)


def _unnumbered(words: str, sources: Sequence[Evidence]) -> list[str]:
    if not re.search(r"\d", words):
        return []
    named = [item for item in sources if item.document and plain_text(item.document) in words]
    if not named:
        return [f"来源“{words.strip()}”与证据不符"]
    tried = [_details("来源", words, item) for item in named]
    return [] if any(not problems for problems in tried) else tried[0]


def _details(name: str, words: str, expected: Evidence) -> list[str]:
    """Page and address of an entry, and any digit that is neither."""
    stated = [page for match in _PAGE.finditer(words) for page in match.groups() if page]
    allowed = {str(expected.page)} | ({expected.printed_page} if expected.printed_page else set()) if expected.page else set()
    if any(page not in allowed for page in stated):
        return [f"{name}的页码应为第{expected.page}页" if expected.page else f"{name}没有页码，请删去"]
    rest = _PAGE.sub(" ", words)
    known = (expected.document, expected.source, expected.quote, expected.table, expected.row, expected.column)
    for piece in sorted((plain_text(item) for item in known if item), key=len, reverse=True):
        rest = rest.replace(piece, " ")
    if _URL.search(rest):
        return [f"{name}的网址与证据不符"]
    return [f"{name}多出数字“{match[0]}”"] if (match := re.search(r"\d[\d.,%]*", rest)) else []


def _mark(numbers: str, count: int, printed: set[int] | None) -> list[str]:
    stated = [int(number) for number in re.findall(r"\d+", numbers)]
    if any(not 1 <= number <= count for number in stated):
        return [f"来源标记[{numbers}]不存在：证据只有 {count} 处"]
    if printed and not set(stated) <= printed:
        right = "".join(f"[{number}]" for number in sorted(printed))
        return [f"来源标记[{numbers}]与同一行数字的来源不符，应为{right}"]
    return []


def _within(position: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in spans)
