"""One score out of several: what BM25 says of a question and its wordings, what the vectors say, and pages out of passages.

Scores are brought to one scale and added; ranks are not (reciprocal rank fusion gives a weak list the weight of a strong one).
A page counts as its best passage, with a little for the others, since what a page is about it says more than once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrieval.search.expansion import WEIGHT, Expansion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retrieval.search.chunk_index import ChunkIndex

_MOST_WORDINGS = 12
_WELL_MATCHED = 1.0  # rarest words that a passage must hold for its score to be taken at its word


@dataclass(frozen=True, slots=True)
class Stages:
    """Which parts of the first stage run, for measuring what each of them adds."""

    expansion: bool = True
    dense: bool = True


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part counts; found on generated reports (tests/benchmarks/retrieval_bench.py prints what each gives).

    wordings: a group of wordings against the question's own words. phrase: a wording whole against its characters. label: a row
    that bears a wording as its name. dense: the best cosine against the best lexical score. others: the other passages of a page.
    """

    wordings: float = WEIGHT
    phrase: float = 2.0
    label: float = 4.0
    dense: float = 0.3
    others: float = 0.1


def lexical_scores(index: ChunkIndex, expansion: Expansion, weights: Weights, stages: Stages) -> NDArray[np.float32]:
    """The BM25 scores of every chunk for a question and for each name in it."""
    if not stages.expansion:
        return index.lexical.array(expansion.query)
    # A word that no page holds would match by its characters only: 家底 is not 底.
    absent = {group.name for group in expansion.groups if group.slang and not index.holders(group.name)}
    core = expansion.core
    for name in absent:
        core = core.replace(name, " ")
    scores = index.lexical.array(core).copy()
    for group in expansion.groups:
        wordings = [wording for wording in dict.fromkeys((*group.say[:_MOST_WORDINGS], group.name)) if wording not in absent]
        scores += weights.wordings * group_scores(index, wordings, weights)
    return scores


def group_scores(index: ChunkIndex, wordings: Sequence[str], weights: Weights) -> NDArray[np.float32]:
    """Wordings that mean the same as one term: it is as rare as they are together, and a chunk counts its best one.

    Else the rarest wording, which is seldom the right one, would outweigh the common one (synonym operator of INQUERY).
    """
    import numpy as np

    size = len(index.chunks)
    counts, parts, named = np.zeros(size, np.float32), np.zeros(size, np.float32), np.zeros(size, np.float32)
    for wording in wordings:
        for place, count in index.holders(wording).items():
            counts[place] = max(counts[place], count)
        np.maximum(parts, index.lexical.array(wording), out=parts)
        named[index.rows_called(wording)] = 1
    held = np.flatnonzero(counts)
    whole = np.zeros(size, np.float32)
    whole[held] = np.log(1 + (size - len(held) + 0.5) / (len(held) + 0.5)) * index.saturated(held, counts[held])
    found: NDArray[np.float32] = (weights.phrase * whole + parts + weights.label * named).astype(np.float32)
    return found


def fused(lexical: NDArray[np.float32], dense: NDArray[np.float32], weight: float) -> NDArray[np.float32]:
    """Both scores on the scale of the lexical one: the best cosine counts as `weight` of the best lexical score.

    Where no passage holds the question's words well, the best lexical score is low and says little: it is then taken for what
    _WELL_MATCHED words give that only one passage holds.
    """
    import numpy as np

    least = _WELL_MATCHED * float(np.log(1 + len(lexical)))
    top, near = max(float(lexical.max(initial=0.0)), least), float(dense.max(initial=0.0))
    if near <= 0 or weight <= 0:
        return lexical
    return (lexical + np.float32(weight * top / near) * np.maximum(dense, 0)).astype(np.float32)


def page_scores(scores: NDArray[np.float32], pages: NDArray[np.int64], others: float) -> NDArray[np.float32]:
    """For every chunk the score of its page: its best chunk plus a share of the root mean square of the next four."""
    import numpy as np

    order = np.lexsort((-scores, pages))
    ranked_pages = pages[order]
    first = np.concatenate(([True], ranked_pages[1:] != ranked_pages[:-1]))
    starts = np.flatnonzero(first)
    place = np.arange(len(order)) - np.repeat(starts, np.diff(np.concatenate((starts, [len(order)]))))
    share = np.where(place == 0, 1.0, np.where(place < 5, others, 0.0)) * scores[order]
    totals = np.bincount(ranked_pages, weights=share)
    found: NDArray[np.float32] = totals[pages].astype(np.float32)
    return found


def order_of(scores: NDArray[np.float32], top_k: int) -> Sequence[int]:
    """Positions of the best scores above zero, best first, equals in their order."""
    import numpy as np

    count = min(len(scores), top_k)
    if not count:
        return []
    best = np.argsort(-scores, kind="stable")[:count]
    return [int(place) for place in best if scores[place] > 0]
