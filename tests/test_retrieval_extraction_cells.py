"""Cells, labels, units and headers: the small readings that figures are made of."""

from __future__ import annotations

from decimal import Decimal

import pytest

from data.figures import Scope
from data.periods import Period
from retrieval.documents import Column
from retrieval.extraction.cells import CellKind, read_cell
from retrieval.extraction.headers import read_column, read_scopes
from retrieval.extraction.labels import clean_label, name_key
from retrieval.extraction.period_words import find_header_periods
from retrieval.extraction.printed_units import bracket_unit, caption_unit, declared_unit, running_unit, strip_unit

REPORT = Period(2023)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1,234", "1234", None), ("(1,234)", "-1234", None), ("（1，234.5）", "-1234.5", None), ("1,234(1)", "1234", None),
        ("－1,234", "-1234", None), ("12.50%", "12.50", "%"), ("１２３", "123", None), ("3.98万亿元", "3.98", "万亿元"), ("+0.5", "0.5", None),
        ("5,678*", "5678", None), ("下降0.2个百分点", "-0.2", "个百分点"), ("上升 15 BP", "15", "BP"), ("0", "0", None), ("(12)", "-12", None), ("7 注3", "7", None),
    ],
)  # fmt: skip
def test_numbers_keep_value_sign_precision_and_their_own_unit(text: str, value: str, unit: str | None) -> None:
    reading = read_cell(text)
    assert reading.kind is CellKind.NUMBER
    assert str(reading.value) == value
    assert (reading.unit.symbol if reading.unit else None) == unit


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("－", CellKind.NIL), ("-", CellKind.NIL), ("—", CellKind.NIL), ("", CellKind.EMPTY), ("不适用", CellKind.NOT_APPLICABLE), ("N/A", CellKind.NOT_APPLICABLE),
        ("八、25", CellKind.TEXT), ("不变", CellKind.TEXT), ("1,23", CellKind.TEXT), ("2023年", CellKind.TEXT), ("(1,234", CellKind.TEXT),
    ],
)  # fmt: skip
def test_a_dash_is_nil_and_never_zero(text: str, kind: CellKind) -> None:
    reading = read_cell(text)
    assert (reading.kind, reading.value) == (kind, None)


@pytest.mark.parametrize(
    ("printed", "clean"),
    [
        ("减：所得税费用", "所得税费用"), ("一、营业收入", "营业收入"), ("（一）净利润", "净利润"), ("利息收入八、33", "利息收入"), ("其中：个人贷款", "个人贷款"),
        ("客户贷款总额(1)", "客户贷款总额"), ("保证贷款（2）（4）", "保证贷款"), ("-少数股东损益", "少数股东损益"), ("个人消费贷款：", "个人消费贷款"), ("发放贷款 和垫款", "发放贷款和垫款"),
        ("代理费及其他(附注十一、3.1(1))", "代理费及其他"), ("1. 利息收入", "利息收入"), ("减：一级资本扣减项", "一级资本扣减项"), ("拨备率（拨贷比）", "拨备率(拨贷比)"), ("1年以内", "1年以内"),
        ("3个月至1年", "3个月至1年"), ("合计", "合计"), ("注", "注"), ("不良贷款（注1）", "不良贷款"), ("吸收存款（续）", "吸收存款"),
    ],
)  # fmt: skip
def test_labels_lose_numbering_marks_and_references(printed: str, clean: str) -> None:
    assert clean_label(printed) == clean


def test_names_forgive_and_de_and_whose_shareholders() -> None:
    assert name_key("发放贷款及垫款的净额") == name_key("发放贷款和垫款净额")
    assert name_key("归属于本行股东的净利润") == name_key("归属于母公司股东的净利润") == name_key("归属于银行股东的净利润")
    assert name_key("归属于少数股东的净利润") != name_key("归属于母公司股东的净利润")


@pytest.mark.parametrize(
    ("text", "unit", "excepting"),
    [
        ("人民币百万元，百分比除外", "百万元", True), ("单位：人民币千元", "千元", False), ("（除特别注明外，货币单位均以人民币百万元列示）", "百万元", True), ("%", "%", False),
        ("亿元", "亿元", False), ("RMB million", "百万元", False), ("项目", None, False), ("万户", "万户", False), ("百万美元", "百万美元", False),
    ],
)  # fmt: skip
def test_caption_units(text: str, unit: str | None, excepting: bool) -> None:
    read = caption_unit(text)
    assert (read.unit.symbol if read.unit else None, read.excepting) == (unit, excepting)


def test_units_of_labels_headers_and_pages() -> None:
    assert str(bracket_unit("杠杆率（%）")) == "%"
    assert str(bracket_unit("每股收益（人民币元）")) == "元/股"
    assert str(bracket_unit("客户数（万户）")) == "万户"
    assert bracket_unit("净长/（短）头寸") is None
    assert strip_unit("杠杆率（%）") == "杠杆率"
    assert str(declared_unit("合并财务报表附注\n（除特别注明外，金额单位均为人民币百万元）")) == "百万元"
    assert declared_unit("与关联方的交易如下（金额单位：人民币千元）。") is None
    assert str(running_unit("某银行 2023年年度报告 （金额单位：人民币千元）\n正文")) == "千元"


@pytest.mark.parametrize(
    ("headers", "period", "point", "scopes", "measure", "marks"),
    [
        (("2023年(4)12月31 日",), "2023", True, (), "", ""), (("2023年", "12月31日", "合并"), "2023", True, (Scope.GROUP,), "", ""),
        (("2023年度", "银行"), "2023", False, (Scope.BANK,), "", ""), (("2023年12月31日", "本行"), "2023", True, (Scope.BANK,), "", ""),
        (("合并及银行", "2022年12月31日"), "2022", True, (Scope.GROUP, Scope.BANK), "", ""), (("2023年", "平均余额"), "2023", None, (), "平均余额", ""),
        (("2022年12月31日", "（经重述）"), "2022", True, (), "", "restated"), (("2022年", "重述前"), "2022", None, (), "重述前", ""),
        (("增（减）额",), None, None, (), "增(减)额", "change"), (("本期末比上年末增减(%)",), None, None, (), "本期末比上年末增减", "change"),
        (("2023年12月31日", "占比（%）"), "2023", True, (), "占比", "share"), (("占总额百分比",), None, None, (), "占总额百分比", "share"),
        (("截至2023年6月30日止六个月",), "2023H1", False, (), "", ""), (("2023年1-9月",), "2023Q1-3", False, (), "", ""), (("第三季度",), "2023Q3", False, (), "", ""),
        (("9月30日",), "2023Q1-3", True, (), "", ""), (("本期",), "2023", False, (), "", ""), (("上年同期",), "2022", None, (), "", ""), (("年初余额",), "2022", True, (), "", ""),
        (("本报告期", "2023年7-9月"), "2023Q3", False, (), "", ""), (("1个月以内",), None, None, (), "1个月以内", ""), (("第1阶段",), None, None, (), "第1阶段", ""),
        (("2023年12月31日", "利息净收入变动"), "2023", True, (), "利息净收入变动", ""), (("31 December 2023",), "2023", True, (), "", ""), (("FY2023",), "2023", None, (), "", ""),
        (("本年增加",), "2023", False, (), "增加", ""), (("2023年比2022年增减",), None, None, (), "2023年比2022年增减", "change"),
    ],
)  # fmt: skip
def test_headers(headers: tuple[str, ...], period: str | None, point: bool | None, scopes: tuple[Scope, ...], measure: str, marks: str) -> None:
    sense = read_column(Column(headers), REPORT)
    assert (str(sense.period) if sense.period else None, sense.point, sense.scopes, sense.measure) == (period, point, scopes, measure)
    assert (sense.restated, sense.change, sense.share) == (marks == "restated", marks == "change", marks == "share")


def test_relative_words_follow_the_report() -> None:
    half = Period.parse("2024H1")
    assert [str(found.period) for found in find_header_periods("上年末", half)] == ["2023"]
    assert [str(found.period) for found in find_header_periods("上年同期", half)] == ["2023H1"]
    assert [str(found.period) for found in find_header_periods("本报告期末", half)] == ["2024H1"]
    assert find_header_periods("上年末", None) == []


def test_scopes_of_captions() -> None:
    assert read_scopes("合并") == (Scope.GROUP,)
    assert read_scopes("本行：") == (Scope.BANK,)
    assert read_scopes("本集团及本行") == (Scope.GROUP, Scope.BANK)
    assert read_scopes("按行业划分的贷款") == ()


def test_a_value_is_a_decimal() -> None:
    assert isinstance(read_cell("0.86").value, Decimal)
