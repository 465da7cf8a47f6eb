"""Building a figure from other figures: whose it is, what it rests on, and what a reader must be told about the mix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from data.errors import FormulaError, UnitError
from data.figures import Figure, FigureKind
from data.units import Dimension, Quantity, Unit, unit
from tools.exact import exact


def derived(
    inputs: Sequence[Figure],
    quantity: Quantity,
    *,
    indicator: str,
    formula: str,
    operation: str,
    kind: FigureKind = FigureKind.COMPUTED,
    indicator_id: str = "",
    notes: Sequence[str] = (),
    across: bool = False,
) -> Figure:
    """A figure computed from `inputs`; entity, period, scope and 准则 are those of the first one.

    Mixed scopes, 准则 and restated figures are said in the note, as are mixed entities unless `across` says they are meant.

    Raises:
        FormulaError: an input has no id, so that the result could not be traced.
    """
    first = inputs[0]
    said = [*notes, *mixing_notes(inputs, across=across)]
    return replace(
        first, quantity=quantity, indicator=indicator, indicator_id=indicator_id, formula=formula, operation=operation, kind=kind,
        inputs=ids_of(inputs), evidence=[], id="", note="；".join(dict.fromkeys(said)), audited=all(figure.audited for figure in inputs),
        restated=any(figure.restated for figure in inputs), rank=max(figure.rank for figure in inputs), base_period=None, counterpart="",
    )


def ids_of(inputs: Sequence[Figure]) -> list[str]:
    """Ids of the inputs in order, without repeats; raises FormulaError where one has none."""
    for figure in inputs:
        if not figure.id:
            raise FormulaError(f"{figure.entity}{figure.period_label}{figure.indicator}还没有编号，请先放进事实表再计算")
    return list(dict.fromkeys(figure.id for figure in inputs))


def mixing_notes(inputs: Sequence[Figure], *, across: bool = False) -> list[str]:
    """What a reader must know where the inputs are not of one kind."""
    notes = []
    if not across and (entities := _distinct([figure.entity for figure in inputs])):
        notes.append(f"数据来自不同主体（{entities}）")
    if scopes := _distinct([figure.scope.value for figure in inputs]):
        notes.append(f"口径不一致（{scopes}），结果仅供参考")
    if gaaps := _distinct([figure.gaap.value for figure in inputs]):
        notes.append(f"会计准则不一致（{gaaps}），结果仅供参考")
    if len({figure.audited for figure in inputs}) > 1:
        notes.append("部分数据未经审计")
    restated = [figure for figure in inputs if figure.restated]
    if restated and len(restated) < len(inputs):
        notes.append("、".join(dict.fromkeys(figure.period_label for figure in restated)) + "为重述数")
    return notes


def _distinct(values: Sequence[str]) -> str:
    different = list(dict.fromkeys(values))
    return "与".join(different) if len(different) > 1 else ""


def base_value(figure: Figure) -> Decimal:
    """The value in the base unit of its dimension (元, 1, 个百分点, 元/股), exact to 50 digits."""
    with exact():
        return figure.quantity.value * figure.quantity.unit.factor


def value_in(figure: Figure, target: Unit) -> Decimal:
    """The value in another unit of the same dimension, exact to 50 digits.

    Raises:
        UnitError: the figure measures something else.
    """
    own = figure.quantity.unit
    if (own.dimension, own.noun) != (target.dimension, target.noun):
        raise UnitError(f"{figure.indicator}的单位 {own} 与 {target} 不是同一类，不能一起计算")
    with exact():
        return figure.quantity.value if own == target else figure.quantity.value * own.factor / target.factor


def change_unit(measured: Unit) -> Unit:
    """The unit in which a change is stated: 个百分点 for % and ‰, else the unit itself."""
    return unit("个百分点") if measured.symbol in ("%", "‰") else measured


def is_amount(measured: Unit) -> bool:
    """Whether a relative growth in % makes sense: amounts, counts and per-share values, not ratios or points."""
    return measured.dimension not in (Dimension.RATIO, Dimension.POINTS)
