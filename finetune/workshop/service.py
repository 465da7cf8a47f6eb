"""The engine that all steps share: the base with its adapters, asked in batches, and what an answer is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.evaluation.cases import Case, Generator, cases_of
from finetune.evaluation.drafts import read_draft
from finetune.evaluation.frozen import read_items
from finetune.evaluation.recompute import score
from finetune.release.versions import Version
from finetune.training.base_models import resolve_base
from finetune.workshop.plan import Place
from tools.references import references_of

if TYPE_CHECKING:
    from tools.local_model.engine import LocalEngine

BATCH = 64
_ANSWERS = 4096


def name_of(version: Version) -> str:
    """What an adapter is called in the engine."""
    return f"v{version}"


def open_service(base: str) -> LocalEngine:
    """The product's engine on the base, without adapters; its answer cache holds all that a run asks.

    Raises:
        ModelUnavailableError: the base cannot be had.
    """
    from tools.local_model.engine import LocalEngine
    from tools.local_model.loading import ModelSource, open_backend
    from tools.local_model.requests import EngineLimits

    return LocalEngine(open_backend(ModelSource(str(Path(resolve_base(base)).resolve()))), EngineLimits(answers=_ANSWERS))


def generator(engine: LocalEngine, adapter: str, most_tokens: int) -> Generator:
    """Prompts to greedy answers under one adapter ("" for the base), as in service."""
    from tools.local_model.requests import GenerationOptions

    options = GenerationOptions(max_tokens=most_tokens)

    def generate(prompts: Sequence[str]) -> list[str]:
        turns = [engine.submit_messages([{"role": "user", "content": prompt}], options, adapter=adapter) for prompt in prompts]
        return [turn.result().text.strip() for turn in turns]

    return generate


def questions_of(place: Place) -> list[Case]:
    """The frozen questions as cases."""
    return cases_of(read_items(place.questions))


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer. audited: it could be computed and filled, tells a figure (or that one is missing), and the audit let it pass.

    right: by recomputing.
    """

    audited: bool
    right: bool


class Judge:
    """Judges answers to the questions; one that is met again is not judged again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Judged] = {}

    def __call__(self, case: Case, text: str) -> Judged:
        """The verdict over an answer in references."""
        key = (case.id, text)
        if key not in self._known:
            draft = read_draft(text, case)
            sourced = case.refuses or bool(references_of(draft.settled))
            passes = draft.filled is not None and draft.audit is not None and draft.audit.ok
            self._known[key] = Judged(passes and sourced, score(case, text).right)
        return self._known[key]
