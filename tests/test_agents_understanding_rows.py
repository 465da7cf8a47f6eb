"""Subjects that only a document knows: its rows by their words, follow-ups on them, and what must not be answered with the whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from data.refusals import RefusalCode
from tests.small_document import DocumentReader, document_reader
from tests.small_ledger import told

LOANS, BAD, DEPOSITS = ("row:贷款按地区划分：", "row:不良贷款按地区划分：", "row:存款按地区划分：")
PEARL, YANGTZE, MIDDLE = "珠江三角洲", "长江三角洲", "中部地区"
ASKED = "珠三角2023年末贷款"


def plan(indicators: str, period: str = "2023", rest: str = "VALUE") -> str:
    return f"bank:青禾银行; {indicators}; {period}; {rest}"


@pytest.fixture(scope="module")
def read() -> Iterator[DocumentReader]:
    with document_reader() as reader:
        yield reader


QUESTIONS = [
    # a region by a measure
    ("珠三角地区2023年末贷款", plan(LOANS + PEARL)),
    ("2023年末长三角贷款余额是多少", plan(LOANS + YANGTZE)),
    ("长江三角洲地区的贷款，2023年末", plan(LOANS + YANGTZE)),
    ("青禾银行2022年末珠三角贷款", plan(LOANS + PEARL, "2022")),
    ("珠三角的贷款（2023年末）是多少亿元", plan(LOANS + PEARL)),
    ("珠三角2022年不良贷款", plan(BAD + PEARL, "2022")),
    ("2023年末中部地区的不良", plan(BAD + MIDDLE)),
    ("珠三角2023年末存款", plan(DEPOSITS + PEARL)),
    # a period between two halves of a name
    ("长三角 2023年末 贷款余额", plan(LOANS + YANGTZE)),
    ("不良 2023年末 贷款率", plan("npl_ratio")),
    # rows of other tables
    ("重组贷款2023年末多少", plan("row:贷款质量：重组贷款")),
    ("信息科技人员2023年末有多少人", plan("row:员工构成：信息科技人员")),
    ("IT人员有多少", plan("row:员工构成：信息科技人员")),
    ("2023年末客户经理人数", plan("row:员工构成：客户经理")),
    # scope words
    ("本行口径重组贷款2023年末", plan("row:贷款质量：重组贷款", rest="VALUE; 本行")),
    ("2023年末重组贷款，集团口径", plan("row:贷款质量：重组贷款", rest="VALUE; 集团")),
    # several
    ("信息科技人员和客户经理2023年末分别多少", plan("row:员工构成：信息科技人员,row:员工构成：客户经理")),
    ("2023年末信用风险加权资产和市场风险加权资产", plan("row:风险加权资产：信用风险,row:风险加权资产：市场风险")),
    # operations
    ("珠三角贷款2023年末比上年末增加多少", plan(LOANS + PEARL, rest="DIFFERENCE(from 2022)")),
    ("2023年末珠三角的贷款同比", plan(LOANS + PEARL, rest="YOY")),
    ("珠三角贷款走势", plan(LOANS + PEARL, "2022,2023", "TREND")),
    ("珠三角贷款占贷款总额的比重2023年", plan(LOANS + PEARL, rest="SHARE(of total_loans)")),
    # the catalogue comes first
    ("2023年不良率", plan("npl_ratio")),
    ("2023年末贷款总额", plan("total_loans")),
    ("2023年末不良贷款余额", plan("npl_balance")),
    ("营业收入2023", plan("operating_income")),
]
TURNS = [
    ((ASKED, "长三角呢"), plan(LOANS + YANGTZE)),
    ((ASKED, "那中部地区呢"), plan(LOANS + MIDDLE)),
    ((ASKED, "不良多少"), plan(BAD + PEARL)),
    ((ASKED, "存款呢"), plan(DEPOSITS + PEARL)),
    ((ASKED, "存款呢", "长三角呢"), plan(DEPOSITS + YANGTZE)),
    ((ASKED, "上年末呢"), plan(LOANS + PEARL, "2022")),
    ((ASKED, "2022年末呢", "不良呢"), plan(BAD + PEARL, "2022")),
    ((ASKED, "比上年末增加多少"), plan(LOANS + PEARL, rest="DIFFERENCE(from 2022)")),
    ((ASKED, "全行呢"), plan("total_loans")),
    ((ASKED, "整体不良率是多少"), plan("npl_ratio")),
    ((ASKED, "拨备覆盖率"), plan("provision_coverage")),
    ((ASKED, "净利润呢"), plan("net_profit")),
    (("2023年末贷款总额", "其中珠三角呢"), plan(LOANS + PEARL)),
    (("正常类贷款2023年末", "重组呢"), plan("row:贷款质量：重组贷款")),
    (("青禾银行2023年净利润", "本行的呢"), plan("net_profit", rest="VALUE; 本行")),
]
NARROWED = [
    ("广东省分行2023年末贷款", "广东省分行"),
    ("深圳分行2023年不良率", "深圳分行"),
    ("西部地区2023年末贷款", "西部"),
    ("珠三角地区2023年末制造业贷款", "珠三角"),
    ("珠三角海外贷款2023年", "珠三角"),
]


@pytest.mark.parametrize(("question", "wanted"), QUESTIONS)
def test_a_question_is_read_as_a_row(read: DocumentReader, question: str, wanted: str) -> None:
    assert told(read(question)) == wanted


@pytest.mark.parametrize(("turns", "wanted"), TURNS, ids=lambda value: "/".join(value) if isinstance(value, tuple) else "")
def test_a_follow_up_leans_on_the_row_before(read: DocumentReader, turns: tuple[str, ...], wanted: str) -> None:
    assert told(read(*turns)) == wanted


@pytest.mark.parametrize(("question", "word"), NARROWED)
def test_a_part_that_is_not_disclosed_never_gets_the_figure_of_the_whole(read: DocumentReader, question: str, word: str) -> None:
    plan = read(question)
    assert plan.refusal is not None and plan.refusal.code is RefusalCode.NOT_DISCLOSED
    assert word in plan.refusal.message + plan.refusal.suggestion and any(word in left for left in plan.unexplained)


@pytest.mark.parametrize("turn", ["西部呢", "深圳分行呢", "海外呢"])
def test_a_follow_up_on_a_part_that_is_not_disclosed_neither(read: DocumentReader, turn: str) -> None:
    assert read(ASKED, turn).refusal is not None
    assert read(ASKED, turn, "上年末呢").refusal is not None, "what was asked is not here: nothing before it is meant"


def test_a_refusal_names_the_nearest_rows(read: DocumentReader) -> None:
    plan = read("珠三角地区2023年末制造业贷款")
    assert plan.refusal is not None and "贷款按地区划分：珠江三角洲" in plan.refusal.suggestion
    assert "报告里相近的项目" not in (read("火星分部2023年的鲸鱼").refusal or plan.refusal).message


@pytest.mark.parametrize("question", ["2023年末中部多少", "中部2023年末是多少"])
def test_a_bare_member_of_several_tables_is_asked_about(read: DocumentReader, question: str) -> None:
    plan = read(question)
    assert plan.refusal is not None and plan.refusal.code in (RefusalCode.AMBIGUOUS, RefusalCode.NOT_DISCLOSED)
    assert all(f"{table}按地区划分：中部地区" in plan.refusal.message + plan.refusal.suggestion for table in ("贷款", "存款"))


def test_a_list_of_parts_reads_every_part(read: DocumentReader) -> None:
    names = read("长三角和珠三角2023年末贷款").slots.indicators
    assert set(names) == {LOANS + YANGTZE, LOANS + PEARL}
    risks = read("2023年末风险加权资产按信用、市场、操作风险").slots.indicators
    assert set(risks) >= {f"row:风险加权资产：{kind}风险" for kind in ("信用", "市场", "操作")}


def test_a_table_by_its_title_is_a_breakdown(read: DocumentReader) -> None:
    plan = read("贷款按地区划分的构成2023年")
    assert [item.op.name for item in plan.operations] == ["BREAKDOWN"]
    assert set(plan.slots.indicators) >= {LOANS + PEARL, LOANS + YANGTZE, LOANS + MIDDLE} and not any(name.startswith(BAD) for name in plan.slots.indicators)


def test_another_bank_has_no_rows_here(read: DocumentReader) -> None:
    assert "row:" not in told(read("招商银行2023年末珠三角贷款"))


def test_a_row_of_the_talk_is_told_in_words(read: DocumentReader) -> None:
    assert "珠江三角洲" in read(ASKED).resolved and read(ASKED).unexplained == []
