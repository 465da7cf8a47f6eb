"""Model folders as transformers and PEFT write them, read with numpy alone: the shape from config.json, tensors from safetensors.

Matrices come back as float32. bfloat16 and float16 are widened; an int8 folder (see `_dequantised`) is multiplied out one
matrix at a time, so that reading never holds two copies of the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import ModelUnavailableError

Floats = NDArray[np.float32]

CONFIG, WEIGHTS, INT8_WEIGHTS, INDEX = "config.json", "model.safetensors", "model.int8.safetensors", "model.safetensors.index.json"
_MOST_HEADER = 100 << 20
_TYPES: Mapping[str, str] = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I8": "<i1", "U8": "<u1", "I32": "<i4", "I64": "<i8"}
_SCALE = ".scale"
_DEFAULT_THETA = 10_000.0


@dataclass(frozen=True, slots=True)
class DecoderShape:
    """Sizes of a Qwen3 decoder. eos: token ids that end a text."""

    vocabulary: int
    hidden: int
    ffn: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    context: int
    epsilon: float
    theta: float
    tied: bool
    eos: tuple[int, ...]

    @property
    def group(self) -> int:
        """Query heads that share one key-value head."""
        return self.heads // self.kv_heads


def read_shape(folder: Path) -> DecoderShape:
    """The shape in the folder's config.json.

    Raises:
        ModelUnavailableError: no such file, or a model that the decoder does not know (transformers can serve that).
    """
    config = read_json(folder / CONFIG)
    if config.get("model_type") != "qwen3":
        raise ModelUnavailableError(f"{folder.name} 的结构是 {config.get('model_type')!r}，内置解码器只支持 qwen3；请用 transformers 后端")
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind != "default" or config.get("attention_bias") or config.get("use_sliding_window"):
        raise ModelUnavailableError(f"{folder.name} 用了内置解码器不支持的选项（rope {kind}、注意力偏置或滑动窗口）；请用 transformers 后端")
    try:
        return DecoderShape(
            vocabulary=config["vocab_size"], hidden=config["hidden_size"], ffn=config["intermediate_size"], layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"], kv_heads=config["num_key_value_heads"], head_dim=config["head_dim"],
            context=config["max_position_embeddings"], epsilon=config["rms_norm_eps"],
            theta=float(rope.get("rope_theta", config.get("rope_theta", _DEFAULT_THETA))), tied=bool(config.get("tie_word_embeddings")),
            eos=_end_tokens(folder, config),
        )  # fmt: skip
    except KeyError as error:
        raise ModelUnavailableError(f"{folder / CONFIG} 缺少 {error}") from None


def read_tensors(folder: Path) -> Iterator[tuple[str, Floats]]:
    """Every tensor of a model folder by name, as float32, one after the other; sharded and int8 folders alike.

    Raises:
        ModelUnavailableError: the weights are missing or damaged.
    """
    for path in weight_files(folder):
        yield from read_file(path)


def weight_files(folder: Path) -> list[Path]:
    """The files that hold the folder's weights: whole, int8, or in shards; model.safetensors where none is there.

    Raises:
        ModelUnavailableError: the index of the shards is damaged.
    """
    for name in (WEIGHTS, INT8_WEIGHTS):
        if (folder / name).exists():
            return [folder / name]
    if not (folder / INDEX).exists():
        return [folder / WEIGHTS]
    shards = read_json(folder / INDEX).get("weight_map")
    if not isinstance(shards, dict) or not shards:
        raise ModelUnavailableError(f"分片索引损坏：{folder / INDEX}")
    return [folder / str(name) for name in sorted(set(shards.values()))]


def read_file(path: Path) -> Iterator[tuple[str, Floats]]:
    """The tensors of one safetensors file, as float32.

    Raises:
        ModelUnavailableError: the file is missing or damaged.
    """
    entries, data = _mapped(path)
    for name, entry in entries.items():
        if name.endswith(_SCALE) and name.removesuffix(_SCALE) in entries:
            continue
        scale = entries.get(name + _SCALE)
        tensor = _tensor(path, name, entry, data)
        yield name, tensor.astype(np.float32) if scale is None else _dequantised(tensor, _tensor(path, name, scale, data))


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        ModelUnavailableError: it cannot be read, or is something else.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailableError(f"模型文件读不出来：{path}（{error}）") from error
    if not isinstance(value, dict):
        raise ModelUnavailableError(f"模型文件应是一个 JSON 对象：{path}")
    return value


def _dequantised(matrix: NDArray[Any], scale: NDArray[Any]) -> Floats:
    """int8 weights [out, in] times one scale for each output row."""
    return matrix.astype(np.float32) * scale.astype(np.float32).reshape(-1, *[1] * (matrix.ndim - 1))


def _mapped(path: Path) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    """The header's entries and the bytes after it, mapped rather than read."""
    try:
        raw = np.memmap(path, dtype=np.uint8, mode="r")
        size = int.from_bytes(raw[:8].tobytes(), "little")
        if not 2 <= size <= min(_MOST_HEADER, raw.size - 8):
            raise ValueError("header size")
        header = json.loads(raw[8 : 8 + size].tobytes())
        header.pop("__metadata__", None)
    except (OSError, ValueError, AttributeError) as error:
        raise ModelUnavailableError(f"权重文件缺失或损坏：{path}（{error}）") from error
    return header, raw[8 + size :]


def _tensor(path: Path, name: str, entry: Mapping[str, Any], data: NDArray[np.uint8]) -> NDArray[Any]:
    try:
        start, end = entry["data_offsets"]
        kind, shape = entry["dtype"], entry["shape"]
        if not 0 <= start <= end <= data.size:
            raise ValueError("offsets outside the file")
        tensor = data[start:end].view(_TYPES[kind]).reshape(shape)
    except (KeyError, ValueError, TypeError) as error:
        raise ModelUnavailableError(f"权重文件损坏：{path} 的 {name}（{error}）") from error
    if kind == "BF16":
        return (tensor.astype(np.uint32) << 16).view(np.float32)
    return tensor


def _end_tokens(folder: Path, config: Mapping[str, Any]) -> tuple[int, ...]:
    """Generation settings win over the config, as in transformers."""
    path = folder / "generation_config.json"
    value = read_json(path).get("eos_token_id") if path.exists() else None
    value = config.get("eos_token_id") if value is None else value
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (int(value),)
