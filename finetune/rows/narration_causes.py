"""Questions about why: a change over its parts, as the graph's exact attribution lays it down, and how a share has moved."""

from __future__ import annotations

from collections.abc import Callable

from data.figures import Figure
from data.periods import Period
from finetune.rows.narration_banks import Issuer
from finetune.rows.narration_cases import Case, Desk, indicator
from finetune.rows.narration_periods import draw_period, spoken_period
from finetune.rows.narration_sets import draw_pair, sets
from tools.calculator import difference
from tools.calculator import share as part_of
from tools.decomposition import Decomposition, profit_walk, ratio_change, shares_of_change

_WALK = (
    "operating_income", "taxes_and_surcharges", "operating_expenses", "credit_impairment_loss", "total_profit", "income_tax", "net_profit",
)
Split = Callable[[Desk, Issuer, Period, Period], tuple[str, Decomposition]]


def attribution(desk: Desk) -> Case:
    """A change and what it is made of."""
    desk.computing = False
    issuer, period = desk.issuers()[0], draw_period(desk.chance, earlier=2)
    base = period.year_ago()
    split: Split = desk.chance.choice((_over_parts, _over_ratio, _over_walk))
    name, result = split(desk, issuer, period, base)
    now, before = (desk.reported(issuer, indicator(name), when) for when in (period, base))
    moved, rate = desk.change(now, before)
    laid = result.added_to(desk.sheet)
    desk.finish(issuer, indicator(name), period)
    desk.answer(moved, rate, *[part.figure for part in laid.parts], laid.total)
    case = desk.case("attribution", [issuer], [period], [indicator(name)])
    case.roles |= {"v": now.id, "u": before.id, "d": moved.id, "t": laid.total.id, **({"r": rate.id} if rate else {})}
    case.list_of("parts", [{"x": part.figure.id} for part in laid.parts])
    case.slots["q"] = spoken_period(desk.chance, base, point=now.point)
    return case


def share_change(desk: Desk) -> Case:
    """A share of a whole now, a year before, and how it has moved."""
    desk.computing = False
    issuer, period = desk.issuers()[0], draw_period(desk.chance, earlier=2)
    inner, outer = draw_pair(desk)
    shares: list[Figure] = []
    for when in (period, period.year_ago()):
        part, whole = (desk.reported(issuer, what, when) for what in (inner, outer))
        shares.append(desk.sheet.add(part_of(part, whole)))
    moved = desk.sheet.add(difference(shares[0], shares[1]))
    desk.finish(issuer, inner, period)
    desk.answer(moved, shares[0])
    case = desk.case("share_change", [issuer], [period], [inner, outer])
    case.slots |= {"w": case.slots["j"], "q": spoken_period(desk.chance, period.year_ago(), point=inner.point)}
    case.roles |= {"v": shares[0].id, "u": shares[1].id, "d": moved.id}
    return case


def _over_parts(desk: Desk, issuer: Issuer, period: Period, base: Period) -> tuple[str, Decomposition]:
    """A total over its disclosed parts."""
    name, *names = desk.chance.choice(sets().parts)
    total = [desk.reported(issuer, indicator(name), when) for when in (period, base)]
    sides = [{part: desk.reported(issuer, indicator(part), when) for part in names} for when in (period, base)]
    return name, shares_of_change(total[0], total[1], sides[0], sides[1])


def _over_ratio(desk: Desk, issuer: Issuer, period: Period, base: Period) -> tuple[str, Decomposition]:
    """A ratio over its numerator and its denominator."""
    name, top, bottom = desk.chance.choice(sets().ratios)
    for when in (period, base):
        desk.reported(issuer, indicator(name), when)
    tops, bottoms = ([desk.reported(issuer, indicator(each), when) for when in (period, base)] for each in (top, bottom))
    result = ratio_change(indicator(name).name, (tops[0], tops[1]), (bottoms[0], bottoms[1]), indicator_id=name)
    return name, result


def _over_walk(desk: Desk, issuer: Issuer, period: Period, base: Period) -> tuple[str, Decomposition]:
    """净利润 over the rows of the income statement."""
    sides = [{name: desk.reported(issuer, indicator(name), when) for name in _WALK} for when in (period, base)]
    return "net_profit", profit_walk(sides[0], sides[1])
