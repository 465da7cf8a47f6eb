"""Stages of loans and their allowance, and how the allowance moved over the year."""

from __future__ import annotations

from tests.golden_report.bank.draws import YEARS, Draws, split
from tests.golden_report.book import Book

WRITE_OFF = {"22": 7412, "23": 7655}
STAGES = ("第一阶段", "第二阶段", "第三阶段")


def fill(book: Book) -> None:
    """Gross loans and allowance by stage at three year ends; movement of 2022 and 2023 by stage and in total."""
    for year in YEARS:
        _stages(book, year, Draws(f"stages-{year}"))
    for year, last in (("22", "21"), ("23", "22")):
        _movement(book, year, last, Draws(f"allowance-{year}"))


def _stages(book: Book, year: str, draws: Draws) -> None:
    fair = int(book.number("票据贴现", year)) + int(book.number("贸易融资", year)) // 3
    book.put("以公允价值计量且其变动计入其他综合收益的贷款", year, fair, stock=True)
    cost = int(book.number("贷款总额", year)) - fair
    book.put("以摊余成本计量的贷款", year, cost, stock=True)
    third = int(book.number("不良贷款余额", year))
    second = int(cost * draws.near(0.0305, 0.05))
    for name, amount in zip(STAGES, (cost - second - third, second, third), strict=True):
        book.put(f"{name}贷款", year, amount, stock=True)
    fair_allowance = int(fair * draws.near(0.0048, 0.1))
    book.put("以公允价值计量且其变动计入其他综合收益的贷款减值准备", year, fair_allowance, stock=True)
    total = int(book.number("贷款损失准备", year)) - fair_allowance
    book.put("以摊余成本计量的贷款减值准备", year, total, stock=True)
    for name, amount in split(total, draws.weights({"第一阶段": 0.452, "第二阶段": 0.266, "第三阶段": 0.282}, 0.03)).items():
        book.put(f"{name}贷款减值准备", year, amount, stock=True)
    book.put("贷款应计利息", year, int(book.number("贷款总额", year)) * 41 // 10000, stock=True)
    net = int(book.number("贷款总额", year)) + int(book.number("贷款应计利息", year)) - total
    book.put("客户贷款净额", year, net, stock=True)


def _movement(book: Book, year: str, last: str, draws: Draws) -> None:
    opening = {name: int(book.number(f"{name}贷款减值准备", last)) for name in STAGES}
    closing = {name: int(book.number(f"{name}贷款减值准备", year)) for name in STAGES}
    recovered, unwound, other = draws.whole(880, 1190), -draws.whole(210, 320), -draws.whole(9, 46)
    off = -WRITE_OFF[year]
    moves = {
        "转移至第一阶段": _transfer(0, draws.whole(310, 460), 0.82),
        "转移至第二阶段": _transfer(1, draws.whole(420, 590), 0.7),
        "转移至第三阶段": _transfer(2, draws.whole(1480, 1790), 0.35),
        "核销及转出": {"第三阶段": off},
        "收回已核销贷款": {"第三阶段": recovered},
        "已减值贷款折现回拨": {"第三阶段": unwound},
        "汇率变动及其他": {"第一阶段": other},
    }
    charged = {name: closing[name] - opening[name] - sum(move.get(name, 0) for move in moves.values()) for name in STAGES}
    moves = {"年初余额": opening, "本年计提／（回拨）": charged, **moves, "年末余额": closing}
    for label, move in moves.items():
        for name in STAGES:
            if move.get(name):
                book.put(f"减值准备变动：{label}（{name}）", year, move[name])
        total = sum(move.get(name, 0) for name in STAGES)
        if not label.startswith("转移"):
            book.put(f"减值准备变动：{label}（合计）", year, total)
    book.put("贷款核销额", year, WRITE_OFF[year])
    book.put("贷款减值损失", year, sum(charged.values()) + 37)
    book.put("收回已核销贷款", year, recovered)


def _transfer(to: int, amount: int, share: float) -> dict[str, int]:
    sources = [place for place in range(3) if place != to]
    parts = split(amount, {STAGES[sources[0]]: share, STAGES[sources[1]]: 1 - share})
    return {STAGES[to]: amount, **{name: -part for name, part in parts.items()}}
