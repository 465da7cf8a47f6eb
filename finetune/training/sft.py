"""Supervised fine-tuning: transformers, PEFT and TRL put together for one configuration."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import TrainingError
from finetune.training.adapter_check import check_trained
from finetune.training.config import TrainConfig
from finetune.training.evaluation_hook import Evaluation, Progress, Turns, callbacks
from finetune.training.generation import answers
from finetune.training.hardware import Precision, has_flash_attention, is_main_process, precision
from finetune.training.library_noise import deprecations_aside, quiet
from finetune.training.processor_speed import faster_on_processor
from finetune.training.rendering import TrainingSet

CHECKPOINTS = "checkpoints"


@dataclass(frozen=True, slots=True)
class Trained:
    """A model after training. metrics: loss, eval_… of the checkpoint kept, steps, seconds, tokens_per_second, trained_parameters.

    best_step: the step of the checkpoint kept, None where no evaluation chose one. stopped_early: before the last epoch.
    state: all weights, gathered from the processes that share them; None where this process has them all.
    """

    model: Any
    metrics: dict[str, float | int]
    best_step: int | None
    stopped_early: bool
    state: Mapping[str, Any] | None = None


def prepare(model: Any, config: TrainConfig) -> Any:
    """The model with what is to be trained unfrozen: an adapter around it, or all of it. A PeftModel is left as it is.

    Raises:
        TrainingError: the preset names layers that this model lacks.
    """
    import torch
    from peft import PeftModel, get_peft_model, prepare_model_for_kbit_training

    if isinstance(model, PeftModel):
        return model
    way = config.adaptation
    if not way.lora:
        return model.train().requires_grad_(True)
    if way.four_bit:
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=config.activation_checkpointing)
    # The adapter's random start depends on the seed alone, not on what ran before.
    torch.manual_seed(config.seed)
    try:
        with deprecations_aside():
            return get_peft_model(model, way.lora_config())
    except ValueError as error:
        raise TrainingError(f"预设 {way.name} 不适合这个基座：{str(error).splitlines()[0]}") from error


def fine_tune(
    config: TrainConfig,
    model: Any,
    tokenizer: Any,
    train: TrainingSet,
    validation: TrainingSet | None = None,
    evaluation: Evaluation | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Trained:
    """Train for one configuration and check what came out; nothing but checkpoints is written.

    model: see `prepare`. evaluation: called at every evaluation beside the validation loss; its figures can be the metric.

    Raises:
        TrainingError: the metric is measured by nothing, the loss or a weight is not finite, the adapter stayed zero, or a checkpoint to resume
            from is not there.
    """
    quiet()
    import torch
    from transformers import EarlyStoppingCallback, PrinterCallback

    from finetune.training.completion_trainer import trainer_class

    if config.threads:
        torch.set_num_threads(config.threads)
    measured = validation is not None or evaluation is not None
    if not measured and (config.metric != "eval_loss" or config.patience):
        raise TrainingError(f"没有验证集，无法按 {config.metric} 选择检查点或提前停止；请给 validation 或 validation_share")
    hardware = precision(config.precision)

    def generate(chats: Any) -> list[str]:
        return answers(model, tokenizer, _chats(chats))

    stopping = [EarlyStoppingCallback(config.patience)] if config.patience else []
    # The trainer evaluates only over some data: with an evaluation alone it gets the first rows of the training set.
    aside = validation.dataset if validation else train.dataset.select(range(min(8, len(train)))) if measured else None
    with deprecations_aside():
        trainer = trainer_class()(
            model=model, args=arguments(config, hardware, measured), train_dataset=train.dataset, eval_dataset=aside, processing_class=tokenizer,
            callbacks=[*callbacks(evaluation, generate, progress), *stopping],
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        began = time.monotonic()
        with faster_on_processor(model, active=hardware.device == "cpu" and not hardware.autocast):
            result = trainer.train(resume_from_checkpoint=resume_point(config))
    trained = _trained(config, trainer, result, train, time.monotonic() - began)
    # The checkpoints of a broken run stay, to be resumed; those of a finished one have served.
    if not config.keep_checkpoints and is_main_process():
        shutil.rmtree(Path(config.out) / CHECKPOINTS, ignore_errors=True)
    return trained


def _chats(given: Any) -> list[Turns]:
    """Conversations; a text stands for one question."""
    return [[{"role": "user", "content": chat}] if isinstance(chat, str) else chat for chat in given]


def _trained(config: TrainConfig, trainer: Any, result: Any, train: TrainingSet, seconds: float) -> Trained:
    state = trainer.state
    # What was measured at the step whose checkpoint was kept; the last step where none was chosen.
    at_best = [point for point in state.log_history if state.best_global_step and point.get("step") == state.best_global_step]
    kept = {name: value for point in at_best for name, value in point.items() if name.startswith("eval_")}
    epochs = float(state.epoch or 0)
    metrics: dict[str, float | int] = {
        "train_loss": round(float(result.training_loss), 6), "steps": int(state.global_step), "epochs": round(epochs, 3),
        "train_seconds": round(seconds, 2),
        "rows": len(train), "tokens_per_second": round(train.tokens * epochs / max(seconds, 1e-9), 1), **check_trained(trainer.model),
        **{name: float(value) for name, value in kept.items() if not name.endswith(("_runtime", "_per_second"))},
    }  # fmt: skip
    shared = trainer.accelerator.get_state_dict(trainer.model_wrapped) if trainer.accelerator.num_processes > 1 else None
    return Trained(trainer.model, metrics, state.best_global_step or None, bool(state.global_step < state.max_steps), shared)


def arguments(config: TrainConfig, hardware: Precision, measured: bool) -> Any:
    """TRL's arguments of a configuration. measured: whether there is anything to evaluate."""
    from trl import SFTConfig

    packing = config.packing if config.packing != "auto" else "bfd" if has_flash_attention() else "none"
    when = "steps" if config.eval_steps else "epoch"
    # Checkpoints also without an evaluation: a run that is broken off can be resumed.
    rhythm: dict[str, Any] = {"save_strategy": when, "save_steps": config.eval_steps or 500, "save_total_limit": 2, "eval_strategy": "no"}
    if measured:
        rhythm |= {
            "eval_strategy": when, "eval_steps": config.eval_steps or None, "load_best_model_at_end": True,
            "metric_for_best_model": config.metric, "greater_is_better": config.larger_is_better,
        }  # fmt: skip
    return SFTConfig(
        output_dir=str(Path(config.out) / CHECKPOINTS), num_train_epochs=config.epochs, max_steps=config.max_steps,
        per_device_train_batch_size=config.batch_size, per_device_eval_batch_size=config.batch_size, gradient_accumulation_steps=config.accumulation,
        learning_rate=config.learning_rate, lr_scheduler_type=config.schedule, warmup_steps=config.warmup, weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm, optim="adamw_torch_fused", max_length=config.max_length, packing=packing != "none",
        packing_strategy=packing if packing != "none" else "bfd", eval_packing=False, dataset_kwargs={"skip_prepare_dataset": packing == "none"},
        train_sampling_strategy="random" if packing != "none" else "group_by_length", length_column_name="length",
        bf16=hardware.autocast, use_cpu=hardware.device == "cpu", gradient_checkpointing=config.activation_checkpointing,
        seed=config.seed, data_seed=config.seed, logging_steps=config.log_steps, logging_nan_inf_filter=False, disable_tqdm=True, report_to="none",
        dataloader_pin_memory=hardware.device == "cuda", **rhythm,
    )  # fmt: skip


def resume_point(config: TrainConfig) -> str | None:
    """The checkpoint folder to resume from; None for a fresh start.

    Raises:
        TrainingError: there is none.
    """
    if not config.resume:
        return None
    folder = Path(config.out) / CHECKPOINTS
    saved = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    saved = saved if config.resume == "last" else [Path(config.resume)]
    if not saved or not saved[-1].is_dir():
        raise TrainingError(f"没有可以接着训练的检查点：{folder if config.resume == 'last' else config.resume}")
    return str(saved[-1])
