"""What stands over the tables of a page: 合并利润表, 分部报告(续), 财务报表附注 - running heads that captions leave out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.figures import Scope
from retrieval.documents import Document
from retrieval.extraction.labels import squeeze

_LINES = 7
_LONGEST = 48
_STATEMENT = re.compile(r"(?:资产负债表|利润表|损益表|综合收益表|现金流量表|(?:股东|所有者)权益变动表)(?:\(续\)|续)?$")
_WHOSE = re.compile(
    r"(?:^|[\d年度日止(])(?P<who>合并|集团|本集团|银行|本行|母公司|公司)(?:的)?(?:资产负债表|利润表|损益表|综合收益表|现金流量表|(?:股东|所有者)权益变动表)"
)
_BOTH = (Scope.GROUP, Scope.BANK)
_SCOPES = {"合并及银行": _BOTH, "合并及本行": _BOTH, "本集团及本行": _BOTH, "集团及本行": _BOTH, "合并": (Scope.GROUP,), "本集团": (Scope.GROUP,),
           "集团": (Scope.GROUP,), "银行": (Scope.BANK,), "本行": (Scope.BANK,), "母公司": (Scope.BANK,)}  # fmt: skip
_MAY_SCOPE = re.compile(r"合\s*并|集\s*团|银\s*行|本\s*行|母\s*公\s*司")
_SCOPE_LINE = re.compile(
    rf"^(?:\(?[\d一二三四五六七八九十]{{1,2}}\)?[、.]?)?(?P<scope>{'|'.join(_SCOPES)})[:：]?(?:(?:截至)?(?:19|20)\d{{2}}年(?:度|\d{{1,2}}月\d{{1,2}}日)?(?:止年度)?)?$"
)


def page_heads(document: Document) -> dict[int, tuple[str, ...]]:
    """Page number → its short opening lines that are headings: no sentence, no row of numbers."""
    return {page.number: tuple(_headings(page.text)) for page in document.pages}


def statement_of(head: tuple[str, ...]) -> str:
    """The statement that a page is (2019年度合并及银行利润表), or ""."""
    return next((line.removesuffix("(续)") for line in head if _STATEMENT.search(line)), "")


def statement_scope(title: str) -> tuple[Scope, ...]:
    """The scope that a statement's title names (2019年度银行股东权益变动表); () where its columns tell it, or it is no statement."""
    match = _WHOSE.search(squeeze(title))
    return () if match is None else (Scope.GROUP,) if match["who"] in ("合并", "集团", "本集团") else (Scope.BANK,)


def page_scopes(document: Document) -> dict[int, tuple[Scope, ...]]:
    """Page number → the scope that its tables have where they name none: that of the lines that hold nothing else, if they agree."""
    found: dict[int, tuple[Scope, ...]] = {}
    for page in document.pages:
        short = (line for line in page.text.splitlines() if len(line) < 40 and _MAY_SCOPE.search(line))
        named = {_SCOPES[match["scope"]] for line in short if (match := _SCOPE_LINE.match(squeeze(line)))}
        if len(named) == 1:
            found[page.number] = named.pop()
    return found


def _headings(text: str) -> Iterator[str]:
    for line in text.splitlines()[:_LINES]:
        plain = squeeze(line)
        if 2 < len(plain) <= _LONGEST and not re.search(r"[，,。；;]|\d,\d{3}|\d\.\d\d", plain):
            yield plain
