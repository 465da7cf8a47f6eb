"""The fact sheet: the numbered figures that an answer may speak of, and nothing else.

Figures are numbered f1, f2 … in the order in which they are added. A writer refers to them; the host prints them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from data.errors import UnknownReferenceError
from data.evidence import Evidence
from data.figures import Figure, FigureKind
from tools.formatting import format_change, format_quantity, places_apart


@dataclass
class FactSheet:
    """Numbered figures with the ids of those that answer the question, best first (`answers`)."""

    figures: list[Figure] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Figure]:
        return iter(self.figures)

    def __len__(self) -> int:
        return len(self.figures)

    def __contains__(self, figure_id: str) -> bool:
        return any(figure.id == figure_id for figure in self.figures)

    def add(self, figure: Figure, *, answer: bool = False) -> Figure:
        """Add a figure under the next id, or return the equal one already there; `answer` marks it as asked for."""
        known = next((other for other in self.figures if _same(other, figure)), None)
        kept = known or figure.numbered(self._next_id())
        if known is None:
            self.figures.append(kept)
        if answer and kept.id not in self.answers:
            self.answers.append(kept.id)
        return kept

    def _next_id(self) -> str:
        """One past the highest number in use; a sheet may have been rebuilt from some of its figures."""
        used = [int(figure.id[1:]) for figure in self.figures if figure.id[1:].isdigit()]
        return f"f{max(used, default=0) + 1}"

    def extend(self, figures: Iterable[Figure], *, answer: bool = False) -> list[Figure]:
        """Add several figures in order."""
        return [self.add(figure, answer=answer) for figure in figures]

    def get(self, figure_id: str) -> Figure:
        """The figure of an id.

        Raises:
            UnknownReferenceError: the sheet holds no such figure.
        """
        for figure in self.figures:
            if figure.id == figure_id:
                return figure
        raise UnknownReferenceError(f"事实表中没有 {figure_id}；可用：{'、'.join(f.id for f in self.figures) or '无'}")

    def answer_figures(self) -> list[Figure]:
        """The figures that answer the question, best first."""
        return [self.get(figure_id) for figure_id in self.answers]

    def sources(self) -> list[Evidence]:
        """Distinct places of evidence in the order of the figures; their position + 1 is the printed mark [1]."""
        seen: dict[tuple[str, int | None, str], Evidence] = {}
        for figure in self.figures:
            for item in figure.evidence:
                seen.setdefault(_place(item), item)
        return list(seen.values())

    def marks(self, figure: Figure) -> list[int]:
        """The printed source marks of a figure; those of its inputs for a computed one."""
        order = {_place(item): index for index, item in enumerate(self.sources(), start=1)}
        marks = {order[_place(item)] for leaf in self.leaves(figure) for item in leaf.evidence[:1]}
        return sorted(marks)

    def leaves(self, figure: Figure, _seen: frozenset[str] = frozenset()) -> list[Figure]:
        """The reported figures that a figure rests on (itself, if reported)."""
        if figure.evidence or not figure.inputs:
            return [figure]
        inputs = [self.get(key) for key in figure.inputs if key not in _seen]
        return [leaf for item in inputs for leaf in self.leaves(item, _seen | {figure.id})]

    def places(self, figure: Figure) -> int:
        """Places at which this figure is printed, so that siblings of one kind that differ look different."""
        family = [f.quantity for f in self.figures if _family(f) == _family(figure)]
        return min(places_apart(family), 4) if figure.kind is not FigureKind.REPORTED else places_apart([figure.quantity])

    def show(self, figure: Figure) -> str:
        """The figure's value as printed; a change with its verb."""
        if figure.kind is FigureKind.CHANGE:
            return format_change(figure.quantity, amount=is_amount_change(figure), places=self.places(figure), versus=bool(figure.counterpart))
        return format_quantity(figure.quantity, self.places(figure))

    def copy(self) -> FactSheet:
        """An independent sheet with the same figures."""
        return FactSheet([replace(figure) for figure in self.figures], list(self.answers))


def is_amount_change(figure: Figure) -> bool:
    """Whether a change figure is of a money amount or a count (增加/减少), not of a ratio (上升/下降)."""
    return figure.quantity.unit.dimension.value in ("amount", "count", "foreign", "per_share")


def _same(one: Figure, other: Figure) -> bool:
    return (
        one.key == other.key and one.kind == other.kind and one.operation == other.operation and one.base_period == other.base_period
        and one.counterpart == other.counterpart and one.gaap == other.gaap and one.restated == other.restated
        and one.formula == other.formula and one.quantity == other.quantity
    )


def _place(item: Evidence) -> tuple[str, int | None, str]:
    return item.document, item.page, item.source


def _family(figure: Figure) -> tuple[str, str, str]:
    return figure.indicator, figure.kind.value, figure.quantity.unit.dimension.value
