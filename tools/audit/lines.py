"""One line of a text as the auditor reads it: groups of mentions with their roles, clauses, brackets and lists of numbers."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from operator import attrgetter
from typing import TypeVar

from tools.audit.mentions import Mention, Slot
from tools.audit.numbers import NumberToken
from tools.audit.words import Cue

_start = attrgetter("start")
_Placed = TypeVar("_Placed", Mention, NumberToken, Cue)
SUBJECT, BASE, CAUSE = "subject", "base", "cause"
_SEGMENT = re.compile(r"[;。!?\n]")
_CLAUSE = re.compile(r"[，:;。!?\n]|,(?!\d{3})")
_JOIN = re.compile(r"^\s*(?:、|和|与|及|以及|至|到|/|-|–|—|~|～|→|->|或|跟|同|&|vs\.?|VS)?\s*$")
_REACHES = re.compile(r"^\s*(?:至|到|-|–|—|~|～|→|->)\s*$")
_OPENS, _CLOSES = re.compile(r"^\s*\(\s*$"), re.compile(r"\s*\)")
_PAIRS = re.compile(r"^\s*(?:与|和|跟|同)\s*$")
_BEFORE_BASE = re.compile(
    r"(?:较|(?<![占同环])比|相比|相较于?|相比于|相对于?|对比|高于|低于|高出|低出|高过|超过|多于|少于|大于|小于|优于|劣于|好于|差于|落后于?|领先于?|不及|逊于|超出|弱于|强于|同比|环比|之于)\s*$"
)
_WITH = re.compile(r"(?:与|和|跟|同|及)\s*$")
_COMPARED = re.compile(r"^(?:的)?[^，。;()\d]{0,12}?(?:相比|相较|持平|对比|比较|相若|相当|一致|之间|的?差距|的?差额|相差)")
_COMPARED_NOW = re.compile(r"^\s*(?:相比|相较|比(?!较))")
_FROM = re.compile(r"(?:由|从|自)\s*$")
_SINCE = re.compile(r"^(?:以来|起|之后|以后)")
_BETWEEN_BASES = re.compile(r"^\s*(?:的|同期)?\s*$")
_CAUSE = re.compile(
    r"(?:受累于|受益于|得益于|由于|归因于|主要因|主要是因|随着|受|因)[^，。;]{1,40}?(?:影响|拖累|带动|推动|所致|驱动|支撑|压力|(?=[，。;]))"
)
_EQUATION = re.compile(r"[=≈÷×]")
_OPERATOR = re.compile(r"[=≈÷×+/]|(?<=[\s\d%元)])-(?=[\s\d(])")
_MARKS_ONLY = re.compile(r"^(?:\s|\[\d{1,3}\])*$")
_LIST = re.compile(r"^\s*(?:、|/|和|与|及|以及|并|且|,\s)+\s*(?:分别|各|约|为|了|达|近|的)*\s*$")
_COMMA_LIST = re.compile(r"^\s*，\s*(?:约|近)?\s*$")
_PASSES = re.compile(r"^(?:了|\s|约|的)*(?:至|到|变为|变成|变至|-|~|→|->|—)+(?:了|\s|约|近)*$")


@dataclass(frozen=True, slots=True)
class Group:
    """Coordinated mentions of one slot (招商银行、工商银行), with the part they play around numbers."""

    start: int
    end: int
    slot: Slot
    members: tuple[Mention, ...]
    role: str = SUBJECT
    ranged: bool = False


@dataclass(frozen=True)
class Bracket:
    """text[start:end] in brackets; `owner` is the index of the number it directly follows and explains, else None."""

    start: int
    end: int
    owner: int | None = None


@dataclass(frozen=True)
class Line:
    """A stretch of text read as one paragraph, list item, heading or table cell."""

    text: str
    start: int
    end: int
    groups: list[Group]
    numbers: list[NumberToken]
    cues: list[Cue]
    brackets: list[Bracket]
    clauses: list[int]
    segments: list[int]
    links: list[tuple[int, int]] = field(default_factory=list)
    _by_slot: dict[Slot, list[Group]] = field(default_factory=dict)
    _equations: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Sort what is asked for often: groups by slot (causes aside), and the clauses that are calculations."""
        for group in self.groups:
            if group.role != CAUSE:
                self._by_slot.setdefault(group.slot, []).append(group)
        if self.numbers:
            for start, end in pairwise([*self.clauses, self.end]):
                if _EQUATION.search(self.text, start, end) and any(start <= number.start < end for number in self.numbers):
                    self._equations.add(start)

    def named(self, slot: Slot) -> list[Group]:
        """Groups of a slot in order, those in subordinate clauses of cause left out."""
        return self._by_slot.get(slot, [])

    def clause_start(self, position: int) -> int:
        """Where the clause around a position begins."""
        return self.clauses[bisect_right(self.clauses, position) - 1]

    def clause_end(self, position: int) -> int:
        """Where the clause around a position ends."""
        index = bisect_right(self.clauses, position)
        return self.clauses[index] if index < len(self.clauses) else self.end

    def segment_start(self, position: int) -> int:
        """Where the sentence (or its part before a semicolon) around a position begins."""
        return self.segments[bisect_right(self.segments, position) - 1]

    def segment_end(self, position: int) -> int:
        """Where that sentence ends."""
        index = bisect_right(self.segments, position)
        return self.segments[index] if index < len(self.segments) else self.end

    def bracket_of(self, position: int) -> Bracket | None:
        """The innermost bracket around a position."""
        around = [bracket for bracket in self.brackets if bracket.start < position < bracket.end]
        return max(around, key=lambda bracket: bracket.start, default=None)

    def visible(self, group: Group, token: NumberToken) -> bool:
        """Whether a group speaks to a number: outside brackets, in brackets that hold the number too, or all that they hold (今年（2023年）)."""
        around = [bracket for bracket in self.brackets if bracket.start < group.start < bracket.end]
        return all(bracket.start < token.start < bracket.end or self._holds_only(bracket, group) for bracket in around)

    def _holds_only(self, bracket: Bracket, group: Group) -> bool:
        inside = self.text[bracket.start + 1 : bracket.end].strip()
        return bracket.owner is None and group.slot in (Slot.PERIOD, Slot.BANK) and inside == self.text[group.start : group.end].strip()

    def is_equation(self, position: int) -> bool:
        """Whether the clause around a position is a calculation."""
        return bool(self._equations) and self.clause_start(position) in self._equations

    def is_owned(self, group: Group) -> bool:
        """Whether a group stands in brackets that explain a number."""
        return any(b.owner is not None and b.start < group.start < b.end for b in self.brackets)

    def operand_start(self, position: int) -> int:
        """Where the operand around a position of a calculation begins."""
        start = self.clause_start(position)
        return max((start + match.end() for match in _OPERATOR.finditer(self.text[start:position])), default=start)

    def result_name_end(self, position: int) -> int:
        """Where the name before the first = of a calculation ends; its clause's start when a calculation stands there."""
        start = self.clause_start(position)
        left, equals, _ = self.text[start : self.clause_end(position)].partition("=")
        return start + len(left) if equals and not re.search(r"[÷×+\d]", left) else start

    def list_of(self, index: int) -> tuple[int, int]:
        """First and last index of the list of numbers that numbers[index] belongs to."""
        return next(((first, last) for first, last in self.links if first <= index <= last), (index, index))

    def passes(self, index: int) -> bool:
        """Whether numbers[index] leads to the next one: 由0.96%降至0.95%."""
        if index + 1 >= len(self.numbers):
            return False
        here, after = self.numbers[index], self.numbers[index + 1]
        return _same_kind(here, after) and bool(_PASSES.match(self._bare(here.end, after.start)))

    def _bare(self, start: int, end: int) -> str:
        return _without(self.text, start, end, self.cues)


def read_line(
    text: str, start: int, end: int, mentions: Sequence[Mention], numbers: Sequence[NumberToken], cues: Sequence[Cue]
) -> Line:
    """Build a line from what lies inside text[start:end]."""
    inner = [mention for mention in _inside(mentions, start, end) if mention.end <= end]
    own = [number for number in _inside(numbers, start, end) if number.end <= end]
    if not inner and not own:
        return Line(text, start, end, [], [], list(_inside(cues, start, end)), [], [start], [start])
    brackets = _brackets(text, start, end, own)
    clauses = [start, *(start + match.end() for match in _CLAUSE.finditer(text[start:end]))]
    segments = [start, *(start + match.end() for match in _SEGMENT.finditer(text[start:end]))]
    near = list(_inside(cues, start, end))
    groups = _with_roles(text, start, _groups(text, inner), own, near)
    line = Line(text, start, end, groups, own, near, brackets, clauses, segments)
    line.links.extend(_links(line, inner))
    return line


def _inside(items: Sequence[_Placed], start: int, end: int) -> Sequence[_Placed]:
    """The items that begin inside text[start:end]; they are in order of their start."""
    first = bisect_left(items, start, key=_start)
    return items[first : bisect_left(items, end, first, key=_start)]


def _brackets(text: str, start: int, end: int, numbers: list[NumberToken]) -> list[Bracket]:
    found: list[Bracket] = []
    opened: list[int] = []
    if text.find("(", start, end) < 0:
        return found
    for index in range(start, end):
        if text[index] == "(":
            opened.append(index)
        elif text[index] == ")" and opened:
            first = opened.pop()
            found.append(Bracket(first, index, _owner(text, first, index, numbers)))
    return found


def _owner(text: str, first: int, last: int, numbers: list[NumberToken]) -> int | None:
    if any(first < number.start < last for number in numbers):
        return None
    before = [index for index, number in enumerate(numbers) if number.end <= first]
    return before[-1] if before and _MARKS_ONLY.match(text[numbers[before[-1]].end : first]) else None


def _groups(text: str, mentions: list[Mention]) -> list[Group]:
    groups: list[Group] = []
    for slot in Slot:
        own: list[Group] = []
        for mention in (m for m in mentions if m.slot is slot):
            between = text[own[-1].end : mention.start] if own else ""
            if own and _OPENS.match(between) and (closed := _CLOSES.match(text, mention.end)):
                own[-1] = _explained(own[-1], mention, closed.end())
            elif own and not mention.base and not own[-1].members[-1].base and _JOIN.match(between):
                last = own[-1]
                ranged = last.ranged or bool(_REACHES.match(between)) or mention.ranged
                own[-1] = replace(last, end=mention.end, members=(*last.members, mention), ranged=ranged)
            else:
                own.append(Group(mention.start, mention.end, slot, (mention,), BASE if mention.base else SUBJECT, mention.ranged))
        groups += own
    return sorted(groups, key=lambda group: group.start)


def _explained(group: Group, mention: Mention, end: int) -> Group:
    """去年（2022年）, 净息差（NIM）: two words for one thing; a period's absolute word counts."""
    last = group.members[-1]
    if group.slot is Slot.PERIOD:
        merged = mention if mention.periods else last
    else:
        merged = replace(last, names=tuple(dict.fromkeys((*last.names, *mention.names))))
    return replace(group, end=end, members=(*group.members[:-1], merged))


def _with_roles(text: str, line_start: int, groups: list[Group], numbers: list[NumberToken], cues: list[Cue]) -> list[Group]:
    causes = [
        match.span()
        for match in _CAUSE.finditer(text, line_start, groups[-1].end + 12 if groups else line_start)
        if not any(match.start() <= number.start < match.end() for number in numbers)
    ]
    done: list[Group] = []
    for group in groups:
        done += _split(text, group, line_start, done, causes)
    return done


def _split(text: str, group: Group, line_start: int, before: list[Group], causes: list[tuple[int, int]]) -> list[Group]:
    """The group with its role; 招商银行与工商银行相比 becomes a subject and a base."""
    if group.role == BASE or group.slot is Slot.SCOPE:
        return [group]
    if group.slot is Slot.INDICATOR:
        if any(first <= group.start and group.end <= last for first, last in causes):
            return [replace(group, role=CAUSE)]
        return [replace(group, role=BASE) if _compares(text, group, line_start, before) else group]
    members = group.members
    if len(members) > 1 and _COMPARED_NOW.match(text[group.end : group.end + 4]) and _PAIRS.match(text[members[-2].end : members[-1].start]):
        subject = replace(group, end=members[-2].end, members=members[:-1])
        return [subject, Group(members[-1].start, group.end, group.slot, members[-1:], BASE)]
    if _is_base(text, group, line_start, before):
        return [replace(group, role=BASE)]
    return [group]


def _is_base(text: str, group: Group, line_start: int, before: list[Group]) -> bool:
    lead = text[max(line_start, group.start - 6) : group.start]
    tail = text[group.end : group.end + 16]
    if _compares(text, group, line_start, before) or (_WITH.search(lead) and _COMPARED.match(tail)):
        return True
    if len(group.members) == 1 and not group.ranged and (_FROM.search(lead) or (group.slot is Slot.PERIOD and _SINCE.match(tail))):
        return True
    # 较工商银行2023年末的…: a bank and a period side by side share the comparison.
    last = before[-1] if before else None
    beside = last is not None and last.role == BASE and not last.members[-1].base and {last.slot, group.slot} == {Slot.BANK, Slot.PERIOD}
    return beside and last is not None and bool(_BETWEEN_BASES.match(text[last.end : group.start])) and last.slot is Slot.BANK


def _compares(text: str, group: Group, line_start: int, before: list[Group]) -> bool:
    lead = text[max(line_start, group.start - 6) : group.start]
    match = _BEFORE_BASE.search(lead)
    if match is None:
        return False
    word_at = group.start - len(lead) + match.start()
    return not any(other.slot is Slot.INDICATOR and other.start <= word_at < other.end for other in before)


def _links(line: Line, mentions: list[Mention]) -> list[tuple[int, int]]:
    """Runs of numbers of one kind that only commas, 和 and words of direction part."""
    runs: list[tuple[int, int]] = []
    for index in range(len(line.numbers) - 1):
        here, after = line.numbers[index], line.numbers[index + 1]
        if not _same_kind(here, after) or any(here.end <= m.start < after.start and not m.base for m in mentions):
            continue
        raw = line.text[here.end : after.start]
        joined = _COMMA_LIST.match(raw) or _LIST.match(_without(line.text, here.end, after.start, line.cues).replace("同比", "").replace("环比", ""))
        if joined and runs and runs[-1][1] == index:
            runs[-1] = runs[-1][0], index + 1
        elif joined:
            runs.append((index, index + 1))
    return runs


def _same_kind(here: NumberToken, after: NumberToken) -> bool:
    if here.unit is None or after.unit is None:
        return here.unit is after.unit
    return here.unit.dimension is after.unit.dimension


def _without(text: str, start: int, end: int, cues: Sequence[Cue]) -> str:
    kept, position = "", start
    for cue in cues:
        if start <= cue.start and cue.end <= end:
            kept += text[position : cue.start]
            position = cue.end
    return kept + text[position:end]
