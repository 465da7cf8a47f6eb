"""The entity grammar: one pass over a sentence, from whole text to companies, times, indicators, levels and changes.

Order decides what wins: times, companies, indicators (owners such as 归属于本行股东的 belong to the indicator), self
references, then numbers. Each step reads the text with everything found before blotted out, so nothing overlaps. A model may
then propose names that the grammar could not know; where one is taken the numbers are read again beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.entities.indicators import find_indicators
from tools.entities.merging import POLICY, Policy, left_open, merged
from tools.entities.names import find_bare_self_references, find_companies, find_self_references
from tools.entities.numbers import Number, find_numbers
from tools.entities.spans import EntitySpan, EntityType, mask, prepare
from tools.entities.tagger import Proposer
from tools.entities.times import find_times


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found: `entities` in text order, the numbers behind its values and changes, and the text as it was read."""

    entities: tuple[EntitySpan, ...]
    numbers: tuple[Number, ...]
    plain: str


def read_entities(text: str) -> Reading:
    """The entities of a text, changes among them; offsets are those of the text as given, spans never overlap."""
    plain = prepare(text)
    return _with_numbers(plain, _names(plain))


def is_open(reading: Reading) -> bool:
    """Whether a model could add a name: a quick no for most sentences, which then need no model."""
    return left_open(mask(reading.plain, reading.entities))


def refined(reading: Reading, proposer: Proposer, policy: Policy = POLICY) -> Reading:
    """A reading with the proposals of a model that were taken; the reading itself where none was."""
    plain = reading.plain
    names = merged(plain, reading.entities, proposer.propose(plain, reading.entities), policy)
    return reading if names is None else _with_numbers(plain, names)


def _names(plain: str) -> list[EntitySpan]:
    found = find_companies(plain)
    found += find_self_references(mask(plain, found))
    found += find_times(mask(plain, found))
    found += find_indicators(mask(plain, found))
    found += find_bare_self_references(mask(plain, found))
    return found


def _with_numbers(plain: str, names: Sequence[EntitySpan]) -> Reading:
    numbers = find_numbers(mask(plain, names))
    levels = [EntitySpan(number.start, number.end, number.type) for number in numbers if number.type is not None]
    return Reading(tuple(sorted([*names, *levels])), tuple(numbers), plain)


__all__ = ["EntityType", "Reading", "is_open", "read_entities", "refined"]
