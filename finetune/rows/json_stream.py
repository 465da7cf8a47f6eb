"""JSON objects of a file, one by one, with the line on which each begins: an array, JSON lines, or objects one after another.

A file of 170,000 rows is never in memory as a whole, and a broken object is reported by its line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TextIO

from data.errors import TrainingError

_CHUNK = 1 << 18
_LARGEST = 1 << 24
_BETWEEN = " \t\r\n"
_TORN = 16  # a token cut by the end of the buffer is reported at most so many characters before it


class Located(NamedTuple):
    """A JSON value and the line, from 1, on which it begins."""

    line: int
    value: Any


def read_objects(path: Path) -> Iterator[Located]:
    """The objects of a file, streamed.

    Raises:
        TrainingError: the file cannot be read, is not UTF-8, or holds something that is not JSON; the message names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _Reader(file, path.name).objects()
    except OSError as error:
        raise TrainingError(f"无法读取数据文件 {path.name}：{error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path.name} 不是 UTF-8 文本（第 {error.start} 字节附近）；请另存为 UTF-8") from error


class _Reader:
    """A window that slides over the text."""

    def __init__(self, file: TextIO, name: str) -> None:
        self._file = file
        self._name = name
        self._buffer = ""
        self._at = 0
        self._line = 1
        self._ended = False
        self._decoder = json.JSONDecoder(parse_constant=self._no_constant)

    def objects(self) -> Iterator[Located]:
        """Each object; in an array they are separated by commas, outside by blanks alone."""
        array = self._peek() == "["
        if array:
            self._at += 1
        first = True
        while (char := self._peek()) and not (array and char == "]"):
            if array and not first:
                if char != ",":
                    self._fail("数组的两个元素之间应为逗号")
                self._at += 1
                if self._peek() in ("]", ""):
                    self._fail("逗号之后缺少元素")
            yield self._value()
            first = False
        if array:
            if not char:
                self._fail("数组没有结束，缺少 ]")
            self._at += 1
            if self._peek():
                self._fail("数组结束之后还有内容")

    def _value(self) -> Located:
        line = self._line
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                torn = error.pos > len(self._buffer) - _TORN or error.msg.startswith("Unterminated string")
                if not torn or self._ended or len(self._buffer) - self._at > _LARGEST:
                    self._fail(f"不是 JSON（{error.msg}）", self._line + self._buffer.count("\n", self._at, error.pos))
                self._more()
                continue
            except (ValueError, RecursionError) as error:
                self._fail(f"数字过长或嵌套过深（{type(error).__name__}）")
            if end == len(self._buffer) and not self._ended:
                self._more()  # a number at the very end may go on
                continue
            self._move(end)
            return Located(line, value)

    def _peek(self) -> str:
        """The next character that is no blank; "" at the end of the file."""
        while True:
            end = self._at
            while end < len(self._buffer) and self._buffer[end] in _BETWEEN:
                end += 1
            self._move(end)
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if self._ended:
                return ""
            self._more()

    def _move(self, end: int) -> None:
        self._line += self._buffer.count("\n", self._at, end)
        self._at = end

    def _more(self) -> None:
        """Drop what has been read and take in at least as much as is held, so that a large object is decoded few times."""
        self._buffer = self._buffer[self._at :]
        self._at = 0
        read = self._file.read(max(_CHUNK, len(self._buffer)))
        self._ended = not read
        self._buffer += read

    def _fail(self, message: str, line: int = 0) -> NoReturn:
        raise TrainingError(f"{self._name} 第 {line or self._line} 行：{message}")

    def _no_constant(self, word: str) -> NoReturn:
        self._fail(f"{word} 不是 JSON 的数")
