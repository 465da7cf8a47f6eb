"""`python -m tests.benchmarks.train_speed`: tokens a second (of processor time) of LoRA training on one core, plain Trainer against ours.

The same base (random, 3M parameters), the same adapter from the same start, the same rows, batch size, learning rate and number of
examples, fp32 on both sides. The plain side is transformers' Trainer over rows padded to the longest of a batch, or to max_length,
with the loss over the answers (labels -100 elsewhere) and the library's defaults. "tokens" are tokens of the rows, padding never counted.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROWS, BATCH, EPOCHS, RATE, LENGTH, VOCABULARY = 96, 8, 1, 1e-2, 512, 2048


@dataclass(frozen=True, slots=True)
class Measured:
    """tokens_per_second: of the rows. first, last: the validation loss before and after."""

    name: str
    seconds: float
    tokens: int
    first: float
    last: float

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds


def base(seed: int = 0) -> Any:
    """The small model's shape: Qwen3, width 192, six layers, 2,048 tokens."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=VOCABULARY, hidden_size=192, intermediate_size=512, num_hidden_layers=6, num_attention_heads=6, num_key_value_heads=2, head_dim=32,
        max_position_embeddings=2048, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )
    return Qwen3ForCausalLM(config)


def rows(count: int, seed: int) -> Any:
    """Rows of the lengths of our own data: a prompt of 60 to 400 tokens, an answer of 15 to 60 in frequent and rare tokens."""
    from datasets import Dataset

    chance = random.Random(seed)
    columns: dict[str, list[Any]] = {"input_ids": [], "labels": [], "length": []}
    for _ in range(count):
        # Cubed, so that some tokens are frequent: there is something to learn, and the losses of both sides can be told from their start.
        prompt = [3 + int((VOCABULARY - 3) * chance.random() ** 3) for _ in range(min(400, 60 + int(chance.expovariate(1 / 80))))]
        answer = [*prompt[: chance.randrange(14, 59)], 2]
        columns["input_ids"].append(prompt + answer)
        columns["labels"].append([-100] * len(prompt) + answer)
        columns["length"].append(len(prompt) + len(answer))
    return Dataset.from_dict(columns)


def adapted(preset: str) -> Any:
    from finetune.training.config import TrainConfig
    from finetune.training.sft import prepare

    return prepare(base(), TrainConfig(preset=preset))


def loss_of(model: Any, held: Any) -> float:
    """Mean loss per answer token, one row at a time: the same reading for both sides."""
    import torch

    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for row in held:
            ids, labels = torch.tensor([row["input_ids"]]), torch.tensor([row["labels"]])
            scored = int((labels[:, 1:] != -100).sum())
            logits = model(input_ids=ids).logits[:, :-1]
            total += float(torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)) * scored
            count += scored
    model.train()
    return total / count


def plain(preset: str, train: Any, held: Any, padding: str, out: str) -> Measured:
    """transformers' Trainer, fp32, its defaults."""
    import torch
    from transformers import PrinterCallback, Trainer, TrainingArguments

    def collate(batch: list[dict[str, Any]]) -> dict[str, Any]:
        longest = LENGTH if padding == "max_length" else max(len(row["input_ids"]) for row in batch)
        return {
            "input_ids": torch.tensor([row["input_ids"] + [0] * (longest - len(row["input_ids"])) for row in batch]),
            "labels": torch.tensor([row["labels"] + [-100] * (longest - len(row["labels"])) for row in batch]),
            "attention_mask": torch.tensor([[1] * len(row["input_ids"]) + [0] * (longest - len(row["input_ids"])) for row in batch]),
        }

    model = adapted(preset)
    first = loss_of(model, held)
    settings = TrainingArguments(
        output_dir=out, num_train_epochs=EPOCHS, per_device_train_batch_size=BATCH, learning_rate=RATE, use_cpu=True, save_strategy="no",
        report_to="none", disable_tqdm=True, dataloader_pin_memory=False, logging_strategy="no", lr_scheduler_type="cosine",
    )
    trainer = Trainer(model=model, args=settings, train_dataset=train, data_collator=collate)
    trainer.remove_callback(PrinterCallback)
    began = time.process_time()
    trainer.train()
    seconds = time.process_time() - began
    return Measured(f"plain Trainer, padded to {padding}", seconds, sum(train["length"]) * EPOCHS, first, loss_of(model, held))


def ours(preset: str, train: Any, held: Any, out: str) -> Measured:
    """finetune.training.sft on the same."""
    from transformers import AutoTokenizer

    from finetune.training.completion_trainer import trainer_class
    from finetune.training.config import TrainConfig
    from finetune.training.rendering import TrainingSet
    from finetune.training.sft import fine_tune
    from tests.small_lm import make_small_lm

    config = TrainConfig(preset=preset, out=out, epochs=EPOCHS, batch_size=BATCH, learning_rate=RATE, log_steps=10_000, precision="fp32", warmup=0.0)
    model = adapted(preset)
    first = loss_of(model, held)
    tokenizer = AutoTokenizer.from_pretrained(make_small_lm(Path(out) / "tokenizer"))
    data = TrainingSet(train, [], "")
    trainer_class()  # Its imports are not training.
    began = time.process_time()
    fine_tune(config, model, tokenizer, data)
    seconds = time.process_time() - began
    return Measured("finetune.training", seconds, sum(train["length"]) * EPOCHS, first, loss_of(model, held))


def measure(preset: str) -> list[Measured]:
    """All sides, one after the other, for one preset."""
    train, held = rows(ROWS, 1), rows(32, 2)
    with tempfile.TemporaryDirectory() as out, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            plain(preset, train, held, "max_length", out), plain(preset, train, held, "longest", out), ours(preset, train, held, out),
        ]


def main(presets: list[str]) -> int:
    """Print both presets; 1 where ours is not twice as fast as the plain Trainer or ends at a higher loss."""
    import torch

    from finetune.training.library_noise import quiet

    quiet()
    torch.set_num_threads(1)
    worst = 0
    for preset in presets or ["qv", "all-linear"]:
        measured = measure(preset)
        own = measured[-1]
        for each in measured:
            ratio = own.tokens_per_second / each.tokens_per_second
            print(f"{preset:11} {each.name:36} {each.tokens_per_second:8.0f} tokens/s  {each.seconds:6.1f} s  loss {each.first:.3f} -> {each.last:.3f}  x{ratio:.2f}")
        worst |= own.tokens_per_second < 2 * measured[0].tokens_per_second or own.last > measured[0].last * 1.02
    return int(worst)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
