"""The verifiable reward of one answer: the calculation right, its unit and sign right, the call well formed, the references valid.

Pure functions from texts to numbers between 0 and 1; nothing is judged by a model. An answer in references is compared with the
reference answer as a function of the figures (see finetune.evaluation.programs); an answer in digits is recomputed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from finetune.evaluation.programs import FIGURE_ID, Program, factor_between, marks_of
from finetune.rows.record import Row
from tools.references import references_of

_OPENING = "[Calculator"
_BRACES = re.compile(r"\{[^{}]*\}")
_REFERENCE = re.compile(r"\{(f\d+(\.[a-z]+)?|[a-z]+)\}")


def call_well_formed(answer: str, reference: str) -> float:
    """The share of calculator calls that can be read; 0 where the reference calls and the answer does not, or the other way round."""
    wanted, begun = reference.count(_OPENING), answer.count(_OPENING)
    if not wanted or not begun:
        return float(wanted == begun)
    return len(marks_of(answer)) / begun


def references_valid(answer: str, reference: str, given: Sequence[str]) -> float:
    """The share of the answer's braces that refer to a given figure, a slot, or a result computed before; 0 for none where some are due."""
    due, braces = _BRACES.findall(reference), _BRACES.findall(answer)
    if not braces:
        return float(not due)
    if answer.count("{") != len(braces) or answer.count("}") != len(braces):
        return 0.0
    known = {*given, *(mark.target for mark in marks_of(answer))}
    right = [brace for brace in braces if _REFERENCE.fullmatch(brace) and (brace[1:-1].partition(".")[0] in known or not FIGURE_ID.search(brace))]
    return len(right) / len(braces)


def recompute_right(answer: str, reference: str, given: Sequence[str]) -> float:
    """1 where the answer computes the same function of the given figures, up to a power of ten or its sign; for a look-up, tells the same figures."""
    if not marks_of(reference):
        return float(set(references_of(reference)) <= set(references_of(answer)) and not marks_of(answer))
    return float(_factor(answer, reference, given) is not None)


def unit_right(answer: str, reference: str, given: Sequence[str]) -> float:
    """1 where the calculation is right with its unit, scale and sign: neither a lost ×100 nor a difference turned round."""
    if not marks_of(reference):
        return recompute_right(answer, reference, given)
    return float(_factor(answer, reference, given) == 1)


def _factor(answer: str, reference: str, given: Sequence[str]) -> Decimal | None:
    """What the answer's last result is of the reference's, ±10^k; None where they are different functions."""
    mine, right = _program(answer, given), _program(reference, given)
    if mine is None or right is None:
        return None
    values = {key: Decimal(100 + 7 * place) for place, key in enumerate(sorted(set(given)))}
    return factor_between(mine, right, values)


def _program(draft: str, given: Sequence[str]) -> Program | None:
    """The last calculation of a draft over the given figures, with the steps before it."""
    marks = marks_of(draft)
    steps = {mark.target: mark.expression for mark in marks[:-1] if mark.target not in given}
    return Program(marks[-1].expression, steps) if marks else None


def figures_of(prompt: str) -> list[str]:
    """The ids of the figures that a prompt names, in order."""
    return list(dict.fromkeys(FIGURE_ID.findall(prompt)))


def parts(row: Row, answer: str) -> Mapping[str, float]:
    """The four parts of the reward by name, each 0 to 1; what cannot apply to an answer in digits counts as right."""
    if "{" not in row.completion:
        return _written_parts(row, answer)
    given, reference = figures_of(row.prompt), row.completion
    return {
        "recompute": recompute_right(answer, reference, given), "unit": unit_right(answer, reference, given),
        "call": call_well_formed(answer, reference), "references": references_valid(answer, reference, given),
    }


def _written_parts(row: Row, answer: str) -> Mapping[str, float]:
    from finetune.evaluation.recompute import score

    scored = score(row, answer)
    return {
        "recompute": float(scored.final), "unit": float(scored.unit is not False and scored.final), "call": call_well_formed(answer, row.completion),
        "references": float("{" not in answer),
    }


WEIGHTS: Mapping[str, float] = {"recompute": 0.4, "unit": 0.3, "call": 0.15, "references": 0.15}
Reward = Callable[..., list[float]]


def reward_functions(rows: Sequence[Row]) -> list[Reward]:
    """One function for each part, as TRL calls them: (completions, row numbers of the data set in the column "place") → rewards."""

    def function_of(part: str) -> Reward:
        def reward(completions: Sequence[Any], place: Sequence[int], **_: Any) -> list[float]:
            return [parts(rows[number], text_of(completion))[part] for completion, number in zip(completions, place, strict=True)]

        reward.__name__ = part
        return reward

    return [function_of(part) for part in WEIGHTS]


def text_of(completion: Any) -> str:
    """The text of a completion, plain or as turns."""
    return completion if isinstance(completion, str) else str(completion[-1].get("content") or "")
