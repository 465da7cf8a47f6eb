"""The general-ability set: its file, its checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import TrainingError
from finetune.evaluation.regression import KIND_NAMES, evaluate_regression, passes, regression_tasks

TASKS = {task.id: task for task in regression_tasks()}
RIGHT = {
    "form-one-word": "是", "form-three-lines": "不良贷款率\n拨备覆盖率\n逾期贷款占比", "form-json": '{"bank": "招商银行", "indicator": "净息差"}',
    "form-start": "结论：资本充足率衡量资本能否覆盖风险。", "form-list": "工商银行、建设银行", "copy-number": "3,391.23亿元", "copy-reference": "{f7.bank}",
    "missing-base": "没有给出2022年净利润，无法计算同比。", "missing-everything": "题中没有数据，无法回答。", "reference-other-row": "{f2.bank}{f2.period}拨备覆盖率为{f2}。",
    "reference-growth": "{bank}{f1.period}营业收入[Calculator((f1-f2)/f2*100)→{f3}]。", "language-definition": "拨备覆盖率是贷款减值准备与不良贷款余额之比。",
    "language-no-loop": "资本充足率等于资本净额除以风险加权资产，风险加权资产越多，资本充足率越低。",
}  # fmt: skip


def test_the_set_is_small_varied_and_shown_as_the_model_is_used_to() -> None:
    kinds = [task.kind for task in TASKS.values()]
    assert set(kinds) == set(KIND_NAMES) and 20 <= len(kinds) <= 60 and min(map(kinds.count, KIND_NAMES)) >= 4
    shown = TASKS["missing-base"].shown(lambda sheet, question: f"{len(sheet)}|{question}")
    assert shown == "1|招商银行2023年净利润同比增长多少？" and TASKS["copy-name"].shown(lambda *_: "no") == TASKS["copy-name"].prompt


@pytest.mark.parametrize("task", sorted(RIGHT))
def test_a_good_answer_passes_and_a_bad_one_does_not(task: str) -> None:
    assert passes(TASKS[task], RIGHT[task])
    assert not any(passes(TASKS[task], bad) for bad in ("", "  ", "ok " * 60, "1480.06亿元 [Calculator(f1/f9)→{f8}]"))


def test_loops_inventions_and_wrong_rows_are_seen() -> None:
    assert not passes(TASKS["language-no-loop"], "资本充足率与风险加权资产" * 8)
    assert not passes(TASKS["reference-other-row"], "{f2}{f9}") and not passes(TASKS["reference-other-row"], "{f1}")
    assert not passes(TASKS["form-json"], '["bank"]') and not passes(TASKS["form-json"], '{"bank": "招商银行"')


def test_the_report_counts_by_kind() -> None:
    tasks = [TASKS[name] for name in RIGHT]
    report = evaluate_regression(lambda prompts: [RIGHT[task.id] for task in tasks], tasks)
    assert report.passed.value == 1 and report.verdicts["copy-number"] and report.outputs["form-one-word"] == "是"
    assert evaluate_regression(lambda prompts: [""] * len(prompts)).passed.right == 0
    with pytest.raises(TrainingError):
        evaluate_regression(lambda prompts: [], tasks)


@pytest.mark.parametrize("text", ["- {id: a, kind: language, checks: {chinese: 1}}", "- {id: a, kind: language, prompt: b, checks: {smart: 1}}", "- {id: a, kind: odd, prompt: b, checks: {lines: 1}}"])
def test_a_malformed_task_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tasks.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TrainingError, match="任务 a"):
        regression_tasks(path)
