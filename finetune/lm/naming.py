"""Answers that name their bank and period: what the model of our own is taught, whatever the wording it was drawn from left out."""

from __future__ import annotations

import re
from dataclasses import replace

from finetune.rows.record import Exercise

# One bank and one date stand behind these results: it can be said before the name.
_OF_ONE_DATE = frozenset({"ratio", "share", "dupont", "dupont_two", "dupont_steps", "regulation"})
# Here a wording without them is left out; the others tell of several banks or dates by their nature.
_NAMED_OR_LEFT_OUT = frozenset({"comparison", "cagr", "multiple", "trend", "growth", "difference", "percentage_points", "lookup"})
_NAME = re.compile(r"\{(f\d+)\.name\}")


def named(exercise: Exercise) -> Exercise | None:
    """The exercise with bank and period in its answer; None where its wording cannot take them."""
    missing = [field for field in ("bank", "period") if f".{field}}}" not in exercise.tell]
    if not missing or not exercise.sheet.answers or exercise.kind in ("narration", "method"):
        return exercise
    if exercise.family in _NAMED_OR_LEFT_OUT:
        return None
    if exercise.family not in _OF_ONE_DATE:
        return exercise
    result = exercise.sheet.answers[0]
    if exercise.family == "share":
        return replace(exercise, tell="".join(f"{{{result}.{field}}}" for field in reversed(missing)) + exercise.tell)
    places = [match for match in _NAME.finditer(exercise.tell) if match[1] == result]
    said = "".join(f"{{{result}.{field}}}" for field in missing)
    if not places:
        return replace(exercise, tell=f"{exercise.tell.rstrip('。')}，即{{{result}.bank}}{{{result}.period}}{{{result}.name}}为{{{result}}}。")
    at = places[-1].start()
    return replace(exercise, tell=exercise.tell[:at] + said + exercise.tell[at:])
