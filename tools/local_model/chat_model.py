"""A LangChain chat model over the local engine: whole or streamed, from threads or event loops, with tool calls and token counts."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.messages.tool import tool_call
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from tools.local_model.conversation import prompt_of
from tools.local_model.loading import ENGINES, ModelSource
from tools.local_model.requests import Generation, GenerationOptions
from tools.local_model.tool_calls import calculator_among, find_tool_calls

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from langchain_core.tools import BaseTool

    from tools.local_model.engine import LocalEngine
    from tools.local_model.turn import Turn

_FINISH = {"stop": "stop", "length": "length", "calculator": "stop", "cancelled": "stop"}


class LocalChatModel(BaseChatModel):
    """Chat over a local model. `source` says which; it is loaded at the first call and shared by all models of that source.

    model_name: what answers are signed with; "" takes the adapter's or the folder's name. adapter: a loaded adapter by name, None for
    the one in use. timeout_s: seconds for one answer. Per call, `max_tokens`, `temperature`, `top_p`, `seed`, `stop`, `adapter` and
    `timeout_s` may be given as keyword arguments. Pickles as its configuration.
    """

    source: ModelSource
    model_name: str = ""
    adapter: str | None = None
    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    stop_texts: tuple[str, ...] = ()
    timeout_s: float | None = None
    client: str = ""
    _engine: LocalEngine | None = PrivateAttr(default=None)

    @classmethod
    def over(cls, engine: LocalEngine, **fields: Any) -> LocalChatModel:
        """A model on an engine that is running already; unpickled elsewhere, it opens the source of that name."""
        fields.setdefault("source", ModelSource(engine.backend.name))
        model = cls(**fields)
        model._engine = engine
        return model

    @property
    def engine(self) -> LocalEngine:
        """The engine, opened at the first use. Raises ModelUnavailableError when the model cannot be had."""
        if self._engine is None:
            self._engine = ENGINES.get(self.source)
        return self._engine

    @property
    def label(self) -> str:
        """What answers are signed with."""
        return self.model_name or self.source.label

    @property
    def _llm_type(self) -> str:
        return "caizhi-local"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return {"model_name": self.label, "temperature": self.temperature, "max_tokens": self.max_tokens, "adapter": self.adapter}

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        return {**state, "__pydantic_private__": {**(state.get("__pydantic_private__") or {}), "_engine": None}}

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[Any, AIMessage]:
        """Tools for this model to call. A calculator among them is called by a mark; a `tool_choice` is a wish that the model may not follow."""
        return self.bind(tools=[convert_to_openai_tool(each) for each in tools], **kwargs)

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> ChatResult:
        return self._result(self._submit(messages, stop, kwargs).result(), kwargs)

    async def _agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: AsyncCallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> ChatResult:
        return self._result(await self._submit(messages, stop, kwargs), kwargs)

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        turn = self._submit(messages, stop, kwargs)
        try:
            if not kwargs.get("tools"):
                for piece in turn:
                    yield _chunk(piece)
            yield self._last_chunk(turn.result(), kwargs)
        finally:
            turn.cancel()

    async def _astream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: AsyncCallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        turn = self._submit(messages, stop, kwargs)
        try:
            if not kwargs.get("tools"):
                async for piece in turn:
                    yield _chunk(piece)
            yield self._last_chunk(await turn, kwargs)
        finally:
            turn.cancel()

    def _submit(self, messages: Sequence[BaseMessage], stop: Sequence[str] | None, kwargs: Mapping[str, Any]) -> Turn:
        tools = kwargs.get("tools") or ()
        prompt = prompt_of(messages, tools, self.engine.vocabulary)
        options = GenerationOptions(
            max_tokens=kwargs.get("max_tokens", self.max_tokens),
            temperature=kwargs.get("temperature", self.temperature),
            top_p=kwargs.get("top_p", self.top_p),
            seed=kwargs.get("seed", self.seed),
            stop=(*self.stop_texts, *(stop or ())),
            stop_at_calculator=calculator_among(tools) is not None,
            time_s=kwargs.get("timeout_s", self.timeout_s),
        )
        return self.engine.submit(prompt, options, adapter=kwargs.get("adapter", self.adapter), client=self.client)

    def _result(self, generation: Generation, kwargs: Mapping[str, Any]) -> ChatResult:
        text, calls = find_tool_calls(generation.text, kwargs.get("tools") or ())
        message = AIMessage(
            content=text,
            tool_calls=[tool_call(name=call.name, args=dict(call.arguments), id=f"call_{uuid.uuid4().hex[:12]}") for call in calls],
            usage_metadata=_usage(generation),
            response_metadata=self._metadata(generation, bool(calls)),
        )
        return ChatResult(generations=[ChatGeneration(message=message)], llm_output={"model_name": self.label})

    def _last_chunk(self, generation: Generation, kwargs: Mapping[str, Any]) -> ChatGenerationChunk:
        """The end of a stream: counts and reason; with tools bound, the whole answer, since a call shows itself only at its end."""
        message = self._result(generation, kwargs).generations[0].message
        assert isinstance(message, AIMessage)
        whole = bool(kwargs.get("tools"))
        chunk = AIMessageChunk(
            content=message.content if whole else "", tool_calls=message.tool_calls if whole else [], usage_metadata=message.usage_metadata,
            response_metadata=message.response_metadata, chunk_position="last",
        )  # fmt: skip
        return ChatGenerationChunk(message=chunk)

    def _metadata(self, generation: Generation, called: bool) -> dict[str, Any]:
        return {
            "finish_reason": "tool_calls" if called else _FINISH[generation.finish_reason],
            "model_name": self.label,
            "model_version": generation.version,
            "adapter": generation.adapter,
            "cached": generation.cached,
            "seconds": round(generation.seconds, 4),
        }


def _usage(generation: Generation) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=generation.prompt_tokens, output_tokens=generation.completion_tokens,
        total_tokens=generation.prompt_tokens + generation.completion_tokens,
        input_token_details=InputTokenDetails(cache_read=generation.reused_tokens),
    )  # fmt: skip


def _chunk(piece: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=piece))
