"""What one training run is told: a flat table of values, from a YAML file and from flags. Flags win."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from data.errors import UsageError
from finetune.training.presets import Preset, preset

BASE = "caizhi-lm-base"
OUT = "./models/financial_llm_lora"
_CHOICES = {"precision": ("auto", "fp32", "bf16"), "packing": ("auto", "none", "bfd", "wrapped")}


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """One run.

    base: a name or a folder (see base_models). data: training rows, a file. validation: a file of rows; "" takes the rows whose
    meta.split is "validation", else `validation_share` of the rows by seed. out: the folder of the result.
    preset: see presets; r, alpha, dropout, modules: None keeps the preset's. max_steps: -1 is all epochs. warmup: share of the
    steps below 1, else steps. precision "auto": bf16 where the hardware has it, else fp32. packing "auto": best-fit packing where
    attention can keep packed rows apart cheaply (flash attention on a GPU), else batches of rows of like length.
    eval_steps: steps between evaluations, 0 is once an epoch. recompute_rows: validation rows that are answered and recomputed at
    every evaluation (eval_recompute). metric: what the best checkpoint is chosen by; patience: evaluations without a better one
    before stopping, 0 never stops. resume: a checkpoint folder, or "last". threads: 0 leaves torch alone.
    activation_checkpointing: less memory, a third more computing. certificate: the contamination certificate of the data, a file.
    keep_checkpoints: leave them beside the result.
    """

    base: str = BASE
    data: str = ""
    out: str = OUT
    validation: str = ""
    validation_share: float = 0.0
    preset: str = "qv"
    r: int | None = None
    alpha: int | None = None
    dropout: float | None = None
    modules: tuple[str, ...] | str | None = None
    epochs: float = 3.0
    max_steps: int = -1
    batch_size: int = 4
    accumulation: int = 1
    learning_rate: float = 2e-4
    schedule: str = "cosine"
    warmup: float = 0.03
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    max_length: int = 2048
    precision: str = "auto"
    packing: str = "auto"
    activation_checkpointing: bool = False
    seed: int = 0
    threads: int = 0
    eval_steps: int = 0
    log_steps: int = 10
    recompute_rows: int = 0
    metric: str = "eval_loss"
    patience: int = 0
    resume: str = ""
    keep_checkpoints: bool = False
    certificate: str = ""
    release: str = "1.0.0"

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise UsageError(f"训练配置 {name} 应为 {'、'.join(allowed)} 之一，不是“{getattr(self, name)}”")
        for name in ("epochs", "batch_size", "accumulation", "learning_rate", "max_length"):
            if not getattr(self, name) > 0:
                raise UsageError(f"训练配置 {name} 应大于 0，不是 {getattr(self, name)}")
        if not 0 <= self.validation_share < 1:
            raise UsageError(f"训练配置 validation_share 应在 0 与 1 之间，不是 {self.validation_share}")
        preset(self.preset)

    @property
    def adaptation(self) -> Preset:
        """The preset with this run's own values in it."""
        return preset(self.preset).with_values(r=self.r, alpha=self.alpha, dropout=self.dropout, modules=self.modules)

    @property
    def larger_is_better(self) -> bool:
        """Whether the metric is one to maximise; losses are minimised."""
        return not self.metric.endswith("loss")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as a YAML file holds them."""
        plain = asdict(self)
        return plain | {"modules": list(self.modules) if isinstance(self.modules, tuple) else self.modules}


def read_config(path: Path | None = None, flags: Mapping[str, Any] | None = None) -> TrainConfig:
    """The configuration of a YAML file (flat keys) with flags over it; a flag of None was not given.

    Raises:
        UsageError: the file is no YAML mapping, a key is not known, or a value has the wrong type or range.
    """
    given = _mapping(path) if path is not None else {}
    chosen = {name: value for name, value in (flags or {}).items() if value is not None}
    known = {field.name: field.type for field in fields(TrainConfig)}
    for place, values in ((str(path), given), ("的选项", chosen)):
        unknown = [str(name) for name in values if name not in known]
        if unknown:
            near = get_close_matches(unknown[0], known, n=1)
            hint = f"；是否要写 {near[0]}" if near else ""
            raise UsageError(f"训练配置 {place}里有不认识的项：{'、'.join(unknown)}{hint}；可用：{'、'.join(known)}")
    return TrainConfig(**{name: _typed(name, value, str(known[name])) for name, value in {**given, **chosen}.items()})


def _mapping(path: Path) -> dict[str, Any]:
    import yaml

    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"训练配置 {path} 读不了：{str(error).splitlines()[0]}") from None
    if not isinstance(loaded, dict):
        raise UsageError(f"训练配置 {path} 应是“键: 值”的 YAML 文件")
    return loaded


def _typed(name: str, value: Any, annotation: str) -> Any:
    """The value in its field's type; YAML reads 2e-4 as text."""
    if value is None and annotation.endswith("None"):
        return None
    try:
        return _READERS[annotation.removesuffix(" | None")](value)
    except (TypeError, ValueError):
        raise UsageError(f"训练配置 {name} 的值“{value}”不对，应为 {annotation}") from None


def _whole(value: Any) -> int:
    if isinstance(value, bool) or int(value) != float(value):
        raise ValueError(value)
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError(value)
    return float(value)


def _flag(value: Any) -> bool:
    if value not in (True, False, "true", "false") or (isinstance(value, int | float) and not isinstance(value, bool)):
        raise ValueError(value)
    return value in (True, "true")


def _text(value: Any) -> str:
    if not isinstance(value, str | int | float | Path):
        raise ValueError(value)
    return str(value)


def _modules(value: Any) -> tuple[str, ...] | str:
    if isinstance(value, str):
        return tuple(value.split(",")) if "," in value else value
    return tuple(_text(each) for each in value)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "int": _whole, "float": _number, "bool": _flag, "str": _text, "tuple[str, ...] | str": _modules,
}
