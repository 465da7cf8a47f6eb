"""What a run is given: stores, models, clock and limits, in one frozen context. Nodes reach for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING

from agents.understanding.grammar import Understanding
from agents.understanding.horizon import Horizon
from data.banks import BankRegistry
from data.indicators import IndicatorCatalogue
from data.ports import FigureStore, Searcher
from tools.row_index import RowIndex

if TYPE_CHECKING:
    from agents.llm.service import LLMService
    from tools.name_scanner import NameScanner


@dataclass(frozen=True)
class Limits:
    """Bounds of one run: model calls, tokens and seconds of the open-question loop; revisions of a draft."""

    tool_calls: int = 12
    tokens: int = 20_000
    seconds: float = 60.0
    revisions: int = 1
    passages: int = 4


@dataclass(frozen=True)
class Context:
    """One run's dependencies. `private`: the collections hold internal documents, so only local models may see them.

    rows: the rows of the collections' documents; `catalogue` then knows them as indicators too.
    """

    store: FigureStore
    searcher: Searcher
    understanding: Understanding
    scanner: NameScanner
    banks: BankRegistry
    catalogue: IndicatorCatalogue
    models: LLMService
    clock: Callable[[], datetime]
    collections: tuple[str, ...] = ()
    private: bool = False
    rows: RowIndex | None = None
    limits: Limits = field(default_factory=Limits)
    started: float = field(default_factory=perf_counter)

    @property
    def horizon(self) -> Horizon:
        """The ledger as this run sees it."""
        return Horizon(self.store, self.collections, self.rows)

    @cached_property
    def has_model(self) -> bool:
        """Whether any language model is configured at all."""
        return any(status.role != "template" for status in self.models.status())

    def elapsed_ms(self) -> int:
        """Milliseconds since the run began."""
        return round((perf_counter() - self.started) * 1000)
