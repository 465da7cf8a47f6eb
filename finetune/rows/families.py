"""The families of changes, structure and comparison: each draws a situation; the project's own calculator gives every result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from data.figures import Figure
from data.periods import Part, Period
from data.units import Dimension
from finetune.rows.book import tail_indicators
from finetune.rows.situation import Bank, Compute, Draw, Figures, Situation, word_list
from tools.calculator import average, cagr, difference, growth, ratio, share, total, versus

NUMERALS = ("零", "一", "两", "三", "四", "五", "六")
OPERATIONS: Mapping[str, str] = {"yoy": "同比", "qoq": "环比", "ytd": "较上年末"}


def growth_of(draw: Draw) -> Situation | None:
    """The growth of an amount against a year ago, the last quarter or the last year end."""
    return _change(draw, _amount_id(draw), "growth", "(now-base)/base*100")


def difference_of(draw: Draw) -> Situation | None:
    """The increase or decrease of an amount, in money."""
    return _change(draw, _amount_id(draw), "difference", "now-base")


def percentage_points_of(draw: Draw) -> Situation | None:
    """The change of a ratio, in 个百分点."""
    return _change(draw, draw.pick("change_ratios"), "percentage_points", "now-base")


def _amount_id(draw: Draw) -> str:
    return draw.rng.choice(tail_indicators()) if draw.rng.random() < 0.2 else draw.pick("change_amounts")


def _change(draw: Draw, indicator_id: str, family: str, program: str) -> Situation | None:
    now, base, kind = _periods(draw, indicator_id)
    figures = draw.figure(indicator_id, now), draw.figure(indicator_id, base)
    if figures[0].quantity.value == figures[1].quantity.value or min(figure.quantity.value for figure in figures) <= 0:
        return None

    def compute(given: Figures) -> Mapping[str, Figure]:
        make = growth if family == "growth" else difference
        return {"result": make(given["now"], given["base"], kind)}

    words = {"op": OPERATIONS[kind]}
    given = {"now": figures[0], "base": figures[1]}
    if draw.rng.random() < 0.35:
        given = dict(reversed(given.items()))
    years = (now.shift_years(-2), now.shift_years(-3)) if kind == "yoy" else (base.year_ago(),)
    apart = _apart(draw, indicator_id, (now, base), years)
    return Situation(family, given, compute, ("result",), draw.bank.name, now, words, program, distractors=apart)


def _periods(draw: Draw, indicator_id: str) -> tuple[Period, Period, str]:
    """Now, base and the kind of comparison that they make."""
    point = draw.figure(indicator_id, Period(draw.year)).point
    turn = draw.rng.random()
    if turn < 0.1:
        now = Period(draw.year, draw.rng.choice((Part.H1, Part.Q1, Part.NINE_MONTHS) if point else (Part.Q1, Part.Q2, Part.Q3, Part.Q4)))
        return now, now.previous_quarter(point=point), "qoq" if not (point and now.part is Part.Q1) else "ytd"
    if turn < 0.2 and point:
        now = Period(draw.year, draw.rng.choice((Part.H1, Part.NINE_MONTHS)))
        return now, now.prior_year_end(), "ytd"
    now = draw.period(point=point, years=0.7)
    return now, now.year_ago(), "yoy"


def _apart(draw: Draw, indicator_id: str, periods: Sequence[Period], years: Sequence[Period]) -> dict[str, Sequence[Figure]]:
    """Figures that may distract: the indicator in other periods, of another bank, another indicator in the same periods."""
    kind = draw.rng.choice(("period", "bank", "name"))
    if kind == "period":
        return {kind: [draw.figure(indicator_id, year) for year in years[: draw.rng.randint(1, 2)]]}
    if kind == "bank":
        bank = draw.some_bank(draw.bank)
        book = draw.books_of(bank)
        return {kind: [draw.figure(indicator_id, period, bank=bank, book=book) for period in periods]}
    other = sibling_of(draw, indicator_id)
    return {kind: [draw.figure(other, period) for period in periods[: draw.rng.randint(1, len(periods))]]}


def sibling_of(draw: Draw, *ids: str) -> str:
    """Another indicator of the same sort, balances with balances and ratios with ratios."""
    pool = word_list("change_ratios" if ids[0] in word_list("change_ratios") else "change_amounts")
    other = draw.rng.choice(pool)
    return other if other not in ids else sibling_of(draw, *ids)


def siblings(draw: Draw, given: Figures, years: bool = True) -> dict[str, Sequence[Figure]]:
    """What may distract from figures of one date: another year, another bank, another indicator."""
    kind = draw.rng.choice(("period", "bank", "name") if years else ("bank", "name"))
    figures = list(given.values())
    if kind == "period":
        return {kind: [draw.figure(item.indicator_id, item.period.year_ago()) for item in figures[: draw.rng.randint(1, len(figures))]]}
    if kind == "bank":
        bank = draw.some_bank(draw.bank)
        book = draw.books_of(bank)
        return {kind: [draw.figure(item.indicator_id, item.period, bank=bank, book=book) for item in figures]}
    other = sibling_of(draw, *(item.indicator_id for item in figures))
    return {kind: [draw.figure(other, figures[0].period)]}


def share_of(draw: Draw) -> Situation | None:
    """What part of a whole an amount is."""
    part, whole = draw.pick("parts").split("/")
    period = draw.period(point=True)
    given = {"part": draw.figure(part, period), "whole": draw.figure(whole, period)}
    if given["part"].quantity.value <= 0 or given["part"].quantity.base >= given["whole"].quantity.base:
        return None
    return _of_one_date(draw, "share", given, lambda g: {"result": share(g["part"], g["whole"])}, "part/whole*100")


def sum_of(draw: Draw) -> Situation | None:
    """The sum of amounts that may be added."""
    period = draw.period(point=True)
    ids = draw.pick("sums").split("+")
    roles = ("one", "two", "three")[: len(ids)]
    given = {role: draw.figure(key, period) for role, key in zip(roles, ids, strict=True)}
    program = "+".join(roles)
    words = {
        "expr": program, "count": NUMERALS[len(ids)], "names": "、".join(f"{{{role}.name}}" for role in roles),
        "terms": " + ".join(f"{{{role}.name}}" for role in roles),
    }
    return _of_one_date(draw, "sum", given, lambda g: {"result": total(list(g.values()))}, program, words)


def multiple_of(draw: Draw) -> Situation | None:
    """How many times one amount is another."""
    top, bottom = draw.pick("multiples").split("/")
    period = draw.period(point=True)
    given = {"top": draw.figure(top, period), "bottom": draw.figure(bottom, period)}
    if given["bottom"].quantity.base <= 0 or given["top"].quantity.base < given["bottom"].quantity.base:
        return None
    return _of_one_date(draw, "multiple", given, lambda g: {"result": ratio(g["top"], g["bottom"], "倍")}, "top/bottom")


def _of_one_date(
    draw: Draw, family: str, given: Figures, compute: Compute, program: str, words: Mapping[str, str] | None = None
) -> Situation:
    items = list(given.items())
    if family != "multiple" and draw.rng.random() < 0.3:
        draw.rng.shuffle(items)
    period = items[0][1].period
    dated = draw.rng.random() > 0.2
    return Situation(
        family, dict(items), compute, ("result",), draw.bank.name, period, words or {}, program, dated=dated, distractors=siblings(draw, given, dated)
    )


def average_of(draw: Draw) -> Situation | None:
    """The mean of an opening and a closing balance."""
    balances = [key for key in word_list("change_amounts") if draw_point(key)]
    key = draw.rng.choice(balances)
    now = draw.period(point=True, years=0.85)
    base = now.prior_year_end()
    given = {"base": draw.figure(key, base), "now": draw.figure(key, now)}
    if min(figure.quantity.value for figure in given.values()) <= 0 or given["now"].quantity.unit.dimension is not Dimension.AMOUNT:
        return None
    if draw.rng.random() < 0.3:
        given = dict(reversed(given.items()))
    apart = _apart(draw, key, (now, base), (base.year_ago(),))
    compute: Compute = lambda g: {"result": average([g["now"], g["base"]])}  # noqa: E731
    return Situation("average", given, compute, ("result",), draw.bank.name, now, {}, "(base+now)/2", distractors=apart)


def draw_point(indicator_id: str) -> bool:
    """Whether an indicator is a balance."""
    from data.indicators import indicator_catalogue

    return indicator_catalogue().get(indicator_id).point


def average_of_banks(draw: Draw) -> Situation | None:
    """The plain mean of one indicator over three or four banks."""
    key = draw.pick("change_ratios") if draw.rng.random() < 0.6 else draw.pick("lookups")
    count = draw.rng.randint(3, 4)
    period = draw.period(point=True)
    banks: list[Bank] = []
    while len(banks) < count:
        bank = draw.some_bank(draw.bank, *banks)
        if not bank.unnamed:
            banks.append(bank)
    roles = ("one", "two", "three", "four")[:count]
    given = {role: draw.figure(key, period, bank=bank, book=draw.books_of(bank)) for role, bank in zip(roles, banks, strict=True)}
    if given["one"].quantity.unit.dimension not in (Dimension.AMOUNT, Dimension.RATIO):
        return None
    program = f"({'+'.join(roles)})/{count}"
    words = {"expr": program, "count": NUMERALS[count]}
    other = {"name": [draw.figure(sibling_of(draw, key), period, bank=banks[0])]}
    compute: Compute = lambda g: {"result": average(list(g.values()))}  # noqa: E731
    return Situation("average_of_banks", given, compute, ("result",), "", period, words, program, distractors=other)


def cagr_of(draw: Draw) -> Situation | None:
    """Compound growth over two to five years."""
    key, years = draw.pick("change_amounts"), draw.rng.randint(2, 5)
    now = Period(draw.year)
    first = now.shift_years(-years)
    given = {"first": draw.figure(key, first), "last": draw.figure(key, now)}
    if min(figure.quantity.value for figure in given.values()) <= 0:
        return None
    program = f"((last/first)**(1/{years})-1)*100"
    between = {"period": [draw.figure(key, now.shift_years(-draw.rng.randint(1, years - 1)))]}
    compute: Compute = lambda g: {"result": cagr(g["first"], g["last"])}  # noqa: E731
    return Situation("cagr", given, compute, ("result",), draw.bank.name, now, {"years": str(years)}, program, distractors=between)


def comparison_of(draw: Draw) -> Situation | None:
    """How far one bank stands from another."""
    key = draw.pick("change_ratios") if draw.rng.random() < 0.6 else draw.pick("lookups")
    first = draw.bank if not draw.bank.unnamed else draw.some_bank(draw.bank)
    other = draw.some_bank(first, draw.bank)
    period = draw.period(point=True)
    given = {
        "a": draw.figure(key, period, bank=first, book=draw.books_of(first)), "b": draw.figure(key, period, bank=other, book=draw.books_of(other)),
    }
    if given["a"].quantity.base == given["b"].quantity.base:
        return None
    apart = _apart_of_two(draw, key, given)
    if draw.rng.random() < 0.35:
        given = dict(reversed(given.items()))
    return Situation(
        "comparison", given, lambda g: {"result": versus(g["a"], g["b"])}, ("result",), "", period, {}, "a-b", distractors=apart,
    )


def _apart_of_two(draw: Draw, key: str, given: Figures) -> dict[str, Sequence[Figure]]:
    kind = draw.rng.choice(("period", "bank", "name"))
    own = list(given.values())
    if kind == "bank":
        third = draw.some_bank(draw.bank)
        if third.name in {figure.entity for figure in own}:
            return {}
        return {kind: [draw.figure(key, own[0].period, bank=third, book=draw.books_of(third))]}
    chosen = key if kind == "period" else sibling_of(draw, key)
    period = own[0].period.year_ago() if kind == "period" else own[0].period
    return {kind: [replace(draw.figure(chosen, period), entity=own[0].entity, entity_id=own[0].entity_id)]}


def lookup_of(draw: Draw) -> Situation | None:
    """One figure among several: other years, other indicators, another bank."""
    keys = draw.some("lookups", draw.rng.randint(1, 3))
    now = draw.period(point=True)
    periods = [now, now.year_ago()][: draw.rng.randint(1, 2)]
    banks = [draw.bank] + ([draw.some_bank(draw.bank)] if draw.rng.random() < 0.3 else [])
    books = {bank.name: draw.books_of(bank) for bank in banks}
    figures = [draw.figure(key, period, bank=bank, book=books[bank.name]) for bank in banks for key in keys for period in periods]
    if len(figures) < 2:
        return None
    if draw.rng.random() < 0.4:
        draw.rng.shuffle(figures)
    asked = draw.rng.randrange(len(figures))
    names = [f"k{'abcdefghijkl'[index]}" for index in range(len(figures))]
    names[asked] = "x"
    return Situation("lookup", dict(zip(names, figures, strict=True)), lambda _: {}, ("x",), figures[asked].entity, now)


def trend_of(draw: Draw) -> Situation | None:
    """Three years of one indicator: the change of each against the year before."""
    ratio_like = draw.rng.random() < 0.5
    key = draw.pick("change_ratios") if ratio_like else draw.pick("change_amounts")
    now = draw.period(point=True, years=0.9)
    given = {"first": draw.figure(key, now.shift_years(-2)), "mid": draw.figure(key, now.year_ago()), "now": draw.figure(key, now)}
    values = [figure.quantity.value for figure in given.values()]
    if min(values) <= 0 or len(set(values)) < 3:
        return None
    make = difference if ratio_like else growth

    def compute(g: Figures) -> Mapping[str, Figure]:
        return {"one": make(g["mid"], g["first"]), "two": make(g["now"], g["mid"])}

    pattern = "{0}-{1}" if ratio_like else "({0}-{1})/{1}*100"
    words = {"expr_one": pattern.format("mid", "first"), "expr_two": pattern.format("now", "mid")}
    return Situation("trend", given, compute, ("one", "two"), draw.bank.name, now, words, words["expr_two"])


