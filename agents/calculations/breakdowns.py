"""分布: the rows of one table of a report side by side, with their shares where the report prints or the amounts give them."""

from __future__ import annotations

from agents.calculations.desk import Desk
from agents.findings import Finding, FindingKind
from agents.plan import Operation
from data.figures import Figure
from data.units import Dimension


def breakdown(desk: Desk, operation: Operation) -> None:
    """Every row's figure per period; the largest is told first where the question asks where something is concentrated."""
    bank = desk.plan.slots.banks[0]
    for period in desk.periods:
        found = [f for indicator in desk.indicators() if (f := desk.finder.find(desk.wanted(bank, indicator.id, period), compute=False)) is not None]
        if not found:
            desk.gaps.append(desk.finder.gap(desk.wanted(bank, desk.plan.slots.indicators[0], period)))
            continue
        shares = [figure for figure in found if figure.quantity.unit.dimension is Dimension.RATIO]
        amounts = [figure for figure in found if figure not in shares]
        desk.answer(*_ordered(amounts, operation), *_ordered(shares, operation))
        ids = {"values": [figure.id for figure in _ordered(amounts or shares, operation)], "shares": [figure.id for figure in shares if amounts]}
        desk.findings.append(Finding(FindingKind.BREAKDOWN, ids, {"table": found[0].evidence[0].table if found[0].evidence else ""}))


def _ordered(figures: list[Figure], operation: Operation) -> list[Figure]:
    """As the report has them; largest (or smallest) first where one of them is asked for."""
    if operation.highest is None:
        return figures
    return sorted(figures, key=lambda figure: figure.quantity.base, reverse=operation.highest)
