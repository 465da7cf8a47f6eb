"""What caizhi-lm-base reads: fact sheets with what can be said of them, questions with their answers in words, and plain prose.

Nothing here is a training row of the adapter: a document shows sheets and statements (in words and in references) side by side,
so that the model learns to find the figure that a sentence speaks of; which one a question asks for is left to the adapter.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator

from data.errors import CaizhiError
from data.indicators import indicator_catalogue
from finetune.rows.printing import visible_sheet
from finetune.rows.record import Exercise
from finetune.rows.renumber import renumbered
from tools.factsheet import FactSheet
from tools.formula_table import FORMULAS
from tools.local_model.prompt import said_of, sheet_text
from tools.references import fill

# Shares of the forms, in this order: words with codes, drafts in references, questions beside statements, prose.
_FORMS, _SHARES = ("told", "draft", "asked", "prose"), (38, 34, 22, 6)
_CALCULATOR = re.compile(r"\[Calculator\([^\[\]→{}]+\)→\{(f\d+)\}\]")
_REFERENCE = re.compile(r"\{(f\d+)(?:\.([a-z]+))?\}")


def documents(exercises: Iterable[Exercise], seed: int) -> Iterator[str]:
    """One document for each exercise whose answer can be filled in, and now and then a definition; deterministic by seed."""
    rng = random.Random(seed)
    definitions = _definitions()
    for exercise in exercises:
        shuffled = renumbered(exercise, rng if rng.random() < 0.6 else None)
        form = rng.choices(_FORMS, _SHARES)[0]
        try:
            yield _document(shuffled, form)
        except CaizhiError:
            continue
        if rng.random() < 0.04:
            yield rng.choice(definitions)


def _document(exercise: Exercise, form: str) -> str:
    sheet, slots = exercise.sheet, slots_of(exercise.sheet)
    match form:
        case "draft":
            return f"{sheet_text(visible_sheet(exercise))}\n:{exercise.tell}"
        case "told":
            return f"{sheet_text(sheet)}\n#{in_codes(exercise.tell, sheet)}"
        case "asked":
            return f"{sheet_text(sheet)}\n#{in_codes(exercise.ask, sheet)}。{in_codes(exercise.tell, sheet)}"
    return f"{fill(exercise.ask, sheet, slots).text}{fill(exercise.tell, sheet, slots).text}"


def in_codes(draft: str, sheet: FactSheet) -> str:
    """A draft in words, its references said as the sheet's lines say them: b1t0净利润为f1."""
    said = said_of(sheet)

    def one(match: re.Match[str]) -> str:
        return said[match[1]].get(match[2] or "", match[1])

    return _REFERENCE.sub(one, _CALCULATOR.sub(lambda match: match[1], draft))


def slots_of(sheet: FactSheet) -> dict[str, str]:
    """{bank}, {period} and {scope} where the sheet has exactly one of each."""
    found = {
        "bank": {figure.entity for figure in sheet}, "period": {figure.period_label for figure in sheet},
        "scope": {figure.scope.value for figure in sheet}, "name": {figure.indicator for figure in sheet},
    }
    return {name: next(iter(values)) for name, values in found.items() if len(values) == 1}


def _definitions() -> list[str]:
    known = [f"{formula.definition}。{formula.note}" for formula in FORMULAS.values()]
    return known + [f"{indicator.name}：{indicator.caliber}" for indicator in indicator_catalogue() if indicator.caliber]
