"""What a turn takes over from the turn before: named slots replace, unnamed ones stay, a comparison adds."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from agents.plan import Carried, Op, Operation, Slots
from agents.understanding.mentions import Mentions
from agents.understanding.operations import asks_value, is_ellipsis, operations_of
from data.banks import BankRegistry

_ADDS_BANK = re.compile(r"(?:和|与|跟|同|比|对比|比较|相较|vs\.?|VS)\s*$")
_PLEASANTRY = re.compile(r"(?:(?:谢谢|多谢|感谢|辛苦|再见|拜拜|好的?|嗯+|知道|明白|收到|ok|thanks?|bye)[你您了啦哈]*[!。,~ ]*)+", re.IGNORECASE)
_DISTINCT = (Op.REPORT, Op.COVERAGE, Op.GENERAL, Op.EXPRESSION)


@dataclass(frozen=True)
class Merged:
    """Slots (periods still unresolved) and operations of a turn after carry-over."""

    slots: Slots
    operations: list[Operation]


def merge(mentions: Mentions, carried: Carried, banks: BankRegistry) -> Merged:
    """The turn's slots and operations, with the conversation's where the question leans on it."""
    operations = [Operation(Op.GENERAL)] if _PLEASANTRY.fullmatch(mentions.text) else operations_of(mentions)
    before = carried.slots
    named_banks, adds = _banks(mentions, before, banks)
    named_indicators = _indicators(mentions, before)
    ellipsis = bool(carried.operations) and not operations and is_ellipsis(mentions)
    free_of_context = any(operation.op in (Op.COVERAGE, Op.GENERAL) for operation in operations) or _general_definition(mentions, operations)
    # A question that names bank, indicator and period stands on its own: the scope of an earlier one would be a surprise.
    complete = bool(named_banks and named_indicators and mentions.periods) and not mentions.correction
    slots = Slots(
        banks=named_banks or ([] if free_of_context or _ranks_all(operations, mentions) else before.banks),
        indicators=named_indicators or ([] if free_of_context else before.indicators),
        scope=mentions.scope.value if mentions.scope else ("" if free_of_context or complete else before.scope),
        gaap=mentions.gaap.value if mentions.gaap else ("" if free_of_context or complete else before.gaap),
        unit=mentions.unit,
    )
    operations = _operations(mentions, operations, carried, ellipsis=ellipsis, adds=adds)
    return Merged(slots, operations)


def _operations(mentions: Mentions, own: list[Operation], carried: Carried, *, ellipsis: bool, adds: bool) -> list[Operation]:
    if adds and own and all(o.op in (Op.OVERVIEW, Op.VALUE) for o in own):
        return [Operation(Op.COMPARE)]
    if own and not (all(o.op is Op.VALUE for o in own) and carried.operations and is_ellipsis(mentions) and not asks_value(mentions)):
        return own
    if adds:
        return [Operation(Op.COMPARE)]
    if carried.operations and (ellipsis or own):
        kept = [o for o in carried.operations if o.op not in _DISTINCT]
        return [replace(o, base=None) if mentions.periods else o for o in kept] or [Operation(Op.VALUE)]
    return own


def _banks(mentions: Mentions, before: Slots, registry: BankRegistry) -> tuple[list[str], bool]:
    """Bank ids named, groups expanded; a comparison keeps the conversation's first bank in front."""
    named = list(dict.fromkeys(span.ref for span in mentions.banks))
    for group in mentions.groups:
        named += [bank.id for bank in registry.groups()[group] if bank.id not in named]
    adds = bool(named) and bool(before.banks) and _is_added(mentions) and (len(named) == 1 or mentions.banks[0].start <= 3)
    if adds and before.banks[0] not in named:
        return [before.banks[0], *named], True
    if mentions.addition and named and before.banks and not mentions.indicators:
        return list(dict.fromkeys([*before.banks, *named])), False
    return named, False


def _is_added(mentions: Mentions) -> bool:
    start = mentions.banks[0].start if mentions.banks else 0
    prefixed = bool(_ADDS_BANK.search(mentions.text[:start]))
    compares = any(hit.cue.op is Op.COMPARE for hit in mentions.cues)
    alone = len(mentions.banks) == 1
    return (prefixed and (compares or (alone and start <= 3))) or (alone and compares and not mentions.indicators)


def _indicators(mentions: Mentions, before: Slots) -> list[str]:
    # "用不良余额和贷款总额验算不良率" asks for the last one; the others are what it is to be computed from.
    means = [hit for hit in mentions.cues if hit.cue.op is Op.RECOMPUTE]
    asked = [span for span in mentions.indicators if not any(hit.start < span.start < hit.end for hit in means)]
    named = list(dict.fromkeys(span.ref for span in asked or mentions.indicators))
    if mentions.addition and named and before.indicators and not mentions.banks:
        return list(dict.fromkeys([*before.indicators, *named]))
    return named


def _general_definition(mentions: Mentions, operations: list[Operation]) -> bool:
    """A definition that names its own subject needs no bank from before."""
    return any(o.op is Op.DEFINITION for o in operations) and bool(mentions.indicators)


def _ranks_all(operations: list[Operation], mentions: Mentions) -> bool:
    """ "哪家银行最低" without naming banks asks about all of them."""
    return any(o.op is Op.RANK for o in operations) and bool(re.search(r"哪|谁|各|所有|全部|银行|排名", mentions.text)) and not mentions.banks
