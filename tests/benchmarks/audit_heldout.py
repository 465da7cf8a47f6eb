"""Ways of answering that the auditor's rules were never tuned on: written after the rules, run as they are."""

from __future__ import annotations

from tests.benchmarks.audit_claims import Answer
from tests.benchmarks.audit_draws import Draw
from tests.benchmarks.audit_prose import two_of_one_kind
from tests.benchmarks.audit_templates import Template
from tools.calculator import share


def question_and_answer(d: Draw) -> Answer:
    now, before = d.pair()
    w = d.writer()
    w.say("您问的是")
    bank = w.bank(now)
    period = w.period(now.period, point=now.point)
    w.say(f"的{d.name(now)}。答案：")
    w.level(now, bank, period)
    w.say("。作为参考，")
    base = w.period(before.period, point=before.point)
    w.say("该指标为", "为")
    w.level(before, bank, base)
    w.say("。")
    return w.done(banks=(now.entity,), periods=(now.period,))


def changed_then_level(d: Draw) -> Answer:
    now, before = d.pair(amounts=True)
    w = d.writer()
    period = w.period(now.period, point=now.point)
    bank = w.bank(now)
    w.say(d.name(now)).say("同比", "比上年")
    w.change(now, before, bank, period, "yoy")
    w.say("至", "，达到")
    w.level(now, bank, period)
    w.say("。")
    return w.done(banks=(now.entity,))


def amount_or_rate(d: Draw) -> Answer:
    now, before = d.pair(amounts=True)
    w = d.writer()
    w.say("数据显示，")
    bank = w.bank(now)
    period = w.period(now.period, point=now.point)
    w.say(d.name(now)).say("为")
    w.level(now, bank, period)
    w.say("，较")
    base = w.period(before.period, point=before.point)
    w.change(now, before, bank, period, base, style="amount")
    w.say("（")
    w.signed(now, before, bank, period, base)
    w.say("）。")
    return w.done(banks=(now.entity,), periods=(now.period,))


def transposed_table(d: Draw) -> Answer:
    rows = d.peers(3, years=2)
    w = d.writer()
    w.say(f"{d.name(rows[0][0])}对比：\n\n| 期间 |")
    banks = []
    for now, _ in rows:
        w.say(" ")
        banks.append(w.bank(now))
        w.say(" |")
    w.say("\n|:---|" + "---:|" * 3 + "\n")
    for back in (1, 0):
        w.say("| ")
        period = w.period(rows[0][back].period, point=rows[0][back].point)
        w.say(" |")
        for place, row in enumerate(rows):
            w.say(" ")
            w.level(row[back], banks[place], period)
            w.say(" |")
        w.say("\n")
    return w.done(banks=tuple(row[0].entity for row in rows))


def ordering_signs(d: Draw) -> Answer:
    rows = sorted((row[0] for row in d.peers(3)), key=lambda f: f.quantity.base)
    w = d.writer()
    w.say("就")
    period = w.period(rows[0].period, point=rows[0].point)
    w.say(f"的{d.name(rows[0])}而言：")
    for place, figure in enumerate(rows):
        bank = w.bank(figure)
        w.level(figure, bank, period)
        w.say("。" if place == 2 else "<")
    return w.done(banks=tuple(f.entity for f in rows))


def quoted_block(d: Draw) -> Answer:
    now, before = d.pair(amounts=False)
    w = d.writer()
    w.say("> **核心结论**：")
    bank = w.bank(now)
    w.say("的").say(d.name(now)).say("在")
    period = w.period(now.period, point=now.point)
    w.say("为 **")
    w.level(now, bank, period)
    w.say("**，而在")
    base = w.period(before.period, point=before.point)
    w.say("为 **")
    w.level(before, bank, base)
    w.say("**，一年间")
    w.change(now, before, bank, period, base)
    w.say("。")
    return w.done(banks=(now.entity,))


def three_year_bullets(d: Draw) -> Answer:
    series = d.series(3)
    w = d.writer()
    w.say("### ")
    bank = w.bank(series[0])
    w.say(f" · {d.name(series[0])}\n\n")
    for place, figure in enumerate(series):
        w.say("- ")
        period = w.period(figure.period, point=figure.point)
        w.say("：", " → ")
        w.level(figure, bank, period)
        if place:
            w.say("（")
            w.signed(figure, series[place - 1], bank, period, "yoy")
            w.say("）")
        w.say("\n")
    return w.done(banks=(series[0].entity,))


def two_banks_dealt_twice(d: Draw) -> Answer:
    (one, one_before), (two, two_before) = d.peers(2, years=2, amounts=False)
    w = d.writer()
    bank = w.bank(one)
    w.say("、", "和")
    rival = w.bank(two)
    period = w.period(one.period, point=one.point)
    w.say(f"{d.name(one)}分别为")
    w.level(one, bank, period)
    w.say("、")
    w.level(two, rival, period)
    w.say("，较")
    base = w.period(one_before.period, point=one_before.point)
    w.say("分别")
    w.change(one, one_before, bank, period, base)
    w.say("、")
    w.change(two, two_before, rival, period, base)
    w.say("。")
    return w.done(banks=(one.entity, two.entity))


def contrast_sentence(d: Draw) -> Answer:
    (one, one_before), (two, two_before) = two_of_one_kind(d)
    w = d.writer()
    w.say("虽然")
    bank = w.bank(one)
    period = w.period(one.period, point=False, style="year")
    w.say(f"{d.name(one)}同比")
    w.change(one, one_before, bank, period, "yoy")
    w.say(f"，但{d.name(two)}同比")
    w.change(two, two_before, bank, period, "yoy")
    w.say("，为")
    w.level(two, bank, period)
    w.say("。")
    return w.done(banks=(one.entity,))


def summary_first(d: Draw) -> Answer:
    rows = d.profile(3)
    w = d.writer()
    bank = w.bank(rows[0][0])
    period = w.period(rows[0][0].period, point=False, style="full")
    w.say("业绩概览：\n\n")
    for place, (now, before) in enumerate(rows, start=1):
        w.say(f"（{place}）{d.name(now)}")
        w.level(now, bank, period)
        w.say("，上年")
        w.level(before, bank, period, back=1)
        w.say("；\n")
    return w.done(banks=(rows[0][0].entity,), periods=(rows[0][0].period,))


def ratio_of_two(d: Draw) -> Answer:
    part, whole = d.inputs(["net_interest_income", "operating_income"])
    result = d.sheet.add(share(part, whole))
    w = d.writer()
    period = w.period(part.period, point=False)
    bank = w.bank(part)
    w.say("营业收入")
    w.level(whole, bank, period)
    w.say("，其中利息净收入")
    w.level(part, bank, period)
    w.say("，占比")
    w.level(result, bank, period)
    w.say("。")
    return w.done(banks=(part.entity,), periods=(part.period,))


def short_headline(d: Draw) -> Answer:
    now, before = d.pair(amounts=True)
    w = d.writer()
    bank = w.bank(now, short=True)
    w.say("：")
    period = w.period(now.period, point=now.point)
    w.say(d.name(now))
    w.level(now, bank, period)
    w.say("，YoY ", "，同比 ")
    w.signed(now, before, bank, period, "yoy")
    w.say("\n")
    return w.done(banks=(now.entity,))


def metric_sections(d: Draw) -> Answer:
    rows = [d.peers(2), d.peers(2)]
    w = d.writer()
    for pairs in rows:
        figures = [row[0] for row in pairs]
        w.say(f"#### {d.name(figures[0])}（")
        period = w.period(figures[0].period, point=figures[0].point)
        w.say("）\n\n")
        for figure in figures:
            bank = w.bank(figure)
            w.say("：", " ")
            w.level(figure, bank, period)
            w.say("；\n" if figure is figures[0] else "。\n\n")
    return w.done()


def lead_is_ahead(d: Draw) -> Answer:
    (one,), (two,) = d.peers(2, amounts=False)
    first, second = (one, two) if one.quantity.base > two.quantity.base else (two, one)
    w = d.writer()
    period = w.period(first.period, point=first.point)
    bank = w.bank(first)
    w.say("的").say(d.name(first)).say("（")
    w.level(first, bank, period)
    w.say("）")
    rival_at = w.next + 1
    w.side(first, second, bank, rival_at, period)
    rival = w.bank(second)
    w.say("（")
    w.level(second, rival, period)
    w.say("），两者相差")
    w.gap(first, second, bank, rival, period)
    w.say("。")
    return w.done(banks=(first.entity, second.entity))


def wide_table(d: Draw) -> Answer:
    rows = d.profile(3)
    w = d.writer()
    w.say("| 银行 | 期间 |" + "".join(f" {d.name(now)} |" for now, _ in rows) + "\n|---|---|---|---|---|\n")
    for back in (0, 1):
        w.say("| ")
        bank = w.bank(rows[0][0])
        w.say(" | ")
        period = w.period(rows[0][back].period, point=False, style="year")
        w.say(" |")
        for row in rows:
            w.say(" ")
            w.level(row[back], bank, period)
            w.say(" |")
        w.say("\n")
    return w.done(banks=(rows[0][0].entity,))


def follow_up(d: Draw) -> Answer:
    """An answer to 那上一年呢: the bank only in the conversation."""
    now, before = d.pair()
    w = d.writer()
    base = w.period(before.period, point=before.point)
    w.say("，")
    bank = w.bank(now)
    w.say("的该项指标").say(f"（{d.name(now)}）为")
    w.level(before, bank, base)
    w.say("；到了")
    period = w.period(now.period, point=now.point)
    w.say("，")
    w.move(now, before, bank, period, base, up="升至", down="降至")
    w.level(now, bank, period)
    w.say("。")
    return w.done(banks=(now.entity,))


def since_year(d: Draw) -> Answer:
    series = d.series(3)
    if series[0].quantity.base == series[-1].quantity.base:
        return question_and_answer(d)
    w = d.writer()
    w.say("自")
    base = w.period(series[0].period, point=series[0].point)
    w.say("以来，")
    bank = w.bank(series[0])
    w.say(f"{d.name(series[0])}累计")
    w.change(series[-1], series[0], bank, w.next + 3, base)
    w.say("，")
    period = w.period(series[-1].period, point=series[-1].point)
    w.say("为")
    w.level(series[-1], bank, period)
    w.say("。")
    return w.done(banks=(series[0].entity,), periods=(series[-1].period,))


def analyst_note(d: Draw) -> Answer:
    rows = d.profile(3)
    w = d.writer()
    w.say("【点评】")
    bank = w.bank(rows[0][0])
    w.say("披露")
    period = w.period(rows[0][0].period, point=False, style="year")
    w.say("年报。")
    for place, (now, before) in enumerate(rows):
        w.say(("核心看点：", "其次，", "最后，")[place]).say(d.name(now))
        w.level(now, bank, period)
        w.say("，同比")
        w.change(now, before, bank, period, "yoy", word="提升/下降")
        w.say("，好于市场预期；", "；" if place < 2 else "。")
    return w.done(banks=(rows[0][0].entity,))


HELDOUT: tuple[Template, ...] = (
    question_and_answer, changed_then_level, amount_or_rate, transposed_table, ordering_signs, quoted_block, three_year_bullets, two_banks_dealt_twice,
    contrast_sentence, summary_first, ratio_of_two, short_headline, metric_sections, lead_is_ahead, wide_table, follow_up, since_year, analyst_note,
)  # fmt: skip
