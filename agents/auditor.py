"""审计: every number of the answer bound to the fact sheet, in the right sentence; an unbound number never leaves."""

from __future__ import annotations

import re
from typing import Any

from langgraph.runtime import Runtime

from agents.context import Context
from agents.events import Audited
from agents.findings import FindingKind
from agents.state import AgentState
from agents.writing.sources import with_sources
from data.errors import UnknownReferenceError
from data.periods import Period
from data.refusals import Refusal, RefusalCode
from tools.audit.check import AuditContext, audit_draft
from tools.factsheet import FactSheet
from tools.references import Filled, fill

_MARK = re.compile(r"\[\d{1,3}\]")
_VALUES = ("", "value", "change", "abs")
_QUOTING = (FindingKind.DEFINITION, FindingKind.COVERAGE, FindingKind.LINE, FindingKind.EXPRESSION)


def auditor(state: AgentState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Fill the draft and audit it; say what is wrong, so that it can be revised once."""
    context = runtime.context
    sheet = FactSheet(state.figures, state.answers)
    problems, text, caveats = _audited(state, sheet, context)
    runtime.stream_writer(Audited(context.elapsed_ms(), not problems, problems).to_dict())
    if problems:
        return {"problems": problems, "revisions": state.revisions + 1, "answer": ""}
    return {"problems": [], "answer": text, "caveats": caveats}


def verdict(state: AgentState, runtime: Runtime[Context]) -> str:
    """Where an audited draft goes: out; back to the writer (once to the model, then to the template); to a refusal."""
    if not state.problems:
        return "answered"
    return "unverified" if state.written_by == "template" else "report_writer"


def unverified(state: AgentState) -> Refusal:
    """The refusal of a text that failed the audit, template included."""
    return Refusal(RefusalCode.UNVERIFIED, f"答案未通过数字审计：{(state.problems[0] if state.problems else '有数字没有出处').removesuffix('。')}。", "请换一种问法，或只问其中一个指标。")


def _audited(state: AgentState, sheet: FactSheet, context: Context) -> tuple[list[str], str, list[str]]:
    """Problems (none: it may leave), the text with its sources, the caveats filled in."""
    if not state.draft.strip():
        return ["草稿为空"], "", []
    slots = _slot_words(state, context)
    audit = _context(state, context)
    try:
        filled = fill(state.draft, sheet, slots)
        caveats = [fill(caveat, sheet, slots).text for caveat in state.caveats]
    except UnknownReferenceError as error:
        return [str(error)], "", []
    report = audit_draft(state.draft, filled, sheet, audit)
    if not report.ok:
        return list(report.problems) or ["有数字没有出处"], "", []
    if state.written_by != "template" and not {binding.figure_id for binding in filled.bindings} & set(sheet.answers):
        return ["草稿没有用引用写出任何一个答案"], "", []
    return [], with_sources(_marked(filled, sheet), sheet, caveats), caveats


def _marked(filled: Filled, sheet: FactSheet) -> str:
    """The text, with the source marks of its figures at the end where the writer gave none at all."""
    if _MARK.search(filled.text):
        return filled.text
    numbers = sorted({number for binding in filled.bindings if binding.field in _VALUES for number in sheet.marks(sheet.get(binding.figure_id))})
    return filled.text.rstrip() + "".join(f"[{number}]" for number in numbers)


def _context(state: AgentState, context: Context) -> AuditContext:
    """What the text may lean on besides the sheet: the question's own numbers, quotations, the plan's periods and banks."""
    plan = state.plan
    assert plan is not None
    quotable = [passage.text for passage in state.passages]
    quotable += [word for finding in state.findings if finding.kind in _QUOTING for word in finding.words.values()]
    names = tuple(bank.name for key in plan.slots.banks if (bank := context.banks.get(key)) is not None)
    return AuditContext(banks=names, periods=tuple(Period.parse(text) for text in plan.slots.periods), quotable=tuple(quotable), question=state.question)


def _slot_words(state: AgentState, context: Context) -> dict[str, str]:
    """{bank}, {period}, {scope} and {name}, each only where the question has exactly one."""
    from agents.understanding.wording import bank_names, indicator_names, period_names

    assert state.plan is not None
    slots = state.plan.slots
    found = {
        "bank": bank_names(slots, context.banks), "period": period_names(slots, context.catalogue), "name": indicator_names(slots, context.catalogue),
        "scope": [slots.scope or "集团"],
    }
    return {key: words[0] for key, words in found.items() if len(words) == 1}
