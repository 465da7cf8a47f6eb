"""Requests that wait: bounded, first come first served, callers taking turns."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from data.errors import BudgetError

T = TypeVar("T")


class FairQueue(Generic[T]):
    """One line per client, served in rotation, so that a client with many requests delays the others by one each. Not locked."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lines: OrderedDict[str, deque[T]] = OrderedDict()
        self._count = 0

    def put(self, client: str, item: T) -> None:
        """Raises BudgetError when the queue is full."""
        if self._count >= self._most:
            raise BudgetError(f"本机模型的等待队列已满（{self._most} 个请求），请稍后再试")
        self._lines.setdefault(client, deque()).append(item)
        self._count += 1

    def take(self) -> T | None:
        """The next item, None when nobody waits."""
        if not self._lines:
            return None
        client, line = next(iter(self._lines.items()))
        item = line.popleft()
        self._count -= 1
        del self._lines[client]
        if line:
            self._lines[client] = line
        return item

    def remove(self, item: T) -> None:
        """Takes an item out of its line; nothing happens when it is in none."""
        for client, line in self._lines.items():
            if item in line:
                line.remove(item)
                self._count -= 1
                if not line:
                    del self._lines[client]
                return

    def __iter__(self) -> Iterator[T]:
        for line in list(self._lines.values()):
            yield from list(line)

    def __len__(self) -> int:
        return self._count
