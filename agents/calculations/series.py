"""Several periods of one bank: trends, compound growth, averages and totals."""

from __future__ import annotations

from agents.calculations.desk import Desk
from agents.findings import Finding, FindingKind
from agents.plan import Op, Operation
from data.errors import FormulaError
from data.figures import Figure
from data.indicators import Indicator
from tools.calculator import average as mean
from tools.calculator import cagr as compound
from tools.calculator import total as add_up
from tools.derivation import is_amount
from tools.formulas import opening_of


def trend(desk: Desk, _: Operation) -> None:
    """趋势: the series, the change from its first to its last point, and compound growth for amounts over years."""
    for bank, indicator in desk.subjects():
        found = _series(desk, bank, indicator)
        if not found:
            continue
        desk.answer(*found)
        ids: dict[str, list[str]] = {"values": [figure.id for figure in found]}
        if len(found) > 1:
            moved, rate = desk.change(found[-1], found[0])
            ids["amount"] = [moved.id]
            if rate is not None and len(found) == 2:
                ids["rate"] = [rate.id]
        if len(found) > 2 and is_amount(found[0].quantity.unit) and (speed := _compound(desk, found)) is not None:
            ids["cagr"] = [speed.id]
        if desk.plan.main is not Op.CAGR:
            desk.findings.append(Finding(FindingKind.TREND, ids, {"gaps": _missing(desk, found)}))


def cagr(desk: Desk, _: Operation) -> None:
    """复合增速 between the first and the last period asked for."""
    for bank, indicator in desk.subjects():
        found = _series(desk, bank, indicator)
        if len(found) < 2:
            desk.remark(f"{desk.bank_name(bank)}{indicator.name}不足两期，无法计算复合增速")
            continue
        speed = _compound(desk, found)
        if speed is None:
            continue
        desk.answer(speed)
        desk.findings.append(Finding(FindingKind.CAGR, {"cagr": [speed.id], "values": [found[0].id, found[-1].id]}))


def average(desk: Desk, _: Operation) -> None:
    """平均: of several periods or banks; of one balance, its opening and closing."""
    for indicator in desk.indicators():
        found = [f for bank in desk.plan.slots.banks for period in desk.periods if (f := desk.value(bank, indicator.id, period))]
        if len(found) == 1 and indicator.point and len(desk.plan.slots.banks) == 1:
            opening = desk.value(desk.plan.slots.banks[0], indicator.id, opening_of(desk.periods[0]))
            found = [opening, *found] if opening else found
        if len(found) > 1:
            result = desk.sheet.add(mean(found))
            desk.answer(result)
            desk.findings.append(Finding(FindingKind.AVERAGE, {"result": [result.id], "values": [figure.id for figure in found]}))


def total(desk: Desk, _: Operation) -> None:
    """合计 of amounts over banks, indicators or periods."""
    found = [f for bank, indicator in desk.subjects() for period in desk.periods if (f := desk.value(bank, indicator.id, period))]
    if len(found) == 1:
        desk.answer(found[0])
        desk.findings.append(Finding(FindingKind.VALUE, {"value": [found[0].id]}))
        return
    try:
        result = desk.sheet.add(add_up(found))
    except FormulaError as error:
        desk.remark(str(error))
        return
    desk.answer(result)
    desk.findings.append(Finding(FindingKind.TOTAL, {"result": [result.id], "values": [figure.id for figure in found]}))


def _series(desk: Desk, bank: str, indicator: Indicator) -> list[Figure]:
    """The figures of the periods asked for, oldest first; a missing one is a caveat as long as two are there."""
    gaps_before = len(desk.gaps)
    ordered = sorted(dict.fromkeys(desk.periods), key=lambda period: period.sort_key)
    found = [figure for period in ordered if (figure := desk.value(bank, indicator.id, period)) is not None]
    if len(found) >= 2:
        for gap in desk.gaps[gaps_before:]:
            desk.remark(gap.message)
        del desk.gaps[gaps_before:]
    return found


def _compound(desk: Desk, found: list[Figure]) -> Figure | None:
    try:
        return desk.sheet.add(compound(found[0], found[-1]))
    except FormulaError as error:
        if desk.plan.main is Op.CAGR:
            desk.remark(str(error))
        return None


def _missing(desk: Desk, found: list[Figure]) -> str:
    have = {str(figure.period) for figure in found}
    return "、".join(str(period) for period in desk.periods if str(period) not in have and str(period.same_date()) not in have)
