"""Narration exercises: every one audited, reproducible, without digits, and split by wording and bank."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from itertools import islice

import pytest

from data.figures import FigureKind
from data.period_text import find_periods
from data.periods import Period
from finetune.rows.narration import HELD_SLICES, Rejects, families, held_slice, narrations
from finetune.rows.narration_wordings import UNSEEN, clauses, drafts, questions, template_of, unseen_questions
from finetune.rows.record import Exercise
from tools.audit.check import AuditContext, audit_draft
from tools.calculator import change_quantity
from tools.exact import exact
from tools.local_model.prompt import MOST_FIGURES, compact_prompt
from tools.references import fill, literal_text, references_of


@pytest.fixture(scope="module")
def counted() -> tuple[list[Exercise], Rejects]:
    """Some training exercises with what was dropped on the way."""
    rejects = Rejects()
    return list(narrations(11, 260, held=False, rejects=rejects)), rejects


@pytest.fixture(scope="module")
def held() -> list[Exercise]:
    """Some exercises kept from training."""
    return list(narrations(11, 60, held=True))


def test_every_draft_fills_and_passes_the_audit_again(counted: tuple[list[Exercise], Rejects], held: list[Exercise]) -> None:
    for exercise in [*counted[0][:80], *held[:20]]:
        banks = tuple(dict.fromkeys(figure.entity for figure in exercise.sheet if figure.id in exercise.sheet.answers))
        filled = fill(exercise.tell, exercise.sheet, {})
        report = audit_draft(exercise.tell, filled, exercise.sheet, AuditContext(banks=banks, periods=(Period.parse(exercise.as_of),), question=exercise.ask))
        assert report.ok, (filled.text, report.problems)


def test_a_draft_tells_every_answer_and_types_no_digit(counted: tuple[list[Exercise], Rejects]) -> None:
    for exercise in counted[0]:
        assert set(exercise.sheet.answers) <= set(references_of(exercise.tell))
        assert not re.search(r"\d", literal_text(exercise.tell))


def test_a_draft_types_no_direction(counted: tuple[list[Exercise], Rejects]) -> None:
    for exercise in counted[0]:
        assert not re.search(r"上升|下降|增加|减少|高于|低于|最高|最低|持平|改善|恶化", literal_text(exercise.tell)), exercise.tell


def test_a_question_has_no_digits_but_those_of_its_periods(counted: tuple[list[Exercise], Rejects]) -> None:
    for exercise in counted[0]:
        rest = exercise.ask
        for mention in reversed(find_periods(rest)):
            rest = rest[: mention.start] + rest[mention.end :]
        for figure in exercise.sheet:
            rest = rest.replace(figure.indicator, "")
        assert not re.search(r"\d", rest), exercise.ask


def test_all_families_come_and_fit_the_prompt(counted: tuple[list[Exercise], Rejects]) -> None:
    found = Counter(exercise.family for exercise in counted[0])
    assert set(found) == set(families())
    assert all(0 < len(exercise.sheet) <= MOST_FIGURES for exercise in counted[0])
    assert all(compact_prompt(exercise.sheet, exercise.ask).endswith("\n=") for exercise in counted[0])


def test_the_pass_rate_before_dropping_is_high(counted: tuple[list[Exercise], Rejects]) -> None:
    _, rejects = counted
    lost, made = sum(rejects.dropped.values()), sum(rejects.made.values())
    assert made == lost + 260
    assert lost / made < 0.05, rejects.examples


def test_rejects_are_counted_by_family_and_reason() -> None:
    rejects = Rejects()
    rejects.made["lookup"] = 4
    rejects.drop("lookup", "audit", "one")
    rejects.drop("lookup", "audit", "two")
    assert rejects.pass_rate("lookup") == 0.5
    assert rejects.pass_rate("trend") == 1.0
    assert rejects.examples["lookup", "audit"] == "one"


def test_the_same_seed_gives_the_same_exercises() -> None:
    first, again, other = (list(narrations(seed, 12, held=False)) for seed in (5, 5, 6))
    assert [(e.ask, e.tell, e.sheet.figures) for e in first] == [(e.ask, e.tell, e.sheet.figures) for e in again]
    assert [e.ask for e in first] != [e.ask for e in other]


def test_a_stream_is_lazy() -> None:
    assert len(list(islice(narrations(1, 10**9), 2))) == 2


def test_training_exercises_are_of_no_held_slice(counted: tuple[list[Exercise], Rejects]) -> None:
    assert {held_slice(exercise) for exercise in counted[0]} == {""}
    assert not any(exercise.template.startswith(UNSEEN) for exercise in counted[0])


def test_held_exercises_are_of_each_slice(held: list[Exercise]) -> None:
    assert Counter(held_slice(exercise) for exercise in held) == dict.fromkeys(HELD_SLICES, 20)


def test_without_a_choice_some_exercises_fall_into_held_slices_but_no_unseen_wording() -> None:
    found = Counter(held_slice(exercise) for exercise in narrations(3, 150))
    assert found[""] > 75
    assert found["bank"] and found["template"]
    assert not found["unseen_wording"]


def test_about_a_tenth_of_the_wordings_is_held() -> None:
    kept, total = (sum(len(found) for found in questions(which).values()) for which in (True, None))
    assert 0.05 < kept / total < 0.17


def test_every_family_has_its_wordings() -> None:
    for family in families():
        assert len(questions()[family]) >= 10, family
        assert len(drafts()[family]) >= 6, family
        assert unseen_questions()[family], family
    assert sum(len(found) for found in unseen_questions().values()) >= 40


def test_unseen_wordings_are_none_of_the_others() -> None:
    for family, found in unseen_questions().items():
        assert not {one.text for one in found} & {one.text for one in questions()[family]}
        assert template_of(family, found[0], unseen=True).startswith(f"{UNSEEN}.{family}.")


def test_clauses_exist_for_every_call() -> None:
    texts = [one.text for found in (*drafts().values(), *clauses().values()) for one in found]
    called = {match[1] for text in texts for match in re.finditer(r"<(?:\*\w+ )?(\w+)", text)}
    assert called <= set(clauses())


def test_changes_are_those_of_their_inputs(counted: tuple[list[Exercise], Rejects]) -> None:
    checked = 0
    for exercise in counted[0]:
        for figure in exercise.sheet:
            if figure.kind is FigureKind.CHANGE and figure.formula and "−" in figure.formula and "÷" not in figure.formula and len(figure.inputs) == 2:
                now, base = (exercise.sheet.get(key) for key in figure.inputs)
                assert figure.quantity == change_quantity(now, base)
                checked += 1
    assert checked > 50


def test_ratios_agree_with_their_balances(counted: tuple[list[Exercise], Rejects]) -> None:
    checked = 0
    for exercise in counted[0]:
        values = {(f.entity, f.indicator_id, str(f.period)): f.quantity for f in exercise.sheet if f.kind is FigureKind.REPORTED}
        for (bank, name, period), ratio in values.items():
            parts = [values.get((bank, part, period)) for part in ("npl_balance", "total_loans")]
            if name == "npl_ratio" and parts[0] and parts[1]:
                with exact():
                    assert abs(parts[0].base / parts[1].base * 100 - ratio.value) <= Decimal("0.02")
                checked += 1
    assert checked


def test_some_sheets_hold_more_than_is_told(counted: tuple[list[Exercise], Rejects]) -> None:
    lookups = [exercise for exercise in counted[0] if exercise.family in ("lookup", "several", "two_banks", "ranking")]
    noisy = [exercise for exercise in lookups if len(exercise.sheet) > len(exercise.sheet.answers)]
    assert 0.1 < len(noisy) / len(lookups) < 0.75


def test_every_reported_figure_has_evidence_with_a_page(counted: tuple[list[Exercise], Rejects]) -> None:
    for exercise in counted[0]:
        for figure in exercise.sheet:
            if figure.kind is FigureKind.REPORTED:
                assert figure.evidence and figure.evidence[0].page and figure.entity in figure.evidence[0].document
