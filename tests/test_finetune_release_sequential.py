"""The sequential test, simulated: looked at after every conversation it stays at its level, and it finds a real difference."""

from __future__ import annotations

import random
from itertools import product

import pytest

from finetune.release.sequential import SequentialTest


def stopped_at(rng: random.Random, low: float, high: float, share: float, conversations: int, alpha: float = 0.05) -> int | None:
    """When a test that is looked at every time claims that B is higher; None where it never does."""
    test = SequentialTest(alpha)
    for number in range(1, conversations + 1):
        arm = "B" if rng.random() < share else "A"
        test.add(arm, float(rng.random() < (high if arm == "B" else low)), share)
        if test.decided:
            return number
    return None


@pytest.mark.parametrize("rate, share", [(0.02, 0.1), (0.1, 0.5), (0.5, 0.5), (0.9, 0.2)])
def test_peeking_at_every_conversation_keeps_the_error_of_the_first_kind(rate: float, share: float) -> None:
    rng = random.Random(f"{rate}{share}")
    claims = sum(stopped_at(rng, rate, rate, share, 400) is not None for _ in range(500))
    # At most alpha = 5 %: 25 of 500, and three standard errors above.
    assert claims <= 25 + 3 * (500 * 0.05 * 0.95) ** 0.5


def test_a_fixed_sample_test_would_not_keep_it() -> None:
    """The control of the simulation: a z-test looked at every time claims several times as often as it says."""
    rng, claims = random.Random(7), 0
    for _ in range(200):
        sums, counts = {"A": 0, "B": 0}, {"A": 0, "B": 0}
        for number in range(400):
            arm = "B" if rng.random() < 0.5 else "A"
            sums[arm] += rng.random() < 0.5
            counts[arm] += 1
            if number > 20 and min(counts.values()) > 5:
                rates = {each: sums[each] / counts[each] for each in "AB"}
                error = sum(max(rates[each] * (1 - rates[each]), 0.01) / counts[each] for each in "AB") ** 0.5
                if (rates["B"] - rates["A"]) / error > 1.645:
                    claims += 1
                    break
    assert claims > 0.15 * 200


@pytest.mark.parametrize("low, high, within", [(0.02, 0.30, 150), (0.60, 0.85, 300), (0.0, 1.0, 30)])
def test_a_real_difference_is_found(low: float, high: float, within: int) -> None:
    rng = random.Random(11)
    found = [stopped_at(rng, low, high, 0.5, within) for _ in range(200)]
    assert sum(stop is not None for stop in found) >= 0.9 * 200


def test_a_worse_b_never_looks_better() -> None:
    rng = random.Random(5)
    assert sum(stopped_at(rng, 0.5, 0.4, 0.5, 400) is not None for _ in range(300)) <= 15


def test_the_factor_has_expectation_one_whatever_was_seen_before() -> None:
    """The property that the guarantee rests on, exactly: summed over arm and outcome it is 1 under the null."""
    rng = random.Random(3)
    for rate, share in product((0.01, 0.3, 0.97), (0.1, 0.5, 0.9)):
        before = [(rng.choice("AB"), rng.random()) for _ in range(rng.randrange(1, 40))]
        expected = 0.0
        for arm, outcome in product("AB", (0.0, 1.0)):
            test = SequentialTest()
            for earlier, value in before:
                test.add(earlier, value, share)
            start = test.evidence
            test.add(arm, outcome, share)
            expected += (share if arm == "B" else 1 - share) * (rate if outcome else 1 - rate) * test.evidence / start
        assert expected == pytest.approx(1.0, abs=1e-9)


def test_a_claim_once_made_stands_and_certain_draws_tell_nothing() -> None:
    test = SequentialTest(0.05)
    for _ in range(60):
        test.add("A", 0.0, 0.5)
        test.add("B", 1.0, 0.5)
    assert test.decided and test.p_value < 1e-6
    for _ in range(200):
        test.add("B", 0.0, 0.5)
    assert test.decided
    idle = SequentialTest()
    for _ in range(50):
        idle.add("A", 0.0, 0.0)
        idle.add("B", 1.0, 1.0)
    assert idle.evidence == 1.0
    with pytest.raises(ValueError, match="0, 1"):
        idle.add("A", 1.5, 0.5)
