"""Pretrain caizhi-lm-base from nothing: `python -m finetune.lm.pretrain --out data/models/caizhi-lm-base`.

A Qwen3-shaped decoder learns to continue the documents of finetune.lm.text, batched by length; one cosine cycle of
AdamW. The weights are kept in half precision; whoever runs them computes in single precision.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from finetune.lm.text import Document, documents
from finetune.lm.tokenizer import END, PAD, train_tokenizer
from finetune.model_folder import write_card, write_manifest
from finetune.rows.factory import exercises
from finetune.rows.narration import narrations

if TYPE_CHECKING:
    import torch

RELEASE = "1.0.0"
NAME = "caizhi-lm-base"
Progress = Callable[[int, int, float], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train on and how. calculations, narrations: exercises made. longest: tokens of the longest
    document. steps: of about `batch_tokens` tokens each."""

    calculations: int = 36_000
    narrations: int = 20_000
    vocabulary: int = 2560
    hidden: int = 192
    layers: int = 5
    heads: int = 4
    key_heads: int = 2
    wide: int = 512
    longest: int = 320
    batch_tokens: int = 3072
    steps: int = 1200
    learning_rate: float = 2.5e-3
    seed: int = 7
    threads: int = 2


class Encoded(NamedTuple):
    """A document's ids; those from `start` on are learned."""

    ids: list[int]
    start: int


def corpus(plan: Plan) -> Iterator[Document]:
    """The documents of a plan, calculations and narrations mixed."""
    share = plan.calculations // 10
    counts = {"qa": 5 * share, "calculation": 4 * share, "method": share}
    rng = random.Random(plan.seed)
    streams = [exercises(plan.seed, counts, held=False), narrations(plan.seed, plan.narrations, held=False)]
    weights = [plan.calculations, plan.narrations]

    def mixed() -> Iterator[Any]:
        while streams:
            at = rng.choices(range(len(streams)), weights)[0]
            item = next(streams[at], None)
            if item is None:
                del streams[at], weights[at]
            else:
                yield item

    return documents(mixed(), plan.seed)


def pretrain(plan: Plan, out: Path, command: str, progress: Progress | None = None, start: Path | None = None) -> dict[str, Any]:
    """Make the text, the tokenizer and the model, and write the folder; its manifest. start: a model to go on from, with its tokenizer."""
    began = time.monotonic()
    texts = list(corpus(plan))
    if start is None:
        train_tokenizer((item.given + item.told for item in texts[:40_000]), out, plan.vocabulary)
    else:
        copy_tokenizer(start, out)
    kept, held = encoded(texts, out, plan.longest)
    model = new_model(plan, out) if start is None else model_from(start, plan)
    losses = fit(plan, model, kept, held, progress)
    save(model, out)
    data = {
        "documents": len(texts), "characters": sum(len(item.given + item.told) for item in texts),
        "tokens": sum(len(item.ids) for item in kept), "seed": plan.seed,
        "sha256": sha256("\n".join(item.given + item.told for item in texts).encode()).hexdigest(), "made_by": "finetune.lm.text over finetune.rows",
    }
    parameters = sum(item.numel() for item in model.parameters())
    before = json.loads((start / "manifest.json").read_text(encoding="utf-8"))["metrics"] if start else {}
    losses["tokens_read_in_all"] = losses["tokens_read"] + before.get("tokens_read_in_all", before.get("tokens_read", 0))
    metrics = {"parameters": parameters, **losses, "train_seconds": round(time.monotonic() - began)}
    manifest = write_manifest(out, command, data, ("torch", "transformers", "tokenizers"), metrics, RELEASE)
    rows = [("measure", "value"), *((name, str(value)) for name, value in {**data, **metrics}.items())]
    words = [__doc__ or "", "Trained on text that this project generates, on no other text. Apache-2.0.", f"Command: `{command}`"]
    write_card(out, f"{NAME} {RELEASE}", words, rows)
    return manifest


def encoded(texts: Sequence[Document], folder: Path, longest: int) -> tuple[list[Encoded], list[Encoded]]:
    """The documents as ids, each ended, and every hundredth apart to measure on; those past `longest` tokens are left out."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    end = int(tokenizer.token_to_id(END) or 0)
    given = tokenizer.encode_batch([text.given for text in texts])
    told = tokenizer.encode_batch([text.told for text in texts])
    both = [Encoded([*one.ids, *two.ids, end], len(one.ids)) for one, two in zip(given, told, strict=True)]
    lines = [item for item in both if len(item.ids) <= longest]
    return [item for number, item in enumerate(lines) if number % 100], [item for number, item in enumerate(lines) if not number % 100]


def batches(documents: Sequence[Encoded], tokens: int, rng: random.Random) -> Iterator[list[Encoded]]:
    """Endless batches of documents of like length, about `tokens` tokens each: hardly any padding, no document cut."""
    while True:
        pool = rng.sample(range(len(documents)), len(documents))
        for at in range(0, len(pool), 4000):
            ready = list[list[Encoded]]()
            batch = list[Encoded]()
            for number in sorted(pool[at : at + 4000], key=lambda number: len(documents[number].ids)):
                if batch and len(documents[number].ids) * (len(batch) + 1) > tokens:
                    ready.append(batch)
                    batch = []
                batch.append(documents[number])
            rng.shuffle(ready)
            yield from ready


def copy_tokenizer(start: Path, out: Path) -> None:
    """The tokenizer of a model to go on from."""
    out.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (out / name).write_bytes((start / name).read_bytes())


def model_from(folder: Path, plan: Plan) -> torch.nn.Module:
    """A model to go on from, in single precision."""
    import torch
    from transformers import Qwen3ForCausalLM

    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    return Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32)


def new_model(plan: Plan, folder: Path) -> torch.nn.Module:
    """The untrained decoder."""
    import torch
    from tokenizers import Tokenizer
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    config = Qwen3Config(  # type: ignore[call-arg]  # unknown names are kept in config.json, which is what they are for
        vocab_size=tokenizer.get_vocab_size(), hidden_size=plan.hidden, num_hidden_layers=plan.layers, num_attention_heads=plan.heads,
        num_key_value_heads=plan.key_heads, head_dim=plan.hidden // plan.heads, intermediate_size=plan.wide, tie_word_embeddings=True,
        max_position_embeddings=2048, prompt_form="references", pad_token_id=tokenizer.token_to_id(PAD),
        eos_token_id=tokenizer.token_to_id(END), bos_token_id=None,
    )
    return Qwen3ForCausalLM(config)


def fit(
    plan: Plan, model: torch.nn.Module, documents: Sequence[Encoded], held: Sequence[Encoded], progress: Progress | None
) -> dict[str, float]:
    """One cosine cycle over the documents; the losses on training and held ones, and the tokens read."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).train()
    decayed = [item for item in model.parameters() if item.dim() > 1]
    plain = [item for item in model.parameters() if item.dim() < 2]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=plan.learning_rate, betas=(0.9, 0.95), fused=True)
    source = batches(documents, plan.batch_tokens, random.Random(plan.seed))
    recent, read = list[float](), 0
    for step in range(plan.steps):
        rate = plan.learning_rate * min(1.0, (step + 1) / 60) * (0.04 + 0.96 * 0.5 * (1 + math.cos(math.pi * step / plan.steps)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        chosen = next(source)
        read += sum(len(item.ids) for item in chosen)
        ids, labels = (item.to(device) for item in padded(chosen))
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            loss = model(input_ids=ids, labels=labels).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        recent = [*recent[-49:], float(loss.detach())]
        if progress is not None and (step + 1) % 25 == 0:
            progress(step + 1, plan.steps, sum(recent) / len(recent))
    with torch.no_grad():
        losses = [float(model(input_ids=ids.to(device), labels=labels.to(device)).loss) for ids, labels in map(padded, ([one] for one in held[:300]))]
    return {"loss": round(sum(recent) / len(recent), 4), "held_loss": round(sum(losses) / max(len(losses), 1), 4), "tokens_read": read}


def padded(chosen: Sequence[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids padded at the right, and labels of what is told (causal attention needs no mask for the padding)."""
    import torch

    longest = max(len(item.ids) for item in chosen)
    ids = torch.tensor([[*item.ids, *[0] * (longest - len(item.ids))] for item in chosen])
    labels = [[*[-100] * item.start, *item.ids[item.start :], *[-100] * (longest - len(item.ids))] for item in chosen]
    return ids, torch.tensor(labels)


def save(model: torch.nn.Module, out: Path) -> None:
    """config.json and model.safetensors, in half precision."""
    import torch

    half: Any = model.to("cpu", torch.float16)
    half.save_pretrained(out, safe_serialization=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Pretrain caizhi-lm-base.")
    parser.add_argument("--out", type=Path, default=Path("data/models") / NAME)
    parser.add_argument("--start", type=Path, default=None, help="a folder to go on from")
    for name, default in ((field, getattr(Plan(), field)) for field in Plan.__dataclass_fields__):
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    given = vars(parser.parse_args())
    out, start = given.pop("out"), given.pop("start")
    options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in given.items() if value != getattr(Plan(), name))
    began = time.monotonic()

    def told(step: int, steps: int, loss: float) -> None:
        print(f"step {step}/{steps} loss {loss:.4f} {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201

    begun = f" --start {start.name if start.is_absolute() else start}" if start else ""
    pretrain(Plan(**given), out, f"python -m finetune.lm.pretrain{begun} {options}".strip(), told, start)


if __name__ == "__main__":
    main()
