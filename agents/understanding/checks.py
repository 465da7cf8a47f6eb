"""What stands in the way of an answer before any figure is looked up: the refusals that the words alone decide."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.plan import Carried, Op, Operation, Slots
from agents.understanding.fillers import PART
from agents.understanding.horizon import Horizon
from agents.understanding.mentions import Mentions
from agents.understanding.qualifiers import adjoins, narrowing
from agents.understanding.rows import nearest_rows
from data.banks import BankRegistry
from data.indicators import IndicatorCatalogue
from data.period_text import find_periods
from data.refusals import Refusal, RefusalCode
from data.text import normalise_name

_NEEDS_BANK = frozenset(Op) - {Op.DEFINITION, Op.COVERAGE, Op.GENERAL, Op.EXPRESSION, Op.RANK}
_NEEDS_INDICATOR = frozenset({Op.VALUE, Op.YOY, Op.QOQ, Op.DIFFERENCE, Op.CAGR, Op.TREND, Op.COMPARE, Op.RANK, Op.SHARE, Op.AVERAGE, Op.TOTAL, Op.RECOMPUTE, Op.LINE})
_POINTING = re.compile(r"那个|这个|该指标|上述|它|前者|后者")
_BARE_NOUN = re.compile(r"(?:余额|金额|规模|比例|比率|占比|增速|增幅|总额|数量|数值|指标|变动|变化)(?:是|有|为)?(?:多少|几何|多大|多高|如何|怎么样)?[呢?？。! ]*")
_DATED = re.compile(r"-?(?<!\d)\d+\s*年(?:\s*\d+\s*月(?:\s*\d+\s*[日号])?)?(?![期以内前后龄])|(?<!\d)(?:1[3-9]|[2-9]\d|\d{3,})\s*(?:月(?![均供])|季度)")
MAX_CHARS = 2000
TOO_LONG = Refusal(RefusalCode.OUT_OF_SCOPE, f"问题超过 {MAX_CHARS} 字，无法可靠理解。", "请把问题拆成几句分别提问；长文件请先导入再提问。")


@dataclass(frozen=True)
class Catalogues:
    """What the checks look names up in."""

    banks: BankRegistry
    indicators: IndicatorCatalogue
    horizon: Horizon


def refusal_of(mentions: Mentions, slots: Slots, operations: list[Operation], carried: Carried, known: Catalogues) -> Refusal | None:
    """The first reason to refuse or to ask back, or None."""
    for check in (_too_long, _impossible_period, _not_applicable, _unknown_bank, _ambiguous_word, _nothing_named, _qualified, _no_indicator, _no_bank):
        refusal = check(mentions, slots, operations, carried, known)
        if refusal is not None:
            return refusal
    return None


def _too_long(mentions: Mentions, _s: Slots, _o: list[Operation], _c: Carried, _k: Catalogues) -> Refusal | None:
    return None if len(mentions.text) <= MAX_CHARS else TOO_LONG


def _impossible_period(mentions: Mentions, _s: Slots, _o: list[Operation], _c: Carried, _k: Catalogues) -> Refusal | None:
    """A period that does not exist (9999年, 13月, 2月30日) is said so, never dropped in favour of the latest one."""
    known = [(found.start, found.end) for found in find_periods(mentions.text)]
    known += [(span.start, span.end) for span in mentions.indicators]  # 逾期1年至3年贷款 is no date
    for match in _DATED.finditer(mentions.text):
        if not any(start <= match.start() and match.end() <= end for start, end in known):
            return Refusal(RefusalCode.MISSING_PERIOD, f"没有“{match[0].strip()}”这个期间。", "期间可写作 2023年、2023年末、2023年上半年、2023年三季度、2023年6月30日。")
    return None


def _not_applicable(mentions: Mentions, _s: Slots, _o: list[Operation], _c: Carried, known: Catalogues) -> Refusal | None:
    if not mentions.not_applicable:
        return None
    entry = known.indicators.not_applicable[_key(mentions.not_applicable[0].ref)]
    instead = "、".join(known.indicators.get(name).name for name in entry.instead)
    return Refusal(RefusalCode.NOT_APPLICABLE, f"{entry.name}不适用于银行：{entry.reason}", f"可改看：{instead}。" if instead else "请改问银行适用的指标。")


def _unknown_bank(mentions: Mentions, _s: Slots, _o: list[Operation], _c: Carried, known: Catalogues) -> Refusal | None:
    if not mentions.unknown_banks:
        return None
    names = "、".join(mentions.unknown_banks)
    have = [bank.name for bank_id in known.horizon.banks() if (bank := known.banks.get(bank_id))]
    return Refusal(RefusalCode.MISSING_DOCUMENT, f"库中没有{names}的报告，银行名录里也没有这个名称。", f"请核对行名，或导入该行报告后再问；现有：{'、'.join(have[:12])}等{len(have)}家。")


def _ambiguous_word(mentions: Mentions, _s: Slots, operations: list[Operation], _c: Carried, known: Catalogues) -> Refusal | None:
    if not mentions.ambiguous or mentions.indicators or operations[0].op in (Op.GENERAL, Op.COVERAGE, Op.REPORT, Op.WALK, Op.WHY, Op.ANALYSIS):
        return None
    return _asked_back(mentions.ambiguous[0].ref, known)


def _asked_back(word: str, known: Catalogues) -> Refusal:
    entry = known.indicators.ambiguous[_key(word)]
    candidates = "、".join(known.indicators.get(name).name for name in entry.candidates)
    return Refusal(RefusalCode.AMBIGUOUS, entry.question, f"可能是：{candidates}。" if candidates else "请说出指标名称。")


def _nothing_named(mentions: Mentions, slots: Slots, operations: list[Operation], carried: Carried, _k: Catalogues) -> Refusal | None:
    """ "那个比例是多少呢" with nothing before it; "" and "？？"."""
    if not re.search(r"[\w\u4e00-\u9fff]", mentions.text):
        return Refusal(RefusalCode.AMBIGUOUS, "没有看到问题。", "请写明银行、指标和期间，例如：招商银行2023年不良率是多少？")
    if mentions.names_nothing() and not carried.operations and _BARE_NOUN.fullmatch(mentions.text.strip()):
        return Refusal(RefusalCode.AMBIGUOUS, "请问指哪家银行、哪个指标、哪一期？", "请写明银行、指标和期间，例如：招商银行2023年末贷款总额。")
    pointing = _POINTING.search(mentions.text) and mentions.names_nothing() and not carried.operations
    if pointing and operations[0].op is not Op.COVERAGE:
        return Refusal(RefusalCode.AMBIGUOUS, "前文没有提到可以指代的指标或银行，请问指的是哪一个？", "请写明银行、指标和期间，例如：招商银行2023年末拨备覆盖率。")
    return None


def _qualified(mentions: Mentions, slots: Slots, operations: list[Operation], carried: Carried, known: Catalogues) -> Refusal | None:
    """A word that nothing accounts for, in a clause that names an indicator, may narrow it (深圳分行的不良率): never answer the wider one."""
    if operations[0].op in (Op.GENERAL, Op.COVERAGE, Op.REPORT, Op.ANALYSIS, Op.DEFINITION):
        return None
    if operations[0].op is Op.WHY and not any(PART.search(mentions.text[start:end]) for start, end in mentions.unexplained):
        return None
    if operations[0].op is Op.WALK and not any(PART.search(mentions.text[start:end]) for start, end in mentions.unexplained):
        return None
    if mentions.indicators:
        for start, end in narrowing(mentions):
            word, name = mentions.text[start:end], known.indicators.get(min(mentions.indicators, key=lambda s: abs(s.start - start)).ref).name
            return Refusal(RefusalCode.NOT_DISCLOSED, f"没有“{word}”口径的{name}，不能用整体的{name}代替。", f"{_offered(mentions, known)}可问整体的{name}，或导入披露了“{word}”明细的报告。")
        apart = [span for span in mentions.ambiguous if not adjoins(mentions, (span.start, span.end)) and "多少" not in span.ref]
        return _asked_back(apart[0].ref, known) if apart else None
    known_rows = bool(nearest_rows(mentions, known.horizon, 1))
    if mentions.unexplained and _about_one_thing(mentions, operations) and (slots.indicators or not mentions.names_nothing() or known_rows):
        word = mentions.text[slice(*mentions.unexplained[0])]
        return Refusal(RefusalCode.NOT_DISCLOSED, f"指标目录中没有“{word}”。", f"{_offered(mentions, known)}请换用报告里的指标名称，或先用“有哪些指标”查看可问的指标。")
    return None


def _offered(mentions: Mentions, known: Catalogues) -> str:
    """The disclosed rows nearest to what is asked for."""
    near = nearest_rows(mentions, known.horizon)
    return f"报告里相近的项目：{'、'.join(near)}。" if near else ""


def _about_one_thing(mentions: Mentions, operations: list[Operation]) -> bool:
    """Whether the question wants an indicator; a bare bank with an unknown word (招商银行股价) does, though a bare bank gets an overview."""
    op = operations[0].op
    return op in _NEEDS_INDICATOR or (op is Op.OVERVIEW and not any(hit.cue.op is Op.OVERVIEW for hit in mentions.cues))


def _no_indicator(mentions: Mentions, slots: Slots, operations: list[Operation], _c: Carried, _k: Catalogues) -> Refusal | None:
    if slots.indicators or operations[0].op not in _NEEDS_INDICATOR or (operations[0].op is Op.TREND and slots.banks):
        return None
    return Refusal(RefusalCode.AMBIGUOUS, "请问要看哪个指标？", "例如：净利润、净息差、不良贷款率、拨备覆盖率、核心一级资本充足率。")


def _no_bank(mentions: Mentions, slots: Slots, operations: list[Operation], _c: Carried, known: Catalogues) -> Refusal | None:
    if slots.banks or operations[0].op not in _NEEDS_BANK:
        return None
    have = [bank.name for bank_id in known.horizon.banks(slots.indicators) if (bank := known.banks.get(bank_id))]
    return Refusal(RefusalCode.AMBIGUOUS, "请问是哪家银行？", f"库中有：{'、'.join(have[:12])}{'等' if len(have) > 12 else ''}。" if have else "请先导入报告。")


def _key(ref: str) -> str:
    return normalise_name(ref)
