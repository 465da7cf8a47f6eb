"""`caizhi report`: a report over the ledger, written to a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.commands.invocation import Invocation
from app.render import step_printer
from data.errors import UsageError

FORMATS = ("md", "html")


def report(
    context: typer.Context,
    request: Annotated[str, typer.Argument(help="要什么报告，例如：写一份招商银行2023年资产质量分析报告")],
    fmt: Annotated[str | None, typer.Option("--format", help="格式：md 或 html；不给则看文件后缀，再不然 md")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写到哪个文件；不给则写到标准输出")] = None,
    thread: Annotated[str | None, typer.Option(help="接着哪个会话写")] = None,
) -> int:
    """写一份报告"""
    chosen = _format(fmt, output)
    if not request.strip():
        raise UsageError("没有说要什么报告")
    if output is not None and not output.parent.is_dir():
        raise UsageError(f"文件夹 {output.parent} 不存在")
    with Invocation.of(context).assistant() as assistant:
        text = assistant.report(request, chosen, thread_id=thread, on_event=step_printer(sys.stderr))
    if output is None:
        print(text)
        return 0
    _write(output, text)
    print(f"已写入 {output}")
    return 0


def _format(fmt: str | None, output: Path | None) -> str:
    """The format asked for, else the file's suffix, else Markdown.

    Raises:
        UsageError: this release does not write that format.
    """
    suffix = output.suffix.lstrip(".").lower() if output is not None else ""
    chosen = (fmt or suffix or FORMATS[0]).lower()
    if chosen not in FORMATS:
        raise UsageError(f"本版报告只有 {' 和 '.join(FORMATS)} 格式，没有“{chosen}”")
    return chosen


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        UsageError: it cannot be written there.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"写不了文件 {path}：{error.strerror}") from error
