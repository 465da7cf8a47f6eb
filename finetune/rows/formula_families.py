"""The families that rest on the formula registry: ratios, DuPont, contributions, regulatory lines, and questions that lack a number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from data.figures import Figure
from data.indicators import Indicator, indicator_catalogue
from data.periods import Period
from data.units import Quantity, unit
from finetune.rows.configuration import configured
from finetune.rows.families import OPERATIONS, siblings
from finetune.rows.situation import Draw, Figures, Situation, word_list
from tools.calculator import versus
from tools.derivation import derived
from tools.exact import exact
from tools.formulas import FORMULAS, Formula, Input, apply, opening_of

_FOUR = Decimal("0.0001")


@lru_cache(maxsize=1)
def expressions() -> Mapping[str, str]:
    """The expression of each formula over its inputs' names."""
    return {str(key): str(value) for key, value in configured("formulas").items()}


def ratio_of(draw: Draw) -> Situation | None:
    """A formula of the registry over the figures that it needs."""
    rule = FORMULAS[draw.rng.choice(tuple(FORMULAS))]
    period = Period(draw.year) if rule.flow or any(item.when != "current" for item in rule.inputs) else draw.period(point=rule.point)
    given, expression = given_for(draw, rule, period)
    if any(figure.quantity.value <= 0 for figure in given.values()) or not _one_scale(given):
        return None
    averaged = {f"{item.name}_{side}": f"{item.name}.{side}" for item in rule.inputs for side in ("opening", "closing") if item.when == "average"}
    keys = {role: averaged.get(role, role) for role in given}

    def compute(g: Figures) -> Mapping[str, Figure]:
        return {"result": apply(rule.id, {keys[role]: g[role] for role in given})}

    words = {"expr": expression, "inputs": "、".join(dict.fromkeys(f"{{{role}.name}}" for role in given)), "listed": _listed(given)}
    same = len({figure.period.end for figure in given.values()}) == 1
    items = list(given.items())
    if draw.rng.random() < 0.35:
        draw.rng.shuffle(items)
    dated = not same or draw.rng.random() > 0.25
    apart = siblings(draw, given, same and dated) if same else siblings(draw, given, years=False)
    return Situation("ratio", dict(items), compute, ("result",), draw.bank.name, period, words, expression, rule.id, dated, apart)


def _one_scale(given: Figures) -> bool:
    """Whether shares are counted in the scale of the money that is divided by them (亿元 by 亿股)."""
    counted = [figure.quantity.unit for figure in given.values() if figure.quantity.unit.noun == "股"]
    return all(item.quantity.unit.factor == counted[0].factor for item in given.values()) if counted else True


def _listed(given: Figures) -> str:
    """The given figures, each with its name; the period too where two are of one name."""
    names = [figure.indicator for figure in given.values()]
    dates = {role: f"{{{role}.period}}" if names.count(figure.indicator) > 1 else "" for role, figure in given.items()}
    return "，".join(f"{dates[role]}{{{role}.name}}{{{role}}}" for role in given)


def given_for(draw: Draw, rule: Formula, period: Period) -> tuple[dict[str, Figure], str]:
    """The inputs of a formula by role, and its expression over the roles."""
    expression = expressions()[rule.id]
    given: dict[str, Figure] = {}
    for item in rule.inputs:
        if item.when == "average" and not (item.average_ids and draw.rng.random() < 0.4):
            given[f"{item.name}_opening"] = draw.figure(item.ids[0], opening_of(period))
            given[f"{item.name}_closing"] = draw.figure(item.ids[0], period.same_date())
            expression = re.sub(rf"\b{item.name}\b", f"(({item.name}_opening+{item.name}_closing)/2)", expression)
        else:
            given[item.name] = draw.figure(_input_id(item), opening_of(period) if item.when == "opening" else _at(item, period))
    return given, expression


def _input_id(item: Input) -> str:
    return item.average_ids[0] if item.when == "average" else item.ids[0]


def _at(item: Input, period: Period) -> Period:
    return period.same_date() if item.stock and item.when != "average" else period


def dupont_of(draw: Draw) -> Situation | None:
    """ROE of the three factors, the turnover in % or 次."""
    period = Period(draw.year)
    margin = draw.figure("net_profit_margin", period)
    income, assets, equity = (draw.book.amount(key, period) for key in ("operating_income", "total_assets", "equity_attributable"))
    times = draw.rng.random() < 0.2
    turn = Decimal(income) / assets
    turnover = _plain_figure(draw, "asset_turnover", period, turn.quantize(_FOUR) if times else _two(turn * 100), "次" if times else "%")
    multiplier = _plain_figure(draw, "equity_multiplier", period, _two(Decimal(assets) / equity), "倍")
    given = {"margin": margin, "turnover": turnover, "multiplier": multiplier}
    expression = "margin*turnover*multiplier" if times else "margin/100*turnover*multiplier"
    return Situation(
        "dupont", given, lambda g: {"result": _product(list(g.values()), "净利率 × 资产周转率 × 权益乘数")}, ("result",), draw.bank.name, period,
        {"expr": expression}, expression, "dupont_three", draw.rng.random() > 0.3,
    )


def dupont_two_of(draw: Draw) -> Situation | None:
    """ROE = ROA × 权益乘数."""
    period = Period(draw.year)
    assets, equity = (draw.book.amount(key, period) for key in ("total_assets", "equity_attributable"))
    given = {"roa": draw.figure("roa", period), "multiplier": _plain_figure(draw, "equity_multiplier", period, _two(Decimal(assets) / equity), "倍")}
    return Situation(
        "dupont_two", given, lambda g: {"result": _product(list(g.values()), "总资产回报率 × 权益乘数")}, ("result",), draw.bank.name, period, {},
        "roa*multiplier", "dupont_two", draw.rng.random() > 0.3,
    )


def dupont_steps_of(draw: Draw) -> Situation | None:
    """The three factors and ROE, from profit, income, average assets and average equity."""
    period = Period(draw.year)
    keys = {"profit": "net_profit", "income": "operating_income", "assets": "assets_average", "equity": "equity_average"}
    given = {role: draw.figure(key, period) for role, key in keys.items()}

    def compute(g: Figures) -> Mapping[str, Figure]:
        return {
            "margin": apply("net_profit_margin", {"net_profit": g["profit"], "operating_income": g["income"]}),
            "turnover": apply("asset_turnover", {"operating_income": g["income"], "total_assets": g["assets"]}),
            "multiplier": apply("equity_multiplier", {"total_assets": g["assets"], "equity_attributable": g["equity"]}),
        }

    return Situation(
        "dupont_steps", given, compute, ("result", "margin", "turnover", "multiplier"), draw.bank.name, period, {}, "margin/100*turnover*multiplier",
        "dupont_three", draw.rng.random() > 0.3,
    )


def last_step(situation: Situation, figures: Figures) -> Mapping[str, Figure]:
    """The result that rests on computed figures: ROE of the three factors."""
    if situation.family != "dupont_steps":
        return {}
    return {"result": _product([figures[role] for role in ("margin", "turnover", "multiplier")], "净利率 × 资产周转率 × 权益乘数")}


def _product(factors: list[Figure], terms: str) -> Figure:
    """ROE as the product of its factors."""
    with exact():
        value = Decimal(1)
        for figure in factors:
            value *= figure.quantity.value * figure.quantity.unit.factor
        quantity = Quantity(value * 100, unit("%"))
    return derived(factors, quantity, indicator="净资产收益率", indicator_id="roe_average", formula=f"净资产收益率 = {terms}", operation="formula")


def _plain_figure(draw: Draw, indicator_id: str, period: Period, value: Decimal, symbol: str) -> Figure:
    indicator = indicator_catalogue().get(indicator_id)
    return Figure(draw.bank.name, draw.bank.id, indicator.name, indicator_id, period, Quantity(value, unit(symbol)), point=indicator.point)


def _two(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def contribution_of(draw: Draw) -> Situation | None:
    """How much of a total's growth one part brought, in % of the growth."""
    return _contribution(draw, "contribution", "(part_now-part_base)/(now-base)*100", "贡献率")


def contribution_points_of(draw: Draw) -> Situation | None:
    """How far one part's growth pulled the total, in 个百分点 of its growth."""
    return _contribution(draw, "contribution_points", "(part_now-part_base)/base*100", "拉动")


def _contribution(draw: Draw, family: str, program: str, word: str) -> Situation | None:
    part, whole = draw.pick("additive").split("/")
    now = draw.period(point=True, years=0.85)
    base = now.year_ago()
    given = {
        "part_now": draw.figure(part, now), "part_base": draw.figure(part, base), "now": draw.figure(whole, now), "base": draw.figure(whole, base),
    }
    change, step = _step(given["now"], given["base"]), _step(given["part_now"], given["part_base"])
    if change <= 0 or step <= 0 or step > change:
        return None

    def compute(g: Figures) -> Mapping[str, Figure]:
        with exact():
            bottom = _step(g["now"], g["base"]) if family == "contribution" else g["base"].quantity.base
            value = Quantity(_step(g["part_now"], g["part_base"]) / bottom * 100, unit("%" if family == "contribution" else "个百分点"))
        name = f"{g['part_now'].indicator}对{g['now'].indicator}增长的{word}"
        figures = [g["part_now"], g["part_base"], g["now"], g["base"]]
        rule = f"{word} = 部分增量 ÷ 整体{'增量' if family == 'contribution' else '基期数'} × 100%"
        return {"result": derived(figures, value, indicator=name, formula=rule, operation="formula")}

    return Situation(family, given, compute, ("result",), draw.bank.name, now, {}, program)


def _step(now: Figure, base: Figure) -> Decimal:
    return now.quantity.base - base.quantity.base


@lru_cache(maxsize=1)
def _lined() -> tuple[Indicator, ...]:
    """Ratios with a regulatory line that the books have."""
    known = set(word_list("change_ratios"))
    # Lines that are no longer used to judge a bank.
    dated = ("cost_income_ratio", "roe_average")
    return tuple(item for item in indicator_catalogue() if item.line is not None and item.id in known and item.id not in dated)


def regulation_of(draw: Draw) -> Situation | None:
    """A ratio against its regulatory line, in 个百分点."""
    indicator = draw.rng.choice(_lined())
    line = indicator.line
    if line is None:
        return None
    bound = line.minimum if line.minimum is not None else line.maximum
    if bound is None:
        return None
    now = draw.figure(indicator.id, draw.period(point=indicator.point))
    owner = draw.rng.choice(configured("banks")["lowest" if line.minimum is not None else "highest"])
    lined = Figure(owner, "", now.indicator, now.indicator_id, now.period, Quantity(bound, now.quantity.unit), point=now.point)
    if now.quantity.base == lined.quantity.base:
        return None
    given = {"now": now, "line": lined}
    return Situation("regulation", given, lambda g: {"result": versus(g["now"], g["line"])}, ("result",), draw.bank.name, now.period, {}, "now-line")


def refusal_of(draw: Draw) -> Situation | None:
    """A question that lacks a number: the base of a change, an input of a formula, or the figure asked for."""
    return draw.rng.choice((_without_base, _without_input, _without_figure))(draw)


def _without_base(draw: Draw) -> Situation | None:
    key = draw.pick("change_ratios") if draw.rng.random() < 0.4 else draw.pick("change_amounts")
    now = draw.figure(key, draw.period(point=True))
    kind = "ytd" if now.point and not now.period.is_annual and draw.rng.random() < 0.4 else "yoy"
    base = "上年末" if kind == "ytd" else "上年同期"
    given = {"now": now}
    if draw.rng.random() < 0.5:
        other = draw.pick("change_amounts")
        if other == key:
            return None
        given["other"] = draw.figure(other, now.period.year_ago() if draw.rng.random() < 0.5 else now.period)
    return Situation("refusal_base", given, lambda _: {}, (), draw.bank.name, now.period, {"op": OPERATIONS[kind], "base": base})


def _without_input(draw: Draw) -> Situation | None:
    rule = FORMULAS[draw.rng.choice(tuple(FORMULAS))]
    if len(rule.inputs) < 2 or any(item.when == "opening" or item.optional for item in rule.inputs):
        return None
    period = Period(draw.year) if rule.flow else draw.period(point=rule.point)
    missing = draw.rng.choice(rule.inputs)
    shown = [item for item in rule.inputs if item is not missing]
    given = {("x" if index == 0 else f"more{'abc'[index]}"): draw.figure(_input_id(item), _at(item, period)) for index, item in enumerate(shown)}
    wanted = indicator_catalogue().get(_input_id(missing)).name
    if draw.rng.random() < 0.4:
        other = draw.pick("change_amounts")
        if other in {item.ids[0] for item in rule.inputs}:
            return None
        given["other"] = draw.figure(other, period)
    if any(letter.isdigit() for letter in wanted + rule.name):
        return None
    words = {"asked": rule.name, "missing": wanted, "listed": "、".join(f"{{{role}.name}}" for role in given)}
    return Situation("refusal_input", given, lambda _: {}, (), draw.bank.name, period, words, formula=rule.id)


def _without_figure(draw: Draw) -> Situation | None:
    keys = draw.some("lookups", 3)
    asked = indicator_catalogue().get(keys[0])
    if any(letter.isdigit() for letter in asked.name):
        return None
    period = draw.period(point=True)
    given = {"x": draw.figure(keys[1], period), "other": draw.figure(keys[2], period)}
    return Situation("refusal_lookup", given, lambda _: {}, (), draw.bank.name, period, {"asked": asked.name})


