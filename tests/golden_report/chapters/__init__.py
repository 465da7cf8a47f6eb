"""The text and tables of the report, one module per chapter or part of one, in the order of the report."""

from __future__ import annotations

from tests.golden_report.chapters import (
    allowances,
    business,
    company,
    equity_changes,
    front,
    governance,
    letter,
    matters,
    note_income,
    note_tables,
    policies,
    position,
    profit,
    profit_parts,
    quality,
    risk_text,
    shares,
    statements,
    summary,
    supplement,
)  # fmt: skip

CHAPTERS = (
    front, company, summary, letter, profit, profit_parts, position, quality, allowances, business, risk_text, shares, governance, matters,
    statements, equity_changes, policies, note_tables, note_income, supplement,
)  # fmt: skip
