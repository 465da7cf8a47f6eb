"""The tables of `convert`: for every item of a TrainConfig, what each target calls it, or why it has no word for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.training.config import TrainConfig
from finetune.training.presets import ALL_LINEAR, Preset


@dataclass(frozen=True, slots=True)
class Situation:
    """What is converted. way: the preset with the run's own values. base: resolved. form: of the data file. folder: of the new YAML."""

    config: TrainConfig
    way: Preset
    base: str
    form: str
    folder: Path

    @property
    def measured(self) -> bool:
        """Whether there is anything to evaluate on."""
        return bool(self.config.validation) or self.config.validation_share > 0


@dataclass(frozen=True, slots=True)
class Part:
    """The target's keys for one item; a value of None leaves the key out because its absence says the same."""

    values: Mapping[str, Any]
    notes: Sequence[str] = ()


Item = Callable[[Situation], Part | str]


@dataclass(frozen=True, slots=True)
class Target:
    """fixed: keys that do not depend on the configuration. items: by name of ours. command: how it is started, with {out}."""

    fixed: Mapping[str, Any]
    items: Mapping[str, Item]
    notes: Callable[[Situation], Sequence[str]]
    command: str


def plain(name: str, key: str) -> tuple[str, Item]:
    """An item with a key of the same meaning and values."""
    return name, lambda situation: Part({key: getattr(situation.config, name)})


OURS_ALONE: Mapping[str, Item] = {
    "threads": lambda situation: "线程数由环境变量 OMP_NUM_THREADS 决定",
    "certificate": lambda situation: "污染检查证书只有本项目核对",
    "release": lambda situation: "版本号只写入本项目的运行记录",
    "recompute_rows": lambda situation: "训练中的重算准确率只有本项目计算；训练后用 caizhi evaluate",
    "keep_checkpoints": lambda situation: "目标总是留下检查点（save_total_limit: 2）",
}


def warmup(situation: Situation) -> Part:
    """A share below 1, else steps."""
    value = situation.config.warmup
    return Part({"warmup_ratio": value}) if value < 1 else Part({"warmup_steps": int(value)})


def max_steps(situation: Situation) -> Part:
    """-1 is the default everywhere."""
    return Part({"max_steps": situation.config.max_steps if situation.config.max_steps > 0 else None})


def metric(situation: Situation) -> Part | str:
    """The best checkpoint's measure, where there is something to measure."""
    config = situation.config
    if not situation.measured:
        return "没有验证集，不选检查点"
    if config.metric != "eval_loss":
        return "这个指标只有本项目在训练中计算"
    return Part({"load_best_model_at_end": True, "metric_for_best_model": "eval_loss", "greater_is_better": False, "save_total_limit": 2})


def rhythm(situation: Situation) -> Part:
    """Evaluating and saving: every so many steps, or once an epoch."""
    steps = situation.config.eval_steps
    kind = "steps" if steps else "epoch"
    saved = {"save_strategy": kind, "save_steps": steps or None}
    return Part({**saved, "eval_strategy": kind, "eval_steps": steps or None} if situation.measured else {**saved, "eval_strategy": "no"})


def patience(key: str) -> Item:
    """Early stopping; 0 is none."""

    def item(situation: Situation) -> Part | str:
        wanted = situation.config.patience
        if wanted and not situation.measured:
            return "没有验证集，不能提前停止"
        return Part({key: wanted or None})

    return item


def share(key: str) -> Item:
    """The share of rows held out; nothing beside a validation file."""
    return lambda situation: Part({key: situation.config.validation_share or None} if not situation.config.validation else {key: None})


def resume(last: Mapping[str, Any] | str) -> Item:
    """The checkpoint to go on from. last: what "last" is called, or why it cannot be said."""

    def item(situation: Situation) -> Part | str:
        wanted = situation.config.resume
        if wanted != "last":
            return Part({"resume_from_checkpoint": wanted or None})
        return last if isinstance(last, str) else Part(last)

    return item


def modules(all_linear: Any, joined: bool = False) -> Callable[[Situation], Any]:
    """The layers with an adapter, as a list or joined by commas. all_linear: the target's word for all of them."""

    def value(situation: Situation) -> Any:
        wanted = situation.way.modules
        if wanted == ALL_LINEAR:
            return all_linear
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        return ",".join(names) if joined else names

    return value


def when_lora(values: Callable[[Situation], Mapping[str, Any]]) -> Item:
    """Keys of an adapter, for a run that has one."""
    return lambda situation: Part(values(situation)) if situation.way.lora else "全量微调没有适配器"


# -- LLaMA-Factory -----------------------------------------------------------------------------------------------------------------


def _factory_preset(situation: Situation) -> Part:
    way = situation.way
    if not way.lora:
        return Part({"finetuning_type": "full"})
    bits = {"quantization_bit": 4, "quantization_type": "nf4", "double_quantization": True, "quantization_method": "bnb"} if way.four_bit else {}
    return Part({"finetuning_type": "lora", "use_rslora": way.rslora, "use_dora": way.dora, **bits})


def _factory_precision(situation: Situation) -> Part:
    notes = ("precision auto 写作 bf16：没有 bf16 的卡请改",) if situation.config.precision == "auto" else ()
    return Part({"bf16": situation.config.precision != "fp32"}, notes)


def _factory_packing(situation: Situation) -> Part:
    wanted = situation.config.packing
    if wanted == "none":
        return Part({"packing": False})
    notes = ("packing auto 写作 packing + neat_packing，需要 flash-attn",) if wanted == "auto" else ()
    return Part({"packing": True, "neat_packing": wanted != "wrapped"}, notes)


def _factory_notes(situation: Situation) -> list[str]:
    template = next((word for begin, word in _TEMPLATES.items() if begin in situation.base.lower()), None)
    told = f"template 请核对：这个基座应为 {template}" if template else "没有写 template：用分词器自带的对话模板；旧版本须自己指定"
    rows = "dataset_info.json 与本文件放在一起；sharegpt 要求 user/assistant 交替"
    tools = "含 tool_calls 的行须先转成 sharegpt 的 function_call/observation 形式" if situation.form == "messages" else ""
    return [note for note in (told, rows, tools) if note]


_TEMPLATES = {"deepseek-llm": "deepseek", "qwen3": "qwen3", "qwen": "qwen"}

LLAMAFACTORY = Target(
    fixed={"stage": "sft", "do_train": True, "optim": "adamw_torch_fused", "train_on_prompt": False, "report_to": "none", "plot_loss": True},
    items=dict((
        ("base", lambda situation: Part({"model_name_or_path": situation.base})),
        ("data", lambda situation: Part({"dataset": "caizhi_train", "dataset_dir": str(situation.folder)})),
        ("validation", lambda situation: Part({"eval_dataset": "caizhi_validation" if situation.config.validation else None})),
        ("validation_share", share("val_size")), plain("out", "output_dir"), ("preset", _factory_preset),
        ("r", when_lora(lambda situation: {"lora_rank": situation.way.r})),
        ("alpha", when_lora(lambda situation: {"lora_alpha": situation.way.alpha})),
        ("dropout", when_lora(lambda situation: {"lora_dropout": situation.way.dropout})),
        ("modules", when_lora(lambda situation: {"lora_target": modules("all", joined=True)(situation)})),
        plain("epochs", "num_train_epochs"), ("max_steps", max_steps), plain("batch_size", "per_device_train_batch_size"),
        plain("accumulation", "gradient_accumulation_steps"), plain("learning_rate", "learning_rate"), plain("schedule", "lr_scheduler_type"),
        ("warmup", warmup), plain("weight_decay", "weight_decay"), plain("max_grad_norm", "max_grad_norm"), plain("max_length", "cutoff_len"),
        ("precision", _factory_precision), ("packing", _factory_packing),
        ("activation_checkpointing", lambda situation: Part({"disable_gradient_checkpointing": not situation.config.activation_checkpointing})),
        plain("seed", "seed"), ("eval_steps", rhythm), plain("log_steps", "logging_steps"), ("metric", metric),
        ("patience", patience("early_stopping_steps")), ("resume", resume({"overwrite_output_dir": False})), *OURS_ALONE.items(),
    )),
    notes=_factory_notes,
    command="llamafactory-cli train {out}",
)  # fmt: skip


# -- ms-swift ----------------------------------------------------------------------------------------------------------------------


def _swift_preset(situation: Situation) -> Part:
    way = situation.way
    if not way.lora:
        return Part({"tuner_type": "full"})
    bits = {"quant_method": "bnb", "quant_bits": 4, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True} if way.four_bit else {}
    return Part({"tuner_type": "lora", "use_rslora": way.rslora, "use_dora": way.dora, **bits}, ("ms-swift 4 以前 tuner_type 叫 train_type",))


def _swift_precision(situation: Situation) -> Part:
    wanted = situation.config.precision
    notes = ("precision auto 写作 bfloat16：没有 bf16 的卡请改",) if wanted == "auto" else ()
    return Part({"torch_dtype": "float32" if wanted == "fp32" else "bfloat16", "bf16": wanted != "fp32"}, notes)


def _swift_packing(situation: Situation) -> Part | str:
    wanted = situation.config.packing
    if wanted == "wrapped":
        return "ms-swift 的 packing 不跨行拼接"
    if wanted == "none":
        return Part({"packing": False})
    return Part({"packing": True, "attn_impl": "flash_attn"}, ("packing 需要 flash-attn",))


def _swift_notes(situation: Situation) -> list[str]:
    return ["模型默认从 ModelScope 取；已写 use_hf: true", "超长的行默认被删去；已写 truncation_strategy: right，与本项目的截断一致"]


SWIFT = Target(
    fixed={"task_type": "causal_lm", "use_hf": True, "loss_scale": "default", "truncation_strategy": "right", "optim": "adamw_torch_fused",
           "adam_beta2": 0.999, "report_to": "none"},
    items=dict((
        ("base", lambda situation: Part({"model": situation.base})),
        ("data", lambda situation: Part({"dataset": [situation.config.data]} if situation.config.data else {"dataset": None})),
        ("validation", lambda situation: Part({"val_dataset": [situation.config.validation] if situation.config.validation else None})),
        ("validation_share", share("split_dataset_ratio")), plain("out", "output_dir"), ("preset", _swift_preset),
        ("r", when_lora(lambda situation: {"lora_rank": situation.way.r})),
        ("alpha", when_lora(lambda situation: {"lora_alpha": situation.way.alpha})),
        ("dropout", when_lora(lambda situation: {"lora_dropout": situation.way.dropout})),
        ("modules", when_lora(lambda situation: {"target_modules": modules(["all-linear"])(situation)})),
        plain("epochs", "num_train_epochs"), ("max_steps", max_steps), plain("batch_size", "per_device_train_batch_size"),
        plain("accumulation", "gradient_accumulation_steps"), plain("learning_rate", "learning_rate"), plain("schedule", "lr_scheduler_type"),
        ("warmup", warmup), plain("weight_decay", "weight_decay"), plain("max_grad_norm", "max_grad_norm"), plain("max_length", "max_length"),
        ("precision", _swift_precision), ("packing", _swift_packing), plain("activation_checkpointing", "gradient_checkpointing"),
        ("seed", lambda situation: Part({"seed": situation.config.seed, "data_seed": situation.config.seed})),
        ("eval_steps", rhythm), plain("log_steps", "logging_steps"), ("metric", metric), ("patience", patience("early_stop_interval")),
        ("resume", resume("ms-swift 须写出检查点的路径，不认“last”")), *OURS_ALONE.items(),
    )),
    notes=_swift_notes,
    command="swift sft --config {out}",
)  # fmt: skip


# -- axolotl -----------------------------------------------------------------------------------------------------------------------


def _axolotl_data(path: str, form: str) -> list[dict[str, Any]]:
    kinds: Mapping[str, dict[str, Any]] = {
        "alpaca": {"type": "alpaca"},
        "messages": {"type": "chat_template", "field_messages": "messages", "roles_to_train": ["assistant"]},
        "sharegpt": {
            "type": "chat_template", "field_messages": "conversations", "message_property_mappings": {"role": "from", "content": "value"},
            "roles_to_train": ["assistant"],
        },
    }  # fmt: skip
    return [{"path": path, "ds_type": "json", **kinds[form]}]


def _axolotl_preset(situation: Situation) -> Part:
    way = situation.way
    if not way.lora:
        return Part({"adapter": None})
    kind = {"adapter": "qlora", "load_in_4bit": True} if way.four_bit else {"adapter": "lora"}
    return Part({**kind, "peft_use_rslora": way.rslora, "peft_use_dora": way.dora})


def _axolotl_modules(situation: Situation) -> Mapping[str, Any]:
    names = modules(None)(situation)
    return {"lora_target_linear": True} if names is None else {"lora_target_modules": names}


def _axolotl_precision(situation: Situation) -> Part:
    wanted = situation.config.precision
    return Part({"bf16": {"auto": "auto", "bf16": True, "fp32": False}[wanted], "fp16": False})


def _axolotl_packing(situation: Situation) -> Part | str:
    wanted = situation.config.packing
    if wanted == "wrapped":
        return "axolotl 的 sample_packing 不跨行拼接"
    if wanted == "none":
        return Part({"sample_packing": False})
    return Part({"sample_packing": True, "eval_sample_packing": False, "flash_attention": True}, ("sample_packing 需要 flash-attn",))


def _axolotl_rhythm(situation: Situation) -> Part:
    steps = situation.config.eval_steps
    if steps:
        return Part({"save_steps": steps, "eval_steps": steps if situation.measured else None})
    return Part({"saves_per_epoch": 1, "evals_per_epoch": 1 if situation.measured else None})


def _axolotl_validation(situation: Situation) -> Part:
    path = situation.config.validation
    return Part({"test_datasets": [{**_axolotl_data(path, situation.form)[0], "split": "train"}] if path else None})


AXOLOTL = Target(
    fixed={"optimizer": "adamw_torch_fused", "train_on_inputs": False, "chat_template": "tokenizer_default"},
    items=dict((
        ("base", lambda situation: Part({"base_model": situation.base})),
        ("data", lambda situation: Part({"datasets": _axolotl_data(situation.config.data or "train.jsonl", situation.form)})),
        ("validation", _axolotl_validation), ("validation_share", share("val_set_size")), plain("out", "output_dir"), ("preset", _axolotl_preset),
        ("r", when_lora(lambda situation: {"lora_r": situation.way.r})),
        ("alpha", when_lora(lambda situation: {"lora_alpha": situation.way.alpha})),
        ("dropout", when_lora(lambda situation: {"lora_dropout": situation.way.dropout})),
        ("modules", when_lora(_axolotl_modules)),
        plain("epochs", "num_epochs"), ("max_steps", max_steps), plain("batch_size", "micro_batch_size"),
        plain("accumulation", "gradient_accumulation_steps"), plain("learning_rate", "learning_rate"), plain("schedule", "lr_scheduler"),
        ("warmup", warmup), plain("weight_decay", "weight_decay"), plain("max_grad_norm", "max_grad_norm"), plain("max_length", "sequence_len"),
        ("precision", _axolotl_precision), ("packing", _axolotl_packing), plain("activation_checkpointing", "gradient_checkpointing"),
        plain("seed", "seed"), ("eval_steps", _axolotl_rhythm), plain("log_steps", "logging_steps"), ("metric", metric),
        ("patience", patience("early_stopping_patience")), ("resume", resume({"auto_resume_from_checkpoints": True})), *OURS_ALONE.items(),
    )),
    notes=lambda situation: ["chat_template: tokenizer_default 用分词器自带的模板；基座没有模板时请另选"],
    command="axolotl train {out}",
)  # fmt: skip
