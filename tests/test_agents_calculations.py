"""The operations over figures that are known by heart: retriever, calculator and attribution as plain functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest

from agents.calculations.report_sections import NOTHING, SECTIONS
from agents.findings import Finding, FindingKind
from agents.state import AgentState
from app.assistant import Assistant
from data.figures import Figure, FigureKind
from data.refusals import RefusalCode
from tests.small_ledger import made, small_assistant, worked

Work = Callable[..., AgentState]
EXTRA = [made("cib", "net_profit", "2025", "1000"), replace(made("cmb", "roa", "2023", "1.39"), audited=False), made("cmb", "net_profit", "2025Q1", "37000")]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with small_assistant(tmp_path_factory.mktemp("home"), extra=EXTRA) as assistant:
        yield assistant


@pytest.fixture(scope="module")
def work(opened: Assistant) -> Work:
    """Questions of one conversation to the state after retriever, calculator and attribution of the last one."""
    return partial(worked, opened)


def answers(state: AgentState) -> list[Figure]:
    by_id = {figure.id: figure for figure in state.figures}
    return [by_id[key] for key in state.answers]


def values(state: AgentState) -> list[str]:
    """Who, when, how much of every answer; quotients cut at six places."""
    return [f"{figure.entity_id} {figure.period} {figure.to_dict()['value']}{figure.quantity.unit}" for figure in answers(state)]


def only(state: AgentState, kind: FindingKind) -> Finding:
    found = [finding for finding in state.findings if finding.kind is kind]
    assert len(found) == 1, state.findings
    return found[0]


@pytest.mark.parametrize(("question", "first"), [
    # values, reported and by formula
    ("招商银行2023年不良率", "cmb 2023 0.95%"),
    ("招商银行2023年本行口径不良率", "cmb 2023 0.98%"),
    ("招商银行2024年二季度末不良率", "cmb 2024H1 0.94%"),
    ("招商银行2023年拨贷比", "cmb 2023 4.153846%"),
    ("招商银行2024年存贷比", "cmb 2024 80.00%"),
    ("招商银行2024年二季度营业收入", "cmb 2024Q2 85000百万元"),
    ("招商银行2024年三季度营业收入", "cmb 2024Q3 83000百万元"),
    ("招商银行2024年四季度营业收入", "cmb 2024Q4 82000百万元"),
    ("招商银行2024年下半年营业收入", "cmb 2024H2 165000百万元"),
    # changes
    ("招商银行2024年营业收入同比增长多少", "cmb 2024 6.451613%"),
    ("招商银行2024年营业收入增加了多少", "cmb 2024 20000百万元"),
    ("招商银行2024年不良率同比", "cmb 2024 -0.05个百分点"),
    ("招商银行2024年不良率比2021年变化多少", "cmb 2024 -0.01个百分点"),
    ("招商银行2024年三季度营业收入环比增长多少", "cmb 2024Q3 -2.352941%"),
    ("招商银行2024年三季度末不良率环比变化", "cmb 2024Q1-3 -0.01个百分点"),
    ("招商银行2024年一季度末不良率环比变化", "cmb 2024Q1 -0.03个百分点"),
    ("招商银行2024年一季度营业收入同比增长多少", "cmb 2024Q1 2.564103%"),
    ("招商银行2022年到2024年净利润增长了多少", "cmb 2024 18.571429%"),
    ("工商银行2023年营业收入同比增长多少", "icbc 2023 -4.545455%"),
    # several periods
    ("招商银行2021年至2024年净利润的复合增长率", "cmb 2024 11.423197%"),
    ("招商银行2023年总资产均值", "cmb 2023 9500000百万元"),
    ("招商银行2022年、2023年净利润的平均值", "cmb 2023 144000百万元"),
    ("招商银行2022年至2024年净利润合计", "cmb 2024 454000百万元"),
    # several banks
    ("哪家银行2023年不良率最低", "nbcb 2023 0.76%"),
    ("2023年不良率最高的银行是谁", "icbc 2023 1.36%"),
    ("哪家银行2023年拨备覆盖率最好", "cmb 2023 437.25%"),
    ("招商银行、兴业银行2023年营业收入合计", "cmb 2023 520000百万元"),
    # shares, checks, decompositions
    ("招商银行2024年非息收入占营业收入的比重", "cmb 2024 42.424242%"),
    ("招商银行2023年不良率复核", "cmb 2023 0.95"),
    ("兴业银行2023年不良率复核", "cib 2023 1.20"),
    ("招商银行2023年拨备覆盖率达标吗", "cmb 2023 437.25%"),
    ("招商银行2024年ROE杜邦分析", "cmb 2024 14.173913%"),
    ("招商银行2024年净利润为什么增长", "cmb 2024 18000百万元"),
    ("(1200-1100)/1100*100", " 2025 9.09"),
])
def test_the_first_answer(work: Work, question: str, first: str) -> None:
    assert values(work(question))[0].startswith(first)


def test_a_reported_ratio_stands_beside_the_one_by_formula(work: Work) -> None:
    state = work("招商银行2023年不良率")
    finding = only(state, FindingKind.VALUE)
    computed = next(figure for figure in state.figures if figure.id == finding.ids["computed"][0])
    assert computed.kind is FigureKind.COMPUTED and computed.quantity.value == Decimal("0.95") and len(computed.inputs) == 2


def test_a_ratio_changes_in_points_and_an_amount_in_percent(work: Work) -> None:
    ratio, amount = work("招商银行2024年不良率同比"), work("招商银行2024年营业收入同比")
    assert [figure.quantity.unit.symbol for figure in answers(ratio)] == ["个百分点"]
    assert [figure.quantity.unit.symbol for figure in answers(amount)] == ["%", "百万元"]


def test_growth_from_a_negative_base_is_given_in_amount_and_said(work: Work) -> None:
    state = work("兴业银行2025年净利润同比增长多少")
    assert values(state) == ["cib 2025 6000百万元"] and any("增速无意义" in caveat for caveat in state.caveats)


def test_growth_is_measured_from_the_restated_comparative(work: Work) -> None:
    state = work("工商银行2023年营业收入同比增长多少")
    assert any("重述" in caveat for caveat in state.caveats)
    assert values(work("工商银行2022年营业收入")) == ["icbc 2022 915000百万元"], "asked for itself, the figure is the one first reported"


def test_a_rival_value_is_shown_and_never_averaged(work: Work) -> None:
    state = work("工商银行2024年不良率")
    assert values(state) == ["icbc 2024 1.34%"]
    assert {str(figure.quantity.value) for figure in state.figures} == {"1.34", "1.43"}
    assert any("未取平均" in caveat and "{f2}" in caveat for caveat in state.caveats)


def test_an_unaudited_figure_is_said_to_be_one(work: Work) -> None:
    assert any("未经审计" in caveat for caveat in work("招商银行2023年ROA").caveats)


def test_a_trend_is_the_series_with_its_change_and_growth(work: Work) -> None:
    state = work("招商银行近三年净利润趋势")
    assert values(state) == ["cmb 2022 140000百万元", "cmb 2023 148000百万元", "cmb 2024 166000百万元"]
    finding = only(state, FindingKind.TREND)
    kinds = {role: next(f for f in state.figures if f.id == finding.ids[role][0]) for role in ("amount", "cagr")}
    assert kinds["amount"].quantity.value == 26000 and kinds["cagr"].operation == "cagr"


def test_a_trend_with_a_hole_says_which_year_is_missing(work: Work) -> None:
    state = work("兴业银行2021年至2024年拨备覆盖率")
    assert [value.split()[1] for value in values(state)] == ["2022", "2023", "2024"] and state.refusal is None
    assert any("2021年末的拨备覆盖率" in caveat for caveat in state.caveats)


def test_a_comparison_gives_the_distance_from_the_first_bank(work: Work) -> None:
    state = work("招商银行和兴业银行2023年不良率对比")
    assert values(state) == ["cmb 2023 0.95%", "cib 2023 1.07%", "cmb 2023 -0.12个百分点"]
    assert work("招商银行、兴业银行近三年不良率").findings[0].kind is FindingKind.TREND, "over several years, the courses"


def test_a_ranking_leaves_out_and_names_the_banks_without_the_figure(work: Work) -> None:
    state = work("六大行和招商银行、兴业银行2023年不良率排名")
    finding = only(state, FindingKind.RANKING)
    assert values(state) == ["cmb 2023 0.95%", "cib 2023 1.07%", "icbc 2023 1.36%"]
    assert finding.words["order"] == "从低到高" and [finding.words[key] for key in finding.ids["values"]] == ["1", "2", "3"]
    assert any("另有5家" in caveat for caveat in state.caveats)


def test_a_limited_ranking(work: Work) -> None:
    assert values(work("2023年不良率最低的两家银行")) == ["nbcb 2023 0.76%", "cmb 2023 0.95%"]


def test_the_place_of_one_bank_among_all(work: Work) -> None:
    state = work("招商银行2023年不良率排第几")
    finding = only(state, FindingKind.RANKING)
    assert values(state)[0] == "cmb 2023 0.95%" and finding.words[finding.ids["focus"][0]] == "2"


def test_a_recomputed_ratio_agrees_or_not(work: Work) -> None:
    assert only(work("招商银行2023年不良率复核"), FindingKind.RECOMPUTED).words["agrees"] == "yes"
    assert only(work("兴业银行2023年不良率复核"), FindingKind.RECOMPUTED).words["agrees"] == "no"


def test_a_figure_without_formula_cannot_be_recomputed(work: Work) -> None:
    state = work("招商银行2023年总资产复核")
    assert values(state) == ["cmb 2023 10000000百万元"] and any("无法验算" in caveat for caveat in state.caveats)


def test_a_regulatory_line_with_its_source(work: Work) -> None:
    words = only(work("招商银行2023年拨备覆盖率达标吗"), FindingKind.LINE).words
    assert words["meets"] == "yes" and words["sense"] == "不低于" and words["bound"].endswith("%") and words["source"]


def test_an_indicator_without_a_line_is_said_to_have_none(work: Work) -> None:
    state = work("招商银行2023年净息差达标吗")
    assert any("没有统一的监管" in caveat for caveat in state.caveats)


def test_an_overview_holds_what_there_is_and_pads_nothing(work: Work) -> None:
    state = work("工商银行2023年怎么样")
    assert [figure.indicator_id for figure in answers(state)] == ["operating_income", "npl_ratio", "total_assets"]
    finding = only(state, FindingKind.OVERVIEW)
    assert len(finding.ids["values"]) == len(finding.ids["amounts"]) and finding.ids["amounts"][-1] == ""


@pytest.mark.parametrize("question", ["招商银行2024年ROE杜邦分析", "招商银行2024年ROE为什么下降", "招商银行2024年净利润为什么增长", "招商银行2024年不良率为什么下降",
                                      "招商银行2024年营业收入为什么增长", "招商银行2024年利润表逐步还原"])
def test_the_parts_of_a_decomposition_sum_to_its_total_to_the_last_digit(work: Work, question: str) -> None:
    state = work(question)
    by_id = {figure.id: figure for figure in state.figures}
    found = [finding for finding in state.findings if finding.kind is FindingKind.DECOMPOSITION and not finding.words.get("dupont")]
    for finding in found:
        total, parts = by_id[finding.ids["total"][0]], [by_id[key] for key in finding.ids["parts"]]
        assert sum((part.quantity.base for part in parts), Decimal(0)) == total.quantity.base
        assert finding.words["formula"]
    assert found or question.endswith("杜邦分析"), state.findings


def test_dupont_gives_the_three_factors_of_the_period(work: Work) -> None:
    state = work("招商银行2024年ROE杜邦分析")
    result, margin, turnover, multiplier = answers(state)[:4]
    assert result.quantity.value / 100 == pytest.approx(margin.quantity.value / 100 * turnover.quantity.value / 100 * multiplier.quantity.value)
    assert margin.to_dict()["value"] == "49.393939"


def test_dupont_without_the_opening_balance_says_what_is_missing(work: Work) -> None:
    state = work("招商银行2022年ROE杜邦分析")
    assert state.refusal is not None and state.refusal.code is RefusalCode.NOT_DISCLOSED and "杜邦" in state.refusal.message


def test_a_change_that_nothing_explains_is_given_alone_and_said(work: Work) -> None:
    state = work("招商银行2024年净息差为什么下降")
    assert values(state)[0] == "cmb 2024 -0.17个百分点" and any("只能给出变动本身" in caveat for caveat in state.caveats)


def test_the_walk_names_the_rows_that_are_not_disclosed(work: Work) -> None:
    finding = only(work("招商银行2024年利润表逐步还原"), FindingKind.DECOMPOSITION)
    assert "其他资产减值损失" in finding.words["missing"] and len(finding.ids["ends"]) == 2


def test_parts_of_a_total(work: Work) -> None:
    finding = only(work("招商银行2024年非息收入的构成"), FindingKind.TOTAL)
    assert finding.words["parts"] == "yes"
    state = work("招商银行2023年总资产的构成")
    assert only(state, FindingKind.VALUE) and any("没有" in caveat and "分项" in caveat for caveat in state.caveats)


def test_a_definition_is_quoted_with_its_source(work: Work) -> None:
    state = work("什么是拨备覆盖率")
    assert "依据" in only(state, FindingKind.DEFINITION).words["text"] and state.figures == [] and state.refusal is None


def test_two_things_compared_by_definition(work: Work) -> None:
    text = only(work("净息差和净利差有什么区别"), FindingKind.DEFINITION).words["text"]
    assert "净息差" in text and "净利差" in text


def test_coverage_lists_the_banks_and_what_there_is(work: Work) -> None:
    text = only(work("有哪些数据"), FindingKind.COVERAGE).words["text"]
    assert all(name in text for name in ("招商银行", "兴业银行", "工商银行", "宁波银行", "不良贷款率"))


@pytest.mark.parametrize(("question", "code", "words"), [
    ("农业银行2023年不良率", RefusalCode.MISSING_DOCUMENT, "农业银行"),
    ("招商银行2031年不良率", RefusalCode.MISSING_PERIOD, "2031年末"),
    ("招商银行2023年本行口径拨备覆盖率", RefusalCode.NOT_DISCLOSED, "本行口径"),
    ("宁波银行2023年ROE", RefusalCode.NOT_DISCLOSED, "净资产收益率"),
    ("招商银行2023年本行口径不良率同比", RefusalCode.MISSING_PERIOD, "2022年末"),
    ("招商银行和农业银行2023年不良率对比", RefusalCode.MISSING_DOCUMENT, "农业银行"),
    ("六大行2023年不良率排名", RefusalCode.MISSING_DOCUMENT, "报告"),
    ("招商银行2031年不良率排第几", RefusalCode.MISSING_PERIOD, "招商银行2031年末"),
    ("宁波银行2023年净息差排第几", RefusalCode.NOT_DISCLOSED, "宁波银行"),
    ("写一份招商银行2031年的报告", RefusalCode.MISSING_PERIOD, "2031年"),
    ("招商银行2021年到2024年不良率的复合增速", RefusalCode.NOT_DISCLOSED, "比率"),
])
def test_a_gap_is_a_refusal_with_its_reason(work: Work, question: str, code: RefusalCode, words: str) -> None:
    state = work(question)
    assert state.refusal is not None and state.refusal.code is code and words in state.refusal.message
    assert state.refusal.suggestion and state.answers == []


def test_no_gap_claims_that_a_held_figure_is_missing(work: Work) -> None:
    """One of two banks has nothing: the refusal is about that one."""
    state = work("六大行2023年不良率排名")
    assert state.refusal is not None and "工商银行2023" not in state.refusal.message


def test_a_report_has_its_sections_in_order_and_says_where_there_is_nothing(work: Work) -> None:
    state = work("写一份招商银行2024年的分析报告，和兴业银行对比")
    headings = list(dict.fromkeys(finding.section for finding in state.findings))
    assert headings == [section.title for section in SECTIONS]
    bare = work("写一份宁波银行2024年的报告")
    notes = {finding.section for finding in bare.findings if finding.kind is FindingKind.NOTE}
    assert "净息差" in notes and all(finding.words["text"] == NOTHING for finding in bare.findings if finding.kind is FindingKind.NOTE)


def test_a_report_brings_forward_what_the_request_names_and_drops_the_peers_where_there_are_none(work: Work) -> None:
    headings = list(dict.fromkeys(finding.section for finding in work("写一份招商银行2024年资产质量方面的报告").findings))
    assert headings[:2] == ["业绩概览", "资产质量"] and "同业对比" not in headings


def test_an_open_question_without_a_model_is_the_nearest_fixed_analysis(opened: Assistant) -> None:
    answer = opened.ask("招商银行净息差压力从哪里来，后面怎么看")
    assert answer["intent"] == "analysis" and any("没有可用的工具调用模型" in caveat for caveat in answer["caveats"])
    asked = [figure for figure in answer["figures"] if figure["id"] in answer["answers"]]
    assert [figure["value"] for figure in asked[:3]] == ["2.40", "2.15", "1.98"]


def test_what_a_question_brings_along_is_computed_from_that(work: Work) -> None:
    state = work("假设不良贷款余额60亿元，贷款总额5000亿元，不良率是多少")
    assert [figure.quantity.value for figure in answers(state)] == [Decimal("1.2")]
    assert any("题" in caveat or "提问" in caveat for caveat in state.caveats)


def test_every_computed_figure_names_its_formula_and_leads_to_reported_ones(work: Work) -> None:
    for question in ("招商银行2024年ROE杜邦分析", "写一份招商银行2024年的报告", "招商银行2021年至2024年净利润的复合增长率"):
        state = work(question)
        known = {figure.id for figure in state.figures}
        for figure in state.figures:
            assert set(figure.inputs) <= known
            assert (figure.evidence and not figure.inputs) if figure.kind is FigureKind.REPORTED else (figure.formula and figure.inputs)
