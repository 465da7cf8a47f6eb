"""撰写: a draft in references. A model narrates when one is configured and has not failed the audit; else the deterministic writer."""

from __future__ import annotations

import json
from typing import Any

from langgraph.runtime import Runtime

from agents.context import Context
from agents.events import Written
from agents.findings import Finding, FindingKind
from agents.llm.cache import answer_key
from agents.plan import Op
from agents.prompts.library import prompt, prompt_version
from agents.state import AgentState
from agents.writing.compose import compose
from data.errors import ModelUnavailableError
from data.figures import Figure
from tools.factsheet import FactSheet

_QUOTED = (FindingKind.DEFINITION, FindingKind.COVERAGE, FindingKind.EXPRESSION, FindingKind.LINE)
_MAX_MODEL_FIGURES = 40
REJECTED = "模型的草稿未通过数字审计，改用 template"


def report_writer(state: AgentState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Write the draft of the answer; a model that was sent back once revises, and after that the template writes."""
    context = runtime.context
    sheet = FactSheet(state.figures, state.answers)
    template = compose(sheet, state.findings)
    update: dict[str, Any] = {"draft": template, "written_by": "template"}
    if context.has_model and _narratable(state) and state.revisions <= context.limits.revisions:
        update = _by_model(state, sheet, context)
    elif state.problems and state.written_by != "template":
        update["receipt"] = {**state.receipt, "reason": f"{state.receipt.get('reason', '')}；{REJECTED}"}
    runtime.stream_writer(Written(context.elapsed_ms(), str(update["written_by"])).to_dict())
    return update


def _narratable(state: AgentState) -> bool:
    """Whether a model has something to narrate: figures, and no finding that must be quoted to the letter."""
    plan = state.plan
    quoted = any(finding.kind in _QUOTED for finding in state.findings)
    return plan is not None and plan.main is not Op.COVERAGE and 0 < len(state.figures) <= _MAX_MODEL_FIGURES and not quoted and bool(state.findings)


def _by_model(state: AgentState, sheet: FactSheet, context: Context) -> dict[str, Any]:
    """The model's draft with its receipt; the template's where no model could serve (the receipt then says so)."""
    from agents.llm.exchange import CompletionRequest
    from tools.local_model.reference_chat import with_sheet

    question = state.plan.resolved if state.plan else state.question
    text = prompt(
        "report_writer", question=question, sheet="\n".join(_row(sheet, f) for f in sheet),
        findings="\n".join(_told(finding) for finding in state.findings), caveats="\n".join(state.caveats) or "无",
        problems=f"\n上一稿没有通过审计，请改正：\n{chr(10).join(state.problems)}\n" if state.problems else "",
    )
    request = CompletionRequest(
        purpose="revise" if state.problems else "write", private=context.private, domain_text=state.question, cache_key=_cache_key(text, context),
    )
    try:
        completion = context.models.complete_sync([with_sheet(text, sheet, question)], request=request)
    except ModelUnavailableError as error:
        return {"draft": compose(sheet, state.findings), "written_by": "template", "receipt": _receipt(error.receipt, state)}
    return {"draft": completion.text.strip(), "written_by": completion.receipt.served_by, "receipt": _receipt(completion.receipt, state)}


def _receipt(receipt: object, state: AgentState) -> dict[str, Any]:
    """A receipt as plain values; that of a revision also lists the attempts of the draft that was sent back."""
    to_dict = getattr(receipt, "to_dict", None)
    plain: dict[str, Any] = to_dict() if callable(to_dict) else {}
    if state.problems:
        plain["attempts"] = [*state.receipt.get("attempts", []), *plain.get("attempts", [])]
    return plain


def _cache_key(text: str, context: Context) -> str:
    """Resolved question, figures and findings (all in the prompt's text), ledger and index version, prompt version, models."""
    models = ",".join(f"{status.role}={status.model}" for status in context.models.status())
    parts = {"text": text, "ledger": context.store.version(context.collections), "index": context.searcher.version(), "models": models}
    return answer_key({**parts, "prompt": prompt_version("report_writer")})


def _row(sheet: FactSheet, figure: Figure) -> str:
    base = f"｜对比期 {figure.base_period.label(point=figure.point)}" if figure.base_period else ""
    mark = "｜答案" if figure.id in sheet.answers else ""
    return f"{figure.id}｜{figure.entity}｜{figure.period_label}｜{figure.scope.value}｜{figure.indicator}｜{sheet.show(figure)}{base}｜{figure.kind.value}{mark}"


def _told(finding: Finding) -> str:
    return json.dumps({"kind": finding.kind.value, **finding.ids, **{k: v for k, v in finding.words.items() if v}}, ensure_ascii=False)
