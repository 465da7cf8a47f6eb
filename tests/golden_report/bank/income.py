"""The income statement of group and bank, fees and expenses by kind, impairment, tax; quarters and segments."""

from __future__ import annotations

from tests.golden_report.bank.draws import YEARS, Draws, split, thousandth
from tests.golden_report.book import BANK, GROUP, Book, rounded

FEE_INCOME = {"21": 3712, "22": 3905, "23": 3684}
FEE_KINDS = {"银行卡手续费收入": 0.236, "代理业务手续费收入": 0.214, "理财业务手续费收入": 0.221, "结算与清算手续费收入": 0.097,
             "担保及承诺手续费收入": 0.086, "托管业务手续费收入": 0.049, "投资银行业务手续费收入": 0.072, "其他手续费及佣金收入": 0.025}  # fmt: skip
FEE_EXPENSE = {"银行卡手续费支出": 0.52, "结算与清算手续费支出": 0.27, "其他手续费及佣金支出": 0.21}
OTHER = {"投资收益": (3104, 3327, 3816), "公允价值变动损益": (286, -418, 327), "汇兑损益": (97, 151, 88), "其他业务收入": (63, 71, 79),
         "资产处置损益": (-3, 12, 5), "其他收益": (54, 62, 71)}  # fmt: skip
EXPENSE_RATIO = {"21": 0.2846, "22": 0.2907, "23": 0.2994}
EXPENSE_KINDS = {"员工费用": 0.604, "折旧与摊销": 0.131, "租赁费": 0.009, "信息科技及电子设备费": 0.074, "其他业务及管理费": 0.182}
STAFF_KINDS = {"工资及奖金": 0.672, "社会保险费及住房公积金": 0.131, "设定提存计划": 0.112, "职工福利费": 0.047, "工会经费和职工教育经费": 0.038}
TAX_RATE = {"21": 0.152, "22": 0.146, "23": 0.139}
# What the subsidiaries add to each line, in thousandths of the group's.
SUBSIDIARY = {"利息收入": 31.0, "利息支出": 22.0, "手续费及佣金收入": 96.0, "手续费及佣金支出": 11.0, "投资收益": 8.0, "其他业务收入": 210.0, "其他收益": 95.0,
              "税金及附加": 24.0, "业务及管理费": 33.0, "信用减值损失": 41.0, "其他资产减值损失": 0.0, "其他业务成本": 130.0, "营业外收入": 20.0,
              "营业外支出": 12.0, "所得税费用": 57.0, "公允价值变动损益": 3.0, "汇兑损益": 0.0, "资产处置损益": 0.0}  # fmt: skip
REVENUE = ("利息净收入", "手续费及佣金净收入", *OTHER)
COSTS = ("税金及附加", "业务及管理费", "信用减值损失", "其他资产减值损失", "其他业务成本")


def fill(book: Book) -> None:
    """Both statements of three years, then what is made of them."""
    for year in YEARS:
        draws = Draws(f"income-{year}")
        _fees(book, year, draws)
        for name, numbers in OTHER.items():
            book.put(name, year, numbers[YEARS.index(year)])
        book.put("其他非利息净收入", year, sum(numbers[YEARS.index(year)] for numbers in OTHER.values()))
        _costs(book, year, draws)
        _results(book, year, GROUP)
        _bank(book, year)
        _ratios(book, year)
    for year in ("22", "23"):
        _quarters(book, year, Draws(f"quarters-{year}"))


def _fees(book: Book, year: str, draws: Draws) -> None:
    income, expense = FEE_INCOME[year], int(FEE_INCOME[year] * draws.near(0.178, 0.04))
    for name, amount in (split(income, draws.weights(FEE_KINDS, 0.09)) | split(expense, draws.weights(FEE_EXPENSE))).items():
        book.put(name, year, amount)
    book.put("手续费及佣金收入", year, income)
    book.put("手续费及佣金支出", year, expense)
    book.put("手续费及佣金净收入", year, income - expense)


def _costs(book: Book, year: str, draws: Draws) -> None:
    revenue = sum(int(book.number(name, year)) for name in REVENUE)
    expenses = int(revenue * EXPENSE_RATIO[year])
    kinds = split(expenses, draws.weights(EXPENSE_KINDS, 0.02))
    for name, amount in (kinds | split(kinds["员工费用"], draws.weights(STAFF_KINDS, 0.03))).items():
        book.put(name, year, amount)
    book.put("业务及管理费", year, expenses)
    book.put("税金及附加", year, int(revenue * draws.near(0.0112, 0.03)))
    loans = int(book.number("贷款减值损失", year)) if year != "21" else 8916
    if year == "21":
        book.put("贷款减值损失", year, loans)
    parts = {"金融投资减值损失": draws.whole(760, 1180), "表外信用减值损失": draws.whole(-96, 140), "其他信用减值损失": draws.whole(24, 92)}
    for name, amount in parts.items():
        book.put(name, year, amount)
    book.put("信用减值损失", year, loans + sum(parts.values()))
    book.put("其他资产减值损失", year, {"21": 6, "22": 17, "23": 9}[year])
    book.put("其他业务成本", year, {"21": 38, "22": 41, "23": 47}[year])
    book.put("营业外收入", year, draws.whole(26, 58))
    book.put("营业外支出", year, draws.whole(31, 74))


def _results(book: Book, year: str, scope: str) -> None:
    revenue = sum(int(book.number(name, year, scope)) for name in REVENUE)
    costs = sum(int(book.number(name, year, scope)) for name in COSTS)
    operating = revenue - costs
    total = operating + int(book.number("营业外收入", year, scope)) - int(book.number("营业外支出", year, scope))
    if scope == GROUP:
        book.put("所得税费用", year, int(total * TAX_RATE[year]))
    tax = int(book.number("所得税费用", year, scope))
    for name, amount in (("营业收入", revenue), ("营业支出", costs), ("营业利润", operating), ("利润总额", total), ("净利润", total - tax)):
        book.put(name, year, amount, scope=scope)
    book.put("营业外收支净额", year, total - operating, scope=scope)
    if scope == GROUP:
        minority = {"21": 71, "22": 84, "23": 96}[year]
        book.put("少数股东损益", year, minority)
        book.put("归母净利润", year, total - tax - minority)
        book.put("非利息净收入", year, revenue - int(book.number("利息净收入", year)))
        book.put("拨备前利润", year, total + int(book.number("信用减值损失", year)) + int(book.number("其他资产减值损失", year)))


def _bank(book: Book, year: str) -> None:
    for name, permille in SUBSIDIARY.items():
        group = book.number(name, year)
        book.put(name, year, int(group) - thousandth(group, permille), scope=BANK)
    for name, plus, minus in (("利息净收入", "利息收入", "利息支出"), ("手续费及佣金净收入", "手续费及佣金收入", "手续费及佣金支出")):
        book.put(name, year, book.number(plus, year, BANK) - book.number(minus, year, BANK), scope=BANK)
    _results(book, year, BANK)


def _ratios(book: Book, year: str) -> None:
    for scope in (GROUP, BANK):
        book.put("成本收入比", year, book.share("业务及管理费", "营业收入", year, scope), "%", scope=scope)
    for name, part in (("非利息收入占比", "非利息净收入"), ("手续费及佣金净收入占比", "手续费及佣金净收入")):
        book.put(name, year, book.share(part, "营业收入", year), "%")
    average = book.number("贷款平均余额", year)
    book.put("信用成本", year, rounded(book.number("贷款减值损失", year) / average * 100, 2), "%")


def _quarters(book: Book, year: str, draws: Draws) -> None:
    for name, spread in (("营业收入", 0.04), ("归母净利润", 0.12), ("利息净收入", 0.02), ("业务及管理费", 0.08), ("信用减值损失", 0.2)):
        parts = split(int(book.number(name, year)), {f"Q{n}": draws.near(1.0, spread) for n in range(1, 5)})
        for quarter, amount in parts.items():
            book.put(name, year + quarter, amount)
    extra = {f"Q{n}": draws.whole(-9, 34) for n in range(1, 5)}
    book.put("非经常性损益", year, sum(extra.values()))
    for quarter, amount in extra.items():
        book.put("扣非归母净利润", year + quarter, book.number("归母净利润", year + quarter) - amount)
    book.put("扣非归母净利润", year, book.number("归母净利润", year) - sum(extra.values()))
