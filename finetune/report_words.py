"""The words of generated reports and of the analysts who ask about them: topics, report wordings, analysts' wordings, random values.

Everything is drawn from a `random.Random` that the caller seeds. The words come from configs/*.yaml and the indicator catalogue.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.catalogue_files import read_yaml_list
from data.indicators import Indicator, indicator_catalogue
from finetune.report_plan import AIMS, OBJECTS, VERBS
from retrieval.search.expansion import read_words

CONFIGS = Path(__file__).parent / "configs"
_COLLOQUIAL = re.compile(r"坏[账帐]|烂账|水平$|^全行|^整体|^集团|^人均|赚|钱|多少|[A-Za-z（(：]|^减|率率")
_PLACES = "云川 江滨 海宁湾 华岭 南澄 安庐 泰宁 远州 青原 临浦 定陵 锦阳 平湖 瑞河 永昌 盛泽 长岭 东屏 西泠 北辰".split()
_FIRMS = "华远 中澄 国盛 恒安 瑞丰 天和 东启 金浦 海通达 明德 信泽 鼎新 安泰 宏达".split()
_SURNAMES, _GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜", "建国明华志强文军晓平永红伟海涛丽敏洁宇航思远嘉宁子涵"
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Topic:
    """A section beyond the indicators: its possible headings, sentences, table and the queries that it answers."""

    name: str
    headings: tuple[str, ...]
    text: tuple[str, ...]
    queries: tuple[str, ...]
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wordings:
    """How analysts speak: replacements of words (longest first) and frames by kind of question."""

    say: tuple[tuple[str, tuple[str, ...]], ...]
    frames: tuple[str, ...]
    breakdowns: tuple[str, ...]
    scopes: tuple[str, ...]
    definitions: tuple[str, ...]
    segments: tuple[str, ...]


@lru_cache(maxsize=1)
def topics() -> tuple[Topic, ...]:
    """The topics of configs/report_topics.yaml."""
    return tuple(
        Topic(t["topic"], *(tuple(t.get(key, ())) for key in ("headings", "text", "queries", "rows", "columns")))
        for t in read_yaml_list(CONFIGS / "report_topics.yaml")
    )


@lru_cache(maxsize=1)
def wordings() -> Wordings:
    """The wordings of configs/analyst_wordings.yaml."""
    entries = read_yaml_list(CONFIGS / "analyst_wordings.yaml")
    say = sorted(((e["say"], tuple(e["as"])) for e in entries if "say" in e), key=lambda pair: -len(pair[0]))
    lists = {key: tuple(value) for e in entries if "say" not in e for key, value in e.items()}
    return Wordings(tuple(say), lists["frames"], lists["breakdowns"], lists["scopes"], lists["definitions"], lists["segments"])


def report_name(indicator: Indicator, rng: random.Random) -> str:
    """A name that a report could print: the canonical one, or an alias near it that no analyst coined."""
    near = [alias for alias in indicator.aliases if _printable(alias, indicator.name)]
    return rng.choice(near) if near and rng.random() < 0.4 else indicator.name


def _printable(alias: str, name: str) -> bool:
    if len(alias) < 4 or _COLLOQUIAL.search(alias):
        return False
    pairs, own = _pairs(alias), _pairs(name)
    return len(pairs & own) >= 0.5 * min(len(pairs), len(own))


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}


def analyst_name(indicator: Indicator, printed: str, rng: random.Random) -> str:
    """What an analyst calls an indicator that the report calls `printed`: an alias, a rewording of one, seldom the printed name."""
    others = [alias for alias in indicator.aliases if alias != printed and len(alias) > 1] or [printed]
    draw = rng.random()
    if draw < 0.12:
        return printed
    if draw < 0.35 and (said := _said(indicator.id)):
        return rng.choice(said)
    if draw < 0.6:
        return rng.choice(others)
    return reworded(rng.choice([indicator.name, printed, *others]), rng)


@lru_cache(maxsize=1)
def _everyday() -> dict[str, list[str]]:
    """Indicator id → keys of the search dictionary whose commonest wording is a name of it."""
    catalogue = indicator_catalogue()
    found: dict[str, list[str]] = {}
    for entry in read_words():
        if named := catalogue.by_name(entry["say"][0]):
            found.setdefault(named.id, []).extend(entry["keys"])
    return found


def _said(identity: str) -> list[str]:
    return _everyday().get(identity, [])


def reworded(name: str, rng: random.Random, chance: float = 0.75) -> str:
    """The name with words replaced by what analysts say, longest word first, each place at most once."""
    parts: list[tuple[str, bool]] = [(name, False)]
    for word, saids in wordings().say:
        parts = [piece for part in parts for piece in _replaced(part, word, saids, rng, chance)]
    return "".join(text for text, _ in parts)


def _replaced(part: tuple[str, bool], word: str, saids: Sequence[str], rng: random.Random, chance: float) -> list[tuple[str, bool]]:
    text, done = part
    if done or word not in text or rng.random() > chance:
        return [part]
    before, after = text.split(word, 1)
    return [piece for piece in ((before, False), (rng.choice(saids), True), (after, False)) if piece[0]]


def bank_name(rng: random.Random) -> str:
    """The name of a bank that does not exist."""
    return rng.choice(_PLACES) + rng.choice(("银行", "商业银行", "农村商业银行"))


def filled(template: str, bank: str, year: int, rng: random.Random) -> str:
    """A template with its slots filled by random people, places, companies, dates and numbers."""
    return _SLOT.sub(lambda slot: _slot(slot[1], bank, year, rng), template)


def _slot(name: str, bank: str, year: int, rng: random.Random) -> str:
    match name:
        case "bank":
            return bank
        case "year":
            return str(year)
        case "last":
            return str(year - 1)
        case "person":
            return rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, rng.choice((1, 2))))
        case "place":
            return rng.choice(_PLACES)
        case "firm":
            return rng.choice(_FIRMS)
        case "date":
            return f"{year - rng.choice((0, 0, 0, 1, 2))}年{rng.randint(1, 12)}月{rng.randint(1, 28)}日"
        case "pct":
            return f"{rng.uniform(0.1, 60):.2f}"
        case "amt":
            return f"{rng.uniform(1, 9000):,.2f}"
        case "m":
            return str(rng.randint(3, 29))
    return f"{rng.randint(30, 90000):,}"


def narrative(rng: random.Random) -> str:
    """A paragraph of what a bank does, without a figure."""
    sentences = []
    for _ in range(rng.randint(2, 4)):
        deeds = "，".join(rng.choice(VERBS) + thing for thing in rng.sample(OBJECTS, rng.randint(1, 3)))
        sentences.append(f"{rng.choice(('', '', '本行', '报告期内，', '一是', '同时，'))}{deeds}{rng.choice(AIMS)}。")
    return "".join(sentences)


def amount(indicator: Indicator, rng: random.Random) -> str:
    """A printed value that such an indicator could have: a percentage, a small number, or an amount with commas."""
    if indicator.unit.symbol in {"%", "倍", "元/股", "元", "‰"}:
        return f"{rng.uniform(0.3, 25):.2f}"
    value = int(10 ** rng.uniform(2.2, 7))
    return f"({value:,})" if rng.random() < 0.05 else f"{value:,}"
