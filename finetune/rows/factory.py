"""The factory of exercises: endless, verified, deterministic by seed, one at a time.

Every figure is a Figure with an exact Decimal; every result is computed by the project's own calculator and formulas; question
and answer are drafts in references (tools.references), so that no rendering can print a number that the sheet does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import TypeVar, cast

from data.errors import FormulaError, TrainingError, UnitError
from data.figures import Figure
from data.indicators import indicator_catalogue
from finetune.rows import families as plain
from finetune.rows import formula_families as formulas
from finetune.rows.configuration import configured
from finetune.rows.held_out import held_slice, template_held
from finetune.rows.listing import listed, tidy
from finetune.rows.method_texts import method_exercise
from finetune.rows.record import KINDS, Exercise, Kind
from finetune.rows.situation import Draw, Situation
from finetune.rows.wording import choose, covers, over_ids, worded, wordings
from tools.factsheet import FactSheet

KindT = TypeVar("KindT", bound=str)

__all__ = ["FAMILIES", "exercises", "held_slice"]

Family = Callable[[Draw], Situation | None]
FAMILIES: Mapping[str, Family] = {
    "growth": plain.growth_of, "percentage_points": plain.percentage_points_of, "difference": plain.difference_of, "share": plain.share_of,
    "sum": plain.sum_of, "average": plain.average_of, "average_of_banks": plain.average_of_banks, "multiple": plain.multiple_of,
    "cagr": plain.cagr_of, "comparison": plain.comparison_of, "lookup": plain.lookup_of, "trend": plain.trend_of, "ratio": formulas.ratio_of,
    "dupont": formulas.dupont_of,
    "dupont_two": formulas.dupont_two_of, "dupont_steps": formulas.dupont_steps_of, "contribution": formulas.contribution_of,
    "contribution_points": formulas.contribution_points_of, "regulation": formulas.regulation_of, "refusal": formulas.refusal_of,
}
DISTRACTED, ALIASED = 0.28, 0.15
_MOST_TRIES = 5000
# Names that are words of a question, or that a number could run into.
_ODD = re.compile(r"\d|多少|了|？|/|（|怎")
_DIGITS = {True: (("large", 20), ("usual", 50), ("small", 30)), False: (("usual", 65), ("small", 35))}


def exercises(seed: int, counts: Mapping[KindT, int], held: bool | None = None) -> Iterator[Exercise]:
    """So many exercises of each kind, mixed, the same for the same arguments.

    held: False gives only what training may see (`held_slice` is ""), True only what it may not, None both.

    Raises:
        TrainingError: a kind that this factory does not make, or wordings that do not fit their family.
    """
    wanted = {kind: counts[kind] for kind in counts if kind in KINDS and kind != "narration"}
    if unknown := set(counts) - set(wanted):
        raise TrainingError(f"工厂不生成这一类训练数据：{'、'.join(sorted(unknown))}")
    order = Random(f"{seed}:order")
    streams = {kind: _stream(Random(f"{seed}:{kind}:{held}"), cast(Kind, kind), held) for kind in sorted(wanted)}
    left = {kind: wanted[kind] for kind in streams if wanted[kind] > 0}
    while left:
        kind = order.choices(list(left), list(left.values()))[0]
        yield next(streams[kind])
        left[kind] -= 1
        if not left[kind]:
            del left[kind]


def _stream(rng: Random, kind: Kind, held: bool | None) -> Iterator[Exercise]:
    """Exercises of one kind without end."""
    shares = configured("families")[kind]
    names, weights = list(shares), list(shares.values())
    tries = 0
    while True:
        made = _one(rng, kind, rng.choices(names, weights)[0], held)
        tries += 1
        if made is not None and (held is None or bool(held_slice(made)) is held):
            tries = 0
            yield made
        elif tries > _MOST_TRIES:
            raise TrainingError(f"{kind} 类训练数据连续 {_MOST_TRIES} 次生成失败，请检查词表")


def _one(rng: Random, kind: Kind, family: str, held: bool | None) -> Exercise | None:
    """One exercise of a family, or None where what was drawn makes no sense."""
    if family == "method":
        return method_exercise(rng, kind)
    slices = _DIGITS[held is not False]
    draw = Draw(rng, rng.choices([name for name, _ in slices], [weight for _, weight in slices])[0], held)
    try:
        situation = FAMILIES[family](draw)
        return None if situation is None else _exercise(situation, draw, kind, family)
    except (FormulaError, UnitError):
        return None


@dataclass(frozen=True, slots=True)
class _Told:
    """A situation on its sheet: the ids by role, the figures as they are listed, whether something distracts."""

    sheet: FactSheet
    ids: Mapping[str, str]
    listed: Sequence[Figure]
    distracted: bool


def _exercise(situation: Situation, draw: Draw, kind: Kind, family: str) -> Exercise:
    rng, words = draw.rng, wordings()[situation.family]
    asks = [(index, text) for index, text in enumerate(words.ask) if situation.dated or ".period}" not in text]
    if draw.held is False:
        asks = [(index, text) for index, text in asks if not template_held(f"{situation.family}.q{index:02d}")]
    apart = _distraction(situation, rng, [text for _, text in asks])
    if apart:
        asks = [(index, text) for index, text in asks if next(iter(apart)) in covers(text)]
    tells = [(index, text) for index, text in enumerate(words.tell) if situation.dated or ".period}" not in text]
    asked, ask = rng.choice(asks)
    answered, tell = rng.choice(tells)
    told = _on_sheet(situation, next(iter(apart.values()), ()), rng)
    aliases = _aliases(told.sheet, rng)
    relative = not told.distracted and situation.dated
    passage = listed(told.listed, rng, dated=situation.dated, relative=relative, aliases=aliases)
    question = worded(choose(ask, rng), {**situation.words, "givens": passage}, told.ids)
    return Exercise(
        kind=kind, family="refusal" if family == "refusal" else situation.family, sheet=told.sheet, ask=tidy(_aliased(question, told.sheet, aliases)),
        tell=worded(choose(tell, rng), situation.words, told.ids), instruction=rng.choice(words.instruct),
        template=f"{situation.family}.q{asked:02d}.t{answered}", bank=situation.bank, as_of=str(situation.as_of), formula=situation.formula,
        program=over_ids(situation.program, told.ids), digits=draw.digits,
    )


def _distraction(situation: Situation, rng: Random, asks: Sequence[str]) -> dict[str, Sequence[Figure]]:
    """The figures that distract, by what tells them apart; none where no question says it."""
    if rng.random() >= DISTRACTED:
        return {}
    fit = {kind: figures for kind, figures in situation.distractors.items() if figures and any(kind in covers(text) for text in asks)}
    if not fit:
        return {}
    kind = rng.choice(list(fit))
    return {kind: fit[kind]}


def _on_sheet(situation: Situation, apart: Sequence[Figure], rng: Random) -> _Told:
    """The sheet in the order in which the question tells its figures, then what is computed from them."""
    order: list[tuple[str, Figure]] = list(situation.givens.items())
    more = [(f"apart{number}", figure) for number, figure in enumerate(apart)]
    if len(more) == 1 and len(order) == 2:
        order.insert(rng.randint(0, 2), more[0])
    else:
        order = [*more, *order] if rng.random() < 0.4 else [*order, *more]
    sheet = FactSheet()
    numbered = {role: sheet.add(figure) for role, figure in order}
    told = list({figure.id: figure for figure in numbered.values()}.values())
    given = {role: numbered[role] for role in situation.givens}
    computed = dict(given)
    for make in (situation.compute, lambda figures: formulas.last_step(situation, figures)):
        computed |= {role: sheet.add(figure) for role, figure in make(given if make is situation.compute else computed).items()}
    sheet.answers = [computed[role].id for role in situation.answers]
    ids = {role: figure.id for role, figure in computed.items()}
    return _Told(sheet, ids | {key: value for key, value in situation.words.items() if key == "years"}, told, len(told) > len(given))


def _aliases(sheet: FactSheet, rng: Random) -> dict[str, str]:
    """Another name of one indicator by its own name, now and then."""
    if rng.random() >= ALIASED:
        return {}
    figure = rng.choice(sheet.figures)
    names = usable_aliases(figure.indicator_id)
    return {figure.indicator: rng.choice(names)} if names else {}


@lru_cache(maxsize=2048)
def usable_aliases(indicator_id: str) -> tuple[str, ...]:
    """Other names of an indicator that stand in a sentence like its own: no digits, no words of a question, not ambiguous."""
    catalogue = indicator_catalogue()
    if indicator_id not in catalogue:
        return ()
    names = catalogue.get(indicator_id).aliases
    return tuple(name for name in names if 2 <= len(name) <= 14 and not _ODD.search(name) and name not in catalogue.ambiguous)


def _aliased(question: str, sheet: FactSheet, aliases: Mapping[str, str]) -> str:
    for figure in sheet:
        if figure.indicator in aliases:
            question = question.replace(f"{{{figure.id}.name}}", aliases[figure.indicator])
    return question
