"""Quantised forms of the tiny model: the numpy runtime's int8 folder, and torch's ways, each near the original and smaller."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from data.errors import ReleaseError
from finetune.release import quantise as module
from finetune.release.export import logit_distance
from finetune.release.loading import load_model, load_tokenizer, logits_of, probe_ids
from finetune.release.quantise import load_int8, load_quantised, model_bytes, quantise, rows_to_int8, write_int8
from tests.conftest import ROOT
from tests.local_models import make_lively_lm
from tools.local_model.decoder import Chunk, Decoder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_lively_lm(tmp_path_factory.mktemp("lm") / "model")


@pytest.fixture(scope="module")
def int8(model: Path) -> Path:
    return write_int8(model, model.parent / "int8").parent


def test_every_weight_is_within_half_a_step_of_its_row() -> None:
    values = np.random.default_rng(3).normal(size=(7, 33)).astype(np.float32) * np.logspace(-6, 3, 7, dtype=np.float32)[:, None]
    stored, scale = rows_to_int8(values)
    assert stored.dtype == np.int8 and scale.dtype == np.float32 and scale.shape == (7,)
    assert (np.abs(stored * scale[:, None] - values) <= scale[:, None] * 0.5001).all()
    assert (np.abs(stored).max(axis=1) == 127).all()


def test_a_row_of_zeros_stays_zero() -> None:
    stored, scale = rows_to_int8(np.zeros((2, 3), dtype=np.float32))
    assert not stored.any() and (scale == 1).all()


def test_the_folder_holds_int8_matrices_with_scales_and_float_vectors(model: Path, int8: Path) -> None:
    original, stored = load_file(model / "model.safetensors"), load_file(int8 / "model.int8.safetensors")
    for name, values in original.items():
        if values.ndim == 2:
            assert stored[name].dtype == np.int8 and stored[f"{name}.scale"].shape == (len(values),)
        else:
            assert np.array_equal(stored[name], values)
    assert "lm_head.weight" not in stored
    with safe_open(int8 / "model.int8.safetensors", "np") as file:
        assert file.metadata()["format"] == "caizhi-int8"
    assert not (int8 / "model.safetensors").exists()
    assert (int8 / "model.int8.safetensors").stat().st_size < 0.4 * (model / "model.safetensors").stat().st_size
    assert load_tokenizer(int8)("净利润")["input_ids"] == load_tokenizer(model)("净利润")["input_ids"]


def test_the_numpy_runtime_and_torch_agree_on_the_int8_folder_and_are_near_the_original(model: Path, int8: Path) -> None:
    ids = probe_ids(200)
    ours = logits_of(load_int8(int8), ids)
    decoder = Decoder.load(int8)
    cache = decoder.new_cache()
    theirs = decoder.forward([Chunk(cache.take(), np.array(ids))], cache, every=True)
    assert logit_distance(ours, theirs) < 1e-5
    assert 1e-6 < logit_distance(logits_of(load_model(model), ids), ours) < 0.05


def test_writing_int8_needs_no_torch(model: Path, tmp_path: Path) -> None:
    code = f"import sys; from pathlib import Path; from finetune.release.quantise import write_int8; write_int8(Path({str(model)!r}), Path({str(tmp_path / 'out')!r})); print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.strip() == "False"


def test_bfloat16_and_sharded_folders_are_read(model: Path, int8: Path, tmp_path: Path) -> None:
    import torch

    half = load_model(model).to(torch.bfloat16)
    half.save_pretrained(tmp_path / "half", max_shard_size="40KB")
    assert (tmp_path / "half" / "model.safetensors.index.json").is_file()
    write_int8(tmp_path / "half", tmp_path / "int8")
    ids = probe_ids(200)
    assert logit_distance(logits_of(load_int8(int8), ids), logits_of(load_int8(tmp_path / "int8"), ids)) < 0.05
    assert not list((tmp_path / "int8").glob("*index*"))


@pytest.mark.parametrize("method, least, most", [("torch-dynamic", 1e-6, 0.2), ("torchao-int8", 1e-6, 0.05)])
def test_torch_s_ways_are_near_and_smaller(model: Path, method: str, least: float, most: float) -> None:
    ids = probe_ids(200)
    plain, quantised = load_model(model), load_quantised(model, method)
    assert least < logit_distance(logits_of(plain, ids), logits_of(quantised, ids)) < most
    assert model_bytes(quantised) < model_bytes(plain)


def test_torchao_s_folder_is_loaded_again_by_transformers(model: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    from finetune.release.loading import quietly

    quantise(model, tmp_path / "out", "torchao-int8")
    with quietly():
        again = AutoModelForCausalLM.from_pretrained(str(tmp_path / "out"))
    ids = probe_ids(200)
    assert logit_distance(logits_of(load_quantised(model, "torchao-int8"), ids), logits_of(again, ids)) < 1e-5
    assert "quantization_config" in json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))
    assert (tmp_path / "out" / "tokenizer.json").is_file()


def test_int4_packs_where_the_platform_has_the_kernel_and_says_so_where_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    shape: dict[str, Any] = {"num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
    Qwen3ForCausalLM(Qwen3Config(vocab_size=64, hidden_size=64, intermediate_size=128, tie_word_embeddings=True, **shape)).save_pretrained(tmp_path / "m")
    ids = probe_ids(64)
    packed = load_quantised(tmp_path / "m", "torchao-int4")
    assert 1e-4 < logit_distance(logits_of(load_model(tmp_path / "m"), ids), logits_of(packed, ids)) < 0.6
    assert model_bytes(packed) < 0.4 * model_bytes(load_model(tmp_path / "m"))
    with pytest.raises(ReleaseError, match="加载时量化"):
        quantise(tmp_path / "m", tmp_path / "out", "torchao-int4")
    monkeypatch.setattr(module, "find_spec", lambda name: None if "int4" in name else object())
    with pytest.raises(ReleaseError, match="本机不能用 torchao-int4：.*CUDA"):
        load_quantised(tmp_path / "m", "torchao-int4")


def test_bitsandbytes_is_refused_in_words_without_a_gpu(model: Path, tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ReleaseError, match="本机不能用 bnb-nf4：(没有安装 bitsandbytes|.*GPU)"):
        quantise(model, tmp_path / "out", "bnb-nf4")


def test_an_unknown_method_names_the_known_ones(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="torch-dynamic、torchao-int8"):
        quantise(model, tmp_path / "out", "int7")


def test_a_folder_without_weights_or_with_nan_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="合并后的完整模型"):
        write_int8(tmp_path, tmp_path / "out")
    tensors = load_file(model / "model.safetensors")
    tensors["model.norm.weight"][3] = np.inf
    (tmp_path / "bad").mkdir()
    save_file(tensors, tmp_path / "bad" / "model.safetensors")
    with pytest.raises(ReleaseError, match=r"model\.norm\.weight 含 NaN"):
        write_int8(tmp_path / "bad", tmp_path / "out")


def test_int8_weights_of_another_shape_are_refused(int8: Path, tmp_path: Path) -> None:
    for path in int8.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    tensors = load_file(int8 / "model.int8.safetensors")
    del tensors["model.norm.weight"]
    save_file(tensors, tmp_path / "model.int8.safetensors")
    with pytest.raises(ReleaseError, match=r"与 config\.json 不符：model\.norm\.weight"):
        load_int8(tmp_path)
