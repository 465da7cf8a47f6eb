"""`caizhi chat`: a conversation in one thread, with the steps as they happen and every source a word away."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from app.commands.invocation import Invocation
from app.render import figure_card, place, show_answer, show_dim, show_step, source_card, sources_of
from data.errors import CaizhiError

if TYPE_CHECKING:
    from pathlib import Path

    from app.assistant import Assistant

_PROMPT = "财智> "
_FIGURE = re.compile(r"f[1-9]\d*")
_MARK = re.compile(r"\[([1-9]\d*)\]|([1-9]\d?)")
_HELP = """直接输入问题，可以接着上一问追问（“2022年呢”“和招行比”）。
  [1]、f3      出处 [1] 或数据 f3 的详情
  /sources     上一个回答的全部出处
  /new         开始新会话
  /thread [ID] 显示会话编号，或转到另一个会话
  /help        这份说明
  /quit        退出（或 Ctrl-D）"""


def chat(
    context: typer.Context,
    thread: Annotated[str | None, typer.Option(help="接着哪个会话；不给则新开一个")] = None,
    collection: Annotated[str | None, typer.Option(help="只用这个资料集")] = None,
) -> int:
    """多轮对话"""
    invocation = Invocation.of(context)
    with invocation.assistant() as assistant:
        talk = Talk(assistant, thread or _new_thread(), collection, debug=invocation.debug)
        read = _terminal_reader(invocation.settings.home / "chat_history") if sys.stdin.isatty() else _piped_reader
        if sys.stdin.isatty():
            show_dim("小京财智。问银行财报的问题；/help 看用法，Ctrl-D 退出。")
        return talk.run(read)


@dataclass
class Talk:
    """A conversation: its thread, and the last result, whose sources can be looked at. failed: questions that no answer came to."""

    assistant: Assistant
    thread: str
    collection: str | None = None
    debug: bool = False
    last: dict[str, Any] | None = None
    failed: int = field(default=0, init=False)

    def run(self, read: Callable[[], str]) -> int:
        """Talk until /quit or the end of the input; 1 when a question failed."""
        while True:
            try:
                line = read().strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                break
            if line == "/quit":
                break
            if line:
                self._guarded(line)
        return 1 if self.failed else 0

    def _guarded(self, line: str) -> None:
        """One line; a failure costs that line only."""
        try:
            self.handle(line)
        except KeyboardInterrupt:
            show_dim("已中断这一问", sys.stderr)
        except CaizhiError as error:
            self._fail(str(error))
        except Exception as error:  # noqa: BLE001 - the edge: the conversation outlives one broken question
            if self.debug:
                traceback.print_exc()
            self._fail(f"程序内部错误 {type(error).__name__}：{error}（加 --debug 查看调用栈）")

    def _fail(self, message: str) -> None:
        self.failed += 1
        print(f"caizhi: {' '.join(message.split())}", file=sys.stderr)

    def handle(self, line: str) -> None:
        """A command, a look at a source, or a question."""
        word, _, rest = line.partition(" ")
        if line.startswith("/"):
            command = COMMANDS.get(word)
            print(command(self, rest.strip()) if command else f"没有命令 {word}；/help 列出命令")
            return
        card = self._card(line)
        if card is not None:
            print(card)
            return
        self.last = self.assistant.ask(line, thread_id=self.thread, collection=self.collection, on_event=show_step)
        show_answer(self.last, steps_shown=True)

    def _card(self, line: str) -> str | None:
        """The card that a line asks for; None for a question. A bare number is a mark only where the last answer has it."""
        figures = self.last["figures"] if self.last else []
        if _FIGURE.fullmatch(line):
            found = next((figure for figure in figures if figure["id"] == line), None)
            return figure_card(found, figures) if found else f"上一个回答里没有 {line}"
        if match := _MARK.fullmatch(line):
            return source_card(int(match[1] or match[2]), figures) or (f"上一个回答里没有出处 {line}" if match[1] else None)
        return None

    def sources(self, _: str) -> str:
        """Every place that the last answer's figures were read at."""
        sources = sources_of(self.last["figures"]) if self.last else []
        lines = [f"[{number}] {place(evidence)}：{'、'.join(figure['id'] for figure in read)}" for number, (evidence, read) in enumerate(sources, 1)]
        return "\n".join(lines) or "还没有带出处的回答"

    def new(self, _: str) -> str:
        """Leave the thread for a fresh one."""
        self.thread, self.last = _new_thread(), None
        return f"新会话 {self.thread}"

    def go(self, thread: str) -> str:
        """Tell the thread, or go to another one."""
        if thread:
            self.thread, self.last = thread, None
        return f"会话 {self.thread}"

    def help(self, _: str) -> str:
        """What can be typed."""
        return _HELP


COMMANDS: Mapping[str, Callable[[Talk, str], str]] = {"/sources": Talk.sources, "/new": Talk.new, "/thread": Talk.go, "/help": Talk.help}


def _new_thread() -> str:
    return uuid4().hex[:12]


def _terminal_reader(history: Path) -> Callable[[], str]:
    """Lines with editing and a history that outlives the session."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory

    session: PromptSession[str] = PromptSession(history=FileHistory(str(history)))
    return lambda: session.prompt(_PROMPT)


def _piped_reader() -> str:
    """Lines from a pipe, echoed, so that what is printed reads as a conversation."""
    line = input()
    print(f"\n{_PROMPT}{line}", flush=True)
    return line
