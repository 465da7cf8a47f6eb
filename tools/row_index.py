"""Which row of a document a question means, when the catalogue has no name for it: by covering every word of the question.

A row answers only if all that the question says about its subject is found in the row's label, its parents, its table's title or
its measure: a word left over may narrow the subject (广东省分行的不良率), and the figure of the whole is never given for a part. The
other way round the label's own words must be in the question, or the row would say more than was asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from data.ports import RowRecord
from data.row_words import RowWords, row_words
from data.units import Dimension, unit

ROW_PREFIX = "row:"
SEPARATOR = " > "
_MARKS = re.compile(r"[（(\[【][^（）()\[\]【】]*[）)\]】]|[\s:：、，,。的·\-—－_/／“”\"'《》]")
_NUMBERING = re.compile(r"^(?:其中[:：]?|减[:：]|加[:：]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[)）]|\d{1,2}[.、])+")
_CHANGE = re.compile(r"·(?:较上年末?|同比|较年初)(?:变动|增长|增减|增速)?$")
_SHORTLIST = 400


@dataclass(frozen=True, slots=True)
class RowMatch:
    """A row with how well it fits. covered: share of the question's subject found in it; label: share of its own label asked for.

    unasked: how many words that narrow the row (逾期, 平均) the question does not say. measured: share of the column's own name that
    it says (·账面价值). spare: share of its full name that the question says.
    """

    record: RowRecord
    covered: float
    label: float
    context: float
    unasked: int = 0
    measured: float = 1.0
    spare: float = 1.0

    @property
    def named(self) -> bool:
        """Whether the catalogue knows what the row is."""
        return not self.record.indicator_id.startswith(ROW_PREFIX)

    @property
    def score(self) -> float:
        """One number to sort by: the question's words first, then the row's own, then its surroundings and its source."""
        return 4 * self.covered + 2 * self.label + self.context - 0.5 * self.unasked - 0.05 * self.record.rank + 0.3 * self.named


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row's words in canonical form."""

    record: RowRecord
    leaf: str
    parents: str
    around: str
    measure: str
    named: str
    everything: str
    readings: tuple[str, ...]


class RowIndex:
    """Rows of some collections, ready to be matched; immutable. names: what the catalogue calls an indicator, all its aliases."""

    def __init__(self, records: Sequence[RowRecord], names: Callable[[str], Sequence[str]] | None = None, words: RowWords | None = None) -> None:
        self._records = tuple(records)
        self._names = names or (lambda _: ())
        self._words = words or row_words()

    def __len__(self) -> int:
        return len(self._records)

    @property
    def records(self) -> tuple[RowRecord, ...]:
        """Every row, by page."""
        return self._records

    @property
    def words(self) -> RowWords:
        """The word tables that rows are matched with."""
        return self._words

    @cached_property
    def _entries(self) -> list[_Entry]:
        return [_entry(record, self._words, self._names) for record in self._records]

    def match(self, subject: Sequence[str], *, dimension: Dimension | None = None, limit: int = 8) -> list[RowMatch]:
        """Rows whose words cover the subject (the question's words about what is asked), best first; only those of a dimension, if given."""
        asked = self._asked(subject)
        if not asked:
            return []
        near = [entry for entry in self._shortlist(asked) if dimension in (None, unit(entry.record.unit).dimension)]
        return _best([self._judged(entry, asked) for entry in near], limit)

    def siblings(self, indicator_id: str, subject: Sequence[str], *, limit: int = 8) -> list[RowMatch]:
        """Rows that stand in a table with this indicator's row, under the same measure, and whose label the subject names."""
        asked = self._asked(subject)
        own = [entry for entry in self._entries if entry.record.indicator_id == indicator_id and entry.record.table]
        tables = {(entry.record.table, entry.measure) for entry in own}
        if not asked or not tables:
            return []
        near = [entry for entry in self._entries if (entry.record.table, entry.measure) in tables and entry.record.indicator_id != indicator_id]
        return _best([self._judged(entry, asked) for entry in near], limit)

    def together(self, one: str, other: str) -> bool:
        """Whether two indicators have rows in one table, or sentences under one heading."""
        tables = [{record.table for record in self._records if record.indicator_id == name} for name in (one, other)]
        return bool(tables[0] & tables[1])

    def labels(self, indicator_id: str) -> list[str]:
        """The leaf labels under which an indicator's figures stand, as printed, each once."""
        return list(dict.fromkeys(leaf_of(record.row) for record in self._records if record.indicator_id == indicator_id and record.row))

    def called(self, name: str) -> list[str]:
        """Ids of the rows that a name means and nothing else: all its words in the row, all the row's label in the name."""
        exact = [match for match in self.match([name]) if match.covered >= 1 and match.label >= 1 and match.measured >= 1 and not match.unasked]
        return list(dict.fromkeys(match.record.indicator_id for match in exact))

    def share_of(self, indicator_id: str) -> list[str]:
        """Ids of the shares (占比) that a report prints in the same row as an indicator's amount."""
        places = {(record.table, record.row, record.page) for record in self._records if record.indicator_id == indicator_id and record.table}
        beside = [record for record in self._records if (record.table, record.row, record.page) in places and record.indicator.endswith("占比")]
        return list(dict.fromkeys(record.indicator_id for record in beside if record.indicator_id != indicator_id))

    def changes_of(self, names: Sequence[str]) -> list[str]:
        """Ids of the rows in which a report prints the change of something on the year before (绿色贷款余额·较上年末变动)."""
        wanted = {self._words.core(self._words.canonical(name)) for name in names}
        found = [record for record in self._records if _CHANGE.search(record.indicator)]
        return list(dict.fromkeys(r.indicator_id for r in found if self._words.core(self._words.canonical(_CHANGE.sub("", r.indicator))) in wanted))

    def tables(self, subject: Sequence[str]) -> list[list[RowRecord]]:
        """Tables whose title covers the subject, those with the least besides first: their rows, each page's apart, in order."""
        asked = self._asked(subject)
        groups: dict[tuple[str, int], list[_Entry]] = {}
        for entry in self._entries:
            if entry.record.table:
                groups.setdefault((entry.record.table, entry.record.page), []).append(entry)
        total = sum(_weight(text, self._words.particles) for text in asked) or 1
        scored = []
        for place, entries in enumerate(groups.values()):
            title = entries[0].around
            if asked and sum(covered_chars(text, title, self._words.particles) for text in asked) >= total:
                unasked = sum(word in title and not any(word in text for text in asked) for word in self._words.loud)
                scored.append((unasked, len(title), place, [entry.record for entry in entries]))
        return [records for *_, records in sorted(scored, key=lambda item: item[:3])]

    def _asked(self, subject: Sequence[str]) -> list[str]:
        """What tells one row from another in the words of a question, in canonical form."""
        return [core for text in subject if (core := self._words.core(self._words.canonical(_MARKS.sub("", text))))]

    def _shortlist(self, asked: Sequence[str]) -> list[_Entry]:
        """The entries that share most pairs of characters with the question."""
        pairs = {text[at : at + 2] for text in asked for at in range(max(1, len(text) - 1))}
        counted = [(sum(pair in entry.everything for pair in pairs), -place) for place, entry in enumerate(self._entries)]
        best = sorted(counted, reverse=True)[:_SHORTLIST]
        return [self._entries[-place] for hits, place in best if hits]

    def _judged(self, entry: _Entry, asked: Sequence[str]) -> RowMatch:
        particles = self._words.particles
        total = sum(_weight(text, particles) for text in asked) or 1
        said = "\0".join(asked)
        covered = max(sum(covered_chars(text, said_of, particles) for text in asked) for said_of in entry.readings) / total
        own = entry.leaf if entry.leaf not in self._words.generic or not entry.parents else entry.parents
        label = covered_chars(own, said, particles) / (_weight(own, particles) or 1)
        measure = covered_chars(entry.measure, said, particles) / _weight(entry.measure, particles) if _weight(entry.measure, particles) else 1.0
        rest = entry.parents + entry.around
        context = covered_chars(rest, said, particles) / (_weight(rest, particles) or 1)
        # The catalogue's name for a row has been read with the table's title; of another row the title says what it is.
        own_words = entry.everything if entry.record.indicator_id.startswith(ROW_PREFIX) else entry.leaf
        unasked = sum(word in own_words and word not in said for word in self._words.loud)
        # Of rows alike, the one whose name says most of the question and least besides: 个人活期存款, not 活期存款.
        named = sum(covered_chars(text, entry.named, particles) for text in asked) / total
        spare = covered_chars(entry.named, said, particles) / (_weight(entry.named, particles) or 1)
        return RowMatch(entry.record, covered, label, context / 2 + measure + 2 * named + spare, unasked, measure, spare)


def leaf_of(path: str) -> str:
    """The last label of a row path, without numbering and marks."""
    return _NUMBERING.sub("", path.rsplit(SEPARATOR, 1)[-1]).strip()


def covered_chars(text: str, source: str, particles: frozenset[str]) -> int:
    """How many characters of a text lie in pieces of two or more that the source holds; a text of one counts by itself.

    Particles that no piece covers do not count (see `_weight`).
    """
    covered, at = 0, 0
    while at < len(text):
        size = 0
        while at + size < len(text) and text[at : at + size + 1] in source:
            size += 1
        if size >= 2 or (size == 1 and len(text) == 1):
            covered += _weight(text[at : at + size], particles)
            at += size
        else:
            at += 1
    return covered


def _weight(text: str, particles: frozenset[str]) -> int:
    return sum(char not in particles for char in text)


def _entry(record: RowRecord, words: RowWords, names: Callable[[str], Sequence[str]]) -> _Entry:
    *parents, leaf = [words.canonical(_MARKS.sub("", _NUMBERING.sub("", label))) for label in (record.row or record.indicator).split(SEPARATOR)]
    name, measure = record.indicator, ""
    if record.indicator_id.startswith(ROW_PREFIX):
        # topic：parent·leaf·measure: what follows the row's own path is the measure.
        pieces = record.indicator.split("·")
        depth = min(len(parents) + 1, len(pieces))
        name, measure = "·".join(pieces[:depth]), "·".join(pieces[depth:])
    around = words.canonical(_MARKS.sub("", record.table))
    named, measured = words.canonical(_MARKS.sub("", name)), words.canonical(_MARKS.sub("", measure))
    above = "".join(parents)
    # What the catalogue calls a row is the whole of what it is; the title over it may speak of its neighbours too (贷款及不良贷款).
    told = [words.canonical(_MARKS.sub("", name)) for name in names(record.indicator_id)] if not measure else []
    own = "\0".join((leaf, above, named, measured))
    everything = "\0".join((own, *(told or [around])))
    # One name at a time: what two aliases say together, neither says.
    readings = tuple(dict.fromkeys(f"{own}\0{name}" for name in told)) or (everything,)
    return _Entry(record, words.core(leaf) or leaf, above, around, words.core(measured), words.core(named), everything, readings)


def _best(matches: Sequence[RowMatch], limit: int) -> list[RowMatch]:
    return sorted(matches, key=lambda match: -match.score)[:limit]
