"""Forms in which a trained model leaves: adapter, merged model, ONNX, GGUF. Each is checked against the model it was made from."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data.errors import ReleaseError
from finetune.model_folder import write_manifest
from finetune.release.folders import TOKENIZER_FILES, copy_text_files, folder_hash, folder_size, need_weights, new_folder, read_manifest
from finetune.release.loading import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    adapter_config,
    base_of,
    load_model,
    load_tokenizer,
    load_with_adapter,
    logits_of,
    probe_ids,
    quietly,
)
from tools.local_model.weights import read_file

ExportKind = Literal["adapter", "merged", "onnx", "gguf"]
ONNX_FILE = "model.onnx"
GGUF_CONVERTER = "convert_hf_to_gguf.py"
_PACKAGES = ("torch", "transformers", "peft")
# The share of the logits' range by which a merged or exported model may differ: rounding, not another model.
_TOLERANCE = {"float32": 1e-4, "float16": 2e-2, "bfloat16": 5e-2}


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. size: bytes of all its files. checks: what was compared, by name (distances are shares of the logits' range)."""

    kind: str
    folder: Path
    size: int
    checks: Mapping[str, float] = field(default_factory=dict)


def export_adapter(adapter: Path, out: Path, release: str = "") -> Exported:
    """Copy an adapter with its tokenizer, card and a manifest, after a scan of its weights.

    Raises:
        ReleaseError: it holds no safetensors weights, holds NaN or infinity, or was never trained (every B matrix is zero).
    """
    config, largest = adapter_config(adapter), scan_adapter(adapter)
    new_folder(out, adapter)
    for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS):
        shutil.copy2(adapter / name, out / name)
    copy_text_files(adapter, out)
    checks = {"largest_weight": largest}
    _manifest(out, "adapter", adapter, {"source": folder_hash(adapter), "base": config.get("base_model_name_or_path")}, checks, release)
    return Exported("adapter", out, folder_size(out), checks)


def scan_adapter(adapter: Path) -> float:
    """The adapter's largest absolute weight.

    Raises:
        ReleaseError: a weight is not finite, or every B matrix is zero.
    """
    if not (adapter / ADAPTER_WEIGHTS).is_file():
        raise ReleaseError(f"{adapter} 没有 {ADAPTER_WEIGHTS}；pickle 格式的权重不收")
    largest, trained = 0.0, False
    for name, values in read_file(adapter / ADAPTER_WEIGHTS):
        if not np.isfinite(values).all():
            raise ReleaseError(f"适配器权重 {name} 含 NaN 或无穷大")
        largest = max(largest, float(np.abs(values).max(initial=0.0)))
        trained = trained or ("lora_A" not in name and bool(np.any(values)))
    if not trained:
        raise ReleaseError(f"适配器 {adapter} 没有训练过：所有 B 矩阵都是零")
    return largest


def export_merged(adapter: Path, out: Path, base: Path | str | None = None, release: str = "") -> Exported:
    """Merge an adapter into its unquantised base and save a model that transformers loads by itself.

    The adapter's own tokenizer wins over the base's, since rows were rendered with it. The saved folder is loaded again and must give
    the adapter's logits.

    Raises:
        ReleaseError: adapter and base do not fit, the merge gives NaN, or the saved model answers otherwise.
    """
    scan_adapter(adapter)
    model = load_with_adapter(adapter, base)
    ids = probe_ids(int(model.config.vocab_size))
    before = logits_of(model, ids)
    try:
        with quietly():
            merged = model.merge_and_unload(safe_merge=True)
    except ValueError as error:
        raise ReleaseError(f"合并失败：{error}") from error
    new_folder(out, adapter)
    source = adapter if (adapter / "tokenizer.json").is_file() else base_of(adapter, base)
    with quietly():
        merged.save_pretrained(out)
        if source is adapter:
            copy_text_files(adapter, out, only=TOKENIZER_FILES)
        else:
            load_tokenizer(source).save_pretrained(out)
    distance = logit_distance(before, logits_of(load_model(out), ids))
    _within(distance, str(merged.dtype).removeprefix("torch."), "合并后的模型与适配器")
    checks = {"logit_distance": distance}
    _manifest(out, "merged", adapter, {"adapter": folder_hash(adapter), "base": str(base_of(adapter, base))}, checks, release)
    return Exported("merged", out, folder_size(out), checks)


def logit_distance(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """Largest absolute difference of two arrays of logits, as a share of the first one's range."""
    span = float(one.max() - one.min()) or 1.0
    return float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max()) / span


def export_onnx(model_folder: Path, out: Path, release: str = "") -> Exported:
    """Write the decoder's forward pass (input_ids, attention_mask → logits; no cache; any batch and length) as ONNX.

    Checked by onnxruntime on a batch of another shape than the traced one, with padding on the left.

    Raises:
        ReleaseError: the folder holds no whole model, or onnxruntime's logits differ.
    """
    import torch

    need_weights(model_folder)
    model = load_model(model_folder).float()
    new_folder(out, model_folder)
    example = torch.tensor([probe_ids(int(model.config.vocab_size), 8)] * 2)
    batch, length = torch.export.Dim("batch", min=1, max=256), torch.export.Dim("length", min=2, max=int(model.config.max_position_embeddings))
    with quietly():
        program = torch.onnx.export(
            _logits_only(model), (example, torch.ones_like(example)), input_names=["input_ids", "attention_mask"], output_names=["logits"],
            dynamo=True, verbose=False, dynamic_shapes=[{0: batch, 1: length}] * 2,
        )  # fmt: skip
        assert program is not None
        program.save(str(out / ONNX_FILE))
    copy_text_files(model_folder, out)
    checks = {"logit_distance": _onnx_distance(model, out / ONNX_FILE)}
    _within(checks["logit_distance"], "float32", "ONNX 与原模型")
    _manifest(out, "onnx", model_folder, {"model": folder_hash(model_folder)}, checks, release)
    return Exported("onnx", out, folder_size(out), checks)


def _logits_only(model: Any) -> Any:
    import torch

    class Forward(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
            return self.model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False).logits

    return Forward().eval()


def _onnx_distance(model: Any, path: Path) -> float:
    import onnxruntime
    import torch

    vocabulary = int(model.config.vocab_size)
    ids = np.array([probe_ids(vocabulary, 37), probe_ids(vocabulary, 37)[::-1], probe_ids(vocabulary, 37)], dtype=np.int64)
    mask = np.ones_like(ids)
    mask[2, :5] = 0
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    theirs = np.asarray(session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0])
    with torch.inference_mode():
        ours = model(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask), use_cache=False).logits.numpy()
    kept = mask.astype(bool)
    return logit_distance(ours[kept], theirs[kept])


def export_gguf(model_folder: Path, out: Path, converter: Path | None = None, kind: str = "f16") -> Exported:
    """Have llama.cpp's converter write out/model.gguf (kind: its --outtype: f32, f16, bf16, q8_0).

    converter: path of convert_hf_to_gguf.py; without it the PATH is searched.

    Raises:
        ReleaseError: there is no converter, or it fails (its last line is the message).
    """
    found = converter or (Path(path) if (path := shutil.which(GGUF_CONVERTER)) else None)
    if found is None or not found.is_file():
        raise ReleaseError(f"没有找到 llama.cpp 的 {GGUF_CONVERTER}{f'（{converter}）' if converter else ''}；请用 --converter 给出它的路径")
    out.mkdir(parents=True, exist_ok=True)
    target = out / "model.gguf"
    command = [sys.executable, str(found), str(model_folder), "--outfile", str(target), "--outtype", kind]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if run.returncode or not target.is_file():
        last = ([line for line in run.stderr.splitlines() if line.strip()] or ["没有输出"])[-1]
        raise ReleaseError(f"GGUF 转换失败（退出码 {run.returncode}）：{last.strip()}")
    with target.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ReleaseError(f"{target} 不是 GGUF 文件")
    return Exported("gguf", out, folder_size(out))


def _within(distance: float, kind: str, what: str) -> None:
    if not distance <= _TOLERANCE.get(kind, _TOLERANCE["bfloat16"]):
        raise ReleaseError(f"{what}的 logits 相差 {distance:.2%}，超出 {kind} 的舍入误差")


def _manifest(out: Path, kind: str, source: Path, data: Mapping[str, Any], checks: Mapping[str, float], release: str) -> None:
    """Write the manifest; what the source's own one says of data, metrics and version is carried on."""
    known = read_manifest(source)
    write_manifest(
        out, f"caizhi models export --to {kind}", {**known.get("data", {}), **data}, _PACKAGES, {**known.get("metrics", {}), **checks},
        release or str(known.get("version", "")),
    )  # fmt: skip
