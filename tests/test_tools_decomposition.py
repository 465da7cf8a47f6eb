"""tools.decomposition and tools.walks: parts sum to the change exactly, whatever the order, the signs or the zeros."""

from __future__ import annotations

from decimal import Decimal
from math import isclose, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import FormulaError, UnitError
from data.figures import Figure, FigureKind
from tests.figure_factory import figure
from tools.decomposition import (
    Decomposition,
    Method,
    dupont_three,
    dupont_two,
    product_change,
    profit_walk,
    provision_movement,
    ratio_change,
    shares_of_change,
    volume_rate_mix,
)
from tools.decomposition_methods import close, lmdi, quantum, shapley
from tools.factsheet import FactSheet


def side(period: str, start: int = 1, entity: str = "招商银行", /, **values: str) -> dict[str, Figure]:
    """Amounts of one period by indicator id; figure ids count from `start`."""
    return {
        key: figure(value, id=f"f{start + index}", indicator=key, indicator_id=key, period=period, entity=entity) for index, (key, value) in enumerate(values.items())
    }


def contributions(decomposition: Decomposition) -> dict[str, Decimal]:
    """Name → contribution."""
    return {part.name: part.figure.quantity.value for part in decomposition.parts}


def assert_exact(decomposition: Decomposition, change: Decimal | None = None) -> None:
    """The parts add up to the total, in every decimal context, and to the change where it is given."""
    assert sum(contributions(decomposition).values()) == decomposition.total.quantity.value
    if change is not None:
        assert decomposition.total.quantity.value == change


CMB = side("2023", net_profit="146602", operating_income="339123", assets="10583698", equity="1010884")
CMB_BASE = side("2022", 11, net_profit="138012", operating_income="344783", assets="9693968", equity="902171")


@pytest.mark.parametrize("method", ["lmdi", "shapley"])
def test_dupont_splits_roe_exactly(method: Method) -> None:
    for decompose, names in ((dupont_two, ["资产收益率", "权益乘数"]), (dupont_three, ["净利率", "资产周转率", "权益乘数"])):
        result = decompose(CMB, CMB_BASE, method)
        assert [part.name for part in result.parts] == names and result.method == method
        assert_exact(result, quantum(Decimal(146602) / Decimal(1010884) * 100 - Decimal(138012) / Decimal(902171) * 100))
        assert result.total.quantity.unit.symbol == "个百分点" and result.total.indicator_id == "roe_average" and result.total.operation == "yoy"
        assert result.formula == "净资产收益率 = " + " × ".join(names)
        assert all(part.figure.kind is FigureKind.CHANGE and part.figure.inputs for part in result.parts)
        assert result.note.startswith("方法：LMDI" if method == "lmdi" else "方法：Shapley") and result.missing == []


def test_lmdi_agrees_with_an_independent_calculation_in_floats() -> None:
    result = contributions(dupont_three(CMB, CMB_BASE))
    now, base = [[float(s[k].quantity.value) for k in ("net_profit", "operating_income", "assets", "equity")] for s in (CMB, CMB_BASE)]
    roe = [p / e * 100 for p, _, _, e in (now, base)]
    mean = (roe[0] - roe[1]) / log(roe[0] / roe[1])
    expected = [mean * log((now[i] / now[i + 1]) / (base[i] / base[i + 1])) for i in range(3)]
    assert all(isclose(float(value), other, rel_tol=1e-9) for value, other in zip(result.values(), expected, strict=True))


def test_shapley_of_two_factors_is_the_midpoint_rule() -> None:
    effects = shapley([Decimal(3), Decimal(5)], [Decimal(2), Decimal(7)])
    assert effects == [Decimal(1) * 6, Decimal(-2) * Decimal("2.5")]
    assert shapley([Decimal(4)], [Decimal(1)]) == [Decimal(3)]


@pytest.mark.parametrize("profit", ["0", "-500"])
def test_lmdi_falls_back_to_shapley_on_a_loss_and_says_so(profit: str) -> None:
    loss = side("2023", net_profit=profit, operating_income="100", assets="10000", equity="800")
    result = dupont_three(loss, CMB_BASE)
    assert result.method == "shapley" and "LMDI 不适用" in result.note
    assert_exact(result)
    with pytest.raises(ValueError):
        lmdi([Decimal(profit)], [Decimal(1)])


def test_dupont_refuses_what_it_cannot_divide_or_does_not_have() -> None:
    with pytest.raises(FormulaError, match="零"):
        dupont_two(side("2023", net_profit="1", assets="1", equity="0"), CMB_BASE)
    with pytest.raises(FormulaError, match="operating_income"):
        dupont_three(side("2023", net_profit="1", assets="1", equity="1"), CMB_BASE)
    with pytest.raises(FormulaError, match="方法"):
        dupont_two(CMB, CMB_BASE, "guess")  # type: ignore[arg-type]
    with pytest.raises(FormulaError, match="编号"):
        dupont_two(CMB, {**CMB_BASE, "equity": figure("1", id="", period="2022")})


def test_two_banks_can_be_compared() -> None:
    other = side("2023", 11, "平安银行", net_profit="46455", assets="5454000", equity="453700")
    result = dupont_two(CMB, other)
    assert (result.total.operation, result.total.counterpart) == ("versus", "平安银行") and "不同主体" not in result.note
    assert_exact(result)


def test_nothing_changed_has_no_shares() -> None:
    same = {key: figure(str(item.quantity.value), id=f"g{index}", period="2022") for index, (key, item) in enumerate(CMB.items())}
    result = dupont_three(CMB, same)
    assert all(part.share is None and part.figure.quantity.value == 0 for part in result.parts)
    assert result.total.quantity.value == 0


def test_a_decomposition_goes_onto_a_fact_sheet_with_its_shares() -> None:
    sheet = FactSheet()
    now, base = ({key: sheet.add(item) for key, item in each.items()} for each in (CMB, CMB_BASE))
    numbered = dupont_two(now, base).added_to(sheet)
    assert numbered.total.id in sheet and all(part.figure.id in sheet for part in numbered.parts)
    assert {leaf.id for leaf in sheet.leaves(numbered.parts[0].figure)} <= {item.id for item in (*now.values(), *base.values())}
    shares = [sheet.add(item) for item in numbered.share_figures()]
    assert abs(sum((item.quantity.value for item in shares), Decimal(-100))) < Decimal("1e-20")
    assert shares[0].indicator == "资产收益率贡献率" and shares[0].inputs == [numbered.parts[0].figure.id, numbered.total.id]
    largest = numbered.largest()
    assert largest is not None and abs(largest.figure.quantity.value) == max(abs(value) for value in contributions(numbered).values())
    with pytest.raises(FormulaError, match="编号"):
        dupont_two(now, base).share_figures()


def test_a_product_of_amount_and_rate() -> None:
    now = {"生息资产": figure("1000", id="f1"), "净息差": figure("2.15", "%", id="f2")}
    base = {"生息资产": figure("900", id="f3", period="2022"), "净息差": figure("2.40", "%", id="f4", period="2022")}
    result = product_change("利息净收入", now, base, unit_symbol="百万元", indicator_id="net_interest_income")
    assert_exact(result, Decimal("-0.1"))
    assert result.total.quantity.unit.symbol == "百万元"
    with pytest.raises(FormulaError):
        product_change("x", now, {"净息差": base["净息差"], "生息资产": base["生息资产"]})
    with pytest.raises(FormulaError):
        product_change("x", {}, {})


def test_a_ratio_moves_with_its_numerator_and_its_denominator() -> None:
    bad = figure("61579", id="f1", indicator="不良贷款余额", point=True), figure("58004", id="f2", indicator="不良贷款余额", period="2022", point=True)
    loans = figure("65088.65", "亿元", id="f3", indicator="贷款总额", point=True), figure("6051459", id="f4", indicator="贷款总额", period="2022", point=True)
    result = ratio_change("不良贷款率", bad, loans, indicator_id="npl_ratio")
    parts = contributions(result)
    assert_exact(result)
    assert 0 < parts["不良贷款余额"] and parts["贷款总额"] < 0 and result.total.indicator == "不良贷款率变动" and result.total.indicator_id == "npl_ratio"
    assert result.parts[0].figure.indicator == "不良贷款余额对不良贷款率变动的贡献"
    multiple = ratio_change("权益乘数", loans, bad, unit_symbol="倍")
    assert_exact(multiple)
    assert multiple.total.quantity.unit.symbol == "倍"
    with pytest.raises(FormulaError, match="分母"):
        ratio_change("x", bad, (loans[0], figure("0", id="f5", period="2022")))
    with pytest.raises(UnitError):
        ratio_change("x", bad, (figure("1", "%"), figure("1", "%", id="f5")))


def test_the_growth_of_a_total_by_its_parts_and_the_rest() -> None:
    now, base = side("2023", a="60", b="30"), side("2022", 11, a="50", b="35")
    totals = figure("100", id="f8", indicator="营业收入"), figure("90", id="f9", indicator="营业收入", period="2022")
    result = shares_of_change(*totals, now, base)
    assert contributions(result) == {"a": Decimal(10), "b": Decimal(-5), "其他": Decimal(5)}
    assert [part.share for part in result.parts] == [Decimal(100), Decimal(-50), Decimal(50)] and "余额" in result.note
    whole = shares_of_change(figure("90", id="f8"), figure("85", id="f9", period="2022"), now, base)
    assert list(contributions(whole)) == ["a", "b"] and whole.note == ""
    assert "重叠" in shares_of_change(figure("80", id="f8"), totals[1], now, base).note
    partial = shares_of_change(*totals, now, {"a": base["a"], "c": base["b"]})
    assert partial.missing == ["b", "b"] and contributions(partial)["其他"] == 0
    with pytest.raises(UnitError):
        shares_of_change(*totals, {"a": figure("1", "%")}, {"a": figure("1", "%", id="f2")})
    with pytest.raises(FormulaError, match="比率"):
        shares_of_change(figure("1", "%"), figure("2", "%", id="f2", period="2022"), {}, {})


ONE_SIDED = ("net_interest_income", "average_interest_earning_assets")


def test_net_interest_income_by_volume_rate_and_crossing() -> None:
    now, base = side("2023", **dict(zip(ONE_SIDED, ("240", "12000"), strict=True))), side("2022", 11, **dict(zip(ONE_SIDED, ("250", "10000"), strict=True)))
    result = volume_rate_mix(now, base)
    assert contributions(result) == {"生息资产规模": Decimal(50), "净息差": Decimal(-50), "规模与净息差交叉": Decimal(-10)}
    assert_exact(result, Decimal(-10))
    assert result.total.indicator_id == "net_interest_income" and "基期利率" in result.note
    with pytest.raises(FormulaError, match="average_interest_earning_assets"):
        volume_rate_mix({ONE_SIDED[0]: now[ONE_SIDED[0]]}, base)
    with pytest.raises(FormulaError, match="零"):
        volume_rate_mix(now, {**base, ONE_SIDED[1]: figure("0", id="f12", period="2022")})


def test_both_sides_of_the_balance_sheet_where_they_are_given() -> None:
    keys = ("interest_income", "interest_expense", "average_interest_earning_assets", "average_interest_bearing_liabilities")
    now = side("2023", **dict(zip(keys, ("440", "200", "11000", "10000"), strict=True)))
    base = side("2022", 11, **dict(zip(keys, ("400", "180", "10000", "9000"), strict=True)))
    result = volume_rate_mix(now, base)
    assert contributions(result) == {
        "生息资产规模": Decimal(40), "生息资产收益率": Decimal(0), "资产端规模与收益率交叉": Decimal(0), "计息负债规模": Decimal(-20), "计息负债成本率": Decimal(0),
        "负债端规模与成本率交叉": Decimal(0),
    }
    assert_exact(result, Decimal(20))


FULL = {
    "operating_income": "339123", "taxes_and_surcharges": "2963", "operating_expenses": "111786", "credit_impairment_loss": "41469", "other_asset_impairment_loss": "-191",
    "other_operating_costs": "6475", "operating_profit": "176621", "total_profit": "176618", "income_tax": "28612", "net_profit": "148006",
}


def test_one_period_from_income_to_profit() -> None:
    result = profit_walk(side("2023", **FULL))
    parts = contributions(result)
    assert parts == {
        "营业收入": Decimal(339123), "税金及附加": Decimal(-2963), "业务及管理费": Decimal(-111786), "信用减值损失": Decimal(-41469), "其他资产减值损失": Decimal(191),
        "其他业务成本": Decimal(-6475), "营业外净额": Decimal(-3), "所得税": Decimal(-28612),
    }
    assert_exact(result, Decimal(148006))
    assert result.total.kind is FigureKind.COMPUTED and result.total.base_period is None and result.missing == [] and result.note == ""


def test_costs_printed_in_brackets_give_the_same_walk() -> None:
    negative = {key: (f"{-Decimal(value)}" if key in ("taxes_and_surcharges", "operating_expenses", "credit_impairment_loss", "other_asset_impairment_loss",
                                                    "other_operating_costs", "income_tax") else value) for key, value in FULL.items()}
    result = profit_walk(side("2023", **negative))
    assert contributions(result) == contributions(profit_walk(side("2023", **FULL))) and "负数列示" in result.note


def test_missing_rows_collapse_into_the_exact_remainder() -> None:
    result = profit_walk(side("2023", operating_income="339123", operating_expenses="111786", total_profit="176618", net_profit="148006"))
    assert contributions(result) == {"营业收入": Decimal(339123), "业务及管理费": Decimal(-111786), "所得税": Decimal(-28612), "其他": Decimal(-50719)}
    assert result.missing == ["税金及附加", "信用减值损失", "其他资产减值损失", "其他业务成本", "营业外净额"] and "未取得的税金及附加" in result.note
    bare = profit_walk(side("2023", operating_income="10", net_profit="4"))
    assert contributions(bare) == {"营业收入": Decimal(10), "其他": Decimal(-6)}
    with pytest.raises(FormulaError, match="净利润"):
        profit_walk(side("2023", operating_income="10"))


def test_non_operating_items_and_the_older_impairment_row() -> None:
    rows = {"operating_income": "100", "asset_impairment_loss": "10", "non_operating_income": "5", "non_operating_expense": "2", "income_tax": "20", "net_profit": "73"}
    parts = contributions(profit_walk(side("2017", **rows)))
    assert parts == {"营业收入": 100, "资产减值损失": -10, "营业外净额": 3, "所得税": -20, "其他": 0}
    direct = contributions(profit_walk(side("2017", **{**rows, "non_operating_net": "4"})))
    assert direct["营业外净额"] == 4 and direct["其他"] == -1


def test_the_change_of_profit_by_row() -> None:
    base = {**FULL, "operating_income": "344783", "credit_impairment_loss": "56566", "net_profit": "139294", "income_tax": "25819", "total_profit": "165113"}
    result = profit_walk(side("2023", **FULL), side("2022", 11, **base))
    parts = contributions(result)
    assert parts["营业收入"] == -5660 and parts["信用减值损失"] == 15097 and parts["所得税"] == -2793
    assert_exact(result, Decimal(8712))
    assert result.total.operation == "yoy" and result.total.kind is FigureKind.CHANGE
    less = {key: value for key, value in base.items() if key != "credit_impairment_loss"}
    partial = profit_walk(side("2023", **FULL), side("2022", 11, **less))
    assert "信用减值损失" in partial.missing and "信用减值损失" not in contributions(partial)
    assert_exact(partial, Decimal(8712))
    with pytest.raises(UnitError, match="金额"):
        profit_walk({**side("2023", **FULL), "income_tax": figure("1", "%")})


def test_the_year_of_the_allowance() -> None:
    rows = {"allowance_opening": "261476", "allowance_closing": "269534", "allowance_charge": "46635", "allowance_write_off": "-47967", "allowance_recovery": "9712"}
    result = provision_movement(side("2023", **rows))
    assert contributions(result) == {"本期计提": 46635, "核销及转出": -47967, "收回已核销": 9712, "其他": -322}
    assert_exact(result, Decimal(8058))
    assert result.missing == ["折现转回", "汇率及其他变动"]
    with pytest.raises(FormulaError, match="期初"):
        provision_movement(side("2023", allowance_closing="1"))


def test_the_residual_of_the_last_digit_goes_to_the_largest_part() -> None:
    third = Decimal(1) / 3
    assert close(Decimal(1), [third, third, third], ["b", "a", "c"])[1] == [Decimal("0.333333333333"), Decimal("0.333333333334"), Decimal("0.333333333333")]


_POSITIVE = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("1e5"), places=2)
_ANY = st.decimals(min_value=Decimal("-1e8"), max_value=Decimal("1e8"), places=3)
_NOT_ZERO = _ANY.filter(bool)
_THOUSAND = settings(max_examples=1000, deadline=None)


@_THOUSAND
@given(st.tuples(_ANY, _NOT_ZERO, _NOT_ZERO, _NOT_ZERO), st.tuples(_ANY, _NOT_ZERO, _NOT_ZERO, _NOT_ZERO), st.sampled_from(["lmdi", "shapley"]))
def test_dupont_always_closes(now: tuple[Decimal, ...], base: tuple[Decimal, ...], method: Method) -> None:
    keys = ("net_profit", "operating_income", "assets", "equity")
    sides = [side(period, start, **dict(zip(keys, map(str, values), strict=True))) for period, start, values in (("2023", 1, now), ("2022", 11, base))]
    for decompose in (dupont_two, dupont_three):
        there, back = decompose(sides[0], sides[1], method), decompose(sides[1], sides[0], method)
        assert_exact(there)
        assert {name: -value for name, value in contributions(back).items()} == contributions(there)


@_THOUSAND
@given(st.lists(st.tuples(_POSITIVE, _POSITIVE), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_factors_does_not_matter(pairs: list[tuple[Decimal, Decimal]], random: object) -> None:
    names = [f"因素{index}" for index in range(len(pairs))]
    shuffled = names[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    factors = {name: (figure(str(new), "倍", id=f"{name}n"), figure(str(old), "倍", id=f"{name}b", period="2022")) for name, (new, old) in zip(names, pairs, strict=True)}
    results = [product_change("积", {n: factors[n][0] for n in order}, {n: factors[n][1] for n in order}, unit_symbol="倍") for order in (names, shuffled)]
    assert contributions(results[0]) == contributions(results[1])
    assert_exact(results[0])
    for name, (new, old) in factors.items():
        if all(item[0].quantity == item[1].quantity for other, item in factors.items() if other != name):
            assert (contributions(results[0])[name] > 0) == (new.quantity.value > old.quantity.value) or abs(results[0].total.quantity.value) < Decimal("1e-11")


@_THOUSAND
@given(_ANY, _NOT_ZERO, _ANY, _NOT_ZERO)
def test_ratio_changes_always_close(top: Decimal, bottom: Decimal, old_top: Decimal, old_bottom: Decimal) -> None:
    result = ratio_change(
        "比率", (figure(str(top)), figure(str(old_top), id="f2", period="2022")),
        (figure(str(bottom), id="f3", indicator="分母项"), figure(str(old_bottom), id="f4", indicator="分母项", period="2022")),
    )
    assert_exact(result, quantum((top / bottom - old_top / old_bottom) * 100) if abs(top / bottom) + abs(old_top / old_bottom) < 1000 else None)


@_THOUSAND
@given(st.lists(st.tuples(_ANY, _ANY), max_size=6), _ANY, _ANY)
def test_parts_of_a_growth_always_close(parts: list[tuple[Decimal, Decimal]], now: Decimal, base: Decimal) -> None:
    sides = [side(period, start, **{f"part{i}": str(pair[which]) for i, pair in enumerate(parts)}) for which, (period, start) in enumerate((("2023", 1), ("2022", 21)))]
    result = shares_of_change(figure(str(now), id="f98"), figure(str(base), id="f99", period="2022"), *sides)
    assert_exact(result, now - base)


@_THOUSAND
@given(st.tuples(_ANY, _NOT_ZERO, _ANY, _NOT_ZERO), st.tuples(_ANY, _NOT_ZERO, _ANY, _NOT_ZERO), st.booleans())
def test_volume_and_rate_always_close(now: tuple[Decimal, ...], base: tuple[Decimal, ...], both: bool) -> None:
    keys = ("interest_income", "average_interest_earning_assets", "interest_expense", "average_interest_bearing_liabilities") if both else ONE_SIDED
    sides = [side(p, s, **dict(zip(keys, map(str, values), strict=False))) for p, s, values in (("2023", 1, now), ("2022", 11, base))]
    change = (now[0] - now[2]) - (base[0] - base[2]) if both else now[0] - base[0]
    assert_exact(volume_rate_mix(*sides), change)


@_THOUSAND
@given(st.dictionaries(st.sampled_from(sorted(FULL)), _ANY), st.dictionaries(st.sampled_from(sorted(FULL)), _ANY))
def test_profit_walks_always_close(now: dict[str, Decimal], base: dict[str, Decimal]) -> None:
    ends = {"operating_income": Decimal(100), "net_profit": Decimal(40)}
    sides = [side(period, start, **{key: str(value) for key, value in {**ends, **rows}.items()}) for period, start, rows in (("2023", 1, now), ("2022", 21, base))]
    profits = [each["net_profit"].quantity.value for each in sides]
    assert_exact(profit_walk(sides[0]), profits[0])
    assert_exact(profit_walk(*sides), profits[0] - profits[1])


@_THOUSAND
@given(_ANY, st.lists(_ANY, min_size=1, max_size=8))
def test_closing_moves_one_part_by_the_residual_only(total: Decimal, raw: list[Decimal]) -> None:
    names = [f"n{index}" for index in range(len(raw))]
    whole, parts = close(total, raw, names)
    assert sum(parts) == whole == total
    assert sum(1 for part, value in zip(parts, raw, strict=True) if part != value) <= 1
