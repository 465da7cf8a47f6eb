"""The graph: edges only.

    START → router ─ plan ─┬─ retriever → calculator → attribution → report_writer → auditor ─┬→ closing → END
                           ├─ analyst (open questions) ────────────→ report_writer            ├→ report_writer (revise once)
                           ├─ general_talk                                                    └→ refusal
                           └─ clarify / refusal
"""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.analyst import analyst
from agents.attribution import attribution
from agents.auditor import auditor, verdict
from agents.calculator import calculator
from agents.closing import closing, general_talk, refusal
from agents.context import Context
from agents.report_writer import report_writer
from agents.retriever import retriever
from agents.router import route, router
from agents.state import AgentState

Graph = CompiledStateGraph[AgentState, Context, AgentState, AgentState]


def build_graph(checkpointer: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """The compiled graph; a checkpointer makes threads durable."""
    graph = StateGraph(AgentState, context_schema=Context)
    graph.add_node("router", router)
    graph.add_node("retriever", retriever)
    graph.add_node("calculator", calculator)
    graph.add_node("attribution", attribution)
    graph.add_node("analyst", analyst)
    graph.add_node("report_writer", report_writer)
    graph.add_node("auditor", auditor)
    graph.add_node("general_talk", general_talk)
    graph.add_node("refusal", refusal)
    graph.add_node("closing", closing)

    graph.add_edge(START, "router")
    graph.add_conditional_edges("router", route, {
        "retriever": "retriever", "analyst": "analyst", "general_talk": "general_talk", "clarify": "refusal", "refusal": "refusal",
    })
    graph.add_edge("retriever", "calculator")
    graph.add_edge("calculator", "attribution")
    graph.add_conditional_edges("attribution", _answerable, {"report_writer": "report_writer", "refusal": "refusal"})
    graph.add_conditional_edges("analyst", _answerable, {"report_writer": "report_writer", "refusal": "refusal"})
    graph.add_edge("report_writer", "auditor")
    graph.add_conditional_edges("auditor", verdict, {"answered": "closing", "report_writer": "report_writer", "unverified": "refusal"})
    graph.add_edge("general_talk", "closing")
    graph.add_edge("refusal", "closing")
    graph.add_edge("closing", END)
    return graph.compile(checkpointer=checkpointer, name="caizhi")


def _answerable(state: AgentState) -> str:
    return "refusal" if state.refusal is not None else "report_writer"
