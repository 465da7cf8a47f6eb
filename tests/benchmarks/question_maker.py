"""What every kind of generated question needs: the wordings by half, and facts that read naturally in one of them."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import yaml

from data.indicators import indicator_catalogue
from tests.benchmarks.question_gold import FactIndex, Gold, Key

WORDINGS = Path(__file__).with_name("question_wordings.yaml")
# Chosen so that every kind has at least five wordings in each half; fixed before the first run.
SALT = "284"
Split = Literal["tune", "test"]
Slots = dict[str, str]
Drawn = tuple[Slots, Gold, tuple[str, ...]]
STEPS = ("chain_indicator", "chain_year", "chain_swap_bank")
MIXED: Mapping[str, tuple[str, ...]] = {"chain_long": STEPS}
_AT_A_DATE = re.compile(r"末|底|截至|12-31|6月")
_OVER_A_YEAR = re.compile(r"实现的|全年")
_CHINESE_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


class Unsuitable(Exception):
    """This draw makes no fair question; draw again."""


def split_of(wording: str) -> Split:
    """The half a wording belongs to, by its hash."""
    return "test" if hashlib.sha256(f"{SALT}:{wording}".encode()).digest()[0] % 2 else "tune"


@cache
def wording_file() -> Mapping[str, Any]:
    """The committed wordings and names."""
    loaded: Mapping[str, Any] = yaml.safe_load(WORDINGS.read_text(encoding="utf-8"))
    return loaded


def wordings(kind: str, split: Split) -> list[str]:
    """The wordings of a kind in one half."""
    lines: list[str] = []
    for source in MIXED.get(kind, (kind,)):
        lines += wording_file()["wordings"][source].splitlines()
    return [line for line in lines if split_of(line) == split]


@dataclass(frozen=True)
class Maker:
    """Draws the facts for one wording. `about`: ids of the indicators that a lay wording means."""

    facts: FactIndex
    rng: random.Random
    split: Split
    wording: str
    about: str = ""

    @cached_property
    def names(self) -> Mapping[str, list[str]]:
        """Names of each indicator usable in this half: the first one, and the others by their hash."""
        table: Mapping[str, list[str]] = wording_file()["names"]
        return {key: [name for index, name in enumerate(names) if not index or split_of(name) == self.split] for key, names in table.items()}

    def name(self, indicator: str) -> str:
        return self.rng.choice(self.names[indicator])

    def bank(self, bank: str) -> str:
        """The bank's name, or now and then its short one."""
        short: Mapping[str, list[str]] = wording_file()["short_banks"]
        return self.rng.choice([bank, bank, *short.get(bank, [])[:1]])

    def has(self, slot: str) -> bool:
        return "{" + slot + "}" in self.wording

    def fill(self, wording: str, slots: Slots) -> str:
        return wording.format_map(slots)

    def draw(self, wanted: Callable[[Key], bool] = lambda key: True, wording: str | None = None) -> Key:
        """A fact of a whole year that reads naturally in the wording: bank first, then fact, so that no bank dominates."""
        text = self.wording if wording is None else wording
        keys = [key for key in self.facts.annual() if key.indicator in self.names and reads(text, key.indicator) and wanted(key)]
        if not keys:
            raise Unsuitable
        bank = self.rng.choice(sorted({key.bank for key in keys}))
        return self.rng.choice([key for key in keys if key.bank == bank])

    def slots(self, key: Key) -> Slots:
        """Every form of the bank, indicator and year that a wording may use."""
        year = str(key.year)
        digits = year.translate(_CHINESE_DIGITS)
        return {
            "b": self.bank(key.bank), "i": self.name(key.indicator), "y": year, "p": str(key.year - 1), "yy": year[2:],
            "yc": digits, "yz": digits.replace("〇", "零"), "yf": year.translate(_FULL_WIDTH),
        }

    def first_turn(self, key: Key) -> tuple[str, Slots]:
        """An opening question about a fact, worded from the same half, and its slots."""
        opening = self.rng.choice([line for line in wordings("opening", self.split) if reads(line, key.indicator)])
        slots = self.slots(key)
        return self.fill(opening, slots), slots

    def is_ratio(self, key: Key) -> bool:
        return self.facts.values[key].dimension == "percent"

    def others(self, key: Key) -> list[str]:
        """Other banks with the same indicator and year."""
        return sorted({other.bank for other in self.facts.annual() if (other.indicator, other.period) == (key.indicator, key.period)} - {key.bank})


def reads(wording: str, indicator: str) -> bool:
    point = indicator_catalogue().get(indicator).point
    return not (_AT_A_DATE.search(wording) and not point) and not (_OVER_A_YEAR.search(wording) and point)
