"""Which indicators stand behind which: what an analyst looks at next when asked about one of them."""

from __future__ import annotations

from collections.abc import Mapping

from agents.calculations import decompositions, series
from agents.calculations.desk import Desk
from agents.plan import Op, Operation

RELATED: Mapping[str, tuple[str, ...]] = {
    "net_interest_margin": ("net_interest_spread", "loan_yield", "deposit_cost", "net_interest_income", "total_loans"),
    "net_interest_spread": ("net_interest_margin", "loan_yield", "deposit_cost"),
    "net_interest_income": ("net_interest_margin", "interest_income", "interest_expense", "total_loans"),
    "npl_ratio": ("npl_balance", "provision_coverage", "special_mention_ratio", "overdue_ratio", "credit_cost"),
    "provision_coverage": ("npl_balance", "loan_allowance", "npl_ratio", "loan_provision_ratio"),
    "roe_weighted": ("roa", "net_profit_attributable", "equity_attributable", "cost_income_ratio"),
    "net_profit_attributable": ("operating_income", "net_interest_income", "net_fee_income", "operating_expenses", "credit_impairment_loss"),
    "net_profit": ("operating_income", "net_interest_income", "net_fee_income", "operating_expenses", "credit_impairment_loss"),
    "operating_income": ("net_interest_income", "net_fee_income", "other_non_interest_income", "net_interest_margin"),
    "cet1_ratio": ("tier1_ratio", "car", "rwa", "cet1_capital_net"),
    "cost_income_ratio": ("operating_expenses", "operating_income"),
    "total_loans": ("personal_loans", "corporate_loans", "total_deposits"),
}
_YEARS = 3


def nearest_analysis(desk: Desk, operation: Operation) -> None:
    """开放分析 without a model: the recent course, the exact reasons of the last change, and the course of what stands behind it."""
    if not desk.periods:
        return  # the collections hold nothing of this bank
    names = desk.plan.slots.indicators or ["operating_income", "net_profit_attributable", "npl_ratio"]
    trend = Operation(Op.TREND)
    for bank in desk.plan.slots.banks:
        for name in names:
            _course(desk, bank, name, trend)
    decompositions.why(desk, operation)
    for bank in desk.plan.slots.banks:
        for related in dict.fromkeys(other for name in names for other in RELATED.get(name, ()) if other not in names):
            if related in desk.catalogue:
                _course(desk, bank, related, trend, quiet=True)


def _course(desk: Desk, bank: str, name: str, trend: Operation, *, quiet: bool = False) -> None:
    """The last years of one indicator as a trend finding; nothing where fewer than two are held."""
    held = [period for period in desk.finder.periods(desk.wanted(bank, name, desk.periods[-1])) if period.is_annual][-_YEARS:]
    if len(held) < 2:
        if not quiet:
            desk.value(bank, name, desk.periods[-1], answer=True)
        return
    sub = desk.narrowed([bank], [name], [str(period) for period in held])
    series.trend(sub, trend)
    desk.absorb(sub)
