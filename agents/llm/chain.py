"""The fallback chain: roles in order, each timed, retried and watched by its breaker, until one answers."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agents.llm.calls import Answer, Call, Invocation, outcome
from agents.llm.exchange import CompletionRequest, Role, TokenChunk
from agents.llm.failures import Failure, describe, model_errors
from agents.llm.health import BreakerState, CircuitBreaker
from agents.llm.providers import ModelConfig, build_chat_model
from agents.llm.receipts import Attempt
from agents.llm.routing import Route

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelSlot:
    """A model and how to build it; `build` runs once, on first use, in a worker thread."""

    config: ModelConfig
    build: Callable[[ModelConfig], BaseChatModel] = build_chat_model


@dataclass(frozen=True, slots=True)
class ServicePolicy:
    """Limits of the service; times in seconds. `retries` are further tries on the same role."""

    retries: int = 2
    backoff_s: float = 0.5
    backoff_max_s: float = 8.0
    breaker_threshold: int = 3
    breaker_cooldown_s: float = 30.0
    long_prompt_tokens: int = 6_000


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """One line of the service's health: for `doctor` and monitoring."""

    role: Role
    model: str
    local: bool
    loaded: bool
    breaker: BreakerState


@dataclass(slots=True)
class Lane:
    """A role's moving parts."""

    slot: ModelSlot
    breaker: CircuitBreaker
    lock: threading.Lock = field(default_factory=threading.Lock)
    model: BaseChatModel | None = None

    def load(self) -> BaseChatModel:
        with self.lock:
            if self.model is None:
                self.model = self.slot.build(self.slot.config)
            return self.model


@dataclass(slots=True)
class Run:
    """One request on its way through the roles."""

    messages: Sequence[BaseMessage]
    request: CompletionRequest
    route: Route
    call: Call
    started: float
    attempts: list[Attempt]
    pieces_out: bool = False
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    config: ModelConfig
    answer: Answer


class FallbackChain:
    """The models by role. Safe for concurrent use by threads and event loops."""

    def __init__(
        self,
        models: Iterable[ModelSlot],
        policy: ServicePolicy,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Raises ValueError when two models claim one role."""
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._lanes: dict[Role, Lane] = {}
        for slot in models:
            if slot.config.role in self._lanes:
                raise ValueError(f"two models claim the role {slot.config.role!r}")
            breaker = CircuitBreaker(policy.breaker_threshold, policy.breaker_cooldown_s, clock)
            self._lanes[slot.config.role] = Lane(slot, breaker)

    @property
    def configs(self) -> dict[Role, ModelConfig]:
        return {role: lane.slot.config for role, lane in self._lanes.items()}

    def lane(self, role: Role) -> Lane | None:
        """The lane of a role, or None where no model fills it."""
        return self._lanes.get(role)

    def status(self) -> list[RoleStatus]:
        """Every configured role with its health; loads nothing."""
        return [
            RoleStatus(role, lane.slot.config.model, lane.slot.config.local, lane.model is not None, lane.breaker.state)
            for role, lane in self._lanes.items()
        ]

    async def serve(self, run: Run) -> AsyncGenerator[TokenChunk | Served, None]:
        """Roles in the route's order until one answers; nothing but chunks when none does."""
        for role in run.route.roles:
            async with aclosing(self._try_role(role, run)) as items:
                async for item in items:
                    yield item
                    if isinstance(item, Served):
                        return

    async def _try_role(self, role: Role, run: Run) -> AsyncGenerator[TokenChunk | Served, None]:
        lane, config = self._lanes[role], self._lanes[role].slot.config
        if self._remaining(run) <= 0:
            run.attempts.append(Attempt(role, config.model, "skipped_deadline"))
            return
        if not lane.breaker.allow():
            run.attempts.append(Attempt(role, config.model, "skipped_unhealthy"))
            return
        started, retries, result = self._clock(), 0, None
        try:
            while True:
                async with aclosing(self._one_try(lane, run)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, str):
                            yield self._chunk(piece, role, run)
                        else:
                            result = piece
                run.restart = run.pieces_out
                wait_s = self._wait_before_retry(result, retries, run)
                if wait_s is None:
                    break
                retries += 1
                await self._sleep(wait_s)
        finally:
            self._settle(lane, result)
        latency_ms = round((self._clock() - started) * 1000)
        if isinstance(result, Answer):
            run.attempts.append(Attempt(role, config.model, "ok", None, latency_ms, retries))
            yield Served(config, result)
        elif result is not None:
            logger.warning("model role %s failed: %s: %s", role, result.outcome, result.error)
            run.attempts.append(Attempt(role, config.model, result.outcome, result.error, latency_ms, retries))

    async def _one_try(self, lane: Lane, run: Run) -> AsyncGenerator[str | Answer | Failure, None]:
        """Pieces of text, then one Answer or Failure."""
        config = lane.slot.config
        model = lane.model or await self._load(lane, run)
        if isinstance(model, Failure):
            yield model
            return
        invocation = Invocation(run.messages, config, run.request.max_tokens, _run_config(config, run.request))
        own_limit = min(run.request.timeout_s or config.timeout_s, config.timeout_s)
        results = outcome(run.call, model, invocation, lambda: min(own_limit, self._remaining(run)))
        async with aclosing(results) as pieces:
            async for piece in pieces:
                yield piece

    async def _load(self, lane: Lane, run: Run) -> BaseChatModel | Failure:
        """Builds the model in a thread; one that outlasts the deadline goes on loading for later requests."""
        try:
            async with asyncio.timeout(self._remaining(run)):
                return await asyncio.to_thread(lane.load)
        except model_errors() as error:
            text = describe(error, over_http=False, secrets=lane.slot.config.secrets()).error
            return Failure("load_failed", text)

    @staticmethod
    def _chunk(text: str, role: Role, run: Run) -> TokenChunk:
        chunk = TokenChunk(text, role, restart=run.restart)
        run.pieces_out, run.restart = True, False
        return chunk

    def _wait_before_retry(self, result: Answer | Failure | None, retries: int, run: Run) -> float | None:
        """Seconds to wait before the same role is tried again; None when it is not."""
        if not isinstance(result, Failure) or not result.rule.retryable or retries >= self._policy.retries:
            return None
        wait_s = min(self._policy.backoff_s * 2**retries, self._policy.backoff_max_s)
        if result.retry_after_s is not None:
            wait_s = result.retry_after_s
        return wait_s if wait_s <= self._policy.backoff_max_s and wait_s < self._remaining(run) else None

    def _remaining(self, run: Run) -> float:
        return run.request.deadline_s - (self._clock() - run.started)

    @staticmethod
    def _settle(lane: Lane, result: Answer | Failure | None) -> None:
        """Tells the breaker how the role did; a caller who left early says nothing about it."""
        if isinstance(result, Answer):
            lane.breaker.succeed()
        elif result is not None and result.rule.unhealthy:
            lane.breaker.fail(at_once=result.outcome == "load_failed")
        else:
            lane.breaker.release()


def _run_config(config: ModelConfig, request: CompletionRequest) -> RunnableConfig:
    """What traces show of the call."""
    return {
        "run_name": f"llm.{config.role}",
        "tags": [f"role:{config.role}"],
        "metadata": {"purpose": request.purpose, "model": config.model},
    }
