"""From cues to operations: clause by clause, so that "不良率是多少？较上年变化多少？" asks for a value and a change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.plan import Op, Operation
from agents.understanding.cues import LIMIT, LOWEST, CueHit
from agents.understanding.mentions import Mentions

_CLAUSE = re.compile(r"[^，,。？?！!；;\n]+")
_ASKS_VALUE = re.compile(r"(?:是|有|为|达|达到|值)?(?:多少|几个点|多高|多大|几何)|是(?:盈|亏)|盈还是亏")
_ELLIPSIS = re.compile(r"(?:呢|的呢|那)[?？。!！ ]*$|^那|^换|^改|^再|^不对|^我问的|^我说的|^还有")
_EXCLUSIVE = (Op.REPORT, Op.WALK, Op.DUPONT, Op.WHY, Op.COVERAGE)
_CHANGES = (Op.YOY, Op.QOQ, Op.DIFFERENCE)
# A "how much" this close behind a cue belongs to the cue: 增速是多少, 变动额为多少.
_TAIL = 5
_IN_AMOUNT = re.compile(r"增加|减少|(?:多|少)了|(?:多少|几)个?(?:亿|万|元)")
_ORDER = re.compile(r"高[到至]低|低[到至]高|大[到至]小|小[到至]大|多[到至]少|少[到至]多|[升降]序")
_NUMERALS = {char: value for value, char in enumerate("一二三四五六七八九十", start=1)} | {"两": 2}


def operations_of(mentions: Mentions) -> list[Operation]:
    """The operations that a question's own words ask for, main one first; empty for a bare mention of names."""
    exclusive = [hit for hit in mentions.cues if hit.cue.op in _EXCLUSIVE]
    if exclusive:
        first = min(exclusive, key=lambda hit: _EXCLUSIVE.index(hit.cue.op))
        return [_operation(first, mentions)]
    clauses = [(match.span(), _clause(mentions, *match.span())) for match in _CLAUSE.finditer(mentions.text)]
    computed = any(operation.op is not Op.VALUE for _, operations in clauses for operation in operations)
    # "2021年归母净利，中行比上年增加了多少": a clause that only names something asks nothing when another one does.
    found = [o for span, operations in clauses for o in operations if o.op is not Op.VALUE or not computed or _ASKS_VALUE.search(mentions.text[slice(*span)])]
    return _tidied(found, mentions)


def is_ellipsis(mentions: Mentions) -> bool:
    """Whether the question leans on the turn before: "2018年呢", "那拨备呢", "换成本行口径"."""
    return bool(_ELLIPSIS.search(mentions.text)) or mentions.correction or not _ASKS_VALUE.search(mentions.text)


def asks_value(mentions: Mentions) -> bool:
    """Whether the question asks "how much" outside its cues."""
    return any(not any(h.start <= m.start() < h.end for h in mentions.cues) for m in _ASKS_VALUE.finditer(mentions.text))


def _clause(mentions: Mentions, start: int, end: int) -> list[Operation]:
    """The operations of one clause; a value is asked for where "how much" stands apart from every cue."""
    hits = [hit for hit in mentions.cues if start <= hit.start < end]
    named = any(start <= span.start < end for span in mentions.indicators)
    operations = [_operation(hit, mentions) for hit in hits]
    if named and not operations:
        return [Operation(Op.VALUE)]
    asks = [start + match.start() for match in _ASKS_VALUE.finditer(mentions.text[start:end])]
    apart = [at for at in asks if not any(hit.start <= at < hit.end + _TAIL or hit.text.startswith("减") for hit in hits)]  # 减去…等于多少
    if named and apart and operations and all(operation.op in (*_CHANGES, Op.LINE) for operation in operations):
        return [Operation(Op.VALUE), *operations]
    return operations


def _operation(hit: CueHit, mentions: Mentions) -> Operation:
    operation = Operation(hit.cue.op, rate=hit.cue.rate)
    if hit.cue.op is Op.RANK:
        limit = LIMIT.search(mentions.text)
        highest = None if re.search(r"最(?:好|差|优|强|弱)|排|名次|领先|垫底", hit.text) else not LOWEST.search(mentions.text)
        if re.search(r"最(?:高|大|多|厚)", mentions.text):
            highest = True
        elif re.search(r"最(?:低|小|少|薄)", mentions.text):
            highest = False
        if order := _ORDER.search(mentions.text):
            highest = order[0][0] in "高大多降"
        return replace(operation, highest=highest, limit=_count(limit["n"]) if limit else 0)
    if hit.cue.op is Op.YOY and _IN_AMOUNT.search(mentions.text[hit.start : hit.end + 2]):
        return replace(operation, rate=False)
    return operation


def _count(text: str) -> int:
    return int(text) if text.isdigit() else _NUMERALS[text]


def _tidied(operations: list[Operation], mentions: Mentions) -> list[Operation]:
    """One of each kind, and the readings that several cues together make plain."""
    unique: list[Operation] = []
    for operation in operations:
        known = next((other for other in unique if other.op is operation.op), None)
        if known is None:
            unique.append(operation)
    ops = {operation.op for operation in unique}
    if Op.YOY in ops and Op.DIFFERENCE in ops and not _two_bases(mentions):
        rate = next(o.rate for o in unique if o.op is Op.YOY)
        unique = [replace(o, rate=rate) if o.op is Op.YOY else o for o in unique if o.op is not Op.DIFFERENCE]
    if {Op.QOQ, Op.DIFFERENCE} <= ops and not _two_bases(mentions):
        unique = [operation for operation in unique if operation.op is not Op.DIFFERENCE]
    if ops & {Op.TREND, Op.CAGR, Op.RANK, Op.SHARE, Op.DUPONT, Op.PARTS, Op.WHY, Op.ANALYSIS} and Op.OVERVIEW in ops:
        unique = [operation for operation in unique if operation.op is not Op.OVERVIEW]
    if Op.RANK in ops and Op.COMPARE in ops:
        unique = [operation for operation in unique if operation.op is not Op.COMPARE]
    return unique


def _two_bases(mentions: Mentions) -> bool:
    return len(mentions.base_periods) > 1


def change_hit(mentions: Mentions) -> Sequence[CueHit]:
    """The cues of change, in order."""
    return [hit for hit in mentions.cues if hit.cue.op in _CHANGES]
