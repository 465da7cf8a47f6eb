"""The grammar of wordings, the made-up accounts, and the periods and banks of narration exercises."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from data.indicators import indicator_catalogue
from data.period_text import find_periods
from data.periods import Part, Period
from finetune.rows.narration_banks import draw_issuers, is_held, issuers, report_evidence, spoken_names
from finetune.rows.narration_grammar import Speaker, wording
from finetune.rows.narration_periods import draw_period, run_up_to, spoken_period, spoken_run
from finetune.rows.narration_values import Book, rules


def said(text: str, seed: int = 0, **environment: str) -> str | None:
    return Speaker(random.Random(seed)).say(wording(text), environment)


def test_slots_are_replaced() -> None:
    assert said("{b}{p}的{i}", b="招行", p="2023年", i="不良率") == "招行2023年的不良率"


def test_one_of_several_is_chosen() -> None:
    assert {said("(甲|乙|)", seed) for seed in range(30)} == {"甲", "乙", ""}


def test_optional_parts_come_and_go() -> None:
    assert {said("是[否]", seed) for seed in range(20)} == {"是", "是否"}


def test_a_missing_role_excludes_a_way_and_drops_an_option() -> None:
    assert {said("({x}|甲)", seed) for seed in range(20)} == {"甲"}
    assert {said("甲[{x}]", seed) for seed in range(20)} == {"甲"}
    assert said("甲{x}") is None


def test_clauses_bind_their_parameters() -> None:
    speaker = Speaker(random.Random(0), {"pair": (wording("{x}对{y}"),)})
    assert speaker.say(wording("<pair v u>"), {"v": "f1", "u": "f2"}) == "f1对f2"
    assert speaker.say(wording("<pair v w>"), {"v": "f1"}) is None


def test_tags_choose_clauses() -> None:
    clauses, tags = {"vs": (wording("@yoy 同比{x}"), wording("@!yoy 较上期{x}"))}, {"f3": {"yoy"}, "f4": set[str]()}
    speaker = Speaker(random.Random(0), clauses, tags=lambda key: tags[key])
    assert speaker.say(wording("<vs d>"), {"d": "f3"}) == "同比f3"
    assert speaker.say(wording("<vs d>"), {"d": "f4"}) == "较上期f4"


def test_lists_use_one_wording_for_all() -> None:
    clauses = {"item": (wording("{x}为一"), wording("{x}是二"))}
    groups = {"all": [{"x": "甲"}, {"x": "乙"}, {"x": "丙"}]}
    found = {Speaker(random.Random(seed), clauses, groups).say(wording("<*all item 、>"), {}) for seed in range(20)}
    assert found == {"甲为一、乙为一、丙为一", "甲是二、乙是二、丙是二"}


@pytest.mark.parametrize("text", ["(甲|乙", "[甲", "{b", "<who v", "甲)"])
def test_brackets_must_pair(text: str) -> None:
    with pytest.raises(ValueError):
        wording(text)


def test_books_agree_with_themselves() -> None:
    book, catalogue, period = Book(random.Random(4), Decimal(3_000_000)), indicator_catalogue(), Period(2022)
    npl, loans, allowance = (book.value(name, period) for name in ("npl_balance", "total_loans", "loan_allowance"))
    assert book.value("npl_ratio", period) == npl / loans * 100
    assert abs(book.value("loan_provision_ratio", period) - book.value("npl_ratio", period) * book.value("provision_coverage", period) / 100) < Decimal("1e-20")
    assert book.value("cet1_ratio", period) < book.value("tier1_ratio", period) < book.value("car", period)
    assert allowance > npl
    assert book.quantity(catalogue.get("npl_ratio"), period).value.as_tuple().exponent == -2


def test_flows_of_half_a_year_are_about_half() -> None:
    book = Book(random.Random(4), Decimal(3_000_000))
    year, half = (book.value("operating_income", Period.parse(text)) for text in ("2022", "2022H1"))
    assert Decimal("0.3") < half / year < Decimal("0.7")


def test_a_value_stays_the_same() -> None:
    book = Book(random.Random(4), Decimal(3_000_000))
    assert book.value("green_loans", Period(2022)) == book.value("green_loans", Period(2022))


def test_rules_name_known_indicators() -> None:
    for name, rule in rules().items():
        assert all(part in indicator_catalogue() for part in (name, *([rule.of] if rule.of else ()), *(rule.over or ()), *rule.less))


def test_values_of_all_indicators_are_plausible_mostly() -> None:
    book, found = Book(random.Random(9), Decimal(3_000_000)), list(indicator_catalogue())
    outside = [what.id for what in found if not what.plausible(book.quantity(what, Period(2022)).value)]
    assert len(outside) < len(found) * 0.02, outside


def test_spoken_periods_are_read_back() -> None:
    chance = random.Random(2)
    for part in Part:
        for point in (True, False):
            if part is Part.DAY:
                continue
            period = Period(2023, part).same_date() if point else Period(2023, part)
            for _ in range(12):
                words = spoken_period(chance, period, point=point)
                found = [each for mention in find_periods(words) for each in mention.periods]
                assert [each.same_date() if point else each for each in found] == [period], words


def test_runs_are_read_back_by_their_ends() -> None:
    chance = random.Random(2)
    for _ in range(60):
        periods = run_up_to(chance, draw_period(chance, earlier=6), 4, point=True)
        found = [each for mention in find_periods(spoken_run(chance, periods, point=True)) for each in mention.periods]
        assert (found[0].year, found[-1].year) == (periods[0].year, periods[-1].year)
        assert periods == sorted(periods, key=lambda period: period.sort_key)


def test_about_a_tenth_of_the_banks_is_held_for_good() -> None:
    kept = issuers(True)
    assert 0.05 < len(kept) / len(issuers()) < 0.17
    assert not {issuer.name for issuer in kept} & {issuer.name for issuer in issuers(False)}
    assert is_held("bank", kept[0].name)


def test_different_banks_are_drawn() -> None:
    drawn = draw_issuers(random.Random(1), 5, False)
    assert len({issuer.name for issuer in drawn}) == 5
    assert all(not is_held("bank", issuer.name) for issuer in drawn)
    assert spoken_names(random.Random(1), drawn).count("、") >= 3


def test_evidence_is_of_the_report_of_its_period() -> None:
    issuer = issuers()[0]
    assert report_evidence(random.Random(0), issuer, Period.parse("2023H1"), 7).document == f"{issuer.name}2023年半年度报告"
