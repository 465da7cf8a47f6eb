"""Entity recognition in financial Chinese: companies, times, indicators and values, the specification's four types.

Changes (下降0.2个百分点) are kept apart from values, so that a level is never mistaken for a movement: `extract_changes`.
"""

from __future__ import annotations

from tools.entities.facts import Fact, read_facts
from tools.entities.grammar import read_entities
from tools.entities.spans import EntityType


class FinancialNER:
    """A deterministic grammar over the packaged catalogue; stateless, safe to share between threads.

    >>> ner = FinancialNER()
    >>> [entity["text"] for entity in ner.extract_entities("招商银行2023年不良率1.5%，同比下降0.2个百分点")]
    ['招商银行', '2023年', '不良率', '1.5%']
    """

    def extract_entities(self, text: str) -> list[dict[str, object]]:
        """Entities in text order: {"type": 公司|时间|指标|数值, "text", "start", "end"}, text[start:end] being the text."""
        return [
            {"type": span.type.value, "text": text[span.start : span.end], "start": span.start, "end": span.end}
            for span in read_entities(text).entities if span.type is not EntityType.CHANGE
        ]  # fmt: skip

    def extract_changes(self, text: str) -> list[dict[str, object]]:
        """Changes in text order: {"text", "start", "end", "direction": "up"|"down"|None}; none overlaps an entity."""
        return [
            {"text": text[number.start : number.end], "start": number.start, "end": number.end, "direction": number.direction}
            for number in read_entities(text).numbers if number.type is EntityType.CHANGE
        ]  # fmt: skip

    def extract_facts(self, text: str) -> list[Fact]:
        """Figures with their bank, period and indicator, and the change told of each, in text order."""
        return read_facts(text, read_entities(text))
