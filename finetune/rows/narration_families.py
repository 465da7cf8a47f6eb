"""Questions about one indicator: a value, its change, its course, banks side by side; each as the graph's calculator answers it."""

from __future__ import annotations

from collections.abc import Sequence

from data.errors import PeriodError
from data.figures import Figure, FigureKind
from data.indicators import Indicator, Kind
from data.periods import Part, Period
from finetune.rows.narration_banks import Issuer, spoken_name, spoken_names
from finetune.rows.narration_cases import Case, Desk, draw_indicator, rule_of
from finetune.rows.narration_periods import draw_period, run_up_to, spoken_period, spoken_run
from tools.calculator import average as mean
from tools.calculator import cagr as compound
from tools.calculator import rank as order
from tools.calculator import total as add_up
from tools.calculator import versus
from tools.derivation import is_amount

# A ratio that can be recomputed often stands beside its own recomputation.
_CHECKED_SHARE = 0.5


def lookup(desk: Desk) -> Case:
    """One value."""
    what, period, issuer = draw_indicator(desk.chance), draw_period(desk.chance), desk.issuers()[0]
    value = desk.reported(issuer, what, period, answer=True)
    rule = rule_of(what.id) if value.kind is FigureKind.REPORTED and desk.chance.random() < _CHECKED_SHARE else None
    check = desk.sheet.add(desk.computed(issuer, rule, period)) if rule is not None else None
    desk.finish(issuer, what, period)
    case = desk.case("lookup", [issuer], [period], [what])
    case.roles |= _roles(v=value, k=check)
    case.tags |= {value.kind.value, *(("checked",) if check else ())}
    return case


def change(desk: Desk) -> Case:
    """The change alone is asked for; value and base stand on the sheet."""
    return _changed(desk, "change", with_value=False)


def lookup_change(desk: Desk) -> Case:
    """The value and its change."""
    return _changed(desk, "lookup_change", with_value=True)


def two_periods(desk: Desk) -> Case:
    """Two periods side by side."""
    what, issuer = draw_indicator(desk.chance), desk.issuers()[0]
    last = draw_period(desk.chance, earlier=3)
    first = last.shift_years(-desk.chance.choice((1, 1, 1, 2, 3)))
    base, now = (desk.reported(issuer, what, period, answer=True) for period in (first, last))
    moved, rate = desk.change(now, base)
    desk.finish(issuer, what, last)
    if desk.chance.random() < 0.5:
        desk.answer(moved)
    case = desk.case("two_periods", [issuer], [last, first], [what])
    case.roles |= _roles(v=now, u=base, d=moved, r=rate)
    case.tags.add(moved.operation)
    case.slots |= {"q": spoken_period(desk.chance, first, point=what.point), "ps": spoken_run(desk.chance, [first, last], point=what.point)}
    return case


def trend(desk: Desk) -> Case:
    """Three to six periods, the change from first to last, and compound growth for amounts over years."""
    what, issuer = draw_indicator(desk.chance), desk.issuers()[0]
    count = desk.chance.choice((3, 3, 3, 4, 4, 5, 5, 6))
    periods = run_up_to(desk.chance, draw_period(desk.chance, earlier=6), count, point=what.point)
    figures = [desk.reported(issuer, what, period, answer=True) for period in periods]
    moved, _ = desk.change(figures[-1], figures[0])
    first, last = figures[0], figures[-1]
    years = last.period.year - first.period.year
    steady = years > 1 and first.period.shift_years(years) == last.period
    speed = None
    if is_amount(what.unit) and steady and first.quantity.value > 0 and last.quantity.value > 0:
        speed = desk.sheet.add(compound(first, last))
    desk.finish(issuer, what, periods[-1])
    case = desk.case("trend", [issuer], periods, [what])
    case.roles |= _roles(a=figures[0], v=figures[-1], d=moved, g=speed)
    case.list_of("vs", [{"x": figure.id} for figure in figures])
    case.slots["ps"] = spoken_run(desk.chance, periods, point=what.point)
    case.tags |= {"quarters"} if years < len(periods) - 1 else set()
    return case


def compound_growth(desk: Desk) -> Case:
    """复合增速 over some years."""
    what, issuer = draw_indicator(desk.chance, amount=True), desk.issuers()[0]
    periods = [draw_period(desk.chance, earlier=6, annual=True)]
    for _ in range(desk.chance.choice((2, 3, 4))):
        periods.insert(0, periods[0].shift_years(-1))
    figures = [desk.reported(issuer, what, period) for period in periods]
    desk.change(figures[-1], figures[0])
    speed = desk.sheet.add(compound(figures[0], figures[-1]))
    desk.finish(issuer, what, periods[-1])
    desk.answer(speed)
    case = desk.case("compound_growth", [issuer], periods, [what])
    case.roles |= _roles(a=figures[0], v=figures[-1], g=speed)
    case.slots["ps"] = spoken_run(desk.chance, periods, point=what.point)
    return case


def two_banks(desk: Desk) -> Case:
    """Two banks side by side with the distance between them."""
    return _side_by_side(desk, "two_banks", 2)


def peers(desk: Desk) -> Case:
    """Three to five banks, each with its distance from the first."""
    return _side_by_side(desk, "peers", desk.chance.choice((3, 3, 4, 5)))


def ranking(desk: Desk) -> Case:
    """Banks in order of one indicator; the sheet has them in the order of the question, the answers in that of the ranking."""
    what, period, banks = draw_indicator(desk.chance), draw_period(desk.chance), desk.issuers(desk.chance.choice((3, 4, 4, 5)))
    figures = [desk.reported(bank, what, period) for bank in banks]
    placed = order(figures, what.direction)
    desk.finish(banks[0], what, period)
    desk.answer(*[item.figure for item in placed])
    case = _of_banks(desk, "ranking", banks, period, what, figures)
    case.roles["top"], case.roles["bottom"] = placed[0].figure.id, placed[-1].figure.id
    case.list_of("ranked", [{"x": item.figure.id} for item in placed])
    return case


def average(desk: Desk) -> Case:
    """The mean of some banks, or of some years."""
    what, period = draw_indicator(desk.chance), draw_period(desk.chance, earlier=4)
    across = desk.chance.random() < 0.5
    return _combined(desk, "average", what, period, mean, across=across)


def total(desk: Desk) -> Case:
    """The sum over some banks of an amount."""
    return _combined(desk, "total", draw_indicator(desk.chance, amount=True), draw_period(desk.chance), add_up, across=True)


def _changed(desk: Desk, family: str, *, with_value: bool) -> Case:
    what, issuer = draw_indicator(desk.chance), desk.issuers()[0]
    period = draw_period(desk.chance, earlier=4)
    kind, before = _base(desk, what, period)
    now, base = (desk.reported(issuer, what, when) for when in (period, before))
    moved, rate = desk.change(now, base, "qoq" if kind == "qoq" else None)
    desk.finish(issuer, what, period)
    about_rate = rate is not None and desk.chance.random() < 0.6
    desk.answer(*([now] if with_value else []), *((rate, moved) if about_rate else (moved, rate)))
    case = desk.case(family, [issuer], [period], [what])
    case.roles |= _roles(v=now, u=base, d=moved, r=rate)
    case.tags |= {moved.operation, "speed" if about_rate else "size"}
    case.slots["q"] = spoken_period(desk.chance, before, point=what.point)
    return case


def _base(desk: Desk, what: Indicator, period: Period) -> tuple[str, Period]:
    """What a change is measured against, as analysts ask: the year before mostly, the year's start, the quarter before, some years back."""
    drawn = desk.chance.random()
    if what.point and not period.is_annual and drawn < 0.35:
        return "ytd", period.prior_year_end()
    if 0.35 <= drawn < 0.5 and (what.point or period.months == 3) and not (what.kind is Kind.RATIO and period.part is Part.H2):
        try:
            return "qoq", period.same_date().previous_quarter(point=True) if what.point else period.previous_quarter(point=False)
        except PeriodError:
            return "yoy", period.year_ago()
    return ("between", period.shift_years(-desk.chance.choice((2, 3)))) if drawn > 0.92 else ("yoy", period.year_ago())


def _side_by_side(desk: Desk, family: str, count: int) -> Case:
    what, period, banks = draw_indicator(desk.chance), draw_period(desk.chance), desk.issuers(count)
    figures = [desk.reported(bank, what, period) for bank in banks]
    gaps = [desk.sheet.add(versus(figures[0], other)) for other in figures[1:]]
    desk.finish(banks[0], what, period)
    desk.answer(*figures, *gaps)
    case = _of_banks(desk, family, banks, period, what, figures)
    case.roles |= {"w": gaps[0].id}
    case.list_of("gaps", [{"x": figures[0].id, "y": other.id, "d": gap.id} for other, gap in zip(figures[1:], gaps, strict=True)])
    return case


def _of_banks(desk: Desk, family: str, banks: Sequence[Issuer], period: Period, what: Indicator, figures: Sequence[Figure]) -> Case:
    case = desk.case(family, banks, [period], [what])
    case.roles |= {"v": figures[0].id, "u": figures[1].id}
    case.list_of("vs", [{"x": figure.id} for figure in figures])
    rest = list(banks[1:])
    case.slots |= {"bs": spoken_names(desk.chance, banks), "c": spoken_name(desk.chance, banks[1])}
    case.slots["cs"] = spoken_names(desk.chance, rest) if len(rest) > 1 else case.slots["c"]
    return case


def _combined(desk: Desk, family: str, what: Indicator, period: Period, combine: object, *, across: bool) -> Case:
    """Figures of several banks, or of one bank in several years, with their mean or sum as the answer."""
    count = desk.chance.choice((2, 3, 3, 4))
    banks = desk.issuers(count if across else 1)
    periods = [period] if across else run_up_to(desk.chance, period, count, point=what.point)
    figures = [desk.reported(bank, what, when) for bank in banks for when in periods]
    assert callable(combine)
    result = desk.sheet.add(combine(figures))
    desk.finish(banks[0], what, period)
    desk.answer(result)
    case = desk.case(family, banks, periods, [what])
    case.roles |= {"m": result.id, "v": figures[0].id}
    case.list_of("vs", [{"x": figure.id} for figure in figures])
    case.tags.add("across" if across else "along")
    case.slots["bs"] = spoken_names(desk.chance, banks) if across else case.slots["b"]
    case.slots["ps"] = spoken_run(desk.chance, periods, point=what.point) if not across else case.slots["p"]
    return case


def _roles(**figures: Figure | None) -> dict[str, str]:
    return {role: figure.id for role, figure in figures.items() if figure is not None}
