"""What one exercise is about, before it has words: figures in their roles, what is computed from them, what may distract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from random import Random

from data.banks import BankType, bank_registry
from data.figures import Figure, Scope
from data.indicators import indicator_catalogue
from data.periods import Part, Period
from data.units import Dimension, Quantity, unit
from finetune.rows.book import Book
from finetune.rows.configuration import configured
from finetune.rows.held_out import bank_held

Figures = Mapping[str, Figure]
Compute = Callable[[Figures], Mapping[str, Figure]]
_SIZES: Mapping[BankType, tuple[int, int]] = {
    BankType.STATE_LARGE: (8000, 45000), BankType.JOINT_STOCK: (900, 12000), BankType.POLICY: (6000, 18000),
}
_USUAL_SIZE = (15, 3500)
_BILLION = 10**9
_MIXED = 0.06
_OTHER_UNIT = {"亿元": "百万元", "百万元": "亿元", "万亿元": "亿元", "万元": "亿元"}


@dataclass(frozen=True, slots=True)
class Situation:
    """One exercise without words.

    givens: figures of the question by role, in the order in which they are told. compute: from the numbered givens to the
    computed figures by role, in order; empty for a lookup or a refusal. answers: roles that answer. words: fixed words of the
    wordings, which may name roles. program: role expression of the final answer. dated: whether periods must be told.
    """

    family: str
    givens: Figures
    compute: Compute
    answers: tuple[str, ...]
    bank: str
    as_of: Period
    words: Mapping[str, str] = field(default_factory=dict)
    program: str = ""
    formula: str = ""
    dated: bool = True
    distractors: Mapping[str, Sequence[Figure]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank by name: id "" for one that does not exist or is not named."""

    name: str
    id: str
    sizes: tuple[int, int]
    unnamed: bool = False


@lru_cache(maxsize=1)
def real_banks() -> tuple[Bank, ...]:
    """The banks of the registry."""
    return tuple(Bank(bank.name, bank.id, _SIZES.get(bank.type, _USUAL_SIZE)) for bank in bank_registry())


@lru_cache(maxsize=1)
def invented_banks() -> tuple[Bank, ...]:
    """Banks that do not exist, by place and kind."""
    words = configured("banks")
    known = {fold for bank in bank_registry() for fold in bank.strong_names}
    names = (place + kind for place in words["places"].split() for kind in words["kinds"])
    return tuple(Bank(name, "", _USUAL_SIZE) for name in names if name not in known)


@lru_cache(maxsize=1)
def unnamed_banks() -> tuple[Bank, ...]:
    """某银行 and the like."""
    return tuple(Bank(name, "", _USUAL_SIZE, unnamed=True) for name in configured("banks")["unnamed"])


@lru_cache(maxsize=8)
def banks_for(kind: str, *, trained_only: bool) -> tuple[Bank, ...]:
    """The banks of a kind (real, invented, unnamed); trained_only: without those that are held out."""
    banks = {"real": real_banks, "invented": invented_banks, "unnamed": unnamed_banks}[kind]()
    return tuple(bank for bank in banks if bank.unnamed or not bank_held(bank.name)) if trained_only else banks


class Draw:
    """One draw of a family: the random stream, a bank with its books, a year, and how its numbers are written.

    held: as for `factory.exercises`; where False no held-out bank is drawn. digits: "small" (two figures, 亿元), "usual", or "large"
    (seven digits and more).
    """

    def __init__(self, rng: Random, digits: str, held: bool | None = None) -> None:
        self.rng = rng
        self.digits = digits
        self.held = held
        self.bank = self.some_bank()
        self.year = rng.randint(2010, 2026)
        self.book = self.books_of(self.bank)
        self._unit, self._places = self._scale()
        self._mixed = digits != "small" and rng.random() < _MIXED

    def some_bank(self, *but: Bank) -> Bank:
        """A bank: real, invented or unnamed; another one than those of `but`."""
        turn = self.rng.random()
        kind = "real" if turn < 0.4 else "invented" if turn < 0.8 or but else "unnamed"
        pool = banks_for(kind, trained_only=self.held is False)
        bank = self.rng.choice(pool)
        return bank if bank not in but else self.some_bank(*but)

    def books_of(self, bank: Bank) -> Book:
        """The bank's books of the year of this draw."""
        low, high = bank.sizes
        assets = int(low * _BILLION * (high / low) ** self.rng.random())
        return Book(self.rng, assets, self.year)

    def _scale(self) -> tuple[str, int]:
        if self.digits == "small":
            return "亿元", 0
        if self.digits == "large":
            return self.rng.choice((*(("百万元", 0),) * 2, ("千元", 0), ("万元", 0), ("万元", 2), ("元", 0)))
        return self.rng.choice((*(("亿元", 2),) * 3, ("亿元", 1), ("亿元", 0), *(("百万元", 0),) * 2, ("万亿元", 2), ("万亿元", 4)))

    def pick(self, words: str) -> str:
        """One word of a blank-separated list of book.yaml."""
        return self.rng.choice(_words(words))

    def some(self, words: str, count: int) -> list[str]:
        """So many different words of a list of book.yaml."""
        return self.rng.sample(_words(words), count)

    def figure(self, indicator_id: str, period: Period, *, bank: Bank | None = None, book: Book | None = None) -> Figure:
        """A reported figure of this draw's bank, or of another with its own book."""
        indicator = indicator_catalogue().get(indicator_id)
        own = bank or self.bank
        books = book or self.book
        if indicator.unit.dimension is Dimension.RATIO:
            quantity = Quantity(books.ratio(indicator_id, period), unit("%"))
        else:
            quantity = self.written(books.amount(indicator_id, period), indicator.unit.symbol)
        return Figure(own.name, own.id, indicator.name, indicator_id, period, quantity, scope=Scope.GROUP, point=indicator.point)

    def written(self, value: int, symbol: str) -> Quantity:
        """An amount as this draw writes amounts; counts of people and branches whole, shares in the same scale as money."""
        if symbol in ("人", "个"):
            return Quantity(Decimal(value if self.digits != "small" else _two_figures(value)), unit(symbol))
        money, places = self._unit, self._places
        if symbol.endswith("股"):
            return self._scaled(value, unit(money.removesuffix("元") + "股").symbol, max(places, 2))
        if money == "万亿元" and value < 10**11:
            money, places = "亿元", 2
        written = self._scaled(value, money, places)
        return written.to(_OTHER_UNIT[money]) if self._mixed and money in _OTHER_UNIT and self.rng.random() < 0.5 else written

    def _scaled(self, value: int, symbol: str, places: int) -> Quantity:
        own = unit(symbol)
        if self.digits == "small":
            value = _two_figures(value)
            plain = Decimal(value) / own.factor
            return Quantity(plain if plain >= 10 else plain.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP), own)
        return Quantity((Decimal(value) / own.factor).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP), own)

    def period(self, *, point: bool, years: float = 0.62) -> Period:
        """A reporting period of this draw's year: mostly the whole year."""
        if self.rng.random() < years:
            return Period(self.year)
        return Period(self.year, self.rng.choice((Part.H1, Part.Q1, Part.NINE_MONTHS)))


def _two_figures(value: int) -> int:
    """The value at two leading digits."""
    size: int = 10 ** max(len(str(abs(value))) - 2, 0)
    return (value + size // 2) // size * size


@lru_cache(maxsize=32)
def _words(key: str) -> tuple[str, ...]:
    return tuple(configured("book")[key].split())


def word_list(key: str) -> tuple[str, ...]:
    """A blank-separated list of book.yaml."""
    return _words(key)
