"""What an exact attribution gives: a total, the parts that sum to it exactly, and how they get onto a fact sheet.

Parts and totals are kept at twelve places of the printed unit (fewer where values beyond 10^15 would overflow 28 digits) and add
up exactly there; the residual of the last digit goes to the largest part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from data.figures import Figure, FigureKind
from data.units import Quantity, Unit, unit
from tools.calculator import operation_between
from tools.decomposition_methods import close
from tools.derivation import change_unit, derived
from tools.exact import exact
from tools.factsheet import FactSheet


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name, its contribution as a figure, and its share of the total change in % (None when nothing changed)."""

    name: str
    figure: Figure
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A total and the parts that sum to it exactly. method: lmdi, shapley, difference, walk or volume_rate_mix."""

    name: str
    method: str
    formula: str
    total: Figure
    parts: list[Part]
    missing: list[str]
    note: str

    def added_to(self, sheet: FactSheet) -> Decomposition:
        """The same decomposition with its total and parts numbered on a fact sheet."""
        total = sheet.add(self.total)
        return replace(self, total=total, parts=[replace(part, figure=sheet.add(part.figure)) for part in self.parts])

    def share_figures(self) -> list[Figure]:
        """贡献率 of each part in %, as figures over the numbered parts and total; empty when nothing changed.

        Raises:
            FormulaError: the decomposition is not on a fact sheet yet.
        """
        return [
            derived(
                [part.figure, self.total], Quantity(part.share, unit("%")), indicator=f"{part.name}贡献率",
                formula="贡献率 = 该项贡献 ÷ 总变动 × 100%", operation="contribution_share",
            )
            for part in self.parts if part.share is not None
        ]

    def largest(self) -> Part | None:
        """The part with the largest contribution in size, or None without parts."""
        return max(self.parts, key=lambda part: abs(part.figure.quantity.value), default=None)


def build(
    name: str, method: str, formula: str, change: Decimal, steps: Sequence[tuple[str, Decimal]], figures: Sequence[Figure], measured: Unit, *,
    base_index: int, indicator_id: str = "", missing: Sequence[str] = (), notes: Sequence[str] = (), level: bool = False,
) -> Decomposition:
    """A decomposition from a change and its parts in base units; `figures` are all inputs, the current side first.

    The comparison is between the first figure and the one at `base_index`. A ratio's change is stated in 个百分点. `level`: the
    total is not a change but the value itself, with its steps.
    """
    target = measured if level else change_unit(measured)
    scale = Decimal("0.01") if target != measured else measured.factor
    names = [label for label, _ in steps]
    with exact():
        whole, values = close(change / scale, [step / scale for _, step in steps], names)
    base = None if level else figures[base_index]
    operation = "walk" if base is None else operation_between(figures[0], base)
    noun = name if level else f"{name}变动"
    total = _contribution(figures, base, Quantity(whole, target), noun, formula, operation, indicator_id)
    parts = []
    for label, value in zip(names, values, strict=True):
        indicator = f"{noun}构成：{label}" if level else f"{label}对{noun}的贡献"
        figure = _contribution(figures, base, Quantity(value, target), indicator, formula, "contribution")
        with exact():
            parts.append(Part(label, figure, value / whole * 100 if whole else None))
    note = "；".join(dict.fromkeys([*notes, *filter(None, [total.note])]))
    return Decomposition(f"{noun}分解", method, formula, replace(total, note=note), parts, list(missing), note)


def _contribution(
    figures: Sequence[Figure], base: Figure | None, quantity: Quantity, name: str, formula: str, operation: str, indicator_id: str = ""
) -> Figure:
    """A total or part; a change from `base`, or without one a step of a level."""
    across = base is not None and operation_between(figures[0], base) == "versus"
    kind = FigureKind.COMPUTED if base is None else FigureKind.CHANGE
    result = derived(figures, quantity, indicator=name, formula=formula, operation=operation, kind=kind, indicator_id=indicator_id, across=across)
    return replace(result, base_period=base.period if base else None, counterpart=base.entity if base and across else "")
