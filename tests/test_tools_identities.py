"""tools.identities: what must add up is checked within rounding, and what is missing is not judged."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.figures import Figure
from tests.figure_factory import figure
from tools.identities import IdentityResult, check_identities


def sheet(**values: str) -> dict[str, Figure]:
    """Figures by indicator id from '123百万元'-like texts: number, then unit."""
    found = {}
    for index, (key, text) in enumerate(values.items(), start=1):
        number = text.rstrip("%亿万百元千")
        found[key] = figure(number, text[len(number) :] or "百万元", id=f"f{index}", indicator=key, indicator_id=key, point=True)
    return found


def named(results: list[IdentityResult], start: str) -> IdentityResult:
    """The one result whose name starts so."""
    (found,) = [result for result in results if result.name.startswith(start)]
    return found


CMB_2023 = sheet(
    npl_ratio="0.95%", provision_coverage="437.70%", loan_provision_ratio="4.14%", npl_balance="61579", total_loans="6508865", loan_allowance="269534",
    total_assets="11028483", total_liabilities="9942754", total_equity="1085729", cet1_ratio="13.73%", tier1_ratio="16.01%", car="17.88%",
)


def test_a_real_balance_sheet_holds() -> None:
    results = check_identities(CMB_2023)
    held = {result.name for result in results if result.ok}
    assert not [result for result in results if result.ok is False]
    assert {
        "拨贷比 = 不良贷款率 × 拨备覆盖率", "总资产 = 总负债 + 股东权益", "一级资本充足率 ≤ 资本充足率", "披露的不良贷款率 = 重算值", "披露的拨备覆盖率 = 重算值", "披露的拨贷比 = 重算值",
    } <= held


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"total_assets": "11028485"}, "总资产 ="), ({"loan_provision_ratio": "4.41%"}, "拨贷比 ="), ({"npl_ratio": "0.59%"}, "披露的不良贷款率"), ({"cet1_ratio": "16.10%"}, "核心一级资本充足率"),
        ({"tier1_ratio": "18.01%"}, "一级资本充足率"),
    ],
)
def test_a_misread_digit_is_caught(change: dict[str, str], name: str) -> None:
    result = named(check_identities({**CMB_2023, **sheet(**change)}), name)
    assert result.ok is False and "不成立" in result.message and result.figures


def test_missing_figures_are_named_and_not_judged() -> None:
    result = named(check_identities(sheet(npl_balance="3", substandard_loans="1", doubtful_loans="1")), "不良贷款余额")
    assert result.ok is None and result.left is None and "loss_loans" in result.message and len(result.figures) == 3
    assert all(item.ok is None for item in check_identities({}))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"npl_balance": "6", "substandard_loans": "1", "doubtful_loans": "2", "loss_loans": "3"}, "不良贷款余额"),
        ({"total_loans": "100", "normal_loans": "95", "special_mention_loans": "3", "npl_balance": "2"}, "贷款总额 = 正常类"),
        ({"total_loans": "100", "corporate_loans": "60", "personal_loans": "30", "discounted_bills": "10"}, "贷款总额 = 公司"),
        ({"net_interest_income": "40", "interest_income": "100", "interest_expense": "60"}, "利息净收入"),
        ({"net_interest_income": "40", "interest_income": "100", "interest_expense": "-60"}, "利息净收入"),
        ({"operating_income": "70", "net_interest_income": "40", "non_interest_income": "30"}, "营业收入"),
        ({"net_profit": "80", "total_profit": "100", "income_tax": "20"}, "净利润"),
        ({"cet1_capital_net": "8", "tier1_capital_net": "8"}, "核心一级资本净额"),
        ({"tier1_capital_net": "8", "capital_net": "9"}, "一级资本净额"),
        ({"total_equity": "9", "equity_attributable": "8", "minority_interests": "1"}, "股东权益"),
    ],
)
def test_each_identity_holds_and_fails(values: dict[str, str], name: str) -> None:
    assert named(check_identities(sheet(**values)), name).ok is True
    first = next(iter(values))
    broken = {**values, first: str(Decimal(values[first]) + 9)}
    assert named(check_identities(sheet(**broken)), name).ok is False


def test_units_are_reconciled_and_rounding_is_forgiven_only_as_far_as_printed() -> None:
    coarse = sheet(total_assets="110284.83亿元", total_liabilities="9942754", total_equity="1085729")
    assert named(check_identities(coarse), "总资产").ok is True
    rounded = sheet(total_assets="110285亿元", total_liabilities="9942754", total_equity="1085729")
    assert named(check_identities(rounded), "总资产").ok is True
    off = sheet(total_assets="110284.85亿元", total_liabilities="9942754", total_equity="1085729")
    assert named(check_identities(off), "总资产").ok is False


def test_values_of_another_dimension_are_not_compared() -> None:
    result = named(check_identities(sheet(total_assets="100%", total_liabilities="1", total_equity="1")), "总资产")
    assert result.ok is None and "单位" in result.message


def test_a_zero_denominator_is_not_judged() -> None:
    result = named(check_identities(sheet(npl_ratio="0%", npl_balance="0", total_loans="0")), "披露的不良贷款率")
    assert result.ok is None and "零" in result.message


def test_a_cost_in_brackets_counts_by_its_size() -> None:
    result = named(check_identities(sheet(cost_income_ratio="30.00%", operating_expenses="-30", operating_income="100")), "披露的成本收入比")
    assert result.ok is True


_CENTS = st.integers(min_value=0, max_value=10**9)


@settings(max_examples=300, deadline=None)
@given(_CENTS, _CENTS, _CENTS)
def test_rounding_alone_never_breaks_an_identity(one: int, two: int, three: int) -> None:
    def rounded(value: int) -> str:
        return str(Decimal(value).scaleb(-3).quantize(Decimal(1)))

    figures = sheet(npl_balance=rounded(one + two + three), substandard_loans=rounded(one), doubtful_loans=rounded(two), loss_loans=rounded(three))
    assert named(check_identities(figures), "不良贷款余额").ok is True


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=1, max_value=10**7), st.integers(min_value=10**6, max_value=10**9))
def test_a_rounded_ratio_always_agrees_with_its_rounded_inputs(bad: int, loans: int) -> None:
    ratio = (Decimal(bad) / Decimal(loans) * 100).quantize(Decimal("0.01"))
    figures = sheet(npl_ratio=f"{ratio}%", npl_balance=str(bad), total_loans=str(loans))
    assert named(check_identities(figures), "披露的不良贷款率").ok is True
