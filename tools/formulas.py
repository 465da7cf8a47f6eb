"""Applying the formulas: what a ratio needs, the ratio as a figure, and whether a reported one agrees with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from data.errors import FormulaError, UnitError
from data.figures import Figure
from data.periods import Part, Period
from data.units import Quantity, unit
from tools.derivation import base_value, derived, value_in
from tools.exact import exact
from tools.formatting import format_number, rounded
from tools.formula_table import FORMULAS, Formula, Input

__all__ = ["FORMULAS", "Agreement", "Formula", "Input", "Need", "agreement", "apply", "formula", "formulas_for", "gather", "needs", "opening_of"]

_OPENING: Mapping[Part, Part] = {Part.Q2: Part.Q1, Part.Q3: Part.H1, Part.Q4: Part.NINE_MONTHS, Part.H2: Part.H1}


@dataclass(frozen=True, slots=True)
class Need:
    """One figure to fetch: under which key `apply` takes it, acceptable indicators (best first), and for which period.

    optional: `apply` can do without. A key without .opening or .closing that stands for a reported average balance is
    optional too, because the two balances can replace it.
    """

    input_name: str
    indicator_ids: tuple[str, ...]
    period: Period
    label: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether a recomputed value agrees with the reported one within its printed precision; difference = recomputed − reported."""

    agrees: bool
    difference: Decimal
    message: str


def formula(formula_id: str) -> Formula:
    """The formula of an id; raises FormulaError for an unknown one."""
    try:
        return FORMULAS[formula_id]
    except KeyError:
        raise FormulaError(f"没有公式 {formula_id}") from None


def formulas_for(indicator_id: str) -> list[Formula]:
    """The formulas that compute an indicator, the usual one first."""
    return [item for item in FORMULAS.values() if (item.indicator_id or item.id) == indicator_id]


def opening_of(period: Period) -> Period:
    """The balance-sheet date at which a period opens: the year end before, or the quarter end before a single quarter."""
    part = _OPENING.get(period.part)
    return Period(period.year, part) if part is not None else period.prior_year_end()


def needs(formula_id: str, period: Period) -> list[Need]:
    """Every figure that a formula takes for a period; an average takes the reported one, or the closing and opening balances."""
    return [need for item in formula(formula_id).inputs for need in _needs_of(item, period)]


def gather(formula_id: str, period: Period, find: Callable[[tuple[str, ...], Period], Figure | None]) -> tuple[dict[str, Figure], list[Need]]:
    """The inputs of a formula that `find(indicator ids, period)` knows, ready for `apply`, and the needs that stay open."""
    found: dict[str, Figure] = {}
    missing: list[Need] = []
    for item in formula(formula_id).inputs:
        for need in _needs_of(item, period):
            if need.input_name != item.name and item.name in found:
                continue
            if (figure := find(need.indicator_ids, need.period)) is not None:
                found[need.input_name] = figure
            elif not need.optional:
                missing.append(need)
    return found, missing


def apply(formula_id: str, inputs: Mapping[str, Figure], *, annualise: bool = False) -> Figure:
    """The ratio as a COMPUTED figure: named after its indicator, with the definition as its formula and the inputs' ids.

    `inputs` are keyed as in `needs`. A part of a year is annualised (× 12 ÷ months) only if asked; the note says which.

    Raises:
        FormulaError: an input is missing, has no id, or a denominator is zero.
        UnitError: an input has another dimension than the formula takes.
    """
    rule = formula(formula_id)
    values, used, notes = _collect(rule, inputs)
    factor, about = _span(rule, inputs, annualise)
    try:
        with exact():
            value = rule.compute(values) * factor
    except ArithmeticError:
        raise FormulaError(f"{rule.name}的分母为零，无法计算（{rule.definition}）") from None
    target = unit(rule.unit) if rule.unit else used[0].quantity.unit
    with exact():
        quantity = Quantity(value / target.factor, target)
    result = derived(
        used, quantity, indicator=rule.name, indicator_id=rule.indicator_id or rule.id, formula=rule.definition, operation="formula",
        notes=[*notes, *about, *([rule.note] if rule.note else [])],
    )
    return replace(result, point=rule.point)


def agreement(reported: Figure, recomputed: Figure, places: int = 2) -> Agreement:
    """Whether a recomputed figure rounds to the reported one at the digits that were printed (at most `places` of them).

    Raises:
        UnitError: the two are not of one dimension.
    """
    own = reported.quantity.unit
    exponent = reported.quantity.value.as_tuple().exponent
    printed = min(places, max(0, -exponent)) if isinstance(exponent, int) else places
    value = value_in(recomputed, own)
    with exact():
        gap = value - reported.quantity.value
        agrees = rounded(value, printed) == rounded(reported.quantity.value, printed) or abs(gap) <= Decimal("0.5").scaleb(-printed)
    shown = f"披露 {format_number(reported.quantity.value, printed)}{own}，重算 {format_number(value, printed if agrees else max(printed, 2))}{own}"
    if agrees:
        return Agreement(True, gap, f"重算值与披露值在四舍五入范围内一致（{shown}）")
    rule = next(iter(formulas_for(reported.indicator_id) or formulas_for(recomputed.indicator_id)), None)
    return Agreement(False, gap, f"重算值与披露值不一致（{shown}）" + (f"；{rule.tolerance}" if rule is not None else ""))


def _needs_of(item: Input, period: Period) -> list[Need]:
    now = period.same_date() if item.stock else period
    opening = opening_of(period)
    match item.when:
        case "opening":
            return [Need(item.name, item.ids, opening, item.label, item.optional)]
        case "average":
            direct = [Need(item.name, item.average_ids, period, f"平均{item.label}", optional=True)] if item.average_ids else []
            first = Need(f"{item.name}.opening", item.ids, opening, f"期初{item.label}")
            return [*direct, Need(f"{item.name}.closing", item.ids, now, item.label), first]
        case _:
            return [Need(item.name, item.ids, now, item.label, item.optional)]


def _collect(rule: Formula, inputs: Mapping[str, Figure]) -> tuple[dict[str, Decimal], list[Figure], list[str]]:
    """The values in base units, the figures used (one of the current period first) and what to note about them."""
    values: dict[str, Decimal] = {}
    used: list[Figure] = []
    notes: list[str] = []
    for item in rule.inputs:
        figures = _figures_of(item, inputs)
        for figure in figures:
            if figure.quantity.unit.dimension is not item.measure:
                raise UnitError(f"{rule.name}的{item.label}不能以{figure.quantity.unit}计量")
        with exact():
            value = sum((base_value(figure) for figure in figures), Decimal(0)) / (len(figures) or 1)
        if item.expense and value < 0:
            value = -value
            notes.append(f"{item.label}在报表中以负数列示，按绝对值计入")
        notes += [f"{item.label}以{f.indicator}代替" for f in figures if f.indicator_id in item.ids[1:]]
        if len(figures) == 2:
            notes.append(f"平均{item.label}为期初与期末的简单平均")
        if not figures:
            notes.append(f"未取得{item.label}，按零计入")
        values[item.name] = value
        used += figures
    return values, used, [*notes, *_dates_apart(rule, inputs)]


def _figures_of(item: Input, inputs: Mapping[str, Figure]) -> list[Figure]:
    if item.name in inputs:
        return [inputs[item.name]]
    pair = [f"{item.name}.closing", f"{item.name}.opening"]
    if item.when == "average" and all(key in inputs for key in pair):
        return [inputs[key] for key in pair]
    if item.optional:
        return []
    wanted = f"期初与期末的{item.label}" if item.when == "average" else item.label
    raise FormulaError(f"缺少{wanted}")


def _dates_apart(rule: Formula, inputs: Mapping[str, Figure]) -> list[str]:
    keys = [item.name for item in rule.inputs if item.when == "current"] + [f"{item.name}.closing" for item in rule.inputs if item.when == "average"]
    ends = {inputs[key].period.end for key in keys if key in inputs}
    return ["各输入的期间不一致，请核对"] if len(ends) > 1 else []


def _span(rule: Formula, inputs: Mapping[str, Figure], annualise: bool) -> tuple[Decimal, list[str]]:
    """The factor of annualisation and its note; 1 for whole years and for ratios without a flow over a stock."""
    months = inputs[rule.flow].period.months if rule.flow else 12
    if months in (0, 12):
        return Decimal(1), []
    if not annualise:
        return Decimal(1), [f"分子为 {months} 个月累计数，未年化"]
    with exact():
        return Decimal(12) / months, [f"已按 12÷{months} 年化"]
