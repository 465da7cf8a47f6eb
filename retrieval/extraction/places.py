"""Where a value of a table stands: all that decides which indicator it is of."""

from __future__ import annotations

from dataclasses import dataclass

from retrieval.extraction.topics import Topic


@dataclass(frozen=True, slots=True)
class CellPlace:
    """Where a value stands: the cleaned labels from the outermost parent to the row, the table's topic, the column's measure.

    rows: the labels of all rows of the table. point: True for a column of dates, False for one of spans, None for either.
    share: the column tells parts of a whole.
    """

    path: tuple[str, ...]
    topic: Topic
    measure: str = ""
    point: bool | None = None
    share: bool = False
    rows: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """The row's own label."""
        return self.path[-1]
