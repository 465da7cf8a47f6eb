"""风险与资本 tables: capital of group and bank, liquidity by quarter, gaps on a wide page, sensitivities."""

from __future__ import annotations

from tests.golden_report.bank.risk import ASSET_ROWS, GAP_NAME, MATURITIES, OWED_ROWS, REPRICING_NAME, REPRICINGS
from tests.golden_report.book import BANK, GROUP, Book
from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Cell, Column, Row, Table, value
from tests.golden_report.tables import TableSetter

CAPITAL = (
    Row("核心一级资本", "监管调整前的核心一级资本"), Row("股本", "股本", 1), Row("资本公积", "资本公积", 1), Row("盈余公积", "盈余公积", 1), Row("一般风险准备", "一般风险准备", 1),
    Row("未分配利润", "未分配利润", 1), Row("其他综合收益", "其他综合收益余额", 1), Row("少数股东资本可计入部分", "少数股东资本可计入部分", 1),
    Row("核心一级资本扣除项目", "核心一级资本扣除项", sign=-1), Row("核心一级资本净额", "核心一级资本净额", bold=True), Row("其他一级资本净额", "其他一级资本净额"),
    Row("一级资本净额", "一级资本净额", bold=True), Row("二级资本净额", "二级资本净额"), Row("其中：二级资本工具及其溢价", "二级资本工具及其溢价", 1), Row("超额贷款损失准备", "超额贷款损失准备可计入部分", 1),
    Row("资本净额", "资本净额", bold=True), Row("风险加权资产", "风险加权资产", bold=True), Row("信用风险加权资产", "信用风险加权资产", 1), Row("市场风险加权资产", "市场风险加权资产", 1),
    Row("操作风险加权资产", "操作风险加权资产", 1), Row("核心一级资本充足率（%）", "核心一级资本充足率"), Row("一级资本充足率（%）", "一级资本充足率"), Row("资本充足率（%）", "资本充足率"),
)  # fmt: skip


def capital(flow: Flow) -> None:
    """资本充足率情况: two scopes under two dates, a table that runs over the page without a header."""
    columns = tuple(value((date, name), when, 62, scope=scope) for when, date in (("23", "2023年12月31日"), ("22", "2022年12月31日")) for name, scope in (("集团", GROUP), ("本行", BANK)))
    TableSetter(flow, Table("资本构成及资本充足率", columns, CAPITAL, unit_line="人民币百万元，百分比除外", continued="bare", break_after=11, golden=True, topics=("资本充足",))).draw()
    quarters = (("23Q4", "2023年\n12月31日"), ("23Q3", "2023年\n9月30日"), ("23Q2", "2023年\n6月30日"), ("23Q1", "2023年\n3月31日"), ("22Q4", "2022年\n12月31日"))
    rows = (Row("一级资本净额", "一级资本净额"), Row("调整后的表内外资产余额", "调整后的表内外资产余额"), Row("杠杆率（%）", "杠杆率"))
    TableSetter(flow, Table("杠杆率", tuple(value((head,), when, 64) for when, head in quarters), rows, unit_line="人民币百万元，百分比除外", golden=True, topics=("杠杆率",))).draw()


def liquidity(flow: Flow) -> None:
    """LCR and NSFR by quarter end, in 亿元 here."""
    quarters = (("23Q1", "3月31日"), ("23Q2", "6月30日"), ("23Q3", "9月30日"), ("23Q4", "12月31日"))
    columns = tuple(value(("2023年", head), when, 72) for when, head in quarters)
    rows = (Row("合格优质流动性资产", "合格优质流动性资产"), Row("未来30天现金净流出量", "未来30天现金净流出量"), Row("流动性覆盖率（%）", "流动性覆盖率"), Row("可用的稳定资金", "可用的稳定资金"),
            Row("所需的稳定资金", "所需的稳定资金"), Row("净稳定资金比例（%）", "净稳定资金比例"), Row("流动性比例（%）", "流动性比例"))  # fmt: skip
    TableSetter(flow, Table("流动性监管指标", columns, rows, unit="亿元", unit_line="人民币亿元，百分比除外", golden=True, style="banded", topics=("流动性指标",))).draw()


def gaps(flow: Flow) -> None:
    """到期日 analysis on a wide page and repricing analysis on an upright one."""
    for when, year in (("23", "2023年12月31日"), ("22", "2022年12月31日")):
        flow.new_page(wide=True)
        flow.heading(f"流动性风险：资产负债剩余到期日分析（{year}）", 3)
        columns = tuple(_span(span, when, "到期", 66) for span in (*MATURITIES, "合计"))
        TableSetter(flow, Table("", columns, _gap_rows("到期", "流动性净额", GAP_NAME), unit_line="人民币百万元", path=f"剩余到期日分析 {year}", golden=when == "23", size=8.5, stub="",
                                style="open", topics=("到期日缺口",))).draw()  # fmt: skip
    flow.new_page()
    flow.heading("利率风险：合同重新定价日或到期日较早者分析", 3)
    for when, year in (("23", "2023年12月31日"), ("22", "2022年12月31日")):
        columns = tuple(_span(span, when, "重定价", 53) for span in (*REPRICINGS, "合计"))
        TableSetter(flow, Table(year, columns, _gap_rows("重定价", "利率敏感性缺口", REPRICING_NAME), unit_line="人民币百万元", path=f"重新定价日分析 {year}", size=8, stub="",
                                topics=("重定价缺口",), golden=when == "23")).draw()  # fmt: skip


def _gap_rows(kind: str, last: str, names: object) -> tuple[Row, ...]:
    del names
    assets, owed = (tuple(Row(label, f"{kind}分析：{label}") for label in rows) for rows in (ASSET_ROWS, OWED_ROWS))
    return (Row("金融资产", group=True, bold=True), *assets, Row("金融资产总额", f"{kind}分析：资产合计", bold=True), Row("金融负债", group=True, bold=True), *owed,
            Row("金融负债总额", f"{kind}分析：负债合计", bold=True), Row(last, f"{kind}净额", bold=True))  # fmt: skip


def _span(span: str, when: str, kind: str, width: float) -> Column:
    names = GAP_NAME if kind == "到期" else REPRICING_NAME

    def cell(book: Book, row: Row, unit: str) -> Cell:
        if row.key == f"{kind}净额":
            return value((), when).cell(book, Row(row.label, names[span]), unit)
        return value((), when, suffix=f"（{span}）").cell(book, row, unit)

    return Column((span,), width, cell)


def sensitivity(flow: Flow) -> None:
    """利率与汇率敏感性: changes of two measures under two shifts."""
    flow.say("下表列示收益率曲线平行移动100个基点时，利息净收入（未来一年）及股东权益的可能变动。", topics=("利率敏感性",))
    columns = tuple(value((date, name), when, 72, suffix=name_of) for when, date in (("23", "2023年"), ("22", "2022年")) for name, name_of in (("利息净收入", "的利息净收入变动"), ("股东权益", "的权益变动")))
    rows = (Row("上升100个基点", "利率上升100个基点"), Row("下降100个基点", "利率下降100个基点"))
    TableSetter(flow, Table("利率敏感性分析", columns, rows, unit_line="人民币百万元", stub="收益率曲线变动", golden=True, topics=("利率敏感性",))).draw()
    fx = tuple(value((date, name), when, 54, suffix=suffix) for when, date in (("23", "2023年12月31日"), ("22", "2022年12月31日")) for name, suffix in (("表内", "表内"), ("表外", "表外"), ("净额", "净额")))
    currencies = tuple(Row(name, name) for name in ("美元", "港元", "其他货币"))
    TableSetter(flow, Table("外汇敞口", tuple(_currency(column) for column in fx), (*currencies, Row("合计", "合计", bold=True)), unit_line="折合人民币百万元", stub="币种", topics=("外汇敞口",))).draw()
    flow.say("若美元对人民币升值1%，本集团2023年净利润将增加人民币{美元对人民币升值1%的净利润变动.23|百万元}；贬值1%则减少相同金额。", topics=("汇率敏感性",))


def _currency(column: Column) -> Column:
    when = "23" if column.headers[0].startswith("2023") else "22"
    kind = column.headers[1]

    def cell(book: Book, row: Row, unit: str) -> Cell:
        if row.key == "合计":
            return value((), when).cell(book, Row(row.label, "外汇净敞口"), unit) if kind == "净额" else Cell("")
        key = f"{row.key}净敞口" if kind == "净额" else f"外汇敞口：{kind}净额（{row.key}）"
        return value((), when).cell(book, Row(row.label, key), unit)

    return Column(column.headers, column.width, cell)

