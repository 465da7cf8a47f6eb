"""Cover, notice, contents and definitions; the contents are filled in when all pages are known."""

from __future__ import annotations

from tests.golden_report.flow import Flow
from tests.golden_report.metrics import width
from tests.golden_report.table_spec import Row, Table, words
from tests.golden_report.tables import TableSetter

TERMS = (
    ("本行／云岭银行", "云岭银行股份有限公司，不含附属公司"), ("本集团", "云岭银行股份有限公司及其附属公司"), ("云岭金租", "云岭金融租赁有限责任公司，本行控股子公司"),
    ("云岭理财", "云岭理财有限责任公司，本行全资子公司"), ("普照村镇银行", "普照云岭村镇银行股份有限公司，本行控股子公司"), ("央行", "中国人民银行"), ("监管总局", "国家金融监督管理总局"),
    ("基点（BP）", "利率或汇率变动的计量单位，一个基点等于万分之一，即0.01%"), ("LPR", "贷款市场报价利率"), ("AUM", "管理客户资产规模，含存款、理财、基金、保险、信托等"),
    ("MAU", "月活跃用户数，即一个自然月内登录过手机银行的去重客户数"), ("普惠型小微企业贷款", "单户授信总额1,000万元及以下的小型微型企业贷款及个体工商户、小微企业主经营性贷款"),
    ("绿色贷款", "投向节能环保、清洁生产、清洁能源、生态环境、基础设施绿色升级和绿色服务等领域的贷款"), ("离柜率", "电子渠道办理的业务笔数占全部业务笔数的比例"),
    ("报告期", "2023年1月1日至2023年12月31日"), ("报告期末", "2023年12月31日"),
)  # fmt: skip


def write(flow: Flow) -> None:
    """The pages before the first chapter, numbered i, ii, iii."""
    _cover(flow)
    flow.part("{}", ("", ""))
    _notice(flow)
    _roman(flow, "i")
    flow.new_page()
    _roman(flow, "ii")
    flow.new_page()
    _roman(flow, "iii")
    flow.heading("释义", 1)
    flow.say("在本报告中，除文义另有所指外，下列词语具有如下含义：", topics=("释义",))
    for term, _ in TERMS:
        flow.mention(f"释义：{term}")
    rows = tuple(Row(term, cells=("指", meaning)) for term, meaning in TERMS)
    columns = (words(("",), 30, "center"), words(("含义",), 320))
    TableSetter(flow, Table("", columns, rows, stub="词语", path="释义", style="banded", size=9)).draw()


def _roman(flow: Flow, number: str) -> None:
    sheet = flow.sheet
    old = sheet.printed
    sheet.texts[:] = [text for text in sheet.texts if not (text.text == old and text.y > sheet.height - 40)]
    sheet.printed = number
    flow.put((sheet.width - width(number, 8)) / 2, number, 8, y=sheet.height - 34)


def _cover(flow: Flow) -> None:
    flow.numbering.pattern = ""
    flow.new_page()
    for y, text, size in ((260, "云岭银行股份有限公司", 26.0), (310, "YUNLING BANK CO., LTD.", 13.0), (380, "2023年年度报告", 22.0), (420, "（本报告为虚构样本，银行、人物与数据均不存在）", 9.0)):
        flow.put((595 - width(text, size, True)) / 2, text, size, bold=True, y=y)


def _notice(flow: Flow) -> None:
    flow.heading("重要提示", 1)
    flow.say(
        "本行董事会、监事会及董事、监事、高级管理人员保证年度报告内容的真实、准确、完整，不存在虚假记载、误导性陈述或重大遗漏，并承担个别和连带的法律责任。",
        "本报告经本行第六届董事会第十八次会议审议通过。会议应出席董事13名，实际出席董事13名，本行监事列席了会议。",
        "本行2023年度财务报告已由衡信会计师事务所（特殊普通合伙）按照中国注册会计师审计准则审计，并出具了标准无保留意见的审计报告。",
        "经董事会审议的2023年度利润分配预案：以本行普通股总股本10,846百万股为基数，向全体普通股股东每10股派发现金股利人民币2.40元（含税），合计人民币{现金分红总额.23|亿元}。该预案尚需股东大会批准。",
        "本报告中涉及未来计划、发展战略等前瞻性描述不构成本行对投资者的实质承诺，请投资者注意投资风险。",
        topics=("重要提示", "审计意见", "利润分配预案"),
    )


def contents(flow: Flow) -> None:
    """Fill the contents page with the chapters and the numbers printed on their pages."""
    sheet = flow.sheets[2]
    flow_sheet_y = 110.0
    chapters = [outline for outline in flow.outlines if outline.level == 1 and outline.page > 4]
    keep = flow.sheets
    flow.sheets = keep[:3]
    flow.put(56, "目　录", 16, bold=True, y=flow_sheet_y)
    for place, outline in enumerate(chapters):
        y = flow_sheet_y + 34 + place * 24
        number = keep[outline.page - 1].printed
        dots = "·" * int((455 - width(outline.title, 10) - width(number, 10)) / 10)
        flow.put(64, f"{outline.title}{dots}{number}", 10, y=y)
    flow.sheets = keep
    if sheet.printed != "ii":
        raise ValueError("the contents belong on page ii")
