"""The wordings of the families as data: question and answer patterns over roles, chosen, expanded and turned into references.

    {givens}      the listing of the given figures          {now.name} {result}   references by role
    {op} {word.x} fixed words of the situation              <a|b>                 one of these
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from data.errors import TrainingError
from finetune.rows.configuration import configured

FILES = ("changes", "structure", "ratio", "methods", "refusals")
_CHOICE = re.compile(r"<([^<>]*)>")
_WORD = re.compile(r"\{(?:word\.)?([a-z_]+)\}")
_ROLE = re.compile(r"\{(?!f\d+[.}])([a-z][a-z0-9_]*)((?:\.[a-z]+)?)\}")
_CALCULATOR = re.compile(r"\[Calculator\((.+?)\)→\{([a-z_]+)\}\]")
_NAME = re.compile(r"\b[a-z][a-z0-9_]*\b")


@dataclass(frozen=True, slots=True)
class Wordings:
    """The wordings of one family: instructions, questions, answers."""

    instruct: tuple[str, ...]
    ask: tuple[str, ...]
    tell: tuple[str, ...]


@lru_cache(maxsize=1)
def wordings() -> Mapping[str, Wordings]:
    """Every family's wordings by name."""
    families = (pair for name in FILES for pair in configured(name).items())
    return {name: Wordings(*(tuple(raw[key]) for key in ("instruct", "ask", "tell"))) for name, raw in families}


def covers(pattern: str) -> frozenset[str]:
    """What a question tells apart beyond its listing: bank, period, name."""
    return frozenset(word for word in ("bank", "period", "name") if f".{word}}}" in pattern) | ({"name"} if "{word.asked}" in pattern else set())


def choose(pattern: str, rng: Random) -> str:
    """The pattern with every <a|b> decided."""
    return _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), pattern)


def worded(pattern: str, words: Mapping[str, str], ids: Mapping[str, str]) -> str:
    """The pattern in references: words put in, roles replaced by ids, in calculator marks too.

    Raises:
        TrainingError: a role or word is not known.
    """
    text = pattern
    for _ in range(2):
        text = _WORD.sub(lambda match: words.get(match[1], match[0]), text)
    text = _CALCULATOR.sub(lambda match: f"[Calculator({over_ids(match[1], ids)})→{{{_id(match[2], ids)}}}]", text)
    return _ROLE.sub(lambda match: f"{{{_id(match[1], ids)}{match[2]}}}", text)


def over_ids(expression: str, ids: Mapping[str, str]) -> str:
    """A role expression over figure ids."""
    return _NAME.sub(lambda match: ids.get(match[0], match[0]), expression)


def _id(role: str, ids: Mapping[str, str]) -> str:
    if role not in ids:
        raise TrainingError(f"训练数据的句式用了没有的角色 {role}；可用：{'、'.join(ids)}")
    return ids[role]


def roles_of(patterns: Iterable[str]) -> set[str]:
    """Every role or word that patterns name."""
    return {match[1] for pattern in patterns for match in _ROLE.finditer(pattern)}
