"""Sentences to statements: whose figure, of what, when, and the amount; a small grammar over clauses, without a model.

The subject of an amount is the noun before it in its own clause; a clause without one goes on speaking of the last subject.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from data.errors import PeriodError
from data.periods import Period
from data.units import Quantity
from retrieval.extraction.period_words import PeriodReading, find_header_periods
from retrieval.extraction.quantities import Amount, Role, change_words, find_amounts, share_words


@dataclass(frozen=True, slots=True)
class Statement:
    """One amount of a sentence. subject: the noun as printed, cleaned; measure: "" for a level, 占比, 占营业收入比例, 较上年变动.

    period: None where the sentence names none. sure: the subject stands right before the amount, which is exact.
    """

    subject: str
    measure: str
    quantity: Quantity
    period: Period | None
    point: bool | None
    sure: bool
    start: int
    end: int


_LEAD = re.compile(
    r"^(?:截至|截止|于|在|至|到|自|从)?(?:全年|本?报告期(?:末|内)?|(?:本|上|当)年度?(?:末|内)?(?!轮)|年末|年内|期末|期内|上年同期|去年|今年|目前|当前|末|底|日|,|，|、|的|止|度|同期)+"
    r"|^(?:其中|同时|此外|另外|另|并|且|以及|及|和|与|即|而|则|包括|主要是?|总体|全部|累计|合计|共计|共有|共|已|仍|还|均|约|按|由|从|为|是|有|:|：|,|，|、|“|”|\"|\))+"
    r"|^(?:本集团|本行|我行|全行|集团|本公司|公司(?!存款|贷款|类|客户|业务|活期|定期|金融|债|银行)|银行(?!卡|承兑|理财|间)|母公司|全集团|行内)(?:的|于|已|共|累计)*"
)
_VERBS = re.compile(
    r"(?:达到?了?|为|是|共计?|合计|总计|约|近|超过?|逾|有|人民币|分别为?|均为?|至|到|增至|升至|降至|提升至|提高至|下降至|上升至|增长至|增加至|回落至|突破|实现|完成|保持在?|维持在|计|的|:|：|由|从|了|余|等|仅|累计|共有|高达|净?投放|位列|稳定在|得?以|已|达人民币|报|上年|本年|本期|上期|同期)+$"
)
_TAKES = re.compile(
    r"^(?:服务|管理|吸收|拥有)(?=[一-鿿A-Za-z]{2,})"
    r"|^.*?(?:实现|取得|完成|拥有|共有|累计实现|设有|累计发放|带动|推动|使得|涉及)(?=[一-鿿A-Za-z]{2,})"
)
_NOUN = re.compile(r"^[一-鿿A-Za-z0-9“”、/（）()\-—·&+%]{2,30}$")
_NOT_NOUN = re.compile(
    r"[，,。;；]|^(?:上升|下降|增加|减少|增长|同比|环比|较|比|占|其|该|这|每|第|不足|前|后|以|向|对|将|可|并|从|由)"
    r"|的$|^\d+$|按照|根据|通过|如下|情况|以及$|同意|批准|发行了?$|决定|召开|审议"
)
_LIST = re.compile(r"[、和及与]|以及")
_PAREN = re.compile(r"^\((?P<when>[^()]{0,20}?(?:\d{4}年|上年|年初|期初)[^()]{0,14}?)[:：]?(?:为)?(?:[^\d()]{0,8})$")
_COMPARED = re.compile(r"[较比与同](?:同期)?$")
_GENERAL = re.compile(r"不良(?:贷款)?(?:率|余额)|(?:当年)?新发放贷款(?:加权)?(?:平均)?利率|户均(?:贷款)?(?:余额)?|逾期率")
_LOANS = re.compile(r"(?P<whose>.{2,}?贷款)(?:的)?(?:不良(?:贷款)?)?(?:余额|额|总额|规模)?|(?P<card>.{2,}?)不良(?:贷款)?余额")
_ALL_LOANS = frozenset(("客户贷款", "发放贷款和垫款", "各项贷款", "贷款", "全行贷款", "贷款和垫款", "不良贷款", "关注类贷款", "逾期贷款"))
_AFTER = re.compile(r"^(?:的)?(?P<noun>[一-鿿]{2,12}?)(?=[,，。;；、)）]|$)")


def read_statements(sentence: str, report: Period | None, about: str = "") -> list[Statement]:
    """The statements of one squeezed sentence, in text order.

    about: what the clause before a semicolon spoke of (普惠型小微企业贷款余额), which narrows a general rate after it.
    """
    amounts = find_amounts(sentence)
    if not amounts:
        return []
    periods = [reading for reading in find_header_periods(sentence, report) if not _COMPARED.search(sentence[: reading.start])]
    return list(_Walk(sentence, amounts, periods, report, about).statements())


class _Walk:
    """One walk over the amounts of a sentence, remembering what it speaks of."""

    def __init__(self, sentence: str, amounts: list[Amount], periods: list[PeriodReading], report: Period | None, about: str) -> None:
        self._text = sentence
        self._amounts = amounts
        self._periods = periods
        self._report = report
        self._subject = ""
        self._about = about
        self._basis = ""
        self._listed: list[str] = []

    def statements(self) -> Iterator[Statement]:
        groups = _grouped(self._text, self._amounts)
        for group in groups:
            if len(group) > 1:
                yield from self._list(group)
            else:
                yield from self._one(group[0])

    def _one(self, amount: Amount) -> Iterator[Statement]:
        if amount.role is Role.CHANGE:
            yield from self._change(amount)
        elif amount.role is Role.SHARE:
            yield from self._share(amount)
        else:
            yield from self._level(amount)

    def _level(self, amount: Amount) -> Iterator[Statement]:
        if beside := _PAREN.match(self._text[self._opening(amount) : amount.start]):
            readings = find_header_periods(beside["when"], self._report)
            if self._subject and readings:
                yield self._statement(self._subject, "", amount, readings[-1], sure=True)
            return
        subject, sure = noun_of(amount.lead), True
        if not subject:
            after = _AFTER.match(self._text[amount.end :])
            subject = noun_of(after["noun"]) if after and amount.quantity.unit.noun else ""
        if not subject:
            subject, sure = self._subject, bool(re.search(r"(?:至|到|达|为|的|由|从|本年|上年)(?:人民币)?$", amount.lead))
            if not sure:
                return
        subject = self._narrowed(subject)
        self._subject, self._listed = subject, []
        # 由1亿股增加为2亿股: the first number is what was before, of no stated date.
        measure = "变动前" if re.search(r"[由从](?:人民币)?$", amount.lead) and self._when(amount) is None else ""
        yield self._statement(subject, measure, amount, self._when(amount), sure=sure and not amount.about)

    def _narrowed(self, subject: str) -> str:
        """公司贷款余额…，不良贷款率…: the rate is that of the loans just spoken of."""
        if not _GENERAL.fullmatch(subject):
            return subject
        whose = next((match["whose"] or match["card"] for text in (self._subject, self._about) if (match := _LOANS.fullmatch(text))), "")
        return f"{whose}{subject}" if whose and whose not in _ALL_LOANS else subject

    def _change(self, amount: Amount) -> Iterator[Statement]:
        match = change_words(amount.lead)
        subject = noun_of(amount.lead[: match.start()]) if match else ""
        if subject:
            self._subject = subject
        self._basis = amount.basis or ("" if subject else self._basis)
        if match and self._subject:
            yield self._statement(self._subject, f"{self._basis}变动", amount, self._when(amount), sure=bool(subject))

    def _share(self, amount: Amount) -> Iterator[Statement]:
        match = share_words(amount.lead)
        assert match is not None
        if before := noun_of(amount.lead[: match.start()]):
            self._subject = before
        measure = re.sub(r"(?:分别)?(?:为|达到?|约|合计|的)+$", "", match[0])
        if self._subject:
            yield self._statement(self._subject, "占比" if measure in ("占", "占比") else measure, amount, self._when(amount), sure=True)

    def _list(self, group: list[Amount]) -> Iterator[Statement]:
        """甲、乙分别为1%、2%; 较上年分别下降3和4."""
        first = group[0]
        if first.role is Role.CHANGE:
            match = change_words(first.lead)
            subjects = split_list(noun_of(first.lead[: match.start()]) if match else "", len(group)) or self._listed
            measure = f"{first.basis}变动"
            down = first.quantity.value < 0
            group = [_signed(amount, down=down) for amount in group]
        elif first.role is Role.SHARE:
            match = share_words(first.lead)
            subjects = split_list(noun_of(first.lead[: match.start()]) if match else "", len(group)) or self._listed
            measure = "占比"
        else:
            subjects, measure = split_list(noun_of(first.lead), len(group)), ""
            self._listed = subjects
        if len(subjects) != len(group):
            return
        self._subject = subjects[-1]
        for subject, amount in zip(subjects, group, strict=True):
            yield self._statement(subject, measure, amount, self._when(first), sure=not amount.about)

    def _opening(self, amount: Amount) -> int:
        return max(self._text.rfind("(", 0, amount.start), self._text.rfind("（", 0, amount.start), 0)

    def _when(self, amount: Amount) -> PeriodReading | None:
        before = [reading for reading in self._periods if reading.end <= amount.start]
        return before[-1] if before else None

    def _statement(self, subject: str, measure: str, amount: Amount, when: PeriodReading | None, *, sure: bool) -> Statement:
        period, point = (when.period, when.point) if when else (None, None)
        if when is not None and re.search(r"上年|去年", self._text[when.start : when.end]) and period is not None and self._report is not None:
            period = _prior(period, self._report)
        return Statement(subject, measure, amount.quantity, period, point, sure, amount.start, amount.end)


def _signed(amount: Amount, *, down: bool) -> Amount:
    value = -abs(amount.quantity.value) if down else amount.quantity.value
    return replace(amount, quantity=Quantity(value, amount.quantity.unit))


def _prior(period: Period, report: Period) -> Period:
    try:
        return report.prior_year_end() if period == report else period
    except PeriodError:
        return period


def _grouped(text: str, amounts: list[Amount]) -> list[list[Amount]]:
    """Amounts with nothing but a list mark between them, of one dimension, belong together."""
    groups = [[amounts[0]]]
    for before, amount in pairwise(amounts):
        joined = re.fullmatch(r"(?:[、和及与]|以及|,)(?:人民币)?", text[before.end : amount.start]) is not None
        if joined and before.quantity.unit.dimension is amount.quantity.unit.dimension:
            groups[-1].append(amount)
        else:
            groups.append([amount])
    return groups


def noun_of(lead: str) -> str:
    """The noun that a clause's opening leaves when dates, 本行 and verbs are taken off; "" where no plain noun is left."""
    noun = lead
    for reading in reversed(find_header_periods(noun, None)):
        if not noun[: reading.start].strip("截至于在到"):
            noun = noun[: reading.start] + noun[reading.end :]
        elif re.fullmatch(r"的?(?:末|底)?", noun[reading.end :]):
            noun = noun[: reading.start]
    before = None
    while before != noun:
        before = noun
        noun = _VERBS.sub("", _LEAD.sub("", noun))
    if match := _TAKES.match(noun):
        noun = noun[match.end() :]
    noun = noun.strip("“”\"、 ")
    return noun if _NOUN.match(noun) and not _NOT_NOUN.search(noun) else ""


def split_list(text: str, count: int) -> list[str]:
    """甲、乙及丙 into three nouns when three are wanted; [] where it cannot be told how."""
    parts = [noun_of(part) for part in _LIST.split(text)]
    if len(parts) == count and all(parts):
        return parts
    head, _, tail = text.rpartition("、")
    for mark in "和及与":
        left, found, right = (tail if head else text).rpartition(mark)
        candidate = [*(head.split("、") if head else []), left, right]
        if found and len(candidate) == count and all(noun_of(part) for part in candidate):
            return [noun_of(part) for part in candidate]
    return []
