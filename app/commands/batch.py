"""The batch doors: JSON lines in, JSON lines out; a bad line is reported and the rest goes on.

Every record of the output bears the `id` of its input record; one without an id gets the number of its record, from 0.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from data.errors import CaizhiError, UsageError

Row = Mapping[str, Any]


@dataclass
class Batch:
    """One run over a file. source, target: JSON-lines files. debug: show the traceback of an unexpected failure."""

    source: Path
    target: Path
    debug: bool = False
    failed: list[int] = field(default_factory=list)

    def run(self, answer: Callable[[Row], dict[str, Any]]) -> int:
        """Answer every line of `source` into `target`, each line written as soon as it is there.

        Returns:
            The exit code: 0, or 1 when a line failed.

        Raises:
            UsageError: a file cannot be read or written.
        """
        lines = self._lines()
        with self._open_target() as out:
            for record, (number, line) in enumerate(_progress(lines)):
                try:
                    row = _row(line, record)
                    # A lone surrogate is no UTF-8; its backslash form is also its JSON escape, so that nothing is lost.
                    text = json.dumps({"id": row["id"], **answer(row)}, ensure_ascii=False)
                    out.write(text.encode(errors="backslashreplace") + b"\n")
                    out.flush()
                except CaizhiError as error:
                    self._fail(number, str(error))
                except Exception as error:  # noqa: BLE001 - the edge: one broken line must not cost the others
                    if self.debug:
                        traceback.print_exc()
                    self._fail(number, f"程序内部错误 {type(error).__name__}：{error}")
        if self.failed:
            where = "、".join(str(number) for number in self.failed[:20]) + ("等" if len(self.failed) > 20 else "")
            print(f"caizhi: {len(lines)} 行中 {len(self.failed)} 行失败：第 {where} 行", file=sys.stderr)
        return 1 if self.failed else 0

    def _fail(self, number: int, message: str) -> None:
        self.failed.append(number)
        print(f"caizhi: {self.source} 第 {number} 行：{' '.join(message.split())}", file=sys.stderr)

    def _lines(self) -> list[tuple[int, str]]:
        """The lines that hold something, with their numbers from 1."""
        try:
            text = self.source.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"读不到批量文件 {self.source}：{error}") from error
        # Not splitlines: JSON text may hold U+2028 and the like unescaped.
        return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]

    def _open_target(self) -> IO[bytes]:
        try:
            return self.target.open("wb")
        except OSError as error:
            raise UsageError(f"写不了输出文件 {self.target}：{error}") from error


def batch_files(batch: Path | None, out: Path | None, *, alone: bool) -> tuple[Path, Path] | None:
    """The pair of --batch and --out, or None when neither is given. `alone`: nothing was asked besides.

    Raises:
        UsageError: one without the other, a question beside them, nothing at all, no such file, or both are one file.
    """
    if batch is None and out is None:
        if alone:
            raise UsageError("没有要处理的内容：请给出文字，或用 --batch 输入文件 --out 输出文件")
        return None
    if batch is None or out is None:
        raise UsageError("--batch 与 --out 要一起给出")
    if not alone:
        raise UsageError("--batch 处理文件里的内容，不能同时再给文字")
    if not batch.is_file():
        raise UsageError(f"没有批量文件 {batch}")
    if out.exists() and batch.samefile(out):
        raise UsageError("--batch 与 --out 是同一个文件")
    return batch, out


def text_of(row: Row, key: str) -> str:
    """A text of a row.

    Raises:
        UsageError: it is missing, empty or no text.
    """
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"“{key}”应为非空文字")
    return value


def optional_text_of(row: Row, key: str) -> str | None:
    """A text of a row, or None where there is none.

    Raises:
        UsageError: it is something else.
    """
    return None if row.get(key) in (None, "") else text_of(row, key)


def _row(line: str, record: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"不是 JSON：{error}") from error
    if not isinstance(row, dict):
        raise UsageError("应为一个 JSON 对象")
    return {**row, "id": row.get("id", str(record))}


def _progress(lines: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines, with a bar on a terminal."""
    if not sys.stderr.isatty():
        yield from lines
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(lines, description="批量", console=Console(stderr=True), transient=True)
