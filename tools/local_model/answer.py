"""A question that brings its own numbers, answered by a local model: entities → fact sheet → prompt → draft → calculator → audit.

The model sees and writes references only; what it is asked to compute is computed here in Decimal, and a draft that does not
pass the audit is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from data.errors import CaizhiError
from data.evidence import Evidence
from data.figures import Figure
from data.indicators import Indicator, IndicatorCatalogue, indicator_catalogue
from data.period_text import find_periods, parse_period
from data.periods import Period
from data.units import Dimension, Quantity
from tools.audit.check import AuditContext, audit_draft
from tools.entities.facts import Fact
from tools.factsheet import FactSheet
from tools.local_model.prompt import compact_prompt
from tools.local_model.settle import settle
from tools.name_scanner import NameKind, name_scanner
from tools.references import fill

UNDATED_BANK = "该行"
SOURCE = "提问中给出的数字"
_ANONYMOUS = re.compile(r"某[一-龥]{0,6}?银行|[该本]银?行|[A-ZＡ-Ｚ甲乙丙丁][银]?行")
_BEFORE = re.compile(r"(?:上年|去年|前一年|上一年|上年末|去年末)")
Generate = Callable[[str], str]


@dataclass(frozen=True)
class LocalAnswer:
    """What came of a question. text: "" where it could not be answered (`problem` says why). draft: as the model wrote it."""

    text: str
    sheet: FactSheet
    draft: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Given:
    """The fact sheet of a question, and which of its figures name no period."""

    sheet: FactSheet
    undated: frozenset[str] = field(default_factory=frozenset)


def answer(question: str, generate: Generate, catalogue: IndicatorCatalogue | None = None) -> LocalAnswer:
    """The answer to a question over the numbers that it states; never raises for what the question or the model did."""
    given = given_sheet_of(question, catalogue or indicator_catalogue())
    if not len(given.sheet):
        return LocalAnswer("", given.sheet, problem="提问里没有读到“指标 + 数值”，请写明，例如：某银行2023年净利润100亿元")
    draft = generate(compact_prompt(given.sheet, question)).strip()
    return finished(draft, given, question)


def finished(draft: str, given: Given, question: str) -> LocalAnswer:
    """A draft computed, filled and audited."""
    try:
        settled, sheet = settle(_without_periods(draft, given), given.sheet)
        filled = fill(settled, sheet, _slots(sheet))
    except CaizhiError as error:
        return LocalAnswer("", given.sheet, draft, str(error))
    report = audit_draft(settled, filled, sheet, AuditContext(question=question, quotable=(question,)))
    if not report.ok:
        return LocalAnswer("", sheet, draft, "；".join(report.problems))
    return LocalAnswer(filled.text, sheet, draft)


def given_sheet_of(question: str, catalogue: IndicatorCatalogue) -> Given:
    """The figures that a question states, numbered in its order. A figure without a period takes the one before it in the
    sentence, if any; one without a bank likewise."""
    from tools.financial_ner import FinancialNER

    sheet, undated, last = FactSheet(), set[str](), Period(2000)
    years = [period.year for mention in find_periods(question) for period in mention.periods]
    for fact in FinancialNER("rules").extract_facts(question):
        period = _period_of(fact, years)
        figure = _figure_of(fact, period or last, question, catalogue)
        if figure is None:
            continue
        kept = sheet.add(figure)
        if period is None:
            undated.add(kept.id)
    return Given(sheet, frozenset(undated))


def _figure_of(fact: Fact, period: Period, question: str, catalogue: IndicatorCatalogue) -> Figure | None:
    indicator = catalogue.by_name(fact.indicator or fact.surface)
    if fact.value is None or not (fact.indicator or fact.surface):
        return None
    try:
        quantity = Quantity.of(fact.value, fact.unit or _bare_unit(indicator))
    except CaizhiError:
        return None
    name, bank_id = _bank_before(question, fact.start)
    evidence = Evidence(document=SOURCE, quote=question[max(0, fact.start - 12) : fact.end])
    return Figure(
        entity=name, entity_id=bank_id, indicator=indicator.name if indicator else fact.surface, indicator_id=indicator.id if indicator else "",
        period=period, quantity=quantity, point=bool(indicator and indicator.point), evidence=[evidence],
    )


def _bare_unit(indicator: Indicator | None) -> str:
    """The unit of a number that names none: a ratio is then a plain one (资产周转率0.5)."""
    if indicator is None:
        return "元"
    return "倍" if indicator.unit.dimension is Dimension.RATIO else indicator.unit.symbol


def _period_of(fact: Fact, years: list[int]) -> Period | None:
    """The period of a fact; 上年 is the year before the latest that the question names."""
    if not fact.period:
        return None
    try:
        return parse_period(fact.period)
    except CaizhiError:
        return Period(max(years) - 1) if years and _BEFORE.search(fact.period) else None


def _bank_before(question: str, at: int) -> tuple[str, str]:
    """The bank named last before a place, else the first one named."""
    named = sorted(_banks(question))
    before = [item for item in named if item[0] <= at]
    chosen = before[-1] if before else named[0] if named else (0, UNDATED_BANK, "")
    return chosen[1], chosen[2]


def _banks(question: str) -> Iterator[tuple[int, str, str]]:
    from data.banks import bank_registry

    for span in name_scanner().scan(question):
        if span.kind is NameKind.BANK:
            bank = bank_registry().get(span.ref)
            yield span.start, bank.name if bank else question[span.start : span.end], span.ref
    for match in _ANONYMOUS.finditer(question):
        yield match.start(), match[0], ""


def _slots(sheet: FactSheet) -> dict[str, str]:
    banks, periods = {figure.entity for figure in sheet}, {figure.period_label for figure in sheet}
    return {name: next(iter(values)) for name, values in (("bank", banks), ("period", periods)) if len(values) == 1}


def _without_periods(draft: str, given: Given) -> str:
    """The draft without the periods of figures that have none: what was not said is not printed."""
    bare = len(given.undated) == len(given.sheet)

    def one(match: re.Match[str]) -> str:
        return "" if match[1] in given.undated or (bare and match[1] not in given.sheet) else match[0]

    return re.sub(r"\{(f\d+)\.(?:period|base)\}[的，]?", one, draft) if given.undated else draft
