"""财务报表附注, second part: interest, fees, expenses, impairment, tax, earnings per share, equity, segments; then related parties in 千元."""

from __future__ import annotations

from decimal import Decimal

from tests.golden_report.bank.income import EXPENSE_KINDS, FEE_EXPENSE, FEE_KINDS, STAFF_KINDS
from tests.golden_report.chapters import note_more
from tests.golden_report.chapters.statements import pairs
from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Row, Table, value, words
from tests.golden_report.tables import TableSetter
from tests.golden_report.wording import bracketed

YEARS = (value(("2023年度",), "23", 86), value(("2022年度",), "22", 86))
INTEREST = (("公司贷款", "公司贷款利息"), ("个人贷款", "个人贷款利息"), ("票据贴现", "票据贴现利息"), ("金融投资", "金融投资利息"), ("存放中央银行款项", "存放央行利息"), ("存放同业、拆出资金及买入返售", "同业资产利息"))
OUTLAY = (("吸收存款", "存款利息"), ("同业存放、拆入及卖出回购", "同业负债利息"), ("应付债券", "应付债券利息"), ("向中央银行借款", "向中央银行借款利息"))


def _open(flow: Flow, path: str, rows: list[Row], *topics: str, golden: bool = False) -> None:
    TableSetter(flow, Table("", YEARS, tuple(rows), stub="", style="open", path=path, size=9, topics=topics, golden=golden)).draw()


def write(flow: Flow) -> None:
    """The notes."""
    flow.heading("23. 利息净收入", 3, keep=220)
    rows = [Row("利息收入", group=True), *(Row(label, key, 1) for label, key in INTEREST), Row("小计", "利息收入", bold=True), Row("利息支出", group=True),
            *(Row(label, key, 1, sign=-1) for label, key in OUTLAY), Row("小计", "利息支出", bold=True, sign=-1), Row("利息净收入", "利息净收入", bold=True)]  # fmt: skip
    _open(flow, "利息净收入", rows, "利息净收入", golden=True)
    TableSetter(flow, Table("按口径列示", pairs("2023年度", "2022年度", width=72), tuple(Row(n, n) for n in ("利息收入", "利息支出", "利息净收入")), stub="", style="open", size=9, path="利息净收入集团与银行")).draw()
    flow.heading("24. 手续费及佣金净收入", 3, keep=200)
    rows = [*(Row(name.removesuffix("手续费收入") if name != "其他手续费及佣金收入" else "其他", name, 1) for name in FEE_KINDS), Row("手续费及佣金收入", "手续费及佣金收入", bold=True),
            *(Row(name.replace("手续费支出", "").replace("手续费及佣金支出", ""), name, 1, sign=-1) for name in FEE_EXPENSE), Row("手续费及佣金支出", "手续费及佣金支出", bold=True, sign=-1),
            Row("手续费及佣金净收入", "手续费及佣金净收入", bold=True)]  # fmt: skip
    _open(flow, "手续费及佣金净收入", rows, "手续费构成", golden=True)
    flow.heading("28. 业务及管理费", 3, keep=200)
    rows = [Row("员工费用", group=True), *(Row(name, name, 1) for name in STAFF_KINDS), Row("小计", "员工费用", 1, bold=True), *(Row(name, name) for name in EXPENSE_KINDS if name != "员工费用"),
            Row("合计", "业务及管理费", bold=True)]  # fmt: skip
    _open(flow, "业务及管理费", rows, "成本费用", "员工薪酬")
    flow.heading("29. 信用减值损失", 3, keep=110)
    names = (("发放贷款和垫款", "贷款减值损失"), ("金融投资", "金融投资减值损失"), ("信贷承诺", "表外信用减值损失"), ("其他", "其他信用减值损失"))
    _open(flow, "信用减值损失", [*(Row(label, key) for label, key in names), Row("合计", "信用减值损失", bold=True)], "减值损失")
    _tax(flow)
    _per_share(flow)
    note_more.risk(flow)
    _related(flow)


def _tax(flow: Flow) -> None:
    flow.heading("30. 所得税费用", 3, keep=150)
    book = flow.book
    lines: list[Row] = [Row("税前利润", "利润总额")]
    statutory = {year: int(book.number("利润总额", year) / 4) for year in ("23", "22")}
    paid = {year: int(book.number("所得税费用", year)) for year in ("23", "22")}
    exempt = {"23": -1688, "22": -1561}
    other = {year: paid[year] - statutory[year] - exempt[year] for year in ("23", "22")}
    for label, numbers in (("按法定税率25%计算的所得税", statutory), ("免税收入的影响", exempt), ("不可抵扣支出及其他", other)):
        lines.append(Row(label, cells=tuple(bracketed(Decimal(numbers[year]), 0) for year in ("23", "22"))))
    _open(flow, "所得税费用", [*lines, Row("所得税费用", "所得税费用", bold=True)], "所得税")


def _per_share(flow: Flow) -> None:
    flow.heading("每股收益", 3, keep=110)
    rows = (Row("归属于本行股东的净利润（百万元）", "归母净利润"), Row("减：永续债利息（百万元）", "永续债利息", sign=-1), Row("归属于本行普通股股东的净利润（百万元）", "归属于普通股股东的净利润"),
            Row("普通股加权平均股数（百万股）", cells=("10,846", "10,846")), Row("基本及稀释每股收益（元）", "基本每股收益", bold=True))  # fmt: skip
    _open(flow, "每股收益", list(rows), "每股收益计算")
    flow.say("本行不存在具有稀释性的潜在普通股，故稀释每股收益等于基本每股收益。", size=9, topics=("每股收益计算",))


def _related(flow: Flow) -> None:
    flow.heading("33. 关联方交易", 3, keep=150)
    flow.say("本集团与主要股东及其关联方的交易余额及损益如下（金额单位：人民币千元）。", size=9, topics=("关联交易",))
    columns = (words(("2023年12月31日\n／2023年度",), 100, "right"), words(("2022年12月31日\n／2022年度",), 100, "right"))
    rows = (Row("资产负债表项目", cells=("", "")), Row("发放贷款和垫款", level=1, cells=("13,284,160", "11,972,305")), Row("金融投资", level=1, cells=("2,414,350", "2,106,780")),
            Row("吸收存款", level=1, cells=("18,930,472", "20,115,638")), Row("利润表项目", cells=("", "")), Row("利息收入", level=1, cells=("562,814", "538,209")),
            Row("利息支出", level=1, cells=("(387,216)", "(402,553)")), Row("手续费及佣金收入", level=1, cells=("9,347", "11,208")))  # fmt: skip
    TableSetter(flow, Table("", columns, rows, unit="千元", stub="", style="open", path="关联方交易（千元）", size=9, topics=("关联交易",))).draw()
    flow.say("关键管理人员薪酬：2023年度合计13,624千元（2022年度：14,207千元），部分薪酬尚待考核确认。", size=9, topics=("高管薪酬",))
    flow.heading("35. 资产负债表日后事项", 3)
    flow.say("2024年3月12日，本行在全国银行间债券市场发行小型微型企业贷款专项金融债券40亿元，期限3年，票面利率2.54%。除上述事项及利润分配预案外，无其他重大日后事项。", size=9, topics=("日后事项",))
