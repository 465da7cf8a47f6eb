"""A review in the terminal for small sets: accept, edit or reject row by row; every decision is on disk before the next row is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from data.errors import TrainingError
from finetune.rows.annotate import Decision, Verdict, asked_of, decided, fingerprint
from finetune.rows.quality import fault
from finetune.rows.record import Row

Ask = Callable[[str], str]
Show = Callable[[str], None]
MENU = "[a]通过 [e]修改 [r]拒绝 [s]跳过 [q]结束："
_COMMANDS = {
    "a": "accept", "": "accept", "通过": "accept", "e": "edit", "修改": "edit", "r": "reject", "拒绝": "reject", "s": "skip", "跳过": "skip",
    "q": "quit", "结束": "quit",
}  # fmt: skip
_META = ("family", "template", "source", "answer", "unit")


class _Stopped(Exception):
    """The reviewer has had enough, or the terminal is gone."""


@dataclass(slots=True)
class ReviewReport:
    """The rows that stay, in order (edited ones as edited), (id, reason) of the rejected, and how many decisions were of earlier sessions."""

    rows: list[Row] = field(default_factory=list)
    rejected: list[tuple[str, str]] = field(default_factory=list)
    edited: int = 0
    skipped: int = 0
    resumed: int = 0
    left: int = 0


def review(rows: Iterable[Row], ask: Ask, show: Show, *, decisions: Path | None = None) -> ReviewReport:
    """Show each row and ask for a verdict. decisions: a JSON lines file to which each one is appended, and from which a later session
    goes on; a row that has been changed since is shown again. End of input ends the session, and nothing is lost.

    Raises:
        TrainingError: the decisions file holds something else, or cannot be written.
    """
    report = ReviewReport()
    made = _earlier(decisions)
    waiting = list(rows)
    stopped = False
    for number, row in enumerate(waiting, start=1):
        decision = made.get((row.id, fingerprint(row)))
        if decision is not None:
            report.resumed += 1
        elif not stopped:
            try:
                decision = _judge(row, f"{number}/{len(waiting)}", ask, show)
            except (_Stopped, EOFError, KeyboardInterrupt):
                stopped = True
        if decision is not None:
            _take(report, row, decision)
            if (row.id, decision.fingerprint) not in made:
                _append(decisions, decision)
        else:
            report.left += stopped
            report.skipped += not stopped
    return report


def _take(report: ReviewReport, row: Row, decision: Decision) -> None:
    if decision.verdict == "reject":
        report.rejected.append((row.id, decision.note))
        return
    report.edited += decision.verdict == "edit"
    report.rows.append(decided(row, decision))


def _judge(row: Row, place: str, ask: Ask, show: Show) -> Decision | None:
    """One verdict; None for a row that is skipped."""
    show(_page(row, place))
    while True:
        command = _COMMANDS.get(ask(MENU).strip().lower())
        if command == "quit":
            raise _Stopped
        if command == "skip":
            return None
        if command == "accept":
            return Decision(row.id, "accept", fingerprint(row))
        if command == "reject":
            return Decision(row.id, "reject", fingerprint(row), note=ask("理由：").strip())
        if command == "edit" and (edited := _edited(row, ask, show)) is not None:
            return edited
        if command is None:
            show("请输入 a、e、r、s 或 q。")


def _edited(row: Row, ask: Ask, show: Show) -> Decision | None:
    """The edited row's decision; None where it is unfit, which is told."""
    question = ask("改后的问题（回车不改）：").strip() or asked_of(row)
    answer = ask("改后的回答（回车不改）：").strip() or row.completion
    verdict: Verdict = "accept" if (question, answer) == (asked_of(row), row.completion) else "edit"
    decision = Decision(row.id, verdict, fingerprint(row), *((question, answer) if verdict == "edit" else ("", "")))
    found = fault(decided(row, decision))
    if found is None:
        return decision
    show(f"改后的内容不合格：{found[0]}（{found[1]}）")
    return None


def _page(row: Row, place: str) -> str:
    meta = "  ".join(f"{key}={row.meta[key]}" for key in _META if row.meta.get(key))
    return f"── {place}  {row.id}  {meta}\n问：{asked_of(row)}\n答：{row.completion}"


def _earlier(path: Path | None) -> dict[tuple[str, str], Decision]:
    """The decisions on file, the last one of a row. A line torn by a crash counts for nothing and is taken away."""
    if path is None or not path.exists():
        return {}
    try:
        data = path.read_bytes()
        if not data.endswith(b"\n"):
            data = data[: data.rfind(b"\n") + 1]
            path.write_bytes(data)
        lines = data.decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"无法读取审核记录 {path.name}：{error}") from error
    made: dict[tuple[str, str], Decision] = {}
    for number, line in enumerate(lines, start=1):
        try:
            decision = Decision.of_dict(json.loads(line))
        except ValueError as error:
            raise TrainingError(f"{path.name} 第 {number} 行不是 JSON：{error}") from error
        made[decision.row_id, decision.fingerprint] = decision
    return made


def _append(path: Path | None, decision: Decision) -> None:
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(decision.to_dict(), ensure_ascii=False) + "\n")
    except OSError as error:
        raise TrainingError(f"无法写入审核记录 {path.name}：{error}") from error
