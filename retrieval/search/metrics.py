"""How good a ranking is: hit@k and the mean reciprocal rank of the first right answer.

hit@k is the share of questions with a right answer among the first k; MRR@k the mean of one over its rank, 0 past k (Voorhees
1999, "The TREC-8 Question Answering Track Report").
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RankingScores:
    """Scores of a set of rankings. hits: k → share of the questions. n: how many questions."""

    n: int
    hits: dict[int, float]
    mrr: float


def first_right(ranking: Sequence[Hashable], right: Collection[Hashable]) -> int | None:
    """The rank, from 1, of the first right answer; None where there is none."""
    return next((rank for rank, answer in enumerate(ranking, start=1) if answer in right), None)


def ranking_scores(
    rankings: Sequence[Sequence[Hashable]], right: Sequence[Collection[Hashable]], at: Sequence[int] = (1, 3, 10), depth: int = 10
) -> RankingScores:
    """hit@k for each k of `at`, and MRR@depth.

    Raises:
        ValueError: there are not as many rankings as sets of right answers.
    """
    ranks = [first_right(ranking, answers) for ranking, answers in zip(rankings, right, strict=True)]
    count = max(len(ranks), 1)
    hits = {k: sum(rank is not None and rank <= k for rank in ranks) / count for k in at}
    return RankingScores(len(ranks), hits, sum(1 / rank for rank in ranks if rank is not None and rank <= depth) / count)
