"""What goes into the language-model service and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeVar, get_args

if TYPE_CHECKING:
    from pydantic import BaseModel

    from agents.llm.receipts import Receipt

Role = Literal["finetuned", "general", "long_context", "template"]
Purpose = Literal["write", "plan", "chat", "revise"]
MODEL_ROLES: tuple[Role, ...] = ("finetuned", "general", "long_context")
StructuredT = TypeVar("StructuredT", bound="BaseModel")


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """How one completion is to be served.

    private: the messages hold internal documents; only models on this machine may see them.
    domain_text: the user's question, for routing; empty means the last human message.
    timeout_s: longest wait for an answer (streaming: for the next token) of one try, in seconds;
        None takes the model's own limit, which also bounds a larger value given here.
    deadline_s: longest time for all roles and retries together, in seconds.
    prefer: a role to try first, whatever the routing would say.
    cache_key: key in the answer cache (see agents.llm.cache.answer_key); None bypasses the cache.
    """

    purpose: Purpose = "write"
    private: bool = False
    max_tokens: int = 1024
    timeout_s: float | None = None
    deadline_s: float = 120.0
    domain_text: str = ""
    prefer: Role | None = None
    cache_key: str | None = None

    def __post_init__(self) -> None:
        if self.purpose not in get_args(Purpose):
            raise ValueError(f"unknown purpose {self.purpose!r}; one of {', '.join(get_args(Purpose))}")
        if self.max_tokens < 1 or self.deadline_s <= 0 or (self.timeout_s is not None and self.timeout_s <= 0):
            raise ValueError("max_tokens, timeout_s and deadline_s must be positive")


@dataclass(frozen=True, slots=True)
class TokenChunk:
    """A piece of a streamed answer. `restart` says: discard what came before, another try began from its start."""

    text: str
    role: Role
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished answer. `finish_reason` is "length" when the model ran into max_tokens."""

    text: str
    receipt: Receipt = field(repr=False)
    finish_reason: str | None = None

    @property
    def truncated(self) -> bool:
        return self.finish_reason == "length"


@dataclass(frozen=True, slots=True)
class Structured(Generic[StructuredT]):
    """A model's answer as a validated object of the schema asked for."""

    value: StructuredT
    receipt: Receipt = field(repr=False)
