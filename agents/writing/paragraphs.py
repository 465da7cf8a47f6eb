"""One paragraph per kind of finding: values, changes, trends, comparisons, rankings, shares, checks against lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agents.findings import Finding, FindingKind
from agents.writing.breakdowns import decomposition, overview
from agents.writing.style import cited, how_computed, scope_note, shape, subject, table
from data.figures import Figure, FigureKind
from data.units import Dimension
from tools.derivation import is_amount
from tools.factsheet import FactSheet
from tools.given import GIVEN_ID
from tools.references import UNIT_FIELDS

Paragraph = list[str]
_COUNTS = dict(enumerate("零一二三四五六七八九十"))


def value(sheet: FactSheet, finding: Finding) -> Paragraph:
    """招商银行2023年末不良贷款率为0.95%（集团口径）[1]。"""
    figure = sheet.get(finding.ids["value"][0])
    computed = finding.one("computed")
    other = UNIT_FIELDS.get(finding.words.get("unit", ""))
    converted = f"，合{{{figure.id}.{other}}}" if other and figure.quantity.unit.dimension is Dimension.AMOUNT else ""
    lines = [f"{subject(figure)}为{cited(figure)}{scope_note(figure)}{converted}。"]
    if figure.kind is not FigureKind.REPORTED:
        lines = [f"{subject(figure)}为{cited(figure)}{scope_note(figure)}，由{'题中数字' if figure.entity_id == GIVEN_ID else '披露数'}计算得出。", how_computed(sheet, figure)]
    if computed:
        lines.append(check_line(sheet.get(computed), finding.words.get("agrees", "")))
    return lines


def check_line(computed: Figure, agrees: str) -> str:
    """The recomputed ratio beside the disclosed one: the value before the formula, whose 期初 and 期末 date no figure."""
    verdict = "，与披露值一致" if agrees == "yes" else "，与披露值略有出入（平均方法或口径不同）" if agrees == "no" else ""
    return f"- 复算：{subject(computed)}为{{{computed.id}}}{{{computed.id}.mark}}{verdict}；{{{computed.id}.formula}}。"


def change(sheet: FactSheet, finding: Finding) -> Paragraph:
    """…为0.95%，较2022年末的0.96%下降0.01个百分点。"""
    now, base, amount = (sheet.get(finding.ids[role][0]) for role in ("value", "base", "amount"))
    rate = finding.one("rate")
    speed = f"，{_speed_name(sheet.get(rate))}{{{rate}.value}}" if rate else ""
    first = f"{subject(now)}为{cited(now)}{scope_note(now)}，较{{{base.id}.period}}的{cited(base)}{{{amount.id}}}{speed}。"
    return [first, *[line for line in (how_computed(sheet, figure) for figure in (now, base)) if line]]


def trend(sheet: FactSheet, finding: Finding) -> Paragraph:
    """One sentence on the course, then the series as a table."""
    figures = [sheet.get(key) for key in finding.ids["values"]]
    first, last = figures[0], figures[-1]
    if len(figures) == 1:
        return [f"{subject(first)}为{cited(first)}{scope_note(first)}；只有一期数据，看不出趋势。"]
    amount, cagr = finding.one("amount"), finding.one("cagr")
    course = shape(figures)
    told = f"，期间{{{amount}}}" if amount and sheet.get(amount).quantity.value else "，首末持平" if amount else ""
    speed = f"，年均复合增速{{{cagr}.value}}" if cagr else ""
    opening = f"{{{first.id}.bank}}{{{first.id}.name}}{scope_note(first)}{course}：从{{{first.id}.period}}的{{{first.id}}}到{{{last.id}.period}}的{{{last.id}}}{told}{speed}。"
    rows = [[f"{{{figure.id}.period}}", cited(figure)] for figure in figures]
    return [opening, "", *table(["期间", f"{{{first.id}.bank}}{{{first.id}.name}}"], rows)]


def comparison(sheet: FactSheet, finding: Finding) -> Paragraph:
    """Who stands where, the distance from the first; a table from three on."""
    figures = [sheet.get(key) for key in finding.ids["values"]]
    if len(figures) < 2:
        return value(sheet, Finding(FindingKind.VALUE, {"value": [figures[0].id]}))
    if len({figure.indicator for figure in figures}) > 1:
        return _indicators(sheet, figures, finding.ids.get("gaps", []))
    first = figures[0]
    lead = f"{{{first.id}.period}}{{{first.id}.name}}{scope_note(first)}：" + "，".join(f"{{{f.id}.bank}}{cited(f)}" for f in figures) + "。"
    gaps = [sheet.get(key) for key in finding.ids.get("gaps", [])]
    sentences = [_gap_sentence(sheet, gap) for gap in gaps]
    if len(figures) == 2:
        return [lead.removesuffix("。") + "；" + "".join(sentences)] if sentences else [lead]
    ordered = sorted(figures, key=lambda figure: figure.quantity.base, reverse=True)
    rows = [[f"{{{figure.id}.bank}}", cited(figure)] for figure in ordered]
    top, bottom = ordered[0], ordered[-1]
    opening = f"{{{first.id}.period}}{{{first.id}.name}}{scope_note(first)}，{{{top.id}.bank}}最高（{{{top.id}}}），{{{bottom.id}.bank}}最低（{{{bottom.id}}}）。"
    if top.quantity.base == bottom.quantity.base:
        opening = f"{{{first.id}.period}}{{{first.id}.name}}{scope_note(first)}，各行持平："
    return [opening, "", *table(["银行", f"{{{first.id}.name}}（{{{first.id}.period}}）"], rows), "", *[f"- {sentence}" for sentence in sentences]]


def ranking(sheet: FactSheet, finding: Finding) -> Paragraph:
    """The head of the ranking in a sentence, then the ranking."""
    figures = [sheet.get(key) for key in finding.ids["values"]]
    first = figures[0]
    extreme = "最高" if finding.words["order"] == "从高到低" else "最低"
    opening = f"{{{first.id}.period}}{{{first.id}.name}}{extreme}的是{{{first.id}.bank}}，为{cited(first)}{scope_note(first)}。{finding.words['order']}排列："
    if focus := finding.one("focus"):
        opening = f"{subject(sheet.get(focus))}为{cited(sheet.get(focus))}{scope_note(first)}，{finding.words['order']}排第{finding.words[focus]}："
    rows = [[f"第{finding.words[figure.id]}", f"{{{figure.id}.bank}}", cited(figure)] for figure in figures]
    return [opening, "", *table(["名次", "银行", f"{{{first.id}.name}}（{{{first.id}.period}}）"], rows)]


def cagr(sheet: FactSheet, finding: Finding) -> Paragraph:
    """…从2021年的X到2023年的Y，年均复合增速Z。"""
    result = finding.ids["cagr"][0]
    first, last = (sheet.get(key) for key in finding.ids["values"])
    name = f"{{{first.id}.bank}}{{{first.id}.name}}"
    return [f"{name}{scope_note(first)}从{{{first.id}.period}}的{cited(first)}到{{{last.id}.period}}的{cited(last)}，年均复合增速为{{{result}.value}}。", f"- 计算：{{{result}.formula}}。"]


def share(sheet: FactSheet, finding: Finding) -> Paragraph:
    """…为X，占Y的Z。"""
    result, part, whole = (sheet.get(finding.ids[role][0]) for role in ("result", "part", "whole"))
    if result.operation == "ratio":
        first = f"{subject(result)}为{{{result.id}}}{scope_note(part)}：{{{part.id}.name}}{cited(part)}，{{{whole.id}.name}}{cited(whole)}。"
        return [first, f"- 计算：{{{result.id}.formula}}。"]
    first = f"{subject(part)}为{cited(part)}{scope_note(part)}，占{{{whole.id}.name}}{cited(whole)}的{{{result.id}}}。"
    return [first, f"- 计算：{{{result.id}.formula}}。"]


def average(sheet: FactSheet, finding: Finding) -> Paragraph:
    """The mean and what it is the mean of."""
    result = sheet.get(finding.ids["result"][0])
    return [f"{{{result.id}.name}}为{{{result.id}}}。", how_computed(sheet, result)]


def total(sheet: FactSheet, finding: Finding) -> Paragraph:
    """A total with its parts, as a table."""
    result = sheet.get(finding.ids["result"][0])
    figures = [sheet.get(key) for key in finding.ids["values"]]
    if finding.words.get("parts"):
        opening = f"{subject(result)}为{cited(result)}{scope_note(result)}，已披露的组成部分："
        return [opening, "", *table(["项目", "数值"], [[f"{{{f.id}.name}}", cited(f)] for f in figures])]
    rows = [[f"{{{figure.id}.bank}}{{{figure.id}.period}}{{{figure.id}.name}}", cited(figure)] for figure in figures]
    return [f"{{{result.id}.name}}为{{{result.id}}}。", "", *table(["项目", "数值"], rows)]


def breakdown(sheet: FactSheet, finding: Finding) -> Paragraph:
    """The rows of a report's table with the largest named, the total and whether they add up to it, then their printed shares."""
    figures, shares = ([sheet.get(key) for key in finding.ids.get(role, [])] for role in ("values", "shares"))
    largest = finding.one("largest")
    first, top = figures[0], sheet.get(largest) if largest else max(figures, key=lambda figure: figure.quantity.base)
    total = sheet.get(key) if (key := finding.one("total")) else None
    head = f"{subject(total)}为{cited(total)}{scope_note(total)}，" if total else f"{{{first.id}.bank}}{{{first.id}.period}}{scope_note(first)}"
    opening = f"{head}共列示{_COUNTS.get(len(figures), '多')}项，最高的是{{{top.id}.name}}：{{{top.id}}}。"
    rows = [[f"{{{f.id}.name}}", cited(f)] for f in figures]
    lines = [opening, "", *table(["项目", "数值"], [*rows, *([[f"合计：{{{total.id}.name}}", cited(total)]] if total else [])])]
    if finding.words.get("sums"):
        lines += ["", _sums_line(finding)]
    return [*lines, "", *table(["项目", "占比"], [[f"{{{f.id}.name}}", cited(f)] for f in shares])] if shares else lines


def _sums_line(finding: Finding) -> str:
    """Whether the rows add up to the total, subtotals counted once."""
    if summed := finding.one("sum"):
        return f"- 核对：{{{summed}.name}}为{{{summed}}}，与合计不一致，原表可能另有未列示或未识别的项目。"
    return "- 核对：各项相加与合计一致（小计不重复计）。" if finding.words["sums"] == "exact" else "- 核对：各项相加与合计在四舍五入范围内一致（小计不重复计）。"


def recomputed(sheet: FactSheet, finding: Finding) -> Paragraph:
    """The ratio by formula beside the disclosed one, and whether they agree."""
    computed = sheet.get(finding.ids["computed"][0])
    disclosed = finding.one("value")
    verdict = ""
    if disclosed:
        agrees = "在四舍五入范围内一致" if finding.words["agrees"] == "yes" else "不一致，请留意口径差异"
        verdict = f"；披露值为{{{disclosed}}}{{{disclosed}.mark}}，两者{agrees}"
    return [f"{subject(computed)}按公式复算为{{{computed.id}}}{verdict}。", how_computed(sheet, computed)]


def line(sheet: FactSheet, finding: Finding) -> Paragraph:
    """Whether a figure stands on the right side of the regulatory line."""
    figure, words = sheet.get(finding.ids["value"][0]), finding.words
    verdict = "符合要求" if words["meets"] == "yes" else "未达到要求"
    first = f"{subject(figure)}为{cited(figure)}{scope_note(figure)}，监管要求{words['sense']}{words['bound']}，{verdict}。"
    note = f"「{words['note'].removesuffix('。')}」" if words.get("note") else ""
    return [first, f"- 依据：{words['source']}。{note}"]


def expression(_: FactSheet, finding: Finding) -> Paragraph:
    """The user's own arithmetic."""
    return [f"{finding.words['expression']} = {{{finding.ids['result'][0]}}}"]


def note(_: FactSheet, finding: Finding) -> Paragraph:
    """Text that stands for itself: quotations, coverage."""
    return finding.words["text"].split("\n")


PARAGRAPHS: Mapping[FindingKind, Callable[[FactSheet, Finding], Paragraph]] = {
    FindingKind.VALUE: value, FindingKind.CHANGE: change, FindingKind.TREND: trend, FindingKind.COMPARISON: comparison,
    FindingKind.RANKING: ranking, FindingKind.CAGR: cagr, FindingKind.SHARE: share, FindingKind.AVERAGE: average, FindingKind.TOTAL: total,
    FindingKind.RECOMPUTED: recomputed, FindingKind.LINE: line, FindingKind.EXPRESSION: expression, FindingKind.DECOMPOSITION: decomposition,
    FindingKind.BREAKDOWN: breakdown, FindingKind.OVERVIEW: overview, FindingKind.DEFINITION: note, FindingKind.COVERAGE: note, FindingKind.NOTE: note,
}


def _speed_name(rate: Figure) -> str:
    return {"yoy": "同比", "qoq": "环比"}.get(rate.operation, "变动幅度")


def _gap_sentence(sheet: FactSheet, gap: Figure) -> str:
    """招商银行比兴业银行高192.49个百分点。"""
    first, other = (sheet.get(key) for key in gap.inputs[:2])
    names = f"{{{first.id}.bank}}比{{{other.id}.bank}}"
    if not gap.quantity.value:
        return f"{{{first.id}.bank}}与{{{other.id}.bank}}持平。"
    return f"{names}{_gap_word(gap)}{{{gap.id}.abs}}。"


def _gap_word(gap: Figure) -> str:
    return ("多" if gap.quantity.value > 0 else "少") if is_amount(gap.quantity.unit) else ("高" if gap.quantity.value > 0 else "低")


def _indicators(sheet: FactSheet, figures: list[Figure], gaps: list[str]) -> Paragraph:
    """Several indicators of one bank side by side."""
    first = figures[0]
    body = "，".join(f"{{{figure.id}.name}}{cited(figure)}" for figure in figures)
    alike = len({figure.quantity.unit.dimension for figure in figures}) == 1
    top = max(figures, key=lambda figure: figure.quantity.base)
    tail = f"；{{{top.id}.name}}较高" if alike and len({f.quantity.base for f in figures}) > 1 else ""
    if len(figures) == 2 and gaps:
        names = [f"{{{figure.id}.name}}" for figure in figures]
        tail = f"；{names[0]}比{names[1]}{_gap_word(sheet.get(gaps[0]))}{{{gaps[0]}.abs}}" if sheet.get(gaps[0]).quantity.value else f"；{names[0]}与{names[1]}相同"
    return [f"{{{first.id}.bank}}{{{first.id}.period}}：{body}{tail}。"]
