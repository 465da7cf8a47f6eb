"""Tables in an answer: what row labels, column headings and the caption say of each cell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from data.periods import Period
from data.units import Unit
from tools.audit.clauses import Resolver
from tools.audit.lines import BASE, SUBJECT, Line, read_line
from tools.audit.mentions import Marks, Slot
from tools.audit.numbers import NumberToken, unit_of
from tools.audit.periods import Base, bases_of
from tools.audit.setting import Focus, Hints, Names

_RANK = re.compile(r"排名|名次|位次|排位|位列")
_SERIAL = re.compile(r"^\s*(?:序号|编号|#|No\.?)\s*$")
_ASIDE = re.compile(r"来源|出处|页码|备注|说明|评价|引用|依据|编号")
_CHANGE = re.compile(r"变动|变化|增速|增减|增幅|增长|同比|环比|较|差额|差异|差距|涨跌|百分点|升降|幅度")
_RANK_NUMBER = re.compile(r"^\s*第?\s*(\d{1,3})\s*(?:名|位)?\s*(?:\(并列\)|并列)?\s*$")


@dataclass(frozen=True)
class Label:
    """What a heading or row label names, and how its numbers are measured."""

    banks: tuple[Names, ...] = ()
    indicators: tuple[Names, ...] = ()
    periods: tuple[Period, ...] = ()
    scopes: Names = ()
    bases: tuple[Base, ...] = ()
    change: bool = False
    unit: Unit | None = None


@dataclass(frozen=True)
class Cell:
    """One cell that holds numbers, with what its table says of it; row and column count from 0 (headings are row 0)."""

    row: int
    column: int
    line: Line
    focus: Focus
    hints: Hints


@dataclass(frozen=True)
class Table:
    """The cells with numbers of one table, and the places that it claims: row → rank."""

    cells: list[Cell] = field(default_factory=list)
    ranks: dict[int, int] = field(default_factory=dict)
    start: int = 0
    end: int = 0


def read_table(
    text: str, rows: list[tuple[int, int]], marks: Marks, numbers: list[NumberToken], caption: Focus, unit_words: str
) -> Table:
    """Read the rows of a table (its rule left out); `caption` is what carries in, `unit_words` a 单位 line above it."""
    grid = [_cells(text, *row) for row in rows]
    lines = [[read_line(text, *span, marks.mentions, numbers, marks.cues) for span in row] for row in grid]
    heads = [_label(line, caption) for line in lines[0]]
    titles = [text[line.start : line.end] for line in lines[0]]
    everywhere = next((unit for words in (*titles[:1], unit_words) if "单位" in words and (unit := unit_of(words))), None) or unit_of(unit_words)
    table = Table(start=rows[0][0], end=rows[-1][1])
    for line in lines[0]:
        if line.numbers:
            table.cells.append(Cell(0, lines[0].index(line), line, caption, Hints()))
    for index, row in enumerate(lines[1:], start=1):
        keys = _merged([_label(line, caption) for place, line in enumerate(row) if not line.numbers and not _aside(titles, place)])
        for column, line in enumerate(row):
            title = titles[column] if column < len(titles) else ""
            if _RANK.search(title) and (rank := _RANK_NUMBER.match(text[line.start : line.end])):
                table.ranks[index] = int(rank[1])
            elif line.numbers and not (_SERIAL.match(title) and _RANK_NUMBER.match(text[line.start : line.end])):
                focus, hints = _context(keys, heads, column, caption, everywhere)
                plain = Hints() if _ASIDE.search(title) else hints
                table.cells.append(Cell(index, column, line, focus, plain))
    return table


def ranked_column(table: Table, column: int) -> list[tuple[int, Cell]]:
    """The cells of a column beside a claimed rank, as (rank, cell)."""
    return [(table.ranks[cell.row], cell) for cell in table.cells if cell.column == column and cell.row in table.ranks]


def _cells(text: str, start: int, end: int) -> list[tuple[int, int]]:
    bars = [index for index in range(start, end) if text[index] == "|"]
    lead = not text[start : bars[0]].strip()
    edges = bars if lead else [start - 1, *bars]
    if text[edges[-1] + 1 : end].strip():
        edges = [*edges, end]
    return [(left + 1, right) for left, right in pairwise(edges)]


def _aside(titles: list[str], place: int) -> bool:
    return place < len(titles) and bool(_ASIDE.search(titles[place]))


def _label(line: Line, caption: Focus) -> Label:
    resolver = Resolver(line, Focus(anchor=caption.anchor))
    subjects = {slot: [g for g in line.groups if g.slot is slot and g.role == SUBJECT] for slot in Slot}
    words = line.text[line.start : line.end]
    return Label(
        banks=tuple(m.names for g in subjects[Slot.BANK] for m in g.members),
        indicators=tuple(m.names for g in subjects[Slot.INDICATOR] for m in g.members),
        periods=tuple(p for g in subjects[Slot.PERIOD] for p in resolver.periods_of(g)),
        scopes=tuple(name for g in subjects[Slot.SCOPE] for m in g.members for name in m.names) or _bare_scope(words),
        bases=tuple(base for g in line.groups if g.slot is Slot.PERIOD and g.role == BASE for base in bases_of(g)),
        change=bool(_CHANGE.search(words)),
        unit=unit_of(words),
    )


def _bare_scope(words: str) -> Names:
    return {"集团": ("集团",), "本集团": ("集团",), "本行": ("本行",), "母公司": ("本行",)}.get(re.sub(r"\(.*?\)|\s", "", words), ())


def _merged(labels: list[Label]) -> Label:
    whole = Label()
    for label in labels:
        whole = Label(
            whole.banks + label.banks, whole.indicators + label.indicators, whole.periods + label.periods, whole.scopes + label.scopes,
            whole.bases + label.bases, whole.change or (label.change and not label.periods), whole.unit or label.unit,
        )  # fmt: skip
    return whole


def _context(keys: Label, heads: list[Label], column: int, caption: Focus, everywhere: Unit | None) -> tuple[Focus, Hints]:
    head = heads[column] if column < len(heads) else Label()
    change = head.change or keys.change
    across = change and not head.banks and not keys.banks
    banks = keys.banks + head.banks or tuple(dict.fromkeys(b for other in heads for b in other.banks if across)) or caption.banks
    periods = keys.periods + head.periods or tuple(dict.fromkeys(p for other in heads for p in other.periods if change)) or caption.periods
    indicators = keys.indicators + head.indicators or _left_of(heads, column) or caption.indicators
    bases = head.bases or keys.bases
    measured = head.unit or keys.unit if not change else head.unit
    unit = measured or (everywhere if not change else None)
    focus = Focus(banks, indicators, periods, periods[-1] if periods else caption.anchor, head.scopes or keys.scopes or caption.scopes)
    return focus, Hints(unit, change, bases)


def _left_of(heads: list[Label], column: int) -> tuple[Names, ...]:
    """The indicator of the nearest column to the left that has one: 不良贷款率 | 较上年变动."""
    return next((head.indicators for head in reversed(heads[:column]) if head.indicators), ())
