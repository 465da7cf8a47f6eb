"""The supervised trainer: TRL's, scored on answers alone, and without its waste on a processor.

On a GPU TRL's fused output layer is used as it is. Its fallback for processors multiplies every position with the vocabulary and
computes entropies nobody reads; here only the positions that are scored reach the output layer. And rows are padded on the right,
where causal attention never looks, so that no attention mask is needed and the fast causal kernel runs.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from finetune.training.rendering import IGNORED

if TYPE_CHECKING:
    import torch

_SCALED = ("final_logit_softcapping", "logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")


def trainer_class() -> type[Any]:
    """The trainer's class; made on call, so that importing this module imports no torch."""
    from trl import SFTTrainer

    class CompletionTrainer(SFTTrainer):
        """TRL's SFTTrainer that sends nothing anywhere and writes no card of its own."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            model: Any = self.model
            base = model.get_base_model() if hasattr(model, "get_base_model") else model
            self.scored_only = not self.padding_free and self.accelerator.device.type == "cpu" and score_completions_only(base)

        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
            if not self.scored_only or return_outputs:
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)  # type: ignore[no-untyped-call]
            own: Any = self.model
            mode = "train" if own.training else "eval"
            outputs = model(input_ids=inputs["input_ids"], labels=inputs["labels"], scored_only=True)
            count = outputs["count"] if num_items_in_batch is None else num_items_in_batch
            loss = outputs["loss"] / max(int(count), 1)
            if self.args.average_tokens_across_devices and num_items_in_batch is not None:
                loss = loss * self.accelerator.num_processes
            self._metrics[mode]["mean_token_accuracy"].append(outputs["correct"] / max(outputs["count"], 1))
            return loss

        def _send_telemetry(self) -> None:
            return

        def create_model_card(self, *args: Any, **kwargs: Any) -> None:
            return

    return CompletionTrainer


def score_completions_only(model: Any) -> bool:
    """Teach a causal model's forward `scored_only=True`: the summed loss of the labelled positions, without other logits.

    False, and nothing is done, where the model scales its logits in a way of its own.
    """
    config = model.config.get_text_config()
    if any(getattr(config, name, None) not in (None, 1, 1.0) for name in _SCALED):
        return False
    original = model.forward

    def forward(self: Any, *args: Any, scored_only: bool = False, labels: torch.Tensor | None = None, **kwargs: Any) -> Any:
        if not scored_only or labels is None:
            return original(*args, **kwargs) if labels is None else original(*args, labels=labels, **kwargs)
        wanted = {name: value for name, value in kwargs.items() if value is not None and name in ("input_ids", "position_ids")}
        hidden = self.base_model(*args, use_cache=False, **wanted).last_hidden_state
        return completion_loss(hidden, labels, self.get_output_embeddings())

    forward.__signature__ = inspect.signature(type(model).forward)  # type: ignore[attr-defined]  # generate() reads it
    model.forward = types.MethodType(forward, model)
    return True


def completion_loss(hidden: torch.Tensor, labels: torch.Tensor, head: Any) -> dict[str, Any]:
    """Summed cross-entropy of the labelled positions, how many there are, and how many are right at the first guess.

    hidden: (rows, length, width). labels: (rows, length), -100 where nothing is scored; position t is scored by hidden t-1.
    """
    from torch.nn import functional

    following = labels[:, 1:]
    mask = following != IGNORED
    target = following[mask]
    logits = head(hidden[:, :-1][mask]).float()
    correct = int((logits.detach().argmax(-1) == target).sum())
    return {"loss": functional.cross_entropy(logits, target.long(), reduction="sum"), "count": int(target.numel()), "correct": correct}


def padded(rows: Sequence[Mapping[str, Any]], padding: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(ids, labels) of rows as (rows, longest), padded on the right."""
    import torch

    longest = max(len(row["input_ids"]) for row in rows)

    def filled(name: str, value: int) -> torch.Tensor:
        return torch.tensor([[*row[name], *[value] * (longest - len(row[name]))] for row in rows])

    return filled("input_ids", padding), filled("labels", IGNORED)
