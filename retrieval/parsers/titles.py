"""What a reader would call a file: 邮储银行2019年年度报告, from its name or its first pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from data.banks import Bank, bank_registry, fold_name
from data.text import normalise
from retrieval.documents import Document

_KINDS = (
    (r"年度报告摘要|年报摘要", "年度报告摘要"),
    (r"半年度报告摘要", "半年度报告摘要"),
    (r"半年度报告|半年报|中期报告|中报|interim\s*report", "半年度报告"),
    (r"第?[一1]季度报告|第?一季报", "第一季度报告"),
    (r"第?[三3]季度报告|第?三季报", "第三季度报告"),
    (r"季度报告|季报", "季度报告"),
    (r"业绩快报", "业绩快报"),
    (r"资本充足率(?:信息披露)?报告", "资本充足率报告"),
    (r"第三支柱(?:信息披露)?报告", "第三支柱报告"),
    (r"社会责任报告|ESG报告|环境、?社会(?:及|和|与)(?:公司)?治理报告", "社会责任报告"),
    (r"业绩公告", "业绩公告"),
    (r"招股(?:说明书|意向书)", "招股说明书"),
    (r"年度报告|年报|annual\s*report", "年度报告"),
    (r"审计报告", "审计报告"),
)
_YEAR = r"(?P<year>20\d{2}|二[〇零○O0][一二][〇零○一二三四五六七八九])"
_DIGITS = {char: str(index) for index, char in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0", "O": "0", "0": "0"}
_COMPANY = re.compile(r"[\u4e00-\u9fff（）()]{4,30}(?:股份有限公司|有限责任公司)")
_DATE_PREFIX = re.compile(r"^(?:19|20)\d{2}[-_.]?\d{2}[-_.]?\d{2}[-_\s]+")
# A cover and an inside cover say what the report is; later pages quote other reports.
_FIRST_CHARS = 3000


def document_title(path: Path, text: str = "") -> str:
    """A title to cite a file by: bank and report from the file name, what it lacks from the first pages; else the cleaned file name."""
    name, opening = path.stem, text[:_FIRST_CHARS]
    bank = _bank_in(name) or _bank_in(opening)
    report = _report_in(re.sub(r"[_\s\-]+", "", normalise(name))) or _report_in(re.sub(r"[^\S\n]+", "", normalise(opening)))
    company = bank.name if bank else _company_in(opening)
    if report and company:
        return f"{company}{report}"
    return report if report and not _words(name) else re.sub(r"_+", " ", _DATE_PREFIX.sub("", name)).strip() or name


def sheet_title(document: Document) -> str:
    """What an export of sheets is called: the one title that its tables have, else its file's name. Its cells name many reports."""
    sheets = {block.text for block in document.blocks if block.level == 1}
    titles = {table.title for table in document.tables if table.title and table.title not in sheets}
    stem = document.name.rsplit(".", 1)[0]
    return titles.pop() if len(titles) == 1 and len(document.tables) <= 2 else stem


def first_text(texts: Sequence[str]) -> str:
    """The text of the first pages, enough for `document_title`."""
    joined = ""
    for text in texts:
        joined += text + "\n"
        if len(joined) >= _FIRST_CHARS:
            break
    return joined


def _bank_in(text: str) -> Bank | None:
    """The bank whose name (the longest one found) or code stands in a text."""
    registry = bank_registry()
    folded = fold_name(text)
    found = [(len(name), bank) for name, bank in registry.names().items() if len(name) >= 3 and name in folded]
    if found:
        return max(found, key=lambda pair: pair[0])[1]
    codes = re.findall(r"(?<!\d)\d{6}(?!\d)", text[:200])
    return next((bank for bank in registry for code in codes if bank.a_share and bank.a_share.startswith(code)), None)


def _company_in(text: str) -> str:
    match = _COMPANY.search(text)
    return match[0] if match else ""


def _report_in(text: str) -> str:
    """2019年年度报告, where a year and a kind of report stand together; the first one."""
    found: list[tuple[int, str]] = []
    for pattern, kind in _KINDS:
        for match in (
            re.search(rf"{_YEAR}年?度?(?:{pattern})", text, re.IGNORECASE),
            re.search(rf"(?:{pattern})[(（]?{_YEAR}", text, re.IGNORECASE),
        ):
            if match:
                year = "".join(_DIGITS.get(char, char) for char in match["year"].replace("二", "2"))
                found.append((match.start(), f"{year}年{kind}"))
                break
    return min(found, key=lambda pair: pair[0])[1] if found else ""


def _words(name: str) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff]{2}|[A-Za-z]{4}", name))
