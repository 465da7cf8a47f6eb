"""Several banks (or several indicators of one bank) side by side: comparisons and rankings."""

from __future__ import annotations

from agents.calculations.desk import Desk
from agents.calculations.series import trend
from agents.findings import Finding, FindingKind
from agents.plan import Operation
from data.errors import UnitError
from data.figures import Figure
from data.indicators import Direction, Indicator
from data.periods import Period
from tools.calculator import rank as order
from tools.calculator import versus

_RANK_MIN = 2


def compare(desk: Desk, operation: Operation) -> None:
    """比较: each bank's figure and the distance of every other bank from the first; over several periods, the trends."""
    if len(desk.periods) > 2:
        trend(desk, operation)
        return
    for period in desk.periods:
        if len(desk.plan.slots.banks) > 1:
            for indicator in desk.indicators():
                found = [f for bank in desk.plan.slots.banks if (f := desk.value(bank, indicator.id, period)) is not None]
                _lay_down(desk, found, indicator)
        else:
            found = [f for indicator in desk.indicators() if (f := desk.value(desk.plan.slots.banks[0], indicator.id, period)) is not None]
            _lay_down(desk, found, desk.indicators()[0])


def rank(desk: Desk, operation: Operation) -> None:
    """排名 of all banks asked for (or all in the ledger) that disclose the figure in one scope and period."""
    for indicator in desk.indicators():
        for period in desk.periods:
            _rank(desk, operation, indicator, period)


def _rank(desk: Desk, operation: Operation, indicator: Indicator, period: Period) -> None:
    wanted = [desk.wanted(bank, indicator.id, period) for bank in desk.plan.slots.banks]
    found = [figure for request in wanted if (figure := desk.finder.find(request, compute=False)) is not None]
    missing = len(wanted) - len(found)
    lacking = [request for request in wanted if request.entity_id not in {figure.entity_id for figure in found}]
    if len(found) < _RANK_MIN or any(request.entity_id == operation.focus for request in lacking):
        desk.gaps += [desk.finder.gap(request) for request in sorted(lacking, key=lambda request: request.entity_id != operation.focus)[:1]]
        return
    highest = operation.highest if operation.highest is not None else indicator.direction is not Direction.LOWER
    placed = order(found, Direction.HIGHER if highest else Direction.LOWER)
    if missing:
        desk.remark(f"另有{missing}家库中没有{period.label(point=indicator.point)}的{indicator.name}，未列入排名")
    shown = placed[: operation.limit] if operation.limit else placed
    about = [item.figure for item in shown if item.figure.entity_id == operation.focus]
    desk.answer(*about, *[item.figure for item in shown])
    words = {"order": "从高到低" if highest else "从低到高", **{item.figure.id: str(item.position) for item in shown}}
    desk.findings.append(Finding(FindingKind.RANKING, {"values": [item.figure.id for item in shown], "focus": [figure.id for figure in about]}, words))


def _lay_down(desk: Desk, found: list[Figure], indicator: Indicator) -> None:
    if not found:
        return
    gaps = []
    for other in found[1:]:
        try:
            gaps.append(desk.sheet.add(versus(found[0], other)))
        except UnitError as error:
            desk.remark(str(error))
    desk.answer(*found, *gaps)
    for axis, values in (("口径", {f.scope.value for f in found}), ("会计准则", {f.gaap.value for f in found})):
        if len(values) > 1:
            desk.remark(f"各行{axis}不一致（{'、'.join(sorted(values))}），比较时留意")
    ids = {"values": [figure.id for figure in found], "gaps": [figure.id for figure in gaps]}
    desk.findings.append(Finding(FindingKind.COMPARISON, ids, {"better": indicator.direction.value}))
