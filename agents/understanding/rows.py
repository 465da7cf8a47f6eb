"""Subjects that only the documents know: a question's words are matched against the rows of the collection's tables.

The catalogue comes first. Rows are asked where it leaves words over (长三角地区2019年末贷款), names nothing, or names what these documents
do not hold. A row is taken only if it accounts for every word about the subject; a follow-up ("珠三角呢", "不良多少") is read with the row
of the turn before.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from agents.plan import Carried, Op
from agents.understanding.fillers import leftovers
from agents.understanding.horizon import Horizon
from agents.understanding.mentions import Mentions
from agents.understanding.operations import is_ellipsis
from agents.understanding.qualifiers import narrowing
from data.indicators import IndicatorCatalogue
from data.row_words import row_words
from data.units import Dimension
from tools.name_scanner import NameKind, NameSpan
from tools.row_index import ROW_PREFIX, RowIndex, RowMatch, leaf_of

Span = tuple[int, int]
_SURE, _FULL = 0.99, 0.99
_TELLING = 4  # a label this long stands for itself, whatever the table over it narrows
_LABEL = 0.6  # a label may be longer than what analysts say of it: 重组贷款 for 重组贷款和垫款
_MARGIN = 0.3
_WHOLE = re.compile(r"全行|整体|总体|全部|合计|总的|全口径")
_DEFINED = re.compile(r"(?:是)?(?:指|叫|是)(?:的是)?什么.*|什么(?:叫|是)|(?:是|等于)(?:多少|几).*|的?(?:口径|定义|含义).*|^(?:请问|报告里|报告中)|^(?:一|1)个")
_ASKS = re.compile(
    r"[多几](?:少|大)?(?:万|亿|百万|千)(?:张|户|人|个|元|家|笔|台|股)|(?:有)?几(?:个|人|家|户|张|名)|"
    r"请问|请|帮我|查一下|查询|告诉我|给出|列出|看看|说说|一下|分别|各自|一共|总共|共计|是?多少[钱个家户人]?|有多[高大少]|几何|是什么|怎么样|如何|哪[个家类些](?:的)?|"
    r"[一二两三四五六七八九十]个?(?:地区|区域|行业|产品|类型|类|项|者|部分|分部)|"
    r"[高低大小多少]?[呢吗吧?？!！。,，；;]|[高低大小]$|谁的?"
)
_RUN = re.compile(r"[^\0\s]{2,}")
_COUNTED = re.compile(r"[多几](?:少|大)?(?:万|亿)?(?:户|人|家|张|名|台)(?!民币)|几个?(?:人|家|户)")
_AMOUNT = re.compile(r"余额|金额|总额|多少(?:钱|亿|万元|元)|规模")
_RATIO = re.compile(r"[^利比汇税费]率(?!先)|占比|比例|比重|百分之|几个(?:百分)?点")
_WHICH = re.compile(r"哪[个一类]|谁|孰")
_OWNED = re.compile(r"^(?:(?:控股|全资)?(?:子公司|附属公司)|旗下(?:的)?)(?=[\u4e00-\u9fff]{4,})")
_BETWEEN = re.compile(r"[、，,和与及以跟\s]{1,2}")
_LIST = re.compile(r"[、，,和与及以跟]")
_NOT_ROWS = (Op.REPORT, Op.COVERAGE, Op.WALK, Op.DUPONT, Op.DEFINITION)


def with_rows(mentions: Mentions, carried: Carried, horizon: Horizon, catalogue: IndicatorCatalogue) -> Mentions:
    """The mentions with their subject read as a row of the documents, where the catalogue does not do; else as they are."""
    rows = horizon.rows
    mentions = _without_glosses(mentions, catalogue)
    if rows is None or not len(rows) or mentions.unknown_banks or any(hit.cue.op in _NOT_ROWS for hit in mentions.cues):
        return mentions
    spans, loud = _subject(mentions, cues=False), _subject(mentions, cues=True)
    if not spans and not loud:
        return mentions
    if any(span.ref not in horizon.banks() for span in mentions.banks):
        return mentions  # another bank's figure is in none of these rows
    if any(char.isdigit() for word in _words(mentions, _said(mentions, cues=False)) for char in word):
        spans, loud = _said(mentions, cues=False), _said(mentions, cues=True)  # 逾期1到90天: the digits are part of the name
    dimension, asked = _dimension(mentions), {str(period) for mention in mentions.periods for period in mention.periods}
    leaning = bool(carried.slots.indicators) and not mentions.banks
    if leaning and spans and (swapped := _swapped(mentions, spans, carried, rows, catalogue)):
        return _read_as(mentions, [(spans, swapped)])
    if leaning and (found := _of_the_same_row(mentions, spans, carried, rows, catalogue)):
        return _read_as(mentions, [(spans, found)])
    mixed = len({catalogue.get(span.ref).unit.dimension for span in mentions.indicators}) != 1 or mentions.unexplained
    if mixed and (any(hit.cue.op is Op.COMPARE for hit in mentions.cues) or _WHICH.search(mentions.text)) and (several := _listed(mentions, _said(mentions, cues=False), rows, measured=True)):
        return _read_as(mentions, several, whole=True)
    if _settled(mentions, spans, horizon, carried):
        return mentions
    if spans and (named := _apart(mentions, spans, horizon, catalogue)):
        return _read_as(mentions, [(spans, named)])
    if leaning and spans and (part := _part_of(carried, rows, catalogue, _words(mentions, spans))):
        return _read_as(mentions, [(spans, part)])
    if leaning and spans and (beside := _sure(_beside(carried, rows, _words(mentions, spans)))):
        return _read_as(mentions, [(spans, beside.record.indicator_id)])
    if loud and (best := _sure(rows.match(_words(mentions, loud), dimension=dimension), asked)):
        return _read_as(mentions, [(loud, best.record.indicator_id)])
    if spans and (best := _sure(rows.match(_words(mentions, spans), dimension=dimension), asked)):
        return _read_as(mentions, [(spans, best.record.indicator_id)])
    formal = _formal(mentions, spans, catalogue)
    if formal and (best := _sure(rows.match(formal, dimension=dimension), asked)):
        return _read_as(mentions, [(spans, best.record.indicator_id)])
    for said in (_said(mentions, cues=True), _said(mentions, cues=False)):
        if said and (best := _sure(rows.match(_words(mentions, said), dimension=dimension), asked)):
            return _read_as(mentions, [(said, best.record.indicator_id)])
    for subject in (spans, _said(mentions, cues=False)):
        if subject and (several := _listed(mentions, subject, rows)):
            return _read_as(mentions, several)
    return mentions


def _without_glosses(mentions: Mentions, catalogue: IndicatorCatalogue) -> Mentions:
    """Without a bracket that only repeats what the indicator before it is called: ROE（加权）."""
    def told(span: Span) -> bool:
        opened = re.search(r"[（(]\s*$", mentions.text[: span[0]])
        before = next((s for s in mentions.indicators if opened and s.end == opened.start()), None)
        if before is None:
            return False
        indicator = catalogue.get(before.ref)
        return any(mentions.text[slice(*span)] in name for name in (indicator.name, *indicator.aliases))

    left = [span for span in mentions.unexplained if not told(span)]
    return mentions if len(left) == len(mentions.unexplained) else replace(mentions, unexplained=left)


def _apart(mentions: Mentions, spans: Sequence[Span], horizon: Horizon, catalogue: IndicatorCatalogue) -> str | None:
    """An indicator whose name other words part: 西部地区 2018年底 贷款余额."""
    joined = "".join(_words(mentions, spans))
    found = catalogue.by_name(joined) or catalogue.by_name(row_words().core(joined).replace("的", ""))
    return found.id if found is not None and horizon.periods((), (found.id,)) else None


def nearest_rows(mentions: Mentions, horizon: Horizon, count: int = 3) -> list[str]:
    """Names of disclosed rows closest to what is asked for, best first: for the refusal to offer."""
    spans = _subject(mentions, cues=False)
    if horizon.rows is None or not spans:
        return []
    found = [match for match in horizon.rows.match(_words(mentions, spans), limit=12) if match.covered >= 0.4]
    return list(dict.fromkeys(match.record.indicator for match in found))[:count]


def subject_words(mentions: Mentions) -> list[str]:
    """The question's own words about its subject, without times, banks, operations and politeness; quoted words first."""
    quoted = re.findall(r"[“\"「『]([^”\"」』]{2,20})[”\"」』]", mentions.text)
    parts = [mentions.text[span.start : span.end] for span in [*mentions.indicators, *mentions.ambiguous]] + mentions.words(mentions.unexplained)
    words = list(dict.fromkeys([*quoted, *_words(mentions, _subject(mentions, cues=False)), *(part for part in parts if len(part) > 1)]))
    return words or [word for word in [_DEFINED.sub("", mentions.text).strip("？?。 ")] if 1 < len(word) < 12]


def _settled(mentions: Mentions, spans: Sequence[Span], horizon: Horizon, carried: Carried) -> bool:
    """Whether the catalogue explains the subject and these documents hold it; a word that may mean several things is asked about."""
    said = [*spans, *_said(mentions, cues=False)]
    if mentions.ambiguous and all(any(span[0] >= a.start and span[1] <= a.end + 1 for a in mentions.ambiguous) for span in said):
        return True
    if not mentions.indicators:
        return not mentions.unexplained and not mentions.ambiguous
    if mentions.not_applicable or narrowing(mentions) or (mentions.unexplained and not carried.slots.indicators):
        return bool(mentions.not_applicable)
    names = [span.ref for span in mentions.indicators]
    return all(horizon.periods((), (name,)) for name in names)


def _subject(mentions: Mentions, *, cues: bool) -> list[Span]:
    """Spans of what the question is about: all but times, banks, scopes and politeness; `cues` keeps the words of operations."""
    timed = [(m.start, m.end) for m in [*mentions.periods, *mentions.base_periods]]
    known = [*timed, *[(span.start, span.end) for span in mentions.banks], *mentions.settings]
    known += [] if cues else [(hit.start, hit.end) for hit in mentions.cues]
    names = [(span.start, span.end) for span in [*mentions.indicators, *mentions.ambiguous]]
    names = [span for span in names if not any(span[0] < end and start < span[1] for start, end in known)]
    rest = leftovers(mentions.text, [*known, *names], names)
    return _joined(mentions.text, sorted([*names, *rest]))


def _said(mentions: Mentions, *, cues: bool) -> list[Span]:
    """The same more plainly: whatever stands between times, banks, scopes and marks, less the words that ask."""
    blank = [(m.start, m.end) for m in [*mentions.periods, *mentions.base_periods]] + [(span.start, span.end) for span in mentions.banks]
    blank += [*mentions.settings, *([] if cues else [(hit.start, hit.end) for hit in mentions.cues])]
    text = list(mentions.text)
    for start, end in blank:
        text[start:end] = "\0" * (end - start)
    left = _ASKS.sub(lambda match: "\0" * len(match[0]), "".join(text))
    return [match.span() for match in _RUN.finditer(left)]


def _joined(text: str, spans: Sequence[Span]) -> list[Span]:
    """Spans that touch, or are parted by digits and 的 only, as one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and re.fullmatch(r"[\d.,%的之]*个?", text[joined[-1][1] : start]):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _formal(mentions: Mentions, spans: Sequence[Span], catalogue: IndicatorCatalogue) -> list[str]:
    """The subject with every indicator under its catalogue name (东北地区 营收 → 东北地区 营业收入); empty where that changes nothing."""
    inside = [span for span in mentions.indicators if any(start <= span.start and span.end <= end for start, end in spans)]
    if not inside:
        return []
    rest = [word for start, end in spans for word in _without(mentions.text, start, end, inside)]
    return [*rest, *(catalogue.get(span.ref).name for span in inside)]


def _without(text: str, start: int, end: int, names: Sequence[NameSpan]) -> list[str]:
    kept = "".join("\0" if any(span.start <= at < span.end for span in names) else text[at] for at in range(start, end))
    return [piece for piece in kept.split("\0") if len(piece) > 1]


def _words(mentions: Mentions, spans: Sequence[Span]) -> list[str]:
    """The words of some spans; "子公司" before a company's own name says nothing more."""
    return [_OWNED.sub("", mentions.text[start:end]) for start, end in spans]


def _sure(matches: Sequence[RowMatch], periods: Collection[str] = ()) -> RowMatch | None:
    """The best match if every word of the subject is in it and its own label is asked for; None where two rows fit alike.

    periods: those asked for; rows that hold one of them come first.
    """
    fitting = [match for match in matches if match.covered >= _SURE and match.label >= _LABEL and match.measured >= _SURE]
    fitting.sort(key=lambda match: not set(periods) & set(match.record.periods))
    if not fitting:
        return None
    held = [match for match in fitting if set(periods) & set(match.record.periods)] or fitting
    best = next((match for match in held if match.label >= _FULL and match.named), held[0])
    if best.unasked and (best.label < _FULL or len(leaf_of(best.record.row)) < _TELLING):
        return None
    if best.label >= _FULL:
        alike = [match for match in held if match.label >= _FULL and match.record.indicator_id != best.record.indicator_id]
        # 中部 alone heads a row of many tables: which of them is meant must be said.
        bare = best.spare < _FULL and any(leaf_of(match.record.row) == leaf_of(best.record.row) for match in alike)
        return None if bare and any(match.score > best.score - _MARGIN for match in alike) else best
    others = [match for match in fitting[1:] if match.record.indicator_id != best.record.indicator_id and match.score > best.score - _MARGIN]
    return None if others else best


def _of_the_same_row(
    mentions: Mentions, spans: Sequence[Span], carried: Carried, rows: RowIndex, catalogue: IndicatorCatalogue
) -> str | None:
    """A measure asked of the part that the talk is about: after 制造业贷款, "不良多少" is that of 制造业."""
    if not spans or _WHOLE.search(mentions.text) or any(hit.cue.op is Op.SHARE for hit in mentions.cues):
        return None
    name, words = carried.slots.indicators[-1], _words(mentions, spans)
    subject = catalogue.get(name).name if name in catalogue else ""
    for start in dict.fromkeys((subject, subject.removesuffix("贷款"), subject.removesuffix("存款"), subject.removesuffix("余额"))):
        joined = catalogue.by_name(start + "".join(words)) if start else None
        if joined is not None and start not in "".join(words) and rows.labels(joined.id):
            return joined.id
    labels = rows.labels(name)
    for label in (start for whole in labels for start in dict.fromkeys((whole, whole[:4], whole[:3], whole[:2])) if len(start) > 1):
        for match in rows.match([label, *words], dimension=_dimension(mentions)):
            own = match.covered >= _SURE and match.label >= _FULL and (label in labels or rows.together(match.record.indicator_id, name))
            if own and match.record.indicator_id != name and any(leaf.startswith(label) for leaf in rows.labels(match.record.indicator_id)) and _names_part(label, mentions, spans):
                return match.record.indicator_id
    return None


def _swapped(mentions: Mentions, spans: Sequence[Span], carried: Carried, rows: RowIndex, catalogue: IndicatorCatalogue) -> str | None:
    """The same measure of another part: after 正常类贷款迁徙率, "可疑类呢" - unless the words name a figure of that kind by themselves."""
    name, words = carried.slots.indicators[-1], "".join(_words(mentions, _said(mentions, cues=False))).strip("的")
    if name not in catalogue or not is_ellipsis(mentions) or any(hit.cue.op in (Op.SHARE, Op.RATIO) for hit in mentions.cues):
        return None
    before = catalogue.get(name)
    if is_row(name):
        beside = _sure(rows.siblings(name, _words(mentions, spans)))
        return beside.record.indicator_id if beside else None
    if any(catalogue.get(span.ref).unit.dimension is before.unit.dimension for span in mentions.indicators):
        return None
    for label in (before.name, *before.aliases):
        for cut in range(2, len(label) - 1):
            found = catalogue.by_name(words + label[cut:])
            if found is not None and rows.labels(found.id):
                return found.id
    if len(words) < 2 or mentions.indicators:
        return None
    rests = dict.fromkeys(label[cut:] for label in (before.name,) for cut in range(2, len(label) - 1))
    found_rows = (_sure([match for match in rows.match([words, rest]) if match.label >= _FULL]) for rest in rests)
    return next((match.record.indicator_id for match in found_rows if match is not None), None)


def _names_part(label: str, mentions: Mentions, spans: Sequence[Span]) -> bool:
    """Whether the label adds something to the words of the question, which alone would name the whole."""
    said = "".join(_words(mentions, spans))
    return label not in said and said not in label


def _part_of(carried: Carried, rows: RowIndex, catalogue: IndicatorCatalogue, words: Sequence[str]) -> str | None:
    """A part of what the talk is about, which its name would complete: after 风险加权资产, "其中信用风险的呢"."""
    name = carried.slots.indicators[-1]
    whole = catalogue.get(name).name if name in catalogue else ""
    joined = catalogue.by_name(_overlapped("".join(words), whole))
    if joined is not None and joined.id != name and rows.labels(joined.id):
        return joined.id
    best = _sure([match for match in rows.match([*words, whole]) if match.label >= _FULL]) if whole else None
    return best.record.indicator_id if best is not None and best.record.indicator_id != name else None


def _overlapped(part: str, whole: str) -> str:
    """Two words as one, what the first ends in and the second begins with said once: 信用风险 + 风险加权资产."""
    shared = next((size for size in range(min(len(part), len(whole)), 0, -1) if part.endswith(whole[:size])), 0)
    return part + whole[shared:]


def _beside(carried: Carried, rows: RowIndex, words: Sequence[str]) -> list[RowMatch]:
    return [match for name in carried.slots.indicators[-1:] for match in rows.siblings(name, words)]


def _listed(mentions: Mentions, spans: Sequence[Span], rows: RowIndex, *, measured: bool = False) -> list[tuple[list[Span], str]]:
    """Several parts that share the rest of their name (风险加权资产按信用、市场、操作风险): each is matched with the common words.

    measured: only where there are common words (对公和零售贷款哪个不良率高).
    """
    pieces = _list_of(mentions.text, [piece for span in spans for piece in _pieces(mentions.text, *span)])
    if len(pieces) < 2:
        return []
    head = _words(mentions, [span for span in spans if not any(span[0] < end and start < span[1] for start, end in pieces)])
    words = _words(mentions, pieces)
    if measured and not head:
        return []
    found = []
    for piece, word in zip(pieces, words, strict=True):
        tails = ["", *(words[-1][cut:] for cut in range(1, len(words[-1])))] if piece is not pieces[-1] else [""]
        match = next((match for tail in tails for match in [_sure(rows.match([word + tail, *head]))] if match), None)
        if match is None:
            return []
        found.append(([piece], match.record.indicator_id))
    return found


def _list_of(text: str, pieces: Sequence[Span]) -> list[Span]:
    """The longest run of pieces that only list marks part."""
    runs: list[list[Span]] = []
    for piece in pieces:
        if runs and _BETWEEN.fullmatch(text[runs[-1][-1][1] : piece[0]]):
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return max(runs, key=len, default=[])


def _pieces(text: str, start: int, end: int) -> list[Span]:
    marks = [start - 1, *[start + mark.start() for mark in _LIST.finditer(text[start:end])], end]
    return [(left + 1, right) for left, right in pairwise(marks) if right - left > 1]


def _dimension(mentions: Mentions) -> Dimension | None:
    """What the question's last word for a figure measures, where it says so: 不良率 is no amount, 不良余额 no ratio."""
    if _COUNTED.search(mentions.text):
        return Dimension.COUNT
    amount, ratio = _AMOUNT.search(mentions.text), _RATIO.search(mentions.text)
    return None if bool(amount) == bool(ratio) else Dimension.AMOUNT if amount else Dimension.RATIO


def _read_as(mentions: Mentions, found: Sequence[tuple[Sequence[Span], str]], *, whole: bool = False) -> Mentions:
    """The mentions with these spans read as these indicators, and nothing left unexplained inside them; `whole`: and none besides."""
    named = [NameSpan(spans[0][0], spans[-1][1], NameKind.INDICATOR, name) for spans, name in found]
    hull = (min(span.start for span in named), max(span.end for span in named))
    taken = [span for spans, _ in found for span in spans]
    cues = [hit for hit in mentions.cues if not any(start <= hit.start and hit.end <= end for start, end in taken)]
    cues = [hit for hit in cues if not (hit.cue.op is Op.WHY and hit.text.startswith("贡献"))]  # a part's own figure is its contribution
    left = [span for span in mentions.unexplained if not any(start <= span[0] and span[1] <= end for start, end in taken)]
    kept = [] if whole else [span for span in mentions.indicators if not (hull[0] <= span.start and span.end <= hull[1])]
    return replace(mentions, indicators=sorted([*kept, *named], key=lambda span: span.start), ambiguous=[], unexplained=left, cues=cues)


def is_row(indicator_id: str) -> bool:
    """Whether an indicator is a row of a document that the catalogue has no name for."""
    return indicator_id.startswith(ROW_PREFIX)
