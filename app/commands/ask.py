"""`caizhi ask`: one question, or a file of conversations."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.batch import Batch, Row, batch_files
from app.commands.invocation import Invocation
from app.render import show_answer, step_printer
from data.errors import UsageError

if TYPE_CHECKING:
    from app.assistant import Assistant


def ask(
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(help="问题，例如：招商银行2023年不良率是多少？")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象（见 docs/ask.schema.json）")] = False,
    thread: Annotated[str | None, typer.Option(help="接着哪个会话问；不给则新开一个")] = None,
    collection: Annotated[str | None, typer.Option(help="只用这个资料集")] = None,
    batch: Annotated[Path | None, typer.Option(help='批量输入，每行 {"id","turns":[…]}')] = None,
    out: Annotated[Path | None, typer.Option(help='批量输出，每行 {"id","results":[…]}')] = None,
) -> int:
    """回答一个问题，或批量回答多组对话"""
    invocation = Invocation.of(context)
    files = batch_files(batch, out, alone=question is None)
    if files:
        if as_json or thread is not None:
            raise UsageError("--batch 不能与 --json、--thread 同用：输出总是 JSON，每组对话总是新会话")
        with invocation.assistant() as assistant:
            return Batch(*files, debug=invocation.debug).run(lambda row: {"results": _conversation(assistant, _turns(row), collection)})
    if not (question or "").strip():
        raise UsageError("问题是空的")
    with invocation.assistant() as assistant:
        on_event = None if as_json else step_printer(sys.stderr)
        result = assistant.ask(str(question), thread_id=thread, collection=collection, on_event=on_event)
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        show_answer(result, steps_shown=on_event is not None)
    return 0


def _conversation(assistant: Assistant, turns: list[str], collection: str | None) -> list[dict[str, Any]]:
    """The answers to the turns of one conversation, in a thread of its own."""
    results: list[dict[str, Any]] = []
    thread: str | None = None
    for turn in turns:
        results.append(assistant.ask(turn, thread_id=thread, collection=collection))
        thread = results[-1]["thread_id"]
    return results


def _turns(row: Row) -> list[str]:
    turns = row.get("turns")
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) and turn.strip() for turn in turns):
        raise UsageError("“turns”应为非空的文字列表")
    return turns

