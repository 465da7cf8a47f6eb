"""Chat over a model that reads fact sheets and writes references: our own base with its adapter.

A message may carry the model's own prompt (see `with_sheet`): its draft is then handed on as it is, to be filled and audited by the
caller. Any other message is a question that has to bring its own numbers; it is answered here, computed and audited.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from tools.factsheet import FactSheet
from tools.local_model.answer import Given, finished, given_sheet_of
from tools.local_model.chat_model import LocalChatModel
from tools.local_model.prompt import compact_prompt

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun

SHEET_PROMPT = "caizhi_sheet_prompt"
_MARKS = re.compile(r"\s*\n\s*")


def with_sheet(text: str, sheet: FactSheet, question: str) -> HumanMessage:
    """A message for any model (`text`) that carries the prompt of ours beside it; servers of others never see that."""
    return HumanMessage(text, additional_kwargs={SHEET_PROMPT: compact_prompt(sheet, question)})


class ReferenceChatModel(BaseChatModel):
    """See the module. `inner` is the model that generates; answers keep its counts and signature."""

    inner: LocalChatModel

    @property
    def _llm_type(self) -> str:
        return "caizhi-references"

    @property
    def engine(self) -> Any:
        """The engine of the model inside."""
        return self.inner.engine

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> ChatResult:
        prompt, given, question = _prompt_of(messages)
        if not prompt:
            return _said()
        return _done(self.inner._generate([HumanMessage(prompt)], stop, None, **kwargs), given, question)

    async def _agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: AsyncCallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> ChatResult:
        prompt, given, question = _prompt_of(messages)
        if not prompt:
            return _said()
        return _done(await self.inner._agenerate([HumanMessage(prompt)], stop, None, **kwargs), given, question)

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        prompt, given, _ = _prompt_of(messages)
        if given is None:
            yield from self.inner._stream([HumanMessage(prompt)], stop, None, **kwargs)
            return
        yield _whole(self._generate(messages, stop, None, **kwargs))

    async def _astream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: AsyncCallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        prompt, given, _ = _prompt_of(messages)
        if given is None:
            async for chunk in self.inner._astream([HumanMessage(prompt)], stop, None, **kwargs):
                yield chunk
            return
        # An answer with numbers of its own leaves only after its audit: there is nothing to stream before.
        yield _whole(await self._agenerate(messages, stop, None, **kwargs))


def _prompt_of(messages: Sequence[BaseMessage]) -> tuple[str, Given | None, str]:
    """The model's prompt, the given figures where the question brings its own (None where a sheet came along), and the question."""
    from data.indicators import indicator_catalogue

    last = messages[-1]
    if prompt := last.additional_kwargs.get(SHEET_PROMPT):
        return str(prompt), None, ""
    question = _MARKS.sub("，", str(last.text).strip())
    given = given_sheet_of(question, indicator_catalogue())
    return (compact_prompt(given.sheet, question) if len(given.sheet) else ""), given, question


def _done(result: ChatResult, given: Given | None, question: str) -> ChatResult:
    """The draft as it is where a sheet came along; else the answer computed and audited, or why there is none."""
    message = result.generations[0].message
    assert isinstance(message, AIMessage)
    if given is None:
        return result
    answer = finished(str(message.text).strip(), given, question)
    text = answer.text or f"没有得出可靠的答案：{answer.problem}"
    figures = [figure.to_dict() for figure in answer.sheet] if answer.text else []
    metadata = {**message.response_metadata, "draft": answer.draft, "figures": json.dumps(figures, ensure_ascii=False), "refused": not answer.text}
    told = AIMessage(content=text, usage_metadata=message.usage_metadata, response_metadata=metadata)
    return ChatResult(generations=[ChatGeneration(message=told)], llm_output=result.llm_output)


def _said() -> ChatResult:
    """The answer to a question that brings no number; the model is not asked."""
    text = "提问里没有读到“指标 + 数值”，请写明，例如：某银行2023年净利润100亿元，2022年净利润80亿元，同比增长多少？"
    message = AIMessage(content=text, response_metadata={"finish_reason": "stop", "refused": True})
    return ChatResult(generations=[ChatGeneration(message=message)])


def _whole(result: ChatResult) -> ChatGenerationChunk:
    message = result.generations[0].message
    assert isinstance(message, AIMessage)
    chunk = AIMessageChunk(
        content=message.content, usage_metadata=message.usage_metadata, response_metadata=message.response_metadata, chunk_position="last"
    )
    return ChatGenerationChunk(message=chunk)
