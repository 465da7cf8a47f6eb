"""What one run sees of its collections: their rows, and the catalogue, registry and grammar widened by what they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agents.understanding.grammar import Understanding
from data.banks import Bank, BankRegistry, BankType
from data.facts_table import COLLECTION, INDUSTRY_ID
from data.indicators import Direction, Indicator, IndicatorCatalogue, Kind
from data.ports import FigureStore, RowRecord
from data.units import Dimension, unit
from tools.name_scanner import NameScanner
from tools.row_index import ROW_PREFIX, RowIndex

BANK_PREFIX = "bank:"


@dataclass(frozen=True)
class CollectionView:
    """The vocabulary of some collections. rows: None where they hold no documents of the house."""

    rows: RowIndex | None
    catalogue: IndicatorCatalogue
    banks: BankRegistry
    scanner: NameScanner
    understanding: Understanding


class CollectionViews:
    """Views by collection, kept until the collection changes."""

    def __init__(self, store: FigureStore, base: CollectionView) -> None:
        self._store = store
        self._base = base
        self._kept: dict[tuple[str, ...], tuple[str, CollectionView]] = {}

    def of(self, collections: Sequence[str]) -> CollectionView:
        """The view of these collections; of all of them where none is named."""
        names = tuple(collections) or tuple(each.name for each in self._store.collections())
        names = tuple(name for name in names if name != COLLECTION)
        if not names:
            return self._base
        version = self._store.version(names)
        kept = self._kept.get(names)
        if kept is None or kept[0] != version:
            kept = self._kept[names] = (version, self._built(self._store.rows(names)))
        return kept[1]

    def _built(self, records: list[RowRecord]) -> CollectionView:
        base = self._base
        catalogue = base.catalogue.extended(_row_indicators(records))
        banks = base.banks.extended(_banks(records, base.banks))
        scanner = base.scanner if banks is base.banks else NameScanner(banks, base.catalogue)
        understanding = Understanding.build(scanner, banks, catalogue)
        return CollectionView(RowIndex(records, lambda key: _names(base.catalogue, key)), catalogue, banks, scanner, understanding)


def _names(catalogue: IndicatorCatalogue, indicator_id: str) -> tuple[str, ...]:
    return (catalogue.get(indicator_id).name, *catalogue.get(indicator_id).aliases) if indicator_id in catalogue else ()


def _row_indicators(records: Iterable[RowRecord]) -> list[Indicator]:
    """An indicator for every row that the catalogue does not know, so that all the calculations apply to it."""
    first = {record.indicator_id: record for record in reversed(list(records)) if record.indicator_id.startswith(ROW_PREFIX)}
    return [_indicator(record) for record in first.values()]


def _indicator(record: RowRecord) -> Indicator:
    measured = unit(record.unit)
    ratio = measured.dimension is not Dimension.AMOUNT and not measured.noun
    kind = Kind.RATIO if ratio else Kind.STOCK if record.point else Kind.FLOW
    return Indicator(
        id=record.indicator_id, name=record.indicator, aliases=(), english=(), kind=kind, point=record.point, unit=measured,
        category="document", direction=Direction.NEUTRAL, low=None, high=None, caliber=f"报告中“{record.table or record.row}”所列", formula=None,
        parents=(), line=None,
    )


def _banks(records: Iterable[RowRecord], known: BankRegistry) -> list[Bank]:
    """The banks of documents that the registry does not know, under their own name."""
    names = {record.entity_id: record.entity for record in records if record.entity_id and record.entity_id != INDUSTRY_ID}
    return [
        Bank(
            id=key, name=name, legal_name=name, short_names=(), weak_names=(), english=(), a_share=None, h_share=None,
            type=BankType.CITY, listed=False,
        )
        for key, name in names.items() if known.get(key) is None
    ]  # fmt: skip
