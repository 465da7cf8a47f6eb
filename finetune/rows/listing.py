"""How the given figures of a question are told: one after the other, in a style, leaving out what repeats the one before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from data.figures import Figure
from data.periods import Part
from finetune.rows.configuration import configured

_OPTIONAL = re.compile(r"\((bank|period|name)\)")
_EMPTY = re.compile(r"（）|^的")
_AFTER_LINES = re.compile(r"\n[，。；]\s*")


def listed(figures: Sequence[Figure], rng: Random, *, dated: bool, relative: bool, aliases: dict[str, str]) -> str:
    """The numbered figures as one passage in references. relative: a base one year before may be said as 去年.

    aliases: other names of indicators by their name, used in place of the reference.
    """
    styles = configured("listing")["styles"]
    name = rng.choice(list(styles))
    style = styles[name]
    if not dated and name in ("lines", "bracket"):
        style = styles["run"]
    said: list[str] = []
    before: Figure | None = None
    turned = relative and rng.random() < 0.35
    for index, figure in enumerate(figures):
        parts = _parts(figure, before, dated=dated, aliases=aliases)
        if turned and index == 1 and before is not None and figure.period == before.period.year_ago():
            parts["period"] = _last_year(figure, rng)
        said.append(_one(style["each"], figure, parts))
        before = figure
    joins = [join for join in style["join"] if len(figures) == 2 or "而" not in join]
    passage = rng.choice(joins).join(said)
    return f"\n{passage}\n" if name == "lines" else passage


def tidy(question: str) -> str:
    """A question without the stops that a listing in lines leaves behind."""
    return _AFTER_LINES.sub("\n", question).strip()


def _parts(figure: Figure, before: Figure | None, *, dated: bool, aliases: dict[str, str]) -> dict[str, str]:
    """The words of a figure that are not those of the one before."""
    new_bank = before is None or before.entity != figure.entity
    new_period = before is None or before.period != figure.period or before.point != figure.point
    new_name = before is None or before.indicator != figure.indicator
    return {
        "bank": f"{{{figure.id}.bank}}" if new_bank else "",
        "period": f"{{{figure.id}.period}}" if new_period and dated else "",
        "name": aliases.get(figure.indicator, f"{{{figure.id}.name}}") if new_name else "",
    }


def _one(pattern: str, figure: Figure, parts: dict[str, str]) -> str:
    text = _OPTIONAL.sub(lambda match: parts[match[1]], pattern)
    text = text.replace("{value}", f"{{{figure.id}}}").replace("{bank}", f"{{{figure.id}.bank}}")
    text = text.replace("{period}", f"{{{figure.id}.period}}").replace("{name}", parts["name"] or f"{{{figure.id}.name}}")
    return _EMPTY.sub("", text)


def _last_year(figure: Figure, rng: Random) -> str:
    words = configured("listing")["last_year"]
    sort = "part" if figure.period.part is not Part.YEAR else "point" if figure.point else "year"
    return str(rng.choice(words[sort]))
