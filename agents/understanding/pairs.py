"""Two figures set against each other: "A比B", "A是B的几倍", "B分之A", "B里A占多少"; which is the part and which the whole."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.plan import Op
from agents.understanding.cues import Cue, CueHit
from tools.name_scanner import NameSpan

_RATIO = Cue(Op.RATIO, re.compile("比"))
_OVER = re.compile(r"\s*(?:比上?|[:/／÷])\s*")
_PER = re.compile(r"\s*分之\s*")
_IS = re.compile(r"\s*(?:是|为|有|约为|约是|大概是|大约是|差不多是|达到|达|相当于)\s*")
_TIMES = re.compile(r"\s*的?\s*(?:几|多少|几点几)倍")
_MORE = re.compile(r"\s*(?:更|要)?[高低多少大小]")
_WITHIN = re.compile(r"\s*(?:当中|之中|里面|里头|之内|中|里|内)")
_FROM = re.compile(r"\s*(?:当中|之中|里面|里头|中|里)?\s*有?\s*(?:多少|几成|百分之几|百分之多少|多大(?:的)?(?:比例|部分))\s*(?:是|来自于?|由|源于)")


def ratio_hits(text: str, indicators: Sequence[NameSpan]) -> list[CueHit]:
    """Cues that only two different indicators make: what stands between or after them asks for their ratio."""
    hits = []
    for one, other in zip(indicators, indicators[1:], strict=False):
        if one.ref == other.ref:
            continue
        between, times = text[one.end : other.start], _TIMES.match(text, other.end)
        if (_OVER.fullmatch(between) and not _MORE.match(text, other.end)) or _PER.fullmatch(between):
            hits.append(CueHit(_RATIO, one.end, other.start, between))
        elif _IS.fullmatch(between) and times:
            hits.append(CueHit(_RATIO, other.end, times.end(), times[0]))
    return hits


def whole_comes_first(text: str, one: NameSpan, other: NameSpan) -> bool:
    """Whether the first of two named figures is the whole: "营业收入里利息净收入占多少", "总资产分之净利润"."""
    between = text[one.end : other.start]
    return bool(_PER.fullmatch(between) or _WITHIN.match(between) or _FROM.match(between))
