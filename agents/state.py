"""The state of a conversation as the graph checkpoints it: what a thread carries, and the working material of one turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agents.findings import Finding
from agents.plan import Carried, QueryPlan
from data.figures import Figure
from data.ports import Passage
from data.refusals import Refusal


@dataclass
class AgentState:
    """One thread. Lists, never tuples: a tuple comes back as a list from a checkpoint."""

    question: str = ""
    """The user's words of this turn."""
    run_id: str = ""
    """Id of this turn, shared with its trace."""
    carried: Carried = field(default_factory=Carried)
    """Slots and operations of the conversation so far; the only field that outlives a turn."""
    plan: QueryPlan | None = None
    """What the router understood."""
    figures: list[Figure] = field(default_factory=list)
    """The fact sheet of this turn: f1, f2 … in order."""
    answers: list[str] = field(default_factory=list)
    """Ids of the figures that answer the question, best first."""
    findings: list[Finding] = field(default_factory=list)
    """What the calculator and the attribution found, as pointers into the fact sheet."""
    passages: list[Passage] = field(default_factory=list)
    """Passages found by search, best first."""
    caveats: list[str] = field(default_factory=list)
    """What the reader must know: assumptions, scope, rounding, conflicts."""
    draft: str = ""
    """The writer's text, in references."""
    written_by: str = ""
    """Who wrote the draft: a model role, or "template"."""
    problems: list[str] = field(default_factory=list)
    """What the auditor found wrong with the draft."""
    revisions: int = 0
    """How often the draft was sent back."""
    answer: str = ""
    """The audited text, references filled in."""
    refusal: Refusal | None = None
    """Why there is no answer, if there is none."""
    suggestions: list[str] = field(default_factory=list)
    """Questions that the user may want to ask next."""
    receipt: dict[str, Any] = field(default_factory=dict)
    """Which model served, why, what failed, at what cost."""


def new_turn(question: str, run_id: str) -> dict[str, Any]:
    """The graph's input for a turn: the question, and every per-turn field reset (the carried slots stay)."""
    fresh = AgentState(question=question, run_id=run_id)
    return {name: getattr(fresh, name) for name in AgentState.__dataclass_fields__ if name != "carried"}
