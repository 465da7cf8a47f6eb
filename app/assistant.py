"""A conversation's front door: one question in, one object of the `ask --json` contract out; threads survive the process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from agents.context import Context
from agents.events import Event, from_dict
from agents.llm.service import LLMService
from agents.plan import QueryPlan
from agents.state import AgentState, new_turn
from agents.understanding.grammar import Understanding
from agents.understanding.wording import bank_names, indicator_names
from app.collection_view import CollectionView, CollectionViews
from app.settings import Settings
from data.banks import BankRegistry
from data.errors import UsageError
from data.figures import Scope
from data.indicators import IndicatorCatalogue
from data.period_text import parse_period
from data.periods import Period
from data.ports import FigureStore, Searcher
from tools.factsheet import FactSheet
from tools.lookup import FigureFinder, Wanted
from tools.name_scanner import NameScanner
from tools.report.document import Document, parse_answer
from tools.report.html import to_html
from tools.report.markdown import to_markdown

if TYPE_CHECKING:
    from agents.graph import Graph
    from tools.financial_ner import FinancialNER

REPORT_FORMATS: Mapping[str, Callable[[Document], str]] = {"md": to_markdown, "html": to_html}
Observer = Callable[[Event], None]
_BUNDLED_NAMES = ("", "bundled")


@dataclass
class Assistant:
    """Everything a door (command line, HTTP, tests) needs to answer. `build_graph` runs once, at the first question."""

    build_graph: Callable[[], Graph]
    store: FigureStore
    searcher: Searcher
    banks: BankRegistry
    catalogue: IndicatorCatalogue
    scanner: NameScanner
    understanding: Understanding
    models: LLMService
    clock: Callable[[], datetime]
    settings: Settings

    @cached_property
    def graph(self) -> Graph:
        """The compiled graph over its checkpoints, built at the first question: looking figures up needs none."""
        return self.build_graph()

    @cached_property
    def ner(self) -> FinancialNER:
        """The entity recogniser, built on first use."""
        from tools.financial_ner import FinancialNER

        return FinancialNER()

    @cached_property
    def views(self) -> CollectionViews:
        """What each collection's documents add to the vocabulary."""
        return CollectionViews(self.store, CollectionView(None, self.catalogue, self.banks, self.scanner, self.understanding))

    def ask(
        self, question: str, *, thread_id: str | None = None, collection: str | None = None, on_event: Observer | None = None
    ) -> dict[str, Any]:
        """Answer one question in a thread; the object of the `ask --json` contract.

        Raises:
            CaizhiError: the stores cannot be read; never for a question that cannot be answered (that is a refusal).
        """
        started, thread, run = perf_counter(), thread_id or uuid4().hex[:12], uuid4().hex
        context = self._context(collection)
        config = {"configurable": {"thread_id": thread}}
        self._finish_interrupted(config, context)
        state = self._run(new_turn(question, run), config, context, on_event)
        return {
            "thread_id": thread, "run_id": run, "question": question, **_told(state, context.banks, context.catalogue),
            "trace_id": run, "elapsed_ms": round((perf_counter() - started) * 1000),
            "cached": bool(state.receipt.get("cached")),
        }

    def report(self, request: str, fmt: str = "md", *, thread_id: str | None = None, on_event: Observer | None = None) -> str:
        """A report in words to a text of the format (md or html).

        Raises:
            UsageError: the format is not one of REPORT_FORMATS, or the request could not be answered (the refusal is the message).
        """
        if fmt not in REPORT_FORMATS:
            raise UsageError(f"报告格式只有 {'、'.join(REPORT_FORMATS)}，收到“{fmt}”")
        answer = self.ask(request, thread_id=thread_id, on_event=on_event)
        if answer["refusal"]:
            raise UsageError(f"{answer['refusal']['message']}{answer['refusal']['suggestion']}")
        generated = f"{self.clock().date().isoformat()} 由小京财智生成；每个数字均可按来源核对，未经审计的数据已注明。"
        return REPORT_FORMATS[fmt](parse_answer(_title(answer["slots"]), answer["answer"], generated))

    def find_figure(
        self, indicator: str, period: str, scope: str = "集团", bank: str | None = None, collection: str | None = None
    ) -> dict[str, Any] | None:
        """One figure by names, as the contract prints it; None where the ledger has none.

        Raises:
            UsageError: the indicator, the bank, the scope or the period is not known.
        """
        known, context = self.catalogue.by_name(indicator), self._context(collection)
        entity, when, whose = self._entity(bank, context), parse_period(period), _scope(scope)
        finder = FigureFinder(self.store, context.catalogue, context.banks, FactSheet(), context.collections)
        rows = context.rows.called(indicator) if context.rows is not None else []
        if known is None and not rows:
            raise UsageError(f"指标目录中没有“{indicator}”；可用“有哪些指标”查看")
        for name in [*([known.id] if known else []), *rows]:
            found = finder.find(Wanted(entity, name, when, whose))
            if found is not None:
                return found.to_dict()
        return None

    def _entity(self, bank: str | None, context: Context) -> str:
        if bank is None:
            only = context.horizon.only_bank()
            if only is None:
                raise UsageError("库中不止一家银行，请指明银行")
            return only
        found = context.banks.by_name(bank)
        if found is None:
            raise UsageError(f"银行名录中没有“{bank}”")
        return found.id

    def _context(self, collection: str | None) -> Context:
        name = collection if collection is not None else self.settings.collection
        collections = (name,) if name else ()
        view = self.views.of(collections)
        return Context(
            store=self.store, searcher=self.searcher, understanding=view.understanding, scanner=view.scanner, banks=view.banks,
            catalogue=view.catalogue, models=self.models, clock=self.clock, collections=collections,
            private=self._is_private(name), rows=view.rows,
        )

    def _is_private(self, collection: str) -> bool:
        """Whether a run may see documents of the house: of a collection of theirs, or of all where there is one of theirs."""
        if collection:
            return collection not in _BUNDLED_NAMES
        elsewhere = any(not status.local and status.role != "template" for status in self.models.status())
        return elsewhere and any(held.name not in _BUNDLED_NAMES for held in self.store.collections())

    def _finish_interrupted(self, config: Mapping[str, Any], context: Context) -> None:
        """A process that died in mid-turn left a next node behind: run the turn to its end before the next question.

        What that turn had found may be of another collection, so it is shown to no model elsewhere.
        """
        snapshot = self.graph.get_state(dict(config))  # type: ignore[arg-type]
        # Not `next`: it leaves out a node that has run though the checkpoint after it was never written.
        if snapshot.tasks:
            self.graph.invoke(None, dict(config), context=replace(context, private=True))  # type: ignore[call-overload]

    def _run(self, turn: dict[str, Any], config: Mapping[str, Any], context: Context, on_event: Observer | None) -> AgentState:
        final: dict[str, Any] = {}
        for mode, chunk in self.graph.stream(turn, dict(config), context=context, stream_mode=["custom", "values"]):  # type: ignore[call-overload]
            if mode == "values":
                final = chunk
            elif on_event is not None:
                on_event(from_dict(chunk))
        return AgentState(**final)


def _title(slots: Mapping[str, Any]) -> str:
    """招商银行2024年分析报告（对比：兴业银行、中信银行）."""
    main, *peers = slots["banks"]
    period = Period.parse(slots["periods"][-1]).label(point=False) if slots["periods"] else ""
    return f"{main}{period}分析报告" + (f"（对比：{'、'.join(peers)}）" if peers else "")


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:
        raise UsageError(f"口径只有 {'、'.join(scope.value for scope in Scope)}，收到“{text}”") from None


def _told(state: AgentState, banks: BankRegistry, catalogue: IndicatorCatalogue) -> dict[str, Any]:
    """The contract's fields that the state holds."""
    plan = state.plan
    assert plan is not None
    served = {"served_by": state.written_by or "template", "reason": "", "attempts": [], **state.receipt}
    if state.written_by:
        served["served_by"] = state.written_by
    return {
        "resolved_question": plan.resolved, "intent": plan.intent, "slots": _slots(plan, banks, catalogue), "answer": state.answer,
        "figures": [figure.to_dict() for figure in state.figures], "answers": list(state.answers),
        "refusal": state.refusal.to_dict() if state.refusal else None, "caveats": list(state.caveats) if not state.refusal else [],
        "model": served, "suggestions": list(state.suggestions), "unexplained": list(plan.unexplained),
    }


def _slots(plan: QueryPlan, banks: BankRegistry, catalogue: IndicatorCatalogue) -> dict[str, Any]:
    operations: Sequence[str] = [operation.op.value for operation in plan.operations]
    return {
        "banks": bank_names(plan.slots, banks), "indicators": indicator_names(plan.slots, catalogue), "periods": list(plan.slots.periods),
        "scope": plan.slots.scope or "集团", "gaap": plan.slots.gaap or None, "operations": operations,
    }


