"""What training never sees: about a tenth of the questions' wordings, of the banks and of the pairs of formula and wording, and large numbers.

Decided by stable hashes of names, so that any run anywhere holds out the same.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from finetune.rows.configuration import configured
from finetune.rows.record import Exercise

ONE_IN = 10
SLICES = ("template", "bank", "formula_template", "digits")


def held_slice(exercise: Exercise) -> str:
    """Why an exercise is held out: "template", "bank", "formula_template" or "digits" (the first that holds), "" for training."""
    question = question_of(exercise.template)
    if template_held(question):
        return "template"
    if any(bank_held(name) for name in {figure.entity for figure in exercise.sheet}):
        return "bank"
    if exercise.formula and pair_held(exercise.formula, question):
        return "formula_template"
    return "digits" if exercise.digits == "large" else ""


def question_of(template: str) -> str:
    """The question's part of a template id (growth.q03.t1 → growth.q03)."""
    return template.rpartition(".")[0]


@lru_cache(maxsize=4096)
def template_held(question: str) -> bool:
    """Whether a question's wording is held out."""
    return _held("template", question)


@lru_cache(maxsize=4096)
def bank_held(name: str) -> bool:
    """Whether a bank is held out; one that is not named (某银行) never is."""
    return name not in _nobody() and _held("bank", name)


@lru_cache(maxsize=65536)
def pair_held(formula: str, question: str) -> bool:
    """Whether a formula is never asked in this wording."""
    return _held("pair", f"{formula}|{question}")


@lru_cache(maxsize=1)
def _nobody() -> frozenset[str]:
    """Names that stand for no bank in particular: 某银行, 监管要求."""
    words = configured("banks")
    return frozenset((*words["unnamed"], *words["lowest"], *words["highest"]))


def _held(kind: str, name: str) -> bool:
    return int.from_bytes(blake2b(f"{kind}:{name}".encode(), digest_size=8).digest(), "big") % ONE_IN == 0
