"""One request inside the engine: what is still to be computed, what has been said, and when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.local_model.backend import Adapter, Backend
from tools.local_model.output import Output
from tools.local_model.requests import Calculate, FinishReason, GenerationOptions
from tools.local_model.sampling import Sampler
from tools.local_model.turn import Turn
from tools.local_model.vocabulary import TextStream
from tools.local_model.weights import Floats

_NOTHING: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


@dataclass(eq=False)
class AdapterUse:
    """A loaded adapter under its name, and how many requests hold it. retired: no new request gets it."""

    name: str
    adapter: Adapter
    users: int = 0
    retired: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Request:
    """What was submitted. deadline: on the engine's clock; key: of the answer cache, None without."""

    prompt: NDArray[np.int64]
    options: GenerationOptions
    adapter: AdapterUse | None
    calculate: Calculate | None
    turn: Turn
    submitted: float
    deadline: float | None
    key: tuple[object, ...] | None

    @property
    def version(self) -> str:
        """Version of the adapter, "" for the base."""
        return "" if self.adapter is None else self.adapter.adapter.version


@dataclass(eq=False)
class Running:
    """A request that has its place in the batch. sequence: None until its prompt is begun."""

    request: Request
    backend: Backend
    sequence: Any = None
    pending: NDArray[np.int64] = field(default_factory=lambda: _NOTHING)
    begun: bool = False
    generated: int = 0
    length: int = 0
    reused: int = 0
    finished: FinishReason | None = None

    def __post_init__(self) -> None:
        options = self.request.options
        self.output = Output(options.stop, marks=options.stop_at_calculator or self.request.calculate is not None)
        self.sampler = Sampler(options)
        self.stream: TextStream = self.backend.vocabulary.stream()
        self._ends = self.backend.ends | set(options.stop_tokens)

    def take(self, most: int) -> NDArray[np.int64]:
        """Up to `most` of the tokens still to be computed."""
        part, self.pending = self.pending[:most], self.pending[most:]
        self.length += len(part)
        return part

    def accept(self, logits: Floats) -> None:
        """Draws the next token, shows its text, and sees whether the answer is over."""
        token = self.sampler.draw(logits)
        if token in self._ends:
            self._end("stop")
            return
        self.generated += 1
        self.pending = np.array([token], dtype=np.int64)
        closed = self.output.feed(self.stream.step(token))
        if closed is not None:
            self._at_mark(*closed, token)
        if self.output.stopped:
            self._end("stop")
        elif self.finished is None and (self.generated >= self.request.options.max_tokens or self.length + len(self.pending) >= self.backend.context):
            self._end("length")
        else:
            self.request.turn.add(self.output.ready(ended=self.finished is not None))

    def _end(self, reason: FinishReason) -> None:
        self.finished = reason
        self.request.turn.add(self.output.ready(ended=True))

    def _at_mark(self, mark: str, over: str, token: int) -> None:
        """At `[Calculator(…)→`: ends, or lets the caller write the result, or goes on with what the model says."""
        if self.request.options.stop_at_calculator:
            self._end("calculator")
            return
        calculate = self.request.calculate
        result = None if calculate is None else calculate(mark)
        if result is None:
            self.output.add(over)
            return
        vocabulary = self.backend.vocabulary
        inserted = vocabulary.encode(result)
        if over:
            # The token that closed the mark says more than the mark: it is written anew, without the rest.
            said = vocabulary.decode([token])
            self.pending = vocabulary.encode(said.removesuffix(over))
        self.output.add(result)
        for each in inserted.tolist():
            self.stream.step(each)
        self.pending = np.concatenate([self.pending, inserted])
