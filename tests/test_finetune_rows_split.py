"""Splitting by group: stable, undivided, close to 8:1:1 in every kind."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import TrainingError
from finetune.rows.record import Row
from finetune.rows.split import SPLITS, Shares, assign, balanced, place, split_report

groups = st.text(min_size=1, max_size=20)


def test_the_side_of_a_group_is_the_same_on_every_machine_and_day() -> None:
    names = ("招商银行|2023|ratio-1", "兴业银行|2021|growth-3", "工商银行|2019|share-2", "宁波银行|2022|method-7")
    assert [round(place(name), 4) for name in names] == [0.2294, 0.857, 0.0942, 0.3794]
    assert [assign(name) for name in names] == ["train", "validation", "train", "train"]


@settings(deadline=None)
@given(groups)
def test_the_side_depends_on_nothing_but_the_group(group: str) -> None:
    assert assign(group) == assign(group) in SPLITS
    assert assign(group, Shares(1, 0, 0)) == "train" and assign(group, Shares(0, 0, 5)) == "test"


def test_shares_come_out_as_asked() -> None:
    counted = Counter(assign(f"{bank}|{year}|{template}") for bank in range(40) for year in range(2010, 2025) for template in range(10))
    assert abs(counted["train"] / 6000 - 0.8) < 0.02 and abs(counted["validation"] / 6000 - 0.1) < 0.02


def test_rows_without_a_group_are_trained_on() -> None:
    assert assign("") == "train"
    assert balanced([("", "qa")] * 9 + [("g", "qa")]).sides[""] == "train"


@settings(deadline=None)
@given(st.lists(st.tuples(groups, st.sampled_from(["qa", "calculation", "method"])), min_size=1, max_size=200))
def test_no_group_is_divided_and_no_row_lost(rows: list[tuple[str, str]]) -> None:
    report = balanced(rows)
    assert set(report.sides) == {group for group, _ in rows}
    assert sum(sum(table.values()) for table in report.rows.values()) == len(rows)
    assert sum(report.share(split) for split in SPLITS) == pytest.approx(1)


def test_each_kind_is_balanced_though_its_groups_are_few_and_uneven() -> None:
    rows = [(f"qa{number}", "qa") for number in range(30) for _ in range(1 + number % 7)]
    rows += [(f"m{number}", "method") for number in range(20) for _ in range(10)]
    report = balanced(rows)
    for kind in ("qa", "method"):
        assert report.share("train", kind) == pytest.approx(0.8, abs=0.04)
        assert report.share("test", kind) == pytest.approx(0.1, abs=0.04)
    by_hash = Counter(assign(group) for group, kind in rows if kind == "method")
    assert by_hash["test"] != 20, "the plain hash does not balance these groups, or the test shows nothing"


def test_more_data_moves_few_groups() -> None:
    before = balanced((f"g{number}", "qa") for number in range(1000)).sides
    after = balanced((f"g{number}", "qa") for number in range(1100)).sides
    assert sum(after[group] != side for group, side in before.items()) < 40


def row(group: str, split: str) -> Row:
    return Row([{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}], {"id": group + split, "group": group, "split": split, "kind": "qa"})


def test_a_report_of_written_rows_finds_a_divided_group() -> None:
    report = split_report([row("a", "train"), row("b", "test"), row("a", "train")])
    assert report.to_dict()["qa"] == {
        "train": {"rows": 2, "share": 0.6667}, "validation": {"rows": 0, "share": 0.0}, "test": {"rows": 1, "share": 0.3333},
    }
    with pytest.raises(TrainingError, match="组“a”同时出现在 train 与 test"):
        split_report([row("a", "train"), row("a", "test")])
    with pytest.raises(TrainingError, match="没有切分标记"):
        split_report([row("a", "")])


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(TrainingError, match="无效"):
        Shares(0, 0, 0)
    with pytest.raises(TrainingError, match="无效"):
        Shares(9, -1, 2)
