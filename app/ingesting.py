"""The ingest pipeline put together: retrieval reads and stores, the tools judge sentences and identities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from data.banks import bank_registry
from data.figures import Figure
from data.indicators import indicator_catalogue
from retrieval.ingest import Check, Ingestor, Reader
from tools.identities import check_identities

if TYPE_CHECKING:
    from app.settings import Settings


def identity_checks(figures: Sequence[Figure]) -> list[Check]:
    """Every identity for each bank, period and scope, over the best figure of each indicator; only those that could be checked."""
    groups: dict[tuple[str, str, str], dict[str, Figure]] = {}
    for figure in sorted(figures, key=lambda item: (item.rank, item.restated)):
        if figure.indicator_id:
            # A balance-sheet date and the year that ends on it are judged together.
            when = str(figure.period.same_date() if figure.point else figure.period)
            groups.setdefault((figure.entity_id, when, figure.scope.value), {}).setdefault(figure.indicator_id, figure)
    found = []
    for (_, when, scope), held in groups.items():
        numbered = {name: figure.numbered(name) for name, figure in held.items()}
        for result in check_identities(numbered):
            if result.ok is not None:
                message = f"{when}（{scope}）{result.message}"
                found.append(Check(result.name, result.ok, message, tuple(held[name] for name in result.figures if name in held)))
    return found


@contextmanager
def open_ingestor(settings: Settings) -> Iterator[Ingestor]:
    """An ingestor over the stores of these settings.

    Raises:
        LedgerError: the ledger cannot be opened.
        SettingsError: the home folder cannot be made.
    """
    from app.wiring import make_home, now, retrieval_engine
    from retrieval.ledger import Ledger
    from retrieval.library import Library

    make_home(settings)
    with Ledger.open(settings.ledger_url) as ledger, Library.open(settings.ledger_url) as library:
        reading = Reader(indicator_catalogue, bank_registry)
        yield Ingestor(ledger, library, retrieval_engine(settings, library), reading, identity_checks, lambda: now().isoformat(timespec="seconds"))
