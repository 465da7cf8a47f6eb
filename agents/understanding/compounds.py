"""Names that a question spreads out: "公司贷款和个人贷款谁的不良率高" asks for two ratios, and a long name holds shorter ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from agents.plan import Op
from agents.understanding.mentions import Mentions
from data.indicators import IndicatorCatalogue, Kind
from tools.name_scanner import NameSpan

_RECIPE = re.compile(r"[:：=＝(（][^:：=＝，。,？?]*[+\-－−＋×÷*/／][^，。,？?]*")


def composed(mentions: Mentions, catalogue: IndicatorCatalogue) -> Mentions:
    """The mentions with spread-out names put together: parts with the measure they share, and no name that another one holds."""
    mentions = _without_recipe(mentions)
    indicators = _without_held(mentions, mentions.indicators, catalogue)
    mentions = _change_by_name(mentions, indicators, catalogue)
    indicators = _without_lead(mentions, indicators, catalogue)
    indicators = _shared_measure(mentions, indicators, catalogue)
    return mentions if indicators == mentions.indicators else replace(mentions, indicators=indicators)


def _without_recipe(mentions: Mentions) -> Mentions:
    """Without what stands in a formula that explains the indicator before it: 不良净生成额：期末不良-期初不良+核销."""
    recipe = _RECIPE.search(mentions.text)
    if recipe is None or not any(span.end <= recipe.start() for span in mentions.indicators):
        return mentions
    start, end = recipe.span()
    return replace(
        mentions,
        indicators=[span for span in mentions.indicators if not start <= span.start < end],
        ambiguous=[span for span in mentions.ambiguous if not start <= span.start < end],
        periods=[mention for mention in mentions.periods if not start <= mention.start < end],
        base_periods=[mention for mention in mentions.base_periods if not start <= mention.start < end],
        cues=[hit for hit in mentions.cues if not start <= hit.start < end],
        unexplained=[span for span in mentions.unexplained if not start <= span[0] < end],
    )


def _change_by_name(mentions: Mentions, spans: Sequence[NameSpan], catalogue: IndicatorCatalogue) -> Mentions:
    """Without a 变动多少 that belongs to the name of what is asked for (利率上升100个基点的利息净收入变动)."""
    if not any(catalogue.get(span.ref).name.endswith(("变动", "变化", "变动额")) for span in spans):
        return mentions
    kept = [hit for hit in mentions.cues if not (hit.cue.op in (Op.DIFFERENCE, Op.TREND) and hit.text.startswith(("变动", "变化", "的变动")))]
    return replace(mentions, cues=kept)


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


def _without_lead(mentions: Mentions, spans: Sequence[NameSpan], catalogue: IndicatorCatalogue) -> list[NameSpan]:
    """Without a name that the next one's full name begins with (信用卡 2019年 新增发卡), where only the period stands between."""
    timed = [(mention.start, mention.end) for mention in mentions.periods]

    def leads(one: NameSpan, other: NameSpan) -> bool:
        between = "".join(mentions.text[at] for at in range(one.end, other.start) if not any(start <= at < end for start, end in timed))
        return not between.strip("的 ") and catalogue.get(other.ref).name.startswith(mentions.text[one.start : one.end])

    dropped = {one for one, other in pairwise(spans) if one.ref != other.ref and leads(one, other)}
    return [span for span in spans if span not in dropped]


def _told_once(mentions: Mentions, spans: Sequence[NameSpan], catalogue: IndicatorCatalogue) -> list[NameSpan] | None:
    """公司贷款和个人贷款的不良率: the measure is said with the last part only."""
    first, last = spans
    _, of, measure = mentions.text[last.start : last.end].partition("的")
    listed = mentions.text[first.end : last.start].strip() in ("和", "与", "、", "及", "以及")
    if not (of and listed) or catalogue.get(first.ref).kind is Kind.RATIO or catalogue.get(last.ref).kind is not Kind.RATIO:
        return None
    found = catalogue.by_name(mentions.text[first.start : first.end] + measure)
    return [NameSpan(first.start, first.end, first.kind, found.id), last] if found is not None else None


def _shared_measure(mentions: Mentions, spans: Sequence[NameSpan], catalogue: IndicatorCatalogue) -> list[NameSpan]:
    """Parts (公司贷款, 个人贷款) before a ratio that each of them has: that ratio of each."""
    if len(spans) == 2 and (joined := _told_once(mentions, spans, catalogue)):
        return joined
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
