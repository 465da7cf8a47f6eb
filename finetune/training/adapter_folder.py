"""The folder of a trained model: weights as safetensors, manifest, card; and reading it back onto its base."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.errors import TrainingError
from finetune.model_folder import MANIFEST, write_card, write_manifest
from finetune.training.base_models import load_base, load_tokenizer, resolve_base
from finetune.training.config import TrainConfig
from finetune.training.hardware import Precision
from finetune.training.library_noise import deprecations_aside
from finetune.training.rendering import template_hash
from finetune.training.run_record import RECORD, read_record

ADAPTER = "adapter_config.json"
_PACKAGES = ("torch", "transformers", "peft", "trl", "tokenizers")


def save_trained(model: Any, tokenizer: Any, folder: Path, config: TrainConfig, state: Mapping[str, Any] | None = None) -> None:
    """Write an adapter (its base named as the configuration names it), or a whole model with its tokenizer. Safetensors only.

    state: the weights by name, where the model holds a part of them only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not hasattr(model, "peft_config"):
        model.save_pretrained(folder, state_dict=state)
        tokenizer.save_pretrained(folder)
        return
    for adapter in model.peft_config.values():
        adapter.base_model_name_or_path = config.base
        adapter.inference_mode = True
    # "auto" would ask the hub whether the base's vocabulary has changed.
    model.save_pretrained(folder, state_dict=state, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)


def describe(folder: Path, config: TrainConfig, command: str, data: Mapping[str, Any], metrics: Mapping[str, Any], template: str) -> None:
    """Write the manifest and the card of a trained folder."""
    write_manifest(folder, command, {**data, "template_sha256": template}, _PACKAGES, metrics, config.release)
    way = config.adaptation
    shape = (
        f"LoRA r={way.r}, alpha={way.alpha}, dropout={way.dropout}, layers {way.modules if isinstance(way.modules, str) else ', '.join(way.modules)}"
        f"{', rsLoRA' if way.rslora else ''}{', DoRA' if way.dora else ''}{', NF4 base' if way.four_bit else ''}"
    ) if way.lora else "every weight"  # fmt: skip
    text = (
        f"Trained over the base `{config.base}`: {shape}. Preset `{way.name}`, learning rate {config.learning_rate}, seed {config.seed}.",
        f"Data: {data.get('file', '')}, {data.get('rows', '?')} rows, SHA-256 `{data.get('sha256', '')}`, contamination certificate "
        f"`{data.get('certificate_sha256') or 'none'}`. Only answers were scored.",
        f"It must be served under the chat template it was trained under (`{template[:16]}…`). What was run is in {RECORD}. Command: `{command}`",
        "What was measured below is of this run and its validation rows; held-out figures are those of the evaluation.",
    )
    write_card(folder, f"{folder.name} {config.release}", text, [("measured", "value"), *((name, str(value)) for name, value in metrics.items())])


def load_trained(folder: Path, hardware: Precision, *, trainable: bool = False) -> tuple[Any, Any, str]:
    """(model, tokenizer, base name) of a folder that `save_trained` wrote, or of any PEFT adapter or causal model.

    Raises:
        TrainingError: it holds no model, its base cannot be had, or the base's chat template is not the one it was trained under.
    """
    if (folder / ADAPTER).is_file():
        base = str(json.loads((folder / ADAPTER).read_text(encoding="utf-8"))["base_model_name_or_path"])
    elif (folder / "config.json").is_file():
        base = str(folder)
    else:
        raise TrainingError(f"{folder} 里没有模型：既没有 {ADAPTER} 也没有 config.json")
    tokenizer = load_tokenizer(base)
    _check_template(folder, tokenizer)
    model = load_base(base, hardware)
    if (folder / ADAPTER).is_file():
        from peft import PeftModel

        try:
            with deprecations_aside():
                model = PeftModel.from_pretrained(model, str(folder), is_trainable=trainable)
        except (OSError, RuntimeError, ValueError) as error:
            raise TrainingError(f"适配器 {folder} 与基座 {base} 不合：{str(error).splitlines()[0]}") from error
        for adapter in model.peft_config.values():
            adapter.base_model_name_or_path = resolve_base(base)  # known by name alone, PEFT asks the hub for it at every checkpoint
    return (model if trainable else model.eval()), tokenizer, base


def _check_template(folder: Path, tokenizer: Any) -> None:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8")) if (folder / MANIFEST).is_file() else {}
    trained_under = (read_record(folder) or {}).get("template_sha256") or (manifest.get("data") or {}).get("template_sha256")
    if trained_under and trained_under != template_hash(tokenizer):
        raise TrainingError(f"{folder} 训练时的对话模板与基座现在的不同（训练时 {trained_under[:12]}…）：回答会走样，已拒绝加载")
