"""第七章 股份变动及股东情况: text cells between numbers, dividends of three years, bonds."""

from __future__ import annotations

from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Row, Table, value, words
from tests.golden_report.tables import TableSetter

HOLDERS = (
    ("云岭省国有资本运营有限公司", "国有法人", "2,168,115,400", "19.99", "-", "无"), ("云岭烟草投资有限公司", "国有法人", "1,084,600,000", "10.00", "-", "无"),
    ("望江能源集团有限公司", "境内非国有法人", "759,220,000", "7.00", "-", "质押 189,805,000"), ("南屏水电开发股份有限公司", "国有法人", "650,760,000", "6.00", "-", "无"),
    ("普照城市建设投资有限公司", "国有法人", "542,300,000", "5.00", "12,000,000", "无"), ("海川实业控股有限公司", "境内非国有法人", "433,840,000", "4.00", "-", "质押 433,840,000"),
    ("云岭交通产业发展有限公司", "国有法人", "379,610,000", "3.50", "-", "无"), ("青岚药业股份有限公司", "境内非国有法人", "271,150,000", "2.50", "(8,600,000)", "冻结 40,000,000"),
    ("东麓茶业集团有限公司", "境内非国有法人", "216,920,000", "2.00", "-", "无"), ("云岭有色金属集团有限公司", "国有法人", "162,690,000", "1.50", "-", "无"),
)  # fmt: skip
BONDS = (
    ("21云岭银行二级01", "2021-06-18", "10年", "60", "4.15"), ("21云岭银行永续债", "2021-11-09", "5+N年", "90", "4.30"), ("22云岭银行小微债01", "2022-03-24", "3年", "50", "2.97"),
    ("22云岭银行二级01", "2022-08-16", "10年", "60", "3.68"), ("23云岭银行绿色债01", "2023-04-20", "3年", "30", "2.85"), ("23云岭银行二级01", "2023-09-26", "10年", "20", "3.42"),
)  # fmt: skip


def write(flow: Flow) -> None:
    """The chapter."""
    flow.chapter("第七章 股份变动及股东情况")
    flow.heading("一、股份结构", 2)
    flow.say(
        "截至报告期末，本行普通股总数为10,846,000,000股，报告期内未发生变动；普通股股东总数为86,214户，较上年末减少1,307户；年度报告披露日前上一月末普通股股东总数为85,930户。本行无控股股东和实际控制人。",
        topics=("股东户数", "股权结构"),
    )
    flow.heading("二、前十名股东持股情况", 2)
    columns = (words(("股东性质",), 78), words(("期末持股数（股）",), 84, "right"), words(("持股比例(%)",), 52, "right"), words(("报告期内增减（股）",), 68, "right"), words(("质押或冻结情况（股）",), 84))
    rows = tuple(Row(holder[0], cells=tuple(holder[1:])) for holder in HOLDERS)
    TableSetter(flow, Table("", columns, rows, stub="股东名称", path="前十名股东", size=8, golden=True, topics=("前十大股东", "股权质押"))).draw()
    flow.say("注：上述股东之间，云岭省国有资本运营有限公司与云岭交通产业发展有限公司同受云岭省国资委控制，其余股东未知存在关联关系。", size=8, indent=False)
    flow.heading("三、利润分配", 2)
    flow.say(
        "本行利润分配重视对投资者的合理回报，在盈利且资本充足的前提下，每年现金分红比例原则上不低于当年归属于普通股股东净利润的20%。2023年度拟派发普通股现金股利{每股现金股利.23|元/股}（含税），现金分红比例{分红率.23|%}。",
        topics=("分红政策", "利润分配预案"),
    )
    paid = (words(("每10股派息数（元，含税）",), 80, "right"), words(("每10股转增数（股）",), 66, "center"), value(("现金分红总额（百万元）",), "23", 76), value(("归属于普通股股东的净利润（百万元）",), "23", 96),
               value(("现金分红比例（%）",), "23", 70))  # fmt: skip
    book = flow.book
    years = tuple(
        Row(f"20{year}年度", cells=(f"{book.number('每股现金股利', year) * 10:.2f}", "无", *(value((), year).cell(book, Row("", key), "百万元") for key in ("现金分红总额", "归属于普通股股东的净利润", "分红率"))))
        for year in ("23", "22", "21")
    )  # fmt: skip
    TableSetter(flow, Table("近三年普通股股利分配情况", paid, years, stub="分红年度", golden=True, topics=("现金分红",))).draw()
    flow.heading("四、债券发行情况", 2)
    issued = (words(("发行日期",), 84, "center"), words(("期限",), 62, "center"), words(("发行规模（亿元）",), 80, "right"), words(("票面利率(%)",), 70, "right"))
    bonds = tuple(Row(name, cells=tuple(cells)) for name, *cells in BONDS)
    TableSetter(flow, Table("存续债券", issued, bonds, stub="债券简称", style="banded", topics=("债券发行", "资本补充"), path="存续债券")).draw()
    flow.say("永续债为无固定期限资本债券，票面利率4.30%，报告期内按约支付利息{永续债利息.23|百万元}，未触发减记条款。", topics=("永续债",))
    flow.heading("五、主要股东及其关联方情况", 2)
    flow.say(
        "持股5%以上的股东共五家，均按监管规定向本行提名董事或监事。海川实业控股有限公司所持股份已全部质押，按照规定其在股东大会上的表决权受到限制。",
        topics=("主要股东", "股权质押"),
    )
