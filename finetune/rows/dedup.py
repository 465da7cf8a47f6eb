"""Duplicates among rows: exact (after normalising), of one template (numbers masked), and near (MinHash, verified exactly).

Rows of one template that differ in their numbers are different exercises, however alike their texts. So near duplicates are
looked for only among texts that state the same numbers and references; that also makes 170,000 rows a matter of seconds,
because most texts meet no other with the same numbers. `same_facts=False` compares everything with everything.

MinHash: A. Broder, "On the resemblance and containment of documents", 1997; banding as in Leskovec, Rajaraman, Ullman, "Mining of
Massive Datasets", ch. 3. A candidate pair is then measured exactly, so that no pair is dropped by chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from finetune.rows.grams import grams, jaccard
from finetune.rows.record import Row
from finetune.rows.text_keys import Facts, canonical, digest, facts_of, masked, question_text, row_text

SHINGLE = 5
THRESHOLD = 0.85
_PERMUTATIONS = 64
_RECALL = 0.99
_FEW = 12
_NO_FACTS = Facts((), ())


class Pair(NamedTuple):
    """The row that stays and the one that goes."""

    kept: str
    dropped: str


def exact_duplicates(texts: Iterable[tuple[str, str]]) -> list[Pair]:
    """(kept id, dropped id) of (id, text) pairs whose canonical texts are equal; the first one stays."""
    first: dict[str, str] = {}
    return [Pair(kept, key) for key, text in texts if (kept := first.setdefault(digest(canonical(text)), key)) != key]


def template_hash(text: str) -> str:
    """The hash of a text with its numbers masked."""
    return digest(masked(text))


def near_duplicates(texts: Iterable[tuple[str, str]], *, threshold: float = THRESHOLD, same_facts: bool = True) -> list[tuple[str, str]]:
    """(kept id, dropped id) of (id, text) pairs whose character 5-grams overlap by at least `threshold` (Jaccard).

    Greedy and streaming: a text goes when it is near to one kept before it. same_facts: only texts with equal numbers and
    references can be duplicates of each other (see the module's text).
    """
    index = NearIndex(threshold=threshold, same_facts=same_facts)
    pairs: list[tuple[str, str]] = []
    for key, text in texts:
        if (near := index.find(text)) is not None:
            pairs.append((near, key))
        else:
            index.add(key, text)
    return pairs


@dataclass(slots=True)
class DedupReport:
    """What `deduplicate` found: ids that stay, pairs dropped as exact and near, ids of rows whose question has another answer
    elsewhere, and how many rows each template hash has.
    """

    kept: list[str] = field(default_factory=list)
    exact: list[Pair] = field(default_factory=list)
    near: list[Pair] = field(default_factory=list)
    conflicts: list[Pair] = field(default_factory=list)
    templates: Counter[str] = field(default_factory=Counter)

    @property
    def dropped(self) -> dict[str, int]:
        """How many rows went, by reason."""
        return {"exact_duplicate": len(self.exact), "near_duplicate": len(self.near)}


def deduplicate(rows: Iterable[Row], *, threshold: float = THRESHOLD, same_facts: bool = True) -> DedupReport:
    """Exact and near duplicates among rows, in one pass; rows are kept by id, so that the caller can stream them again.

    A conflict is a pair of kept rows that ask the same and answer differently: for a person to look at, not dropped here.
    """
    report = DedupReport()
    first: dict[str, str] = {}
    asked: dict[str, str] = {}
    index = NearIndex(threshold=threshold, same_facts=same_facts)
    for row in rows:
        text = row_text(row)
        key = digest(canonical(text))
        if key in first:
            report.exact.append(Pair(first[key], row.id))
            continue
        first[key] = row.id
        if (near := index.find(text)) is not None:
            report.near.append(Pair(near, row.id))
            continue
        index.add(row.id, text)
        report.kept.append(row.id)
        report.templates[template_hash(text)] += 1
        if (other := asked.setdefault(digest(canonical(question_text(row))), row.id)) != row.id:
            report.conflicts.append(Pair(other, row.id))
    return report


class NearIndex:
    """Texts by what they resemble. `find` before `add`: it answers for the texts added so far.

    Texts are blocked by their facts. A block of a few texts is compared text by text; a larger one through MinHash bands.
    """

    def __init__(self, *, threshold: float = THRESHOLD, same_facts: bool = True) -> None:
        self._threshold = threshold
        self._same_facts = same_facts
        self._keys: list[str] = []
        self._texts: list[str] = []
        self._blocks: dict[Facts, list[int]] = {}
        self._bands: dict[Facts, dict[bytes, list[int]]] = {}
        self._bander: _Bander | None = None
        self._last: tuple[str, Facts, str] = ("", _NO_FACTS, "")  # A text is mostly looked up and then added.

    def find(self, text: str) -> str | None:
        """The key of the nearest text at or above the threshold, the earliest of equals; None where there is none."""
        best = max(self.matches(text), key=lambda found: found[1], default=None)
        return best[0] if best else None

    def matches(self, text: str) -> Iterator[tuple[str, float]]:
        """Every (key, similarity) at or above the threshold, in the order of their adding."""
        facts, plain = self._keyed(text)
        members = self._blocks.get(facts)
        if not members:
            return
        own = grams(plain, SHINGLE)
        for at in members if len(members) <= _FEW else self._candidates(facts, plain):
            if (similarity := jaccard(own, grams(self._texts[at], SHINGLE))) >= self._threshold:
                yield self._keys[at], similarity

    def add(self, key: str, text: str) -> None:
        """Remember a text under its key."""
        facts, plain = self._keyed(text)
        self._keys.append(key)
        self._texts.append(plain)
        members = self._blocks.setdefault(facts, [])
        members.append(len(self._texts) - 1)
        if len(members) > _FEW:
            bands = self._bands.setdefault(facts, {})
            for at in members if len(members) == _FEW + 1 else members[-1:]:
                for band in self._bands_of(self._texts[at]):
                    bands.setdefault(band, []).append(at)

    def _keyed(self, text: str) -> tuple[Facts, str]:
        if self._last[0] != text or not self._last[2]:
            self._last = (text, facts_of(text) if self._same_facts else _NO_FACTS, canonical(text))
        return self._last[1], self._last[2]

    def _candidates(self, facts: Facts, plain: str) -> list[int]:
        bands = self._bands[facts]
        return sorted({at for band in self._bands_of(plain) for at in bands.get(band, ())})

    def _bands_of(self, plain: str) -> list[bytes]:
        if self._bander is None:
            self._bander = _Bander(rows_per_band(self._threshold))
        return self._bander.bands(plain)


class _Bander:
    """The MinHash bands of a text: so many rows of its signature each, with the band's number in front."""

    def __init__(self, rows: int) -> None:
        from datasketch import MinHash

        self._rows = rows
        # One sketch for all texts: making its permutations anew costs more than using them.
        self._sketch = MinHash(num_perm=_PERMUTATIONS, hashfunc=int, scheme="affine64")
        self._last: tuple[str, list[bytes]] = ("", [b""])

    def bands(self, plain: str) -> list[bytes]:
        if self._last[0] != plain:
            self._sketch.clear()
            self._sketch.update_batch(grams(plain, SHINGLE).tolist())
            values = self._sketch.hashvalues
            starts = range(0, _PERMUTATIONS - self._rows + 1, self._rows)
            self._last = (plain, [bytes([number]) + values[start : start + self._rows].tobytes() for number, start in enumerate(starts)])
        return self._last[1]


def rows_per_band(threshold: float, permutations: int = _PERMUTATIONS) -> int:
    """The most rows a band may have so that a pair right at the threshold is found with probability 0.99 or more."""
    rows = 1
    while (rows + 1) <= permutations and 1 - (1 - threshold ** (rows + 1)) ** (permutations // (rows + 1)) >= _RECALL:
        rows += 1
    return rows
