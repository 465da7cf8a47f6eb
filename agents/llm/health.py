"""Circuit breaker: a role that keeps failing rests for a while, then one trial call decides."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

BreakerState = Literal["closed", "open", "half_open"]


class CircuitBreaker:
    """Closed → open after `threshold` failures in a row → half-open after `cooldown_s` → closed or open again.

    Shared by threads. `allow` must be answered by exactly one of `succeed`, `fail` or `release`.
    """

    def __init__(self, threshold: int, cooldown_s: float, clock: Callable[[], float]) -> None:
        if threshold < 1 or cooldown_s < 0:
            raise ValueError("a breaker needs threshold >= 1 and cooldown_s >= 0")
        self._threshold = threshold
        self._cooldown_s = cooldown_s
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._trial_running = False
        self._lock = threading.Lock()

    @property
    def state(self) -> BreakerState:
        with self._lock:
            return self._state()

    def allow(self) -> bool:
        """Whether a call may go out now; in the half-open state only one call at a time may."""
        with self._lock:
            state = self._state()
            if state == "closed":
                return True
            if state == "open" or self._trial_running:
                return False
            self._trial_running = True
            return True

    def succeed(self) -> None:
        """The call worked: forget the failures."""
        with self._lock:
            self._failures, self._opened_at, self._trial_running = 0, None, False

    def fail(self, *, at_once: bool = False) -> None:
        """The call failed; `at_once` opens without waiting for the threshold (a model that cannot load)."""
        with self._lock:
            self._failures += 1
            self._trial_running = False
            if at_once or self._opened_at is not None or self._failures >= self._threshold:
                self._opened_at = self._clock()

    def release(self) -> None:
        """The call ended without a verdict (cancelled, or the request itself was at fault)."""
        with self._lock:
            self._trial_running = False

    def _state(self) -> BreakerState:
        if self._opened_at is None:
            return "closed"
        return "half_open" if self._clock() - self._opened_at >= self._cooldown_s else "open"
