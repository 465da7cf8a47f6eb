"""Which words that nothing accounts for may narrow what is asked (深圳分行的不良率), and which only surround it.

A figure of the whole is never given for a part of it, so a word narrows if it names a unit, a place, a business or a kind of customer,
wherever it stands; or if it adjoins a name. Words apart from every name, before the first or after the last, are padding: they are
told to the user as not understood, and the rest is answered.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from agents.understanding.fillers import PART
from agents.understanding.mentions import Mentions
from tools.entities.spans import entity_words

Span = tuple[int, int]

# Modifiers of the catalogue that ordinary talk uses too, or that say no more than the whole.
_PLAIN = frozenset((
    "总 净 毛 期末 期初 年末 季末 月末 年度 账面 名义 有效 客户 企业 机构客户 业务 风险 投资 交易 保险 经营 主营 营业 集团口径 "
    "各项 其他 其它 融资 债务 正常 资本 权益 核心 股东 基本"
).split())
_GLUE = re.compile(r"[的\s]*")
_ASKED = re.compile(r"多少|几|多[高大低]|怎么样|如何|吗|呢|[!~…]")
# A clause of its own that names nothing but a part: "海外部分，总资产是多少".
_TAIL = re.compile(r"(?:的|部分|业务|机构|贷款|客户|企业|来看|方面|口径|这块|那块|条线)+$")
_PLACE = re.compile(f"(?:{PART.pattern})+")
# Words between the last name and padding that belong to the asking, and do not open the name up (里, 中, 的, a bracket).
_SPOKEN = re.compile(r"\s*[\u4e00-\u9fff]*[^里中内的之\W]")
# Of all loans, these indicators are no narrower (贷款的不良率).
_NO_NARROWER = frozenset({
    ("total_loans", "npl_ratio"), ("total_loans", "npl_balance"), ("total_loans", "loan_provision_ratio"), ("total_loans", "loan_allowance"),
    ("total_loans", "provision_coverage"), ("npl_balance", "provision_coverage"), ("npl_ratio", "npl_ratio"),
})  # fmt: skip


def narrowing(mentions: Mentions) -> list[Span]:
    """Spans of the words that may narrow an indicator of the question, left to right: unknown ones, and names that adjoin another."""
    names = _names(mentions)
    words = [span for span in mentions.unexplained if _narrows(mentions, span, names)]
    words += [(span.start, span.end) for span in mentions.ambiguous if adjoins(mentions, (span.start, span.end)) and not _ASKED.search(span.ref)]
    return sorted([*words, *_compounds(mentions)])


def adjoins(mentions: Mentions, span: Span) -> bool:
    """Whether nothing but 的 or blanks stands between a span and an indicator."""
    text = mentions.text
    return any(
        (span[1] <= name.start and _GLUE.fullmatch(text, span[1], name.start)) or (name.end <= span[0] and _GLUE.fullmatch(text, name.end, span[0]))
        for name in mentions.indicators
    )


def _compounds(mentions: Mentions) -> list[Span]:
    """Names of amounts that directly precede another indicator (战略客户不良率); a list would part them."""
    counted = {hit.end for hit in mentions.cues if "每" in hit.text}  # 每个网点吸收存款: the second over the first
    joined = [(one, other) for one, other in pairwise(mentions.indicators) if _nothing_between(mentions, one.end, other.start) and one.start not in counted]
    return [(one.start, one.end) for one, other in joined if (one.ref, other.ref) not in _NO_NARROWER]


def _nothing_between(mentions: Mentions, start: int, end: int) -> bool:
    """Whether only 的 and the period stand between two names (流动资金贷款2023年末不良): the first then narrows the second."""
    between = mentions.text[start:end]
    if between.isspace():
        return False  # a blank alone parts a list: 营业收入 净利润
    for mention in [*mentions.periods, *mentions.base_periods]:
        if start <= mention.start and mention.end <= end:
            between = between.replace(mention.text, "", 1)
    return bool(re.fullmatch(r"\s*[后前]?的?\s*", between))


def _narrows(mentions: Mentions, span: Span, names: list[Span]) -> bool:
    word, clause = mentions.text[slice(*span)], clause_of(mentions.text, span[0])
    inside = [name for name in names if clause[0] <= name[0] < clause[1]]
    if not inside:
        return bool(bare := _TAIL.sub("", word)) and (bare in _parts() or bool(_PLACE.fullmatch(bare)))
    return bool(PART.search(word)) or _holds_a_part(word) or not _apart(mentions, span, inside)


@lru_cache(maxsize=1)
def _parts() -> frozenset[str]:
    """Modifiers of the catalogue of words: customers, products, industries, terms."""
    return frozenset(word for word in entity_words().modifiers if len(word) > 1) - _PLAIN


def _holds_a_part(word: str) -> bool:
    parts = _parts()
    return any(word[at : at + size] in parts for size in range(2, 9) for at in range(len(word) - size + 1))


def _names(mentions: Mentions) -> list[Span]:
    named = [(span.start, span.end) for span in [*mentions.banks, *mentions.indicators, *mentions.ambiguous]]
    return [*named, *[(mention.start, mention.end) for mention in [*mentions.periods, *mentions.base_periods]]]


def _apart(mentions: Mentions, span: Span, inside: list[Span]) -> bool:
    """Whether a word stands outside all the names of its clause: before a bank or a period (听说招行…), or behind other words."""
    text = mentions.text
    first, last = min(start for start, _ in inside), max(end for _, end in inside)
    if span[1] <= first:
        # 听说招行… surrounds the question; 招银国际2023年… may be whom it is about.
        return any(bank.start == first for bank in mentions.banks) or not _GLUE.fullmatch(text, span[1], first)
    if span[1] - span[0] == 1:
        return False  # the remainder of a noun (能力), not padding
    between = text[last : span[0]]
    return span[0] >= last and (_asked(mentions, last, span[0]) or bool(_SPOKEN.fullmatch(between)))


def _asked(mentions: Mentions, start: int, end: int) -> bool:
    """Whether the question proper ends between two places: "…是多少 在线等"."""
    return bool(_ASKED.search(mentions.text[start:end])) or any(start <= hit.start < end for hit in mentions.cues)


def clause_of(text: str, position: int) -> Span:
    """The clause around a position, between two marks of punctuation."""
    marks = [match.start() for match in re.finditer(r"[，,。？?！!；;：:\n]", text)]
    return max((mark + 1 for mark in marks if mark < position), default=0), min((mark for mark in marks if mark >= position), default=len(text))
