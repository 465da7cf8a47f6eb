"""The statistics of an evaluation: intervals of rates and means, and tests for paired results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb, sqrt

Z95 = 1.959963984540054
SAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Rate:
    """right of total, with its 95 % interval; a rate of nothing is 0 with the interval 0-1."""

    right: int
    total: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share, 0-1."""
        return self.right / self.total if self.total else 0.0

    def to_dict(self) -> dict[str, float | int]:
        """Plain values, rounded to five places."""
        return {"rate": round(self.value, 5), "right": self.right, "total": self.total, "low": round(self.low, 5), "high": round(self.high, 5)}


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with the 95 % interval of the percentile bootstrap."""

    value: float
    low: float
    high: float
    count: int

    def to_dict(self) -> dict[str, float | int]:
        """Plain values, rounded to five places."""
        return {"mean": round(self.value, 5), "low": round(self.low, 5), "high": round(self.high, 5), "count": self.count}


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of b minus mean of a over the same items. p: two-sided, by shifting the bootstrap distribution to zero."""

    value: float
    low: float
    high: float
    p: float

    def to_dict(self) -> dict[str, float]:
        """Plain values, rounded to five places."""
        return {"difference": round(self.value, 5), "low": round(self.low, 5), "high": round(self.high, 5), "p": round(self.p, 5)}


def wilson(right: int, total: int) -> Rate:
    """A rate with the Wilson score interval (Wilson 1927, JASA 22), which stays inside 0-1 for few items and rates near 1."""
    if not total:
        return Rate(0, 0, 0.0, 1.0)
    share, spread = right / total, Z95 * Z95 / total
    centre = (share + spread / 2) / (1 + spread)
    half = Z95 * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return Rate(right, total, max(0.0, centre - half) if right else 0.0, min(1.0, centre + half) if right < total else 1.0)


def rate_of(verdicts: Sequence[bool | None]) -> Rate:
    """The rate of True among the verdicts that were given; None means that the question does not apply."""
    given = [verdict for verdict in verdicts if verdict is not None]
    return wilson(sum(given), len(given))


def bootstrap_mean(values: Sequence[float], *, seed: int = 0, samples: int = SAMPLES) -> Mean:
    """The mean with a percentile bootstrap interval (Efron & Tibshirani 1993), the same for the same seed."""
    import numpy as np

    if not values:
        return Mean(0.0, 0.0, 0.0, 0)
    array = np.asarray(values, dtype=np.float64)
    draws = array[np.random.default_rng(seed).integers(0, len(array), (samples, len(array)))].mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return Mean(float(array.mean()), float(low), float(high), len(array))


def paired_bootstrap(a: Sequence[float], b: Sequence[float], *, seed: int = 0, samples: int = SAMPLES) -> Difference:
    """Difference of means over paired items (Koehn 2004, significance tests for machine translation).

    Raises:
        ValueError: the two are not of one length, or are empty.
    """
    import numpy as np

    gaps = np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)
    if len(a) != len(b) or not len(gaps):
        raise ValueError("a paired test needs two results for every item")
    draws = gaps[np.random.default_rng(seed).integers(0, len(gaps), (samples, len(gaps)))].mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    observed = float(gaps.mean())
    extreme = int((abs(draws - observed) >= abs(observed) - 1e-12).sum())
    return Difference(observed, float(low), float(high), (extreme + 1) / (samples + 1) if observed else 1.0)


def mcnemar_exact(lost: int, gained: int) -> float:
    """Two-sided exact p of McNemar's test over the pairs that differ (a binomial test with 1/2); 1 where none does."""
    return sign_test(lost, gained)


def sign_test(one: int, other: int) -> float:
    """Two-sided exact p of so many wins on either side, ties left out (Conover 1999, section 3.4)."""
    total, fewer = one + other, min(one, other)
    tail = sum(comb(total, count) for count in range(fewer + 1))
    return float(min(Fraction(1), Fraction(2 * tail, 1 << total)))
