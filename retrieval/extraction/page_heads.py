"""What stands over the tables of a page: 合并利润表, 分部报告(续), 财务报表附注 - running heads that captions leave out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.documents import Document
from retrieval.extraction.labels import squeeze

_LINES = 7
_LONGEST = 48
_STATEMENT = re.compile(r"(?:资产负债表|利润表|损益表|综合收益表|现金流量表|(?:股东|所有者)权益变动表)(?:\(续\)|续)?$")


def page_heads(document: Document) -> dict[int, tuple[str, ...]]:
    """Page number → its short opening lines that are headings: no sentence, no row of numbers."""
    return {page.number: tuple(_headings(page.text)) for page in document.pages}


def statement_of(head: tuple[str, ...]) -> str:
    """The statement that a page is (2019年度合并及银行利润表), or ""."""
    return next((line.removesuffix("(续)") for line in head if _STATEMENT.search(line)), "")


def _headings(text: str) -> Iterator[str]:
    for line in text.splitlines()[:_LINES]:
        plain = squeeze(line)
        if 2 < len(plain) <= _LONGEST and not re.search(r"[，,。；;]|\d,\d{3}|\d\.\d\d", plain):
            yield plain
