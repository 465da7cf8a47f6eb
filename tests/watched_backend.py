"""The real numpy backend, watched: its steps logged, held up at a door, and given words to say."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tests.small_lm import EOS
from tools.local_model.numpy_backend import NumpyBackend
from tools.local_model.weights import Floats


class Watched(NumpyBackend):
    """The real backend, with a log of its steps, a door that holds steps up, and words to say in place of the model's own.

    script: texts by the prompt's last character; the logits of a sequence with that prompt spell its text, then the end.
    """

    steps: list[list[int]]
    script: dict[str, list[int]]
    door: threading.Event
    arrived: threading.Event

    def advance(self, work: Sequence[tuple[Any, NDArray[np.int64]]]) -> Floats:
        self.arrived.set()
        assert self.door.wait(30.0)
        self.steps.append([len(tokens) for _, tokens in work])
        logits = super().advance(work)
        for row, (slot, tokens) in zip(logits, work, strict=True):
            said = self._said.setdefault(id(slot), [])
            if not said and len(tokens) > 0 and (text := self.script.get(self.vocabulary.decode([int(tokens[-1])]))):
                said += text
            if said:
                row[:] = -1e9
                row[said.pop(0)] = 0
        return logits

    _said: dict[int, list[int]]


W = TypeVar("W", bound=Watched)


def watched(folder: Path, **script: str) -> Watched:
    """A watched backend on a folder, its door open."""
    return watched_as(Watched, folder, **script)


def watched_as(kind: type[W], folder: Path, **script: str) -> W:
    """The same for a class derived from it."""
    backend = kind.load(folder)
    end = backend.vocabulary.special_id(EOS)
    assert end is not None
    backend.steps, backend._said = [], {}
    backend.script = {key: [*backend.vocabulary.encode(text).tolist(), end] for key, text in script.items()}
    backend.door, backend.arrived = threading.Event(), threading.Event()
    backend.door.set()
    return backend
