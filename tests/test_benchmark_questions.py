"""The question benchmark: what it demands of the product, and that it can tell right from wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.benchmarks.question_bench import DEFAULT_NUMBER, Verdict, grade, matches, run, summary
from tests.benchmarks.question_factory import Case, generate
from tests.benchmarks.question_gold import Expected, FactIndex, Gold, Key
from tests.benchmarks.question_kinds import KINDS
from tests.benchmarks.question_maker import split_of, wordings

SEED = 1
RATIO = Expected("招商银行", "2023", Decimal("0.95"), "percent", "不良贷款率")


def _figure(**changes: Any) -> dict[str, Any]:
    plain = {"id": "f1", "entity": "招商银行", "indicator": "不良贷款率", "period": "2023", "scope": "集团", "value": "0.95", "unit": "%", "base_period": None}
    return plain | changes


def _reply(*figures: dict[str, Any], code: str = "") -> dict[str, Any]:
    return {"figures": list(figures), "answers": [figure["id"] for figure in figures], "refusal": {"code": code} if code else None}


def _case(gold: Gold) -> Case:
    return Case("lookup", ("",), gold, "", "test")


def test_unseen_questions_are_answered_right() -> None:
    outcomes = run("test", DEFAULT_NUMBER, SEED)
    result = summary(outcomes)
    short = {kind: counts for kind, counts in result["by_kind"].items() if set(counts) != {Verdict.RIGHT.value}}
    assert result["questions"] > 300
    # Kinds and counts alone: the wordings of the test half are to stay unseen.
    assert result["accuracy"] >= 0.97, short
    assert result["wrong_number_rate"] <= 0.005, short


def test_same_seed_same_questions_and_another_seed_others() -> None:
    assert generate("test", 80, 3) == generate("test", 80, 3) != generate("test", 80, 4)


def test_the_halves_share_no_wording_and_every_kind_has_some_in_both() -> None:
    for kind in KINDS:
        tune, test = set(wordings(kind, "tune")), set(wordings(kind, "test"))
        assert not tune & test
        assert min(len(tune), len(test)) >= 5, kind
        assert len(tune | test) >= 12, kind
    assert all(split_of(case.wording) == "test" == case.split for case in generate("test", 80, 3))


def test_every_question_has_an_answer_or_a_refusal_code_and_no_empty_slot() -> None:
    for case in generate("tune", 320, 5) + generate("test", 320, 5):
        assert bool(case.gold.code) != bool(case.gold.alternatives)
        assert all(turn and "{" not in turn for turn in case.turns)


@pytest.mark.parametrize(
    ("figure", "right"),
    [
        (_figure(), True), (_figure(value="0.950"), True), (_figure(value="9.5", unit="‰"), True), (_figure(value="0.96"), False),
        (_figure(unit="个百分点"), False), (_figure(entity="工商银行"), False), (_figure(period="2022"), False), (_figure(scope="本行"), False),
        (_figure(indicator="拨备覆盖率"), False), (_figure(value="1"), False),
    ],
)  # fmt: skip
def test_a_figure_is_right_only_with_its_value_unit_bank_period_and_scope(figure: dict[str, Any], right: bool) -> None:
    assert matches(figure, RATIO) == right


def test_an_amount_may_be_printed_in_any_unit_but_not_without_its_digits() -> None:
    wanted = Expected("招商银行", "2023", Decimal(11028483) * 10**6, "amount")
    assert matches(_figure(value="110284.83", unit="亿元"), wanted)
    assert matches(_figure(value="11.03", unit="万亿元"), wanted)
    assert not matches(_figure(value="11", unit="万亿元"), wanted)
    assert not matches(_figure(value="110284.84", unit="亿元"), wanted)


def test_a_change_in_points_is_not_a_change_in_percent_and_bp_convert() -> None:
    wanted = Expected("招商银行", "2023", Decimal("-0.01"), "points", base_period="2022")
    assert matches(_figure(value="-1", unit="BP", base_period="2022"), wanted)
    assert not matches(_figure(value="-0.01", unit="%", base_period="2022"), wanted)
    assert not matches(_figure(value="0.01", unit="个百分点", base_period="2022"), wanted)
    assert not matches(_figure(value="-0.01", unit="个百分点", base_period="2021"), wanted)


@pytest.mark.parametrize(
    ("gold", "reply", "verdict"),
    [
        (Gold(alternatives=((RATIO,),)), _reply(_figure()), Verdict.RIGHT),
        (Gold(alternatives=((RATIO,),)), _reply(_figure(value="9.5")), Verdict.WRONG_NUMBER),
        (Gold(alternatives=((RATIO,),)), _reply(_figure(id="f2", period="2022"), _figure()), Verdict.OTHER),
        (Gold(alternatives=((RATIO,),)), _reply(code="missing_period"), Verdict.REFUSED),
        (Gold(alternatives=((RATIO,),), every=True), _reply(_figure(id="f2", period="2022"), _figure()), Verdict.RIGHT),
        (Gold("missing_period"), _reply(code="missing_period"), Verdict.RIGHT),
        (Gold("missing_period"), _reply(code="missing_document"), Verdict.OTHER),
        (Gold("missing_period"), _reply(_figure()), Verdict.WRONG_NUMBER),
    ],
)
def test_verdicts(gold: Gold, reply: dict[str, Any], verdict: Verdict) -> None:
    assert grade(_case(gold), reply) is verdict


def test_gold_is_plain_arithmetic_over_the_table() -> None:
    facts = FactIndex.load()
    profit = Key("工商银行", "net_profit", "2021")
    assert facts.expected(Key("招商银行", "npl_ratio", "2023", "本行")).value == Decimal("0.93")
    assert facts.difference(profit, profit.at(2020)).value == Decimal("350216") * 10**6 - Decimal("3177") * 10**8
    assert facts.growth(profit, profit.at(2020)).value.quantize(Decimal("0.01")) == Decimal("10.23")
    # The issuer's report stands before its flash notice.
    assert facts.expected(Key("中信银行", "total_assets", "2021")).value == Decimal(8042884) * 10**6
