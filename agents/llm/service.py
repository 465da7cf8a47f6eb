"""The language-model service: chat models by role, chosen per request, with fallback and a receipt."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from agents.llm.background import BackgroundLoop
from agents.llm.cache import AnswerCache
from agents.llm.calls import Call, streamed, structured, whole
from agents.llm.chain import FallbackChain, ModelSlot, RoleStatus, Run, Served, ServicePolicy
from agents.llm.exchange import Completion, CompletionRequest, Role, Structured, StructuredT, TokenChunk
from agents.llm.failures import OUTCOME_RULES
from agents.llm.receipts import Attempt, Receipt, cost_of, explain, prompt_hash
from agents.llm.routing import FinancialDomainClassifier, Route, choose_route, is_financial_domain
from data.errors import ModelUnavailableError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from agents.llm.providers import ModelConfig

__all__ = ["LLMService", "ModelSlot", "RoleStatus", "ServicePolicy", "is_financial_domain"]
logger = logging.getLogger(__name__)
_DEFAULT_POLICY = ServicePolicy()
_TOOL_ROLES: tuple[Role, ...] = ("general", "long_context")


class LLMService:
    """Chat models by role behind one interface: routed, timed, retried, with a fallback chain and a receipt.

    Safe for concurrent use by threads and event loops. Building one loads no model.
    """

    def __init__(
        self,
        models: Iterable[ModelSlot] = (),
        *,
        classifier: FinancialDomainClassifier | None = None,
        cache: AnswerCache | None = None,
        policy: ServicePolicy = _DEFAULT_POLICY,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`clock` is monotonic seconds. Raises ValueError when two models claim one role."""
        self._policy = policy
        self._clock = clock
        self._cache = cache
        self._classifier = classifier or FinancialDomainClassifier()
        self._chain = FallbackChain(models, policy, clock, sleep)
        self._background = BackgroundLoop()

    async def generate(self, prompt: str, use_finetuned: bool = False) -> str:
        """Text for a prompt: by the fine-tuned model if asked for and present, else by the API model.

        Raises ModelUnavailableError when no model is configured or none could serve.
        """
        from langchain_core.messages import HumanMessage

        prefer: Role = "finetuned" if use_finetuned and "finetuned" in self._chain.configs else "general"
        completion = await self.complete([HumanMessage(prompt)], request=CompletionRequest(prefer=prefer))
        return completion.text

    async def complete(self, messages: list[BaseMessage], *, request: CompletionRequest) -> Completion:
        """One whole answer. Raises ModelUnavailableError with the receipt of what was tried."""
        if (hit := await self._cached(request)) is not None:
            return hit
        run = self._start(messages, request, whole)
        completion = self._completion(run, await self._drain(run))
        await self._remember(run, completion)
        return completion

    async def stream(
        self, messages: list[BaseMessage], *, request: CompletionRequest
    ) -> AsyncGenerator[TokenChunk | Completion, None]:
        """Pieces of the answer as they come, then the Completion with the receipt as the last item.

        A chunk with `restart` begins the text anew after a failed try. Raises ModelUnavailableError.
        """
        if (hit := await self._cached(request)) is not None:
            yield TokenChunk(hit.text, hit.receipt.served_by)
            yield hit
            return
        run = self._start(messages, request, streamed)
        served: Served | None = None
        async with aclosing(self._chain.serve(run)) as items:
            async for item in items:
                if isinstance(item, TokenChunk):
                    yield item
                else:
                    served = item
        completion = self._completion(run, served)
        await self._remember(run, completion)
        yield completion

    async def complete_structured(
        self, messages: list[BaseMessage], schema: type[StructuredT], *, request: CompletionRequest
    ) -> Structured[StructuredT]:
        """An answer validated as `schema`; a role whose answer does not validate falls to the next.

        Never cached. Raises ModelUnavailableError with the receipt of what was tried.
        """
        run = self._start(messages, request, structured(schema))
        served = await self._drain(run)
        receipt = self._completion(run, served).receipt
        return Structured(cast(StructuredT, cast(Served, served).answer.value), receipt)

    def complete_sync(self, messages: list[BaseMessage], *, request: CompletionRequest) -> Completion:
        """`complete` for synchronous callers; blocks the calling thread."""
        return self._background.run(self.complete(messages, request=request))

    def tool_caller(self, *, private: bool = False) -> tuple[BaseChatModel, ModelConfig] | None:
        """The chat model for a tool-calling loop: the general role, else the long-context one; None without either.

        A private request gets only a model on this machine. The fine-tuned and the template role call no tools.
        """
        for role in _TOOL_ROLES:
            slot = self._chain.lane(role)
            if slot is not None and (slot.slot.config.local or not private):
                return slot.load(), slot.slot.config
        return None

    def status(self) -> list[RoleStatus]:
        """Every configured role with its health; loads nothing."""
        return self._chain.status()

    def close(self) -> None:
        """Ends the thread that `complete_sync` may have started."""
        self._background.close()

    def _start(self, messages: Sequence[BaseMessage], request: CompletionRequest, call: Call) -> Run:
        configs = self._chain.configs
        route = choose_route(messages, request, configs, self._classifier, self._policy.long_prompt_tokens)
        skipped = [Attempt(role, configs[role].model, why) for role, why in route.skipped]
        return Run(messages, request, route, call, self._clock(), skipped)

    async def _drain(self, run: Run) -> Served | None:
        served: Served | None = None
        async with aclosing(self._chain.serve(run)) as items:
            async for item in items:
                if isinstance(item, Served):
                    served = item
        return served

    def _completion(self, run: Run, served: Served | None) -> Completion:
        """The answer with its receipt. Raises ModelUnavailableError when nobody served."""
        if served is None:
            raise ModelUnavailableError(_unavailable(run), self._receipt(run, None))
        return Completion(served.answer.text, self._receipt(run, served), served.answer.finish_reason)

    def _receipt(self, run: Run, served: Served | None) -> Receipt:
        config = None if served is None else served.config
        prompt_tokens, completion_tokens = (None, None) if served is None else served.answer.tokens()
        served_by: Role = "template" if config is None else config.role
        return Receipt(
            served_by=served_by,
            model="" if config is None else config.model,
            reason=explain(run.route.reason, run.attempts, served_by),
            attempts=tuple(run.attempts),
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            cost=None if config is None else cost_of(config, prompt_tokens, completion_tokens),
            currency=None if config is None else config.currency,
            latency_ms=round((self._clock() - run.started) * 1000),
            prompt_sha256=prompt_hash(run.messages),
        )

    async def _cached(self, request: CompletionRequest) -> Completion | None:
        if self._cache is None or request.cache_key is None:
            return None
        stored = await asyncio.to_thread(self._cache.get, request.cache_key)
        return None if stored is None else _from_cache(stored)

    async def _remember(self, run: Run, completion: Completion) -> None:
        """Keeps only whole answers of the first choice: a fallback's answer must not outlive the outage."""
        if self._cache is None or run.request.cache_key is None or completion.truncated:
            return
        if completion.receipt.served_by == _first_choice(run.route):
            value = {
                "text": completion.text,
                "receipt": completion.receipt.to_dict(),
                "finish_reason": completion.finish_reason,
            }
            await asyncio.to_thread(self._cache.put, run.request.cache_key, value)


def _from_cache(stored: object) -> Completion | None:
    """A stored answer, marked as cached; None when it has another shape (written by another version)."""
    try:
        plain = cast(dict[str, object], stored)
        receipt = replace(Receipt.from_dict(cast(dict[str, object], plain["receipt"])), cached=True)
        return Completion(str(plain["text"]), receipt, cast("str | None", plain["finish_reason"]))
    except (KeyError, TypeError, ArithmeticError) as error:
        logger.warning("a cached answer has another shape and is ignored: %r", error)
        return None


def _first_choice(route: Route) -> Role | None:
    return route.roles[0] if route.roles else None


def _unavailable(run: Run) -> str:
    """Why nobody served, and what would help (user-facing)."""
    if not run.attempts:
        return "没有配置任何语言模型：请设置 API 密钥、接入兼容 OpenAI 的服务，或加载微调模型"
    if run.request.private and all(attempt.outcome == "skipped_private" for attempt in run.attempts):
        return "内部资料不得离开本机，而本机没有可用的语言模型"
    tried = "；".join(f"{a.role}（{a.model}）{OUTCOME_RULES[a.outcome].label}" for a in run.attempts)
    return f"没有语言模型能够回答：{tried}"
