"""Exports of the tiny model: each form is opened by what would serve it, and gives the adapter's logits."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import ReleaseError
from finetune.release.export import export_adapter, export_gguf, export_merged, export_onnx, logit_distance
from finetune.release.loading import load_model, load_tokenizer, load_with_adapter, logits_of, probe_ids
from tests.local_models import make_adapter, make_lively_lm


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_lively_lm(tmp_path_factory.mktemp("lm") / "base")


@pytest.fixture(scope="module")
def adapter(base: Path) -> Path:
    return make_adapter(base, base.parent / "adapter")


@pytest.fixture(scope="module")
def merged(adapter: Path, base: Path) -> Path:
    return export_merged(adapter, base.parent / "merged", base, "1.0.0").folder


def with_b_matrices(adapter: Path, folder: Path, value: float) -> Path:
    """A copy of the adapter whose B matrices are all one value."""
    from safetensors.numpy import load_file, save_file

    shutil.copytree(adapter, folder)
    tensors = load_file(folder / "adapter_model.safetensors")
    save_file({name: np.full_like(each, value) if "lora_B" in name else each for name, each in tensors.items()}, folder / "adapter_model.safetensors")
    return folder


def test_the_merged_model_gives_the_adapter_s_logits_and_not_the_base_s(base: Path, adapter: Path, merged: Path) -> None:
    ids = probe_ids(200)
    wanted, got = logits_of(load_with_adapter(adapter, base), ids), logits_of(load_model(merged), ids)
    assert logit_distance(wanted, got) < 1e-5
    assert logit_distance(logits_of(load_model(base), ids), got) > 1e-2
    manifest = json.loads((merged / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["version"] == "1.0.0" and manifest["metrics"]["logit_distance"] < 1e-5
    assert not (merged / "adapter_config.json").exists()


def test_the_merged_folder_keeps_configuration_and_tokenizer(base: Path, merged: Path) -> None:
    text = "净利润f1"
    assert load_tokenizer(merged)(text)["input_ids"] == load_tokenizer(base)(text)["input_ids"]
    assert load_tokenizer(merged).chat_template == load_tokenizer(base).chat_template
    assert load_model(merged).config.tie_word_embeddings is True


def test_the_adapter_s_own_base_is_used_when_none_is_given(adapter: Path, base: Path, tmp_path: Path) -> None:
    assert export_merged(adapter, tmp_path / "merged").checks["logit_distance"] < 1e-5


def test_an_adapter_on_a_half_precision_base_is_merged_without_rounding_it_away(adapter: Path, base: Path, tmp_path: Path) -> None:
    import torch

    load_model(base).to(torch.bfloat16).save_pretrained(tmp_path / "half")
    shutil.copy(base / "tokenizer.json", tmp_path / "half")
    shutil.copy(base / "tokenizer_config.json", tmp_path / "half")
    exported = export_merged(adapter, tmp_path / "out", tmp_path / "half")
    assert exported.checks["logit_distance"] < 1e-5 and load_model(exported.folder).dtype == torch.float32


def test_an_adapter_on_a_base_of_another_shape_is_one_clear_error(adapter: Path, base: Path, tmp_path: Path) -> None:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    shape: dict[str, Any] = {"num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4}
    Qwen3ForCausalLM(Qwen3Config(vocab_size=50, hidden_size=16, intermediate_size=32, **shape)).save_pretrained(tmp_path / "other")
    with pytest.raises(ReleaseError, match="与基座不合"):
        export_merged(adapter, tmp_path / "out", tmp_path / "other")


def test_a_quantised_base_is_refused(adapter: Path, base: Path, tmp_path: Path) -> None:
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    config["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ReleaseError, match="未量化"):
        export_merged(adapter, tmp_path / "out", tmp_path)


def test_an_adapter_leaves_with_its_manifest(adapter: Path, tmp_path: Path) -> None:
    source = shutil.copytree(adapter, tmp_path / "source")
    (source / "manifest.json").write_text(json.dumps({"data": {"template_sha256": "abc"}, "metrics": {"accuracy": 0.5}}), encoding="utf-8")
    exported = export_adapter(source, tmp_path / "out", "1.2.0")
    manifest = json.loads((exported.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["version"] == "1.2.0" and set(manifest["files"]) >= {"adapter_config.json", "adapter_model.safetensors"}
    assert manifest["data"]["template_sha256"] == "abc" and manifest["metrics"]["accuracy"] == 0.5
    assert exported.size == sum(path.stat().st_size for path in exported.folder.iterdir())
    ids = probe_ids(200)
    assert np.array_equal(logits_of(load_with_adapter(exported.folder), ids), logits_of(load_with_adapter(adapter), ids))


def test_an_untrained_adapter_is_refused(adapter: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="没有训练过"):
        export_adapter(with_b_matrices(adapter, tmp_path / "zero", 0.0), tmp_path / "out")


def test_nan_in_an_adapter_is_found(adapter: Path, base: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="NaN"):
        export_merged(with_b_matrices(adapter, tmp_path / "nan", float("nan")), tmp_path / "out", base)


def test_a_folder_that_is_no_adapter_is_named(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="不是适配器目录"):
        export_adapter(base, tmp_path / "out")


def test_nothing_is_written_over_its_own_source(adapter: Path) -> None:
    with pytest.raises(ReleaseError, match="来源目录本身"):
        export_adapter(adapter, adapter)


def test_onnx_gives_the_same_logits_at_other_shapes(merged: Path, tmp_path: Path) -> None:
    exported = export_onnx(merged, tmp_path / "onnx")
    assert exported.checks["logit_distance"] < 1e-5 and (exported.folder / "tokenizer.json").is_file()
    import onnxruntime

    session = onnxruntime.InferenceSession(str(exported.folder / "model.onnx"), providers=["CPUExecutionProvider"])
    ids = probe_ids(200, 51)
    given = {"input_ids": np.array([ids], dtype=np.int64), "attention_mask": np.ones((1, 51), dtype=np.int64)}
    got = np.asarray(session.run(None, given)[0])[0]
    assert logit_distance(logits_of(load_model(merged), ids), got) < 1e-5


def test_an_adapter_alone_cannot_become_onnx(adapter: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="合并后的完整模型"):
        export_onnx(adapter, tmp_path / "onnx")


def test_gguf_without_a_converter_is_one_clear_error(merged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ReleaseError, match="convert_hf_to_gguf.py.*--converter"):
        export_gguf(merged, tmp_path / "out")
    with pytest.raises(ReleaseError, match="nowhere.py"):
        export_gguf(merged, tmp_path / "out", tmp_path / "nowhere.py")


CONVERTER = """
import argparse, sys
parser = argparse.ArgumentParser(); parser.add_argument("model"); parser.add_argument("--outfile"); parser.add_argument("--outtype")
given = parser.parse_args()
if given.outtype == "f32": print("INFO: start", file=sys.stderr); sys.exit("NotImplementedError: unknown pre-tokenizer")
open(given.outfile, "wb").write((b"GGUF" if given.outtype == "f16" else b"nope") + given.model.encode())
"""


def test_gguf_is_written_by_the_converter_and_its_failures_are_told(merged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    converter = tmp_path / "convert_hf_to_gguf.py"
    converter.write_text(CONVERTER, encoding="utf-8")
    converter.chmod(converter.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (export_gguf(merged, tmp_path / "out").folder / "model.gguf").read_bytes() == b"GGUF" + str(merged).encode()
    with pytest.raises(ReleaseError, match="unknown pre-tokenizer"):
        export_gguf(merged, tmp_path / "failed", converter, "f32")
    with pytest.raises(ReleaseError, match="不是 GGUF"):
        export_gguf(merged, tmp_path / "wrong", converter, "q8_0")
