"""Grammar and model together: which of a model's proposals are taken.

The grammar decides all it can: times, numbers, known names. A model is heard on names only, and only where a name meets
what the grammar left open: an indicator that goes on to the left of what the grammar knew of it (拆箱回款额 for 回款额), an
indicator in a gap right before its figure, a company in a gap. Each use was measured on its own; what did not add was left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tools.entities.spans import EntitySpan, EntityType
from tools.entities.tagger import Proposal

_HAN = re.compile(r"[一-鿿]")


@dataclass(frozen=True, slots=True)
class Policy:
    """The least confidence for each use of a proposal; above 1 for never."""

    wider_indicator: float = 0.7
    new_indicator: float = 0.8
    wider_company: float = 0.8
    new_company: float = 0.85


_NAMES = {EntityType.COMPANY: ("wider_company", "new_company"), EntityType.INDICATOR: ("wider_indicator", "new_indicator")}


def merged(plain: str, entities: Sequence[EntitySpan], proposals: Sequence[Proposal], policy: Policy) -> list[EntitySpan] | None:
    """The grammar's names and times with the proposals that were taken; None where none was."""
    kept = [span for span in entities if span.type not in (EntityType.VALUE, EntityType.CHANGE)]
    numbers = [span for span in entities if span.type in (EntityType.VALUE, EntityType.CHANGE)]
    taken = False
    for span, confidence in proposals:
        if span.type not in _NAMES or not _HAN.search(plain, span.start, span.end) or any(_overlap(span, number) for number in numbers):
            continue
        inside = [other for other in kept if _overlap(span, other)]
        if inside == [span] or any(other.type is not span.type or other.start < span.start or other.end > span.end for other in inside):
            continue
        if inside and inside[-1].end != span.end and span.type is EntityType.INDICATOR:
            continue
        wider, new = _NAMES[span.type]
        if confidence >= getattr(policy, wider if inside else new) and (inside or _told(plain, span, numbers)):
            kept = [other for other in kept if other not in inside] + [span]
            taken = True
    return sorted(kept) if taken else None


def _overlap(one: EntitySpan, other: EntitySpan) -> bool:
    return one.start < other.end and other.start < one.end


_BETWEEN = re.compile(r"\s?(?:\([^()]*\))?\s?[^,。;:、\d]{0,12}")


def _told(plain: str, span: EntitySpan, numbers: Sequence[EntitySpan]) -> bool:
    """Whether a new name stands where names are looked for: an indicator needs a figure right behind it."""
    if span.type is EntityType.COMPANY:
        return True
    following = next((number for number in numbers if number.start >= span.end), None)
    return following is not None and _BETWEEN.fullmatch(plain, span.end, following.start) is not None
