"""Cleaning: typography without loss, unfit rows by reason, personal data out and amounts in."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import TrainingError
from finetune.rows.clean import CleanReport, Reject, clean, clean_row, normalise_text
from finetune.rows.personal_data import is_card_number, is_identity_number, personal_data
from finetune.rows.quality import RULES, Limits
from finetune.rows.record import Row
from tests.test_finetune_rows_formats import CALCULATION, CALLS, METHOD, QA

GOOD = "不良贷款率 = 50 / 5000 × 100% = 1%。"


def row(question: str = "某银行不良贷款余额50亿元，贷款总额5000亿元，计算不良率", answer: str = GOOD, **meta: str) -> Row:
    return Row([{"role": "user", "content": question}, {"role": "assistant", "content": answer}], {"id": "r1", **meta})


@pytest.mark.parametrize(
    "typed, clean_text",
    [
        ("２０２３年净利润１００亿元，同比＋２５％。", "2023年净利润100亿元，同比+25%。"),
        ("ＲＯＥ为１５％；不良率（ＮＰＬ）：１％？", "ROE为15%；不良率（NPL）：1%？"),
        ("净\u200b利润\ufeff\u00a0100\u3000亿元", "净利润 100 亿元"),
        ("一行\r\n二行  \r\n\r\n\r\n三行\x00\x07\n", "一行\n二行\n\n三行"),
        ("营业收入 净利润 100", "营业收入 净利润 100"),
        ("净 利 润 100 亿元， 同比", "净利润 100 亿元，同比"),
        ("面积10㎡，见注①，x²，½", "面积10㎡，见注①，x²，½"),
        ("\u2f00\u2f17⾏金融", "一十行金融"),
        ("  - 缩进  保留", "  - 缩进 保留"),
    ],
)
def test_typography_is_made_one_without_loss(typed: str, clean_text: str) -> None:
    assert normalise_text(typed) == clean_text


@settings(deadline=None)
@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_text(text)
    assert normalise_text(once) == once


@settings(deadline=None)
@given(st.text("0123456789.,%+-×÷/=（）()[]{}→f亿元 年率\n", max_size=60))
def test_digits_signs_and_references_are_never_lost(text: str) -> None:
    assert re.sub(r"\s", "", normalise_text(text)) == re.sub(r"\s", "", text)
    wide = "".join(chr(ord(char) + 0xFEE0) if char in "0123456789%+-=/" else char for char in text)
    assert re.sub(r"\s", "", normalise_text(wide)) == re.sub(r"\s", "", text)


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("，。、；：？！“”（）《》"), max_size=40))
def test_chinese_text_stays_as_it_is(text: str) -> None:
    assert normalise_text(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("record", [QA, CALCULATION, METHOD])
def test_the_examples_of_the_specification_are_fit(record: dict[str, str]) -> None:
    kept = clean_row(row(record["input"], record["output"]))
    assert isinstance(kept, Row) and kept.completion == record["output"]


@pytest.mark.parametrize(
    "bad, reason",
    [
        (row(question=" "), "empty"), (row(answer="\u200b\n"), "empty"), (row(answer="。"), "too_short"), (row(question="算？"), "too_short"),
        (row(answer="净利润增长。" + "因为利差扩大" + "x" * 9000), "too_long"),
        (row(answer="不良率 = 50 / 5000 ="), "truncated"), (row(answer="净利润增长25%，"), "truncated"), (row(answer="净利润（不含少数股东损益为100亿元。"), "truncated"),
        (row(answer="不良率上升，因此"), "truncated"),
        (row(answer="该行不良率为1%。" * 3), "repeated"), (row(answer="净利润增长增长增长增长增长25%。"), "repeated"),
        (row(question="某银行净利润增长百分之二十五", answer="某银行净利润增长，百分之二十五。"), "repeated"),
        (row(answer="不良率为1%\ufffd。"), "mojibake"), (row(answer="锟斤拷锟斤拷为1%。"), "mojibake"), (row(answer="ä¸è‰¯çŽ‡ä¸ºâ€œ1%"), "mojibake"),
        (row(answer="<p>不良率为1%。</p>"), "markup"), (row(answer="不良率&nbsp;为1%。"), "markup"), (row(answer="<|im_start|>不良率为1%。"), "markup"),
        (row(answer="[INST] 不良率为1%。"), "markup"), (row(answer="```\n50/5000\n结果为1%。"), "markup"),
        (row(answer="不良率为{f3}。"), "unfilled_reference"), (row(question="{bank}的不良率是多少？"), "unfilled_reference"),
        (row(answer="作为一个AI语言模型，我认为不良率为1%。"), "model_boilerplate"),
        (row(answer="请联系张三，电话13812345678。"), "personal_data"),
    ],
)  # fmt: skip
def test_each_fault_has_its_name(bad: Row, reason: str) -> None:
    found = clean_row(bad)
    assert isinstance(found, Reject) and (found.id, found.reason) == ("r1", reason) and found.detail


def test_every_rule_is_shown_by_a_case_above() -> None:
    marks = test_each_fault_has_its_name.pytestmark  # type: ignore[attr-defined]
    assert {case[1] for mark in marks for case in mark.args[1]} == set(RULES)


@pytest.mark.parametrize(
    "good",
    [
        CALLS, row(answer="1%"), row(answer="25"), row(answer="步骤：\n1) 找分子\n2) 找分母\n结果为1%。"), row(answer="|指标|值|\n|---|---|\n|不良率|1%|\n|---|---|---|---|---|---|"),
        row(answer="见《年报》（第3页)，为1%。"), row(answer="区间[10%, 20%)内。"), row(answer="不良率为[Calculator(f1/f2*100)→{f3}]", rendering="references"), row(answer="利差 < 2%，息差 > 1.5%，A&B公司。"),
        row(answer="注册资本12345678901元，总资产6217001234567890元，客户13812345678户。"), row(answer="净利润1,234,567,890,123,456千元。"), row(answer="……"  "此处从略，结果1%"),
    ],
)  # fmt: skip
def test_good_rows_pass(good: Row) -> None:
    assert isinstance(clean_row(good), Row)


def identity(stem: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return stem + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(stem, weights, strict=True)) % 11]


def card(stem: str) -> str:
    return next(stem + str(last) for last in range(10) if is_card_number(stem + str(last)))


def test_personal_data_is_found_by_its_checksum() -> None:
    person, number = identity("11010519491231002"), card("621700123456789")
    assert [item.kind for item in personal_data(f"身份证{person}，卡号{number}，手机138-1234-5678，邮箱zhang.san@example.com。")] == [
        "identity_number", "bank_card", "mobile", "e-mail",
    ]  # fmt: skip
    assert personal_data(f"证件{person[:-1]}{'1' if person[-1] != '1' else '2'}") == []
    assert personal_data(f"证件{identity('11010519491331002')}") == [], "no thirteenth month"
    assert personal_data(f"卡号{number[:-1]}{(int(number[-1]) + 1) % 10}") == []
    assert [item.kind for item in personal_data(f"{number[:4]} {number[4:8]} {number[8:12]} {number[12:]}")] == ["bank_card"]


@pytest.mark.parametrize("unit", ["元", "万元", "亿元", "户", "股", "%", " 百万元", "亿股"])
def test_amounts_are_not_personal(unit: str) -> None:
    assert personal_data(f"余额{card('621700123456789')}{unit}，共13812345678{unit}") == []


@settings(deadline=None)
@given(st.from_regex(r"[1-9]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|1\d|2[0-8])\d{3}", fullmatch=True))
def test_a_changed_digit_breaks_an_identity_number(stem: str) -> None:
    whole = identity(stem)
    assert is_identity_number(whole)
    assert not any(is_identity_number(whole[:at] + str((int(whole[at]) + 1) % 10) + whole[at + 1 :]) for at in (0, 5, 14, 16))


@settings(deadline=None)
@given(st.from_regex(r"62\d{14}", fullmatch=True))
def test_a_changed_digit_breaks_a_card_number(stem: str) -> None:
    whole = card(stem)
    assert not any(is_card_number(whole[:at] + str((int(whole[at]) + 1) % 10) + whole[at + 1 :]) for at in range(len(whole)))


def test_rows_stream_rejects_go_aside_and_are_counted() -> None:
    report, aside = CleanReport(), list[Reject]()
    rows = [row(), row(answer="１％。"), row(answer="电话13812345678。"), row(answer="")]
    kept = list(clean(iter(rows), report, aside=aside.append))
    assert [item.completion for item in kept] == [GOOD, "1%。"]
    assert (report.seen, report.kept, report.changed, report.rejected) == (4, 2, 1, 2)
    assert report.reasons == {"personal_data": 1, "empty": 1} and [item.row for item in aside] == rows[2:]
    assert not any("138" in line for lines in report.examples.values() for line in lines), "what is dropped for privacy is not reported"


def test_a_broken_source_stops_the_run() -> None:
    with pytest.raises(TrainingError, match=r"最多的是 empty：\d+ 条"):
        list(clean(row(answer="" if number % 2 else GOOD) for number in range(1000)))
    assert len(list(clean(row(answer="" if number % 10 == 0 else GOOD) for number in range(1000)))) == 900


def test_limits_are_the_callers() -> None:
    assert isinstance(clean_row(row(answer="1%"), Limits(shortest_answer=4)), Reject)
    assert isinstance(clean_row(row(answer="该行不良率为1%。" * 3), Limits(repeats=9)), Row)
