"""Regulatory capital of group and bank, risk-weighted assets, leverage; liquidity coverage and stable funding by quarter."""

from __future__ import annotations

from decimal import Decimal

from tests.golden_report.bank.draws import Draws, split
from tests.golden_report.book import BANK, GROUP, Book, rounded

TIER2_BONDS = {"21": 11992, "22": 11995, "23": 13997}
DENSITY = {"21": 0.661, "22": 0.672, "23": 0.668}
BORROWERS = (
    ("借款人A", "水利、环境和公共设施管理业", 421), ("借款人B", "租赁和商务服务业", 388), ("借款人C", "交通运输、仓储和邮政业", 346), ("借款人D", "租赁和商务服务业", 312),
    ("借款人E", "制造业", 287), ("借款人F", "电力、热力、燃气及水生产和供应业", 263), ("借款人G", "水利、环境和公共设施管理业", 254), ("借款人H", "房地产业", 231),
    ("借款人I", "制造业", 217), ("借款人J", "批发和零售业", 205),
)  # fmt: skip
RATIOS = {"核心一级资本充足率": "核心一级资本净额", "一级资本充足率": "一级资本净额", "资本充足率": "资本净额"}


def fill(book: Book) -> None:
    """Capital at three year ends; quarter-end leverage, LCR and NSFR of 2023 and the last quarter of 2022."""
    for year in ("21", "22", "23"):
        for scope in (GROUP, BANK):
            _capital(book, year, scope, Draws(f"capital-{year}-{scope}"))
    for year in ("22", "23"):
        _borrowers(book, year)
    _leverage(book)
    _liquidity(book)


def _capital(book: Book, year: str, scope: str, draws: Draws) -> None:
    share, reserves = book.number("股本", year, scope), ("资本公积", "盈余公积", "一般风险准备", "未分配利润", "其他综合收益余额")
    minority = 421 + int(year) if scope == GROUP else 0
    before = int(share + sum(book.number(name, year, scope) for name in reserves)) + minority
    deductions = {"无形资产扣除": int(book.number("无形资产", year, scope)), "其他应扣除项目": draws.whole(210, 320)}
    if scope == BANK:
        deductions["对未并表附属机构的资本投资"] = 3620
    cut = sum(deductions.values())
    core, other = before - cut, 9000 + (minority // 8)
    weighted = int(int(book.number("资产总额", year, scope)) * DENSITY[year])
    surplus = min(int(weighted * 0.0112), int(book.number("贷款损失准备", year) - book.number("不良贷款余额", year)))
    bonds = TIER2_BONDS[year]
    figures = {
        "监管调整前的核心一级资本": before, "核心一级资本扣除项": cut, "核心一级资本净额": core, "其他一级资本净额": other, "一级资本净额": core + other,
        "二级资本工具及其溢价": bonds, "超额贷款损失准备可计入部分": surplus, "二级资本净额": bonds + surplus, "资本净额": core + other + bonds + surplus,
        "少数股东资本可计入部分": minority, **{f"核心一级资本扣除：{name}": amount for name, amount in deductions.items()},
        **split(weighted, draws.weights({"信用风险加权资产": 0.926, "市场风险加权资产": 0.011, "操作风险加权资产": 0.063}, 0.02)), "风险加权资产": weighted,
    }  # fmt: skip
    for name, amount in figures.items():
        if amount:
            book.put(name, year, amount, stock=True, scope=scope)
    for name, of in RATIOS.items():
        book.put(name, year, book.share(of, "风险加权资产", year, scope), "%", stock=True, scope=scope)
    if scope == GROUP:
        book.put("风险加权资产密度", year, book.share("风险加权资产", "资产总额", year), "%", stock=True)
        book.put("总权益对总资产比率", year, book.share("股东权益合计", "资产总额", year), "%", stock=True)


def _borrowers(book: Book, year: str) -> None:
    capital = book.number("资本净额", year)
    unit = book.number("单一最大客户贷款比例", year) * capital / 100 / BORROWERS[0][2]
    amounts = {name: int(rounded(weight * unit, 0)) for name, _, weight in BORROWERS}
    for name, amount in amounts.items():
        book.put(f"{name}贷款余额", year, amount, stock=True)
    book.put("最大十家客户贷款余额", year, sum(amounts.values()), stock=True)
    book.put("最大十家客户贷款比例", year, rounded(sum(amounts.values()) / capital * 100, 2), "%", stock=True)


def _leverage(book: Book) -> None:
    draws = Draws("leverage")
    for when in ("22Q4", "23Q1", "23Q2", "23Q3", "23Q4"):
        final = when.endswith("Q4")
        year = when[:2]
        tier1 = int(book.number("一级资本净额", year)) if final else int(book.number("一级资本净额", "22")) + 1450 * int(when[-1]) + draws.whole(-300, 300)
        exposure = int(int(book.number("资产总额", "23" if when == "23Q4" else "22")) * (1.107 if final else 1.107 + 0.026 * int(when[-1])))
        if not final:
            book.put("一级资本净额", when, tier1, stock=True)
        book.put("调整后的表内外资产余额", when, exposure, stock=True)
        book.put("杠杆率", when, rounded(Decimal(tier1) / exposure * 100, 2), "%", stock=True)


def _liquidity(book: Book) -> None:
    draws = Draws("liquidity")
    for place, when in enumerate(("22Q4", "23Q1", "23Q2", "23Q3", "23Q4")):
        liquid, outflow = 148200 + 4300 * place + draws.whole(-2900, 2900), 99100 + 1900 * place + draws.whole(-4200, 4200)
        book.put("合格优质流动性资产", when, liquid, stock=True)
        book.put("未来30天现金净流出量", when, outflow, stock=True)
        book.put("流动性覆盖率", when, rounded(Decimal(liquid) / outflow * 100, 2), "%", stock=True)
        have, need = 842300 + 19800 * place + draws.whole(-4000, 4000), 771200 + 18900 * place + draws.whole(-5000, 5000)
        book.put("可用的稳定资金", when, have, stock=True)
        book.put("所需的稳定资金", when, need, stock=True)
        book.put("净稳定资金比例", when, rounded(Decimal(have) / need * 100, 2), "%", stock=True)
        book.put("流动性比例", when, f"{6180 + 130 * place + draws.whole(-190, 190)}e-2", "%", stock=True)
    for when in ("21Q4",):
        book.put("流动性比例", when, "60.27", "%", stock=True)
        book.put("流动性覆盖率", when, "143.56", "%", stock=True)
        book.put("杠杆率", when, "6.47", "%", stock=True)
