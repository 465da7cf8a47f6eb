"""The resolved question in words: what is shown to the user, and can be corrected."""

from __future__ import annotations

from agents.plan import Op, Operation, Slots
from data.banks import BankRegistry
from data.facts_table import INDUSTRY, INDUSTRY_ID
from data.indicators import IndicatorCatalogue
from data.periods import Period

_SUFFIX = {
    Op.VALUE: "", Op.TREND: "的趋势", Op.COMPARE: "的比较", Op.RANK: "的排名", Op.CAGR: "的复合增速", Op.DUPONT: "的杜邦分解", Op.WALK: "的利润形成过程",
    Op.PARTS: "的构成", Op.WHY: "变动的归因", Op.DEFINITION: "的定义与口径", Op.RECOMPUTE: "的验算", Op.AVERAGE: "的平均", Op.TOTAL: "的合计",
    Op.LINE: "与监管线的比较", Op.OVERVIEW: "的总体情况", Op.ANALYSIS: "的分析", Op.REPORT: "的报告", Op.YOY: "的同比", Op.QOQ: "的环比",
    Op.DIFFERENCE: "的变动", Op.BREAKDOWN: "的分布", Op.SHARE: "的占比",
}


def bank_names(slots: Slots, banks: BankRegistry) -> list[str]:
    """Display names of the banks of some slots."""
    found = ((bank_id, banks.get(bank_id)) for bank_id in slots.banks)
    return [bank.name if bank else INDUSTRY for bank_id, bank in found if bank is not None or bank_id == INDUSTRY_ID]


def indicator_names(slots: Slots, catalogue: IndicatorCatalogue) -> list[str]:
    """Display names of the indicators of some slots."""
    return [catalogue.get(name).name for name in slots.indicators if name in catalogue]


def period_names(slots: Slots, catalogue: IndicatorCatalogue) -> list[str]:
    """Labels of the periods: as dates when every indicator is read at a date."""
    point = bool(slots.indicators) and all(catalogue.get(name).point for name in slots.indicators if name in catalogue)
    return [Period.parse(period).label(point=point) for period in slots.periods]


def resolved_question(slots: Slots, operations: list[Operation], banks: BankRegistry, catalogue: IndicatorCatalogue) -> str:
    """One line: 招商银行 2023年末 不良贷款率（集团口径），以及变动."""
    if operations[0].op is Op.COVERAGE:
        return "库中有哪些数据"
    who, what, when = bank_names(slots, banks), indicator_names(slots, catalogue), period_names(slots, catalogue)
    if operations[0].op is Op.BREAKDOWN and (total := operations[0].against) and total in catalogue:
        what = [catalogue.get(total).name]
    banks_text = "、".join(who) if len(who) <= 8 else f"{who[0]}等{len(who)}家银行"
    parts = [part for part in (banks_text, "、".join(when), "、".join(what)) if part]
    scope = f"（{slots.scope or '集团'}口径）" if what and operations[0].op is not Op.DEFINITION else ""
    named = [_operation_words(operation, catalogue) for operation in operations]
    first, rest = named[0], [word.removeprefix("的") for word in named[1:] if word]
    return " ".join(parts) + scope + first + (f"，以及{'、'.join(rest)}" if rest else "")


def _operation_words(operation: Operation, catalogue: IndicatorCatalogue) -> str:
    if operation.op is Op.BREAKDOWN and operation.against and operation.against in catalogue:
        return "的构成"
    if operation.op is Op.RATIO and operation.against and operation.against in catalogue:
        return f"与{catalogue.get(operation.against).name}的比值"
    if operation.op is Op.SHARE and operation.against and operation.against in catalogue:
        return f"占{catalogue.get(operation.against).name}的比重"
    if operation.op is Op.FORMULA:
        return f"，按公式 {f'{operation.name} = ' if operation.name else ''}{operation.expression}"
    if operation.base and operation.op is Op.DIFFERENCE:
        return f"的变动（对比{Period.parse(operation.base).label(point=False)}）"
    return _SUFFIX.get(operation.op, "")
