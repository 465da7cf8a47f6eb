"""The balance sheet of group and bank, equity rolled forward, cash flows; what the change of an accounting rule did to 2022."""

from __future__ import annotations

from decimal import Decimal

from tests.golden_report.bank.draws import YEARS, Draws
from tests.golden_report.book import BANK, GROUP, Book, rounded

SHARES = 10846
PERPETUAL, COUPON = 9000, 387
ASSETS = {
    "现金及存放中央银行款项": (78420, 83915, 88206), "存放同业款项": (13208, 11954, 14327), "拆出资金": (27316, 31842, 35098), "衍生金融资产": (412, 866, 731),
    "买入返售金融资产": (18240, 15372, 21649), "交易性金融资产": (96312, 104228, 112953), "债权投资": (198640, 215455, 232318),
    "其他债权投资": (86225, 98104, 107617), "其他权益工具投资": (806, 921, 1044), "长期股权投资": (0, 0, 0), "固定资产": (8120, 8064, 8239),
    "使用权资产": (1502, 1476, 1418), "无形资产": (913, 1035, 1187), "递延所得税资产": (6218, 6874, 7532), "其他资产": (7433, 6908, 8125),
}  # fmt: skip
LIABILITIES = {
    "向中央银行借款": (38516, 44203, 49870), "拆入资金": (36128, 39475, 42916), "交易性金融负债": (1206, 874, 1533), "衍生金融负债": (437, 829, 762),
    "卖出回购金融资产款": (31842, 36107, 40253), "应付职工薪酬": (3716, 3988, 4204), "应交税费": (1822, 1954, 1731), "预计负债": (741, 689, 822),
    "租赁负债": (1443, 1418, 1369), "应付债券": (103455, 112806, 121937), "其他负债": (6920, 7315, 8206),
}  # fmt: skip
# What is not the bank's own, in thousandths of the group's figure.
SUBSIDIARY = {"现金及存放中央银行款项": 11, "存放同业款项": 148, "交易性金融资产": 42, "固定资产": 61, "使用权资产": 27, "无形资产": 35, "递延所得税资产": 52,
              "其他资产": 320, "向中央银行借款": 14, "拆入资金": 560, "应付职工薪酬": 48, "应交税费": 71, "租赁负债": 21, "应付债券": 38, "其他负债": 410}  # fmt: skip
STAKES = (5620, 5620, 6120)
EQUITY = ("股本", "其他权益工具", "资本公积", "其他综合收益余额", "盈余公积", "一般风险准备", "未分配利润")
OCI = {"21": 318, "22": -276, "23": 541}
DIVIDEND_RATE = {"21": Decimal("0.21"), "22": Decimal("0.22"), "23": Decimal("0.24")}


def fill(book: Book) -> None:
    """Equity first, then the sheets that must balance, then the ratios over averages."""
    _equity(book, GROUP, {"盈余公积": 5203, "一般风险准备": 14870, "未分配利润": 26315, "其他综合收益余额": 462})
    _equity(book, BANK, {"盈余公积": 5203, "一般风险准备": 14508, "未分配利润": 25104, "其他综合收益余额": 455})
    for year in YEARS:
        for scope in (GROUP, BANK):
            _sheet(book, year, scope)
        _per_share(book, year)
    for year, last in (("22", "21"), ("23", "22")):
        _returns(book, year, last)
        _cash(book, year, Draws(f"cash-{year}"))
    book.put("平均总资产回报率", "21", "0.72", "%")
    book.put("加权平均净资产收益率", "21", "10.86", "%")
    _restated(book)


def _equity(book: Book, scope: str, opening: dict[str, int]) -> None:
    now = {"股本": SHARES, "其他权益工具": PERPETUAL, "资本公积": 14962, **opening}
    for year in YEARS:
        profit = int(book.number("归母净利润" if scope == GROUP else "净利润", year, scope))
        bank_profit = int(book.number("净利润", year, BANK))
        surplus, reserve = bank_profit // 10, int(bank_profit * 0.147)
        paid = int(DIVIDEND_RATE[YEARS[YEARS.index(year) - 1]] * SHARES) if year != "21" else 2169
        now["盈余公积"] += surplus
        now["一般风险准备"] += reserve
        now["未分配利润"] += profit - surplus - reserve - paid - COUPON
        now["其他综合收益余额"] += OCI[year] if scope == GROUP else OCI[year] - 6
        for name in EQUITY:
            book.put(name, year, now[name], stock=True, scope=scope)
        book.put("其他综合收益税后净额", year, OCI[year] if scope == GROUP else OCI[year] - 6, scope=scope)
        book.put("综合收益总额", year, book.number("净利润", year, scope) + book.number("其他综合收益税后净额", year, scope), scope=scope)
        if scope == GROUP:
            book.put("归母综合收益总额", year, book.number("归母净利润", year) + OCI[year])
            book.put("永续债利息", year, COUPON)
            book.put("盈余公积本年提取", year, surplus)
            book.put("一般风险准备本年提取", year, reserve)


def _sheet(book: Book, year: str, scope: str) -> None:
    place = YEARS.index(year)
    for name, numbers in {**ASSETS, **LIABILITIES}.items():
        amount = numbers[place]
        if scope == BANK:
            amount = STAKES[place] if name == "长期股权投资" else amount - amount * SUBSIDIARY.get(name, 0) // 1000
        if amount:
            book.put(name, year, amount, stock=True, scope=scope)
    if scope == BANK:
        gone = book.number("贷款总额", year) - book.number("贷款总额", year, BANK)
        book.put("客户贷款净额", year, book.number("客户贷款净额", year) - gone + 861 + place * 37, stock=True, scope=BANK)
        accrued = book.number("存款应计利息", year) - 118 - place
        book.put("存款应计利息", year, accrued, stock=True, scope=BANK)
        book.put("吸收存款", year, book.number("存款总额", year, BANK) + accrued, stock=True, scope=BANK)
    assets = sum(_amount(book, name, year, scope) for name in (*ASSETS, "客户贷款净额"))
    own = sum(_amount(book, name, year, scope) for name in EQUITY)
    minority = (987, 1063, 1151)[place] if scope == GROUP else 0
    owed = sum(_amount(book, name, year, scope) for name in (*LIABILITIES, "吸收存款"))
    investments = sum(_amount(book, n, year, scope) for n in ("交易性金融资产", "债权投资", "其他债权投资", "其他权益工具投资"))
    figures = {"资产总额": assets, "股东权益合计": own + minority, "负债总额": assets - own - minority, "负债及股东权益总计": assets,
               "同业及其他金融机构存放款项": assets - own - minority - owed, "金融投资": investments}  # fmt: skip
    if scope == GROUP:
        figures |= {"归母股东权益": own, "少数股东权益": minority, "归属于普通股股东的权益": own - PERPETUAL}
    for name, amount in figures.items():
        book.put(name, year, amount, stock=True, scope=scope)


def _amount(book: Book, name: str, year: str, scope: str) -> int:
    found = book.find(book.ref(name, year, scope))
    return int(found.number) if found else 0


def _per_share(book: Book, year: str) -> None:
    ordinary = book.number("归母净利润", year) - COUPON
    book.put("归属于普通股股东的净利润", year, ordinary)
    book.put("基本每股收益", year, rounded(ordinary / SHARES, 2), "元/股")
    book.put("稀释每股收益", year, rounded(ordinary / SHARES, 2), "元/股")
    book.put("扣非基本每股收益", year, rounded((book.find(book.ref("扣非归母净利润", year)) or book.value("归母净利润", year)).number / SHARES - Decimal(COUPON) / SHARES, 2), "元/股")
    book.put("每股净资产", year, rounded(book.number("归属于普通股股东的权益", year) / SHARES, 2), "元/股", stock=True)
    book.put("每股现金股利", year, DIVIDEND_RATE[year], "元/股")
    book.put("现金分红总额", year, int(DIVIDEND_RATE[year] * SHARES))
    book.put("分红率", year, rounded(book.number("现金分红总额", year) / ordinary * 100, 2), "%")


def _returns(book: Book, year: str, last: str) -> None:
    assets = (book.number("资产总额", year) + book.number("资产总额", last)) / 2
    book.put("平均总资产回报率", year, rounded(book.number("净利润", year) / assets * 100, 2), "%")
    ordinary = book.number("归属于普通股股东的净利润", year)
    opening = book.number("归属于普通股股东的权益", last)
    weighted = opening + ordinary / 2 + OCI[year] / Decimal(2) - book.number("现金分红总额", last) / 2
    book.put("加权平均净资产收益率", year, rounded(ordinary / weighted * 100, 2), "%")
    less = ordinary - book.number("非经常性损益", year)
    book.put("扣非加权平均净资产收益率", year, rounded(less / weighted * 100, 2), "%")


def _cash(book: Book, year: str, draws: Draws) -> None:
    operating, investing = draws.whole(21800, 29400), -draws.whole(24100, 31200)
    financing = draws.whole(3100, 7900)
    fx = draws.whole(-60, 190)
    opening = 58213 if year == "22" else int(book.number("现金及现金等价物年末余额", "22"))
    for name, amount in (("经营活动产生的现金流量净额", operating), ("投资活动产生的现金流量净额", investing), ("筹资活动产生的现金流量净额", financing),
                         ("汇率变动对现金的影响", fx), ("现金及现金等价物净增加额", operating + investing + financing + fx)):  # fmt: skip
        book.put(name, year, amount)
    book.put("现金及现金等价物年初余额", year, opening)
    book.put("现金及现金等价物年末余额", year, opening + operating + investing + financing + fx)
    parts = [draws.whole(-9000, 21000) for _ in range(3)]
    for quarter, amount in zip(("Q1", "Q2", "Q3", "Q4"), [*parts, operating - sum(parts)], strict=True):
        book.put("经营活动产生的现金流量净额", year + quarter, amount)
    book.put("每股经营活动产生的现金流量净额", year, rounded(Decimal(operating) / SHARES, 2), "元/股")


def _restated(book: Book) -> None:
    effects = {"所得税费用": -14, "净利润": 14, "归母净利润": 13, "递延所得税资产": 29, "资产总额": 29, "未分配利润": 27, "归母股东权益": 27,
               "扣非归母净利润": 13, "股东权益合计": 29}  # fmt: skip
    for name, effect in effects.items():
        stock = book.is_stock(name)
        book.put(f"{name}（重述影响）", "22", effect, stock=stock)
        book.put(f"{name}（重述前）", "22", book.number(name, "22") - effect, stock=stock)
    book.put("营业收入（重述前）", "22", book.number("营业收入", "22"))
