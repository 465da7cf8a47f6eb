"""What each quantised form of the shipped model costs and gives: size, distance of the logits, tokens a second, answers kept.

    python -m tests.benchmarks.quantise_bench                       the shipped base with its adapter; where it is not there, a random one
    python -m tests.benchmarks.quantise_bench MODEL [ADAPTER]       folders of one's own

Sizes are weights in memory for torch, files for the engine. Greedy, one thread, a warm-up before each measure. Distances are shares of the range of the float model's logits. A random model's
answers say nothing of a trained one's, so "kept" is told only for a trained one.
"""

from __future__ import annotations

import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from data.errors import CaizhiError
from finetune.evaluation.cases import cases_of
from finetune.release.export import export_merged, logit_distance
from finetune.release.folders import folder_size
from finetune.release.loading import load_model, load_tokenizer, logits_of, quietly
from finetune.release.quantise import METHODS, load_int8, load_quantised, model_bytes, write_int8
from finetune.training.rendering import render
from tests.evaluation_exercises import growth_exercise, points_exercise, ratio_exercise
from tools.local_model.engine import LocalEngine
from tools.local_model.numpy_backend import NumpyBackend
from tools.local_model.requests import GenerationOptions

MODELS = Path(__file__).parents[2] / "data" / "models"
BASE, ADAPTER = MODELS / "caizhi-lm-base", MODELS / "financial_llm_lora_v1.0.0"
NEW, BATCH = 64, 16


@dataclass(frozen=True, slots=True)
class Made:
    """Greedy answers: their texts, and how many tokens they took, the end included."""

    texts: list[str]
    tokens: int


Generate = Callable[[Sequence[list[int]], int], Made]


def main(arguments: Sequence[str]) -> int:
    """Print the table; 0."""
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        merged, trained = _merged(arguments, Path(folder))
        print(f"{datetime.now(UTC):%Y-%m-%d} {platform.machine()} torch {torch.__version__}, one thread; {'trained' if trained else 'random'} model")
        ids, float_model = _ids(merged), load_model(merged).float()
        reference = [logits_of(float_model, each) for each in ids]
        tokenizer = load_tokenizer(merged)
        answers = _torch_generate(float_model, tokenizer)(ids, NEW).texts
        int8 = write_int8(merged, Path(folder) / "int8").parent
        print(f"{'form':28} {'MB':>7} {'logits':>8} {'tok/s b1':>9} {f'tok/s b{BATCH}':>9}" + (f" {'kept':>6}" if trained else ""))

        def row(name: str, size: float, logits: Callable[[list[int]], Any] | None, generate: Generate) -> None:
            away = max(logit_distance(one, logits(each)) for one, each in zip(reference, ids, strict=True)) if logits else None
            kept = sum(mine == other for mine, other in zip(generate(ids, NEW).texts, answers, strict=True)) if trained else None
            told = "" if kept is None else f" {kept:>3}/{len(ids)}"
            print(f"{name:28} {size / 2**20:7.2f} {'-' if away is None else f'{away:8.2%}':>8} {_speed(generate, ids, 1):9.0f} {_speed(generate, ids, BATCH):9.0f}{told}")

        row("torch float32", model_bytes(float_model), lambda each: logits_of(float_model, each), _torch_generate(float_model, tokenizer))
        restored = load_int8(int8)
        for name, where, model in (("numpy float32 (engine)", merged, float_model), ("numpy int8 (engine)", int8, restored)):
            with LocalEngine(NumpyBackend.load(where)) as engine:
                row(name, folder_size(where), partial(logits_of, model), _engine_generate(engine))
        for method in METHODS:
            try:
                model = load_quantised(merged, method)
            except CaizhiError as error:
                print(f"{method:28} {error}")
                continue
            row(method, model_bytes(model), partial(logits_of, model), _torch_generate(model, tokenizer))
    return 0


def _merged(arguments: Sequence[str], folder: Path) -> tuple[Path, bool]:
    """The merged model to measure, and whether it is a trained one."""
    base = Path(arguments[0]) if arguments else BASE
    adapter = Path(arguments[1]) if len(arguments) > 1 else ADAPTER
    if not base.is_dir():
        return _random(folder / "random"), False
    if (len(arguments) > 1 or not arguments) and adapter.is_dir():
        return export_merged(adapter, folder / "merged", base).folder, True
    return base, True


def _random(folder: Path) -> Path:
    """A random model of the shipped one's size, under the tiny tokenizer."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    from tests.small_lm import make_small_lm

    make_small_lm(folder)
    shape: dict[str, Any] = {"hidden_size": 192, "intermediate_size": 512, "num_hidden_layers": 6, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 32}
    Qwen3ForCausalLM(Qwen3Config(vocab_size=2048, tie_word_embeddings=True, max_position_embeddings=2048, **shape)).save_pretrained(folder)
    return folder


def _ids(merged: Path) -> list[list[int]]:
    tokenizer = load_tokenizer(merged)
    cases = cases_of([growth_exercise(), growth_exercise("90", "100"), points_exercise(), ratio_exercise(), growth_exercise("7", "3", "工商银行", 2021)])
    texts = [render(tokenizer, [{"role": "user", "content": case.prompt}], generation=True) for case in cases]
    return [list(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in texts]


def _torch_generate(model: Any, tokenizer: Any) -> Generate:
    """Greedy by transformers' generate, padded on the left."""
    import torch

    end = tokenizer.eos_token_id

    def generate(prompts: Sequence[list[int]], new: int) -> Made:
        longest = max(map(len, prompts))
        ids = torch.tensor([[end] * (longest - len(each)) + each for each in prompts])
        mask = torch.tensor([[0] * (longest - len(each)) + [1] * len(each) for each in prompts])
        with torch.inference_mode(), quietly():
            made = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=new, do_sample=False, pad_token_id=end)[:, longest:].tolist()
        kept = [each[: each.index(end)] if end in each else each for each in made]
        return Made([tokenizer.decode(each).strip() for each in kept], sum(min(len(each) + 1, len(full)) for each, full in zip(kept, made, strict=True)))

    return generate


def _engine_generate(engine: LocalEngine) -> Generate:
    """Greedy by the product's engine."""
    import numpy as np

    def generate(prompts: Sequence[list[int]], new: int) -> Made:
        options = GenerationOptions(max_tokens=new, cache=False)
        answers = [turn.result() for turn in [engine.submit(np.array(each, dtype=np.int64), options) for each in prompts]]
        return Made([answer.text.strip() for answer in answers], sum(answer.completion_tokens for answer in answers))

    return generate


def _speed(generate: Generate, ids: Sequence[list[int]], batch: int) -> float:
    """New tokens a second, the better of two runs; a batch repeats the prompts."""
    prompts = [ids[number % len(ids)] for number in range(batch)]
    generate(prompts, 4)
    best = 0.0
    for _ in range(2):
        began = time.perf_counter()
        made = generate(prompts, NEW)
        best = max(best, made.tokens / (time.perf_counter() - began))
    return best


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
