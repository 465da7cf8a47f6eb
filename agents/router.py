"""理解: question + carried slots → QueryPlan. The grammar first; a model only for what the grammar leaves open."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agents.context import Context
from agents.events import Planned
from agents.plan import Op, QueryPlan
from agents.state import AgentState
from agents.understanding.rephrase import rephrased
from data.refusals import RefusalCode


def router(state: AgentState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Plan the turn. With a model configured, a question that the grammar cannot place is rephrased once and planned again."""
    context = runtime.context
    plan = context.understanding.plan(state.question, state.carried, context.horizon, context.clock().date())
    receipt: dict[str, Any] = {}
    if context.has_model and _open(plan):
        better, receipt = rephrased(plan, state.carried, context)
        plan = better or plan
        receipt = {**receipt, "served_by": "template"}  # the model reworded the question; it has written no answer yet
    runtime.stream_writer(Planned(context.elapsed_ms(), plan.resolved, plan.intent, plan.assumptions).to_dict())
    caveats = [_literal(text) for text in plan.assumptions]
    return {"plan": plan, "carried": plan.carried, "refusal": plan.refusal, "caveats": caveats, "receipt": receipt}


def route(state: AgentState) -> str:
    """Where a plan goes: clarify or refusal, general talk, the open-question analyst, or the figures."""
    plan = state.plan
    assert plan is not None
    if plan.refusal is not None:
        return "clarify" if plan.refusal.code is RefusalCode.AMBIGUOUS else "refusal"
    if plan.main is Op.GENERAL:
        return "general_talk"
    return "analyst" if plan.main is Op.ANALYSIS else "retriever"


def _literal(text: str) -> str:
    """An assumption quotes the user's or a model's words: braces in them are no references."""
    return text.replace("{", "｛").replace("}", "｝")


def _open(plan: QueryPlan) -> bool:
    """Whether words that matter stayed unexplained."""
    if plan.refusal is not None:
        return plan.refusal.code in (RefusalCode.AMBIGUOUS, RefusalCode.NOT_DISCLOSED)
    return (bool(plan.unexplained) and plan.main is not Op.ANALYSIS) or plan.main is Op.GENERAL
