"""Augmenting exercises: every child holds by itself, stays in its parent's group, and is on its parent's side."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from data.evidence import Evidence
from finetune.rows.augment import METHODS, Augmented, AugmentReport, augmented, fault_of, other_order, other_words
from finetune.rows.factory import exercises
from finetune.rows.held_out import held_slice
from finetune.rows.printing import printed_question
from finetune.rows.record import Exercise
from finetune.rows.renderings import render
from finetune.rows.swapping import FAMILIES, renumbered_values
from tests.figure_factory import figure
from tools.calculator import growth
from tools.expressions import evaluate
from tools.factsheet import FactSheet

REPORT = AugmentReport()


@pytest.fixture(scope="module")
def parents() -> list[Exercise]:
    return list(exercises(11, {"qa": 90, "calculation": 90, "method": 30}, held=False))


@pytest.fixture(scope="module")
def children(parents: list[Exercise]) -> list[Augmented]:
    return list(augmented(parents, 1, report=REPORT))


def growth_exercise() -> Exercise:
    sheet = FactSheet()
    now = sheet.add(figure("100", "亿元", indicator="净利润", period="2023"))
    base = sheet.add(figure("80", "亿元", indicator="净利润", period="2022"))
    sheet.add(growth(now, base, "yoy"), answer=True)
    return Exercise(
        kind="qa", family="growth", sheet=sheet, ask="{f1.bank}{f1.period}{f1.name}{f1}，{f2.period}{f2.name}{f2}，{f1.name}同比增长多少？",
        tell="{f1.name}同比增长率 = [Calculator((f1-f2)/f2*100)→{f3}]。因此，{f1.bank}{f1.period}{f1.name}同比{f3}。", instruction="回答问题",
        template="growth.q00.t0", bank="招商银行", as_of="2023", program="(f1-f2)/f2*100",
    )  # fmt: skip


def test_every_method_makes_children_of_factory_exercises(children: list[Augmented]) -> None:
    made = Counter(child.method for child in children)
    assert set(made) == set(METHODS) and made == REPORT.made
    assert made["other_numbers"] > 120 and made["other_bank"] > 120 and made["other_order"] > 15


def test_the_same_seed_gives_the_same_children(parents: list[Exercise], children: list[Augmented]) -> None:
    again = list(augmented(parents[:20], 1))
    assert [(child.method, child.exercise) for child in again] == [(child.method, child.exercise) for child in children[: len(again)]]


def test_children_can_be_printed_and_stay_on_their_side(children: list[Augmented]) -> None:
    for child in children:
        assert held_slice(child.exercise) == ""
        for rendering in ("plain", "references"):
            row = child.row(render(child.exercise, rendering, "x"))
            assert row.completion and row.meta["group"] == child.group and row.meta["augmented"] == child.method


def test_other_numbers_are_recomputed_and_keep_every_claim(parents: list[Exercise]) -> None:
    seen, refused = 0, Counter[str]()
    for number, parent in enumerate(parents):
        child = METHODS["other_numbers"](parent, Random(number))
        if child is None:
            refused[parent.family] += 1
            continue
        seen += 1
        assert [item.id for item in child.sheet] == [item.id for item in parent.sheet] and child.ask == parent.ask and child.tell == parent.tell
        for old, new in zip(parent.sheet, child.sheet, strict=True):
            assert old.quantity.unit == new.quantity.unit
            assert (old.quantity.value > 0) == (new.quantity.value > 0)
        assert any(old.quantity != new.quantity for old, new in zip(parent.sheet, child.sheet, strict=True))
    assert seen > 120
    assert sum(count for family, count in refused.items() if family in FAMILIES) < 15


def test_a_swapped_growth_is_the_growth_of_its_numbers() -> None:
    for seed in range(30):
        sheet = renumbered_values(growth_exercise(), Random(seed))
        assert sheet is not None
        now, base, rate = (item.quantity.value for item in sheet)
        assert now > base and rate == evaluate("(a-b)/b*100", {"a": now, "b": base})
        assert now == now.to_integral_value() and len(str(now)) in (2, 3), "round numbers stay round"


def test_numbers_without_a_program_are_left_alone() -> None:
    exercise = growth_exercise()
    untold = replace(exercise, tell="同比{f3}。", program="")
    assert renumbered_values(untold, Random(0)) is None
    wrong = replace(exercise, tell="同比[Calculator(f1-f2)→{f3}]。", program="f1-f2")
    assert renumbered_values(wrong, Random(0)) is None
    assert renumbered_values(replace(exercise, family="regulation"), Random(0)) is None


def test_money_in_two_units_is_swapped_right() -> None:
    exercise = growth_exercise()
    mixed = FactSheet([exercise.sheet.figures[0], replace(exercise.sheet.figures[1], quantity=figure("8000", "百万元").quantity), exercise.sheet.figures[2]], ["f3"])
    sheet = renumbered_values(replace(exercise, sheet=mixed), Random(4))
    assert sheet is not None
    now, base = sheet.get("f1").quantity.base, sheet.get("f2").quantity.base
    assert abs(sheet.get("f3").quantity.value - (now - base) / base * 100) < Decimal("1e-20")


def test_years_move_together_and_names_follow() -> None:
    moved = METHODS["other_years"](growth_exercise(), Random(3))
    assert moved is not None
    now, base, rate = moved.sheet
    assert now.period.year - base.period.year == 1 and now.period.year != 2023 and rate.base_period == base.period and moved.as_of == str(now.period)
    typed = replace(growth_exercise(), ask="2023年{f1.name}{f1}，上年{f2}，增长多少？")
    assert METHODS["other_years"](typed, Random(3)) is None


def test_another_bank_takes_the_place_everywhere() -> None:
    moved = METHODS["other_bank"](growth_exercise(), Random(1))
    assert moved is not None and moved.bank != "招商银行"
    assert {item.entity for item in moved.sheet} == {moved.bank} and "招商银行" not in printed_question(moved)
    assert METHODS["other_bank"](replace(growth_exercise(), ask="招商银行{f1}，{f2}？"), Random(1)) is None


def test_a_document_keeps_its_figures() -> None:
    exercise = growth_exercise()
    cited = replace(exercise, sheet=FactSheet([replace(item, evidence=[Evidence("年报", page=3)]) for item in exercise.sheet], ["f3"]))
    collected = replace(exercise, template="collect.growth.q00.t0")
    for method in ("other_bank", "other_numbers", "other_years"):
        assert METHODS[method](cited, Random(1)) is None and METHODS[method](collected, Random(1)) is None


def test_clauses_move_only_where_each_is_whole_and_the_question_names_its_subject() -> None:
    exercise = growth_exercise()
    moved = other_order(exercise, Random(0))
    assert moved is not None and moved.ask == "{f1.bank}{f2.period}{f2.name}{f2}，{f1.period}{f1.name}{f1}，{f1.name}同比增长多少？"
    for ask in (
        "{f1.bank}{f1.period}{f1.name}{f1}，{f2.period}{f2.name}{f2}，增长多少？",  # asked by order
        "{f1.bank}{f1.period}{f1.name}{f1}，{f2.period}{f2}，{f1.name}增长多少？",  # the second leans on the first
        "{f1.period}{f1.name}{f1}，{f2.name}{f2}，{f1.name}增长多少？",  # the period would change its owner
        "{f1.name}同比增长多少？",
    ):
        assert other_order(replace(exercise, ask=ask), Random(0)) is None, ask


def test_words_change_and_references_do_not(parents: list[Exercise]) -> None:
    reference = re.compile(r"\{[^{}]*\}|\[Calculator[^\[\]]*\]")
    changed = 0
    for number, parent in enumerate(parents):
        child = other_words(parent, Random(number))
        if child is not None:
            changed += 1
            assert reference.findall(child.ask + child.tell) == reference.findall(parent.ask + parent.tell)
            assert (child.ask, child.tell) != (parent.ask, parent.tell)
    assert changed > 100


def test_names_are_names_of_the_same_indicator(children: list[Augmented]) -> None:
    from data.indicators import indicator_catalogue

    named = [child for child in children if child.method == "other_names"]
    known = 0
    for child in named:
        question = printed_question(child.exercise)
        figures = [item for item in child.exercise.sheet if item.indicator_id in indicator_catalogue()]
        known += any(alias in question for item in figures for alias in indicator_catalogue().get(item.indicator_id).aliases)
    assert known == len(named) > 100


def test_what_does_not_hold_is_not_given_out(parents: list[Exercise]) -> None:
    exercise = growth_exercise()
    assert fault_of(exercise, exercise) == "unchanged"
    false = replace(exercise, sheet=FactSheet([exercise.sheet.figures[0], replace(exercise.sheet.figures[1], quantity=figure("70", "亿元").quantity), exercise.sheet.figures[2]], ["f3"]))
    assert fault_of(exercise, false) == "not_computable"
    trained = parents[0]
    assert fault_of(trained, replace(trained, ask=trained.ask + "谢谢。")) is None
    assert fault_of(trained, replace(trained, ask=trained.ask + "谢谢。", digits="large")) == "other_side"
