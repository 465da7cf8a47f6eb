"""The numpy decoder against transformers: plain, ragged, step by step, with adapters of every kind, alone and mixed in one batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import ModelUnavailableError
from tests.local_models import make_adapter, make_lively_lm, reference_logits
from tools.local_model.adapters import read_adapter
from tools.local_model.decoder import Chunk, Decoder
from tools.local_model.weights import read_tensors

CLOSE = 1e-3
KINDS: dict[str, dict[str, Any]] = {
    "all-linear": {},
    "rslora": {"use_rslora": True},
    "dora": {"use_dora": True},
    "q and v": {"target_modules": ["q_proj", "v_proj"], "r": 2},
    "patterns": {"rank_pattern": {"k_proj": 2, "layers.1.mlp.up_proj": 6}, "alpha_pattern": {"k_proj": 3, "layers.1.mlp.up_proj": 30}},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_lively_lm(tmp_path_factory.mktemp("lm"))


@pytest.fixture(scope="module")
def adapters(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("adapters")
    return {kind: make_adapter(folder, home / str(number), seed=number, **changes) for number, (kind, changes) in enumerate(KINDS.items())}


@pytest.fixture(scope="module")
def decoder(folder: Path) -> Decoder:
    return Decoder.load(folder)


def words(count: int, seed: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(7, 200, count)


def distance(one: Any, other: Any) -> float:
    assert one.shape == other.shape
    return float(np.abs(one - other).max())


def test_a_prompt_gives_the_logits_of_transformers(folder: Path, decoder: Decoder) -> None:
    cache = decoder.new_cache()
    expected = reference_logits(folder, words(50))
    assert np.abs(expected).max() > 1
    assert distance(decoder.forward([Chunk(cache.take(), words(50))], cache, every=True), expected) < CLOSE


def test_token_by_token_is_the_same_as_at_once(folder: Path, decoder: Decoder) -> None:
    cache, tokens = decoder.new_cache(), words(150, 3)
    slot = cache.take()
    steps = [decoder.forward([Chunk(slot, tokens[place : place + 1])], cache)[0] for place in range(len(tokens))]
    assert distance(np.stack(steps), reference_logits(folder, tokens)) < CLOSE


def test_a_ragged_batch_is_each_alone(folder: Path, decoder: Decoder) -> None:
    cache = decoder.new_cache()
    texts = [words(count, count) for count in (31, 1, 9, 1, 200)]
    slots = [cache.take() for _ in texts]
    logits = decoder.forward([Chunk(slot, text) for slot, text in zip(slots, texts, strict=True)], cache)
    for row, text in zip(logits, texts, strict=True):
        assert distance(row, reference_logits(folder, text)[-1]) < CLOSE


def test_prompts_join_while_others_are_running(folder: Path, decoder: Decoder) -> None:
    """Slots 0 and 2 go on by a token, slot 3 begins, slot 1 waits a step."""
    cache = decoder.new_cache()
    texts = [words(12, 1), words(5, 2), words(40, 3), words(7, 4)]
    slots = [cache.take() for _ in texts[:3]]
    decoder.forward([Chunk(slot, text[:-2]) for slot, text in zip(slots, texts, strict=False)], cache)
    late = cache.take()
    mixed = decoder.forward([Chunk(0, texts[0][-2:-1]), Chunk(2, texts[2][-2:-1]), Chunk(late, texts[3][:-1])], cache)
    assert distance(mixed[1], reference_logits(folder, texts[2][:-1])[-1]) < CLOSE
    assert distance(mixed[2], reference_logits(folder, texts[3][:-1])[-1]) < CLOSE
    last = decoder.forward([Chunk(0, texts[0][-1:]), Chunk(1, texts[1][-2:]), Chunk(2, texts[2][-1:]), Chunk(late, texts[3][-1:])], cache)
    for row, text in zip(last, texts, strict=True):
        assert distance(row, reference_logits(folder, text)[-1]) < CLOSE


def test_a_sequence_that_leaves_changes_nothing_for_the_others(folder: Path, decoder: Decoder) -> None:
    cache = decoder.new_cache()
    texts = [words(12, 5), words(30, 6), words(21, 7)]
    decoder.forward([Chunk(cache.take(), text[:-1]) for text in texts], cache)
    assert cache.free(0) == 2  # the last one moves into the place of the first
    logits = decoder.forward([Chunk(0, texts[2][-1:]), Chunk(1, texts[1][-1:])], cache)
    assert distance(logits[0], reference_logits(folder, texts[2])[-1]) < CLOSE
    assert distance(logits[1], reference_logits(folder, texts[1])[-1]) < CLOSE


@pytest.mark.parametrize("kind", KINDS)
def test_an_adapter_gives_the_logits_of_peft(folder: Path, decoder: Decoder, adapters: dict[str, Path], kind: str) -> None:
    adapter, cache, tokens = read_adapter(adapters[kind]), decoder.new_cache(), words(20, 8)
    slot = cache.take()
    first = decoder.forward([Chunk(slot, tokens[:-1], adapter)], cache, every=True)
    last = decoder.forward([Chunk(slot, tokens[-1:], adapter)], cache)
    expected = reference_logits(folder, tokens, adapters[kind])
    assert distance(np.concatenate([first, last]), expected) < CLOSE
    assert distance(expected, reference_logits(folder, tokens)) > 0.5


def test_several_adapters_serve_one_batch(folder: Path, decoder: Decoder, adapters: dict[str, Path]) -> None:
    cache, tokens = decoder.new_cache(), words(15, 9)
    paths: list[Path | None] = [None, *adapters.values(), adapters["dora"]]
    loaded = {path: read_adapter(path) for path in adapters.values()}
    chosen = [None if path is None else loaded[path] for path in paths]
    slots = [cache.take() for _ in paths]
    decoder.forward([Chunk(slot, tokens[:-1], adapter) for slot, adapter in zip(slots, chosen, strict=True)], cache)
    logits = decoder.forward([Chunk(slot, tokens[-1:], adapter) for slot, adapter in zip(slots, chosen, strict=True)], cache)
    for row, path in zip(logits, paths, strict=True):
        assert distance(row, reference_logits(folder, tokens, path)[-1]) < CLOSE


def test_an_adapter_of_another_shape_is_refused(decoder: Decoder, tmp_path: Path) -> None:
    other = _other_shape(tmp_path / "other")
    with pytest.raises(ModelUnavailableError, match="不配"):
        decoder.check_adapter(read_adapter(make_adapter(other, tmp_path / "adapter")))


def test_an_untied_head_is_used(tmp_path: Path) -> None:
    other = _other_shape(tmp_path / "other")
    decoder = Decoder.load(other)
    cache = decoder.new_cache()
    assert not decoder.shape.tied
    assert distance(decoder.forward([Chunk(cache.take(), words(9))], cache, every=True), reference_logits(other, words(9))) < CLOSE


def test_a_missing_tensor_is_named(folder: Path) -> None:
    decoder = Decoder.load(folder)
    tensors = {name: tensor for name, tensor in read_tensors(folder) if name != "model.layers.1.mlp.up_proj.weight"}
    with pytest.raises(ModelUnavailableError, match="layers.1.mlp.up_proj"):
        Decoder(decoder.shape, tensors)


def test_large_activations_overflow_nowhere(decoder: Decoder, folder: Path) -> None:
    tensors = {name: tensor * 40 if "gate_proj" in name else tensor for name, tensor in read_tensors(folder)}
    loud = Decoder(decoder.shape, tensors)
    cache = loud.new_cache()
    assert np.isfinite(loud.forward([Chunk(cache.take(), words(30))], cache)).all()


def _other_shape(folder: Path) -> Path:
    """Another shape than the small model's: one head per key-value head, an odd width, an untied head."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(5)
    config = Qwen3Config(
        vocab_size=300, hidden_size=20, intermediate_size=36, num_hidden_layers=3, num_attention_heads=3, num_key_value_heads=3, head_dim=4,
        max_position_embeddings=64, tie_word_embeddings=False, rope_parameters={"rope_type": "default", "rope_theta": 500.0},
        eos_token_id=[1, 2], initializer_range=0.4,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder
