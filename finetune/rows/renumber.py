"""The same exercise with its figures in another order under other ids: nothing that a model learns may hang on the order."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from data.figures import FigureKind
from finetune.rows.record import Exercise
from tools.factsheet import FactSheet

_ID = re.compile(r"\bf\d+\b")


def renumbered(exercise: Exercise, rng: random.Random | None = None) -> Exercise:
    """The exercise with its reported figures first, shuffled by `rng`, then the computed ones as the answer comes to them.

    Ids follow the new order in question, answer and program. A calculation that the answer makes thereby gives its result the
    next free id, whether the sheet that a model sees holds the result already or not.
    """
    reported = [figure for figure in exercise.sheet if figure.kind is FigureKind.REPORTED]
    if rng is not None:
        rng.shuffle(reported)
    told_at = {key: place for place, key in reversed(list(enumerate(_ID.findall(exercise.tell))))}
    rest = [figure for figure in exercise.sheet if figure.kind is not FigureKind.REPORTED]
    rest.sort(key=lambda figure: told_at.get(figure.id, len(told_at) + len(exercise.tell)))
    order = [*reported, *rest]
    names = {figure.id: f"f{number}" for number, figure in enumerate(order, start=1)}
    for found in _ID.findall(exercise.tell + exercise.program):
        names.setdefault(found, f"f{len(names) + 1}")

    def told(text: str) -> str:
        return _ID.sub(lambda match: names.get(match[0], match[0]), text)

    figures = [replace(figure, id=names[figure.id], inputs=[names.get(key, key) for key in figure.inputs]) for figure in order]
    sheet = FactSheet(figures, [names[key] for key in exercise.sheet.answers])
    return replace(exercise, sheet=sheet, ask=told(exercise.ask), tell=told(exercise.tell), program=told(exercise.program))

