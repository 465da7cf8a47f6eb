"""Statements of changes in equity: where they print a balance, each column's header says of what."""

from __future__ import annotations

import re

from data.indicators import Indicator, Kind
from retrieval.documents import Column
from retrieval.extraction.labels import TOTALS, clean_label
from retrieval.extraction.lines import Line
from retrieval.extraction.name_index import NameIndex

STATEMENT = re.compile(r"(?:股东|所有者)?权益变动表")
_BALANCE = re.compile(r"(?:年|期)[初末](?:余额|数)$")


def equity_balance(column: Column, line: Line, names: NameIndex) -> Indicator | None:
    """The indicator of a cell in a row of balances; None in a row of movements, or where the header leaves open what it sums up."""
    if not column.headers or not (line.balance or (line.path and _BALANCE.search(line.path[-1]))):
        return None
    label = clean_label(column.headers[-1])
    if label in TOTALS:
        return names.catalogue.get("total_equity") if len(column.headers) == 1 and label == "合计" else None
    if label == "其他综合收益":
        return names.catalogue.get("oci_balance")
    found = names.find_label(label)
    return found if found is not None and found.kind is Kind.STOCK and found.category == "balance_sheet" else None
