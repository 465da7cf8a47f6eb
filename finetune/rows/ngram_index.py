"""Which of many texts stand, by most of their n-grams, inside another text.

Prefix filtering (S. Chaudhuri, V. Ganti, R. Kaushik, "A primitive operator for similarity joins", 2006): a text with n grams of which
at least c·n are contained must share one of any n - ⌈c·n⌉ + 1 of them. Its rarest ones are indexed, so boilerplate costs nothing
and no pair is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

from finetune.rows.grams import shared

if TYPE_CHECKING:
    from finetune.rows.grams import Grams


class NgramIndex:
    """Texts as sorted arrays of gram hashes, found by containment."""

    def __init__(self, texts: Sequence[Grams], containment: float) -> None:
        """containment: the share of a text's grams that must be contained, over 0 and at most 1."""
        import numpy as np

        self._texts = list(texts)
        self._containment = containment
        owners, probes = [], []
        known, counts = np.unique(np.concatenate([*texts, np.empty(0, np.uint64)]), return_counts=True)
        for at, own in enumerate(texts):
            if own.size:
                rarity = counts[np.searchsorted(known, own)]
                chosen = own[np.argsort(rarity, kind="stable")[: own.size - ceil(containment * own.size) + 1]]
                probes.append(chosen)
                owners.append(np.full(chosen.size, at, dtype=np.int64))
        hashes = np.concatenate([*probes, np.empty(0, np.uint64)])
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._owners = np.concatenate([*owners, np.empty(0, np.int64)])[order]

    def contained_in(self, grams: Grams) -> list[tuple[int, float]]:
        """(number of the text, share of its grams) for each text that is contained in these grams, by number."""
        import numpy as np

        low = np.searchsorted(self._hashes, grams, side="left")
        high = np.searchsorted(self._hashes, grams, side="right")
        hit = np.flatnonzero(high > low)
        if not hit.size:
            return []
        owners = np.unique(np.concatenate([self._owners[low[at] : high[at]] for at in hit]))
        found = []
        for at in owners.tolist():
            share = shared(grams, self._texts[at]) / self._texts[at].size
            if share >= self._containment:
                found.append((at, share))
        return found
