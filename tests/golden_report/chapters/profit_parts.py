"""利润表分析, the rest: fees, other income, expenses, impairment, tax, segments."""

from __future__ import annotations

from tests.golden_report.bank.income import EXPENSE_KINDS, FEE_KINDS, STAFF_KINDS
from tests.golden_report.bank.risk import SEGMENT_ROWS, SEGMENTS
from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Column, Row, Table, change, share, value
from tests.golden_report.tables import TableSetter

FEE_LABELS = {"银行卡手续费收入": "银行卡业务", "代理业务手续费收入": "代理及委托业务", "理财业务手续费收入": "理财管理业务", "结算与清算手续费收入": "结算与清算",
              "担保及承诺手续费收入": "担保及承诺", "托管业务手续费收入": "托管及其他受托业务", "投资银行业务手续费收入": "投资银行业务", "其他手续费及佣金收入": "其他"}  # fmt: skip
YEARS = (value(("2023年",), "23", 72), value(("2022年",), "22", 72), change(("增减额",), "23", "22", "amount", 62), change(("变动率(%)",), "23", "22", "rate", 62))


def write(flow: Flow) -> None:
    """The sections after interest."""
    _fees(flow)
    _other(flow)
    _costs(flow)
    _segments(flow)


def _fees(flow: Flow) -> None:
    flow.heading("（二）手续费及佣金净收入", 3)
    flow.say(
        "报告期内，手续费及佣金净收入{手续费及佣金净收入.23|亿元}，同比{手续费及佣金净收入.23^22|增长}，占营业收入的{手续费及佣金净收入占比.23|%}，同比{手续费及佣金净收入占比.23^22|百分点}。"
        "主要是资本市场低迷导致代理基金收入减少、理财管理费率下调，以及减费让利政策延续；托管业务手续费收入{托管业务手续费收入.23|亿元}。",
        topics=("中间业务收入变动原因", "手续费构成"),
    )
    rows = (*(Row(FEE_LABELS[name], name) for name in FEE_KINDS), Row("手续费及佣金收入", "手续费及佣金收入", bold=True), Row("减：手续费及佣金支出", "手续费及佣金支出", sign=-1),
            Row("手续费及佣金净收入", "手续费及佣金净收入", bold=True))  # fmt: skip
    TableSetter(flow, Table("手续费及佣金净收入构成", YEARS, rows, unit_line="人民币百万元，百分比除外", golden=True, shaded=True, topics=("手续费构成",))).draw()


def _other(flow: Flow) -> None:
    flow.heading("（三）其他非利息净收入", 3)
    flow.say(
        "其他非利息净收入{其他非利息净收入.23|亿元}，同比{其他非利息净收入.23^22|增长}，其中投资收益{投资收益.23|亿元}，同比{投资收益.23^22|增长}；公允价值变动由上年损失{公允价值变动损益.22|绝对亿元}转为收益{公允价值变动损益.23|亿元}，"
        "主要得益于债券市场收益率下行带来的估值回升。非利息收入占营业收入的比重为{非利息收入占比.23|%}。",
        topics=("其他非利息收入", "债券投资估值"),
    )
    names = (("投资收益", "投资收益"), ("公允价值变动损益", "公允价值变动损益"), ("汇兑损益", "汇兑损益"), ("其他业务收入", "其他业务收入"), ("资产处置损益", "资产处置损益"), ("其他收益", "其他收益"))
    rows = (*(Row(label, key) for label, key in names), Row("合计", "其他非利息净收入", bold=True))
    TableSetter(flow, Table("", YEARS, rows, unit_line="单位：人民币百万元", style="banded", path="其他非利息净收入", topics=("其他非利息收入",))).draw()


def _costs(flow: Flow) -> None:
    flow.heading("（四）业务及管理费", 3)
    flow.say(
        "报告期内，业务及管理费{业务及管理费.23|亿元}，同比{业务及管理费.23^22|增长}；成本收入比{成本收入比.23|%}，同比{成本收入比.23^22|百分点}。费用增长主要投向科技系统建设、县域网点改造和一线员工薪酬。",
        topics=("成本费用",),
    )
    rows = [Row("员工费用", "员工费用")] + [Row(name, name, 1) for name in STAFF_KINDS] + [Row(name, name) for name in EXPENSE_KINDS if name != "员工费用"]
    columns = (value(("2023年", "金额"), "23", 66), share(("2023年", "占比(%)"), "23", "业务及管理费", 56), value(("2022年", "金额"), "22", 66), share(("2022年", "占比(%)"), "22", "业务及管理费", 56))
    TableSetter(flow, Table("业务及管理费构成", columns, (*rows, Row("业务及管理费合计", "业务及管理费", bold=True)), unit_line="人民币百万元，百分比除外", topics=("成本费用", "员工薪酬"), golden=True, continued="repeat")).draw()
    flow.heading("（五）信用减值损失", 3)
    flow.say(
        "信用减值损失{信用减值损失.23|亿元}，同比{信用减值损失.23^22|增长}，其中发放贷款和垫款减值损失{贷款减值损失.23|亿元}，信贷成本率{信用成本.23|%}。",
        topics=("减值损失",),
    )
    names = (("发放贷款和垫款", "贷款减值损失"), ("金融投资", "金融投资减值损失"), ("表外信贷承诺", "表外信用减值损失"), ("其他", "其他信用减值损失"))
    rows = [*(Row(label, key) for label, key in names), Row("信用减值损失合计", "信用减值损失", bold=True)]
    TableSetter(flow, Table("信用减值损失构成", YEARS, tuple(rows), unit_line="人民币百万元", style="open", topics=("减值损失",), golden=True)).draw()
    flow.heading("（六）所得税费用", 3)
    flow.say(
        "所得税费用{所得税费用.23|亿元}，同比{所得税费用.23^22|增长}，实际税率低于法定税率25%，主要是国债、地方政府债利息收入及基金分红免税所致。",
        topics=("所得税",),
    )


def _segments(flow: Flow) -> None:
    flow.heading("（七）分部经营情况", 3)
    flow.say("本集团按业务条线划分为公司银行、个人银行、资金及其他四个经营分部。下表列示各分部经营成果，分部数据含内部资金转移计价收支。", topics=("业务分部",))
    names = tuple(SEGMENTS)
    rows = ("利息净收入", "手续费及佣金净收入", "其他非利息净收入", "营业收入", "业务及管理费", "信用减值损失", "税金及其他支出", "营业外收支净额", "利润总额")
    costs = {*SEGMENT_ROWS} - {"利息净收入", "手续费及佣金净收入", "其他非利息净收入"} | {"税金及其他支出"}
    for when, year in (("23", "2023年度"), ("22", "2022年度")):
        lines = tuple(Row(row, row, sign=-1 if row in costs else 1, bold=row in ("营业收入", "利润总额")) for row in rows)
        keyed = tuple(_segment(name, when) for name in names)
        TableSetter(flow, Table(f"{year}分部经营成果", keyed, lines, unit_line="人民币百万元", golden=when == "23", topics=("业务分部",), continued="repeat" if when == "22" else "keep", break_after=4 if when == "22" else 0)).draw()
    parts = tuple(value((year, kind), when, 72) for when, year in (("23", "2023年"), ("22", "2022年")) for kind in ("营业收入", "占比(%)"))
    lines = tuple(Row(name, cells=tuple(
        value((), when, suffix=f"分部：{kind}").cell(flow.book, Row(name, name), "百万元") for when in ("23", "22") for kind in ("营业收入", "营业收入占比"))) for name in names)  # fmt: skip
    TableSetter(flow, Table("营业收入按业务条线分布", parts, lines, unit_line="人民币百万元，百分比除外", style="banded", stub="业务条线", topics=("业务分部",))).draw()


def _segment(name: str, when: str) -> Column:
    return Column((name,), 86, lambda book, row, unit: value((), when).cell(book, Row(row.label, f"{name}分部：{row.key}", sign=row.sign), unit))
