"""The factory: deterministic, exact, fillable, and what it holds out never comes in training."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from random import Random

import pytest

from data.banks import bank_registry
from data.errors import TrainingError
from data.figures import FigureKind
from data.indicators import indicator_catalogue
from data.periods import Period
from finetune.rows.book import Book, book_rules
from finetune.rows.configuration import configured
from finetune.rows.factory import FAMILIES, exercises, held_slice
from finetune.rows.formula_families import expressions
from finetune.rows.held_out import SLICES, bank_held, template_held
from finetune.rows.method_texts import topics
from finetune.rows.record import Exercise
from finetune.rows.situation import invented_banks, unnamed_banks, word_list
from finetune.rows.wording import choose, covers, worded, wordings
from tools.formulas import FORMULAS
from tools.references import fill, literal_text, operand_values

COUNTS = {"qa": 240, "calculation": 160, "method": 80}


@pytest.fixture(scope="module")
def made() -> list[Exercise]:
    return list(exercises(5, COUNTS))


def test_counts_by_kind_are_what_was_asked_for(made: list[Exercise]) -> None:
    assert Counter(exercise.kind for exercise in made) == COUNTS


def test_one_seed_gives_one_stream_and_another_seed_another() -> None:
    first, again, other = (list(exercises(seed, {"qa": 30, "method": 10})) for seed in (1, 1, 2))
    assert [(e.ask, e.tell, e.sheet.figures) for e in first] == [(e.ask, e.tell, e.sheet.figures) for e in again]
    assert [e.ask for e in first] != [e.ask for e in other]


def test_every_answer_fills_and_every_calculator_mark_gives_its_figure(made: list[Exercise]) -> None:
    for exercise in made:
        assert fill(exercise.tell, exercise.sheet, {}).text
        assert fill(exercise.ask, exercise.sheet, {}).text


def test_answers_type_no_digit_but_a_hundred_percent(made: list[Exercise]) -> None:
    for exercise in made:
        assert not re.search(r"\d", literal_text(exercise.tell).replace("100%", "")), exercise.tell


def test_the_program_gives_the_answer(made: list[Exercise]) -> None:
    from tools.expressions import evaluate

    checked = 0
    for exercise in made:
        if exercise.program:
            values, _ = operand_values(exercise.program, exercise.sheet)
            answer = exercise.sheet.get(exercise.sheet.answers[-1 if exercise.family == "trend" else 0])
            money = answer.quantity.unit.dimension.value == "amount"
            value = answer.quantity.to(_money(exercise)).value if money else answer.quantity.value
            assert abs(evaluate(exercise.program, values) - value) <= abs(value) * Decimal("1e-20")
            checked += 1
    assert checked > 300


def _money(exercise: Exercise) -> str:
    unit = operand_values(exercise.program, exercise.sheet)[1]
    assert unit is not None
    return unit.symbol


def test_every_family_is_drawn_and_has_enough_wordings() -> None:
    seen = Counter(exercise.family for exercise in exercises(9, {"qa": 900, "calculation": 500, "method": 400}))
    assert set(seen) >= set(FAMILIES) | {"method"}
    for name, words in wordings().items():
        assert len(words.ask) >= 8 and len(words.tell) >= 4 and words.instruct, name


def test_growth_is_signed_and_a_ratio_changes_in_points(made: list[Exercise]) -> None:
    changes = [e.sheet.answer_figures()[0] for e in made if e.family in ("growth", "percentage_points")]
    assert {figure.quantity.unit.symbol for figure in changes} == {"%", "个百分点"}
    assert any(figure.quantity.value < 0 for figure in changes) and any(figure.quantity.value > 0 for figure in changes)
    points = [e.sheet.answer_figures()[0] for e in made if e.family == "percentage_points"]
    assert all(figure.quantity.unit.symbol == "个百分点" and figure.kind is FigureKind.CHANGE for figure in points)


def test_about_a_quarter_carries_figures_that_only_distract() -> None:
    some = [e for e in exercises(3, {"qa": 600}) if e.family in ("growth", "percentage_points", "difference", "share", "comparison")]
    distracted = [e for e in some if set(_ids(e.program)) < {figure.id for figure in e.sheet if figure.kind is FigureKind.REPORTED}]
    assert 0.15 < len(distracted) / len(some) < 0.4


def _ids(text: str) -> list[str]:
    return re.findall(r"f\d+", text)


def test_a_refusal_names_what_is_missing_and_computes_nothing() -> None:
    refusals = [e for e in exercises(4, {"qa": 900}) if e.family == "refusal"]
    assert refusals
    for exercise in refusals:
        assert "Calculator" not in exercise.tell and not exercise.sheet.answers and not exercise.program
        assert all(figure.kind is FigureKind.REPORTED for figure in exercise.sheet)


def test_held_out_rows_never_come_in_training_and_every_slice_is_held_out() -> None:
    kept = list(exercises(6, {"qa": 300, "calculation": 150}, held=False))
    held = list(exercises(6, {"qa": 300, "calculation": 300}, held=True))
    assert {held_slice(exercise) for exercise in kept} == {""}
    assert {held_slice(exercise) for exercise in held} == set(SLICES)
    assert not {e.template.rpartition(".")[0] for e in kept} & {e.template.rpartition(".")[0] for e in held if held_slice(e) == "template"}
    assert all(e.digits != "large" for e in kept) and not any(bank_held(figure.entity) for e in kept for figure in e.sheet)


def test_about_a_tenth_of_banks_and_wordings_is_held_out_and_unnamed_banks_never() -> None:
    banks = [bank.name for bank in bank_registry()] + [bank.name for bank in invented_banks()]
    assert 0.06 < sum(map(bank_held, banks)) / len(banks) < 0.14
    questions = [f"{name}.q{number:02d}" for name, words in wordings().items() for number in range(len(words.ask))]
    assert 0.04 < sum(map(template_held, questions)) / len(questions) < 0.18
    assert not any(bank_held(bank.name) for bank in unnamed_banks())


def test_invented_banks_are_not_in_the_registry() -> None:
    assert not {bank.name for bank in invented_banks()} & set(bank_registry().names())


@pytest.mark.parametrize("seed", range(6))
def test_a_book_is_consistent(seed: int) -> None:
    book, year = Book(Random(seed), 8 * 10**11, 2023), Period(2023)

    def amount(key: str) -> int:
        return book.amount(key, year)

    assert amount("npl_balance") < amount("loan_allowance") < amount("total_loans") < amount("total_assets")
    assert amount("substandard_loans") + amount("doubtful_loans") + amount("loss_loans") == amount("npl_balance")
    assert amount("cet1_capital_net") < amount("tier1_capital_net") < amount("capital_net")
    assert amount("interest_income") - amount("interest_expense") == amount("net_interest_income")
    assert amount("total_assets") == amount("total_liabilities") + amount("total_equity")
    assert 0 < book.amount("net_profit", Period.parse("2023H1")) < amount("net_profit")
    assert book.amount("total_loans", year) == book.amount("total_loans", year)


def test_ratios_of_books_are_plausible_for_banks() -> None:
    catalogue = indicator_catalogue()
    for key in word_list("change_ratios"):
        for seed in range(4):
            value = Book(Random(f"{seed}{key}"), 3 * 10**11, 2022).ratio(key, Period(2022))
            assert catalogue.get(key).plausible(value), (key, value)


def test_words_of_the_configuration_name_known_indicators() -> None:
    raw, catalogue = configured("book"), indicator_catalogue()
    named = re.findall(r"[a-z]\w+", " ".join(str(raw[key]) for key in ("change_amounts", "change_ratios", "parts", "sums", "multiples", "lookups", "additive")))
    assert all(key in catalogue for key in named)
    assert all(key in catalogue for key in book_rules().shares)


def test_every_formula_has_an_expression_over_its_own_inputs() -> None:
    assert set(expressions()) == set(FORMULAS)
    for key, expression in expressions().items():
        assert set(re.findall(r"[a-z]\w*", expression)) == {item.name for item in FORMULAS[key].inputs}


def test_method_answers_hold_no_digits_and_say_something() -> None:
    assert len(topics()) > 60
    assert all(not re.search(r"\d", topic.definition.replace("100%", "")) for topic in topics())


def test_wordings_resolve_roles_words_and_choices() -> None:
    assert choose("<a|>b", Random(1)) in ("ab", "b")
    ids = {"now": "f2", "base": "f1", "result": "f3"}
    assert worded("{now.name}{op}[Calculator((now-base)/base*100)→{result}]", {"op": "同比"}, ids) == "{f2.name}同比[Calculator((f2-f1)/f1*100)→{f3}]"
    assert covers("{a.bank}{givens}{a.period}") == {"bank", "period"}
    with pytest.raises(TrainingError, match="没有的角色 who"):
        worded("{who.name}", {}, ids)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(TrainingError, match="narration"):
        next(exercises(1, {"narration": 1}))
