"""Questions on whole tables: the parts of a total, a sort of rows, rows named one by one, effects - or no table at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.plan import Op
from data.refusals import RefusalCode
from tests.small_document import DocumentReader
from tests.table_document import table_reader

COSTS = ["row:业务及管理费：职工薪酬", "depreciation_amortisation", "row:业务及管理费：其他办公支出"]
INDUSTRIES = ["manufacturing_loans", "mining_loans", "construction_loans"]
SHARES = [f"row:按行业划分的公司贷款：{name}·占比" for name in ("制造业", "采矿业", "建筑业")]
LOANS = [f"row:贷款按地区划分：{name}" for name in ("长江三角洲", "珠江三角洲", "中部地区", "总行")]
DEPOSITS = [f"row:存款按地区划分：{name}" for name in ("长江三角洲", "珠江三角洲", "中部地区")]
SCHOOLING = [f"row:员工按学历划分：{name}·占比" for name in ("硕士及以上", "本科", "大专及以下")]
EFFECTS = [f"row:利息净收入变动的因素：利息净收入变动·{name}" for name in ("规模因素", "利率因素")]
CURRENCIES = ["row:按币种划分的债券投资：人民币", "row:按币种划分的债券投资：美元", "row:续表：港元"]
LINES = [f"row:营业收入按业务条线：{name}条线" for name in ("零售", "对公", "资金")]
CAPITAL = ["cet1_capital_net", "additional_tier1_capital", "tier2_capital"]


@pytest.fixture(scope="module")
def read() -> Iterator[DocumentReader]:
    with table_reader() as reader:
        yield reader


@pytest.mark.parametrize(("question", "rows", "total"), [
    # the parts of a total
    ("2023年业务及管理费的明细", COSTS, "operating_expenses"),
    ("把2022年业务及管理费拆开讲讲", COSTS, "operating_expenses"),
    ("业务及管理费包括哪些项目，2023年", COSTS, "operating_expenses"),
    ("本行口径2023年业务及管理费明细", COSTS, "operating_expenses"),
    ("2023年末公司贷款的构成", [*INDUSTRIES, *SHARES], "corporate_loans"),
    # a sort of rows, by the title or by the rows
    ("2023年末公司贷款按行业分布", [*INDUSTRIES, *SHARES], "corporate_loans"),
    ("贷款按区域看，2023年末", LOANS, "total_loans"),
    ("各地区2023年末存款", DEPOSITS, "total_deposits"),
    ("债券投资的币种结构2023年末", CURRENCIES, "bond_investments"),
    ("2023年员工的学历结构", SCHOOLING, ""),
    # rows named one by one
    ("长三角、珠三角、中部这三个区域2023年末存款各多少", DEPOSITS, ""),
    ("2023年末资本净额里核心一级、其他一级、二级分别是多少", CAPITAL, "capital_net"),
    # effects
    ("2023年利息净收入变动，规模因素和利率因素各是多少", EFFECTS, f"{EFFECTS[0].rsplit('·', 1)[0]}·合计"),
])  # fmt: skip
def test_the_table_that_answers(read: DocumentReader, question: str, rows: list[str], total: str) -> None:
    plan = read(question)
    assert plan.refusal is None and plan.main is Op.BREAKDOWN, plan
    assert plan.slots.indicators == rows and (plan.operations[0].against or "") == total and not plan.unexplained


@pytest.mark.parametrize(("question", "highest"), [("2023年末哪个地区存款最多", True), ("2023年末哪个地区存款最少", False), ("各地区2023年末存款", None)])
def test_the_order_asked_for(read: DocumentReader, question: str, highest: bool | None) -> None:
    plan = read(question)
    assert plan.main is Op.BREAKDOWN and plan.operations[0].highest is highest and plan.slots.indicators == DEPOSITS


def test_one_effect_is_one_value(read: DocumentReader) -> None:
    plan = read("2023年利率因素对利息净收入的影响")
    assert plan.main is Op.VALUE and plan.slots.indicators == EFFECTS[1:]


@pytest.mark.parametrize("question", [
    "贷款按期限的分布2023年末",  # no table has these rows
    "2023年末存款的币种结构",
    "西安分行2023年业务及管理费明细",  # a word that no table accounts for
    "长三角、珠三角、西部三个区域2023年末存款哪个多",  # one of the rows is not there
])  # fmt: skip
def test_a_wrong_table_is_worse_than_none(read: DocumentReader, question: str) -> None:
    plan = read(question)
    assert plan.refusal is not None and plan.refusal.code in (RefusalCode.NOT_DISCLOSED, RefusalCode.AMBIGUOUS)


def test_a_period_that_the_table_lacks_is_not_answered_from_it(read: DocumentReader) -> None:
    assert not read("2019年业务及管理费的明细").has(Op.BREAKDOWN)


@pytest.mark.parametrize("question", ["2023年业务及管理费是多少", "2023年末公司贷款", "2023年末珠三角存款"])
def test_a_question_for_one_figure_is_no_table(read: DocumentReader, question: str) -> None:
    assert read(question).main is Op.VALUE


@pytest.mark.parametrize(("turns", "indicator"), [
    (("2023年末珠三角存款", "中部呢"), DEPOSITS[2]),
    (("2023年末珠三角存款", "那长三角的呢"), DEPOSITS[0]),
    (("零售条线2023年营业收入", "对公呢"), LINES[1]),
    (("零售条线2023年营业收入", "占比多少"), f"{LINES[0]}·占比"),
    (("零售条线2023年营业收入", "占比多少", "资金条线呢"), f"{LINES[2]}·占比"),
    (("零售条线2023年营业收入的占比", "那对公条线呢"), f"{LINES[1]}·占比"),
])  # fmt: skip
def test_a_follow_up_stays_in_the_table(read: DocumentReader, turns: tuple[str, ...], indicator: str) -> None:
    plan = read(*turns)
    assert plan.refusal is None and plan.slots.indicators == [indicator] and plan.slots.periods == ["2023"], plan


def test_another_period_keeps_the_rows(read: DocumentReader) -> None:
    plan = read("2023年业务及管理费的明细", "2022年呢")
    assert plan.main is Op.BREAKDOWN and plan.slots.indicators == COSTS and plan.slots.periods == ["2022"]


def test_a_follow_up_that_names_no_row_is_read_as_before(read: DocumentReader) -> None:
    plan = read("2023年末珠三角存款", "净利润呢")
    assert plan.slots.indicators == ["net_profit"]
