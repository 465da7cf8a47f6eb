"""A question that brings its own numbers: the plan over those, with the ledger left out of it."""

from __future__ import annotations

from datetime import date

from agents.plan import INTENTS, Carried, Op, Operation, QueryPlan, Slots
from agents.understanding.mentions import Mentions
from agents.understanding.operations import operations_of
from data.figures import Figure
from data.indicators import IndicatorCatalogue
from data.periods import Period
from tools.formulas import formulas_for
from tools.given import GIVEN_ID, GIVEN_UNDATED, brings_numbers, given_figures

_COMPUTES = (Op.VALUE, Op.YOY, Op.QOQ, Op.DIFFERENCE, Op.CAGR, Op.SHARE, Op.RECOMPUTE, Op.AVERAGE, Op.TOTAL, Op.DUPONT, Op.WHY)


def given_plan(question: str, mentions: Mentions, catalogue: IndicatorCatalogue, carried: Carried, today: date) -> QueryPlan | None:
    """The plan over the question's own numbers; None where it brings fewer than two, or asks nothing of them."""
    if not brings_numbers(mentions.text):
        return None
    figures = given_figures(mentions.text, catalogue, Period(today.year))
    if len(figures) < 2:
        return None
    operations = [operation for operation in operations_of(mentions) if operation.op in _COMPUTES]
    targets = _targets(mentions, figures, operations)
    if not targets:
        return None
    periods = sorted({figure.period for figure in figures}, key=lambda period: period.sort_key)
    named = [Operation(Op.VALUE) if operation.op in (Op.RECOMPUTE, Op.DUPONT, Op.WHY) else operation for operation in operations] or [Operation(Op.VALUE)]
    changes = [operation for operation in named if operation.op is not Op.VALUE]
    chosen = changes if changes and len(periods) > 1 else [Operation(Op.VALUE)]
    if chosen[0].op in (Op.YOY, Op.DIFFERENCE) and len(periods) > 1:
        chosen = [Operation(chosen[0].op, rate=chosen[0].rate, base=str(periods[-2]))]
    wanted = periods if chosen[0].op in (Op.CAGR, Op.AVERAGE) else periods[-1:]
    slots = Slots(banks=[GIVEN_ID], indicators=targets, periods=[str(period) for period in wanted])
    notes = ["按提问中给出的数字计算，未与披露数核对"]
    if any(figure.entity == GIVEN_UNDATED for figure in figures):
        notes.append("题中未给期间，结果不标期间")
    names = "、".join(catalogue.get(name).name for name in targets)
    return QueryPlan(question, f"按题中数字计算{names}", INTENTS[chosen[0].op], slots, chosen, assumptions=notes, carried=carried, given=figures)


def _targets(mentions: Mentions, figures: list[Figure], operations: list[Operation]) -> list[str]:
    """What is asked for: an indicator named without a number that the numbers can give; else the one whose change is asked."""
    have = {figure.indicator_id for figure in figures}
    asked = [span.ref for span in mentions.indicators if span.ref not in have]
    computable = [name for name in asked if any({key for item in rule.inputs for key in item.ids} & have for rule in formulas_for(name))]
    if computable:
        return list(dict.fromkeys(computable))[-1:]
    changes = any(operation.op in (Op.YOY, Op.QOQ, Op.DIFFERENCE, Op.CAGR) for operation in operations)
    periods: dict[str, set[Period]] = {}
    for figure in figures:
        periods.setdefault(figure.indicator_id, set()).add(figure.period)
    return [name for name, found in periods.items() if len(found) > 1][:1] if changes else []
