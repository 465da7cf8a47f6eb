"""Choosing the next token from logits."""

from __future__ import annotations

import numpy as np

from tools.local_model.requests import GenerationOptions
from tools.local_model.weights import Floats


class Sampler:
    """Draws one sequence's tokens. The same seed and logits give the same tokens, whatever else runs in the batch."""

    def __init__(self, options: GenerationOptions) -> None:
        self._options = options
        self._random = np.random.default_rng(options.seed) if options.temperature > 0 else None

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is always taken."""
        return self._random is None

    def draw(self, logits: Floats) -> int:
        """A token for one row of logits [vocabulary]."""
        if self._random is None:
            return int(logits.argmax())
        scaled = logits.astype(np.float64) / self._options.temperature
        order = np.argsort(-scaled, kind="stable")
        if self._options.top_k:
            order = order[: self._options.top_k]
        weights = np.exp(scaled[order] - scaled[order[0]])
        shares = np.cumsum(weights) / weights.sum()
        # The nucleus: the fewest tokens that reach top_p, the one that crosses it included.
        kept = int(np.searchsorted(shares, self._options.top_p)) + 1
        point = self._random.random() * shares[min(kept, len(shares)) - 1]
        return int(order[min(int(np.searchsorted(shares, point, side="right")), len(order) - 1)])
