"""Figures of running text: what a sentence states of the bank goes to its indicator, all else to rows named by their words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Protocol

from data.errors import PeriodError
from data.figures import Figure, Scope
from data.indicators import Indicator, Kind
from data.period_text import parse_period
from data.periods import Period
from data.units import Dimension, Quantity
from retrieval.documents import Block, BlockKind, Document
from retrieval.extraction.clauses import Statement, read_statements
from retrieval.extraction.context import Subject
from retrieval.extraction.dividends import read_dividends
from retrieval.extraction.labels import clean_label, squeeze
from retrieval.extraction.making import FigureMaker, Reading, agrees, row_name
from retrieval.extraction.name_index import NameIndex


class SentenceFact(Protocol):
    """One figure as an entity reader tells it; `period` and `indicator` in the text's words or the catalogue's."""

    @property
    def bank(self) -> str | None: ...
    @property
    def period(self) -> str | None: ...
    @property
    def indicator(self) -> str | None: ...
    @property
    def value(self) -> Decimal | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class SentenceReader(Protocol):
    """Reads the facts of a sentence."""

    def __call__(self, text: str) -> Sequence[SentenceFact]: ...


RANK = 3
_LETTER = re.compile(r"致辞|致股东|致投资者|寄语")
_INDUSTRY = re.compile(
    r"^(?:同期|期末|年末|全国|我国|境内)*(?:商业银行|银行业)?(?:的)?(?:行业)?(?:整体)?平均(?:的)?(?P<what>.{2,})$"
    r"|^(?:全国|我国)?(?:商业银行|银行业)(?:的)?(?P<whole>不良贷款率|不良率|拨备覆盖率|净息差|资本充足率)$"
)
_BANK_ALONE = re.compile(r"(?:其中[,，]?|[;；,，])(?:本行|母公司)(?!及|和|与)[^,，;；]{0,20}$")
_SENTENCE = re.compile(r"[^。；;!?！？\n]+[。；;!?！？]?")
_OTHERS = re.compile(
    r"(?:我国|全国|国内生产总值|GDP|CPI|社会融资|广义货币|M2|银行业|商业银行(?!理财)|金融机构(?:人民币)?(?:本外币)?各项|行业|同业平均|市场份额"
    r"|全球|世界|央行|人民银行|邮政集团|邮政企业|控股股东|(?:^|[,，。;；])[一-鿿]{2,6}(?<![一二三]级)(?<!各)分行(?=[一-鿿])(?![一二三四五六七八九十数机网])"
    r"|该[企公]|客户甲|某|子公司|附属公司|联营|合营|基金公司|信托计划)"
)
_COMPANY = re.compile(
    r"(?P<name>[一-鿿A-Za-z()]{2,20}?(?:有限责任公司|股份有限公司|有限公司|(?:村镇银行|消费金融|金融租赁|基金管理|理财|财务)(?:公司)?(?![一-鿿]{0,4}公司)(?=[,，、(总净资实营收全成于20]|$)))"
)
_CLOSED = re.compile(
    r"宏观|经济(?:与|和|、)?金融(?:形势|环境)|监管环境|行业|展望|控股子公司|附属公司|子公司|联营|董事|监事|高级管理|股东|关联交易"
    r"|发行(?:与|和|及)上市|募集资金|公司治理|诉讼|词汇|释义|会计政策|会计估计|重要性"
)
_PROPOSED = re.compile(
    r"假定|假设|如果|情景|预算|预测|敏感性分析|每股派|每10股|董事会(?:审议|同意|建议)|股东大会(?:审议|批准)|注册资本|持股|持有.{0,12}股份"
)


def read_sentences(
    document: Document, subject: Subject, maker: FigureMaker, names: NameIndex, reader: SentenceReader | None
) -> Iterator[Figure]:
    """The figures of all paragraphs and notes of a document."""
    if subject.period is None:
        return
    reading = _Sentences(subject, subject.period, maker, names, reader)
    for block in document.blocks:
        if block.kind in (BlockKind.PARAGRAPH, BlockKind.NOTE) and any(char.isdigit() for char in block.text):
            yield from reading.block(block)


class _Sentences:
    """Reads the blocks of one document."""

    def __init__(self, subject: Subject, report: Period, maker: FigureMaker, names: NameIndex, reader: SentenceReader | None) -> None:
        self._subject = subject
        self._report = report
        self._maker = maker
        self._names = names
        self._reader = reader

    def block(self, block: Block) -> Iterator[Figure]:
        heading = clean_label(block.section[-1]) if block.section else ""
        closed = any(_CLOSED.search(text) for text in block.section[-2:] if not _LETTER.search(text))
        owner = self._company(heading) or ""
        about = ""
        for match in _SENTENCE.finditer(squeeze(block.text)):
            sentence = match[0].strip()
            if len(sentence) > 600 or not any(char.isdigit() for char in sentence):
                continue
            told: list[Quantity] = []
            for dividend in () if closed and owner else read_dividends(sentence, self._report):
                told.append(dividend.quantity)
                yield self._maker.figure(self._dividend(block, heading, sentence, dividend))
            for statement in read_statements(sentence, self._report, about):
                told.append(statement.quantity)
                about = about or statement.subject
                yield self._maker.figure(self._reading(block, heading, sentence, statement, owner, closed))
            about = "" if sentence.endswith("。") else about
            if self._reader is not None and not owner and not closed:
                yield from self._facts(self._reader, block, heading, sentence, told)

    def _reading(self, block: Block, heading: str, sentence: str, statement: Statement, owner: str, closed: bool) -> Reading:
        other = self._company(sentence[: statement.start]) or owner
        outside = bool(other) or closed or bool(_OTHERS.search(sentence[: statement.start])) or bool(_PROPOSED.search(sentence))
        indicator = None if outside or statement.measure.endswith("变动") else self._indicator(statement)
        quantity, letter = statement.quantity, bool(_LETTER.search(" ".join(block.section)))
        scope = Scope.GROUP
        if (average := _INDUSTRY.match(statement.subject)) and not statement.measure:
            indicator = self._names.find_label(average["what"] or average["whole"])
            scope = Scope.INDUSTRY if indicator else scope
        elif "本集团" in sentence[: statement.start] and _BANK_ALONE.search(sentence[: statement.start]):
            scope = Scope.BANK
        noun = statement.subject.removeprefix(other) or statement.subject
        if indicator is not None and not agrees(indicator, quantity.value, quantity.unit):
            indicator = None
        point = indicator.point if indicator else bool(statement.point)
        return Reading(
            value=quantity.value, unit=quantity.unit, period=statement.period or self._report, scope=scope, indicator=indicator,
            name=row_name(other, (noun,), statement.measure), point=point, rank=RANK + (not statement.sure) + letter,
            evidence=self._maker.evidence(block.page, sentence, table=heading, row=f"{other}：{noun}" if other else noun,
                                          column=statement.measure, box=block.box),
        )  # fmt: skip

    def _dividend(self, block: Block, heading: str, sentence: str, statement: Statement) -> Reading:
        return Reading(
            value=statement.quantity.value, unit=statement.quantity.unit, period=statement.period or self._report, scope=Scope.GROUP,
            indicator=self._names.find(statement.subject), name=statement.subject, point=False, rank=RANK,
            evidence=self._maker.evidence(block.page, sentence, table=heading, row=statement.subject, box=block.box),
        )  # fmt: skip

    def _indicator(self, statement: Statement) -> Indicator | None:
        subject, unit = statement.subject, statement.quantity.unit
        if statement.measure:
            tails = ("", "比例", "比重", "比率", "的比例") if statement.measure.startswith("占") else ("",)
            return next((found for tail in tails if (found := self._names.find(f"{subject}{statement.measure}{tail}"))), None)
        found = self._names.find_label(subject)
        if found is None and unit.dimension is Dimension.COUNT:
            # The classifier makes plain what 网点 or 公司客户 alone leave open.
            found = next((one for tail in ("", "数", "数量", "总数") if (one := self._names.find(f"{subject}{tail}"))), None)
            found = found if found is not None and found.unit.dimension is Dimension.COUNT else None
        if found is None or (found.kind is Kind.FLOW and statement.point is True and "change" not in found.id):
            return None
        return found

    def _company(self, text: str) -> str:
        """Another company that a text names, its name; "" for none or for the bank itself."""
        names = [re.sub(r"^.*?(?:子公司|公司的|本行|本集团|联营企业|日)", "", match["name"]) or match["name"] for match in _COMPANY.finditer(text)]
        own = self._subject.entity
        return next((name for name in reversed(names) if not own or (own not in name and own.removesuffix("银行") not in name) or "村镇" in name), "")

    def _facts(self, reader: SentenceReader, block: Block, heading: str, sentence: str, told: list[Quantity]) -> Iterator[Figure]:
        """What the entity reader finds beyond the clauses: known indicators of this bank, exact values only."""
        if _OTHERS.search(sentence) or _PROPOSED.search(sentence) or self._company(sentence):
            return
        for fact in reader(sentence):
            indicator = self._names.find(fact.indicator) if fact.indicator else None
            if indicator is None or fact.value is None or not fact.unit or (fact.bank and fact.bank not in ("本行", "本集团", self._subject.entity)):
                continue
            quantity = Quantity.of(fact.value, fact.unit)
            if quantity in told or not agrees(indicator, quantity.value, quantity.unit):
                continue
            yield self._maker.figure(
                Reading(
                    value=quantity.value, unit=quantity.unit, period=self._period(fact.period), scope=Scope.GROUP, indicator=indicator,
                    name=indicator.name, point=indicator.point, rank=RANK + 2,
                    evidence=self._maker.evidence(block.page, sentence, table=heading, row=indicator.name, box=block.box),
                )
            )

    def _period(self, words: str | None) -> Period:
        try:
            return parse_period(words) if words else self._report
        except PeriodError:
            return self._report
