"""Train the small cross-encoder from nothing: `python -m finetune.reranker --out data/models/caizhi-reranker`.

A BERT over characters with match flags as token types (see retrieval.search.flagged_bert), trained on groups of the first stage's
candidates for questions on generated reports: one that answers among some that do not, softmax over the group. The expansion
forgets wordings while training, so that the model does not rely on whole matches alone. Exported to ONNX and quantised to int8;
the parity of the two is in the manifest.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.model_folder import write_card, write_manifest
from finetune.retrieval_data import Group, data_hash, groups
from retrieval.search.flagged_bert import CLASS, NUMBER, PAD, SEPARATOR, SPECIALS, TYPES, UNKNOWN, Encoded, Encoder, FlaggedBert, batch
from retrieval.search.match_text import compact

if TYPE_CHECKING:
    import torch
    from torch import Tensor

RELEASE = "1.0.0"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train on and how. others: wrong candidates beside each right one. steps: of `groups_a_step` groups each."""

    reports: int = 160
    per_report: int = 40
    held: int = 6
    others: int = 5
    steps: int = 1600
    groups_a_step: int = 4
    learning_rate: float = 6e-4
    hidden: int = 128
    layers: int = 2
    heads: int = 4
    length: int = 112
    characters: int = 3000
    seed: int = 11
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Example:
    """One group for training, encoded: the right candidate first."""

    encoded: tuple[Encoded, ...]


def train(plan: Plan, out: Path, command: str) -> dict[str, Any]:
    """Train, export, quantise and measure; the manifest."""
    began = time.monotonic()
    made = list(groups(range(2000, 2000 + plan.reports), plan.per_report, forget=0.35))
    vocabulary = vocabulary_of(made, plan.characters)
    encoder = Encoder(vocabulary, plan.length)
    rng = random.Random(plan.seed)
    examples = [example for group in made for example in examples_of(group, encoder, plan.others, rng)]
    model = fit(plan, examples, len(vocabulary))
    out.mkdir(parents=True, exist_ok=True)
    write_tokenizer(out, vocabulary, plan)
    export(model, out, plan)
    held = list(groups(range(910_000, 910_000 + plan.held), plan.per_report, forget=0.35))
    metrics = evaluate(out, held) | {"train_seconds": round(time.monotonic() - began), "parity": parity(model, out, encoder, held)}
    digest = data_hash([passage.text for group in made[:2000] for passage in group.passages[:5]] + [group.case.query for group in made])
    data = {"groups": len(made), "examples": len(examples), "sha256": digest, "reports": plan.reports, "seed": plan.seed}
    manifest = write_manifest(out, command, data, ("torch", "transformers", "onnx", "onnxruntime"), metrics, RELEASE)
    rows = [("measure", "value"), *((name, str(value)) for name, value in metrics.items())]
    write_card(out, f"caizhi-reranker {RELEASE}", [__doc__ or "", f"Command: `{command}`"], rows)
    return manifest


def vocabulary_of(made: Iterable[Group], most: int) -> dict[str, int]:
    """The special tokens, then the commonest characters of questions and passages."""
    counts: dict[str, int] = {}
    for group in made:
        for text in (group.question.text, *(passage.title + passage.text for passage in group.passages[:10])):
            for char in compact(text):
                counts[char] = counts.get(char, 0) + 1
    common = sorted(counts, key=lambda char: (-counts[char], char))[:most]
    return {token: number for number, token in enumerate([*SPECIALS, *common])}


def examples_of(group: Group, encoder: Encoder, others: int, rng: random.Random) -> Iterator[Example]:
    """One example a group: a right candidate - one that holds the printed name, if any - and wrong ones, half of them from the top."""
    best = max(group.grades)
    right = rng.choice([place for place, grade in enumerate(group.grades) if grade == best])
    wrong = [place for place, grade in enumerate(group.grades) if grade == 0]
    if len(wrong) < others:
        return
    top = wrong[: others // 2 + 1]
    chosen = [*top, *rng.sample(wrong[len(top) :], min(others - len(top), len(wrong) - len(top)))]
    encoded = encoder.encode(group.question, [group.passages[place] for place in (right, *chosen)])
    if len(encoded) == others + 1:
        yield Example(tuple(encoded))


def new_model(plan: Plan, tokens: int) -> torch.nn.Module:
    """The untrained network: ids, types, mask → one score per text."""
    import torch
    from transformers import BertConfig, BertModel

    class Scorer(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            config = BertConfig(
                vocab_size=tokens, hidden_size=plan.hidden, num_hidden_layers=plan.layers, num_attention_heads=plan.heads,
                intermediate_size=3 * plan.hidden, max_position_embeddings=plan.length, type_vocab_size=TYPES, hidden_dropout_prob=0.05,
                attention_probs_dropout_prob=0.05,
            )
            config._attn_implementation = "eager"  # what the exporter can trace
            self.bert = BertModel(config, add_pooling_layer=False)
            self.head = torch.nn.Linear(2 * plan.hidden, 1)

        def forward(self, input_ids: Tensor, token_type_ids: Tensor, attention_mask: Tensor) -> Tensor:
            states = self.bert(input_ids=input_ids, token_type_ids=token_type_ids, attention_mask=attention_mask).last_hidden_state
            filled = attention_mask.unsqueeze(-1).to(states.dtype)
            mean = (states * filled).sum(dim=1) / filled.sum(dim=1)
            scores: Tensor = self.head(torch.cat((states[:, 0], mean), dim=-1)).squeeze(-1)
            return scores

    return Scorer()


def fit(plan: Plan, examples: Sequence[Example], tokens: int) -> torch.nn.Module:
    """Softmax over each group, AdamW, one cycle."""
    import torch

    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    model = new_model(plan, tokens).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=plan.learning_rate, weight_decay=0.01)
    rng, queue = random.Random(plan.seed), list[Example]()
    for step in range(plan.steps):
        progress = step / plan.steps
        optimizer.param_groups[0]["lr"] = plan.learning_rate * min(1.0, 20 * progress + 0.02, (1 - progress) / 0.7)
        if len(queue) < plan.groups_a_step:
            queue = rng.sample(list(examples), len(examples))
        chosen, queue = queue[: plan.groups_a_step], queue[plan.groups_a_step :]
        arrays = {name: torch.from_numpy(array) for name, array in batch([item for example in chosen for item in example.encoded]).items()}
        scores = model(**arrays).view(len(chosen), -1)
        loss = torch.nn.functional.cross_entropy(scores, torch.zeros(len(chosen), dtype=torch.long), label_smoothing=0.02)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model.eval()


def write_tokenizer(folder: Path, vocabulary: dict[str, int], plan: Plan) -> None:
    """tokenizer.json of the tokenizers library (one token a character) and config.json."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), "")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.add_special_tokens([PAD, UNKNOWN, CLASS, SEPARATOR, NUMBER])
    tokenizer.save(str(folder / FlaggedBert.TOKENIZER))
    config = {"version": RELEASE, "max_length": plan.length, "hidden": plan.hidden, "layers": plan.layers, "types": TYPES}
    (folder / FlaggedBert.CONFIG).write_text(json.dumps(config) + "\n", encoding="utf-8")


def export(model: torch.nn.Module, folder: Path, plan: Plan) -> None:
    """model.onnx, its matrix products in int8."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole = folder / "whole.onnx"
    names = ("input_ids", "token_type_ids", "attention_mask")
    example = tuple(torch.ones(2, plan.length, dtype=torch.long) for _ in names)
    axes = {name: {0: "texts", 1: "length"} for name in names} | {"scores": {0: "texts"}}
    torch.onnx.export(model, example, str(whole), input_names=list(names), output_names=["scores"], dynamic_axes=axes, opset_version=17, dynamo=False)
    quantize_dynamic(whole, folder / FlaggedBert.WEIGHTS, weight_type=QuantType.QInt8)
    whole.unlink()


def parity(model: torch.nn.Module, folder: Path, encoder: Encoder, held: Sequence[Group]) -> float:
    """The largest difference between the scores before and after export, on a few groups."""
    import numpy as np
    import torch

    served, worst = FlaggedBert(folder), 0.0
    for group in held[:5]:
        arrays = {name: torch.from_numpy(array) for name, array in batch(encoder.encode(group.question, group.passages)).items()}
        with torch.no_grad():
            before = model(**arrays).numpy()
        worst = max(worst, float(np.abs(before - served.scores(group.question, group.passages)).max()))
    return round(worst, 4)


def evaluate(folder: Path, held: Sequence[Group]) -> dict[str, float]:
    """On held reports: how often a candidate of an answering page comes first, by the first stage and by this model alone."""
    served = FlaggedBert(folder)
    first = sum(bool(group.grades[0]) for group in held)
    own = sum(bool(group.grades[int(served.scores(group.question, group.passages).argmax())]) for group in held)
    return {"held_groups": len(held), "hit@1_first_stage": round(first / max(len(held), 1), 3), "hit@1_alone": round(own / max(len(held), 1), 3)}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the small cross-encoder.")
    parser.add_argument("--out", type=Path, default=Path("data/models/caizhi-reranker"))
    for name in ("reports", "steps", "hidden", "layers", "learning_rate", "length"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(getattr(Plan(), name)), default=getattr(Plan(), name))
    given = vars(parser.parse_args())
    out = given.pop("out")
    options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in given.items() if value != getattr(Plan(), name))
    train(Plan(**given), out, f"python -m finetune.reranker --out {out.name if out.is_absolute() else out} {options}".strip())


if __name__ == "__main__":
    main()
