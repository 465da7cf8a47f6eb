"""From the grid of a page to a table whose headers, labels, unit and title are known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from retrieval.documents import Column, RawTable, Table
from retrieval.tables.bands import blocks_of
from retrieval.tables.continuation import join_continued
from retrieval.tables.grid import GridRow, lay_out, union
from retrieval.tables.headers import Head, read_head
from retrieval.tables.layout import Layout, holds_values, layout_of
from retrieval.tables.lines import read_line
from retrieval.tables.merging import merge_columns
from retrieval.tables.rows import with_parents
from retrieval.tables.text import bare, frame_parts
from retrieval.tables.titles import Caption, only_continues, read_caption, title_of
from retrieval.tables.units import unit_in, unit_within

# What the header over the labels says where it names the labels instead of heading the first rows.
_STUB = re.compile(
    r".*(?:项目|类别|类型|名称|地区|行业|指标|科目|币种|期限|机构|姓名|序号|方式|情况|内容|对象|变动|品种|产品|简称|代码|股东|借款人|学历|条线|职务|年度|年份)",
    re.IGNORECASE,
)

__all__ = ["build_table", "join_continued"]


def build_table(raw: RawTable) -> list[Table]:
    """The tables of one grid: one, or several where a header row recurs inside it; [] where it is no table (one column, no text)."""
    grid = lay_out(raw)
    if not grid or len(grid[0]) < 2:
        return []
    caption = read_caption(raw.before)
    grid, inner = _banner(grid)
    if inner:
        caption = replace(caption, title=inner)
    layout = layout_of(grid, wrapped=not raw.ruled)
    head = read_head(grid[: layout.head], grid[layout.head :], layout.labels, layout.notes, placed=layout.wrapped).framed(caption.frame)
    blocks = blocks_of(grid[layout.head :], head, layout)
    return [_table(raw, caption, layout, block_head, rows, grid) for block_head, rows in blocks]


def _table(raw: RawTable, caption: Caption, layout: Layout, head: Head, body: Sequence[GridRow], grid: Sequence[GridRow]) -> Table:
    head, body, notes = merge_columns(head, body, layout)
    lines = [read_line(row, layout.labels) for row in body]
    rows = with_parents(lines, _opening(head.stub, raw.ruled))
    columns = tuple(Column(path, column + layout.labels in notes) for column, path in enumerate(head.paths))
    title = caption.title or _nearest(raw.section)
    return Table(
        page=next((row.page for row in rows), raw.page),
        columns=columns,
        rows=rows,
        title=title,
        stub=head.stub,
        unit=_unit(head, caption, grid[: layout.head]),
        section=raw.section,
        notes=raw.after,
        box=raw.box or union(row.box for row in rows),
        continued=caption.continued or bool(raw.section and only_continues(raw.section[-1]) and not caption.title),
        ruled=raw.ruled,
    )


def _opening(stub: str, ruled: bool) -> str:
    """The text over the labels where it is the heading of the first rows: 核心一级资本： or, without ruling, 资产."""
    if stub.endswith(("：", ":")):
        return stub
    plain = bare(stub)
    named = _STUB.fullmatch(plain) or frame_parts(stub) or unit_in(stub) or unit_within(stub)
    return "" if ruled or named or not plain or len(plain) > 30 else stub


def _banner(grid: list[GridRow]) -> tuple[list[GridRow], str]:
    """The grid without a first row of one cell over all columns that names the table, and that name."""
    first = [slot for slot in grid[0] if slot]
    title = title_of(first[0].text) if first else ""
    spanning = len(first) == len(grid[0]) and all(slot.cell is first[0].cell for slot in first)
    if len(grid) < 3 or not spanning or not title or frame_parts(title) or unit_in(title) or holds_values(grid[1], 1):
        return grid, ""
    return grid[1:], title


def _nearest(section: Sequence[str]) -> str:
    return next((title_of(heading) or heading for heading in reversed(section) if not only_continues(heading)), "")


def _unit(head: Head, caption: Caption, rows: Sequence[GridRow]) -> str:
    """The unit nearest to the numbers: header cells that hold nothing else, the header over the labels, the caption."""
    return head.unit or unit_in(head.stub) or unit_within(head.stub) or caption.unit or _stub_unit(rows)


def _stub_unit(rows: Sequence[GridRow]) -> str:
    return next((found for row in rows if row[0] and (found := unit_in(row[0].text))), "")
