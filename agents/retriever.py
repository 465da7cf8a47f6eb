"""检索: the figures that the plan names, from the ledger, and passages from search."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agents.calculations.desk import Desk
from agents.context import Context
from agents.events import Searched
from agents.plan import Op, QueryPlan
from agents.state import AgentState
from data.ports import Passage
from tools.factsheet import FactSheet
from tools.given import GivenStore
from tools.lookup import FigureFinder

_READS_PASSAGES = (Op.DEFINITION, Op.LINE)
_EVERY_BANK = (Op.RANK,)


def retriever(state: AgentState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Fetch what the slots name; what is missing is judged by the calculator, which knows what can be computed instead."""
    context = runtime.context
    desk = desk_of(state, context)
    if not desk.plan.has(*_EVERY_BANK, Op.DEFINITION, Op.COVERAGE, Op.EXPRESSION):
        for bank, indicator in desk.subjects():
            for period in desk.periods:
                desk.finder.find(desk.wanted(bank, indicator.id, period), compute=False)
    passages = _passages(state, context)
    runtime.stream_writer(Searched(context.elapsed_ms(), len(desk.sheet), len(passages)).to_dict())
    return {"figures": desk.sheet.figures, "passages": passages}


def desk_of(state: AgentState, context: Context) -> Desk:
    """The calculator's desk over the state's fact sheet."""
    assert state.plan is not None
    sheet = FactSheet(list(state.figures), list(state.answers))
    given = state.plan.given
    store, collections = (GivenStore(given), ()) if given else (context.store, context.collections)
    finder = FigureFinder(store, context.catalogue, context.banks, sheet, collections)
    rows = None if given else context.rows
    return Desk(state.plan, finder, context.catalogue, context.banks, caveats=list(state.caveats), today=context.clock().date(), rows=rows)


def _defining(plan: QueryPlan, context: Context) -> list[Passage]:
    """Passages of the documents that hold a term or a name of it, then what the knowledge base says."""
    indicators = [context.catalogue.get(key) for key in plan.slots.indicators]
    names = [name for indicator in indicators for name in (indicator.name, *indicator.aliases)]
    held = context.searcher.containing([*plan.terms, *names], context.collections or context.searcher.collections())
    knowledge = context.searcher.search(f"{plan.question} {'、'.join(each.name for each in indicators)}".strip(), context.limits.passages)
    return [*held, *[passage for passage in knowledge if passage.page is None]]


def _passages(state: AgentState, context: Context) -> list[Passage]:
    plan = state.plan
    assert plan is not None
    if not plan.has(*_READS_PASSAGES):
        return []
    if plan.has(Op.DEFINITION):
        return _defining(plan, context)
    names = "、".join(context.catalogue.get(key).name for key in plan.slots.indicators)
    return context.searcher.search(f"{state.question} {names}".strip(), context.limits.passages, context.collections)
