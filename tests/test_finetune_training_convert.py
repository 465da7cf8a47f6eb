"""A configuration in the words of other trainers: key by key, and nothing of ours lost without being named."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from data.errors import TrainingError, UsageError
from finetune.training.config import TrainConfig
from finetune.training.convert import TARGETS, Conversion, convert, data_form, write
from finetune.training.convert_targets import OURS_ALONE

FULL = TrainConfig(
    base="DeepSeek-7B-Chat", data="rows/train.jsonl", out="models/x", validation_share=0.1, preset="qv", r=32, alpha=64, dropout=0.05, epochs=2.0,
    max_steps=70, batch_size=6, accumulation=3, learning_rate=1e-4, schedule="linear", warmup=0.1, weight_decay=0.01, max_grad_norm=0.5, max_length=1024,
    precision="bf16", packing="none", activation_checkpointing=True, seed=11, eval_steps=50, log_steps=7, patience=4, threads=2,
)  # fmt: skip
OUT = Path("elsewhere/out.yaml")
SHARED = {
    "gradient_accumulation_steps": 3, "learning_rate": 1e-4, "warmup_ratio": 0.1, "weight_decay": 0.01, "max_grad_norm": 0.5, "seed": 11, "max_steps": 70,
    "logging_steps": 7, "output_dir": "models/x", "load_best_model_at_end": True, "metric_for_best_model": "eval_loss", "greater_is_better": False,
    "save_total_limit": 2, "eval_steps": 50, "save_steps": 50, "lora_alpha": 64, "lora_dropout": 0.05,
}  # fmt: skip
TRAINER = {
    "num_train_epochs": 2.0, "per_device_train_batch_size": 6, "lr_scheduler_type": "linear", "save_strategy": "steps", "eval_strategy": "steps",
    "packing": False, "lora_rank": 32, "use_rslora": False, "use_dora": False, "optim": "adamw_torch_fused", "report_to": "none", "bf16": True,
}  # fmt: skip
BASE = "deepseek-ai/deepseek-llm-7b-chat"
EXPECTED: dict[str, dict[str, Any]] = {
    "llamafactory": {
        **SHARED, **TRAINER, "stage": "sft", "do_train": True, "train_on_prompt": False, "plot_loss": True, "model_name_or_path": BASE,
        "dataset": "caizhi_train", "dataset_dir": "elsewhere", "val_size": 0.1, "finetuning_type": "lora", "lora_target": "q_proj,v_proj",
        "cutoff_len": 1024, "disable_gradient_checkpointing": False, "early_stopping_steps": 4,
    },
    "ms-swift": {
        **SHARED, **TRAINER, "task_type": "causal_lm", "use_hf": True, "loss_scale": "default", "truncation_strategy": "right", "adam_beta2": 0.999,
        "model": BASE, "dataset": ["rows/train.jsonl"], "split_dataset_ratio": 0.1, "tuner_type": "lora", "target_modules": ["q_proj", "v_proj"],
        "max_length": 1024, "torch_dtype": "bfloat16", "gradient_checkpointing": True, "data_seed": 11, "early_stop_interval": 4,
    },
    "axolotl": {
        **SHARED, "optimizer": "adamw_torch_fused", "train_on_inputs": False, "chat_template": "tokenizer_default", "base_model": BASE,
        "datasets": [
            {"path": "rows/train.jsonl", "ds_type": "json", "type": "chat_template", "field_messages": "messages", "roles_to_train": ["assistant"]}
        ],
        "val_set_size": 0.1, "adapter": "lora", "peft_use_rslora": False, "peft_use_dora": False, "lora_r": 32,
        "lora_target_modules": ["q_proj", "v_proj"], "num_epochs": 2.0, "micro_batch_size": 6, "lr_scheduler": "linear", "sequence_len": 1024,
        "bf16": True, "fp16": False, "sample_packing": False, "gradient_checkpointing": True, "early_stopping_patience": 4,
    },
}  # fmt: skip


def made(to: str, **changed: Any) -> Conversion:
    return convert(replace(FULL, **changed), to, OUT)


@pytest.mark.parametrize("to", TARGETS)
def test_every_key_is_the_targets_own(to: str) -> None:
    assert dict(made(to).values) == EXPECTED[to]


CASES: list[dict[str, Any]] = [
    {}, {"preset": "full"}, {"preset": "qlora"}, {"packing": "wrapped"}, {"packing": "auto"}, {"metric": "eval_recompute"}, {"resume": "last"},
    {"resume": "there/checkpoint-5"}, {"validation": "rows/validation.jsonl"}, {"validation_share": 0.0}, {"base": "no/such/base"}, {"data": ""},
    {"max_steps": -1, "eval_steps": 0, "patience": 0, "warmup": 20.0},
]  # fmt: skip


@pytest.mark.parametrize("to", TARGETS)
@pytest.mark.parametrize("changed", CASES, ids=str)
def test_nothing_of_ours_is_lost_without_being_named(to: str, changed: dict[str, Any]) -> None:
    conversion = made(to, **changed)
    names = {item.name for item in fields(TrainConfig)}
    assert set(conversion.taken) | set(conversion.left) == names and not set(conversion.taken) & set(conversion.left)
    text = conversion.text()
    assert all(f"#   {name}：" in text for name in conversion.left)
    assert yaml.safe_load(text) == conversion.values
    # An item that is carried has keys in the file, or the default it stands for is the target's absence of the key.
    silent = {name for name, keys in conversion.taken.items() if not set(keys) & set(conversion.values)}
    assert silent <= {"validation", "validation_share", "max_steps", "patience", "resume", "preset", "data"}
    stands = {**{item.name: getattr(TrainConfig(), item.name) for item in fields(TrainConfig)}, "preset": "full"}
    config = replace(FULL, **changed)
    assert all(getattr(config, name) == stands[name] or (name == "validation_share" and config.validation) for name in silent)


@pytest.mark.parametrize("to", TARGETS)
def test_every_item_of_ours_has_a_row_in_the_table(to: str) -> None:
    assert {item.name for item in fields(TrainConfig)} == set(TARGETS[to].items)


@pytest.mark.parametrize("to", TARGETS)
def test_what_only_we_do_is_always_left_with_its_value(to: str) -> None:
    left = made(to).left
    assert set(OURS_ALONE) <= set(left) and left["threads"].startswith("2，")


def test_an_item_without_a_row_is_named_not_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    target = TARGETS["axolotl"]
    shorter = replace(target, items={name: item for name, item in target.items.items() if name != "seed"})
    monkeypatch.setitem(TARGETS, "axolotl", shorter)
    assert made("axolotl").left["seed"] == "11，转换表里没有这一项"


@pytest.mark.parametrize(("to", "keys"), [
    ("llamafactory", {"finetuning_type": "lora", "quantization_bit": 4, "quantization_type": "nf4", "double_quantization": True, "lora_target": "all"}),
    ("ms-swift", {"tuner_type": "lora", "quant_method": "bnb", "quant_bits": 4, "bnb_4bit_quant_type": "nf4", "target_modules": ["all-linear"]}),
    ("axolotl", {"adapter": "qlora", "load_in_4bit": True, "lora_target_linear": True}),
])  # fmt: skip
def test_qlora(to: str, keys: dict[str, Any]) -> None:
    values = made(to, preset="qlora").values
    assert {name: values.get(name) for name in keys} == keys


@pytest.mark.parametrize(("to", "key"), [("llamafactory", "use_dora"), ("ms-swift", "use_dora"), ("axolotl", "peft_use_dora")])
def test_dora_and_rslora(to: str, key: str) -> None:
    assert made(to, preset="dora").values[key] is True
    assert made(to, preset="rslora").values[key.replace("dora", "rslora")] is True


@pytest.mark.parametrize(("to", "gone"), [("llamafactory", "lora_rank"), ("ms-swift", "lora_rank"), ("axolotl", "lora_r")])
def test_full_training_has_no_adapter_keys(to: str, gone: str) -> None:
    conversion = made(to, preset="full")
    assert gone not in conversion.values and conversion.left["r"] == "32，全量微调没有适配器"
    assert conversion.values.get("finetuning_type", conversion.values.get("tuner_type", conversion.values.get("adapter", "full"))) == "full"


def test_packing() -> None:
    packed = made("llamafactory", packing="bfd").values
    assert packed["packing"] is True and packed["neat_packing"] is True
    assert made("llamafactory", packing="wrapped").values["neat_packing"] is False
    assert "packing" in made("ms-swift", packing="wrapped").left and "packing" in made("axolotl", packing="wrapped").left
    assert made("axolotl", packing="auto").values["flash_attention"] is True


def test_measures_that_only_we_compute_are_left() -> None:
    for to in TARGETS:
        conversion = made(to, metric="eval_recompute")
        assert "metric_for_best_model" not in conversion.values and "eval_recompute" in conversion.left["metric"]


def test_without_validation_nothing_is_evaluated() -> None:
    for to, off in (("llamafactory", ("eval_strategy", "no")), ("ms-swift", ("eval_strategy", "no")), ("axolotl", ("evals_per_epoch", None))):
        conversion = made(to, validation_share=0.0, eval_steps=0)
        assert conversion.values.get(off[0]) == off[1]
        assert {"metric", "patience"} <= set(conversion.left)


def test_resuming() -> None:
    assert made("llamafactory", resume="last").values["overwrite_output_dir"] is False
    assert made("axolotl", resume="last").values["auto_resume_from_checkpoints"] is True
    assert "resume" in made("ms-swift", resume="last").left
    assert {made(to, resume="c-5").values["resume_from_checkpoint"] for to in TARGETS} == {"c-5"}


ROWS = {
    "alpaca": {"instruction": "计算不良率", "input": "", "output": "2%"},
    "messages": {"messages": [{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}]},
    "sharegpt": {"conversations": [{"from": "human", "value": "问"}, {"from": "gpt", "value": "答"}]},
}


@pytest.mark.parametrize("form", ROWS)
def test_the_datas_form_decides_how_it_is_described(tmp_path: Path, form: str) -> None:
    data = tmp_path / "rows" / "train.jsonl"
    data.parent.mkdir()
    data.write_text(json.dumps(ROWS[form], ensure_ascii=False) + "\n", encoding="utf-8")
    config = replace(FULL, data=str(data), validation=str(data))
    out = tmp_path / "made" / "factory.yaml"
    info = convert(config, "llamafactory", out).files["dataset_info.json"]
    assert set(info) == {"caizhi_train", "caizhi_validation"} and info["caizhi_train"]["file_name"] == "../rows/train.jsonl"
    columns = {"alpaca": {"prompt": "instruction", "query": "input", "response": "output"}, "messages": {"messages": "messages"}, "sharegpt": {"messages": "conversations"}}
    assert info["caizhi_train"]["columns"] == columns[form]
    assert info["caizhi_train"]["formatting"] == ("alpaca" if form == "alpaca" else "sharegpt")
    axolotl = convert(config, "axolotl", out)
    assert axolotl.values["datasets"][0]["type"] == ("alpaca" if form == "alpaca" else "chat_template")
    assert axolotl.values["test_datasets"][0]["path"] == str(data) and "val_set_size" not in axolotl.values


def test_data_that_is_not_there_is_noted() -> None:
    notes: list[str] = []
    assert data_form("rows/none.jsonl", notes) == "messages" and "读不到" in notes[0]
    assert "data" in made("ms-swift", data="").notes[0]


def test_writing_keeps_the_datasets_of_others(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "factory.yaml"
    out.parent.mkdir()
    info = out.parent / "dataset_info.json"
    info.write_text(json.dumps({"theirs": {"file_name": "a.json"}}), encoding="utf-8")
    assert write(convert(FULL, "llamafactory", out), out) == [out, info]
    assert set(json.loads(info.read_text(encoding="utf-8"))) == {"theirs", "caizhi_train"}
    assert yaml.safe_load(out.read_text(encoding="utf-8"))["cutoff_len"] == 1024
    for broken in ("[1]", "{"):
        info.write_text(broken, encoding="utf-8")
        with pytest.raises(TrainingError):
            write(convert(FULL, "llamafactory", out), out)
        assert info.read_text(encoding="utf-8") == broken


def test_an_unknown_target_lists_those_there_are() -> None:
    with pytest.raises(UsageError, match="llamafactory、ms-swift、axolotl"):
        convert(FULL, "unsloth", OUT)


def test_a_base_that_is_not_there_keeps_its_name_and_says_so() -> None:
    conversion = made("axolotl", base="./no/such/base")
    assert conversion.values["base_model"] == "./no/such/base" and "原名" in conversion.notes[0]
