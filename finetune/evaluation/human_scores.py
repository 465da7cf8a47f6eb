"""Human scoring, taken back: sheets checked row by row, means with intervals, agreement of the raters, and who wins."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from data.errors import TrainingError
from finetune.evaluation.human import DIMENSIONS, HIGHEST, PREFERENCE, PREFERENCES, RATER, SIDES, Key, columns
from finetune.evaluation.statistics import Mean, Rate, bootstrap_mean, sign_test, wilson

PROFESSIONAL = "专业性"
_STEP = Decimal("0.5")
_TARGETS = {"准确性": 4.5, "专业性": 4.5, "相关性": 4.5, "流畅性": 4.0, "完整性": 4.0}


@dataclass(frozen=True, slots=True)
class RatedPair:
    """One rater's scores of one pair: (side, dimension) → 0-5, and which is better."""

    pair: str
    rater: str
    scores: Mapping[tuple[str, str], float]
    preference: str


@dataclass(frozen=True)
class ScoreSheet:
    """The rows that hold, and what is wrong with the others, by file and line."""

    rated: list[RatedPair]
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class HumanReport:
    """means: version → dimension → mean. alpha: Krippendorff's alpha by dimension (ordinal), None where it cannot be computed.

    wins, losses, ties: of the key's second version, one vote for each pair. p: sign test over wins and losses.
    """

    versions: tuple[str, str]
    means: dict[str, dict[str, Mean]]
    alpha: dict[str, float | None]
    wins: int
    losses: int
    ties: int
    raters: int
    pairs: int
    p: float

    @property
    def win_rate(self) -> Rate:
        """Share of the decided pairs that the second version wins."""
        return wilson(self.wins, self.wins + self.losses)

    def professional(self) -> tuple[Mean, Mean]:
        """Means of 专业性 of both versions, for the specification's table."""
        one, other = (self.means[version][PROFESSIONAL] for version in self.versions)
        return one, other

    def to_dict(self) -> dict[str, object]:
        """Plain values."""
        return {
            "versions": list(self.versions), "means": {v: {d: mean.to_dict() for d, mean in means.items()} for v, means in self.means.items()},
            "alpha": {d: None if value is None else round(value, 4) for d, value in self.alpha.items()}, "win_rate": self.win_rate.to_dict(),
            "wins": self.wins, "losses": self.losses, "ties": self.ties, "p": round(self.p, 6), "raters": self.raters, "pairs": self.pairs,
        }  # fmt: skip

    def to_markdown(self) -> str:
        """A table for people."""
        from finetune.evaluation.before_after import markdown_table

        rows = [
            [name, *(_told(self.means[version][name]) for version in self.versions), f"≥{_TARGETS[name]}", _shown(self.alpha[name])]
            for name in DIMENSIONS
        ]
        table = markdown_table(("维度", *self.versions, "规格目标", "Krippendorff α（定序）"), rows)
        rate = self.win_rate
        share = f"{rate.value * 100:.1f}%（{rate.low * 100:.1f}–{rate.high * 100:.1f}）"
        won = f"{self.versions[1]} 胜 {self.wins}、负 {self.losses}、平 {self.ties}，胜率 {share}，符号检验 p={self.p:.4f}。"
        return f"# 人工盲评\n\n{self.raters} 位评分人，{self.pairs} 题。\n\n{table}\n\n{won}\n"


def read_scores(paths: Sequence[Path], key: Key) -> ScoreSheet:
    """The sheets of one or more raters; each row is checked by itself, a bad one is told and left out.

    Raises:
        TrainingError: a file cannot be read or is no scoring sheet.
    """
    sheet = ScoreSheet([])
    seen: set[tuple[str, str]] = set()
    for path in paths:
        for line, row in _rows(path):
            try:
                rated = _rated(row, key)
                if (rated.pair, rated.rater) in seen:
                    raise ValueError(f"{rated.rater} 对 {rated.pair} 已经评过")
            except ValueError as error:
                sheet.problems.append(f"{path.name} 第 {line} 行：{error}")
                continue
            seen.add((rated.pair, rated.rater))
            sheet.rated.append(rated)
    return sheet


def human_report(rated: Sequence[RatedPair], key: Key, *, seed: int = 0) -> HumanReport:
    """Means over pairs (raters averaged first), agreement over (pair, side), and votes (the raters' majority of each pair).

    Raises:
        TrainingError: nothing was scored.
    """
    if not rated:
        raise TrainingError("没有一行有效的评分")
    means: dict[str, dict[str, Mean]] = {version: {} for version in key.versions}
    for dimension in DIMENSIONS:
        items: dict[tuple[str, str], list[float]] = defaultdict(list)
        for one in rated:
            for side in SIDES:
                items[key.version(one.pair, side), one.pair].append(one.scores[side, dimension])
        for version in key.versions:
            own = [sum(scores) / len(scores) for (name, _), scores in items.items() if name == version]
            means[version][dimension] = bootstrap_mean(own, seed=seed)
    votes = [_vote(group, key) for group in _by_pair(rated).values()]
    wins, losses = sum(vote > 0 for vote in votes), sum(vote < 0 for vote in votes)
    alpha = {dimension: krippendorff_alpha(rated, dimension) for dimension in DIMENSIONS}
    raters = len({one.rater for one in rated})
    return HumanReport(key.versions, means, alpha, wins, losses, len(votes) - wins - losses, raters, len(votes), sign_test(losses, wins))


def krippendorff_alpha(rated: Sequence[RatedPair], dimension: str, level: str = "ordinal") -> float | None:
    """Krippendorff's alpha of one dimension over all answers (Krippendorff 2011); None with one rater, or where all scores are equal."""
    import krippendorff
    import numpy as np

    raters = sorted({one.rater for one in rated})
    units = sorted({(one.pair, side) for one in rated for side in SIDES})
    table = np.full((len(raters), len(units)), np.nan)
    for one in rated:
        for side in SIDES:
            table[raters.index(one.rater), units.index((one.pair, side))] = one.scores[side, dimension]
    shared = (~np.isnan(table)).sum(axis=0) > 1
    if len(raters) < 2 or not shared.any() or len(np.unique(table[:, shared][~np.isnan(table[:, shared])])) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement=level))  # type: ignore[arg-type]


def _by_pair(rated: Iterable[RatedPair]) -> dict[str, list[RatedPair]]:
    groups: dict[str, list[RatedPair]] = defaultdict(list)
    for one in rated:
        groups[one.pair].append(one)
    return groups


def _vote(group: Sequence[RatedPair], key: Key) -> int:
    """1 where most raters prefer the second version, -1 the first, 0 neither."""
    balance = 0
    for one in group:
        if one.preference in SIDES:
            balance += 1 if key.version(one.pair, one.preference) == key.versions[1] else -1
    return (balance > 0) - (balance < 0)


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns() if name not in (reader.fieldnames or ())]
            rows = [(reader.line_num, {name: value or "" for name, value in row.items() if isinstance(name, str)}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"评分表 {path} 读不了：{error}") from error
    if missing:
        raise TrainingError(f"{path.name} 不是评分表，缺少列：{'、'.join(missing[:6])}")
    return rows


def _rated(row: Mapping[str, str], key: Key) -> RatedPair:
    """The row as scores; ValueError says what is wrong with it."""
    pair, rater = row["编号"].strip(), row[RATER].strip()
    if pair not in key.first:
        raise ValueError(f"编号“{pair}”不在密钥里")
    if not rater:
        raise ValueError("没有填评分人")
    scores = {(side, dimension): _score(row[f"{side}_{dimension}"], f"{side}_{dimension}") for side in SIDES for dimension in DIMENSIONS}
    preference = row[PREFERENCE].strip()
    if preference not in PREFERENCES:
        raise ValueError(f"“{PREFERENCE}”应填 甲、乙 或 平，收到“{preference}”")
    return RatedPair(pair, rater, scores, preference)


def _score(text: str, name: str) -> float:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{name} 应为 0–{HIGHEST} 的分数，收到“{text.strip()}”") from None
    if not value.is_finite() or not 0 <= value <= HIGHEST or value % _STEP:
        raise ValueError(f"{name} 应为 0–{HIGHEST} 的整数或半分，收到“{text.strip()}”")
    return float(value)


def _told(mean: Mean) -> str:
    return f"{mean.value:.2f}（{mean.low:.2f}–{mean.high:.2f}）"


def _shown(alpha: float | None) -> str:
    return "—" if alpha is None else f"{alpha:.2f}"
