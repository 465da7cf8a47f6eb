"""Loans: by product, industry, region, guarantee and term; their bad loans, classes, overdue spans, stages and allowance."""

from __future__ import annotations

from tests.golden_report.bank.draws import YEARS, Draws, split
from tests.golden_report.book import BANK, Book, rounded

TOTAL = {"21": 701338, "22": 792467, "23": 886912}
NPL = {"21": 8907, "22": 9430, "23": 10021}
COVERAGE = {"21": 2.6241, "22": 2.7136, "23": 2.7852}

CORPORATE = {"流动资金贷款": 0.236, "固定资产贷款": 0.314, "贸易融资": 0.036, "其他公司类贷款": 0.011}
PERSONAL = {"个人住房贷款": 0.159, "个人消费贷款": 0.071, "信用卡贷款": 0.034, "个人经营性贷款": 0.072}
PRODUCT_RISK = {"流动资金贷款": 1.9, "固定资产贷款": 0.62, "贸易融资": 0.45, "其他公司类贷款": 3.1, "票据贴现": 0.02, "个人住房贷款": 0.55,
                "个人消费贷款": 1.55, "信用卡贷款": 1.95, "个人经营性贷款": 1.75}  # fmt: skip
INDUSTRY = {
    "制造业": 0.231, "租赁和商务服务业": 0.187, "水利、环境和公共设施管理业": 0.148, "批发和零售业": 0.112, "交通运输、仓储和邮政业": 0.083,
    "建筑业": 0.071, "房地产业": 0.058, "电力、热力、燃气及水生产和供应业": 0.049, "农、林、牧、渔业": 0.021, "采矿业": 0.014,
    "文化、体育和娱乐业": 0.009, "其他行业": 0.017,
}  # fmt: skip
INDUSTRY_RISK = {
    "制造业": 1.9, "租赁和商务服务业": 0.42, "水利、环境和公共设施管理业": 0.18, "批发和零售业": 3.2, "交通运输、仓储和邮政业": 0.5,
    "建筑业": 1.7, "房地产业": 3.6, "电力、热力、燃气及水生产和供应业": 0.3, "农、林、牧、渔业": 2.6, "采矿业": 1.1,
    "文化、体育和娱乐业": 2.2, "其他行业": 0.9,
}  # fmt: skip
REGION = {"云岭地区": 0.412, "成渝地区": 0.163, "长江三角洲": 0.121, "粤港澳大湾区": 0.098, "中部地区": 0.087, "京津冀": 0.064, "总行": 0.055}
REGION_RISK = {"云岭地区": 1.15, "成渝地区": 0.95, "长江三角洲": 0.55, "粤港澳大湾区": 0.8, "中部地区": 1.35, "京津冀": 0.75, "总行": 1.6}
GUARANTEE = {"信用贷款": 0.287, "保证贷款": 0.246, "抵押贷款": 0.331, "质押贷款": 0.136}
GUARANTEE_RISK = {"信用贷款": 0.9, "保证贷款": 1.25, "抵押贷款": 1.1, "质押贷款": 0.3}
CLASSES = {"次级类贷款": 0.43, "可疑类贷款": 0.36, "损失类贷款": 0.21}
OVERDUE = {"逾期1天至90天贷款": 0.36, "逾期91天至1年贷款": 0.34, "逾期1年至3年贷款": 0.23, "逾期3年以上贷款": 0.07}


def fill(book: Book) -> None:
    """All loan figures of three years, group scope; the bank's own totals beside them."""
    for year in YEARS:
        draws = Draws(f"loans-{year}")
        total, npl = TOTAL[year], NPL[year]
        book.put("贷款总额", year, total, stock=True)
        book.put("贷款总额", year, total - draws.whole(21000, 23900), stock=True, scope=BANK)
        book.put("不良贷款余额", year, npl, stock=True)
        book.put("不良贷款率", year, book.share("不良贷款余额", "贷款总额", year), "%", stock=True)
        products = split(total, draws.weights(CORPORATE | {"票据贴现": 0.067} | PERSONAL, 0.05))
        _with_bad_loans(book, year, products, split(npl, draws.weights({n: products[n] * r for n, r in PRODUCT_RISK.items()}, 0.1)))
        for name, parts in (("公司贷款", CORPORATE), ("个人贷款", PERSONAL)):
            book.put(name, year, sum(products[part] for part in parts), stock=True)
            bad = sum((book.number(part + "不良贷款余额", year) for part in parts), start=rounded(book.number("不良贷款余额", year), 0) * 0)
            book.put(name + "不良贷款余额", year, bad, stock=True)
            book.put(name + "不良贷款率", year, book.share(name + "不良贷款余额", name, year), "%", stock=True)
        _by_industry(book, year, draws)
        regions = split(total, draws.weights(REGION))
        _with_bad_loans(book, year, regions, split(npl, draws.weights({n: regions[n] * r for n, r in REGION_RISK.items()}, 0.06)), "贷款")
        pledges = split(total, draws.weights(GUARANTEE))
        _with_bad_loans(book, year, pledges, split(npl, draws.weights({n: pledges[n] * r for n, r in GUARANTEE_RISK.items()}, 0.06)))
        _quality(book, year, draws)


def _with_bad_loans(book: Book, year: str, loans: dict[str, int], bad: dict[str, int], suffix: str = "") -> None:
    for name, amount in loans.items():
        book.put(name + suffix, year, amount, stock=True)
        book.put(name + "不良贷款余额", year, bad.get(name, 0), stock=True)
        book.put(name + "不良贷款率", year, rounded(book.number(name + "不良贷款余额", year) / amount * 100, 2), "%", stock=True)


def _by_industry(book: Book, year: str, draws: Draws) -> None:
    amounts = split(int(book.number("公司贷款", year)), draws.weights(INDUSTRY, 0.06))
    bad = split(int(book.number("公司贷款不良贷款余额", year)), draws.weights({n: amounts[n] * r for n, r in INDUSTRY_RISK.items()}, 0.12))
    _with_bad_loans(book, year, {name + "贷款": amount for name, amount in amounts.items()}, {name + "贷款": bad[name] for name in bad})


def _quality(book: Book, year: str, draws: Draws) -> None:
    total, npl = TOTAL[year], NPL[year]
    mention = int(total * draws.near(0.0164, 0.05))
    book.put("关注类贷款", year, mention, stock=True)
    book.put("正常类贷款", year, total - npl - mention, stock=True)
    for name, amount in split(npl, draws.weights(CLASSES, 0.05)).items():
        book.put(name, year, amount, stock=True)
    overdue = split(int(npl * draws.near(1.13, 0.03)), draws.weights(OVERDUE, 0.05))
    for name, amount in overdue.items():
        book.put(name, year, amount, stock=True)
    book.put("逾期贷款", year, sum(overdue.values()), stock=True)
    book.put("逾期90天以上贷款", year, sum(overdue.values()) - overdue["逾期1天至90天贷款"], stock=True)
    book.put("重组贷款", year, int(total * draws.near(0.0016, 0.1)), stock=True)
    for name, of in (("关注类贷款占比", "关注类贷款"), ("逾期贷款率", "逾期贷款")):
        book.put(name, year, book.share(of, "贷款总额", year), "%", stock=True)
    book.put("逾期90天以上贷款与不良贷款之比", year, book.share("逾期90天以上贷款", "不良贷款余额", year), "%", stock=True)
    allowance = round(npl * COVERAGE[year])
    book.put("贷款损失准备", year, allowance, stock=True)
    book.put("拨备覆盖率", year, book.share("贷款损失准备", "不良贷款余额", year), "%", stock=True)
    book.put("拨贷比", year, book.share("贷款损失准备", "贷款总额", year), "%", stock=True)
    book.put("正常类贷款迁徙率", year, rounded(book.number("不良贷款率", year) * draws.whole(150, 170) / 100, 2), "%")
    book.put("关注类贷款迁徙率", year, f"{draws.whole(2210, 2980) / 100:.2f}", "%")
    book.put("次级类贷款迁徙率", year, f"{draws.whole(5310, 6580) / 100:.2f}", "%")
    book.put("可疑类贷款迁徙率", year, f"{draws.whole(3010, 4180) / 100:.2f}", "%")
    book.put("单一最大客户贷款比例", year, f"{draws.whole(310, 480) / 100:.2f}", "%", stock=True)
