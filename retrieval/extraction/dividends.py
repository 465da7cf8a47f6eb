"""The dividend that a report proposes or has paid: 每10股派发现金股利人民币2.40元，合计人民币26.03亿元."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from data.periods import Period
from data.units import Quantity
from retrieval.extraction.clauses import Statement
from retrieval.extraction.period_words import find_header_periods

_NUMBER = r"(?P<{name}>\d+(?:,\d{{3}})*(?:\.\d+)?)"
_PER_TEN = re.compile(
    rf"每(?:10|十)股(?:普通股)?(?:拟|将)?(?:派发|派|分配|分派)(?:现金)?(?:股利|红利|股息)?(?:人民币)?{_NUMBER.format(name='each')}元"
    rf"(?:人民币)?(?:\(含税\))?(?P<rest>[^。;；]{{0,30}}?(?:合计|共计|总额|总计)(?:派发|分配)?(?:现金)?(?:股利|红利|股息)?(?:约|为)*(?:人民币)?{_NUMBER.format(name='sum')}(?P<unit>亿元|百万元|万元|千元|元))?"
)


def read_dividends(sentence: str, report: Period | None) -> Iterator[Statement]:
    """每10股派息 and 现金分红总额 of a squeezed sentence; the year is the one named before, else the report's."""
    for match in _PER_TEN.finditer(sentence):
        named = [reading for reading in find_header_periods(sentence[: match.start()], None) if reading.point is not True]
        period = named[-1].period if named else report
        yield Statement("每10股派息", "", Quantity.of(match["each"], "元"), period, False, True, match.start("each"), match.end("each"))
        if match["sum"]:
            amount = Quantity.of(str(Decimal(match["sum"].replace(",", ""))), match["unit"])
            yield Statement("现金分红总额", "", amount, period, False, True, match.start("sum"), match.end("unit"))
