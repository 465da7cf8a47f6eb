"""The adapter's training rows: `python -m finetune.lm.instruction_rows --out FILE`: fact sheet and question in, draft in references out.

The exercises are others than those of pretraining (another seed); held-out wordings, banks, combinations and sizes are in neither.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

from data.errors import CaizhiError
from finetune.lm.naming import named
from finetune.rows.factory import exercises
from finetune.rows.narration import narrations
from finetune.rows.record import Row
from finetune.rows.renderings import render
from finetune.rows.renumber import renumbered

CALCULATIONS, NARRATIONS, SEED = 24_000, 14_000, 1007


def instruction_rows(calculations: int, narrated: int, seed: int) -> Iterator[Row]:
    """Rows of both kinds, mixed; deterministic by seed."""
    share = calculations // 10
    rng = random.Random(seed)
    streams = [exercises(seed, {"qa": 5 * share, "calculation": 4 * share, "method": share}, held=False), narrations(seed, narrated, held=False)]
    weights = [calculations, narrated]
    number = 0
    while streams:
        at = rng.choices(range(len(streams)), weights)[0]
        exercise = next(streams[at], None)
        if exercise is None:
            del streams[at], weights[at]
            continue
        number += 1
        if (whole := named(exercise)) is None:
            continue
        try:
            yield render(renumbered(whole), "references", f"lm-{seed}-{number}")
        except CaizhiError:
            continue


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write the adapter's training rows.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--calculations", type=int, default=CALCULATIONS)
    parser.add_argument("--narrations", type=int, default=NARRATIONS)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    with given.out.open("w", encoding="utf-8") as file:
        for row in instruction_rows(given.calculations, given.narrations, given.seed):
            file.write(json.dumps(row.to_dict(), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
