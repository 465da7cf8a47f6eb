"""The short ways out: a clarifying question, a refusal, general talk, and the suggestions that close every turn."""

from __future__ import annotations

import re
from typing import Any

from langgraph.runtime import Runtime

from agents.auditor import unverified
from agents.context import Context
from agents.events import Refused
from agents.plan import Op
from agents.prompts.library import prompt
from agents.state import AgentState
from data.errors import ModelUnavailableError
from data.refusals import Refusal, RefusalCode

_OUT_OF_SCOPE = Refusal(
    RefusalCode.OUT_OF_SCOPE, "这个问题不在银行财报分析的范围内，没有可以引用的数据。",
    "可以这样问：招商银行2023年不良率是多少？较上年变化多少？也可以问“有哪些数据”。",
)


def refusal(state: AgentState, runtime: Runtime[Context]) -> dict[str, Any]:
    """A refusal in plain words, with what would help; also the way out of a text that failed the audit."""
    found = state.refusal or unverified(state)
    runtime.stream_writer(Refused(runtime.context.elapsed_ms(), found.code.value, found.message).to_dict())
    return {"refusal": found, "answer": f"{found.message}{found.suggestion}", "answers": []}


def general_talk(state: AgentState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Talk without figures: by a model when there is one, and never with a number; else a plain word on what can be asked."""
    from langchain_core.messages import HumanMessage

    from agents.llm.exchange import CompletionRequest

    context = runtime.context
    if context.has_model:
        request = CompletionRequest(purpose="chat", private=context.private, max_tokens=200, domain_text=state.question)
        try:
            completion = context.models.complete_sync([HumanMessage(prompt("general_talk", question=state.question))], request=request)
        except ModelUnavailableError:
            return refusal(_refused(state), runtime)
        if completion.text.strip() and not re.search(r"[\d０-９]|[一二三四五六七八九]成|百分之", completion.text):
            return {"answer": completion.text.strip(), "written_by": completion.receipt.served_by, "receipt": completion.receipt.to_dict()}
    return refusal(_refused(state), runtime)


def closing(state: AgentState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Questions that the user may want to ask next, from what this turn was about."""
    return {"suggestions": _suggestions(state, runtime.context)}


def _refused(state: AgentState) -> AgentState:
    state.refusal = _OUT_OF_SCOPE
    return state


def _suggestions(state: AgentState, context: Context) -> list[str]:
    plan = state.plan
    if plan is None or state.refusal is not None or not plan.slots.banks or not plan.slots.indicators:
        return []
    bank, indicator = context.banks.get(plan.slots.banks[0]), context.catalogue.get(plan.slots.indicators[0])
    if bank is None:
        return []
    asked = {operation.op for operation in plan.operations}
    options = [
        (Op.TREND, f"{bank.name}{indicator.name}近三年趋势如何？"),
        (Op.COMPARE, f"{indicator.name}和同业比怎么样？" if len(plan.slots.banks) > 1 else f"哪家银行的{indicator.name}最{'低' if indicator.direction == 'lower' else '高'}？"),
        (Op.WHY, f"{bank.name}{indicator.name}为什么变化？"),
        (Op.DEFINITION, f"{indicator.name}是怎么计算的？"),
    ]
    return [text for op, text in options if op not in asked][:3]
