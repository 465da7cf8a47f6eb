"""The deterministic writer: every kind of finding becomes text in references, the answer first, nothing told twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from agents.findings import Finding, FindingKind
from agents.state import AgentState
from agents.writing.compose import compose
from agents.writing.paragraphs import PARAGRAPHS
from agents.writing.sources import with_sources
from agents.writing.style import SHAPES, shape
from app.assistant import Assistant
from data.evidence import Evidence
from tests.figure_factory import figure
from tests.small_ledger import made, small_assistant, worked
from tools.factsheet import FactSheet
from tools.references import fill, literal_text, references_of

QUESTIONS = {
    FindingKind.VALUE: "招商银行2023年不良率",
    FindingKind.CHANGE: "招商银行2024年营业收入同比增长多少",
    FindingKind.TREND: "招商银行近三年净利润趋势",
    FindingKind.COMPARISON: "招商银行和兴业银行2023年不良率对比",
    FindingKind.RANKING: "哪家银行2023年不良率最低",
    FindingKind.CAGR: "招商银行2021年至2024年净利润的复合增长率",
    FindingKind.SHARE: "招商银行2024年非息收入占营业收入的比重",
    FindingKind.AVERAGE: "招商银行2022年、2023年净利润的平均值",
    FindingKind.TOTAL: "招商银行、兴业银行2023年营业收入合计",
    FindingKind.RECOMPUTED: "兴业银行2023年不良率复核",
    FindingKind.LINE: "招商银行2023年拨备覆盖率达标吗",
    FindingKind.EXPRESSION: "(1200-1100)/1100*100",
    FindingKind.DECOMPOSITION: "招商银行2024年净利润为什么增长",
    FindingKind.OVERVIEW: "招商银行2023年怎么样",
    FindingKind.DEFINITION: "什么是拨备覆盖率",
    FindingKind.COVERAGE: "有哪些数据",
    FindingKind.NOTE: "写一份宁波银行2024年的报告",
}
# Kinds that hold literal numbers on purpose: quotations, places of a ranking, the user's own arithmetic.
QUOTING = {FindingKind.LINE, FindingKind.EXPRESSION, FindingKind.DEFINITION, FindingKind.COVERAGE, FindingKind.RANKING, FindingKind.NOTE}
MORE = [
    "工商银行2023年营业收入同比", "招商银行2024年二季度营业收入", "招商银行2023年存贷比", "招商银行2024年ROE杜邦分析", "招商银行2024年利润表逐步还原",
    "招商银行、兴业银行、工商银行2023年末不良率对比", "招商银行2023年净息差和不良率哪个高", "招商银行2023年不良率排第几", "招商银行2024年非息收入的构成",
    "兴业银行2024年不良率较上年变化多少", "招商银行2024年6月末贷款总额较上年末增长多少", "写一份招商银行2024年的分析报告，和兴业银行对比",
]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with small_assistant(tmp_path_factory.mktemp("home")) as assistant:
        yield assistant


@pytest.fixture(scope="module")
def drafts(opened: Assistant) -> dict[str, tuple[AgentState, str]]:
    """Each question with its state and its draft."""
    states = {question: worked(opened, question) for question in [*QUESTIONS.values(), *MORE]}
    return {question: (state, compose(FactSheet(state.figures, state.answers), state.findings)) for question, state in states.items()}


def filled(state: AgentState, draft: str) -> str:
    return fill(draft, FactSheet(state.figures, state.answers), {}).text


def test_every_kind_of_finding_has_its_paragraph_and_is_written_here(drafts: dict[str, tuple[AgentState, str]]) -> None:
    assert set(PARAGRAPHS) == set(FindingKind) == set(QUESTIONS) | {FindingKind.BREAKDOWN}  # of a report's table: test_graph_documents.py
    for kind, question in QUESTIONS.items():
        assert kind in {finding.kind for finding in drafts[question][0].findings}, question


@pytest.mark.parametrize("question", [*QUESTIONS.values(), *MORE])
def test_every_reference_resolves_and_tells_an_answer(drafts: dict[str, tuple[AgentState, str]], question: str) -> None:
    state, draft = drafts[question]
    used = references_of(draft)
    assert draft and set(used) <= {figure.id for figure in state.figures}
    text = filled(state, draft)
    assert "{" not in text and "None" not in text and "  " not in text and "。。" not in text
    told = set(used) | {key for figure in state.figures if figure.id in used for key in figure.inputs}
    assert set(state.answers) <= told, "an answer that is never told"


@pytest.mark.parametrize("question", [question for kind, question in QUESTIONS.items() if kind not in QUOTING] + MORE[:6])
def test_the_writer_types_no_digit(drafts: dict[str, tuple[AgentState, str]], question: str) -> None:
    assert re.findall(r"\d+", literal_text(drafts[question][1])) == []


def test_the_same_findings_make_the_same_text(opened: Assistant, drafts: dict[str, tuple[AgentState, str]]) -> None:
    for question in list(QUESTIONS.values())[:6]:
        state = worked(opened, question)
        assert compose(FactSheet(state.figures, state.answers), state.findings) == drafts[question][1]


def test_what_is_asked_shapes_the_text(drafts: dict[str, tuple[AgentState, str]]) -> None:
    openings = {filled(*drafts[question]).splitlines()[0] for question in QUESTIONS.values()}
    assert len(openings) == len(QUESTIONS)


@pytest.mark.parametrize(("question", "first"), [
    ("招商银行2023年不良率", "招商银行2023年末不良贷款率为0.95%[1]（集团口径）。"),
    ("招商银行2024年营业收入同比增长多少", "招商银行2024年营业收入为3,300.00亿元[1]（集团口径），较2023年的3,100.00亿元[2]增加200.00亿元，同比6.45%。"),
    ("兴业银行2024年不良率较上年变化多少", "兴业银行2024年末不良贷款率为1.07%[1]（集团口径），较2023年末的1.07%[2]持平。"),
    ("招商银行2024年6月末贷款总额较上年末增长多少", "招商银行2024年6月末贷款总额为68,000.00亿元[1]（集团口径），较2023年末的65,000.00亿元[2]增加3,000.00亿元，变动幅度4.62%。"),
    ("招商银行和兴业银行2023年不良率对比", "2023年末不良贷款率（集团口径）：招商银行0.95%[1]，兴业银行1.07%[2]；招商银行比兴业银行低0.12个百分点。"),
    ("招商银行、兴业银行、工商银行2023年末不良率对比", "2023年末不良贷款率（集团口径），工商银行最高（1.36%），招商银行最低（0.95%）。"),
    ("哪家银行2023年不良率最低", "2023年末不良贷款率最低的是宁波银行，为0.76%[4]（集团口径）。从低到高排列："),
    ("招商银行2023年不良率排第几", "招商银行2023年末不良贷款率为0.95%[1]（集团口径），从低到高排第2："),
    ("招商银行近三年净利润趋势", "招商银行净利润（集团口径）逐期上升：从2022年的1,400.00亿元到2024年的1,660.00亿元，期间增加260.00亿元，年均复合增速8.89%。"),
    ("招商银行2021年至2024年净利润的复合增长率", "招商银行净利润（集团口径）从2021年的1,200.00亿元[1]到2024年的1,660.00亿元[4]，年均复合增速为11.42%。"),
    ("招商银行、兴业银行2023年营业收入合计", "营业收入合计为5,200.00亿元。"),
    ("招商银行2024年非息收入占营业收入的比重", "招商银行2024年非利息净收入为1,400.00亿元[1]（集团口径），占营业收入3,300.00亿元[1]的42.42%。"),
    ("(1200-1100)/1100*100", "(1200-1100)/1100*100 = 9.09"),
])
def test_the_answer_comes_first(drafts: dict[str, tuple[AgentState, str]], question: str, first: str) -> None:
    assert filled(*drafts[question]).splitlines()[0] == first


def test_a_value_that_a_change_tells_is_not_told_again(opened: Assistant) -> None:
    state = worked(opened, "招商银行2023年不良率是多少？较上年变化多少？")
    text = filled(state, compose(FactSheet(state.figures, state.answers), state.findings))
    assert text.count("招商银行2023年末不良贷款率为0.95%") <= 2 and text.index("较2022年末") < text.index("复算")
    assert text.splitlines()[0].startswith("招商银行2023年末不良贷款率为0.95%[1]（集团口径），较2022年末的0.96%")


def test_a_report_has_a_heading_for_each_section(drafts: dict[str, tuple[AgentState, str]]) -> None:
    state, draft = drafts["写一份招商银行2024年的分析报告，和兴业银行对比"]
    headings = [line.removeprefix("## ") for line in draft.splitlines() if line.startswith("## ")]
    assert headings == list(dict.fromkeys(finding.section for finding in state.findings))


def test_tables_have_one_width(drafts: dict[str, tuple[AgentState, str]]) -> None:
    for question, (state, draft) in drafts.items():
        for block in filled(state, draft).split("\n\n"):
            widths = {line.count("|") for line in block.splitlines() if line.startswith("|")}
            assert len(widths) <= 1, question


def test_nothing_found_is_no_draft() -> None:
    assert compose(FactSheet(), []) == ""


@pytest.mark.parametrize(("values", "word"), [
    ((1, 2, 3), "up"), ((3, 2, 1), "down"), ((2, 2, 2), "flat"), ((1, 3, 2), "peak"), ((3, 1, 2), "trough"), ((1, 3, 2, 4), "mixed"), ((1, 2), "up"), ((1,), "flat"),
])
def test_the_course_of_a_series_in_a_word(values: tuple[int, ...], word: str) -> None:
    assert shape([figure(str(value), id=f"f{n}", period=str(2020 + n)) for n, value in enumerate(values)]) == SHAPES[word]


def _compared(values: list[str], unit: str) -> str:
    sheet = FactSheet([figure(value, unit, id=f"f{n}", entity=f"{name}银行", indicator="甲", indicator_id="a") for n, (name, value) in enumerate(zip("甲乙丙", values, strict=False), start=1)])
    return fill(compose(sheet, [Finding(FindingKind.COMPARISON, {"values": [item.id for item in sheet], "gaps": []}, {})]), sheet, {}).text


def test_banks_that_are_alike_are_not_called_highest_and_lowest() -> None:
    assert "最高" not in _compared(["1.0", "1.0", "1.0"], "%") and "最低" not in _compared(["1.0", "1.0", "1.0"], "%")


@pytest.mark.parametrize(("question", "words"), [("招商银行和兴业银行2023年营业收入对比", "多1,000.00亿元"), ("招商银行和兴业银行2023年拨备覆盖率对比", "高192.04个百分点"),
                                                 ("兴业银行和招商银行2023年净利润对比", "少710.00亿元")])
def test_amounts_are_more_or_less_and_ratios_higher_or_lower(opened: Assistant, question: str, words: str) -> None:
    state = worked(opened, question)
    assert words in filled(state, compose(FactSheet(state.figures, state.answers), state.findings))


def test_the_foot_lists_only_the_sources_that_the_text_names() -> None:
    sheet = FactSheet([made("cmb", "npl_ratio", "2022", "1", document="甲").numbered("f1"), made("cmb", "npl_ratio", "2023", "1", document="乙").numbered("f2")])
    assert with_sources("见[2]。", sheet, []) == "见[2]。\n\n来源：\n[2] 乙，第7页，不良贷款率"
    assert with_sources("没有出处", sheet, ["请留意[1]"]) == "没有出处\n\n说明：\n- 请留意[1]\n\n来源：\n[1] 甲，第7页，不良贷款率"
    assert with_sources(" 只有字 ", sheet, []) == "只有字"


def test_a_source_on_the_web_is_given_with_its_address() -> None:
    page = Evidence("官网摘要", source="https://example.com/x")
    sheet = FactSheet([figure("1", id="f1")])
    sheet.figures[0].evidence.append(page)
    assert with_sources("[1]", sheet, []).endswith("[1] 官网摘要 https://example.com/x")
