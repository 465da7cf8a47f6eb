"""Files of rows in the forms of the field: alpaca (the specification's), sharegpt and messages (OpenAI's, and our own).

Reading is by streaming and by itself finds the form, object by object. A row survives writing and reading in every form that
can hold it; what a form has no key for (a row's meta in alpaca) stands under a key of our own, and keys of others are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from data.errors import TrainingError
from finetune.rows.json_stream import read_objects
from finetune.rows.record import Row

Form = Literal["alpaca", "sharegpt", "messages"]
FORMS: tuple[Form, ...] = get_args(Form)

_ROLES = {
    "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant", "bot": "assistant",
    "system": "system", "observation": "tool", "tool": "tool", "function_response": "tool", "function_call": "assistant",
}  # fmt: skip
_SPEAKERS = {"user": "human", "assistant": "gpt", "system": "system", "tool": "observation"}
_MESSAGE_ROLES = frozenset(("system", "developer", "user", "assistant", "tool"))
# Where a row keeps what other people's files hold beside the row itself.
_FOREIGN = "fields"
_KEYS: Mapping[Form, frozenset[str]] = {
    "alpaca": frozenset(("instruction", "input", "output", "system", "history", "meta")),
    "sharegpt": frozenset(("conversations", "system", "tools", "meta")),
    "messages": frozenset(("messages", "tools", "meta")),
}


class _Malformed(Exception):
    """What is wrong with one object; the reader adds file and line."""


def read_rows(path: Path, form: Form | Literal["auto"] = "auto") -> Iterator[Row]:
    """The rows of a file: a JSON array, JSON lines, or objects one after another; streamed.

    Raises:
        TrainingError: the file cannot be read, or an object is not of the form; the message names the line and the fault.
    """
    for line, value in read_objects(path):
        try:
            yield _row_of(value, form)
        except _Malformed as error:
            raise TrainingError(f"{path.name} 第 {line} 行：{error}") from error


def read_all(path: Path, form: Form | Literal["auto"] = "auto") -> list[Row]:
    """The rows of a file that is small enough to hold, and has at least one.

    Raises:
        TrainingError: as for `read_rows`, or the file holds no row.
    """
    rows = list(read_rows(path, form))
    if not rows:
        raise TrainingError(f"{path.name} 中没有训练数据")
    return rows


def write_rows(path: Path, rows: Iterable[Row], form: Form = "messages") -> int:
    """Write rows, streamed: a JSON array for a .json file, else JSON lines; how many. The file appears whole or not at all.

    Raises:
        TrainingError: the form cannot hold a row (tool calls in alpaca), or the file cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    array = path.suffix == ".json"
    count = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write("[\n" if array else "")
            for row in rows:
                file.write((",\n" if array and count else "") + json.dumps(record_of(row, form), ensure_ascii=False) + ("" if array else "\n"))
                count += 1
            file.write("\n]\n" if array else "")
        partial.replace(path)
    except UnicodeEncodeError as error:
        raise TrainingError(f"{path.name} 第 {count + 1} 行含有不能写成 UTF-8 的字符：{error.object[error.start]!r}") from error
    except OSError as error:
        raise TrainingError(f"无法写入 {path.name}：{error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def form_of(record: object) -> Form:
    """The form of one object, by its keys.

    Raises:
        TrainingError: it has the keys of no form.
    """
    try:
        return _form_of(record)
    except _Malformed as error:
        raise TrainingError(str(error)) from error


def row_of(record: object, form: Form | Literal["auto"] = "auto") -> Row:
    """The row of one object.

    Raises:
        TrainingError: it is not of the form; the message names the fault.
    """
    try:
        return _row_of(record, form)
    except _Malformed as error:
        raise TrainingError(str(error)) from error


def _row_of(record: object, form: Form | Literal["auto"]) -> Row:
    known = _form_of(record) if form == "auto" else form
    if not isinstance(record, dict):
        raise _Malformed(f"应为 JSON 对象，而不是 {type(record).__name__}")
    row = _READERS[known](record)
    foreign = {key: value for key, value in record.items() if key not in _KEYS[known]}
    return Row(row.messages, {**row.meta, _FOREIGN: foreign} if foreign else row.meta, row.tools)


def record_of(row: Row, form: Form) -> dict[str, Any]:
    """The object of a row in a form.

    Raises:
        TrainingError: the form cannot hold the row.
    """
    meta = dict(row.meta)
    foreign = meta.pop(_FOREIGN, None) or {}
    return {**_WRITERS[form](Row(row.messages, meta, row.tools)), **foreign}


def _form_of(record: object) -> Form:
    if not isinstance(record, dict):
        raise _Malformed(f"应为 JSON 对象，而不是 {type(record).__name__}")
    if "messages" in record:
        return "messages"
    if "conversations" in record:
        return "sharegpt"
    if "instruction" in record or "output" in record:
        return "alpaca"
    raise _Malformed(f"认不出格式：应有 messages、conversations 或 instruction/output，只有 {'、'.join(map(str, record)) or '空对象'}")


def _alpaca(record: Mapping[str, Any]) -> Row:
    instruction, given, output = (_text(record, key) for key in ("instruction", "input", "output"))
    for key in ("instruction", "output"):
        if key not in record:
            raise _Malformed(f"缺少 {key}")
    if not (instruction or given):
        raise _Malformed("instruction 与 input 都是空的")
    messages = [{"role": "system", "content": _text(record, "system")}] if "system" in record else []
    for turn in record.get("history") or ():
        if not (isinstance(turn, list) and len(turn) == 2 and all(isinstance(part, str) for part in turn)):
            raise _Malformed("history 的每一项应为 [问, 答]")
        messages += [{"role": "user", "content": turn[0]}, {"role": "assistant", "content": turn[1]}]
    asked = f"{instruction}\n{given}" if instruction and given else instruction or given
    messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": output}]
    meta = _meta(record)
    # Where the instruction ends must be known to write the same object again; without an input it is the whole question.
    return Row(messages, {**meta, "instruction": instruction} if given else meta)


def _to_alpaca(row: Row) -> dict[str, Any]:
    messages = [dict(message) for message in row.messages]
    if row.tools or any(set(message) - {"role", "content"} or not isinstance(message.get("content"), str) for message in messages):
        raise TrainingError(f"{row.id or '该行'}：alpaca 格式装不下工具调用；请用 sharegpt 或 messages")
    system = [messages.pop(0)["content"]] if messages and messages[0]["role"] == "system" else []
    turns = [message["role"] for message in messages]
    if not turns or turns != ["user", "assistant"] * (len(turns) // 2):
        raise TrainingError(f"{row.id or '该行'}：alpaca 格式要求一问一答交替，实际为 {'、'.join(turns) or '空'}")
    texts = [message["content"] for message in messages]
    meta = dict(row.meta)
    instruction, given = _divided(texts[-2], meta.get("instruction"))
    if given:
        meta.pop("instruction", None)
    record: dict[str, Any] = {"instruction": instruction, "input": given, "output": texts[-1]}
    record |= {"system": system[0]} if system else {}
    record |= {"history": [list(pair) for pair in zip(texts[:-2:2], texts[1:-2:2], strict=True)]} if len(texts) > 2 else {}
    return record | ({"meta": meta} if meta else {})


def _divided(asked: str, instruction: object) -> tuple[str, str]:
    """Instruction and input of a question; all instruction where the row does not tell where it ends."""
    if instruction == "":
        return "", asked
    if isinstance(instruction, str) and asked.startswith(f"{instruction}\n") and len(asked) > len(instruction) + 1:
        return instruction, asked[len(instruction) + 1 :]
    return asked, ""


def _sharegpt(record: Mapping[str, Any]) -> Row:
    turns = record.get("conversations")
    if not isinstance(turns, list) or not turns:
        raise _Malformed("conversations 应为非空列表")
    messages = [{"role": "system", "content": _text(record, "system")}] if "system" in record else []
    messages += [_turn(turn, number) for number, turn in enumerate(turns, start=1)]
    _answered(messages)
    tools = record.get("tools") or []
    if isinstance(tools, str):
        tools = _json(tools, "tools")
    if not isinstance(tools, list):
        raise _Malformed("tools 应为列表，或是列表的 JSON 文本")
    return Row(messages, _meta(record), tools)


def _turn(turn: object, number: int) -> dict[str, Any]:
    if not isinstance(turn, dict) or turn.get("from") not in _ROLES or not isinstance(turn.get("value"), str):
        raise _Malformed(f"第 {number} 轮应有 from（{'、'.join(_ROLES)}）与文本 value")
    rest = {key: value for key, value in turn.items() if key not in ("from", "value")}
    message: dict[str, Any] = {"role": _ROLES[turn["from"]]}
    if turn["from"] != "function_call":
        return {**message, "content": turn["value"], **rest}
    calls = _json(turn["value"], f"第 {number} 轮的 value")
    calls = calls if isinstance(calls, list) else [{"type": "function", "function": calls}]
    if not all(isinstance(call, dict) for call in calls):
        raise _Malformed(f"第 {number} 轮的工具调用应为对象")
    return {**message, **({"content": ""} if "content" not in rest else {}), **rest, "tool_calls": calls}


def _to_sharegpt(row: Row) -> dict[str, Any]:
    turns = []
    for message in row.messages:
        rest = {key: value for key, value in message.items() if key not in ("role", "content", "tool_calls")}
        if message.get("tool_calls"):
            # Empty text beside a call is the rule; anything else is told apart by a key of its own.
            spoken = {} if message.get("content") == "" else {"content": message.get("content")}
            turns.append({"from": "function_call", "value": _calls_text(message["tool_calls"]), **spoken, **rest})
        else:
            speaker = _SPEAKERS.get(message["role"])
            if speaker is None or not isinstance(message.get("content"), str):
                raise TrainingError(f"{row.id or '该行'}：sharegpt 格式装不下角色 {message['role']} 或没有文本的一轮")
            turns.append({"from": speaker, "value": message["content"], **rest})
    record: dict[str, Any] = {"conversations": turns}
    record |= {"tools": json.dumps([dict(tool) for tool in row.tools], ensure_ascii=False)} if row.tools else {}
    return record | ({"meta": dict(row.meta)} if row.meta else {})


def _calls_text(calls: Iterable[Mapping[str, Any]]) -> str:
    plain = [dict(call) for call in calls]
    simple = len(plain) == 1 and set(plain[0]) == {"type", "function"} and plain[0]["type"] == "function"
    return json.dumps(plain[0]["function"] if simple else plain, ensure_ascii=False)


def _messages(record: Mapping[str, Any]) -> Row:
    messages = record["messages"] if isinstance(record.get("messages"), list) else []
    if not messages:
        raise _Malformed("messages 应为非空列表")
    for number, message in enumerate(messages, start=1):
        if not isinstance(message, dict) or message.get("role") not in _MESSAGE_ROLES:
            raise _Malformed(f"第 {number} 条消息应有 role（{'、'.join(sorted(_MESSAGE_ROLES))}）")
        if not isinstance(message.get("content", ""), str | None) or (message.get("content") is None and not message.get("tool_calls")):
            raise _Malformed(f"第 {number} 条消息应有文本 content 或 tool_calls")
    _answered(messages)
    if not isinstance(record.get("tools") or [], list):
        raise _Malformed("tools 应为列表")
    return Row(messages, _meta(record), record.get("tools") or [])


def _answered(messages: list[dict[str, Any]]) -> None:
    roles = [message["role"] for message in messages]
    if "user" not in roles or "assistant" not in roles:
        raise _Malformed("对话里没有提问或没有回答")


def _meta(record: Mapping[str, Any]) -> dict[str, Any]:
    meta = record.get("meta") or {}
    if not isinstance(meta, dict):
        raise _Malformed("meta 应为对象")
    return dict(meta)


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Malformed(f"{key} 应为文本，而不是 {type(value).__name__}")
    return value


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise _Malformed(f"{what} 不是 JSON：{error}") from error


_READERS: Mapping[Form, Callable[[Mapping[str, Any]], Row]] = {"alpaca": _alpaca, "sharegpt": _sharegpt, "messages": _messages}
_WRITERS: Mapping[Form, Callable[[Row], dict[str, Any]]] = {"alpaca": _to_alpaca, "sharegpt": _to_sharegpt, "messages": Row.to_dict}
