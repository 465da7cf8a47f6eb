"""A row of a table as read: its cleaned labels with periods and scopes taken out, and when its cells are told of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from data.errors import PeriodError
from data.figures import Scope
from data.periods import Part, Period
from data.units import Unit
from retrieval.documents import Row
from retrieval.extraction.headers import ColumnSense, read_scopes
from retrieval.extraction.labels import clean_label, squeeze, without_marks
from retrieval.extraction.period_words import PeriodReading, find_header_periods
from retrieval.extraction.printed_units import bracket_unit

_OPENING = re.compile(r"^(?:本年|本期)?(?:年初|期初)|^上(?:年|期)年?末")
_CLOSING = re.compile(r"^(?:本年|本期)?(?:年末|期末)|^本[年期]末")
_BALANCE = frozenset(("余额", "账面余额", "金额", "年度", "数", "的账面余额", "的余额", "账面价值", "的账面价值"))
# 2015年政策性金融债 is a name: a year before what is issued, founded or numbered by years dates no value.
_NAMED_BY_YEAR = re.compile(r"^(?:第.{1,3}期|.{0,16}(?:债券?|票据|存单|计划|奖|批次?|期|项目|证券|专项|基金|信托|优先股)(?:\(.*\))?$)")


@dataclass(frozen=True, slots=True)
class Line:
    """path: cleaned labels, outermost first. printed: the row as printed. balance: a row that gives where a movement starts or ends."""

    path: tuple[str, ...]
    printed: str
    period: PeriodReading | None
    scopes: tuple[Scope, ...]
    unit: Unit | None
    balance: bool = False

    @property
    def opens(self) -> bool:
        """Whether the row is dated 1 January, as opening balances are."""
        return self.period is not None and self.period.period.part is Part.DAY and (self.period.period.month, self.period.period.day) == (1, 1)


def read_line(row: Row, report: Period | None, owner: tuple[str, ...] | None) -> Line:
    """A row. owner: the labels of what it sums up, in place of its parents; None where that is not known."""
    period: PeriodReading | None = None
    scopes: tuple[Scope, ...] = ()
    path: list[str] = []
    balance = False
    parents = row.parents if owner is None else owner
    for index, text in enumerate((*parents, row.label)):
        label = clean_label(text)
        if (dated := _dated(label, report)) is not None:
            period, rest = dated
            rest = clean_label(rest)
            balance = index == len(parents) and period.point is True and (not rest or rest in _BALANCE or rest.endswith(("余额", "准备", "数")))
            label = "" if rest in _BALANCE else rest
        if index < len(parents) and (named := read_scopes(label)):
            scopes, label = named, ""
        if label and (not path or path[-1] != label):
            path.append(label)
    printed = " > ".join(squeeze(text) for text in (*row.parents, row.label) if text.strip())
    unit = next((found_unit for text in (row.label, *reversed(row.parents)) if (found_unit := bracket_unit(text))), None)
    return Line(tuple(path), printed, period, scopes, unit, balance)


def _dated(label: str, report: Period | None) -> tuple[PeriodReading, str] | None:
    """The one period that a label names, and the label without it; None where there is none, or where it is part of a name."""
    found = find_header_periods(without_marks(label), report, relative=False) if any(char.isdigit() for char in label) else []
    if len(found) != 1 or not found[0].absolute:
        return None
    rest = (label[: found[0].start] + label[found[0].end :]).strip("的止日于:() ") if label == without_marks(label) else label
    if found[0].point is None and rest and _NAMED_BY_YEAR.match(rest):
        return None
    return found[0], rest


def when(
    line: Line, sense: ColumnSense, around: PeriodReading | None, span: Period | None, report: Period | None, restarts: frozenset[int]
) -> tuple[Period | None, bool | None, bool]:
    """The period of a cell, whether it is a point, and whether it had to be assumed.

    around: the period that the caption names. span: that of the movement which the row is part of. restarts: years at whose first day
    a new accounting standard changed the opening balances.
    """
    period, point = sense.period, sense.point
    if line.period is not None and (period is None or line.period.absolute):
        if line.balance and line.opens and line.period.period.year not in restarts:
            return line.period.period.prior_year_end(), True, False
        return line.period.period, line.period.point, False
    if period is None and span is not None:
        period, point = span, False
    if period is None and around is not None:
        period, point = around.period, around.point
    if period is None:
        return (report, None, True) if report is not None else (None, None, True)
    if line.path and _OPENING.search(line.path[-1]):
        try:
            return period.prior_year_end(), True, False
        except PeriodError:
            return None, None, False
    if line.path and _CLOSING.search(line.path[-1]) and len(line.path[-1]) <= 8:
        return period, True, False
    return period, point, False
