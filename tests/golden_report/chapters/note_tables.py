"""财务报表附注, first part: financial assets and liabilities; stages, fair-value levels, deposits."""

from __future__ import annotations

from tests.golden_report.bank.allowance import STAGES
from tests.golden_report.bank.interest import DEPOSIT_REGION
from tests.golden_report.chapters import note_more
from tests.golden_report.chapters.quality import DATES
from tests.golden_report.chapters.statements import pairs
from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Column, Row, Table, share, value
from tests.golden_report.tables import TableSetter, tables_side_by_side

INVESTMENTS = ("交易性金融资产", "债权投资", "其他债权投资", "其他权益工具投资")
LEVELS = ("第一层级", "第二层级", "第三层级", "合计")


def write(flow: Flow) -> None:
    """Notes on assets and deposits."""
    flow.new_page()
    flow.heading("七、财务报表主要项目注释", 1)
    note_more.assets(flow)
    _loans(flow)
    _stages(flow)
    _investments(flow)
    _deposits(flow)
    note_more.owed(flow)


def _loans(flow: Flow) -> None:
    flow.heading("6. 发放贷款和垫款", 3)
    flow.heading("6.1 按计量方式列示", 4)
    columns = (value(("本集团", "2023年12月31日"), "23", 90), value(("本集团", "2022年12月31日"), "22", 90))
    rows = (
        Row("以摊余成本计量：", group=True), Row("贷款和垫款本金", "以摊余成本计量的贷款", 1), Row("应计利息", "贷款应计利息", 1), Row("减：减值准备", "以摊余成本计量的贷款减值准备", 1, sign=-1),
        Row("以公允价值计量且其变动计入其他综合收益：", group=True), Row("票据贴现及贸易融资", "以公允价值计量且其变动计入其他综合收益的贷款", 1),
        Row("发放贷款和垫款账面价值", "客户贷款净额", bold=True),
    )  # fmt: skip
    TableSetter(flow, Table("", columns, rows, stub="", style="open", path="发放贷款和垫款按计量方式列示", golden=True, size=9, topics=("贷款计量方式",))).draw()
    flow.say("于2023年12月31日，以公允价值计量且其变动计入其他综合收益的贷款的减值准备为人民币{以公允价值计量且其变动计入其他综合收益的贷款减值准备.23|百万元}，计入其他综合收益。", size=9)
    flow.heading("6.2 按担保方式及逾期期限分析的已逾期贷款", 4)
    book = flow.book
    names = ("逾期1天至90天贷款", "逾期91天至1年贷款", "逾期1年至3年贷款", "逾期3年以上贷款")
    weights = {"信用贷款": 0.31, "保证贷款": 0.22, "抵押贷款": 0.41}
    grid = {label: [int(book.number(name, "23") * int(weight * 1000) / 1000) for name in names] for label, weight in weights.items()}
    grid["质押贷款"] = [int(book.number(name, "23")) - sum(cells[place] for cells in grid.values()) for place, name in enumerate(names)]
    over = tuple(Column((head,), 72, lambda _b, _r, _u: value((), "23").cell(_b, _r, _u)) for head in ("逾期1至90天", "逾期90天至1年", "逾期1至3年", "逾期3年以上", "合计"))
    pledged = tuple(Row(label, cells=(*(f"{n:,}" for n in cells), f"{sum(cells):,}")) for label, cells in grid.items())
    total = Row("合计", bold=True, cells=tuple(value((), "23").cell(book, Row("", name), "百万元") for name in (*names, "逾期贷款")))
    TableSetter(flow, Table("2023年12月31日", over, (*pledged, total), stub="", style="open", path="已逾期贷款按担保方式", topics=("逾期担保",))).draw()


def _stages(flow: Flow) -> None:
    flow.heading("6.3 信用风险敞口按预期信用损失阶段划分", 4)
    for when, date in DATES.items():
        columns = (
            *(value((date, "账面余额", name), when, 58) for name in STAGES), value((date, "账面余额", "合计"), when, 58),
            *(value((date, "减值准备", name), when, 48) for name in STAGES), value((date, "减值准备", "合计"), when, 48),
        )  # fmt: skip
        keyed = tuple(_fixed(column, key, when) for column, key in zip(columns, (
            "第一阶段贷款", "第二阶段贷款", "第三阶段贷款", "以摊余成本计量的贷款", "第一阶段贷款减值准备", "第二阶段贷款减值准备", "第三阶段贷款减值准备", "以摊余成本计量的贷款减值准备"), strict=True))  # fmt: skip
        rows = (Row("贷款和垫款", "贷款总额"),)
        TableSetter(flow, Table("", keyed, rows, stub="", style="ruled", size=8, path="预期信用损失阶段", golden=when == "23", topics=("预期信用损失阶段",))).draw()
    flow.say(
        "第一阶段为自初始确认后信用风险未显著增加的金融工具，按未来12个月内预期信用损失计量；第二阶段为信用风险显著增加但尚未发生信用减值的金融工具，第三阶段为已发生信用减值的金融工具，"
        "后两者按整个存续期预期信用损失计量。本金或利息逾期超过30天的，通常认定为信用风险显著增加。",
        topics=("预期信用损失阶段", "信用风险显著增加"), size=9,
    )  # fmt: skip


def _fixed(column: Column, key: str, when: str) -> Column:
    return Column(column.headers, column.width, lambda book, row, unit: value((), when).cell(book, Row(row.label, key), unit))


def _investments(flow: Flow) -> None:
    flow.heading("7. 金融投资", 3, keep=140)
    rows = (*(Row(name, name, note="") for name in INVESTMENTS), Row("合计", "金融投资", bold=True))
    TableSetter(flow, Table("", pairs("2023年末", "2022年末", width=72), rows, stub="", style="open", path="金融投资", topics=("金融投资",))).draw()
    flow.heading("金融工具的公允价值层级", 3)
    flow.say("下表按公允价值计量所属层级列示持续以公允价值计量的金融资产：第一层级为活跃市场报价，第二层级为直接或间接可观察的输入值，第三层级为不可观察的输入值。", topics=("公允价值层级",), size=9)
    rows = tuple(Row(name, f"公允价值：{name}") for name in ("交易性金融资产", "其他债权投资", "其他权益工具投资", "衍生金融资产"))
    rows += (Row("以公允价值计量且其变动计入其他综合收益的发放贷款和垫款", "公允价值：以公允价值计量且其变动计入其他综合收益的贷款"), Row("金融资产合计", "公允价值：资产合计", bold=True))
    for when, date in DATES.items():
        columns = tuple(value((level,), when, 72, suffix=f"（{level}）") for level in LEVELS)
        TableSetter(flow, Table(date, columns, rows, stub="", style="open", path=f"公允价值层级 {date}", golden=True, size=9, topics=("公允价值层级",))).draw()


def _deposits(flow: Flow) -> None:
    flow.heading("15. 吸收存款", 3, keep=290)
    rows = (
        Row("活期存款", group=True), Row("公司客户", "公司活期存款", 1), Row("个人客户", "个人活期存款", 1), Row("小计", "活期存款", 1, bold=True),
        Row("定期存款", group=True), Row("公司客户", "公司定期存款", 1), Row("个人客户", "个人定期存款", 1), Row("小计", "定期存款", 1, bold=True),
        Row("保证金存款", "保证金存款"), Row("其他存款", "其他存款"), Row("本金合计", "存款总额", bold=True), Row("应计利息", "存款应计利息"), Row("合计", "吸收存款", bold=True),
    )  # fmt: skip
    columns = (value(("2023年末",), "23", 54), value(("2022年末",), "22", 54))
    first = Table("吸收存款按性质列示", columns, rows, stub="", style="open", size=8, path="吸收存款", topics=("存款结构",))
    regions = (*(Row(name, f"{name}存款") for name in DEPOSIT_REGION), Row("合计", "存款总额", bold=True))
    second = Table("按地区列示", (value(("2023年末",), "23", 62), share(("占比",), "23", "存款总额", 50)), regions, stub="", style="open", size=8, path="存款按地区", topics=("存款地区",))
    tables_side_by_side(flow, first, second)
    scopes = (Row("本金", "存款总额"), Row("应计利息", "存款应计利息"), Row("合计", "吸收存款", bold=True))
    TableSetter(flow, Table("集团与银行口径比较", pairs("2023年末", "2022年末", width=72), scopes, stub="", style="open", path="吸收存款集团与银行", size=9, topics=("存款结构",))).draw()
