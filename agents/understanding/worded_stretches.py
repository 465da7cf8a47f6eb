"""The stretches of a question, of which one may state a formula: clauses, and brackets that explain the words before them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.understanding.worded_tokens import BOTH_ENDS

Span = tuple[int, int]
_BREAK = re.compile(r"[,，](?!\s*(?:然后)?再?(?:除以|除去|乘以|加上|减去?|[÷×/*+]))|[。?？!！;；:：=＝\n]|(?:来|去)?(?:重新)?(?:计算|验算|推算|重算|测算|算)(?:一下|一遍|下|出)?")
_OPENED = re.compile(r"[(（]")
# An open bracket behind one of these groups terms; behind any other word it explains it.
_GROUPS = re.compile(r"(?:除以|减去?|(?<!增)加上?|乘以?|占|对|(?<![费信应作使专])用|按|以|于|是|为|等于|扣除|即|[-+*/÷×−=:：,，(（])\s*$")
_GOES_ON = re.compile(r"[\0\s]*(?:[÷/／×*]|除以|乘以)")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a question. text: the whole question, blanked out where it is no part of the stretch's words.

    lead: the words that this stretch explains (before a bracket, a colon or =), if any.
    """

    span: Span
    text: str
    lead: Span | None = None

    @property
    def named(self) -> bool:
        """Whether the stretch explains a name."""
        return self.lead is not None

    @property
    def words(self) -> str:
        """Its words, without times, banks and blanks."""
        return "".join(self.text[slice(*self.span)].replace("\0", "").split())


def stretches_of(text: str, blank: Sequence[Span], names: Sequence[Span]) -> list[Stretch]:
    """Clauses and explaining brackets, left to right; names are never cut, `blank` is left out."""
    masked = blanked(text, blank)
    brackets = [each for each in _brackets(masked, names) if not BOTH_ENDS.fullmatch(masked[each[0] : each[1]])]
    groups = {start for start, end in brackets if _GOES_ON.match(masked, end)}  # 存贷差率（存款-贷款）/存款: a name, then its formula
    glosses = [each for each in brackets if each[0] not in groups]
    outer = blanked(masked, glosses)
    clauses, at = list[Stretch](), 0
    marks = [match.span() for match in _BREAK.finditer(outer) if not _inside(match.start(), names)]
    for start, end in sorted([*marks, *((start, start) for start in groups), (len(text), len(text))]):
        if outer[at:start].strip("\0 "):
            led = bool(clauses) and (at in groups or text[:at].rstrip().endswith((":", "：", "=", "＝")))
            clauses.append(Stretch((at, start), outer, clauses[-1].span if led else None))
        at = end
    inner = [Stretch((start + 1, end - 1), masked, (_clause_start(clauses, start), start)) for start, end in glosses]
    return sorted([*clauses, *inner], key=lambda stretch: stretch.span)


def _brackets(text: str, names: Sequence[Span]) -> list[Span]:
    """Outermost brackets that explain the word before them."""
    found = list[Span]()
    for match in _OPENED.finditer(text):
        start = match.start()
        before = text[:start].rstrip("\0 ")
        if _inside(start, names) or not before or _GROUPS.search(before) or any(low <= start < high for low, high in found):
            continue
        depth, end = 0, start
        for end in range(start, len(text)):
            depth += (text[end] in "(（") - (text[end] in ")）")
            if not depth:
                break
        if not depth:
            found.append((start, end + 1))
    return found


def _clause_start(clauses: Sequence[Stretch], at: int) -> int:
    return max((clause.span[0] for clause in clauses if clause.span[0] <= at), default=0)


def _inside(at: int, names: Sequence[Span]) -> bool:
    return any(low <= at < high for low, high in names)


def blanked(text: str, spans: Sequence[Span]) -> str:
    """A text with some spans as \\0, every offset kept."""
    chars = list(text)
    for start, end in spans:
        chars[start:end] = "\0" * (end - start)
    return "".join(chars)
