"""Rewriting questions: other typing, a model's words; only what says the same is taken."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from finetune.rows.formats import record_of
from finetune.rows.meaning import differences, meaning_of
from finetune.rows.record import Row
from finetune.rows.rewriting import RewriteReport, back_translation, chinese_years, fault_of, full_width, rewritten

QUESTION = "招商银行2023年末不良贷款余额615.79亿元，贷款总额65,088.65亿元，请计算不良贷款率。"


def row(question: str = QUESTION, **meta: str) -> Row:
    told = {"id": "r1", "group": "g", "instruction": "计算财务指标", **meta}
    return Row([{"role": "user", "content": f"计算财务指标\n{question}"}, {"role": "assistant", "content": "不良贷款率 = 615.79 / 65088.65 × 100% = 0.95%。"}], told)


class Scripted:
    """A model that answers from a list and remembers what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self.answers.pop(0)


def one(model: Callable[[str], str] | None, method: str = "paraphrase", source: Row | None = None) -> tuple[list[Row], RewriteReport]:
    report = RewriteReport()
    return list(rewritten([source or row()], [method], model, report=report)), report


@pytest.mark.parametrize(
    "other",
    [
        "请计算招商银行的不良贷款率：2023年末贷款总额65,088.65亿元，不良贷款余额615.79亿元。",
        "招行二〇二三年末不良贷款余额６１５．７９亿元，贷款总额65088.65亿元，不良率是多少？",
        "已知2023年末招商银行贷款总额为65088.65亿元、不良贷款余额为615.79亿元，不良贷款率是几？",
    ],
)
def test_the_same_said_otherwise_is_the_same(other: str) -> None:
    assert differences(QUESTION, other) == [] and fault_of(QUESTION, other) is None


@pytest.mark.parametrize(
    "other, kind",
    [
        (QUESTION.replace("615.79", "615.97"), "numbers"), (QUESTION.replace("招商", "招商局"), ""), (QUESTION.replace("招商银行", "兴业银行"), "公司"),
        (QUESTION.replace("2023", "2022"), "时间"), (QUESTION.replace("65,088.65亿元", "65,088.65万元"), "数值"),
        (QUESTION.replace("请计算不良贷款率", "请计算拨备覆盖率"), "指标"), (QUESTION.replace("2023年末", "2023年6月末"), "时间"),
    ],
)  # fmt: skip
def test_another_number_unit_bank_period_or_indicator_is_another_question(other: str, kind: str) -> None:
    assert kind in differences(QUESTION, other) or (not kind and differences(QUESTION, other))


def test_a_direction_is_part_of_the_meaning() -> None:
    assert "changes" in differences("招商银行2023年净利润同比增长3.2%", "招商银行2023年净利润同比下降3.2%")
    assert meaning_of("净利润1,200万元").entities["数值"] == meaning_of("净利润0.12亿元").entities["数值"]


def test_typing_keeps_the_meaning() -> None:
    assert full_width("2023年净利润1,466.02亿元，占15%") == "２０２３年净利润１，４６６．０２亿元，占１５％"
    assert chinese_years("2023年末，2021-2023年，2023Q1，2008年6月") == "二〇二三年末，2021-2023年，2023Q1，二〇〇八年6月"
    for method in ("full_width", "chinese_years"):
        found, report = one(None, method)
        assert report.made == {method: 1} and differences(QUESTION, found[0].prompt.split("\n")[1]) == []


def test_a_good_paraphrase_is_a_new_row_of_the_same_group() -> None:
    model = Scripted("改写后的问题：“已知2023年末招商银行贷款总额为65,088.65亿元、不良贷款余额为615.79亿元，求不良贷款率。”")
    found, report = one(model)
    assert len(found) == 1 and report.made == {"paraphrase": 1} and QUESTION in model.asked[0]
    child = found[0]
    assert child.prompt == "计算财务指标\n已知2023年末招商银行贷款总额为65,088.65亿元、不良贷款余额为615.79亿元，求不良贷款率。"
    assert child.completion == row().completion and child.id != "r1" and (child.meta["group"], child.meta["augmented"]) == ("g", "paraphrase")
    assert record_of(child, "alpaca")["instruction"] == "计算财务指标"


@pytest.mark.parametrize(
    "answer, why",
    [
        ("", "empty"), (QUESTION, "unchanged"), ("不良率？", "length"), ("What is the NPL ratio of China Merchants Bank at the end of 2023, 615.79 and 65,088.65?", "language"),
        (QUESTION.replace("615.79亿元", "615.79万元"), "meaning:数值"), (QUESTION.replace("请计算", "算出"), ""),
        ("招商银行2023年末不良贷款率 = 615.79 / 65088.65 = 0.95%，即不良贷款率为0.95%。", "meaning:numbers"),
        (QUESTION + "<br>", "quality:markup"),
    ],
)  # fmt: skip
def test_a_bad_rewriting_is_counted_and_not_taken(answer: str, why: str) -> None:
    found, report = one(Scripted(answer))
    assert (found == []) == bool(why)
    assert not why or [reason.startswith(why) for _, reason in report.rejected] == [True], report.rejected


def test_back_translation_goes_through_english_with_the_names() -> None:
    model = Scripted("At the end of 2023 …", "2023年末，招商银行不良贷款余额615.79亿元，贷款总额65,088.65亿元，其不良贷款率为多少？")
    said = back_translation(QUESTION, model)
    assert said.startswith("2023年末，招商银行") and "At the end of 2023 …" in model.asked[1] and fault_of(QUESTION, said) is None
    assert "招商银行、不良贷款余额、贷款总额、不良贷款率" in model.asked[1]


def test_rows_in_references_and_missing_models_are_left_alone() -> None:
    assert one(Scripted(), "paraphrase", row(rendering="references"))[1].rejected == {("paraphrase", "not_applicable"): 1}
    assert one(None)[1].rejected == {("paraphrase", "no_model"): 1}
