"""INT8 and INT4: the folder format of our numpy runtime, and torch's, torchao's and bitsandbytes' ways where the platform has them.

Merge first: an adapter is never put on quantised weights here, since most of these ways cannot merge one afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import ReleaseError
from finetune.model_folder import write_manifest
from finetune.release.folders import copy_text_files, folder_hash, need_weights, new_folder
from finetune.release.loading import load_model, quietly
from tools.local_model.weights import INT8_WEIGHTS, read_tensors

SCALE = ".scale"
INT8_FORMAT: Mapping[str, str] = {"format": "caizhi-int8", "version": "1", "scheme": "symmetric, one scale per output row"}
_LEVELS = 127
_INT4_GROUP, _INT4_ROWS = 32, 16


def rows_to_int8(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix [rows, columns] as int8 and one float32 scale per row, so that int8 * scale[:, None] is nearest to it.

    Symmetric (no zero point) with levels -127 to 127; a row of zeros gets scale 1.
    """
    largest = np.abs(values).max(axis=1, initial=0.0)
    scale = np.where(largest > 0, largest / _LEVELS, 1.0).astype(np.float32)
    return np.clip(np.rint(values / scale[:, None]), -_LEVELS, _LEVELS).astype(np.int8), scale


def write_int8(model_folder: Path, out: Path) -> Path:
    """Write a merged model's folder as int8 for the numpy runtime; the weight file's path. Needs no torch.

    model.int8.safetensors holds every matrix (linear layers [out, in], embeddings [vocabulary, hidden]) as int8 under its own
    name with `<name>.scale`, float32 [rows]; vectors (norms, biases) stay float32. Tied heads stay tied: no second copy. Configuration,
    tokenizer and chat template are copied beside it.

    Raises:
        ReleaseError: the folder has no plain weights, or a weight is not finite.
    """
    from safetensors.numpy import save_file

    need_weights(model_folder)
    new_folder(out, model_folder)
    stored: dict[str, NDArray[Any]] = {}
    for name, values in read_tensors(model_folder):
        if not np.isfinite(values).all():
            raise ReleaseError(f"权重 {name} 含 NaN 或无穷大，不能量化")
        if values.ndim == 2:
            stored[name], stored[name + SCALE] = rows_to_int8(values)
        else:
            stored[name] = np.array(values)
    save_file(stored, out / INT8_WEIGHTS, metadata=dict(INT8_FORMAT))
    copy_text_files(model_folder, out)
    write_manifest(out, "caizhi models quantise --method int8", {"model": folder_hash(model_folder)}, ("numpy", "safetensors"), {}, "")
    return out / INT8_WEIGHTS


def load_int8(folder: Path) -> Any:
    """The int8 folder multiplied out into a torch model, float32: what the numpy runtime computes, by an independent forward pass.

    Raises:
        ModelUnavailableError: the int8 weights are missing or damaged.
        ReleaseError: they do not fit the configuration.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    made: Any = AutoModelForCausalLM
    state = {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in read_tensors(folder)}
    with quietly():
        model = made.from_config(AutoConfig.from_pretrained(str(folder))).float().eval()
    try:
        missing, unexpected = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ReleaseError(f"{folder} 的 int8 权重与 config.json 不符：{str(error).splitlines()[-1].strip()}") from error
    tied = {name for name in missing if name == "lm_head.weight" and model.config.tie_word_embeddings}
    if set(missing) - tied or unexpected:
        raise ReleaseError(f"{folder} 的 int8 权重与 config.json 不符：{'、'.join([*missing, *unexpected][:3])}")
    model.tie_weights()
    return model


@dataclass(frozen=True, slots=True)
class Method:
    """One way to quantise. refusal: why this machine cannot, "" where it can. load: merged folder → quantised torch model."""

    name: str
    bits: int
    refusal: Callable[[], str]
    load: Callable[[Path], Any]


def load_quantised(model_folder: Path, method: str) -> Any:
    """A merged model quantised while it is loaded, in evaluation mode.

    Raises:
        ReleaseError: the method is not known, or this platform refuses it (the message says why), or the folder is no whole model.
    """
    way = METHODS.get(method)
    if way is None:
        raise ReleaseError(f"没有量化方法“{method}”；可用：{'、'.join(METHODS)}")
    if why := way.refusal():
        raise ReleaseError(f"本机不能用 {method}：{why}")
    need_weights(model_folder)
    try:
        with quietly():
            return way.load(model_folder).eval()
    except (RuntimeError, ValueError, ImportError, AssertionError, NotImplementedError) as error:
        raise ReleaseError(f"{method} 量化失败：{(str(error).splitlines() or [type(error).__name__])[0][:300]}") from error


def quantise(model_folder: Path, out: Path, method: str = "int8") -> Path:
    """Write a quantised folder; `out`. Methods that are made while loading (torch-dynamic, torchao-int4) have no folder.

    Raises:
        ReleaseError: as of `load_quantised`, or the method has no folder of its own.
    """
    if method == "int8":
        write_int8(model_folder, out)
        return out
    model = load_quantised(model_folder, method)
    if method not in _SAVED:
        raise ReleaseError(f"{method} 在加载时量化，没有自己的文件；可写成文件的方法：int8、{'、'.join(_SAVED)}")
    new_folder(out, model_folder)
    with quietly():
        model.save_pretrained(out)
    settings = (out / "config.json").read_bytes()
    copy_text_files(model_folder, out)
    # The copied configuration is the unquantised one.
    (out / "config.json").write_bytes(settings)
    write_manifest(out, f"caizhi models quantise --method {method}", {"model": folder_hash(model_folder)}, ("torch", "transformers"), {}, "")
    return out


def model_bytes(model: Any) -> int:
    """Bytes of a torch model's weights as they lie in memory, packed and quantised ones included; shared tensors count once."""
    seen: dict[int, int] = {}
    for value in _stored_values(model):
        for tensor in _plain_tensors(value):
            seen[tensor.data_ptr()] = tensor.element_size() * tensor.nelement()
    return sum(seen.values())


def _stored_values(model: Any) -> list[Any]:
    state = model.state_dict()
    return [part for value in state.values() for part in (value if isinstance(value, tuple) else (value,))]


def _plain_tensors(value: Any) -> list[Any]:
    import torch

    if not isinstance(value, torch.Tensor):
        return []
    if hasattr(value, "__tensor_flatten__"):
        return [part for name in value.__tensor_flatten__()[0] for part in _plain_tensors(getattr(value, name))]
    return [value]


def _dynamic(folder: Path) -> Any:
    import torch

    # Deprecated in favour of torchao, and still the faster of the two on a CPU (measured: tests/benchmarks/quantise_bench.py).
    quantisation: Any = torch.ao.quantization
    return quantisation.quantize_dynamic(load_model(folder).float(), {torch.nn.Linear}, dtype=torch.qint8)


def _torchao_int8(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM, TorchAoConfig

    settings = TorchAoConfig(import_module("torchao.quantization").Int8WeightOnlyConfig())
    return AutoModelForCausalLM.from_pretrained(str(folder), dtype="auto", quantization_config=settings)


def _torchao_int4(folder: Path) -> Any:
    """Groups of 32 weights by torchao's packed CPU kernel, which wants rows in sixteens; other layers and the head stay as they are."""
    import torch

    prototype, torchao = import_module("torchao.prototype.quantization.int4"), import_module("torchao.quantization")

    def fits(module: torch.nn.Module, name: str) -> bool:
        weight = getattr(module, "weight", None)
        return isinstance(module, torch.nn.Linear) and weight is not None and not weight.shape[0] % _INT4_ROWS and not weight.shape[1] % _INT4_GROUP

    model = load_model(folder).to(torch.bfloat16)
    head = model.get_output_embeddings()
    torchao.quantize_(
        model, prototype.PrototypeInt4WeightOnlyConfig(group_size=_INT4_GROUP, set_inductor_config=False),
        filter_fn=lambda module, name: module is not head and fits(module, name),
    )  # fmt: skip
    return model


def _bitsandbytes(bits: int) -> Callable[[Path], Any]:
    def load(folder: Path) -> Any:
        from transformers import AutoModelForCausalLM, BitsAndBytesConfig

        made: Any = BitsAndBytesConfig
        settings = made(load_in_8bit=True) if bits == 8 else made(load_in_4bit=True, bnb_4bit_quant_type="nf4")
        return AutoModelForCausalLM.from_pretrained(str(folder), quantization_config=settings, device_map={"": 0})

    return load


def _without(*packages: str) -> str:
    missing = [name for name in packages if find_spec(name) is None]
    return f"没有安装 {'、'.join(missing)}" if missing else ""


def _no_torchao_int4() -> str:
    if missing := _without("torch", "torchao"):
        return missing
    if find_spec("torchao.prototype.quantization.int4") is None:
        return "这个版本的 torchao 没有 CPU 上的 int4 内核，其余 int4 格式需要 CUDA"
    return ""


def _no_bitsandbytes() -> str:
    if missing := _without("torch", "bitsandbytes"):
        return missing
    import torch

    return "" if torch.cuda.is_available() else "bitsandbytes 在这里只用于 GPU，本机没有"


METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        Method("torch-dynamic", 8, lambda: _without("torch"), _dynamic),
        Method("torchao-int8", 8, lambda: _without("torch", "torchao"), _torchao_int8),
        Method("torchao-int4", 4, _no_torchao_int4, _torchao_int4),
        Method("bnb-int8", 8, _no_bitsandbytes, _bitsandbytes(8)),
        Method("bnb-nf4", 4, _no_bitsandbytes, _bitsandbytes(4)),
    )
}
_SAVED = ("torchao-int8", "bnb-int8", "bnb-nf4")


