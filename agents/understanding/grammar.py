"""Question understanding: deterministic, explainable, before any model. One question and what was carried → a QueryPlan."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from agents.plan import INTENTS, Carried, Op, Operation, QueryPlan, Slots
from agents.understanding.breakdown import Breakdown, asks_effects, breakdown_of, unanswered, without_subject
from agents.understanding.carryover import Merged, merge
from agents.understanding.checks import MAX_CHARS, TOO_LONG, Catalogues, refusal_of
from agents.understanding.compounds import composed
from agents.understanding.given import given_plan
from agents.understanding.horizon import Horizon
from agents.understanding.mentions import Mentions, QuestionReader
from agents.understanding.neighbours import beside_carried
from agents.understanding.operations import asks_value
from agents.understanding.pairs import whole_comes_first
from agents.understanding.resolve import PeriodResolver
from agents.understanding.rows import nearest_rows, subject_words, with_rows
from agents.understanding.table_parts import Asked
from agents.understanding.worded_formula import Worded, worded_formula
from agents.understanding.wording import resolved_question
from data.banks import BankRegistry
from data.errors import ExpressionError, FormulaError
from data.figures import Gaap, Scope
from data.indicators import IndicatorCatalogue
from data.period_text import Relative
from data.periods import Period
from data.refusals import Refusal, RefusalCode
from data.text import normalise_name
from tools.expressions import free_expression
from tools.name_scanner import NameScanner

_NEEDS_NO_PERIOD = (Op.DEFINITION, Op.COVERAGE, Op.GENERAL, Op.EXPRESSION)
_NEEDS_YEARS = (Op.TREND, Op.CAGR)
_CHANGES = (Op.YOY, Op.QOQ, Op.DIFFERENCE)
_MAY_BE_A_TABLE = (Op.VALUE, Op.PARTS, Op.RANK, Op.COMPARE, Op.OVERVIEW, Op.SHARE, Op.GENERAL, Op.TREND)
_MANY_BANKS = (Op.VALUE,)
_BARE_CHANGE = re.compile(r"(?:变化|变动)(?:如何|怎么样|呢)?")
_SINCE = re.compile(r"以来|至今|(?:年|末|底)起|开始")


@dataclass(frozen=True)
class Understanding:
    """The grammar over one catalogue and one registry."""

    banks: BankRegistry
    catalogue: IndicatorCatalogue
    reader: QuestionReader

    @classmethod
    def build(cls, scanner: NameScanner, banks: BankRegistry, catalogue: IndicatorCatalogue) -> Understanding:
        """An understanding over these catalogues."""
        return cls(banks, catalogue, QuestionReader(scanner, banks, catalogue))

    def plan(self, question: str, carried: Carried, horizon: Horizon, today: date) -> QueryPlan:
        """The plan of a question: slots, operations, assumptions; or the refusal that stands in its way."""
        if len(question) > MAX_CHARS:
            return QueryPlan(question, question.strip()[:MAX_CHARS], INTENTS[Op.GENERAL], Slots(), [Operation(Op.GENERAL)], refusal=TOO_LONG, carried=carried)
        raw = self.reader.read(question)
        said = composed(raw, self.catalogue)
        beside = beside_carried(said, carried, horizon.rows, self.catalogue)
        mentions = beside or with_rows(said, carried, horizon, self.catalogue)
        try:
            expression = free_expression(mentions.text)
        except (ExpressionError, FormulaError) as error:
            return _not_arithmetic(question, str(error), carried)
        if expression is not None:
            return self._expression(question, expression[0], carried)
        if (given := given_plan(question, mentions, self.catalogue, carried, today)) is not None:
            return given
        worded = worded_formula(raw, mentions, horizon, self.catalogue)
        mentions = worded.mentions if worded is not None else mentions
        merged = merge(mentions, carried, self.banks)
        operations = [worded.operation] if worded is not None else self._defaults(mentions, merged)
        operations = [Operation(Op.VALUE)] if beside is not None else operations
        table = self._table(said, mentions, merged, operations, horizon, carried) if beside is None else None
        if table is not None:
            mentions, operations = without_subject(mentions), [table.operation()]
            merged = replace(merged, slots=replace(merged.slots, indicators=table.indicators))
        elif beside is None and operations[0].op in (Op.VALUE, Op.PARTS) and (left := unanswered(said, mentions, horizon.rows)) is not None:
            mentions, merged = left, merge(left, carried, self.banks)
        if operations[0].op is Op.GENERAL and mentions.unexplained and asks_value(mentions) and nearest_rows(mentions, horizon):
            operations = [Operation(Op.VALUE)]  # 信用卡活跃率是多少: asked of the documents, which do not have it
        slots, notes = self._bank_default(merged, operations, horizon)
        notes += [table.note] if table is not None and table.note else []
        slots, operations = _placed_among_all(self._ifrs_siblings(slots), operations, horizon)
        slots, unfound = _of_a_formula(slots, worded)
        refusal = unfound or refusal_of(mentions, slots, operations, carried, Catalogues(self.banks, self.catalogue, horizon))
        if refusal is not None:
            return self._refused(question, refusal, slots, operations, mentions, carried)
        slots, operations = self._split_share(mentions, slots, operations, carried)
        operations = _change_of_a_share(mentions, operations, carried)
        resolver = PeriodResolver(horizon, slots.banks, slots.indicators, slots.scope, [Period.parse(p) for p in carried.slots.periods], today)
        slots, operations = self._periods(mentions, slots, operations, carried, resolver)
        notes += resolver.assumptions
        if mentions.unexplained and operations[0].op not in (Op.REPORT, Op.GENERAL):
            notes.append(f"未能理解“{'”“'.join(mentions.words(mentions.unexplained))}”，按其余内容作答")
        return QueryPlan(
            question=question, resolved=resolved_question(slots, operations, self.banks, self.catalogue), intent=INTENTS[operations[0].op],
            slots=slots, operations=operations, assumptions=notes, unexplained=mentions.words(mentions.unexplained),
            carried=_next_carried(carried, slots, operations), terms=subject_words(mentions) if operations[0].op is Op.DEFINITION else [],
        )

    def _table(
        self, said: Mentions, read: Mentions, merged: Merged, operations: list[Operation], horizon: Horizon, carried: Carried
    ) -> Breakdown | None:
        """The table of a document that a question asks for as a whole. said, read: the question before and after rows were looked up."""
        if operations[0].op not in _MAY_BE_A_TABLE and not asks_effects(said):
            return None
        slots = merged.slots
        own = [span.ref for span in read.indicators] or ([] if said.indicators or said.ambiguous else slots.indicators)
        periods = tuple(str(period) for mention in said.periods for period in mention.periods) or tuple(carried.slots.periods)
        latest = horizon.latest(slots.banks, ()) if not periods and not said.periods else None
        periods = periods or ((str(latest),) if latest is not None else ())
        asked = Asked(horizon, self.catalogue, tuple(slots.banks), periods, Scope(slots.scope) if slots.scope else Scope.GROUP)
        return breakdown_of(said, own, asked, self._candidates)

    def _candidates(self, word: str) -> tuple[str, ...]:
        """The indicators that an ambiguous word may mean."""
        return self.catalogue.ambiguous[normalise_name(word)].candidates

    def _defaults(self, mentions: Mentions, merged: Merged) -> list[Operation]:
        """The operations where the words name none: a value, a comparison of several banks, an overview of a bank."""
        operations = [o for o in merged.operations if o.op is not Op.FORMULA or not (mentions.indicators or mentions.ambiguous)]
        slots = merged.slots
        if operations and operations[0].op is Op.DEFINITION and len(slots.banks) > 1 and mentions.banks:
            operations = [Operation(Op.COMPARE)]
        if any(o.op is Op.DEFINITION for o in operations):
            operations = [o for o in operations if o.op is not Op.RATIO]
        if any(o.op is Op.RATIO for o in operations) and len(slots.indicators) != 2 and len(mentions.indicators) != 1:
            operations = [o for o in operations if o.op is not Op.RATIO] or [Operation(Op.VALUE)]
        if not operations:
            if not slots.indicators and slots.banks and not mentions.ambiguous and not mentions.unexplained:
                operations = [Operation(Op.OVERVIEW)]
            elif slots.indicators or mentions.ambiguous or mentions.banks:
                operations = [Operation(Op.VALUE)]
            else:
                operations = [Operation(Op.GENERAL)]
        if operations[0].op is Op.OVERVIEW and mentions.unexplained and mentions.names_nothing():
            operations = [Operation(Op.GENERAL)]
        if _course(mentions) and len(operations) == 1 and operations[0].op is Op.DIFFERENCE:
            operations = [Operation(Op.TREND)]
        if operations[0].op is Op.VALUE and _added_up(mentions, slots):
            operations = [Operation(Op.TOTAL)]
        if operations[0].op in _MANY_BANKS and len(slots.banks) > 1 and slots.indicators:
            operations = [Operation(Op.COMPARE), *[o for o in operations if o.op is not Op.VALUE]]
        if operations[0].op is Op.OVERVIEW and slots.indicators and mentions.indicators:
            operations = [Operation(Op.VALUE), Operation(Op.DIFFERENCE), Operation(Op.LINE)] if len(slots.banks) < 2 else [Operation(Op.COMPARE)]
        if operations[0].op is Op.COMPARE and len(slots.banks) < 2 and len(slots.indicators) < 2 and (mentions.base_periods or len(mentions.periods) > 1):
            operations = [o for o in operations if o.op in _CHANGES] or [Operation(Op.DIFFERENCE)]
        if len(slots.banks) < 2 and len(slots.indicators) < 2 and slots.indicators:
            operations = [o for o in operations if o.op is not Op.COMPARE] or [Operation(Op.VALUE)]
        return operations

    def _bank_default(self, merged: Merged, operations: list[Operation], horizon: Horizon) -> tuple[Slots, list[str]]:
        slots, notes = merged.slots, list[str]()
        if slots.banks or operations[0].op in _NEEDS_NO_PERIOD:
            return slots, notes
        if operations[0].op is Op.RANK:
            return replace(slots, banks=horizon.banks(slots.indicators)), notes
        only = horizon.only_bank()
        if only is not None and (slots.indicators or operations[0].op is not Op.VALUE):
            bank = self.banks.get(only)
            return replace(slots, banks=[only]), [*notes, f"库中只有{bank.name if bank else only}的资料，按该行作答"]
        return slots, notes

    def _ifrs_siblings(self, slots: Slots) -> Slots:
        """Under IFRS the indicators that the catalogue keeps apart for it (营业收入（IFRS口径）); the GAAP is then said by the name."""
        if slots.gaap != Gaap.IFRS.value:
            return slots
        moved = [f"{name}_ifrs" if f"{name}_ifrs" in self.catalogue else name for name in slots.indicators]
        return replace(slots, indicators=moved, gaap="") if moved != slots.indicators else slots

    def _split_share(self, mentions: Mentions, slots: Slots, operations: list[Operation], carried: Carried) -> tuple[Slots, list[Operation]]:
        """Part and whole of a share: "A占B的比重", "占营收比例", "占比呢" (of the indicator before, or of its total)."""
        share = next((o for o in operations if o.op in (Op.SHARE, Op.RATIO)), None)
        if share is None:
            return slots, operations
        hit = next((h for h in mentions.cues if h.cue.op in (Op.SHARE, Op.RATIO)), None)
        after = [span.ref for span in mentions.indicators if hit and span.start >= hit.start]
        before = [span.ref for span in mentions.indicators if span.ref not in after]
        if not after and len(before) == 2:
            before, after = before[:1], before[1:]
        pair = mentions.indicators
        if len(pair) == 2 and pair[0].ref != pair[1].ref:
            part, total = reversed(pair) if whole_comes_first(mentions.text, *pair) else pair
            before, after = [part.ref], [total.ref]
        parts = before or carried.slots.indicators or slots.indicators
        whole = after[0] if after else self._whole_of(parts[0], carried) if parts else None
        against = replace(share, against=whole or share.against)
        return replace(slots, indicators=[p for p in parts if p != whole] or parts), [against if o is share else o for o in operations]

    def _whole_of(self, part: str, carried: Carried) -> str | None:
        earlier = [name for name in carried.earlier.indicators if name != part]
        parents = [parent for parent in self.catalogue.get(part).parents if parent in self.catalogue]
        return next((name for name in earlier if name in parents), None) or (parents[0] if parents else earlier[0] if earlier else None)

    def _periods(
        self, mentions: Mentions, slots: Slots, operations: list[Operation], carried: Carried, resolver: PeriodResolver
    ) -> tuple[Slots, list[Operation]]:
        """Target periods and the base of each change; the two latest periods of the talk for "两年相比"."""
        main = operations[0].op
        if main in _NEEDS_NO_PERIOD:
            return slots, operations
        targets = resolver.targets(mentions.periods)
        changes = any(o.op in _CHANGES for o in operations)
        base_text: str | None = None
        if any(m.relative is Relative.LAST_YEARS for m in mentions.periods) and main is Op.VALUE:
            operations = [Operation(Op.TREND), *operations[1:]]
        if not targets and main in _NEEDS_YEARS:
            targets = [Period.parse(p) for p in carried.slots.periods] if len(carried.slots.periods) > 1 else resolver.trend()
        if not targets:
            targets = [Period.parse(p) for p in carried.slots.periods] or resolver.default()
        if len(targets) == 1 and any(hit.cue.op is main for hit in mentions.cues if main in _NEEDS_YEARS):
            targets = resolver.course(targets[0], since=bool(_SINCE.search(mentions.text)))
        if changes and mentions.base_periods and targets:
            base_text = str(resolver.base(mentions.base_periods[0], targets[0]))
        elif (changes and any(m.is_range for m in mentions.periods) and len(targets) > 1) or (changes and len(targets) == 2 and main is not Op.VALUE):
            ordered = sorted(targets, key=lambda period: period.sort_key)
            targets, base_text = [ordered[-1]], str(ordered[0])
        elif changes and (_both_periods(mentions) or _between_turns(mentions, operations, carried)) and carried.earlier.periods and carried.slots.periods:
            pair = sorted({Period.parse(carried.slots.periods[-1]), Period.parse(carried.earlier.periods[-1])}, key=lambda p: p.sort_key)
            targets, base_text = [pair[-1]], str(pair[0]) if len(pair) == 2 else None
        moved_share = main is Op.SHARE and operations[0].base is not None
        if mentions.base_periods and not changes and targets and main is not Op.FORMULA and not moved_share:
            base = resolver.base(mentions.base_periods[0], targets[0])
            operations = [Operation(Op.DIFFERENCE, base=str(base)), *[o for o in operations if o.op not in (Op.VALUE, Op.COMPARE)]]
        if operations[0].op in (Op.SHARE, Op.FORMULA) and operations[0].base is not None and targets:
            base = resolver.base(mentions.base_periods[0], targets[0]) if mentions.base_periods else targets[0].year_ago()
            operations = [replace(operations[0], base=str(base)), *operations[1:]]
        operations = [replace(o, base=base_text) if o.op in _CHANGES and base_text else o for o in operations]
        if len(targets) > 2 and main is Op.VALUE and not any(o.op in _NEEDS_YEARS for o in operations):
            operations = [Operation(Op.TREND), *operations[1:]]
        return replace(slots, periods=[str(period) for period in targets]), operations

    def _expression(self, question: str, expression: str, carried: Carried) -> QueryPlan:
        operation = Operation(Op.EXPRESSION, expression=expression)
        return QueryPlan(question, f"计算 {expression}", INTENTS[Op.EXPRESSION], Slots(), [operation], carried=carried)

    def _refused(
        self, question: str, refusal: Refusal, slots: Slots, operations: list[Operation], mentions: Mentions, carried: Carried
    ) -> QueryPlan:
        if mentions.unknown_banks or mentions.not_applicable:
            slots = replace(slots, banks=[] if mentions.unknown_banks else slots.banks, indicators=[] if mentions.not_applicable else slots.indicators)
        # A question that only lacks a slot keeps what it said, so that the answer to it ("招商银行", "净利润") completes it; one about a
        # bank that is not there is asked again of another ("那招商银行呢").
        if mentions.ambiguous and not mentions.indicators:
            slots = replace(slots, indicators=[])
        kept = replace(carried, slots=replace(slots, periods=self._said_periods(mentions) or carried.slots.periods), operations=operations, pending=True)
        if refusal.code is RefusalCode.NOT_DISCLOSED and mentions.unexplained:
            # What was asked is not here: "上年末呢" after it must not be answered with what was talked of before.
            carried = replace(carried, slots=replace(carried.slots, indicators=[]))
        asked_back = refusal.code is RefusalCode.AMBIGUOUS and bool(slots.indicators or slots.banks) and not mentions.names_nothing()
        carry = kept if asked_back or (mentions.unknown_banks and slots.indicators) else carried
        return QueryPlan(
            question=question, resolved=question.strip(), intent=INTENTS[operations[0].op], slots=slots, operations=operations,
            unexplained=mentions.words(mentions.unexplained), refusal=refusal, carried=carry,
        )

    def _said_periods(self, mentions: Mentions) -> list[str]:
        return [str(period) for mention in mentions.periods for period in mention.periods]


def _not_arithmetic(question: str, why: str, carried: Carried) -> QueryPlan:
    refusal = Refusal(RefusalCode.NOT_APPLICABLE, f"{why.removesuffix('。')}。", "请检查算式后再问。")
    return QueryPlan(question, question.strip(), INTENTS[Op.EXPRESSION], Slots(), [Operation(Op.EXPRESSION)], refusal=refusal, carried=carried)


def _course(mentions: Mentions) -> bool:
    """Whether a bare 变化 is asked of more than two years (2021年至2024年ROE变化): the way there, not the two ends."""
    several = any((mention.is_range and len(mention.periods) > 2) or mention.count > 2 for mention in mentions.periods)
    return several and any(_BARE_CHANGE.fullmatch(hit.text) for hit in mentions.cues)


def _added_up(mentions: Mentions, slots: Slots) -> bool:
    """Whether 合计 at the end of an indicator's name (净利润合计) adds up several banks or years."""
    several = len(slots.banks) > 1 or sum(len(mention.periods) or mention.count for mention in mentions.periods) > 1
    return several and any(mentions.text[span.start : span.end].endswith(("合计", "总计")) for span in mentions.indicators)


def _placed_among_all(slots: Slots, operations: list[Operation], horizon: Horizon) -> tuple[Slots, list[Operation]]:
    """One bank has a place only among the others (招商银行排第几): all banks are ranked, and it is told first."""
    if operations[0].op is not Op.RANK or len(slots.banks) != 1:
        return slots, operations
    others = [bank for bank in horizon.banks(slots.indicators) if bank not in slots.banks]
    return replace(slots, banks=[*slots.banks, *others]), [replace(operations[0], focus=slots.banks[0], limit=0), *operations[1:]]


def _both_periods(mentions: Mentions) -> bool:
    return any(word in mentions.text for word in ("两年", "两期", "两者", "二者", "这两个", "两个年度")) and not any(m.periods for m in mentions.periods)


def _change_of_a_share(mentions: Mentions, operations: list[Operation], carried: Carried) -> list[Operation]:
    """After a share, "比上年提高几个百分点" asks how the share moved; the base is filled in with the periods."""
    before = next((o for o in carried.operations if (o.op is Op.SHARE and o.against) or o.op is Op.FORMULA), None)
    moved = bool(operations) and all(o.op in (Op.DIFFERENCE, Op.YOY) for o in operations) and "百分点" in mentions.text
    return [replace(before, base="")] if before is not None and moved and not mentions.indicators else operations


def _of_a_formula(slots: Slots, worded: Worded | None) -> tuple[Slots, Refusal | None]:
    """The slots over the figures of a stated formula, and its refusal."""
    if worded is None:
        return slots, None
    named = [leaf.indicator for leaf in worded.operation.term.leaves()] if worded.operation.term is not None else slots.indicators
    return replace(slots, indicators=list(dict.fromkeys(named))), worded.refusal


def _between_turns(mentions: Mentions, operations: list[Operation], carried: Carried) -> bool:
    """Whether a bare 减少了多少 asks for the way between the periods of the last two turns, which were of the same indicator."""
    bare = not (mentions.periods or mentions.base_periods or mentions.indicators or mentions.banks) and operations[0].op is Op.DIFFERENCE
    same = carried.earlier.indicators == carried.slots.indicators and carried.earlier.banks == carried.slots.banks
    values = all(operation.op is Op.VALUE for operation in carried.operations)
    return bare and same and values and len(carried.earlier.periods) == len(carried.slots.periods) == 1 and carried.earlier.periods != carried.slots.periods


def _next_carried(carried: Carried, slots: Slots, operations: list[Operation]) -> Carried:
    if operations[0].op in (Op.GENERAL, Op.COVERAGE):
        return carried
    merged = replace(slots, periods=slots.periods or carried.slots.periods, banks=slots.banks or carried.slots.banks)
    same = merged.indicators == carried.slots.indicators and merged.periods == carried.slots.periods
    return Carried(merged, list(operations), carried.earlier if same else carried.slots)


