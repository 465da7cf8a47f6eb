"""What people see: steps for every event, source marks that agree with the answer, cards, and the terminal's own look."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from agents.events import EVENTS, Audited, Planned, Refused
from app.assistant import Assistant
from app.render import figure_card, show_answer, show_dim, show_markdown, show_table, source_card, sources_of, step, step_printer


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def attribution(assistant: Assistant) -> dict[str, Any]:
    return assistant.ask("招商银行2024年净利润为什么变化？")


@pytest.mark.parametrize("kind", EVENTS)
def test_every_kind_of_event_has_its_line(kind: str) -> None:
    line = step(EVENTS[kind](elapsed_ms=12))
    assert line is not None and line.startswith("· ") and "12 ms" in line


def test_steps_tell_what_they_carry() -> None:
    assert "招商银行 2023年末（假设：按集团口径）" in str(step(Planned(1, "招商银行 2023年末", "lookup", ["按集团口径"])))
    assert "未通过，数字 {3} 没有出处" in str(step(Audited(1, ok=False, problems=["数字 {3} 没有出处"])))
    assert "missing_period" in str(step(Refused(1, "missing_period", "没有")))


def test_the_marks_of_the_answer_are_those_of_the_sources(attribution: dict[str, Any]) -> None:
    printed = dict(re.findall(r"^\[(\d+)\] (.+)$", attribution["answer"].partition("来源：")[2], re.MULTILINE))
    sources = sources_of(attribution["figures"])
    assert printed
    for mark, words in printed.items():
        evidence = sources[int(mark) - 1][0]
        assert words.startswith(evidence["document"]) and f"第{evidence['page']}页" in words


def test_a_mark_leads_to_the_figures_read_there(attribution: dict[str, Any]) -> None:
    card = source_card(1, attribution["figures"])
    assert card is not None and card.startswith("[1] 招商银行2024年年度报告")
    assert all(f"{figure['id']}｜" in card for figure in sources_of(attribution["figures"])[0][1])
    assert source_card(0, attribution["figures"]) is None and source_card(99, attribution["figures"]) is None


def test_a_computed_figure_shows_its_formula_and_inputs(attribution: dict[str, Any]) -> None:
    figures = attribution["figures"]
    computed = next(figure for figure in figures if figure["inputs"])
    card = figure_card(computed, figures)
    assert f"公式：{computed['formula']}" in card and "类型：变动" in card
    assert all(f"由 {key}：" in card for key in computed["inputs"])
    reported = next(figure for figure in figures if figure["kind"] == "reported")
    assert "出处：招商银行2024年年度报告" in figure_card(reported, figures) and "原文：" in figure_card(reported, figures)


def test_off_a_terminal_everything_is_plain(attribution: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    show_answer(attribution)
    show_table(("甲", "乙"), [("1\t2", "3\n4")])
    show_dim("旁注")
    told = capsys.readouterr().out
    assert "\x1b" not in told and attribution["answer"] in told
    assert told.splitlines()[-3:] == ["甲\t乙", "1 2\t3 4", "旁注"]
    assert step_printer(io.StringIO()) is None


def test_on_a_terminal_tables_are_laid_out_and_sources_keep_their_lines(attribution: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm-256color")
    show_markdown(attribution["answer"])
    told = screen.getvalue()
    assert "| --- |" not in told and "|---|" not in told and "\x1b[" in told
    plain = re.sub(r"\x1b\[[0-9;]*m", "", told)
    assert re.search(r"^\[1\] 招商银行2024年年度报告，第\d+页$", plain, re.MULTILINE)


def test_steps_are_printed_dimmed_as_they_happen() -> None:
    screen = Terminal()
    print_step = step_printer(screen)
    assert print_step is not None
    print_step(Planned(3, "招商银行", "lookup", []))
    assert screen.getvalue() == "\x1b[2m· 理解：招商银行（3 ms）\x1b[0m\n"
