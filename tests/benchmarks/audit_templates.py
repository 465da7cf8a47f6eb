"""Ways of answering, as the deterministic writer and as analysts or models word them: lookups, changes, comparisons, tables."""

from __future__ import annotations

from collections.abc import Callable

from tests.benchmarks.audit_claims import Answer
from tests.benchmarks.audit_draws import Draw
from tools.calculator import average, cagr, share
from tools.formulas import apply, formula

Template = Callable[[Draw], Answer]


def marks(d: Draw, key: str) -> str:
    """The printed source marks of a figure."""
    return "".join(f"[{number}]" for number in d.sheet.marks(d.sheet.get(key)))


def lookup(d: Draw) -> Answer:
    now, _ = d.pair()
    w = d.writer()
    bank = w.bank(now)
    period = w.period(now.period, point=now.point)
    w.say(d.name(now), f"{d.name(now)}指标").say("为", "是", "：", "达到")
    w.level(now, bank, period)
    w.say("（集团口径）", "").say(marks(d, now.id)).say("。")
    return w.done(banks=(now.entity,), periods=(now.period,))


def lookup_reverse(d: Draw) -> Answer:
    now, _ = d.pair()
    w = d.writer()
    w.say("截至", "", "根据披露数据，")
    period = w.period(now.period, point=now.point, style="date")
    w.say("，")
    bank = w.bank(now)
    w.say("的", "").say(d.name(now)).say("为", "达", "录得")
    w.level(now, bank, period, style=d.rng.choice(("", "plain", "wide", "百万元")))
    w.say("。", "（集团口径）。", "，口径为集团。")
    return w.done(periods=(now.period,))


def lookup_change(d: Draw) -> Answer:
    now, before = d.pair()
    w = d.writer()
    bank = w.bank(now)
    period = w.period(now.period, point=now.point)
    w.say(d.name(now)).say("为")
    w.level(now, bank, period)
    w.say("（集团口径）").say(marks(d, now.id)).say("，较", "，比", "，相比")
    base = w.period(before.period, point=before.point)
    w.change(now, before, bank, period, base)
    w.say("。\n\n口径：集团；中国准则。\n\n来源：\n")
    for index, item in enumerate(d.sheet.sources(), start=1):
        w.say(f"[{index}] {item.place()}\n")
    return w.done(banks=(now.entity,), periods=(now.period,))


def lookup_growth(d: Draw) -> Answer:
    now, before = d.pair(amounts=True)
    w = d.writer()
    bank = w.bank(now)
    period = w.period(now.period, point=now.point, style="full")
    w.say("实现" if not now.point else "").say(d.name(now))
    w.level(now, bank, period, style=d.rng.choice(("", "亿元", "百万元")))
    w.say("，同比", "，较上年同期", "，比上年")
    w.change(now, before, bank, period, "yoy", word=d.rng.choice(("增长/下降", "增长/减少", "提升/下滑")))
    w.say("。")
    return w.done(banks=(now.entity,), periods=(now.period, before.period))


def carried_growth(d: Draw) -> Answer:
    """The bank stands only in the first sentence; period words follow."""
    first, second = d.profile(2)
    w = d.writer()
    bank = w.bank(first[0])
    period = w.period(first[0].period, point=first[0].point)
    w.say(d.name(first[0]))
    w.level(first[0], bank, period)
    w.say("。该行", "。其", "。").say(d.name(second[0])).say("为")
    w.level(second[0], bank, period)
    w.say("，同比", "，较上年")
    w.change(second[0], second[1], bank, period, "yoy")
    w.say("。")
    return w.done(banks=(first[0].entity,))


def basis_points(d: Draw) -> Answer:
    now, before = d.pair(amounts=False)
    w = d.writer()
    bank = w.bank(now)
    period = w.period(now.period, point=now.point)
    w.say(d.name(now)).say("为")
    w.level(now, bank, period)
    w.say("，较上年同期", "，同比", "，较去年")
    w.change(now, before, bank, period, "yoy", word=d.rng.choice(("上升/下降", "走阔/收窄", "回升/回落", "提高/降低")).replace("走阔", "扩大"), style="BP")
    w.say("。", "，边际变化不大。")
    return w.done(banks=(now.entity,), periods=(now.period,))


def amount_increase(d: Draw) -> Answer:
    now, before = d.pair(amounts=True)
    w = d.writer()
    w.say("截至" if now.point else "")
    period = w.period(now.period, point=now.point)
    w.say("，" if now.point else "")
    bank = w.bank(now)
    w.say(d.name(now))
    w.level(now, bank, period)
    w.say("，较上年末" if now.point else "，较上年")
    w.change(now, before, bank, period, "yoy", style="amount")
    w.say("，")
    w.change(now, before, bank, period, "yoy", word="增幅为/降幅为")
    w.say("。")
    return w.done(banks=(now.entity,), periods=(now.period,))


def from_to(d: Draw) -> Answer:
    now, before = d.pair()
    w = d.writer()
    bank = w.bank(now)
    w.say(d.name(now)).say("由", "从")
    base = w.period(before.period, point=before.point)
    w.say("的")
    w.level(before, bank, base)
    period_at = w.next + 1
    w.move(now, before, bank, period_at, base)
    period = w.period(now.period, point=now.point)
    w.say("的")
    w.level(now, bank, period)
    w.say("。")
    return w.done(banks=(now.entity,))


def from_to_range(d: Draw) -> Answer:
    series = d.series(3)
    w = d.writer()
    base = w.period(series[0].period, point=False, style="year")
    w.say("至", "到")
    period = w.period(series[-1].period, point=False, style="year")
    w.say("，", "间，", "期间，")
    bank = w.bank(series[0])
    w.say("的", "").say(d.name(series[0])).say("由", "从")
    w.level(series[0], bank, base)
    if series[0].quantity.base == series[-1].quantity.base:
        w.say("变为")
    else:
        w.move(series[-1], series[0], bank, period, base)
    w.level(series[-1], bank, period)
    w.say("。")
    return w.done()


def compare_than(d: Draw) -> Answer:
    (one,), (two,) = d.peers(2)
    w = d.writer()
    period = w.period(one.period, point=one.point)
    w.say("，")
    bank = w.bank(one)
    w.say(d.name(one)).say("为")
    w.level(one, bank, period)
    w.say("，")
    w.side(one, two, bank, w.next + 1, period)
    rival = w.bank(two)
    w.say("的")
    w.level(two, rival, period)
    w.say("。")
    return w.done(banks=(one.entity, two.entity), periods=(one.period,))


def compare_gap(d: Draw) -> Answer:
    (one,), (two,) = d.peers(2, amounts=False)
    w = d.writer()
    bank = w.bank(one)
    period = w.period(one.period, point=one.point)
    w.say(d.name(one)).say("为")
    w.level(one, bank, period)
    w.say("，比", "，较")
    rival = w.bank(two)
    w.gap(one, two, bank, rival, period)
    w.say("。")
    return w.done(banks=(one.entity, two.entity))


def compare_both(d: Draw) -> Answer:
    (one,), (two,) = d.peers(2)
    w = d.writer()
    period = w.period(one.period, point=one.point)
    w.say("，", "：")
    bank = w.bank(one)
    w.say("与", "和", "、")
    rival = w.bank(two)
    w.say("的").say(d.name(one)).say("分别为", "分别是")
    w.level(one, bank, period)
    w.say("和", "、", "与")
    w.level(two, rival, period)
    w.say("。")
    return w.done(banks=(one.entity, two.entity), periods=(one.period,))


def listed_ranking(d: Draw) -> Answer:
    rows = sorted((row[0] for row in d.peers(4)), key=lambda f: f.quantity.base, reverse=True)
    w = d.writer()
    period = w.period(rows[0].period, point=rows[0].point)
    w.say(d.name(rows[0])).say("从高到低依次为：", "由高到低排列：", "排名如下：")
    for index, figure in enumerate(rows):
        bank = w.bank(figure)
        w.say("（")
        w.level(figure, bank, period)
        w.say("）" + ("。" if index == len(rows) - 1 else "、"))
    return w.done(banks=tuple(f.entity for f in rows), periods=(rows[0].period,))


def ranking_table(d: Draw) -> Answer:
    rows = sorted((row[0] for row in d.peers(4)), key=lambda f: f.quantity.base, reverse=True)
    w = d.writer()
    w.say(f"| 银行 | {d.name(rows[0])}（")
    period = w.period(rows[0].period, point=rows[0].point)
    w.say("） | 排名 |\n|---|---:|---:|\n")
    for rank, figure in enumerate(rows, start=1):
        w.say("| ")
        bank = w.bank(figure, short=False)
        w.say(" | ")
        w.level(figure, bank, period)
        w.say(f" | {rank} |\n")
    return w.done(banks=tuple(f.entity for f in rows), periods=(rows[0].period,))


def trend_table(d: Draw) -> Answer:
    series = d.series(3)
    w = d.writer()
    bank = w.bank(series[0])
    w.say(f"近三年{d.name(series[0])}如下：\n\n| 期间 | {d.name(series[0])} | 较上年变动 |\n|---|---|---|\n")
    for index, figure in enumerate(series):
        w.say("| ")
        period = w.period(figure.period, point=figure.point)
        w.say(" | ")
        w.level(figure, bank, period)
        w.say(" | ")
        if index:
            (w.change if d.rng.random() < 0.5 else w.signed)(figure, series[index - 1], bank, period, "yoy")
        else:
            w.say("—", "-")
        w.say(" |\n")
    return w.done(banks=(series[0].entity,), periods=tuple(f.period for f in series))


def trend_dealt(d: Draw) -> Answer:
    series = d.series(3)
    w = d.writer()
    bank = w.bank(series[0])
    periods = []
    for index, figure in enumerate(series):
        periods.append(w.period(figure.period, point=False, style="year"))
        w.say(("、", "和", "")[index])
    w.say("的", "").say(d.name(series[0])).say("分别为", "依次为")
    for index, figure in enumerate(series):
        w.level(figure, bank, periods[index])
        w.say(("、", "和", "。")[index])
    return w.done(banks=(series[0].entity,), periods=tuple(f.period for f in series))


def trend_semicolons(d: Draw) -> Answer:
    series = d.series(3)
    w = d.writer()
    bank = w.bank(series[0])
    w.say(d.name(series[0])).say("变化如下：", "走势为：")
    for index, figure in enumerate(series):
        period = w.period(figure.period, point=figure.point)
        w.say("为", "")
        w.level(figure, bank, period)
        if index:
            w.say("，较上年", "，同比")
            w.change(figure, series[index - 1], bank, period, "yoy")
        w.say("；" if index < 2 else "。")
    return w.done(banks=(series[0].entity,))


def indicator_table(d: Draw) -> Answer:
    rows = d.profile(3)
    w = d.writer()
    bank = w.bank(rows[0][0], short=False)
    w.say("主要指标对比\n\n| 指标 | ")
    base = w.period(rows[0][1].period, point=False, style="year")
    w.say(" | ")
    period = w.period(rows[0][0].period, point=False, style="year")
    w.say(" | 变动 |\n|---|---|---|---|\n", " | 同比变动 |\n|---|---|---|---|\n")
    for now, before in rows:
        w.say(f"| {d.name(now)} | ")
        w.level(before, bank, base)
        w.say(" | ")
        w.level(now, bank, period)
        w.say(" | ")
        w.signed(now, before, bank, period, base)
        w.say(" |\n")
    return w.done(banks=(rows[0][0].entity,), periods=(rows[0][0].period, rows[0][1].period))


def ratio_formula(d: Draw) -> Answer:
    ident, wanted = d.rng.choice((("provision_coverage", ["loan_allowance", "npl_balance"]), ("npl_ratio", ["npl_balance", "total_loans"]),
                                  ("cost_income_ratio", ["operating_expenses", "operating_income"])))  # fmt: skip
    top, bottom = d.inputs(wanted)
    names = [item.name for item in formula(ident).inputs]
    order = {item.name: (top if top.indicator_id in item.ids else bottom) for item in formula(ident).inputs}
    result = d.sheet.add(apply(ident, {name: order[name] for name in names}))
    w = d.writer()
    bank = w.bank(top)
    period = w.period(result.period, point=result.point)
    w.say(f"{result.indicator}按公式计算为")
    w.level(result, bank, period)
    w.say(f"。\n\n- 公式：{result.indicator} = {top.indicator} ÷ {bottom.indicator} × 100%\n- 代入：", "。计算过程如下：\n")
    w.say("= ", f"{result.indicator} = ")
    w.level(top, bank, period, style="百万元")
    w.say(" ÷ ")
    w.level(bottom, bank, period, style="百万元")
    w.say(" = ", " × 100% = ")
    w.level(result, bank, period)
    w.say("\n")
    return w.done(banks=(top.entity,), periods=(top.period,))


def share_prose(d: Draw) -> Answer:
    part, whole = d.inputs(["net_interest_income", "operating_income"])
    result = d.sheet.add(share(part, whole))
    w = d.writer()
    bank = w.bank(part)
    period = w.period(part.period, point=False)
    w.say("利息净收入为")
    w.level(part, bank, period)
    w.say("，占营业收入的比重为", "，占营业收入（")
    if w.answer.pieces[-1].text.endswith("（"):
        w.level(whole, bank, period)
        w.say("）的")
    w.level(result, bank, period)
    w.say("。")
    return w.done(banks=(part.entity,), periods=(part.period,))


def growth_rate(d: Draw) -> Answer:
    series = d.series(4, amounts=True)
    result = d.sheet.add(cagr(series[0], series[-1]))
    w = d.writer()
    bank = w.bank(series[0])
    w.say(d.name(series[0])).say("从")
    base = w.period(series[0].period, point=False, style="year")
    w.say("的")
    w.level(series[0], bank, base)
    if series[0].quantity.base != series[-1].quantity.base:
        w.move(series[-1], series[0], bank, w.next + 1, base, up="增至", down="减至")
    else:
        w.say("变为")
    period = w.period(series[-1].period, point=False, style="year")
    w.say("的")
    w.level(series[-1], bank, period)
    w.say("，年均复合增速为", "，复合增速（CAGR）为")
    if result.quantity.value < 0:
        w.say("-")
    w.say(f"{abs(result.quantity.value):.2f}%。")
    return w.done(banks=(series[0].entity,))


def peer_average(d: Draw) -> Answer:
    rows = [row[0] for row in d.peers(3, amounts=False)]
    mean = d.sheet.add(average(rows))
    w = d.writer()
    period = w.period(rows[0].period, point=rows[0].point)
    w.say("，")
    for index, figure in enumerate(rows):
        bank = w.bank(figure)
        w.say(d.name(figure) if not index else "").say("为")
        w.level(figure, bank, period)
        w.say("，")
    w.say(f"三家平均为{mean.quantity.value:.2f}%。")
    return w.done(banks=tuple(f.entity for f in rows))


PLAIN: tuple[Template, ...] = (
    lookup, lookup_reverse, lookup_change, lookup_growth, carried_growth, basis_points, amount_increase, from_to, from_to_range, compare_than,
    compare_gap, compare_both, listed_ranking, ranking_table, trend_table, trend_dealt, trend_semicolons, indicator_table, ratio_formula,
    share_prose, growth_rate, peer_average,
)  # fmt: skip
