"""What the words around a number say: banks, indicators, periods and scopes named, and words of direction.

Names come from the shared scanner and, longest first, from the fact sheet's own display names (净利润同比增速). All offsets
are those of the plain text (tools.audit_numbers.plain_text).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from data.banks import bank_registry
from data.figures import Scope
from data.indicators import indicator_catalogue
from data.period_text import PeriodMention, Relative, find_periods
from data.periods import Part, Period
from data.text import normalise_name
from tools.audit_numbers import plain_text
from tools.factsheet import FactSheet
from tools.name_scanner import NameKind, NameScanner


class Slot(StrEnum):
    """What a mention fills."""

    BANK = "银行"
    INDICATOR = "指标"
    PERIOD = "期间"
    SCOPE = "口径"


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention at text[start:end]. `names`: the banks, indicators or scopes that it may mean (any of them).

    A period mention has `periods`, or a `relative` word with its part or count. `base`: a word of comparison by itself (同比).
    """

    start: int
    end: int
    slot: Slot
    names: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    relative: Relative | None = None
    count: int = 0
    part: Part | None = None
    ranged: bool = False
    base: bool = False


@dataclass(frozen=True, slots=True)
class Cue:
    """A word of direction. sign: +1, -1, or 0 for 变动 and 相差. kind: move (下降), noun (降幅), compare (高于), flat (持平)."""

    start: int
    end: int
    sign: int
    kind: str


@dataclass(frozen=True)
class Marks:
    """Everything that a plain text names, each list in order; `titles` are the spans of document titles of the sheet."""

    mentions: list[Mention]
    cues: list[Cue]
    titles: list[tuple[int, int]]
    masked: list[tuple[int, int]] = field(default_factory=list)


_DOWN = (
    "下降 下滑 减少 收窄 回落 降低 下行 走低 下跌 缩减 缩小 压降 微降 略降 少增 萎缩 下调 缩水 拉低 拖累 负增长 下探 走窄 下挫 骤降 大降 锐减 净减少 调降 净减 净下降 少计 滑落 走弱"
)
_UP = (
    "上升 增长 增加 提升 扩大 提高 上行 走高 上涨 微升 略升 微增 略增 回升 反弹 扩张 走阔 攀升 抬升 上调 多增 拉动 贡献 增厚 推高 净增 净增加 新增 多计 抬高 走强 提振"
)
_WORDS: Mapping[str, tuple[int, str]] = {
    **{word: (-1, "move") for word in _DOWN.split()},
    **{word: (1, "move") for word in _UP.split()},
    **dict.fromkeys("降幅 跌幅 减幅 负增速".split(), (-1, "noun")),
    **dict.fromkeys("增幅 涨幅 升幅 增速 增长率 增长速度 涨跌幅".split(), (1, "noun")),
    **dict.fromkeys("变动 变化 波动 差距 差额 差异 相差 幅度 改善 优化 恶化 劣化 价差 偏离".split(), (0, "noun")),
    **dict.fromkeys("高于 高出 多于 大于 超过 超出 多出 领先 领先于 强于".split(), (1, "compare")),
    **dict.fromkeys("低于 低出 少于 小于 不及 少出 落后 落后于 弱于".split(), (-1, "compare")),
    "持平": (0, "flat"), "↑": (1, "noun"), "▲": (1, "noun"), "↓": (-1, "noun"), "▼": (-1, "noun"),
}  # fmt: skip
_SINGLE = {"升": (1, "move"), "增": (1, "move"), "涨": (1, "move"), "降": (-1, "move"), "减": (-1, "move"), "跌": (-1, "move"),
           "高": (1, "compare"), "多": (1, "compare"), "低": (-1, "compare"), "少": (-1, "compare")}  # fmt: skip
_CUE = re.compile(
    "|".join(sorted(map(re.escape, _WORDS), key=lambda word: -len(word)))
    + r"|(?P<one>[升增涨降减跌高低多少])(?=(?:了|出|约|至|到|为|近|超|逾|于|大约|超过|将近|接近){0,2}\s*(?:人民币)?[-+]?(?:\d|百分之|[一二两三四五六七八九十]个?(?:百分点|基点)))"
)
_NOT_CUES = re.compile(r"(?:不|未|没有|并未|无)$")
_SCOPES: tuple[tuple[Scope, str], ...] = (
    (Scope.GROUP, r"本集团|集团口径|集团层面|合并口径|并表口径|\(集团\)|口径[:为]\s*集团|\|\s*(?:集团|合并)\s*(?=\|)"),
    (Scope.BANK, r"母公司口径|本行口径|法人口径|母行口径|银行口径|非并表口径|\((?:本行|母公司)\)|口径[:为]\s*(?:本行|母公司)|\|\s*(?:本行|母公司)\s*(?=\|)"),
)
_SCOPE = [(scope.value, re.compile(pattern)) for scope, pattern in _SCOPES]
_BASES = {"同比": Relative.YEAR_AGO, "环比": Relative.PREVIOUS_QUARTER}
_BASE = re.compile(r"同比|环比")
_INDUSTRY = re.compile(r"(?:全国|我国|境内)?(?:银行业|银行行业|商业银行)(?:整体|平均|均值|平均水平)?|行业(?:平均水平|平均|均值|整体|水平)")
# Words without an anchor of their own: they leave the period as it is.
_GROWTH_NAME = re.compile(r"(.{2,}?)(?:同比|环比|年)?(?:增速|增长率|增幅|降幅|变动|变化)(?:率|额)?$")
_IDLE = frozenset({Relative.LATEST, Relative.THIS_YEAR, Relative.SAME_YEAR, Relative.QUARTER_ENDS})
_NOUN_AFTER_YEAR = re.compile(r"[户个家人笔张台项股次点倍元%‰亿万]")
# 2020年1.02%: a year and a ratio, which reads like a date.
_YEAR_DECIMAL = re.compile(r"((?:19|20|21)\d{2}年)\s*\d{1,2}\.\d{1,2}$")
_SPAN_BEFORE = re.compile(r"(?:近|过去|连续|长达|达|约|未来|满|超过)$")


@lru_cache(maxsize=4096)
def _plain_word(word: str) -> str:
    return plain_text(word)


def words_of(sheet: FactSheet) -> dict[str, tuple[Slot, tuple[str, ...]]]:
    """The sheet's own names as plain text, with what they stand for: banks by id, indicators by "=name" and their ids."""
    names: dict[str, tuple[Slot, tuple[str, ...]]] = {}
    for figure in sheet:
        word = _plain_word(figure.indicator)
        keys = (f"={figure.indicator}", *((figure.indicator_id,) if figure.indicator_id else ()))
        names[word] = Slot.INDICATOR, tuple(dict.fromkeys((*names.get(word, (Slot.INDICATOR, ()))[1], *keys)))
        if bank_registry().get(figure.entity_id) is None:
            names[_plain_word(figure.entity)] = Slot.BANK, (figure.entity_id or figure.entity,)
    return {word: entry for word, entry in names.items() if word.strip()}


def read_marks(text: str, sheet: FactSheet, scanner: NameScanner) -> Marks:
    """Every mention and word of direction in a plain text."""
    titles = _spans(text, {_plain_word(item.document) for figure in sheet for item in figure.evidence if item.document})
    names = _names(text, sheet, scanner)
    taken = [(mention.start, mention.end) for mention in names if mention.slot is Slot.INDICATOR and mention.names[0].startswith("=")]
    periods = [
        mention
        for found in find_periods(text)
        if (mention := _period(text, found)) is not None and not _inside(mention, taken) and not _inside(mention, titles)
    ]
    bases = [Mention(*match.span(), Slot.PERIOD, relative=_BASES[match[0]], base=True) for match in _BASE.finditer(text)]
    bases = [mention for mention in bases if not _inside(mention, taken)]
    scopes = [Mention(*match.span(), Slot.SCOPE, (value,)) for value, pattern in _SCOPE for match in pattern.finditer(text)]
    mentions = sorted([*names, *periods, *bases, *scopes], key=lambda mention: (mention.start, -mention.end))
    masked = [(m.start, m.end) for m in periods if m.periods or m.relative] + taken + titles
    masked += [(m.start, m.end) for m in names if any(char.isdigit() for char in text[m.start : m.end])]
    return Marks(mentions, _cues(text, [(m.start, m.end) for m in names if m.slot is Slot.INDICATOR]), titles, masked)


def _names(text: str, sheet: FactSheet, scanner: NameScanner) -> list[Mention]:
    """Names of the scanner and of the sheet; where they overlap the one that begins first, then the longer, then the sheet's."""
    words = words_of(sheet)
    industry = any(figure.entity_id == "industry" for figure in sheet)
    found: list[tuple[int, int, int, Mention]] = []
    for start, end in _spans(text, words):
        slot, names = words[text[start:end]]
        found.append((start, -end, 0, Mention(start, end, slot, names)))
    if industry:
        found += [(m.start(), -m.end(), 1, Mention(*m.span(), Slot.BANK, ("industry",))) for m in _INDUSTRY.finditer(text)]
    for span in scanner.scan(text):
        if (mention := _named(span.kind, span.ref, span.start, span.end, text[span.start : span.end])) is not None:
            found.append((span.start, -span.end, 2, mention))
    kept: list[Mention] = []
    for _, _, _, mention in sorted(found, key=lambda item: item[:3]):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def _named(kind: NameKind, ref: str, start: int, end: int, surface: str) -> Mention | None:
    if kind is NameKind.BANK:
        return Mention(start, end, Slot.BANK, (ref,))
    if kind is NameKind.BANK_GROUP:
        return Mention(start, end, Slot.BANK, (ref, *(bank.id for bank in bank_registry().groups().get(ref, ()))))
    if kind is NameKind.INDICATOR:
        return Mention(start, end, Slot.INDICATOR, (ref, *_grown(surface)))
    if kind is NameKind.AMBIGUOUS:
        entry = indicator_catalogue().ambiguous.get(normalise_name(ref))
        return Mention(start, end, Slot.INDICATOR, entry.candidates) if entry is not None and entry.candidates else None
    return Mention(start, end, Slot.INDICATOR, (f"!{ref}",)) if kind is NameKind.NOT_APPLICABLE else None


def _grown(surface: str) -> tuple[str, ...]:
    """The indicator whose growth a name states (营业收入增长率 → operating_income), as the change figures carry it."""
    match = _GROWTH_NAME.match(surface)
    grown = indicator_catalogue().by_name(match[1]) if match else None
    return (grown.id,) if grown is not None else ()


def _period(text: str, found: PeriodMention) -> Mention | None:
    """A period mention of this module, or None for a number in disguise (2008户, 近15年) or a word that changes nothing."""
    if decimal := _YEAR_DECIMAL.match(found.text):
        return Mention(found.start, found.start + decimal.end(1), Slot.PERIOD, (), (Period(int(decimal[1][:4])),))
    bare = found.text.strip()
    end = found.start + len(found.text.rstrip())
    if bare.isdigit() and _NOUN_AFTER_YEAR.match(text, end):
        return None
    if found.periods and len(bare) > 1 and not bare[:3].isdigit() and bare[:2].isdigit() and _SPAN_BEFORE.search(text[: found.start]):
        return None
    if found.relative in _IDLE or (found.relative is Relative.LAST_YEARS and not found.count):
        return None
    return Mention(
        found.start, end, Slot.PERIOD, (), found.periods, found.relative, found.count, found.part, found.is_range or len(found.periods) > 1
    )


def _cues(text: str, names: list[tuple[int, int]]) -> list[Cue]:
    """Words of direction; inside an indicator's name only nouns count (营业收入增速, not 新增贷款)."""
    cues = []
    for match in _CUE.finditer(text):
        sign, kind = _SINGLE[match[0]] if match["one"] else _WORDS[match[0]]
        if kind != "noun" and any(start <= match.start() < end for start, end in names):
            continue
        if kind in ("move", "compare") and _NOT_CUES.search(text[max(0, match.start() - 2) : match.start()]):
            sign = -sign if kind == "compare" else sign
        cues.append(Cue(*match.span(), sign, kind))
    return cues


def _spans(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where any of the words stands, longest first, none overlapping."""
    ordered = sorted((word for word in words if word.strip()), key=lambda word: -len(word))
    if not ordered:
        return []
    return [match.span() for match in re.finditer("|".join(map(re.escape, ordered)), text)]


def _inside(mention: Mention, spans: list[tuple[int, int]]) -> bool:
    return any(start <= mention.start and mention.end <= end for start, end in spans)
