"""An independent look at an answer: which of its printed quantities no figure of the answer stands for.

Written apart from the auditor on purpose, and simpler: a quantity is bound when some figure rounds to it at the printed digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_SCALES = {"元": Decimal(1), "千元": Decimal(10) ** 3, "万元": Decimal(10) ** 4, "百万元": Decimal(10) ** 6, "亿元": Decimal(10) ** 8, "万亿元": Decimal(10) ** 12}
_POINTS = {"%": Decimal(1), "个百分点": Decimal(1), "‰": Decimal("0.1"), "BP": Decimal("0.01")}
_QUANTITY = re.compile(r"(?<![\d.])(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<unit>万亿元|亿元|百万元|万元|千元|元|个百分点|%|‰|BP|倍)|(?<![\d.])(?P<bare>\d[\d,]*\.\d+)(?![\d.]*年)")
# Quoted, not computed: regulatory limits, the text of definitions, the 100% of a formula.
_QUOTED = re.compile(r"监管要求不[低高]于[\d.]+%|「[^」]*」|^- 依据：.*$|× ?100%|《[^》]*》", re.MULTILINE)


def unbound_numbers(answer: Mapping[str, Any]) -> list[str]:
    """Quantities of the text that neither a figure of the answer nor the question holds. Definitions and coverage quote, and are let through."""
    if answer["intent"] in ("definition", "coverage"):
        return []
    text = _QUOTED.sub("", answer["answer"].split("\n来源：")[0])
    found = []
    for match in _QUANTITY.finditer(text):
        number, unit = match["number"] or match["bare"], match["unit"] or ""
        if number.replace(",", "") not in answer["question"].replace(",", "") and not any(_prints(figure, number, unit) for figure in answer["figures"]):
            found.append(match[0])
    return found


def _prints(figure: Mapping[str, Any], number: str, unit: str) -> bool:
    shown = Decimal(number.replace(",", ""))
    places = len(number.partition(".")[2])
    own = figure["unit"]
    for table in (_SCALES, _POINTS):
        if own in table and unit in table:
            value = abs(Decimal(figure["value"])) * table[own] / table[unit]
            return abs(value - shown) <= Decimal("0.500001").scaleb(-places)
    return unit in ("", own) and abs(abs(Decimal(figure["value"])) - shown) <= Decimal("0.500001").scaleb(-places)
