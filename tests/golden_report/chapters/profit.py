"""利润表分析: the walk from income to profit, average balances and rates, volume and rate, interest by kind."""

from __future__ import annotations

from tests.golden_report.bank.interest import rate_name
from tests.golden_report.book import Book
from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Cell, Column, Row, Table, change, value
from tests.golden_report.tables import TableSetter

WALK = (
    Row("利息净收入", "利息净收入"), Row("手续费及佣金净收入", "手续费及佣金净收入"), Row("其他非利息净收入", "其他非利息净收入"), Row("营业收入", "营业收入", bold=True),
    Row("减：税金及附加", "税金及附加", sign=-1), Row("业务及管理费", "业务及管理费", 1, sign=-1), Row("信用减值损失", "信用减值损失", 1, sign=-1),
    Row("其他资产减值损失", "其他资产减值损失", 1, sign=-1), Row("其他业务成本", "其他业务成本", 1, sign=-1), Row("营业利润", "营业利润", bold=True),
    Row("加：营业外收支净额", "营业外收支净额"), Row("利润总额", "利润总额", bold=True), Row("减：所得税费用", "所得税费用", sign=-1), Row("净利润", "净利润", bold=True),
    Row("归属于：本行股东", "归母净利润", 1), Row("少数股东", "少数股东损益", 1),
)  # fmt: skip
ASSETS = (("发放贷款和垫款", "贷款", 0), ("公司贷款", "公司贷款", 1), ("个人贷款", "个人贷款", 1), ("票据贴现", "票据贴现", 1), ("金融投资(1)", "金融投资", 0),
          ("存放中央银行款项(2)", "存放央行", 0), ("存放和拆放同业及其他金融机构款项(3)", "同业资产", 0))  # fmt: skip
OWED = (("客户存款", "存款", 0), ("公司存款", "公司存款", 1), ("其中：活期", "公司活期存款", 2), ("定期", "公司定期存款", 2), ("个人存款", "个人存款", 1),
        ("其中：活期", "个人活期存款", 2), ("定期", "个人定期存款", 2), ("同业及其他金融机构存拆入款项(4)", "同业负债", 0), ("应付债券", "应付债券", 0),
        ("向中央银行借款", "向中央银行借款", 0))  # fmt: skip


def write(flow: Flow) -> None:
    """The part of the discussion about the income statement, up to interest."""
    flow.chapter("第四章 管理层讨论与分析")
    flow.heading("一、总体经营情况", 2)
    flow.say(
        "2023年，面对有效需求不足、息差持续收窄的外部环境，本集团坚持稳中求进，聚焦主责主业，经营总体平稳。报告期内实现营业收入{营业收入.23|亿元}，同比{营业收入.23^22|增长}；"
        "实现净利润{净利润.23|亿元}，同比{净利润.23^22|增长}，主要是息差收窄和拨备计提增加所致；归属于本行股东的净利润{归母净利润.23|亿元}。",
        "截至报告期末，本集团资产总额{资产总额.23|亿元}，较上年末{资产总额.23^22|增长}；发放贷款和垫款总额{贷款总额.23|亿元}，较上年末{贷款总额.23^22|增加}；"
        "吸收存款本金{存款总额.23|亿元}，较上年末{存款总额.23^22|增长}。",
        "资产质量保持稳定。期末不良贷款余额{不良贷款余额.23|亿元}，不良贷款率{不良贷款率.23|%}，较上年末{不良贷款率.23^22|百分点}；拨备覆盖率{拨备覆盖率.23|%}，"
        "较上年末{拨备覆盖率.23^22|百分点}。同期商业银行行业平均不良贷款率为{不良贷款率.23.行业|%}，行业平均拨备覆盖率为{拨备覆盖率.23.行业|%}，行业平均净息差为{净息差.23.行业|%}。",
        topics=("总体经营情况", "行业对比"),
    )
    flow.heading("二、利润表分析", 2)
    flow.say("报告期内，本集团利润表各项目的变动情况如下。", topics=("利润表分析",))
    columns = (value(("2023年",), "23", 75), value(("2022年",), "22", 75), change(("增减额",), "23", "22", "amount", 70), change(("增减幅(%)",), "23", "22", "rate", 70))
    TableSetter(flow, Table("利润表主要项目变动情况", columns, WALK, unit_line="人民币百万元，百分比除外", golden=True, topics=("利润表分析",), shaded=True)).draw()
    _interest(flow)


def _interest(flow: Flow) -> None:
    flow.heading("（一）利息净收入", 3)
    flow.say(
        "报告期内，本集团利息净收入{利息净收入.23|亿元}，同比{利息净收入.23^22|增长}，占营业收入的比重仍居主导地位。其中利息收入{利息收入.23|亿元}，同比{利息收入.23^22|增长}；"
        "利息支出{利息支出.23|亿元}，同比{利息支出.23^22|增长}。净利息收益率{净息差.23|%}，同比{净息差.23^22|百分点}；净利差{净利差.23|%}，同比{净利差.23^22|百分点}。",
        "息差下行主要由于：一是贷款市场报价利率连续下调及存量首套房贷利率调整，生息资产收益率同比{生息资产收益率.23^22|百分点}；二是存款定期化趋势延续，付息成本下降慢于资产端。",
        topics=("净息差变动原因", "利息净收入"),
    )
    TableSetter(flow, Table("生息资产与计息负债的平均余额、利息及平均利率", _average_columns(), _average_rows(), unit_line="人民币百万元，百分比除外", size=8, continued="repeat",
                            golden=True, topics=("生息资产与计息负债平均余额", "利息净收入"), notes=(
                                "注：(1) 不含以公允价值计量且其变动计入当期损益的金融投资。(2) 含法定存款准备金与超额存款准备金。(3) 含买入返售金融资产。(4) 含拆入资金与卖出回购金融资产款。",))).draw()  # fmt: skip
    flow.say("下表列示规模变动与利率变动对利息收支的影响。规模因素按平均余额变动乘以上年平均利率计量，利率因素包含两者共同作用的影响。", topics=("规模利率分析",))
    kinds = tuple(value(("2023年对比2022年", head), "23", 82, suffix=f"利息变动：{kind}") for head, kind in (("规模因素", "规模因素"), ("利率因素", "利率因素"), ("利息收支净增减", "利息增减")))
    rows = (Row("资产", group=True, bold=True), *(Row(label.split("(")[0], key, level) for label, key, level in ASSETS if not label.startswith("其中")), Row("利息收入变动", "生息资产", bold=True),
            Row("负债", group=True, bold=True), *(Row(label.split("(")[0], key, level) for label, key, level in OWED if level < 2), Row("利息支出变动", "计息负债", bold=True),
            Row("利息净收入变动", "利息净收入变动", bold=True))  # fmt: skip
    TableSetter(flow, Table("利息收支变动的规模与利率因素", tuple(_volume(column) for column in kinds), rows, unit_line="人民币百万元", style="open", golden=True, continued="header",
                            topics=("规模利率分析",))).draw()  # fmt: skip
    _by_kind(flow)


def _volume(column: Column) -> Column:
    """The last row's keys have no 利息 in them."""

    last = value(column.headers, "23", suffix="：" + {"利息收支净增减": "利息增减"}.get(column.headers[-1], column.headers[-1]))
    return Column(column.headers, column.width, lambda book, row, unit: (last if row.key == "利息净收入变动" else column).cell(book, row, unit))


def _average_columns() -> tuple[Column, ...]:
    columns: list[Column] = []
    for when, year in (("23", "2023年"), ("22", "2022年")):
        columns += [value((year, "平均余额"), when, 58, suffix="平均余额", nil=""), _own((year, "利息收入／支出"), when, 0), _own((year, "平均利率(%)"), when, 2)]
    return tuple(columns)


def _own(headers: tuple[str, ...], when: str, places: int) -> Column:
    """Interest (places 0) or rate (places 2) of a row; a concluding row stands in the one of the two that suits it."""

    def cell(book: Book, row: Row, unit: str) -> Cell:
        if row.places >= 0:
            return plain.cell(book, row, unit) if row.places == places else Cell("")
        return plain.cell(book, Row(row.label, row.key + "利息" if places == 0 else rate_name(row.key)), unit)

    plain = value(headers, when, 46)
    return Column(headers, 46, cell)


def _average_rows() -> tuple[Row, ...]:
    blank = ("",) * 6
    rows = [Row("资产", group=True, bold=True, cells=blank), *(Row(label, key, level) for label, key, level in ASSETS), Row("生息资产合计", "生息资产", bold=True)]
    rows += [Row("负债", group=True, bold=True, cells=blank), *(Row(label, key, level) for label, key, level in OWED), Row("计息负债合计", "计息负债", bold=True)]
    for label, key, places in (("利息净收入", "利息净收入", 0), ("净利差", "净利差", 2), ("净利息收益率", "净息差", 2)):
        rows.append(Row(label, key, bold=True, places=places))
    return tuple(rows)


def _by_kind(flow: Flow) -> None:
    flow.heading("1. 贷款利息收入", 4)
    flow.say(
        "报告期内，发放贷款和垫款利息收入{贷款利息.23|亿元}，同比{贷款利息.23^22|增长}。其中公司贷款平均收益率{公司贷款收益率.23|%}，同比{公司贷款收益率.23^22|百分点}；"
        "个人贷款平均收益率{个人贷款收益率.23|%}，同比{个人贷款收益率.23^22|百分点}；票据贴现利息收入{票据贴现利息.23|亿元}。",
        topics=("贷款利息收入",),
    )
    flow.heading("2. 存款利息支出", 4)
    flow.say(
        "客户存款利息支出{存款利息.23|亿元}，同比{存款利息.23^22|增长}，主要是存款平均余额{存款平均余额.23^22|增长}；存款平均付息率{存款付息率.23|%}，同比{存款付息率.23^22|百分点}。"
        "个人定期存款平均付息率由{个人定期存款付息率.22|%}降至{个人定期存款付息率.23|%}。",
        topics=("存款付息成本",),
    )
