"""合并股东权益变动表: nine columns on a wide page, two years."""

from __future__ import annotations

from decimal import Decimal

from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Cell, Row, Table, words
from tests.golden_report.tables import TableSetter
from tests.golden_report.wording import bracketed

PARTS = ("股本", "其他权益工具", "资本公积", "其他综合收益余额", "盈余公积", "一般风险准备", "未分配利润", "少数股东权益")
HEADS = ("股本", "其他权益工具", "资本公积", "其他综合收益", "盈余公积", "一般风险准备", "未分配利润")


def write(flow: Flow) -> None:
    """Both years."""
    for year, last in (("23", "22"), ("22", "21")):
        flow.new_page(wide=True)
        flow.heading(f"合并股东权益变动表（20{year}年度）", 2, bookmark=year == "23")
        flow.say("（除另有注明外，金额单位均为人民币百万元）", size=8.5, indent=False)
        columns = (*(words(("归属于本行股东权益", head), 66, "right") for head in HEADS), words(("少数股东权益",), 62, "right"), words(("合计",), 70, "right"))
        TableSetter(flow, Table("", columns, _rows(flow, year, last), stub="", style="open", path=f"合并股东权益变动表（20{year}年度）", size=8.5, topics=("股东权益变动",))).draw()


def _rows(flow: Flow, year: str, last: str) -> tuple[Row, ...]:
    book = flow.book
    opening, closing = ([int(book.number(name, when)) for name in PARTS] for when in (last, year))
    profit, minority = int(book.number("归母净利润", year)), int(book.number("少数股东损益", year))
    oci = int(book.number("其他综合收益税后净额", year))
    surplus, reserve, paid = (int(book.number(name, year)) for name in ("盈余公积本年提取", "一般风险准备本年提取", "永续债利息"))
    dividend = profit - surplus - reserve - paid - (closing[6] - opening[6])
    moves = {
        "（一）净利润": (0, 0, 0, 0, 0, 0, profit, minority), "（二）其他综合收益": (0, 0, 0, oci, 0, 0, 0, 0), "（三）提取盈余公积": (0, 0, 0, 0, surplus, 0, -surplus, 0),
        "（四）提取一般风险准备": (0, 0, 0, 0, 0, reserve, -reserve, 0), "（五）分配普通股股利": (0, 0, 0, 0, 0, 0, -dividend, closing[7] - opening[7] - minority),
        "（六）支付永续债利息": (0, 0, 0, 0, 0, 0, -paid, 0),
    }  # fmt: skip
    rows = [Row(f"一、20{year}年1月1日余额", bold=True, cells=_balance(flow, opening, last)), Row("二、本年增减变动", cells=("",) * 9)]
    known = {("净利润", 6): "归母净利润", ("净利润", 7): "少数股东损益", ("净利润", 8): "净利润", ("其他综合收益", 8): "其他综合收益税后净额",
             ("提取盈余公积", 4): "盈余公积本年提取", ("提取一般风险准备", 5): "一般风险准备本年提取", ("支付永续债利息", 8): "永续债利息"}  # fmt: skip
    for label, move in moves.items():
        cells = [Cell(bracketed(Decimal(n), 0)) for n in (*move, sum(move))]
        for (name, place), key in known.items():
            if label[3:] == name:
                cells[place] = Cell(cells[place].text, book.ref(key, year), "百万元")
        rows.append(Row(label, level=1, cells=tuple(cells)))
    return (*rows, Row(f"三、20{year}年12月31日余额", bold=True, cells=_balance(flow, closing, year)))


def _balance(flow: Flow, amounts: list[int], when: str) -> tuple[Cell, ...]:
    book = flow.book
    refs = [book.ref(name, when) for name in (*PARTS, "股东权益合计")]
    return tuple(Cell(bracketed(Decimal(n), 0), ref, "百万元") for n, ref in zip((*amounts, sum(amounts)), refs, strict=True))
