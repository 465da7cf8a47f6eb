"""A ranking learned by gradient boosted trees, evaluated with numpy alone: features in, one score per row out.

The trees were trained by XGBoost and written as plain JSON (see finetune.ranking); reading them needs neither XGBoost nor any
code in the file. A missing feature (NaN) goes the way that training found best for missing ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from data.errors import RetrievalError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TreeRanking:
    """An ensemble as arrays [trees, nodes]. left, right: children, a leaf is its own child; value: threshold, at a leaf its score."""

    features: tuple[str, ...]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    feature: NDArray[np.int32]
    value: NDArray[np.float32]
    missing_left: NDArray[np.bool_]
    depth: int

    def scores(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """The score of every row [rows, features]; higher is better."""
        import numpy as np

        trees = np.arange(len(self.left))
        node = np.zeros((len(rows), len(trees)), dtype=np.int32)
        line = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            found = rows[line, self.feature[trees, node]]
            go_left = np.where(np.isnan(found), self.missing_left[trees, node], found < self.value[trees, node])
            node = np.where(go_left, self.left[trees, node], self.right[trees, node])
        total: NDArray[np.float32] = self.value[trees, node].sum(axis=1, dtype=np.float32)
        return total

    @classmethod
    def read(cls, path: Path) -> Self:
        """The ensemble of a JSON file {"features": […], "trees": [{"left", "right", "feature", "value", "missing_left"}, …]}.

        Raises:
            RetrievalError: the file cannot be read, or is not such an ensemble.
        """
        try:
            content = json.loads(path.read_bytes())
            return cls.of(content["features"], content["trees"])
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise RetrievalError(f"排序模型 {path} 读不出来：{error}") from error

    @classmethod
    def of(cls, features: Sequence[str], trees: Sequence[Mapping[str, Any]]) -> Self:
        """The ensemble of these trees; a child of -1 marks a leaf, whose value is its score."""
        import numpy as np

        size = max(len(tree["left"]) for tree in trees)
        left, right, feature = (np.zeros((len(trees), size), dtype=np.int32) for _ in range(3))
        value = np.zeros((len(trees), size), dtype=np.float32)
        missing_left = np.zeros((len(trees), size), dtype=np.bool_)
        for place, tree in enumerate(trees):
            own = np.arange(len(tree["left"]), dtype=np.int32)
            leaf = np.array(tree["left"]) < 0
            left[place, : len(own)] = np.where(leaf, own, tree["left"])
            right[place, : len(own)] = np.where(leaf, own, tree["right"])
            feature[place, : len(own)] = np.where(leaf, 0, tree["feature"])
            value[place, : len(own)] = tree["value"]
            missing_left[place, : len(own)] = tree["missing_left"]
        depth = max(_depth(tree["left"], tree["right"]) for tree in trees)
        return cls(tuple(features), left, right, feature, value, missing_left, depth)


def _depth(left: Sequence[int], right: Sequence[int], node: int = 0) -> int:
    return 0 if left[node] < 0 else 1 + max(_depth(left, right, left[node]), _depth(left, right, right[node]))
