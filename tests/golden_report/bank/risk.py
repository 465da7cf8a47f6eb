"""Gaps by maturity and by repricing date, foreign exchange, fair-value levels, sensitivities, segments."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tests.golden_report.bank.draws import Draws, split
from tests.golden_report.book import Book, rounded

MATURITIES = ("无期限", "逾期", "实时偿还", "1个月以内", "1至3个月", "3个月至1年", "1年至5年", "5年以上")
REPRICINGS = ("1个月以内", "1至3个月", "3个月至1年", "1年至5年", "5年以上", "非计息")
ASSET_ROWS: Mapping[str, tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]]] = {
    "现金及存放中央银行款项": (("现金及存放中央银行款项",), (0.78, 0, 0.22, 0, 0, 0, 0, 0), (0.94, 0, 0, 0, 0, 0.06)),
    "存放及拆放同业款项": (("存放同业款项", "拆出资金", "买入返售金融资产"), (0, 0, 0.13, 0.42, 0.2, 0.25, 0, 0), (0.55, 0.2, 0.24, 0, 0, 0.01)),
    "发放贷款和垫款": (("客户贷款净额",), (0, 0.011, 0, 0.041, 0.063, 0.243, 0.287, 0.355), (0.31, 0.12, 0.41, 0.12, 0.035, 0.005)),
    "金融投资": (("金融投资",), (0.013, 0.002, 0.11, 0.034, 0.041, 0.133, 0.391, 0.276), (0.06, 0.05, 0.14, 0.38, 0.25, 0.12)),
    "其他金融资产": (("其他资产", "衍生金融资产"), (0.31, 0.02, 0.17, 0.12, 0.14, 0.16, 0.08, 0), (0, 0, 0, 0, 0, 1)),
}
OWED_ROWS: Mapping[str, tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]]] = {
    "向中央银行借款": (("向中央银行借款",), (0, 0, 0, 0.06, 0.15, 0.79, 0, 0), (0.06, 0.15, 0.78, 0, 0, 0.01)),
    "同业存放及拆入款项": (("同业及其他金融机构存放款项", "拆入资金", "卖出回购金融资产款"), (0, 0, 0.16, 0.48, 0.17, 0.19, 0, 0), (0.62, 0.18, 0.19, 0, 0, 0.01)),
    "吸收存款": (("吸收存款",), (0, 0, 0.39, 0.06, 0.09, 0.19, 0.269, 0.001), (0.45, 0.09, 0.19, 0.251, 0.001, 0.018)),
    "应付债券": (("应付债券",), (0, 0, 0, 0.07, 0.19, 0.38, 0.25, 0.11), (0.07, 0.19, 0.38, 0.25, 0.11, 0)),
    "其他金融负债": (("其他负债", "租赁负债", "衍生金融负债"), (0, 0, 0.34, 0.15, 0.12, 0.19, 0.17, 0.03), (0, 0, 0.02, 0.07, 0.02, 0.89)),
}
GAP_NAME = {"无期限": "无期限流动性净额", "逾期": "已逾期流动性净额", "实时偿还": "即时偿还流动性净额", "1个月以内": "1个月以内流动性净额", "1至3个月": "1至3个月流动性净额",
            "3个月至1年": "3个月至1年流动性净额", "1年至5年": "1至5年流动性净额", "5年以上": "5年以上流动性净额", "合计": "流动性净额合计"}  # fmt: skip
REPRICING_NAME = {"1个月以内": "1个月以内重定价缺口", "1至3个月": "1至3个月重定价缺口", "3个月至1年": "3至12个月重定价缺口", "1年至5年": "1至5年重定价缺口",
                  "5年以上": "5年以上重定价缺口", "非计息": "非计息重定价缺口", "合计": "利率敏感性缺口合计"}  # fmt: skip
SEGMENTS = {"公司银行业务": 0.486, "个人银行业务": 0.312, "资金业务": 0.189, "其他业务": 0.013}
SEGMENT_ROWS = {"利息净收入": 0.03, "手续费及佣金净收入": 0.35, "其他非利息净收入": 0.5, "业务及管理费": 0.08, "信用减值损失": 0.3}


def fill(book: Book) -> None:
    """Everything of the risk chapters, at two year ends."""
    for year in ("22", "23"):
        _gaps(book, year, "到期", MATURITIES, 1, GAP_NAME)
        _gaps(book, year, "重定价", REPRICINGS, 2, REPRICING_NAME)
        _sensitivity(book, year, Draws(f"sensitivity-{year}"))
        _levels(book, year, Draws(f"levels-{year}"))
        _currencies(book, year, Draws(f"fx-{year}"))
        _segments(book, year, Draws(f"segments-{year}"))


def _gaps(book: Book, year: str, kind: str, spans: tuple[str, ...], place: int, names: Mapping[str, str]) -> None:
    draws = Draws(f"{kind}-{year}")
    totals = dict.fromkeys((*spans, "合计"), 0)
    for side, rows, sign in (("资产", ASSET_ROWS, 1), ("负债", OWED_ROWS, -1)):
        sums = dict.fromkeys((*spans, "合计"), 0)
        for label, row in rows.items():
            amount = sum(int(book.number(name, year)) for name in row[0])
            weights = dict(zip(spans, row[1] if place == 1 else row[2], strict=True))
            parts = split(amount, {span: draws.near(weight, 0.05) for span, weight in weights.items()})
            for span, part in (*parts.items(), ("合计", amount)):
                sums[span] += part
                if part:
                    book.put(f"{kind}分析：{label}（{span}）", year, part, stock=True)
        for span, amount in sums.items():
            totals[span] += sign * amount
            if amount:
                book.put(f"{kind}分析：{side}合计（{span}）", year, amount, stock=True)
    for span, amount in totals.items():
        book.put(names[span], year, amount, stock=True)


def _sensitivity(book: Book, year: str, draws: Draws) -> None:
    up, equity = -draws.whole(1020, 1480), -draws.whole(2380, 3120)
    for name, amount in (("利率上升100个基点的利息净收入变动", up), ("利率下降100个基点的利息净收入变动", -up),
                         ("利率上升100个基点的权益变动", equity), ("利率下降100个基点的权益变动", -equity + draws.whole(30, 160)),
                         ("美元对人民币升值1%的净利润变动", draws.whole(8, 29))):  # fmt: skip
        book.put(name, year, amount, stock="权益" in name)
    book.put("美元对人民币贬值1%的净利润变动", year, -book.number("美元对人民币升值1%的净利润变动", year))


def _levels(book: Book, year: str, draws: Draws) -> None:
    sums = dict.fromkeys(("第一层级", "第二层级", "第三层级", "合计"), 0)
    rows = {"交易性金融资产": (0.37, 0.57, 0.06), "其他债权投资": (0.11, 0.885, 0.005), "其他权益工具投资": (0.08, 0.0, 0.92), "衍生金融资产": (0.0, 1.0, 0.0),
            "以公允价值计量且其变动计入其他综合收益的贷款": (0.0, 1.0, 0.0)}  # fmt: skip
    for name, weights in rows.items():
        amount = int(book.number(name, year))
        parts = split(amount, {level: draws.near(w, 0.04) for level, w in zip(("第一层级", "第二层级", "第三层级"), weights, strict=True)})
        for level, part in (*parts.items(), ("合计", amount)):
            sums[level] += part
            if part:
                book.put(f"公允价值：{name}（{level}）", year, part, stock=True)
    for level, amount in sums.items():
        book.put(f"公允价值：资产合计（{level}）", year, amount, stock=True)


def _currencies(book: Book, year: str, draws: Draws) -> None:
    names = ("美元", "港元", "其他货币")
    for name in names:
        on, off = draws.whole(310, 2100), -draws.whole(120, 1500)
        book.put(f"外汇敞口：表内净额（{name}）", year, on, stock=True)
        book.put(f"外汇敞口：表外净额（{name}）", year, off, stock=True)
        book.put(f"{name}净敞口", year, on + off, stock=True)
    book.put("外汇净敞口", year, sum((book.number(f"{name}净敞口", year) for name in names), start=Decimal(0)), stock=True)


def _segments(book: Book, year: str, draws: Draws) -> None:
    tilt = {"手续费及佣金净收入": {"公司银行业务": 0.36, "个人银行业务": 0.58, "资金业务": 0.05, "其他业务": 0.01},
            "其他非利息净收入": {"公司银行业务": 0.04, "个人银行业务": 0.03, "资金业务": 0.88, "其他业务": 0.05},
            "信用减值损失": {"公司银行业务": 0.51, "个人银行业务": 0.37, "资金业务": 0.115, "其他业务": 0.005}}  # fmt: skip
    parts = {row: split(int(book.number(row, year)), draws.weights(tilt.get(row, SEGMENTS), 0.03)) for row in SEGMENT_ROWS}
    others = split(sum(int(book.number(n, year)) for n in ("税金及附加", "其他资产减值损失", "其他业务成本")), draws.weights(SEGMENTS))
    outside = split(int(book.number("营业外收支净额", year)), {"其他业务": 1.0})
    for name in SEGMENTS:
        revenue = sum(parts[row][name] for row in ("利息净收入", "手续费及佣金净收入", "其他非利息净收入"))
        profit = revenue - parts["业务及管理费"][name] - parts["信用减值损失"][name] - others[name] + outside.get(name, 0)
        for row in SEGMENT_ROWS:
            book.put(f"{name}分部：{row}", year, parts[row][name])
        for row, amount in (("营业收入", revenue), ("税金及其他支出", others[name]), ("营业外收支净额", outside.get(name, 0)), ("利润总额", profit)):
            book.put(f"{name}分部：{row}", year, amount)
        book.put(f"{name}分部：营业收入占比", year, rounded(Decimal(revenue) / book.number("营业收入", year) * 100, 2), "%")
