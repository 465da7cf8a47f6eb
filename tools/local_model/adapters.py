"""LoRA adapters in PEFT's folder format, applied unmerged: several on one base, chosen per row of a batch.

For the tokens of one adapter a layer gives W·x + s·B·(A·x), with s = alpha/r or, for rsLoRA, alpha/√r. The products of all adapters
in a batch are laid side by side: one pair of multiplications serves any mixture, and a mask keeps each token to its own.
DoRA scales the sum per output by magnitude/‖W + s·B·A‖. Sources: Hu et al. 2021 (LoRA), Kalajdzievski 2023 (rsLoRA), Liu et al. 2024 (DoRA).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import ModelUnavailableError
from tools.local_model.weights import Floats, read_file, read_json

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_KEY = re.compile(r"layers\.(?P<layer>\d+)\.(?:self_attn|mlp)\.(?P<module>\w+)\.lora_(?P<part>A|B|magnitude_vector)(?:\.weight)?$")
_MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True, slots=True)
class LowRank:
    """One module's product. down: [r, in]. up: [out, r], scale included. magnitude: [out] for DoRA, else None."""

    down: Floats
    up: Floats
    magnitude: Floats | None = None


@dataclass(frozen=True, eq=False)
class LoraWeights:
    """An adapter's products by layer and module, and a digest of its files."""

    products: Mapping[tuple[int, str], LowRank]
    digest: str


def read_adapter(folder: Path) -> LoraWeights:
    """The adapter in a PEFT folder.

    Raises:
        ModelUnavailableError: files are missing or damaged, or the adapter trains more than the linear layers.
    """
    config = read_json(folder / ADAPTER_CONFIG)
    if config.get("peft_type") != "LORA" or config.get("modules_to_save") or config.get("bias", "none") != "none":
        raise ModelUnavailableError(f"{folder.name} 不是单纯的 LoRA 适配器（peft_type、modules_to_save、bias）；请用 transformers 后端或合并后的模型")
    parts: dict[tuple[int, str], dict[str, Floats]] = {}
    names: dict[tuple[int, str], str] = {}
    for name, tensor in read_file(folder / ADAPTER_WEIGHTS):
        match = _KEY.search(name)
        if match is None or match["module"] not in _MODULES:
            raise ModelUnavailableError(f"{folder.name} 改动了内置解码器不支持的部分 {name}；请用 transformers 后端或合并后的模型")
        key = int(match["layer"]), match["module"]
        parts.setdefault(key, {})[match["part"]] = tensor
        names[key] = name[: match.start("part") - len(".lora_")].removeprefix("base_model.model.")
    try:
        products = {key: _product(names[key], part, config) for key, part in parts.items()}
    except KeyError as error:
        raise ModelUnavailableError(f"{folder / ADAPTER_WEIGHTS} 缺少 lora_{error.args[0]}") from None
    return LoraWeights(products, folder_digest(folder, (ADAPTER_CONFIG, ADAPTER_WEIGHTS)))


def folder_digest(folder: Path, names: Sequence[str]) -> str:
    """The first 16 hex digits of SHA-256 over the named files: what a cached answer is bound to."""
    digest = hashlib.sha256()
    for name in names:
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _product(name: str, part: Mapping[str, Floats], config: Mapping[str, Any]) -> LowRank:
    scale = np.float32(_scale(config, name, part["A"].shape[0]))
    magnitude = part.get("magnitude_vector")
    return LowRank(part["A"], part["B"] * scale, None if magnitude is None else magnitude.reshape(-1))


def _scale(config: Mapping[str, Any], name: str, rank: int) -> float:
    """alpha/r or alpha/√r; alpha_pattern sets alpha for the modules whose name ends in a pattern. The rank is the matrix's own."""
    alpha = float(config.get("lora_alpha") or rank)
    for pattern, value in (config.get("alpha_pattern") or {}).items():
        if re.fullmatch(rf"(?:.*\.)?{pattern.removeprefix('^')}", name):
            alpha = float(value)
            break
    return alpha / math.sqrt(rank) if config.get("use_rslora") else alpha / rank


@dataclass(frozen=True, slots=True)
class Site:
    """The products of all adapters of a batch at one fused matrix. down: [R, in]; up: [out, R]; owners: the adapter of each of the
    R dimensions, [R, 1]; gains: [out, adapters + 1] factors of DoRA, the last column (no adapter) ones; None without DoRA."""

    down: Floats
    up: Floats
    owners: NDArray[np.int64]
    gains: Floats | None


class TokenAdapters:
    """Which adapter each token of a step uses, and how a fused matrix is applied to them.

    sites: by layer and fused name, where any adapter has a product. owner: index of each token's adapter, -1 for the base alone;
    None when all tokens share the only adapter.
    """

    def __init__(self, sites: Mapping[tuple[int, str], Site], owner: NDArray[np.int64] | None) -> None:
        self._sites = sites
        self._owner = owner

    def apply(self, layer: int, name: str, columns: Floats, matrix: Floats) -> Floats:
        """matrix·columns plus each token's own low-rank product: [out, tokens] from [in, tokens], the order that BLAS is quickest in."""
        result: Floats = matrix @ columns
        site = self._sites.get((layer, name))
        if site is None:
            return result
        inner = site.down @ columns
        if self._owner is not None:
            inner *= self._owner == site.owners
        result += site.up @ inner
        if site.gains is not None:
            result *= site.gains[:, :1] if self._owner is None else site.gains[:, self._owner]
        return result


NO_ADAPTERS = TokenAdapters({}, None)


@dataclass(frozen=True, slots=True)
class FusedMatrix:
    """A fused matrix [out, in] of a layer: the modules one below the other, each with the places of its outputs."""

    name: str
    matrix: Floats
    modules: tuple[tuple[str, NDArray[np.int64]], ...]


def side_by_side(adapters: Sequence[LoraWeights], layers: Sequence[Sequence[FusedMatrix]]) -> dict[tuple[int, str], Site]:
    """The sites of several adapters on one base.

    Raises:
        ModelUnavailableError: an adapter was made for a model of another shape.
    """
    sites: dict[tuple[int, str], Site] = {}
    for layer, fused in enumerate(layers):
        for each in fused:
            site = _site(adapters, layer, each)
            if site is not None:
                sites[layer, each.name] = site
    return sites


def _site(adapters: Sequence[LoraWeights], layer: int, fused: FusedMatrix) -> Site | None:
    downs: list[Floats] = []
    ups: list[Floats] = []
    owners: list[int] = []
    height, inputs = fused.matrix.shape
    gains = np.ones((height, len(adapters) + 1), dtype=np.float32)
    for number, adapter in enumerate(adapters):
        for module, places in fused.modules:
            product = adapter.products.get((layer, module))
            if product is None:
                continue
            _check(product, inputs, len(places), f"layers.{layer}.{module}")
            up = np.zeros((height, product.up.shape[1]), dtype=np.float32)
            up[places] = product.up
            downs.append(product.down)
            ups.append(up)
            owners += [number] * len(product.down)
            if product.magnitude is not None:
                norms = np.linalg.norm(fused.matrix[places] + product.up @ product.down, axis=1)
                gains[places, number] = product.magnitude / norms
    if not downs:
        return None
    return Site(np.concatenate(downs), np.concatenate(ups, axis=1), np.array(owners)[:, None], gains if bool((gains != 1).any()) else None)


def _check(product: LowRank, inputs: int, outputs: int, name: str) -> None:
    if product.down.shape[1] != inputs or product.up.shape[0] != outputs or product.down.shape[0] != product.up.shape[1]:
        raise ModelUnavailableError(f"适配器与模型不配：{name} 应为 {inputs}×{outputs}，适配器是 {product.down.shape[1]}×{product.up.shape[0]}")
