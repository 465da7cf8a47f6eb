"""The built-in decoder behind the engine: model folders of the Qwen3 kind, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tools.local_model.adapters import LoraWeights, folder_digest, read_adapter
from tools.local_model.backend import Adapter
from tools.local_model.cache import KeyValues
from tools.local_model.decoder import Chunk, Decoder
from tools.local_model.vocabulary import Vocabulary
from tools.local_model.weights import CONFIG, Floats, weight_files

_WIDE = 1024


@dataclass(eq=False, slots=True)
class Slot:
    """A sequence: its place in the cache, which changes when others leave, and its adapter."""

    number: int
    adapter: LoraWeights | None


@dataclass(frozen=True, slots=True)
class KeptValues:
    """Keys and values of a prompt: [layer, kv head, position, head_dim] each."""

    keys: Floats
    values: Floats

    @property
    def nbytes(self) -> int:
        return self.keys.nbytes + self.values.nbytes


class NumpyBackend:
    """A model folder (float or int8) on the built-in decoder. name: the folder's name."""

    def __init__(self, decoder: Decoder, vocabulary: Vocabulary, *, name: str, version: str) -> None:
        self.name = name
        self.version = version
        self.vocabulary = vocabulary
        self.context = decoder.shape.context
        self.ends = frozenset(decoder.shape.eos)
        self._decoder = decoder
        self._cache: KeyValues = decoder.new_cache()
        self._slots: list[Slot] = []
        self._threads = _Threads(narrow=decoder.shape.hidden < _WIDE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads the folder. Raises ModelUnavailableError: files are missing or damaged, or the architecture is another one."""
        decoder, vocabulary = Decoder.load(folder), Vocabulary.load(folder)
        names = [CONFIG, *(path.name for path in weight_files(folder)), "tokenizer.json"]
        return cls(decoder, vocabulary, name=folder.name, version=folder_digest(folder, names))

    def load_adapter(self, folder: Path) -> Adapter:
        """Reads a PEFT folder. Raises ModelUnavailableError: it is damaged or made for another model."""
        weights = read_adapter(folder)
        self._decoder.check_adapter(weights)
        return Adapter(weights.digest, weights)

    def drop_adapter(self, adapter: Adapter) -> None:
        self._decoder.forget_adapter(adapter.handle)

    def open(self, adapter: Adapter | None) -> Slot:
        slot = Slot(self._cache.take(), None if adapter is None else adapter.handle)
        self._slots.append(slot)
        return slot

    def close(self, sequence: Slot) -> None:
        moved = self._slots[self._cache.free(sequence.number)]
        self._slots[sequence.number] = moved
        moved.number = sequence.number
        self._slots.pop()

    def advance(self, work: Sequence[tuple[Slot, NDArray[np.int64]]]) -> Floats:
        order = sorted(range(len(work)), key=lambda place: work[place][0].number)
        chunks = [Chunk(slot.number, tokens, slot.adapter) for slot, tokens in (work[place] for place in order)]
        with self._threads.limited():
            logits = self._decoder.forward(chunks, self._cache)
        if order == list(range(len(work))):
            return logits
        back = np.empty_like(logits)
        back[order] = logits
        return back

    def snapshot(self, sequence: Slot) -> KeptValues:
        return KeptValues(*self._cache.copy_out(sequence.number, int(self._cache.lengths[sequence.number])))

    def resume(self, sequence: Slot, snapshot: KeptValues, length: int) -> None:
        self._cache.copy_in(sequence.number, snapshot.keys, snapshot.values, length)


class _Threads:
    """Keeps small products on one thread: a second one gains a fifth on an idle machine and loses everything on a busy one."""

    def __init__(self, *, narrow: bool) -> None:
        self._controller: Any = None
        if narrow and find_spec("threadpoolctl") is not None:
            self._controller = import_module("threadpoolctl").ThreadpoolController().select(user_api="blas")

    def limited(self) -> AbstractContextManager[object]:
        if self._controller is None:
            return nullcontext()
        limit: AbstractContextManager[object] = self._controller.limit(limits=1)
        return limit
