"""8:1:1 by group: a group goes to one side by a stable hash of its name, today, tomorrow and on any machine.

`assign` needs nothing but the group and so never changes when data is added. `balanced` also looks at the sizes: within each
kind the groups keep the order of their hashes and only the borders move, so that every kind comes close to 8:1:1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from data.errors import TrainingError
from finetune.rows.record import Row, Split

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_SALT = "caizhi-rows-1"


@dataclass(frozen=True, slots=True)
class Shares:
    """The share of each side, in parts; 8:1:1 unless told otherwise.

    Raises:
        TrainingError: a share is negative, or all are zero.
    """

    train: int = 8
    validation: int = 1
    test: int = 1

    def __post_init__(self) -> None:
        if min(self.train, self.validation, self.test) < 0 or not self.total:
            raise TrainingError(f"切分比例 {self.train}:{self.validation}:{self.test} 无效：不能为负，也不能全为零")

    @property
    def total(self) -> int:
        """The sum of the parts."""
        return self.train + self.validation + self.test


SHARES = Shares()


@dataclass(frozen=True, slots=True)
class SplitReport:
    """Which side each group is on, and how many rows of each kind each side got."""

    sides: Mapping[str, Split]
    rows: Mapping[str, Mapping[Split, int]]

    def share(self, split: Split, kind: str = "") -> float:
        """The share of one side among the rows of a kind (of all kinds for "")."""
        tables = [self.rows[kind]] if kind else list(self.rows.values())
        total = sum(sum(table.values()) for table in tables)
        return sum(table.get(split, 0) for table in tables) / total if total else 0.0

    def to_dict(self) -> dict[str, object]:
        """Rows and shares by kind and side, for a card."""
        return {
            kind or "all": {split: {"rows": sum(t.get(split, 0) for t in tables), "share": round(self.share(split, kind), 4)} for split in SPLITS}
            for kind, tables in {"": list(self.rows.values()), **{kind: [table] for kind, table in self.rows.items()}}.items()
        }


def place(group: str, salt: str = _SALT) -> float:
    """Where a group stands in [0, 1): the first 53 bits of a hash of its name."""
    return int.from_bytes(sha256(f"{salt}\n{group}".encode("utf-8", "surrogatepass")).digest()[:8], "big") / 2**64 if group else 0.0


def assign(group: str, shares: Shares = SHARES, salt: str = _SALT) -> Split:
    """The side of a group. Rows without a group ("") are trained on: nothing can be held out against them."""
    at = place(group, salt) * shares.total
    return "train" if at < shares.train else "validation" if at < shares.train + shares.validation else "test"


def balanced(rows: Iterable[tuple[str, str]], shares: Shares = SHARES, salt: str = _SALT) -> SplitReport:
    """Sides for (group, kind) pairs, one a row, with the borders set so that every kind comes close to the shares.

    A group with rows of several kinds counts with the kind it has most of; it is never divided.
    """
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for group, kind in rows:
        counted[group][kind] += 1
    by_kind: dict[str, list[str]] = defaultdict(list)
    for group, kinds in counted.items():
        by_kind[min(kinds, key=lambda kind: (-kinds[kind], kind))].append(group)
    sides: dict[str, Split] = {}
    for groups in by_kind.values():
        groups.sort(key=lambda group: (place(group, salt), group))
        sides |= _cut(groups, {group: counted[group].total() for group in groups}, shares)
    return _report(sides, counted)


def split_report(rows: Iterable[Row]) -> SplitReport:
    """The report of rows that carry `split`, `group` and `kind` in their meta.

    Raises:
        TrainingError: a group stands on two sides, or a row has no side.
    """
    sides: dict[str, Split] = {}
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for number, row in enumerate(rows, start=1):
        group, split = str(row.meta.get("group", "")), row.meta.get("split", "")
        if split not in SPLITS:
            raise TrainingError(f"第 {number} 条（{row.id or '无编号'}）没有切分标记 split")
        if sides.setdefault(group, split) != split:
            raise TrainingError(f"组“{group}”同时出现在 {sides[group]} 与 {split}（第 {number} 条 {row.id}）")
        counted[group][str(row.meta.get("kind", ""))] += 1
    return _report(sides, counted)


def _cut(groups: list[str], sizes: Mapping[str, int], shares: Shares) -> dict[str, Split]:
    """Cut an ordered list of groups where the running number of rows comes closest to each border."""
    total = sum(sizes.values())
    borders = (total * shares.train / shares.total, total * (shares.train + shares.validation) / shares.total)
    sides: dict[str, Split] = {}
    before = 0
    for group in groups:
        middle = before + sizes[group] / 2
        sides[group] = "train" if middle < borders[0] or not group else "validation" if middle < borders[1] else "test"
        before += sizes[group]
    return sides


def _report(sides: Mapping[str, Split], counted: Mapping[str, Counter[str]]) -> SplitReport:
    rows: dict[str, Counter[Split]] = defaultdict(Counter)
    for group, kinds in counted.items():
        for kind, count in kinds.items():
            rows[kind][sides[group]] += count
    return SplitReport(dict(sides), {kind: dict(rows[kind]) for kind in sorted(rows)})
