"""第十章 重要事项: related parties, lawsuits, auditor and leases, in 千元."""

from __future__ import annotations

from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Row, Table, value, words
from tests.golden_report.tables import TableSetter

RELATED = (
    ("云岭省国有资本运营有限公司及其关联方", "贷款、债券投资", "6,842,150", "0.77", "市场定价"), ("云岭烟草投资有限公司及其关联方", "贷款、票据承兑", "1,530,000", "0.17", "市场定价"),
    ("望江能源集团有限公司及其关联方", "贷款、保函", "3,218,460", "0.36", "市场定价"), ("南屏水电开发股份有限公司及其关联方", "绿色项目贷款", "4,107,900", "0.46", "市场定价"),
    ("关联自然人", "住房按揭、信用卡", "216,385", "0.02", "不优于非关联方"),
)  # fmt: skip


def write(flow: Flow) -> None:
    """The chapter."""
    flow.chapter("第十章 重要事项")
    flow.heading("一、关联交易", 2)
    flow.say(
        "本行关联交易遵循诚实信用、公允原则，以不优于对非关联方同类交易的条件进行。报告期末授信类关联交易余额如下（本表金额单位为人民币千元）。",
        topics=("关联交易",),
    )
    columns = (words(("主要业务品种",), 108), words(("授信余额（千元）",), 84, "right"), words(("占贷款总额(%)",), 64, "right"), words(("定价原则",), 76))
    rows = tuple(Row(name, cells=tuple(cells)) for name, *cells in RELATED)
    TableSetter(flow, Table("", columns, rows, stub="关联方", path="授信类关联交易", unit_line="单位：人民币千元", topics=("关联交易",), golden=True)).draw()
    flow.heading("二、重大诉讼与仲裁", 2)
    flow.say(
        "报告期内本行未发生对经营产生重大影响的诉讼、仲裁。截至报告期末，本行作为原告的未决诉讼标的合计2,864,310千元，作为被告的未决诉讼标的合计97,420千元，预计不会产生重大损失。",
        topics=("诉讼",),
    )
    flow.heading("三、聘任会计师事务所", 2)
    flow.say("本行续聘衡信会计师事务所（特殊普通合伙）为2023年度审计机构，财务报表审计费用{审计费用.23|千元}（含内部控制审计费用1,150千元），该所已连续三年为本行提供审计服务。", topics=("审计机构", "审计费用"))
    flow.heading("四、处罚及整改", 2)
    flow.say("报告期内本行及分支机构收到监管行政处罚9笔，合计罚款4,850千元，主要涉及贷后管理与员工行为管理，相关问题已完成整改问责。", topics=("监管处罚",))
    flow.heading("五、资产抵押及其他", 2)
    rows = (Row("审计费用", "审计费用"), Row("公益捐赠", "公益捐赠"))
    TableSetter(flow, Table("其他支出事项", (value(("2023年",), "23", 90), value(("2022年",), "22", 90)), rows, unit="千元", unit_line="人民币千元", style="banded", topics=("审计费用", "公益捐赠"))).draw()
    flow.say("报告期内，本行未发生控股股东及其他关联方非经营性占用资金的情况，无重大收购、出售资产或破产重整事项，会计差错更正事项不适用。", topics=("其他重要事项",))
