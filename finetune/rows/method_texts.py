"""Questions about a method or a formula itself, answered from the formula registry, the catalogue and the bundled knowledge.

The answers hold no digits but the 100% of a definition, so that they may be written in references like any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from data.indicators import Direction, indicator_catalogue
from data.knowledge_base import KnowledgeKind, load_knowledge
from finetune.rows.configuration import configured
from finetune.rows.record import Exercise, Kind
from finetune.rows.wording import choose
from tools.factsheet import FactSheet
from tools.formulas import FORMULAS

_DIGIT = re.compile(r"[0-9０-９]")
_HUNDRED = re.compile(r"100%")
_SENTENCE = re.compile(r"[^。]+。")
_BETTER = {Direction.HIGHER: "一般越高越好", Direction.LOWER: "一般越低越好", Direction.NEUTRAL: "须结合其他指标判断，不以高低论好坏"}


@dataclass(frozen=True, slots=True)
class Topic:
    """What may be asked about: how its question words belong together ("formula", "reading" or "method"), its name and what is known of it."""

    sort: str
    name: str
    id: str
    definition: str
    points: tuple[str, ...]
    source: str


@lru_cache(maxsize=1)
def topics() -> tuple[Topic, ...]:
    """Every formula, every reading of an indicator and every method of the bundled knowledge that can be told without digits."""
    found = [*_formula_topics(), *_reading_topics(), *_method_topics()]
    return tuple(topic for topic in found if not _DIGIT.search(_HUNDRED.sub("", topic.name + topic.definition)))


def _formula_topics() -> list[Topic]:
    return [
        Topic("formula", rule.name, rule.id, rule.definition, _clean([rule.note, f"重算与披露的关系：{rule.tolerance}"]), _clean_source(rule.source))
        for rule in FORMULAS.values()
    ]


def _reading_topics() -> list[Topic]:
    catalogue = indicator_catalogue()
    kept = []
    for rule in FORMULAS.values():
        indicator_id = rule.indicator_id or rule.id
        if indicator_id in catalogue:
            item = catalogue.get(indicator_id)
            points = _clean(_SENTENCE.findall(item.caliber + ("" if item.caliber.endswith("。") else "。")))
            kept.append(Topic("reading", item.name, rule.id, _BETTER[item.direction], points, _clean_source(rule.source)))
    return kept


def _method_topics() -> list[Topic]:
    entries = [entry for entry in load_knowledge() if entry.kind is KnowledgeKind.METHOD]
    return [
        Topic("method", entry.title, entry.id, entry.formula if entry.formula and not _DIGIT.search(_HUNDRED.sub("", entry.formula)) else "",
              _clean(_SENTENCE.findall(entry.body)), _clean_source(entry.source))
        for entry in entries
    ]  # fmt: skip


def _clean(sentences: Sequence[str]) -> tuple[str, ...]:
    """Sentences without digits and braces, each ending in 。"""
    return tuple(text.rstrip("。") + "。" for text in sentences if text.strip("。") and not _DIGIT.search(text) and "{" not in text)


def _clean_source(source: str) -> str:
    return "" if _DIGIT.search(source) else source


def method_exercise(rng: Random, kind: Kind) -> Exercise | None:
    """One question about a topic; it has no figures and computes nothing."""
    topic = rng.choice(topics())
    words = configured("topics")[topic.sort]
    asked, answered = rng.randrange(len(words["ask"])), rng.randrange(len(words["tell"]))
    points = "".join(topic.points[: rng.randint(1, 2)])
    if not points and not topic.definition:
        return None
    tell = choose(words["tell"][answered], rng).replace("{name}", topic.name).replace("{definition}", topic.definition).replace("{points}", points)
    tell = re.sub(r"。{2,}", "。", tell.replace("{source}", f"口径依据：{topic.source}。" if topic.source else ""))
    ask = choose(words["ask"][asked], rng).replace("{name}", topic.name)
    return Exercise(
        kind=kind, family="method", sheet=FactSheet(), ask=ask, tell=tell.removeprefix("。"), instruction=rng.choice(words["instruct"]),
        template=f"method_{topic.sort}.q{asked:02d}.t{answered}", bank="", as_of="", formula=topic.id,
    )
