"""Rows that add up: which rows below are the parts of a row, by their numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from retrieval.tables.lines import Line, closes
from retrieval.tables.text import bare, is_nil, is_total, rank

# No printed row has more parts; the bound keeps long sheets from being summed from every row to the end.
_MAX_PARTS = 60
# A printed sum may be off by the rounding of its parts.
_ROUNDING = Decimal("0.5")
# Gross less allowance is net: such rows add up without being parts.
_NO_PART = re.compile(r"^[加减][:：]|(?:净额|净值|净敞口)(?:\(|$)")


def total_of(heading: str, lines: Sequence[Line], start: int) -> int:
    """The index of the row that gives the total of a heading by its name (资产 … 资产总计), -1 without one."""
    return next((index for index in range(start, len(lines)) if not lines[index].heading and closes(heading, lines[index].label)), -1)


def sum_ends(lines: Sequence[Line]) -> list[int]:
    """For every row the index of the last of the rows below that add up to it in every column (of a heading: its total), or -1."""
    numbers = [_numbers(line) for line in lines]
    ends = [-1] * len(lines)
    for start in range(len(lines) - 1, -1, -1):
        if lines[start].heading:
            ends[start] = total_of(lines[start].label, lines, start + 1)
        elif not is_total(lines[start].label) and sum(1 for value in numbers[start] if value) >= 1:
            ends[start] = _sum_end(lines, numbers, ends, start)
    return ends


def _sum_end(lines: Sequence[Line], numbers: Sequence[Sequence[Decimal | None]], ends: Sequence[int], start: int) -> int:
    target, parts, index = numbers[start], list[int](), start + 1
    column = next(place for place, value in enumerate(target) if value)
    wanted, have = target[column] or Decimal(0), Decimal(0)
    step = Decimal(1).scaleb(int(wanted.as_tuple().exponent))
    while index < len(lines) and len(parts) < _MAX_PARTS:
        line = lines[index]
        if line.heading or is_total(line.label) or rank(line.label) == 2 or _NO_PART.search(bare(line.label)):
            return -1
        have += (numbers[index][column] if column < len(numbers[index]) else None) or 0
        parts.append(index)
        index = max(index, ends[index]) + 1
        # One column first: all of them are added up only where that one agrees.
        if len(parts) >= 2 and abs(wanted - have) <= _ROUNDING * len(parts) * step and _equal(target, _added(numbers, parts), len(parts)):
            return index - 1
    return -1


def _added(numbers: Sequence[Sequence[Decimal | None]], parts: Sequence[int]) -> list[Decimal]:
    return [sum((value or Decimal(0) for value in column), start=Decimal(0)) for column in zip(*(numbers[part] for part in parts), strict=False)]


def _equal(target: Sequence[Decimal | None], total: Sequence[Decimal], parts: int) -> bool:
    """Every column that the row fills adds up, at least two of them or one large one (small whole numbers agree by chance)."""
    given = [(value, have) for value, have in zip(target, total, strict=False) if value]
    exact = all(abs(value - have) <= _ROUNDING * parts * Decimal(1).scaleb(int(value.as_tuple().exponent)) for value, have in given)
    return exact and (len(given) >= 2 or any(abs(value) >= 1000 for value, _ in given))


def _numbers(line: Line) -> list[Decimal | None]:
    return [None if cell is None or is_nil(cell.text) else _number(cell.text) for cell in line.cells]


def _number(text: str) -> Decimal | None:
    plain = bare(text).rstrip("%‰")
    negative = plain.startswith("(") and plain.endswith(")")
    try:
        value = Decimal(plain.strip("()").replace(",", "").replace("−", "-"))
    except InvalidOperation:
        return None
    return (-value if negative else value) if value.is_finite() else None
