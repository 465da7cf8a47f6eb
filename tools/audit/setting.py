"""What the words around a number claim of it, as values: its names, its times, its direction, what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field

from data.periods import Period
from data.units import Unit
from tools.audit.periods import Base

Names = tuple[str, ...]


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
        if other is _EMPTY or self is other:
            return self
        return Focus(
            self.banks or other.banks, self.indicators or other.indicators, self.periods or other.periods,
            self.anchor or other.anchor, self.scopes or other.scopes,
        )  # fmt: skip


_EMPTY = Focus()


@dataclass(frozen=True, slots=True)
class Hints:
    """What a table column says of the numbers under it: a unit, that they are changes, and against what."""

    unit: Unit | None = None
    change: bool = False
    bases: tuple[Base, ...] = ()


@dataclass(frozen=True, slots=True)
class Direction:
    """What the words say of movement.

    change: True for a change, False for a level, None where either may stand. sign: the claimed direction of a change (0:
    none is claimed), None without a word. moved: the direction in which a level was reached (降至). loose: the last word of
    direction before. signalled: something near the number speaks of change.
    """

    change: bool | None = None
    sign: int | None = None
    moved: int | None = None
    loose: int | None = None
    signalled: bool = False


@dataclass(frozen=True, slots=True)
class Against:
    """What a change is measured against: periods (`bound`: named beside the number, so that they must agree) and banks."""

    bases: tuple[Base, ...] = ()
    bound: bool = False
    rivals: Names = ()


@dataclass(frozen=True, slots=True)
class Times:
    """Periods of a number. ends: first and last of a range. named: absolute periods of the sentence so far; spent: those of
    them that another number took. carried: periods of the surroundings."""

    periods: tuple[Period, ...] = ()
    ends: tuple[Period, Period] | None = None
    named: tuple[Period, ...] = ()
    spent: tuple[Period, ...] = ()
    carried: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """One reading of a number's words; an empty tuple leaves a slot open. Any of several names may be meant."""

    banks: Names = ()
    indicators: Names = ()
    scopes: Names = ()
    times: Times = field(default_factory=Times)
    direction: Direction = field(default_factory=Direction)
    against: Against = field(default_factory=Against)
    clause: str = ""
