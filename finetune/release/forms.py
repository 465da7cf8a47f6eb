"""The forms that parity compares: a torch model (adapter, merged, int8 multiplied out) and a serving engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.release.loading import load_model, load_tokenizer, load_with_adapter, logits_of
from finetune.release.parity import Form, Golden, Logits
from finetune.release.quantise import load_int8

if TYPE_CHECKING:
    from finetune.rows.record import Exercise, Row
    from tools.local_model.engine import LocalEngine

MOST_TOKENS = 160


class TorchForm:
    """A torch model with its tokenizer, answering greedily under its chat template."""

    def __init__(self, name: str, model: Any, tokenizer: Any, most_tokens: int = MOST_TOKENS) -> None:
        self._name, self._model, self._tokenizer, self._most = name, model, tokenizer, most_tokens
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token

    @property
    def name(self) -> str:
        """Name in the report."""
        return self._name

    def answers(self, prompts: Sequence[str]) -> Sequence[str]:
        """The greedy text after each prompt."""
        from finetune.training.generation import answers

        return answers(self._model, self._tokenizer, [_chat(prompt) for prompt in prompts], max_new_tokens=self._most)

    def logits(self, prompt: str, answer: str) -> Logits:
        """Logits over the rendered prompt and the answer, [tokens, vocabulary]."""
        from finetune.training.rendering import render

        text = render(self._tokenizer, _chat(prompt), generation=True) + answer
        return logits_of(self._model, self._tokenizer(text, add_special_tokens=False)["input_ids"])


class EngineForm:
    """A serving engine with the adapter that it uses; it answers from the queue as in service, and gives no logits."""

    def __init__(self, name: str, engine: LocalEngine, most_tokens: int = MOST_TOKENS) -> None:
        self._name, self._engine, self._most = name, engine, most_tokens

    @property
    def name(self) -> str:
        """Name in the report."""
        return self._name

    def answers(self, prompts: Sequence[str]) -> Sequence[str]:
        """The greedy text after each prompt; batches of at most 64 wait in the queue at a time."""
        from tools.local_model.requests import GenerationOptions

        options, found = GenerationOptions(max_tokens=self._most, cache=False), list[str]()
        for start in range(0, len(prompts), 64):
            turns = [self._engine.submit_messages(_chat(prompt), options) for prompt in prompts[start : start + 64]]
            found += [turn.result().text.strip() for turn in turns]
        return found

    def logits(self, prompt: str, answer: str) -> None:
        """None: a service gives texts."""


def torch_forms(adapter: Path, merged: Path, int8: Path, base: Path | str | None = None) -> list[Form]:
    """Adapter on its base, merged model, and int8 multiplied out, in this order, under the merged model's tokenizer.

    Raises:
        ReleaseError, ModelUnavailableError: one of them cannot be loaded.
    """
    tokenizer = load_tokenizer(merged)
    return [
        TorchForm("adapter", load_with_adapter(adapter, base), tokenizer),
        TorchForm("merged", load_model(merged), tokenizer),
        TorchForm("int8", load_int8(int8), load_tokenizer(int8)),
    ]


def golden_of(items: Sequence[Exercise | Row]) -> list[Golden]:
    """Golden prompts of exercises or rows, with what a right answer holds.

    Raises:
        UnknownReferenceError: an exercise's own drafts do not fill.
    """
    from finetune.evaluation.cases import cases_of

    return [Golden(case.prompt, case) for case in cases_of(items)]


def _chat(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]
