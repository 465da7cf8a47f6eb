"""贷款损失准备 and 大额客户: movement of the allowance by stage, largest borrowers as a table with text between the numbers."""

from __future__ import annotations

from tests.golden_report.bank.allowance import STAGES
from tests.golden_report.bank.capital import BORROWERS
from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Row, Table, share, value, words
from tests.golden_report.tables import TableSetter

MOVES = (
    ("年初余额", True), ("本年计提／（回拨）", False), ("转移至第一阶段", False), ("转移至第二阶段", False), ("转移至第三阶段", False), ("核销及转出", False),
    ("收回已核销贷款", False), ("已减值贷款折现回拨", False), ("汇率变动及其他", False), ("年末余额", True),
)  # fmt: skip


def write(flow: Flow) -> None:
    """The two sections."""
    flow.heading("（八）贷款损失准备", 3)
    flow.say(
        "本行以预期信用损失模型为基础计提贷款损失准备。截至报告期末，贷款损失准备余额{贷款损失准备.23|亿元}，较上年末{贷款损失准备.23^22|增加}；本年核销不良贷款{贷款核销额.23|亿元}，"
        "收回已核销贷款{收回已核销贷款.23|亿元}；现金清收不良贷款{不良贷款现金清收.23|亿元}。",
        topics=("贷款损失准备", "不良处置"),
    )
    columns = (*(value((f"{name}",), "23", 72, suffix=f"（{name}）") for name in STAGES), value(("合计",), "23", 72, suffix="（合计）"))
    rows = tuple(Row(label, f"减值准备变动：{label}", bold=bold) for label, bold in MOVES)
    TableSetter(flow, Table("以摊余成本计量的贷款减值准备变动（2023年）", columns, rows, unit_line="人民币百万元", golden=True, topics=("贷款损失准备",))).draw()
    earlier = (*(value((f"{name}",), "22", 72, suffix=f"（{name}）") for name in STAGES), value(("合计",), "22", 72, suffix="（合计）"))
    TableSetter(flow, Table("以摊余成本计量的贷款减值准备变动（2022年）", earlier, rows, unit_line="人民币百万元", continued="bare", break_after=5, golden=True, topics=("贷款损失准备",))).draw()
    flow.heading("（九）贷款集中度", 3)
    flow.say(
        "截至报告期末，单一最大客户贷款占资本净额的{单一最大客户贷款比例.23|%}，最大十家客户贷款占资本净额的{最大十家客户贷款比例.23|%}，均符合监管要求（分别不高于10%和50%）。",
        topics=("客户集中度",),
    )
    rows = (*(_borrower(flow, name, industry) for name, industry, _ in BORROWERS), _borrower(flow, "合计", ""))
    text = (words(("所属行业",), 130), words(("是否关联方",), 52, "center"), words(("贷款余额",), 66, "right"), words(("占贷款总额(%)",), 66, "right"), words(("五级分类",), 52, "center"))
    TableSetter(flow, Table("最大十家单一借款人", text, rows, unit_line="人民币百万元，百分比除外", stub="借款人", topics=("客户集中度",), golden=True)).draw()


def _borrower(flow: Flow, name: str, industry: str) -> Row:
    key = "最大十家客户贷款余额" if name == "合计" else f"{name}贷款余额"
    amount, part = value((), "23").cell(flow.book, Row(name, key), "百万元"), share((), "23", "贷款总额").cell(flow.book, Row(name, key), "")
    grade = "" if name == "合计" else "关注" if name == "借款人H" else "正常"
    return Row(name, cells=(industry, "否" if industry else "", amount, part, grade), bold=name == "合计")
