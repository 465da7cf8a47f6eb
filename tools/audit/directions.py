"""Words of direction that no number completes: 降至0.95%, 低于工商银行的1.36%, 较上年末下降, 与上年持平, 扭亏为盈.

Each is held against the levels and changes of the sheet. What the sheet cannot decide is let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from data.periods import Period
from tools.audit.clauses import Resolver
from tools.audit.layout import Layout, Reading
from tools.audit.lines import BASE
from tools.audit.match import Aspect, Candidate, Candidates, disagreements, same_time
from tools.audit.mentions import Slot
from tools.audit.numbers import NumberToken
from tools.audit.periods import LAST_YEAR, Base, base_periods
from tools.audit.setting import Against, Direction, Setting
from tools.audit.sources import Complaint
from tools.audit.words import Cue

_ENDS = re.compile(r"^(?:了|明显|显著)?\s*(?:\[\d{1,3}\]\s*)*(?:[，。;、!?)\n]|$)")
_ROUGHLY = re.compile(r"(?:基本|大致|大体|总体|略|几乎)$")
_TURNS = ((re.compile(r"扭亏|转亏为盈|由亏转盈"), 1), (re.compile(r"由盈转亏|转盈为亏|转亏(?!为盈)"), -1))
_FIRM = frozenset("上升 下降 增长 减少 增加 提升 提高 降低 回落 回升 收窄 走阔 下滑 下行 上行 微降 微增 略降 略升 走低 走高".split())


@dataclass(frozen=True, slots=True)
class _Directions:
    layout: Layout
    candidates: Candidates
    bound: dict[int, Candidate]
    raw: str

    def levels_reached(self) -> Iterator[Complaint]:
        """降至0.95%: the level before must lie on the other side."""
        for reading in self.layout.readings:
            item = self.bound.get(reading.token.start)
            moved = next((setting.direction.moved for setting in reading.settings if setting.direction.moved), None)
            if item is None or item.change or not moved:
                continue
            steps = list(self._steps(item, reading))
            if steps and not any((step > 0) is (moved > 0) and step for step in steps):
                yield self._wrong(reading.token.start, reading.token.end, "变动方向与事实表相反")

    def _steps(self, item: Candidate, reading: Reading) -> Iterator[Decimal]:
        """How the level moved: from the base named beside it, else from the level before, else as the sheet's changes say."""
        line, index = reading.line, reading.index
        beside = line.clause_start(reading.token.start)
        named = any(g.slot is Slot.PERIOD and g.role == BASE and beside <= g.start < reading.token.start for g in line.groups)
        start = line.segment_start(reading.token.start)
        before = [self.bound[n.start] for n in line.numbers[:index] if start <= n.start and n.start in self.bound]
        before = [other for other in before if not other.change and self._same_line(item, other)]
        if before and (not named or line.passes(index - 1)):
            yield item.figure.quantity.base - before[-1].figure.quantity.base
            return
        yield from self._moves(item, [base for setting in reading.settings for base in setting.against.bases])

    def _moves(self, item: Candidate, bases: Iterable[Base]) -> Iterator[Decimal]:
        period = item.figure.period
        starts = [p for base in bases for p in base_periods(base, period)]
        for other in self.candidates.all:
            if not self._same_line(item, other):
                continue
            if not other.change and _among(other.figure.period, starts or base_periods(LAST_YEAR, period), other):
                yield item.figure.quantity.base - other.figure.quantity.base
            elif other.change and not other.counterpart and same_time(other.figure.period, period, item.figure):
                if not starts or (other.figure.base_period is not None and _among(other.figure.base_period, starts, other)):
                    yield other.figure.quantity.base

    def comparisons(self) -> Iterator[Complaint]:
        """低于工商银行的1.36%, 高于150%的要求: what is compared must lie on the side that is said."""
        for resolver in self.layout.prose:
            for index, token in enumerate(resolver.line.numbers):
                cue = self._comparing(resolver, token)
                if cue is None:
                    continue
                values = list(self._compared(resolver, index, token))
                other = self._value(token)
                if values and other is not None and not any((value > other) is (cue.sign > 0) and value != other for value in values):
                    yield self._wrong(cue.start, token.end, "比较方向与事实表相反")

    def _comparing(self, resolver: Resolver, token: NumberToken) -> Cue | None:
        line = resolver.line
        start = line.clause_start(token.start)
        cues = [cue for cue in line.cues if cue.kind == "compare" and start <= cue.start and cue.end <= token.start and cue.end - cue.start > 1]
        item = self.bound.get(token.start)
        if not cues or (item is not None and item.change) or any(cues[-1].end <= number.start < token.start for number in line.numbers):
            return None
        return cues[-1]

    def _compared(self, resolver: Resolver, index: int, token: NumberToken) -> Iterator[Decimal]:
        """Values of what stands on the left of the comparison."""
        line, item = resolver.line, self.bound.get(token.start)
        start = line.segment_start(token.start)
        based = any(g.role == BASE and line.clause_start(token.start) <= g.start < token.start for g in line.groups)
        if item is not None and based:
            setting = resolver.subject(index)
            for other in self.candidates.all:
                if other is not item and not other.change and other.names & item.names and _of(other, setting, item):
                    yield other.figure.quantity.base
        elif item is None and not token.hedge:
            earlier = [self.bound[n.start] for n in line.numbers[:index] if start <= n.start and n.start in self.bound]
            same = [one for one in earlier if token.unit is not None and one.dimension is token.unit.dimension and not one.change]
            yield from (one.figure.quantity.base for one in same[-1:])

    def _value(self, token: NumberToken) -> Decimal | None:
        item = self.bound.get(token.start)
        return item.figure.quantity.base if item is not None else token.value * token.factor if token.unit is not None else None

    def plain_words(self) -> Iterator[Complaint]:
        """不良贷款率较上年末下降。 and 与上年末持平: the sheet's change must not say otherwise."""
        for resolver in self.layout.prose:
            for cue in resolver.line.cues:
                if (cue.kind == "flat" or resolver.line.text[cue.start : cue.end] in _FIRM) and self._stands_alone(resolver, cue):
                    yield from self._plain(resolver, cue, cue.sign)
            for pattern, sign in _TURNS:
                for match in pattern.finditer(resolver.line.text, resolver.line.start, resolver.line.end):
                    yield from self._turned(resolver, match.start(), match.end(), sign)

    def _stands_alone(self, resolver: Resolver, cue: Cue) -> bool:
        line = resolver.line
        clause = line.clause_start(cue.start)
        named = [g for g in line.groups if g.slot is Slot.INDICATOR and clause <= g.start and g.end <= cue.start]
        clear = not any(clause <= number.start < line.clause_end(cue.end) for number in line.numbers)
        ends = _ENDS.match(line.text[cue.end : line.end])
        rough = cue.kind == "flat" and _ROUGHLY.search(line.text[clause : cue.start])
        return bool(named) and clear and bool(ends) and not rough

    def _plain(self, resolver: Resolver, cue: Cue, sign: int) -> Iterator[Complaint]:
        setting = self._at(resolver, cue.end)
        if not (setting.banks and setting.indicators and setting.times.periods):
            return
        token = _blank(cue.end)
        steps = [item.figure.quantity.base for item in self.candidates.all if item.change and not disagreements(item, token, setting)]
        if steps and not any((step > 0) - (step < 0) == sign for step in steps):
            yield self._wrong(cue.start, cue.end, "与事实表中的变动不符")

    def _turned(self, resolver: Resolver, start: int, end: int, sign: int) -> Iterator[Complaint]:
        setting = replace(self._at(resolver, end), against=Against(), direction=Direction(change=False))
        loose = {Aspect.SIGN}
        levels = [item for item in self.candidates.all if not item.change and setting.times.periods]
        now = [item for item in levels if set(disagreements(item, _blank(end), setting)) <= loose]
        before = [other for item in now for other in levels if self._same_line(item, other) and _a_year_before(other, item)]
        wrong_now = bool(now) and not any((item.figure.quantity.value > 0) is (sign > 0) for item in now)
        wrong_before = bool(before) and not any((item.figure.quantity.value < 0) is (sign > 0) for item in before)
        if wrong_now or wrong_before:
            yield self._wrong(start, end, "与事实表中的正负不符")

    def _at(self, resolver: Resolver, position: int) -> Setting:
        """The reading that a number would have at a position without one."""
        line = resolver.line
        numbers = [number for number in line.numbers if number.end <= position]
        bare = replace(line, numbers=[*numbers, _blank(position)], links=[])
        return Resolver(bare, resolver.focus).subject(len(numbers))

    def _same_line(self, item: Candidate, other: Candidate) -> bool:
        same = item.figure.entity == other.figure.entity and item.figure.scope is other.figure.scope
        return same and other is not item and bool(item.names & other.names)

    def _wrong(self, start: int, end: int, why: str) -> Complaint:
        return Complaint(start, end, f"“{self.raw[start:end]}”{why}")


def direction_problems(layout: Layout, candidates: Candidates, bound: dict[int, Candidate], raw: str) -> list[Complaint]:
    """Every word of direction that the sheet contradicts."""
    check = _Directions(layout, candidates, bound, raw)
    return [*check.levels_reached(), *check.comparisons(), *check.plain_words()]


def _a_year_before(other: Candidate, item: Candidate) -> bool:
    return _among(other.figure.period, base_periods(LAST_YEAR, item.figure.period), item)


def _of(other: Candidate, setting: Setting, item: Candidate) -> bool:
    """Whether a level is of the subject of a comparison whose right side is `item`."""
    bank = not other.banks.isdisjoint(setting.banks) if setting.banks else other.figure.entity == item.figure.entity
    period = _among(other.figure.period, setting.times.periods or [item.figure.period], other)
    return bank and period and other.figure.scope is item.figure.scope


def _among(period: Period, periods: Iterable[Period], item: Candidate) -> bool:
    return any(same_time(period, other, item.figure) for other in periods)


def _blank(position: int) -> NumberToken:
    return NumberToken(position, position, "", Decimal(0), Decimal(1))
