"""What the parts of the entity grammar share: spans, the text they read, the words they know."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from data.catalogue_files import FOLDER, read_yaml_list
from data.errors import CatalogueError
from tools.traditional import fold

FILE = "entity_words.yaml"


class EntityType(StrEnum):
    """The four entity types of the specification, and the fifth that is reported apart from them."""

    COMPANY = "公司"
    TIME = "时间"
    INDICATOR = "指标"
    VALUE = "数值"
    CHANGE = "变动"


_BLOTS = {kind: chr(number) for number, kind in enumerate(EntityType)}
BLOT = f"[{_BLOTS[EntityType.COMPANY]}-{_BLOTS[EntityType.CHANGE]}]"
INDICATOR_BLOT = _BLOTS[EntityType.INDICATOR]


class EntitySpan(NamedTuple):
    """text[start:end] is an entity of a type; offsets are those of the text as given."""

    start: int
    end: int
    type: EntityType


@dataclass(frozen=True, slots=True)
class EntityWords:
    """The packaged word lists, by use."""

    modifiers: frozenset[str]
    accounts: frozenset[str]
    heads: frozenset[str]
    weak_heads: frozenset[str]
    suffixes: frozenset[str]
    not_before: frozenset[str]
    companies: frozenset[str]
    company_prefixes: frozenset[str]
    company_lines: frozenset[str]
    company_stops: frozenset[str]


# Characters that optical recognition confuses in words that reports print on every page; as long as what they replace.
_MISREADINGS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), right)
    for pattern, right in (
        (r"(?<![接验回招])收[人八](?!员)", "收入"),
        (r"其它", "其他"),
        (r"支[岀山凵]", "支出"),
        (r"[个平木术丕禾否杏才下](?:良|艮)(?=贷|率|资产|余额|生成)", "不良"),
        (r"不[艮娘](?=贷|率|资产|余额|生成)", "不良"),
        (r"贷[欲歇歌歁欵软]", "贷款"),
        (r"货款(?=余额|总额|率|和垫|及垫|损失|减值|占比|利率|平均)", "贷款"),
        (r"存[歇歌欲歁欵软]", "存款"),
        (r"垫[歇欲歁欵教]", "垫款"),
        (r"[援拔泼扳]备", "拨备"),
        (r"覆[益荐蓝孟]率", "覆盖率"),
        (r"(?<=[款盖足益息良])[卒牢]", "率"),
        (r"净[利禾][闰涧调洞](?!期)", "净利润"),
        (r"净[息思恩患怠][差羞羌]", "净息差"),
        (r"利[思恩患](?=净|收|支|率)", "利息"),
        (r"资[木夲](?=充|净|总|公)", "资本"),
        (r"资[户广](?=总|负|质)", "资产"),
        (r"第([一二三四])[李孝]度", r"第\1季度"),
        (r"([一二三四])[李孝]度", r"\1季度"),
        (r"涉[衣衷]", "涉农"),
        (r"金融[相祖]赁", "金融租赁"),
        (r"总[颔颌]", "总额"),
        (r"[佘佥](?=额)", "余"),
        (r"亿[兀几冗儿]", "亿元"),
        (r"百万[兀几冗儿]", "百万元"),
        (r"人民[帀巾]", "人民币"),
        (r"[个亇]白分点", "个百分点"),
        (r"百[分份][占卢]", "百分点"),
        (r"本集[困因囚]", "本集团"),
        (r"(?<![一-鿿])集[困因囚]", "集团"),
        (r"(?<=个)基[占卢]", "基点"),
        (r"本公[同]", "本公司"),
        (r"(?:(?<=\d年)|(?<=报告期)|(?<=[上去]年))[未木](?![能来有经曾尽必])", "末"),
        (r"归[毋每]", "归母"),
        (r"(?<=年)[lI](?=\d月)|(?<=月[123])[lI](?=日)|(?<=[\d.])[lI](?=[\d.%亿万])", "1"),
        (r"(?<=\d)[oO](?=[\d.%])|(?<![A-Za-z\d])[oO](?=\.\d)", "0"),
    )
)


def prepare(text: str) -> str:
    """The text as the grammar reads it: compatible forms, simplified, common misreadings mended; the same length."""
    plain = fold(text)
    for pattern, right in _MISREADINGS:
        plain = pattern.sub(right, plain)
    return plain


def mask(text: str, spans: Iterable[EntitySpan]) -> str:
    """The text with each span blotted out by the character of its type, which no rule takes for a word."""
    parts, at = list[str](), 0
    for start, end, kind in sorted(spans):
        parts += (text[at:start], _BLOTS[kind] * (end - max(start, at)))
        at = max(at, end)
    return "".join(parts) + text[at:]


@lru_cache(maxsize=1)
def entity_words() -> EntityWords:
    """The packaged word lists, read once.

    Raises:
        CatalogueError: an entry has an unknown use or no words.
    """
    lists: dict[str, set[str]] = {use: set() for use in _USES}
    for entry in read_yaml_list(FOLDER / FILE):
        use, words = entry.get("use"), entry.get("words")
        if use not in lists or not isinstance(words, str):
            raise CatalogueError(f"{FILE} 的条目 {use} 有误")
        lists[use].update(words.split())
    return EntityWords(*(frozenset(lists[use]) for use in _USES))


_USES = (
    "modifier", "account", "head", "weak_head", "suffix", "not_before", "company", "company_prefix", "company_line", "company_stop",
)  # fmt: skip


@lru_cache(maxsize=512)
def word_at(alternatives: frozenset[str]) -> re.Pattern[str]:
    """A pattern for any of the words, the longest first."""
    return re.compile("|".join(re.escape(word) for word in sorted(alternatives, key=lambda word: (-len(word), word))))
