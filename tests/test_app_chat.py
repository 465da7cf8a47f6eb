"""The chat: carried on in one thread, every source a word away, piped or at a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.assistant import Assistant
from app.commands.chat import COMMANDS, Talk
from data.errors import LedgerError
from tests.conftest import ROOT, CommandLine

NPL = "招商银行2023年不良率是多少？"


@pytest.fixture
def talk(assistant: Assistant) -> Talk:
    talk = Talk(assistant, "t-chat")
    talk.new("")
    return talk


def said(talk: Talk, capsys: pytest.CaptureFixture[str], line: str) -> str:
    talk.handle(line)
    return capsys.readouterr().out


def test_a_piped_conversation(command_line: CommandLine) -> None:
    run = command_line("chat", stdin=f"{NPL}\n2022年呢？\nf1\n/sources\n\n/quit\n从不问到\n")
    assert (run.returncode, run.stderr) == (0, "")
    assert f"财智> {NPL}" in run.stdout and "· 审计：通过" in run.stdout
    assert "0.95%" in run.stdout and "f1｜招商银行 不良贷款率 2022 集团：0.96%" in run.stdout
    assert "从不问到" not in run.stdout and "\x1b" not in run.stdout


def test_the_end_of_the_input_ends_the_conversation(command_line: CommandLine) -> None:
    run = command_line("chat", "--thread", "t-end", stdin="/thread")
    assert run.returncode == 0 and "会话 t-end" in run.stdout


def test_the_first_session_has_an_answer_to_all_but_the_last_question(command_line: CommandLine) -> None:
    """docs/first_session.txt is what `make run` shows."""
    run = command_line("chat", stdin=(ROOT / "docs" / "first_session.txt").read_text(encoding="utf-8"))
    assert run.returncode == 0
    turns = run.stdout.split("财智> ")[1:]
    assert ["拒答" in turn for turn in turns] == [False] * (len(turns) - 1) + [True]
    assert sum("来源：\n[1] " in turn for turn in turns) >= 6
    assert "没有 f1" not in run.stdout and "还没有" not in run.stdout


def test_sources_and_cards_are_those_of_the_last_answer(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    assert "还没有" in said(talk, capsys, "/sources")
    said(talk, capsys, NPL)
    assert said(talk, capsys, "/sources").startswith("[1] 招商银行2024年年度报告，第16页：f1")
    assert "f1｜招商银行 不良贷款率 2023 集团：0.95%" in said(talk, capsys, "[1]")
    assert said(talk, capsys, "1") == said(talk, capsys, "[1]")
    assert "出处：招商银行2024年年度报告，第16页" in said(talk, capsys, "f1")
    assert "没有 f99" in said(talk, capsys, "f99") and "没有出处 [99]" in said(talk, capsys, "[99]")


def test_threads_are_left_and_found_again(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    first = talk.thread
    said(talk, capsys, NPL)
    assert said(talk, capsys, "/new").strip() == f"新会话 {talk.thread}" != f"新会话 {first}"
    assert "还没有" in said(talk, capsys, "/sources")
    said(talk, capsys, f"/thread {first}")
    said(talk, capsys, "2022年呢？")
    assert talk.last is not None and talk.last["slots"]["banks"] == ["招商银行"] and talk.last["thread_id"] == first


def test_the_help_names_every_command(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(talk, capsys, "/help")
    assert all(name in told for name in (*COMMANDS, "/quit"))
    assert "没有命令 /nope" in said(talk, capsys, "/nope now")


def test_a_failure_costs_one_line_and_shows_in_the_exit_code(talk: Talk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failures: Iterator[BaseException] = iter([LedgerError("账本坏了\n两行"), ZeroDivisionError("除以零"), KeyboardInterrupt()])

    def ask(*_: object, **__: object) -> None:
        raise next(failures)

    monkeypatch.setattr(Assistant, "ask", ask)
    lines = iter(["一", "二", "三", "/thread"])

    def read() -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    assert talk.run(read) == 1
    told = capsys.readouterr()
    errors = told.err.splitlines()
    assert errors[0] == "caizhi: 账本坏了 两行" and "ZeroDivisionError" in errors[1] and "已中断" in errors[2] and len(errors) == 3
    assert told.out == f"会话 {talk.thread}\n"


def test_at_a_terminal_lines_are_edited_and_remembered(tmp_path: Path) -> None:
    """A real pseudo-terminal: the prompt comes, a question is answered, and the history outlives the session."""
    ours, theirs = pty.openpty()
    environment = CommandLine(tmp_path).environment(TERM="xterm-256color", COLUMNS="120", LINES="40")
    command = [sys.executable, "-m", "app", "chat"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=ROOT) as process:
        os.close(theirs)
        try:
            seen = screen_until(ours, "财智>")
            os.write(ours, f"{NPL}\r".encode())
            seen += screen_until(ours, "还可以问")
            os.write(ours, b"/quit\r")
            # The terminal must be read to its end, else the process could wait for it for ever.
            screen_until(ours, None)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
            os.close(ours)
    assert "0.95%" in seen and "\x1b[2m· 理解" in seen
    assert NPL in (tmp_path / "chat_history").read_text(encoding="utf-8")


def screen_until(terminal: int, words: str | None, seconds: float = 30) -> str:
    """What the terminal shows until the words come (None: until it closes)."""
    seen, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux reports a closed terminal as EIO
            piece = b""
        seen += piece
        if not piece or (words is not None and words in seen.decode(errors="ignore")):
            return seen.decode(errors="ignore")
    raise AssertionError(f"the terminal never showed {words!r}: {seen.decode(errors='ignore')[-2000:]}")
