"""Costs and allowances that a statement prints in brackets, told as positive amounts, as their names mean them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from retrieval.extraction.making import Reading

EXPENSES = frozenset(
    "interest_expense fee_expense operating_expenses credit_impairment_loss asset_impairment_loss other_asset_impairment_loss taxes_and_surcharges "
    "total_operating_outlay other_operating_costs income_tax non_operating_expense staff_costs depreciation_amortisation agency_deposit_cost "
    "loan_allowance loan_allowance_amortised_cost loan_allowance_fvoci stage1_allowance stage2_allowance stage3_allowance allowance_write_off "
    "cet1_deductions tier1_deductions tier2_deductions additional_tier1_deductions interest_expense_deposits interest_expense_interbank "
    "interest_expense_bonds interest_expense_central_bank interest_expense_repo interest_expense_lease interest_expense_personal_deposits "
    "interest_expense_corporate_deposits".split()
)
_NOTE = "原表以括号（负数）列示的支出，按正数记"


def expenses_positive(readings: Sequence[Reading]) -> list[Reading]:
    """The readings of one table; where it prints costs negative, each cost changes its sign (a reversal becomes negative)."""
    costs = [reading for reading in readings if reading.indicator is not None and reading.indicator.id in EXPENSES]
    negative = sum(1 for reading in costs if reading.value < 0)
    if negative * 2 <= len(costs):
        return list(readings)
    turned = {id(reading) for reading in costs}
    return [replace(reading, value=-reading.value, note=reading.note or _NOTE) if id(reading) in turned else reading for reading in readings]
