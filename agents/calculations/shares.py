"""Shares of a whole, free arithmetic, and an overview of one bank."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from agents.calculations.desk import Desk
from agents.findings import Finding, FindingKind
from agents.plan import Op, Operation
from data.errors import FormulaError, UnitError
from data.figures import Figure, FigureKind
from data.periods import Period
from data.units import Dimension, Quantity, unit
from tools.calculator import difference, per_unit
from tools.calculator import ratio as quotient
from tools.calculator import share as part_of
from tools.derivation import is_amount
from tools.expressions import evaluate

_CLOSE = Decimal("0.05")
OVERVIEW = (
    "operating_income", "net_profit_attributable", "roe_weighted", "net_interest_margin", "cost_income_ratio", "npl_ratio", "provision_coverage",
    "cet1_ratio", "total_assets",
)


def share(desk: Desk, operation: Operation) -> None:
    """占比: a part over its whole, both reported."""
    if operation.against is None:
        desk.remark("不清楚占什么的比重；请说明整体，例如“占营业收入的比重”")
        return
    if operation.base is not None:
        _share_change(desk, operation, operation.against)
        return
    for bank, indicator in desk.subjects():
        for period in desk.periods:
            part, whole = desk.value(bank, indicator.id, period), desk.value(bank, operation.against, period)
            if part is None or whole is None:
                continue
            result = _share(desk, part, whole, ratio=operation.op is Op.RATIO)
            if result is not None and (printed := _printed(desk, bank, indicator.id, period, result)) is not None:
                desk.answer(printed)
                desk.findings.append(Finding(FindingKind.VALUE, {"value": [printed.id]}))
            if result is not None:
                desk.answer(result)
                desk.findings.append(Finding(FindingKind.SHARE, {"result": [result.id], "part": [part.id], "whole": [whole.id]}))


def _printed(desk: Desk, bank: str, indicator: str, period: Period, computed: Figure) -> Figure | None:
    """The share as the report prints it beside the amount, where it is the same share as the computed one but for rounding."""
    for name in desk.rows.share_of(indicator) if desk.rows is not None else ():
        figure = desk.finder.find(desk.wanted(bank, name, period), compute=False)
        if figure is not None and figure.quantity.unit.symbol == computed.quantity.unit.symbol and abs(figure.quantity.value - computed.quantity.value) <= _CLOSE:
            return figure
    return None


def _share_change(desk: Desk, operation: Operation, against: str) -> None:
    """The share now and then, and the difference in 个百分点."""
    for bank, indicator in desk.subjects():
        for period in desk.periods:
            shares = []
            for when in (period, desk.base_period(operation, period)):
                part, whole = (desk.value(bank, name, when) if when else None for name in (indicator.id, against))
                shares.append(_share(desk, part, whole, ratio=False) if part is not None and whole is not None else None)
            now, then = shares
            if now is not None and then is not None:
                moved = desk.sheet.add(difference(now, then))
                desk.answer(moved, now)
                desk.findings.append(Finding(FindingKind.CHANGE, {"value": [now.id], "base": [then.id], "amount": [moved.id]}))


def expression(desk: Desk, operation: Operation) -> None:
    """算式: arithmetic over numbers that the user gave; exact, and said to rest on his numbers."""
    try:
        value = evaluate(operation.expression, {})
    except FormulaError as error:
        desk.remark(str(error))
        return
    figure = Figure(
        entity="用户给定", entity_id="", indicator="算式结果", indicator_id="", period=Period(desk.today.year), quantity=Quantity(_trimmed(value), unit("")),
        kind=FigureKind.COMPUTED, formula=operation.expression, operation="expression", note="按用户给出的数字计算，未核对来源",
    )
    kept = desk.sheet.add(figure, answer=True)
    desk.findings.append(Finding(FindingKind.EXPRESSION, {"result": [kept.id]}, {"expression": operation.expression}))


def overview(desk: Desk, operation: Operation) -> None:
    """概览: the main figures of a bank with their changes; what is missing is not padded."""
    names = desk.plan.slots.indicators or [name for name in OVERVIEW if name in desk.catalogue]
    for bank in desk.plan.slots.banks:
        for period in desk.periods[-1:]:
            if not table_of(desk, bank, names, period):
                desk.gaps.append(desk.finder.gap(desk.wanted(bank, names[0], period)))


def table_of(desk: Desk, bank: str, names: Sequence[str], period: Period) -> bool:
    """A table of figures with their changes on the year before; whether there was any figure."""
    kept = [line for name in names if (line := _overview_line(desk, bank, name, period))]
    if kept:
        desk.findings.append(Finding(FindingKind.OVERVIEW, {"values": [v for v, _ in kept], "amounts": [a for _, a in kept]}))
    return bool(kept)


def _overview_line(desk: Desk, bank: str, name: str, period: Period) -> tuple[str, str] | None:
    figure = desk.finder.find(desk.wanted(bank, name, period), compute=False)
    if figure is None:
        return None
    desk.answer(figure)
    base = desk.base(figure, bank, name, period.year_ago())
    if base is None:
        return figure.id, ""
    moved, rate = desk.change(figure, base)
    return figure.id, (rate or moved).id


def _share(desk: Desk, part: Figure, whole: Figure, *, ratio: bool) -> Figure | None:
    """The share, or for 除以 and 比值 the plain quotient; None with a remark where there is none."""
    try:
        if ratio and whole.quantity.unit.dimension is Dimension.COUNT and is_amount(part.quantity.unit):
            return desk.sheet.add(per_unit(part, whole))
        return desk.sheet.add(quotient(part, whole) if ratio else part_of(part, whole))
    except (FormulaError, UnitError) as error:
        desk.remark(str(error))
        return None


def _trimmed(value: Decimal) -> Decimal:
    """The value without trailing zeros, never in exponent form."""
    return Decimal(f"{value.normalize():f}")


