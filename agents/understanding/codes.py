"""Banks by share code in any form that a question prints (600036, SH600036, 港股3968, 股票代码600036), and years of two digits."""

from __future__ import annotations

import re
from collections.abc import Sequence

from data.banks import BankRegistry, canonical_code
from data.period_text import PeriodMention
from data.periods import Period
from tools.name_scanner import NameKind, NameSpan

Span = tuple[int, int]

_CODE = re.compile(
    r"(?P<before>(?:A股|H股|港股|沪市|深市|上交所|深交所|港交所|联交所)?的?(?:上市|股票|证券|交易)?(?:代码|代号|编号|编码)?[是为:\s]*)"
    r"(?<![\d.A-Za-z])(?P<code>(?:SH|SZ|HK|SSE|SZSE)[.:]?\d{3,6}|\d{3,6}[.\-:]?(?:SH|SZ|HK|SS|XSHG|XSHE)|\d{6}(?![\d%‰.亿万元百千户人个家笔倍股])|\d{3,5}(?![\d%‰.亿万元年百千户人个家笔倍股]))(?![A-Za-z])"
    r"(?P<after>的?[这那][只支家个](?:股票|银行|公司|股)?|的银行|的公司)?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\s*(?P<year>[0-4]\d)(?!\d)(?=\s|[A-Za-z]|$)")
_YEAR_BEFORE_NAME = re.compile(r"\s*(?P<year>[0-4]\d)\s*")


def find_codes(text: str, taken: Sequence[Span], banks: BankRegistry) -> list[NameSpan]:
    """Banks named by a code, the words that introduce it ("股票代码") and point back at it ("这只") included."""
    found = []
    for match in _CODE.finditer(text):
        code = match["code"]
        if code.isdigit() and len(code) < 6 and not match["before"].strip(" :是为的"):
            # Without a word that says so, three or four digits are a year or an amount; five are a Hong Kong code.
            if len(code) < 5:
                continue
        elif code.isdigit() and len(code) < 6:
            code = f"{code.zfill(5)}.HK"
        canonical = canonical_code(code)
        bank = (banks.codes().get(canonical) if canonical else None) or banks.by_name(code)
        if bank is not None and not any(match.start("code") < end and start < match.end("code") for start, end in taken):
            start = match.start("before") + len(match["before"]) - len(match["before"].lstrip())
            found.append(NameSpan(start, match.end(), NameKind.BANK, bank.id))
    return found


def short_years(text: str, banks: Sequence[NameSpan], names: Sequence[NameSpan]) -> list[PeriodMention]:
    """Years of two digits right behind a bank, as in a telegram: 招行 23 NPL, 兴业23ROE."""
    starts = {span.start for span in names}
    found = []
    for bank in banks:
        match = _YEAR_BEFORE_NAME.match(text, bank.end)
        if match is None or match.end() not in starts:
            match = _YEAR.match(text, bank.end)
        if match is not None:
            start, end = match.span("year")
            found.append(PeriodMention(start, end, match["year"], (Period(2000 + int(match["year"])),)))
    return found
