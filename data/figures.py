"""A figure: entity × scope × indicator × period → value + unit + evidence. The only thing an answer may take a number from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from data.evidence import Evidence
from data.periods import Period
from data.units import Quantity


class Scope(StrEnum):
    """口径: whose books."""

    GROUP = "集团"
    BANK = "本行"
    INDUSTRY = "行业"


class FigureKind(StrEnum):
    """How a figure came to be."""

    REPORTED = "reported"
    COMPUTED = "computed"
    CHANGE = "change"


class Gaap(StrEnum):
    """会计准则."""

    PRC = "中国准则"
    IFRS = "IFRS"
    REGULATORY = "监管口径"


@dataclass(frozen=True)
class Figure:
    """One figure.

    entity: display name of the bank (or the industry). entity_id: id in the bank registry, "" outside it. indicator: display
    name, indicator_id: id in the catalogue, "" for a row the catalogue does not know. id: f1, f2 … inside one fact sheet, ""
    in the ledger. inputs: ids of the figures it was computed from. formula: named formula with its definition. rank: 0 is
    the best source. note: what a reader must know (口径, rounding). period_to: for a change, the base period compared with.
    """

    entity: str
    entity_id: str
    indicator: str
    indicator_id: str
    period: Period
    quantity: Quantity
    scope: Scope = Scope.GROUP
    kind: FigureKind = FigureKind.REPORTED
    gaap: Gaap = Gaap.PRC
    point: bool = False
    audited: bool = True
    restated: bool = False
    rank: int = 0
    note: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    id: str = ""
    formula: str | None = None
    inputs: list[str] = field(default_factory=list)
    operation: str = ""
    base_period: Period | None = None
    counterpart: str = ""
    collection: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the figure is of: entity, indicator, period, scope."""
        return self.entity_id or self.entity, self.indicator_id or self.indicator, str(self.period), self.scope.value

    @property
    def period_label(self) -> str:
        """The period as a report words it."""
        return self.period.label(point=self.point)

    @property
    def span(self) -> str:
        """The period in canonical form; first and last year of a rate over several years (2021-2023)."""
        return f"{self.base_period}-{self.period}" if self.operation == "cagr" and self.base_period else str(self.period)

    def numbered(self, figure_id: str) -> Figure:
        """The same figure under an id of a fact sheet."""
        return replace(self, id=figure_id)

    def to_dict(self) -> dict[str, object]:
        """The shape of the command-line contract; the value is plain decimal text."""
        return {
            "id": self.id, "entity": self.entity, "indicator": self.indicator, "period": self.span, "scope": self.scope.value,
            "value": plain(self.quantity), "unit": self.quantity.unit.symbol, "kind": self.kind.value, "formula": self.formula,
            "inputs": list(self.inputs), "evidence": [item.to_dict() for item in self.evidence], "operation": self.operation or None,
            "base_period": str(self.base_period) if self.base_period else None, "gaap": self.gaap.value, "audited": self.audited,
            "restated": self.restated, "note": self.note,
        }


def plain(quantity: Quantity) -> str:
    """Decimal text without an exponent; ratios in % and 个百分点 keep at least two places, as reports print them.

    Long quotients are cut at six places here; the ledger and the calculator keep the full value.
    """
    value = quantity.value
    exponent = value.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    least = 2 if quantity.unit.symbol in ("%", "个百分点") else 0
    return f"{value:.{max(least, min(places, 6))}f}"
