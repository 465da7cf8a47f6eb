"""LangChain messages as the plain turns that chat templates take."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tools.local_model.tool_calls import calculator_among, calculator_mark, tool_instructions
from tools.local_model.vocabulary import Vocabulary

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage

_ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}


def prompt_of(messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]], vocabulary: Vocabulary) -> str:
    """The prompt of a conversation with tools; it may end inside an answer that goes on after a calculation.

    A template that knows tools gets calls and results as they are. For any other, calculator calls are written as marks with their
    results inside the assistant's own words, other results as the user's; the tools are described in a system message.
    """
    if vocabulary.knows_tools:
        return vocabulary.render([_native(message) for message in messages], tools=tools)
    turns = _inline(messages, tools)
    calculator = calculator_among(tools)
    if tools and not (calculator is not None and len(tools) == 1):
        turns.insert(0, {"role": "system", "content": tool_instructions(tools)})
    begun = str(turns.pop()["content"]) if turns and turns[-1]["role"] == "assistant" else ""
    return vocabulary.render(turns, answer_begun=begun)


def _native(message: BaseMessage) -> dict[str, Any]:
    turn: dict[str, Any] = {"role": _ROLES.get(message.type, message.type), "content": str(message.text)}
    if message.type == "ai" and (calls := _calls_of(message)):
        turn["tool_calls"] = [{"type": "function", "function": {"name": call["name"], "arguments": call["args"]}} for call in calls]
    if message.type == "tool":
        turn["name"] = getattr(message, "name", None) or ""
    return turn


def _inline(messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    calculator = calculator_among(tools)
    turns: list[dict[str, Any]] = []
    open_marks: dict[str, str] = {}
    for message in messages:
        role, text = _ROLES.get(message.type, message.type), str(message.text)
        if message.type == "tool":
            expression = open_marks.pop(str(getattr(message, "tool_call_id", "")), None)
            role, text = ("user", f"工具结果：{text}") if expression is None else ("assistant", calculator_mark(expression, text))
        elif message.type == "ai":
            for call in _calls_of(message):
                if calculator is not None and call["name"] == calculator.name:
                    open_marks[str(call["id"])] = str(call["args"].get(calculator.argument, ""))
                else:
                    text += json.dumps({"name": call["name"], "arguments": call["args"]}, ensure_ascii=False)
        if role == "assistant" and turns and turns[-1]["role"] == "assistant":
            turns[-1]["content"] += text
        else:
            turns.append({"role": role, "content": text})
    return turns


def _calls_of(message: BaseMessage) -> list[Any]:
    ai: AIMessage | Any = message
    return list(ai.tool_calls)
