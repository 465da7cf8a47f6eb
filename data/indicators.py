"""The indicator catalogue: what a bank's report can state, what analysts call it, and how it may be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from data.catalogue_files import FOLDER, read_yaml_list
from data.errors import CatalogueError, UnitError
from data.text import normalise_name
from data.units import Unit, parse_decimal, unit


class Kind(StrEnum):
    """时点, 期间 or a ratio (%, 倍, per share)."""

    STOCK = "stock"
    FLOW = "flow"
    RATIO = "ratio"


class Direction(StrEnum):
    """What is better for the bank."""

    HIGHER = "higher"
    LOWER = "lower"
    NEUTRAL = "neutral"


@dataclass(frozen=True)
class RegulatoryLine:
    """A regulatory minimum or maximum, in the indicator's unit, with the regulation's name and year."""

    minimum: Decimal | None
    maximum: Decimal | None
    source: str
    note: str = ""


@dataclass(frozen=True)
class Indicator:
    """One indicator. `point`: read at a date rather than over a period. `low`/`high`: plausible range in `unit`."""

    id: str
    name: str
    aliases: tuple[str, ...]
    english: tuple[str, ...]
    kind: Kind
    point: bool
    unit: Unit
    category: str
    direction: Direction
    low: Decimal | None
    high: Decimal | None
    caliber: str
    formula: str | None
    parents: tuple[str, ...]
    line: RegulatoryLine | None

    def plausible(self, value: Decimal) -> bool:
        """Whether a value in the indicator's unit lies inside the plausible range."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True)
class AmbiguousWord:
    """A word that names no single indicator, the short question to ask, and what it may mean."""

    word: str
    question: str
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class NotApplicable:
    """A ratio of industrial companies that says nothing about a bank, why, and what to read instead."""

    name: str
    aliases: tuple[str, ...]
    reason: str
    instead: tuple[str, ...]


class IndicatorCatalogue:
    """All indicators by id and by any name; plus the ambiguous words and the metrics that do not apply to banks."""

    def __init__(self, indicators: list[Indicator], ambiguous: list[AmbiguousWord], foreign: list[NotApplicable]) -> None:
        self._by_id = {indicator.id: indicator for indicator in indicators}
        self._names = _index(indicators)
        self.ambiguous: Mapping[str, AmbiguousWord] = {normalise_name(entry.word): entry for entry in ambiguous}
        self.not_applicable: Mapping[str, NotApplicable] = {
            normalise_name(name): entry for entry in foreign for name in (entry.name, *entry.aliases)
        }

    def __iter__(self) -> Iterator[Indicator]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, indicator_id: str) -> bool:
        return indicator_id in self._by_id

    def get(self, indicator_id: str) -> Indicator:
        """The indicator of an id; raises CatalogueError for an unknown one."""
        try:
            return self._by_id[indicator_id]
        except KeyError:
            raise CatalogueError(f"目录中没有指标 {indicator_id}") from None

    def by_name(self, text: str) -> Indicator | None:
        """The indicator that a name, alias, English name or id names exactly, or None."""
        return self._names.get(normalise_name(text)) or self._by_id.get(text)

    def names(self) -> Mapping[str, Indicator]:
        """Every normalised name → its indicator (for a longest-match scanner)."""
        return self._names

    def extended(self, extra: Iterable[Indicator]) -> IndicatorCatalogue:
        """This catalogue with further indicators by id (rows of a document); their names stay out of the scanner's reach."""
        wider = copy(self)
        wider._by_id = {**self._by_id, **{indicator.id: indicator for indicator in extra}}
        return wider

    @classmethod
    def load(cls, folder: Path = FOLDER) -> IndicatorCatalogue:
        """The catalogue of a folder (indicators/*.yaml, ambiguous.yaml, not_applicable.yaml).

        Raises:
            CatalogueError: an entry is malformed, a name is used twice, or a reference leads nowhere.
        """
        indicators = [_indicator(entry, path.name) for path in sorted((folder / "indicators").glob("*.yaml")) for entry in read_yaml_list(path)]
        ambiguous = [_ambiguous(entry) for entry in read_yaml_list(folder / "ambiguous.yaml")]
        foreign = [_not_applicable(entry) for entry in read_yaml_list(folder / "not_applicable.yaml")]
        catalogue = cls(indicators, ambiguous, foreign)
        _check_references(catalogue, indicators, ambiguous, foreign)
        return catalogue


@lru_cache(maxsize=1)
def indicator_catalogue() -> IndicatorCatalogue:
    """The packaged catalogue, read once."""
    return IndicatorCatalogue.load()


def _indicator(entry: Mapping[str, Any], file: str) -> Indicator:
    try:
        low, high = (None if bound is None else parse_decimal(str(bound)) for bound in entry.get("range") or (None, None))
        return Indicator(
            id=entry["id"], name=entry["name"], aliases=tuple(entry.get("aliases") or ()), english=tuple(entry.get("english") or ()),
            kind=Kind(entry["kind"]), point=entry["basis"] == "point", unit=unit(entry["unit"]), category=entry["category"],
            direction=Direction(entry.get("direction", "neutral")), low=low, high=high, caliber=str(entry["caliber"]).strip(),
            formula=entry.get("formula"), parents=tuple(entry.get("parents") or ()), line=_line(entry.get("line")),
        )
    except (KeyError, ValueError, TypeError, UnitError) as error:
        raise CatalogueError(f"{file} 的条目 {entry.get('id', '?')} 有误：{error}") from error


def _ambiguous(entry: Mapping[str, Any]) -> AmbiguousWord:
    try:
        return AmbiguousWord(entry["word"], entry["question"], tuple(entry.get("candidates") or ()))
    except KeyError as error:
        raise CatalogueError(f"ambiguous.yaml 的条目 {entry.get('word', '?')} 缺少 {error}") from error


def _not_applicable(entry: Mapping[str, Any]) -> NotApplicable:
    try:
        return NotApplicable(entry["name"], tuple(entry.get("aliases") or ()), entry["reason"], tuple(entry.get("instead") or ()))
    except KeyError as error:
        raise CatalogueError(f"not_applicable.yaml 的条目 {entry.get('name', '?')} 缺少 {error}") from error


def _line(entry: Mapping[str, Any] | None) -> RegulatoryLine | None:
    if not entry:
        return None
    bounds = [None if entry.get(key) is None else parse_decimal(str(entry[key])) for key in ("min", "max")]
    return RegulatoryLine(bounds[0], bounds[1], entry["source"], entry.get("note", ""))


def _index(indicators: list[Indicator]) -> dict[str, Indicator]:
    names: dict[str, Indicator] = {}
    for indicator in indicators:
        for name in (indicator.name, *indicator.aliases, *indicator.english):
            other = names.setdefault(normalise_name(name), indicator)
            if other is not indicator:
                raise CatalogueError(f"名称“{name}”同时属于 {other.id} 与 {indicator.id}")
    return names


def _check_references(
    catalogue: IndicatorCatalogue, indicators: list[Indicator], ambiguous: list[AmbiguousWord], foreign: list[NotApplicable]
) -> None:
    wanted = [(i.id, p) for i in indicators for p in i.parents] + [(a.word, c) for a in ambiguous for c in a.candidates]
    wanted += [(n.name, i) for n in foreign for i in n.instead]
    for owner, target in wanted:
        if target not in catalogue:
            raise CatalogueError(f"{owner} 引用了不存在的指标 {target}")
