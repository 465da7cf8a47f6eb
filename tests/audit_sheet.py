"""One fact sheet for the auditor's tests: 招商银行 2021-2023 with two peers and the industry, from the bundled facts."""

from __future__ import annotations

from functools import lru_cache

from data.facts_table import load_facts
from data.figures import Figure, Scope
from data.periods import Period
from tools.audit.check import AuditContext
from tools.calculator import difference, growth, share, versus
from tools.derivation import is_amount
from tools.factsheet import FactSheet

OWN = (
    "npl_ratio", "provision_coverage", "operating_income", "net_profit_attributable", "net_profit", "net_interest_margin", "roe_weighted",
    "total_assets", "cost_income_ratio", "net_interest_income", "npl_balance", "total_loans", "loan_allowance",
)
OTHERS = ("npl_ratio", "provision_coverage", "net_interest_margin", "net_profit")
ASKED = AuditContext(banks=("招商银行", "工商银行", "建设银行"), periods=(Period(2023), Period(2022), Period(2021)))
ONE = AuditContext(banks=("招商银行",), periods=(Period(2023),))


@lru_cache(maxsize=1)
def audit_sheet() -> FactSheet:
    """Levels, year-on-year changes, two distances between banks and one share. Treat it as read-only."""
    levels = [f for f in load_facts().figures if f.scope is not Scope.BANK]
    sheet = FactSheet()
    for bank, indicators, years in (("招商银行", OWN, ("2021", "2022", "2023")), ("工商银行", OTHERS, ("2022", "2023")), ("建设银行", OTHERS, ("2022", "2023"))):
        for indicator in indicators:
            sheet.extend(found for year in years if (found := _best(levels, bank, indicator, year)) is not None)
    sheet.extend(found for key in ("npl_ratio", "provision_coverage") if (found := _best(levels, "商业银行", key, "2023Q4")) is not None)
    for now in list(sheet):
        before = next((f for f in sheet if f.key[:2] == now.key[:2] and f.period == now.period.year_ago()), None)
        if before is not None:
            sheet.add(difference(now, before))
            if is_amount(now.quantity.unit):
                sheet.add(growth(now, before))
    own = pick("招商银行", "npl_ratio", sheet)
    sheet.add(versus(own, pick("工商银行", "npl_ratio", sheet)))
    sheet.add(versus(own, next(f for f in sheet if f.entity_id == "industry" and f.indicator_id == "npl_ratio")))
    sheet.add(share(pick("招商银行", "net_interest_income", sheet), pick("招商银行", "operating_income", sheet)))
    return sheet


def pick(bank: str, indicator: str, sheet: FactSheet, year: int = 2023) -> Figure:
    """The level of one bank, indicator and year."""
    return next(f for f in sheet if (f.entity, f.indicator_id, f.period, f.kind.value) == (bank, indicator, Period(year), "reported"))


def _best(levels: list[Figure], bank: str, indicator: str, period: str) -> Figure | None:
    return next((f for f in levels if (f.entity, f.indicator_id, str(f.period)) == (bank, indicator, period)), None)
