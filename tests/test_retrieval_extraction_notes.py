"""Notes and statements in depth: movements, scopes of pages, currencies, accrued interest, rows of one name."""

from __future__ import annotations

from dataclasses import replace

from data.figures import Figure, Scope
from retrieval.documents import Document, Page
from tests.extraction_documents import Line, extract, report, table, told

GROUP, BANK = Scope.GROUP.value, Scope.BANK.value
DATES = ("2023年12月31日", "2022年12月31日")


def periods(figures: list[Figure]) -> dict[str, str]:
    return {figure.evidence[0].row: str(figure.period) for figure in figures}


def with_page(document: Document, text: str) -> Document:
    """The document with this text on the page of its tables."""
    return replace(document, pages=(*document.pages[:2], Page(3, text)))


def test_a_movement_is_of_the_year_that_its_balances_bound() -> None:
    lines: list[Line] = [(("原值", label), value) for label, value in (("2022年1月1日", "30"), ("本年增加", "5"), ("2022年12月31日", "35"))]
    figures = extract(report(table("固定资产", ("房屋",), lines))).figures
    assert periods(figures) == {"原值 > 2022年1月1日": "2021", "原值 > 本年增加": "2022", "原值 > 2022年12月31日": "2022"}


def test_an_opening_balance_after_a_new_standard_keeps_its_day() -> None:
    lines: list[Line] = [
        ("一、2021年12月31日余额", "100"),
        ("会计政策变更", "(3)"),
        ("二、2022年1月1日余额", "97"),
        ("本年净利润", "10"),
        ("三、2022年12月31日余额", "107"),
    ]
    figures = extract(report(table("合并股东权益变动表", ("合计",), lines))).figures
    assert periods(figures)["二、2022年1月1日余额"] == "2022-01-01" and periods(figures)["本年净利润"] == "2022"
    assert told(figures, "total_equity") == {("2021", GROUP): "100百万元", ("2022", GROUP): "107百万元"}
    said = with_page(
        report(table("使用权资产", ("合计",), [("2022年1月1日余额", "90"), ("2022年12月31日余额", "80")])), "本行自2022年1月1日起执行新租赁准则。"
    )
    assert periods(extract(said).figures)["2022年1月1日余额"] == "2022-01-01"


def test_balances_of_equity_are_told_by_column_and_scope_of_the_statement() -> None:
    lines: list[Line] = [("一、2023年1月1日余额", "10", "7"), ("(一)净利润", "-", "3"), ("二、2023年12月31日余额", "10", "9")]
    headers = (("归属于本行股东权益", "股本"), ("归属于本行股东权益", "其他综合收益"))
    figures = extract(report(table("2023年度银行股东权益变动表", headers, lines))).figures
    assert told(figures, "share_capital")["2023", BANK] == "10百万元"
    assert told(figures, "oci_balance")["2023", BANK] == "9百万元"
    assert {figure.scope for figure in figures} == {Scope.BANK}
    assert told(figures, "net_profit") == {}


def test_a_line_of_its_own_scopes_the_tables_of_its_page() -> None:
    document = report(table("贷款减值", DATES, [("核销", "5", "4")]))
    assert {figure.scope for figure in extract(with_page(document, "附注(续)\n银行 2023年度\n核销 5 4")).figures} == {Scope.BANK}
    assert {figure.scope for figure in extract(with_page(document, "合并\n核销 5\n银行\n核销 4")).figures} == {Scope.GROUP}


def test_a_currency_over_a_column_is_what_is_held_not_the_unit() -> None:
    headers = [("2023年12月31日", text) for text in ("人民币", "美元折合人民币", "港元", "合计")]
    figures = extract(report(table("汇率风险", headers, [("吸收存款", "900", "40", "4", "944")]))).figures
    assert [(str(figure.quantity), figure.indicator.rsplit("·")[-1]) for figure in figures] == [
        ("900百万元", "人民币"), ("40百万元", "美元折合人民币"), ("4百万元", "港元"), ("944百万元", "合计"),
    ]  # fmt: skip


def test_statement_deposits_with_accrued_interest_are_a_row_in_every_scope() -> None:
    headers = [(date, scope) for scope in ("本集团", "本行") for date in DATES[:1]]
    statement = table("合并及银行资产负债表", headers, [("吸收存款", "1,078", "1,071")])
    note = table("按产品列示", DATES[:1], [("本金", "1,058"), ("应计利息", "20"), ("合计", "1,078")], section=("15. 吸收存款", "按产品列示"))
    figures = extract(report(statement, note)).figures
    assert told(figures, "total_deposits") == {("2023", GROUP): "1058百万元"}
    assert told(figures, "deposits_accrued_interest") == {("2023", GROUP): "20百万元"}
    listed = {(figure.scope.value, str(figure.quantity)) for figure in figures if figure.indicator == "吸收存款（含应计利息）"}
    assert listed == {(GROUP, "1078百万元"), (BANK, "1071百万元")}
    alone = extract(report(statement)).figures
    assert told(alone, "total_deposits") == {("2023", GROUP): "1078百万元", ("2023", BANK): "1071百万元"}


def test_loans_by_measurement_under_a_note_that_names_them() -> None:
    lines: list[Line] = [
        (("以摊余成本计量：", "贷款和垫款本金"), "816"),
        (("以摊余成本计量：", "应计利息"), "3"),
        (("以摊余成本计量：", "减：减值准备"), "(27)"),
    ]
    figures = extract(report(table("按计量方式", DATES[:1], lines, section=("6. 发放贷款和垫款", "6.1 按计量方式列示")))).figures
    assert [figure.indicator_id for figure in figures] == ["loans_amortised_cost", "loans_accrued_interest", "loan_allowance_amortised_cost"]


def test_rows_of_one_name_are_told_apart() -> None:
    headers = ("注释", "2023年12月31日")
    bonds = table("二级资本债", headers, [("10年期债券", "(i)", "25"), ("10年期债券", "(ii)", "30")], notes=frozenset((0,)))
    places = table("按发行人分析", DATES[:1], [("政府", "5"), ("政府", "6")])
    assert [figure.indicator for figure in extract(report(bonds)).figures] == ["二级资本债：10年期债券(i)", "二级资本债：10年期债券(ii)"]
    assert [figure.indicator for figure in extract(report(places)).figures] == ["按发行人分析：政府(第1行)", "按发行人分析：政府(第2行)"]


def test_tables_of_one_title_are_told_apart_by_what_stands_over_them() -> None:
    one, other = (
        table("按发行人分析", DATES[:1], [("政府", value)], section=(heading, "按发行人分析"))
        for heading, value in (("7 交易性金融资产", "5"), ("8 债权投资", "9"))
    )
    figures = extract(report(one, other)).figures
    assert [figure.indicator for figure in figures] == ["交易性金融资产：按发行人分析：政府", "债权投资：按发行人分析：政府"]
    same_heading = [replace(item, section=(), page=page) for item, page in ((one, 3), (other, 4))]
    assert len({figure.indicator_id for figure in extract(report(*same_heading)).figures}) == 2


def test_years_in_the_names_of_bonds_date_nothing() -> None:
    figures = extract(report(table("面值最大的债券", ("面值（百万元）", "年利率（%）"), [("2015年政策性金融债", "840", "3.71")]))).figures
    assert [(figure.indicator, str(figure.period)) for figure in figures] == [
        ("面值最大的债券：2015年政策性金融债·面值", "2023"), ("面值最大的债券：2015年政策性金融债·年利率", "2023"),
    ]  # fmt: skip


def test_ages_and_counts_are_no_money() -> None:
    people = table("董事、监事和高级管理人员", ("年龄", "人数", "报告期内税前报酬（千元）"), [("周砚秋", "56", "3", "1,862")], unit="")
    extraction = extract(with_page(report(people), "除特别注明外，金额单位均为人民币亿元。"))
    assert [(figure.indicator.rsplit("·")[-1], str(figure.quantity)) for figure in extraction.figures] == [("人数", "3人"), ("税前报酬", "1862千元")]
    assert extraction.skipped == {"单位不明": 1}


def test_a_subtotal_names_the_innermost_group_that_is_all_its_own() -> None:
    lines: list[Line] = [
        (("金融资产", "交易性金融资产", "债券"), "202"), (("金融资产", "交易性金融资产", "存单"), "20"), (("金融资产", "交易性金融资产", "小计"), "222"),
        (("金融资产", "衍生金融资产", "汇率"), "5"), (("金融资产", "衍生金融资产", "利率"), "6"), (("金融资产", "衍生金融资产", "小计"), "11"), ("合计", "233"),
    ]  # fmt: skip
    figures = extract(report(table("公允价值", DATES[:1], lines))).figures
    assert len({figure.indicator for figure in figures}) == len(figures)
    assert any("衍生金融资产·小计" in figure.indicator for figure in figures)


def test_deposits_by_region() -> None:
    figures = extract(report(table("按地域划分的客户存款分布情况", DATES[:1], [("中部地区", "91"), ("总行", "49")]))).figures
    assert [figure.indicator_id for figure in figures] == ["central_deposits", "head_office_deposits"]


def test_a_note_whose_group_values_agree_names_the_bank_s_column_too() -> None:
    key = table("按产品划分的贷款", DATES, [("个人住房贷款", "1,700", "1,417")])
    headers = [(date, scope) for scope in ("合并", "银行") for date in DATES]
    agreeing = table("以摊余成本计量的贷款", headers, [("个人住房贷款", "1,700", "1,417", "1,690", "1,410")], page=4)
    other = table("以摊余成本计量的贷款", headers, [("个人住房贷款", "1,600", "1,417", "1,590", "1,410")], page=4)
    assert told(extract(report(key, agreeing)).figures, "mortgage")["2023", BANK] == "1690百万元"
    assert ("2023", BANK) not in told(extract(report(key, other)).figures, "mortgage")


def test_a_table_without_a_period_takes_that_of_the_one_above_it() -> None:
    above = table("不可观察输入值", ("2022年12月31日",), [("基金投资", "36")], section=("公允价值",))
    below = table("其余", ("金额",), [("股权投资", "20")], section=("公允价值",))
    figure = extract(report(above, below)).figures[-1]
    assert (str(figure.period), figure.rank, figure.note) == ("2022", 3, "表中没有写明期间，取同页上表的期间")


def test_requirements_are_no_ratios_of_the_bank() -> None:
    lines: list[Line] = [("监管调整前的核心一级资本", "494"), ("核心一级资本", "492"), (("国内最低监管资本要求", "核心一级资本充足率"), "7.50")]
    figures = extract(report(table("资本构成", DATES[:1], lines))).figures
    assert told(figures, "cet1_capital_net") == {("2023", GROUP): "492百万元"}
    assert told(figures, "cet1_ratio") == {} and told(figures, "cet1_requirement") == {("2023", GROUP): "7.50%"}


def test_allowances_at_fair_value_are_not_those_at_amortised_cost() -> None:
    lines: list[Line] = [("新增源生或购入的金融资产", "730")]
    assert told(extract(report(table("以摊余成本计量的贷款的减值准备", ("2023年度",), lines))).figures, "allowance_new")
    fair = table("以公允价值计量且其变动计入其他综合收益的贷款的减值准备", ("2023年度",), lines)
    assert told(extract(report(fair)).figures, "allowance_new") == {}


def test_a_unit_at_the_end_of_a_title_or_after_a_comma_in_a_bracket() -> None:
    figures = extract(report(table("减值准备变动人民币百万元", DATES[:1], [("余额合计", "5"), ("每10股派息金额（含税，人民币元）", "2.102")], unit=""))).figures
    assert [figure.quantity.unit.symbol for figure in figures] == ["百万元", "元"]
