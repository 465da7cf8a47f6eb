"""What caizhi-lm-base reads: fact sheets with what can be said of them, worked questions, and plain prose.

A document is what is given (the sheet, the question) and what is told of it; only the telling is learned, since nobody can guess
which figures a sheet holds. The forms are a textbook's, not the adapter's: which question wants which answer, in which form, is
left to the adapter.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from data.errors import CaizhiError
from data.indicators import indicator_catalogue
from finetune.lm.naming import named
from finetune.rows.printing import visible_sheet
from finetune.rows.record import Exercise
from finetune.rows.renumber import renumbered
from tools.factsheet import FactSheet
from tools.formula_table import FORMULAS
from tools.local_model.prompt import said_of, sheet_text
from tools.references import fill

# Shares of the forms: words with codes, drafts in references, questions worked in references, prose.
FORMS = ("told", "draft", "worked", "prose")
SHARES = (20, 10, 65, 5)
_CALCULATOR = re.compile(r"\[Calculator\([^\[\]→{}]+\)→\{(f\d+)\}\]")
_REFERENCE = re.compile(r"\{(f\d+)(?:\.([a-z]+))?\}")


class Document(NamedTuple):
    """given: what stands before, not learned. told: what is."""

    given: str
    told: str


def documents(exercises: Iterable[Exercise], seed: int) -> Iterator[Document]:
    """One document for each exercise whose answer can be filled in, and now and then a definition; deterministic by seed."""
    rng = random.Random(seed)
    definitions = _definitions()
    for exercise in filter(None, map(named, exercises)):
        form = rng.choices(FORMS, SHARES)[0]
        ordered = renumbered(exercise, rng if form in ("told", "draft") and rng.random() < 0.5 else None)
        try:
            yield _document(ordered, form)
        except CaizhiError:
            continue
        if rng.random() < 0.02:
            yield Document("", rng.choice(definitions))


def _document(exercise: Exercise, form: str) -> Document:
    sheet, slots = exercise.sheet, slots_of(exercise.sheet)
    match form:
        case "told":
            return Document(f"{sheet_text(sheet)}\n#", in_codes(exercise.tell, sheet))
        case "draft":
            return Document(f"{sheet_text(visible_sheet(exercise))}\n:", exercise.tell)
        case "worked":
            shown = visible_sheet(exercise)
            return Document(f"{sheet_text(shown)}\n#{in_codes(exercise.ask, sheet)}\n:", exercise.tell)
    return Document("", f"{fill(exercise.ask, sheet, slots).text}{fill(exercise.tell, sheet, slots).text}")


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
