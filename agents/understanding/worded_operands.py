"""Which indicator an operand of a stated formula means: the catalogue's by name, by mention, else a row of the documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.plan import Op
from agents.understanding.horizon import Horizon
from agents.understanding.mentions import Mentions
from data.indicators import Indicator, IndicatorCatalogue
from data.units import Dimension
from tools.formulas import formulas_for
from tools.row_index import RowMatch, leaf_of

Span = tuple[int, int]
_HEAD = re.compile(
    r"^(?:请问|请|麻烦|帮我|帮忙|给我|我想|想|看看|看一?下|查一?下|查|用|以|按|拿|把|将|求|算一?下|算|计算|问|的|其|该行|该|本?行|本?集团|全年|当年|同期|"
    r"报告期|年度|年|末|底|再|那|,|:|=|\s)+"
)
_END = re.compile(
    r"(?:是多少|有多少|等于|多少|百分之|算一?下|算一?遍|一下|计算|算|结果|左右|大概|大约|几|是|为|约|占|的|呢|吗|吧|后|再|来|去|,|:|=|\s|数值|(?:之间)|(?:万|亿|百万|千)?元|倍|%)+$"
)
_RATE_WORD = re.compile(r"率|比|收益|ROE|ROA|NIM|利差|成数", re.IGNORECASE)
_TELLING = 4  # a label this long stands for itself, whatever else the row's table narrows
_TAILS = ("余额", "总额", "合计", "总计", "金额", "数", "规模")


@dataclass(frozen=True, slots=True)
class Operands:
    """The names that a question's operands may have: over one catalogue and one horizon."""

    mentions: Mentions
    horizon: Horizon
    catalogue: IndicatorCatalogue

    def indicator(self, text: str, span: Span) -> str | None:
        """The indicator id of an operand: `text` is what is left of its span once times, banks and units are blanked; None where unknown."""
        words = list(_readings(text))
        named = next((found for word in words if (found := self._named(word))), None) or self._mentioned(span)
        if named is not None and self.held(named):
            return named
        if self.horizon.rows is not None:
            for word in words:
                if (row := self.row([word])) is not None:
                    return row
        return named

    def average(self, text: str) -> str | None:
        """The indicator that is itself an average (存款平均余额), if the documents hold it."""
        named = (self.catalogue.by_name(word) for word in _readings(text))
        return next((i.id for i in named if i is not None and self.horizon.periods((), (i.id,))), None)

    def row(self, words: list[str]) -> str | None:
        """The row that some words mean, all of them in it and nothing narrowing besides; None where there is none, or two alike."""
        rows = self.horizon.rows
        fitting = [m for m in rows.match(words) if m.covered >= 0.99 and m.label >= 0.5] if rows is not None else []
        return _alone([m for m in fitting if not m.unasked or (m.label >= 0.99 and len(leaf_of(m.record.row)) >= _TELLING)])

    def words(self, text: str) -> str:
        """An operand without the words of asking around it, for a refusal to quote."""
        return list(_readings(text))[-1] if text.strip("\0 ") else ""

    def _named(self, word: str) -> str | None:
        """By the catalogue's names; of a word for a rate and an amount (不良), the amount, which alone can stand in a formula."""
        found = self.catalogue.by_name(word) or next((i for tail in _TAILS if (i := self.catalogue.by_name(word.removesuffix(tail)))), None)
        if found is None:
            return self._amount_of(word)
        if found.unit.dimension is Dimension.RATIO and not _RATE_WORD.search(word):
            return self._amount_of(word) or found.id
        return found.id

    def _amount_of(self, word: str) -> str | None:
        longer = (self.catalogue.by_name(word + tail) for tail in ("余额", "贷款余额", "总额", "贷款"))
        return next((i.id for i in longer if i is not None and i.unit.dimension is not Dimension.RATIO), None)

    def _mentioned(self, span: Span) -> str | None:
        """The one indicator that the words of the operand name, if nothing else stands there."""
        inside = [each for each in self.mentions.indicators if span[0] <= each.start and each.end <= span[1]]
        other = any(start < span[1] and span[0] < end for start, end in self.mentions.unexplained)
        doubtful = any(span[0] <= each.start and each.end <= span[1] for each in self.mentions.ambiguous)
        return inside[0].ref if len(inside) == 1 and not other and not doubtful else None

    def held(self, name: str) -> bool:
        """Whether the documents hold the indicator, or a formula can give it."""
        return bool(self.horizon.periods((), (name,)) or formulas_for(name))


def quotient_of(indicator: Indicator) -> tuple[str, str] | None:
    """The ids of numerator and denominator, where the usual formula of an indicator is one balance or flow of the period over another."""
    rule = next(iter(formulas_for(indicator.id)), None)
    if rule is None or len(rule.inputs) != 2 or any(item.when != "current" or item.optional for item in rule.inputs):
        return None
    top, bottom = rule.inputs
    return (top.ids[0], bottom.ids[0]) if f"{top.label} ÷ {bottom.label}" in rule.definition else None


def outside_ops(mentions: Mentions, region: Span) -> set[Op]:
    """What the words of a question ask for outside a stretch of it."""
    return {hit.cue.op for hit in mentions.cues if hit.end <= region[0] or region[1] <= hit.start}


def _readings(text: str) -> Iterator[str]:
    """The words of an operand as they stand, then without the words of asking behind and before them."""
    bare = text.replace("\0", "").strip(" ,，。:：=\t")
    for word in dict.fromkeys((bare, _END.sub("", bare), _HEAD.sub("", bare), _HEAD.sub("", _END.sub("", bare)))):
        if word:
            yield word
            if "的" in word:
                yield word.replace("的", "")


def _alone(matches: list[RowMatch]) -> str | None:
    if not matches:
        return None
    best = matches[0]
    near = [m for m in matches[1:] if m.record.indicator_id != best.record.indicator_id and m.score > best.score - 0.3 and m.label >= best.label]
    return None if near and best.label < 0.99 else best.record.indicator_id
