"""Generates the question benchmark: wordings (question_wordings.yaml) × facts × conversations, each with its right answer.

Deterministic by seed. A wording belongs to the tune or to the test half by its hash, so a test question is worded in a way
that nobody who tuned the grammar on the tune half has seen; the facts are drawn afresh in both.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.benchmarks.question_gold import FactIndex, Gold
from tests.benchmarks.question_kinds import KINDS
from tests.benchmarks.question_maker import Maker, Split, Unsuitable, wordings

ATTEMPTS = 400


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation whose last turn is graded."""

    kind: str
    turns: tuple[str, ...]
    gold: Gold
    wording: str
    split: Split


def generate(split: Split, number: int, seed: int) -> list[Case]:
    """`number` cases spread evenly over the kinds, each kind using its wordings in turn."""
    facts = FactIndex.load()
    kinds = list(KINDS)
    cases: list[Case] = []
    for index, kind in enumerate(kinds):
        count = number // len(kinds) + (index < number % len(kinds))
        cases += _cases(kind, split, count, facts, seed)
    return cases


def _cases(kind: str, split: Split, count: int, facts: FactIndex, seed: int) -> Iterator[Case]:
    rng = random.Random(f"{seed}:{split}:{kind}")
    pool = wordings(kind, split)
    rng.shuffle(pool)
    seen: set[tuple[str, ...]] = set()
    while count > 0:
        before = count
        for wording in pool:
            if count and (case := _case(kind, split, wording, facts, rng, seen)):
                seen.add(case.turns)
                yield case
                count -= 1
        if count == before:
            raise ValueError(f"no facts suit any wording of {kind} in the {split} half")


def _case(kind: str, split: Split, wording: str, facts: FactIndex, rng: random.Random, seen: set[tuple[str, ...]]) -> Case | None:
    """A case with this wording, or None where no facts suit it; a repeated question only where there are no others."""
    for attempt in range(ATTEMPTS):
        maker = Maker(facts, rng, split, wording.rpartition("|")[2], wording.rpartition("|")[0])
        try:
            slots, gold, before = KINDS[kind](maker)
        except Unsuitable:
            continue
        turns = (*before, maker.fill(maker.wording, slots))
        if turns not in seen or attempt > ATTEMPTS // 2:
            return Case(kind, turns, gold, wording, split)
    return None
