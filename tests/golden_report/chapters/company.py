"""第一章 公司基本情况: a table of text, branches, rankings."""

from __future__ import annotations

from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Row, Table, words
from tests.golden_report.tables import TableSetter

BASICS = (
    ("法定中文名称", "云岭银行股份有限公司（简称：云岭银行）"), ("法定英文名称", "YUNLING BANK CO., LTD.（缩写：YLB）"), ("法定代表人", "周砚秋"), ("董事会秘书", "沈既白"),
    ("注册及办公地址", "云岭省云岭市望江大道188号云岭金融中心"), ("客户服务热线", "95000（虚构）"), ("成立日期", "2006年9月18日"), ("注册资本", "人民币10,846,000千元"),
    ("信息披露媒体", "《云岭证券时讯》（虚构）及本行官方网站"), ("会计师事务所", "衡信会计师事务所（特殊普通合伙），签字会计师：许攸宁、邵文瑜"), ("股票托管机构", "中国证券登记结算有限责任公司"),
)  # fmt: skip
BRANCHES = (
    ("总行", "望江大道188号", 6, "1,842"), ("云岭分行", "望江大道9号", 132, "4,216"), ("普照分行", "普照区明湖路61号", 71, "2,208"), ("成都分行", "锦江区东大街上东段18号", 48, "1,715"),
    ("重庆分行", "江北区江北城西街27号", 41, "1,482"), ("杭州分行", "上城区钱江路1366号", 36, "1,290"), ("深圳分行", "福田区深南大道4009号", 33, "1,177"), ("武汉分行", "江汉区建设大道568号", 38, "1,046"),
    ("北京分行", "西城区金融大街甲17号", 20, "665"),
)  # fmt: skip


def write(flow: Flow) -> None:
    """The chapter; the first with Arabic page numbers."""
    flow.part("{}", ("云岭银行股份有限公司　2023年年度报告", "第一章 公司基本情况"))
    flow.heading("第一章 公司基本情况", 1)
    flow.heading("一、基本信息", 2)
    rows = tuple(Row(label, cells=(text,)) for label, text in BASICS)
    TableSetter(flow, Table("", (words(("",), 350),), rows, stub="", path="基本信息", size=9, topics=("公司基本信息",))).draw()
    flow.heading("二、公司简介", 2)
    flow.say(
        "云岭银行成立于2006年，由云岭省内十二家城市信用社合并重组而来，总部设在云岭市。经过十七年发展，本行已形成覆盖公司金融、零售金融、金融市场和资产管理的综合服务体系，并控股一家金融租赁公司、"
        "一家理财公司和一家村镇银行。",
        "截至报告期末，本集团设有一级分行{一级分行数量.23|家}，营业网点{网点总数.23|个}，其中本行网点{网点总数.23.本行|个}，在职员工{员工人数.23|人}，服务个人客户{个人客户数.23|万户}、公司客户{公司客户数.23|万户}。",
        topics=("公司简介", "机构网点"),
    )
    flow.heading("三、发展战略与企业文化", 2)
    flow.say(
        "本行愿景是“做山地经济与跨境通道最懂的银行”。2021—2025年战略规划确立“一体两翼”布局：以服务实体经济为主体，以财富管理和数字金融为两翼；坚持轻资本、稳息差、控风险、强科技四项举措。",
        "核心竞争力体现在：深耕西部陆海新通道沿线的区位优势；服务特色农业与绿色能源产业链的专业能力；总行直管的审慎风险文化；自主可控的分布式核心系统。",
        topics=("发展战略", "核心竞争力"),
    )
    flow.heading("四、机构分布", 2, keep=200)
    columns = (words(("营业地址",), 170), words(("下辖网点（个）",), 80, "right"), words(("员工数（人）",), 80, "right"))
    rows = tuple(Row(name, cells=(address, str(count), people)) for name, address, count, people in BRANCHES)
    rows += (Row("小计", cells=("", f"{sum(b[2] for b in BRANCHES)}", f"{sum(int(b[3].replace(',', '')) for b in BRANCHES):,}"), bold=True),)
    TableSetter(flow, Table("", columns, rows, stub="机构名称", path="机构分布", size=8.5, topics=("机构网点", "分行"))).draw()
    flow.say("注：表中员工数为本行在职员工，网点数为本行口径，不含附属公司。", size=8, indent=False)
    flow.heading("五、荣誉与评价", 2)
    flow.say("2023年，本行获评“绿色金融先锋机构”“支农支小优秀银行”（均为虚构奖项）；主体信用等级由联衡资信评定为AAA，展望稳定。", topics=("荣誉评级",))
