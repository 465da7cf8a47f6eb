"""A report as findings by section: the same calculations as an answer's, laid down in the order an analyst's note has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from agents.calculations import decompositions, peers, shares, values
from agents.calculations.desk import Desk
from agents.findings import Finding, FindingKind
from agents.plan import Op, Operation
from data.periods import Period

Builder = Callable[[Desk], None]


@dataclass(frozen=True)
class Section:
    """A section: its heading, and the indicators whose figures and changes it tables (or another builder)."""

    title: str
    indicators: tuple[str, ...] = ()
    build: Builder | None = None


def _attribution(desk: Desk) -> None:
    for name in ("net_profit", "roe_weighted"):
        decompositions.why(desk.narrowed_to([name], Op.WHY), Operation(Op.WHY))


def _peers(desk: Desk) -> None:
    for name in ("net_interest_margin", "roe_weighted", "npl_ratio", "provision_coverage", "cet1_ratio"):
        peers.compare(desk.narrowed_to([name], Op.COMPARE), Operation(Op.COMPARE))


def _lines(desk: Desk) -> None:
    for name in ("npl_ratio", "provision_coverage", "loan_provision_ratio", "car", "tier1_ratio", "cet1_ratio", "lcr", "nsfr"):
        values.line(desk.narrowed_to([name], Op.LINE), Operation(Op.LINE))


SECTIONS: tuple[Section, ...] = (
    Section("业绩概览", ("operating_income", "operating_profit", "total_profit", "net_profit", "net_profit_attributable")),
    Section("盈利能力", ("roe_weighted", "roa", "cost_income_ratio", "credit_cost")),
    Section("规模与结构", ("total_assets", "total_loans", "total_deposits", "equity_attributable", "loan_deposit_ratio")),
    Section("净息差", ("net_interest_margin", "net_interest_spread", "net_interest_income")),
    Section("非息收入", ("non_interest_income", "net_fee_income", "other_non_interest_income", "non_interest_income_share")),
    Section("资产质量", ("npl_ratio", "npl_balance", "provision_coverage", "loan_provision_ratio", "special_mention_ratio", "overdue_ratio")),
    Section("资本充足", ("cet1_ratio", "tier1_ratio", "car", "leverage_ratio", "rwa")),
    Section("归因分析", build=_attribution),
    Section("同业对比", build=_peers),
    Section("监管指标与风险提示", build=_lines),
)
NOTHING = "库中没有本节所需的披露数据，不作推断。"


def report(desk: Desk, _: Operation) -> None:
    """Every section of the report for the first bank named; the others are its peers. A section without evidence says so."""
    main, period = desk.plan.slots.banks[0], desk.periods[-1]
    held = desk.finder.periods(desk.wanted(main, "operating_income", period)) or desk.finder.held(main)
    if period not in held and str(period) not in {str(item) for item in desk.finder.held(main)}:
        desk.gaps.append(desk.finder.gap(desk.wanted(main, "operating_income", period)))
        return
    for section in _focused(desk.plan.question):
        compares = section.build is _peers
        if compares and len(desk.plan.slots.banks) < 2:
            continue
        sub = desk.narrowed(desk.plan.slots.banks if compares else [main], [], [str(period)], [Operation(Op.REPORT)])
        _build(section, sub, main, period)
        found = sub.findings or [Finding(FindingKind.NOTE, {}, {"text": NOTHING})]
        desk.findings += [replace(finding, section=section.title) for finding in found]
        absent = [gap.message for gap in sub.gaps] if compares else []
        for caveat in [*sub.caveats, *dict.fromkeys(absent)]:
            desk.remark(caveat)


def _focused(request: str) -> list[Section]:
    """The sections in their order; those that the request names come right after the first."""
    named = [section for section in SECTIONS[1:] if section.title in request]
    return [SECTIONS[0], *named, *[section for section in SECTIONS[1:] if section not in named]]


def _build(section: Section, sub: Desk, main: str, period: Period) -> None:
    if section.build is not None:
        section.build(sub)
        return
    names = [name for name in section.indicators if name in sub.catalogue]
    shares.table_of(sub, main, names, period)
