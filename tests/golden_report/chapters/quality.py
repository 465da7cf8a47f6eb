"""贷款质量分析: classes, products, industries, regions, guarantees, overdue spans, migration, stages and allowance."""

from __future__ import annotations

from tests.golden_report.bank.loans import CORPORATE, GUARANTEE, INDUSTRY, PERSONAL, REGION
from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Column, Row, Table, change, share, value
from tests.golden_report.tables import TableSetter

DATES = {"23": "2023年12月31日", "22": "2022年12月31日"}


def amount_and_share(of: str, suffix: str = "", wide: float = 72) -> tuple[Column, ...]:
    """金额 and 占总额% under each of two dates."""
    return tuple(
        column for when, date in DATES.items() for column in (value((date, "金额"), when, wide, suffix=suffix), share((date, "占比(%)"), when, of, 52, suffix=suffix))
    )


def loans_and_bad(stub: str = "贷款", bad: str = "") -> tuple[Column, ...]:
    """贷款金额, 不良金额 and 不良率 under each of two dates, three header rows."""
    return tuple(
        column
        for when, date in DATES.items()
        for column in (
            value((date, "贷款余额"), when, 54, suffix=stub), value((date, "不良贷款", "金额"), when, 46, suffix=bad + "不良贷款余额"),
            value((date, "不良贷款", "比率(%)"), when, 42, suffix=bad + "不良贷款率"),
        )
    )  # fmt: skip


def write(flow: Flow) -> None:
    """The section on the quality of loans."""
    flow.heading("四、贷款质量分析", 2)
    flow.heading("（一）贷款五级分类", 3)
    flow.say(
        "截至报告期末，关注类贷款{关注类贷款.23|亿元}，占比{关注类贷款占比.23|%}，较上年末{关注类贷款占比.23^22|百分点}；不良贷款余额{不良贷款余额.23|亿元}，较上年末{不良贷款余额.23^22|增加}。",
        topics=("五级分类",),
    )
    classes = ("正常类", "关注类", "次级类", "可疑类", "损失类")
    rows = (*(Row(name, f"{name}贷款") for name in classes), Row("贷款总额", "贷款总额", bold=True), Row("不良贷款及不良贷款率", "不良贷款余额"))
    TableSetter(flow, Table("按五级分类划分的贷款分布", amount_and_share("贷款总额"), rows, unit_line="人民币百万元，百分比除外", golden=True, topics=("五级分类",))).draw()
    flow.heading("（二）按产品划分的贷款及不良贷款", 3)
    corporate, personal = (tuple(Row(name, name, 1) for name in names) for names in (CORPORATE, PERSONAL))
    products = (Row("公司贷款", "公司贷款"), *corporate, Row("票据贴现", "票据贴现"), Row("个人贷款", "个人贷款"), *personal)
    total = (Row("合计", "贷款总额", bold=True),)
    TableSetter(flow, Table("", _with_total("", ""), (*products, *total), unit_line="人民币百万元，百分比除外", path="按产品划分的贷款及不良贷款", golden=True, size=8, continued="header", break_after=6,
                            topics=("产品不良",))).draw()  # fmt: skip
    flow.say("个人贷款不良贷款率{个人贷款不良贷款率.23|%}，较上年末{个人贷款不良贷款率.23^22|百分点}，受居民收入预期影响，消费类和经营类贷款风险有所上升，本行已收紧线上产品准入并前移催收关口。", topics=("零售贷款风险",))
    flow.heading("（三）按行业划分的公司贷款及不良贷款", 3)
    industries = (*(Row(name, f"{name}贷款") for name in INDUSTRY), Row("公司贷款合计", "公司贷款", bold=True))
    TableSetter(flow, Table("公司贷款行业分布及不良情况", loans_and_bad(""), industries, unit_line="人民币百万元，百分比除外", continued="repeat", golden=True, size=8,
                            topics=("行业不良",), stub="行　业")).draw()  # fmt: skip
    flow.say("房地产业不良贷款率{房地产业贷款不良贷款率.23|%}，较上年末{房地产业贷款不良贷款率.23^22|百分点}。本行对房地产客户实行名单制管理，按项目封闭监管资金，稳妥推进“保交楼”配套融资。", topics=("房地产风险",))
    flow.heading("（四）按地区划分的贷款及不良贷款", 3)
    regions = (*(Row(name, name) for name in REGION), Row("合计", "", bold=True))
    TableSetter(flow, Table("", _with_total("贷款", "贷款总额"), regions, unit_line="单位：人民币百万元", path="按地区划分的贷款及不良贷款", style="banded", size=8, golden=True, continued="repeat",
                            topics=("地区不良",), stub="地区分部")).draw()  # fmt: skip
    _guarantee(flow)
    _overdue(flow)


def _with_total(suffix: str, total: str) -> tuple[Column, ...]:
    """The six columns, whose last row reads the totals under their own names."""

    def at_total(column: Column, key: str, when: str) -> Column:
        bottom = value(column.headers, when)
        return Column(column.headers, column.width, lambda book, row, unit: (bottom.cell(book, Row(row.label, key), unit) if row.label == "合计" else column.cell(book, row, unit)))

    keys = (total or "贷款总额", "不良贷款余额", "不良贷款率")
    columns = loans_and_bad(suffix)
    return tuple(at_total(column, keys[place % 3], "23" if place < 3 else "22") for place, column in enumerate(columns))


def _guarantee(flow: Flow) -> None:
    flow.heading("（五）按担保方式划分的贷款", 3)
    rows = (*(Row(name, name) for name in GUARANTEE), Row("发放贷款和垫款总额", "贷款总额", bold=True))
    TableSetter(flow, Table("", amount_and_share("贷款总额"), rows, unit_line="（人民币百万元，百分比除外）", path="按担保方式划分的贷款", style="open", golden=True, topics=("担保方式",))).draw()
    bad = (*(Row(name, name) for name in GUARANTEE), Row("合计", "", bold=True))
    TableSetter(flow, Table("按担保方式划分的不良贷款", _with_total("", ""), bad, unit_line="（人民币百万元，百分比除外）", size=8, topics=("担保方式",))).draw()


def _overdue(flow: Flow) -> None:
    flow.heading("（六）逾期贷款", 3)
    flow.say(
        "截至报告期末，本集团逾期贷款{逾期贷款.23|亿元}，占贷款总额的{逾期贷款率.23|%}，较上年末{逾期贷款率.23^22|百分点}；逾期90天以上贷款与不良贷款的比例为{逾期90天以上贷款与不良贷款之比.23|%}，"
        "逾期60天以上贷款已全部纳入不良管理。重组贷款余额{重组贷款.23|亿元}。",
        topics=("逾期贷款",),
    )
    rows = (Row("逾期1天至90天（含）", "逾期1天至90天贷款"), Row("逾期90天至1年（含）", "逾期91天至1年贷款"), Row("逾期1年至3年（含）", "逾期1年至3年贷款"),
            Row("逾期3年以上", "逾期3年以上贷款"), Row("逾期贷款合计", "逾期贷款", bold=True), Row("其中：逾期90天以上贷款", "逾期90天以上贷款", 1))  # fmt: skip
    TableSetter(flow, Table("按逾期期限划分的贷款", amount_and_share("贷款总额"), rows, unit_line="人民币百万元，百分比除外", topics=("逾期贷款", "逾期贷款口径"),
                            notes=("注：本金或利息任何一期逾期1天及以上，即将整笔贷款余额计入逾期贷款。",))).draw()  # fmt: skip
    flow.heading("（七）贷款迁徙率", 3)
    names = ("正常类", "关注类", "次级类", "可疑类")
    columns = (value(("2023年",), "23", 70), value(("2022年",), "22", 70), value(("2021年",), "21", 70), change(("本年较上年变动（百分点）",), "23", "22", "points", 90))
    TableSetter(flow, Table("", columns, tuple(Row(f"{name}贷款迁徙率（%）", f"{name}贷款迁徙率") for name in names), style="banded", path="贷款迁徙率", topics=("迁徙率",))).draw()
