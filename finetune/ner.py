"""`python -m finetune.ner --out data/models/caizhi-ner`: train the entity tagger on generated sentences and export it.

What is written: tagger.onnx (eight-bit weights), characters.txt, manifest.json (hashes, sizes, settings) and CARD.md with
what was measured on generated sentences that were kept aside. One seed and one thread count give one corpus.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.ner_corpus import Row, corpus, digest, forgetful, rows, vocabulary
from tools.entities.features import LABELS

if TYPE_CHECKING:
    from torch import Tensor

    from finetune.ner_model import Tagger

_ASIDE = 7919  # The seed's distance to the sentences kept aside.


@dataclass(frozen=True, slots=True)
class Settings:
    """How a tagger is trained; minutes end it early, the learning rate following the clock."""

    sentences: int = 50_000
    aside: int = 1_500
    epochs: int = 4
    minutes: float = 11.0
    batch: int = 64
    rate: float = 2e-3
    width: int = 96
    layers: int = 3
    seed: int = 20
    threads: int = 1


def train(settings: Settings, out: Path) -> dict[str, float]:
    """Train, export into a folder, and give what was measured (strict F1 of grammar and tagger on sentences kept aside)."""
    import torch

    from finetune.ner_model import Shape, Tagger

    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    pairs = corpus(settings.sentences, settings.seed)
    characters = vocabulary(text for text, _ in pairs)
    kept = list(rows(corpus(settings.aside, settings.seed + _ASIDE, prose=False), characters))
    model = Tagger(Shape(characters=len(characters) + 2, width=settings.width, layers=settings.layers))
    spent = _fit(model, list(rows(pairs, characters)), settings)
    measured = {**_measured(model, kept), "minutes": round(spent / 60, 1)}
    from finetune.ner_export import export

    export(model, characters, out)
    _describe(out, settings, len(pairs), digest(pairs), measured)
    return measured


def _fit(model: Tagger, data: list[Row], settings: Settings) -> float:
    """Seconds of training; every row is seen anew masked in each epoch."""
    import torch
    from torch.nn import functional

    chance = random.Random(settings.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=0.01)
    begun, steps = time.monotonic(), settings.epochs * (len(data) // settings.batch + 1)
    model.train()
    for step, batch in enumerate(group for _ in range(settings.epochs) for group in _batches(data, settings.batch, chance)):
        done = max(step / steps, (time.monotonic() - begun) / (settings.minutes * 60))
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * min(1.0, (step + 1) / 200) * (1 - done)
        characters, tags, words, labels = _tensors([forgetful(row, chance) for row in batch])
        loss = functional.cross_entropy(model(characters, tags, words).flatten(0, 1), labels.flatten(), ignore_index=-1)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return time.monotonic() - begun


def _batches(data: list[Row], size: int, chance: random.Random) -> Iterator[list[Row]]:
    """Batches of sentences of like length, in any order."""
    order = sorted(data, key=lambda row: len(row.text) + chance.random() * 8)
    groups = [order[at : at + size] for at in range(0, len(order), size)]
    chance.shuffle(groups)
    yield from groups


def _tensors(batch: Sequence[Row]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    import torch

    longest = max(len(row.text) for row in batch)

    def padded(lists: Sequence[list[int]], fill: int) -> Tensor:
        return torch.tensor([[*numbers, *[fill] * (longest - len(numbers))] for numbers in lists])

    seen = [row.seen for row in batch]
    return (
        padded([one.characters for one in seen], 0), padded([one.tags for one in seen], 0), padded([one.words for one in seen], 0),
        padded([row.labels for row in batch], -1),
    )  # fmt: skip


def _measured(model: Tagger, kept: Sequence[Row]) -> dict[str, float]:
    """Strict F1 over all types on the sentences kept aside: the grammar's, and the tagger's own reading."""
    import torch

    model.eval()
    counts = {"grammar": [0, 0, 0], "tagger": [0, 0, 0]}
    with torch.no_grad():
        for at in range(0, len(kept), 64):
            batch = kept[at : at + 64]
            characters, tags, words, labels = _tensors(batch)
            best = model(characters, tags, words).argmax(-1)
            for row, found, gold, read in zip(batch, best.tolist(), labels.tolist(), tags.tolist(), strict=True):
                size = len(row.text)
                _count(counts["tagger"], spans_of(found[:size]), spans_of(gold[:size]))
                _count(counts["grammar"], spans_of(read[:size]), spans_of(gold[:size]))
    return {f"aside_{name}_f1": round(2 * right / max(1, found + gold), 4) for name, (right, found, gold) in counts.items()}


def _count(total: list[int], found: set[tuple[int, int, int]], gold: set[tuple[int, int, int]]) -> None:
    total[0], total[1], total[2] = total[0] + len(found & gold), total[1] + len(found), total[2] + len(gold)


def spans_of(labels: Sequence[int]) -> set[tuple[int, int, int]]:
    """(start, end, label that begins it) of the spans of a row of labels; an I without its B begins one."""
    found, start, begin = set[tuple[int, int, int]](), None, 0
    for at, label in enumerate([*labels, 0]):
        if start is not None and label != begin + 1:
            found.add((start, at, begin))
            start = None
        if label and start is None:
            start, begin = at, label - (label + 1) % 2
    return found


def _describe(out: Path, settings: Settings, count: int, data_hash: str, measured: dict[str, float]) -> None:
    files = {path.name: {"bytes": path.stat().st_size, "sha256": sha256(path.read_bytes()).hexdigest()} for path in sorted(out.glob("*.*")) if path.suffix in (".onnx", ".txt")}
    manifest = {"name": "caizhi-ner", "kind": "BIO token classifier", "labels": LABELS, "settings": asdict(settings), "sentences": count, "data_sha256": data_hash, "measured": measured, "files": files}
    (out / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("data/models/caizhi-ner"))
    defaults = Settings()
    for name, value in asdict(defaults).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    options = vars(parser.parse_args())
    out = options.pop("out")
    print(json.dumps(train(Settings(**options), out)))


if __name__ == "__main__":
    main()
