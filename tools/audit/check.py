"""The audit of an answer: every number must be a figure of the fact sheet, printed right and said of the right thing.

A number passes when the sheet holds a figure with that value at the printed precision and unit, whose bank, period, scope,
indicator and direction are those of the words around it. Else it must be one of the few numbers that need no figure: typed
by the user, quoted from a passage, a count, a constant of a calculation. Years must be those of figures or of the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from data.figures import FigureKind
from data.periods import Part, Period
from tools.audit.allowed import Allowances
from tools.audit.directions import direction_problems
from tools.audit.equations import equation_problems
from tools.audit.layout import Layout, Reading, lay_out
from tools.audit.match import Aspect, Candidate, Candidates, bank_id, disagreements
from tools.audit.mentions import Marks, Mention, Slot, read_marks
from tools.audit.numbers import find_numbers, plain_text
from tools.audit.setting import Focus
from tools.audit.sources import Complaint, check_citations, check_sources
from tools.audit.tables import Table, ranked_column
from tools.factsheet import FactSheet
from tools.formatting import format_quantity
from tools.name_scanner import NameScanner, name_scanner
from tools.references import UNIT_FIELDS, Filled, references_of

_VALUE_FIELDS = (*frozenset({"", "value", "change", "abs"}), *UNIT_FIELDS.values())


@dataclass(frozen=True)
class AuditContext:
    """What a conversation has fixed: banks (names) and periods of the question, its text, and passages that may be quoted."""

    banks: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    quotable: tuple[str, ...] = ()
    question: str = ""
    scanner: NameScanner | None = None


@dataclass(frozen=True, slots=True)
class NumberVerdict:
    """One number or year at text[start:end]: the figure it prints, or what is wrong with it, or neither where it needs none."""

    text: str
    start: int
    end: int
    figure_id: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class AuditReport:
    """Whether a text may leave, each number's verdict in order, and the problems as sentences a writer can act on."""

    ok: bool
    verdicts: list[NumberVerdict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def audit_text(text: str, sheet: FactSheet, context: AuditContext) -> AuditReport:
    """Audit a finished text against its fact sheet."""
    return _Audit(text, sheet, context).report()


def audit_draft(draft: str, filled: Filled, sheet: FactSheet, context: AuditContext) -> AuditReport:
    """Audit a draft in references: each figure stands where it belongs, no digit was typed, and the filled text passes too."""
    prints = {(b.start, b.end): b.figure_id for b in filled.bindings if b.field in _VALUE_FIELDS}
    reading = _Audit(filled.text, sheet, context)
    first, second = reading.report(prints), reading.report()
    problems = [*_draft_problems(draft, filled, sheet), *first.problems, *second.problems]
    return AuditReport(not problems, first.verdicts, list(dict.fromkeys(problems)))


class _Audit:
    """One text, read once; `report` may be asked with and without knowing which references printed its numbers."""

    def __init__(self, raw: str, sheet: FactSheet, context: AuditContext) -> None:
        self.raw, self.sheet, self.context = raw, sheet, context
        self.text = plain_text(raw)
        self.candidates = Candidates(sheet)
        self.marks: Marks = read_marks(self.text, sheet, context.scanner or name_scanner())
        self.allowed = Allowances(sheet, context.quotable, context.question, context.periods)
        quoted = self.allowed.quotations(raw)
        numbers = find_numbers(self.text, [*self.marks.masked, *quoted])
        self.layout: Layout = lay_out(raw, self.text, self.marks, numbers, self._start())
        self.prints: dict[tuple[int, int], str] | None = None
        self.bound: dict[int, Candidate] = {}
        self.problems: dict[int, str] = {}

    def report(self, prints: dict[tuple[int, int], str] | None = None) -> AuditReport:
        """Run every check; `prints` tells which figure each reference printed, and where, and then nothing else may bind."""
        self.prints, self.bound, self.problems = prints, {}, {}
        for reading in self.layout.readings:
            self._judge(reading)
        self._judge_operands()
        complaints = [*self._years(), *self._citations(), *self._directions(), *self._ranks()]
        complaints += check_sources(self.text, self.layout.sources, self.sheet)
        verdicts = [self._verdict(reading) for reading in self.layout.readings]
        verdicts += [NumberVerdict(self.raw[c.start : c.end], c.start, c.end, None, c.problem) for c in complaints]
        verdicts.sort(key=lambda verdict: verdict.start)
        problems = list(dict.fromkeys(verdict.problem for verdict in verdicts if verdict.problem))
        return AuditReport(not problems, verdicts, problems)

    def _start(self) -> Focus:
        banks = tuple((bank_id(name),) for name in self.context.banks) if len(self.context.banks) == 1 else ()
        periods = self.context.periods if len(self.context.periods) == 1 else ()
        return Focus(banks=banks, periods=periods, anchor=periods[0] if periods else None)

    # -- numbers

    def _judge(self, reading: Reading) -> None:
        token = reading.token
        printed = self._printed_by(token.start, token.end)
        matching = self.candidates.of_value(token, reading.hints.unit, bare=reading.hints.change)
        if self.prints is not None:
            matching = [item for item in matching if item.figure.id == printed]
        best: tuple[int, Candidate, list[Aspect]] | None = None
        for item in matching:
            for setting in reading.settings:
                wrong = disagreements(item, token, setting)
                if not wrong:
                    self.bound[token.start] = item
                    return
                if best is None or len(wrong) < best[0]:
                    best = len(wrong), item, wrong
        if printed is None and self._needs_no_figure(reading):
            return
        self.problems[token.start] = self._complain(reading, best, printed)

    def _needs_no_figure(self, reading: Reading) -> bool:
        return self.allowed.admits(reading.token, reading.line, reading.settings, self._contradicted(reading))

    def _contradicted(self, reading: Reading) -> bool:
        """Whether the sheet has a figure of exactly what the words say, with another value."""
        measured = reading.token.unit or reading.hints.unit
        return measured is not None and any(
            item.dimension is measured.dimension and setting.indicators and not disagreements(item, reading.token, setting)
            for item in self.candidates.all
            for setting in reading.settings
        )

    def _printed_by(self, start: int, end: int) -> str | None:
        if self.prints is None:
            return None
        return next((figure_id for (first, last), figure_id in self.prints.items() if first <= start and end <= last), None)

    def _judge_operands(self) -> None:
        """Numbers of a calculation that bind to nothing by their words may be inputs of what it computes, or its constants."""
        for reading in self.layout.readings:
            token = reading.token
            if token.start in self.problems and reading.line.is_equation(token.start):
                operand = next((item for item in self._operands(reading)), None)
                if operand is not None and (self.prints is None or self._printed_by(token.start, token.end)):
                    self.bound[token.start] = operand
                    del self.problems[token.start]
                elif self.allowed.is_constant(token):
                    del self.problems[token.start]

    def _operands(self, reading: Reading) -> Iterator[Candidate]:
        """Figures of the number's value that the calculation's result rests on, or whose names stand in the calculation."""
        line, token = reading.line, reading.token
        clause = line.clause_start(token.start)
        here = [number.start for number in line.numbers if line.clause_start(number.start) == clause]
        inputs = {key for start in here if start in self.bound for key in self.bound[start].inputs}
        named = {name for group in line.groups if line.clause_start(group.start) == clause for m in group.members for name in m.names}
        for item in self.candidates.of_value(token, reading.hints.unit, bare=True):
            else_right = any(disagreements(item, token, setting) == [Aspect.INDICATOR] for setting in reading.settings)
            if item.figure.id in inputs or (item.names & named and else_right):
                yield item

    def _complain(self, reading: Reading, best: tuple[int, Candidate, list[Aspect]] | None, printed: str | None) -> str:
        shown = self.raw[reading.token.start : reading.token.end].strip()
        if self.prints is not None and printed is None:
            return f"“{shown}”是直接写出的数字，请改用事实表的引用或删除"
        if best is not None:
            figure = best[1].figure
            what = f"{figure.entity}{figure.period_label}{figure.indicator}（{figure.scope.value}）"
            value = self.sheet.show(figure) if figure.id else format_quantity(figure.quantity)
            return f"“{shown}”的{'、'.join(best[2])}与事实表不符：{figure.id} 是{what}，{value}"
        if (others := self.candidates.with_digits(reading.token)) and reading.token.unit is not None:
            return f"“{shown}”的单位不对：{others[0].figure.id} 是 {self.sheet.show(others[0].figure)}"
        if reading.token.unit is None and not reading.token.noun:
            return f"“{shown}”没有单位，也对不上事实表中的数字"
        return f"“{shown}”在事实表中没有来源，请删除或改用表中的数字"

    def _verdict(self, reading: Reading) -> NumberVerdict:
        token = reading.token
        item = self.bound.get(token.start)
        shown = self.raw[token.start : token.end].strip()
        return NumberVerdict(shown, token.start, token.end, item.figure.id if item else None, self.problems.get(token.start))

    # -- everything else

    def _years(self) -> list[Complaint]:
        spans = self.layout.sources
        found = []
        for mention in self.marks.mentions:
            if mention.slot is Slot.PERIOD and mention.periods and not any(start <= mention.start < end for start, end in spans):
                if not self._known_time(mention):
                    shown = self.raw[mention.start : mention.end].strip()
                    found.append(Complaint(mention.start, mention.end, f"“{shown}”不是事实表或问题中的期间"))
        return found

    def _known_time(self, mention: Mention) -> bool:
        ends = (mention.periods[0], mention.periods[-1])
        return all(self.allowed.knows_day(p) if p.part is Part.DAY else self.allowed.knows_year(p.year) for p in ends)

    def _citations(self) -> list[Complaint]:
        by_line: dict[int, set[int]] = {}
        marks: dict[str, list[int]] = {}
        for start, item in self.bound.items() if "[" in self.text else ():
            if item.figure.id not in marks:
                # A disclosed ratio and the same one recomputed print alike; either one's sources are right beside it.
                kind = item.figure.kind is FigureKind.CHANGE
                twins = [f for f in self.sheet if f.key == item.figure.key and (f.kind is FigureKind.CHANGE) is kind]
                marks[item.figure.id] = [mark for figure in twins for mark in self.sheet.marks(figure)]
            by_line.setdefault(self.text.rfind("\n", 0, start) + 1, set()).update(marks[item.figure.id])
        return check_citations(self.text, self.layout.sources, self.sheet, by_line, " ".join(self.context.quotable))

    def _directions(self) -> list[Complaint]:
        return [*direction_problems(self.layout, self.candidates, self.bound, self.raw), *equation_problems(self.layout, self.raw)]

    def _ranks(self) -> list[Complaint]:
        return [Complaint(table.start, table.start, "排名与表中数值的顺序不一致") for table in self.layout.tables if not self._ranked(table)]

    def _ranked(self, table: Table) -> bool:
        columns = {cell.column for cell in table.cells if cell.row in table.ranks}
        orders = [self._column_order(table, column) for column in columns]
        return not table.ranks or not any(orders) or any(order == "right" for order in orders)

    def _column_order(self, table: Table, column: int) -> str:
        """"right" where the claimed places follow the column's values, "wrong" where not, "" where too few values are bound."""
        pairs = [
            (rank, self.bound[cell.line.numbers[0].start].figure.quantity.base)
            for rank, cell in ranked_column(table, column)
            if cell.line.numbers and cell.line.numbers[0].start in self.bound
        ]
        if len(pairs) < 2:
            return ""
        up = all((one[0] < two[0]) == (one[1] < two[1]) for one in pairs for two in pairs if one[1] != two[1])
        down = all((one[0] < two[0]) == (one[1] > two[1]) for one in pairs for two in pairs if one[1] != two[1])
        return "right" if up or down else "wrong"


def _draft_problems(draft: str, filled: Filled, sheet: FactSheet) -> list[str]:
    """References that the filled text does not carry, and a direction said twice (下降{f3})."""
    problems = [f"{key} 的引用没有填进正文" for key in references_of(draft) if key not in {b.figure_id for b in filled.bindings}]
    for binding in filled.bindings:
        shown = filled.text[binding.start : binding.end]
        word = re.match(r"[\u4e00-\u9fff]{1,2}(?=[-\d])", shown)
        if word and binding.field in _VALUE_FIELDS and filled.text[: binding.start].rstrip("了约").endswith(word[0]):
            problems.append(f"{binding.figure_id} 的变动词“{word[0]}”写了两遍：引用 {{{binding.figure_id}}} 自带变动词")
    return problems



