"""The clauses of a question in another order, where each says a whole thing: name and value, with or without its own period.

    {f1.bank}{f1.period}{f1.name}{f1}，{f2.name}{f2}，计算…   →   {f1.bank}{f1.period}{f2.name}{f2}，{f1.name}{f1}，计算…

What the first clause says for all of them (the bank; the period, where only it has one) stays in front.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from tools.factsheet import FactSheet

_RUN = re.compile(r"[^。：\n？！]+")
_LEAD = re.compile(r"^((?:\{f\d+\.bank\}的?)?)((?:\{f\d+\.period\}的?)?)(.+)$")
_ITEM = re.compile(r"^\{(f\d+)\.name\}(?:（\{\1\.period\}）)?(?:为|是|达|有|：|:)?\{\1\}$")


def reordered(ask: str, sheet: FactSheet, rng: Random) -> str | None:
    """The question with the clauses of its first listing that can be moved in another order; None where there is none."""
    for run in _RUN.finditer(ask):
        for separator in ("，", "；", "、"):
            clauses = run[0].split(separator)
            first, count = _listing(clauses)
            asked = ask[: run.start()] + separator.join(clauses[:first] + clauses[first + count :]) + ask[run.end() :]
            # 甲…，乙…，占比是多少？ asks by order; a question that names what it is about does not.
            if count >= 2 and ".name}" in asked and (moved := _moved(clauses[first : first + count], sheet, rng)) is not None:
                clauses[first : first + count] = moved
                return ask[: run.start()] + separator.join(clauses) + ask[run.end() :]
    return None


def _listing(clauses: Sequence[str]) -> tuple[int, int]:
    """Where the longest run of whole clauses begins, and how many they are."""
    best, start = (0, 0), 0
    for at in range(len(clauses) + 1):
        match = _LEAD.match(clauses[at]) if at < len(clauses) else None
        if match is None or not _ITEM.match(match[3]) or (match[1] and at > start):
            best = max(best, (start, at - start), key=lambda run: run[1])
            start = at if match is not None and _ITEM.match(match[3]) else at + 1
    return best


def _moved(clauses: Sequence[str], sheet: FactSheet, rng: Random) -> list[str] | None:
    parts = [match.groups() for clause in clauses if (match := _LEAD.match(clause))]
    figures = [sheet.get(match[1]) for _, _, item in parts if (match := _ITEM.match(item))]
    if len({figure.entity for figure in figures}) > 1:
        return None
    own_periods = sum(bool(period) for _, period, _ in parts)
    if own_periods not in (0, len(parts)) and not (own_periods == 1 and parts[0][1]):
        return None
    if own_periods < len(parts) and len({figure.period for figure in figures}) > 1 and not all("（" in item for _, _, item in parts):
        return None
    lead = parts[0][0] + (parts[0][1] if own_periods < len(parts) else "")
    tails = [(period if own_periods == len(parts) else "") + item for _, period, item in parts]
    shuffled = list(tails)
    rng.shuffle(shuffled)
    if shuffled == tails:
        shuffled.reverse()
    if shuffled == tails:
        return None
    return [lead + shuffled[0], *shuffled[1:]]
