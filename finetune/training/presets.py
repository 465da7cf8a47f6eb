"""The ways of adapting a base model, as a table: which layers get an adapter, of which rank, over which weights.

Sources: LoRA (Hu et al. 2021), QLoRA (Dettmers et al. 2023), rsLoRA (Kalajdzievski 2023: alpha/sqrt(r)), DoRA (Liu et al. 2024).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from data.errors import UsageError

if TYPE_CHECKING:
    from peft import LoraConfig

ALL_LINEAR = "all-linear"
SEED_MODULES = ("q_proj", "v_proj")


@dataclass(frozen=True, slots=True)
class Preset:
    """One way. modules: names of layers, or "all-linear" (all but the output layer). four_bit: the frozen base in NF4.

    lora: False is full fine-tuning. r: rank; alpha: the update is scaled by alpha/r (alpha/sqrt(r) with rslora).
    """

    name: str
    about: str
    modules: tuple[str, ...] | str = ALL_LINEAR
    r: int = 16
    alpha: int = 32
    dropout: float = 0.1
    rslora: bool = False
    dora: bool = False
    four_bit: bool = False
    lora: bool = True

    def with_values(self, **values: Any) -> Preset:
        """The preset with some fields replaced; None keeps the preset's own."""
        given = {name: value for name, value in values.items() if value is not None}
        if isinstance(given.get("modules"), list):
            given["modules"] = tuple(given["modules"])
        return replace(self, **given)

    def lora_config(self) -> LoraConfig:
        """The PEFT configuration: bias "none", task CAUSAL_LM.

        Raises:
            UsageError: the preset trains every weight and has no adapter.
        """
        from peft import LoraConfig, TaskType

        if not self.lora:
            raise UsageError(f"预设 {self.name} 是全量微调，没有 LoRA 配置")
        modules = self.modules if isinstance(self.modules, str) else list(self.modules)
        return LoraConfig(
            r=self.r, lora_alpha=self.alpha, lora_dropout=self.dropout, target_modules=modules, bias="none", task_type=TaskType.CAUSAL_LM,
            use_rslora=self.rslora, use_dora=self.dora,
        )  # fmt: skip


PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset("qv", "说明书的配置：只在 q_proj、v_proj 上加 LoRA", modules=SEED_MODULES),
        Preset("all-linear", "推荐：所有线性层"),
        Preset("qlora", "基座量化为 NF4（需 GPU 与 bitsandbytes），所有线性层", four_bit=True),
        Preset("rslora", "秩稳定缩放 alpha/sqrt(r)，适合较大的秩", r=64, alpha=16, rslora=True),
        Preset("dora", "权重分解为方向与大小", dora=True),
        Preset("full", "全量微调：训练所有参数", lora=False),
    )
}


def preset(name: str) -> Preset:
    """The preset of a name.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in PRESETS:
        raise UsageError(f"没有名为“{name}”的训练预设；可用：{'、'.join(PRESETS)}")
    return PRESETS[name]
