"""财务报表: open columns with note numbers, group and bank side by side over two years, page numbers of their own."""

from __future__ import annotations

from tests.golden_report.book import BANK, GROUP
from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Column, Row, Table, notes, value
from tests.golden_report.tables import TableSetter

NAME = "云岭银行股份有限公司"
UNIT = "（除另有注明外，金额单位均为人民币百万元）"
ASSETS = (
    ("现金及存放中央银行款项", "现金及存放中央银行款项", "1"), ("存放同业及其他金融机构款项", "存放同业款项", "2"), ("拆出资金", "拆出资金", "3"), ("衍生金融资产", "衍生金融资产", "4"),
    ("买入返售金融资产", "买入返售金融资产", "5"), ("发放贷款和垫款", "客户贷款净额", "6"), ("金融投资", "金融投资", "7"), ("－交易性金融资产", "交易性金融资产", ""),
    ("－债权投资", "债权投资", ""), ("－其他债权投资", "其他债权投资", ""), ("－其他权益工具投资", "其他权益工具投资", ""), ("长期股权投资", "长期股权投资", "8"),
    ("固定资产", "固定资产", "9"), ("使用权资产", "使用权资产", ""), ("无形资产", "无形资产", ""), ("递延所得税资产", "递延所得税资产", "10"), ("其他资产", "其他资产", "11"),
)  # fmt: skip
OWED = (
    ("向中央银行借款", "向中央银行借款", ""), ("同业及其他金融机构存放款项", "同业及其他金融机构存放款项", "12"), ("拆入资金", "拆入资金", "13"),
    ("交易性金融负债", "交易性金融负债", ""), ("衍生金融负债", "衍生金融负债", "4"), ("卖出回购金融资产款", "卖出回购金融资产款", "14"), ("吸收存款", "吸收存款", "15"),
    ("应付职工薪酬", "应付职工薪酬", "16"), ("应交税费", "应交税费", ""), ("预计负债", "预计负债", ""), ("租赁负债", "租赁负债", ""), ("应付债券", "应付债券", "17"),
    ("其他负债", "其他负债", "18"),
)  # fmt: skip
EQUITY = (
    ("股本", "股本", "19"), ("其他权益工具", "其他权益工具", "20"), ("资本公积", "资本公积", ""), ("其他综合收益", "其他综合收益余额", "21"), ("盈余公积", "盈余公积", ""),
    ("一般风险准备", "一般风险准备", ""), ("未分配利润", "未分配利润", "22"),
)  # fmt: skip


def pairs(first: str, second: str, *, width: float = 66) -> tuple[Column, ...]:
    """合并 two years, 银行 two years."""
    return tuple(
        value((name, label), when, width, scope=scope) for name, scope in (("本集团", GROUP), ("本行", BANK)) for label, when in ((first, "23"), (second, "22"))
    )


def _note(number: str) -> str:
    return f"七、{number}" if number else ""


def write(flow: Flow) -> None:
    """The statements."""
    flow.part("－{}－", (NAME, "2023年度财务报表"))
    flow.heading("财务报表", 1)
    _balance(flow)
    _income(flow)
    _cash(flow)


def _balance(flow: Flow) -> None:
    flow.heading("合并及银行资产负债表", 2)
    flow.say("2023年12月31日" + UNIT, indent=False, size=8.5)
    columns = (notes(), *pairs("2023年\n12月31日", "2022年\n12月31日\n（经重述）"))
    rows = (Row("资产", group=True, bold=True), *(Row(label, key, 1 if label.startswith("－") else 0, note=_note(note)) for label, key, note in ASSETS), Row("资产总计", "资产总额", bold=True))
    TableSetter(flow, Table("", columns, rows, stub="", style="open", path="合并及银行资产负债表", golden=True, size=9, topics=("资产负债表",))).draw()
    flow.say("后附财务报表附注为本财务报表的组成部分，本行对其真实性负责。", size=8, indent=False)
    flow.new_page()
    flow.heading("合并及银行资产负债表（续）", 2, bookmark=False)
    flow.say("2023年12月31日" + UNIT, indent=False, size=8.5)
    rows = (Row("负债", group=True, bold=True), *(Row(label, key, note=_note(note)) for label, key, note in OWED), Row("负债合计", "负债总额", bold=True),
            Row("股东权益", group=True, bold=True), *(Row(label, key, note=_note(note)) for label, key, note in EQUITY), Row("归属于本行股东权益合计", "归母股东权益", bold=True),
            Row("少数股东权益", "少数股东权益"), Row("股东权益合计", "股东权益合计", bold=True), Row("负债及股东权益总计", "负债及股东权益总计", bold=True))  # fmt: skip
    TableSetter(flow, Table("", columns, rows, stub="", style="open", path="合并及银行资产负债表", golden=True, size=9, topics=("资产负债表",))).draw()
    flow.gap(30)
    flow.say("法定代表人：周砚秋　　　　主管会计工作负责人：林知远　　　　会计机构负责人：何清越", size=8.5, indent=False)
    flow.say("本财务报表由董事会于2024年3月28日批准报出。", size=8.5, indent=False, topics=("报表批准日期",))


def _income(flow: Flow) -> None:
    flow.new_page()
    flow.heading("合并及银行利润表", 2)
    flow.say("2023年度" + UNIT, indent=False, size=8.5)
    columns = (notes(), *pairs("2023年度", "2022年度\n（经重述）"))
    rows = (
        Row("一、营业收入", "营业收入", bold=True), Row("利息收入", "利息收入", note="七、23"), Row("利息支出", "利息支出", note="七、23", sign=-1), Row("利息净收入", "利息净收入", bold=True),
        Row("手续费及佣金收入", "手续费及佣金收入", note="七、24"), Row("手续费及佣金支出", "手续费及佣金支出", note="七、24", sign=-1), Row("手续费及佣金净收入", "手续费及佣金净收入", bold=True),
        Row("投资收益", "投资收益", note="七、25"), Row("公允价值变动收益／（损失）", "公允价值变动损益", note="七、26"), Row("汇兑收益", "汇兑损益"), Row("其他业务收入", "其他业务收入"),
        Row("资产处置收益", "资产处置损益"), Row("其他收益", "其他收益"), Row("二、营业支出", "营业支出", bold=True, sign=-1), Row("税金及附加", "税金及附加", note="七、27", sign=-1),
        Row("业务及管理费", "业务及管理费", note="七、28", sign=-1), Row("信用减值损失", "信用减值损失", note="七、29", sign=-1), Row("其他资产减值损失", "其他资产减值损失", sign=-1),
        Row("其他业务成本", "其他业务成本", sign=-1), Row("三、营业利润", "营业利润", bold=True), Row("加：营业外收入", "营业外收入"), Row("减：营业外支出", "营业外支出", sign=-1),
        Row("四、利润总额", "利润总额", bold=True), Row("减：所得税费用", "所得税费用", note="七、30", sign=-1), Row("五、净利润", "净利润", bold=True),
        Row("归属于本行股东的净利润", "归母净利润", 1), Row("少数股东损益", "少数股东损益", 1), Row("六、其他综合收益的税后净额", "其他综合收益税后净额", note="七、21"),
        Row("七、综合收益总额", "综合收益总额", bold=True), Row("归属于本行股东的综合收益总额", "归母综合收益总额", 1),
        Row("八、每股收益（人民币元）", group=True), Row("基本每股收益", "基本每股收益", 1), Row("稀释每股收益", "稀释每股收益", 1),
    )  # fmt: skip
    TableSetter(flow, Table("", columns, rows, stub="", style="open", path="合并及银行利润表", golden=True, size=8.5, topics=("利润表",))).draw()


def _cash(flow: Flow) -> None:
    flow.new_page()
    flow.heading("合并现金流量表", 2)
    flow.say("2023年度" + UNIT, indent=False, size=8.5)
    columns = (notes(), value(("2023年度",), "23", 80), value(("2022年度",), "22", 80))
    rows = [Row(label, note=_note(note), bold=bold, cells=(_note(note), *cells)) if cells else Row(label, key, note=_note(note), bold=bold)
            for label, key, note, bold, cells in _cash_rows(flow)]  # fmt: skip
    TableSetter(flow, Table("", columns, tuple(rows), stub="", style="open", path="合并现金流量表", size=8.5, topics=("现金流量表",))).draw()


def _cash_rows(flow: Flow) -> list[tuple[str, str, str, bool, tuple[str, ...]]]:
    """Labels with keys where the model has the figure, with free cells where a part is only there to add up."""
    book = flow.book
    rows: list[tuple[str, str, str, bool, tuple[str, ...]]] = []
    for kind, opening, parts in (
        ("经营活动", "一、", (("客户存款净增加额", 98213, 104871), ("收取利息、手续费及佣金的现金", 46318, 44902), ("客户贷款和垫款净增加额", -101266, -98430), ("支付利息、手续费及佣金的现金", -24107, -22615))),
        ("投资活动", "二、", (("收回投资收到的现金", 286413, 251370), ("取得投资收益收到的现金", 15204, 14638), ("投资支付的现金", -321874, -289316))),
        ("筹资活动", "三、", (("发行债券收到的现金", 182640, 165210), ("偿还债务支付的现金", -173509, -156308), ("分配股利、利润或偿付利息支付的现金", -4812, -4377))),
    ):  # fmt: skip
        rows.append((f"{opening}{kind}产生的现金流量", "", "", True, ("", "")))
        key = f"{kind}产生的现金流量净额"
        rest = [int(book.number(key, "23")) - sum(now for _, now, _ in parts), int(book.number(key, "22")) - sum(then for _, _, then in parts)]
        rows += [(label, "", "", False, (_money(now), _money(then))) for label, now, then in parts]
        rows += [(f"与{kind}有关的其他现金净额", "", "", False, (_money(rest[0]), _money(rest[1]))), (key, key, "31" if kind == "经营活动" else "", True, ())]
    rows += [("四、汇率变动对现金及现金等价物的影响", "汇率变动对现金的影响", "", False, ()), ("五、现金及现金等价物净增加额", "现金及现金等价物净增加额", "", True, ()),
             ("加：年初现金及现金等价物余额", "现金及现金等价物年初余额", "", False, ()), ("六、年末现金及现金等价物余额", "现金及现金等价物年末余额", "31", True, ())]  # fmt: skip
    return rows


def _money(number: int) -> str:
    return f"({-number:,})" if number < 0 else f"{number:,}"
