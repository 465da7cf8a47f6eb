"""What one line or cell says: value, period, scope, unit, title, reference, total, numbering."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.tables.text import frame_parts, is_note_ref, is_period, is_scope, is_total, is_value, rank, split_period, tidy
from retrieval.tables.titles import read_caption, title_of
from retrieval.tables.units import unit_in


@pytest.mark.parametrize(
    ("line", "unit"),
    [
        ("单位：人民币百万元", "人民币百万元"),
        ("人民币百万元，百分比除外", "人民币百万元"),
        ("（人民币百万元，另有标注除外）", "人民币百万元"),
        ("(除特别注明外，金额单位均为人民币百万元)", "人民币百万元"),
        ("单位:千元", "千元"),
        ("（%）", "%"),
        ("亿元", "亿元"),
        ("股", "股"),
        ("人民币百万元/%", "人民币百万元/%"),
        ("(in millions of RMB)", "RMB million"),
        ("(Expressed in thousands of Renminbi, unless otherwise stated)", "RMB thousand"),
        ("(In millions of US dollars, except per share data)", "百万美元"),
        ("贷款总额增加了三百万元", ""),
        ("元旦", ""),
        ("项目", ""),
        ("", ""),
    ],
)
def test_units_of_lines(line: str, unit: str) -> None:
    assert unit_in(line) == unit


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("下表列示了截至所示日期本行按地区划分的贷款分布情况。", "按地区划分的贷款分布情况"),
        ("17.3 (a)下表列示了2023年度账面余额变动对减值准备的影响(续):", "2023年度账面余额变动对减值准备的影响"),
        ("贷款五级分类情况（人民币百万元）", "贷款五级分类情况"),
        ("（一）利润表(续)", "利润表"),
        ("33 利息净收入", "利息净收入"),
        ("2023年度利润表", "2023年度利润表"),
        ("(a) 发放贷款和垫款按地区分布情况列示如下：", "发放贷款和垫款按地区分布情况"),
        ("本集团净利润保持增长，资产质量稳定，风险抵补能力充足，资本实力进一步增强，服务实体经济能力不断提升。", ""),
    ],
)
def test_titles_keep_their_core(line: str, title: str) -> None:
    assert title_of(line) == title


def test_captions_read_from_the_nearest_line() -> None:
    caption = read_caption(("某某银行股份有限公司", "现金流量表(续)", "本行", "单位：千元"))
    assert (caption.title, caption.unit, caption.frame, caption.continued) == ("现金流量表", "千元", ("本行",), True)


@pytest.mark.parametrize("text", ["1,234", "(56)", "（1,234.5）", "7.8%", "－", "—", "不适用", "0.9倍", "-3.2", "¥1,000", "1.2亿元", "12(1)"])
def test_values(text: str) -> None:
    assert is_value(text)


@pytest.mark.parametrize("text", ["项目", "A（稳定）", "2025/8/31", "八、33", "", "1至3个月", "3-12个月", "2023年"])
def test_not_values(text: str) -> None:
    assert not is_value(text)


@pytest.mark.parametrize(
    "text", ["2023年", "2023", "2023年12月31日", "2023 年 12 月 31 日", "截至2023年12月31日止年度", "2023年1-6月", "2022年12月31日（经重述）", "2023年(1)", "本年", "December 31, 2023"]
)
def test_periods(text: str) -> None:
    assert is_period(text)


@pytest.mark.parametrize("text", ["2023年与2022年比较", "合计", "1年以内", "2023年1月1日余额", "1-5年", "12.5"])
def test_not_periods(text: str) -> None:
    assert not is_period(text)


def test_parts_of_headers() -> None:
    assert split_period("2023年平均余额") == ("2023年", "平均余额")
    assert split_period("2023年比2022年增减") == ("", "2023年比2022年增减")
    assert frame_parts("合并：") == ("合并",)
    assert frame_parts("本集团 2023年12月31日") == ("本集团", "2023年12月31日")
    assert frame_parts("2023年度 本行") == ("本行", "2023年度")
    assert frame_parts("本行贷款") == ()
    assert is_scope("（本集团）") and not is_scope("银行卡")
    assert is_note_ref("八、33") and is_note_ref("33") and not is_note_ref("3,300")
    assert is_total("负债合计") and not is_total("客户贷款总额")
    assert [rank(label) for label in ("一、营业收入", "（一）净利润", "1.提取", "(1)其他", "贷款", "1,234")] == [2, 3, 4, 5, 0, 0]


@given(st.text(max_size=40))
def test_text_rules_take_any_text(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    for rule in (is_value, is_period, is_scope, is_total, is_note_ref, frame_parts, split_period, unit_in, title_of):
        rule(text)
