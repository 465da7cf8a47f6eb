"""What an A/B test has shown so far: the two arms side by side, and what the sequential tests say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from sqlite3 import Row
from typing import Any, Literal

from finetune.evaluation.statistics import Rate, wilson

Status = Literal["running", "won", "guarded", "lost", "inconclusive", "stopped"]
OPEN: tuple[Status, ...] = ("running", "won")
_WORDS: dict[Status, str] = {
    "running": "进行中，还没有结论",
    "won": "B 胜出；流量仍按原比例，等待 models promote",
    "guarded": "B 的审核失败率更高，已自动停止，全部流量回到 A",
    "lost": "B 的表现更差，已自动停止，全部流量回到 A",
    "inconclusive": "到达会话上限仍无差别，已停止，全部流量回到 A",
    "stopped": "已手动停止，全部流量回到 A",
}


@dataclass(frozen=True, slots=True)
class ArmReport:
    """One arm. conversations: those that count. failed: share with an audit failure; good: share without one and without a complaint.

    p50_s, p95_s: seconds a turn, None without turns. liked, disliked: turns with feedback.
    """

    arm: str
    version: str
    conversations: int
    failed: Rate
    good: Rate
    turns: int
    liked: int
    disliked: int
    p50_s: float | None
    p95_s: float | None


@dataclass(frozen=True, slots=True)
class ABReport:
    """guard_p, win_p, loss_p: always-valid p-values of "B fails the audit more often", "B is good more often", "… less often"."""

    experiment: int
    status: Status
    share: float
    arms: tuple[ArmReport, ArmReport]
    guard_p: float
    win_p: float
    loss_p: float
    reason: str

    @property
    def verdict(self) -> str:
        """One sentence in the user's words."""
        return _WORDS[self.status] + (f"（{self.reason}）" if self.reason else "")

    def to_dict(self) -> dict[str, Any]:
        """JSON types."""
        arms = [
            {
                "arm": arm.arm, "version": arm.version, "conversations": arm.conversations,
                "failed": arm.failed.to_dict(), "good": arm.good.to_dict(), "turns": arm.turns, "liked": arm.liked, "disliked": arm.disliked,
                "p50_s": arm.p50_s, "p95_s": arm.p95_s,
            }
            for arm in self.arms
        ]  # fmt: skip
        return {
            "experiment": self.experiment, "status": self.status, "share": self.share, "verdict": self.verdict, "guard_p": self.guard_p,
            "win_p": self.win_p, "loss_p": self.loss_p, "arms": arms,
        }  # fmt: skip


def arm_report(arm: str, version: str, outcomes: Sequence[Row], turns: Sequence[Row]) -> ArmReport:
    """The arm's figures, from all outcomes and turns of the experiment."""
    counted, seconds = [each for each in outcomes if each["arm"] == arm], sorted(turn["latency_s"] for turn in turns if turn["arm"] == arm)
    feedback = [turn["feedback"] for turn in turns if turn["arm"] == arm and turn["feedback"] is not None]
    return ArmReport(
        arm, version, len(counted), wilson(sum(each["failed"] for each in counted), len(counted)),
        wilson(sum(each["good"] for each in counted), len(counted)), len(seconds), sum(mark > 0 for mark in feedback),
        sum(mark < 0 for mark in feedback), _nearest_rank(seconds, 0.5), _nearest_rank(seconds, 0.95),
    )  # fmt: skip


def _nearest_rank(ordered: Sequence[float], share: float) -> float | None:
    return ordered[max(ceil(share * len(ordered)), 1) - 1] if ordered else None
