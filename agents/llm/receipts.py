"""Receipts: who served an answer, why, what was tried before, how long it took and what it cost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from agents.llm.exchange import Role
from agents.llm.failures import OUTCOME_RULES, Outcome

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from agents.llm.providers import ModelConfig

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One role that was tried or passed over. `latency_ms` spans its retries; `retries` counts them."""

    role: Role
    model: str
    outcome: Outcome
    error: str | None = None
    latency_ms: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """The account of one answer. `cost` is in `currency`, None when price or token counts are unknown.

    `served_by` is "template" when no model could serve: the caller's deterministic writer does.
    """

    served_by: Role
    model: str
    reason: str
    attempts: tuple[Attempt, ...]
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: Decimal | None
    currency: str | None
    latency_ms: int
    prompt_sha256: str
    cached: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; the cost as a decimal string."""
        plain = asdict(self)
        plain["attempts"] = [asdict(attempt) for attempt in self.attempts]
        plain["cost"] = None if self.cost is None else str(self.cost)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Receipt:
        """The inverse of `to_dict`. Raises KeyError or TypeError on a mapping of another shape."""
        values = dict(plain)
        values["attempts"] = tuple(Attempt(**attempt) for attempt in plain["attempts"])
        values["cost"] = None if plain["cost"] is None else Decimal(plain["cost"])
        return cls(**values)


def prompt_hash(messages: Sequence[BaseMessage]) -> str:
    """SHA-256 over the roles and contents of the messages, as canonical JSON."""
    parts = [[message.type, message.content] for message in messages]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def cost_of(config: ModelConfig, prompt_tokens: int | None, completion_tokens: int | None) -> Decimal | None:
    """Price of one call in the config's currency; None when a price or a count is unknown."""
    if config.price_in is None or config.price_out is None or prompt_tokens is None or completion_tokens is None:
        return None
    return (config.price_in * prompt_tokens + config.price_out * completion_tokens) / _MILLION


def explain(reason: str, attempts: Sequence[Attempt], served_by: Role) -> str:
    """The routing reason, followed by what made the earlier roles fall away (user-facing, Chinese)."""
    fallen = [f"{a.role} {OUTCOME_RULES[a.outcome].label}" for a in attempts if a.outcome != "ok"]
    return f"{reason}；{'、'.join(fallen)}，改用 {served_by}" if fallen else reason
