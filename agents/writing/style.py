"""Turns of phrase shared by the paragraphs: how a subject is introduced, a scope said, a series described."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from data.figures import Figure, FigureKind, Scope
from tools.factsheet import FactSheet
from tools.given import GIVEN_ID, GIVEN_UNDATED

SHAPES = {"up": "逐期上升", "down": "逐期下降", "flat": "保持不变", "peak": "先升后降", "trough": "先降后升", "mixed": "有升有降", "rising": "总体上升", "falling": "总体下降"}


def subject(figure: Figure) -> str:
    """招商银行2023年末不良贷款率, in references; without the period where the question gave none."""
    if figure.entity == GIVEN_UNDATED:
        return f"{{{figure.id}.bank}}{{{figure.id}.name}}"
    return f"{{{figure.id}.bank}}{{{figure.id}.period}}{{{figure.id}.name}}"


def scope_note(figure: Figure) -> str:
    """（本行口径） in references."""
    return "" if figure.scope is Scope.INDUSTRY or figure.entity_id == GIVEN_ID else f"（{{{figure.id}.scope}}口径）"


def cited(figure: Figure) -> str:
    """The value with its source marks."""
    return f"{{{figure.id}}}{{{figure.id}.mark}}"


def how_computed(sheet: FactSheet, figure: Figure) -> str:
    """One line on a computed figure: its formula and the inputs it was computed from."""
    if figure.kind is FigureKind.REPORTED or not figure.inputs:
        return ""
    inputs = "；".join(f"{subject(sheet.get(key))} {{{key}.value}}{{{key}.mark}}" for key in figure.inputs if key in sheet)
    return f"- 计算：{{{figure.id}.formula}}；代入{inputs}。" if figure.formula else f"- 计算依据：{inputs}。"


def shape(figures: Sequence[Figure]) -> str:
    """The word for the course of a series."""
    values = [figure.quantity.base for figure in figures]
    steps = [later - earlier for earlier, later in pairwise(values)]
    if all(step == 0 for step in steps):
        return SHAPES["flat"]
    if all(step >= 0 for step in steps):
        return SHAPES["up" if all(steps) else "rising"]
    if all(step <= 0 for step in steps):
        return SHAPES["down" if all(steps) else "falling"]
    turns = sum(1 for one, two in pairwise(steps) if one * two < 0)
    if turns == 1 and all(steps):
        return SHAPES["peak"] if steps[0] > 0 else SHAPES["trough"]
    return SHAPES["mixed"]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *["| " + " | ".join(row) + " |" for row in rows]]
