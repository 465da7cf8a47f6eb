"""Keys and values of running sequences, one slot each, in two arrays; and the store of prompt prefixes worth keeping."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from tools.local_model.weights import DecoderShape, Floats

_FIRST_CAPACITY = 128
_FIRST_SLOTS = 4
_LEAST_PREFIX = 8


class KeyValues:
    """Keys and values [layer, slot, kv head, position, head_dim] and the length of each slot; both grow by doubling.

    The slots in use are always 0 … used-1, so that a batch of all of them is a view and not a copy: freeing a slot moves the
    last one into its place.
    """

    def __init__(self, shape: DecoderShape) -> None:
        self._shape = shape
        self.keys = self._zeros(_FIRST_SLOTS, _FIRST_CAPACITY)
        self.values = self._zeros(_FIRST_SLOTS, _FIRST_CAPACITY)
        self.lengths: NDArray[np.int64] = np.zeros(_FIRST_SLOTS, dtype=np.int64)
        self.used = 0

    def take(self) -> int:
        """A free slot, empty."""
        if self.used == len(self.lengths):
            self._grow(2 * self.used, self.keys.shape[3])
        self.lengths[self.used] = 0
        self.used += 1
        return self.used - 1

    def free(self, slot: int) -> int:
        """Gives a slot back; the slot that was moved into its place (itself when none had to be)."""
        last = self.used - 1
        if slot != last:
            length = self.lengths[last]
            self.keys[:, slot, :, :length] = self.keys[:, last, :, :length]
            self.values[:, slot, :, :length] = self.values[:, last, :, :length]
            self.lengths[slot] = length
        self.used = last
        return last

    def reserve(self, length: int) -> None:
        """Makes room for sequences of that length."""
        capacity = self.keys.shape[3]
        if length > capacity:
            while capacity < length:
                capacity *= 2
            self._grow(len(self.lengths), min(capacity, max(self._shape.context, length)))

    def copy_out(self, slot: int, length: int) -> tuple[Floats, Floats]:
        """Copies of the first positions of a slot: [layer, kv head, position, head_dim] each."""
        return self.keys[:, slot, :, :length].copy(), self.values[:, slot, :, :length].copy()

    def copy_in(self, slot: int, keys: Floats, values: Floats, length: int) -> None:
        """Begins a slot with positions computed earlier."""
        self.reserve(length)
        self.keys[:, slot, :, :length] = keys[:, :, :length]
        self.values[:, slot, :, :length] = values[:, :, :length]
        self.lengths[slot] = length

    def _zeros(self, slots: int, capacity: int) -> Floats:
        # Zeros, not empty: masked positions are still multiplied, and 0 * nan would spoil the sum.
        shape = self._shape
        return np.zeros((shape.layers, slots, shape.kv_heads, capacity, shape.head_dim), dtype=np.float32)

    def _grow(self, slots: int, capacity: int) -> None:
        old_slots, old_capacity = len(self.lengths), self.keys.shape[3]
        for name in ("keys", "values"):
            grown = self._zeros(slots, capacity)
            grown[:, :old_slots, :, :old_capacity] = getattr(self, name)
            setattr(self, name, grown)
        self.lengths = np.concatenate([self.lengths, np.zeros(slots - old_slots, dtype=np.int64)])


class Snapshot(Protocol):
    """What a backend keeps of a prompt."""

    @property
    def nbytes(self) -> int:
        """Bytes held."""


S = TypeVar("S", bound=Snapshot)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[S]):
    tokens: NDArray[np.int64]
    snapshot: S


class PrefixStore(Generic[S]):
    """Snapshots of prompts under an adapter's version; the longest common prefix of a new prompt is found and reused.

    Bounded by bytes, the least recently used goes first. Safe over threads.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[str, bytes], _Kept[S]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, version: str, tokens: NDArray[np.int64]) -> tuple[S, int] | None:
        """The snapshot that shares most tokens with the prompt and how many, leaving at least one token to compute."""
        with self._lock:
            best, best_key = _LEAST_PREFIX - 1, None
            for key, kept in self._kept.items():
                if key[0] == version and (shared := common_prefix(kept.tokens, tokens[:-1])) > best:
                    best, best_key = shared, key
            if best_key is None:
                return None
            self._kept.move_to_end(best_key)
            return self._kept[best_key].snapshot, best

    def put(self, version: str, tokens: NDArray[np.int64], snapshot: S) -> bool:
        """Keeps a snapshot, dropping older ones past the bound; False for one larger than the bound, which is not kept."""
        if snapshot.nbytes > self._most_bytes:
            return False
        with self._lock:
            key = version, tokens.tobytes()
            if (old := self._kept.pop(key, None)) is not None:
                self._bytes -= old.snapshot.nbytes
            self._kept[key] = _Kept(tokens, snapshot)
            self._bytes += snapshot.nbytes
            while self._bytes > self._most_bytes:
                self._bytes -= self._kept.popitem(last=False)[1].snapshot.nbytes
            return True

    def forget(self, version: str) -> None:
        """Drops everything kept under an adapter's version."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == version]:
                self._bytes -= self._kept.pop(key).snapshot.nbytes

    def __len__(self) -> int:
        return len(self._kept)


def common_prefix(one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    """How many leading tokens two prompts share."""
    length = min(len(one), len(other))
    unequal = np.flatnonzero(one[:length] != other[:length])
    return int(unequal[0]) if unequal.size else length


class AnswerStore(Generic[T]):
    """The last answers by key, the least recently used dropped. Safe over threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: OrderedDict[tuple[object, ...], T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[object, ...]) -> T | None:
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None:
                self._answers.move_to_end(key)
            return answer

    def put(self, key: tuple[object, ...], answer: T) -> None:
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)

    def __len__(self) -> int:
        return len(self._answers)
