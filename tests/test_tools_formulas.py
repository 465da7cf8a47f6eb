"""tools.formulas: every formula of the registry computes, names its needs, and agrees with what banks print."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import FormulaError, UnitError
from data.figures import Figure, FigureKind, Scope
from data.indicators import indicator_catalogue
from data.periods import Period
from data.units import Dimension, unit
from tests.figure_factory import figure
from tools.formula_table import Input
from tools.formulas import FORMULAS, Formula, Need, agreement, apply, formula, formulas_for, gather, needs, opening_of

ASKED_FOR = frozenset(
    """npl_ratio provision_coverage loan_provision_ratio special_mention_ratio overdue_ratio net_interest_margin net_interest_spread cost_income_ratio
roa roe_average roe_year_end net_profit_margin asset_turnover equity_multiplier credit_cost non_interest_income_share fee_income_share net_interest_income_share
loan_deposit_ratio capital_adequacy_ratio tier1_ratio cet1_ratio leverage_ratio lcr nsfr liquidity_ratio npl_formation_rate effective_tax_rate rwa_density
liability_asset_ratio eps_basic bvps dividend_payout deposit_cost loan_yield personal_loan_share corporate_loan_share demand_deposit_share personal_deposit_share
interest_expense_ratio pre_provision_profit net_interest_income non_interest_income npl_balance overdue_npl_deviation loan_share_of_assets
deposit_share_of_liabilities allowance_increase""".split()
)
SYMBOLS = {Dimension.AMOUNT: "百万元", Dimension.RATIO: "%", Dimension.COUNT: "股"}


def inputs_for(rule: Formula, values: dict[str, str] | None = None) -> dict[str, Figure]:
    """One figure for each need of a formula, in 2023, with small different values."""
    found = {}
    for index, need in enumerate(needs(rule.id, Period(2023)), start=1):
        item = _input_of(rule, need)
        value = (values or {}).get(need.input_name, str(index + 1))
        found[need.input_name] = figure(
            value, SYMBOLS[item.measure], id=f"f{index}", indicator=need.label, indicator_id=need.indicator_ids[0], period=str(need.period), point=item.stock
        )
    return found


def _input_of(rule: Formula, need: Need) -> Input:
    return next(item for item in rule.inputs if need.input_name in (item.name, f"{item.name}.closing", f"{item.name}.opening"))


def test_the_registry_covers_the_catalogue_s_list() -> None:
    assert ASKED_FOR <= set(FORMULAS)


@pytest.mark.parametrize("rule", FORMULAS.values(), ids=lambda rule: rule.id)
def test_every_formula_computes_and_says_what_it_is(rule: Formula) -> None:
    inputs = inputs_for(rule)
    result = apply(rule.id, inputs)
    assert result.kind is FigureKind.COMPUTED and result.indicator == rule.name and result.indicator_id == (rule.indicator_id or rule.id)
    assert result.formula == rule.definition and result.formula.startswith(rule.name.split("（")[0][:2]) and "=" in result.formula
    assert set(result.inputs) <= {item.id for item in inputs.values()} and result.inputs
    assert result.period == Period(2023) and result.point is rule.point and result.quantity.value.is_finite()
    assert rule.source and rule.tolerance and unit(rule.unit or "百万元")


@pytest.mark.parametrize("rule", FORMULAS.values(), ids=lambda rule: rule.id)
def test_every_missing_input_is_named(rule: Formula) -> None:
    for need in needs(rule.id, Period(2023)):
        item = _input_of(rule, need)
        inputs = {name: each for name, each in inputs_for(rule).items() if name != need.input_name}
        if item.when == "average":
            inputs = {name: each for name, each in inputs.items() if not name.startswith(item.name)}
        if item.optional:
            assert f"未取得{item.label}" in apply(rule.id, inputs).note
        else:
            with pytest.raises(FormulaError, match=item.label):
                apply(rule.id, inputs)


@pytest.mark.parametrize("rule", FORMULAS.values(), ids=lambda rule: rule.id)
def test_every_formula_refuses_an_input_of_another_dimension(rule: Formula) -> None:
    inputs = inputs_for(rule)
    name = next(iter(inputs))
    inputs[name] = figure("1", "户", id="f1")
    with pytest.raises(UnitError):
        apply(rule.id, inputs)


@pytest.mark.parametrize("rule", [rule for rule in FORMULAS.values() if "÷" in rule.definition], ids=lambda rule: rule.id)
def test_a_zero_denominator_is_said_in_chinese(rule: Formula) -> None:
    zeros = {need.input_name: "0" for need in needs(rule.id, Period(2023))}
    with pytest.raises(FormulaError, match="分母为零"):
        apply(rule.id, inputs_for(rule, zeros))


def amounts(**values: str) -> dict[str, Figure]:
    """Figures in 百万元 by input name; a name with __opening is the balance of 2022."""
    found = {}
    for index, (name, value) in enumerate(values.items(), start=1):
        key = name.replace("__", ".")
        found[key] = figure(value, id=f"f{index}", indicator_id=name.split("__")[0], indicator=key, period="2022" if "opening" in key else "2023")
    return found


@pytest.mark.parametrize(
    ("formula_id", "inputs", "expected"),
    [
        ("npl_ratio", amounts(npl_balance="61579", total_loans="6508865"), "0.95"),
        ("provision_coverage", amounts(loan_allowance="269534", npl_balance="61579"), "437.70"),
        ("loan_provision_ratio", amounts(loan_allowance="269534", total_loans="6508865"), "4.14"),
        ("cost_income_ratio", amounts(operating_expenses="111786", operating_income="339123"), "32.96"),
        ("roa", amounts(net_profit="148006", total_assets__closing="11028483", total_assets__opening="10138912"), "1.40"),
        ("effective_tax_rate", amounts(income_tax="28612", total_profit="176618"), "16.20"),
        ("net_interest_income_share", amounts(net_interest_income="214669", operating_income="339123"), "63.30"),
        ("non_interest_income_share", amounts(operating_income="339123", net_interest_income="214669"), "36.70"),
        ("liability_asset_ratio", amounts(total_liabilities="9942754", total_assets="11028483"), "90.16"),
        ("npl_formation_rate", amounts(npl_balance="120", npl_opening="100", npl_disposal="-30", loans_opening="1000"), "5.00"),
    ],
)
def test_known_values(formula_id: str, inputs: dict[str, Figure], expected: str) -> None:
    result = apply(formula_id, inputs)
    assert f"{result.quantity.value:.2f}" == expected and result.quantity.unit.symbol == "%"


def test_amount_results_keep_the_unit_of_their_input() -> None:
    result = apply("net_interest_income", {"interest_income": figure("3.75", "亿元"), "interest_expense": figure("16000", "万元", id="f2")})
    assert str(result.quantity) == "2.15亿元"
    assert str(apply("allowance_increase", amounts(loan_allowance="9", allowance_opening="7")).quantity) == "2百万元"


def test_per_share_results() -> None:
    shares = figure("25219845601", "股", id="f2", indicator_id="weighted_average_shares")
    eps = apply("eps_basic", {"net_profit_ordinary": figure("142534", indicator_id="net_profit_ordinary"), "weighted_average_shares": shares})
    assert f"{eps.quantity.value:.2f}{eps.quantity.unit}" == "5.65元/股"
    other = figure("142534", indicator="归母净利润", indicator_id="net_profit_attributable")
    assert "以归母净利润代替" in apply("eps_basic", {"net_profit_ordinary": other, "weighted_average_shares": shares}).note


def test_a_spread_is_the_difference_of_two_rates() -> None:
    rates = {
        "earning_asset_yield": figure("3.76", "%", indicator_id="earning_asset_yield"),
        "interest_bearing_liability_cost": figure("1.73", "%", id="f2", indicator_id="interest_bearing_liability_cost"),
    }
    assert str(apply("net_interest_spread", rates).quantity.value.normalize()) == "2.03"


def test_the_second_ways_agree_with_the_first() -> None:
    full = amounts(npl_balance="61579", total_loans="6508865", loan_allowance="269534")
    npl, coverage, provision = (apply(key, full).numbered(f"r{key}") for key in ("npl_ratio", "provision_coverage", "loan_provision_ratio"))
    pairs = [
        ("npl_ratio_from_provisions", {"loan_provision_ratio": provision, "provision_coverage": coverage}, npl),
        ("provision_coverage_from_ratios", {"loan_provision_ratio": provision, "npl_ratio": npl}, coverage),
        ("loan_provision_ratio_from_ratios", {"npl_ratio": npl, "provision_coverage": coverage}, provision),
    ]
    for formula_id, inputs, expected in pairs:
        again = apply(formula_id, inputs)
        assert again.indicator_id == expected.indicator_id and abs(again.quantity.value - expected.quantity.value) < Decimal("1e-40")
    balance = apply("npl_balance_from_ratio", {"total_loans": full["total_loans"], "npl_ratio": npl})
    assert abs(balance.quantity.value - 61579) < Decimal("1e-40") and "近似" in balance.note
    assert [rule.id for rule in formulas_for("npl_ratio")] == ["npl_ratio", "npl_ratio_from_provisions"]


def test_costs_in_brackets_count_by_their_size_and_it_is_said() -> None:
    result = apply("cost_income_ratio", amounts(operating_expenses="-33", operating_income="100"))
    assert result.quantity.value == 33 and "负数列示" in result.note


def test_an_average_takes_the_reported_one_or_both_balances() -> None:
    mean = apply("roe_average", amounts(net_profit_attributable="16", equity_attributable__closing="110", equity_attributable__opening="90"))
    assert mean.quantity.value == 16 and "简单平均" in mean.note and mean.inputs == ["f1", "f2", "f3"]
    direct = apply("roe_average", amounts(net_profit_attributable="16", equity_attributable="100"))
    assert direct.quantity.value == 16 and "为期初与期末的简单平均" not in direct.note
    with pytest.raises(FormulaError, match="期初与期末"):
        apply("roe_average", amounts(net_profit_attributable="16", equity_attributable__closing="110"))


def test_part_years_are_annualised_only_if_asked() -> None:
    inputs = {
        "net_profit": figure("60", period="2023H1"), "total_assets.closing": figure("11000", id="f2", period="2023H1", indicator_id="total_assets"),
        "total_assets.opening": figure("9000", id="f3", period="2022", indicator_id="total_assets"),
    }
    plain, yearly = apply("roa", inputs), apply("roa", inputs, annualise=True)
    assert plain.quantity.value == Decimal("0.6") and "未年化" in plain.note
    assert yearly.quantity.value == Decimal("1.2") and "已按 12÷6 年化" in yearly.note
    whole = apply("roa", amounts(net_profit="60", total_assets__closing="11000", total_assets__opening="9000"), annualise=True)
    assert "年化" not in whole.note
    half = {"operating_expenses": figure("3", period="2023H1"), "operating_income": figure("9", id="f2", period="2023H1")}
    assert "年化" not in apply("cost_income_ratio", half, annualise=True).note


def test_mixed_scopes_and_periods_are_said() -> None:
    mixed = {"npl_balance": figure("1"), "total_loans": figure("100", id="f2", scope=Scope.BANK)}
    assert "口径不一致" in apply("npl_ratio", mixed).note
    assert "期间不一致" in apply("npl_ratio", {"npl_balance": figure("1"), "total_loans": figure("100", id="f2", period="2022")}).note


@pytest.mark.parametrize(
    ("period", "opening"),
    [("2023", "2022"), ("2023H1", "2022"), ("2023Q1", "2022"), ("2023Q1-3", "2022"), ("2023H2", "2023H1"), ("2023Q2", "2023Q1"), ("2023Q3", "2023H1"), ("2023Q4", "2023Q1-3")],
)
def test_opening_balances(period: str, opening: str) -> None:
    assert str(opening_of(Period.parse(period))) == opening


def test_needs_name_keys_indicators_and_periods() -> None:
    listed = [(need.input_name, str(need.period), need.optional) for need in needs("roa", Period.parse("2023Q3"))]
    assert listed == [
        ("net_profit", "2023Q3", False), ("total_assets", "2023Q3", True), ("total_assets.closing", "2023Q1-3", False), ("total_assets.opening", "2023H1", False),
    ]
    rate = {need.input_name: str(need.period) for need in needs("npl_formation_rate", Period(2023))}
    assert rate == {"npl_balance": "2023", "npl_opening": "2022", "npl_disposal": "2023", "loans_opening": "2022"}
    with pytest.raises(FormulaError, match="没有公式"):
        needs("current_ratio", Period(2023))
    assert formula("roa").id == "roa"


def test_gather_prefers_the_reported_average_and_lists_what_is_missing() -> None:
    known = {("net_profit", "2023"): "60", ("total_assets", "2023"): "110", ("total_assets", "2022"): "90"}

    def find(ids: tuple[str, ...], period: Period) -> Figure | None:
        hit = next((key for key in ids if (key, str(period)) in known), None)
        return figure(known[hit, str(period)], id=f"{hit}{period}", indicator_id=hit, period=str(period)) if hit else None

    found, missing = gather("roa", Period(2023), find)
    assert sorted(found) == ["net_profit", "total_assets.closing", "total_assets.opening"] and not missing
    assert apply("roa", found).quantity.value == 60
    known["assets_average", "2023"] = "120"
    found, missing = gather("roa", Period(2023), find)
    assert sorted(found) == ["net_profit", "total_assets"] and apply("roa", found).quantity.value == 50
    found, missing = gather("equity_multiplier", Period(2023), find)
    assert [need.input_name for need in missing] == ["equity_attributable.closing", "equity_attributable.opening"]


@pytest.mark.parametrize(
    ("reported", "recomputed", "agrees"),
    [
        ("0.95", "0.94608", True), ("0.95", "0.945", True), ("0.95", "0.94499", False), ("0.95", "0.9551", False), ("437.70", "437.7039", True), ("438", "437.7039", True),
        ("1.4", "1.3991", True), ("1.4", "1.3499", False), ("0.946", "0.9512", True),
    ],
)
def test_agreement_within_the_printed_precision(reported: str, recomputed: str, agrees: bool) -> None:
    result = agreement(figure(reported, "%", indicator_id="npl_ratio"), figure(recomputed, "%", id="f2"))
    assert result.agrees is agrees and ("一致" in result.message) and (("不一致" in result.message) is not agrees)
    assert result.difference == Decimal(recomputed) - Decimal(reported)


def test_a_disagreement_about_weighted_roe_says_why() -> None:
    result = agreement(figure("16.22", "%", indicator_id="roe_average"), figure("14.58", "%", id="f2"))
    assert not result.agrees and "加权" in result.message
    assert agreement(figure("2146.69", "亿元"), figure("214669", id="f2")).agrees
    with pytest.raises(UnitError):
        agreement(figure("1", "%"), figure("1", id="f2"))


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=1, max_value=10**9), st.integers(min_value=1, max_value=10**9), st.sampled_from(["元", "万元", "百万元", "亿元"]))
def test_a_ratio_does_not_depend_on_units(top: int, bottom: int, symbol: str) -> None:
    same = apply("npl_ratio", {"npl_balance": figure(top), "total_loans": figure(bottom, id="f2")})
    scaled = apply("npl_ratio", {"npl_balance": figure(top, symbol), "total_loans": figure(bottom, symbol, id="f2")})
    assert same.quantity == scaled.quantity


@settings(max_examples=300, deadline=None)
@given(st.decimals(min_value=0, max_value=1000, places=6))
def test_a_value_always_agrees_with_its_own_rounding(value: Decimal) -> None:
    printed = value.quantize(Decimal("0.01"))
    assert agreement(figure(str(printed), "%"), figure(str(value), "%", id="f2")).agrees


def test_results_are_what_the_catalogue_calls_them() -> None:
    catalogue = indicator_catalogue()
    known = [(rule, catalogue.get(target)) for rule in FORMULAS.values() if (target := rule.indicator_id or rule.id) in catalogue]
    assert len(known) >= 35
    assert [(rule.id, rule.name, rule.point) for rule, _ in known] == [(rule.id, item.name, item.point) for rule, item in known]
    assert all(item.unit.dimension is unit(rule.unit or "百万元").dimension for rule, item in known)


def test_every_formula_the_catalogue_names_is_registered() -> None:
    assert {item.formula for item in indicator_catalogue() if item.formula} <= set(FORMULAS)
