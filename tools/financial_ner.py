"""Entity recognition in financial Chinese: companies, times, indicators and values, the specification's four types.

Changes (下降0.2个百分点) are kept apart from values, so that a level is never mistaken for a movement: `extract_changes`.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tools.entities.facts import Fact, read_facts
from tools.entities.grammar import Reading, is_open, read_entities, refined
from tools.entities.spans import EntityType
from tools.entities.tagger import Proposer, shipped_tagger

if TYPE_CHECKING:
    from spacy.language import Language

MODELS = Path(__file__).parents[1] / "data" / "models"
RULES = "rules"


class FinancialNER:
    """A grammar over the packaged catalogue, and a tagger for the names that no catalogue lists; safe to share between threads.

    >>> ner = FinancialNER()
    >>> [entity["text"] for entity in ner.extract_entities("招商银行2023年不良率1.5%，同比下降0.2个百分点")]
    ['招商银行', '2023年', '不良率', '1.5%']
    """

    def __init__(self, model: str = "", models: Path = MODELS) -> None:
        """model: "" for the shipped tagger (the grammar alone where it is not there), "rules" for the grammar alone, else the
        name or path of any Chinese BERT token classifier, read through transformers on first use. models: where the shipped
        tagger lies.
        """
        self._model = model
        self._models = models
        self._last: tuple[str, Reading] | None = None  # Entities, changes and facts are mostly asked of one text in turn.

    def extract_entities(self, text: str) -> list[dict[str, object]]:
        """Entities in text order: {"type": 公司|时间|指标|数值, "text", "start", "end"}, text[start:end] being the text.

        Raises:
            SettingsError: a model was named that cannot be read.
        """
        return [
            {"type": span.type.value, "text": text[span.start : span.end], "start": span.start, "end": span.end}
            for span in self._read(text).entities if span.type is not EntityType.CHANGE
        ]  # fmt: skip

    def extract_changes(self, text: str) -> list[dict[str, object]]:
        """Changes in text order: {"text", "start", "end", "direction": "up"|"down"|None}; none overlaps an entity."""
        return [
            {"text": text[number.start : number.end], "start": number.start, "end": number.end, "direction": number.direction}
            for number in self._read(text).numbers if number.type is EntityType.CHANGE
        ]  # fmt: skip

    def extract_facts(self, text: str) -> list[Fact]:
        """Figures with their bank, period and indicator, and the change told of each, in text order."""
        return read_facts(text, self._read(text))

    def pipeline(self) -> Language:
        """The same as a spaCy pipeline: `doc.ents`, `doc.spans["changes"]`, `doc._.facts`; imports spaCy."""
        from tools.entities.pipeline import entity_pipeline

        return entity_pipeline(self._refined)

    def _read(self, text: str) -> Reading:
        last = self._last
        if last is None or last[0] != text:
            last = self._last = (text, self._refined(read_entities(text)))
        return last[1]

    def _refined(self, reading: Reading) -> Reading:
        """The shipped tagger is heard where the grammar left something open; a model that was named, everywhere."""
        if self._model == RULES or (not self._model and not is_open(reading)) or self._proposer is None:
            return reading
        return refined(reading, self._proposer)

    @cached_property
    def _proposer(self) -> Proposer | None:
        if not self._model:
            return shipped_tagger(self._models / "caizhi-ner")
        from tools.entities.bert import TransformersTagger

        return TransformersTagger.load(self._model)
