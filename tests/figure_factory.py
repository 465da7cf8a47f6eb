"""Figures for tests, with as little writing as possible."""

from __future__ import annotations

from data.figures import Figure, Gaap, Scope
from data.periods import Period
from data.units import Quantity


def figure(
    value: str | int, unit: str = "百万元", *, id: str = "f1", indicator: str = "净利润", indicator_id: str = "net_profit", period: str = "2023",
    entity: str = "招商银行", scope: Scope = Scope.GROUP, gaap: Gaap = Gaap.PRC, point: bool = False, audited: bool = True, restated: bool = False,
) -> Figure:
    """A reported figure of 招商银行 2023, unless told otherwise."""
    return Figure(
        entity=entity, entity_id=entity, indicator=indicator, indicator_id=indicator_id, period=Period.parse(period),
        quantity=Quantity.of(value, unit),
        scope=scope, gaap=gaap, point=point, audited=audited, restated=restated, id=id,
    )
