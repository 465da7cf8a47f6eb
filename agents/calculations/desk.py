"""The desk of one turn: the finder and its fact sheet, the plan, and what has been found, missed and remarked so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from agents.findings import Finding
from agents.plan import Op, Operation, QueryPlan
from data.banks import BankRegistry
from data.errors import FormulaError, PeriodError
from data.facts_table import INDUSTRY, INDUSTRY_ID
from data.figures import Figure, Gaap, Scope
from data.indicators import Indicator, IndicatorCatalogue
from data.periods import Period
from data.refusals import Refusal
from data.units import Dimension
from tools.calculator import difference, growth
from tools.derivation import is_amount
from tools.factsheet import FactSheet
from tools.lookup import FigureFinder, Wanted
from tools.row_index import RowIndex


@dataclass
class Desk:
    """Working material of the calculator; functions of this package write to it."""

    plan: QueryPlan
    finder: FigureFinder
    catalogue: IndicatorCatalogue
    banks: BankRegistry
    findings: list[Finding] = field(default_factory=list)
    gaps: list[Refusal] = field(default_factory=list)
    caveats: list[str] = field(default_factory=list)
    today: date = date.min
    rows: RowIndex | None = None

    @property
    def sheet(self) -> FactSheet:
        """The fact sheet being filled."""
        return self.finder.sheet

    @property
    def scope(self) -> Scope:
        """The scope asked for; 集团 by default."""
        return Scope(self.plan.slots.scope) if self.plan.slots.scope else Scope.GROUP

    @property
    def periods(self) -> list[Period]:
        """The periods asked for, in the order of the question."""
        return [Period.parse(text) for text in self.plan.slots.periods]

    def indicators(self) -> list[Indicator]:
        """The indicators asked for."""
        return [self.catalogue.get(name) for name in self.plan.slots.indicators]

    def subjects(self) -> Iterator[tuple[str, Indicator]]:
        """Every bank with every indicator asked for, indicator by indicator."""
        for indicator in self.indicators():
            for bank in self.plan.slots.banks:
                yield bank, indicator

    def wanted(self, bank: str, indicator: str, period: Period, *, as_base: bool = False) -> Wanted:
        """A request under the scope and GAAP of the question."""
        gaap = Gaap(self.plan.slots.gaap) if self.plan.slots.gaap else None
        scope = Scope.INDUSTRY if bank == INDUSTRY_ID else self.scope
        return Wanted(bank, indicator, period, scope, gaap, as_base)

    def value(self, bank: str, indicator: str, period: Period, *, answer: bool = False, compute: bool = True) -> Figure | None:
        """The figure asked for, in the sheet; its absence is noted as a gap."""
        wanted = self.wanted(bank, indicator, period)
        figure = self.finder.find(wanted, answer=answer, compute=compute)
        if figure is None:
            self.gaps.append(self.finder.gap(wanted))
        else:
            self._remark(figure)
        return figure

    def base(self, figure: Figure, bank: str, indicator: str, period: Period) -> Figure | None:
        """The comparative of a figure: on the restated footing where the bank restated it."""
        found = self.finder.find(self.wanted(bank, indicator, period, as_base=True))
        if found is not None and found.restated and not figure.restated:
            self.remark(f"{found.period_label}{found.indicator}用重述后的可比数")
        return found

    def printed_change(self, bank: str, indicator: str, period: Period, *, rate: bool | None) -> Figure | None:
        """The change on the year before as the report itself prints it, where the year before is not there; an answer, in the sheet."""
        if self.rows is None:
            return None
        entry = self.catalogue.get(indicator)
        for name in self.rows.changes_of((entry.name, *entry.aliases)):
            figure = self.finder.find(self.wanted(bank, name, period), answer=False, compute=False)
            if figure is not None and (rate is not True or figure.quantity.unit.dimension is not Dimension.AMOUNT):
                return figure
        return None

    def change(self, now: Figure, base: Figure, operation: str | None = None) -> tuple[Figure, Figure | None]:
        """The change in amount or points, and the growth rate where one is meaningful; both in the sheet, none an answer yet."""
        moved = self.sheet.add(difference(now, base, operation))
        if not is_amount(now.quantity.unit):
            return moved, None
        try:
            return moved, self.sheet.add(growth(now, base, operation))
        except FormulaError as error:
            self.remark(str(error))
            return moved, None

    def answer(self, *figures: Figure | None) -> None:
        """Mark figures as answering the question, in this order."""
        for figure in figures:
            if figure is not None and figure.id not in self.sheet.answers:
                self.sheet.answers.append(figure.id)

    def remark(self, text: str) -> None:
        """A caveat, once."""
        if text and text not in self.caveats:
            self.caveats.append(text)

    def bank_name(self, bank: str) -> str:
        """Display name of a bank."""
        found = self.banks.get(bank)
        return found.name if found else INDUSTRY if bank == INDUSTRY_ID else bank

    def narrowed(self, banks: list[str], indicators: list[str], periods: list[str], operations: list[Operation] | None = None) -> Desk:
        """A desk over the same sheet for other slots; take its findings over with `absorb`."""
        slots = replace(self.plan.slots, banks=banks, indicators=indicators, periods=periods)
        plan = replace(self.plan, slots=slots, operations=operations or self.plan.operations)
        return Desk(plan, self.finder, self.catalogue, self.banks, today=self.today, rows=self.rows)

    def narrowed_to(self, indicators: list[str], op: Op) -> Desk:
        """A desk for other indicators that writes its findings, gaps and caveats straight onto this one."""
        sub = self.narrowed(self.plan.slots.banks, indicators, self.plan.slots.periods, [Operation(op)])
        sub.findings, sub.gaps, sub.caveats = self.findings, self.gaps, self.caveats
        return sub

    def absorb(self, other: Desk) -> None:
        """Take over what another desk on the same sheet laid down."""
        self.findings += [finding for finding in other.findings if finding not in self.findings]
        self.gaps += other.gaps
        for caveat in other.caveats:
            self.remark(caveat)

    def base_period(self, operation: Operation, period: Period) -> Period | None:
        """The period a change is measured against: as named, else a year before; None where there is none."""
        try:
            return Period.parse(operation.base) if operation.base else period.year_ago()
        except PeriodError:
            return None

    def _remark(self, figure: Figure) -> None:
        if figure.gaap is Gaap.IFRS and not self.plan.slots.gaap and figure.scope is not Scope.INDUSTRY:
            self.remark(f"{figure.entity}{figure.indicator}取自IFRS口径的披露")
        if not figure.audited and figure.scope is not Scope.INDUSTRY:
            self.remark(f"{figure.entity}{figure.period_label}数据未经审计")
        if figure.note and figure.inputs:
            self.remark(figure.note)
        if figure.restated:
            self.remark(f"{figure.entity}{figure.period_label}{figure.indicator}为重述数")
        for other in self.finder.rivals(figure):
            kept = self.sheet.add(other)
            why = "重述数" if other.restated else "另一来源"
            self.remark(f"{why} {{{kept.id}}} 与所取 {{{figure.id}}} 不一致，未取平均；出处{{{kept.id}.mark}}")
