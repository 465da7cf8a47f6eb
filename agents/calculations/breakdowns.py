"""分布: the rows of one table of a report side by side, with the total they belong to and the shares that the report prints."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from agents.calculations.desk import Desk
from agents.findings import Finding, FindingKind
from agents.plan import Operation
from data.figures import Figure, FigureKind
from data.periods import Period
from data.units import Dimension, Quantity
from tools.derivation import derived
from tools.table_sums import block_above, block_below, rows_of


def breakdown(desk: Desk, operation: Operation) -> None:
    """Every row's figure per period, then the total and whether they add up to it; in order of size where the largest is asked for."""
    for period in desk.periods:
        names = [name for name in desk.plan.slots.indicators if name != operation.against]
        printed = {name: _of_the_table(desk, operation, name, period) for name in [*names, *([operation.against] if operation.against else [])]}
        kept = {name: desk.sheet.add(figure) for name, figure in printed.items() if figure is not None}
        found = [kept[name] for name in names if name in kept]
        if not found:
            desk.gaps.append(desk.finder.gap(desk.wanted(desk.plan.slots.banks[0], desk.plan.slots.indicators[0], period)))
            continue
        total = kept.get(operation.against or "")
        shares = [figure for figure in found if figure.quantity.unit.dimension is Dimension.RATIO]
        amounts = [figure for figure in found if figure not in shares] or shares
        shares = [figure for figure in shares if figure not in amounts]
        desk.answer(*_ordered(amounts, operation), total, *_ordered(shares, operation))
        _remark_missing(desk, [name for name in names if name not in kept], period)
        ids = {"values": [figure.id for figure in _ordered(amounts, operation)], "shares": [figure.id for figure in _ordered(shares, operation)]}
        words = {"table": found[0].evidence[0].table if found[0].evidence else ""}
        if total is not None:
            ids["total"] = [total.id]
            words["sums"] = _check(desk, [figure for figure in printed.values() if figure is not None], amounts, total, ids)
        desk.findings.append(Finding(FindingKind.BREAKDOWN, ids, words))


def _of_the_table(desk: Desk, operation: Operation, name: str, period: Period) -> Figure | None:
    """The figure as the table prints it, not yet in the sheet; where the table is not named or lacks it, the best source's."""
    found = desk.finder.candidates(desk.wanted(desk.plan.slots.banks[0], name, period))
    own = [figure for figure in found if operation.table and _printed_in(figure, operation)]
    return next(iter([*own, *found]), None)


def _printed_in(figure: Figure, operation: Operation) -> bool:
    place = figure.evidence[0] if figure.evidence else None
    return place is not None and place.table == operation.table and (place.page or 0) >= operation.page


def _check(desk: Desk, printed: Sequence[Figure], amounts: Sequence[Figure], total: Figure, ids: dict[str, list[str]]) -> str:
    """"exact" or "rounded" where the rows add up to the total, "off" with their sum laid down where they do not, "" for what cannot be added.

    printed: the rows and the total as the table has them, whose paths tell which row is part of which; the total last.
    """
    column = [figure for figure in printed if figure.quantity.unit.dimension is total.quantity.unit.dimension]
    if len(amounts) < 2 or len(column) != len(amounts) + 1:
        return ""
    rows, turned = rows_of(column), rows_of([column[-1], *column[:-1]])
    block = block_above(rows, len(rows) - 1) or block_below(turned, 0)
    if block is not None and len(block.top) > 1:
        shift = 0 if block_above(rows, len(rows) - 1) else 1
        ids["largest"] = [max((amounts[index - shift] for index in block.top), key=lambda figure: figure.quantity.base).id]
        return "rounded" if block.rest else "exact"
    if total.quantity.unit.dimension is Dimension.RATIO:
        return ""
    below = {child for row in rows[:-1] for child in row.children}
    summed = sum((row.value for index, row in enumerate(rows[:-1]) if index not in below), Decimal())
    sum_of = derived(amounts, Quantity(summed, column[0].quantity.unit), indicator="所列各项之和", formula="所列各项相加", operation="sum", kind=FigureKind.COMPUTED)
    ids["sum"] = [desk.sheet.add(sum_of).id]
    return "off"


def _remark_missing(desk: Desk, names: Sequence[str], period: Period) -> None:
    """Rows of the table that have no figure at this period and scope are said, so that the list is not taken for all of it."""
    if names:
        told = "、".join(desk.catalogue.get(name).name for name in names[:6])
        desk.remark(f"{period.label(point=desk.catalogue.get(names[0]).point)}未列示：{told}{'等' if len(names) > 6 else ''}")


def _ordered(figures: list[Figure], operation: Operation) -> list[Figure]:
    """As the report has them; largest (or smallest) first where one of them is asked for."""
    if operation.highest is None:
        return figures
    return sorted(figures, key=lambda figure: figure.quantity.base, reverse=operation.highest)
