"""The whole model in the order in which its parts need each other."""

from __future__ import annotations

from functools import lru_cache

from tests.golden_report.bank import allowance, balance, business, capital, details, income, interest, loans, risk
from tests.golden_report.book import Book


@lru_cache(maxsize=1)
def bank_book() -> Book:
    """The figures of the fictional bank, the same on every run and machine."""
    book = Book()
    for part in (loans, allowance, interest, income, balance, capital, risk, business, details):
        part.fill(book)
    return book
