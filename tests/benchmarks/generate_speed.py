"""Generated tokens per second: the local engine at batch 16 against transformers' `generate` in float32, one by one and batched.

    python -m tests.benchmarks.generate_speed [--model FOLDER] [--adapter FOLDER] [--tokens 128] [--prompt 64] [--rounds 3]

The shipped model where it is there, else a random model of the same shape. Every request has a prompt of its own; both sides are
greedy, generate the same number of tokens without an end token, and take turns, so that a busy machine slows both; the median of
the rounds counts. Both run on one thread each, as the engine does by itself.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.local_model.engine import LocalEngine
from tools.local_model.loading import MODELS
from tools.local_model.numpy_backend import NumpyBackend
from tools.local_model.requests import EngineLimits, GenerationOptions
from tools.local_model.transformers_backend import quietly

BATCH = 16
TARGET = 2.0
SHIPPED, SHIPPED_ADAPTER = MODELS / "caizhi-lm-base", MODELS / "financial_llm_lora_v1.0.0"


def random_model(folder: Path) -> Path:
    """A random model of the shipped one's shape, with the small model's tokenizer."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    from tests.small_lm import make_small_lm

    make_small_lm(folder)
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=2048, hidden_size=192, intermediate_size=512, num_hidden_layers=6, num_attention_heads=4, num_key_value_heads=2, head_dim=48,
        max_position_embeddings=2048, tie_word_embeddings=True, initializer_range=0.05,
    )  # fmt: skip
    with quietly():
        Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder


def prompts(count: int, length: int, vocabulary: int) -> list[NDArray[np.int64]]:
    """Random prompts of one length."""
    source = np.random.default_rng(0)
    return [source.integers(10, min(vocabulary, 250), length) for _ in range(count)]


def engine_run(engine: LocalEngine, texts: list[NDArray[np.int64]], tokens: int) -> None:
    """All prompts submitted at once, waited for."""
    options = GenerationOptions(max_tokens=tokens, cache=False)
    turns = [engine.submit(text, options) for text in texts]
    assert [turn.result().completion_tokens for turn in turns] == [tokens] * len(texts)


def generate_run(model: Any, texts: list[NDArray[np.int64]], tokens: int) -> None:
    """The prompts in one call of `generate`."""
    import torch

    ids = torch.from_numpy(np.stack(texts))
    with torch.inference_mode():
        result = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False, pad_token_id=0, eos_token_id=None
        )
    assert result.shape[1] == len(texts[0]) + tokens


def timed(run: Callable[[], None]) -> float:
    """Seconds of one run."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def measure(folder: Path, adapter: Path | None, *, length: int, tokens: int, rounds: int) -> dict[str, float]:
    """Tokens per second by way, the median of the rounds."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(1)
    with quietly():
        model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        if adapter is not None:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, str(adapter))
    model.eval()
    backend = NumpyBackend.load(folder)
    backend.ends = frozenset()  # every answer runs to its full length
    engine = LocalEngine(backend, EngineLimits(max_batch=BATCH, prefix_bytes=0))
    if adapter is not None:
        engine.load_adapter(adapter.name, adapter)
        engine.use_adapter(adapter.name)
    texts = prompts(BATCH, length, model.config.vocab_size)
    ways: dict[str, tuple[int, Callable[[], None]]] = {
        "engine, batch 16": (BATCH, lambda: engine_run(engine, texts, tokens)),
        "engine, batch 1": (1, lambda: engine_run(engine, texts[:1], tokens)),
        "generate fp32, batch 1": (1, lambda: generate_run(model, texts[:1], tokens)),
        "generate fp32, batch 16": (BATCH, lambda: generate_run(model, texts, tokens)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, (_, run) in ways.items():
            seconds[name].append(timed(run))
    engine.close()
    # The first round warms up.
    return {name: count * tokens / statistics.median(seconds[name][1:]) for name, (count, _) in ways.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--adapter", type=Path, default=None)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--prompt", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        shipped = (SHIPPED / "config.json").is_file() and chosen.model is None
        folder = chosen.model or (SHIPPED if shipped else random_model(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        adapter = chosen.adapter or (SHIPPED_ADAPTER if shipped and (SHIPPED_ADAPTER / "adapter_config.json").is_file() else None)
        print(f"model: {folder.name if chosen.model or shipped else 'random, 192 x 6'}{'' if adapter is None else f' + {adapter.name}'};"
              f" prompt {chosen.prompt}, new {chosen.tokens}, one thread each")  # fmt: skip
        speeds = measure(folder, adapter, length=chosen.prompt, tokens=chosen.tokens, rounds=chosen.rounds)
    for name, speed in speeds.items():
        print(f"{name:26s} {speed:8.0f} tokens/s")
    ours = speeds["engine, batch 16"]
    for other in ("generate fp32, batch 1", "generate fp32, batch 16"):
        ratio = ours / speeds[other]
        print(f"engine at batch 16 / {other}: {ratio:.1f}x (target {TARGET:g}x: {'met' if ratio >= TARGET else 'missed'})")


if __name__ == "__main__":
    main()
