"""Greedy answers of a model in training, in batches: enough to measure it with. Serving has its own engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from finetune.training.evaluation_hook import Turns
from finetune.training.rendering import render


def answers(model: Any, tokenizer: Any, chats: Sequence[Turns], *, max_new_tokens: int = 256, batch_size: int = 16) -> list[str]:
    """The greedy answer to each conversation, in order; the model is left in the mode it was in."""
    import torch

    was_training = model.training
    model.eval()
    order = sorted(range(len(chats)), key=lambda place: len(str(chats[place])))
    found = [""] * len(chats)
    try:
        with torch.no_grad():
            for at in range(0, len(order), batch_size):
                places = order[at : at + batch_size]
                texts = [render(tokenizer, chats[place], generation=True) for place in places]
                batch = tokenizer(
                    texts, return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False, return_token_type_ids=False
                ).to(model.device)  # fmt: skip
                made = model.generate(
                    **batch, max_new_tokens=max_new_tokens, do_sample=False, use_cache=True, pad_token_id=tokenizer.pad_token_id,
                    eos_token_id=tokenizer.eos_token_id, temperature=None, top_p=None, top_k=None,
                )  # fmt: skip
                for place, ids in zip(places, made[:, batch["input_ids"].shape[1] :], strict=True):
                    found[place] = tokenizer.decode(ids, skip_special_tokens=True).strip()
    finally:
        model.train(was_training)
    return found
