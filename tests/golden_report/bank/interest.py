"""Average balances, interest and rates; what volume and what rate did to net interest income; deposits."""

from __future__ import annotations

from decimal import Decimal

from tests.golden_report.bank.draws import YEARS, Draws, split
from tests.golden_report.book import BANK, Book, rounded

DEPOSITS = {"21": 848215, "22": 953640, "23": 1058377}
DEPOSIT_PARTS = {"公司活期存款": 0.262, "公司定期存款": 0.247, "个人活期存款": 0.121, "个人定期存款": 0.305, "保证金存款": 0.058, "其他存款": 0.007}
DEPOSIT_REGION = {"云岭地区": 0.497, "成渝地区": 0.138, "长江三角洲": 0.094, "粤港澳大湾区": 0.076, "中部地区": 0.088, "京津冀": 0.059, "总行": 0.048}
# Name: growth per year of the average balance, rate of 2021 to 2023 in percent.
ASSETS = {
    "公司贷款": (401900, 0.118, (4.86, 4.71, 4.43)), "个人贷款": (213800, 0.094, (5.71, 5.49, 5.12)), "票据贴现": (47600, 0.132, (2.64, 2.07, 1.88)),
    "金融投资": (318700, 0.101, (3.74, 3.52, 3.31)), "存放央行": (68100, 0.071, (1.47, 1.46, 1.46)), "同业资产": (57400, 0.046, (2.19, 1.94, 2.08)),
}  # fmt: skip
LIABILITIES = {
    "公司活期存款": (224300, 0.052, (0.86, 0.93, 1.02)), "公司定期存款": (206600, 0.118, (2.86, 2.81, 2.74)),
    "个人活期存款": (103100, 0.081, (0.35, 0.33, 0.26)), "个人定期存款": (237600, 0.147, (3.21, 3.14, 2.97)),
    "同业负债": (131200, 0.043, (2.47, 2.12, 2.26)), "应付债券": (98700, 0.095, (3.11, 2.83, 2.71)), "向中央银行借款": (36800, 0.128, (2.86, 2.63, 2.41)),
}  # fmt: skip
GROUPS = {"贷款": ("公司贷款", "个人贷款", "票据贴现"), "公司存款": ("公司活期存款", "公司定期存款"), "个人存款": ("个人活期存款", "个人定期存款"),
          "存款": ("公司活期存款", "公司定期存款", "个人活期存款", "个人定期存款"), "生息资产": tuple(ASSETS), "计息负债": tuple(LIABILITIES)}  # fmt: skip
RATE = dict.fromkeys((*ASSETS, "贷款", "生息资产"), "收益率") | {name: "付息率" if "存款" in name else "成本率" for name in (*LIABILITIES, *GROUPS) if "存款" in name or name in LIABILITIES}  # fmt: skip
RATE["计息负债"] = "成本率"
NII = ("生息资产", "计息负债")


def fill(book: Book) -> None:
    """Deposits, averages, interest of three years; volume and rate effects of 2023 against 2022."""
    for year in YEARS:
        draws = Draws(f"deposits-{year}")
        _deposits(book, year, draws)
        place = YEARS.index(year)
        for name, (base, rise, rates) in {**ASSETS, **LIABILITIES}.items():
            average = int(base * (1 + rise) ** place) + draws.whole(-900, 900)
            interest = rounded(Decimal(average) * Decimal(str(rates[place])) / 100, 0) + draws.whole(-18, 18)
            _average(book, year, name, average, int(interest))
        for name, parts in GROUPS.items():
            _average(book, year, name, *(sum(int(book.number(part + kind, year)) for part in parts) for kind in ("平均余额", "利息")))
        income, expense = book.number("生息资产利息", year), book.number("计息负债利息", year)
        book.put("利息收入", year, income)
        book.put("利息支出", year, expense)
        book.put("利息净收入", year, income - expense)
        book.put("净利差", year, book.number("生息资产收益率", year) - book.number("计息负债成本率", year), "%")
        book.put("净息差", year, rounded((income - expense) / book.number("生息资产平均余额", year) * 100, 2), "%")
    for name in (*ASSETS, *LIABILITIES, *GROUPS):
        _volume_and_rate(book, name)
    for kind in ("规模因素", "利率因素", "利息增减"):
        book.put(f"利息净收入变动：{kind}", "23", book.number(f"生息资产利息变动：{kind}", "23") - book.number(f"计息负债利息变动：{kind}", "23"))


def rate_name(name: str) -> str:
    """The catalogue's name of a rate of an average balance."""
    return name + RATE[name]


def _average(book: Book, year: str, name: str, average: int, interest: int) -> None:
    book.put(name + "平均余额", year, average)
    book.put(name + "利息", year, interest)
    book.put(rate_name(name), year, rounded(Decimal(interest) / average * 100, 2), "%")


def _volume_and_rate(book: Book, name: str) -> None:
    new, old = ((book.number(name + "平均余额", year), book.number(name + "利息", year)) for year in ("23", "22"))
    if name in GROUPS:
        parts = GROUPS[name]
        volume = sum((book.number(f"{part}利息变动：规模因素", "23") for part in parts), start=Decimal(0))
    else:
        volume = rounded((new[0] - old[0]) * old[1] / old[0], 0)
    book.put(f"{name}利息变动：规模因素", "23", volume)
    book.put(f"{name}利息变动：利率因素", "23", new[1] - old[1] - volume)
    book.put(f"{name}利息变动：利息增减", "23", new[1] - old[1])


def _deposits(book: Book, year: str, draws: Draws) -> None:
    total = DEPOSITS[year]
    book.put("存款总额", year, total, stock=True)
    book.put("存款总额", year, total - draws.whole(6100, 7900), stock=True, scope=BANK)
    parts = split(total, draws.weights(DEPOSIT_PARTS))
    for name, amount in parts.items():
        book.put(name, year, amount, stock=True)
    for name in ("公司存款", "个人存款"):
        book.put(name, year, sum(parts[part] for part in GROUPS[name]), stock=True)
    for name, amount in split(total, draws.weights(DEPOSIT_REGION)).items():
        book.put(name + "存款", year, amount, stock=True)
    book.put("存款应计利息", year, total * draws.whole(186, 205) // 10000, stock=True)
    book.put("吸收存款", year, total + int(book.number("存款应计利息", year)), stock=True)
    book.put("活期存款", year, parts["公司活期存款"] + parts["个人活期存款"], stock=True)
    book.put("定期存款", year, parts["公司定期存款"] + parts["个人定期存款"], stock=True)
    book.put("活期存款占比", year, book.share("活期存款", "存款总额", year), "%", stock=True)
    book.put("存贷比", year, book.share("贷款总额", "存款总额", year), "%", stock=True)
