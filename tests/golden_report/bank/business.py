"""What is counted rather than booked: customers, outlets, people, technology, wealth management, green and small-business loans."""

from __future__ import annotations

from decimal import Decimal

from tests.golden_report.bank.draws import Draws, split
from tests.golden_report.book import BANK, INDUSTRY, Book, rounded

STOCKS: dict[str, tuple[str, tuple[str, str]]] = {
    "个人客户数": ("万户", ("2186.34", "2318.72")), "公司客户数": ("万户", ("28.46", "31.85")), "财富客户数": ("万户", ("61.27", "68.93")),
    "私人银行客户数": ("户", ("8914", "10263")), "手机银行客户数": ("万户", ("974.81", "1106.35")), "手机银行月活跃用户数": ("万户", ("318.42", "364.70")),
    "代发客户数": ("万户", ("301.56", "327.44")), "信用卡发卡量": ("万张", ("286.15", "301.48")), "借记卡发卡量": ("万张", ("2418.60", "2543.91")),
    "管理零售客户总资产": ("亿元", ("6218.45", "7034.82")), "私人银行管理资产": ("亿元", ("712.38", "836.51")), "理财产品余额": ("亿元", ("2586.17", "2714.90")),
    "净值型理财占比": ("%", ("98.86", "100.00")), "托管资产规模": ("亿元", ("8127.53", "8964.20")), "普惠型小微企业贷款客户数": ("户", ("104382", "121657")),
    "网点总数": ("个", ("428", "436")), "一级分行数量": ("家", ("17", "18")), "支行数量": ("家", ("408", "415")), "自动柜员机": ("台", ("1326", "1208")),
    "智能设备": ("台", ("2074", "2319")), "员工人数": ("人", ("15862", "16437")), "母公司在职员工数量": ("人", ("15103", "15641")),
    "科技人员": ("人", ("986", "1124")), "专利数量": ("项", ("57", "83")), "助农服务点": ("个", ("2318", "2406")),
}
AMOUNTS: dict[str, tuple[str, str]] = {
    "绿色贷款": ("68413", "87926"), "普惠型小微企业贷款": ("92146", "109387"), "涉农贷款": ("118762", "134205"), "科技贷款": ("41308", "53672"),
    "制造业中长期贷款": ("38217", "46509"), "战略性新兴产业贷款": ("29846", "37715"), "信贷承诺": ("205318", "228764"), "银行承兑汇票": ("121436", "133590"),
    "未使用的信用卡额度": ("40218", "43361"), "开出保函": ("24713", "26208"), "开出信用证": ("15472", "21094"), "贷款承诺": ("3479", "4511"), "委托贷款": ("18624", "16983"),
}
FLOWS: dict[str, tuple[str, tuple[str, str]]] = {
    "理财产品销售额": ("亿元", ("5412.86", "6035.27")), "代理保险保费": ("亿元", ("31.42", "38.75")), "代销基金销售额": ("亿元", ("186.23", "154.08")),
    "债券承销额": ("亿元", ("1043.60", "1187.25")), "国际结算量": ("亿美元", ("214.38", "236.91")), "信用卡交易额": ("亿元", ("2218.47", "2306.12")),
    "代发工资金额": ("亿元", ("1536.72", "1681.05")), "供应链融资金额": ("亿元", ("612.35", "788.43")), "离柜率": ("%", ("95.37", "96.12")),
    "客户满意度": ("%", ("98.71", "98.94")), "公益捐赠": ("千元", ("16428", "18953")), "新发放普惠小微贷款利率": ("%", ("4.86", "4.41")),
    "新发放公司贷款利率": ("%", ("4.35", "4.02")), "不良贷款现金清收": ("百万元", ("2316", "2587")), "审计费用": ("千元", ("6350", "6820")),
}
EDUCATION = {"硕士及以上": 0.187, "大学本科": 0.694, "专科及以下": 0.119}
POSTS = {"公司业务条线": 0.182, "个人业务条线": 0.391, "运营条线": 0.204, "风险及合规条线": 0.086, "金融市场条线": 0.021, "综合管理及其他": 0.116}
SUBSIDIARIES: dict[str, tuple[str, str, str, str]] = {
    "云岭金融租赁": ("资产总额", "39518", "32006", "612"), "云岭理财": ("资产总额", "2846", "0", "418"), "普照村镇银行": ("资产总额", "6120", "4471", "37"),
}


def fill(book: Book) -> None:
    """Two year ends of everything counted; shares and rates where they follow from other figures."""
    for place, year in enumerate(("22", "23")):
        for name, (unit, numbers) in STOCKS.items():
            book.put(name, year, numbers[place], unit, stock=True)
        for name, amounts in AMOUNTS.items():
            book.put(name, year, amounts[place], stock=True)
        for name, (unit, numbers) in FLOWS.items():
            book.put(name, year, numbers[place], unit)
        _technology(book, year)
        _people(book, year)
        _market(book, year)
    book.put("不良贷款率", "23", "1.59", "%", stock=True, scope=INDUSTRY)
    book.put("拨备覆盖率", "23", "205.14", "%", stock=True, scope=INDUSTRY)
    book.put("净息差", "23", "1.69", "%", scope=INDUSTRY)
    for name, (_, assets, loans, profit) in SUBSIDIARIES.items():
        book.put(f"{name}：资产总额", "23", assets, stock=True)
        book.put(f"{name}：净利润", "23", profit)
        if loans != "0":
            book.put(f"{name}：贷款或租赁资产余额", "23", loans, stock=True)


def _technology(book: Book, year: str) -> None:
    book.put("信息科技投入", year, {"22": "1087.26", "23": "1234.58"}[year])
    book.put("信息科技投入占营业收入比", year, book.share("信息科技投入", "营业收入", year), "%")
    book.put("科技人员占比", year, book.share("科技人员", "员工人数", year), "%", stock=True)


def _people(book: Book, year: str) -> None:
    draws = Draws(f"people-{year}")
    people = int(book.number("母公司在职员工数量", year))
    for kind, parts in (("学历", EDUCATION), ("条线", POSTS)):
        for name, count in split(people, draws.weights(parts)).items():
            book.put(f"员工{kind}：{name}", year, count, "人", stock=True)
    book.put("附属机构员工人数", year, book.number("员工人数", year) - people, "人", stock=True)
    book.put("离退休职工人数", year, 3204 + 87 * (year == "23"), "人", stock=True)
    book.put("网点总数", year, book.number("网点总数", year) - 11, "个", stock=True, scope=BANK)


def _market(book: Book, year: str) -> None:
    small = book.number("普惠型小微企业贷款", year)
    book.put("普惠型小微企业贷款不良贷款余额", year, int(small * Decimal("0.0134")), stock=True)
    book.put("普惠型小微企业贷款不良贷款率", year, rounded(book.number("普惠型小微企业贷款不良贷款余额", year) / small * 100, 2), "%", stock=True)
    book.put("人均净利润", year, rounded(book.number("净利润", year) * 100 / book.number("员工人数", year), 2), "万元")
