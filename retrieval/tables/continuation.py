"""续表: a table that goes on over a page break takes the headers, title, unit and open parents of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from retrieval.documents import Row, Table
from retrieval.tables.lines import closes
from retrieval.tables.text import bare, is_period, is_total, rank, undated
from retrieval.tables.titles import title_of


def join_continued(tables: Sequence[Table]) -> list[Table]:
    """The same tables in the same order, continued ones with full headers and continued=True. Order and pages stay."""
    out: list[Table] = []
    for table in tables:
        previous = out[-1] if out else None
        out.append(_joined(previous, table) if previous is not None else replace(table, continued=False))
    return out


def _joined(previous: Table, table: Table) -> Table:
    same_width = len(previous.columns) == len(table.columns)
    headless = not any(column.headers for column in table.columns)
    if headless and same_width and _follows(previous, table) and (table.continued or _no_title(previous, table)):
        return replace(
            table,
            columns=previous.columns,
            title=previous.title,
            stub=table.stub or previous.stub,
            unit=table.unit or previous.unit,
            section=previous.section or table.section,
            rows=_under(_open_parents(previous), table.rows),
            continued=True,
        )
    same_head = same_width and not headless and [column.headers for column in previous.columns] == [column.headers for column in table.columns]
    if table.continued and _follows(previous, table):
        unit, title = table.unit or previous.unit, table.title or previous.title
        rows = _under(_open_parents(previous), table.rows) if same_head else table.rows
        return replace(table, unit=unit, title=title, rows=rows)
    one_place = table.title == previous.title and table.section == previous.section
    if same_head and one_place and _follows(previous, table) and table.page > _last_page(previous):
        return replace(table, unit=table.unit or previous.unit, rows=_under(_open_parents(previous), table.rows), continued=True)
    return replace(table, continued=False, title=previous.title if _same_for_another_period(previous, table) else table.title)


def _same_for_another_period(previous: Table, table: Table) -> bool:
    """The rows and headers of the table above but for their period, under the same heading and no caption of its own: one title for both."""
    heads = [[[undated(text) for text in column.headers if not is_period(text)] for column in item.columns] for item in (previous, table)]
    labels = [[bare(row.label) for row in item.rows] for item in (previous, table)]
    return _borrowed(table) and previous.section == table.section and heads[0] == heads[1] and labels[0] == labels[1] and _follows(previous, table)


def _borrowed(table: Table) -> bool:
    """Whether a title is only that of the heading above, not one of the table's own."""
    return bool(table.section) and table.title in (table.section[-1], title_of(table.section[-1]))


def _last_page(table: Table) -> int:
    return max((row.page for row in table.rows), default=table.page)


def _follows(previous: Table, table: Table) -> bool:
    return 0 <= table.page - _last_page(previous) <= 1


def _no_title(previous: Table, table: Table) -> bool:
    """A table without a header right after a page break has no name of its own, unless a statement's: what stands above is the running head."""
    named = table.title.endswith("表") and table.title != previous.title
    return table.page > _last_page(previous) and not (named and not (_borrowed(table) and table.section == previous.section))


def _open_parents(table: Table) -> tuple[str, ...]:
    if not table.rows:
        return ()
    last = table.rows[-1]
    if not any(last.cells):
        return (*last.parents, last.label)
    return last.parents[:-1] if is_total(last.label) or (last.parents and closes(last.parents[-1], last.label)) else last.parents


def _under(parents: tuple[str, ...], rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The first rows under the parents that the page break left open, up to the row that closes them; not below a heading of its own."""
    if rows and rows[0].parents:
        return rows
    out: list[Row] = []
    for row in rows:
        depth = rank(row.label)
        if parents and not row.parents and (depth == 2 or not any(row.cells)):
            parents = ()
        out.append(replace(row, parents=(*parents, *row.parents)) if parents and not _within(parents, row) else row)
        if parents and any(row.cells) and not row.parents and (is_total(row.label) or closes(parents[-1], row.label)):
            parents = parents[:-1]
    return tuple(out)


def _within(parents: tuple[str, ...], row: Row) -> bool:
    return any(bare(parent) == bare(row.label) for parent in parents)
