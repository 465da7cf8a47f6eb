"""The auditor's promise, measured: wrong numbers are caught, right answers leave."""

from __future__ import annotations

import json
from pathlib import Path

from tests.audit_sheet import audit_sheet
from tests.benchmarks.audit_mutation import HELD_OUT, KINDS, TEMPLATES, main, run, run_product


def test_a_thousand_answers() -> None:
    score = run(1000, seed=3)
    assert sum(score.answers.values()) == 1000 and len(TEMPLATES) >= 25 and set(score.answers) & HELD_OUT
    assert score.share_caught() >= 0.995, score.missed[:3]
    assert score.share_alarms() < 0.005, score.alarms[:3]
    assert score.share_caught(templates=HELD_OUT) >= 0.99 and score.share_alarms(HELD_OUT) < 0.01
    assert all(sum(count for key, count in score.tried.items() if key[1] == kind) >= 300 for kind in KINDS)


def test_answers_of_the_product_are_read_back(tmp_path: Path) -> None:
    sheet = audit_sheet()
    text = "招商银行2023年末不良贷款率为0.95%，较2022年末下降0.01个百分点，比工商银行低0.41个百分点。\n\n行业不良贷款率为1.59%；招商银行利息净收入占营业收入的63.30%。"
    record = {"text": text, "figures": [figure.to_dict() for figure in sheet], "question": "招商银行2023年末不良率"}
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps(record, ensure_ascii=False) + "\n\n", encoding="utf-8")
    score = run_product(path, seed=1)
    assert score.share_alarms() == 0, score.alarms
    assert sum(score.tried.values()) >= 3 and score.share_caught() == 1, score.missed
    assert json.loads(main(["--from", str(path)]).splitlines()[-1])["answers"] == 1


def test_the_command_line_prints_a_table_and_one_json_line() -> None:
    *table, last = main(["--answers", "57", "--seed", "2", "--show", "1"]).splitlines()
    result = json.loads(last)
    assert result["answers"] == 57 and set(result["mutants"]) == set(KINDS)
    assert {"all", "tuned", "held out"} <= set(result) and any(line.startswith("held out") for line in table)
