"""计算: the plan's operations, one after the other, in exact decimals; gaps become a refusal only when nothing answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langgraph.runtime import Runtime

from agents.calculations import breakdowns, definitions, peers, report_sections, series, shares, values, worded
from agents.calculations.desk import Desk
from agents.context import Context
from agents.events import Computed
from agents.plan import Op, Operation
from agents.retriever import desk_of
from agents.state import AgentState
from data.refusals import Refusal, RefusalCode

OPERATIONS: Mapping[Op, Callable[[Desk, Operation], None]] = {
    Op.VALUE: values.values, Op.YOY: values.changes, Op.QOQ: values.changes, Op.DIFFERENCE: values.changes, Op.RECOMPUTE: values.recompute,
    Op.LINE: values.line, Op.TREND: series.trend, Op.CAGR: series.cagr, Op.AVERAGE: series.average, Op.TOTAL: series.total,
    Op.COMPARE: peers.compare, Op.RANK: peers.rank, Op.SHARE: shares.share, Op.RATIO: shares.share,
    Op.EXPRESSION: shares.expression, Op.FORMULA: worded.formula, Op.OVERVIEW: shares.overview,
    Op.REPORT: report_sections.report, Op.BREAKDOWN: breakdowns.breakdown,
}


def calculator(state: AgentState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Run every operation that has a calculation; definitions and coverage are laid down as quotations."""
    context = runtime.context
    desk = desk_of(state, context)
    for operation in desk.plan.operations:
        if operation.op is Op.DEFINITION:
            definitions.definition(desk, state.passages)
        elif operation.op is Op.COVERAGE:
            definitions.coverage(desk, context.store)
        elif operation.op in OPERATIONS:
            OPERATIONS[operation.op](desk, operation)
    runtime.stream_writer(Computed(context.elapsed_ms(), len(desk.sheet), len(desk.findings)).to_dict())
    return laid_down(state, desk)


def laid_down(state: AgentState, desk: Desk) -> dict[str, Any]:
    """The state's update from a desk: findings, figures, caveats, and the refusal where a bank or figure asked for is missing."""
    findings = [*state.findings, *desk.findings]
    refusal = state.refusal or _refusal(desk, nothing=not findings)
    caveats = list(desk.caveats) if refusal else [*desk.caveats, *[gap.message for gap in desk.gaps if gap.message not in desk.caveats]]
    answers = [] if refusal else desk.sheet.answers
    return {"findings": findings, "figures": desk.sheet.figures, "answers": answers, "caveats": caveats, "refusal": refusal}


def _refusal(desk: Desk, *, nothing: bool) -> Refusal | None:
    """The first gap, when nothing answers, or when one of several banks asked for has nothing at all."""
    if not desk.gaps:
        later = desk.plan.has(Op.DUPONT, Op.WALK, Op.PARTS, Op.WHY)
        why = desk.caveats[-1] if desk.caveats else "库中没有回答这个问题所需的数据"
        return Refusal(RefusalCode.NOT_DISCLOSED, f"{why}。", "请补充期间、指标或银行后再问。") if nothing and not later else None
    answered = {figure.entity_id for figure in desk.sheet.answer_figures()}
    missing_bank = any(bank not in answered for bank in desk.plan.slots.banks) and not desk.plan.has(Op.RANK, Op.REPORT)
    return desk.gaps[0] if missing_bank or not desk.sheet.answers else None
