"""What the open-question analyst may call: LangChain tools with typed schemas over one desk. Every result lands on the fact sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from agents.calculations import decompositions, peers, series, values
from agents.calculations.desk import Desk
from agents.plan import Op, Operation
from data.errors import CaizhiError
from data.figures import Figure, FigureKind
from data.periods import Period
from data.ports import Searcher
from data.units import Quantity, unit
from tools.derivation import derived
from tools.expressions import evaluate

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

Observer = Callable[[str, str], None]
_UNFIT_NAME = re.compile(r"[{}\[\]\d]|.{31}", re.DOTALL)  # printed in the answer: no reference, mark or number may hide in it


class Toolbelt:
    """The tools of one run. Each returns text for the model, and lays figures and findings down for the writer."""

    def __init__(self, desk: Desk, searcher: Searcher, observe: Observer) -> None:
        self._desk = desk
        self._searcher = searcher
        self._observe = observe

    def tools(self) -> list[BaseTool]:
        """The tools with their schemas, taken from the signatures below."""
        from langchain_core.tools import StructuredTool

        functions = (self.lookup_figures, self.compare_banks, self.decompose_change, self.search_knowledge, self.calculate, self.find_entities)
        make = StructuredTool.from_function
        return [make(func=function, name=function.__name__, parse_docstring=False, handle_tool_error=True) for function in functions]

    def lookup_figures(self, bank: str, indicator: str, periods: list[str]) -> str:
        """查已披露或可由公式算出的数。bank 为银行名，indicator 为指标名，periods 为年份列表（如 2022、2023）；多期时给出趋势。"""
        return self._run("lookup_figures", lambda: self._series([bank], [indicator], periods))

    def compare_banks(self, banks: list[str], indicator: str, period: str) -> str:
        """同一期间几家银行同一指标的比较。"""
        return self._run("compare_banks", lambda: self._with(Op.COMPARE, peers.compare, banks, [indicator], [period]))

    def decompose_change(self, bank: str, indicator: str, period: str) -> str:
        """把一家银行某指标本期较上年的变动精确分解（利润表逐步、杜邦、组成部分、分子分母）。"""
        return self._run("decompose_change", lambda: self._with(Op.WHY, decompositions.why, [bank], [indicator], [period]))

    def search_knowledge(self, query: str) -> str:
        """检索口径、方法与监管要求的说明；只作理解用，其中的数字不得写进正文。"""
        return self._run("search_knowledge", lambda: "\n".join(f"{p.title}：{p.text}" for p in self._searcher.search(query, 3)) or "没有找到")

    def calculate(self, expression: str, name: str, unit_symbol: str = "") -> str:
        """用已查到的数做四则运算。expression 只能引用事实编号，例如 (f1-f2)/f2*100；name 为结果名称；unit_symbol 为 %、倍 或空。"""
        return self._run("calculate", lambda: self._calculated(expression, name, unit_symbol))

    def find_entities(self, text: str) -> str:
        """识别一段文字里的公司、指标、数值、时间。"""
        from tools.financial_ner import FinancialNER

        return self._run("find_entities", lambda: str(FinancialNER("rules").extract_entities(text)))

    def _run(self, name: str, work: Callable[[], str]) -> str:
        try:
            result = work()
        except CaizhiError as error:
            result = f"没有结果：{error}"
        self._observe(name, result[:200])
        return result

    def _series(self, banks: Sequence[str], indicators: Sequence[str], periods: list[str]) -> str:
        several = len(periods) > 1
        return self._with(Op.TREND if several else Op.VALUE, series.trend if several else values.values, banks, indicators, periods)

    def _with(self, op: Op, run: Callable[[Desk, Operation], None], banks: Sequence[str], indicators: Sequence[str], periods: Sequence[str]) -> str:
        slots = self._resolved(banks, indicators, periods)
        if isinstance(slots, str):
            return slots
        operation = Operation(op)
        sub = self._desk.narrowed(*slots, operations=[operation])
        known = {figure.id for figure in self._desk.sheet}
        run(sub, operation)
        told = [f"没有：{gap.message}" for gap in sub.gaps]
        sub.gaps.clear()
        self._desk.absorb(sub)
        fresh = [figure for figure in self._desk.sheet if figure.id not in known] or self._desk.sheet.answer_figures()
        return "\n".join([*[self._line(figure) for figure in fresh], *told]) or "没有结果"

    def _resolved(self, banks: Sequence[str], indicators: Sequence[str], periods: Sequence[str]) -> tuple[list[str], list[str], list[str]] | str:
        """Ids for the names that a model gave; a sentence on what is unknown where one does not resolve."""
        if not (banks and indicators and periods):
            return "没有结果：银行、指标、期间都不能为空"
        known_banks = [self._desk.banks.by_name(name) for name in banks]
        known_indicators = [self._desk.catalogue.by_name(name) for name in indicators]
        unknown = [name for name, found in zip([*banks, *indicators], [*known_banks, *known_indicators], strict=True) if found is None]
        if unknown:
            return f"不认识：{'、'.join(unknown)}"
        canonical = [str(Period.parse(text.strip().removesuffix("年").removesuffix("末").removesuffix("年"))) for text in periods]
        return _once(bank.id for bank in known_banks if bank), _once(item.id for item in known_indicators if item), _once(canonical)

    def _calculated(self, expression: str, name: str, unit_symbol: str) -> str:
        if not name.strip() or _UNFIT_NAME.search(name):
            return "没有结果：name 应是不含数字与括号的简短名称"
        figures = {figure.id: figure for figure in self._desk.sheet}
        used = [figures[key] for key in figures if key in _names(expression)]
        if not used or any(token for token in _numbers(expression) if token not in ("100", "1", "2", "4", "12")):
            return "算式只能引用事实编号（如 f1），不能自带数字"
        result: Decimal = evaluate(expression, {key: figure.quantity.value for key, figure in figures.items()})
        kept = self._desk.sheet.add(derived(
            used, Quantity(result, unit(unit_symbol)), indicator=name, formula=f"{name} = {expression}", operation="model_expression",
            kind=FigureKind.COMPUTED, notes=["算式由模型提出，数值由系统按披露数精确计算"], across=True,
        ))
        self._desk.answer(kept)
        return self._line(kept)

    def _line(self, figure: Figure) -> str:
        return f"{figure.id}｜{figure.entity}｜{figure.period_label}｜{figure.indicator}｜{self._desk.sheet.show(figure)}"


def _once(ids: Iterable[str]) -> list[str]:
    """Each id once: a bank compared with itself, or a period twice, is no question."""
    return list(dict.fromkeys(ids))


def _names(expression: str) -> set[str]:
    return set(re.findall(r"f\d+", expression))


def _numbers(expression: str) -> list[str]:
    return re.findall(r"(?<![f\d.])\d+(?:\.\d+)?", expression)
