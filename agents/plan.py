"""What a question asks for: slots, operations, and the plan that the graph follows. Ids and canonical text only, so that a
plan can be checkpointed, shown, corrected by the user, and validated when a model proposes one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from data.figures import Figure
from data.refusals import Refusal


class Op(StrEnum):
    """One operation over figures."""

    VALUE = "查询"
    YOY = "同比"
    QOQ = "环比"
    DIFFERENCE = "变动"
    CAGR = "复合增速"
    TREND = "趋势"
    COMPARE = "比较"
    RANK = "排名"
    SHARE = "占比"
    AVERAGE = "平均"
    TOTAL = "合计"
    RECOMPUTE = "验算"
    RATIO = "比值"
    EXPRESSION = "算式"
    FORMULA = "自定公式"
    DUPONT = "杜邦分解"
    WALK = "利润分解"
    PARTS = "构成"
    BREAKDOWN = "分布"
    WHY = "归因"
    LINE = "监管达标"
    OVERVIEW = "概览"
    REPORT = "报告"
    DEFINITION = "定义"
    COVERAGE = "数据范围"
    ANALYSIS = "开放分析"
    GENERAL = "通用"


INTENTS: dict[Op, str] = {
    Op.VALUE: "lookup", Op.YOY: "change", Op.QOQ: "change", Op.DIFFERENCE: "change", Op.CAGR: "calculation", Op.TREND: "trend",
    Op.COMPARE: "comparison", Op.RANK: "ranking", Op.SHARE: "calculation", Op.AVERAGE: "calculation", Op.TOTAL: "calculation",
    Op.RECOMPUTE: "calculation", Op.RATIO: "calculation", Op.EXPRESSION: "calculation", Op.FORMULA: "calculation",
    Op.DUPONT: "decomposition", Op.WALK: "decomposition",
    Op.PARTS: "decomposition",
    Op.BREAKDOWN: "decomposition", Op.WHY: "attribution", Op.LINE: "compliance", Op.OVERVIEW: "overview", Op.REPORT: "report",
    Op.DEFINITION: "definition", Op.COVERAGE: "coverage", Op.ANALYSIS: "analysis", Op.GENERAL: "general",
}


@dataclass(frozen=True)
class Term:
    """A formula over indicators: a figure, a number, or terms under a sign.

    sign: + - × ÷, or "" for a figure or a number. indicator: its id; when: "" at the period asked for, "opening" at its opening date,
    "average" the mean of opening and closing. period: its own, canonical, where the question dates each figure. said: the words for it.
    """

    sign: str = ""
    terms: list[Term] = field(default_factory=list)
    indicator: str = ""
    when: str = ""
    period: str = ""
    number: str = ""
    said: str = ""

    def leaves(self) -> list[Term]:
        """The figures of the formula, left to right."""
        return [leaf for term in self.terms for leaf in term.leaves()] if self.sign else [self] if self.indicator else []


@dataclass(frozen=True)
class Operation:
    """An operation and its detail.

    rate: for a change, whether the speed (%) is wanted first (True), the amount (False), or either (None). base: the period
    compared with, canonical, where the question names it. rank_best: for a rank, whether the best (True) or worst comes first.
    against: a second indicator id (share of what, ratio to what; the indicator that a stated formula is of). expression: free arithmetic,
    or a stated formula in words. focus: the bank id whose place in a ranking is asked for. term, name, unit: a stated formula, what the
    question calls its result, and the unit of it ("" where the figures decide). table, page: the table of a document whose rows are told;
    `against` is then the total that they belong to.
    """

    op: Op
    rate: bool | None = None
    base: str | None = None
    highest: bool | None = None
    limit: int = 0
    against: str | None = None
    expression: str = ""
    focus: str = ""
    term: Term | None = None
    name: str = ""
    unit: str = ""
    table: str = ""
    page: int = 0


@dataclass(frozen=True)
class Slots:
    """Resolved slots: bank ids, indicator ids, canonical periods, scope and GAAP ("" = default)."""

    banks: list[str] = field(default_factory=list)
    indicators: list[str] = field(default_factory=list)
    periods: list[str] = field(default_factory=list)
    scope: str = ""
    gaap: str = ""
    unit: str = ""

    def is_empty(self) -> bool:
        """Whether nothing is known yet."""
        return not (self.banks or self.indicators or self.periods or self.scope or self.gaap)


@dataclass(frozen=True)
class Carried:
    """What a conversation hands to its next turn: the slots and operations of the last understood turn, and the turn before."""

    slots: Slots = field(default_factory=Slots)
    operations: list[Operation] = field(default_factory=list)
    earlier: Slots = field(default_factory=Slots)
    pending: bool = False


@dataclass(frozen=True)
class QueryPlan:
    """The plan of one turn. `resolved` is the question in full, `assumptions` what was taken for granted (both shown).

    unexplained: words of the question that nothing accounts for. understood_by: "grammar" or the model that filled a gap.
    given: figures that the question brought along; when there are any, the ledger is left out. terms: the words whose definition
    is asked for, as the question has them.
    """

    question: str
    resolved: str
    intent: str
    slots: Slots
    operations: list[Operation]
    assumptions: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    refusal: Refusal | None = None
    understood_by: str = "grammar"
    carried: Carried = field(default_factory=Carried)
    given: list[Figure] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)

    @property
    def main(self) -> Op:
        """The operation that shapes the answer."""
        return self.operations[0].op if self.operations else Op.GENERAL

    def has(self, *ops: Op) -> bool:
        """Whether any of these operations is asked for."""
        return any(operation.op in ops for operation in self.operations)
