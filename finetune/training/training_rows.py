"""Rows to train on, read from a file: the specification's alpaca array, or messages JSON lines of the record."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from data.errors import TrainingError
from finetune.rows.record import Row

_ROLES = ("system", "user", "assistant", "tool")


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, in order. A JSON array of {"instruction", "input", "output"} or of records; or one such object a line.

    Raises:
        TrainingError: the file cannot be read, or a row is not one; the message names the file and the line or place.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            head = lines.read(64).lstrip("\ufeff \t\r\n")
            lines.seek(0)
            if head.startswith("["):
                yield from _array(path, lines.read())
            else:
                for number, line in enumerate(lines, start=1):
                    if line.strip().lstrip("\ufeff"):
                        yield row_of(_parsed(line, f"{path} 第 {number} 行"), f"{path} 第 {number} 行")
    except (OSError, UnicodeDecodeError) as error:
        reason = "不是 UTF-8 文本" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise TrainingError(f"训练数据 {path} 读不了：{reason}") from None


def _array(path: Path, text: str) -> Iterator[Row]:
    try:
        rows = json.loads(text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise TrainingError(f"训练数据 {path} 第 {error.lineno} 行不是 JSON：{error.msg}") from None
    for number, row in enumerate(rows, start=1):
        yield row_of(row, f"{path} 第 {number} 条")


def _parsed(line: str, place: str) -> Any:
    try:
        return json.loads(line.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise TrainingError(f"训练数据 {place}不是 JSON：{error.msg}") from None


def row_of(record: Any, place: str) -> Row:
    """The row of one JSON value, alpaca or messages.

    Raises:
        TrainingError: it is neither, or a text is missing or empty; `place` is named.
    """
    if not isinstance(record, Mapping):
        raise TrainingError(f"训练数据 {place}不是 JSON 对象")
    if "messages" in record:
        return _of_messages(record, place)
    if "instruction" not in record or "output" not in record:
        raise TrainingError(f"训练数据 {place}缺少 instruction/output 或 messages")
    for name in ("instruction", "input", "output"):
        if not isinstance(record.get(name, ""), str):
            raise TrainingError(f"训练数据 {place}的 {name} 应是文本")
    if not record["instruction"].strip() or not record["output"].strip():
        raise TrainingError(f"训练数据 {place}的 instruction 或 output 是空的")
    asked = "\n".join(text for text in (record["instruction"], record.get("input", "")) if text.strip())
    turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": record["output"]}]
    return Row(turns, {name: value for name, value in record.items() if name not in ("instruction", "input", "output")})


def _of_messages(record: Mapping[str, Any], place: str) -> Row:
    turns = record["messages"]
    if not isinstance(turns, list) or not all(isinstance(turn, Mapping) and turn.get("role") in _ROLES for turn in turns):
        raise TrainingError(f"训练数据 {place}的 messages 应是一串 {{role, content}}，role 为 {'、'.join(_ROLES)}")
    for turn in turns:
        if not isinstance(turn.get("content") or "", str) or not (turn.get("content") or turn.get("tool_calls")):
            raise TrainingError(f"训练数据 {place}有一轮对话没有 content")
    if not turns or turns[-1]["role"] != "assistant" or turns[0]["role"] == "assistant":
        raise TrainingError(f"训练数据 {place}的 messages 应以问题开头、以 assistant 的回答结尾")
    return Row.of_dict(record)


def split_rows(rows: Sequence[Row], share: float, seed: int) -> tuple[list[Row], list[Row]]:
    """(training, validation). Rows marked "validation" in meta.split are that; "test" rows are left out of both.

    Where no row is marked, a share of the groups (meta.group, else the row itself) is taken by seed.
    """
    kept = [row for row in rows if row.meta.get("split") != "test"]
    marked = [row for row in kept if row.meta.get("split") == "validation"]
    if marked or share <= 0:
        return [row for row in kept if row.meta.get("split") != "validation"], marked
    groups = list(dict.fromkeys(_group(row, place) for place, row in enumerate(kept)))
    random.Random(seed).shuffle(groups)
    aside = set(groups[: max(1, round(share * len(groups)))])
    parts: tuple[list[Row], list[Row]] = ([], [])
    for place, row in enumerate(kept):
        parts[_group(row, place) in aside].append(row)
    return parts


def _group(row: Row, place: int) -> str:
    return str(row.meta.get("group") or f"row {place}")


def rows_digest(rows: Sequence[Row]) -> str:
    """SHA-256 over the rows' turns, in order: the data's identity in every record of a run."""
    digest = sha256()
    for row in rows:
        digest.update(json.dumps([dict(turn) for turn in row.messages], ensure_ascii=False, sort_keys=True).encode())
    return digest.hexdigest()
