"""Shadow mode: the challenger is asked, stored and never shown; its slowness and its errors are nobody's."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from finetune.release.shadow import Shadow


def test_only_the_champion_is_shown_and_the_difference_is_stored(tmp_path: Path) -> None:
    with Shadow(tmp_path / "s.db", lambda prompt: f"甲{prompt}", lambda prompt: "乙" if prompt == "2" else f"甲{prompt}", lambda _, answer: answer != "乙") as shadow:
        assert [shadow.answer("t", prompt) for prompt in ("1", "2", "3")] == ["甲1", "甲2", "甲3"]
    again = Shadow(tmp_path / "s.db", str, str)
    report, found = again.report(), again.differences()
    again.close()
    assert (report.turns, report.same, report.better, report.worse, report.errors, report.skipped) == (3, 2, 0, 1, 0, 0)
    assert [(each.prompt, each.shown, each.hidden, each.shown_passes, each.hidden_passes) for each in found] == [("2", "甲2", "乙", True, False)]
    assert "仅现役通过审核 1" in report.sentence


def test_a_challenger_that_raises_is_a_word_in_the_record(tmp_path: Path) -> None:
    def broken(prompt: str) -> str:
        raise ZeroDivisionError("x / 0")

    with Shadow(tmp_path / "s.db", str.upper, broken, lambda _, __: True) as shadow:
        assert [shadow.answer("t", "a"), shadow.answer("t", "b")] == ["A", "B"]
    again = Shadow(tmp_path / "s.db", str, str)
    found, report = again.differences(), again.report()
    again.close()
    assert found[0].error == "ZeroDivisionError: x / 0" and found[0].hidden_passes is None and found[0].hidden == ""
    assert (report.errors, report.better, report.worse) == (2, 0, 0)


def test_a_champion_that_raises_is_the_caller_s_affair(tmp_path: Path) -> None:
    def broken(prompt: str) -> str:
        raise ValueError("no")

    with Shadow(tmp_path / "s.db", broken, str) as shadow:
        with pytest.raises(ValueError, match="no"):
            shadow.answer("t", "a")
        assert shadow.report().turns == 0


def test_a_slow_challenger_delays_nobody_and_a_full_queue_is_counted(tmp_path: Path) -> None:
    gate = threading.Event()

    def slow(prompt: str) -> str:
        gate.wait(10)
        return prompt

    with Shadow(tmp_path / "s.db", str, slow, queue=2) as shadow:
        began = time.perf_counter()
        for number in range(5):
            assert shadow.answer("t", str(number)) == str(number)
        assert time.perf_counter() - began < 5
        gate.set()
    again = Shadow(tmp_path / "s.db", str, str)
    report = again.report()
    again.close()
    assert (report.turns, report.same, report.skipped, report.better) == (2, 2, 3, 0)
