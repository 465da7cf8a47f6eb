"""The frozen held-out set: written once, read back the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.errors import TrainingError
from finetune.evaluation.cases import case_of_exercise
from finetune.evaluation.frozen import EXERCISE, exercise_of_dict, exercise_to_dict, freeze, identity, read_items
from finetune.rows.factory import exercises
from finetune.rows.narration import narrations
from finetune.rows.record import Exercise, Row
from finetune.rows.renderings import render
from tests.evaluation_exercises import all_exercises, growth_exercise


def test_exercises_survive_freezing(tmp_path: Path) -> None:
    made = [*all_exercises(), *exercises(2, {"qa": 10, "method": 5}), *narrations(2, 10)]
    path = tmp_path / "held" / "out.jsonl"
    digest = freeze(made, path)
    back = read_items(path)
    assert freeze([item for item in back if isinstance(item, Exercise)], tmp_path / "again.jsonl") == digest and identity(back) == identity(made)
    for one, two in zip(made, back, strict=True):
        assert isinstance(two, Exercise)
        first, second = case_of_exercise(one), case_of_exercise(two)
        assert (first.prompt, first.reference, first.result, first.slices) == (second.prompt, second.reference, second.result, second.slices)
    assert len(read_items(path, limit=3)) == 3 and identity(back[:3]) != identity(back)


def test_rows_are_read_too_and_may_carry_their_exercise(tmp_path: Path) -> None:
    exercise = growth_exercise()
    row = render(exercise, "references", "r1")
    carrying = Row(row.messages, {**row.meta, EXERCISE: exercise_to_dict(exercise)})
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(item.to_dict(), ensure_ascii=False) + "\n" for item in (row, carrying)), encoding="utf-8")
    plain, whole = read_items(path)
    assert isinstance(plain, Row) and plain.id == "r1" and isinstance(whole, Exercise) and whole.tell == exercise.tell


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    record = exercise_to_dict(growth_exercise())
    del record["tell"]
    path = tmp_path / "broken.jsonl"
    path.write_text(json.dumps({EXERCISE: exercise_to_dict(growth_exercise())}) + "\n" + json.dumps({EXERCISE: record}) + "\n", encoding="utf-8")
    with pytest.raises(TrainingError, match=r"broken.jsonl 第 2 行.*tell"):
        read_items(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(TrainingError, match="没有可以评估的题目"):
        read_items(path)
    with pytest.raises(TrainingError):
        read_items(tmp_path / "none.jsonl")
    with pytest.raises(TrainingError):
        exercise_of_dict({})
