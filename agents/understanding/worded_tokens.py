"""The words of a formula that a question states: operators, groups, averages and operands, with their spans."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

Span = tuple[int, int]


class Part(StrEnum):
    """What a piece of a stated formula is. OVER binds last (A加B除以C), DIVIDE as in arithmetic."""

    OPERAND = "operand"
    NUMBER = "number"
    PLUS = "+"
    MINUS = "-"
    TIMES = "×"
    DIVIDE = "÷"
    OVER = "除以"
    OPEN = "("
    CLOSE = ")"
    SUM = "之和"
    GAP = "之差"
    MEAN = "平均"
    OPENING = "期初"
    CLOSING = "期末"
    LIST = "、"
    SHARE = "占"
    TO = "对"
    IS = "是"
    TAIL = "的比例"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula at its span."""

    part: Part
    start: int
    end: int
    text: str = ""


BOTH_ENDS = re.compile(
    r"[的(]?(?:(?:期初|年初)[和与及、/]?(?:期末|年末)|(?:期末|年末)[和与及、/]?(?:期初|年初))(?:余额|数)?的?(?:简单|算术)?(?:平均(?:余额|数|值)?|均值)\)?的?"
)
SHARE_TAIL = re.compile(r"的?(?:比例|比重|比率|份额|百分比|占比|百分之(?:几|多少)|几成|多大(?:的)?(?:比例|比重|份额)|多少|比(?=$|[?？。,]))")
RATIO_TAIL = re.compile(r"之比|之间的比[率例值]?|的比[率例值]|的比(?=$|[?？。,])|的?覆盖(?:率|比例|比率|倍数|程度)|的倍数")
TIMES_TAIL = re.compile(r"的?(?:几|多少|几点几)倍")
_RULES: tuple[tuple[Part, re.Pattern[str]], ...] = (
    (Part.MEAN, BOTH_ENDS),
    (Part.TAIL, TIMES_TAIL), (Part.TAIL, RATIO_TAIL),
    (Part.MEAN, re.compile(r"的?(?:简单|算术)?(?:平均(?:余额|数|值)?|均值)的?")),
    (Part.OPENING, re.compile(r"(?:期初|年初)的?")), (Part.CLOSING, re.compile(r"(?:本?期末|年末)的?")),
    (Part.OVER, re.compile(r"除以|比上")), (Part.DIVIDE, re.compile(r"\s*[÷/／∕]\s*")),
    (Part.TIMES, re.compile(r"\s*[×*✕]\s*|乘以|乘上")),
    (Part.PLUS, re.compile(r"\s*[+＋]\s*|再?加上|再加|加(?![权总起强快大息点])")),
    (Part.MINUS, re.compile(r"\s*[−－–]\s*|\s*(?<!\d)-\s*|\s*-\s*(?!\d)|减去|减掉|扣除|扣减|减(?![值少免持轻弱])")),
    (Part.OPEN, re.compile(r"[(（]")), (Part.CLOSE, re.compile(r"[)）]")),
    (Part.SUM, re.compile(r"之和|的?(?:合计|总和|加总)数?|相加|的和(?=$|[,，?？。)]|除|占)")), (Part.GAP, re.compile(r"之差|的差额?|差额")),
    (Part.SHARE, re.compile(r"占(?!比)")), (Part.TO, re.compile(r"对(?!比)")), (Part.IS, re.compile(r"是|相当于|为")),
    (Part.LIST, re.compile(r"\s*(?:、|以及|[和与及跟同])\s*")), (Part.TAIL, SHARE_TAIL),
    (Part.NUMBER, re.compile(r"\d+(?:\.\d+)?\s*%?")),
)  # fmt: skip
BINARY = (Part.PLUS, Part.MINUS, Part.TIMES, Part.DIVIDE, Part.OVER)
_EDGES = (Part.TIMES, Part.DIVIDE, Part.OVER, Part.OPEN)
ASKING = re.compile(
    r"(?:[\0\s,]|请问|请|麻烦|帮我|给我|一下|一遍|是|为|等于|有|多少|百分之|几|个?(?:万亿|亿|百万|万|千)?元|万|亿|呢|吗|吧|结果|大概|大约|约|折合|合|的|了|后|再|先|得到?|%|倍)*"
)


def tokens_of(text: str, start: int, end: int, names: Sequence[Span]) -> list[Token]:
    """The tokens of a stretch of text (blanked out with \\0 where it speaks of times, banks and units); names are never cut."""
    found: list[Token] = []
    for part, pattern in _RULES:
        for match in pattern.finditer(text, start, end):
            span = match.span()
            # 期初期末平均 总资产: the average is asked for, though a name may begin with 平均.
            within = any(low <= span[0] < high or low < span[1] < high for low, high in names) and pattern is not BOTH_ENDS
            if match[0].strip() and not within and not any(span[0] < t.end and t.start < span[1] for t in found):
                found.append(Token(part, *span, match[0]))
    return _grouped(_numbered(_with_words(text, start, end, _meant(sorted(found, key=lambda token: token.start))), text))


def _meant(tokens: list[Token]) -> list[Token]:
    """Without words that only sometimes are operators: 占 needs 的比例, 对 and 与 need 之比 or 覆盖率, 是 needs 几倍, a list needs 之和."""
    tails = [token for token in tokens if token.part is Part.TAIL]
    shared = any(SHARE_TAIL.fullmatch(token.text) or RATIO_TAIL.fullmatch(token.text) for token in tails)
    rated, times = any(RATIO_TAIL.fullmatch(t.text) for t in tails), any(TIMES_TAIL.fullmatch(t.text) for t in tails)
    summed = any(token.part in (Part.SUM, Part.GAP) for token in tokens)
    over = {Part.SHARE: shared, Part.TO: rated, Part.IS: times, Part.LIST: rated and not summed}
    kept: list[Token] = []
    for token in tokens:
        if token.part in over:
            if over[token.part]:
                kept.append(replace(token, part=Part.OVER))
            elif token.part is Part.LIST and summed:
                kept.append(token)
        else:
            kept.append(token)
    divides = any(token.part in (Part.OVER, Part.DIVIDE) for token in kept)
    return kept if divides else [token for token in kept if token.part is not Part.TAIL]


def _with_words(text: str, start: int, end: int, tokens: list[Token]) -> list[Token]:
    """The tokens with what stands between them as operands."""
    filled, at = list[Token](), start
    for token in [*tokens, Token(Part.TAIL, end, end)]:
        if not ASKING.fullmatch(text, at, token.start):
            filled.append(Token(Part.OPERAND, at, token.start, text[at : token.start]))
        if token.end > token.start:
            filled.append(token)
        at = max(at, token.end)
    return filled


def _numbered(tokens: list[Token], text: str) -> list[Token]:
    """The tokens with a number that touches a word (前10大客户) as part of the operand."""
    done: list[Token] = []
    for token in tokens:
        before = done[-1] if done else None
        if before is not None and {before.part, token.part} <= {Part.OPERAND, Part.NUMBER} and before.end == token.start:
            done[-1] = Token(Part.OPERAND, before.start, token.end, text[before.start : token.end])
        else:
            done.append(token)
    return done


def _grouped(tokens: list[Token]) -> list[Token]:
    """之和 and 之差 as brackets around what they sum up, with + or - for the words of the list; a list without them is no operator."""
    done: list[Token] = []
    for token in tokens:
        if token.part not in (Part.SUM, Part.GAP):
            done.append(token)
            continue
        first = _group_start(done)
        sign = Part.PLUS if token.part is Part.SUM else Part.MINUS
        inner = [replace(t, part=sign) if t.part is Part.LIST else t for t in done[first:]]
        if not inner:
            continue
        done[first:] = [Token(Part.OPEN, inner[0].start, inner[0].start), *inner, Token(Part.CLOSE, token.start, token.end)]
    return [token for token in done if token.part is not Part.LIST]


def _group_start(tokens: list[Token]) -> int:
    """Where the group that ends here begins: behind the last division or open bracket, for a list behind the last + or - too."""
    depth, listed, edge = 0, any(token.part is Part.LIST for token in tokens), 0
    for at in range(len(tokens) - 1, -1, -1):
        part = tokens[at].part
        depth += (part is Part.CLOSE) - (part is Part.OPEN)
        signs = (Part.PLUS, Part.MINUS) if listed else ()
        if depth < 0 or (depth == 0 and part in (*_EDGES, *signs) and part is not Part.OPEN):
            edge = at + 1
            break
    return edge
