"""Two figures set against each other: "A比B", "A是B的几倍", "B分之A", "B里A占多少"; which is the part and which the whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from agents.plan import Op
from agents.understanding.cues import Cue, CueHit
from tools.name_scanner import NameSpan

_RATIO = Cue(Op.RATIO, re.compile("比"))
_OVER = re.compile(r"\s*(?:比上?|[:/／÷])\s*")
_PER = re.compile(r"\s*分之\s*")
_IS = re.compile(r"\s*(?:是|为|有|约为|约是|大概是|大约是|差不多是|达到|达|相当于)\s*")
_TIMES = re.compile(r"\s*的?\s*(?:(?:几|多少|几点几)倍|百分之(?:几|多少)|几成)")
_EACH = re.compile(r"(?:平均|均摊到?|摊到)?每一?(?:个|家|名|位|户|张|笔|台|股|人)?$")
_PROPORTION = re.compile(r"\s*的?\s*(?:比例|比率|占比|比重|百分比|份额)")
_SHARE = Cue(Op.SHARE, re.compile("占"))
_MORE = re.compile(r"\s*(?:更|要)?[高低多少大小]")
_WITHIN = re.compile(r"\s*(?:当中|之中|里面|里头|之内|中|里|内)")
_BELOW, _BELOW_IS = re.compile(r"\s*(?:为|做|作|当|是)?分母"), re.compile(r"分母(?:是|为|用|取)?\s*$")
_FROM = re.compile(
    r"\s*(?:当中|之中|里面|里头|中|里)?\s*有?\s*(?:多少|几成|百分之几|百分之多少|多大(?:的)?(?:比例|部分))"
    r"\s*(?:是|来自于?|由|源于|花在|用在|用于|给了)"
)


def ratio_hits(text: str, indicators: Sequence[NameSpan]) -> list[CueHit]:
    """Cues that only two different indicators make: what stands between or after them asks for their ratio."""
    hits = []
    for one, other in pairwise(indicators):
        if one.ref == other.ref:
            continue
        if each := _EACH.search(text[: one.start]):
            hits.append(CueHit(_RATIO, each.start(), each.end(), each[0]))
            continue
        between, times = text[one.end : other.start], _TIMES.match(text, other.end)
        if (_OVER.fullmatch(between) and not _MORE.match(text, other.end)) or _PER.fullmatch(between):
            hits.append(CueHit(_RATIO, one.end, other.start, between))
        elif _IS.fullmatch(between) and times:
            hits.append(CueHit(_RATIO if "倍" in times[0] else _SHARE, other.end, times.end(), times[0]))
        elif _FROM.fullmatch(between):
            hits.append(CueHit(_SHARE, one.end, other.start, between))
        elif (share := _PROPORTION.match(text, other.end)) and _WITHIN.match(between):
            hits.append(CueHit(_SHARE, other.end, share.end(), share[0]))
    return hits


def whole_comes_first(text: str, one: NameSpan, other: NameSpan) -> bool:
    """Whether the first of two named figures is the whole: "营业收入里利息净收入占多少", "总资产分之净利润"."""
    between = text[one.end : other.start]
    if _EACH.search(text[: one.start]) or _BELOW.match(text, one.end) or _BELOW_IS.search(text[: one.start]):
        return True
    return bool(_PER.fullmatch(between) or _WITHIN.match(between) or _FROM.match(between))
