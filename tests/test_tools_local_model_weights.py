"""Reading model folders with numpy: float types, shards, int8, and files that are damaged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from data.errors import ModelUnavailableError
from tests.local_models import change_config, make_adapter, make_lively_lm
from tools.local_model.adapters import read_adapter
from tools.local_model.decoder import Decoder
from tools.local_model.weights import read_shape, read_tensors


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_lively_lm(tmp_path_factory.mktemp("lm"))


@pytest.fixture
def folder(model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model, tmp_path / "model")


def test_the_shape_is_read(folder: Path) -> None:
    shape = read_shape(folder)
    assert (shape.hidden, shape.ffn, shape.layers, shape.heads, shape.kv_heads, shape.head_dim) == (32, 64, 2, 4, 2, 8)
    assert shape.tied and shape.context == 2048 and shape.theta == 10_000.0 and shape.eos == (3,)


def test_generation_settings_name_the_end_tokens(folder: Path) -> None:
    (folder / "generation_config.json").write_text('{"eos_token_id": [3, 5]}', encoding="utf-8")
    assert read_shape(folder).eos == (3, 5)


def test_the_old_place_of_theta_is_read(folder: Path) -> None:
    change_config(folder, rope_parameters=None, rope_theta=77.0)
    assert read_shape(folder).theta == 77.0


@pytest.mark.parametrize("changes", [{"model_type": "llama"}, {"attention_bias": True}, {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}])
def test_what_the_decoder_does_not_know_is_refused(folder: Path, changes: dict[str, object]) -> None:
    change_config(folder, **changes)
    with pytest.raises(ModelUnavailableError, match="transformers"):
        read_shape(folder)


def test_a_config_without_a_size_is_refused(folder: Path) -> None:
    change_config(folder, head_dim=None)
    with pytest.raises(ModelUnavailableError, match="head_dim"):
        read_shape(folder)


def test_tensors_equal_those_of_safetensors(folder: Path) -> None:
    expected = load_file(folder / "model.safetensors")
    found = dict(read_tensors(folder))
    assert found.keys() == expected.keys()
    assert all((found[name] == expected[name]).all() and found[name].dtype == np.float32 for name in expected)


@pytest.mark.parametrize("kind", ["bfloat16", "float16"])
def test_half_precision_is_widened(folder: Path, kind: str) -> None:
    import torch
    from safetensors.torch import load_file as load_torch
    from safetensors.torch import save_file as save_torch

    path = folder / "model.safetensors"
    halves = {name: tensor.to(getattr(torch, kind)) for name, tensor in load_torch(path).items()}
    save_torch(halves, path)
    found = dict(read_tensors(folder))
    assert all((found[name] == tensor.float().numpy()).all() for name, tensor in halves.items())


def test_shards_are_put_together(folder: Path) -> None:
    whole = load_file(folder / "model.safetensors")
    names, half = sorted(whole), len(whole) // 2
    parts = {"model-00001-of-00002.safetensors": names[:half], "model-00002-of-00002.safetensors": names[half:]}
    for file, part in parts.items():
        save_file({name: whole[name] for name in part}, folder / file)
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {name: file for file, part in parts.items() for name in part}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    assert dict(read_tensors(folder)).keys() == whole.keys()


def test_an_int8_folder_is_multiplied_out(folder: Path) -> None:
    whole = load_file(folder / "model.safetensors")
    quantised: dict[str, np.ndarray[Any, Any]] = {}
    for name, tensor in whole.items():
        if tensor.ndim == 2:
            scale = np.abs(tensor).max(axis=1) / 127
            quantised |= {name: np.round(tensor / scale[:, None]).astype(np.int8), f"{name}.scale": scale}
        else:
            quantised[name] = tensor
    (folder / "model.safetensors").unlink()
    save_file(quantised, folder / "model.int8.safetensors", {"format": "caizhi-int8", "version": "1"})
    found = dict(read_tensors(folder))
    assert found.keys() == whole.keys()
    for name, tensor in whole.items():
        assert np.abs(found[name] - tensor).max() <= np.abs(tensor).max() / 127 * 0.51 and found[name].dtype == np.float32
    assert Decoder.load(folder).shape.layers == 2


@pytest.mark.parametrize("damage", [b"", b"\x10", b"\xff" * 64, b"\x04\x00\x00\x00\x00\x00\x00\x00[1]]"])
def test_a_damaged_file_is_named(folder: Path, damage: bytes) -> None:
    (folder / "model.safetensors").write_bytes(damage)
    with pytest.raises(ModelUnavailableError, match=r"model\.safetensors"):
        list(read_tensors(folder))


def test_a_cut_file_is_named(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelUnavailableError, match="损坏"):
        list(read_tensors(folder))


def test_missing_weights_are_named(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelUnavailableError, match=r"model\.safetensors"):
        Decoder.load(folder)


def test_an_adapter_that_trains_more_than_linear_layers_is_refused(model: Path, tmp_path: Path) -> None:
    adapter = make_adapter(model, tmp_path / "adapter")
    path = adapter / "adapter_model.safetensors"
    save_file(load_file(path) | {"base_model.model.model.embed_tokens.lora_embedding_A": np.ones((4, 3), dtype=np.float32)}, path)
    with pytest.raises(ModelUnavailableError, match="transformers"):
        read_adapter(adapter)


def test_an_adapter_without_its_second_half_is_refused(model: Path, tmp_path: Path) -> None:
    adapter = make_adapter(model, tmp_path / "adapter")
    path = adapter / "adapter_model.safetensors"
    save_file({name: tensor for name, tensor in load_file(path).items() if "layers.0.mlp.up_proj.lora_B" not in name}, path)
    with pytest.raises(ModelUnavailableError, match="lora_B"):
        read_adapter(adapter)


def test_the_digest_tells_adapters_apart(model: Path, tmp_path: Path) -> None:
    one, other = (make_adapter(model, tmp_path / str(seed), seed=seed) for seed in (1, 2))
    assert read_adapter(one).digest == read_adapter(one).digest != read_adapter(other).digest
