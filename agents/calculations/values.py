"""Values and their changes: the bread and butter. One bank, one indicator, one period; then the comparative and the change."""

from __future__ import annotations

import re

from agents.calculations.desk import Desk
from agents.findings import Finding, FindingKind
from agents.plan import Op, Operation
from data.errors import PeriodError
from data.figures import Figure
from data.indicators import Indicator, Kind
from data.periods import Period
from data.refusals import Refusal, RefusalCode
from tools.formulas import agreement, formulas_for
from tools.given import given_figures
from tools.lookup import agree

_CLAIM = re.compile(r"\d\s*(?:%|‰|亿|万|个百分点|倍|元).{0,8}(?:吗|么|对不对|对吧|是不是|没错|属实|[?？])")
_CHANGES = (Op.YOY, Op.QOQ, Op.DIFFERENCE)


def values(desk: Desk, _: Operation) -> None:
    """查询: each figure asked for, with the recomputed ratio beside a reported one."""
    for bank, indicator in desk.subjects():
        for period in desk.periods:
            figure = desk.value(bank, indicator.id, period, answer=True)
            if figure is not None:
                _contradict(desk, figure)
                desk.findings.append(_told(desk, figure, _check(desk, figure, bank, indicator, period)))


def changes(desk: Desk, operation: Operation) -> None:
    """同比, 环比, 变动: the figure, its comparative, the change; the one asked for first among the answers."""
    for bank, indicator in desk.subjects():
        for period in desk.periods:
            _change(desk, operation, bank, indicator, period)


def _change(desk: Desk, operation: Operation, bank: str, indicator: Indicator, period: Period) -> None:
    other = _compared(desk, operation, indicator, period)
    now = desk.value(bank, indicator.id, period)
    if now is None or other is None:
        return
    base = desk.base(now, bank, indicator.id, other)
    if base is None and other == period.year_ago() and (printed := desk.printed_change(bank, indicator.id, period, rate=operation.rate)) is not None:
        desk.answer(printed, now)
        desk.findings += [Finding(FindingKind.VALUE, {"value": [each.id]}) for each in (printed, now)]
        return
    if base is None:
        desk.gaps.append(desk.finder.gap(desk.wanted(bank, indicator.id, other)))
        return
    kind = "qoq" if operation.op is Op.QOQ else None
    moved, rate = desk.change(now, base, kind)
    desk.answer(*((rate, moved) if operation.rate and rate is not None else (moved, rate) if operation.op is Op.DIFFERENCE or operation.rate is False else (rate or moved, moved)))
    ids = {"value": [now.id], "base": [base.id], "amount": [moved.id], **({"rate": [rate.id]} if rate else {})}
    desk.findings.append(Finding(FindingKind.CHANGE, ids, {"told": "yes" if desk.plan.has(Op.VALUE, Op.LINE) else ""}))


def _compared(desk: Desk, operation: Operation, indicator: Indicator, period: Period) -> Period | None:
    if operation.op is not Op.QOQ:
        return desk.base_period(operation, period)
    try:
        return Period.parse(operation.base) if operation.base else period.previous_quarter(point=indicator.point)
    except PeriodError as error:
        desk.gaps.append(Refusal(RefusalCode.MISSING_PERIOD, f"{error}。", "可改问同比、较上年末的变动，或指明单季度。"))
        return None


def recompute(desk: Desk, _: Operation) -> None:
    """验算: the ratio by its formula over reported figures, beside the reported ratio, and whether the two agree."""
    named = desk.plan.slots.indicators
    inputs = {key for name in named for rule in formulas_for(name) for item in rule.inputs for key in item.ids}
    targets = [name for name in named if name not in inputs] or named
    for bank, indicator in desk.subjects():
        if indicator.id not in targets:
            continue
        for period in desk.periods:
            wanted = desk.wanted(bank, indicator.id, period)
            computed = desk.finder.recomputed(wanted)
            reported = desk.finder.find(wanted, compute=False)
            if computed is None:
                if reported is not None:
                    desk.answer(reported)
                    desk.findings.append(Finding(FindingKind.VALUE, {"value": [reported.id]}))
                    desk.remark(f"缺少{indicator.name}的分子或分母，只能给出披露值，无法验算")
                else:
                    desk.gaps.append(desk.finder.gap(wanted))
                continue
            desk.answer(computed, reported)
            desk.findings.append(Finding(FindingKind.RECOMPUTED, _recomputed_ids(computed, reported), _agreement(computed, reported)))


def line(desk: Desk, _: Operation) -> None:
    """监管达标: the figure against the regulatory line of its indicator."""
    for bank, indicator in desk.subjects():
        for period in desk.periods:
            figure = desk.value(bank, indicator.id, period, answer=True)
            if figure is None:
                continue
            if indicator.line is None:
                desk.remark(f"{indicator.name}没有统一的监管最低或最高要求")
                continue
            desk.findings.append(Finding(FindingKind.LINE, {"value": [figure.id]}, _line_words(figure, indicator)))


def _contradict(desk: Desk, figure: Figure) -> None:
    """A value that the question claims ("不良率是9.99%吗") and the figure does not bear out is said to be wrong."""
    if not _CLAIM.search(desk.plan.question):
        return
    stated = [item for item in given_figures(desk.plan.question, desk.catalogue, figure.period) if item.indicator_id == figure.indicator_id]
    if stated and not any(agree(item, figure) for item in stated):
        desk.remark("提问中所说的数值与披露数不符，以披露数为准")


def _told(desk: Desk, figure: Figure, computed: Figure | None) -> Finding:
    ids = {"value": [figure.id], **({"computed": [computed.id]} if computed else {})}
    words = {"unit": desk.plan.slots.unit} if desk.plan.slots.unit else {}
    return Finding(FindingKind.VALUE, ids, {**words, **(_agreement(computed, figure) if computed else {})})


def _check(desk: Desk, figure: Figure, bank: str, indicator: Indicator, period: Period) -> Figure | None:
    """A reported ratio and the same one by formula, shown together where the inputs are there."""
    if figure.inputs or indicator.kind is not Kind.RATIO or len(desk.plan.slots.banks) * len(desk.plan.slots.indicators) * len(desk.periods) > 1:
        return None
    return desk.finder.recomputed(desk.wanted(bank, indicator.id, period))


def _recomputed_ids(computed: Figure, reported: Figure | None) -> dict[str, list[str]]:
    return {"computed": [computed.id], "inputs": list(computed.inputs), **({"value": [reported.id]} if reported else {})}


def _agreement(computed: Figure, reported: Figure | None) -> dict[str, str]:
    if reported is None:
        return {"agrees": ""}
    return {"agrees": "yes" if agreement(reported, computed).agrees else "no"}


def _line_words(figure: Figure, indicator: Indicator) -> dict[str, str]:
    limit = indicator.line
    assert limit is not None
    value = figure.quantity.to(indicator.unit).value
    bound = limit.minimum if limit.minimum is not None else limit.maximum
    assert bound is not None
    meets = value >= bound if limit.minimum is not None else value <= bound
    return {
        "meets": "yes" if meets else "no", "sense": "不低于" if limit.minimum is not None else "不高于", "bound": f"{bound}{indicator.unit}",
        "source": limit.source, "note": limit.note,
    }
