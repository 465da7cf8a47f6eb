"""The words of deep tables: what analysts say for what reports print, and words that tell no row from another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

from data.catalogue_files import FOLDER, read_yaml_list
from data.errors import CatalogueError
from data.text import normalise


@dataclass(frozen=True)
class RowWords:
    """Canonical forms of row words (`same`), and the words that say nothing about which row is meant (`plain`, `generic`).

    particles: single characters that may stay uncovered, though they are part of many words too. loud: words that narrow what a row
    says (逾期, 平均), so that it answers only a question that says them too.
    """

    same: Mapping[str, str]
    plain: frozenset[str]
    particles: frozenset[str]
    loud: tuple[str, ...]
    generic: frozenset[str]
    _pattern: re.Pattern[str]
    _plain: re.Pattern[str]

    @classmethod
    def build(
        cls, groups: Iterable[Iterable[str]], plain: Iterable[str], particles: Iterable[str], loud: Iterable[str], generic: Iterable[str]
    ) -> RowWords:
        """Word tables from groups of words that name one thing, the report's usual word first.

        Raises:
            CatalogueError: a word stands in two groups.
        """
        same: dict[str, str] = {}
        for first, *others in (list(group) for group in groups):
            for word in (first, *others):
                if same.setdefault(normalise(word).lower(), first) != first:
                    raise CatalogueError(f"row_words.yaml：“{word}”出现在两组里")
        plain = frozenset(plain)
        return cls(same, plain, frozenset(particles), tuple(loud), frozenset(generic), _any_of(same), _any_of(plain))

    @classmethod
    def load(cls, folder: Path = FOLDER) -> RowWords:
        """The words of a catalogue folder (row_words.yaml)."""
        read = read_yaml_list(folder / "row_words.yaml")
        listed = {key: [entry[key] for entry in read if key in entry] for key in ("same", "plain", "particles", "loud", "generic")}
        return cls.build(listed["same"], *(chain(*listed[key]) for key in ("plain", "particles", "loud", "generic")))

    def canonical(self, text: str) -> str:
        """A text in compatible forms and lower case, every known word in its report form, without blanks."""
        packed = "".join(normalise(text).lower().split())
        return self._pattern.sub(lambda match: self.same[match[0]], packed)

    def core(self, text: str) -> str:
        """A canonical text without the words that tell no row from another; the text itself where nothing would remain."""
        return self._plain.sub("", text)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))


@lru_cache(maxsize=1)
def row_words() -> RowWords:
    """The packaged word tables, read once."""
    return RowWords.load()
