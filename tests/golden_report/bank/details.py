"""Parts of balance sheet items that only the notes show: reserves, bonds held and issued, movements, exposures."""

from __future__ import annotations

from tests.golden_report.bank.draws import YEARS, Draws, split
from tests.golden_report.book import Book

CASH = {"库存现金": 0.036, "法定存款准备金": 0.781, "超额存款准备金": 0.168, "存放中央银行财政性存款": 0.015}
HELD = {"政府债券投资": 0.581, "政策性银行债券投资": 0.143, "金融债券投资": 0.106, "公司债券投资": 0.084, "基金投资": 0.065, "信托及资产管理计划投资": 0.019, "其他权益工具投资": 0.002}
ISSUED = {"已发行同业存单": 0.742, "已发行金融债券": 0.137, "二级资本债券": 0.121}
EXPOSED = ("现金及存放中央银行款项", "存放同业款项", "拆出资金", "衍生金融资产", "买入返售金融资产", "客户贷款净额", "金融投资", "信贷承诺")
FIXED = {"房屋及建筑物": 0.742, "电子设备": 0.118, "在建工程": 0.094, "运输工具及其他": 0.046}
DEFERRED = {"减值准备": 0.861, "应付职工薪酬": 0.083, "租赁负债": 0.029, "公允价值变动": 0.027}


def fill(book: Book) -> None:
    """Splits of items at three year ends; movements of 2023."""
    for year in YEARS[1:]:
        draws = Draws(f"details-{year}")
        for whole, parts in (("现金及存放中央银行款项", CASH), ("固定资产", FIXED), ("递延所得税资产", DEFERRED)):
            for name, amount in split(int(book.number(whole, year)), draws.weights(parts, 0.03)).items():
                book.put(name if whole == "现金及存放中央银行款项" else f"{whole}：{name}", year, amount, stock=True)
        _bonds(book, year, draws)
        exposure = sum(int(book.number(name, year)) for name in EXPOSED) - int(book.number("库存现金", year)) - int(book.number("其他权益工具投资", year))
        book.put("最大信用风险敞口", year, exposure, stock=True)
    _pay(book, Draws("pay"))


def _bonds(book: Book, year: str, draws: Draws) -> None:
    total = int(book.number("金融投资", year)) - int(book.number("其他权益工具投资", year))
    parts = {name: weight for name, weight in HELD.items() if name != "其他权益工具投资"}
    for name, amount in split(total, draws.weights(parts, 0.03)).items():
        book.put(name, year, amount, stock=True)
    issued = int(book.number("应付债券", year))
    tier2 = int(book.number("二级资本工具及其溢价", year))
    rest = split(issued - tier2, draws.weights({name: weight for name, weight in ISSUED.items() if name != "二级资本债券"}, 0.02))
    for name, amount in (*rest.items(), ("二级资本债券", tier2)):
        book.put(name, year, amount, stock=True)


def _pay(book: Book, draws: Draws) -> None:
    del draws
    opening, closing = (int(book.number("应付职工薪酬", year)) for year in ("22", "23"))
    accrued = int(book.number("员工费用", "23"))
    for name, amount in (("年初余额", opening), ("本年计提", accrued), ("本年支付", opening + accrued - closing), ("年末余额", closing)):
        book.put(f"应付职工薪酬变动：{name}", "23", amount)
