"""Questions about several indicators: sets that analysts read together, ratios with their inputs, shares, DuPont factors, report sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from data.catalogue_files import read_yaml_list
from data.errors import FormulaError
from data.figures import Figure
from data.indicators import Indicator, Kind, indicator_catalogue
from data.periods import Period
from data.units import Dimension
from finetune.rows.narration_banks import Issuer
from finetune.rows.narration_cases import Case, Desk, draw_indicators, has_digit, indicator
from finetune.rows.narration_periods import draw_period
from finetune.rows.narration_values import CONFIGS
from tools.calculator import average as mean
from tools.calculator import difference, ratio, versus
from tools.calculator import share as part_of
from tools.derivation import is_amount
from tools.formulas import FORMULAS, apply, gather

_DUPONT = ("net_profit", "operating_income", "total_assets", "equity_attributable")
_MOST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Sets:
    """Indicators that are read together, by id: families of sets, sections, (total, parts), pairs to compare, (ratio, over, under)."""

    families: Mapping[str, Sequence[str]]
    sections: Mapping[str, Sequence[str]]
    parts: Sequence[Sequence[str]]
    alike: Sequence[Sequence[str]]
    ratios: Sequence[Sequence[str]]


@lru_cache(maxsize=1)
def sets() -> Sets:
    """The sets of configs/rows/narration_sets.yaml."""
    found = {key: value for entry in read_yaml_list(CONFIGS / "narration_sets.yaml") for key, value in entry.items()}
    return Sets(found["sets"], found["sections"], found["parts"], found["alike"], found["ratios"])



def several(desk: Desk) -> Case:
    """Two to four values of one bank and period."""
    point = desk.chance.choice((True, False, None))
    return _table(desk, "several", draw_indicators(desk.chance, desk.chance.choice((2, 2, 3, 4)), point=point), moved=False)


def indicators(desk: Desk) -> Case:
    """Two indicators of one bank side by side with the distance between them."""
    desk.computing = False
    issuer, period = desk.issuers()[0], draw_period(desk.chance)
    those = list(draw_pair(desk)) if desk.chance.random() < 0.4 else [indicator(name) for name in desk.chance.choice(sets().alike)]
    figures = [desk.reported(issuer, what, period, answer=True) for what in those]
    gap = desk.sheet.add(versus(figures[0], figures[1]))
    desk.answer(gap)
    desk.finish(issuer, those[0], period)
    case = desk.case("indicators", [issuer], [period], those)
    case.roles |= {"v": figures[0].id, "u": figures[1].id, "w": gap.id}
    return case


def several_changes(desk: Desk) -> Case:
    """Two or three indicators with their changes."""
    return _table(desk, "several_changes", draw_indicators(desk.chance, desk.chance.choice((2, 2, 3))), moved=True)


def margin(desk: Desk) -> Case:
    """净息差 with what goes with it."""
    return _table(desk, "margin", _some(desk, sets().families["margin"], 2, 4), moved=desk.chance.random() < 0.6)


def quality(desk: Desk) -> Case:
    """不良率, 拨备覆盖率, 拨贷比 and further ones."""
    return _table(desk, "quality", _some(desk, sets().families["quality"], 3, 5), moved=desk.chance.random() < 0.5)


def capital(desk: Desk) -> Case:
    """The capital ratios and what they rest on."""
    return _table(desk, "capital", _some(desk, sets().families["capital"], 3, 5), moved=desk.chance.random() < 0.5)


def section(desk: Desk) -> Case:
    """A section of a report: three to ten figures with their changes."""
    title, names = desk.chance.choice(list(sets().sections.items()))
    case = _table(desk, "section", _some(desk, names, 3, _MOST_ROWS), moved=desk.chance.random() < 0.85)
    case.slots["s"] = title
    return case


def share(desk: Desk) -> Case:
    """A part of a whole."""
    desk.computing = False
    issuer, period = desk.issuers()[0], draw_period(desk.chance)
    inner, outer = draw_pair(desk)
    part, whole = (desk.reported(issuer, what, period) for what in (inner, outer))
    result = desk.sheet.add(part_of(part, whole))
    desk.finish(issuer, inner, period)
    desk.answer(*([result] if desk.chance.random() < 0.6 else [result, part, whole]))
    case = desk.case("share", [issuer], [period], [inner, outer])
    case.slots["w"] = case.slots["j"]
    case.roles |= {"s": result.id, "v": part.id, "u": whole.id}
    return case


def draw_pair(desk: Desk) -> tuple[Indicator, Indicator]:
    """A part and its whole."""
    return desk.chance.choice(_pairs())


def structure(desk: Desk) -> Case:
    """A total with its parts, sometimes with their shares."""
    issuer, period = desk.issuers()[0], draw_period(desk.chance)
    name, *parts_of = desk.chance.choice(sets().parts)
    outer, inner = indicator(name), [indicator(part) for part in parts_of]
    inner = inner if len(inner) == 2 or desk.chance.random() < 0.6 else inner[:-1]
    whole = desk.reported(issuer, outer, period)
    parts = [desk.reported(issuer, what, period) for what in inner]
    with_shares = desk.chance.random() < 0.5
    shares = [desk.sheet.add(part_of(part, whole)) for part in parts] if with_shares else []
    desk.finish(issuer, outer, period)
    desk.answer(*parts, whole, *shares)
    case = desk.case("structure", [issuer], [period], [outer, *inner])
    case.roles |= {"v": whole.id}
    case.list_of("parts", [{"x": part.id, "t": whole.id, **({"s": shares[at].id} if shares else {})} for at, part in enumerate(parts)])
    case.tags |= {"shares"} if with_shares else set()
    return case


def formula(desk: Desk) -> Case:
    """A ratio by its formula with the figures that it rests on; sometimes the disclosed one beside it."""
    desk.computing = False
    rule = FORMULAS[desk.chance.choice(_plain_formulas())]
    issuer, period = desk.issuers()[0], draw_period(desk.chance)
    target = indicator_catalogue().get(rule.indicator_id or rule.id)
    disclosed = desk.reported(issuer, target, period) if desk.chance.random() < 0.3 else None
    inputs, missing = gather(rule.id, period, lambda ids, when: desk.reported(issuer, indicator(ids[0]), when))
    if missing:
        raise FormulaError(f"{rule.name}缺少输入")
    computed = desk.sheet.add(apply(rule.id, inputs))
    desk.finish(issuer, target, period)
    desk.answer(computed, disclosed)
    case = desk.case("formula", [issuer], [period], [target])
    case.formula = rule.id
    case.roles |= {"v": computed.id, **({"u": disclosed.id} if disclosed else {})}
    case.list_of("inputs", [{"x": key} for key in computed.inputs])
    case.tags |= {"disclosed"} if disclosed else set()
    return case


def dupont(desk: Desk) -> Case:
    """净资产收益率 and its three factors, sometimes with their changes on the year before."""
    desk.computing = False
    issuer, period = desk.issuers()[0], draw_period(desk.chance, earlier=3, annual=True)
    now = _factors(desk, issuer, period)
    rows = [{"x": figure.id} for figure in now]
    if desk.chance.random() < 0.6:
        before = _factors(desk, issuer, period.year_ago())
        for row, one, other in zip(rows, now, before, strict=True):
            row |= {"y": other.id, "d": desk.sheet.add(difference(one, other)).id}
    desk.finish(issuer, indicator("net_profit"), period)
    desk.answer(*now, *[desk.sheet.get(row["d"]) for row in rows if "d" in row])
    case = desk.case("dupont", [issuer], [period], [indicator("roe_average")])
    case.roles |= {"v": now[0].id, **({"d": rows[0]["d"]} if "d" in rows[0] else {})}
    case.list_of("rows", rows)
    case.list_of("factors", rows[1:])
    case.tags |= {"moved"} if "d" in rows[0] else {"still"}
    case.slots["i"] = desk.chance.choice(("净资产收益率", "ROE", "净资产回报率"))
    return case


def _table(desk: Desk, family: str, those: Sequence[Indicator], *, moved: bool) -> Case:
    """Values of one bank and period, each with its change on the year before where `moved`."""
    issuer, period = desk.issuers()[0], draw_period(desk.chance, earlier=2)
    # A balance folds a single quarter into its date: beside a flow of that quarter the two would be worded as different periods.
    period = period if len({what.point for what in those}) == 1 or period == period.same_date() else Period(period.year)
    rows: list[dict[str, str]] = []
    for what in those:
        value = desk.reported(issuer, what, period, answer=True)
        row = {"x": value.id}
        if moved:
            base = desk.reported(issuer, what, period.year_ago())
            change, rate = desk.change(value, base)
            row |= {"y": base.id, "d": (rate or change).id}
            desk.answer(rate or change if family != "section" else None)
        rows.append(row)
    desk.finish(issuer, those[0], period)
    case = desk.case(family, [issuer], [period], those)
    case.roles |= {"v": rows[0]["x"], **({"d": rows[0]["d"]} if moved else {})}
    case.list_of("rows", rows)
    case.tags |= {"moved" if moved else "still"}
    return case


def _some(desk: Desk, names: Sequence[str], least: int, most: int) -> list[Indicator]:
    """The first ones most often, in the order of the list."""
    count = desk.chance.randint(least, min(most, len(names)))
    first = 2 if desk.chance.random() < 0.7 else 0
    kept = {*names[:first], *desk.chance.sample(names[first:], count - first)}
    chosen = [name for name in names if name in kept][:count]
    if desk.chance.random() < 0.3:
        desk.chance.shuffle(chosen)
    return [indicator(name) for name in chosen]


def _factors(desk: Desk, issuer: Issuer, period: Period) -> list[Figure]:
    """净资产收益率, 净利率, 资产周转率 and 权益乘数 of a year over average balances, on the sheet."""
    profit, income = (desk.reported(issuer, indicator(name), period) for name in _DUPONT[:2])
    means = []
    for name in _DUPONT[2:]:
        opening, closing = (desk.reported(issuer, indicator(name), when) for when in (period.prior_year_end(), period))
        means.append(desk.sheet.add(mean([opening, closing])))
    named = (
        (ratio(profit, means[1]), "净资产收益率（期初期末平均）"), (ratio(profit, income), "净利率"), (ratio(income, means[0]), "资产周转率"),
        (ratio(means[0], means[1], "倍"), "权益乘数"),
    )
    return [desk.sheet.add(replace(figure, indicator=name)) for figure, name in named]


@lru_cache(maxsize=1)
def _pairs() -> list[tuple[Indicator, Indicator]]:
    """Parts and wholes of the catalogue whose made-up values agree; those with rules of their own more often."""
    known = [(indicator(part), indicator(whole)) for whole, *parts in sets().parts for part in parts]
    wholes = ("total_loans", "total_deposits", "operating_income", "total_assets", "total_liabilities")
    others = [
        (part, indicator(whole)) for part in indicator_catalogue() for whole in part.parents if whole in wholes
        if is_amount(part.unit) and part.kind is not Kind.RATIO and not has_digit(part.name)
    ]
    return known * (1 + len(others) // (2 * len(known))) + others


@lru_cache(maxsize=1)
def _plain_formulas() -> list[str]:
    """Formulas of the catalogue's indicators whose inputs are all amounts or ratios, named without digits."""
    found = []
    for rule in FORMULAS.values():
        names = [rule.indicator_id or rule.id, *[item.ids[0] for item in rule.inputs]]
        measured = all(item.measure in (Dimension.AMOUNT, Dimension.RATIO) for item in rule.inputs)
        if measured and all(name in indicator_catalogue() and not has_digit(indicator(name).name) for name in names) and not has_digit(rule.name):
            found.append(rule.id)
    return found
