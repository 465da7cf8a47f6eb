"""The store of prefixes."""

from __future__ import annotations

import numpy as np

from tools.local_model.cache import PrefixStore, common_prefix


class Lump:
    nbytes = 10


def test_the_prefix_store_is_bounded_and_leaves_a_token_to_compute() -> None:
    store: PrefixStore[Lump] = PrefixStore(25)
    texts = [np.arange(start, start + 20) for start in (0, 100, 200)]
    lumps = [Lump() for _ in texts]
    assert store.put("v", texts[0], lumps[0]) and store.put("v", texts[1], lumps[1])
    assert store.find("v", texts[0]) == (lumps[0], 19)
    assert store.put("v", texts[2], lumps[2]) and len(store) == 2
    assert store.find("v", texts[1]) is None and store.find("w", texts[0]) is None  # the least recently used went
    store.forget("v")
    assert len(store) == 0 and not PrefixStore[Lump](5).put("v", texts[0], lumps[0])
    assert common_prefix(np.array([1, 2, 3]), np.array([1, 2, 4, 5])) == 2
