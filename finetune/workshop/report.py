"""What a run of the workshop returns and writes: every step with its outcome, its figures in words, its seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from finetune.workshop.plan import Plan

JSON_FILE, MARKDOWN_FILE = "workshop.json", "workshop.md"


class Outcome(Protocol):
    """What one step came to: a frozen dataclass of plain values."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def line(self) -> str:
        """The step in one Chinese sentence with its figures."""

    @property
    def problems(self) -> Sequence[str]:
        """What is not as it must be; empty where all is well."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. title: as the user reads it."""

    name: str
    title: str
    seconds: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class WorkshopReport:
    """All steps in order. error: why the run ended before its end, "" where it did not."""

    plan: Plan
    steps: Sequence[Step]
    error: str = ""

    @property
    def seconds(self) -> float:
        """Of all steps."""
        return sum(step.seconds for step in self.steps)

    @property
    def problems(self) -> list[str]:
        """What went otherwise than it must."""
        found = [f"{step.title}：{problem}" for step in self.steps for problem in step.outcome.problems]
        return [*found, self.error] if self.error else found

    def outcome(self, name: str) -> Outcome:
        """The outcome of a step.

        Raises:
            KeyError: there is no such step.
        """
        return {step.name: step.outcome for step in self.steps}[name]

    def to_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "ok": not self.problems, "seconds": round(self.seconds, 1), "problems": self.problems, "plan": asdict(self.plan),
            "steps": [
                {"name": step.name, "title": step.title, "seconds": round(step.seconds, 2), "line": step.outcome.line, **figures(step.outcome)}
                for step in self.steps
            ],
        }  # fmt: skip

    def markdown(self) -> str:
        """The report for people."""
        verdict = "全部步骤符合预期。" if not self.problems else "有问题：\n\n" + "\n".join(f"- {problem}" for problem in self.problems)
        lines = [
            "# 工坊：从数据到回滚的一圈", "", f"基座 `{self.plan.base}`，随机种子 {self.plan.seed}，用时 {self.seconds:.0f} 秒。{verdict}", "",
            "| 步骤 | 秒 | 结果 |", "|---|---:|---|",
            *(f"| {step.title} | {step.seconds:.1f} | {step.outcome.line.replace('|', '/')} |" for step in self.steps),
        ]  # fmt: skip
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write workshop.json and workshop.md; the two paths."""
        machine, people = folder / JSON_FILE, folder / MARKDOWN_FILE
        machine.write_text(json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        people.write_text(self.markdown(), encoding="utf-8")
        return machine, people


def figures(outcome: Outcome) -> Mapping[str, Any]:
    """An outcome's fields."""
    return {"figures": asdict(outcome)}
