"""The general-ability regression set: what a model should still do after fine-tuning, on base and adapter alike.

Five kinds: instruction (a form that is asked for), copying, refusing (a number is missing), references (none invented, the right
row taken) and language (Chinese, no endless loop).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from data.banks import bank_registry
from data.catalogue_files import read_yaml_list
from data.errors import TrainingError
from data.figures import Figure
from data.periods import Period
from data.units import Quantity
from finetune.evaluation.cases import REFUSAL, Generator, Prompter
from finetune.evaluation.statistics import Rate, rate_of
from tools.factsheet import FactSheet
from tools.local_model.prompt import compact_prompt

FILE = Path(__file__).parents[1] / "configs" / "evaluation" / "regression.yaml"
KIND_NAMES = {
    "instruction": "按要求的格式回答", "copying": "原样抄写", "refusing": "缺数时不编造", "references": "引用正确、不虚构",
    "language": "语言",
}  # fmt: skip
_CHECKS = frozenset(("contains", "absent", "matches", "lines", "keys", "chinese", "longest", "shortest", "refuses", "needs", "only", "loops"))
_FIGURE_ID = re.compile(r"\bf\d+\b")
_LOOP = re.compile(r"(.{4,40}?)\1{3,}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RegressionTask:
    """One task: a prompt, or a question over figures; checks by name."""

    id: str
    kind: str
    prompt: str
    checks: Mapping[str, Any]
    sheet: FactSheet | None = None

    def shown(self, prompter: Prompter) -> str:
        """The prompt as the model gets it."""
        return prompter(self.sheet, self.prompt) if self.sheet is not None else self.prompt


@dataclass(frozen=True)
class RegressionReport:
    """passed: overall; kinds: kind → rate; verdicts and outputs by task id."""

    passed: Rate
    kinds: dict[str, Rate]
    verdicts: dict[str, bool] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Plain values."""
        kinds = {kind: rate.to_dict() for kind, rate in self.kinds.items()}
        return {"passed": self.passed.to_dict(), "kinds": kinds, "verdicts": self.verdicts, "outputs": self.outputs}


@lru_cache(maxsize=4)
def regression_tasks(path: Path = FILE) -> tuple[RegressionTask, ...]:
    """The tasks of a file.

    Raises:
        TrainingError: an entry lacks a field, names an unknown check, or stands twice.
    """
    tasks = tuple(_task(entry, path.name) for entry in read_yaml_list(path))
    if len({task.id for task in tasks}) < len(tasks):
        raise TrainingError(f"{path.name} 里有重复的任务编号")
    return tasks


def evaluate_regression(generate: Generator, tasks: Sequence[RegressionTask] | None = None, prompter: Prompter = compact_prompt) -> RegressionReport:
    """Ask every task in one call and check the answers."""
    chosen = list(regression_tasks() if tasks is None else tasks)
    outputs = list(generate([task.shown(prompter) for task in chosen]))
    if len(outputs) != len(chosen):
        raise TrainingError(f"模型对 {len(chosen)} 个提示返回了 {len(outputs)} 个结果")
    verdicts = {task.id: passes(task, output) for task, output in zip(chosen, outputs, strict=True)}
    kinds = {kind: rate_of([verdicts[task.id] for task in chosen if task.kind == kind]) for kind in dict.fromkeys(task.kind for task in chosen)}
    said = {task.id: output for task, output in zip(chosen, outputs, strict=True)}
    return RegressionReport(rate_of(list(verdicts.values())), kinds, verdicts, said)


def passes(task: RegressionTask, output: str) -> bool:
    """Whether an answer passes every check of its task; an empty one passes none."""
    text = output.strip()
    return bool(text) and all(_holds(name, wanted, text) for name, wanted in task.checks.items())


def _holds(name: str, wanted: Any, text: str) -> bool:
    match name:
        case "contains":
            return all(word in text for word in wanted)
        case "absent":
            return not any(word in text for word in wanted)
        case "matches":
            return re.fullmatch(str(wanted), text) is not None
        case "lines":
            return len([line for line in text.splitlines() if line.strip()]) == int(wanted)
        case "keys":
            return _keys(text) == set(wanted)
        case "chinese":
            return _chinese(text) >= float(wanted)
        case "longest":
            return len(text) <= int(wanted)
        case "shortest":
            return len(text) >= int(wanted)
        case "refuses":
            return (bool(REFUSAL.search(text)) and "[Calculator(" not in text) is bool(wanted)
        case "needs":
            return set(wanted) <= set(_FIGURE_ID.findall(text))
        case "only":
            return set(_FIGURE_ID.findall(text)) <= set(wanted)
        case _:
            return bool(_LOOP.search(text)) is bool(wanted)


def _keys(text: str) -> set[str]:
    try:
        value = json.loads(text)
    except ValueError:
        return set()
    return set(value) if isinstance(value, dict) else set()


def _chinese(text: str) -> float:
    letters = [character for character in text if character.isalpha()]
    return sum("\u4e00" <= character <= "\u9fff" for character in letters) / len(letters) if letters else 0.0


def _task(entry: Mapping[str, Any], file: str) -> RegressionTask:
    try:
        prompt = str(entry.get("question") or entry["prompt"])
        sheet = _sheet(entry["figures"]) if "figures" in entry else None
        checks = dict(entry["checks"])
        kind = str(entry["kind"])
    except KeyError as error:
        raise TrainingError(f"{file} 的任务 {entry.get('id', '?')} 缺少 {error}") from error
    if not checks or (unknown := set(checks) - _CHECKS) or kind not in KIND_NAMES:
        raise TrainingError(f"{file} 的任务 {entry.get('id', '?')} 有不认识的检查或类别：{'、'.join(sorted(unknown) if checks else []) or kind}")
    return RegressionTask(str(entry["id"]), kind, prompt, checks, sheet)


def _sheet(figures: Sequence[Mapping[str, Any]]) -> FactSheet:
    sheet = FactSheet()
    for entry in figures:
        bank = bank_registry().by_name(entry["bank"])
        sheet.add(Figure(
            entity=entry["bank"], entity_id=bank.id if bank else "", indicator=entry["indicator"], indicator_id=entry["id"],
            period=Period.parse(entry["period"]), quantity=Quantity.of(entry["value"], entry["unit"]), point=bool(entry.get("point")),
        ))  # fmt: skip
    return sheet
