"""The frozen set that every version of our model is measured on: `python -m finetune.lm.held_out --out FILE`.

Exercises of the held-out groups alone: question wordings, banks, formula × wording pairs and sizes of numbers that neither the base
nor the adapter has met, and wordings of narration questions written by hand for this.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from finetune.evaluation.frozen import freeze
from finetune.rows.factory import exercises
from finetune.rows.narration import narrations

CALCULATIONS, NARRATIONS, SEED = 600, 300, 4242


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Freeze the held-out exercises.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--calculations", type=int, default=CALCULATIONS)
    parser.add_argument("--narrations", type=int, default=NARRATIONS)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    share = given.calculations // 10
    counts = {"qa": 5 * share, "calculation": 4 * share, "method": share}
    freeze([*exercises(given.seed, counts, held=True), *narrations(given.seed, given.narrations, held=True)], given.out)


if __name__ == "__main__":
    main()
