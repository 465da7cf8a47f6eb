"""Laying out a generated report: blocks and tables on numbered pages of so many lines."""

from __future__ import annotations

import random
from collections.abc import Sequence

from retrieval.documents import Block, BlockKind, Cell, Column, Row, Table

PAGE_LINES = 34
_UNITS = ("人民币百万元", "人民币百万元，百分比除外", "人民币千元", "")


class Layout:
    """Pages as they fill up. section: the headings that now stand over what is put."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.page, self.lines = 1, 0
        self.blocks: list[Block] = []
        self.tables: list[Table] = []
        self.section: tuple[str, ...] = ()

    def turn(self, chance: float = 1.0) -> None:
        """Begin a new page, if there is anything on this one."""
        if self.lines and self.rng.random() < chance:
            self.page, self.lines = self.page + 1, 0

    def _room(self, lines: int) -> None:
        if self.lines + lines > PAGE_LINES:
            self.turn()
        self.lines += lines

    def heading(self, text: str) -> None:
        """Put a heading of the second level."""
        self._room(1)
        self.section = (*self.section[:1], text)
        self.blocks.append(Block(BlockKind.HEADING, text, self.page, self.section, 2))

    def paragraph(self, text: str) -> None:
        """Put a paragraph."""
        self._room(1 + len(text) // 38)
        self.blocks.append(Block(BlockKind.PARAGRAPH, text, self.page, self.section))

    def table(self, title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> list[int]:
        """Put a table, over several pages where it must; the page of each row."""
        self._room(3)
        first, placed = self.page, []
        self.blocks.append(Block(BlockKind.TABLE, title, self.page, self.section, table=len(self.tables)))
        for label, cells in rows:
            self._room(1)
            placed.append(Row(label, tuple(Cell(cell, self.page) for cell in cells), page=self.page))
        headers = tuple(Column((column,)) for column in columns)
        self.tables.append(Table(first, headers, tuple(placed), title, "项目", self.rng.choice(_UNITS), self.section))
        return [row.page for row in placed]
