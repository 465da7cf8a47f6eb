"""Walks: from 营业收入 down to 净利润, and through a year of 贷款损失准备. Each step is one row of the statement, none is guessed.

Rows that a report does not give are collapsed into 其他, which is the exact remainder, and are listed as missing. Statements
print costs either as positive numbers or in brackets; which of the two a set of rows follows is read off the rows that can
have only one sign (业务及管理费, 税金及附加), so that a true reversal of an impairment keeps its sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from data.errors import FormulaError, UnitError
from data.figures import Figure
from tools.decomposition_result import Decomposition, build
from tools.derivation import base_value, value_in
from tools.exact import exact


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a walk: its name, acceptable indicator ids (best first), and whether it adds (1) or takes away (-1)."""

    name: str
    ids: tuple[str, ...]
    sign: int


_INCOME = Row("营业收入", ("operating_income",), 1)
_PROFIT = Row("净利润", ("net_profit",), 1)
_OPERATING_PROFIT = Row("营业利润", ("operating_profit",), 1)
_TOTAL_PROFIT = Row("利润总额", ("total_profit",), 1)
_TAXES = Row("税金及附加", ("taxes_and_surcharges",), -1)
_ADMIN = Row("业务及管理费", ("operating_expenses",), -1)
_NON_OPERATING = Row("营业外净额", ("non_operating_net",), 1)
_NON_OPERATING_SIDES = (Row("营业外收入", ("non_operating_income",), 1), Row("营业外支出", ("non_operating_expense",), -1))
_INCOME_TAX = Row("所得税", ("income_tax",), -1)
_CREDIT = Row("信用减值损失", ("credit_impairment_loss",), -1)
_OTHER_IMPAIRMENT = Row("其他资产减值损失", ("other_asset_impairment_loss",), -1)
_IMPAIRMENT = Row("资产减值损失", ("asset_impairment_loss",), -1)
_OTHER_COSTS = Row("其他业务成本", ("other_operating_costs",), -1)
_COSTS = (_TAXES, _ADMIN, _CREDIT, _OTHER_IMPAIRMENT, _OTHER_COSTS)
_OLD_COSTS = (_TAXES, _ADMIN, _IMPAIRMENT, _OTHER_COSTS)
_OPENING = Row("期初余额", ("allowance_opening",), 1)
_CLOSING = Row("期末余额", ("allowance_closing",), 1)
_MOVEMENTS = (
    Row("本期计提", ("allowance_charge",), 1), Row("核销及转出", ("allowance_write_off",), -1), Row("收回已核销", ("allowance_recovery",), 1),
    Row("折现转回", ("allowance_unwinding",), -1), Row("汇率及其他变动", ("allowance_exchange",), 1),
)


@dataclass(frozen=True, slots=True)
class _Walk:
    """The signed steps of one period in base units, the figures they rest on, the names of missing rows, and notes."""

    steps: dict[str, Decimal]
    figures: list[Figure]
    missing: list[str]
    notes: list[str]


def profit_walk(now: Mapping[str, Figure], base: Mapping[str, Figure] | None = None) -> Decomposition:
    """营业收入 → 净利润 by indicator id: the rows of one period, or with `base` each row's contribution to the change of 净利润.

    Both ends (operating_income, net_profit) are needed; 营业外净额 and 所得税 are taken from the subtotals where their own rows
    are absent. The parts sum exactly to 净利润 or its change.

    Raises:
        FormulaError: an end is missing, or an input has no id.
        UnitError: a row is not an amount of the same currency.
    """
    walks = [_profit_rows(side) for side in ((now,) if base is None else (now, base))]
    profits = [_required(side, _PROFIT) for side in ((now,) if base is None else (now, base))]
    path = "净利润 = 营业收入 − 税金及附加 − 业务及管理费 − 信用减值损失 − 其他资产减值损失 − 其他业务成本 + 营业外净额 − 所得税"
    return _walked("净利润", path, profits, walks, "net_profit")


def provision_movement(figures: Mapping[str, Figure]) -> Decomposition:
    """The change of 贷款损失准备 over a period: + 计提 − 核销及转出 + 收回 − 折现转回 + 汇率及其他, the remainder as 其他.

    Keys: allowance_opening, allowance_closing and any of allowance_charge, allowance_write_off, allowance_recovery,
    allowance_unwinding, allowance_exchange. Write-offs and unwinding are taken by size, however they are printed.

    Raises:
        FormulaError: the opening or closing balance is missing, or an input has no id.
        UnitError: a row is not an amount of the same currency.
    """
    opening, closing = _required(figures, _OPENING), _required(figures, _CLOSING)
    found = [(row, figure) for row in _MOVEMENTS if (figure := _find(figures, row)) is not None]
    with exact():
        steps = {row.name: -abs(_amount(figure, closing)) if row.sign < 0 else _amount(figure, closing) for row, figure in found}
        change = _amount(closing, closing) - _amount(opening, closing)
    missing = [row.name for row in _MOVEMENTS if _find(figures, row) is None]
    listed, notes = _with_rest(steps, change, missing)
    formula = "贷款损失准备变动 = 本期计提 − 核销及转出 + 收回已核销 − 折现转回 + 汇率及其他变动"
    used = [closing, opening, *(figure for _, figure in found)]
    return build(
        "贷款损失准备", "walk", formula, change, listed, used, closing.quantity.unit, base_index=1, indicator_id=closing.indicator_id,
        missing=missing, notes=notes,
    )


def _walked(name: str, formula: str, totals: Sequence[Figure], walks: Sequence[_Walk], indicator_id: str) -> Decomposition:
    """One walk as it stands, or the difference of two; a row that one side lacks goes into 其他 on both."""
    shared = [step for step in walks[0].steps if all(step in walk.steps for walk in walks)]
    dropped = [step for walk in walks for step in walk.steps if step not in shared]
    missing = list(dict.fromkeys([*(step for walk in walks for step in walk.missing), *dropped]))
    amounts = [base_value(total) for total in totals]
    with exact():
        value = amounts[0] - (amounts[1] if len(amounts) > 1 else 0)
        steps = {step: walks[0].steps[step] - (walks[1].steps[step] if len(walks) > 1 else 0) for step in shared}
    listed, notes = _with_rest(steps, value, missing)
    figures = [*totals, *(figure for walk in walks for figure in walk.figures)]
    said = [*(note for walk in walks for note in walk.notes), *notes]
    return build(
        name, "walk", formula, value, listed, figures, totals[0].quantity.unit, base_index=len(totals) - 1, indicator_id=indicator_id,
        missing=missing, notes=said, level=len(totals) == 1,
    )


def _profit_rows(side: Mapping[str, Figure]) -> _Walk:
    profit = _required(side, _PROFIT)
    income = _required(side, _INCOME)
    # One impairment row stands for both kinds where a report gives no 信用减值损失; beside that row it may or may not contain it.
    rows = _OLD_COSTS if _find(side, _CREDIT) is None and _find(side, _IMPAIRMENT) is not None else _COSTS
    costs = {row: figure for row in (*rows, _INCOME_TAX) if (figure := _find(side, row)) is not None}
    flip = -1 if _bracketed(costs) else 1
    steps = {_INCOME.name: _amount(income, profit)}
    steps |= {row.name: -flip * _amount(costs[row], profit) for row in rows if row in costs}
    figures = [income, *costs.values()]
    subtotals = {row: figure for row in (_OPERATING_PROFIT, _TOTAL_PROFIT) if (figure := _find(side, row)) is not None}
    non_operating = _non_operating(side, profit, subtotals)
    if non_operating is not None:
        steps[_NON_OPERATING.name], more = non_operating
        figures += more
    if _INCOME_TAX in costs:
        steps[_INCOME_TAX.name] = -flip * _amount(costs[_INCOME_TAX], profit)
    elif _TOTAL_PROFIT in subtotals:
        with exact():
            steps[_INCOME_TAX.name] = _amount(profit, profit) - _amount(subtotals[_TOTAL_PROFIT], profit)
        figures.append(subtotals[_TOTAL_PROFIT])
    missing = [row.name for row in (*rows, _NON_OPERATING, _INCOME_TAX) if row.name not in steps]
    notes = ["成本行在报表中以负数列示，已按支出计入"] if flip < 0 else []
    return _Walk(steps, figures, missing, notes)


def _non_operating(side: Mapping[str, Figure], profit: Figure, subtotals: Mapping[Row, Figure]) -> tuple[Decimal, list[Figure]] | None:
    """营业外净额: its own row, else income less expenses, else 利润总额 − 营业利润."""
    if (own := _find(side, _NON_OPERATING)) is not None:
        return _amount(own, profit), [own]
    income, expenses = (_find(side, row) for row in _NON_OPERATING_SIDES)
    with exact():
        if income is not None and expenses is not None:
            return _amount(income, profit) - abs(_amount(expenses, profit)), [income, expenses]
        if len(subtotals) == 2:
            operating, before_tax = subtotals[_OPERATING_PROFIT], subtotals[_TOTAL_PROFIT]
            return _amount(before_tax, profit) - _amount(operating, profit), [operating, before_tax]
    return None


def _bracketed(costs: Mapping[Row, Figure]) -> bool:
    """Whether this statement prints its costs as negative numbers."""
    for row in (_ADMIN, _TAXES):
        if row in costs and costs[row].quantity.value:
            return costs[row].quantity.value < 0
    values = [figure.quantity.value for figure in costs.values()]
    return bool(values) and all(value < 0 for value in values)


def _with_rest(steps: Mapping[str, Decimal], value: Decimal, missing: Sequence[str]) -> tuple[list[tuple[str, Decimal]], list[str]]:
    with exact():
        rest = value - sum(steps.values(), Decimal(0))
    if not rest and not missing:
        return list(steps.items()), []
    said = f"其他为余额，含未取得的{'、'.join(missing)}" if missing else "其他为各行合计与总额之差"
    return [*steps.items(), ("其他", rest)], [said]


def _find(side: Mapping[str, Figure], row: Row) -> Figure | None:
    return next((side[key] for key in row.ids if key in side), None)


def _required(side: Mapping[str, Figure], row: Row) -> Figure:
    figure = _find(side, row)
    if figure is None:
        raise FormulaError(f"缺少{row.name}，无法分解")
    return figure


def _amount(figure: Figure, like: Figure) -> Decimal:
    """The value in base units; refused where it is not an amount of the same currency."""
    if figure.quantity.unit.dimension.value not in ("amount", "foreign"):
        raise UnitError(f"{figure.indicator}的单位 {figure.quantity.unit} 不是金额")
    value_in(figure, like.quantity.unit)
    return base_value(figure)
