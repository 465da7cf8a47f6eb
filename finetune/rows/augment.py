"""More exercises from one exercise, each as true as the first: other words, another order, another bank, other numbers, other years.

Every result is verified like any row: its steps are computed anew by the same programs, its references are filled, and nothing of
what its words claim (a direction, an order, a plausible range) may have turned. What does not hold is dropped and counted.

Augment after the split, and only the training side: `Augmented.group` is the group of the parent, so that no child of a training row
can be told apart from it as another group.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from random import Random

from data.banks import bank_registry
from data.errors import CaizhiError, PeriodError
from data.figures import Figure
from data.indicators import indicator_catalogue
from data.periods import Period
from finetune.rows.configuration import configured
from finetune.rows.factory import usable_aliases
from finetune.rows.held_out import bank_held, held_slice
from finetune.rows.record import Exercise, Row
from finetune.rows.renderings import render
from finetune.rows.reordering import reordered
from finetune.rows.swapping import renumbered_values, unproved
from tools.factsheet import FactSheet

_PIECE = re.compile(r"\{[^{}]*\}|\[Calculator\([^\[\]]*\)→\{f\d+\}\]")
_YEAR = re.compile(r"(?:19|20)\d{2}|[〇零一二三四五六七八九]{4}年")
_ENDS = "。？！?!"
FIRST_YEAR, LAST_YEAR, FURTHEST = 2005, 2028, 6


@dataclass(frozen=True, slots=True)
class Augmented:
    """An exercise made from another one: how (the method's name), and the group of the parent, in which it must stay."""

    exercise: Exercise
    method: str
    group: str

    def row(self, row: Row) -> Row:
        """A rendering of this exercise, marked with its method and put into the parent's group."""
        return Row(row.messages, {**row.meta, "group": self.group, "augmented": self.method}, row.tools)


@dataclass(slots=True)
class AugmentReport:
    """How many exercises each method made, and why the others were none: not_applicable, unchanged, or what failed to verify."""

    made: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)


def augmented(
    exercises: Iterable[Exercise], seed: int, methods: Iterable[str] = (), *, report: AugmentReport | None = None
) -> Iterator[Augmented]:
    """Children of each exercise, one by each method (all of METHODS, if none are named), the same for the same seed."""
    report = AugmentReport() if report is None else report
    wanted = list(methods) or list(METHODS)
    for number, exercise in enumerate(exercises):
        for method in wanted:
            child = METHODS[method](exercise, Random(f"{seed}:{number}:{method}"))
            if child is None:
                report.dropped[method, "not_applicable"] += 1
            elif (why := fault_of(exercise, child)) is not None:
                report.dropped[method, why] += 1
            else:
                report.made[method] += 1
                yield Augmented(child, method, exercise.group)


def fault_of(parent: Exercise, child: Exercise) -> str | None:
    """Why a child is not given out; None for one that holds: it differs, can be printed and computed, and is held out only if its parent is."""
    if (child.ask, child.tell, child.sheet) == (parent.ask, parent.tell, parent.sheet):
        return "unchanged"
    if held_slice(child) != held_slice(parent):
        return "other_side"
    if unproved(child) - unproved(parent):
        return "not_computable"
    try:
        before, after = render(parent, "plain", ""), render(child, "plain", "")
    except CaizhiError:
        return "not_printable"
    if child.sheet == parent.sheet and before.meta["answer"] != after.meta["answer"]:
        return "other_answer"
    return None


def other_names(exercise: Exercise, rng: Random) -> Exercise | None:
    """One indicator by another of its names, wherever the question names it."""
    named = [figure for figure in exercise.sheet if f"{{{figure.id}.name}}" in exercise.ask and usable_aliases(figure.indicator_id)]
    if not named:
        return None
    chosen = rng.choice(named)
    # The catalogue knows several names; a display name that is no name of its id (a made one) has no other names.
    if indicator_catalogue().get(chosen.indicator_id).name != chosen.indicator:
        return None
    alias = rng.choice(usable_aliases(chosen.indicator_id))
    ask = exercise.ask
    for figure in exercise.sheet:
        if figure.indicator == chosen.indicator:
            ask = ask.replace(f"{{{figure.id}.name}}", alias)
    return replace(exercise, ask=ask)


def other_words(exercise: Exercise, rng: Random) -> Exercise | None:
    """One to three fixed words of question and answer by others of the table."""
    places = [
        (where, piece, match.start(), match[0], instead)
        for where in ("ask", "tell") for say, instead, valid in _synonyms() if valid in (where, "both")
        for piece, literal in enumerate(_literals(getattr(exercise, where))) for match in say.finditer(literal)
    ]  # fmt: skip
    if not places:
        return None
    texts = {where: _split(getattr(exercise, where)) for where in ("ask", "tell")}
    touched: set[tuple[str, int]] = set()
    for where, piece, start, said, instead in rng.sample(places, min(len(places), rng.randint(1, 3))):
        if (where, piece) not in touched:
            touched.add((where, piece))
            literal = texts[where][2 * piece]
            texts[where][2 * piece] = literal[:start] + rng.choice(instead) + literal[start + len(said) :]
    return replace(exercise, ask="".join(texts["ask"]), tell="".join(texts["tell"]))


def politely(exercise: Exercise, rng: Random) -> Exercise:
    """The question with a polite word before or behind it."""
    words = configured("synonyms")
    ask = exercise.ask
    if rng.random() < 0.5 and not ask.startswith(("请", "麻烦", "您好", "帮我", "想")):
        return replace(exercise, ask=rng.choice(words["before"]) + ask)
    return replace(exercise, ask=ask + ("" if ask.endswith(tuple(_ENDS)) else "。") + rng.choice(words["after"]))


def other_order(exercise: Exercise, rng: Random) -> Exercise | None:
    """The given figures told in another order."""
    ask = reordered(exercise.ask, exercise.sheet, rng)
    return None if ask is None else replace(exercise, ask=ask)


def other_bank(exercise: Exercise, rng: Random) -> Exercise | None:
    """Another bank of the registry in place of the exercise's own; None where its name is typed out or stands by its evidence."""
    bank = exercise.bank
    entities = {figure.entity for figure in exercise.sheet}
    if bank not in entities or bank in exercise.ask + exercise.tell or _rests_on_evidence(exercise):
        return None
    pool = [other for other in _free_banks() if other[0] not in entities]
    name, bank_id = rng.choice(pool)

    def moved(figure: Figure) -> Figure:
        swapped = replace(figure, counterpart=name) if figure.counterpart == bank else figure
        return replace(swapped, entity=name, entity_id=bank_id) if figure.entity == bank else swapped

    sheet = FactSheet([moved(figure) for figure in exercise.sheet], list(exercise.sheet.answers))
    return replace(exercise, sheet=sheet, bank=name)


def other_numbers(exercise: Exercise, rng: Random) -> Exercise | None:
    """Other given values, of the same size and order, and every result computed again by the same programs."""
    if _rests_on_evidence(exercise):
        return None
    sheet = renumbered_values(exercise, rng)
    return None if sheet is None else replace(exercise, sheet=sheet)


def other_years(exercise: Exercise, rng: Random) -> Exercise | None:
    """All periods some years earlier or later; None where a year is typed out, or a rule of that year is compared with."""
    if exercise.family == "regulation" or _YEAR.search(exercise.ask + exercise.tell) or _rests_on_evidence(exercise):
        return None
    years = {period.year for figure in exercise.sheet for period in (figure.period, figure.base_period) if period is not None}
    steps = [step for step in range(-FURTHEST, FURTHEST + 1) if step and years and min(years) + step >= FIRST_YEAR and max(years) + step <= LAST_YEAR]
    if not steps:
        return None
    step = rng.choice(steps)
    try:
        figures = [_later(figure, step) for figure in exercise.sheet]
        as_of = str(Period.parse(exercise.as_of).shift_years(step))
    except PeriodError:
        return None
    return replace(exercise, sheet=FactSheet(figures, list(exercise.sheet.answers)), as_of=as_of)


METHODS: Mapping[str, Callable[[Exercise, Random], Exercise | None]] = {
    "other_names": other_names, "other_words": other_words, "politely": politely, "other_order": other_order, "other_bank": other_bank,
    "other_numbers": other_numbers, "other_years": other_years,
}  # fmt: skip


def _rests_on_evidence(exercise: Exercise) -> bool:
    """Whether the figures are a document's or looked up from one: another value, bank or year would make a false citation."""
    return exercise.template.startswith("collect.") or any(figure.evidence for figure in exercise.sheet)


def _later(figure: Figure, step: int) -> Figure:
    base = figure.base_period.shift_years(step) if figure.base_period is not None else None
    # A rate over several years carries them in its name.
    name = re.sub(r"\d{4}", lambda match: str(int(match[0]) + step), figure.indicator)
    return replace(figure, period=figure.period.shift_years(step), base_period=base, indicator=name)


@lru_cache(maxsize=1)
def _free_banks() -> tuple[tuple[str, str], ...]:
    """Name and id of the banks that training may see."""
    return tuple((bank.name, bank.id) for bank in bank_registry() if not bank_held(bank.name))


@lru_cache(maxsize=1)
def _synonyms() -> tuple[tuple[re.Pattern[str], tuple[str, ...], str], ...]:
    return tuple((re.compile(entry["say"]), tuple(entry["instead"]), entry["where"]) for entry in configured("synonyms")["words"])


def _split(draft: str) -> list[str]:
    """Literal pieces at even places, references and calculator marks at odd ones."""
    parts, at = [], 0
    for match in _PIECE.finditer(draft):
        parts += [draft[at : match.start()], match[0]]
        at = match.end()
    return [*parts, draft[at:]]


def _literals(draft: str) -> list[str]:
    return _split(draft)[::2]


