"""The exact part of attribution: DuPont, the profit walk, parts of a total; laid down as figures that sum to the change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from agents.calculations.desk import Desk
from agents.findings import Finding, FindingKind
from agents.plan import Operation
from data.errors import FormulaError, UnitError
from data.figures import Figure
from data.periods import Period
from data.refusals import Refusal, RefusalCode
from tools.calculator import average as mean
from tools.calculator import ratio
from tools.decomposition import Decomposition, dupont_three, dupont_two, profit_walk, ratio_change, shares_of_change, volume_rate_mix
from tools.derivation import is_amount
from tools.formulas import formulas_for, gather, opening_of
from tools.table_sums import block_above, rows_of

_WALK_ROWS = (
    "operating_income", "taxes_and_surcharges", "operating_expenses", "credit_impairment_loss", "other_asset_impairment_loss", "asset_impairment_loss",
    "other_operating_costs", "operating_profit", "non_operating_net", "non_operating_income", "non_operating_expense", "total_profit", "income_tax",
    "net_profit",
)
_PROFITS = frozenset({"net_profit", "net_profit_attributable", "total_profit", "operating_profit"})
_RETURNS = frozenset({"roe_weighted", "roe_year_end", "roa", "roe_average"})
_DUPONT_KEYS: Mapping[str, tuple[str, ...]] = {
    "net_profit": ("net_profit_attributable", "net_profit"), "operating_income": ("operating_income", "operating_income_ifrs"),
    "assets": ("total_assets",), "equity": ("equity_attributable", "total_equity"),
}


@dataclass(frozen=True)
class Subject:
    """One bank in one period, against a base period."""

    bank: str
    now: Period
    base: Period


def dupont(desk: Desk, operation: Operation) -> None:
    """杜邦: the levels of the factors this period, and the change of ROE over them against the base period."""
    for subject in _subjects(desk, operation):
        now, base = (_dupont_inputs(desk, subject.bank, period) for period in (subject.now, subject.base))
        if now is None:
            desk.gaps.append(_lacking(desk, subject, "杜邦分解需要净利润、营业收入、期初与期末的总资产和净资产"))
            continue
        _dupont_levels(desk, now)
        if base is None:
            desk.remark(f"缺少{subject.base.label(point=False)}的总资产或净资产，只给出本期三因素，不作变动分解")
        else:
            _decomposed(desk, partial(dupont_three, now, base))


def walk(desk: Desk, operation: Operation) -> None:
    """利润表逐步: 营业收入 → 净利润 of each period asked for; rows that are not disclosed are collapsed and said."""
    for bank in desk.plan.slots.banks:
        for period in desk.periods:
            rows = _rows(desk, bank, period)
            if "operating_income" not in rows or "net_profit" not in rows:
                desk.gaps.append(_lacking(desk, Subject(bank, period, period), "利润还原至少需要营业收入与净利润"))
                continue
            desk.answer(*[rows[name] for name in _WALK_ROWS if name in rows])
            _decomposed(desk, partial(profit_walk, rows), ends=(rows["operating_income"], rows["net_profit"]))


def parts(desk: Desk, operation: Operation) -> None:
    """构成: the disclosed parts of a total with their shares, and the growth of the total over them."""
    for bank, indicator in desk.subjects():
        children = [child for child in desk.catalogue if indicator.id in child.parents]
        for period in desk.periods:
            total = desk.value(bank, indicator.id, period)
            found = [f for child in children if (f := desk.finder.find(desk.wanted(bank, child.id, period), compute=False)) is not None]
            if total is None:
                continue
            if not found:
                desk.remark(f"库中没有{desk.bank_name(bank)}{period.label(point=indicator.point)}{indicator.name}的分项")
                desk.answer(total)
                desk.findings.append(Finding(FindingKind.VALUE, {"value": [total.id]}))
                continue
            _remark_uncovered(desk, found, total)
            desk.answer(*found, total)
            desk.findings.append(Finding(FindingKind.TOTAL, {"result": [total.id], "values": [f.id for f in found]}, {"parts": "yes"}))


def _remark_uncovered(desk: Desk, found: Sequence[Figure], total: Figure) -> None:
    """Parts that the catalogue knows of a total need not be all of it: where they do not add up to it, that is said."""
    amounts = [figure for figure in found if figure.quantity.unit.dimension is total.quantity.unit.dimension]
    if is_amount(total.quantity.unit) and len(amounts) == len(found) and block_above(rows_of([*found, total]), len(found)) is None:
        desk.remark(f"所列只是{total.indicator}中库里有的分项，相加不等于合计，不是全部构成")


def why(desk: Desk, operation: Operation) -> None:
    """归因, exact part: the change itself, then the decomposition that fits the indicator."""
    for subject in _subjects(desk, operation):
        for name in desk.plan.slots.indicators or ["net_profit_attributable"]:
            _why(desk, subject, name)


def _why(desk: Desk, subject: Subject, name: str) -> None:
    now = desk.value(subject.bank, name, subject.now)
    base = desk.base(now, subject.bank, name, subject.base) if now else None
    if now is None:
        return
    if base is None:
        desk.gaps.append(desk.finder.gap(desk.wanted(subject.bank, name, subject.base)))
        return
    moved, rate = desk.change(now, base)
    desk.answer(moved, rate)
    ids = {"value": [now.id], "base": [base.id], "amount": [moved.id], **({"rate": [rate.id]} if rate else {})}
    desk.findings.append(Finding(FindingKind.CHANGE, ids))
    if not _explain(desk, subject, name):
        desk.remark(f"库中没有可精确分解{desk.catalogue.get(name).name}变动的分项，只能给出变动本身")


def _explain(desk: Desk, subject: Subject, name: str) -> bool:
    """Lay down the decompositions that the figures allow; whether there was one."""
    before = len(desk.findings)
    if name in _PROFITS:
        now, base = (_rows(desk, subject.bank, period) for period in (subject.now, subject.base))
        if all("operating_income" in side and "net_profit" in side for side in (now, base)):
            _decomposed(desk, lambda: profit_walk(now, base))
    if name in _RETURNS:
        sides = [_dupont_inputs(desk, subject.bank, period) for period in (subject.now, subject.base)]
        if sides[0] is not None and sides[1] is not None:
            first, second = sides[0], sides[1]
            _decomposed(desk, lambda: dupont_two(first, second) if name == "roa" else dupont_three(first, second))
    if name in ("net_interest_income", "net_interest_margin"):
        _volume_rate(desk, subject)
    if len(desk.findings) == before:
        _by_parts(desk, subject, name)
    if len(desk.findings) == before:
        _by_ratio(desk, subject, name)
    return len(desk.findings) > before


def _by_parts(desk: Desk, subject: Subject, name: str) -> None:
    children = [child.id for child in desk.catalogue if name in child.parents]
    totals = [desk.finder.find(desk.wanted(subject.bank, name, period), compute=False) for period in (subject.now, subject.base)]
    sides = [_found(desk, subject.bank, children, period) for period in (subject.now, subject.base)]
    if totals[0] and totals[1] and set(sides[0]) & set(sides[1]):
        one, other = totals[0], totals[1]
        _decomposed(desk, lambda: shares_of_change(one, other, sides[0], sides[1]))


def _by_ratio(desk: Desk, subject: Subject, name: str) -> None:
    """A ratio of two reported figures into the effect of its numerator and of its denominator."""
    indicator = desk.catalogue.get(name)
    for rule in formulas_for(name):
        if len(rule.inputs) != 2:
            continue
        sides = []
        for period in (subject.now, subject.base):
            found, missing = gather(rule.id, period, lambda ids, when: _first(desk, subject.bank, ids, when))
            sides.append(None if missing or len(found) != 2 else [desk.sheet.add(figure) for figure in found.values()])
        if sides[0] and sides[1]:
            pairs = list(zip(sides[0], sides[1], strict=True))
            _decomposed(desk, partial(ratio_change, indicator.name, pairs[0], pairs[1], unit_symbol=indicator.unit.symbol, indicator_id=name))
            return


def _volume_rate(desk: Desk, subject: Subject) -> None:
    keys = {
        "net_interest_income": "net_interest_income", "interest_income": "interest_income", "interest_expense": "interest_expense",
        "average_interest_earning_assets": "interest_earning_assets_average", "average_interest_bearing_liabilities": "interest_bearing_liabilities_average",
    }
    sides = []
    for period in (subject.now, subject.base):
        found = {key: desk.finder.find(desk.wanted(subject.bank, name, period), compute=False) for key, name in keys.items() if name in desk.catalogue}
        sides.append({key: figure for key, figure in found.items() if figure is not None})
    if all({"net_interest_income", "average_interest_earning_assets"} <= set(side) for side in sides):
        _decomposed(desk, lambda: volume_rate_mix(sides[0], sides[1]))


def _decomposed(desk: Desk, build: Callable[[], Decomposition], ends: Sequence[Figure] = ()) -> None:
    try:
        result = build().added_to(desk.sheet)
    except (FormulaError, UnitError) as error:
        desk.remark(str(error))
        return
    if result.note:
        desk.remark(result.note)
    desk.answer(*[part.figure for part in result.parts], result.total)
    words = {"name": result.name, "formula": result.formula, "missing": "、".join(result.missing)}
    ids = {"total": [result.total.id], "parts": [part.figure.id for part in result.parts], "ends": [figure.id for figure in ends]}
    desk.findings.append(Finding(FindingKind.DECOMPOSITION, ids, words))


def _dupont_inputs(desk: Desk, bank: str, period: Period) -> dict[str, Figure] | None:
    """Net profit and income of the period, average assets and equity; None where one is missing."""
    found: dict[str, Figure] = {}
    for key, names in _DUPONT_KEYS.items():
        flow = key in ("net_profit", "operating_income")
        closing = _first(desk, bank, names, period)
        opening = None if flow else _first(desk, bank, names, opening_of(period))
        if closing is None or (opening is None and not flow):
            return None
        kept = desk.sheet.add(closing)
        found[key] = kept if opening is None else desk.sheet.add(mean([desk.sheet.add(opening), kept]))
    return found


def _dupont_levels(desk: Desk, now: Mapping[str, Figure]) -> None:
    margin = desk.sheet.add(_named(ratio(now["net_profit"], now["operating_income"]), "净利率"))
    turnover = desk.sheet.add(_named(ratio(now["operating_income"], now["assets"]), "资产周转率"))
    multiplier = desk.sheet.add(_named(ratio(now["assets"], now["equity"], "倍"), "权益乘数"))
    result = desk.sheet.add(_named(ratio(now["net_profit"], now["equity"]), "净资产收益率（期初期末平均）"))
    desk.answer(result, margin, turnover, multiplier)
    ids = {"total": [result.id], "parts": [margin.id, turnover.id, multiplier.id]}
    desk.findings.append(Finding(FindingKind.DECOMPOSITION, ids, {"dupont": "yes"}))


def _named(figure: Figure, name: str) -> Figure:
    """A ratio under the name that the method gives it."""
    return replace(figure, indicator=name)


def _subjects(desk: Desk, operation: Operation) -> list[Subject]:
    found = []
    for bank in desk.plan.slots.banks:
        for period in desk.periods[-1:]:
            base = desk.base_period(operation, period)
            if base is not None:
                found.append(Subject(bank, period, base))
    return found


def _rows(desk: Desk, bank: str, period: Period) -> dict[str, Figure]:
    return _found(desk, bank, [name for name in _WALK_ROWS if name in desk.catalogue], period)


def _found(desk: Desk, bank: str, names: Sequence[str], period: Period) -> dict[str, Figure]:
    pairs = ((name, desk.finder.find(desk.wanted(bank, name, period), compute=False)) for name in names)
    return {name: figure for name, figure in pairs if figure is not None}


def _first(desk: Desk, bank: str, names: Sequence[str], period: Period) -> Figure | None:
    for name in names:
        if name in desk.catalogue and (figure := desk.finder.reported(desk.wanted(bank, name, period))) is not None:
            return figure
    return None


def _lacking(desk: Desk, subject: Subject, needs: str) -> Refusal:
    text = f"{desk.bank_name(subject.bank)}{subject.now.label(point=False)}的数据不全：{needs}。"
    return Refusal(RefusalCode.NOT_DISCLOSED, text, "请导入该行含利润表与资产负债表的报告后再问。")
