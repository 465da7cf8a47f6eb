"""One call on one chat model: whole, streamed or structured, cut by a time limit, judged by its answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from agents.llm.failures import Failure, describe, model_errors

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import RunnableConfig
    from pydantic import BaseModel

    from agents.llm.providers import ModelConfig


@dataclass(frozen=True, slots=True)
class Invocation:
    """What one call sends: the messages, the model's config, and the LangChain run config for traces."""

    messages: Sequence[BaseMessage]
    config: ModelConfig
    max_tokens: int
    run_config: RunnableConfig


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model sent back; `value` is set by a structured call."""

    message: AIMessage
    value: BaseModel | None = None
    streamed: bool = False

    @property
    def text(self) -> str:
        return str(self.message.text)

    @property
    def finish_reason(self) -> str | None:
        reason = self.message.response_metadata.get("finish_reason")
        return str(reason) if reason else None

    def tokens(self) -> tuple[int | None, int | None]:
        """Prompt and completion tokens as the server counted them."""
        usage = self.message.usage_metadata
        return (None, None) if usage is None else (usage["input_tokens"], usage["output_tokens"])


Call: TypeAlias = "Callable[[BaseChatModel, Invocation], AsyncGenerator[str | Answer, None]]"


async def whole(model: BaseChatModel, invocation: Invocation) -> AsyncGenerator[str | Answer, None]:
    """Yields one Answer."""
    options = invocation.config.call_options(invocation.max_tokens)
    yield Answer(await model.ainvoke(list(invocation.messages), invocation.run_config, **options))


async def streamed(model: BaseChatModel, invocation: Invocation) -> AsyncGenerator[str | Answer, None]:
    """Yields pieces of text as they come, then the Answer that joins them."""
    from langchain_core.messages import AIMessageChunk
    from langchain_core.messages.ai import add_ai_message_chunks

    options = invocation.config.call_options(invocation.max_tokens)
    chunks: list[AIMessageChunk] = []
    async for chunk in model.astream(list(invocation.messages), invocation.run_config, **options):
        chunks.append(chunk)
        if text := str(chunk.text):
            yield text
    joined = add_ai_message_chunks(chunks[0], *chunks[1:]) if chunks else AIMessageChunk(content="")
    yield Answer(joined, streamed=True)


def structured(schema: type[BaseModel]) -> Call:
    """A call whose Answer carries a validated `schema` object, by the config's structured method.

    Done here rather than by the client's helper, so that models without tool calls can serve as well.
    """

    async def call(model: BaseChatModel, invocation: Invocation) -> AsyncGenerator[str | Answer, None]:
        options = invocation.config.call_options(invocation.max_tokens)
        messages = list(invocation.messages)
        runnable: Any = model
        if not invocation.config.over_http:
            messages = _with_schema(messages, schema)
        elif invocation.config.structured_method == "function_calling":
            runnable = model.bind_tools([schema], tool_choice=schema.__name__)
        elif invocation.config.structured_method == "json_schema":
            shape = {"name": schema.__name__, "schema": schema.model_json_schema()}
            options["response_format"] = {"type": "json_schema", "json_schema": shape}
        else:
            messages = _with_schema(messages, schema)
            options["response_format"] = {"type": "json_object"}
        message = await runnable.ainvoke(messages, invocation.run_config, **options)
        yield Answer(message, value=_parse(message, schema))

    return call


async def outcome(
    call: Call, model: BaseChatModel, invocation: Invocation, limit: Callable[[], float]
) -> AsyncGenerator[str | Answer | Failure, None]:
    """Runs a call: pieces of text, then exactly one Answer or Failure. `limit()` is the wait for the next piece."""
    started = False
    async with aclosing(call(model, invocation)) as pieces:
        while True:
            piece = await _next(pieces, invocation.config, limit(), started)
            if isinstance(piece, Answer):
                yield _judge(piece, invocation.config)
                return
            yield piece
            if isinstance(piece, Failure):
                return
            started = True


async def _next(
    pieces: AsyncGenerator[str | Answer, None], config: ModelConfig, limit_s: float, started: bool
) -> str | Answer | Failure:
    try:
        async with asyncio.timeout(limit_s) as watch:
            return await anext(pieces)
    except model_errors() as error:
        if isinstance(error, TimeoutError) and watch.expired():
            return Failure("timeout", f"{limit_s:g} 秒内没有回应")
        failure = describe(error, over_http=config.over_http, secrets=config.secrets())
        if started and failure.outcome == "connection":
            return Failure("cut_stream", failure.error)
        return failure


def _judge(answer: Answer, config: ModelConfig) -> Answer | Failure:
    """An answer that arrived in order can still be no answer."""
    if answer.finish_reason == "content_filter":
        return Failure("filtered", "服务端过滤了回答")
    # A server that closes early without an error leaves no other sign than the missing finish reason.
    if answer.streamed and config.over_http and answer.finish_reason is None:
        return Failure("cut_stream", "输出没有结束标记")
    if answer.value is None and not answer.text.strip():
        return Failure("empty", "回答没有文字")
    return answer


def _with_schema(messages: list[BaseMessage], schema: type[BaseModel]) -> list[BaseMessage]:
    from langchain_core.messages import SystemMessage

    shape = json.dumps(schema.model_json_schema(), ensure_ascii=False)
    return [*messages, SystemMessage(f"只回答一个 JSON 对象，不要解释，符合此 JSON Schema：\n{shape}")]


def _parse(message: AIMessage, schema: type[BaseModel]) -> BaseModel | None:
    """The validated object; None on an empty answer. Raises pydantic's ValidationError on anything else."""
    if message.tool_calls:
        return schema.model_validate(message.tool_calls[0]["args"])
    text = str(message.text).strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    return schema.model_validate_json(text) if text else None
