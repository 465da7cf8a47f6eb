"""Subjects for generated answers, drawn from the bundled facts: single figures, pairs of years, series, peers and profiles."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from data.facts_table import load_facts
from data.figures import Figure, Scope
from data.periods import Period
from tests.benchmarks.audit_claims import Writer
from tools.calculator import difference, growth
from tools.derivation import is_amount
from tools.factsheet import FactSheet

SURFACES = {
    "npl_ratio": ("不良贷款率", "不良贷款率", "不良率"), "provision_coverage": ("拨备覆盖率",), "operating_income": ("营业收入", "营业收入", "营收"),
    "net_profit_attributable": ("归母净利润", "归属于母公司股东的净利润", "归母净利润"), "net_profit": ("净利润",), "total_assets": ("总资产", "资产总额"),
    "net_interest_margin": ("净息差", "净利息收益率", "NIM"), "roe_weighted": ("加权平均净资产收益率", "ROE"), "total_loans": ("贷款总额",),
    "net_interest_income": ("利息净收入",), "loan_provision_ratio": ("拨贷比", "贷款拨备率"), "roa": ("平均总资产回报率", "ROA"),
    "total_deposits": ("存款总额",), "cost_income_ratio": ("成本收入比",), "cet1_ratio": ("核心一级资本充足率",), "car": ("资本充足率",),
}  # fmt: skip


@dataclass
class Draw:
    """One answer's luck: facts, a random source and a fresh sheet."""

    rng: random.Random
    figures: list[Figure]
    by_key: dict[tuple[str, str], dict[Period, Figure]]
    sheet: FactSheet = field(default_factory=FactSheet)
    template: str = ""

    def writer(self) -> Writer:
        """A writer over the draw's sheet."""
        return Writer(self.template, self.sheet, self.rng)

    def name(self, figure: Figure) -> str:
        """One of the indicator's usual names."""
        return self.rng.choice(SURFACES.get(figure.indicator_id, (figure.indicator,)))

    def series(self, length: int, *, amounts: bool | None = None, bank: str = "") -> list[Figure]:
        """Consecutive annual levels of one bank and indicator, oldest first, none of two neighbours alike."""
        for _ in range(4000):
            own = self.by_key[self.rng.choice(list(self.by_key))]
            last = self.rng.choice(list(own))
            run = [own.get(last.shift_years(-back)) for back in range(length - 1, -1, -1)]
            kept = [figure for figure in run if figure is not None]
            kind = amounts is None or is_amount(kept[-1].quantity.unit) is amounts
            if len(kept) == length and last.is_annual and kind and (not bank or kept[0].entity_id == bank) and kept[0].entity_id != "industry":
                if all(one.quantity.base != two.quantity.base for one, two in pairwise(kept)):
                    return self.add(kept)
        raise LookupError(f"no series of {length}")

    def pair(self, *, amounts: bool | None = None, bank: str = "") -> tuple[Figure, Figure]:
        """(now, a year before)."""
        before, now = self.series(2, amounts=amounts, bank=bank)
        return now, before

    def peers(self, count: int, *, amounts: bool | None = None, indicator: str = "", years: int = 1) -> list[list[Figure]]:
        """Several banks' levels of one indicator at one time; with `years` 2 each comes as [now, before]."""
        for _ in range(4000):
            key = self.rng.choice(list(self.by_key))
            ident = indicator or key[1]
            period = self.rng.choice(list(self.by_key[key]))
            rows = []
            for (_, other), own in self.by_key.items():
                times = [period.shift_years(-back) for back in range(years)]
                if other == ident and all(time in own for time in times):
                    rows.append([own[time] for time in times])
            rows = [row for row in rows if row[0].entity_id != "industry"]
            kind = rows and (amounts is None or is_amount(rows[0][0].quantity.unit) is amounts)
            if kind and period.is_annual and len(rows) >= count:
                picked = self.rng.sample(rows, count)
                if len({row[0].quantity.base for row in picked}) == count and all(len({f.quantity.base for f in row}) == years for row in picked):
                    return [self.add(row) for row in picked]
        raise LookupError(f"no {count} peers")

    def profile(self, count: int, *, years: int = 2) -> list[list[Figure]]:
        """Several indicators of one bank, each as [now, before …], all at one time."""
        for _ in range(4000):
            bank, _ = self.rng.choice(list(self.by_key))
            own = {ident: series for (other, ident), series in self.by_key.items() if other == bank and ident in SURFACES}
            if not own or bank == "industry":
                continue
            period = self.rng.choice([time for series in own.values() for time in series])
            times = [period.shift_years(-back) for back in range(years)]
            rows = [[series[time] for time in times] for series in own.values() if all(time in series for time in times)]
            rows = [row for row in rows if len({f.quantity.base for f in row}) == years]
            if period.is_annual and len(rows) >= count:
                return [self.add(row) for row in self.rng.sample(rows, count)]
        raise LookupError(f"no profile of {count}")

    def inputs(self, wanted: list[str]) -> list[Figure]:
        """Figures of one bank and year for several indicators."""
        for _ in range(4000):
            bank, _ = self.rng.choice(list(self.by_key))
            rows = [self.by_key.get((bank, ident), {}) for ident in wanted]
            common = set(rows[0]).intersection(*rows[1:])
            if common and bank != "industry":
                period = self.rng.choice(sorted(common, key=str))
                return self.add([row[period] for row in rows])
        raise LookupError(f"no inputs {wanted}")

    def add(self, figures: list[Figure]) -> list[Figure]:
        """The figures under ids of the sheet."""
        return [self.sheet.add(figure) for figure in figures]

    def noise(self) -> None:
        """Figures that the answer does not speak of: the same banks' other levels and changes, and another bank."""
        banks = sorted({figure.entity_id for figure in self.sheet})
        near = [f for f in self.figures if f.entity_id in banks or self.rng.random() < 0.01]
        for figure in self.rng.sample(near, min(len(near), self.rng.randint(0, 10))):
            self.sheet.add(figure)
        levels = [figure for figure in self.sheet if not figure.inputs]
        for now in self.rng.sample(levels, min(len(levels), 4)):
            before = next((f for f in levels if f.key[:2] == now.key[:2] and f.scope is now.scope and f.period == now.period.year_ago()), None)
            if before is not None and before.quantity.base > 0:
                self.sheet.add(growth(now, before) if is_amount(now.quantity.unit) else difference(now, before))


def usable_facts() -> tuple[list[Figure], dict[tuple[str, str], dict[Period, Figure]]]:
    """Group and industry figures, and the best of each key by bank and indicator."""
    figures = [figure for figure in load_facts().figures if figure.scope is not Scope.BANK]
    by_key: dict[tuple[str, str], dict[Period, Figure]] = defaultdict(dict)
    for figure in sorted(figures, key=lambda f: f.rank):
        by_key[figure.entity_id, figure.indicator_id].setdefault(figure.period, figure)
    return figures, dict(by_key)
