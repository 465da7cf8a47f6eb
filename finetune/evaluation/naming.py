"""Whether an answer in words names the right bank, period and terms, and no other."""

from __future__ import annotations

import re

from finetune.evaluation.cases import Case, banks_in
from finetune.evaluation.times import names_period, years_in
from tools.name_scanner import NameKind, find_names

_SENTENCE = re.compile(r"[。；;\n]")


def bank_right(case: Case, text: str) -> bool | None:
    """Every bank that the reference names is named, and none that neither the sheet, the question nor the reference knows."""
    sheet = case.exercise.sheet if case.exercise else None
    named = banks_in(text, sheet)
    if not case.needed_banks and not named:
        return None
    return case.needed_banks <= named and named <= case.known_banks


def period_right(case: Case, text: str) -> bool | None:
    """Every period of an answer that the reference names is named, and no year that nothing given knows."""
    years = years_in(text)
    if not case.needed_periods and not years:
        return None
    return all(names_period(text, period) for period in case.needed_periods) and years <= case.known_years


def explains(case: Case, text: str) -> bool:
    """For a question without a number to tell (a definition, a method): every indicator of the reference's formulas is named.

    Where the reference has no formula, every indicator that it names.
    """
    sentences = [sentence for sentence in _SENTENCE.split(case.reference) if "=" in sentence or "＝" in sentence]
    wanted = _indicators("。".join(sentences)) or _indicators(case.reference)
    return bool(text.strip()) and wanted <= _indicators(text)


def _indicators(text: str) -> set[str]:
    return {span.ref for span in find_names(text) if span.kind is NameKind.INDICATOR}
