"""A frozen held-out set: exercises written to a file once, with their identity, so that every version meets the same questions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from data.errors import PeriodError, TrainingError, UnitError
from data.evidence import Evidence
from data.figures import Figure, FigureKind, Gaap, Scope
from data.periods import Period
from data.units import Quantity
from finetune.rows.formats import read_rows
from finetune.rows.json_stream import read_objects
from finetune.rows.record import Exercise, Row
from tools.factsheet import FactSheet

EXERCISE = "exercise"
_WORDS = ("entity", "entity_id", "indicator", "indicator_id", "id", "note", "operation", "counterpart")
_TEXTS = ("kind", "family", "ask", "tell", "instruction", "template", "bank", "as_of", "formula", "program", "digits")


def freeze(exercises: Iterable[Exercise], path: Path) -> str:
    """Write exercises as JSON lines; the set's SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({EXERCISE: exercise_to_dict(exercise)}, ensure_ascii=False, sort_keys=True) for exercise in exercises]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return sha256(path.read_bytes()).hexdigest()


def read_items(path: Path, limit: int = 0) -> list[Exercise | Row]:
    """Exercises of a frozen file, or rows of a data file in any form; a row that carries its exercise in meta becomes that.

    Raises:
        TrainingError: the file cannot be read, is empty, or a line is neither.
    """
    items: list[Exercise | Row] = []
    if _is_frozen(path):
        for line, value in read_objects(path):
            items.append(exercise_of_dict(value.get(EXERCISE, {}) if isinstance(value, dict) else {}, f"{path.name} 第 {line} 行"))
            if limit and len(items) >= limit:
                break
    else:
        for row in read_rows(path):
            held = row.meta.get(EXERCISE)
            items.append(exercise_of_dict(held, f"{path.name} 的 {row.id}") if isinstance(held, dict) else row)
            if limit and len(items) >= limit:
                break
    if not items:
        raise TrainingError(f"{path.name} 中没有可以评估的题目")
    return items


def identity(items: Sequence[Exercise | Row]) -> str:
    """SHA-256 over the questions and answers: two evaluations compare only where this is the same."""
    digest = sha256()
    for item in items:
        record = exercise_to_dict(item) if isinstance(item, Exercise) else item.to_dict()
        digest.update(json.dumps(record, ensure_ascii=False, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def exercise_to_dict(exercise: Exercise) -> dict[str, Any]:
    """An exercise as plain JSON values; numbers are decimal text, exact to their last digit."""
    figures = [_figure_to_dict(figure) for figure in exercise.sheet]
    return {name: getattr(exercise, name) for name in _TEXTS} | {"figures": figures, "answers": list(exercise.sheet.answers)}


def exercise_of_dict(record: Mapping[str, Any], where: str = "题目") -> Exercise:
    """The exercise of `exercise_to_dict`.

    Raises:
        TrainingError: a field is missing or malformed.
    """
    try:
        sheet = FactSheet([_figure_of_dict(entry) for entry in record["figures"]], list(record["answers"]))
        return Exercise(sheet=sheet, **{name: record[name] for name in _TEXTS})
    except (KeyError, TypeError, ValueError, UnitError, PeriodError) as error:
        raise TrainingError(f"{where}不是完整的题目：{type(error).__name__} {error}") from error


def _figure_to_dict(figure: Figure) -> dict[str, Any]:
    words = {name: value for name in _WORDS if (value := getattr(figure, name))}
    return words | {
        "period": str(figure.period), "value": f"{figure.quantity.value:f}", "unit": figure.quantity.unit.symbol, "scope": figure.scope.value,
        "kind": figure.kind.value, "gaap": figure.gaap.value, "point": figure.point, "formula": figure.formula, "inputs": list(figure.inputs),
        "base_period": str(figure.base_period) if figure.base_period else None, "evidence": [item.to_dict() for item in figure.evidence],
    }  # fmt: skip


def _figure_of_dict(entry: Mapping[str, Any]) -> Figure:
    words: dict[str, Any] = {name: str(entry.get(name, "")) for name in _WORDS}
    return Figure(
        **words, period=Period.parse(entry["period"]), quantity=Quantity.of(entry["value"], entry["unit"]), scope=Scope(entry["scope"]),
        kind=FigureKind(entry["kind"]), gaap=Gaap(entry["gaap"]), point=bool(entry["point"]), formula=entry["formula"],
        inputs=list(entry["inputs"]), base_period=Period.parse(entry["base_period"]) if entry["base_period"] else None,
        evidence=[Evidence(**{**item, "box": tuple(item["box"]) if item.get("box") else None}) for item in entry.get("evidence", ())],
    )  # fmt: skip


def _is_frozen(path: Path) -> bool:
    """Whether the first object of a file is a frozen exercise.

    Raises:
        TrainingError: the file cannot be read.
    """
    first = next(iter(read_objects(path)), None)
    return first is not None and isinstance(first[1], dict) and EXERCISE in first[1]
