"""Chat over a model that writes references: a sheet's draft is handed on, a question with numbers is answered and audited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from data.figures import Figure
from data.periods import Period
from data.units import Quantity
from tools.factsheet import FactSheet
from tools.local_model.chat_model import LocalChatModel
from tools.local_model.loading import ModelSource
from tools.local_model.reference_chat import SHEET_PROMPT, ReferenceChatModel, with_sheet

GROWTH = "{f1.bank}{f1.period}{f1.name}同比[Calculator((f1-f2)/f2*100)→{f3}]。"
QUESTION = "某银行2023年净利润100亿元，2022年净利润80亿元，同比增长多少？"


class Scripted(LocalChatModel):
    """Says one draft and keeps what it was asked."""

    draft: str = ""
    asked: list[str] = Field(default_factory=list)

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        self.asked.append(str(messages[-1].text))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=self.draft, response_metadata={"finish_reason": "stop"}))])

    async def _agenerate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        return self._generate(messages, stop, run_manager, **kwargs)

    def _stream(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        from langchain_core.messages import AIMessageChunk

        for piece in self.draft.split("}"):
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))


def model(draft: str) -> ReferenceChatModel:
    return ReferenceChatModel(inner=Scripted(source=ModelSource("none"), draft=draft, asked=[]))


def asked_of(chat: ReferenceChatModel) -> Sequence[str]:
    assert isinstance(chat.inner, Scripted)
    return chat.inner.asked


def test_a_question_with_numbers_is_computed_and_audited() -> None:
    chat = model(GROWTH)
    answer = chat.invoke([HumanMessage(QUESTION)])
    assert answer.text == "某银行2023年净利润同比增长25.00%。"
    assert answer.response_metadata["draft"] == GROWTH and '"25.00"' in answer.response_metadata["figures"]
    assert "100" not in asked_of(chat)[0] and asked_of(chat)[0].startswith("f1 b1 t0 净利润 额")


def test_a_draft_that_fails_the_audit_is_told_as_a_refusal() -> None:
    answer = model("同比增长25%。").invoke([HumanMessage(QUESTION)])
    assert answer.text.startswith("没有得出可靠的答案") and answer.response_metadata["refused"]


def test_a_question_without_numbers_does_not_reach_the_model() -> None:
    chat = model(GROWTH)
    assert "写明" in chat.invoke([HumanMessage("你好")]).text and asked_of(chat) == []


def test_a_sheet_s_draft_is_handed_on_and_streamed() -> None:
    sheet = FactSheet()
    sheet.add(Figure("招商银行", "cmb", "净利润", "net_profit", Period(2023), Quantity.of("100", "亿元")), answer=True)
    message = with_sheet("长提示", sheet, "招商银行2023年净利润")
    assert message.text == "长提示" and message.additional_kwargs[SHEET_PROMPT].startswith("f1 b1 t0 净利润 额 *")
    chat = model("{f1.bank}为{f1}")
    assert chat.invoke([message]).text == "{f1.bank}为{f1}" and asked_of(chat)[0] == message.additional_kwargs[SHEET_PROMPT]
    assert len(list(chat.stream([message]))) > 1


@pytest.mark.asyncio
async def test_async_and_streamed_answers_are_the_audited_ones() -> None:
    answer = await model(GROWTH).ainvoke([HumanMessage(QUESTION)])
    assert "25.00%" in answer.text
    pieces = [piece.text async for piece in model(GROWTH).astream([HumanMessage(QUESTION)])]
    assert "".join(pieces) == answer.text
