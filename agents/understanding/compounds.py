"""Names that a question spreads out: "公司贷款和个人贷款谁的不良率高" asks for two ratios, and a long name holds shorter ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.understanding.mentions import Mentions
from data.indicators import IndicatorCatalogue, Kind
from tools.name_scanner import NameSpan


def composed(mentions: Mentions, catalogue: IndicatorCatalogue) -> Mentions:
    """The mentions with spread-out names put together: parts with the measure they share, and no name that another one holds."""
    indicators = _without_held(mentions, mentions.indicators, catalogue)
    indicators = _shared_measure(mentions, indicators, catalogue)
    return mentions if indicators == mentions.indicators else replace(mentions, indicators=indicators)


def _without_held(mentions: Mentions, spans: Sequence[NameSpan], catalogue: IndicatorCatalogue) -> list[NameSpan]:
    """Without a name that another's full name ends in: 利率上升100个基点 … 利息净收入 is one indicator of interest rate risk."""
    def held(span: NameSpan) -> bool:
        word = mentions.text[span.start : span.end]
        return any(other.ref != span.ref and other.end <= span.start and _continues(mentions, other, word, catalogue) for other in spans)

    return [span for span in spans if not held(span)]


def _continues(mentions: Mentions, first: NameSpan, word: str, catalogue: IndicatorCatalogue) -> bool:
    """Whether an indicator's name goes on with a word after what the question said of it."""
    name, said = catalogue.get(first.ref).name, mentions.text[first.start : first.end]
    return name.startswith(said) and word in name[len(said) :]


def _shared_measure(mentions: Mentions, spans: Sequence[NameSpan], catalogue: IndicatorCatalogue) -> list[NameSpan]:
    """Parts (公司贷款, 个人贷款) before a ratio that each of them has: that ratio of each."""
    if len(spans) < 3:
        return list(spans)
    *parts, measure = spans
    if catalogue.get(measure.ref).kind is not Kind.RATIO or any(catalogue.get(part.ref).kind is Kind.RATIO for part in parts):
        return list(spans)
    word = mentions.text[measure.start : measure.end]
    found = [catalogue.by_name(mentions.text[part.start : part.end] + word) for part in parts]
    if any(indicator is None for indicator in found):
        return list(spans)
    return [NameSpan(part.start, part.end, part.kind, indicator.id) for part, indicator in zip(parts, found, strict=True) if indicator]
