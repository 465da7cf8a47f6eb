"""归因: the exact decompositions of the plan; parts sum to the change to the last unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langgraph.runtime import Runtime

from agents.calculations import decompositions
from agents.calculations.desk import Desk
from agents.calculator import laid_down
from agents.context import Context
from agents.events import Decomposed
from agents.findings import FindingKind
from agents.plan import Op, Operation
from agents.retriever import desk_of
from agents.state import AgentState

DECOMPOSITIONS: Mapping[Op, Callable[[Desk, Operation], None]] = {
    Op.DUPONT: decompositions.dupont, Op.WALK: decompositions.walk, Op.PARTS: decompositions.parts, Op.WHY: decompositions.why,
}


def attribution(state: AgentState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Run the decompositions that the plan asks for; a plan without one passes through."""
    context = runtime.context
    assert state.plan is not None
    if not state.plan.has(*DECOMPOSITIONS) or state.refusal is not None:
        return {}
    desk = desk_of(state, context)
    for operation in desk.plan.operations:
        if operation.op in DECOMPOSITIONS:
            DECOMPOSITIONS[operation.op](desk, operation)
    parts = sum(len(finding.ids["parts"]) for finding in desk.findings if finding.kind is FindingKind.DECOMPOSITION)
    runtime.stream_writer(Decomposed(context.elapsed_ms(), parts).to_dict())
    return laid_down(state, desk)
