"""What a row claims to have computed: calculator marks, tool calls and equations written out, each with its printed result.

An equation is a run of numbers and operations, =, and a number: (100 - 80) / 80 × 100% = 25%. Words between them make no claim.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from finetune.rows.record import Row

MONEY: Mapping[str, Decimal] = {
    "万亿元": Decimal(10) ** 12, "亿元": Decimal(10) ** 8, "百万元": Decimal(10) ** 6, "万元": Decimal(10) ** 4, "千元": Decimal(10) ** 3,
    "元": Decimal(1), "万亿": Decimal(10) ** 12, "亿": Decimal(10) ** 8, "万": Decimal(10) ** 4,
}
_UNITS = "个百分点|百分点|%|‰|万亿元|亿元|百万元|万元|千元|元/股|元|万亿|亿|万|倍|次|BP|bp"
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?\s?(?:{_UNITS})?"
# A number right after a letter belongs to a name (CET1), unless it has a unit (ROE15%).
NUMBER = re.compile(
    rf"(?:(?<![A-Za-z0-9_.])|(?<=[A-Za-z])(?=[\d,.]+\s?(?:{_UNITS})))(?P<digits>(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?)\s?(?P<unit>{_UNITS})?"
)
_RUN = rf"[-−(（]*{_NUMBER}[)）]*(?:\s?(?:[-−+*/×÷^]|\*\*)\s?[-−(（]*{_NUMBER}[)）]*)+"
_EQUATION = re.compile(rf"(?P<left>{_RUN})\s?[=≈＝]\s?(?=(?P<right>[-−]?{_NUMBER})(?P<more>\s?[-−+*/×÷^])?)")
_MARK = re.compile(rf"\[Calculator\((?P<left>.{{1,600}}?)\)→(?P<right>[^\]]{{1,60}})\]\s?(?P<unit>{_UNITS})?")
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Claim:
    """One calculation. left: the expression as written. right: the printed number without commas. unit: of the result, "" for none.

    form: "mark", "tool" or "equation". In an equation % counts as a hundredth on both sides; in marks and tools all numbers are plain.
    """

    left: str
    right: str
    unit: str
    form: str

    @property
    def numbers(self) -> list[tuple[Decimal, str]]:
        """The numbers of the expression with their units."""
        return [(Decimal(match["digits"].replace(",", "")), match["unit"] or "") for match in NUMBER.finditer(self.left)]


def claims_of(row: Row) -> Iterator[Claim]:
    """Every claim of the assistant's turns, in order."""
    asked: dict[str, str] = {}
    for message in row.messages:
        if message["role"] == "assistant":
            for call in message.get("tool_calls") or ():
                asked[str(call.get("id", len(asked)))] = _expression(call)
            yield from claims_in(str(message.get("content") or ""))
        elif message["role"] == "tool" and (expression := asked.pop(str(message.get("tool_call_id", "0")), "")):
            yield Claim(expression, str(message.get("content") or "").strip(), "", "tool")


def claims_in(text: str) -> Iterator[Claim]:
    """The marks and equations of one text, in their order."""
    found = [(match.start(), Claim(match["left"], match["right"].strip(), match["unit"] or "", "mark")) for match in _MARK.finditer(text)]
    bare = _MARK.sub(lambda match: "；" * len(match[0]), text)
    for match in _EQUATION.finditer(bare):
        if match["more"] is None:
            digits = NUMBER.search(match["right"])
            if digits is not None:
                sign = "-" if match["right"][0] in "-−" else ""
                printed = sign + digits["digits"].replace(",", "")
                found.append((match.start(), Claim(_balanced(match["left"]), printed, digits["unit"] or "", "equation")))
    yield from (claim for _, claim in sorted(found, key=lambda pair: pair[0]))


def is_number(text: str) -> bool:
    """Whether a printed result is a plain number."""
    return bool(_PLAIN.fullmatch(text))


def _balanced(left: str) -> str:
    """The expression without brackets that open or close outside it."""
    text = left.replace("（", "(").replace("）", ")").replace("−", "-").strip()
    while text.count("(") > text.count(")") and text.startswith("("):
        text = text[1:]
    while text.count(")") > text.count("(") and text.endswith(")"):
        text = text[:-1]
    return text


def _expression(call: Mapping[str, Any]) -> str:
    """The expression of a call of a calculator, "" for any other tool."""
    function = call.get("function") or {}
    arguments = function.get("arguments") or {}
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return ""
    return str(arguments.get("expression", "")) if isinstance(arguments, Mapping) and "calc" in str(function.get("name", "")).lower() else ""
