"""Recompute accuracy during training: validation rows are answered, and every answer is checked by computing it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from finetune.rows.record import Row
from finetune.training.evaluation_hook import Evaluation, Generate


def recompute_evaluation(rows: Sequence[Row], most: int, seed: int) -> Evaluation:
    """An evaluation over at most `most` of the rows, drawn once by seed: "recompute" (every part right) and each part's mean.

    The parts are those of the verifiable reward (see rewards): quick, and the same before, during and after reinforcement. The
    evaluation proper, over exercises with slices and intervals, is finetune.evaluation.
    """
    chosen = random.Random(seed).sample(list(rows), min(most, len(rows)))

    def evaluate(generate: Generate) -> Mapping[str, float]:
        # The evaluation room is not loaded by those who only train.
        from finetune.training.rewards import WEIGHTS, parts

        given = [parts(row, answer) for row, answer in zip(chosen, generate([_before(row) for row in chosen]), strict=True)]
        means = {name: sum(part[name] for part in given) / max(len(given), 1) for name in WEIGHTS}
        right = sum(all(value == 1 for value in part.values()) for part in given) / max(len(given), 1)
        return {"recompute": right, **{f"recompute_{name}": value for name, value in means.items()}}

    return evaluate


def _before(row: Row) -> list[Mapping[str, object]]:
    """The turns up to the first answer."""
    return [turn for place, turn in enumerate(row.messages) if all(earlier["role"] != "assistant" for earlier in row.messages[: place + 1])]
