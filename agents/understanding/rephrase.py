"""When words that matter stay unexplained, a model may say the question again in catalogue names; the grammar judges the result.

The model never fills a slot itself: its rewording must be understood in full by the same grammar, may not bring in a bank or
a number that neither the question nor the conversation holds, and is shown to the user as an assumption.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agents.plan import Carried, Op, QueryPlan
from agents.prompts.library import prompt
from data.errors import ModelUnavailableError

if TYPE_CHECKING:
    from agents.context import Context

_MAX_CHARS = 200


def rephrased(plan: QueryPlan, carried: Carried, context: Context) -> tuple[QueryPlan | None, dict[str, Any]]:
    """The plan of the model's rewording with the model's receipt; None where it is no better than what the grammar has."""
    from langchain_core.messages import HumanMessage

    from agents.llm.exchange import CompletionRequest

    text = prompt("rephrase", question=plan.question, before=_spoken(carried, context))
    request = CompletionRequest(purpose="plan", private=context.private, max_tokens=120, domain_text=plan.question)
    try:
        completion = context.models.complete_sync([HumanMessage(text)], request=request)
    except ModelUnavailableError as error:
        return None, _receipt(error.receipt)
    receipt = completion.receipt.to_dict()
    wording = completion.text.strip().splitlines()[0][:_MAX_CHARS] if completion.text.strip() else ""
    if not wording or wording == "无" or not _brings_nothing_new(wording, plan.question, carried):
        return None, receipt
    better = context.understanding.plan(wording, carried, context.horizon, context.clock().date())
    if better.refusal is not None or better.unexplained or better.main is Op.GENERAL:
        return None, receipt
    if not _same_banks(better, plan, carried, context.horizon.only_bank()):
        return None, receipt
    note = f"由模型把问题理解为：{wording}"
    return replace(better, question=plan.question, assumptions=[note, *better.assumptions], understood_by=str(receipt["served_by"])), receipt


def _same_banks(better: QueryPlan, plan: QueryPlan, carried: Carried, only: str | None) -> bool:
    """A rewording may name only banks that the grammar saw in the question, that the talk is about, or the only one there is."""
    return set(better.slots.banks) <= {*plan.slots.banks, *carried.slots.banks, *([only] if only else [])}


def _brings_nothing_new(wording: str, question: str, carried: Carried) -> bool:
    """Every digit run of the rewording stands in the question or in the conversation."""
    known = question + " ".join(carried.slots.periods)
    return all(digits in known for digits in re.findall(r"\d+", wording))


def _spoken(carried: Carried, context: Context) -> str:
    names = [bank.name for key in carried.slots.banks if (bank := context.banks.get(key))]
    names += [context.catalogue.get(key).name for key in carried.slots.indicators]
    return "、".join([*names, *carried.slots.periods]) or "无"


def _receipt(receipt: object) -> dict[str, Any]:
    to_dict = getattr(receipt, "to_dict", None)
    return to_dict() if callable(to_dict) else {}
