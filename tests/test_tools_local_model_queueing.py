"""The queue of waiting requests."""

from __future__ import annotations

from tools.local_model.queueing import FairQueue


def test_clients_take_turns() -> None:
    queue: FairQueue[str] = FairQueue(10)
    for client, item in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1"), ("b", "b2")]:
        queue.put(client, item)
    queue.remove("c1")
    assert [queue.take() for _ in range(6)] == ["a1", "b1", "a2", "b2", "a3", None]
