"""Character n-grams of a text as sorted arrays of 64-bit hashes: a row of 300 characters in a few microseconds.

numpy is imported where it is used, so that importing the rows package stays cheap.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Grams = NDArray[numpy.uint64]

_MULTIPLIER = 0x9E3779B97F4A7C15  # odd, so that every power of it is a bijection modulo 2**64


def grams(text: str, size: int) -> Grams:
    """Distinct hashes of the n-grams of a text, ascending; a text shorter than n is one gram, "" has none."""
    import numpy as np

    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    if not points.size:
        return points
    width = min(size, points.size)
    mixed = _mixed(points)
    total = np.zeros(points.size - width + 1, dtype=np.uint64)
    for place, weight in enumerate(_weights(width)):
        total += mixed[place : place + total.size] * np.uint64(weight)
    hashed: Grams = np.unique(_mixed(total))
    return hashed


def shared(one: Grams, other: Grams) -> int:
    """How many grams two texts have in common."""
    import numpy as np

    return int(np.intersect1d(one, other, assume_unique=True).size)


def jaccard(one: Grams, other: Grams) -> float:
    """Common grams over all grams of both; 1.0 for two empty texts."""
    common = shared(one, other)
    total = one.size + other.size - common
    return common / total if total else 1.0


@lru_cache(maxsize=16)
def _weights(width: int) -> tuple[int, ...]:
    return tuple(pow(_MULTIPLIER, power + 1, 1 << 64) for power in range(width))


def _mixed(values: Grams) -> Grams:
    """Spread the bits (the finaliser of a 64-bit mixer); neighbouring code points must not make neighbouring hashes."""
    import numpy as np

    mixed = values ^ (values >> np.uint64(30))
    mixed = mixed * np.uint64(0xBF58476D1CE4E5B9)
    mixed = mixed ^ (mixed >> np.uint64(27))
    mixed = mixed * np.uint64(0x94D049BB133111EB)
    result: Grams = mixed ^ (mixed >> np.uint64(31))
    return result
