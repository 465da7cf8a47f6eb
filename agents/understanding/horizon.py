"""What the ledger can answer, as far as understanding needs it: which periods and banks there are, and what "latest" means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.facts_table import INDUSTRY_ID
from data.figures import Scope
from data.periods import Period
from data.ports import FigureQuery, FigureStore
from tools.row_index import RowIndex


@dataclass(frozen=True)
class Horizon:
    """The view of one question on the ledger: its collections, seen through the store. rows: of its documents, if there are any."""

    store: FigureStore
    collections: tuple[str, ...] = ()
    rows: RowIndex | None = None

    def periods(self, banks: Sequence[str], indicators: Sequence[str], scope: str = "") -> list[Period]:
        """Distinct periods held for any of these banks and indicators, oldest first."""
        wanted = Scope(scope) if scope else None
        return self.store.periods_of(FigureQuery(tuple(banks), tuple(indicators), scope=wanted, collections=self.collections))

    def annual(self, banks: Sequence[str], indicators: Sequence[str], scope: str = "") -> list[Period]:
        """Whole years held for every one of these banks (where each has any), oldest first."""
        per_bank = [{p for p in self.periods([bank], indicators, scope) if p.is_annual} for bank in banks]
        per_bank = [found for found in per_bank if found]
        if not per_bank:
            return [period for period in self.periods(banks, indicators, scope) if period.is_annual]
        common = set.intersection(*per_bank) or set.union(*per_bank)
        return sorted(common, key=lambda period: period.sort_key)

    def latest(self, banks: Sequence[str], indicators: Sequence[str], scope: str = "") -> Period | None:
        """The latest whole year held for these banks and indicators; else the latest period of any kind; else None."""
        years = self.annual(banks, indicators, scope) or self.annual(banks, (), scope)
        if years:
            return years[-1]
        periods = self.periods(banks, indicators, scope)
        return periods[-1] if periods else None

    def banks(self, indicators: Sequence[str] = (), periods: Sequence[Period] = ()) -> list[str]:
        """Ids of the banks with figures (the industry aggregate aside)."""
        query = FigureQuery((), tuple(indicators), tuple(periods), collections=self.collections)
        return [entity for entity in self.store.entities_of(query) if entity and entity != INDUSTRY_ID]

    def only_bank(self) -> str | None:
        """The single bank of the collections, if there is just one."""
        banks = self.banks()
        return banks[0] if len(banks) == 1 else None
