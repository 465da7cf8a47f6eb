"""会计数据和财务指标摘要: restated columns beside those first reported, ratios with footnotes, quarters."""

from __future__ import annotations

from decimal import Decimal

from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Row, Table, change, value
from tests.golden_report.tables import TableSetter
from tests.golden_report.wording import bracketed

RESULTS = (
    Row("营业收入", "营业收入"), Row("利息净收入", "利息净收入"), Row("手续费及佣金净收入", "手续费及佣金净收入"), Row("业务及管理费", "业务及管理费"),
    Row("信用减值损失", "信用减值损失"), Row("利润总额", "利润总额"), Row("净利润", "净利润"), Row("归属于本行股东的净利润", "归母净利润"),
    Row("扣除非经常性损益后归属于本行股东的净利润", "扣非归母净利润"), Row("经营活动产生的现金流量净额", "经营活动产生的现金流量净额"),
)  # fmt: skip
PER_SHARE = (
    Row("基本每股收益", "基本每股收益", mark="(1)"), Row("稀释每股收益", "稀释每股收益", mark="(1)"), Row("扣除非经常性损益后基本每股收益", "扣非基本每股收益", mark="(1)"),
    Row("每股经营活动产生的现金流量净额", "每股经营活动产生的现金流量净额"), Row("每股股利（含税）", "每股现金股利"),
)  # fmt: skip
SCALE = (
    Row("资产总额", "资产总额"), Row("发放贷款和垫款总额", "贷款总额", mark="(2)"), Row("其中：公司贷款", "公司贷款", 1), Row("票据贴现", "票据贴现", 1),
    Row("个人贷款", "个人贷款", 1), Row("贷款损失准备", "贷款损失准备", mark="(3)"), Row("金融投资", "金融投资"), Row("负债总额", "负债总额"),
    Row("吸收存款本金", "存款总额", mark="(2)"), Row("股东权益合计", "股东权益合计"), Row("归属于本行股东的权益", "归母股东权益"),
    Row("归属于本行普通股股东的每股净资产（元／股）", "每股净资产", mark="(4)"),
)  # fmt: skip
RATIOS = (
    Row("盈利能力（%）", group=True, bold=True), Row("总资产收益率", "平均总资产回报率", 1, mark="(5)"), Row("加权平均净资产收益率", "加权平均净资产收益率", 1, mark="(1)"),
    Row("扣除非经常性损益后加权平均净资产收益率", "扣非加权平均净资产收益率", 1, mark="(1)"), Row("净利差", "净利差", 1, mark="(6)"),
    Row("净利息收益率", "净息差", 1, mark="(7)"), Row("成本收入比", "成本收入比", 1, mark="(8)"), Row("非利息收入占比", "非利息收入占比", 1),
    Row("信贷成本率", "信用成本", 1, mark="(9)"),
)  # fmt: skip
QUALITY = (
    Row("资产质量（%）", group=True, bold=True), Row("不良贷款率", "不良贷款率", 1), Row("拨备覆盖率", "拨备覆盖率", 1, mark="(10)"), Row("贷款拨备率", "拨贷比", 1, mark="(11)"),
    Row("逾期贷款占比", "逾期贷款率", 1), Row("资本充足（%）", group=True, bold=True), Row("核心一级资本充足率", "核心一级资本充足率", 1),
    Row("一级资本充足率", "一级资本充足率", 1), Row("资本充足率", "资本充足率", 1), Row("杠杆率", "杠杆率", 1), Row("风险加权资产占总资产比重", "风险加权资产密度", 1),
    Row("总权益占总资产比重", "总权益对总资产比率", 1), Row("流动性（%）", group=True, bold=True), Row("流动性比例（本外币）", "流动性比例", 1),
    Row("流动性覆盖率", "流动性覆盖率", 1), Row("存贷款比例", "存贷比", 1),
)  # fmt: skip
FOOTNOTES = (
    "注：(1) 按照证监会关于净资产收益率和每股收益计算及披露的编报规则计算，计算时已扣除永续债利息的影响。",
    "(2) 为本金余额，不含应计利息。(3) 含以摊余成本计量以及以公允价值计量且其变动计入其他综合收益的贷款的减值准备。",
    "(4) 期末归属于本行股东的权益扣减其他权益工具后，除以期末普通股股数。",
    "(5) 总资产收益率＝净利润÷期初与期末资产总额的平均数。",
    "(6) 净利差＝生息资产平均收益率－计息负债平均成本率。",
    "(7) 净利息收益率＝利息净收入÷生息资产平均余额，平均余额按每日余额计算。",
    "(8) 成本收入比＝业务及管理费÷营业收入，不含税金及附加与其他业务成本。",
    "(9) 信贷成本率＝发放贷款和垫款减值损失÷贷款平均余额。",
    "(10) 拨备覆盖率＝贷款损失准备余额÷不良贷款余额。(11) 贷款拨备率＝贷款损失准备余额÷发放贷款和垫款总额。",
)


def write(flow: Flow) -> None:
    """The chapter."""
    flow.chapter("第二章 会计数据和财务指标摘要")
    flow.say(
        "本章数据按照中国企业会计准则编制，除特别说明外为本集团合并数据，金额单位为人民币百万元。",
        "自2023年1月1日起，本集团执行企业会计准则解释第16号中关于单项交易产生的资产和负债相关的递延所得税的规定，并对2022年比较数据作了追溯调整。",
    )
    _figures(flow)
    _ratios(flow)
    _quarters(flow)
    _restated(flow)


def _figures(flow: Flow) -> None:
    columns = (
        value(("2023年",), "23", 58), value(("2022年", "经重述"), "22", 58), value(("2022年", "重述前"), "22", 58, suffix="（重述前）", nil="不变"),
        change(("本年比上年增减(%)",), "23", "22", "rate", 62), value(("2021年",), "21", 58, nil="不适用"),
    )  # fmt: skip
    rows = (Row("全年经营成果", group=True, bold=True), *RESULTS, Row("每股计（人民币元）", group=True, bold=True), *PER_SHARE)
    flow.heading("一、主要会计数据", 2)
    TableSetter(flow, Table("", columns, rows, unit_line="（单位：人民币百万元，百分比及每股数据除外）", stub="项目", golden=True, path="主要会计数据",
                            topics=("主要会计数据",))).draw()  # fmt: skip
    ends = (
        value(("2023年\n12月31日",), "23", 60), value(("2022年12月31日", "经重述"), "22", 60), value(("2022年12月31日", "重述前"), "22", 60, suffix="（重述前）", nil="不变"),
        change(("较上年末变动(%)",), "23", "22", "rate", 58), value(("2021年\n12月31日",), "21", 60),
    )  # fmt: skip
    TableSetter(flow, Table("规模指标", ends, SCALE, unit_line="（单位：人民币百万元，百分比及每股数据除外）", golden=True, topics=("主要会计数据",))).draw()


def _ratios(flow: Flow) -> None:
    flow.heading("二、主要财务指标", 2)
    year = (value(("2023年",), "23", 70), value(("2022年",), "22", 70), change(("同比变动\n（百分点）",), "23", "22", "points", 70), value(("2021年",), "21", 70, nil="不适用"))
    TableSetter(flow, Table("", year, RATIOS, style="banded", stub="指标", path="主要财务指标", golden=True, topics=("财务指标",))).draw()
    end = (value(("2023年末",), "23", 70), value(("2022年末",), "22", 70), change(("较上年末变动\n（百分点）",), "23", "22", "points", 70), value(("2021年末",), "21", 70))
    TableSetter(flow, Table("", end, QUALITY, style="banded", stub="指标", path="主要财务指标", golden=True, topics=("财务指标",))).draw()
    flow.say(*FOOTNOTES, topics=("指标口径",), size=8, indent=False)


def _quarters(flow: Flow) -> None:
    flow.heading("三、分季度主要财务数据", 2)
    columns = tuple(value(("2023年", f"第{name}季度"), f"23Q{n}", 75) for n, name in enumerate("一二三四", 1))
    rows = (Row("营业收入", "营业收入"), Row("其中：利息净收入", "利息净收入", 1), Row("业务及管理费", "业务及管理费"), Row("信用减值损失", "信用减值损失"),
            Row("归属于本行股东的净利润", "归母净利润"), Row("扣除非经常性损益后归属于本行股东的净利润", "扣非归母净利润"),
            Row("经营活动产生的现金流量净额", "经营活动产生的现金流量净额"))  # fmt: skip
    TableSetter(flow, Table("", columns, rows, unit_line="单位：人民币百万元", path="分季度主要财务数据", golden=True, topics=("分季度",),
                            notes=("注：以上均为单季度数据，四个季度之和等于全年数。",))).draw()  # fmt: skip


def _restated(flow: Flow) -> None:
    flow.heading("四、会计政策变更及其影响", 2)
    flow.say("下表列示追溯调整对2022年主要项目的影响。", topics=("会计政策变更",))
    names = ("所得税费用", "净利润", "归母净利润", "递延所得税资产", "资产总额", "未分配利润", "股东权益合计")
    labels = {"归母净利润": "归属于本行股东的净利润"}
    effects = (value(("调整前",), "22", 80, suffix="（重述前）"), value(("影响金额",), "22", 80, suffix="（重述影响）"), value(("调整后",), "22", 80))
    TableSetter(flow, Table("", effects, tuple(Row(labels.get(name, name), name) for name in names), unit_line="单位：人民币百万元", path="会计政策变更的影响", stub="2022年末或2022年度",
                            topics=("会计政策变更",))).draw()  # fmt: skip
    flow.heading("五、非经常性损益项目", 2)
    totals = {year: int(flow.book.number("非经常性损益", year)) for year in ("23", "22")}
    rest = tuple(bracketed(Decimal(totals[year] - known), 0) for year, known in (("23", 59), ("22", 53)))
    rows = (Row("政府补助", cells=("58", "41")), Row("非流动资产处置损益", cells=("5", "12")), Row("其他营业外收支净额", cells=("(4)", "-")),
            Row("所得税及少数股东影响额", cells=rest), Row("合计", "非经常性损益", bold=True))  # fmt: skip
    columns = (value(("2023年",), "23", 80), value(("2022年",), "22", 80))
    TableSetter(flow, Table("", columns, rows, unit_line="单位：人民币百万元", style="open", path="非经常性损益项目", topics=("非经常性损益",))).draw()
