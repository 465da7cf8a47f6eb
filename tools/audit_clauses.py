"""What a number is said to be: its bank, period, scope and indicator, from the nearest words, the sentence or what carries over.

The nearest name before a number decides; without one in its sentence the sentence before does, then the list, table or
heading around it. Comparisons (较2022年末, 低于工商银行) name what a change is measured against, not what the number is of.
Lists (A、B分别为x、y) are dealt out in order. Where the words leave it open, every reading is admitted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from data.errors import PeriodError
from data.period_text import Relative
from data.periods import Part, Period
from data.units import Dimension, Unit
from tools.audit_lines import BASE, CAUSE, SUBJECT, Group, Line
from tools.audit_mentions import Cue, Mention, Slot
from tools.audit_numbers import NumberToken

Names = tuple[str, ...]
_POST = re.compile(r"^\s*(?:\[\d{1,3}\])*\s*的\s*$")
_IS = re.compile(r"^\s*(?:是|为|来自|属于|系|即)\s*$")
_DEALT = re.compile(r"分别|依次|各自|各为|分列|逐一")
_TO = re.compile(r"^(?:了|\s|约|近|则|也|均|大幅|小幅)*(?:至|到|为|达到|达)")
_REACHED = re.compile(r"^(?:了|\s)*(?:至|到)(?:了|\s)*$")
_LOOSE_TO = re.compile(r"(?:至|到|为|达到?)\s*(?:了|约|近|人民币)*\s*$")
_FROM = re.compile(r"(?:由|从|自)[^，。;]{0,24}$")


@dataclass(frozen=True, slots=True)
class Base:
    """What a change is compared with: a period, or a relative word (同比, 上年末, 6月末) to be read from the figure's own period."""

    period: Period | None = None
    relative: Relative | None = None
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Focus:
    """What carries over into a line: rosters in the order of mention, empty where nothing was named."""

    banks: tuple[Names, ...] = ()
    indicators: tuple[Names, ...] = ()
    periods: tuple[Period, ...] = ()
    anchor: Period | None = None
    scopes: Names = ()

    def over(self, other: Focus) -> Focus:
        """This focus, with what it leaves open taken from another one."""
        return Focus(
            self.banks or other.banks, self.indicators or other.indicators, self.periods or other.periods, self.anchor or other.anchor,
            self.scopes or other.scopes,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hints:
    """What a table column says of the numbers under it: a unit, that they are changes, and against what."""

    unit: Unit | None = None
    change: bool = False
    bases: tuple[Base, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """One reading of a number's words. Empty tuples leave a slot open.

    change: True for a change, False for a level, None where either may stand. sign: the claimed direction of a change, None
    where the words claim none. moved: the direction in which a level is said to have been reached (降至). loose: a word of
    direction stands somewhere before. rivals: banks compared with. bases: periods compared with (bound: named beside the
    number, so that they must agree). named: periods named in the sentence, spent: those that a number before belongs to. carried: periods of the surroundings. ends: of a range.
    """

    banks: Names = ()
    rivals: Names = ()
    indicators: Names = ()
    periods: tuple[Period, ...] = ()
    scopes: Names = ()
    change: bool | None = None
    sign: int | None = None
    moved: int | None = None
    loose: int | None = None
    bases: tuple[Base, ...] = ()
    bound: bool = False
    named: tuple[Period, ...] = ()
    spent: tuple[Period, ...] = ()
    carried: tuple[Period, ...] = ()
    ends: tuple[Period, Period] | None = None
    signalled: bool = False
    clause: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    members: tuple[Mention | Names | Period, ...] = ()
    group: Group | None = None


@dataclass
class Resolver:
    """Reads the numbers of one line; `focus` is what carries into it."""

    line: Line
    focus: Focus
    hints: Hints = field(default_factory=Hints)
    _seen: dict[tuple[int, Slot], tuple[Mention | Names | Period, ...]] = field(default_factory=dict)

    def settings(self, index: int) -> list[Setting]:
        """Every admissible reading of numbers[index]."""
        token = self.line.numbers[index]
        setting = self._direction(index)
        found = {slot: self._find(slot, index, changing=setting.change is True) for slot in (Slot.BANK, Slot.INDICATOR, Slot.PERIOD)}
        bases, bound = self._bases(token)
        if (touched := found[Slot.PERIOD].group) is not None and touched.role == BASE:
            bases, bound = (), False
        setting = replace(
            setting, rivals=self._rivals(token), bases=bases, bound=bound, named=self._named(token), spent=self._named(token, spent=True),
            carried=self.focus.periods, scopes=self._scopes(index),
            clause=self.line.text[self.line.clause_start(token.start) : self.line.clause_end(token.end)],
        )  # fmt: skip
        signalled = setting.signalled or bool(bases) or bool(setting.rivals) or self.hints.change
        return [replace(option, signalled=signalled) for option in self._dealt(index, setting, found)]

    def subject(self, index: int) -> Setting:
        """The reading of numbers[index] as a change: of what it is, and against which base; lists are not dealt out."""
        token = self.line.numbers[index]
        found = {slot: self._find(slot, index, changing=True) for slot in (Slot.BANK, Slot.INDICATOR, Slot.PERIOD)}
        bases, bound = self._bases(token)
        periods = self._periods(found[Slot.PERIOD].members, token.start)
        ends = (periods[0], periods[-1]) if len(periods) > 1 and self._is_range(found[Slot.PERIOD].group, periods) else None
        return Setting(
            banks=_flat(found[Slot.BANK].members), indicators=_flat(found[Slot.INDICATOR].members), periods=periods, bases=bases, bound=bound,
            scopes=self._scopes(index), ends=ends, signalled=True,
        )  # fmt: skip

    def next_focus(self) -> Focus:
        """What carries out of the line: the names of its last sentence that has any, over what came in."""
        rosters = {slot: self._roster(slot, self.line.end + 1) for slot in (Slot.BANK, Slot.INDICATOR, Slot.PERIOD)}
        periods = self._periods(rosters[Slot.PERIOD], self.line.end)
        return Focus(
            tuple(_names(member) for member in rosters[Slot.BANK]), tuple(_names(member) for member in rosters[Slot.INDICATOR]), periods,
            self._anchor(self.line.end) if periods else None, (),
        ).over(self.focus)  # fmt: skip

    # -- words of direction

    def _direction(self, index: int) -> Setting:
        line, token = self.line, self.line.numbers[index]
        cue = self._governing(index)
        written = (-1 if token.value < 0 else 1) if token.explicit else None
        points = token.unit is not None and token.unit.dimension is Dimension.POINTS
        loose = self._loose(token)
        if cue is None:
            sign = written if written is not None else 1 if self.hints.change else None
            change = True if points or self.hints.change or line.text[token.start] == "+" else None
            return Setting(change=change, sign=sign, loose=loose, signalled=loose is not None or written is not None)
        between = line.text[cue.end : token.start]
        if cue.kind in ("move", "compare") and not points and _TO.match(between) and cue.end <= token.start:
            return Setting(change=False, moved=cue.sign, loose=loose)
        if cue.kind == "compare" and not points and cue.end <= token.start and not between.strip(" 约近了出于人民币"):
            # 高于150%: a line to pass, not a change - unless the bare word says by how much (高1.2亿元).
            level = cue.end - cue.start > 1 and not line.text[cue.start : cue.end].endswith("出")
            return Setting(change=not level, sign=None if level else cue.sign, loose=cue.sign, signalled=True)
        sign = cue.sign * (written or 1) if cue.sign else written if written is not None else 1 if self.hints.change else None
        to_level = cue.kind != "noun" and bool(_LOOSE_TO.search(between)) and cue.end <= token.start
        return Setting(change=None if to_level else True, sign=sign, moved=cue.sign if to_level else None, loose=cue.sign or loose, signalled=True)

    def _governing(self, index: int) -> Cue | None:
        """The word of direction that the number completes, before it or, as a noun or an arrow, right after it."""
        line, token = self.line, self.line.numbers[index]
        first, _ = line.list_of(index)
        previous = line.numbers[index - 1].end if index > first or (index and first == index) else line.start
        start = max(line.clause_start(token.start), previous)
        for cue in reversed([cue for cue in line.cues if start <= cue.start and cue.end <= token.start]):
            if cue.kind == "flat" or self._governs(cue, token):
                return cue if cue.kind != "flat" else None
        after = next((cue for cue in line.cues if cue.start >= token.end), None)
        leads_on = after is not None and any(number.start == after.end for number in line.numbers)
        if after is not None and after.kind == "noun" and not leads_on and re.match(r"^\s*(?:\[\d+\])*\s*的?\s*(?:同比|环比|年均|复合)?\s*$", line.text[token.end : after.start]):
            return after
        return self._governing(index - 1) if index > first else None

    def _governs(self, cue: Cue, token: NumberToken) -> bool:
        between = [g for g in self.line.groups if cue.end <= g.start and g.end <= token.start and not g.members[0].base]
        if cue.kind == "noun":
            return not any(group.slot is Slot.INDICATOR for group in between)
        if cue.kind == "compare":
            tail = self.line.text[between[-1].end : token.start] if between else ""
            return not any(group.slot is Slot.INDICATOR for group in between) and not re.search(r"[的为(]", tail)
        reached = _REACHED.match(self.line.text[cue.end : between[0].start]) if between else None
        return not between or (reached is not None and len(between) == 1 and between[0].slot is Slot.PERIOD)

    def _loose(self, token: NumberToken) -> int | None:
        start = self.line.segment_start(token.start)
        signs = [cue.sign for cue in self.line.cues if start <= cue.start < token.start and cue.kind != "flat"]
        return signs[-1] if signs else None

    # -- names

    def _find(self, slot: Slot, index: int, *, changing: bool) -> _Found:
        line, token = self.line, self.line.numbers[index]
        own = [group for group in line.groups if group.slot is slot and group.role != CAUSE]
        for finder in (self._attached, self._posted):
            if (group := finder(own, index)) is not None:
                return self._kept(index, slot, _Found(group.members, group))
        if (group := self._before(own, index, changing)) is not None:
            return self._kept(index, slot, _Found(self._widened(group, slot, index), group))
        if (group := self._after(own, token)) is not None:
            return self._kept(index, slot, _Found(group.members, group))
        roster = self._roster(slot, line.segment_start(token.start)) or self._hidden(own, token) or self._carried(slot)
        return self._kept(index, slot, _Found(roster))

    def _kept(self, index: int, slot: Slot, found: _Found) -> _Found:
        self._seen[index, slot] = found.members
        return found

    def _attached(self, own: Sequence[Group], index: int) -> Group | None:
        """Names in brackets right after the number: 0.95%（招商银行）."""
        return next((g for b in self.line.brackets if b.owner == index for g in own if b.start < g.start < b.end and g.role == SUBJECT), None)

    def _posted(self, own: Sequence[Group], index: int) -> Group | None:
        """An indicator right after the number: 以0.95%的不良率."""
        token = self.line.numbers[index]
        after = [g for g in own if g.slot is Slot.INDICATOR and g.start >= token.end]
        return after[0] if after and _POST.match(self.line.text[token.end : after[0].start]) else None

    def _before(self, own: Sequence[Group], index: int, changing: bool) -> Group | None:
        line, token = self.line, self.line.numbers[index]
        start = line.segment_start(token.start)
        if line.is_equation(token.start):
            return self._operand(own, token, start)
        picks = [g for g in own if start <= g.start and g.end <= token.start and line.visible(g, token) and not self._in_equation(g, token)]
        while picks:
            group = picks.pop()
            if group.role == SUBJECT or (group.role == BASE and not changing and self._touches(group, line.numbers[line.list_of(index)[0]])):
                return group
        return None

    def _operand(self, own: Sequence[Group], token: NumberToken, start: int) -> Group | None:
        """In a calculation: the name inside the number's own operand, else the name of the result or what stood before."""
        line = self.line
        inside = [g for g in own if line.operand_start(token.start) <= g.start and g.end <= token.start]
        named = [g for g in own if start <= g.start and g.end <= line.result_name_end(token.start) and g.role == SUBJECT]
        return inside[-1] if inside else named[-1] if named else None

    def _in_equation(self, group: Group, token: NumberToken) -> bool:
        line = self.line
        return line.is_equation(group.start) and line.clause_start(group.start) != line.clause_start(token.start)

    def _touches(self, group: Group, token: NumberToken) -> bool:
        """Whether a compared name reaches the number itself: 低于工商银行的1.36%, 较2022年末的0.96%."""
        if group.members[-1].base:
            return False
        between = (group.end, token.start)
        return not any(between[0] <= cue.start < between[1] for cue in self.line.cues) and not any(
            between[0] <= number.start < between[1] for number in self.line.numbers
        )

    def _widened(self, group: Group, slot: Slot, index: int) -> tuple[Mention | Names | Period, ...]:
        """The group's members; after a clause that only mentions a name, also what the last number was of."""
        line, token = self.line, self.line.numbers[index]
        aside = line.clause_start(group.start) != line.clause_start(token.start)
        if not aside:
            return group.members
        quiet = not any(group.end <= number.start < line.clause_end(group.end) for number in line.numbers)
        before = [i for i, number in enumerate(line.numbers) if line.segment_start(token.start) <= number.start and number.end <= group.start]
        if slot in (Slot.BANK, Slot.INDICATOR) and quiet and before:
            return (*self._seen.get((before[-1], slot), ()), *group.members)
        if slot is Slot.PERIOD and all(member.relative for member in group.members) and (anchor := self._anchor(group.start)):
            return (*group.members, anchor)
        return group.members

    def _after(self, own: Sequence[Group], token: NumberToken) -> Group | None:
        """0.95%是招商银行2023年末的不良率."""
        end = self.line.clause_end(token.end)
        after = [g for g in own if token.end <= g.start and g.end <= end and g.role == SUBJECT]
        if not after:
            return None
        first = min((g.start for g in self.line.groups if g.start >= token.end), default=end)
        return after[0] if _IS.match(self.line.text[token.end : first]) else None

    def _hidden(self, own: Sequence[Group], token: NumberToken) -> tuple[Mention, ...]:
        owned = [b for b in self.line.brackets if b.owner is not None]
        start = self.line.segment_start(token.start)
        picks = [g for g in own if start <= g.start and g.end <= token.start and not any(b.start < g.start < b.end for b in owned)]
        picks = [g for g in picks if g.role == SUBJECT]
        return picks[-1].members if picks else ()

    def _roster(self, slot: Slot, before: int) -> tuple[Mention, ...]:
        """Distinct members of the nearest sentence of the line before a position that names any, outside brackets if it can be."""
        line = self.line
        own = [g for g in line.groups if g.slot is slot and g.role == SUBJECT and g.end <= before and not line.is_equation(g.start)]
        picks = [g for g in own if line.bracket_of(g.start) is None]
        picks = picks or [g for g in own if (bracket := line.bracket_of(g.start)) is not None and bracket.owner is None]
        if not picks:
            return ()
        segment = line.segment_start(picks[-1].start)
        members = [m for g in picks if line.segment_start(g.start) == segment for m in g.members]
        return tuple(dict.fromkeys(replace(m, start=0, end=0) for m in members))

    def _carried(self, slot: Slot) -> tuple[Names | Period, ...]:
        return {Slot.BANK: self.focus.banks, Slot.INDICATOR: self.focus.indicators, Slot.PERIOD: self.focus.periods}.get(slot, ())

    def _scopes(self, index: int) -> Names:
        token = self.line.numbers[index]
        own = [group for group in self.line.groups if group.slot is Slot.SCOPE]
        if (group := self._attached(own, index)) is not None:
            return tuple(name for member in group.members for name in member.names)
        start = self.line.segment_start(token.start)
        owned = [b for b in self.line.brackets if b.owner is not None]
        picks = [g for g in own if start <= g.start and g.end <= token.start and not any(b.start < g.start < b.end for b in owned)]
        return tuple(name for member in picks[-1].members for name in member.names) if picks else self.focus.scopes

    # -- comparisons

    def _bases(self, token: NumberToken) -> tuple[tuple[Base, ...], bool]:
        """The periods that a change here is compared with, and whether they are named beside the number."""
        line = self.line
        groups = [g for g in line.groups if g.slot is Slot.PERIOD and g.role == BASE]
        clause, stop = line.clause_start(token.start), line.clause_end(token.end)
        near = [g for g in groups if clause <= g.start and g.end <= token.start and line.visible(g, token)]
        near = near or [g for g in groups if token.end <= g.start and g.end <= stop and self._explains(g, token)]
        if near:
            return tuple(base for g in near[-1:] for base in base_of(g)), True
        if self.hints.bases:
            return self.hints.bases, True
        start = line.segment_start(token.start)
        carried = [g for g in groups if start <= g.start and g.end <= token.start and line.visible(g, token)]
        bases = tuple(base for g in carried[-1:] for base in base_of(g))
        return bases, any(base.period is not None for base in bases)

    def _explains(self, group: Group, token: NumberToken) -> bool:
        bracket = self.line.bracket_of(group.start)
        return bracket is not None and bracket.owner is not None and self.line.numbers[bracket.owner] == token

    def _rivals(self, token: NumberToken) -> Names:
        start, stop = self.line.clause_start(token.start), self.line.clause_end(token.end)
        groups = [g for g in self.line.groups if g.slot is Slot.BANK and g.role == BASE]
        near = [g for g in groups if start <= g.start and g.end <= stop]
        near = near or [g for g in groups if self.line.segment_start(token.start) <= g.start and g.end <= token.start]
        return tuple(name for g in near for member in g.members for name in member.names)

    def _named(self, token: NumberToken, *, spent: bool = False) -> tuple[Period, ...]:
        """Absolute periods named before the number in its sentence; `spent`: only those that another number follows first."""
        start = self.line.segment_start(token.start)
        groups = [g for g in self.line.groups if g.slot is Slot.PERIOD and g.role == SUBJECT and start <= g.start and g.end <= token.start]
        if spent:
            groups = [g for g in groups if any(g.end <= number.start and number.end <= token.start for number in self.line.numbers)]
        return tuple(dict.fromkeys(period for g in groups for member in g.members for period in member.periods))

    # -- periods

    def _anchor(self, position: int) -> Period | None:
        """The absolute period that relative words at a position start from."""
        absolute = [g for g in self.line.groups if g.slot is Slot.PERIOD and g.end <= position and g.role == SUBJECT and g.members[-1].periods]
        return absolute[-1].members[-1].periods[-1] if absolute else self.focus.anchor

    def periods_of(self, group: Group) -> tuple[Period, ...]:
        """The periods that a group names, its relative words resolved."""
        return self._periods(group.members, group.start)

    def _periods(self, members: Iterable[Mention | Names | Period], position: int) -> tuple[Period, ...]:
        anchor, found = self._anchor(position), list[Period]()
        for member in members:
            if isinstance(member, Period):
                found.append(member)
            elif isinstance(member, Mention):
                own = member.periods or tuple(resolve(member, anchor))
                found += own
                anchor = own[-1] if member.periods else anchor
        return tuple(dict.fromkeys(found))

    # -- lists

    def _dealt(self, index: int, setting: Setting, found: dict[Slot, _Found]) -> list[Setting]:
        """The setting with its slots filled; a list of as many numbers as names takes them in order."""
        first, last = self.line.list_of(index)
        size, place = last - first + 1, index - first
        position = found[Slot.PERIOD].group.start if found[Slot.PERIOD].group else self.line.numbers[index].start
        periods = self._periods(found[Slot.PERIOD].members, position)
        open_words = bool(found[Slot.PERIOD].members) and not periods
        plain = replace(
            setting, banks=_flat(found[Slot.BANK].members), indicators=_flat(found[Slot.INDICATOR].members), periods=() if open_words else periods,
            ends=(periods[0], periods[-1]) if len(periods) > 1 and self._is_range(found[Slot.PERIOD].group, periods) else None,
        )  # fmt: skip
        if size == 1:
            return self._passing(index, plain)
        strict = self._is_dealt(self.line.numbers[first].start)
        options, loose = list[Setting](), list[Setting]()
        for slot, names in found.items():
            in_order = len(periods if slot is Slot.PERIOD else names.members) == size and names.group is not None
            if change := self._share(slot, names, periods, first, size, place):
                (options if strict or in_order else loose).append(replace(plain, **change))
        return options or [plain, *loose]

    def _share(
        self, slot: Slot, found: _Found, periods: tuple[Period, ...], first: int, size: int, place: int
    ) -> dict[str, tuple[str, ...] | tuple[Period, ...] | None]:
        """The one member that falls to the number, where names and numbers are equally many."""
        start = self.line.numbers[first].start
        members: Sequence[Mention | Names | Period] = periods if slot is Slot.PERIOD else found.members
        if len(members) != size or found.group is None:
            roster = self._sentence(slot, start)
            if roster or not self._is_dealt(start):
                members = self._periods(roster, start) if slot is Slot.PERIOD else roster
        if len(members) != size:
            return {}
        member = members[place]
        if isinstance(member, Period):
            return {"periods": (member,), "ends": None}
        return {"banks" if slot is Slot.BANK else "indicators": _names(member)}

    def _is_dealt(self, position: int) -> bool:
        return bool(_DEALT.search(self.line.text[self.line.segment_start(position) : position]))

    def _sentence(self, slot: Slot, position: int) -> tuple[Mention, ...]:
        start = self.line.segment_start(position)
        groups = [g for g in self.line.groups if g.slot is slot and g.role == SUBJECT and start <= g.start and g.end <= position]
        return tuple(dict.fromkeys(replace(m, start=0, end=0) for g in groups for m in g.members))

    def _is_range(self, group: Group | None, periods: tuple[Period, ...]) -> bool:
        return group.ranged if group is not None else len(periods) > 1 and periods == tuple(sorted(periods, key=lambda p: p.sort_key))

    def _passing(self, index: int, plain: Setting) -> list[Setting]:
        """由0.96%降至0.95%: the first number is of the earlier period, the second of the later one."""
        line = self.line
        if line.passes(index):
            token = line.numbers[index]
            lead = line.text[line.clause_start(token.start) : token.start]
            if plain.ends:
                return [replace(plain, periods=plain.ends[:1], ends=None)]
            touched = [g for g in line.groups if g.slot is Slot.PERIOD and line.clause_start(token.start) <= g.start and g.end <= token.start]
            if (_FROM.search(lead) or not touched) and not (touched and touched[-1].role == BASE and self._touches(touched[-1], token)):
                return [replace(plain, periods=self._earlier(plain))]
        if index and line.passes(index - 1) and plain.ends:
            return [replace(plain, periods=_between(*plain.ends) if self._goes_on(index) else plain.ends[1:], ends=None)]
        return [plain]

    def _goes_on(self, index: int) -> bool:
        """由0.91%升至0.96%，再降至0.95%: whether the number is a stage on the way."""
        line, stop = self.line, self.line.segment_end(self.line.numbers[index].start)
        after = [cue for cue in line.cues if cue.kind == "move" and line.numbers[index].end <= cue.start < stop]
        return any(_TO.match(line.text[cue.end : stop]) and any(number.start < stop for number in line.numbers[index + 1 :]) for cue in after)

    def _earlier(self, plain: Setting) -> tuple[Period, ...]:
        named = [p for base in plain.bases for p in ([base.period] if base.period else base_periods(base, plain.periods[-1]) if plain.periods else [])]
        if named or not plain.periods:
            return tuple(named)
        last = plain.periods[-1]
        return tuple(dict.fromkeys(p for word in (Relative.LAST_YEAR, Relative.PREVIOUS_QUARTER) for p in base_periods(Base(relative=word), last)))


def resolve(mention: Mention, anchor: Period | None) -> list[Period]:
    """The periods that a relative mention may mean, seen from an anchor; none without one."""
    if anchor is None:
        return []
    if mention.part is not None:
        return [Period(anchor.year, mention.part)]
    if mention.relative is Relative.LAST_YEARS:
        return [p for back in range(mention.count - 1, -1, -1) for p in _reached(lambda back=back: anchor.shift_years(-back))]
    if mention.relative is Relative.ONE_YEAR_LATER:
        return _reached(lambda: anchor.shift_years(1))
    return base_periods(Base(relative=mention.relative), anchor)


def base_periods(base: Base, period: Period) -> list[Period]:
    """The periods that a comparison may start from, seen from the period of the change; none where the words leave it open."""
    if base.period is not None:
        return [base.period]
    if base.part is not None:
        return [Period(period.year, base.part), *_reached(lambda: Period(period.year - 1, base.part or Part.YEAR))]
    return list(dict.fromkeys(p for step in _STEPS.get(base.relative, ()) for p in _reached(lambda step=step: step(period))))


_STEPS: Mapping[Relative | None, tuple[Callable[[Period], Period], ...]] = {
    Relative.YEAR_AGO: (Period.year_ago,),
    Relative.LAST_YEAR: (Period.year_ago, Period.prior_year_end),
    Relative.ONE_YEAR_EARLIER: (Period.year_ago, Period.prior_year_end),
    Relative.PRIOR_YEAR_END: (Period.prior_year_end,),
    Relative.YEAR_START: (Period.prior_year_end,),
    Relative.YEAR_BEFORE_LAST: (lambda period: period.shift_years(-2),),
    Relative.PREVIOUS_QUARTER: (lambda period: period.previous_quarter(point=True), lambda period: period.previous_quarter(point=False)),
}


def _reached(step: Callable[[], Period]) -> list[Period]:
    """The period that a step leads to; none past the ends of the calendar, or where there is no such step."""
    try:
        return [step()]
    except PeriodError:
        return []


def _between(first: Period, last: Period) -> tuple[Period, ...]:
    """The same part of every year from the first to the last."""
    return tuple(p for year in range(first.year, last.year + 1) for p in _reached(lambda year=year: first.shift_years(year - first.year)))


def base_of(group: Group) -> tuple[Base, ...]:
    """What a comparing group compares with."""
    absolute = [Base(period=period) for member in group.members for period in member.periods]
    relative = [Base(relative=member.relative, part=member.part) for member in group.members if member.relative is not None]
    return (*absolute, *relative)


def _names(member: Mention | Names | Period) -> Names:
    return member.names if isinstance(member, Mention) else member if isinstance(member, tuple) else ()


def _flat(members: Iterable[Mention | Names | Period]) -> Names:
    return tuple(dict.fromkeys(name for member in members for name in _names(member)))
