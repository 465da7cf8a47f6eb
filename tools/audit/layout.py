"""How an answer is laid out: headings, paragraphs, lists, tables and the source section, and what each hands on to its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tools.audit.clauses import Resolver
from tools.audit.lines import Line, read_line
from tools.audit.mentions import Marks
from tools.audit.numbers import NumberToken
from tools.audit.setting import Focus, Hints, Setting
from tools.audit.tables import Table, read_table

_HEADING = re.compile(r"^\s*(#{1,6})\s")
_BOLD = re.compile(r"^\s*(?:\*\*|__)[^*_]+(?:\*\*|__)\s*[:：]?\s*$")
_NUMBERED = re.compile(r"^\s*(?:[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）])[^。；;]{1,40}$")
_ITEM = re.compile(r"^(\s*)(?:[-*+•·]\s+|\d{1,2}[.、)](?!\d)\s*|[(（]\d{1,2}[)）]\s*|[①-⑳]\s*)")
_ROW = re.compile(r"^\s*\|.*\||^[^|\n]+\|[^|\n]+\|")
_RULE = re.compile(r"^[\s|:\-]+$")
_SOURCES = re.compile(r"^\s*(?:#{1,6}\s*)?(?:\*\*|__)?(?:数据|资料|引用|参考|信息)?(?:来源|出处)(?:\*\*|__)?\s*[:：]?\s*(?:\*\*|__)?\s*$")
_SOURCE_ITEM = re.compile(r"^\s*(?:[-*•]\s*)?(?:\[\d{1,3}\]|\d{1,3}[.、)]|[-*•])\s*\S")
_SOURCE_INLINE = re.compile(r"^\s*(?:[-*•>]\s*)?(?:\*\*)?(?:数据|资料|引用|信息)?(?:来源|出处)(?:\*\*)?\s*[:：]\s*\S")
_UNIT_LINE = re.compile(r"单位\s*[:：]")


@dataclass(frozen=True, slots=True)
class Reading:
    """One number with its readings; `line` and `index` tell where it stands, `hints` what its table column says."""

    token: NumberToken
    settings: list[Setting]
    line: Line
    index: int
    hints: Hints


@dataclass(frozen=True)
class Layout:
    """The readings of a text in order, the lines of its source section, the resolvers of its prose, and its rankings."""

    readings: list[Reading] = field(default_factory=list)
    sources: list[tuple[int, int]] = field(default_factory=list)
    prose: list[Resolver] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def lay_out(raw: str, text: str, marks: Marks, numbers: list[NumberToken], start: Focus) -> Layout:
    """Read a whole text; `text` is the plain form of `raw`, `start` what the conversation has fixed."""
    return _Walk(raw, text, marks, numbers, start).run()


@dataclass
class _Walk:
    raw: str
    text: str
    marks: Marks
    numbers: list[NumberToken]
    start: Focus
    out: Layout = field(default_factory=Layout)
    heads: list[tuple[int, Focus]] = field(default_factory=list)
    items: list[tuple[int, Focus]] = field(default_factory=list)
    flow: Focus = field(default_factory=Focus)
    base: Focus = field(default_factory=Focus)
    intro: Focus | None = None
    in_sources: bool = False
    fresh: bool = True

    def run(self) -> Layout:
        self.flow = self.start
        lines = list(self._lines())
        position = 0
        while position < len(lines):
            first, last = lines[position]
            rows = self._rows_from(lines, position)
            if rows and not self.in_sources:
                self._table(lines[position : position + rows])
                position += rows
            else:
                self._line(first, last)
                position += 1
        return self.out

    def _lines(self) -> Iterator[tuple[int, int]]:
        position = 0
        for line in self.text.split("\n"):
            yield position, position + len(line)
            position += len(line) + 1

    def _rows_from(self, lines: list[tuple[int, int]], position: int) -> int:
        count = 0
        while position + count < len(lines) and _ROW.match(self.text[slice(*lines[position + count])]):
            count += 1
        return count if count > 1 else 0

    def _line(self, first: int, last: int) -> None:
        raw = self.raw[first:last]
        if not raw.strip():
            self.fresh = True
        elif _SOURCES.match(raw):
            self.in_sources = True
        elif (self.in_sources and _SOURCE_ITEM.match(raw)) or _SOURCE_INLINE.match(raw):
            self.out.sources.append((first, last))
        else:
            self.in_sources = False
            self._content(raw, first, last)

    def _content(self, raw: str, first: int, last: int) -> None:
        heading = _HEADING.match(raw)
        if heading or _BOLD.match(raw) or _NUMBERED.match(raw):
            self._heading(len(heading[1]) if heading else 7 if _BOLD.match(raw) else 8, first, last)
        elif (item := _ITEM.match(raw)) is not None:
            self._item(len(item[1].expandtabs(4)), first, last)
        else:
            self._paragraph(first, last)
        if self.intro is None and (self.flow.banks or self.flow.periods):
            self.intro = replace(self.flow, indicators=())

    def _heading(self, level: int, first: int, last: int) -> None:
        while self.heads and self.heads[-1][0] >= level:
            self.heads.pop()
        parent = self._head()
        resolver = self._read(first, last, parent)
        self.heads.append((level, resolver.next_focus()))
        self.flow, self.items, self.fresh = self._head(), [], True

    def _head(self) -> Focus:
        own = self.heads[-1][1] if self.heads else Focus()
        return own.over(self.intro or Focus()).over(self.start)

    def _item(self, indent: int, first: int, last: int) -> None:
        if not self.items:
            self.base = self.flow if not self.fresh or not self.heads else self._paragraph_focus()
        previous = self.items[-1][1] if self.items else self.base
        while self.items and self.items[-1][0] >= indent:
            self.items.pop()
        parent = self.items[-1][1] if self.items else self.base
        resolver = self._read(first, last, parent.over(previous))
        self.items.append((indent, resolver.next_focus()))
        self.fresh = False

    def _paragraph(self, first: int, last: int) -> None:
        if self.items:
            self.flow, self.items = self.base, []
        focus = self._paragraph_focus() if self.fresh else self.flow
        self.flow = self._read(first, last, focus).next_focus()
        self.fresh = False

    def _paragraph_focus(self) -> Focus:
        """A new paragraph: the heading's names first, the paragraph before where the heading has none."""
        head = self.heads[-1][1] if self.heads else Focus()
        both = tuple(dict.fromkeys((*self.flow.indicators, *head.indicators)))
        return replace(head.over(self.flow).over(self.intro or Focus()).over(self.start), indicators=both, scopes=head.scopes)

    def _read(self, first: int, last: int, focus: Focus) -> Resolver:
        line = read_line(self.text, first, last, self.marks.mentions, self.numbers, self.marks.cues)
        resolver = Resolver(line, focus)
        self.out.prose.append(resolver)
        self._collect(resolver)
        return resolver

    def _collect(self, resolver: Resolver) -> None:
        line = resolver.line
        self.out.readings.extend(
            Reading(token, resolver.settings(index), line, index, resolver.hints) for index, token in enumerate(line.numbers)
        )

    def _table(self, rows: list[tuple[int, int]]) -> None:
        if self.items:
            self.flow, self.items = self.base, []
        focus = self._paragraph_focus() if self.fresh else self.flow
        above = self.text[max(0, rows[0][0] - 60) : rows[0][0]]
        unit_words = above[above.rfind("单位") :] if _UNIT_LINE.search(above) else ""
        kept = [row for row in rows if not _RULE.match(self.text[slice(*row)])]
        table = read_table(self.text, kept, self.marks, self.numbers, focus, unit_words)
        self.out.tables.append(table)
        for cell in table.cells:
            self._collect(Resolver(cell.line, cell.focus, cell.hints))
        self.fresh = True
