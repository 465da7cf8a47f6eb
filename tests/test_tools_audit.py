"""The audit: what binds, what is refused and why, what may stand without a figure, and drafts in references."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.evidence import Evidence
from data.facts_table import load_facts
from data.figures import Figure, Scope
from data.periods import Period
from tests.audit_sheet import ASKED, ONE, audit_sheet, pick
from tests.figure_factory import figure
from tools.audit.check import AuditContext, AuditReport, audit_draft, audit_text
from tools.audit.numbers import find_numbers, plain_text
from tools.factsheet import FactSheet
from tools.references import fill

SHEET = audit_sheet()
FACTS = [fact for fact in load_facts().figures if fact.scope is Scope.GROUP and fact.period.is_annual]


def _audit(text: str, context: AuditContext = ONE) -> AuditReport:
    return audit_text(text, SHEET, context)


def test_verdicts_name_the_figure_of_every_number() -> None:
    text = "招商银行2023年末不良贷款率为0.95%（集团口径），较2022年末下降0.01个百分点。"
    report = _audit(text)
    own, moved = (verdict.figure_id for verdict in report.verdicts)
    assert report.ok and not report.problems
    assert own == pick("招商银行", "npl_ratio", SHEET).id
    assert moved is not None and SHEET.show(SHEET.get(moved)) == "下降0.01个百分点"
    assert [text[v.start : v.end] for v in report.verdicts] == [v.text for v in report.verdicts] == ["0.95%", "0.01个百分点"]


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("工商银行2023年末不良贷款率为0.95%。", "银行"), ("招商银行2022年末不良贷款率为0.95%。", "期间"), ("招商银行2023年末拨备覆盖率为0.95%。", "指标"),
        ("招商银行2023年末不良贷款率（母公司口径）为0.95%。", "口径"), ("招商银行2023年末不良贷款率上升0.01个百分点。", "方向"),
        ("招商银行2023年末不良贷款率较2021年末下降0.01个百分点。", "对比期"), ("招商银行2023年营业收入为3,391.23万元。", "单位"),
        ("招商银行2023年末不良贷款率下降0.95%。", "水平与变动"), ("招商银行2023年末不良贷款率为0.87%。", "没有来源"), ("招商银行2023年末不良贷款率为0.95。", "没有单位"),
    ],
)  # fmt: skip
def test_the_problem_says_what_is_wrong(text: str, aspect: str) -> None:
    report = _audit(text, ASKED)
    assert any(aspect in problem for problem in report.problems), report.problems


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(FACTS), st.data())
def test_any_fact_passes_as_printed_and_fails_with_another_digit(fact: Figure, data: st.DataObject) -> None:
    sheet = FactSheet()
    own = sheet.add(fact)
    text = f"{own.entity}{own.period_label}{own.indicator}为{sheet.show(own)}。"
    assert audit_text(text, sheet, AuditContext()).ok
    number = re.search(r"[\d,.]+(?=\D*。)", text)
    assert number is not None
    place = data.draw(st.sampled_from([i for i in range(*number.span()) if text[i].isdigit()]))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != text[place]]))
    assert not audit_text(text[:place] + digit + text[place + 1 :], sheet, AuditContext()).ok
    assert not audit_text(text.replace(own.entity, "浙商银行"), sheet, AuditContext()).ok


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from([
    "招商银行", "工商银行", "2023年末", "2022年", "1949年", "同比", "较上年末", "不良贷款率", "净利润", "为", "下降", "至", "0.95%", "（", "）", "1.36%", "|", "\n", "| a | b |\n",
    "，", "。", "- ", "## ", "来源：\n", "[1]", "第3页", "=", "÷", "3,391.23亿元", "分别", "和", "、", "9" * 40, "0." + "0" * 40 + "1", "百分之五", "一亿亿亿元", "“", "”", "－", "**",
]), max_size=40))  # fmt: skip
def test_no_text_breaks_the_audit(parts: list[str]) -> None:
    text = "".join(parts)
    report = _audit(text)
    assert report.ok == (not report.problems)
    assert all(0 <= v.start <= v.end <= len(text) for v in report.verdicts)


def test_numbers_are_read_as_printed() -> None:
    text = "净利润（1,234）百万元，同比-1.64%，由0.96降至0.95%，约三成，三家银行，百分之零点九五，RMB 3,391 million，５.２６元/股，第15页[1]，IFRS 9，2 亿"
    shown = [(str(token.value), token.unit.symbol if token.unit else token.noun) for token in find_numbers(plain_text(text))]
    assert shown == [
        ("-1234", "百万元"), ("-1.64", "%"), ("0.96", "%"), ("0.95", "%"), ("30", "%"), ("0.95", "%"), ("3391", "million"), ("5.26", "元/股"), ("2", "亿元"),
    ]  # fmt: skip


def test_a_number_of_the_question_may_be_repeated_but_not_asserted() -> None:
    context = replace(ONE, question="招商银行2023年不良率是1.5%吗？高于2%的有谁？")
    assert _audit("不是1.5%，招商银行2023年末不良贷款率为0.95%，没有高于2%。", context).ok
    assert not _audit("招商银行2023年末不良贷款率为1.5%。", context).ok
    assert not _audit("招商银行2023年末不良贷款率没有高于2%。", ONE).ok


def test_a_passage_may_be_quoted_with_its_numbers() -> None:
    passage = "关于拨备的通知（银监发〔2018〕7号）：拨备覆盖率监管要求为120%～150%。本行零售客户1.97亿户。"
    context = replace(ONE, quotable=(passage,))
    assert _audit("拨备覆盖率为437.70%，高于120%的监管要求（2018年）。", context).ok
    assert _audit("报告称“本行零售客户1.97亿户”。", context).ok
    assert not _audit("拨备覆盖率为437.70%，低于120%的监管要求。", context).ok
    assert not _audit("招商银行2023年末拨备覆盖率为120%。", context).ok
    assert not _audit("报告称“本行零售客户1.79亿户”。", context).ok


def test_years_must_be_known() -> None:
    assert not _audit("招商银行2023年末不良贷款率为0.95%，为2009年以来最低。").ok
    assert _audit("招商银行2023年末不良贷款率为0.95%，为2009年以来最低。", replace(ONE, question="2009年以来最低吗")).ok
    assert not _audit("招商银行于2023年4月5日披露，不良贷款率为0.95%。").ok
    assert _audit("截至2023年12月31日，招商银行不良贷款率为0.95%。").ok


def test_counts_and_list_numbers_need_no_figure() -> None:
    assert _audit("1. 共3家银行，近5年，前10大\n2、（1）三家银行；第2名；IFRS 9；CET1").ok
    assert not _audit("共有1,948家机构。").ok


def _sourced() -> FactSheet:
    plain = figure("0.95", "%", indicator="不良贷款率", indicator_id="npl_ratio", entity="招商银行", point=True, id="")
    other = figure("1.36", "%", indicator="不良贷款率", indicator_id="npl_ratio", entity="工商银行", point=True, id="")
    sheet = FactSheet()
    sheet.add(replace(plain, evidence=[Evidence("招商银行2024年年度报告", 15, table="主要指标")]))
    sheet.add(replace(other, evidence=[Evidence("工商银行官网", None, source="https://www.icbc.com/2023/a.html")]))
    return sheet


@pytest.mark.parametrize(
    ("foot", "ok"),
    [
        ("来源：\n[1] 招商银行2024年年度报告，第15页\n[2] 工商银行官网 https://www.icbc.com/2023/a.html", True),
        ("来源：\n[1] 招商银行2024年年度报告，第15页，主要指标", True), ("**来源**\n1. 招商银行2024年年度报告，第15页", True), ("来源：招商银行2024年年度报告，第15页", True),
        ("来源：\n[1] 招商银行2024年年度报告，第16页", False), ("来源：\n[1] 招商银行2023年年度报告，第15页", False),
        ("来源：\n[2] 招商银行2024年年度报告，第15页", False), ("来源：\n[3] 招商银行2024年年度报告，第15页", False),
        ("来源：\n[2] 工商银行官网 https://www.icbc.com/2024/a.html", False), ("来源：\n[1] 招商银行2024年年度报告，第15页，0.97%", False),
        ("来源：招商银行2024年年度报告，第51页", False), ("见年报第15页。", True), ("见年报第18页。", False), ("详见 https://evil.example/2023", False),
    ],
)  # fmt: skip
def test_the_source_section_is_that_of_the_evidence(foot: str, ok: bool) -> None:
    report = audit_text(f"招商银行2023年末不良贷款率为0.95%[1]。\n\n{foot}", _sourced(), AuditContext())
    assert report.ok is ok, report.problems


def test_a_mark_must_be_of_the_numbers_on_its_line() -> None:
    assert audit_text("不良贷款率：招商银行0.95%[1]，工商银行1.36%[2]。", _sourced(), AuditContext()).ok
    assert not audit_text("招商银行不良贷款率为0.95%[2]。", _sourced(), AuditContext()).ok
    assert not audit_text("招商银行不良贷款率为0.95%[3]。", _sourced(), AuditContext()).ok


def test_tables_read_rows_columns_captions_and_ranks() -> None:
    head = "单位：亿元\n\n| 项目 | 2022年 | 2023年 | 同比 |\n|---|---|---|---|\n"
    assert _audit("招商银行利润表\n\n" + head + "| 营业收入 | 3,447.83 | 3,391.23 | -1.64% |\n").ok
    assert not _audit("招商银行利润表\n\n" + head + "| 营业收入 | 3,391.23 | 3,447.83 | -1.64% |\n").ok
    assert not _audit("招商银行利润表\n\n" + head + "| 营业收入 | 3,447.83 | 3,391.23 | +1.64% |\n").ok
    assert not _audit("招商银行利润表\n\n" + head.replace("亿元", "万元") + "| 营业收入 | 3,447.83 | 3,391.23 | -1.64% |\n").ok
    ranks = "| 排名 | 银行 | 不良贷款率（2023年末） |\n|---|---|---|\n| {} | 招商银行 | 0.95% |\n| {} | 工商银行 | 1.36% |\n| {} | 建设银行 | 1.37% |\n"
    assert _audit(ranks.format(1, 2, 3), ASKED).ok and _audit(ranks.format("第3", "第2", "第1"), ASKED).ok
    assert not _audit(ranks.format(1, 3, 2), ASKED).ok


def test_calculations_bind_their_inputs() -> None:
    assert _audit("招商银行2023年末不良贷款率 = 61,579百万元 ÷ 6,508,865百万元 × 100% = 0.95%").ok is False
    named = "招商银行2023年末不良贷款率 = 不良贷款余额615.79亿元 ÷ 贷款总额65,088.65亿元 × 100% = 0.95%"
    assert _audit(named).ok
    assert not _audit(named.replace("615.79", "651.79")).ok


def test_the_users_own_arithmetic_may_be_shown() -> None:
    context = AuditContext(question="1+2*3等于多少，100*(3391.23/3447.83-1)呢")
    for shown in ("1+2*3 = 7.00", "100*(3391.23/3447.83-1) = -1.64"):
        sheet = FactSheet([figure(shown.split(" = ")[1], "", indicator="算式结果", indicator_id="", entity="用户给定")])
        assert audit_text(shown, sheet, context).ok
        assert not audit_text(shown[:-1] + "8", sheet, context).ok


def test_nothing_hides_a_number() -> None:
    for hidden in (
        "[见注](0.87%)", "| # | 不良贷款率 |\n|---|---|\n| 0.87% | 0.95% |", "来源：\n- 不良率0.87%", "万分之八十七", "百分之零点八七", "0.８７％", "_0.87%_",
        "- 0.87%", "0.87% 不良率", "（0.87%）", "“不良贷款率为0.87%”", "2.招商银行0.87%", "## 0.87%", "> 0.87%", "```\n0.87%\n```", "八成七",
    ):
        assert not _audit(f"招商银行2023年末不良贷款率为0.95%。\n\n{hidden}").ok, hidden


def test_losses_and_turns() -> None:
    sheet = FactSheet()
    for period, value in (("2022", "-500"), ("2023", "300")):
        sheet.add(figure(value, period=period, id=""))
    assert audit_text("招商银行2022年净利润为-5.00亿元，2023年为3.00亿元，扭亏为盈。", sheet, AuditContext()).ok
    assert audit_text("招商银行2022年净利润亏损5.00亿元。", sheet, AuditContext()).ok
    assert not audit_text("招商银行2022年净利润为5.00亿元。", sheet, AuditContext()).ok
    assert not audit_text("招商银行2023年净利润为3.00亿元，由盈转亏。", sheet, AuditContext()).ok


NPL, COVERAGE = pick("招商银行", "npl_ratio", SHEET).id, pick("招商银行", "provision_coverage", SHEET).id
BEFORE = pick("招商银行", "npl_ratio", SHEET, 2022).id
MOVED = next(f.id for f in SHEET if f.indicator == "不良贷款率变动" and f.period == Period(2023) and f.entity == "招商银行")
GAP = next(f.id for f in SHEET if f.counterpart == "工商银行")


@pytest.mark.parametrize(
    ("draft", "ok"),
    [
        ("{n.bank}{n.period}不良贷款率为{n}（{n.scope}口径）{n.mark}，较{m.base}{m}。", True), ("{n.bank}不良率为{n}，较{m.base}下降{m.abs}。", True),
        ("{n.bank}不良率从{b.period}的{b}降至{n.period}的{n}。", True), ("| 期间 | {n.name} |\n|---|---|\n| {b.period} | {b} |\n| {n.period} | {n} |", True),
        ("1. {n.name}：{n}\n2. {c.name}：{c}，高于120%的要求\n第3，三家中最好，并非您说的1.5%。", True), ("{g.bank}{g.period}不良率比工商银行{g}。", True),
        ("{n.bank}不良率为{n}，较{m.base}上升{m.abs}。", False), ("{n.bank}不良率为{n}，较{m.base}下降{m}。", False), ("{n.bank}不良率比工商银行低{g}。", False), ("{n.bank}{n.period}不良率为0.95%。", False),
        ("{n.bank}{n.period}不良率为百分之零点九五。", False), ("工商银行{n.period}不良率为{n}。", False), ("{n.bank}2022年末不良率为{n}。", False),
        ("{n.bank}{n.period}拨备覆盖率为{n}。", False), ("{n.bank}（母公司口径）不良率为{n}。", False), ("{n.bank}不良率从{b.period}的{b}升至{n.period}的{n}。", False),
        ("| 期间 | {n.name} |\n|---|---|\n| {n.period} | {b} |\n| {b.period} | {n} |", False), ("{g.bank}不良率比工商银行高{g.abs}。", False),
        ("{n.bank}不良率为{n}，为2009年以来最低。", False), ("{n.bank}不良率为1.5%。", False),
    ],
)  # fmt: skip
def test_drafts(draft: str, ok: bool) -> None:
    for short, figure_id in {"n": NPL, "c": COVERAGE, "b": BEFORE, "m": MOVED, "g": GAP}.items():
        draft = re.sub(r"\{" + short + r"(?=[.}])", "{" + figure_id, draft)
    context = replace(ONE, question="招商银行2023年不良率是1.5%吗", quotable=("监管要求：拨备覆盖率不低于120%",))
    report = audit_draft(draft, fill(draft, SHEET, {}), SHEET, context)
    assert report.ok is ok, report.problems


def test_calculations_must_come_out() -> None:
    inputs = "贷款损失准备2,695.34亿元 {} 不良贷款余额615.79亿元"
    right = "招商银行2023年末拨备覆盖率 = " + inputs.format("÷") + " × 100% = 437.70%"
    assert _audit(right).ok
    assert any("算式" in problem for problem in _audit(right.replace("÷", "+")).problems)
    change = "招商银行营业收入同比增速 = (3,391.23亿元 - 3,447.83亿元) ÷ 3,447.83亿元 × 100% = -1.64%"
    assert not any("算式" in problem for problem in _audit(change).problems)
    assert any("算式" in problem for problem in _audit(change.replace("÷ 3,447.83", "÷ 3,391.23")).problems)
