"""What is asked of the engine and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["stop", "length", "calculator", "cancelled"]
# Gets the text of a mark, `[Calculator((f1-f2)/f2*100)→`, and gives what is to follow it, or None to let the model write it.
Calculate = Callable[[str], str | None]
BASE = ""  # as an adapter's name: the bare base model


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """How one answer is generated.

    temperature 0 takes the likeliest token; otherwise tokens are drawn by `seed` from the `top_k` likeliest (0: all) that make up
    `top_p` of the probability. stop: texts that end the answer and are not part of it. stop_tokens: token ids that end it, besides
    the model's own. stop_at_calculator: end after `[Calculator(…)→`, which stays in the text. time_s: seconds from submission,
    waiting included. cache: whether the answer may come from the answer cache and be kept in it.
    """

    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int = 0
    stop: tuple[str, ...] = ()
    stop_tokens: tuple[int, ...] = ()
    stop_at_calculator: bool = False
    time_s: float | None = None
    cache: bool = True

    def __post_init__(self) -> None:
        if self.max_tokens < 1 or self.temperature < 0 or not 0 < self.top_p <= 1 or self.top_k < 0 or "" in self.stop:
            raise ValueError("max_tokens >= 1, temperature >= 0, 0 < top_p <= 1, top_k >= 0 and no empty stop text are needed")
        if self.time_s is not None and self.time_s <= 0:
            raise ValueError("time_s must be positive")


@dataclass(frozen=True, slots=True)
class Generation:
    """A finished answer.

    finish_reason: "stop" (the model or a stop text ended it), "length", "calculator" (stop_at_calculator), "cancelled" (the text so far).
    completion_tokens: tokens the model generated; what a calculator inserted is not among them. reused_tokens: of the prompt, taken from
    the prefix cache. adapter: its name, "" for the bare base; version: model and adapter by content. seconds: since submission.
    """

    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    reused_tokens: int
    adapter: str
    version: str
    seconds: float
    cached: bool = False


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """Bounds of an engine.

    max_batch: sequences that run together. gather_s: how long an idle engine waits for more requests before it starts. max_waiting: requests
    that may wait. prefill_tokens: prompt tokens computed per step, so that long prompts do not hold up running answers. prefix_bytes: memory
    of the prefix cache. answers: entries of the answer cache.
    """

    max_batch: int = 16
    gather_s: float = 0.003
    max_waiting: int = 256
    prefill_tokens: int = 512
    prefix_bytes: int = 64 << 20
    answers: int = 512

    def __post_init__(self) -> None:
        if self.max_batch < 1 or self.max_waiting < 1 or self.prefill_tokens < 1 or self.gather_s < 0 or self.prefix_bytes < 0 or self.answers < 0:
            raise ValueError("limits of an engine must be positive")


@dataclass(frozen=True, slots=True)
class EngineStats:
    """Counters since the engine began, and what is going on now. tokens_per_second: generated tokens over the seconds spent computing."""

    submitted: int = 0
    finished: int = 0
    cancelled: int = 0
    failed: int = 0
    waiting: int = 0
    running: int = 0
    steps: int = 0
    prompt_tokens: int = 0
    reused_tokens: int = 0
    generated_tokens: int = 0
    answer_hits: int = 0
    prefix_hits: int = 0
    busy_seconds: float = 0.0
    tokens_per_second: float = 0.0
    mean_batch: float = 0.0
