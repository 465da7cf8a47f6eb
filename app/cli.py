"""The command line: which commands there are, and how a run ends. One line for every failure, a traceback only on request.

Exit codes: 0 an answer or a refusal, 2 wrong usage, 1 a failure (see data.errors.ERROR_TABLE), 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from app.commands.ask import ask
from app.commands.chat import chat
from app.commands.docs import docs
from app.commands.doctor import doctor
from app.commands.entities import entities
from app.commands.evaluate import evaluate
from app.commands.figures import figures
from app.commands.ingest import ingest
from app.commands.invocation import Invocation
from app.commands.models import models
from app.commands.report import report
from app.commands.schema import schema
from app.commands.search import search
from app.commands.train import train
from app.commands.train_data import train_data
from app.commands.train_estimate import config as train_config
from app.commands.train_estimate import estimate
from app.commands.workshop import workshop
from data.errors import CaizhiError, UsageError, mapping_for

PROGRAM = "caizhi"
_DEBUG = "--debug"
_HELP = {"help_option_names": ["-h", "--help"]}

cli = typer.Typer(
    help="小京财智：银行财报分析助手。每个数字都有出处，否则不给。", rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False,
    context_settings=_HELP,
)  # fmt: skip
cli.command()(ask)
cli.command()(chat)
cli.command()(report)
cli.command()(ingest)
cli.command()(figures)
cli.command()(search)
cli.command()(entities)
cli.add_typer(docs, name="docs")
cli.command()(doctor)
cli.add_typer(train, name="train")
cli.add_typer(evaluate, name="evaluate")
cli.add_typer(models, name="models")
train.add_typer(train_data, name="data")
train.command("estimate")(estimate)
train.add_typer(train_config, name="config")
train.command("workshop")(workshop)
cli.command(hidden=True)(schema)


@cli.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="显示版本号并退出")] = False,
    debug: Annotated[bool, typer.Option(_DEBUG, help="出错时显示完整的调用栈（可写在任何位置）")] = False,
) -> None:
    """What runs before every command."""
    if version:
        from app import __version__

        print(f"{PROGRAM} {__version__}")
        raise typer.Exit(0)
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    invocation = Invocation(debug_flag=_asks_for_debug(words))
    try:
        code = _run(words, invocation)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has gone; a second flush at exit must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _end("已中断", 130, invocation)
    except typer.TyperException as error:
        return _end(f"{error.format_message()}（用法见 {PROGRAM} --help）", error.exit_code, invocation)
    except CaizhiError as error:
        return _end(str(error), mapping_for(error).exit_code, invocation)
    except Exception as error:  # noqa: BLE001 - the edge: whatever it was, the user gets one line
        return _end(f"程序内部错误 {type(error).__name__}：{error}（加 {_DEBUG} 查看调用栈）", 1, invocation)
    return code


def _run(words: list[str], invocation: Invocation) -> int:
    """Run the command that the words name; its exit code.

    Raises:
        UsageError: a word is not text.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    for number, word in enumerate(words, start=1):
        if not word.isprintable() and _broken(word):
            raise UsageError(f"第 {number} 个参数不是有效的 UTF-8 文本")
    arguments = [word for word in words if word != _DEBUG] if invocation.debug_flag else words
    result = cli(args=arguments, prog_name=PROGRAM, standalone_mode=False, obj=invocation)
    return result if isinstance(result, int) else 0


def _asks_for_debug(words: list[str]) -> bool:
    """Whether --debug stands among the options, wherever that is; what follows -- is text."""
    options = words[: words.index("--")] if "--" in words else words
    return _DEBUG in options


def _broken(word: str) -> bool:
    """Whether a word holds bytes that are no UTF-8 (Python keeps them as lone surrogates)."""
    return any("\ud800" <= character <= "\udfff" for character in word)


def _end(message: str, code: int, invocation: Invocation) -> int:
    """Say in one line how the run ended; with --debug, show the way there."""
    if invocation.debug:
        import traceback

        traceback.print_exc()
    print(f"{PROGRAM}: {' '.join(message.split())}", file=sys.stderr)
    return code
