"""Paragraphs with many rows: decompositions and overviews."""

from __future__ import annotations

from agents.findings import Finding
from agents.writing.style import cited, how_computed, scope_note, table
from data.figures import Figure, FigureKind
from tools.factsheet import FactSheet


def decomposition(sheet: FactSheet, finding: Finding) -> list[str]:
    """The total, its parts as a table, the largest part in words, and what is missing."""
    total = sheet.get(finding.ids["total"][0])
    parts = [sheet.get(key) for key in finding.ids["parts"]]
    if finding.words.get("dupont"):
        return _dupont(sheet, finding, total, parts)
    change = total.kind is FigureKind.CHANGE
    rows = [[f"{{{part.id}.name}}", f"{{{part.id}.value}}"] for part in parts]
    rows.append([f"合计：{{{total.id}.name}}", f"{{{total.id}.value}}"])
    largest = max(parts, key=lambda part: abs(part.quantity.base))
    span = f"{{{total.id}.period}}较{{{total.id}.base}}" if total.base_period else f"{{{total.id}.period}}"
    noun = "贡献" if change else "金额"
    if not change and len(finding.ids.get("ends", [])) == 2:
        first, last = finding.ids["ends"]
        opening = f"{{{total.id}.bank}}{span}从{{{first}.name}}{{{first}}}到{{{last}.name}}{{{last}}}{scope_note(total)}，逐项如下："
    else:
        opening = f"{{{total.id}.bank}}{span}{finding.words['name']}{scope_note(total)}，影响最大的是{{{largest.id}.name}}（{{{largest.id}.value}}）："
    lines = [opening, "", *table(["项目", noun], rows), "", f"- 关系式：{finding.words['formula']}；各项之和等于合计。"]
    if finding.words.get("missing"):
        lines.append(f"- 未披露：{finding.words['missing']}（并入其他）。")
    marks = f"{{{total.id}.mark}}"
    return [*lines, f"- 依据：{marks}"]


def _dupont(sheet: FactSheet, finding: Finding, total: Figure, parts: list[Figure]) -> list[str]:
    rows = [[f"{{{part.id}.name}}", f"{{{part.id}}}"] for part in parts]
    opening = f"{{{total.id}.bank}}{{{total.id}.period}}{{{total.id}.name}}为{{{total.id}}}{scope_note(total)}，三因素如下（与披露的加权口径不同）："
    lines = [opening, "", *table(["因素", "本期"], rows), ""]
    return [*lines, *[how_computed(sheet, figure) for figure in (*parts, total)]]


def overview(sheet: FactSheet, finding: Finding) -> list[str]:
    """The main figures of a bank with their changes against the year before."""
    figures = [sheet.get(key) for key in finding.ids["values"]]
    first = figures[0]
    rows = []
    for figure, moved in zip(figures, finding.ids["amounts"], strict=True):
        rows.append([f"{{{figure.id}.name}}", cited(figure), f"{{{moved}}}" if moved else "—"])
    base = next((sheet.get(moved).base_period for moved in finding.ids["amounts"] if moved), None)
    against = next((f"较{{{moved}.base}}" for moved in finding.ids["amounts"] if moved and sheet.get(moved).base_period == base), "变动")
    opening = f"{{{first.id}.bank}}{{{first.id}.period}}主要指标{scope_note(first)}："
    return [opening, "", *table(["指标", "数值", against], rows)]
