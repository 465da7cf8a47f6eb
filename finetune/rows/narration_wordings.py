"""The wordings of narration exercises: questions and drafts by family of question, and which questions are kept from training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256

from data.catalogue_files import read_yaml_list
from finetune.rows.narration_banks import is_held
from finetune.rows.narration_grammar import Wording, wording
from finetune.rows.narration_values import CONFIGS

UNSEEN = "unseen"


@lru_cache(maxsize=4)
def questions(held: bool | None = None) -> Mapping[str, Sequence[Wording]]:
    """Question wordings by family: all, only the tenth kept from training (True), or only the others (False)."""
    return {
        family: tuple(one for one in found if held is None or is_held_wording(template_of(family, one)) is held)
        for family, found in _by_family("narration_asks.yaml", "asks").items()
    }


@lru_cache(maxsize=1)
def unseen_questions() -> Mapping[str, Sequence[Wording]]:
    """Question wordings that training never meets, by family."""
    return _by_family("narration_unseen.yaml", "asks")


@lru_cache(maxsize=1)
def drafts() -> Mapping[str, Sequence[Wording]]:
    """Wordings of drafts by family."""
    return _by_family("narration_tells.yaml", "tells")


@lru_cache(maxsize=1)
def clauses() -> Mapping[str, Sequence[Wording]]:
    """The clauses that drafts are built from, by name."""
    entries = [entry["clauses"] for entry in read_yaml_list(CONFIGS / "narration_tells.yaml") if "clauses" in entry]
    return {str(name): tuple(wording(str(text)) for text in texts) for found in entries for name, texts in found.items()}


def template_of(family: str, question: Wording, *, unseen: bool = False) -> str:
    """The id of a question wording; it stays the same as long as its text does."""
    return f"{UNSEEN if unseen else 'narration'}.{family}.{sha256(question.text.encode()).hexdigest()[:8]}"


def is_held_wording(template: str) -> bool:
    """Whether the wording of a template id is kept from training."""
    return is_held("wording", template)


def _by_family(file: str, key: str) -> dict[str, tuple[Wording, ...]]:
    return {str(entry["family"]): tuple(wording(str(text)) for text in entry[key]) for entry in read_yaml_list(CONFIGS / file) if key in entry}
