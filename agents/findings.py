"""What the calculation found, as pointers into the fact sheet: the material of the writer, whoever writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FindingKind(StrEnum):
    """The shape of a finding, and so of the paragraph that tells it."""

    VALUE = "value"
    CHANGE = "change"
    TREND = "trend"
    COMPARISON = "comparison"
    RANKING = "ranking"
    CAGR = "cagr"
    SHARE = "share"
    AVERAGE = "average"
    TOTAL = "total"
    RECOMPUTED = "recomputed"
    LINE = "line"
    EXPRESSION = "expression"
    DECOMPOSITION = "decomposition"
    BREAKDOWN = "breakdown"
    OVERVIEW = "overview"
    DEFINITION = "definition"
    COVERAGE = "coverage"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One finding. ids: roles → figure ids ("value", "base", "amount", "rate", "parts"…). words: roles → literal words.

    section: heading under which a report tells it; "" in an answer.
    """

    kind: FindingKind
    ids: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    section: str = ""

    def one(self, role: str) -> str | None:
        """The first figure id of a role, or None."""
        found = self.ids.get(role)
        return found[0] if found else None
