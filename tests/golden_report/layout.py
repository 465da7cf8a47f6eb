"""The report laid out on pages, without a font and without a file."""

from __future__ import annotations

from functools import lru_cache

from tests.golden_report.bank.model import bank_book
from tests.golden_report.chapters import CHAPTERS, front
from tests.golden_report.flow import Flow


@lru_cache(maxsize=1)
def laid_out() -> Flow:
    """All pages with everything noted that is printed on them."""
    flow = Flow(bank_book())
    for chapter in CHAPTERS:
        chapter.write(flow)
    front.contents(flow)
    return flow
