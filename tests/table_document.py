"""Tables of the small report for questions on whole tables: parts of totals, sorts of rows, shares, effects, a table over two pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from data.figures import Figure, Scope
from retrieval.ledger import Ledger
from tests.small_document import DocumentReader, cell, figures

# page, table, row path, indicator id, measure, unit, point, then values of 2023 and 2022.
_ROWS = """
12|业务及管理费|职工薪酬|||百万元|0|400|380
12|业务及管理费|折旧与摊销|depreciation_amortisation||百万元|0|100|90
12|业务及管理费|其他办公支出|||百万元|0|50|40
12|业务及管理费|合计|operating_expenses||百万元|0|550|510
13|员工按学历划分|硕士及以上||占比|%|0|12.50|11
13|员工按学历划分|本科||占比|%|0|60.50|61
13|员工按学历划分|大专及以下||占比|%|0|27.00|28
14|资本|核心一级资本净额|cet1_capital_net||百万元|1|60000|58000
14|资本|其他一级资本净额|additional_tier1_capital||百万元|1|8000|7000
14|资本|二级资本净额|tier2_capital||百万元|1|12000|11000
14|资本|资本净额|capital_net||百万元|1|80000|76000
15|按行业划分的公司贷款|制造业|manufacturing_loans||百万元|1|70000|60000
15|按行业划分的公司贷款|制造业||占比|%|1|35.00|33
15|按行业划分的公司贷款|采矿业|mining_loans||百万元|1|50000|45000
15|按行业划分的公司贷款|采矿业||占比|%|1|25.00|24
15|按行业划分的公司贷款|建筑业|construction_loans||百万元|1|80000|76000
15|按行业划分的公司贷款|建筑业||占比|%|1|40.00|43
15|按行业划分的公司贷款|合计|corporate_loans||百万元|1|200000|181000
15|按行业划分的公司贷款|合计||占比|%|1|100.00|100
16|利息净收入变动的因素|利息收入变动||规模因素|百万元|0|900|800
16|利息净收入变动的因素|利息收入变动||利率因素|百万元|0|-300|-200
16|利息净收入变动的因素|利息收入变动||合计|百万元|0|600|600
16|利息净收入变动的因素|利息净收入变动||规模因素|百万元|0|500|400
16|利息净收入变动的因素|利息净收入变动||利率因素|百万元|0|-120|-90
16|利息净收入变动的因素|利息净收入变动||合计|百万元|0|380|310
17|按币种划分的债券投资|人民币|||百万元|1|3000|2900
17|按币种划分的债券投资|美元|||百万元|1|400|300
18|续表|港元|||百万元|1|100|90
19|营业收入按业务条线|零售条线|||百万元|0|7000|6800
19|营业收入按业务条线|零售条线||占比|%|0|56.70|57
19|营业收入按业务条线|对公条线|||百万元|0|4000|3900
19|营业收入按业务条线|对公条线||占比|%|0|32.40|33
19|营业收入按业务条线|资金条线|||百万元|0|1345|1100
19|营业收入按业务条线|资金条线||占比|%|0|10.90|10
18|续表|合计|bond_investments||百万元|1|3500|3290
"""


def table_figures() -> list[Figure]:
    """The figures of these tables in the order of print, the expenses for 本行 too."""
    found = []
    for line in _ROWS.strip().splitlines():
        page, table, path, name, measure, unit, point, *values = line.split("|")
        for year, value in zip((2023, 2022), values, strict=True):
            made = cell(table, path, name, measure, unit, point == "1", year, value)
            found.append(replace(made, evidence=[replace(made.evidence[0], page=int(page), column=f"{year}年 {measure}".strip())]))
    own = [replace(figure, scope=Scope.BANK) for figure in found if figure.evidence[0].table == "业务及管理费"]
    return [*found, *own]


def document_store() -> Ledger:
    """The small report with these tables, in memory."""
    store = Ledger.open("sqlite://")
    store.add([*figures(), *table_figures()])
    return store


@contextmanager
def table_reader() -> Iterator[DocumentReader]:
    """A reader over the small report with these tables."""
    with document_store() as store:
        yield DocumentReader(store)
