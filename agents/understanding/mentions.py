"""Reading one question: every name, period, scope, number and cue with its span, and what remains unexplained."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from agents.understanding.codes import find_codes, short_years
from agents.understanding.cues import CueHit, find_cues
from agents.understanding.fillers import leftovers
from agents.understanding.pairs import ratio_hits
from agents.understanding.preambles import harmless
from data.banks import Bank, BankRegistry, BankType
from data.facts_table import INDUSTRY_ID
from data.figures import Gaap, Scope
from data.indicators import IndicatorCatalogue
from data.period_text import PeriodMention, Relative, find_periods
from data.text import normalise
from tools.name_scanner import NameKind, NameScanner, NameSpan

Span = tuple[int, int]
_Member = TypeVar("_Member", Scope, Gaap)

_SCOPES = (
    (Scope.BANK, re.compile(r"(?:本行|母公司|银行单体|单体|法人|本公司|银行本部|本部|母行)(?:报表|数据|的)?口径|(?:本行|银行)单体|单体(?=的|呢|口径|$)|(?<![家大商他该])银行口径|母公司(?!股东|净|普通股)|(?<![归属于])本行口径|法人口径|单体报表|(?:非|未|不)(?:并表|合并)(?:口径)?|(?:不含|不包括|剔除)(?:控股|全资)?(?:子公司|附属公司|附属机构)|(?<![归属于占])本行(?![业长])")),
    (Scope.GROUP, re.compile(r"(?<![非未])(?:本?集团|合并|并表)(?:报表)?(?:口径)?|并表口径")),
)
_GAAPS = (
    (Gaap.PRC, re.compile(r"(?:中国(?:会计)?准则|企业会计准则|A股(?:准则|口径)|境内准则|PRC\s*GAAP)(?:口径|下)?", re.IGNORECASE)),
    (Gaap.IFRS, re.compile(r"(?:国际(?:财务报告|会计)?准则|IFRS|H股(?:准则|口径)|境外准则)(?:口径|下)?", re.IGNORECASE)),
)
_UNITS = re.compile(r"(?:用|按|以|换算成|换成|折合|单位(?:是|为|用)?)\s*(?P<unit>万亿元?|百万元|亿元?|万元|千元|BP|bp|基点)(?:为单位|表示|计|显示)?")
_UNKNOWN_BANK = re.compile(r"[\u4e00-\u9fff]{2,8}?(?:银行|农商行|农信社|农村信用社|信用联社|村镇行)|[A-Z][A-Za-z]+ Bank\b|Bank of [A-Z][a-z]+")
_NOT_A_BANK = re.compile(
    r"(?:家|[一二三四五六七八九十\d]+家|哪家|哪些|哪个|几家|各家?|每家|所有|全部|其他|其它|这家|那家|该|两家|三家|多家|一家|上市|商业|中资|外资|大型|大|小|股份制?|国有|城商|农商|政策性|"
    r"中小|头部|可比|同业|系统重要性|全国性?|地方|城市|农村|民营|手机|网上|电话|投资|私人|交易|母|本|我|他|中央|人民|世界|开放|直销|个人|公司|零售|数字|移动|在线|电子|对比|比较|业务|优质|最好的?|最大的?|的|和|与|比|年|末|看|查|问|说|有)(?:家)?银行$"
)
_LEAD = re.compile(r"^(?:请问|请|帮我|查询|查一下|查|看看|看|问|告诉我|我想|想|知道|了解|对比|比较|和|与|跟|同|及|比|那|这|以及|还有|关于|的|在|年|月|末|日|季度|口径|按|给我|再)+")
_INDUSTRY = re.compile(r"(?:全?(?<![银按各分])(?<!哪个)(?<!各个)(?<!哪类)(?<!哪些)行业(?!分布|结构|构成|集中|划分|分类|投向|门类)|银行业(?!务)|商业银行)(?:整体|平均|总体|均值)?(?:水平)?(?!机构)")
# What makes another company or another word of a bank's brand: 平安保险, 其中信用卡, 民生领域.
_LONGER = re.compile(r"保险|证券|集团|国际|信托|理财|资管|人寿|健康|科技|基金|租赁|用|贷|托|息|心|领域|工程|类|放|问题|产业|务")
_NEGATED = re.compile(r"(?:不是|而不是|别用|不要|不看|除了)\s*$")
_BASE_BEFORE = re.compile(r"(?:相较于?|较之|比之|比起|(?<!比)较|(?<![对之占])比|相比于?|对比|相对于?|对|与|和|跟|同)\s*$")
_BASE_AFTER = re.compile(r"^\s*(?:年|末|底|的)*\s*(?:相比|比较|比|相较|相差)")
_MOVED_AFTER = re.compile(r"\s*(?:相?差|变|降|升|低|高|多|少|涨|跌|增|减)")
_CORRECTION = re.compile(r"^(?:抱歉|对不起|不好意思|纠正|更正|打错|说错|不对|错了|不是|搞错|弄错|我问的是|我说的是|应该是|应当是|改成|改为|换成|换为|切换)")
_ADDITION = re.compile(r"再加上?|加上|连同|同时(?:看|给出)?|一并|外加")
_TOGETHER = re.compile(
    r"^(?:再?加|连|把(?![^，。]*[换改])|带上?|再添|添上?|捎上|捎带|算上|拉上)|再加|带上|添上|捎上|算上|"
    r"(?:放|加|拉|算|列|纳入|排)(?:进来?|上|进去)(?!年|季)|一起|一块儿?|一道|也(?:放|加|算|列)"
)
_OF_A_GROUP = re.compile(r"[\u4e00-\u9fff]{2,6}$")
_KIND = re.compile(
    r"(?:上市|头部|主要|优质|各地|几家|几大|所有|全部|国内|全国|境内|各家?|多家|哪些|哪家|哪个|哪|"
    r"其他|其它|大型|中小|中型|小型|民营|[一二两三四五六七八九十]+[家大])$"
)
_MORE = re.compile(r"再看看?|还有|以及|另外|再给|顺便(?:看)?(?:下|一下)?")
_EARNS = re.compile(r"[赚挣]")
_PROFITS = ("net_profit", "net_profit_attributable", "total_profit", "operating_profit", "deducted_net_profit")
_NUMBER = re.compile(r"(?<![\d.A-Za-z])\d[\d,]*(?:\.\d+)?\s*(?:%|‰|个百分点|BP|bp|万亿元?|亿元?|百万元|万元|千元|元|倍)?")


@dataclass(frozen=True)
class Mentions:
    """What one question says, with spans into `text` (the normalised question; offsets are those of the question).

    settings: spans of scope, GAAP and unit words.
    """

    text: str
    banks: list[NameSpan] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    unknown_banks: list[str] = field(default_factory=list)
    indicators: list[NameSpan] = field(default_factory=list)
    ambiguous: list[NameSpan] = field(default_factory=list)
    not_applicable: list[NameSpan] = field(default_factory=list)
    periods: list[PeriodMention] = field(default_factory=list)
    base_periods: list[PeriodMention] = field(default_factory=list)
    scope: Scope | None = None
    gaap: Gaap | None = None
    unit: str = ""
    cues: list[CueHit] = field(default_factory=list)
    unexplained: list[Span] = field(default_factory=list)
    settings: list[Span] = field(default_factory=list)
    correction: bool = False
    addition: bool = False

    def words(self, spans: list[Span]) -> list[str]:
        """The words of some spans."""
        return [self.text[start:end] for start, end in spans]

    def names_nothing(self) -> bool:
        """Whether no bank, indicator, period, scope or GAAP is named."""
        named = self.banks or self.groups or self.unknown_banks or self.indicators or self.ambiguous or self.not_applicable
        return not (named or self.periods or self.base_periods or self.scope or self.gaap)


class QuestionReader:
    """Reads questions against a catalogue and a bank registry."""

    def __init__(self, scanner: NameScanner, banks: BankRegistry, catalogue: IndicatorCatalogue) -> None:
        self._scanner = scanner
        self._banks = banks
        self._catalogue = catalogue
        weak = sorted((name for name in banks.weak_names() if len(name) > 1), key=len, reverse=True)
        self._weak = re.compile("|".join(re.escape(name) for name in weak)) if weak else None

    def read(self, question: str) -> Mentions:
        """Every mention of a question; negated ones ("不是2023年") are left out."""
        text = normalise(question)
        periods = [mention for mention in find_periods(text) if not _negated(text, mention.start)]
        every = self._scanner.scan(text)
        names = _without_periods([span for span in every if not _negated(text, span.start)], periods)
        groups = [span.ref for span in names if span.kind is NameKind.BANK_GROUP]
        banks = [span for span in names if span.kind is NameKind.BANK]
        banks = sorted([*banks, *self._find_weak(text, every, periods)], key=lambda span: span.start)
        banks = sorted([*banks, *find_codes(text, [(span.start, span.end) for span in [*names, *banks]], self._banks)], key=lambda span: span.start)
        stated = banks
        banks = [span for span in banks if not _negated(text, span.start)]  # 不是兴业，是招行
        banks = sorted([*banks, *_find_industry(text, [*names, *banks])], key=lambda span: span.start)
        indicators = _without_verbs([span for span in names if span.kind is NameKind.INDICATOR], text)
        scope, scope_spans = _find_first(_SCOPES, text, names)
        gaap, gaap_spans = _find_first(_GAAPS, text, [])
        unit_match = _UNITS.search(text)
        named: list[Span] = [(s.start, s.end) for s in [*every, *stated, *banks]]
        spoken = short_years(text, banks, indicators)
        periods = sorted([*periods, *spoken], key=lambda mention: mention.start)
        base, target = _split_base(text, periods, named)
        timed: list[Span] = [(mention.start, mention.end) for mention in [*find_periods(text), *spoken]]
        unknown, unknown_spans = self._find_unknown(text, [*named, *timed], every)
        masked = [*named, *timed, *unknown_spans, *scope_spans, *gaap_spans]
        firm = [(s.start, s.end) for s in [*every, *stated, *banks] if s.kind is not NameKind.AMBIGUOUS]
        cues = _with_ratios(find_cues(text, [*firm, *unknown_spans], [*timed, *scope_spans, *gaap_spans]), text, banks, indicators)
        explained = [*masked, *[(hit.start, hit.end) for hit in cues], *[match.span() for match in _NUMBER.finditer(text)]]
        if unit_match:
            explained.append(unit_match.span())
        explained += [match.span() for match in (_CORRECTION.search(text), _ADDITION.search(text), _MORE.search(text)) if match]
        explained += harmless(text, explained)
        return Mentions(
            text=text, banks=banks, groups=groups, unknown_banks=unknown, indicators=indicators,
            ambiguous=[span for span in names if span.kind is NameKind.AMBIGUOUS and not _touches((span.start, span.end), scope_spans)],
            not_applicable=[span for span in names if span.kind is NameKind.NOT_APPLICABLE],
            periods=target, base_periods=base, scope=scope, gaap=gaap, unit=_unit(unit_match), cues=cues,
            unexplained=leftovers(text, explained, [(span.start, span.end) for span in indicators]), correction=bool(_CORRECTION.search(text)),
            settings=[*scope_spans, *gaap_spans, *([unit_match.span()] if unit_match else [])],
            addition=bool(_ADDITION.search(text)) or (bool(_TOGETHER.search(text)) and len(banks) + len(indicators) == 1),
        )

    def _find_weak(self, text: str, names: list[NameSpan], periods: list[PeriodMention]) -> list[NameSpan]:
        """Short bank names that need a place where a bank is expected: beside another bank, a comparison, or at the start."""
        if self._weak is None:
            return []
        taken = [(span.start, span.end) for span in names] + [(mention.start, mention.end) for mention in periods]
        # Beside another bank, a place after a period is a place (招行2023年杭州的不良率).
        strong = [(span.start, span.end) for span in names if span.kind is NameKind.BANK]
        found = list[NameSpan]()
        for match in self._weak.finditer(text):
            beside = [*strong, *[(span.start, span.end) for span in found]] if strong else taken
            bank = self._banks.weak_names()[match[0]]
            if text[: match.start()].endswith("环") and match[0] == "渤海":
                continue  # 环渤海 is a region
            if not _touches(match.span(), taken) and (_bank_expected(text, match.span(), beside) or _is_brand(text, match.span(), bank, names)):
                found.append(NameSpan(match.start(), match.end(), NameKind.BANK, bank.id))
        return found

    def _find_unknown(self, text: str, taken: list[Span], names: list[NameSpan]) -> tuple[list[str], list[Span]]:
        """Names that look like a bank's but stand in no registry."""
        masked = list(text)
        for start, end in taken:
            masked[start:end] = "\0" * (end - start)
        found, spans = [], []
        blotted = "".join(masked)
        for group in (span for span in names if span.kind is NameKind.BANK_GROUP):
            before = _OF_A_GROUP.search(blotted[: group.start])
            start = before.start() + _lead(before[0]) if before else group.start
            # 泰山农商行 is one bank that is not known, not all of the kind.
            if group.start - start >= 2 and text[group.end - 1] == "行" and not _KIND.search(text[start : group.start]):
                found.append(text[start : group.end])
                spans.append((start, group.end))
        for match in _UNKNOWN_BANK.finditer(blotted):
            name = match[0][_lead(match[0]) :].rsplit("的", 1)[-1]
            if len(name) > 2 and not _NOT_A_BANK.search(name) and self._banks.by_name(name) is None:
                found.append(name)
                spans.append((match.end() - len(name), match.end()))
        return found, spans


def _is_brand(text: str, span: Span, bank: Bank, names: list[NameSpan]) -> bool:
    """Whether a short name is a joint-stock bank's brand (兴业, 平安), no place, in a question on an indicator, and a word of its own."""
    alone = text[: span[0]][-1:] not in tuple("其集当之振太") and not _LONGER.match(text, span[1])
    return bank.type is BankType.JOINT_STOCK and alone and any(name.kind is NameKind.INDICATOR for name in names)


def _find_industry(text: str, names: list[NameSpan]) -> list[NameSpan]:
    """The banking industry as a whole, which a supervisor publishes figures for."""
    taken = [(span.start, span.end) for span in names]
    return [NameSpan(*match.span(), NameKind.BANK, INDUSTRY_ID) for match in _INDUSTRY.finditer(text) if not _touches(match.span(), taken)]


def _lead(name: str) -> int:
    lead = _LEAD.match(name)
    return lead.end() if lead else 0


def _without_verbs(indicators: list[NameSpan], text: str) -> list[NameSpan]:
    """Indicators without a 赚多少 that is only the verb of a profit named beside it (归母净利润同比多赚多少)."""
    named = [span for span in indicators if not _EARNS.search(text[span.start : span.end])]
    return named or indicators


def _with_ratios(cues: list[CueHit], text: str, banks: list[NameSpan], indicators: list[NameSpan]) -> list[CueHit]:
    """The cues with those that two indicators make; a stroke between banks (招行/工行) only lists them."""
    edges = {span.start for span in banks} | {span.end for span in banks}
    ratios = ratio_hits(text, indicators)
    kept = [hit for hit in cues if not (hit.text.strip() == "/" and edges & {hit.start, hit.end})]
    return sorted([*[hit for hit in kept if not any(hit.start < r.end and r.start < hit.end for r in ratios)], *ratios], key=lambda hit: hit.start)


def _negated(text: str, start: int) -> bool:
    return bool(_NEGATED.search(text[:start]))


def _touches(span: Span, taken: list[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in taken)


def _without_periods(names: list[NameSpan], periods: list[PeriodMention]) -> list[NameSpan]:
    """Names that are not part of a period mention (the 中期 of 2023年中期)."""
    timed = [(mention.start, mention.end) for mention in periods]
    return [span for span in names if not any(start <= span.start and span.end <= end for start, end in timed)]


def _bank_expected(text: str, span: Span, taken: list[Span]) -> bool:
    before, after = text[: span[0]].rstrip(), text[span[1]:].lstrip()
    joined = before.endswith(("和", "与", "跟", "同", "比", "及", "、", ",", "，", "对比", "比较", "vs", "VS", "换成", "那", "还有", "看看", "改成", "请问", "一下", "查", "看", "问", "把", "是", "了解", "告诉我", "年", "加上", "连同", "改为", "换为")) or not before
    followed = not after or bool(re.match(r"[、，,和与跟及呢比对相在]|的(?:呢|[?。!]?$|经营|业绩|财务|情况|表现|数据|报告|年报|\d{4}|近|最)|\d{4}|20\d\d|\d{2}(?!\d)|银行|哪|谁|如何|怎么|去年|今年|近|最|这|两|三|不良|拨备|净|营|资|存|贷|核|息|ROE|ROA|NIM|利|归|成本|总", after))
    followed = followed or (before.endswith("比") and after[0] in "高低多少大小好差")
    beside = span[1] + (text[span[1] : span[1] + 1] == "的")  # 宁波的不良率 names the bank, 北京的天气 the place
    touching = any(end == span[0] or start in (span[1], beside) for start, end in taken)
    return (joined and followed) or touching


def _find_first(table: Sequence[tuple[_Member, re.Pattern[str]]], text: str, names: list[NameSpan]) -> tuple[_Member | None, list[Span]]:
    taken = [(span.start, span.end) for span in names]
    hits = [(member, match.span()) for member, pattern in table for match in pattern.finditer(text)
            if not any(start <= match.start() and match.end() <= end for start, end in taken)]
    member = next((member for member, span in hits if not _negated(text, span[0])), None)
    return member, [span for _, span in hits]


def _split_base(text: str, periods: list[PeriodMention], named: list[Span]) -> tuple[list[PeriodMention], list[PeriodMention]]:
    """Period mentions that are compared with ("比2017年", "与2018年相比"), and those that are asked about."""
    ends = {end for _, end in named}
    base = [m for m in periods if _BASE_BEFORE.search(text[: m.start]) and len(text[: m.start].rstrip()) not in ends
            and m.relative is not Relative.LAST_YEARS and not _listed(text, m) and not _between_names(text[: m.start], named)]
    return base, [mention for mention in periods if mention not in base]


def _between_names(before: str, named: list[Span]) -> bool:
    """Whether the comparison before a period belongs to a name (与兴业银行相比2023年…)."""
    match = _BASE_BEFORE.search(before)
    return match is not None and any(end == match.start() and before[:start].endswith(("和", "与", "跟", "同")) for start, end in named)


def _listed(text: str, mention: PeriodMention) -> bool:
    """Whether 和/与/对比 before a period only joins it to another one ("2022年和2023年的不良率")."""
    before = text[: mention.start].rstrip()
    joins = before.endswith(("和", "与", "跟", "同", "对比", "对"))
    if mention.relative is not None and _MOVED_AFTER.match(text[mention.end:]):
        return False
    return joins and not _BASE_AFTER.match(text[mention.end:])


def _unit(match: re.Match[str] | None) -> str:
    if match is None:
        return ""
    word = match["unit"]
    return {"亿": "亿元", "万亿": "万亿元", "bp": "BP", "基点": "BP"}.get(word, word)
