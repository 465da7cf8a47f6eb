"""What else a question may be looking for: the wordings of reports for the names and the everyday words in it.

Two sources: the catalogue's names of indicators, and a dictionary of what analysts say (data/catalogue/search_words.yaml). Of
names inside one another the longest counts. Each name found gives a group of wordings that mean the same; a passage needs one
of them, so that a group counts as its best wording, not as their sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from data.banks import Bank, bank_registry, stands_as_name
from data.catalogue_files import FOLDER, read_yaml_list
from data.errors import CatalogueError
from data.indicators import IndicatorCatalogue, indicator_catalogue
from data.text import normalise_name

FILE = "search_words.yaml"
WEIGHT = 0.7
_SHORTEST = 2
_MOST_WORDINGS = 12
# What asks rather than says what is asked about, and what every page of a report says.
_ASKING = re.compile(
    r"请问|请?(?:介绍|解释|说明|列出|给出|告诉我|看看|查一下|查询)一?下?|(?:是|有|到)?多少|(?:是|有)?什么(?:样|时候)?|(?:是|有)?(?:哪些|哪个|哪几个|几个)|"
    r"怎么样?|如何|是否|有没有|情况|大概|目前|一共|总共|当年|全年|报告期内?|我[们行]|该行|本行|这家银行|银行[的在]|的|了|吗|呢|么|那会儿|[?？!！。,，、;；]"
)
_LATIN = re.compile(r"[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Wordings:
    """One name found in a question and the wordings of reports for it, the commonest first. indicators: what it may mean."""

    name: str
    say: tuple[str, ...]
    slang: bool
    indicators: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Expansion:
    """A question for an index. core: what is left when asking words and bank names are taken out. banks: ids of those named."""

    query: str
    core: str
    groups: tuple[Wordings, ...] = ()
    banks: tuple[str, ...] = ()

    @property
    def terms(self) -> tuple[tuple[str, float], ...]:
        """All wordings with a weight from 0 to 1, each once."""
        found: dict[str, float] = {}
        for group in self.groups:
            found.setdefault(group.name, 1.0 if not group.slang else 0.5)
            for place, wording in enumerate(group.say):
                found.setdefault(wording, round(WEIGHT * max(0.5, 1 - 0.1 * place), 2))
        return tuple(found.items())

    @property
    def indicators(self) -> frozenset[str]:
        """Catalogue ids that the names in the question may mean."""
        return frozenset().union(*(group.indicators for group in self.groups))


class QueryExpander:
    """Expands questions by a catalogue and a dictionary."""

    def __init__(self, catalogue: IndicatorCatalogue, words: Iterable[Mapping[str, Any]], banks: Mapping[str, Bank] | None = None) -> None:
        self._catalogue = catalogue
        self._entries = tuple(words)
        self._banks = {name.lower(): bank for name, bank in (banks or {}).items()}

    def expand(self, query: str) -> Expansion:
        """The names in a question, in their order, and what reports say for them."""
        text, banks = self._without_banks(query)
        core = " ".join(_ASKING.sub(" ", text).split()) or text.strip() or query.strip()
        key = normalise_name(text)
        groups = tuple(self._names[key[start:stop]] for start, stop in _longest(key, self._names, self._longest_name))
        return Expansion(query, core, tuple(dict.fromkeys(groups)), banks)

    def _without_banks(self, query: str) -> tuple[str, tuple[str, ...]]:
        """The question with the names of banks blanked, and their ids."""
        text, found = query, dict[str, None]()
        folded = query.lower()
        for start, stop in _longest(folded, self._banks, self._longest_bank):
            if stands_as_name(query, start, stop):
                found[self._banks[folded[start:stop]].id] = None
                text = text[:start] + " " * (stop - start) + text[stop:]
        return text, tuple(found)

    @cached_property
    def _names(self) -> dict[str, Wordings]:
        names: dict[str, Wordings] = {}
        for name, indicator in self._catalogue.names().items():
            if len(name) >= _SHORTEST:
                say = tuple(dict.fromkeys((indicator.name, *indicator.aliases)))[:_MOST_WORDINGS]
                names[name] = Wordings(name, say, False, frozenset((indicator.id,)))
        for key, say in _dictionary(self._entries).items():
            known = names.get(key)
            named = {found.id for wording in say[:2] if (found := self._catalogue.by_name(wording))} if known is None else known.indicators
            say = say if known is None else tuple(dict.fromkeys((*say, *known.say[:2])))
            names[key] = Wordings(key, say, True, frozenset(named))
        return names

    @cached_property
    def _longest_name(self) -> int:
        return max(map(len, self._names), default=0)

    @cached_property
    def _longest_bank(self) -> int:
        return max(map(len, self._banks), default=0)


@lru_cache(maxsize=1)
def query_expander() -> QueryExpander:
    """The expander over the packaged catalogue, dictionary and registry."""
    return QueryExpander(indicator_catalogue(), read_words(), bank_registry().names())


def read_words(path: Path = FOLDER / FILE) -> list[dict[str, Any]]:
    """The entries of a dictionary file: mappings of `say` and `keys`, both lists of texts.

    Raises:
        CatalogueError: the file cannot be read, an entry is malformed, or a key stands in two entries.
    """
    entries = read_yaml_list(path)
    seen: dict[str, str] = {}
    for entry in entries:
        if set(entry) != {"say", "keys"} or not all(map(_texts, entry.values())):
            raise CatalogueError(f"{path.name} 的条目 {entry} 应有 say 和 keys 两个词表")
        say, keys = entry["say"], entry["keys"]
        for key in map(normalise_name, keys):
            if key in seen or len(key) < _SHORTEST:
                raise CatalogueError(f"{path.name} 中的词“{key}”太短，或出现了两次（{seen.get(key, '')}，{say[0]}）")
            seen[key] = say[0]
    return entries


def _texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) and item.strip() for item in value)


def _dictionary(entries: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    return {normalise_name(key): tuple(entry["say"]) for entry in entries for key in entry["keys"]}


def _longest(text: str, names: Mapping[str, object], longest: int) -> list[tuple[int, int]]:
    """Where names stand, from the left, the longest at each place; a latin name must be a word of its own."""
    found, start = [], 0
    while start < len(text):
        stops = range(min(start + longest, len(text)), start + _SHORTEST - 1, -1)
        stop = next((stop for stop in stops if text[start:stop] in names and not (_inside(text, start) or _inside(text, stop))), 0)
        if stop:
            found.append((start, stop))
        start = stop or start + 1
    return found


def _inside(text: str, place: int) -> bool:
    """Whether a latin word or a number runs across a place."""
    return 0 < place < len(text) and bool(_LATIN.match(text[place - 1]) and _LATIN.match(text[place]))
