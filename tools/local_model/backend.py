"""What an engine asks of a model: a step for any mixture of sequences, adapters, and copies of a prompt's keys and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tools.local_model.cache import Snapshot
from tools.local_model.vocabulary import Vocabulary
from tools.local_model.weights import Floats


@dataclass(frozen=True, eq=False)
class Adapter:
    """A loaded adapter. version: by the content of its files; handle: the backend's own."""

    version: str
    handle: Any


class Backend(Protocol):
    """A loaded model. `advance`, `open`, `resume`, `snapshot` and `close` are called by one thread; adapters may be loaded by any.

    version: by the content of the model's files. context: most tokens of one sequence. ends: tokens that end an answer.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def context(self) -> int: ...
    @property
    def ends(self) -> frozenset[int]: ...
    @property
    def vocabulary(self) -> Vocabulary: ...

    def load_adapter(self, folder: Path) -> Adapter:
        """Reads an adapter and checks that it fits. Raises ModelUnavailableError."""

    def drop_adapter(self, adapter: Adapter) -> None:
        """Frees an adapter that no sequence uses any more."""

    def open(self, adapter: Adapter | None) -> Any:
        """A new empty sequence."""

    def close(self, sequence: Any) -> None:
        """Gives a sequence's memory back."""

    def advance(self, work: Sequence[tuple[Any, NDArray[np.int64]]]) -> Floats:
        """Appends tokens to sequences; logits after the last token of each, [sequences, vocabulary]."""

    def snapshot(self, sequence: Any) -> Snapshot | None:
        """A copy of everything a sequence holds; None where the model has no such thing."""

    def resume(self, sequence: Any, snapshot: Any, length: int) -> None:
        """Begins an empty sequence with the first `length` tokens of a snapshot made under the same adapter."""
