"""Seeded draws and exact splits: parts are drawn, wholes are sums of their parts."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from decimal import Decimal

YEARS = ("21", "22", "23")


class Draws:
    """Random numbers of the model; one per subject, so that a new subject does not move the others."""

    def __init__(self, subject: str) -> None:
        self._random = random.Random(f"yunling-2023-{subject}")

    def near(self, centre: float, spread: float) -> float:
        """A number within `spread` (relative) of the centre."""
        return centre * (1 + self._random.uniform(-spread, spread))

    def whole(self, low: int, high: int) -> int:
        """A whole number of a range."""
        return self._random.randint(low, high)

    def weights(self, centre: Mapping[str, float], spread: float = 0.04) -> dict[str, float]:
        """Weights moved a little, each by itself."""
        return {name: self.near(weight, spread) for name, weight in centre.items()}


def split(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Whole parts of a whole in proportion to weights, summing to it exactly (largest remainders)."""
    whole = sum(weights.values())
    exact = {name: total * weight / whole for name, weight in weights.items()}
    parts = {name: int(share) if share >= 0 else -int(-share) for name, share in exact.items()}
    order = sorted(exact, key=lambda name: abs(exact[name] - parts[name]), reverse=True)
    step = 1 if total >= 0 else -1
    for name in order[: abs(total - sum(parts.values()))]:
        parts[name] += step
    return parts


def spread_over(total: int, names: Sequence[str], draws: Draws, spread: float = 0.06) -> dict[str, int]:
    """A whole over names, about evenly."""
    return split(total, {name: draws.near(1.0, spread) for name in names})


def thousandth(number: Decimal | int, permille: float) -> int:
    """A part of a number, in thousandths, as a whole number."""
    return int(Decimal(number) * Decimal(str(round(permille, 4))) / 1000)
