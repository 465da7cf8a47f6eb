"""FinancialNER as a spaCy pipeline: blank("zh") with one token a character, then grammar, tagger and facts as components.

The components write what `FinancialNER` gives, so that both forms agree: `doc.ents` (the four types), `doc.spans["changes"]`,
`doc.spans["grammar"]` (before the tagger) and `doc._.facts`. spaCy is imported when a pipeline is made, never before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tools.entities.facts import read_facts
from tools.entities.grammar import Reading, read_entities
from tools.entities.spans import EntityType

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

GRAMMAR, TAGGER, FACTS = "caizhi_grammar", "caizhi_tagger", "caizhi_facts"
_READING = "caizhi_reading"


def entity_pipeline(refine: Callable[[Reading], Reading]) -> Language:
    """A pipeline of three components; `refine` is what the tagger makes of the grammar's reading."""
    import spacy
    from spacy.language import Language
    from spacy.tokens import Doc

    if not Doc.has_extension("facts"):
        Doc.set_extension("facts", default=())
    made: dict[str, Callable[[Doc], Doc]] = {GRAMMAR: _grammar, TAGGER: lambda doc: _tagger(doc, refine), FACTS: _facts}
    nlp = spacy.blank("zh")
    for name, component in made.items():
        if not Language.has_factory(name):
            Language.factory(name, func=_factory)
        nlp.add_pipe(name, config={"key": name})
        nlp.get_pipe(name).bind(component)  # type: ignore[attr-defined]
    return nlp


class _Component:
    """A named place in the pipeline; what it does is bound after spaCy has made it, since factories take only plain values."""

    def __init__(self) -> None:
        self._act: Callable[[Doc], Doc] = lambda doc: doc

    def bind(self, act: Callable[[Doc], Doc]) -> None:
        self._act = act

    def __call__(self, doc: Doc) -> Doc:
        return self._act(doc)


def _factory(nlp: Any, name: str, key: str) -> _Component:
    return _Component()


def _grammar(doc: Doc) -> Doc:
    _write(doc, read_entities(doc.text))
    doc.spans["grammar"] = _spans(doc, doc.user_data[_READING], tuple(EntityType))
    return doc


def _tagger(doc: Doc, refine: Callable[[Reading], Reading]) -> Doc:
    _write(doc, refine(doc.user_data[_READING]))
    return doc


def _facts(doc: Doc) -> Doc:
    doc._.facts = read_facts(doc.text, doc.user_data[_READING])
    return doc


def _write(doc: Doc, reading: Reading) -> None:
    doc.user_data[_READING] = reading
    doc.ents = tuple(_spans(doc, reading, tuple(kind for kind in EntityType if kind is not EntityType.CHANGE)))
    doc.spans["changes"] = _spans(doc, reading, (EntityType.CHANGE,))


def _spans(doc: Doc, reading: Reading, kinds: tuple[EntityType, ...]) -> list[Any]:
    made = (doc.char_span(span.start, span.end, label=span.type.value, alignment_mode="expand") for span in reading.entities if span.type in kinds)
    return [span for span in made if span is not None]
