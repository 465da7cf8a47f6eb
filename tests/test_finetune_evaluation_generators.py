"""Models by name and path, as functions from prompts to answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import TrainingError
from finetune.evaluation.evaluate import Plan, evaluate
from finetune.evaluation.generators import adapter_folder, load_generator
from tests.evaluation_exercises import all_exercises
from tests.small_lm import make_small_lm


@pytest.mark.filterwarnings("ignore")
def test_a_random_model_is_evaluated_from_its_folder(tmp_path: Path) -> None:
    generate = load_generator(str(make_small_lm(tmp_path / "lm")), max_new_tokens=6, batch_size=4)
    report = evaluate("small", all_exercises(), generate, Plan(regression=(), batch_size=4))
    assert report.accuracy.total == 6 and report.accuracy.right == 0 and len(report.records) == 6
    assert list(generate(["净利润"])) == list(generate(["净利润"]))


def test_what_is_no_adapter_is_a_base_and_what_is_neither_is_said(tmp_path: Path) -> None:
    assert adapter_folder("caizhi-lm-base") is None and adapter_folder(str(tmp_path)) is None
    (tmp_path / "adapter_config.json").write_text("{}", encoding="utf-8")
    assert adapter_folder(str(tmp_path)) == tmp_path
    with pytest.raises(TrainingError):
        adapter_folder(" ")
    with pytest.raises(TrainingError):
        load_generator(str(tmp_path / "nowhere"))
