"""The circuit breaker by itself."""

from __future__ import annotations

import pytest

from agents.llm.health import CircuitBreaker
from tests.fakes import FixedClock


def test_half_open_lets_one_trial_through_and_release_gives_it_back() -> None:
    clock = FixedClock()
    breaker = CircuitBreaker(1, 10.0, clock)
    breaker.fail()
    assert not breaker.allow()
    clock.advance(10)
    assert breaker.allow() and not breaker.allow()
    breaker.release()
    assert breaker.allow()
    breaker.succeed()
    assert breaker.state == "closed"
    with pytest.raises(ValueError, match="threshold"):
        CircuitBreaker(0, 1.0, clock)
