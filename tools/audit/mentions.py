"""What the words around a number say: banks, indicators, periods and scopes named, and words of direction.

Names come from the shared scanner and, longest first, from the fact sheet's own display names (净利润同比增速). All offsets
are those of the plain text (tools.audit.numbers.plain_text).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from data.banks import bank_registry
from data.figures import Scope
from data.indicators import indicator_catalogue
from data.period_text import PeriodMention, Relative, find_periods
from data.periods import Part, Period
from data.text import normalise_name
from tools.audit.numbers import plain_text
from tools.audit.words import Cue, find_cues
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


@dataclass(frozen=True)
class Marks:
    """Everything that a plain text names, each list in order; `titles` are the spans of document titles of the sheet."""

    mentions: list[Mention]
    cues: list[Cue]
    titles: list[tuple[int, int]]
    masked: list[tuple[int, int]] = field(default_factory=list)


_SCOPES: tuple[tuple[Scope, str], ...] = (
    (Scope.GROUP, r"本集团|集团口径|集团层面|合并口径|并表口径|\(集团\)|口径[:为]\s*集团|\|\s*(?:集团|合并)\s*(?=\|)"),
    (
        Scope.BANK,
        r"母公司口径|本行口径|法人口径|母行口径|银行口径|非并表口径|\((?:本行|母公司)\)|口径[:为]\s*(?:本行|母公司)"
        r"|\|\s*(?:本行|母公司)\s*(?=\|)",
    ),
)
_SCOPE = [(scope.value, re.compile(pattern)) for scope, pattern in _SCOPES]
_BASES = {"同比": Relative.YEAR_AGO, "环比": Relative.PREVIOUS_QUARTER}
_BASE = re.compile(r"同比|环比")
_INDUSTRY = re.compile(
    r"(?:全国|我国|境内)?(?:银行业|银行行业|商业银行)(?:整体|平均|均值|平均水平)?|行业(?:平均水平|平均|均值|整体|水平)"
    r"|(?<![各该个本业造产务])行业(?=[的为：:]|不良|拨备|净息差|净利差|资本|资产|核心|一级|拨贷)"
)
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
    covered = _covered(text, [*taken, *titles])
    periods = [mention for found in find_periods(text) if (mention := _period(text, found)) is not None and not covered[mention.start]]
    found_bases = (match for match in _BASE.finditer(text) if not covered[match.start()])
    bases = [Mention(*match.span(), Slot.PERIOD, relative=_BASES[match[0]], base=True) for match in found_bases]
    scopes = [Mention(*match.span(), Slot.SCOPE, (value,)) for value, pattern in _SCOPE for match in pattern.finditer(text)]
    mentions = sorted([*names, *periods, *bases, *scopes], key=lambda mention: (mention.start, -mention.end))
    masked = [(m.start, m.end) for m in periods if m.periods or m.relative] + taken + titles
    masked += [(m.start, m.end) for m in names if any(char.isdigit() for char in text[m.start : m.end])]
    return Marks(mentions, find_cues(text, [(m.start, m.end) for m in names if m.slot is Slot.INDICATOR]), titles, masked)


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


def _spans(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where any of the words stands, the first and then the longest winning, none overlapping."""
    found: list[tuple[int, int]] = []
    for word in words:
        start = text.find(word) if word.strip() else -1
        while start >= 0:
            found.append((start, start + len(word)))
            start = text.find(word, start + 1)
    kept: list[tuple[int, int]] = []
    for span in sorted(found, key=lambda span: (span[0], -span[1])):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _covered(text: str, spans: list[tuple[int, int]]) -> bytearray:
    """One byte a character: 1 where a span covers it."""
    marked = bytearray(len(text) + 1)
    for start, end in spans:
        marked[start:end] = b"\x01" * (end - start)
    return marked
