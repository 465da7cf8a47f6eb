"""Every bank, indicator and metric name in a text, longest first: what question understanding and the auditor share.

Names are compared folded (compatible forms, simplified characters, lower case, blanks ignored), offsets are those of
the text as given. Where two names begin at one place the longer wins; the text is read left to right and no two spans
overlap. Latin names need word bounds, so that ROA is not found in "road"; digits may touch (2023ROA).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from data.banks import BankRegistry, bank_registry, stands_as_name
from data.indicators import IndicatorCatalogue, indicator_catalogue
from tools.traditional import fold, lower, simplify
from tools.word_index import WordIndex, cuts_a_word


class NameKind(StrEnum):
    """What a name stands for."""

    BANK = "bank"
    BANK_GROUP = "bank_group"
    INDICATOR = "indicator"
    NOT_APPLICABLE = "not_applicable"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class NameSpan:
    """One name at text[start:end]. `ref`: a bank's or indicator's id, else the catalogue's own word for the entry."""

    start: int
    end: int
    kind: NameKind
    ref: str


class NameScanner:
    """A longest-match scanner over the names of a bank registry and an indicator catalogue; immutable."""

    def __init__(self, banks: BankRegistry, catalogue: IndicatorCatalogue) -> None:
        entries = list(_names(banks, catalogue))
        # The names come in compatible forms already. Folded in one piece, a line a name: no fold makes one character two.
        folded = lower(simplify("\n".join(name for name, _, _ in entries))).split("\n")
        table: dict[str, tuple[NameKind, str]] = {}
        for key, (_, kind, ref) in zip(folded, entries, strict=True):
            table.setdefault("".join(key.split()), (kind, ref))
        self._index = WordIndex(table)

    def scan(self, text: str) -> list[NameSpan]:
        """Every name in the text, left to right, none overlapping, longest first where two begin together."""
        folded = fold(text)
        places = [index for index, char in enumerate(folded) if not char.isspace()]
        packed = lower("".join(folded[index] for index in places))
        found, at = list[NameSpan](), 0
        while at < len(packed):
            span = self._at(text, folded, packed, places, at)
            if span is None:
                at += 1
                continue
            found.append(span)
            while at < len(packed) and places[at] < span.end:
                at += 1
        return found

    def _at(self, text: str, folded: str, packed: str, places: list[int], at: int) -> NameSpan | None:
        """The longest name that begins at packed[at] and stands there as a word of its own."""
        for stop, (kind, ref) in self._index.at(packed, at):
            start, end = places[at], places[stop - 1] + 1
            if not cuts_a_word(folded, start, end) and (kind is not NameKind.BANK or stands_as_name(text, start, end)):
                return NameSpan(start, end, kind, ref)
        return None


def _names(banks: BankRegistry, catalogue: IndicatorCatalogue) -> Iterator[tuple[str, NameKind, str]]:
    """Every name with what it stands for; where two entries share a name the first one given here keeps it."""
    yield from ((name, NameKind.BANK, bank.id) for name, bank in banks.names().items())
    yield from ((name, NameKind.INDICATOR, entry.id) for name, entry in catalogue.names().items())
    yield from ((name, NameKind.NOT_APPLICABLE, entry.name) for name, entry in catalogue.not_applicable.items())
    yield from ((name, NameKind.AMBIGUOUS, entry.word) for name, entry in catalogue.ambiguous.items())
    yield from ((name, NameKind.BANK_GROUP, name) for name in banks.groups())


@lru_cache(maxsize=1)
def name_scanner() -> NameScanner:
    """The scanner over the packaged registry and catalogue, built once."""
    return NameScanner(bank_registry(), indicator_catalogue())


def find_names(text: str) -> list[NameSpan]:
    """Every name in a text, by the packaged scanner."""
    return name_scanner().scan(text)
