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
from data.units import Dimension, Quantity
from retrieval.extraction.nouns import Noun, noun_of, read_noun, split_list
from retrieval.extraction.period_words import PeriodReading, find_header_periods
from retrieval.extraction.quantities import Amount, Role, change_words, find_amounts, share_words
from retrieval.extraction.spoken import narrowed

__all__ = ["Statement", "read_statements", "split_list"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One amount of a sentence. subject: the noun as printed, cleaned; measure: "" for a level, 占比, 占营业收入比例, 较上年变动.

    period: None where the sentence names none. sure: the subject stands right before the amount. forms: wordings of the subject to
    look it up by. whose: the part that it is told of (县及县以下地区). part: it follows 其中. about: the text rounds it (近, 超过).
    """

    subject: str
    measure: str
    quantity: Quantity
    period: Period | None
    point: bool | None
    sure: bool
    start: int
    end: int
    forms: tuple[str, ...] = ()
    whose: str = ""
    part: bool = False
    about: bool = False


_PAREN = re.compile(r"^\((?P<when>[^()]{0,20}?(?:\d{4}年|上年|年初|期初)[^()]{0,14}?)[:：]?(?:为)?(?:[^\d()]{0,8})$")
_COMPARED = re.compile(r"[较比与同](?:同期)?$")
_AFTER = re.compile(r"^(?:的)?(?P<noun>[一-鿿]{2,12}?)(?=[,，。;；、)）]|$)")
_ARRIVED = re.compile(r"(?:至|到|达|为|的|由|从|本年|上年)(?:人民币)?$")
# 吸收存款本金突破万亿元，达到…: the clause before, without an amount of its own, names the subject.
_BEFORE = re.compile(r"(?:^|[,，;；])(?P<noun>[^,，;；]{2,20}?)(?:首次|成功)?(?:突破|超过|站上|迈上|再创|创|跨越)[^,，;；\d]*[,，]$")
_JOINED = re.compile(r"(?:[、和及与]|以及|,)(?:人民币)?")
_JOINED_CHANGE = re.compile(r"(?:[、和及与]|以及|,)(?:分别)?(?:上升|提高|提升|增加|增长|下降|降低|减少|回落)(?:了)?(?:人民币)?")
_EVENT_BEFORE = re.compile(r"(?:成立|设立|创立|组建|注册|发布|印发|颁布|公布|到期|起息|登记|出具|生效|出生)(?:日期?)?(?:于|在|为|:)?$")
_EVENT_AFTER = re.compile(
    r"^(?:正式|注册|经批准|登记|依法|收市后)*(?:成立|设立|创立|组建|印发|发布|颁布|公布|出具|到期|届满|开业|起施行|起执行|召开|登记在册)"
)
_PRIOR = re.compile(r"上年|去年|年初|期初|上期")


def read_statements(sentence: str, report: Period | None, about: str = "") -> list[Statement]:
    """The statements of one squeezed sentence, in text order.

    about: what the clause before a semicolon spoke of (普惠型小微企业贷款余额), which narrows a general rate after it.
    """
    amounts = find_amounts(sentence)
    if not amounts:
        return []
    periods = [reading for reading in find_header_periods(sentence, report) if not _COMPARED.search(sentence[: reading.start])]
    return list(_Walk(sentence, amounts, [one for one in periods if _dates_values(sentence, one, report)], report, about).statements())


def _dates_values(sentence: str, reading: PeriodReading, report: Period | None) -> bool:
    """Whether a period may be that of an amount: not when something was founded or falls due, nor a year far ahead."""
    ahead = report is not None and reading.period.year > report.year + 1
    return not ahead and not _EVENT_BEFORE.search(sentence[: reading.start]) and not _EVENT_AFTER.match(sentence[reading.end :])


class _Walk:
    """One walk over the amounts of a sentence, remembering what it speaks of."""

    def __init__(self, sentence: str, amounts: list[Amount], periods: list[PeriodReading], report: Period | None, about: str) -> None:
        self._text = sentence
        self._amounts = amounts
        self._periods = periods
        self._report = report
        self._noun = Noun()
        self._about = about
        self._basis = ""
        self._shared = ""
        self._listed: list[str] = []
        self._levels: list[str] = []

    def statements(self) -> Iterator[Statement]:
        for group in _grouped(self._text, self._amounts):
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
            if self._noun and readings:
                yield self._statement(self._noun, "", amount, readings[-1], sure=True)
            return
        noun, sure = read_noun(amount.lead), True
        if not noun:
            after = _AFTER.match(self._text[amount.end :])
            noun = read_noun(after["noun"]) if after and amount.quantity.unit.noun else Noun()
        if not noun:
            earlier = _BEFORE.search(self._text[: amount.start - len(amount.lead)])
            noun = self._noun or (read_noun(earlier["noun"]) if earlier else Noun())
            if not noun or not _ARRIVED.search(amount.lead):
                return
        noun = narrowed(noun, self._noun.text, self._about)
        self._noun, self._listed, self._shared = noun, [], ""
        self._levels.append(noun.text)
        when = self._when(amount)
        # 由1亿股增加为2亿股: the first number is what was before, of no stated date.
        measure = "变动前" if re.search(r"[由从](?:人民币)?$", amount.lead) and when is None else ""
        yield self._statement(noun, measure, amount, when, sure=sure and not amount.about)

    def _change(self, amount: Amount) -> Iterator[Statement]:
        match = change_words(amount.lead)
        noun = read_noun(amount.lead[: match.start()]) if match else Noun()
        if noun:
            self._noun, self._shared = noun, ""
        self._basis = amount.basis or ("" if noun else self._basis)
        if match and self._noun:
            # 占营业收入的9%，同比下降1个百分点: what fell is the share.
            share = self._shared if amount.quantity.unit.dimension is Dimension.POINTS else ""
            yield self._statement(self._noun, f"{share}{self._measure(amount)}", amount, self._when(amount), sure=bool(noun))

    def _measure(self, amount: Amount, basis: str | None = None) -> str:
        """较上年变动 for an amount or points, 较上年增速 for a rate of growth."""
        return f"{self._basis if basis is None else basis}{'增速' if amount.quantity.unit.symbol == '%' else '变动'}"

    def _share(self, amount: Amount) -> Iterator[Statement]:
        match = share_words(amount.lead)
        assert match is not None
        if before := read_noun(amount.lead[: match.start()]):
            self._noun = before
        measure = re.sub(r"(?:分别)?(?:为|达到?|约|合计|的)+$", "", match[0])
        measure = "占比" if measure in ("占", "占比") else measure
        self._shared = measure
        if self._noun:
            yield self._statement(self._noun, measure, amount, self._when(amount), sure=True)

    def _list(self, group: list[Amount]) -> Iterator[Statement]:
        """甲、乙分别为1%、2%; 较上年分别下降3和4."""
        first = group[0]
        measure = ""
        if first.role is Role.CHANGE:
            match = change_words(first.lead)
            known = self._listed or self._levels[-len(group) :]
            subjects = split_list(noun_of(first.lead[: match.start()]) if match else "", len(group)) or known
            measure = self._measure(first, first.basis)
            group = [_signed(amount, down=first.quantity.value < 0) for amount in group]
        elif first.role is Role.SHARE:
            match = share_words(first.lead)
            subjects = split_list(noun_of(first.lead[: match.start()]) if match else "", len(group)) or self._listed
            measure = "占比"
        else:
            subjects = split_list(noun_of(first.lead), len(group))
            self._listed = subjects
        if len(subjects) != len(group):
            return
        lead = read_noun(first.lead)
        nouns = [Noun(subject, (subject,), lead.whose, lead.part) for subject in subjects]
        self._noun = nouns[-1]
        for noun, amount in zip(nouns, group, strict=True):
            yield self._statement(noun, measure, amount, self._when(first), sure=not amount.about)

    def _opening(self, amount: Amount) -> int:
        return max(self._text.rfind("(", 0, amount.start), self._text.rfind("（", 0, amount.start), 0)

    def _when(self, amount: Amount) -> PeriodReading | None:
        """The last period before the amount, unless it stands in a bracket that is closed, or dates an amount before (由上年的1转为2)."""
        before = [reading for reading in self._periods if reading.end <= amount.start and not self._closed(reading, amount)]
        while before and not before[-1].absolute and _PRIOR.search(self._text[before[-1].start : before[-1].end]):
            if not any(before[-1].end <= other.start < amount.start for other in self._amounts):
                break
            before.pop()
        return before[-1] if before else None

    def _closed(self, reading: PeriodReading, amount: Amount) -> bool:
        between = self._text[reading.end : amount.start]
        shut = re.search(r"[)）]", between)
        return shut is not None and not re.search(r"[(（]", between[: shut.start()])

    def _statement(self, noun: Noun, measure: str, amount: Amount, when: PeriodReading | None, *, sure: bool) -> Statement:
        period, point = (when.period, when.point) if when else (None, None)
        if when is not None and re.search(r"上年|去年", self._text[when.start : when.end]) and period is not None and self._report is not None:
            period = _prior(period, self._report)
        return Statement(
            noun.text, measure, amount.quantity, period, point, sure, amount.start, amount.end, noun.forms or (noun.text,), noun.whose, noun.part,
            amount.about,
        )  # fmt: skip


def _signed(amount: Amount, *, down: bool) -> Amount:
    if change_words(amount.lead):
        return amount
    value = -abs(amount.quantity.value) if down else amount.quantity.value
    return replace(amount, quantity=Quantity(value, amount.quantity.unit))


def _prior(period: Period, report: Period) -> Period:
    try:
        return report.prior_year_end() if period == report else period
    except PeriodError:
        return period


def _grouped(text: str, amounts: list[Amount]) -> list[list[Amount]]:
    """Amounts with nothing but a list mark (and for changes their direction) between them, of one dimension, belong together."""
    groups = [[amounts[0]]]
    for before, amount in pairwise(amounts):
        between = text[before.end : amount.start]
        changes = before.role is Role.CHANGE and amount.role is Role.CHANGE and "分别" in text[: before.start]
        joined = _JOINED.fullmatch(between) or (changes and _JOINED_CHANGE.fullmatch(between))
        if joined and before.quantity.unit.dimension is amount.quantity.unit.dimension:
            groups[-1].append(amount)
        else:
            groups.append([amount])
    return groups
