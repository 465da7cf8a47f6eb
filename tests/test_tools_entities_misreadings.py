"""Misreadings of optical recognition: what is mended, what is left alone, and that lengths stay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.entities.misreadings import LOOKALIKES, mended
from tools.entities.spans import prepare


@pytest.mark.parametrize(
    ("misread", "right"),
    [
        ("营业收人", "营业收入"), ("拨备覆盍率", "拨备覆盖率"), ("每股收盆", "每股收益"), ("资木充足率", "资本充足率"), ("业务及管埋费", "业务及管理费"),
        ("核心一级资夲充足率", "核心一级资本充足率"), ("不艮贷款率", "不良贷款率"), ("净资户", "净资产"),
    ],
)  # fmt: skip
def test_names_with_one_character_misread(misread: str, right: str) -> None:
    assert mended(misread) == right


@pytest.mark.parametrize(
    ("misread", "right"),
    [("0.O8个百分点", "0.08个百分点"), ("1.2l个百分点", "1.21个百分点"), ("12月31曰", "12月31日"), ("股份有眼公司", "股份有限公司"), ("5亿兀", "5亿元")],
)
def test_numbers_and_short_words_by_their_neighbours(misread: str, right: str) -> None:
    assert mended(misread) == right


@pytest.mark.parametrize("text", ["接收人员", "货款已付", "金融市场", "全行收入", "不良", "利息收入与利息支出", "卡片", "人民银行"])
def test_right_text_is_left_alone(text: str) -> None:
    assert mended(text) == text


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from([*"不良贷款率营业收入拨备覆盖资本充足每股益净息差0.5%亿元", *"".join(LOOKALIKES.values())]), max_size=30))
def test_the_length_never_changes(text: str) -> None:
    assert len(mended(text)) == len(prepare(text)) == len(text)


def test_no_character_looks_like_itself() -> None:
    assert all(right not in wrong for right, wrong in LOOKALIKES.items())
