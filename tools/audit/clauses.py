"""What a number is said to be: its bank, period, scope and indicator, from the nearest words, the sentence or what carries over.

The nearest name before a number decides; without one in its sentence the sentence before does, then the list, table or
heading around it. Comparisons (较2022年末, 低于工商银行) name what a change is measured against, not what the number is of.
Lists (A、B分别为x、y) are dealt out in order. Where the words leave it open, every reading is admitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from data.periods import Period
from tools.audit.cues import direction_of, reaches_level
from tools.audit.lines import BASE, SUBJECT, Group, Line
from tools.audit.mentions import Mention, Slot
from tools.audit.numbers import NumberToken
from tools.audit.periods import LAST_YEAR, QUARTER_BEFORE, Base, base_periods, bases_of, resolve, years_between
from tools.audit.setting import Against, Direction, Focus, Hints, Names, Setting, Times

Member = Mention | Names | Period
_NAMED = (Slot.BANK, Slot.INDICATOR, Slot.PERIOD)
_POST = re.compile(r"^\s*(?:\[\d{1,3}\])*\s*的\s*$")
_IS = re.compile(r"^\s*(?:是|为|来自|属于|系|即)\s*$")
_DEALT = re.compile(r"分别|依次|各自|各为|分列|逐一")
_FROM = re.compile(r"(?:由|从|自)[^，。;]{0,24}$")


@dataclass(frozen=True, slots=True)
class _Found:
    members: tuple[Member, ...] = ()
    group: Group | None = None


@dataclass
class Resolver:
    """Reads the numbers of one line; `focus` is what carries into it."""

    line: Line
    focus: Focus
    hints: Hints = field(default_factory=Hints)
    _seen: dict[tuple[int, Slot], tuple[Member, ...]] = field(default_factory=dict)
    _rosters: dict[tuple[Slot, int], tuple[Mention, ...]] = field(default_factory=dict)

    def settings(self, index: int) -> list[Setting]:
        """Every admissible reading of numbers[index]."""
        line, token = self.line, self.line.numbers[index]
        direction = direction_of(line, index, in_change_column=self.hints.change)
        found = {slot: self._find(slot, index, changing=direction.change is True) for slot in _NAMED}
        against = self._against(token)
        if (touched := found[Slot.PERIOD].group) is not None and touched.role == BASE:
            against = Against(rivals=against.rivals)
        if not direction.signalled and (against.bases or against.rivals or self.hints.change):
            direction = replace(direction, signalled=True)
        plain = self._setting(index, found, against, direction)
        return self._dealt(index, plain, found)

    def subject(self, index: int) -> Setting:
        """The reading of numbers[index] as a change: of what it is, and against which base; lists are not dealt out."""
        found = {slot: self._find(slot, index, changing=True) for slot in _NAMED}
        return self._setting(index, found, self._against(self.line.numbers[index]), Direction(change=True, sign=0, signalled=True))

    def next_focus(self) -> Focus:
        """What carries out of the line: the names of its last sentence that has any, over what came in."""
        if not self.line.groups:
            return self.focus
        banks, indicators, times = (self._roster(slot, self.line.end + 1) for slot in _NAMED)
        periods = self._periods(times, self.line.end)
        anchor = self._anchor(self.line.end) if periods else None
        return Focus(tuple(map(names_of, banks)), tuple(map(names_of, indicators)), periods, anchor).over(self.focus)

    def periods_of(self, group: Group) -> tuple[Period, ...]:
        """The periods that a group names, its relative words resolved."""
        return self._periods(group.members, group.start)

    def _setting(self, index: int, found: dict[Slot, _Found], against: Against, direction: Direction) -> Setting:
        line, token = self.line, self.line.numbers[index]
        group = found[Slot.PERIOD].group
        periods = self._periods(found[Slot.PERIOD].members, group.start if group is not None else token.start)
        ends = (periods[0], periods[-1]) if len(periods) > 1 and _is_range(group, periods) else None
        named, spent = self._named(token)
        return Setting(
            _flat(found[Slot.BANK].members), _flat(found[Slot.INDICATOR].members), self._scopes(index),
            Times(periods, ends, named, spent, self.focus.periods), direction, against,
            line.text[line.clause_start(token.start) : line.clause_end(token.end)],
        )  # fmt: skip

    # -- names

    def _find(self, slot: Slot, index: int, *, changing: bool) -> _Found:
        line, token = self.line, self.line.numbers[index]
        own = line.named(slot)
        if not own:
            carried = self._carried(slot)
            self._seen[index, slot] = carried
            return _Found(carried)
        found = self._attached(own, index) or self._posted(own, index)
        if found is None and (group := self._before(own, index, changing)) is not None:
            found = _Found(self._widened(group, slot, index), group)
        found = found or self._after(own, token)
        if found is None:
            found = _Found(self._roster(slot, line.segment_start(token.start)) or self._hidden(own, token) or self._carried(slot))
        self._seen[index, slot] = found.members
        return found

    def _attached(self, own: Sequence[Group], index: int) -> _Found | None:
        """Names in brackets right after the number: 0.95%（招商银行）."""
        for bracket in self.line.brackets:
            if bracket.owner == index:
                for group in own:
                    if bracket.start < group.start < bracket.end and group.role == SUBJECT:
                        return _Found(group.members, group)
        return None

    def _posted(self, own: Sequence[Group], index: int) -> _Found | None:
        """An indicator right after the number: 以0.95%的不良率."""
        end = self.line.numbers[index].end
        after = next((g for g in own if g.slot is Slot.INDICATOR and g.start >= end), None)
        return _Found(after.members, after) if after is not None and _POST.match(self.line.text[end : after.start]) else None

    def _before(self, own: Sequence[Group], index: int, changing: bool) -> Group | None:
        line, token = self.line, self.line.numbers[index]
        start = line.segment_start(token.start)
        if line.is_equation(token.start):
            return self._operand(own, token, start)
        for group in reversed(own):
            if not start <= group.start or group.end > token.start or not line.visible(group, token) or line.is_equation(group.start):
                continue
            if group.role == SUBJECT or (group.role == BASE and not changing and self._touches(group, line.numbers[line.list_of(index)[0]])):
                return group
        return None

    def _operand(self, own: Sequence[Group], token: NumberToken, start: int) -> Group | None:
        """In a calculation: the name inside the number's own operand, else the name of the result or what stood before."""
        line = self.line
        inside = [g for g in own if line.operand_start(token.start) <= g.start and g.end <= token.start]
        named = [g for g in own if start <= g.start and g.end <= line.result_name_end(token.start) and g.role == SUBJECT]
        return inside[-1] if inside else named[-1] if named else None

    def _touches(self, group: Group, token: NumberToken) -> bool:
        """Whether a compared name reaches the number itself: 低于工商银行的1.36%, 较2022年末的0.96%."""
        if group.members[-1].base:
            return False
        starts = [*(cue.start for cue in self.line.cues), *(number.start for number in self.line.numbers)]
        return not any(group.end <= start < token.start for start in starts)

    def _widened(self, group: Group, slot: Slot, index: int) -> tuple[Member, ...]:
        """The group's members; after a clause that only mentions a name, also what the last number was of."""
        line, token = self.line, self.line.numbers[index]
        if line.clause_start(group.start) == line.clause_start(token.start):
            return group.members
        start, stop = line.segment_start(token.start), line.clause_end(group.end)
        before = [i for i, number in enumerate(line.numbers) if start <= number.start and number.end <= group.start]
        quiet = not any(group.end <= number.start < stop for number in line.numbers)
        if slot in (Slot.BANK, Slot.INDICATOR) and quiet and before:
            return (*self._seen.get((before[-1], slot), ()), *group.members)
        anchor = self._anchor(group.start) if slot is Slot.PERIOD and all(member.relative for member in group.members) else None
        return (*group.members, anchor) if anchor is not None else group.members

    def _after(self, own: Sequence[Group], token: NumberToken) -> _Found | None:
        """0.95%是招商银行2023年末的不良率."""
        end = self.line.clause_end(token.end)
        after = next((g for g in own if token.end <= g.start and g.end <= end and g.role == SUBJECT), None)
        first = min((g.start for g in self.line.groups if g.start >= token.end), default=end)
        return _Found(after.members, after) if after is not None and _IS.match(self.line.text[token.end : first]) else None

    def _hidden(self, own: Sequence[Group], token: NumberToken) -> tuple[Mention, ...]:
        """Names in brackets of the sentence, where nothing else is named: （招商银行）不良率为0.95%."""
        start = self.line.segment_start(token.start)
        picks = [g for g in own if start <= g.start and g.end <= token.start and g.role == SUBJECT and not self.line.is_owned(g)]
        return picks[-1].members if picks else ()

    def _roster(self, slot: Slot, before: int) -> tuple[Mention, ...]:
        """Distinct members of the nearest sentence of the line before a position that names any, outside brackets if it can be."""
        key = slot, before
        if key not in self._rosters:
            self._rosters[key] = self._read_roster(slot, before)
        return self._rosters[key]

    def _read_roster(self, slot: Slot, before: int) -> tuple[Mention, ...]:
        line = self.line
        own = [g for g in line.named(slot) if g.role == SUBJECT and g.end <= before and not line.is_equation(g.start)]
        picks = [g for g in own if line.bracket_of(g.start) is None] or [g for g in own if not line.is_owned(g)]
        if not picks:
            return ()
        segment = line.segment_start(picks[-1].start)
        return _distinct(m for g in picks if line.segment_start(g.start) == segment for m in g.members)

    def _carried(self, slot: Slot) -> tuple[Member, ...]:
        return self.focus.banks if slot is Slot.BANK else self.focus.indicators if slot is Slot.INDICATOR else self.focus.periods

    def _scopes(self, index: int) -> Names:
        token, own = self.line.numbers[index], self.line.named(Slot.SCOPE)
        if not own:
            return self.focus.scopes
        if (attached := self._attached(own, index)) is not None:
            return _flat(attached.members)
        start = self.line.segment_start(token.start)
        picks = [g for g in own if start <= g.start and g.end <= token.start and not self.line.is_owned(g)]
        return _flat(picks[-1].members) if picks else self.focus.scopes

    # -- comparisons

    def _against(self, token: NumberToken) -> Against:
        """The periods and banks that a change here is compared with, the nearest ones."""
        line = self.line
        start, clause, stop = line.segment_start(token.start), line.clause_start(token.start), line.clause_end(token.end)
        banks = [g for g in line.named(Slot.BANK) if g.role == BASE]
        rivals = [g for g in banks if clause <= g.start and g.end <= stop] or [g for g in banks if start <= g.start and g.end <= token.start]
        names = _flat(m for g in rivals for m in g.members)
        times = [g for g in line.named(Slot.PERIOD) if g.role == BASE]
        before = [g for g in times if start <= g.start and g.end <= token.start and line.visible(g, token)]
        near = [g for g in before if clause <= g.start] or [g for g in times if token.end <= g.start and g.end <= stop and self._explains(g, token)]
        if near:
            return Against(bases_of(near[-1]), True, names)
        if self.hints.bases:
            return Against(self.hints.bases, True, names)
        bases = bases_of(before[-1]) if before else ()
        return Against(bases, any(base.period is not None for base in bases), names)

    def _explains(self, group: Group, token: NumberToken) -> bool:
        bracket = self.line.bracket_of(group.start)
        return bracket is not None and bracket.owner is not None and self.line.numbers[bracket.owner] == token

    # -- periods

    def _named(self, token: NumberToken) -> tuple[tuple[Period, ...], tuple[Period, ...]]:
        """Absolute periods named before the number in its sentence, and those of them that another number took."""
        start = self.line.segment_start(token.start)
        groups = [g for g in self.line.named(Slot.PERIOD) if g.role == SUBJECT and start <= g.start and g.end <= token.start]
        taken = [g for g in groups if any(g.end <= number.start and number.end <= token.start for number in self.line.numbers)]
        named, spent = (tuple(dict.fromkeys(p for g in picks for m in g.members for p in m.periods)) for picks in (groups, taken))
        return named, spent

    def _anchor(self, position: int) -> Period | None:
        """The absolute period that relative words at a position start from."""
        for group in reversed(self.line.named(Slot.PERIOD)):
            if group.end <= position and group.role == SUBJECT and group.members[-1].periods:
                return group.members[-1].periods[-1]
        return self.focus.anchor

    def _periods(self, members: Iterable[Member], position: int) -> tuple[Period, ...]:
        anchor, found = self._anchor(position), list[Period]()
        for member in members:
            if isinstance(member, Period):
                found.append(member)
            elif isinstance(member, Mention):
                found += member.periods or resolve(member, anchor)
                anchor = member.periods[-1] if member.periods else anchor
        return tuple(dict.fromkeys(found))

    # -- lists

    def _dealt(self, index: int, plain: Setting, found: dict[Slot, _Found]) -> list[Setting]:
        """The setting as it is; in a list of as many numbers as names, with the name that falls to the number."""
        first, last = self.line.list_of(index)
        size, place, start = last - first + 1, index - first, self.line.numbers[first].start
        if size == 1:
            return self._passing(index, plain)
        said = bool(_DEALT.search(self.line.text[self.line.segment_start(start) : start]))
        strict, loose = list[Setting](), list[Setting]()
        for slot, names in found.items():
            members: Sequence[Member] = plain.times.periods if slot is Slot.PERIOD else names.members
            in_order = len(members) == size and names.group is not None
            if not in_order:
                roster = self._sentence(slot, start)
                members = (self._periods(roster, start) if slot is Slot.PERIOD else roster) if roster or not said else members
            if len(members) == size:
                (strict if said or in_order else loose).append(_with_member(plain, slot, members[place]))
        return strict or [plain, *loose]

    def _sentence(self, slot: Slot, position: int) -> tuple[Mention, ...]:
        start = self.line.segment_start(position)
        groups = [g for g in self.line.named(slot) if g.role == SUBJECT and start <= g.start and g.end <= position]
        return _distinct(m for g in groups for m in g.members)

    def _passing(self, index: int, plain: Setting) -> list[Setting]:
        """由0.96%降至0.95%: the first number is of the earlier period, the second of the later one."""
        line, ends = self.line, plain.times.ends
        if line.passes(index):
            token = line.numbers[index]
            clause = line.clause_start(token.start)
            touched = [g for g in line.named(Slot.PERIOD) if clause <= g.start and g.end <= token.start]
            if ends is not None:
                return [_at(plain, ends[:1])]
            own = bool(touched) and touched[-1].role == BASE and self._touches(touched[-1], token)
            if not touched or (not own and _FROM.search(line.text[clause : token.start])):
                return [_at(plain, self._earlier(plain))]
        if index and line.passes(index - 1) and ends is not None:
            return [_at(plain, years_between(*ends) if self._goes_on(index) else ends[1:])]
        return [plain]

    def _goes_on(self, index: int) -> bool:
        """由0.91%升至0.96%，再降至0.95%: whether the number is a stage on the way."""
        line, end = self.line, self.line.numbers[index].end
        stop = line.segment_end(end)
        after = [cue for cue in line.cues if cue.kind == "move" and end <= cue.start < stop]
        more = any(number.start < stop for number in line.numbers[index + 1 :])
        return more and any(reaches_level(line.text[cue.end : stop]) for cue in after)

    def _earlier(self, plain: Setting) -> tuple[Period, ...]:
        """The periods that a first value may be of: the bases named, else a year or a quarter before."""
        periods = plain.times.periods
        bases: Sequence[Base] = plain.against.bases or (LAST_YEAR, QUARTER_BEFORE)
        return tuple(dict.fromkeys(p for base in bases for p in base_periods(base, periods[-1]))) if periods else ()


def names_of(member: Member) -> Names:
    """The names of a bank or indicator, however it is held."""
    return member.names if isinstance(member, Mention) else member if isinstance(member, tuple) else ()


def _flat(members: Iterable[Member]) -> Names:
    return tuple(dict.fromkeys(name for member in members for name in names_of(member)))


def _distinct(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    return tuple({(m.names, m.periods, m.relative, m.part, m.count): m for m in mentions}.values())


def _is_range(group: Group | None, periods: tuple[Period, ...]) -> bool:
    return group.ranged if group is not None else periods == tuple(sorted(periods, key=lambda p: p.sort_key))


def _at(setting: Setting, periods: tuple[Period, ...]) -> Setting:
    return replace(setting, times=replace(setting.times, periods=periods, ends=None))


def _with_member(setting: Setting, slot: Slot, member: Member) -> Setting:
    if isinstance(member, Period):
        return _at(setting, (member,))
    return replace(setting, banks=names_of(member)) if slot is Slot.BANK else replace(setting, indicators=names_of(member))
