"""Intervals and paired tests, against textbook values and scipy."""

from __future__ import annotations

import pytest

from finetune.evaluation.statistics import bootstrap_mean, mcnemar_exact, paired_bootstrap, rate_of, sign_test, wilson


def test_wilson_is_the_interval_of_scipy() -> None:
    from scipy.stats import binomtest  # type: ignore[import-untyped]

    for right, total in ((0, 10), (3, 10), (95, 100), (10, 10), (1, 1)):
        rate, expected = wilson(right, total), binomtest(right, total).proportion_ci(method="wilson")
        assert rate.low == pytest.approx(expected.low, abs=1e-9) and rate.high == pytest.approx(expected.high, abs=1e-9)
    assert (wilson(0, 0).value, wilson(0, 0).low, wilson(0, 0).high) == (0.0, 0.0, 1.0)


def test_what_does_not_apply_does_not_count() -> None:
    assert rate_of([True, None, False, None]).to_dict() | {"low": 0, "high": 0} == {"rate": 0.5, "right": 1, "total": 2, "low": 0, "high": 0}


def test_exact_tests_are_binomial() -> None:
    from scipy.stats import binomtest

    for lost, gained in ((1, 9), (5, 5), (0, 6), (30, 52)):
        assert mcnemar_exact(lost, gained) == pytest.approx(binomtest(lost, lost + gained).pvalue)
    assert sign_test(0, 0) == 1.0 and mcnemar_exact(2, 14) == mcnemar_exact(14, 2) < 0.01


def test_bootstraps_are_the_same_for_a_seed_and_hold_the_mean() -> None:
    values = [0.1, 0.4, 0.9, 0.7, 0.3] * 10
    mean = bootstrap_mean(values, seed=4)
    assert mean == bootstrap_mean(values, seed=4) != bootstrap_mean(values, seed=5)
    assert mean.low < mean.value < mean.high and mean.value == pytest.approx(0.48) and bootstrap_mean([]).count == 0


def test_a_paired_difference_sees_what_an_unpaired_one_would_not() -> None:
    low = [index / 50 for index in range(50)]
    better = [value + 0.02 for value in low]
    clear = paired_bootstrap(low, better)
    assert clear.value == pytest.approx(0.02) and clear.low > 0 and clear.p < 0.001
    assert paired_bootstrap(low, low).p == 1.0
    noise = paired_bootstrap(low, [value + (0.3 if index % 2 else -0.3) for index, value in enumerate(low)])
    assert noise.low < 0 < noise.high and noise.p > 0.5
    with pytest.raises(ValueError):
        paired_bootstrap([1.0], [])
