"""Exact attribution: why a figure changed, in parts that sum to the change to the last unit.

    dupont_two, dupont_three   ROE over its factors (LMDI; Shapley where a factor is zero or negative, or on request)
    product_change             any figure that is a product of figures
    ratio_change               a ratio over its numerator and denominator (Shapley)
    shares_of_change           the growth of a total over its parts
    volume_rate_mix            利息净收入 over volume, rate and their crossing
    profit_walk                营业收入 → 净利润, of one period or of a change
    provision_movement         the year of 贷款损失准备

Every result can be put on a fact sheet (`added_to`); its inputs must be on that sheet already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

from data.errors import FormulaError
from data.figures import Figure
from data.units import Unit, unit
from tools.decomposition_methods import lmdi, lmdi_applies, product, shapley
from tools.decomposition_result import Decomposition, Part, build
from tools.derivation import base_value, change_unit, value_in
from tools.exact import exact
from tools.walks import profit_walk, provision_movement

__all__ = [
    "Decomposition", "Method", "Part", "dupont_three", "dupont_two", "product_change", "profit_walk", "provision_movement", "ratio_change",
    "shares_of_change", "volume_rate_mix",
]

Method = Literal["lmdi", "shapley"]
_METHOD_NAMES: Mapping[str, str] = {"lmdi": "LMDI（对数平均迪氏指数法）", "shapley": "Shapley值法"}


def dupont_two(now: Mapping[str, Figure], base: Mapping[str, Figure], method: Method = "lmdi") -> Decomposition:
    """The change of ROE = 资产收益率 × 权益乘数.

    Keys of both sides: net_profit, assets, equity (amounts; average balances for the usual ROE). Raises FormulaError for a
    missing key, a zero denominator or an input without id.
    """
    return _dupont(now, base, method, (("资产收益率", "net_profit", "assets"), ("权益乘数", "assets", "equity")))


def dupont_three(now: Mapping[str, Figure], base: Mapping[str, Figure], method: Method = "lmdi") -> Decomposition:
    """The change of ROE = 净利率 × 资产周转率 × 权益乘数; keys as in `dupont_two`, and operating_income."""
    factors = (("净利率", "net_profit", "operating_income"), ("资产周转率", "operating_income", "assets"), ("权益乘数", "assets", "equity"))
    return _dupont(now, base, method, factors)


def product_change(
    name: str, now: Mapping[str, Figure], base: Mapping[str, Figure], *, unit_symbol: str = "%", indicator_id: str = "", method: Method = "lmdi"
) -> Decomposition:
    """The change of a product of figures over its factors; both sides map the factors' names to figures, in one order.

    Raises:
        FormulaError: the sides name different factors, there are more than six, or an input has no id.
    """
    if list(now) != list(base) or not 1 <= len(now) <= 6:
        raise FormulaError("乘积分解要求两期因素相同，且为 1 到 6 个")
    figures = [*now.values(), *base.values()]
    values = [base_value(figure) for figure in now.values()], [base_value(figure) for figure in base.values()]
    formula = f"{name} = {' × '.join(now)}"
    return _product(name, indicator_id, list(now), values, figures, formula, unit(unit_symbol), method)


def ratio_change(
    name: str, numerator: tuple[Figure, Figure], denominator: tuple[Figure, Figure], *, unit_symbol: str = "%", indicator_id: str = ""
) -> Decomposition:
    """The change of numerator ÷ denominator into the effect of each (Shapley); pairs are (now, base).

    Raises:
        FormulaError: a denominator is zero, or an input has no id.
        UnitError: numerator and denominator are not of one dimension.
    """
    own = numerator[0].quantity.unit
    tops, bottoms = [value_in(figure, own) for figure in numerator], [value_in(figure, own) for figure in denominator]
    if not all(bottoms):
        raise FormulaError(f"{denominator[0].indicator}为零，不能作分母")
    effects = shapley([tops[0], bottoms[0]], [tops[1], bottoms[1]], lambda pair: pair[0] / pair[1])
    with exact():
        change = tops[0] / bottoms[0] - tops[1] / bottoms[1]
    names = [numerator[0].indicator, denominator[0].indicator]
    names = names if names[0] != names[1] else ["分子", "分母"]
    figures = [numerator[0], denominator[0], numerator[1], denominator[1]]
    formula = f"{name} = {names[0]} ÷ {names[1]}"
    steps = list(zip(names, effects, strict=True))
    return build(name, "shapley", formula, change, steps, figures, unit(unit_symbol), base_index=2, indicator_id=indicator_id)


def shares_of_change(total_now: Figure, total_base: Figure, parts_now: Mapping[str, Figure], parts_base: Mapping[str, Figure]) -> Decomposition:
    """The change of a total over its parts (keyed by name or indicator id), with the exact remainder as 其他.

    A part that one side lacks is listed in `missing` and falls into 其他.

    Raises:
        FormulaError: an input has no id, or the total is a ratio.
        UnitError: a part is not of the total's dimension.
    """
    own = total_now.quantity.unit
    if change_unit(own) != own:
        raise FormulaError(f"{total_now.indicator}是比率，不能按组成部分相加")
    shared = [key for key in parts_now if key in parts_base]
    missing = [side[key].indicator for side in (parts_now, parts_base) for key in side if key not in shared]
    with exact():
        change = _step(total_now, total_base, own)
        steps = [(parts_now[key].indicator, _step(parts_now[key], parts_base[key], own)) for key in shared]
        rest = change - sum((step for _, step in steps), Decimal(0))
    if rest or missing:
        steps.append(("其他", rest))
    figures = [total_now, total_base, *(side[key] for key in shared for side in (parts_now, parts_base))]
    formula = f"{total_now.indicator}变动 = 各组成部分变动之和" + (" + 其他" if rest or missing else "")
    notes = ["其他为总变动减去所列各项的余额"] if rest or missing else []
    with exact():
        if shared and sum((value_in(parts_now[key], own) for key in shared), Decimal(0)) > total_now.quantity.value:
            notes.append("所列各项之和大于总额，分类可能重叠，请核对")
    return build(
        total_now.indicator, "difference", formula, change, steps, figures, own, base_index=1, indicator_id=total_now.indicator_id,
        missing=missing, notes=notes,
    )


def volume_rate_mix(now: Mapping[str, Figure], base: Mapping[str, Figure]) -> Decomposition:
    """The change of 利息净收入 into volume, rate and their crossing.

    Keys: net_interest_income and average_interest_earning_assets; with interest_income, interest_expense and
    average_interest_bearing_liabilities as well, each side of the balance sheet is split on its own.

    Raises:
        FormulaError: a key is missing, an average balance is zero, or an input has no id.
    """
    both = ("interest_income", "interest_expense", "average_interest_earning_assets", "average_interest_bearing_liabilities")
    two_sided = all(key in side for side in (now, base) for key in both)
    figures = [side[key] for side in (now, base) for key in (both if two_sided else ()) if key in side]
    if two_sided:
        steps = _volume_rate(now, base, "interest_income", both[2], ("生息资产规模", "生息资产收益率", "资产端规模与收益率交叉"), 1)
        steps += _volume_rate(now, base, "interest_expense", both[3], ("计息负债规模", "计息负债成本率", "负债端规模与成本率交叉"), -1)
        formula = "利息净收入 = 生息资产平均余额 × 平均收益率 − 计息负债平均余额 × 平均成本率"
    else:
        _require(now, base, ("net_interest_income", both[2]))
        figures = [side[key] for side in (now, base) for key in ("net_interest_income", both[2])]
        steps = _volume_rate(now, base, "net_interest_income", both[2], ("生息资产规模", "净息差", "规模与净息差交叉"), 1)
        formula = "利息净收入 = 生息资产平均余额 × 净息差"
    with exact():
        change = sum((step for _, step in steps), Decimal(0))
    first = now.get("net_interest_income", figures[0])
    notes = ["规模因素 = 余额变动 × 基期利率；利率因素 = 利率变动 × 基期余额；交叉因素 = 余额变动 × 利率变动"]
    return build(
        "利息净收入", "volume_rate_mix", formula, change, steps, figures, first.quantity.unit, base_index=len(figures) // 2,
        indicator_id="net_interest_income", notes=notes,
    )


def _dupont(now: Mapping[str, Figure], base: Mapping[str, Figure], method: Method, factors: Sequence[tuple[str, str, str]]) -> Decomposition:
    keys = list(dict.fromkeys(key for _, top, bottom in factors for key in (top, bottom)))
    _require(now, base, keys)
    sides = [{key: base_value(side[key]) for key in keys} for side in (now, base)]
    if not all(side[bottom] for side in sides for _, _, bottom in factors):
        raise FormulaError("净资产、总资产或营业收入为零，杜邦分解无意义")
    with exact():
        values = [side[top] / side[bottom] for side in sides for _, top, bottom in factors]
    count = len(factors)
    formula = "净资产收益率 = " + " × ".join(name for name, _, _ in factors)
    figures = [side[key] for side in (now, base) for key in keys]
    names = [name for name, _, _ in factors]
    return _product("净资产收益率", "roe_average", names, (values[:count], values[count:]), figures, formula, unit("%"), method)


def _product(
    name: str, indicator_id: str, names: list[str], values: tuple[list[Decimal], list[Decimal]], figures: Sequence[Figure], formula: str,
    measured: Unit, method: Method,
) -> Decomposition:
    now, base = values
    if method not in _METHOD_NAMES:
        raise FormulaError(f"不认识的分解方法 {method}；可用：lmdi、shapley")
    fallback = method == "lmdi" and not lmdi_applies(now, base)
    used = "shapley" if fallback else method
    effects = lmdi(now, base) if used == "lmdi" else shapley(now, base)
    with exact():
        change = product(now) - product(base)
    notes = [f"方法：{_METHOD_NAMES[used]}"] + (["有因素为零或负，LMDI 不适用，改用 Shapley"] if fallback else [])
    return build(
        name, used, formula, change, list(zip(names, effects, strict=True)), figures, measured, base_index=len(figures) // 2,
        indicator_id=indicator_id, notes=notes,
    )


def _step(now: Figure, base: Figure, own: Unit) -> Decimal:
    """The change of one row in base units; value_in refuses a row of another dimension."""
    with exact():
        return (value_in(now, own) - value_in(base, own)) * own.factor


def _volume_rate(
    now: Mapping[str, Figure], base: Mapping[str, Figure], flow: str, stock: str, names: tuple[str, str, str], sign: int
) -> list[tuple[str, Decimal]]:
    """Volume, rate and crossing of flow = balance × rate; the three sum to the change of the flow."""
    flows, balances = [[base_value(side[key]) for side in (now, base)] for key in (flow, stock)]
    if not all(balances):
        raise FormulaError("平均余额为零，无法分解规模与利率")
    with exact():
        growth, rates = balances[0] - balances[1], [flows[0] / balances[0], flows[1] / balances[1]]
        volume, rate = growth * rates[1], (rates[0] - rates[1]) * balances[1]
        effects = (volume, rate, flows[0] - flows[1] - volume - rate)
        return [(name, sign * effect) for name, effect in zip(names, effects, strict=True)]


def _require(now: Mapping[str, Figure], base: Mapping[str, Figure], keys: Sequence[str]) -> None:
    absent = [key for key in keys if key not in now or key not in base]
    if absent:
        raise FormulaError(f"分解缺少两期的 {'、'.join(absent)}")
