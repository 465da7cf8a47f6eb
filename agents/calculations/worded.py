"""自定公式: the formula that the question states, over reported figures, exactly as stated; the disclosed figure of that name beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from agents.calculations.desk import Desk
from agents.findings import Finding, FindingKind
from agents.plan import Operation, Term
from data.errors import FormulaError, PeriodError, UnitError
from data.figures import Figure, Gaap
from data.periods import Period
from data.units import Dimension, Quantity, Unit, unit
from tools.calculator import difference
from tools.derivation import base_value, derived
from tools.exact import exact
from tools.formulas import agreement, opening_of

_HUNDRED_MILLION = Decimal(100_000_000)


@dataclass(frozen=True)
class _Measure:
    """A value in base units and what it measures: powers of money and of counted things, with the unit first met of each."""

    value: Decimal
    money: int = 0
    count: int = 0
    money_unit: Unit | None = None
    count_unit: Unit | None = None
    bare: bool = False


def formula(desk: Desk, operation: Operation) -> None:
    """自定公式 for every bank and period asked for; with a base, the change of the result after it."""
    if operation.term is None:
        return
    for bank in desk.plan.slots.banks:
        for period in desk.periods:
            result = _result(desk, operation, operation.term, bank, period)
            if result is None:
                continue
            if operation.base is not None:
                _changed(desk, operation, operation.term, bank, result)
            else:
                _told(desk, operation, bank, period, result)


def _changed(desk: Desk, operation: Operation, term: Term, bank: str, now: Figure) -> None:
    other = desk.base_period(operation, now.period)
    then = _result(desk, operation, term, bank, other) if other is not None else None
    if then is None:
        return
    now, then = desk.sheet.add(now), desk.sheet.add(then)
    moved = desk.sheet.add(difference(now, then))
    desk.answer(moved, now)
    desk.findings.append(Finding(FindingKind.CHANGE, {"value": [now.id], "base": [then.id], "amount": [moved.id]}))


def _told(desk: Desk, operation: Operation, bank: str, period: Period, result: Figure) -> None:
    reported = desk.finder.find(desk.wanted(bank, operation.against, period), compute=False) if operation.against else None
    beside = reported is not None and reported.quantity.unit.dimension is result.quantity.unit.dimension
    agrees = beside and reported is not None and agreement(reported, result).agrees
    # Only a result that the bank discloses alike may pass for that indicator.
    kept = desk.sheet.add(replace(result, indicator_id=operation.against or "") if agrees else result)
    desk.answer(kept)
    desk.findings.append(Finding(FindingKind.VALUE, {"value": [kept.id]}))
    if reported is None or not beside:
        return
    desk.answer(reported)
    desk.findings.append(Finding(FindingKind.VALUE, {"value": [reported.id]}))
    if not agrees:
        desk.remark(f"按所给公式算出的结果与披露的{reported.indicator}不同：公式或口径不一样")


def _result(desk: Desk, operation: Operation, term: Term, bank: str, period: Period) -> Figure | None:
    """The formula's result as a figure over its inputs, not yet in the sheet; None, with the gap or the reason noted, where there is none."""
    used: list[Figure] = []
    try:
        with exact():
            measure = _measure(desk, term, bank, period, used)
            if measure is None:
                return None
            quantity = _quantity(measure, operation, desk.plan.slots.unit)
    except ArithmeticError:
        desk.remark(f"算式的分母为零，无法计算（{operation.expression}）")
        return None
    except (FormulaError, UnitError, PeriodError) as error:
        desk.remark(str(error))
        return None
    percent = " × 100%" if quantity.unit.symbol == "%" and "÷" in operation.expression else ""
    name = operation.name or operation.expression
    formula_text = f"{f'{operation.name} = ' if operation.name else ''}{operation.expression}{percent}"
    result = derived(used, quantity, indicator=name, formula=formula_text, operation="formula", notes=_notes(operation.term, used))
    return replace(result, period=_dated(used, period), point=all(figure.point for figure in used))


def _dated(used: list[Figure], period: Period) -> Period:
    return period.same_date() if all(figure.point for figure in used) else period


def _notes(term: Term | None, used: list[Figure]) -> list[str]:
    """What an average is, and that part of a year over a balance is not annualised."""
    notes = ["平均数为期初与期末的简单平均"] if term is not None and any(leaf.when == "average" for leaf in term.leaves()) else []
    months = {figure.period.months for figure in used if not figure.point}
    if len(months) == 1 and months != {12} and any(figure.point for figure in used):
        notes.append(f"分子为 {months.pop()} 个月累计数，未年化")
    return notes


def _measure(desk: Desk, term: Term, bank: str, period: Period, used: list[Figure]) -> _Measure | None:
    if term.number:
        percent = term.number.endswith("%")
        value = Decimal(term.number.rstrip("%"))
        return _Measure(value / 100 if percent else value, bare=True)
    if not term.sign:
        figures = _figures(desk, term, bank, Period.parse(term.period) if term.period else period)
        used += figures
        return _mean([_measured(figure) for figure in figures])
    left, right = (_measure(desk, each, bank, period, used) for each in term.terms)
    return None if left is None or right is None else _combined(term.sign, left, right)


def _figures(desk: Desk, leaf: Term, bank: str, period: Period) -> list[Figure]:
    """The leaf's figure, in the sheet; closing and opening one for an average; none, with the gap noted, where one is missing."""
    name = f"{leaf.indicator}_ifrs" if desk.plan.slots.gaap == Gaap.IFRS.value and f"{leaf.indicator}_ifrs" in desk.catalogue else leaf.indicator
    if not leaf.when or not desk.catalogue.get(name).point:
        if leaf.when:
            raise FormulaError(f"{desk.catalogue.get(name).name}是期间数，没有期初与期末")
        only = desk.value(bank, name, period)
        return [only] if only is not None else []
    whens = [period, opening_of(period)] if leaf.when == "average" else [opening_of(period)]
    found = [figure for when in whens if (figure := desk.value(bank, name, when)) is not None]
    return found if len(found) == len(whens) else []


def _mean(measures: list[_Measure]) -> _Measure | None:
    """One measure, or the mean of two of one kind; None of none."""
    return replace(measures[0], value=sum((each.value for each in measures), Decimal(0)) / len(measures)) if measures else None


def _measured(figure: Figure) -> _Measure:
    own = figure.quantity.unit
    value = base_value(figure)
    match own.dimension:
        case Dimension.AMOUNT:
            return _Measure(value, money=1, money_unit=own)
        case Dimension.COUNT:
            return _Measure(value, count=1, count_unit=own)
        case Dimension.PER_SHARE:
            return _Measure(value, money=1, count=-1, money_unit=unit("元"), count_unit=unit("股"))
        case Dimension.RATIO:
            return _Measure(value)
        case _:
            raise UnitError(f"{figure.indicator}以{own}计量，不能放进算式")


def _combined(sign: str, left: _Measure, right: _Measure) -> _Measure:
    money, count = left.money_unit or right.money_unit, left.count_unit or right.count_unit
    if left.count_unit and right.count_unit and left.count_unit.noun != right.count_unit.noun and sign in ("+", "-"):
        raise UnitError(f"{left.count_unit.noun}数与{right.count_unit.noun}数不能相加减")
    if sign in ("+", "-"):
        if (left.money, left.count) != (right.money, right.count) and not (left.bare or right.bare):
            raise UnitError("算式里相加减的项目单位不同类，不能一起计算")
        value = left.value + right.value if sign == "+" else left.value - right.value
        return _Measure(value, left.money or right.money, left.count or right.count, money, count)
    by = 1 if sign == "×" else -1
    value = left.value * right.value if sign == "×" else left.value / right.value
    return _Measure(value, left.money + by * right.money, left.count + by * right.count, money, count)


def _quantity(measure: _Measure, operation: Operation, asked: str) -> Quantity:
    """The value in the unit that is asked for, else in that of its inputs, 万元 or 亿元 for each of what is counted, % for a ratio."""
    powers = (measure.money, measure.count)
    wanted = unit(asked) if asked and asked != "BP" else None
    if powers == (0, 0):
        return _in(measure.value, wanted if wanted is not None and wanted.dimension is Dimension.RATIO else unit(operation.unit or "%"))
    if powers == (0, 1) and measure.count_unit is not None:
        return _in(measure.value, measure.count_unit)
    if powers == (1, -1) and measure.count_unit is not None and measure.count_unit.noun == "股":
        return _in(measure.value, unit("元/股"))
    if powers in ((1, 0), (1, -1)) and measure.money_unit is not None:
        each = unit("万元") if abs(measure.value) < _HUNDRED_MILLION else unit("亿元")
        return _in(measure.value, wanted if wanted is not None and wanted.dimension is Dimension.AMOUNT else measure.money_unit if measure.count == 0 else each)
    raise UnitError(f"{operation.expression}的单位没有意义，请核对算式")


def _in(value: Decimal, target: Unit) -> Quantity:
    return Quantity(value / target.factor, target)
