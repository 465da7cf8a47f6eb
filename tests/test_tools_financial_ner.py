"""FinancialNER: the specification's example exactly, changes with their direction, and facts."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from tools.entities.facts import Fact
from tools.financial_ner import RULES, FinancialNER

NER = FinancialNER(RULES)
EXAMPLE = "招商银行2023年不良率1.5%，同比下降0.2个百分点"


def facts(text: str) -> list[Fact]:
    return NER.extract_facts(text)


def told(text: str) -> list[tuple[str | None, str, str, str]]:
    """Bank, indicator's words, value and change of each fact, in print."""
    return [(fact.bank, fact.surface, f"{fact.value}{fact.unit}", f"{fact.change}{fact.change_unit}") for fact in facts(text)]


@pytest.mark.parametrize("model", ["", RULES])
def test_the_example_of_the_specification(model: str) -> None:
    ner = FinancialNER(model)
    assert ner.extract_entities(EXAMPLE) == [
        {"type": "公司", "text": "招商银行", "start": 0, "end": 4},
        {"type": "时间", "text": "2023年", "start": 4, "end": 9},
        {"type": "指标", "text": "不良率", "start": 9, "end": 12},
        {"type": "数值", "text": "1.5%", "start": 12, "end": 16},
    ]
    assert [type(entity["type"]) for entity in ner.extract_entities(EXAMPLE)] == [str] * 4


def test_changes_with_their_direction() -> None:
    assert NER.extract_changes(EXAMPLE) == [{"text": "0.2个百分点", "start": 21, "end": 28, "direction": "down"}]


@pytest.mark.parametrize(
    ("text", "directions"),
    [
        ("营收增长5%", ["up"]), ("营收同比下滑5%", ["down"]), ("降幅5%", ["down"]), ("利差50个基点", [None]), ("增速5%", [None]),
        ("分别下降0.13及0.14个百分点", ["down", "down"]), ("实现5%的负增长", ["down"]),
    ],
)  # fmt: skip
def test_direction(text: str, directions: list[str | None]) -> None:
    assert [change["direction"] for change in NER.extract_changes(text)] == directions


@pytest.mark.parametrize("model", ["", RULES])
def test_nothing_in_plain_prose(model: str) -> None:
    ner = FinancialNER(model)
    assert ner.extract_entities("") == []
    assert ner.extract_entities("坚持稳中求进，扎实推进各项工作。") == []
    assert ner.extract_changes("坚持稳中求进") == []
    assert ner.extract_facts("坚持稳中求进") == []


def texts(sentence: str, kind: str) -> list[object]:
    return [entity["text"] for entity in NER.extract_entities(sentence) if entity["type"] == kind]


@pytest.mark.parametrize(
    ("sentence", "companies"),
    [
        ("乌海银行、瑞穗银行（中国）发布年报", ["乌海银行", "瑞穗银行（中国）"]), ("广州某某金融控股集团股份有限公司持股5%", ["广州某某金融控股集团股份有限公司"]),
        ("城市商业银行、村镇银行、手机银行、影子银行", []), ("上市银行和民营银行", []), ("民生银行实控人旗下甲乙交通控股集团有限公司增持", ["民生银行", "甲乙交通控股集团有限公司"]),
    ],
)  # fmt: skip
def test_companies_that_no_list_holds(sentence: str, companies: list[str]) -> None:
    assert texts(sentence, "公司") == companies


@pytest.mark.parametrize(
    ("sentence", "times"),
    [
        ("一年内到期的负债", []), ("年内发行", ["年内"]), ("Q1-Q3净利润", ["Q1-Q3"]), ("2024年Q2息差", ["2024年Q2"]), ("第1-3季度", ["第1-3季度"]),
        ("上一季度", ["上一季度"]), ("今年1至5月", ["今年1至5月"]),
    ],
)  # fmt: skip
def test_times_of_notes_and_news(sentence: str, times: list[str]) -> None:
    assert texts(sentence, "时间") == times


@pytest.mark.parametrize(
    ("sentence", "values", "changes"),
    [
        ("存款达一万三千亿元", ["一万三千亿元"], []), ("占比超四成，同比下降近三成", ["四成"], ["三成"]), ("取得成功、三成功", [], []), ("同比少提3亿元，多计提8亿元", [], ["3亿元", "8亿元"]),
        ("营收YoY+12%", [], ["+12%"]), ("净利润4,216.08 亿 元", ["4,216.08 亿 元"], []), ("均价13,600元/平方米", ["13,600元/平方米"], []),
        ("成本收入比由29．1%扩大至29．6%", ["29．1%", "29．6%"], []),
    ],
)  # fmt: skip
def test_numbers_in_words_and_of_notes(sentence: str, values: list[str], changes: list[str]) -> None:
    assert texts(sentence, "数值") == values
    assert [change["text"] for change in NER.extract_changes(sentence)] == changes


@pytest.mark.parametrize(
    "name",
    ["投资证券利息收入", "逾期90天以上贷款与不良贷款的比例", "逾期1年以上的贷款", "存放和拆放同业及其他金融机构款项利息收入", "管理费收入", "物业及设备支出", "最大单一集团客户授信余额"],
)
def test_longer_names(name: str) -> None:
    assert texts(f"其中{name}为5亿元", "指标") == [name]


def test_the_fact_of_the_example() -> None:
    assert facts(EXAMPLE) == [
        Fact("招商银行", "2023年", "不良贷款率", "不良率", Decimal("1.5"), "%", Decimal("0.2"), "个百分点", "down", 12, 16),
    ]


def test_a_list_of_banks_pairs_off_with_its_values_and_changes() -> None:
    assert told("工行、农行净息差分别为1.28%、1.30%，同比分别下降5BP、6BP") == [
        ("工商银行", "净息差", "1.28%", "5BP"), ("农业银行", "净息差", "1.30%", "6BP"),
    ]  # fmt: skip


def test_a_list_of_indicators_pairs_off() -> None:
    assert told("净利差1.81%，净息差1.85%，分别下降0.13及0.14个百分点") == [
        (None, "净利差", "1.81%", "0.13个百分点"), (None, "净息差", "1.85%", "0.14个百分点"),
    ]  # fmt: skip


def test_where_a_change_arrives_is_the_value() -> None:
    assert told("浦发银行不良贷款率较上年末下降0.07个百分点至1.29%") == [("浦发银行", "不良贷款率", "1.29%", "0.07个百分点")]
    assert told("不良率由0.69%升至5.01%") == [(None, "不良率", "5.01%", "None")]


def test_an_indicator_behind_its_value() -> None:
    assert told("江苏银行以318.43亿元归母净利润排名第一") == [("江苏银行", "归母净利润", "318.43亿元", "None")]


def test_a_share_of_something_is_no_figure_of_it() -> None:
    assert facts("占营业收入的2.96%") == []


def test_amount_and_rate_of_one_change() -> None:
    text = "总资产较上年末增加158.14亿元，增长6.06%"
    assert [(fact.change, fact.change_unit, fact.direction, fact.period) for fact in facts(text)] == [
        (Decimal("158.14"), "亿元", "up", None), (Decimal("6.06"), "%", "up", None),
    ]  # fmt: skip


def test_two_years_of_one_indicator() -> None:
    found = facts("某银行2023年净利润100亿元，2022年净利润80亿元，同比增长多少？")
    assert [(fact.period, fact.value, fact.indicator) for fact in found] == [("2023年", Decimal(100), "净利润"), ("2022年", Decimal(80), "净利润")]


def test_bare_ratios_of_a_question() -> None:
    found = facts("ROE为15%，净利率为30%，资产周转率为0.5，权益乘数为1.0")
    assert [fact.value for fact in found] == [Decimal(15), Decimal(30), Decimal("0.5"), Decimal("1.0")]
    assert all(fact.indicator for fact in found)


def test_a_self_reference_is_the_bank_named_before() -> None:
    assert [fact.bank for fact in facts("光大银行发布年报，该行营业收入1,354.15亿元")] == ["光大银行"]
    assert [fact.bank for fact in facts("本行营业收入100亿元")] == ["本行"]


def test_units_in_their_usual_form() -> None:
    assert [(fact.value, fact.unit) for fact in facts("总资产5.2万亿，净利润１００億元，資產總額十万亿元")] == [
        (Decimal("5.2"), "万亿元"), (Decimal(100), "亿元"), (Decimal(10), "万亿元"),
    ]  # fmt: skip
    assert [fact.change_unit for fact in facts("净息差下降3个基点，不良率下降2pct")] == ["BP", "个百分点"]


def test_a_misread_number_makes_no_fact() -> None:
    assert [fact.change for fact in facts("不良率0.96%，上升0℃7个百分点")] == [None]


def test_an_unknown_indicator_keeps_its_words() -> None:
    (fact,) = facts("仓单质押不良贷款余额245.57亿元")
    assert (fact.indicator, fact.surface) == (None, "质押不良贷款余额")


def test_speed() -> None:
    """The budget is 1,000 sentences a second; a quarter of it is asked for here, machines under test being busy."""
    sentence = "截至报告期末，本集团贷款和垫款总额5.69万亿元，较上年末增加0.42万亿元，增长8.1%，不良贷款率0.95%，下降0.01个百分点"
    NER.extract_entities(sentence)
    best = 1.0
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(50):
            NER.extract_entities(sentence)
        best = min(best, (time.perf_counter() - start) / 50)
    assert best < 0.004
