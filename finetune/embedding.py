"""Train the bundled embedding from nothing: `python -m finetune.embedding --out data/models/caizhi-embedding`.

A sentence-transformers StaticEmbedding (one vector per token, a text is their mean) over a byte-pair vocabulary of the domain,
by MultipleNegativesRankingLoss on generated triples. Numbers are dropped by the tokenizer: they tell no passages apart. While
training, merges are left out at random, so that characters learn to stand in for words that were never seen. Shipped as int8
with one scale per row.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.embedding_pairs import Triple, report_triples, vocabulary_triples
from finetune.model_folder import write_card, write_manifest
from finetune.retrieval_data import data_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

RELEASE = "1.0.0"
_SPLIT = r"[^\p{Han}a-z]+"
_NUMBER = r"[0-9][0-9,.:%]*"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train on and how. held: reports that are only asked about; their number is that of the seeds from 900_000."""

    reports: int = 100
    per_report: int = 60
    rounds: int = 6
    held: int = 4
    vocabulary: int = 16_000
    dimension: int = 256
    epochs: int = 3
    batch: int = 512
    learning_rate: float = 0.1
    dropout: float = 0.15
    seed: int = 7
    threads: int = 2


def train(plan: Plan, out: Path, command: str) -> dict[str, Any]:
    """Train, quantise and write the model folder; the manifest."""
    began = time.monotonic()
    triples = [*report_triples(range(1000, 1000 + plan.reports), plan.per_report), *vocabulary_triples(plan.seed, plan.rounds)]
    tokenizer = make_tokenizer((text for triple in triples for text in (triple.anchor, triple.positive)), plan)
    matrix = _fit(plan, triples, tokenizer)
    out.mkdir(parents=True, exist_ok=True)
    save(out, matrix, tokenizer)
    metrics = evaluate(out, report_triples(range(900_000, 900_000 + plan.held), plan.per_report))
    digest = data_hash([text for triple in triples for text in (triple.anchor, triple.positive, triple.negative)])
    data = {"triples": len(triples), "sha256": digest, "reports": plan.reports, "seed": plan.seed}
    metrics |= {"train_seconds": round(time.monotonic() - began)}
    manifest = write_manifest(out, command, data, ("sentence-transformers", "torch", "tokenizers", "safetensors"), metrics, RELEASE)
    rows = [("measure", "value"), *((name, str(value)) for name, value in metrics.items())]
    write_card(out, f"caizhi-embedding {RELEASE}", [__doc__ or "", f"Command: `{command}`"], rows)
    return manifest


def make_tokenizer(texts: Iterable[str], plan: Plan) -> Tokenizer:
    """Byte-pair merges within runs of Chinese characters or latin letters; numbers and punctuation fall away."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", dropout=plan.dropout))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(_NUMBER), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_SPLIT), "removed")
    trainer = trainers.BpeTrainer(
        vocab_size=plan.vocabulary, min_frequency=3, special_tokens=["[PAD]", "[UNK]"], max_token_length=6, show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _fit(plan: Plan, triples: Sequence[Triple], tokenizer: Tokenizer) -> NDArray[np.float32]:
    import numpy as np
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    static = StaticEmbedding(tokenizer, embedding_dim=plan.dimension)
    model = SentenceTransformer(modules=[static], device="cpu")
    dataset = Dataset.from_dict({
        "anchor": [triple.anchor for triple in triples], "positive": [triple.positive for triple in triples],
        "negative": [triple.negative for triple in triples],
    })
    with tempfile.TemporaryDirectory() as scratch:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=scratch, num_train_epochs=plan.epochs, per_device_train_batch_size=plan.batch, learning_rate=plan.learning_rate,
            warmup_steps=0.1, use_cpu=True, save_strategy="no", report_to="none", seed=plan.seed, disable_tqdm=True, logging_strategy="no",
            dataloader_drop_last=len(triples) > plan.batch,
        )
        SentenceTransformerTrainer(model=model, args=arguments, train_dataset=dataset, loss=MultipleNegativesRankingLoss(model)).train()
    weights: NDArray[np.float32] = static.embedding.weight.detach().numpy().astype(np.float32)
    return weights


def save(folder: Path, matrix: NDArray[np.float32], tokenizer: Tokenizer) -> None:
    """Write tokenizer.json (without the dropout of training), model.safetensors (int8 and a scale per row) and config.json."""
    import numpy as np
    from safetensors.numpy import save_file

    content = json.loads(tokenizer.to_str())
    content["model"]["dropout"] = None
    (folder / "tokenizer.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    scale = np.maximum(np.abs(matrix).max(axis=1, keepdims=True), 1e-8) / 127
    rounded = np.round(matrix / scale).astype(np.int8)
    save_file({"embedding.weight": rounded, "scale": scale.astype(np.float32)}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"version": RELEASE, "dimension": int(matrix.shape[1])}) + "\n", encoding="utf-8")


def evaluate(folder: Path, triples: Iterable[Triple]) -> dict[str, float]:
    """On held reports: how often the answering passage beats its near miss, and all other passages of the sample."""
    import numpy as np

    from retrieval.search.embeddings import StaticEmbedder

    held = list(triples)
    model = StaticEmbedder(folder)
    anchors = model.encode([triple.anchor for triple in held], query=True)
    positives, negatives = model.encode([triple.positive for triple in held]), model.encode([triple.negative for triple in held])
    similar = anchors @ positives.T
    own = np.diag(similar)
    return {
        "held_questions": len(held), "beats_near_miss": round(float((own > (anchors * negatives).sum(axis=1)).mean()), 3),
        "first_of_all": round(float((similar.argmax(axis=1) == np.arange(len(held))).mean()), 3),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the bundled embedding.")
    parser.add_argument("--out", type=Path, default=Path("data/models/caizhi-embedding"))
    for name in ("reports", "epochs", "rounds", "dimension", "vocabulary", "learning_rate", "dropout"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(getattr(Plan(), name)), default=getattr(Plan(), name))
    given = vars(parser.parse_args())
    out = given.pop("out")
    options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in given.items() if value != getattr(Plan(), name))
    train(Plan(**given), out, f"python -m finetune.embedding --out {out.name if out.is_absolute() else out} {options}".strip())


if __name__ == "__main__":
    main()
