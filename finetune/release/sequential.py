"""Is arm B better or worse than arm A? A test that may be looked at after every conversation, at any time, without losing its level.

For each conversation the arm was drawn at random with a known probability w of B. Under "the arm makes no difference" the outcome
y in [0, 1] says nothing about the arm, so the factor

    y * p_arm / p_0 + (1 - y) * (1 - p_arm) / (1 - p_0)        with p_0 = (1 - w) p_A + w p_B

has expectation 1 for every p_A and p_B chosen from *earlier* conversations alone. The product of the factors is a nonnegative
martingale: it exceeds 1/alpha at any time with probability at most alpha (Ville 1939). The factors are those of Turner, Ly and
Grünwald, "Generic E-variables for exact sequential k-sample tests that allow for optional stopping" (arXiv:2106.02693), with a
random arm in place of a block; no normal approximation, so rare failures and small samples are safe. Betting only while p_B is
estimated above p_A makes the test one-sided: a B that is truly below cannot raise it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log

Arm = str
A: Arm = "A"
B: Arm = "B"
_PRIOR = 0.5


@dataclass(slots=True)
class _Counts:
    """Sum of outcomes and their number, with half a success and half a failure before the first."""

    total: float = 0.0
    number: int = 0

    @property
    def mean(self) -> float:
        return (self.total + _PRIOR) / (self.number + 2 * _PRIOR)


@dataclass(slots=True)
class SequentialTest:
    """One-sided test of "B's outcome is higher than A's". alpha: the chance, over the whole run, to claim it wrongly.

    evidence: the e-value so far; best: the largest one reached (a claim once made stands).
    """

    alpha: float = 0.05
    _log: float = 0.0
    _best: float = 0.0
    _arms: dict[Arm, _Counts] = field(default_factory=lambda: {A: _Counts(), B: _Counts()})

    def add(self, arm: Arm, outcome: float, share: float) -> None:
        """One conversation's outcome in [0, 1], with the probability of B under which its arm was drawn.

        Raises:
            ValueError: the outcome is outside [0, 1], or the share is.
        """
        if not 0.0 <= outcome <= 1.0 or not 0.0 <= share <= 1.0:
            raise ValueError("outcome and share lie in [0, 1]")
        # A share of 0 or 1 is no draw: such a conversation tells nothing about the other arm.
        if 0.0 < share < 1.0:
            low, high = self._arms[A].mean, self._arms[B].mean
            if high > low:
                middle = (1 - share) * low + share * high
                chosen = high if arm == B else low
                self._log += log(outcome * chosen / middle + (1 - outcome) * (1 - chosen) / (1 - middle))
                self._best = max(self._best, self._log)
        counts = self._arms[arm]
        counts.total += outcome
        counts.number += 1

    @property
    def evidence(self) -> float:
        """The e-value: how many times a bet on "B is higher" has multiplied its stake."""
        return exp(min(self._log, 700.0))

    @property
    def p_value(self) -> float:
        """The always-valid p-value: 1 over the largest e-value reached."""
        return exp(-max(self._best, 0.0))

    @property
    def decided(self) -> bool:
        """Whether the claim is made at level alpha."""
        return self.p_value <= self.alpha
