"""The stretches of a question, of which one may state a formula: clauses, and brackets that explain the words before them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.understanding.worded_tokens import BOTH_ENDS

Span = tuple[int, int]
_BREAK = re.compile(r"[,，。?？!！;；:：=＝\n]|(?:来|去)?(?:重新)?(?:计算|验算|推算|重算|测算|算)(?:一下|一遍|下|出)?")
_OPENED = re.compile(r"[(（]")
# An open bracket behind one of these groups terms; behind any other word it explains it.
_GROUPS = re.compile(r"(?:除以|减去?|加上?|乘以?|占|对|用|按|以|于|是|为|等于|扣除|即|[-+*/÷×−=:：,，(（])\s*$")


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
    masked = _blanked(text, blank)
    glosses = [gloss for gloss in _brackets(masked, names) if not BOTH_ENDS.fullmatch(masked[gloss[0] : gloss[1]])]
    outer = _blanked(masked, glosses)
    clauses, at = list[Stretch](), 0
    for match in [*(m for m in _BREAK.finditer(outer) if not _inside(m.start(), names)), None]:
        end = match.start() if match else len(text)
        if outer[at:end].strip("\0 "):
            led = bool(clauses) and text[:at].rstrip().endswith((":", "：", "=", "＝"))
            clauses.append(Stretch((at, end), outer, clauses[-1].span if led else None))
        at = match.end() if match else end
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


def _blanked(text: str, spans: Sequence[Span]) -> str:
    chars = list(text)
    for start, end in spans:
        chars[start:end] = "\0" * (end - start)
    return "".join(chars)
