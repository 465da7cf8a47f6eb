"""Contamination: what was seen is found, what only looks alike is not, and the certificate says both."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from data.errors import TrainingError
from finetune.rows.certificate import Certificate, read_certificate
from finetune.rows.contamination import HELD_OUT, POLICY, TESTS, Guard, Policy, certificate, decontaminate
from finetune.rows.grams import grams
from finetune.rows.ngram_index import NgramIndex
from finetune.rows.record import Row

SYSTEM = "你是银行财报分析助手，只使用给出的数字，并写出计算过程；没有数字时请说明缺少什么，不要编造任何数字。"
LONG = (
    "拨备覆盖率反映银行用已计提的贷款损失准备覆盖不良贷款的程度，越高说明风险抵补越充足；但过高的拨备也可能意味着当期利润被平滑，"
    "分析时应与不良贷款率、逾期贷款占比、贷款拨备率一并观察，并结合监管要求判断。"
)


def row(key: str, question: str, answer: str) -> Row:
    return Row(
        [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}, {"role": "assistant", "content": answer}], {"id": key}
    )


def growth(key: str, bank: str, now: int, before: int) -> Row:
    rate = (now - before) * 100 // before
    return row(
        key, f"{bank}2023年净利润{now}亿元，2022年净利润{before}亿元，同比增长多少？",
        f"净利润同比增长率 = ({now} - {before}) / {before} × 100% = {rate}%。因此，{bank}2023年净利润同比增长{rate}%。",
    )  # fmt: skip


EVALUATION = [growth("e1", "招商银行", 125, 100), row("e2", "拨备覆盖率说明什么？", LONG), growth("e3", "兴业银行", 81, 60)]


def found(rows: list[Row], policy: Policy = POLICY) -> set[tuple[str, str, str]]:
    guard = Guard(EVALUATION, policy)
    return {(finding.test, finding.train, finding.evaluation) for number, item in enumerate(rows) for finding in guard.findings(item, str(number))}


def test_siblings_of_a_template_are_no_leak_but_are_counted() -> None:
    assert found([growth("t1", "招商银行", 999, 700)]) == {("template", "t1", "e1"), ("ngram_masked", "t1", "e1")}
    assert found([row("t2", "净息差受什么影响？", "净息差取决于生息资产收益率、计息负债成本率与结构。")]) == set()


def test_the_same_row_is_found_however_it_is_typed() -> None:
    typed = row("t1", "招商银行２０２３年净利润 125 亿元, 2022年净利润100亿元,同比增长多少", "另一个答案")
    assert {("exact", "t1", "e1"), ("template", "t1", "e1")} <= found([typed])


def test_a_reworded_row_is_near() -> None:
    copy = EVALUATION[0].messages[2]["content"]
    reworded = row("t1", "招商银行2023年净利润125亿元，2022年净利润100亿元，同比增长是多少？", copy)
    tests = {test for test, _, _ in found([reworded])}
    assert "near" in tests and "exact" not in tests


def test_a_text_inside_a_longer_one_is_found_by_its_13_grams() -> None:
    inside = row("t1", "写一段资产质量点评", "首先看不良。" + LONG + "其次看资本。" * 20)
    tests = {test for test, _, evaluation in found([inside]) if evaluation == "e2"}
    assert "ngram" in tests and "near" not in tests


def test_boilerplate_with_other_numbers_is_not_the_row_itself() -> None:
    swapped = Row([{**message, "content": message["content"].replace("81", "82").replace("60", "61")} for message in EVALUATION[2].messages], {"id": "t"})
    assert ("ngram", "t", "e3") not in found([swapped])


def test_the_certificate_counts_rows_on_both_sides_and_judges() -> None:
    train = [growth("t1", "招商银行", 999, 700), growth("t2", "招商银行", 125, 100), growth("t3", "招商银行", 125, 100)]
    paper = certificate(iter(train), iter(EVALUATION), name="小测")
    assert (paper.train_rows, paper.evaluation_rows, paper.verdict) == (3, 3, "contaminated")
    assert paper.counts["exact"] == (2, 1) and paper.counts["template"] == (3, 1)
    assert {(item["test"], item["train"], item["evaluation"]) for item in paper.offenders} == {
        (test, train, "e1") for test in ("exact", "near", "ngram") for train in ("t2", "t3")
    }
    assert certificate(train[:1], EVALUATION).verdict == "clean"
    assert certificate(train[:1], EVALUATION, policy=HELD_OUT).verdict == "contaminated"
    assert certificate(train, []).verdict == "empty" and not certificate(train, []).clean


def test_the_certificate_names_the_data_by_hash() -> None:
    one, other = (certificate([growth("t1", "招商银行", now, 700)], EVALUATION) for now in (999, 998))
    assert one.evaluation_digest == other.evaluation_digest and one.train_digest != other.train_digest
    assert one == certificate([growth("t1", "招商银行", 999, 700)], EVALUATION)


def test_offenders_go_and_are_listed() -> None:
    rows = [growth("t1", "招商银行", 999, 700), growth("t2", "招商银行", 125, 100)]
    clean = decontaminate(rows, EVALUATION)
    assert [item.id for item in clean.rows] == ["t1"] and clean.dropped == ["t2"]
    assert certificate(clean.rows, EVALUATION).clean
    assert decontaminate(rows, EVALUATION, policy=HELD_OUT).rows == []
    unnamed = Row(EVALUATION[0].messages)
    assert decontaminate([rows[0], unnamed], EVALUATION).dropped == ["row 2"]


def test_a_certificate_is_written_for_programs_and_people_and_read_again(tmp_path: Path) -> None:
    paper = certificate([growth("t2", "招商银行", 125, 100)], EVALUATION, name="留出集")
    machine, people = paper.write(tmp_path / "out")
    assert read_certificate(machine).to_dict() == paper.to_dict()
    text = people.read_text(encoding="utf-8")
    assert "污染检查证书：留出集" in text and "**不通过**" in text and paper.train_digest in text and "| exact | t2 | e1 | 1.00 |" in text
    assert set(json.loads(machine.read_text(encoding="utf-8"))["counts"]) == set(TESTS)


def test_a_forged_verdict_is_refused(tmp_path: Path) -> None:
    record = certificate([growth("t2", "招商银行", 125, 100)], EVALUATION).to_dict()
    with pytest.raises(TrainingError, match="自相矛盾"):
        Certificate.of_dict(record | {"verdict": "clean"})
    for broken in ({"verdict": "clean"}, record | {"counts": {}}, record | {"train": 3}, [record]):
        with pytest.raises(TrainingError, match="不是污染检查证书"):
            Certificate.of_dict(broken)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match="无法读取"):
        read_certificate(tmp_path / "none.json")


def test_prefix_filtering_misses_nothing() -> None:
    rng = random.Random(1)
    texts = ["".join(rng.choice("率款贷息差比银行") for _ in range(rng.randint(1, 60))) for _ in range(120)]
    texts += [texts[at][3:] + "不良" for at in range(60)]
    sets = [grams(text, 4) for text in texts]
    index = NgramIndex(sets, 0.7)
    hits = 0
    for text in texts[:60]:
        own = grams(text + "补充" + texts[5], 4)
        expected = [(at, len(set(own.tolist()) & set(other.tolist())) / other.size) for at, other in enumerate(sets)]
        wanted = [(at, share) for at, share in expected if share >= 0.7]
        assert [at for at, _ in index.contained_in(own)] == [at for at, _ in wanted]
        assert [share for _, share in index.contained_in(own)] == pytest.approx([share for _, share in wanted])
        hits += len(index.contained_in(own))
    assert hits > 120
    assert NgramIndex([], 0.8).contained_in(grams("任何文字", 4)) == []
