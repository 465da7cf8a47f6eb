"""What a text says, in canonical form, so that two wordings can be compared: banks, periods, indicators, values, changes, references."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from data.banks import bank_registry, fold_name
from data.errors import PeriodError, UnitError
from data.indicators import indicator_catalogue
from data.period_text import parse_period
from data.text import normalise, normalise_name
from data.units import Dimension, unit
from finetune.rows.text_keys import Facts, facts_of
from tools.financial_ner import RULES, FinancialNER

_VALUE = re.compile(r"^[^\d+-]*([-+]?[\d,]+(?:\.\d+)?)\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Meaning:
    """Bags of canonical entities by type, the changes, and the numbers and references as they stand."""

    entities: Mapping[str, Counter[str]]
    changes: Counter[str]
    facts: Facts

    def differences(self, other: Meaning) -> list[str]:
        """What the two do not have in common, by name: numbers, references, the entity types, changes; empty for the same meaning."""
        found = [] if self.facts.numbers == other.facts.numbers else ["numbers"]
        found += [] if self.facts.references == other.facts.references else ["references"]
        kinds = dict.fromkeys((*self.entities, *other.entities))
        found += [kind for kind in kinds if self.entities.get(kind, Counter()) != other.entities.get(kind, Counter())]
        return found + ([] if self.changes == other.changes else ["changes"])


def meaning_of(text: str) -> Meaning:
    """What a text says. Entities are read by the grammar alone, so that the same text is read alike on every machine."""
    ner = _ner()
    entities: dict[str, Counter[str]] = {}
    for found in ner.extract_entities(text):
        kind = str(found["type"])
        entities.setdefault(kind, Counter())[_CANONICAL.get(kind, normalise)(str(found["text"]))] += 1
    changes = Counter(f"{change['direction']} {_value(str(change['text']))}" for change in ner.extract_changes(text))
    return Meaning(entities, changes, facts_of(text))


def names_in(text: str) -> list[str]:
    """The banks and indicators of a text as it words them, each once."""
    return list(dict.fromkeys(str(found["text"]) for found in _ner().extract_entities(text) if found["type"] in ("公司", "指标")))


def differences(before: str, after: str) -> list[str]:
    """What is not the same in two wordings (see `Meaning.differences`)."""
    return meaning_of(before).differences(meaning_of(after))


@lru_cache(maxsize=1)
def _ner() -> FinancialNER:
    return FinancialNER(RULES)


def _company(text: str) -> str:
    bank = bank_registry().by_name(text)
    return bank.id if bank is not None else fold_name(text)


def _period(text: str) -> str:
    plain = normalise(text)
    try:
        return str(parse_period(plain))
    except PeriodError:
        return plain


def _indicator(text: str) -> str:
    indicator = indicator_catalogue().by_name(text)
    return indicator.id if indicator is not None else normalise_name(text)


def _value(text: str) -> str:
    """A value in the base unit of its dimension, so that 1,200万元 and 0.12亿元 are one; as typed where it cannot be read."""
    plain = normalise(text).strip()
    match = _VALUE.match(plain)
    if match is None:
        return plain
    try:
        number = Decimal(match[1].replace(",", ""))
        own = unit(match[2])
    except (InvalidOperation, UnitError):
        return plain
    scale = own.factor if own.dimension is Dimension.AMOUNT else Decimal(1)
    return f"{(number * scale).normalize():f}{'元' if own.dimension is Dimension.AMOUNT else own.symbol}"


_CANONICAL = {"公司": _company, "时间": _period, "指标": _indicator, "数值": _value}
