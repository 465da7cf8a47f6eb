"""A small grammar of wordings: how one frame becomes many sentences, in plain words for questions, in references for drafts.

    {b} {v.bank}        a slot: the words of a question, or the reference of the figure that plays the role
    (为|是|达)           one of these                       [，较上年{d}]    said or left out
    <level v>           a clause by its name, its x bound to the role v (y, z to further ones)
    <*all item 、>      a clause for every member of a group, joined; all in one wording
    @point,yoy …        a wording that holds only for figures (as a frame: for cases) of these tags

What names a role that the case does not have is left out where it may be, and else the wording does not fit.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache

Environment = Mapping[str, str]
_PARAMETERS = ("x", "y", "z")
_TAGGED = re.compile(r"@([\w,!]+) ?")
_PLAIN = re.compile(r"[^{}()\[\]<>|]+")


@dataclass(frozen=True, slots=True)
class Slot:
    """{name} or {name.field}."""

    name: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Either:
    """(one|other); `optional` for [one]."""

    ways: tuple[Sequence[Node], ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """<name argument …>, or for a group <*group name joint>."""

    name: str
    arguments: tuple[str, ...] = ()
    group: str = ""
    joint: str = ""


Node = str | Slot | Either | Call


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording: the tags that it needs (after ! must not have), its source text and its parts."""

    text: str
    needs: frozenset[str]
    lacks: frozenset[str]
    parts: Sequence[Node]

    def fits(self, tags: Set[str]) -> bool:
        """Whether it holds for something with these tags."""
        return self.needs <= tags and not self.lacks & tags


@dataclass
class Speaker:
    """Expands wordings: `clauses` by name, roles and groups of one case, `tags` of a figure by its id.

    print_slot: how a slot is written, given what stands for its name and its field.
    """

    chance: random.Random
    clauses: Mapping[str, Sequence[Wording]] = field(default_factory=dict)
    groups: Mapping[str, Sequence[Environment]] = field(default_factory=dict)
    tags: Callable[[str], Set[str]] = lambda _: frozenset()
    print_slot: Callable[[str, str], str] = lambda value, _: value

    def say(self, wording: Wording, environment: Environment) -> str | None:
        """The wording in words; None where it needs a role that is not there."""
        return self._sequence(wording.parts, environment)

    def _sequence(self, nodes: Sequence[Node], environment: Environment) -> str | None:
        told = ""
        for node in nodes:
            words = node if isinstance(node, str) else self._node(node, environment)
            if words is None:
                return None
            told += words
        return told

    def _node(self, node: Slot | Either | Call, environment: Environment) -> str | None:
        match node:
            case Slot(name, part):
                value = environment.get(name)
                return None if value is None else self.print_slot(value, part)
            case Either(ways, optional):
                if optional and self.chance.random() < 0.5:
                    return ""
                order = list(ways) if len(ways) == 1 else self.chance.sample(ways, len(ways))
                told = next((words for way in order if (words := self._sequence(way, environment)) is not None), None)
                return "" if told is None and optional else told
            case Call(name, _, group, joint) if group:
                return self._list(name, group, joint)
            case Call(name, arguments):
                bound = dict(environment)
                for parameter, role in zip(_PARAMETERS, arguments, strict=False):
                    if role not in environment:
                        return None
                    bound[parameter] = environment[role]
                return self._clause(name, bound)

    def _clause(self, name: str, environment: Environment) -> str | None:
        tags = self.tags(environment.get("x", ""))
        fitting = [wording for wording in self.clauses[name] if wording.fits(tags)]
        while fitting:
            wording = fitting.pop(self.chance.randrange(len(fitting)))
            told = self._sequence(wording.parts, environment)
            if told is not None:
                return told
        return None

    def _list(self, name: str, group: str, joint: str) -> str | None:
        """Every member in the same wording: the same chance is drawn again for each."""
        members, state = self.groups.get(group), self.chance.random()
        if not members:
            return None
        told = []
        for member in members:
            again = Speaker(random.Random(state), self.clauses, self.groups, self.tags, self.print_slot)
            words = again._clause(name, member)
            if words is None:
                return None
            told.append(words)
        return joint.join(told)


@lru_cache(maxsize=4096)
def wording(text: str) -> Wording:
    """A wording read from its text.

    Raises:
        ValueError: brackets do not pair.
    """
    match = _TAGGED.match(text)
    tags = match[1].split(",") if match else []
    parts, end = _read(text, match.end() if match else 0, "")
    if end != len(text):
        raise ValueError(f"unpaired bracket in {text!r} at {end}")
    return Wording(text, frozenset(tag for tag in tags if tag[0] != "!"), frozenset(tag[1:] for tag in tags if tag[0] == "!"), parts[0])


def _read(text: str, at: int, closing: str) -> tuple[list[Sequence[Node]], int]:
    """The alternatives up to a closing bracket, and where it stands."""
    ways: list[list[Node]] = [[]]
    while at < len(text) and text[at] != closing:
        char = text[at]
        if char in "([":
            inner, end = _read(text, at + 1, ")" if char == "(" else "]")
            _expect(text, end, ")" if char == "(" else "]")
            ways[-1].append(Either(tuple(inner), optional=char == "["))
            at = end + 1
        elif char in "{<":
            end = text.find("}" if char == "{" else ">", at)
            _expect(text, end, "}" if char == "{" else ">")
            ways[-1].append(_slot(text[at + 1 : end]) if char == "{" else _call(text[at + 1 : end]))
            at = end + 1
        elif char == "|":
            ways.append([])
            at += 1
        elif plain := _PLAIN.match(text, at):
            ways[-1].append(plain[0])
            at = plain.end()
        else:
            break
    return [tuple(way) for way in ways], at


def _expect(text: str, at: int, closing: str) -> None:
    if at < 0 or at >= len(text) or text[at] != closing:
        raise ValueError(f"{closing!r} is missing in {text!r}")


def _slot(words: str) -> Slot:
    name, _, part = words.partition(".")
    return Slot(name, part)


def _call(words: str) -> Call:
    first, *rest = words.split(" ")
    if first.startswith("*"):
        return Call(rest[0], group=first[1:], joint=rest[1] if len(rest) > 1 else "")
    return Call(first, tuple(rest))
