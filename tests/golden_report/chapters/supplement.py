"""补充信息, set by another printer (PostScript outlines): returns, capital requirements, small liquidity and commitment tables."""

from __future__ import annotations

from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Row, Table, change, value, words
from tests.golden_report.tables import TableSetter


def write(flow: Flow) -> None:
    """The unaudited pages at the end."""
    flow.postscript = True
    flow.part("附－{}", ("云岭银行股份有限公司", "未经审计的补充信息"))
    flow.heading("补充信息", 1)
    flow.heading("一、净资产收益率和每股收益", 2)
    columns = (value(("加权平均净资产收益率(%)", "2023年"), "23", 70), value(("加权平均净资产收益率(%)", "2022年"), "22", 70), words(("每股收益（元／股）", "2023年"), 62, "right"), words(("每股收益（元／股）", "2022年"), 62, "right"))
    book = flow.book
    rows = tuple(
        Row(label, cells=tuple(value((), when).cell(book, Row("", key), "") for key in keys for when in ("23", "22")))
        for label, keys in (("归属于本行普通股股东的净利润", ("加权平均净资产收益率", "基本每股收益")), ("扣除非经常性损益后", ("扣非加权平均净资产收益率", "扣非基本每股收益")))
    )  # fmt: skip
    TableSetter(flow, Table("", columns, rows, path="净资产收益率和每股收益", stub="报告期利润", golden=True, topics=("净资产收益率",))).draw()
    flow.heading("二、资本要求", 2)
    lines = (Row("核心一级资本充足率", cells=("5.00%", "2.50%", "-", "7.50%")), Row("一级资本充足率", cells=("6.00%", "2.50%", "-", "8.50%")), Row("资本充足率", cells=("8.00%", "2.50%", "-", "10.50%")))
    demands = tuple(words((head,), 80, "right") for head in ("最低要求", "储备资本要求", "逆周期资本", "合计要求"))
    TableSetter(flow, Table("", demands, lines, path="监管资本要求", style="banded", stub="指标", topics=("资本监管要求",), golden=True)).draw()
    flow.heading("三、信贷承诺与资本性支出", 2)
    names = ("银行承兑汇票", "未使用的信用卡额度", "开出保函", "开出信用证", "贷款承诺")
    rows = (*(Row(name, name) for name in names), Row("合计", "信贷承诺", bold=True))
    ends = (value(("2023年末",), "23", 84), value(("2022年末",), "22", 84), change(("变动(%)",), "23", "22", "rate", 70))
    TableSetter(flow, Table("", ends, rows, style="open", path="信贷承诺", unit_line="人民币亿元", unit="亿元", topics=("表外业务",))).draw()
    flow.say("期末已批准但未签约的资本性支出承诺为1.86亿元，主要为云岭金融中心二期工程；未决诉讼预计负债0.31亿元。", topics=("资本性支出",))
    flow.heading("四、国际债权与逾期资产", 2)
    flow.say("本集团国际债权主要集中于港元及美元同业往来，余额合计27.46亿元，占资产总额不足0.2%，无重大国别风险。", topics=("国别风险",))
    flow.heading("五、系统重要性评估指标", 2)
    flow.say("本行未被列入国内系统重要性银行名单，系统重要性附加资本要求不适用；总损失吸收能力要求不适用。", topics=("系统重要性",))
