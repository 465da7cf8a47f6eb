"""A small report of one bank in a ledger, as ingestion leaves it: what the catalogue knows, and rows that only the report names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from agents.plan import Carried, QueryPlan
from agents.understanding.grammar import Understanding
from agents.understanding.horizon import Horizon
from app.collection_view import CollectionView, CollectionViews
from data.banks import bank_registry
from data.evidence import Evidence
from data.figures import Figure, Scope
from data.indicators import indicator_catalogue
from data.periods import Period
from data.units import Quantity
from retrieval.ledger import Ledger
from tests.small_ledger import TODAY
from tools.name_scanner import name_scanner

BANK, BANK_ID, COLLECTION = "青禾银行", "bank:青禾银行", "mine"
# table, row path, indicator id ("" where the catalogue has none), measure, unit, point, then values of 2023 and 2022.
_ROWS = """
主要财务数据|营业收入|operating_income||百万元|0|12345|11800
主要财务数据|净利润|net_profit||百万元|0|3210|3050
主要财务数据|不良贷款率|npl_ratio||%|1|1.05|1.08
主要财务数据|拨备覆盖率|provision_coverage||%|1|230.5|221
贷款按地区划分|长江三角洲|||百万元|1|200000|180000
贷款按地区划分|珠江三角洲|||百万元|1|150000|140000
贷款按地区划分|中部地区|||百万元|1|90000|80000
贷款按地区划分|总行|||百万元|1|60000|50000
贷款按地区划分|合计|total_loans||百万元|1|500000|450000
不良贷款按地区划分|长江三角洲|||百万元|1|1800|1700
不良贷款按地区划分|珠江三角洲|||百万元|1|1500|1400
不良贷款按地区划分|中部地区|||百万元|1|1200|1100
不良贷款按地区划分|合计|npl_balance||百万元|1|5250|4860
存款按地区划分|长江三角洲|||百万元|1|300000|280000
存款按地区划分|珠江三角洲|||百万元|1|260000|240000
存款按地区划分|中部地区|||百万元|1|110000|100000
存款按地区划分|合计|total_deposits||百万元|1|670000|620000
贷款质量|正常类贷款|||百万元|1|480000|430000
贷款质量|重组贷款|||百万元|1|700|800
员工构成|信息科技人员|||人|1|1200|1000
员工构成|客户经理|||人|1|5200|5000
风险加权资产|信用风险|||百万元|1|420000|400000
风险加权资产|市场风险|||百万元|1|9000|8000
风险加权资产|操作风险|||百万元|1|21000|20000
"""


def cell(table: str, path: str, indicator_id: str, measure: str, unit: str, point: bool, year: int, value: str) -> Figure:
    """A figure of the report; a row without an indicator is named by its table and label, as ingestion does."""
    name = indicator_catalogue().get(indicator_id).name if indicator_id else f"{table}：{path}" + (f"·{measure}" if measure else "")
    evidence = Evidence(f"{BANK}2023年年度报告", 9, table, path, f"{year}年", value, "sha")
    return Figure(
        entity=BANK, entity_id=BANK_ID, indicator=name, indicator_id=indicator_id or f"row:{name}", period=Period.parse(str(year)),
        quantity=Quantity.of(value, unit), point=point, rank=0 if indicator_id else 1, evidence=[evidence], collection=COLLECTION,
    )


def figures() -> list[Figure]:
    """Every row for 2023 and 2022, and some for 本行."""
    found = []
    for line in _ROWS.strip().splitlines():
        table, path, name, measure, unit, point, *values = line.split("|")
        found += [cell(table, path, name, measure, unit, point == "1", year, value) for year, value in zip((2023, 2022), values, strict=True)]
    own = [replace(figure, scope=Scope.BANK) for figure in found if figure.indicator_id in ("net_profit", "row:贷款质量：重组贷款")]
    return [*found, *own]


class DocumentReader:
    """Understands questions against the small report on 2025-06-30."""

    def __init__(self, store: Ledger) -> None:
        banks, catalogue, scanner = bank_registry(), indicator_catalogue(), name_scanner()
        base = CollectionView(None, catalogue, banks, scanner, Understanding.build(scanner, banks, catalogue))
        view = CollectionViews(store, base).of([COLLECTION])
        self.understanding = view.understanding
        self.horizon = Horizon(store, (COLLECTION,), view.rows)

    def __call__(self, *turns: str) -> QueryPlan:
        """The plan of the last of these turns of one conversation."""
        carried, plan = Carried(), None
        for question in turns:
            plan = self.understanding.plan(question, carried, self.horizon, TODAY)
            carried = plan.carried
        assert plan is not None
        return plan


@contextmanager
def document_reader() -> Iterator[DocumentReader]:
    """A reader over the small report."""
    with Ledger.open("sqlite://") as store:
        store.add(figures())
        yield DocumentReader(store)
