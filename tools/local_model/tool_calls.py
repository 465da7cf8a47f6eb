"""Tool calls in a model's text: the calculator mark that our own models write, and the JSON forms of others.

    [Calculator(expression)→               a call of the bound calculator, answer to follow
    <tool_call>{"name": …, "arguments": …}</tool_call>    Qwen and Hermes
    {"name": …, "arguments": …}            alone, in a list, or in a ```json fence
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MARK = re.compile(r"\[Calculator\((?P<expression>[^\[\]→]{1,300})\)→$")
_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
_FENCE = re.compile(r"^```(?:json)?\s*(.*?)\s*```$", re.DOTALL)
_CALCULATOR = re.compile(r"calcul|计算", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that the model wants made."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Calculator:
    """The bound tool that calculator marks call. argument: of its expression."""

    name: str
    argument: str


def calculator_among(tools: Sequence[Mapping[str, Any]]) -> Calculator | None:
    """The calculator among tools in OpenAI's form: one named so that takes an expression, or a single text."""
    for tool in tools:
        function = tool["function"]
        if not _CALCULATOR.search(function["name"]):
            continue
        properties = function.get("parameters", {}).get("properties", {})
        required = function.get("parameters", {}).get("required", list(properties))
        if "expression" in properties and set(required) <= {"expression"}:
            return Calculator(function["name"], "expression")
        if len(required) == 1 and properties.get(required[0], {}).get("type") == "string":
            return Calculator(function["name"], required[0])
    return None


def find_tool_calls(text: str, tools: Sequence[Mapping[str, Any]]) -> tuple[str, list[ToolCall]]:
    """The text without its calls, and the calls of tools that are bound; a call of any other stays text."""
    names = {tool["function"]["name"] for tool in tools}
    calculator = calculator_among(tools)
    if calculator is not None and (mark := _MARK.search(text)) is not None:
        return text[: mark.start()], [ToolCall(calculator.name, {calculator.argument: mark["expression"]})]
    tagged = [call for block in _TAGGED.findall(text) for call in _calls(block, names)]
    if tagged:
        return _TAGGED.sub("", text).strip(), tagged
    bare = text.strip()
    fenced = _FENCE.match(bare)
    calls = _calls(fenced[1] if fenced else bare, names)
    return ("", calls) if calls else (text, [])


def calculator_mark(expression: str, result: str = "") -> str:
    """The text of a mark, open when there is no result yet."""
    return f"[Calculator({expression})→{result}]" if result else f"[Calculator({expression})→"


def tool_instructions(tools: Sequence[Mapping[str, Any]]) -> str:
    """What a model is told whose template knows no tools (Chinese, as its users are)."""
    described = json.dumps([tool["function"] for tool in tools], ensure_ascii=False)
    return f'可用工具（JSON Schema）：{described}\n需要时只输出 {{"name": 工具名, "arguments": {{…}}}}；算式写作 [Calculator(算式)→。'


def _calls(text: str, names: set[str]) -> list[ToolCall]:
    """The calls that a JSON text holds; none when anything in it is not a call of a bound tool."""
    if not text.startswith(("{", "[")):
        return []
    try:
        value = json.loads(text)
    except ValueError:
        return []
    found = [_call(item, names) for item in (value if isinstance(value, list) else [value])]
    return [call for call in found if call is not None] if all(found) else []


def _call(item: object, names: set[str]) -> ToolCall | None:
    if not isinstance(item, dict) or item.get("name") not in names:
        return None
    arguments: Any = next((item[key] for key in ("arguments", "parameters", "args") if key in item), {})
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return None
    return ToolCall(item["name"], arguments) if isinstance(arguments, dict) else None
