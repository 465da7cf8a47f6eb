"""Search in the bundled knowledge: entries that the question names come first, then what BM25 finds.

A question names an entry when it contains its title or an alias; of names inside one another the longest counts, so that
净息差和净利差有什么区别 names the entry on the two, not the two. An entry of which one name holds everything named stands
before the named ones where the question sets things side by side (拨贷比、拨备覆盖率 → 混用), and a regulation does where it
asks for a requirement (资本充足率最低要达到多少). Within each rank BM25 decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256

from data.knowledge_base import KnowledgeEntry, KnowledgeKind, knowledge_entries
from data.ports import ANY_DOCUMENT, Passage, PassageFilter
from data.text import normalise_name
from retrieval.search.lexical import LexicalIndex

COLLECTION = "knowledge"
_TITLE_WEIGHT, _ALIAS_WEIGHT = 3, 2
# What asks rather than says what is asked about; single characters of it would match everywhere.
_ASKING = re.compile(
    r"请问|请?(?:介绍|解释|说明)一下|什么是|(?:是|叫)?什么(?:意思)?|是指|怎么(?:样|做|算|看|计算|理解)?|如何(?:做|算|看待?|计算|理解)?|"
    r"为什么|有(?:哪些|何|没有)|(?:是|有)?多少|吗|呢|[?？!！。,，]"
)
_REQUIREMENT = re.compile("监管|要求|标准|红线|最低|最高|下限|上限|达标|不低于|不高于|规定")
_AND = re.compile(r"[与及跟、]")
_WORD_CHAR = re.compile(r"[a-z0-9]")


class KnowledgeSearch:
    """Ranked knowledge entries (see data.ports.Searcher). The index is built at the first search, and kept."""

    def __init__(self, entries: Sequence[KnowledgeEntry] | None = None) -> None:
        self._given = entries

    def search(
        self, query: str, top_k: int = 5, collections: Sequence[str] = (), *, rerank: bool = True, filters: PassageFilter = ANY_DOCUMENT
    ) -> list[Passage]:
        """The best entries, best first; none when `collections` names others only, or nothing in the query matches.

        Entries are of no bank and no document, and their order is final: `rerank` and `filters` change nothing.
        """
        if top_k < 1 or (collections and COLLECTION not in collections):
            return []
        topic = _topic(query)
        scores = self._index.scores(topic)
        ranks = self._ranks(topic)
        # A rank outweighs any score, so that scores fall in the order given.
        step = max(scores, default=0.0) + 1
        final = {position: score for position, score in enumerate(scores) if score > 0}
        final |= {position: scores[position] + rank * step for position, rank in ranks.items()}
        best = sorted(final, key=lambda position: (-final[position], position))
        return [_passage(self._entries[position], final[position]) for position in best[:top_k]]

    def collections(self) -> list[str]:
        """None: the knowledge is no document."""
        return []

    def version(self) -> str:
        """A hash of the entries."""
        return self._version

    @cached_property
    def _version(self) -> str:
        return sha256(repr(self._entries).encode()).hexdigest()[:16]

    @cached_property
    def _entries(self) -> tuple[KnowledgeEntry, ...]:
        return knowledge_entries() if self._given is None else tuple(self._given)

    @cached_property
    def _index(self) -> LexicalIndex:
        return LexicalIndex([_text(entry) for entry in self._entries])

    @cached_property
    def _names(self) -> dict[str, int]:
        return {_key(_topic(name)): position for position, entry in enumerate(self._entries) for name in entry.names}

    @cached_property
    def _lengths(self) -> list[int]:
        return sorted({len(name) for name in self._names}, reverse=True)

    def _ranks(self, topic: str) -> dict[int, int]:
        """Positions of the entries to lift: 1 for a named one, 2 for one that is about all that is named or that is the topic."""
        key = _key(topic)
        if key in self._names:
            return {self._names[key]: 2}
        named = self._named(key)
        ranks = {self._names[name]: 1 for name in named}
        regulation = bool(_REQUIREMENT.search(topic))
        if regulation or len(ranks) > 1:
            for position in {self._names[name] for name in self._names if named and all(part in name for part in named)}:
                if self._entries[position].kind is KnowledgeKind.REGULATION if regulation else position not in ranks:
                    ranks[position] = 2
        return ranks

    def _named(self, key: str) -> set[str]:
        """The names in a question, the longest at each place."""
        found: set[str] = set()
        start = 0
        while start < len(key):
            stop = next((start + length for length in self._lengths if self._names_at(key, start, start + length)), 0)
            if stop:
                found.add(key[start:stop])
            start = stop or start + 1
        return found

    def _names_at(self, key: str, start: int, stop: int) -> bool:
        """Whether a name of at least two characters stands there; latin ones must be whole words."""
        if stop - start < 2 or stop > len(key) or key[start:stop] not in self._names:
            return False
        return not (_joined(key, start) or _joined(key, stop))


def _joined(key: str, place: int) -> bool:
    """Whether a latin word runs across a place."""
    return 0 < place < len(key) and bool(_WORD_CHAR.match(key[place - 1]) and _WORD_CHAR.match(key[place]))


def _topic(query: str) -> str:
    return _ASKING.sub(" ", query)


def _key(name: str) -> str:
    return _AND.sub("和", normalise_name(name))


def _text(entry: KnowledgeEntry) -> str:
    """What is indexed of an entry: names count several times what the body does."""
    return "；".join([entry.title] * _TITLE_WEIGHT + list(entry.aliases) * _ALIAS_WEIGHT + [entry.formula or "", entry.body])


def _passage(entry: KnowledgeEntry, score: float) -> Passage:
    text = f"{entry.body}\n\n公式：{entry.formula}" if entry.formula else entry.body
    return Passage(
        id=entry.id, title=entry.title, text=text, document=f"知识库 {entry.file}", page=None, score=score, source=entry.source,
        kind=entry.kind.value, indicators=entry.indicators,
    )
