"""The shape of a decoder (Llama, Qwen, DeepSeek-LLM layout) and what follows from it by counting: parameters, and those of an adapter."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import TrainingError, UsageError
from finetune.training.base_models import resolve_base
from finetune.training.presets import ALL_LINEAR, Preset


@dataclass(frozen=True, slots=True)
class Shape:
    """One model. hidden: width; ffn: width of the gated feed-forward; head_dim: of one head; tied: output layer = embedding.

    head_norms: a norm over queries and keys (Qwen3). biases: of q, k and v (Qwen2).
    """

    name: str
    layers: int
    hidden: int
    ffn: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    tied: bool = False
    head_norms: bool = False
    biases: bool = False

    @property
    def linears(self) -> Mapping[str, tuple[int, int]]:
        """(in, out) of every linear layer of one block."""
        queries, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        return {
            "q_proj": (self.hidden, queries), "k_proj": (self.hidden, keys), "v_proj": (self.hidden, keys), "o_proj": (queries, self.hidden),
            "gate_proj": (self.hidden, self.ffn), "up_proj": (self.hidden, self.ffn), "down_proj": (self.ffn, self.hidden),
        }  # fmt: skip

    @property
    def linear_parameters(self) -> int:
        """Weights of the linear layers in the blocks: what NF4 quantises and what an adapter goes around."""
        return self.layers * sum(wide * tall for wide, tall in self.linears.values())

    @property
    def parameters(self) -> int:
        """All parameters, norms and embeddings included."""
        embeddings = self.vocab * self.hidden * (1 if self.tied else 2)
        norms = self.layers * 2 * (self.hidden + (self.head_dim if self.head_norms else 0)) + self.hidden
        biases = self.layers * (self.heads + 2 * self.kv_heads) * self.head_dim if self.biases else 0
        return self.linear_parameters + embeddings + norms + biases

    @property
    def multiplied_parameters(self) -> int:
        """Those that a token is multiplied with: the blocks and the output layer. Looking an embedding up multiplies nothing."""
        return self.linear_parameters + self.vocab * self.hidden

    @property
    def cache_width(self) -> int:
        """Values of the key-value cache per token."""
        return 2 * self.layers * self.kv_heads * self.head_dim

    def lora_parameters(self, modules: Sequence[str] | str, r: int, *, dora: bool = False) -> int:
        """Of an adapter of rank r: r·(in+out) for each layer; DoRA adds a magnitude for each output.

        Raises:
            UsageError: a module is not one of the linear layers.
        """
        names = list(self.linears) if modules == ALL_LINEAR else [modules] if isinstance(modules, str) else list(modules)
        unknown = [name for name in names if name not in self.linears]
        if unknown:
            raise UsageError(f"没有名为 {'、'.join(unknown)} 的线性层；可用：{'、'.join(self.linears)}，或 {ALL_LINEAR}")
        return self.layers * sum(r * sum(self.linears[name]) + (self.linears[name][1] if dora else 0) for name in names)

    def trainable(self, way: Preset) -> int:
        """Parameters that a preset trains."""
        return self.lora_parameters(way.modules, way.r, dora=way.dora) if way.lora else self.parameters


DEEPSEEK_7B = Shape("DeepSeek-7B", 30, 4096, 11008, 32, 32, 128, 102400)
DEEPSEEK_67B = Shape("DeepSeek-67B", 95, 8192, 22016, 64, 8, 128, 102400)
_HUB = "deepseek-ai/deepseek-llm-"
_NAMED: Mapping[str, Shape] = {
    **dict.fromkeys(("7b", "deepseek-7b", "deepseek-7b-chat", f"{_HUB}7b-base", f"{_HUB}7b-chat"), DEEPSEEK_7B),
    **dict.fromkeys(("67b", "deepseek-67b", "deepseek-67b-chat", f"{_HUB}67b-base", f"{_HUB}67b-chat"), DEEPSEEK_67B),
}
_KEYS = {"layers": "num_hidden_layers", "hidden": "hidden_size", "ffn": "intermediate_size", "heads": "num_attention_heads", "vocab": "vocab_size"}


def find_shape(name: str) -> Shape:
    """The shape of a known name, of the bundled model, of a model's folder, or of a config.json.

    Raises:
        UsageError: the name is not known and no such file is there, or the file does not describe a dense decoder.
    """
    if name.lower() in _NAMED:
        return _NAMED[name.lower()]
    path = Path(name).expanduser()
    if not path.is_file():
        try:
            path = Path(resolve_base(name)) / "config.json"
        except TrainingError as error:
            raise UsageError(str(error)) from None
    if not path.is_file():
        raise UsageError(f"不知道模型“{name}”的形状；可用 deepseek-7b、deepseek-67b，或给出它的 config.json")
    return read_shape(path)


def read_shape(path: Path) -> Shape:
    """The shape that a config.json of transformers describes.

    Raises:
        UsageError: it cannot be read, lacks a size, or describes a mixture of experts.
    """
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"模型配置 {path} 读不了：{str(error).splitlines()[0]}") from None
    missing = [key for key in _KEYS.values() if not isinstance(config.get(key), int)] if isinstance(config, dict) else ["JSON 对象"]
    if missing:
        raise UsageError(f"模型配置 {path} 缺少 {'、'.join(missing)}")
    if any(config.get(key) for key in ("num_experts", "n_routed_experts", "num_local_experts")):
        raise UsageError(f"模型配置 {path} 是混合专家模型，这里只估算稠密模型")
    sizes = {field: int(config[key]) for field, key in _KEYS.items()}
    family = str(config.get("model_type", ""))
    return Shape(
        name=path.parent.name or str(path), **sizes, kv_heads=int(config.get("num_key_value_heads") or sizes["heads"]),
        head_dim=int(config.get("head_dim") or sizes["hidden"] // sizes["heads"]), tied=bool(config.get("tie_word_embeddings", False)),
        head_norms=family.startswith("qwen3"), biases=family == "qwen2",
    )  # fmt: skip
