"""Longer answers, as a model or an analyst would write them: reports with headings, bullet lists, flowing paragraphs."""

from __future__ import annotations

from data.figures import Figure
from tests.benchmarks.audit_claims import Answer
from tests.benchmarks.audit_draws import Draw
from tests.benchmarks.audit_templates import Template


def bullets(d: Draw) -> Answer:
    rows = d.profile(3)
    w = d.writer()
    bank = w.bank(rows[0][0])
    period = w.period(rows[0][0].period, point=False, style="year")
    w.say("主要指标如下：\n\n", "的核心数据：\n")
    for now, before in rows:
        w.say(f"- {d.name(now)}：", f"- **{d.name(now)}**：")
        w.level(now, bank, period)
        w.say("（较上年", "，同比", "（同比")
        closing = "）" if w.answer.pieces[-1].text.startswith("（") else ""
        w.change(now, before, bank, period, "yoy")
        w.say(closing + "\n")
    return w.done(banks=(rows[0][0].entity,), periods=(rows[0][0].period,))


def bank_bullets(d: Draw) -> Answer:
    rows = [row[0] for row in d.peers(3)]
    w = d.writer()
    period = w.period(rows[0].period, point=rows[0].point)
    w.say(f"各行{d.name(rows[0])}：\n", f"，三家银行的{d.name(rows[0])}如下：\n\n")
    for index, figure in enumerate(rows, start=1):
        w.say(f"{index}. " if d.rng.random() < 0.5 else "- ").say("", "**")
        bold = w.answer.pieces[-1].text
        bank = w.bank(figure)
        w.say(bold + "：")
        w.level(figure, bank, period)
        w.say("\n", "；\n")
    return w.done(banks=tuple(f.entity for f in rows), periods=(rows[0].period,))


def nested_bullets(d: Draw) -> Answer:
    rows = d.peers(2, years=2)
    w = d.writer()
    w.say(f"两家银行{d.name(rows[0][0])}对比\n\n")
    for now, before in rows:
        w.say("- ")
        bank = w.bank(now)
        w.say("\n")
        for figure in (before, now):
            w.say("  - ")
            period = w.period(figure.period, point=figure.point)
            w.say("：")
            w.level(figure, bank, period)
            if figure is now:
                w.say("，同比", "（较上年")
                closing = "）" if w.answer.pieces[-1].text.startswith("（") else ""
                w.change(now, before, bank, period, "yoy")
                w.say(closing)
            w.say("\n")
    return w.done(banks=tuple(row[0].entity for row in rows))


def headed_report(d: Draw) -> Answer:
    rows = d.profile(4)
    w = d.writer()
    w.say("# ")
    bank = w.bank(rows[0][0])
    period = w.period(rows[0][0].period, point=False, style="year")
    w.say("经营分析\n\n", "业绩点评\n\n")
    for number, (now, before) in enumerate(rows, start=1):
        w.say(f"## {number}. {d.name(now)}\n\n", f"## {'一二三四'[number - 1]}、{d.name(now)}\n\n")
        w.say("报告期内，", "").say(d.name(now)).say("为", "录得")
        w.level(now, bank, period)
        w.say("，较上年", "，同比")
        w.change(now, before, bank, period, "yoy")
        w.say("。")
        w.say("\n\n", "总体保持稳健。\n\n")
    return w.done(banks=(rows[0][0].entity,))


def bank_sections(d: Draw) -> Answer:
    rows = d.peers(2, years=2)
    w = d.writer()
    w.say("对比分析如下。\n\n")
    for now, before in rows:
        w.say("### ", "**")
        bold = w.answer.pieces[-1].text
        bank = w.bank(now)
        w.say("\n\n" if bold == "### " else "**\n\n")
        period = w.period(now.period, point=now.point)
        w.say(d.name(now)).say("为")
        w.level(now, bank, period)
        w.say("。")
        w.say("较", "比")
        base = w.period(before.period, point=before.point)
        w.change(now, before, bank, period, base)
        w.say("。\n\n")
    return w.done(banks=tuple(row[0].entity for row in rows))


def asset_prose(d: Draw) -> Answer:
    first, second, third = d.profile(3)
    w = d.writer()
    w.say("从整体表现看，", "综合来看，", "")
    bank = w.bank(first[0])
    w.say("在", "")
    period = w.period(first[0].period, point=False, style="year")
    w.say("经营平稳。", "总体延续稳健态势。")
    w.say(d.name(first[0])).say("为", "达到")
    w.level(first[0], bank, period)
    w.say("，较上年", "，同比")
    w.change(first[0], first[1], bank, period, "yoy")
    w.say("；").say(d.name(second[0])).say("录得", "为")
    w.level(second[0], bank, period)
    w.say("，", "，同比", "，较上年")
    w.change(second[0], second[1], bank, period, "yoy")
    w.say("。此外，", "。与此同时，", "。").say(d.name(third[0])).say("为")
    w.level(third[0], bank, period)
    w.say("，上年为", "，上年同期为")
    w.level(third[1], bank, period, back=1)
    w.say("。")
    return w.done(banks=(first[0].entity,), periods=(first[0].period,))


def two_banks_two_years(d: Draw) -> Answer:
    (one, one_before), (two, two_before) = d.peers(2, years=2)
    w = d.writer()
    period = w.period(one.period, point=one.point)
    w.say("，")
    bank = w.bank(one)
    w.say(d.name(one)).say("为")
    w.level(one, bank, period)
    w.say("，较")
    base = w.period(one_before.period, point=one_before.point)
    w.change(one, one_before, bank, period, base)
    w.say("；同期", "；").say("")
    rival = w.bank(two)
    w.say("为", "的水平为")
    w.level(two, rival, period)
    w.say("，较", "，比")
    other = w.period(two_before.period, point=two_before.point)
    w.change(two, two_before, rival, period, other)
    w.say("。")
    return w.done(banks=(one.entity, two.entity), periods=(one.period,))


def both_years_named(d: Draw) -> Answer:
    """营业收入 of two years side by side, then the change."""
    now, before = d.pair(amounts=True)
    w = d.writer()
    bank = w.bank(now)
    period = w.period(now.period, point=now.point)
    w.say(d.name(now)).say("为")
    w.level(now, bank, period)
    w.say("，")
    base = w.period(before.period, point=before.point)
    w.say("为")
    w.level(before, bank, base)
    w.say("，同比")
    w.change(now, before, bank, period, "yoy")
    w.say("。")
    return w.done(banks=(now.entity,))


def two_indicators_dealt(d: Draw) -> Answer:
    (one, one_before), (two, two_before) = two_of_one_kind(d)
    w = d.writer()
    period = w.period(one.period, point=False, style="year")
    bank = w.bank(one)
    w.say(f"{d.name(one)}和{d.name(two)}分别为", f"的{d.name(one)}、{d.name(two)}分别为")
    w.level(one, bank, period)
    w.say("和", "、")
    w.level(two, bank, period)
    w.say("，同比分别", "，较上年分别")
    w.change(one, one_before, bank, period, "yoy")
    w.say("和", "、")
    w.change(two, two_before, bank, period, "yoy")
    w.say("。")
    return w.done(banks=(one.entity,))


def bracketed_base(d: Draw) -> Answer:
    now, before = d.pair()
    w = d.writer()
    bank = w.bank(now)
    period = w.period(now.period, point=now.point)
    w.say(d.name(now)).say("为")
    w.level(now, bank, period)
    w.say("（")
    base = w.period(before.period, point=before.point)
    w.say("为", "：")
    w.level(before, bank, base)
    w.say("）。")
    return w.done(banks=(now.entity,), periods=(now.period,))


def number_first(d: Draw) -> Answer:
    (one,), (two,) = d.peers(2, amounts=False)
    w = d.writer()
    w.say("在")
    period = w.period(one.period, point=one.point)
    w.say("，")
    bank = w.bank(one)
    w.say("以")
    w.level(one, bank, period)
    w.say("的").say(d.name(one))
    w.side(one, two, bank, w.next + 1, period)
    rival = w.bank(two)
    w.say("（")
    w.level(two, rival, period)
    w.say("）。")
    return w.done(banks=(one.entity, two.entity))


def bank_table(d: Draw) -> Answer:
    rows = d.peers(3, years=2)
    w = d.writer()
    w.say(f"单位：{'亿元' if rows[0][0].quantity.unit.dimension.value == 'amount' else '%'}\n\n| 银行 | ")
    base = w.period(rows[0][1].period, point=rows[0][1].point)
    w.say(" | ")
    period = w.period(rows[0][0].period, point=rows[0][0].point)
    w.say(" |\n|:--|--:|--:|\n")
    for now, before in rows:
        w.say("| ")
        bank = w.bank(now)
        w.say(d.name(now) + " | ")
        w.level(before, bank, base)
        w.say(" | ")
        w.level(now, bank, period)
        w.say(" |\n")
    return w.done(banks=tuple(row[0].entity for row in rows))


def long_paragraph(d: Draw) -> Answer:
    rows = d.profile(4)
    w = d.writer()
    period = w.period(rows[0][0].period, point=False, style="year")
    w.say("，")
    bank = w.bank(rows[0][0])
    for index, (now, before) in enumerate(rows):
        w.say(("", "，", "；在盈利与质量方面，", "，而")[index]).say(d.name(now)).say("为", "")
        w.level(now, bank, period)
        if index % 2:
            w.say("（同比", "（较上年")
            w.change(now, before, bank, period, "yoy")
            w.say("）")
    w.say("，整体符合预期。", "。")
    return w.done(banks=(rows[0][0].entity,))


def cause_clause(d: Draw) -> Answer:
    now, before = d.pair(amounts=True)
    w = d.writer()
    bank = w.bank(now)
    period = w.period(now.period, point=now.point)
    w.say(d.name(now))
    w.level(now, bank, period)
    w.say("，受息差收窄影响，", "，在降息背景下，", "，尽管面临资产收益率下行压力，").say("同比", "较上年")
    w.change(now, before, bank, period, "yoy")
    w.say("。")
    return w.done(banks=(now.entity,))


def gap_then_levels(d: Draw) -> Answer:
    (one,), (two,) = d.peers(2, amounts=False)
    w = d.writer()
    w.say("与")
    rival = w.bank(two)
    w.say("相比，")
    bank = w.bank(one)
    period = w.period(one.period, point=one.point)
    w.say(d.name(one))
    w.gap(one, two, bank, rival, period)
    w.say("，其中", "：")
    first = w.bank(one)
    w.level(one, first, period)
    w.say("，")
    second = w.bank(two)
    w.level(two, second, period)
    w.say("。")
    return w.done(banks=(one.entity, two.entity))


def hedged_words(d: Draw) -> Answer:
    now, _ = d.pair(amounts=True)
    w = d.writer()
    w.say("据年报，", "年报显示，", "")
    bank = w.bank(now)
    period = w.period(now.period, point=now.point)
    w.say("的", "").say(d.name(now)).say("约为", "约")
    w.level(now, bank, period, style=d.rng.choice(("", "万亿元")))
    w.say("，规模居行业前列。", "。")
    return w.done(periods=(now.period,))


def markdown_cards(d: Draw) -> Answer:
    rows = d.profile(3)
    w = d.writer()
    w.say("**")
    bank = w.bank(rows[0][0])
    w.say("（")
    period = w.period(rows[0][0].period, point=False, style="year")
    w.say("）关键数据**\n\n")
    for now, before in rows:
        w.say(f"* {d.name(now)} **")
        w.level(now, bank, period)
        w.say("**（")
        base = w.period(before.period, point=False, style="year")
        w.say("：")
        w.level(before, bank, base)
        w.say("，变动 ")
        w.signed(now, before, bank, period, base)
        w.say("）\n")
    return w.done(banks=(rows[0][0].entity,))


def two_of_one_kind(d: Draw) -> list[list[Figure]]:
    """Two indicators of one profile, both ratios or both amounts."""
    while True:
        one, two, three = d.profile(3)
        same = [row for row in (two, three) if row[0].quantity.unit.dimension is one[0].quantity.unit.dimension]
        if same:
            return [one, same[0]]
        d.sheet.figures.clear()


PROSE: tuple[Template, ...] = (
    bullets, bank_bullets, nested_bullets, headed_report, bank_sections, asset_prose, two_banks_two_years, both_years_named, two_indicators_dealt,
    bracketed_base, number_first, bank_table, long_paragraph, cause_clause, gap_then_levels, hedged_words, markdown_cards,
)  # fmt: skip
