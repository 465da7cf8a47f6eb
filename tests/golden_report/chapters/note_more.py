"""财务报表附注, smaller notes: cash and reserves, fixed assets, deferred tax, bonds held and issued, pay owed, exposures, trust business."""

from __future__ import annotations

from tests.golden_report.bank.details import CASH, DEFERRED, EXPOSED, FIXED, HELD
from tests.golden_report.chapters.quality import DATES
from tests.golden_report.flow import Flow
from tests.golden_report.table_spec import Row, Table, share, value, words
from tests.golden_report.tables import TableSetter

ENDS = (value(("2023年12月31日",), "23", 96), value(("2022年12月31日",), "22", 96))


def _open(flow: Flow, path: str, rows: list[Row], *topics: str, golden: bool = False) -> None:
    TableSetter(flow, Table("", ENDS, tuple(rows), stub="", style="open", path=path, size=9, topics=topics, golden=golden)).draw()


def assets(flow: Flow) -> None:
    """Notes 1 to 5 and 9 to 11."""
    flow.heading("1. 现金及存放中央银行款项", 3, keep=130)
    labels = {"法定存款准备金": "存放中央银行法定准备金", "超额存款准备金": "存放中央银行超额准备金", "存放中央银行财政性存款": "财政性存款及其他"}
    _open(flow, "现金及存放中央银行款项", [*(Row(labels.get(name, name), name) for name in CASH), Row("合计", "现金及存放中央银行款项", bold=True)], "存款准备金", golden=True)
    flow.say("法定存款准备金不能用于日常业务。于2023年12月31日，本行人民币存款准备金缴存比率为7.0%（2022年12月31日：7.5%），外币存款缴存比率为4.0%。", size=9, topics=("存款准备金", "法定存款准备金率"))
    flow.heading("4. 衍生金融工具", 3, keep=120)
    columns = tuple(words((date, head), 72, "right") for date in DATES.values() for head in ("名义本金", "公允价值\n资产", "公允价值\n负债"))
    book = flow.book
    split_of = {"货币衍生工具": 0.63, "利率衍生工具": 0.31}
    sums = [[int(book.number(name, when)) for name in ("衍生金融资产", "衍生金融负债")] for when in ("23", "22")]
    grid = {label: [62_000 * (1 + place) // (2 + place) if kind == 0 else int(sums[place][kind - 1] * part) for place in range(2) for kind in range(3)] for label, part in split_of.items()}
    grid["信用及其他衍生工具"] = [1_250 if kind == 0 else sums[place][kind - 1] - sum(cells[place * 3 + kind] for cells in grid.values()) for place in range(2) for kind in range(3)]
    rows = [Row(label, cells=tuple(f"{n:,}" for n in cells)) for label, cells in grid.items()]
    rows.append(Row("合计", bold=True, cells=tuple(f"{sum(cells[place] for cells in grid.values()):,}" for place in range(6))))
    TableSetter(flow, Table("", columns, tuple(rows), stub="", style="open", path="衍生金融工具", size=8, topics=("衍生工具",))).draw()
    flow.heading("7.1 金融投资按品种列示", 3, keep=150)
    columns = (value(("2023年末", "金额"), "23", 70), share(("2023年末", "占比(%)"), "23", "金融投资", 54), value(("2022年末", "金额"), "22", 70), share(("2022年末", "占比(%)"), "22", "金融投资", 54))
    held = (*(Row(name.removesuffix("投资") if name != "其他权益工具投资" else "权益工具", name) for name in HELD), Row("金融投资合计", "金融投资", bold=True))
    TableSetter(flow, Table("", columns, held, path="金融投资按品种", size=8.5, topics=("债券投资结构", "金融投资"), golden=True)).draw()
    flow.heading("9. 固定资产", 3, keep=120)
    _open(flow, "固定资产", [*(Row(name, f"固定资产：{name}") for name in FIXED), Row("账面价值合计", "固定资产", bold=True)], "固定资产")
    flow.say("于2023年12月31日，本集团账面价值3.12亿元的房屋建筑物产权手续尚在办理中。", size=9, topics=("固定资产",))
    flow.heading("10. 递延所得税资产", 3, keep=120)
    _open(flow, "递延所得税资产", [*(Row(name, f"递延所得税资产：{name}") for name in DEFERRED), Row("合计", "递延所得税资产", bold=True)], "递延所得税")


def owed(flow: Flow) -> None:
    """Notes 16 and 17."""
    flow.heading("16. 应付职工薪酬", 3, keep=110)
    columns = tuple(words((head,), 82, "right") for head in ("年初余额", "本年计提", "本年支付", "年末余额"))
    cells = tuple(value((), "23").cell(flow.book, Row("", f"应付职工薪酬变动：{head.headers[0]}"), "百万元") for head in columns)
    TableSetter(flow, Table("", columns, (Row("工资、奖金及其他薪酬合计", cells=cells),), stub="", style="open", path="应付职工薪酬", size=9, topics=("员工薪酬",))).draw()
    flow.heading("17. 应付债券", 3, keep=110)
    _open(flow, "应付债券", [*(Row(name, name) for name in ("已发行同业存单", "已发行金融债券", "二级资本债券")), Row("合计", "应付债券", bold=True)], "债券发行", "应付债券结构", golden=True)
    flow.say("同业存单期限为1个月至1年，年利率区间为2.05%至2.78%；二级资本债券具有次级性及减记条款，第5年末附发行人赎回选择权。", size=9, topics=("应付债券结构", "同业存单"))


def risk(flow: Flow) -> None:
    """Maximum exposure, ratings, trust business, leases."""
    flow.heading("32. 信用风险最大敞口", 3, keep=200)
    labels = {"客户贷款净额": "发放贷款和垫款", "存放同业款项": "存放同业及其他金融机构款项"}
    rows = [Row(labels.get(name, name), name) for name in EXPOSED]
    _open(flow, "信用风险最大敞口", [*rows, Row("扣除：库存现金及权益工具", cells=tuple(_less(flow, when) for when in ("23", "22"))), Row("最大信用风险敞口", "最大信用风险敞口", bold=True)], "信用风险敞口")
    flow.heading("32.1 债券投资的信用评级", 3, keep=130)
    book = flow.book
    bonds = [sum(int(book.number(name, when)) for name in ("政府债券投资", "政策性银行债券投资", "金融债券投资", "公司债券投资")) for when in ("23", "22")]
    parts = {"未评级（国债、地方债及政策性金融债）": 0.792, "AAA": 0.163, "AA-至AA+": 0.042}
    grid = {label: [int(total * part) for total in bonds] for label, part in parts.items()}
    grid["A及以下"] = [total - sum(cells[place] for cells in grid.values()) for place, total in enumerate(bonds)]
    lines = [Row(label, cells=tuple(f"{n:,}" for n in cells)) for label, cells in grid.items()] + [Row("合计", bold=True, cells=tuple(f"{n:,}" for n in bonds))]
    _open(flow, "债券投资信用评级", lines, "债券评级")
    flow.heading("34. 委托业务与租赁承诺", 3, keep=90)
    _open(flow, "委托业务", [Row("委托贷款", "委托贷款"), Row("委托资金", "委托贷款")], "委托业务", "表外业务")
    flow.say("委托贷款的信用风险由委托人承担，本集团仅收取手续费，不在资产负债表内列示。", size=9, topics=("委托业务",))


def _less(flow: Flow, when: str) -> str:
    return f"({flow.book.number('库存现金', when) + flow.book.number('其他权益工具投资', when):,})"
