"""Answers without figures: definitions quoted from the knowledge base, and what the ledger covers."""

from __future__ import annotations

from collections.abc import Sequence

from agents.calculations.desk import Desk
from agents.findings import Finding, FindingKind
from data.facts_table import INDUSTRY_ID
from data.figures import Scope
from data.indicators import Indicator
from data.ports import FigureQuery, FigureStore, Passage
from data.refusals import Refusal, RefusalCode
from tools.definitions import definitions_in

_FEW = 12


def definition(desk: Desk, passages: Sequence[Passage]) -> None:
    """定义: how the reports at hand define it, quoted with their page; then the knowledge base, the indicator's 口径 and regulatory line."""
    indicators = desk.indicators()
    wanted = max(1, min(2, len(indicators)))
    known = [passage for passage in passages if passage.page is None]
    about = [p for p in known if set(p.indicators) & {i.id for i in indicators}]
    texts = _reported(desk, [p for p in passages if p.page is not None], wanted)
    if not indicators and not texts:
        about = known
    texts += [_quoted(passage) for passage in about[:wanted]]
    texts += [_catalogued(indicator) for indicator in indicators if not any(indicator.id in passage.indicators for passage in about[:wanted])]
    if not texts:
        desk.gaps.append(Refusal(RefusalCode.NOT_DISCLOSED, "知识库和指标目录里没有这个概念的解释。", "可换用报告里的标准名称，例如：拨备覆盖率、净息差、杜邦分析。"))
        return
    desk.findings.append(Finding(FindingKind.DEFINITION, {}, {"text": "\n\n".join(texts)}))


def _reported(desk: Desk, passages: Sequence[Passage], count: int) -> list[str]:
    """The reports' own definitions: the surest of each term asked about."""
    names = [name for indicator in desk.indicators() for name in (indicator.name, *indicator.aliases) if name not in desk.plan.terms]
    found = definitions_in([*desk.plan.terms, *names], passages)
    distinct = {each.text: each for each in reversed(found)}
    return [f"**{each.term}**（{each.passage.document}第{each.passage.page}页）：“{each.text}”" for each in found if distinct.pop(each.text, None)][:count]


def coverage(desk: Desk, store: FigureStore) -> None:
    """数据范围: banks and periods of the ledger, what can be asked."""
    entities = [key for key in store.entities_of(FigureQuery()) if key != INDUSTRY_ID]
    lines = ["可以问这些银行的已披露数据（每个数都带出处）："]
    for key in entities:
        periods = store.periods_of(FigureQuery((key,), scope=Scope.GROUP))
        indicators = store.indicators_of(FigureQuery((key,)))
        if periods:
            lines.append(f"- {desk.bank_name(key)}：{periods[0]} 至 {periods[-1]}，{len(indicators)} 个指标")
    names = [desk.catalogue.get(key).name for key in store.indicators_of(FigureQuery()) if key in desk.catalogue]
    lines += ["", f"指标包括：{'、'.join(names[:_FEW * 3])}。", "", "可以查询、同比环比、趋势、比较、排名、占比、复合增速、验算、杜邦与利润分解、口径解释，也可以写报告。"]
    desk.findings.append(Finding(FindingKind.COVERAGE, {}, {"text": "\n".join(lines)}))


def _quoted(passage: Passage) -> str:
    return f"**{passage.title}**：{passage.text}\n依据：{passage.source or passage.document}"


def _catalogued(indicator: Indicator) -> str:
    line = ""
    if indicator.line is not None:
        bound = f"不低于{indicator.line.minimum}" if indicator.line.minimum is not None else f"不高于{indicator.line.maximum}"
        line = f"\n监管要求：{bound}{indicator.unit}（{indicator.line.source}）。{indicator.line.note}"
    return f"**{indicator.name}**：{indicator.caliber}{line}"
