"""hit@k and MRR."""

from __future__ import annotations

import pytest

from retrieval.search.metrics import first_right, ranking_scores


def test_scores_by_hand() -> None:
    scores = ranking_scores([[1, 2, 3], [4, 5, 6], [7, 8]], [{1}, {6, 5}, {9}])
    assert scores.n == 3 and scores.hits == {1: pytest.approx(1 / 3), 3: pytest.approx(2 / 3), 10: pytest.approx(2 / 3)}
    assert scores.mrr == pytest.approx((1 + 1 / 2) / 3)


def test_depth_cuts_the_reciprocal_rank() -> None:
    ranking = list(range(20))
    assert ranking_scores([ranking], [{10}]).mrr == 0 and ranking_scores([ranking], [{9}]).mrr == pytest.approx(0.1)
    assert ranking_scores([ranking], [{10}], at=(11,)).hits == {11: 1.0}


def test_edges() -> None:
    assert first_right([], {1}) is None and first_right([2, 1], {1}) == 2
    assert ranking_scores([], []).mrr == 0
    with pytest.raises(ValueError, match="argument"):
        ranking_scores([[1]], [])
