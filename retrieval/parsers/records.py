"""Tables of records: sheets where a row, not a caption, says which bank, indicator and period a figure belongs to.

The exports of data terminals and fact sheets come in four shapes, and all are read by the headers alone:
    tidy    bank | indicator | period | value | unit | scope | note         one figure a row
    panel   bank | period | 不良贷款率(%) | 拨备覆盖率(%)                      one figure a cell, its indicator in the header
    wide    证券代码 | 证券简称 | 不良贷款率↵[报告期] 2023年报↵[单位] %           the period in the header as well
    series  指标名称 | 招商银行:不良贷款率; rows 频率, 单位, then one date a row
`as_records` makes a Table of layout RECORDS that keeps every cell, `read_records` says what each value cell is about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from retrieval.documents import Cell, Column, RawCell, RawTable, Row, Table, TableLayout
from retrieval.parsers.assembly import one_line
from retrieval.parsers.record_headers import Role, Topic, column_roles, header_key, is_bank, is_period_text, read_topic
from retrieval.tables.grid import union
from retrieval.tables.text import is_value
from retrieval.tables.titles import read_caption
from retrieval.tables.units import unit_within

_SERIES_HEADS = frozenset(
    "指标名称 指标 频率 单位 指标id 指标代码 来源 数据来源 更新时间 起始时间 结束时间 时间区间 国家 地区 国家/地区 备注 frequency unit source".split()
)
_NAME_HEADS = frozenset({"指标名称", "指标"})
_BANK_LIKE = re.compile(r"银行|农商行?|信用社|Bank|BANK|\d{6}\.(?:SH|SZ|BJ)|\d{4,5}\.HK")
_MAX_SPAN = 2000


@dataclass(frozen=True, slots=True)
class Record:
    """One figure of a table of records, as printed. "" where neither the row, the header nor the caption says it.

    measure: words of the value's header that are no name when the row has one (上年同期, 同比(%)): not the plain value.
    row, column: place of the value in the table. fields: the columns that neither a role nor a value takes,
    as (header, text).
    """

    indicator: str
    value: str
    row: int
    column: int
    entity: str = ""
    code: str = ""
    period: str = ""
    unit: str = ""
    scope: str = ""
    gaap: str = ""
    source: str = ""
    note: str = ""
    measure: str = ""
    fields: tuple[tuple[str, str], ...] = ()


def as_records(raw: RawTable) -> Table | None:
    """The grid as a table of records: every column under its header, every cell kept; None where it is no such table."""
    rows = _grid(raw.cells)
    if len(rows) < 2 or any(cell.column_span > 1 for cell in rows[0].values()):
        return None
    width = sorted({column for row in rows for column in row})
    head, columns = _series_head(rows, width) or (1, tuple(Column(_header_lines(rows[0].get(index))) for index in width))
    body = rows[head:]
    roles = column_roles(columns)
    if not body or not _is_records(columns, roles, [[_text(row.get(index)) for index in width] for row in body]):
        return None
    caption = read_caption(raw.before)
    return Table(
        page=raw.page,
        columns=columns,
        rows=tuple(_row(row, width, roles) for row in body),
        title=caption.title or (raw.section[-1] if raw.section else ""),
        unit=caption.unit,
        section=raw.section,
        notes=raw.after,
        box=union(cell.box for cell in raw.cells),
        layout=TableLayout.RECORDS,
    )


def keyed_by_bank(table: Table) -> Table:
    """A table with headers of several rows whose row labels are banks, as records: the labels become the first column."""
    labels = [row.label for row in table.rows if any(row.cells)]
    if table.layout is TableLayout.RECORDS or not labels or sum(map(_names_bank, labels)) * 2 <= len(labels):
        return table
    rows = tuple(replace(row, cells=(Cell(row.label, row.page, None), *row.cells)) for row in table.rows)
    stubs = {"银行", table.stub}  # the header over the labels, merged over several rows, may have come down on the columns
    columns = (Column(("银行",)), *(Column(tuple(text for text in column.headers if text not in stubs), column.note) for column in table.columns))
    return replace(table, columns=columns, rows=rows, layout=TableLayout.RECORDS)


def read_records(table: Table) -> tuple[Record, ...]:
    """The figures of a table of layout RECORDS, in reading order; cells that hold no number and no mark for none are left out."""
    roles = column_roles(table.columns)
    around = _around(table)
    topics = {index: read_topic(column.headers) for index, column in _value_columns(table, roles)}
    others = [index for index in range(len(table.columns)) if index not in topics and index not in roles.values()]
    return tuple(
        replace(_record(table, index, column, roles, topic, around), fields=_fields(table, row, others))
        for index, row in enumerate(table.rows)
        for column, topic in topics.items()
        if (cell := row.cells[column]) is not None and is_value(cell.text)
    )


def _record(table: Table, row: int, column: int, roles: Mapping[Role, int], topic: Topic, around: Topic) -> Record:
    cells = table.rows[row].cells
    said = {role: _cell_text(cells[place]) for role, place in roles.items()}
    own = said.get(Role.INDICATOR, "")
    header = "" if roles.get(Role.VALUE) == column else " ".join(topic.names)
    return Record(
        indicator=own or header,
        value=_cell_text(cells[column]),
        row=row,
        column=column,
        entity=said.get(Role.ENTITY) or topic.entity or around.entity,
        code=said.get(Role.CODE, ""),
        period=said.get(Role.PERIOD) or topic.period or around.period,
        unit=said.get(Role.UNIT) or unit_within(own) or topic.unit or table.unit,
        scope=said.get(Role.SCOPE) or topic.scope or around.scope,
        gaap=said.get(Role.GAAP, ""),
        source=said.get(Role.SOURCE, ""),
        note=said.get(Role.NOTE, ""),
        measure=header if own else "",
    )


def _fields(table: Table, row: Row, columns: Sequence[int]) -> tuple[tuple[str, str], ...]:
    return tuple((table.columns[column].label, cell.text) for column in columns if (cell := row.cells[column]))


def _value_columns(table: Table, roles: Mapping[Role, int]) -> list[tuple[int, Column]]:
    """The 数值 column where there is one, else every column without a role that holds values."""
    if Role.VALUE in roles:
        return [(roles[Role.VALUE], table.columns[roles[Role.VALUE]])]
    free = [(index, column) for index, column in enumerate(table.columns) if index not in roles.values()]
    return [(index, column) for index, column in free if _mostly_values([_cell_text(row.cells[index]) for row in table.rows])]


def _around(table: Table) -> Topic:
    """What the title and the headings over the table say of all its figures."""
    topic = Topic()
    for line in (table.title, *reversed(table.section)):
        for word in re.split(r"[\s,，、;；|_（）()]+", line):
            found = read_topic((word,))
            topic.entity = topic.entity or found.entity
            topic.period = topic.period or found.period
            topic.scope = topic.scope or found.scope
    return topic


def _is_records(columns: Sequence[Column], roles: Mapping[Role, int], body: Sequence[Sequence[str]]) -> bool:
    values = [index for index in range(len(columns)) if index not in roles.values() and _mostly_values([row[index] for row in body])]
    if Role.INDICATOR in roles and Role.VALUE in roles:
        return bool({Role.PERIOD, Role.ENTITY, Role.UNIT} & set(roles))
    if not values:
        return False
    if Role.INDICATOR in roles and Role.UNIT in roles:
        return True
    if Role.ENTITY in roles or Role.CODE in roles:
        place = roles.get(Role.ENTITY, roles.get(Role.CODE, 0))
        names = [row[place] for row in body if row[place]]
        return sum(map(_names_bank, names)) * 2 > len(names)
    if Role.PERIOD in roles:
        dates = [row[roles[Role.PERIOD]] for row in body if row[roles[Role.PERIOD]]]
        return sum(map(is_period_text, dates)) * 2 > len(dates)
    return Role.INDICATOR in roles and any(read_topic(columns[index].headers).entity for index in values)


def _names_bank(text: str) -> bool:
    return bool(_BANK_LIKE.search(text)) or is_bank(text)


def _mostly_values(texts: Sequence[str]) -> bool:
    written = [text for text in texts if text]
    return bool(written) and sum(map(is_value, written)) * 2 > len(written)


def _series_head(rows: Sequence[Mapping[int, RawCell]], width: Sequence[int]) -> tuple[int, tuple[Column, ...]] | None:
    """The head of a series export: rows of 指标名称, 频率, 单位, … over rows that start with a date."""
    labels = [_text(row.get(width[0])) for row in rows[:12]]
    head = next((index for index, label in enumerate(labels) if header_key(label) not in _SERIES_HEADS), len(labels))
    if head < 2 or head >= len(rows) or not is_period_text(labels[head]):
        return None
    columns = [Column(("日期",))]
    for index in width[1:]:
        lines = [(label, text) for label, row in zip(labels[:head], rows[:head], strict=True) if (text := _text(row.get(index)))]
        columns.append(Column(tuple(text if header_key(label) in _NAME_HEADS else f"[{label}] {text}" for label, text in lines)))
    return head, tuple(columns)


def _row(row: Mapping[int, RawCell], width: Sequence[int], roles: Mapping[Role, int]) -> Row:
    """label: the indicator, else the bank, else the period or code; parents: the bank over an indicator."""
    said = {role: _text(row.get(width[place])) for role, place in roles.items()}
    entity, indicator = said.get(Role.ENTITY, ""), said.get(Role.INDICATOR, "")
    label = indicator or entity or said.get(Role.PERIOD, "") or said.get(Role.CODE, "")
    cells = tuple(Cell(one_line(cell.text), cell.page, cell.box) if (cell := row.get(index)) and cell.text.strip() else None for index in width)
    box = union(cell.box for cell in cells if cell)
    page = next(iter(row.values())).page
    return Row(label, cells, (entity,) if indicator and entity else (), page, box)


def _grid(cells: Sequence[RawCell]) -> list[dict[int, RawCell]]:
    """Rows by column; a cell merged over rows (a bank over its indicators) counts for each of them."""
    rows: dict[int, dict[int, RawCell]] = {}
    for cell in cells:
        for row in range(cell.row, cell.row + min(cell.row_span, _MAX_SPAN)):
            rows.setdefault(row, {})[cell.column] = cell
    return [rows[row] for row in sorted(rows)]


def _header_lines(cell: RawCell | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in cell.text.splitlines() if line.strip()) if cell else ()


def _text(cell: RawCell | None) -> str:
    return one_line(cell.text) if cell else ""


def _cell_text(cell: Cell | None) -> str:
    return cell.text if cell else ""
