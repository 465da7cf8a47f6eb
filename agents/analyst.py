"""Open questions ("息差压力从哪里来，后面怎么看？"): a tool-calling loop within a budget, whose findings become the fact sheet.

Without a model that can call tools, the nearest deterministic analysis is made, with a plain word on what a model would add.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime

from agents.calculations.desk import Desk
from agents.calculations.related import nearest_analysis
from agents.calculator import laid_down
from agents.context import Context
from agents.events import Computed, ToolCalled
from agents.plan import Op, Operation
from agents.prompts.library import prompt
from agents.retriever import desk_of
from agents.state import AgentState

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agents.llm.providers import ModelConfig

WITHOUT_MODEL = "没有可用的工具调用模型：以上为精确的趋势与分解，不含对前景的判断；配置模型后可自动扩大查证范围并归纳成文"
# One round of the loop: two limits before and after the model, the model, its tools. The step limit only backs the budgets up.
_STEPS_A_ROUND = 6


def analyst(state: AgentState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Gather the facts of an open question, by a model's tool calls or by the nearest fixed analysis."""
    context = runtime.context
    desk = desk_of(state, context)
    caller = context.models.tool_caller(private=context.private)
    if caller is not None:
        failure = _investigate(desk, state, runtime, *caller)
        if failure:
            desk.remark(f"模型查证未完成（{failure}），按已查到的事实作答")
    if not desk.sheet.answers:
        nearest_analysis(desk, Operation(Op.WHY))
        if caller is None and desk.sheet.answers:
            desk.remark(WITHOUT_MODEL)
    runtime.stream_writer(Computed(context.elapsed_ms(), len(desk.sheet), len(desk.findings)).to_dict())
    return laid_down(state, desk)


def _investigate(desk: Desk, state: AgentState, runtime: Runtime[Context], model: BaseChatModel, config: ModelConfig) -> str:
    """Run the loop within its budget; "" when it came to its end, else what stopped it."""
    from langchain.agents import create_agent
    from langchain.agents.middleware import ModelCallLimitMiddleware, ToolCallLimitMiddleware
    from langgraph.errors import GraphRecursionError

    from agents.llm.failures import describe, model_errors
    from agents.toolbelt import Toolbelt

    context, limits = runtime.context, runtime.context.limits
    belt = Toolbelt(desk, context.searcher, lambda name, result: runtime.stream_writer(ToolCalled(context.elapsed_ms(), name, result).to_dict()))
    banks = "、".join(desk.bank_name(key) for key in context.horizon.banks())
    text = prompt("analyst", question=state.question, today=context.clock().date().isoformat(), banks=banks, calls=str(limits.tool_calls))
    budget: list[Any] = [ModelCallLimitMiddleware(run_limit=limits.tool_calls + 1), ToolCallLimitMiddleware(run_limit=limits.tool_calls)]
    agent: Any = create_agent(model, belt.tools(), middleware=budget)
    steps = {"recursion_limit": _STEPS_A_ROUND * (limits.tool_calls + 2)}
    deadline, spent = monotonic() + limits.seconds, 0
    try:
        for chunk in agent.stream({"messages": [("user", text)]}, steps, stream_mode="updates"):
            spent += _tokens(chunk)
            if monotonic() > deadline:
                return "超出时间预算"
            if spent > limits.tokens:
                return "超出词元预算"
    except GraphRecursionError:
        return "超出步数预算"
    except model_errors() as error:
        return describe(error, over_http=config.over_http).rule.label
    return ""


def _tokens(chunk: Any) -> int:
    """Tokens that one step of the loop used, as its messages report."""
    messages = [message for update in chunk.values() if isinstance(update, dict) for message in update.get("messages", [])]
    usages = (getattr(message, "usage_metadata", None) for message in messages)
    return sum(usage["total_tokens"] for usage in usages if usage)
