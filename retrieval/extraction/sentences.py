"""Figures of running text: what a sentence states of the bank goes to its indicator, all else to rows named by their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Protocol

from data.errors import PeriodError
from data.figures import Figure, Scope
from data.indicators import Indicator, Kind
from data.period_text import parse_period
from data.periods import Part, Period
from data.units import Dimension, Quantity
from retrieval.documents import Block, BlockKind, Document
from retrieval.extraction.clauses import Statement, read_statements
from retrieval.extraction.context import Subject
from retrieval.extraction.dividends import read_dividends
from retrieval.extraction.labels import heading_text, squeeze
from retrieval.extraction.making import FigureMaker, Reading, agrees, row_name
from retrieval.extraction.name_index import NameIndex
from retrieval.extraction.narrowing import Confirmed, business_of, is_of_a_part
from retrieval.extraction.owners import Companies, Owner


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
_ABOUT_RANK = 4
_ABOUT = "原文为约数"
_LETTER = re.compile(r"致辞|致股东|致投资者|寄语")
_INDUSTRY = re.compile(
    r"^(?:同期|期末|年末|全国|我国|境内)*(?:商业银行|银行业)?(?:的)?(?:行业)?(?:整体)?平均(?:的)?(?P<what>.{2,})$"
    r"|^(?:全国|我国)?(?:商业银行|银行业)(?:的)?(?P<whole>不良贷款率|不良率|拨备覆盖率|净息差|资本充足率)$"
)
# What was so after an event of no stated date is not what is so at the end of the period.
_AFTERWARDS = re.compile(r"(?:行使|完成|增资扩股|扩股|发行|转增|转股|调整)后[,，]")
_BANK_ALONE = re.compile(r"(?:其中[,，]?|[;；,，])(?:本行|母公司)(?!及|和|与)[^,，;；]{0,20}$")
_SENTENCE = re.compile(r"[^。；;!?！？\n]+[。；;!?！？]?")
_OTHERS = re.compile(
    r"(?:我国|全国(?!社保|银行间)|国内生产总值|GDP|CPI|社会融资|广义货币|M2|银行业|商业银行(?!理财)|金融机构(?:人民币)?(?:本外币)?各项|(?<!银)行业|同业平均|市场份额"
    r"|全球|世界|央行|人民银行|邮政集团|邮政企业|控股股东"
    r"|(?:^|[,，。;；])[一-鿿]{2,6}(?<![一二三]级)(?<!各)分行(?=[一-鿿])(?![一二三四五六七八九十数机网])"
    r"|该[企公]|客户甲|某|子公司|附属公司|联营|合营|基金公司|信托计划)"
)
_CLOSED = re.compile(
    r"宏观|经济(?:与|和|、)?金融(?:形势|环境)|监管环境|(?<!银)行业|展望|控股子公司|附属公司|子公司|联营|董事|监事|高级管理|股东|关联交易"
    r"|发行(?:与|和|及)上市|募集资金|公司治理|诉讼|词汇|释义|会计政策|会计估计|重要性|控股公司|参股"
)
# Under 公司治理, but of the bank as a whole.
_STAFF = re.compile(r"员工|机构(?:情况|设置|管理)|网点|利润分配|分红")
_PROPOSED = re.compile(
    r"假定|假设|如果|情景|预算|预测|敏感性分析|每股派|每10股|董事会(?:审议|同意|建议)|股东大会(?:审议|批准)|注册资本|持股|持有.{0,12}股份"
)
_NARROW = re.compile(r"其中|地区|区域|[省市县]|分行|支行|新增|净增|累计|将?近|约|超过?|逾|业务|条线|新发放|对.{2,}的")
_OF_ALL = re.compile(r"占(?:全部|总|全行)?(?:员工|人员|网点|客户)?(?:总数|总人数)?(?:的?比[例重])?")
# A noun that says nothing without the heading that it stands under.
_BARE = re.compile(
    r"(?:期末|账面|交易|消费|销售|代销|合计|结存|新增|累计)*(?:余额|净额|净值|总额|金额|价值|规模|数量|总数|笔数|卡量|户数|客户|持股|利率|比例|占比|收入|支出|股票|发卡)"
)


def read_sentences(
    document: Document, subject: Subject, maker: FigureMaker, names: NameIndex, reader: SentenceReader | None, tables: Iterable[Figure] = ()
) -> Iterator[Figure]:
    """The figures of all paragraphs and notes of a document. tables: the figures of its tables, which bear out what is told of a part."""
    if subject.period is None:
        return
    reading = _Sentences(document, subject, maker, names, reader, Confirmed(tables))
    for block in document.blocks:
        if block.kind in (BlockKind.PARAGRAPH, BlockKind.NOTE) and any(char.isdigit() for char in block.text):
            yield from reading.block(block)


class _Sentences:
    """Reads the blocks of one document."""

    def __init__(
        self, document: Document, subject: Subject, maker: FigureMaker, names: NameIndex, reader: SentenceReader | None, confirmed: Confirmed
    ) -> None:
        assert subject.period is not None
        self._subject = subject
        self._report = subject.period
        self._maker = maker
        self._names = names
        self._reader = reader
        self._confirmed = confirmed
        self._companies = Companies(document, subject.names)
        self._section: tuple[str, ...] = ()
        self._owner = Owner(self._companies, ())

    def block(self, block: Block) -> Iterator[Figure]:
        heading = heading_text(block.section[-1]) if block.section else ""
        near = block.section[-1:] if _STAFF.search(heading) else block.section[-2:]
        closed = any(_CLOSED.search(text) for text in near if not _LETTER.search(text))
        if block.section != self._section:
            self._section, self._owner = block.section, Owner(self._companies, block.section[-2:])
        about, whole = "", None
        for match in _SENTENCE.finditer(squeeze(block.text)):
            sentence = match[0].strip()
            if len(sentence) <= 600 and any(char.isdigit() for char in sentence):
                told: list[Quantity] = []
                for dividend in () if closed and self._owner.of(sentence, 0) else read_dividends(sentence, self._report):
                    told.append(dividend.quantity)
                    yield self._maker.figure(self._dividend(block, heading, sentence, dividend))
                for statement in read_statements(sentence, self._report, about):
                    told.append(statement.quantity)
                    about = about or statement.subject
                    reading = self._reading(block, heading, sentence, statement, closed, whole)
                    whole = whole if statement.part or statement.measure else reading.indicator
                    figure = self._maker.figure(reading)
                    self._confirmed.add(figure)
                    yield figure
                if self._reader is not None and not closed and not self._owner.of(sentence, len(sentence)):
                    yield from self._facts(self._reader, block, heading, sentence, told)
            about = "" if sentence.endswith("。") else about
            self._owner.close(sentence)
        self._owner.end()

    def _reading(self, block: Block, heading: str, sentence: str, statement: Statement, closed: bool, whole: Indicator | None) -> Reading:
        owner = self._owner.of(sentence, statement.start)
        outside = bool(owner) or closed or bool(_OTHERS.search(sentence[: statement.start])) or bool(_PROPOSED.search(sentence))
        afterwards = statement.period is None and _AFTERWARDS.search(sentence[: statement.start]) is not None
        indicator = None if outside or afterwards or statement.measure.endswith(("变动", "增速")) else self._indicator(statement)
        quantity, letter = statement.quantity, bool(_LETTER.search(" ".join(block.section)))
        period, scope = statement.period or self._report, Scope.GROUP
        if (average := _INDUSTRY.match(statement.subject)) and not statement.measure:
            indicator = self._names.find_label(average["what"] or average["whole"])
            scope = Scope.INDUSTRY if indicator else scope
        elif "本集团" in sentence[: statement.start] and _BANK_ALONE.search(sentence[: statement.start]):
            scope = Scope.BANK
        if indicator is not None and not agrees(indicator, quantity.value, quantity.unit):
            indicator = None
        if indicator is not None and scope is Scope.GROUP and is_of_a_part(statement, indicator, whole, business_of(heading, sentence)):
            # Another place that says the same of the whole bears it out.
            indicator = indicator if self._confirmed.bears_out(indicator, period, scope, quantity) else None
        if indicator is not None and period.part is Part.DAY and not indicator.point:
            indicator = None
        topic, path = _place(statement, owner, heading)
        return Reading(
            value=quantity.value, unit=quantity.unit, period=period, scope=scope, indicator=indicator,
            name=row_name(topic, path, statement.measure), point=indicator.point if indicator else bool(statement.point),
            rank=RANK + (not statement.sure) + letter + (_ABOUT_RANK if statement.about else 0), note=_ABOUT if statement.about else "",
            evidence=self._maker.evidence(block.page, sentence, table=heading, row=f"{topic}：{'·'.join(path)}" if topic else "·".join(path),
                                          column=statement.measure, box=block.box),
        )  # fmt: skip

    def _dividend(self, block: Block, heading: str, sentence: str, statement: Statement) -> Reading:
        return Reading(
            value=statement.quantity.value, unit=statement.quantity.unit, period=statement.period or self._report, scope=Scope.GROUP,
            indicator=self._names.find(statement.subject), name=statement.subject, point=False, rank=RANK,
            evidence=self._maker.evidence(block.page, sentence, table=heading, row=statement.subject, box=block.box),
        )  # fmt: skip

    def _indicator(self, statement: Statement) -> Indicator | None:
        unit, forms = statement.quantity.unit, statement.forms
        if statement.measure:
            measures = [statement.measure]
            measures += [f"{statement.measure}{tail}" for tail in ("比例", "比重", "比率", "的比例") if statement.measure.startswith("占")]
            measures += ["占比"] if _OF_ALL.fullmatch(statement.measure) else []
            return next((found for form in forms for measure in measures if (found := self._names.find(f"{form}{measure}"))), None)
        found = next((found for form in forms if (found := self._names.find_label(form))), None)
        if found is None and unit.dimension is Dimension.COUNT:
            # The classifier makes plain what 网点 or 公司客户 alone leave open.
            tails = ("", "数", "数量", "总数")
            found = next((one for form in forms for tail in tails if (one := self._names.find(f"{form}{tail}"))), None)
            found = found if found is not None and found.unit.dimension is Dimension.COUNT else None
        if found is None or (found.kind is Kind.FLOW and statement.point is True and "change" not in found.id):
            return None
        return found

    def _facts(self, reader: SentenceReader, block: Block, heading: str, sentence: str, told: list[Quantity]) -> Iterator[Figure]:
        """What the entity reader finds beyond the clauses: known indicators of this bank, exact values only."""
        if _OTHERS.search(sentence) or _PROPOSED.search(sentence):
            return
        for fact in reader(sentence):
            indicator = self._names.find(fact.indicator) if fact.indicator else None
            if indicator is None or fact.value is None or not fact.unit or (fact.bank and fact.bank not in ("本行", "本集团", self._subject.entity)):
                continue
            quantity = Quantity.of(fact.value, fact.unit)
            if quantity in told or not agrees(indicator, quantity.value, quantity.unit):
                continue
            period = self._period(fact.period)
            narrow = _NARROW.search(sentence[: fact.start]) or business_of(heading, sentence) or (period.part is Part.DAY and not indicator.point)
            if narrow and not self._confirmed.bears_out(indicator, period, Scope.GROUP, quantity):
                continue
            yield self._maker.figure(
                Reading(
                    value=quantity.value,
                    unit=quantity.unit,
                    period=period,
                    scope=Scope.GROUP,
                    indicator=indicator,
                    name=indicator.name,
                    point=indicator.point,
                    rank=RANK + 2,
                    evidence=self._maker.evidence(block.page, sentence, table=heading, row=indicator.name, box=block.box),
                )
            )

    def _period(self, words: str | None) -> Period:
        try:
            return parse_period(words) if words else self._report
        except PeriodError:
            return self._report


def _place(statement: Statement, owner: str, heading: str) -> tuple[str, tuple[str, ...]]:
    """The topic and path of a statement's own row: 云岭金融租赁：净利润, 县及县以下地区：网点, 个人结算业务：交易金额."""
    whose = statement.whose
    noun = statement.subject.removeprefix(owner) or statement.subject
    if owner:
        return (whose, (noun,)) if owner in whose else (owner, (whose, noun) if whose else (noun,))
    if whose:
        return whose, (noun,)
    return (heading, (noun,)) if heading and heading != noun and (_BARE.fullmatch(noun) or len(noun) < 3) else ("", (noun,))
