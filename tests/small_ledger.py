"""A small ledger with round, made-up figures, so that tests know every number; and an assistant over it.

招商银行 2021-2024 with parts of 2024, 本行口径 and IFRS rows; 兴业银行, 工商银行 and 宁波银行 with a few years.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from langgraph.runtime import Runtime

from agents.attribution import attribution
from agents.calculator import calculator
from agents.checkpoints import sqlite_checkpointer
from agents.context import Context
from agents.graph import build_graph
from agents.llm.service import LLMService
from agents.plan import Carried, Operation, QueryPlan
from agents.retriever import retriever
from agents.state import AgentState
from agents.understanding.grammar import Understanding
from agents.understanding.horizon import Horizon
from app.assistant import Assistant
from app.settings import Settings
from data.banks import bank_registry
from data.evidence import Evidence
from data.facts_table import COLLECTION
from data.figures import Figure, Gaap, Scope
from data.indicators import indicator_catalogue
from data.periods import Period
from data.units import Quantity
from retrieval.engine import RetrievalEngine
from retrieval.ledger import Ledger
from tests.fakes import START, FixedClock
from tools.name_scanner import name_scanner

# bank, indicator, then period=value; amounts in 百万元, ratios in the catalogue's unit.
_TABLE = """
cmb operating_income 2021=300000 2022=320000 2023=310000 2024=330000 2023Q1=78000 2023H1=160000 2024Q1=80000 2024H1=165000 2024Q1-3=248000
cmb net_interest_income 2022=210000 2023=200000 2024=190000
cmb non_interest_income 2022=110000 2023=110000 2024=140000
cmb net_fee_income 2023=80000 2024=70000
cmb other_non_interest_income 2023=30000 2024=70000
cmb operating_expenses 2023=100000 2024=104000
cmb taxes_and_surcharges 2023=3000 2024=3000
cmb credit_impairment_loss 2023=40000 2024=36000
cmb operating_profit 2023=167000 2024=187000
cmb total_profit 2023=168000 2024=188000
cmb income_tax 2023=20000 2024=22000
cmb net_profit 2021=120000 2022=140000 2023=148000 2024=166000
cmb net_profit_attributable 2022=138000 2023=146000 2024=163000
cmb total_assets 2022=9000000 2023=10000000 2024=12000000
cmb equity_attributable 2022=900000 2023=1100000 2024=1200000
cmb total_loans 2022=6000000 2023=6500000 2024=7000000 2024H1=6800000
cmb total_deposits 2022=7500000 2023=8000000 2024=8750000
cmb npl_balance 2022=57600 2023=61750 2024=63000
cmb loan_allowance 2022=248000 2023=270000 2024=283500
cmb npl_ratio 2021=0.91 2022=0.96 2023=0.95 2024=0.90 2023Q1=0.95 2024Q1=0.92 2024H1=0.94 2024Q1-3=0.93
cmb provision_coverage 2021=440 2022=430.56 2023=437.25 2024=450
cmb net_interest_margin 2022=2.40 2023=2.15 2024=1.98
cmb roe_weighted 2022=17.06 2023=16.22 2024=14.49
cmb cost_income_ratio 2023=32.26 2024=31.52
cmb cet1_ratio 2022=13.68 2023=13.73 2024=14.86
cmb car 2023=17.88 2024=19.05
cib npl_ratio 2021=1.10 2022=1.09 2023=1.07 2024=1.07
cib provision_coverage 2022=236.44 2023=245.21 2024=237.78
cib operating_income 2022=220000 2023=210000 2024=212000
cib net_profit 2022=92000 2023=77000 2024=-5000
cib net_interest_margin 2023=1.93 2024=1.82
cib npl_balance 2023=60000
cib total_loans 2023=5000000
icbc npl_ratio 2022=1.38 2023=1.36 2024=1.34
icbc operating_income 2023=840000
icbc total_assets 2023=44700000
nbcb npl_ratio 2023=0.76 2024=0.76
"""
TODAY = START.date()


def figures() -> list[Figure]:
    """The figures of the table, and the ones with a scope, a GAAP, a restatement or a rival."""
    found = [made(*line.split()[:2], *cell.split("=")) for line in _TABLE.strip().splitlines() for cell in line.split()[2:]]
    cmb = [
        replace(made("cmb", "npl_ratio", "2023", "0.98"), scope=Scope.BANK),
        replace(made("cmb", "npl_ratio", "2024", "0.97"), scope=Scope.BANK),
        replace(made("cmb", "operating_income_ifrs", "2024", "331000"), gaap=Gaap.IFRS),
    ]
    restated = replace(made("icbc", "operating_income", "2022", "880000"), restated=True, rank=1)
    original = made("icbc", "operating_income", "2022", "915000")
    rival = replace(made("icbc", "npl_ratio", "2024", "1.43", document="另一份资料"), rank=3)
    return [*found, *cmb, restated, original, rival]


def made(bank: str, indicator: str, period: str, value: str, *, document: str = "", page: int | None = 7) -> Figure:
    """One reported figure of a bank (by registry id) and an indicator (by catalogue id)."""
    who, what = bank_registry().get(bank), indicator_catalogue().get(indicator)
    assert who is not None
    when = Period.parse(period)
    title = document or f"{who.name}{when.year}年测试报告"
    return Figure(
        entity=who.name, entity_id=bank, indicator=what.name, indicator_id=indicator, period=when, quantity=Quantity.of(value, what.unit.symbol),
        point=what.point, evidence=[Evidence(title, page=page, row=what.name, quote=value, source="sha256:test")], collection=COLLECTION,
    )


def ledger(extra: Sequence[Figure] = ()) -> Ledger:
    """The figures in a ledger in memory."""
    store = Ledger.open("sqlite://")
    store.add([*figures(), *extra])
    return store


@contextmanager
def small_assistant(home: Path, *, models: LLMService | None = None, extra: Sequence[Figure] = (), collection: str = "") -> Iterator[Assistant]:
    """An assistant over the small ledger on 2025-06-30, its threads in `home`; without models unless given."""
    banks, catalogue, scanner = bank_registry(), indicator_catalogue(), name_scanner()
    store, saver = ledger(extra), sqlite_checkpointer(home / "threads.db")
    service = models or LLMService()
    try:
        yield Assistant(
            build_graph=lambda: build_graph(saver), store=store, searcher=RetrievalEngine(), banks=banks, catalogue=catalogue, scanner=scanner,
            understanding=Understanding.build(scanner, banks, catalogue), models=service, clock=FixedClock().now,
            settings=Settings(home=home, collection=collection),
        )
    finally:
        service.close()
        saver.conn.close()
        store.close()


def worked(assistant: Assistant, *turns: str) -> AgentState:
    """The state after retriever, calculator and attribution, called as plain functions, of the last of these turns."""
    runtime: Runtime[Context] = Runtime(context=context(assistant))
    state = AgentState()
    for question in turns:
        plan = assistant.understanding.plan(question, state.carried, runtime.context.horizon, assistant.clock().date())
        state = AgentState(question=question, plan=plan, carried=plan.carried, caveats=list(plan.assumptions))
    assert state.plan is not None and state.plan.refusal is None, state.plan
    for node in (retriever, calculator, attribution):
        update: dict[str, Any] = node(state, runtime)
        state = replace(state, **update)
    return state


def context(assistant: Assistant) -> Context:
    """The context of a run of this assistant."""
    return Context(
        store=assistant.store, searcher=assistant.searcher, understanding=assistant.understanding, scanner=assistant.scanner,
        banks=assistant.banks, catalogue=assistant.catalogue, models=assistant.models, clock=assistant.clock,
    )


class Reader:
    """Understands questions against the small ledger on 2025-06-30."""

    def __init__(self, store: Ledger) -> None:
        banks, catalogue = bank_registry(), indicator_catalogue()
        self.understanding = Understanding.build(name_scanner(), banks, catalogue)
        self.horizon = Horizon(store)

    def __call__(self, *turns: str) -> QueryPlan:
        """The plan of the last of these turns of one conversation."""
        carried, plan = Carried(), None
        for question in turns:
            plan = self.understanding.plan(question, carried, self.horizon, TODAY)
            carried = plan.carried
        assert plan is not None
        return plan


@contextmanager
def small_reader() -> Iterator[Reader]:
    """A reader over the small ledger."""
    with ledger() as store:
        yield Reader(store)


def told(plan: QueryPlan) -> str:
    """A plan in one line: banks; indicators; periods; operations with their details; scope and GAAP; !refusal."""
    if plan.refusal is not None:
        return f"!{plan.refusal.code.value}"
    slots = plan.slots
    parts = [",".join(slots.banks), ",".join(slots.indicators), ",".join(slots.periods), " ".join(_operation(item) for item in plan.operations)]
    return "; ".join(parts) + "".join(f"; {word}" for word in (slots.scope, slots.gaap, slots.unit) if word)


def _operation(item: Operation) -> str:
    details = [
        f"from {item.base}" if item.base else "", "" if item.rate is None else "rate" if item.rate else "amount",
        "" if item.highest is None else "high" if item.highest else "low", f"top {item.limit}" if item.limit else "",
        f"of {item.against}" if item.against else "", f"for {item.focus}" if item.focus else "",
    ]
    said = " ".join(detail for detail in details if detail)
    return item.op.name + (f"({said})" if said else "")
