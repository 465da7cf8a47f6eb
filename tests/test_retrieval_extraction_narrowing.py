"""Sentences about a part, a rounded number or another company: never the bank's own figure, always a row that says whose it is."""

from __future__ import annotations

import pytest

from data.figures import Figure
from data.periods import Period
from retrieval.extraction.clauses import read_statements
from retrieval.extraction.labels import squeeze
from retrieval.extraction.nouns import read_noun
from tests.extraction_documents import extract, report, table, told

GROUP = "集团"


def read(*text: str, section: tuple[str, ...] = ()) -> list[Figure]:
    return extract(report(text=text, section=section)).figures


def rows(figures: list[Figure]) -> dict[str, str]:
    return {figure.indicator: str(figure.quantity) for figure in figures if figure.indicator_id.startswith("row:")}


@pytest.mark.parametrize(
    ("lead", "text", "whose", "part"),
    [
        ("本行在县及县以下地区共有网点", "网点", "县及县以下地区", False), ("在职员工", "在职员工", "", False), ("全年实现净利润", "净利润", "", False),
        ("零售条线实现净利润", "净利润", "零售条线", False), ("其中，直营网点", "直营网点", "", True), ("本行对海川集团的贷款余额为", "贷款余额", "对海川集团", False),
        ("在全国银行间债券市场发行债券", "在全国银行间债券市场发行债券", "", False), ("本集团已发行债务证券", "已发行债务证券", "", False), ("累计发放小微贷款", "累计发放小微贷款", "", False),
        ("个人小额贷款1余额", "个人小额贷款余额", "", False), ("本行承担费用的离退休人员", "离退休人员", "", False),
    ],
)  # fmt: skip
def test_nouns_keep_whose_part_they_are(lead: str, text: str, whose: str, part: bool) -> None:
    noun = read_noun(squeeze(lead))
    assert (noun.text, noun.whose, noun.part) == (text, whose, part)


@pytest.mark.parametrize(
    ("sentence", "row"),
    [
        ("本行在县及县以下地区共有网点2.77万个，占全部网点的69.81%。", "县及县以下地区：网点"), ("个贷业务实现净利润25亿元。", "个贷业务：净利润"),
        ("本行累计发放贷款3,000亿元。", "累计发放贷款"), ("本行对海川集团的贷款余额为182亿元。", "对海川集团：贷款余额"), ("在广东省投放贷款120亿元。", "广东省：贷款"),
        ("报告期内新增网点12个。", "新增网点"),
    ],
)  # fmt: skip
def test_a_part_is_never_the_whole(sentence: str, row: str) -> None:
    figures = read(sentence)
    assert row in rows(figures)
    assert all(figure.indicator_id.startswith("row:") for figure in figures)


def test_of_which_is_the_whole_only_where_it_belongs_to_it_or_is_borne_out() -> None:
    assert told(read("营业收入324亿元，其中投资收益38亿元。"), "investment_income") == {("2023", GROUP): "38亿元"}
    assert told(read("涉农贷款余额134亿元，其中个人贷款90亿元。"), "personal_loans") == {}
    loans = table("按产品划分的贷款", ("2023年12月31日",), [("个人贷款", "9,000")])
    borne_out = extract(report(loans, text=["涉农贷款余额134亿元，其中个人贷款90亿元。"])).figures
    assert [figure.indicator_id for figure in borne_out if str(figure.quantity) == "90亿元"] == ["personal_loans"]


def test_a_business_has_its_own_bad_loans() -> None:
    assert told(read("不良贷款率2.51%。", section=("小微金融",)), "npl_ratio") == {}
    assert told(read("不良贷款率2.51%。", section=("资产质量",)), "npl_ratio") == {("2023", GROUP): "2.51%"}
    assert told(read("科技金融方面，不良贷款率2.51%。"), "npl_ratio") == {}
    assert told(read("公司客户31.85万户。", section=("公司银行业务",)), "corporate_customers") == {("2023", GROUP): "31.85万户"}


def test_rounded_numbers_stand_far_behind_exact_ones() -> None:
    figures = read("本行拥有近4万个营业网点，个人客户超过6亿户。")
    assert {figure.indicator_id for figure in figures} == {"outlets", "personal_customers"}
    assert all(figure.rank >= 7 and figure.note == "原文为约数" for figure in figures)


def test_the_company_that_opens_a_paragraph_owns_its_figures() -> None:
    figures = read(
        "云岭金融租赁：注册资本30亿元，本行持股80%。期末资产总额395.18亿元，全年净利润6.12亿元。",
        "普照村镇银行：期末资产总额61.20亿元，不良贷款率2.17%。",
        section=("主要控股公司",),
    )
    assert rows(figures) == {
        "云岭金融租赁：注册资本": "30亿元", "云岭金融租赁：持股": "80%", "云岭金融租赁：资产总额": "395.18亿元", "云岭金融租赁：净利润": "6.12亿元",
        "普照村镇银行：资产总额": "61.20亿元", "普照村镇银行：不良贷款率": "2.17%",
    }  # fmt: skip
    assert len(figures) == 6


def test_an_owner_lasts_until_the_bank_speaks_of_itself() -> None:
    figures = read("蓝湖消费金融有限公司成立于2015年11月19日，注册资本30亿元。期末总资产306亿元。截至报告期末，本行资产总额11万亿元。")
    assert rows(figures) == {"蓝湖消费金融有限公司：注册资本": "30亿元", "蓝湖消费金融有限公司：总资产": "306亿元"}
    assert told(figures, "total_assets") == {("2023", GROUP): "11万亿元"}
    assert {str(figure.period) for figure in figures} == {"2023"}, "the day of its founding dates nothing"
    assert told(read("2023年末，本行与招商证券股份有限公司合作，本集团资产总额11万亿元。"), "total_assets") == {("2023", GROUP): "11万亿元"}


@pytest.mark.parametrize(
    ("sentence", "periods"),
    [
        ("存款缴存比率为7.0%(2022年12月31日:7.5%)，外币缴存比率为4.0%", ["None", "2022", "None"]), ("投资损益由上年损失4.18亿元转为收益3.27亿元", ["2022", "None"]),
        ("债券将于2033年6月30日到期，发行规模20亿元", ["None"]), ("该办法于2012年3月30日颁布，计提比例1.5%", ["None"]), ("2022年末资产总额9万亿元", ["2022"]),
    ],
)  # fmt: skip
def test_dates_of_events_and_of_brackets_date_no_other_amount(sentence: str, periods: list[str]) -> None:
    assert [str(statement.period) for statement in read_statements(squeeze(sentence), Period(2023))] == periods


def test_general_nouns_take_up_what_was_spoken_of() -> None:
    figures = read(
        "信用卡累计发卡301.48万张，全年交易额2,306.12亿元。",
        "吸收存款本金突破万亿元，达到10,583.77亿元。",
        "绿色贷款(节能环保项目及服务贷款)余额2,433.01亿元。",
    )
    assert told(figures, "card_spending") == {("2023", GROUP): "2306.12亿元"}
    assert told(figures, "total_deposits") == {("2023", GROUP): "10583.77亿元"}
    assert told(figures, "green_loans") == {("2023", GROUP): "2433.01亿元"}


def test_each_ratio_of_a_list_has_its_own_change() -> None:
    sentence = "核心一级资本充足率9.43%、一级资本充足率10.33%，分别较上年末下降0.09个百分点和上升0.18个百分点"
    changes = [(s.subject, str(s.quantity)) for s in read_statements(sentence, Period(2023)) if s.measure]
    assert changes == [("核心一级资本充足率", "-0.09个百分点"), ("一级资本充足率", "0.18个百分点")]


def test_what_is_so_after_an_issue_is_not_so_at_the_end_of_the_period() -> None:
    figures = read("超额配售权全额行使后，本行股份总数为86,978,562,200股。")
    assert [figure.indicator_id.startswith("row:") for figure in figures] == [True]


def test_two_sentences_that_disagree_leave_the_name_to_one() -> None:
    figures = read("代理保险新单保费3,392.29亿元。", "代理期交新单保费586.45亿元。")
    assert told(figures, "insurance_premiums_agency") == {("2023", GROUP): "3392.29亿元"}
    assert sum(figure.indicator_id.startswith("row:") for figure in figures) == 1
