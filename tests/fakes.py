"""Fakes that tests share: a scripted chat model and a clock that stands still."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import PrivateAttr

START = datetime(2025, 6, 30, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call on a ScriptedChatModel: what it was sent, and the keyword arguments beside it."""

    messages: tuple[BaseMessage, ...]
    kwargs: dict[str, Any]

    @property
    def prompt(self) -> str:
        """All message texts, joined by newlines."""
        return "\n".join(str(message.text) for message in self.messages)


@dataclass(frozen=True, slots=True)
class _Step:
    reply: AIMessage | BaseException
    delay_s: float


class ScriptedChatModel(BaseChatModel):
    """Answers from a queue, in order, and keeps a log of its calls; an unexpected call is an AssertionError.

    Replies are texts, whole messages, or exceptions to raise; `delay_s` holds a reply back. Streaming cuts a
    text into pieces of `piece_chars` characters.
    """

    name_: str = "scripted"
    piece_chars: int = 4
    _steps: list[_Step] = PrivateAttr(default_factory=list)
    _calls: list[ModelCall] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return self.name_

    @property
    def calls(self) -> list[ModelCall]:
        """The calls so far, oldest first."""
        return self._calls

    def enqueue(self, *replies: str | AIMessage | BaseException, delay_s: float = 0.0) -> ScriptedChatModel:
        """Adds replies to the script; returns the model, so that a test can build and script in one line."""
        for reply in replies:
            message = _message(reply) if isinstance(reply, str) else reply
            self._steps.append(_Step(message, delay_s))
        return self

    def assert_complete(self) -> None:
        """Fails when scripted replies were never asked for."""
        assert not self._steps, f"{len(self._steps)} scripted replies were never asked for"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        """The tools arrive in the call log."""
        return self.bind(tools=list(tools), **kwargs)

    def _take(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> _Step:
        self._calls.append(ModelCall(tuple(messages), kwargs))
        assert self._steps, f"unexpected call number {len(self._calls)} on the scripted model"
        return self._steps.pop(0)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        step = self._take(messages, kwargs)
        time.sleep(step.delay_s)
        return _result(step)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        step = self._take(messages, kwargs)
        await asyncio.sleep(step.delay_s)
        return _result(step)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        step = self._take(messages, kwargs)
        time.sleep(step.delay_s)
        yield from self._pieces(step)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        step = self._take(messages, kwargs)
        await asyncio.sleep(step.delay_s)
        for piece in self._pieces(step):
            yield piece

    def _pieces(self, step: _Step) -> Iterator[ChatGenerationChunk]:
        if isinstance(step.reply, BaseException):
            raise step.reply
        text = str(step.reply.text)
        for start in range(0, len(text), self.piece_chars):
            yield _chunk(AIMessageChunk(content=text[start : start + self.piece_chars]))
        yield _chunk(
            AIMessageChunk(
                content="",
                usage_metadata=step.reply.usage_metadata,
                response_metadata=step.reply.response_metadata,
                chunk_position="last",
            )
        )


def _message(text: str) -> AIMessage:
    usage = UsageMetadata(input_tokens=10, output_tokens=len(text), total_tokens=10 + len(text))
    return AIMessage(text, usage_metadata=usage, response_metadata={"finish_reason": "stop"})


def _result(step: _Step) -> ChatResult:
    if isinstance(step.reply, BaseException):
        raise step.reply
    return ChatResult(generations=[ChatGeneration(message=step.reply)])


def _chunk(message: AIMessageChunk) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=message)


class FixedClock:
    """Time that moves only by `advance` or by the clock's own `sleep`. Calling it gives monotonic seconds."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._elapsed_s = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.monotonic()

    def now(self) -> datetime:
        """The aware date and time."""
        return self._now

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._now.timestamp()

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._elapsed_s

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self._now += timedelta(seconds=seconds)
        self._elapsed_s += seconds

    async def sleep(self, seconds: float) -> None:
        """Passes the time at once and notes it in `slept`."""
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)
