"""A/B by conversation: sticky arms, one outcome a conversation, the guard's automatic stop, the win, and the error of the whole machine."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data.errors import ReleaseError
from finetune.release.ab_report import Status
from finetune.release.ab_test import ABTest, Rules, arm_of

OLD, NEW = "financial_llm_lora_v1.0.0", "financial_llm_lora_v1.1.0"


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def trial(tmp_path: Path, clock: Clock) -> ABTest:
    return ABTest(tmp_path / "ab.db", clock)


def turn(trial: ABTest, thread: str, name: str, *, failed: bool = False, latency: float = 0.5) -> Status | None:
    assignment = trial.assign(thread)
    assert assignment is not None
    return trial.record(assignment, thread, name, audit_failed=failed, latency_s=latency)


def run(trial: ABTest, rng: random.Random, failing: dict[str, float], conversations: int, mood: float = 0.0) -> Status | None:
    """Conversations of one to three turns; mood: how much turns of one conversation share their luck."""
    status: Status | None = "running"
    for number in range(conversations):
        luck = rng.random()
        for step in range(rng.randrange(1, 4)):
            assignment = trial.assign(f"t{number}")
            assert assignment is not None
            chance = luck if rng.random() < mood else rng.random()
            failed = chance < failing[assignment.arm]
            status = trial.record(assignment, f"t{number}", f"t{number}-{step}", audit_failed=failed, latency_s=rng.random())
            if status not in ("running", "won"):
                return status
    return status


def test_an_arm_is_kept_for_the_conversation_and_drawn_in_the_share(trial: ABTest) -> None:
    trial.start(OLD, NEW, Rules(share=0.2))
    first = {f"t{number}": trial.assign(f"t{number}") for number in range(400)}
    assert first == {thread: trial.assign(thread) for thread in first}
    assert 0.13 < sum(given is not None and given.arm == "B" for given in first.values()) / 400 < 0.27
    assert {given.version for given in first.values() if given} == {OLD, NEW}


def test_raising_the_share_moves_nobody_and_new_conversations_follow_it(trial: ABTest) -> None:
    trial.start(OLD, NEW, Rules(share=0.1))
    before = {f"t{number}": trial.assign(f"t{number}") for number in range(200)}
    trial.set_share(0.9)
    assert before == {thread: trial.assign(thread) for thread in before}
    later = [trial.assign(f"u{number}") for number in range(200)]
    assert sum(given is not None and given.arm == "B" for given in later) > 150
    assert all(arm_of(f"t{number}", 0.3, "s") == "B" for number in range(500) if arm_of(f"t{number}", 0.1, "s") == "B")


def test_a_salt_draws_other_conversations() -> None:
    one, other = ([arm_of(f"t{number}", 0.5, salt) for number in range(300)] for salt in ("a", "b"))
    assert 90 < sum(x != y for x, y in zip(one, other, strict=True)) < 210


def test_a_conversation_counts_once_at_its_horizon_or_when_idle(trial: ABTest, clock: Clock) -> None:
    trial.start(OLD, NEW, Rules(share=0.5, horizon=3, idle_s=60))

    def counted() -> int:
        return sum(arm.conversations for arm in trial.report().arms)

    turn(trial, "long", "1")
    turn(trial, "long", "2")
    assert counted() == 0
    turn(trial, "long", "3")
    turn(trial, "long", "4", failed=True)
    assert counted() == 1 and sum(arm.failed.right for arm in trial.report().arms) == 0
    turn(trial, "short", "5")
    clock.at += 59
    assert counted() == 1
    clock.at += 1
    assert counted() == 2
    turn(trial, "broken", "6", failed=True)
    assert counted() == 3 and sum(arm.failed.right for arm in trial.report().arms) == 1


def test_a_complaint_makes_a_conversation_not_good_without_failing_it(trial: ABTest) -> None:
    trial.start(OLD, NEW, Rules(share=0.5))
    turn(trial, "a", "1")
    trial.feedback("1", liked=False)
    turn(trial, "b", "2")
    trial.feedback("2", liked=True)
    arms = trial.report().arms
    assert sum(arm.conversations for arm in arms) == 1 and sum(arm.good.right for arm in arms) == 0 and sum(arm.failed.right for arm in arms) == 0
    assert (sum(arm.liked for arm in arms), sum(arm.disliked for arm in arms)) == (1, 1)
    with pytest.raises(ReleaseError, match="没有回合 9"):
        trial.feedback("9", liked=True)


def test_a_failing_challenger_is_stopped_and_everyone_goes_back(trial: ABTest) -> None:
    trial.start(OLD, NEW, Rules(share=0.5))
    assert run(trial, random.Random(1), {"A": 0.02, "B": 0.6}, 200) == "guarded"
    report = trial.report()
    assert report.status == "guarded" and report.guard_p <= 0.05 and "全部流量回到 A" in report.verdict
    assert sum(arm.conversations for arm in report.arms) < 100
    for number in range(100):
        given = trial.assign(f"t{number}")
        assert given is not None and (given.arm, given.version, given.experiment) == ("A", OLD, 0)
        assert trial.record(given, f"t{number}", "late", audit_failed=True, latency_s=0.1) is None


def test_a_turn_that_was_under_way_at_the_stop_is_kept_and_decides_nothing(trial: ABTest) -> None:
    trial.start(OLD, NEW, Rules(share=0.5))
    given = trial.assign("x")
    assert given is not None
    trial.stop("停电")
    assert trial.record(given, "x", "1", audit_failed=True, latency_s=0.2) == "stopped"
    assert sum(arm.turns for arm in trial.report().arms) == 1 and sum(arm.conversations for arm in trial.report().arms) == 0
    assert "停电" in trial.report().verdict


def test_a_better_challenger_wins_and_the_guard_goes_on_watching(trial: ABTest) -> None:
    trial.start(OLD, NEW, Rules(share=0.5))
    assert run(trial, random.Random(2), {"A": 0.4, "B": 0.02}, 200) == "won"
    report = trial.report()
    assert report.win_p <= 0.05 and "胜出" in report.verdict
    kept = [trial.assign(f"n{number}") for number in range(100)]
    assert {given.arm for given in kept if given} == {"A", "B"}
    for number in range(400):
        given = trial.assign(f"m{number}")
        assert given is not None
        failed = given.arm == "B"
        for step in range(3):
            trial.record(given, f"m{number}", f"m{number}-{step}", audit_failed=failed, latency_s=0.1)
    assert trial.report().status in ("guarded", "lost")


def test_a_test_without_a_difference_ends_at_its_limit(trial: ABTest) -> None:
    trial.start(OLD, NEW, Rules(share=0.5, horizon=1, most=40))
    assert run(trial, random.Random(4), {"A": 0.0, "B": 0.0}, 100) == "inconclusive"
    assert sum(arm.conversations for arm in trial.report().arms) == 40


def test_the_whole_machine_keeps_its_error_under_peeking_with_turns_that_resemble_each_other(tmp_path: Path) -> None:
    """60 experiments without a difference, looked at after every turn: claims of any of the three tests stay near their level."""
    ends = {"guarded": 0, "lost": 0, "won": 0}
    for seed in range(60):
        trial = ABTest(tmp_path / f"{seed}.db", Clock())
        trial.start(OLD, NEW, Rules(share=0.5), salt=str(seed))
        status = run(trial, random.Random(seed), {"A": 0.2, "B": 0.2}, 50, mood=0.8)
        trial.close()
        if status in ends:
            ends[status] += 1
    # Each at most 5 %: 3 of 60, and three standard errors above.
    assert all(count <= 3 + 3 * (60 * 0.05 * 0.95) ** 0.5 for count in ends.values()), ends


def test_only_one_experiment_is_open_and_its_rules_are_checked(trial: ABTest) -> None:
    assert trial.assign("t") is None
    with pytest.raises(ReleaseError, match="还没有 A/B 试验"):
        trial.report()
    with pytest.raises(ReleaseError, match="没有进行中"):
        trial.stop()
    assert trial.start(OLD, NEW) == 1
    with pytest.raises(ReleaseError, match="已有一个"):
        trial.start(OLD, NEW)
    trial.stop()
    assert trial.start(OLD, NEW) == 2
    trial.stop()
    with pytest.raises(ReleaseError, match="两个不同的版本"):
        trial.start(OLD, OLD)
    for rules in (Rules(share=0.0), Rules(share=1.0), Rules(alpha=0.0), Rules(horizon=0)):
        with pytest.raises(ReleaseError):
            trial.start(OLD, NEW, rules)


def test_a_turn_counts_once_and_its_latency_is_a_number(trial: ABTest) -> None:
    trial.start(OLD, NEW)
    for _ in range(3):
        turn(trial, "t", "same", latency=2.0)
    assert sum(arm.turns for arm in trial.report().arms) == 1
    with pytest.raises(ReleaseError, match="时延"):
        turn(trial, "t", "other", latency=float("nan"))


def test_latency_by_arm_and_the_report_as_json(trial: ABTest) -> None:
    trial.start(OLD, NEW, Rules(share=0.5))
    for number in range(1, 101):
        turn(trial, "one", f"{number}", latency=number / 100)
    told = trial.report().to_dict()
    arm = next(each for each in told["arms"] if each["turns"])
    assert (arm["p50_s"], arm["p95_s"]) == (0.5, 0.95)
    assert next(each for each in told["arms"] if not each["turns"])["p95_s"] is None


def test_many_threads_write_and_nothing_is_lost(tmp_path: Path, clock: Clock) -> None:
    trial = ABTest(tmp_path / "ab.db", clock)
    trial.start(OLD, NEW, Rules(share=0.5, horizon=2))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: turn(trial, f"t{number % 25}", str(number)), range(100)))
    arms = ABTest(tmp_path / "ab.db", clock).report().arms
    assert sum(arm.turns for arm in arms) == 100 and sum(arm.conversations for arm in arms) == 25


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "ab.db").write_text("not a database at all, not even close to one", encoding="utf-8")
    with pytest.raises(ReleaseError, match="读写失败"):
        ABTest(tmp_path / "ab.db")
