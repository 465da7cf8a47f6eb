"""Identities that the figures of one bank, period and scope must satisfy; a failed one is shown, it never drops data.

The tolerance of an identity is what rounding alone can explain: half a unit of the last printed digit of every term, carried
through the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from data.figures import Figure
from data.units import Dimension, Quantity, unit
from tools.derivation import base_value
from tools.exact import exact, last_place
from tools.formatting import format_quantity
from tools.formulas import FORMULAS, Formula


@dataclass(frozen=True, slots=True)
class IdentityResult:
    """One identity: ok is None where figures are missing. left, right and tolerance in base units (元, or 1 for ratios)."""

    name: str
    ok: bool | None
    left: Decimal | None
    right: Decimal | None
    tolerance: Decimal | None
    message: str
    figures: list[str]


@dataclass(frozen=True, slots=True)
class _Term:
    """A value in base units with the error that its printed rounding allows."""

    value: Decimal
    error: Decimal


Terms = Mapping[str, _Term]


@dataclass(frozen=True, slots=True)
class _Identity:
    """left = right over terms; `ordered` reads it as left ≤ right. ids: slots of acceptable indicator ids."""

    name: str
    left: str
    right: tuple[str, ...]
    combine: Callable[[Sequence[_Term]], _Term]
    ordered: bool = False


def _sum(terms: Sequence[_Term]) -> _Term:
    return _Term(sum((t.value for t in terms), Decimal(0)), sum((t.error for t in terms), Decimal(0)))


def _difference(terms: Sequence[_Term]) -> _Term:
    """First less the rest; costs printed in brackets count by their size."""
    first, *rest = terms
    return _Term(first.value - sum((abs(t.value) for t in rest), Decimal(0)), sum((t.error for t in terms), Decimal(0)))


def _product(terms: Sequence[_Term]) -> _Term:
    one, other = terms
    return _Term(one.value * other.value, abs(one.value) * other.error + abs(other.value) * one.error + one.error * other.error)


def _same(terms: Sequence[_Term]) -> _Term:
    return terms[0]


_IDENTITIES = (
    _Identity("不良贷款余额 = 次级类 + 可疑类 + 损失类", "npl_balance", ("substandard_loans", "doubtful_loans", "loss_loans"), _sum),
    _Identity("贷款总额 = 正常类 + 关注类 + 不良贷款", "total_loans", ("normal_loans", "special_mention_loans", "npl_balance"), _sum),
    _Identity("贷款总额 = 公司贷款 + 个人贷款 + 票据贴现", "total_loans", ("corporate_loans", "personal_loans", "discounted_bills"), _sum),
    _Identity("拨贷比 = 不良贷款率 × 拨备覆盖率", "loan_provision_ratio", ("npl_ratio", "provision_coverage"), _product),
    _Identity("总资产 = 总负债 + 股东权益", "total_assets", ("total_liabilities", "total_equity"), _sum),
    _Identity("股东权益 = 归母权益 + 少数股东权益", "total_equity", ("equity_attributable", "minority_interests"), _sum),
    _Identity("利息净收入 = 利息收入 − 利息支出", "net_interest_income", ("interest_income", "interest_expense"), _difference),
    _Identity("营业收入 = 利息净收入 + 非利息净收入", "operating_income", ("net_interest_income", "non_interest_income"), _sum),
    _Identity("净利润 = 利润总额 − 所得税", "net_profit", ("total_profit", "income_tax"), _difference),
    _Identity("核心一级资本充足率 ≤ 一级资本充足率", "cet1_ratio", ("tier1_ratio",), _same, ordered=True),
    _Identity("一级资本充足率 ≤ 资本充足率", "tier1_ratio", ("car",), _same, ordered=True),
    _Identity("核心一级资本净额 ≤ 一级资本净额", "cet1_capital_net", ("tier1_capital_net",), _same, ordered=True),
    _Identity("一级资本净额 ≤ 总资本净额", "tier1_capital_net", ("capital_net",), _same, ordered=True),
)
# Only ratios whose regulatory or disclosed definition is the registry's own; 存贷比 and weighted averages differ by design.
_RECOMPUTED = (
    "npl_ratio", "provision_coverage", "loan_provision_ratio", "special_mention_ratio", "overdue_ratio", "cost_income_ratio",
    "capital_adequacy_ratio", "tier1_ratio", "cet1_ratio", "leverage_ratio", "lcr", "nsfr", "liquidity_ratio",
)


def check_identities(figures: Mapping[str, Figure]) -> list[IdentityResult]:
    """Every identity over indicator id → figure of one bank, period and scope; ok is None where a figure is missing."""
    results = [_checked(identity, figures) for identity in _IDENTITIES]
    return results + [_recomputed(FORMULAS[formula_id], figures) for formula_id in _RECOMPUTED]


def _checked(identity: _Identity, figures: Mapping[str, Figure]) -> IdentityResult:
    ids = (identity.left, *identity.right)
    if absent := [key for key in ids if key not in figures]:
        return _unknown(identity.name, absent, figures, ids)
    if len({(figures[key].quantity.unit.dimension, figures[key].quantity.unit.noun) for key in ids}) > 1:
        return IdentityResult(identity.name, None, None, None, None, f"{identity.name}：单位不是同一类，未检验", [figures[key].id for key in ids])
    with exact():
        left = _term(figures[identity.left])
        right = identity.combine([_term(figures[key]) for key in identity.right])
        tolerance = left.error + right.error
        gap = left.value - right.value
        ok = gap <= tolerance if identity.ordered else abs(gap) <= tolerance
    return _result(identity.name, ok, left.value, right.value, tolerance, [figures[key] for key in ids])


def _recomputed(rule: Formula, figures: Mapping[str, Figure]) -> IdentityResult:
    """A reported ratio against its formula over the same sheet, with the rounding of the inputs carried through."""
    name = f"披露的{rule.name} = 重算值"
    target = rule.indicator_id or rule.id
    chosen = {item.name: next((key for key in item.ids if key in figures), None) for item in rule.inputs}
    absent = [item.ids[0] for item in rule.inputs if chosen[item.name] is None] + ([] if target in figures else [target])
    keys = [key for key in (target, *chosen.values()) if key is not None]
    if absent:
        return _unknown(name, absent, figures, keys)
    top, bottom = (_term(figures[key]) for key in chosen.values() if key is not None)
    if not bottom.value:
        return _unknown(name, [], figures, keys)
    with exact():
        left = _term(figures[target])
        right = abs(top.value) / bottom.value
        tolerance = left.error + (top.error + abs(right) * bottom.error) / abs(bottom.value)
        ok = abs(left.value - right) <= tolerance
    return _result(name, ok, left.value, right, tolerance, [figures[key] for key in keys])


def _term(figure: Figure) -> _Term:
    with exact():
        return _Term(base_value(figure), last_place(figure.quantity.value) / 2 * figure.quantity.unit.factor)


def _unknown(name: str, absent: Sequence[str], figures: Mapping[str, Figure], ids: Sequence[str]) -> IdentityResult:
    why = f"缺少 {'、'.join(absent)}，未检验" if absent else "分母为零，未检验"
    return IdentityResult(name, None, None, None, None, f"{name}：{why}", [figures[key].id for key in ids if key in figures])


def _result(name: str, ok: bool, left: Decimal, right: Decimal, tolerance: Decimal, used: Sequence[Figure]) -> IdentityResult:
    shown = [_shown(value, used[0]) for value in (left, right)]
    verdict = f"成立（{shown[0]} 与 {shown[1]}）" if ok else f"不成立：{shown[0]} 与 {shown[1]}，差额超出四舍五入所能解释的范围"
    return IdentityResult(name, ok, left, right, tolerance, f"{name}：{verdict}", [figure.id for figure in used])


def _shown(value: Decimal, like: Figure) -> str:
    symbol = "%" if like.quantity.unit.dimension is Dimension.RATIO else like.quantity.unit.symbol
    target = unit(symbol)
    with exact():
        return format_quantity(Quantity(value / target.factor, target))
