"""Narration exercises: a fact sheet as the graph makes it, a question about it, and a draft in references that passes the audit.

What the model must learn from them is which figure belongs into which clause. Every exercise is filled and audited before it is
given out; what does not pass is dropped and counted.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from data.errors import CaizhiError, FormulaError, PeriodError, UnitError, UnknownReferenceError
from data.figures import Figure
from finetune.rows import narration_causes as causes
from finetune.rows import narration_families as one
from finetune.rows import narration_sets as sets
from finetune.rows.narration_banks import is_held
from finetune.rows.narration_cases import Case, Desk, digits_of
from finetune.rows.narration_grammar import Speaker, Wording
from finetune.rows.narration_wordings import UNSEEN, clauses, drafts, is_held_wording, questions, template_of, unseen_questions
from finetune.rows.record import Exercise
from tools.audit.check import AuditContext, audit_draft
from tools.derivation import is_amount
from tools.local_model.prompt import MOST_FIGURES
from tools.references import fill, references_of

INSTRUCTION = "根据事实表，用引用撰写简洁的分析。"
HELD_SLICES = ("unseen_wording", "template", "bank")
_TRIES = 24
_FAMILIES: Mapping[str, tuple[Callable[[Desk], Case], int]] = {
    "lookup": (one.lookup, 10), "change": (one.change, 12), "lookup_change": (one.lookup_change, 10), "two_periods": (one.two_periods, 6),
    "trend": (one.trend, 9), "compound_growth": (one.compound_growth, 3), "two_banks": (one.two_banks, 6), "peers": (one.peers, 6),
    "ranking": (one.ranking, 4), "average": (one.average, 2), "total": (one.total, 2), "several": (sets.several, 6),
    "several_changes": (sets.several_changes, 4), "margin": (sets.margin, 3), "quality": (sets.quality, 4), "capital": (sets.capital, 3),
    "section": (sets.section, 6), "share": (sets.share, 4), "structure": (sets.structure, 3), "formula": (sets.formula, 4),
    "dupont": (sets.dupont, 3),
    "indicators": (sets.indicators, 2), "share_change": (causes.share_change, 2), "attribution": (causes.attribution, 4),
}


@dataclass
class Rejects:
    """Exercises that were not given out: reasons by family, beside how many were made."""

    made: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)

    def drop(self, family: str, reason: str, example: str) -> None:
        """Count one, and keep the first example of its reason."""
        self.dropped[family, reason] += 1
        self.examples.setdefault((family, reason), example)

    def pass_rate(self, family: str) -> float:
        """The share of a family's exercises that passed; 1.0 where none was made."""
        lost = sum(count for (name, _), count in self.dropped.items() if name == family)
        return 1 - lost / self.made[family] if self.made[family] else 1.0


def narrations(seed: int, count: int, held: bool | None = None, rejects: Rejects | None = None) -> Iterator[Exercise]:
    """`count` verified exercises, the same ones for the same seed.

    held: True gives only those kept from training, a third from each of HELD_SLICES; False only the others; None any but the
    unseen wordings. rejects: counts what was made and dropped.
    """
    counted = rejects if rejects is not None else Rejects()
    chance = random.Random(f"narration {seed} {held}")
    names, weights = list(_FAMILIES), [weight for _, weight in _FAMILIES.values()]
    given = 0
    while given < count:
        family = chance.choices(names, weights)[0]
        slice_name = HELD_SLICES[given % len(HELD_SLICES)] if held else ""
        exercise = _exercise(random.Random(chance.getrandbits(64)), family, held, slice_name, counted)
        if exercise is not None:
            given += 1
            yield exercise


def families() -> tuple[str, ...]:
    """The names of the families of questions."""
    return tuple(_FAMILIES)


def held_slice(exercise: Exercise) -> str:
    """Why an exercise is kept from training: "unseen_wording", "template", "bank"; "" where it is not."""
    if exercise.template.startswith(f"{UNSEEN}."):
        return "unseen_wording"
    if is_held_wording(exercise.template):
        return "template"
    return "bank" if any(is_held("bank", name) for name in {figure.entity for figure in exercise.sheet}) else ""


def _exercise(chance: random.Random, family: str, held: bool | None, slice_name: str, rejects: Rejects) -> Exercise | None:
    """One exercise of a family; None where it had to be dropped."""
    asked = unseen_questions() if slice_name == "unseen_wording" else questions(None if held is None else slice_name == "template")
    if not asked.get(family):
        return None
    rejects.made[family] += 1
    try:
        case = _FAMILIES[family][0](Desk(chance, None if held is None else slice_name == "bank"))
    except (FormulaError, UnitError, PeriodError) as error:
        rejects.drop(family, type(error).__name__, str(error))
        return None
    if len(case.sheet) > MOST_FIGURES:
        rejects.drop(family, "too many figures", str(len(case.sheet)))
        return None
    question = _asked(chance, case, asked[family])
    if question is None:
        rejects.made[family] -= 1
        return None
    ask, wording = question
    tell = _told(chance, case)
    if tell is None:
        rejects.drop(family, "no draft", ask)
        return None
    exercise = Exercise(
        kind="narration", family=family, sheet=case.sheet, ask=ask, tell=tell, instruction=INSTRUCTION,
        template=template_of(family, wording, unseen=slice_name == "unseen_wording"), bank=case.issuers[0].name if len(case.issuers) == 1 else "",
        as_of=str(max(case.periods, key=lambda period: period.sort_key)), formula=case.formula, digits=digits_of(case.sheet),
    )
    problem = problem_of(exercise, case)
    if problem:
        rejects.drop(family, problem[0], problem[1])
        return None
    return exercise


def problem_of(exercise: Exercise, case: Case) -> tuple[str, str] | None:
    """Kind and words of what is wrong with an exercise, None where it may be given out."""
    missing = [key for key in exercise.sheet.answers if key not in references_of(exercise.tell)]
    if missing:
        return "answer untold", f"{missing} {exercise.tell}"
    context = AuditContext(
        banks=tuple(dict.fromkeys(issuer.name for issuer in case.issuers)), periods=tuple(case.periods), question=exercise.ask,
    )
    try:
        filled = fill(exercise.tell, exercise.sheet, {})
        report = audit_draft(exercise.tell, filled, exercise.sheet, context)
    except UnknownReferenceError as error:
        return "reference", f"{error} {exercise.tell}"
    except CaizhiError as error:
        return type(error).__name__, f"{error} {exercise.tell}"
    return None if report.ok else ("audit", f"{report.problems[0]} ← {filled.text} ← {exercise.tell}")


def _asked(chance: random.Random, case: Case, wordings: object) -> tuple[str, Wording] | None:
    speaker = Speaker(chance)
    assert isinstance(wordings, tuple)
    fitting = [wording for wording in wordings if wording.fits(case.tags)]
    while fitting:
        wording = fitting.pop(chance.randrange(len(fitting)))
        ask = speaker.say(wording, case.slots)
        if ask is not None:
            return _with_scope(chance, ask, case), wording
    return None


def _with_scope(chance: random.Random, ask: str, case: Case) -> str:
    """本行 figures are asked for as such."""
    if "own" not in case.tags:
        return ask
    said = chance.choice(("（本行口径）", "（母公司口径）", "，本行口径", "，按母公司口径"))
    return ask.rstrip("？") + said


def _told(chance: random.Random, case: Case) -> str | None:
    """A draft that tells every answer; None where no wording does."""
    speaker = Speaker(chance, clauses(), case.groups, lambda key: _tags(case.sheet.get(key)) if key in case.sheet else frozenset(), _reference)
    fitting = [wording for wording in drafts()[case.family] if wording.fits(case.tags)]
    for _ in range(_TRIES):
        tell = speaker.say(chance.choice(fitting), case.roles)
        if tell is not None and set(case.sheet.answers) <= set(references_of(tell)):
            return tell
    return None


def _reference(figure_id: str, part: str) -> str:
    return f"{{{figure_id}.{part}}}" if part else f"{{{figure_id}}}"


def _tags(figure: Figure) -> frozenset[str]:
    """What the wording of a clause may depend on; all of it stands on the sheet that the model reads."""
    words = {figure.kind.value, figure.operation, "point" if figure.point else "span", "amount" if is_amount(figure.quantity.unit) else "ratio"}
    return frozenset(words | ({"annual"} if figure.period.is_annual else set()) | ({"own"} if figure.scope.value == "本行" else set()))
