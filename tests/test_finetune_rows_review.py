"""The terminal review: verdicts, editing, going on after an interruption, a torn line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data.errors import TrainingError
from finetune.rows.record import Row
from finetune.rows.review import MENU, review


def row(number: int, answer: str = "不良率为1%。") -> Row:
    return Row([{"role": "user", "content": f"第{number}家银行的不良率是多少？"}, {"role": "assistant", "content": answer}], {"id": f"r{number}", "family": "ratio"})


ROWS = [row(number) for number in range(1, 6)]


class Reviewer:
    """Answers from a list; the terminal is gone (end of input) when it is used up."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.shown: list[str] = []
        self.asked: list[str] = []

    def ask(self, prompt: str) -> str:
        self.asked.append(prompt)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)

    @property
    def show(self) -> Callable[[str], None]:
        return self.shown.append


def test_rows_are_accepted_edited_rejected_and_skipped() -> None:
    person = Reviewer("a", "e", "", "不良率为1.00%。", "r", "问题含糊", "s", "通过")
    report = review(ROWS, person.ask, person.show)
    assert [(item.id, item.completion, item.meta["reviewed"]) for item in report.rows] == [
        ("r1", "不良率为1%。", "accept"), ("r2", "不良率为1.00%。", "edit"), ("r5", "不良率为1%。", "accept"),
    ]  # fmt: skip
    assert report.rejected == [("r3", "问题含糊")] and (report.edited, report.skipped, report.left, report.resumed) == (1, 1, 0, 0)
    assert person.shown[0] == "── 1/5  r1  family=ratio\n问：第1家银行的不良率是多少？\n答：不良率为1%。"
    assert ROWS[1].completion == "不良率为1%。", "the rows given stay as they are"


def test_an_unknown_command_and_an_unfit_edit_are_asked_again() -> None:
    person = Reviewer("x", "e", "", "不良率为{f3}。", "e", "", "", "q")
    report = review(ROWS[:2], person.ask, person.show)
    assert "请输入" in person.shown[1] and "unfilled_reference" in person.shown[2]
    assert [(item.id, item.meta["reviewed"]) for item in report.rows] == [("r1", "accept")], "an edit that changes nothing is an acceptance"
    assert report.left == 1 and person.asked.count(MENU) == 4


def test_a_session_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "decisions.jsonl"
    first = Reviewer("a", "r", "重复")
    stopped = review(ROWS, first.ask, first.show, decisions=path)
    assert (len(stopped.rows), len(stopped.rejected), stopped.left) == (1, 1, 3)
    second = Reviewer("a", "q")
    again = review(ROWS, second.ask, second.show, decisions=path)
    assert (again.resumed, len(again.rows), again.rejected, again.left) == (2, 2, [("r2", "重复")], 2) and len(second.shown) == 2
    third = Reviewer("s", "a")
    last = review(ROWS, third.ask, third.show, decisions=path)
    assert [item.id for item in last.rows] == ["r1", "r3", "r5"] and last.skipped == 1
    assert third.shown[0].startswith("── 4/5")


def test_a_changed_row_is_shown_again(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    review(ROWS[:1], Reviewer("a").ask, print, decisions=path)
    person = Reviewer("r", "错了")
    assert review([row(1, "不良率为2%。")], person.ask, person.show, decisions=path).rejected == [("r1", "错了")]


def test_a_line_torn_by_a_crash_is_forgotten_and_a_foreign_file_refused(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    review(ROWS[:2], Reviewer("a", "a").ask, Reviewer().show, decisions=path)
    path.write_bytes(path.read_bytes()[:-20])
    person = Reviewer("r", "再看")
    report = review(ROWS[:2], person.ask, person.show, decisions=path)
    assert (report.resumed, report.rejected) == (1, [("r2", "再看")]) and len(path.read_text(encoding="utf-8").splitlines()) == 2
    path.write_text("招商银行\n", encoding="utf-8")
    with pytest.raises(TrainingError, match="第 1 行不是 JSON"):
        review(ROWS, Reviewer().ask, Reviewer().show, decisions=path)
    path.write_text('{"row_id": "r1"}\n', encoding="utf-8")
    with pytest.raises(TrainingError, match="不是审核记录"):
        review(ROWS, Reviewer().ask, Reviewer().show, decisions=path)
